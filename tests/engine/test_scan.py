"""One look at a home: candidates with evidence, the same when read again, and blind to the future."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from custom_components.hunches.engine.bundle import Recording
from custom_components.hunches.engine.home import Entity, Home, state_name
from custom_components.hunches.engine.hunches import Kind
from custom_components.hunches.engine.localtime import DAY, HOUR
from custom_components.hunches.engine.memory import Memory
from custom_components.hunches.engine.model import Model
from custom_components.hunches.engine.personal import Heard
from custom_components.hunches.engine.scan import Mind, Scan
from custom_components.hunches.engine.timeline import Timeline

from .conftest import START, make_recording
from .test_context_filter import START as BEGUN
from .test_context_filter import odd_home, stated

NIGHT = START + 30 * DAY + 2 * HOUR


def with_lamp_left_on(recording: Recording) -> Recording:
    """Switch the lamp on at 19:00 local of the thirtieth day, and never off."""
    lamp = recording.timelines["light.lounge"].until(NIGHT - 12 * HOUR).carried()
    on = Timeline.from_readings(np.append(lamp.times, NIGHT - 8 * HOUR), np.append(lamp.states, 1))
    return Recording(recording.home, {**recording.timelines, "light.lounge": on})


def learned(model: Model, recording: Recording, until: float) -> Mind:
    mind = Mind(model, recording.home)
    mind.learn(recording.until(until).timelines, until)
    return mind


def test_a_lamp_that_is_on_is_a_candidate_with_evidence(model: Model, recording: Recording) -> None:
    scan = learned(model, with_lamp_left_on(recording), NIGHT - DAY).look(NIGHT - DAY)
    assert not [h for h in scan.candidates if h.entity_id == "light.lounge"], "it was off the night before"
    scan = learned(model, with_lamp_left_on(recording), NIGHT).look(NIGHT)
    (hunch,) = [h for h in scan.candidates if h.entity_id == "light.lounge"]
    assert (hunch.kind, hunch.action) == (Kind.STILL_ON, "light.turn_off")
    seen = hunch.evidence
    assert seen.since == NIGHT - 8 * HOUR
    assert seen.usual_minutes is not None
    assert 100 < seen.usual_minutes[0] < seen.usual_minutes[1] < 400
    assert seen.usual_off_hour is not None
    assert seen.usual_off_hour > 21 or seen.usual_off_hour < 2
    assert seen.history_days == pytest.approx(31, abs=1)
    assert 0 < hunch.p_accept < 1
    assert hunch.as_json()["evidence"]["minutes"] == 480


def test_no_future_reaches_a_look(model: Model, recording: Recording) -> None:
    whole = with_lamp_left_on(recording)
    cut = learned(model, whole.until(NIGHT), NIGHT).look(NIGHT)
    mind = Mind(model, whole.home)
    mind.learn(whole.timelines, NIGHT)  # hands over what comes later, too
    assert mind.look(NIGHT) == cut


def test_a_look_rests_on_all_that_is_known_whatever_part_of_it_is_unfolded(
    model: Model, recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tablet that moved once, a month ago, and a window that has let light in since yesterday, are among it."""
    more = {
        "device_tracker.tablet": Timeline.from_readings([START, START + DAY], [0, 1]),
        "sensor.lux": Timeline.from_readings([START, NIGHT - 20 * HOUR], [0, 1]),
    }
    window = Entity("sensor.lux", "Lux", "Lounge", "illuminance")
    entities = {"device_tracker.tablet": Entity("device_tracker.tablet", "Tablet"), "sensor.lux": window}
    others = {key: entity for key, entity in recording.home.entities.items() if entity.domain != "person"}
    home = replace(recording.home, entities={**others, **entities})
    lamp = with_lamp_left_on(recording).timelines
    whole = Recording(home, {**lamp, **more})
    moments = NIGHT + np.cumsum([0, 60, 59, HOUR, 7 * HOUR, 30 * HOUR, 60, 3 * DAY])

    def looks() -> list[Scan]:
        mind = learned(model, whole, NIGHT)
        return [mind.look(float(moment)) for moment in moments]

    found = looks()
    read = Memory.read
    monkeypatch.setattr(Memory, "read", lambda memory, since=0.0: read(memory))
    assert looks() == found


def test_what_is_noted_live_counts_as_what_is_read_later(model: Model, recording: Recording) -> None:
    whole = with_lamp_left_on(recording)
    live = learned(model, whole, NIGHT - DAY)
    changes = sorted(
        (float(t), key, state_name(key.partition(".")[0], int(s)))
        for key, line in whole.timelines.items()
        for t, s in zip(line.times, line.states, strict=True)
        if NIGHT - DAY < t <= NIGHT
    )
    for moment, key, state in changes:
        live.note(key, moment, state)
    live.note("light.nobody_knows", NIGHT, "on")
    seen, expected = live.look(NIGHT), learned(model, whole, NIGHT).look(NIGHT)
    assert [h.key for h in seen.candidates] == [h.key for h in expected.candidates]
    for one, other in zip(seen.candidates, expected.candidates, strict=True):
        assert one.p_accept == pytest.approx(other.p_accept, abs=0.02)


