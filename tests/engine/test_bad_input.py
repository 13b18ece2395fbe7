"""Homes as they should not be: no history, a month of gaps, stuck and flickering devices, clocks that jump, extremes.

Answers stay finite, between what the experts may say at most, and on the right side of one half.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from custom_components.hunches.engine import features
from custom_components.hunches.engine.bundle import BundleError, Recording, read
from custom_components.hunches.engine.context import follow
from custom_components.hunches.engine.forecaster import Query, answer
from custom_components.hunches.engine.home import Entity, Home
from custom_components.hunches.engine.localtime import DAY, HOUR, LocalTime
from custom_components.hunches.engine.model import Model
from custom_components.hunches.engine.scan import Mind
from custom_components.hunches.engine.timeline import Timeline
from custom_components.hunches.engine.usage import Usage, advance

from .conftest import START

NOW = START + 35 * DAY
AHEAD = (HOUR / 6, HOUR, 6 * HOUR, DAY, 6 * DAY)
LEAST, MOST = 5e-5, 1 - 5e-5
"""Nothing is certain: experts hold themselves within one in two thousand, the network within one in twenty thousand."""

NEVER = Timeline.from_readings([START], [0])
ALWAYS = Timeline.from_readings([START], [1])
GONE = Timeline.from_readings([START, START + 4 * DAY], [1, -1])
FLICKER = Timeline.from_readings(
    START + np.sort(np.random.default_rng(1).uniform(0, 35, 35 * 3000)) * DAY, np.arange(35 * 3000) % 2
)
EVENINGS = Timeline.from_readings(
    np.sort(np.concatenate([START + np.arange(35) * DAY + h * HOUR for h in (18.0, 22.0)])), np.arange(70) % 2 ^ 1
)
INSTANT = Timeline.from_readings(
    np.sort(np.concatenate([START + np.arange(1, 35) * DAY, START + np.arange(1, 35) * DAY + 1e-3])),
    np.arange(68) % 2 ^ 1,
)
JUMPED = Timeline.from_readings([START - 120 * DAY, START, START + DAY, NOW - HOUR, NOW + 400 * DAY], [0, 1, 0, 1, 0])
"""A device whose clock was months behind, and once a year ahead."""
ODD = {
    "nothing": Timeline.empty(),
    "never": NEVER,
    "always": ALWAYS,
    "gone": GONE,
    "only gone": Timeline.from_readings([START], [-1]),
    "flicker": FLICKER,
    "instant": INSTANT,
    "jumped": JUMPED,
    "just now": Timeline.from_readings([NOW], [1]),
    "in future": Timeline.from_readings([NOW + DAY], [1]),
}


def home_of(timelines: dict[str, Timeline], zone: str = "Europe/Berlin") -> Recording:
    entities = {key: Entity(key, key.partition(".")[2]) for key in timelines}
    return Recording(Home("odd", zone, 52.5, 13.4, entities), timelines)


def asked(key: str, moment: float = NOW) -> list[Query]:
    return [Query(key, moment, moment + ahead) for ahead in AHEAD]


@pytest.fixture(autouse=True)
def _no_warnings() -> None:
    """A division by nothing is an error here, also where the run does not make it one."""
    warnings.simplefilter("error")


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("domain", ["light", "switch", "lock", "climate"])
def test_odd_histories_get_answers(model: Model, name: str, domain: str) -> None:
    p = answer(model, home_of({f"{domain}.odd": ODD[name]}), asked(f"{domain}.odd"))
    assert np.isfinite(p).all()
    assert ((p >= LEAST) & (p <= MOST)).all()


def test_what_never_and_always_happens_is_expected_to_go_on(model: Model) -> None:
    never = answer(model, home_of({"light.never": NEVER}), asked("light.never"))
    always = answer(model, home_of({"switch.always": ALWAYS}), asked("switch.always"))
    assert never.max() < 0.1
    assert always.min() > 0.8


def test_nothing_known_is_said_with_doubt(model: Model) -> None:
    """Without history the answer is the fleet's: neither a surely on nor a surely off light."""
    p = answer(model, home_of({"light.new": Timeline.empty()}), asked("light.new"))
    assert p.min() > 0.01
    assert p.max() < 0.7


def test_a_month_of_gaps_does_not_outshout_what_came_before(model: Model) -> None:
    """A lamp used every evening, then unavailable for a month, is still likelier on in the evening than at night."""
    cut = START + 20 * DAY
    kept = EVENINGS.times < cut
    lamp = Timeline.from_readings(
        np.append(EVENINGS.times[kept], cut), np.append(EVENINGS.states[kept], -1).astype(np.int8)
    )
    recording = home_of({"light.lamp": lamp}, "UTC")
    asof = START + 50 * DAY
    evening, night = answer(model, recording, [Query("light.lamp", asof, asof + h * HOUR) for h in (20.0, 28.0)])
    assert evening > night


