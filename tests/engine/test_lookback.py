"""Looking back sees what a mind that lived through it would have seen, and nothing of what came after.

The reference is that very mind, led through the recording step by step.
"""

from __future__ import annotations

import math
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from custom_components.hunches.engine import bundle
from custom_components.hunches.engine.backtest import FIRST_LOOK, next_night, replay
from custom_components.hunches.engine.bundle import Recording
from custom_components.hunches.engine.context_filter import Correction
from custom_components.hunches.engine.home import OFF, ON, UNKNOWN, Entity, Home, state_name
from custom_components.hunches.engine.localtime import DAY, HOUR, LocalTime
from custom_components.hunches.engine.lookback import Lookback
from custom_components.hunches.engine.policy import Ledger, Policy, Settings
from custom_components.hunches.engine.scan import Mind
from custom_components.hunches.engine.timeline import Cause, Timeline
from custom_components.hunches.engine.usage import Usage, Usages, advance, usages

from .conftest import START, make_recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from custom_components.hunches.engine.hunches import Hunch
    from custom_components.hunches.engine.model import Model

DEMO = Path(__file__).parents[2] / "script" / "_demo" / "home"
# The bar is low, so that there is much to compare.
EAGER = Settings(min_accept=0.02, a_day=50, max_open=20)
STEP = 900.0
"""Seconds between looks: every five minutes takes too long with a mind that looks once at a time."""


def untidy(seed: int, zone: str, days: int) -> Recording:
    """Return a home with everything that is awkward: gaps, our own actions, flicker, late starts, years of silence."""
    rng = np.random.default_rng(seed)
    plain = make_recording(zone, days, seed)
    lines = dict(plain.timelines)
    lamp, hall = lines["light.lounge"], lines["light.hall"]
    causes = lamp.causes.copy()
    causes[1:] = rng.choice([Cause.PERSON, Cause.PHYSICAL, Cause.AUTOMATION, Cause.OURS], len(lamp) - 1)
    lines["light.lounge"] = Timeline.from_readings(lamp.times, lamp.states, causes)
    gaps = START + np.sort(rng.uniform(2, days - 1, 4)) * DAY
    times = np.concatenate((hall.times, gaps, gaps + 2 * HOUR))
    states = np.concatenate((hall.states, np.full(4, UNKNOWN), rng.integers(0, 2, 4)))
    order = np.argsort(times)
    lines["light.hall"] = Timeline.from_readings(times[order], states[order])
    flicker = START + (days - 2) * DAY + np.cumsum(rng.exponential(20, 900))
    lines["switch.plug_1"] = Timeline.from_readings(flicker, np.arange(flicker.size) % 2)
    lines["light.new"] = Timeline.from_readings([START + (days - 1.4) * DAY, START + (days - 0.2) * DAY], [ON, OFF])
    lines["cover.always_open"] = Timeline.from_readings([START - 300 * DAY], [ON])
    lines["switch.fridge"] = Timeline.from_readings([START], [ON])
    more = (
        Entity("light.new", "New lamp", "Office"),
        Entity("cover.always_open", "Blind", None, "blind"),
        Entity("switch.fridge", "Fridge", "Kitchen"),
        Entity("light.never_seen", "Spare", "Office"),
    )
    entities = {**plain.home.entities, **{e.entity_id: e for e in more}}
    return Recording(Home("untidy", zone, None, None, entities), lines)