def test_learning_again_counts_nothing_twice(model: Model, recording: Recording) -> None:
    mind = learned(model, recording, NIGHT)
    before = mind.describe()
    mind.learn(recording.until(NIGHT).timelines, NIGHT)
    assert mind.describe() == before


def test_a_no_lowers_and_a_yes_raises(model: Model, recording: Recording) -> None:
    whole = with_lamp_left_on(recording)
    mind = learned(model, whole, NIGHT)
    (hunch,) = [h for h in mind.look(NIGHT).candidates if h.entity_id == "light.lounge"]
    answers = {}
    for yes in (True, False):
        mind.heed([Heard(hunch, yes)])
        (again,) = [h for h in mind.look(NIGHT).candidates if h.entity_id == "light.lounge"]
        answers[yes] = again.p_accept
        assert again.evidence.p_fleet == pytest.approx(hunch.p_accept)
    assert answers[False] < hunch.p_accept < answers[True]


def test_what_is_stated_changes_the_context_and_can_be_taken_back(model: Model) -> None:
    """Told when it is made or while it lives, a mind learns the same; and it forgets what is taken back."""
    recording, when = odd_home(), BEGUN + 9 * DAY
    then = BEGUN + 11 * DAY + np.arange(10.5, 16.5, 0.5) * HOUR  # they are away, as on all days before
    said = stated(recording, 8, when)
    otherwise = [replace(c, label="awake") for c in said]

    def p_away(mind: Mind) -> list[float]:
        mind.learn(recording.until(then[0]).timelines, float(then[0]))
        return [mind.look(float(moment)).context.p_away for moment in then]

    plain, told = p_away(Mind(model, recording.home)), p_away(Mind(model, recording.home, said))
    assert np.mean(told) > np.mean(p_away(Mind(model, recording.home, otherwise))) + 0.2
    assert np.mean(told) != pytest.approx(np.mean(plain), abs=0.05)
    living = learned(model, recording, when)
    living.correct(said[:5])
    living.correct(said)
    assert p_away(living) == pytest.approx(told, abs=1e-6)
    living.correct(())
    assert living.look(float(then[-1])).context.p_away == pytest.approx(plain[-1], abs=1e-6)


def test_devices_are_described(model: Model, recording: Recording) -> None:
    described = learned(model, recording, NIGHT).describe()
    assert [d["entity_id"] for d in described] == ["light.hall", "light.lounge", "lock.front", "switch.plug_1"]
    for device in described:
        assert len(device["embedding"]) == 32
        assert len(device["map"]) == 2
        assert device["archetype"]["title"]
        assert 0 < device["archetype"]["probability"] <= 1
        assert device["area_guess"] is None or device["area_guess"]["probability"] >= 0.9


@pytest.mark.parametrize(
    "entities",
    [
        (),
        (Entity("light.only"),),
        (Entity("light.only", "", None), Entity("climate.heating", "Heating", "Lounge")),
        (Entity("cover.<i>", "<script>*|`💡" * 40, "ÄÖÜ"),),
        (Entity("binary_sensor.only_evidence", "Motion", None, "motion"),),
    ],
)
def test_odd_homes(model: Model, entities: tuple[Entity, ...]) -> None:
    """No device, one device, no area, no name, no history, odd names: an answer, and no error."""
    home = Home("odd", "Pacific/Auckland", None, None, {e.entity_id: e for e in entities})
    on = Timeline.from_readings([START], [1])
    for timelines in ({}, {e.entity_id: on for e in entities}):
        mind = Mind(model, home)
        mind.look(START)
        mind.learn(timelines, START + HOUR)
        scan = mind.look(START + 2 * HOUR)
        assert len(mind.describe()) == len(home.devices)
        assert all(0 < h.p_accept < 1 for h in scan.candidates)
        assert bool(scan.candidates) == any(e.domain in {"light", "cover"} and timelines for e in entities)


def test_a_fridge_is_never_a_candidate(model: Model) -> None:
    home = make_recording().home
    fridge = replace(home.entities["switch.plug_1"], name="Fridge")
    home = Home(home.name, home.time_zone, None, None, {fridge.entity_id: fridge})
    mind = Mind(model, home)
    mind.learn({fridge.entity_id: Timeline.from_readings([START], [1])}, START + DAY)
    assert mind.look(START + DAY).candidates == ()