def test_flicker_is_no_habit(model: Model) -> None:
    """Three thousand changes a day, half of the time on: nobody can say, and the model does not claim to."""
    p = answer(model, home_of({"switch.relay": FLICKER}), asked("switch.relay"))
    assert (np.abs(p - 0.5) < 0.35).all()


def test_a_clock_that_ran_ahead_reaches_no_answer(model: Model) -> None:
    """What is stamped after the moment of asking is not known yet, whoever stamped it."""
    ahead = Timeline.from_readings([*EVENINGS.times, NOW + 30 * DAY], [*EVENINGS.states, 1])
    both = [answer(model, home_of({"light.lamp": t}), asked("light.lamp")) for t in (EVENINGS, ahead)]
    np.testing.assert_allclose(both[0], both[1], atol=1e-6)


def test_times_that_run_backwards_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="backwards"):
        Timeline.from_readings([2.0, 1.0], [0, 1])
    (tmp_path / "home.json").write_text('{"entities": {"light.a": {"name": "A"}}}', encoding="utf-8")
    (tmp_path / "history.csv").write_text(
        "entity_id,state,last_changed\nlight.a,on,2026-03-02T00:00:00Z\nlight.a,off,2026-03-01T00:00:00Z\n",
        encoding="utf-8",
    )
    with pytest.raises(BundleError, match=r"line 3.*backwards"):
        read(tmp_path)


def test_a_change_of_clocks_and_a_target_in_it(model: Model) -> None:
    """The night in March that lacks an hour, the one in October that has one twice, and a target before its moment."""
    recording = home_of({"light.lamp": EVENINGS})
    spring, autumn = START + 28 * DAY + HOUR, START + 238 * DAY + 1800
    queries = [Query("light.lamp", m, m + a) for m in (spring, autumn) for a in (*AHEAD, 0.0, -DAY)]
    p = answer(model, recording, queries)
    assert np.isfinite(p).all()
    assert ((p >= LEAST) & (p <= MOST)).all()


def test_five_hundred_devices(model: Model) -> None:
    """A very large home, of all odd histories together: every device gets an answer, a portrait and an archetype."""
    histories = [EVENINGS, *(t for key, t in ODD.items() if key not in {"flicker", "jumped"})]
    timelines = {f"light.bulb_{i}": histories[i % len(histories)] for i in range(500)}
    recording = home_of(timelines)
    p = answer(model, recording, [Query(key, NOW, NOW + HOUR) for key in timelines])
    assert np.isfinite(p).all()
    assert ((p >= LEAST) & (p <= MOST)).all()
    clock, inputs = LocalTime("Europe/Berlin", 52.5, 13.4), features.home_inputs(recording.home)
    usages = [advance(Usage(), timelines[e.entity_id], NOW, clock) for e in recording.home.devices]
    stable = np.stack([features.stable(e, u, inputs) for e, u in zip(recording.home.devices, usages, strict=True)])
    tokens = np.stack([features.tokens(e) for e in recording.home.devices])
    embedding = model.embed(stable, tokens)
    assert np.isfinite(stable).all()
    assert np.abs(stable).max() < 10
    assert np.isfinite(embedding).all()
    assert np.isfinite(model.place(embedding)).all()
    found = model.archetypes.assign(embedding)
    assert all(0 < a.probability <= 1 and a.title for a in found)


def test_one_device_and_none(model: Model) -> None:
    for recording in (home_of({"light.only": EVENINGS}), home_of({})):
        mind = Mind(model, recording.home)
        mind.learn(recording.timelines, NOW)
        assert len(mind.describe()) == len(recording.home.devices)
        assert all(0 <= h.p_accept <= 1 for h in mind.look(NOW).candidates)
    assert answer(model, home_of({}), []).size == 0


@pytest.mark.parametrize("name", ODD)
def test_a_look_at_odd_histories(model: Model, name: str) -> None:
    recording = home_of({"light.odd": ODD[name], "light.lamp": EVENINGS})
    mind = Mind(model, recording.home)
    mind.learn({key: t.until(NOW) for key, t in recording.timelines.items()}, NOW)
    scan = mind.look(NOW)
    assert all(0 <= h.p_accept <= 1 for h in scan.candidates)
    for portrait in mind.describe():
        assert np.isfinite([*portrait["embedding"], *portrait["map"], portrait["archetype"]["probability"]]).all()


def test_context_of_odd_evidence() -> None:
    """Stuck, silent and flickering sensors: probabilities stay probabilities."""
    timelines = {
        "light.lamp": EVENINGS,
        "binary_sensor.stuck": ALWAYS,
        "binary_sensor.silent": Timeline.from_readings([START], [-1]),
        "binary_sensor.flicker": FLICKER.until(START + 2 * DAY),
        "binary_sensor.none": Timeline.empty(),
    }
    entities = {key: Entity(key, key, None, None if key.startswith("light") else "motion") for key in timelines}
    recording = Recording(Home("odd", "UTC", None, None, entities), timelines)
    found = follow(recording, START + np.arange(0, 35, 0.5) * DAY)
    for p in (found.asleep, found.away, found.dark):
        assert ((p >= 0) & (p <= 1)).all()
