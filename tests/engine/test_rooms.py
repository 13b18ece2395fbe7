"""The room of a device: told by what is used with it, never by chance, outages, its own area or its entity id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from custom_components.hunches.engine.areas import candidates, placeless
from custom_components.hunches.engine.home import OFF, ON, UNKNOWN, Entity
from custom_components.hunches.engine.localtime import DAY, HOUR
from custom_components.hunches.engine.model import Model
from custom_components.hunches.engine.room_words import KINDS, N_KINDS, Words
from custom_components.hunches.engine.rooms import FEWEST_JOINT, INPUTS, SURE_ENOUGH, Candidate, Rooms
from custom_components.hunches.engine.routines import Company, coverage, gaps, switchings
from custom_components.hunches.engine.timeline import Timeline

START = 1_772_323_200.0
DAYS = 28
SILENT = Words(np.zeros((4096, N_KINDS)), np.zeros(N_KINDS))
PLUG = Entity("switch.plug_1", "Plug 1", None, "outlet")
HOME = (
    PLUG,
    Entity("light.lounge", "Ceiling", "Lounge"),
    Entity("light.hall", "Ceiling", "Hall"),
    Entity("binary_sensor.lounge", "Motion", "Lounge", "motion"),
    Entity("binary_sensor.hall", "Motion", "Hall", "motion"),
)


def used(starts: NDArray[np.float64], seconds: NDArray[np.float64] | float) -> Timeline:
    """Return a timeline that is on from each start, off before the next."""
    order = np.argsort(starts)
    starts, seconds = starts[order], np.broadcast_to(seconds, starts.shape)[order]
    ends = np.minimum(starts + seconds, (starts + np.append(starts[1:], np.inf)) / 2)
    times = np.concatenate(([START], np.stack((starts, ends), axis=1).ravel()))
    return Timeline.from_readings(times, np.arange(times.size) % 2)


def stays(rng: np.random.Generator, per_day: int = 4) -> NDArray[np.float64]:
    """Return when somebody comes into a room, by day and in the evening."""
    days = np.repeat(np.arange(DAYS), per_day)
    return np.asarray(START + days * DAY + rng.uniform(8, 23, days.size) * HOUR)


def lived_in(seed: int = 1) -> dict[str, Timeline]:
    """Return a home whose plug is used in the lounge, from soon after somebody came in to just before they leave."""
    rng = np.random.default_rng(seed)
    lounge, hall = stays(rng), stays(rng)
    late = rng.uniform(5, 25, lounge.size)
    return {
        PLUG.entity_id: used(lounge + late, 2390.0 - late),
        "light.lounge": used(lounge + 3, 2400.0),
        "light.hall": used(hall + 3, 300.0),
        "binary_sensor.lounge": used(lounge, 120.0),
        "binary_sensor.hall": used(hall, 120.0),
    }


def asked(
    timelines: Mapping[str, Timeline], subject: Entity = PLUG, entities: Sequence[Entity] = HOME, words: Words = SILENT
) -> list[Candidate]:
    alike = {e.entity_id: np.ones(32, np.float32) for e in entities if e.is_device}
    return candidates({subject: np.ones(32, np.float32)}, entities, timelines, alike, words)[subject.entity_id]


def value(found: Sequence[Candidate], area: str, name: str) -> float:
    return float(next(c for c in found if c.area == area).inputs[INPUTS.index(name)])


def sure(bias: float) -> Rooms:
    """Return a network that says the same of every area."""
    n = len(INPUTS)
    use = np.zeros((32, N_KINDS))
    return Rooms(
        SILENT, np.zeros(n), np.ones(n), np.zeros((n, 2)), np.zeros(2), np.zeros(2), bias, use, np.zeros(N_KINDS), 1.0
    )


def test_the_plug_is_where_it_is_used(model: Model) -> None:
    found = asked(lived_in(), words=model.rooms.words)
    assert value(found, "Lounge", "share_step") > 0.8
    assert abs(value(found, "Hall", "share_step")) < 0.1
    assert value(found, "Lounge", "on_on_lead") > 0.3
    guess = model.rooms.guess(found, np.zeros(32, np.float32))
    assert guess is not None
    assert guess.area == "Lounge"
    assert SURE_ENOUGH <= guess.probability <= 1
    assert guess.as_json() == {"area": "Lounge", "probability": round(guess.probability, 4)}


def test_its_own_area_and_entity_id_are_not_looked_at() -> None:
    timelines = lived_in()
    moved = replace(PLUG, entity_id="switch.hall_plug", area="Hall", labels=("hall",))
    entities = [moved, *HOME[1:]]
    there = asked({**timelines, moved.entity_id: timelines[PLUG.entity_id]}, moved, entities)
    assert placeless(moved) == replace(moved, area=None, labels=())
    for a, b in zip(asked(timelines), there, strict=True):
        assert a.area == b.area
        for name, x, y in zip(INPUTS, a.inputs, b.inputs, strict=True):
            assert x == pytest.approx(y, abs=1e-6), name


def test_an_area_without_another_entity_is_no_candidate() -> None:
    alone = replace(PLUG, area="Attic")
    assert [c.area for c in asked(lived_in(), alone, [alone, *HOME[1:]])] == ["Hall", "Lounge"]
    assert asked(lived_in(), PLUG, [PLUG]) == []


def test_two_habits_of_the_same_hour_are_not_joint() -> None:
    """Both are used every evening at seven or so, each for itself."""
    rng = np.random.default_rng(2)
    evenings = START + DAY * np.arange(DAYS) + 19 * HOUR
    timelines = {
        PLUG.entity_id: used(evenings + rng.uniform(0, HOUR, DAYS), 300.0),
        "light.lounge": used(evenings + rng.uniform(0, HOUR, DAYS), 300.0),
        "light.hall": used(evenings + rng.uniform(0, HOUR, DAYS), 300.0),
    }
    for candidate in asked(timelines, entities=HOME[:3]):
        assert candidate.joint > 5  # a flat rate would call these far beyond chance
        assert abs(candidate.inputs[INPUTS.index("share_stay")]) < 0.2
        assert abs(candidate.inputs[INPUTS.index("on_on")]) < 0.2


def test_radios_that_fall_silent_together_are_not_used_together() -> None:
    silent = START + DAY * np.arange(1, DAYS)
    times = np.concatenate(([START], np.stack((silent, silent + 60), axis=1).ravel()))
    states = np.concatenate(([OFF], np.tile([UNKNOWN, ON, UNKNOWN, OFF], DAYS)[: times.size - 1]))
    timeline = Timeline.from_readings(times, states)
    assert switchings(timeline)[0].size == 0
    found = asked(dict.fromkeys((e.entity_id for e in HOME), timeline))
    assert all(candidate.joint == 0 for candidate in found)


def test_whoever_switches_on_stays() -> None:
    """The lounge moves after the plug is on and until it is off; the hall before and after."""
    rng = np.random.default_rng(4)
    start = stays(rng, 3)
    timelines = {
        PLUG.entity_id: used(start, 1200.0),
        "binary_sensor.lounge": used(np.append(start + 15, start + 1185), 5.0),
        "binary_sensor.hall": used(np.append(start - 15, start + 1215), 5.0),
    }
    found = asked(timelines, entities=[PLUG, *HOME[3:]])
    for area, side, other in (("Lounge", "inside", "outside"), ("Hall", "outside", "inside")):
        assert value(found, area, f"{side}_step") > 0.8
        assert value(found, area, f"{other}_step") < 0.1


def test_nothing_is_said_under_ten_joint_changes_or_when_unsure() -> None:
    found = asked(lived_in())
    embedding = np.zeros(32, np.float32)
    lounge = [replace(c, joint=FEWEST_JOINT) for c in found if c.area == "Lounge"]
    assert sure(9.0).guess(lounge, embedding) is not None
    assert sure(9.0).guess([replace(c, joint=FEWEST_JOINT - 1) for c in lounge], embedding) is None
    assert sure(2.0).guess(lounge, embedding) is None
    assert sure(-9.0).guess(lounge, embedding) is None
    assert sure(9.0).guess(found, embedding) is None  # two areas, as likely as each other
    assert sure(9.0).guess([], embedding) is None


def test_probabilities_are_of_the_areas_and_of_none() -> None:
    p = sure(0.0).probabilities(asked(lived_in()), np.ones(32, np.float32))
    np.testing.assert_allclose(p, [1 / 3, 1 / 3, 1 / 3])
    np.testing.assert_allclose(sure(0.0).probabilities([], np.ones(32, np.float32)), [1.0])


def test_leads_are_over_the_other_areas() -> None:
    found = asked(lived_in())
    assert value(found, "Hall", "share_step_lead") == pytest.approx(-value(found, "Lounge", "share_step_lead"))
    [only] = asked(lived_in(), entities=[PLUG, HOME[1], HOME[3]])
    assert value([only], "Lounge", "share_step_lead") == value([only], "Lounge", "share_step")


def test_words_tell_the_kind_in_any_of_the_fleets_languages(model: Model) -> None:
    words = model.rooms.words
    for name, kind in (("Kitchen", "kitchen"), ("Küche", "kitchen"), ("Bagno", "bathroom"), ("Garage", "garage")):
        assert KINDS[int(words.kinds(name).argmax())] == kind, name
    assert words.kinds("Dishwasher")[KINDS.index("kitchen")] > 0.5
    assert words.kinds("0x00158d0003a1").max() < 0.5
    assert words.kinds("").sum() == pytest.approx(1.0)


def test_rooms_survive_being_written(model: Model) -> None:
    found = asked(lived_in(), words=model.rooms.words)
    again = Rooms.from_json(model.rooms.as_json())
    np.testing.assert_allclose(
        again.probabilities(found, np.ones(32, np.float32)), model.rooms.probabilities(found, np.ones(32, np.float32))
    )
    with pytest.raises(KeyError):
        Rooms.from_json({**model.rooms.as_json(), "inputs": ["lift"]})


def test_a_recorder_with_a_grid_has_no_narrow_windows() -> None:
    rng = np.random.default_rng(5)
    cells = np.sort(rng.choice(DAYS * 96, 400, replace=False)) * 900.0
    company = Company.of({"light.a": Timeline.from_readings(START + cells, np.arange(400) % 2)})
    assert company.windows == (450.0, 450.0, 450.0)
    exact = Company.of({"light.a": lived_in()["light.hall"]})
    assert exact.windows == (2.0, 30.0, 300.0)


def test_gaps_and_coverage() -> None:
    times = np.array([100.0, 200.0])
    before, after = gaps(times, np.array([50.0, 100.0, 130.0, 300.0]))
    assert before[1:].tolist() == [0.0, 30.0, 100.0]
    assert after[:3].tolist() == [50.0, 0.0, 70.0]
    assert min(before[0], after[3]) > DAY
    moments = np.arange(START, START + 40 * DAY, 1021.0)
    before, after = gaps(np.arange(START, START + 40 * DAY, HOUR), moments)  # once an hour: ten minutes of sixty
    hours = (moments % DAY // HOUR).astype(np.int64)
    share = coverage(before[None], after[None], hours, np.full((1, 24), 1 / HOUR), (2.0, 300.0))
    assert share[0, 1] == pytest.approx(np.full(24, 1 / 6), abs=0.03)
    assert share[0, 0] == pytest.approx(np.full(24, 4 / HOUR), abs=1e-4)


@pytest.mark.parametrize("case", ["no history", "never", "always", "restless", "unavailable", "one change"])
def test_odd_devices_get_finite_answers(model: Model, case: str) -> None:
    rng = np.random.default_rng(6)
    odd = {
        "no history": Timeline.empty(),
        "never": Timeline.from_readings([START], [OFF]),
        "always": Timeline.from_readings([START], [ON]),
        "restless": used(START + np.sort(rng.uniform(0, DAYS * DAY, 40_000)), 5.0),
        "unavailable": Timeline.from_readings([START, START + 60.0], [ON, UNKNOWN]),
        "one change": Timeline.from_readings([START, START + DAY], [OFF, ON]),
    }[case]
    for key in (PLUG.entity_id, "light.lounge"):
        found = asked({**lived_in(), key: odd}, words=model.rooms.words)
        assert all(np.isfinite(candidate.inputs).all() for candidate in found)
        p = model.rooms.probabilities(found, np.zeros(32, np.float32))
        assert np.isfinite(p).all()
        assert p.sum() == pytest.approx(1.0)
    if case != "restless":
        assert model.rooms.guess(asked({**lived_in(), PLUG.entity_id: odd}), np.zeros(32, np.float32)) is None


def test_many_devices_are_asked_as_each_one_alone() -> None:
    """Devices are taken some at a time; that changes nothing."""
    rng = np.random.default_rng(8)
    plugs = [Entity(f"switch.plug_{i}", f"Plug {i}", f"Room {i % 7}") for i in range(70)]
    timelines = {e.entity_id: used(stays(rng, 2), 600.0) for e in plugs}
    alike = {e.entity_id: rng.normal(size=32).astype(np.float32) for e in plugs}
    every = candidates({e: alike[e.entity_id] for e in plugs}, plugs, timelines, alike, SILENT)
    for plug in (plugs[0], plugs[33], plugs[69]):
        [alone] = candidates({plug: alike[plug.entity_id]}, plugs, timelines, alike, SILENT).values()
        for a, b in zip(every[plug.entity_id], alone, strict=True):
            np.testing.assert_allclose(a.inputs, b.inputs, atol=1e-5)