def lived(model: Model, recording: Recording, settings: Settings, begin: float = -math.inf) -> Iterator[Hunch]:
    """Yield what is raised if a mind looks at every step, is told every change and learns every night."""
    home = recording.home
    mind, policy, clock = Mind(model, home), Policy(settings), LocalTime(home.time_zone)
    now = math.ceil(max(recording.start + FIRST_LOOK, begin) / STEP) * STEP
    ledger, night, readings = Ledger(started=now), now, {}
    changes = sorted(
        (
            (t, key, s, c)
            for key, line in recording.timelines.items()
            for t, s, c in zip(line.times.tolist(), line.states.tolist(), line.causes.tolist(), strict=True)
        ),
        reverse=True,
    )
    while now <= recording.end:
        while changes and changes[-1][0] <= now:
            moment, key, state, cause = changes.pop()
            readings[key] = state
            if mind.keep():
                mind.note(key, moment, state_name(home.entities[key].domain, state), cause)
        if now >= night:
            mind.learn(recording.until(now).timelines, now)
            night = next_night(clock, now)
        decision = policy.judge(home, mind.look(now).candidates, ledger, now, readings)
        ledger = ledger.decided(decision, now)
        yield from (*decision.raised, *decision.joined)
        now += STEP


def same(quick: Hunch, plain: Hunch) -> None:
    """Check that two hunches are one, to within the rounding of networks that answer many questions at once."""
    assert (quick.time, quick.key, quick.action) == (plain.time, plain.key, plain.action)
    assert quick.p_accept == pytest.approx(plain.p_accept, abs=1e-5)
    assert quick.p_low == pytest.approx(plain.p_low, abs=1e-5)
    one, other = quick.evidence, plain.evidence
    for name in ("p_on", "p_fleet", "p_right", "p_if_home"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-5), name
    assert one.since == pytest.approx(other.since, abs=0.01)
    assert one.history_days == pytest.approx(other.history_days, abs=1e-6)
    assert (one.usual_minutes, one.usual_off_hour) == (other.usual_minutes, other.usual_off_hour)
    assert (one.archetype, one.context.time) == (other.archetype, other.context.time)
    for name in ("p_asleep", "p_away", "p_dark"):
        assert getattr(one.context, name) == pytest.approx(getattr(other.context, name), abs=1e-6)


@pytest.mark.parametrize(
    ("recording", "begin"),
    [
        (make_recording("Europe/Berlin", 30), START + 27.4 * DAY),  # over a change of clocks
        (untidy(1, "America/St_Johns", 7), START + 3 * DAY),
        (untidy(2, "Pacific/Auckland", 63), START + 60 * DAY),  # older than what is kept of single changes
        (bundle.read(DEMO), bundle.read(DEMO).end - 2 * DAY),
    ],
    ids=["plain", "untidy", "long", "demo"],
)
def test_it_raises_what_a_mind_that_lived_through_it_raises(model: Model, recording: Recording, begin: float) -> None:
    quick = [
        found.hunch
        for found in replay(Lookback(model, recording.home), recording, Policy(EAGER), begin=begin, step=STEP)
    ]
    plain = list(lived(model, recording, EAGER, begin))
    assert [(h.time, h.key) for h in quick] == [(h.time, h.key) for h in plain]
    assert len(quick) >= 2
    for one, other in zip(quick, plain, strict=True):
        same(one, other)


@pytest.mark.parametrize("cut", [0.0, 7.3, 15.9, 23.99])
def test_no_future_reaches_a_past_look(model: Model, cut: float) -> None:
    recording = untidy(3, "Europe/Berlin", 12)
    night = math.ceil((START + 10 * DAY) / STEP) * STEP
    moments = night + STEP * np.arange(96)
    end = float(moments[int(cut * 4)])

    def look(known: Recording, upto: float) -> list[tuple[Hunch, ...]]:
        mind = Lookback(model, known.home)
        mind.learn(recording.until(night).timelines, night)
        return [scan.candidates for scan in mind.look_back(known.timelines, moments[moments <= upto])]

    whole, short = look(recording, float(moments[-1])), look(recording.until(end), end)
    assert sum(map(len, short)) >= 1
    for one, other in zip(whole[: len(short)], short, strict=True):
        assert [h.key for h in one] == [h.key for h in other]
        for quick, plain in zip(one, other, strict=True):
            same(quick, plain)


def test_what_was_stated_counts_from_when_it_was(model: Model) -> None:
    recording = make_recording(days=12)
    night = math.ceil((START + 10 * DAY) / STEP) * STEP
    said = Correction(night + HOUR, night + 6 * HOUR, "awake", night + 3 * HOUR)
    moments = night + STEP * np.arange(16)

    def p_asleep(*corrections: Correction) -> list[float]:
        mind = Lookback(model, recording.home, corrections)
        mind.learn(recording.until(night).timelines, night)
        return [scan.context.p_asleep for scan in mind.look_back(recording.timelines, moments)]

    plain, told = p_asleep(), p_asleep(said)
    assert told[:12] == plain[:12]
    assert max(abs(a - b) for a, b in zip(told[12:], plain[12:], strict=True)) > 0.001


def test_only_what_is_likely_enough_is_a_candidate(model: Model) -> None:
    recording = make_recording(days=12)
    night = math.ceil((START + 10 * DAY) / STEP) * STEP
    moments = night + STEP * np.arange(96)
    with pytest.raises(ValueError, match="nothing has been learned"):
        Lookback(model, recording.home).look_back(recording.timelines, moments)

    def seen(least: float) -> list[Hunch]:
        mind = Lookback(model, recording.home)
        mind.learn(recording.until(night).timelines, night)
        return [hunch for look in mind.look_back(recording.timelines, moments, least) for hunch in look.candidates]

    every = seen(0.0)
    bar = float(np.median([hunch.p_accept for hunch in every]))
    some = seen(bar)
    assert some == [h for h in every if h.p_accept >= bar]
    assert 0 < len(some) < len(every)


@pytest.mark.parametrize(("sustain", "count"), [(900.0, 97), (900.0, 96), (300.0, 95), (86400.0, 2), (900.0, 1)])
def test_all_that_holds_for_long_enough_is_seen(model: Model, sustain: float, count: int) -> None:
    """What holds for less may be passed over, so that not every device is judged at every look."""
    recording = untidy(4, "Europe/Berlin", 12)
    night = math.ceil((START + 10 * DAY) / STEP) * STEP
    moments = night + 300.0 * np.arange(count)

    def seen(least: float, sustain: float) -> list[Hunch]:
        mind = Lookback(model, recording.home)
        mind.learn(recording.until(night).timelines, night)
        looks = mind.look_back(recording.timelines, moments, least, sustain)
        return [hunch for look in looks for hunch in look.candidates]

    bar = float(np.median([hunch.p_accept for hunch in seen(0.0, 0.0)]))
    every, found = ({(h.entity_id, h.time): h.p_accept for h in seen(bar, s)} for s in (0.0, sustain))
    assert found == pytest.approx({key: every[key] for key in found}, abs=1e-6)
    for key in {key for key, _ in every}:
        held: list[float] = []
        for moment in [*moments.tolist(), math.inf]:
            if (key, moment) in every:
                held.append(moment)
                continue
            if held and held[-1] - held[0] >= sustain:
                assert all((key, moment) in found for moment in held)
            held = []


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("key", ["light.lounge", "light.hall", "switch.plug_1", "light.new", "cover.always_open"])
def test_aggregates_at_many_moments_are_those_at_each(key: str, seed: int) -> None:
    clock = LocalTime("America/New_York", 40.7, -74.0)
    timeline = untidy(seed, clock.zone, 12).timelines[key]
    rng = np.random.default_rng(seed)
    night = START + rng.uniform(7, 11) * DAY  # New York's clocks change on the eighth day
    known = Usage() if seed == 0 else advance(Usage(), timeline.until(night), night, clock)
    moments = np.sort(night + np.append(0.0, rng.uniform(0, DAY, 12)))
    many = usages(known, timeline, moments, clock)
    for i, moment in enumerate(moments.tolist()):
        one = advance(known, timeline.until(moment), moment, clock)
        for name in (field.name for field in fields(Usages)):
            np.testing.assert_allclose(getattr(many, name)[i], getattr(one, name), rtol=1e-9, atol=1e-6, err_msg=name)
        assert many.rate[i] == pytest.approx(one.rate)
