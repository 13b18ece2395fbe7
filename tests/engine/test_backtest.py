"""The same code over the past: outcomes as the design defines them, and a replay that sees no future."""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_components.hunches.engine.aftermath import OUTCOMES, Scorer
from custom_components.hunches.engine.backtest import next_night, replay, stretches
from custom_components.hunches.engine.bundle import Interval, Recording
from custom_components.hunches.engine.home import OFF, ON, UNKNOWN, Entity, Home
from custom_components.hunches.engine.hunches import Context, Evidence, Hunch, Kind
from custom_components.hunches.engine.localtime import DAY, LocalTime
from custom_components.hunches.engine.policy import Policy, Settings
from custom_components.hunches.engine.timeline import Cause, Timeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

HELD = Settings().sustain / 3600
DAY0 = 1_759_968_000.0  # 2025-10-09 00:00 UTC
MINUTE = 60.0
ENTITIES = (
    Entity("light.lamp", "Lamp", "Lounge"),
    Entity("light.hall", "Hall", "Hall"),
    Entity("lock.front", "Front door lock", "Hall"),
    Entity("climate.home", "Heating"),
    Entity("switch.fridge", "Fridge", "Kitchen"),
    Entity("switch.washer", "Washer", "Kitchen"),
    Entity("binary_sensor.lounge_motion", "Motion", "Lounge", "motion"),
    Entity("binary_sensor.front_door", "Door", "Hall", "door"),
    Entity("binary_sensor.bright", "Bright", "Lounge", "light"),
    Entity("person.ann", "Ann"),
    Entity("sun.sun"),
)


def hours(*values: float) -> list[float]:
    return [DAY0 + v * 3600 for v in values]


def line(*moments: float, first: int = OFF, causes: Sequence[int] | None = None) -> Timeline:
    """Return a timeline that starts with the recording and flips at each hour given."""
    times = [DAY0, *hours(*moments)]
    states = [first if i % 2 == 0 else 1 - first for i in range(len(times))]
    return Timeline.from_readings(times, states, None if causes is None else [0, *causes])


def recording(truth: Sequence[tuple[float, float, str]] = (), /, **lines: Timeline) -> Recording:
    """Return a home whose entities are named by object id; truth in hours."""
    ids = {e.entity_id.partition(".")[2]: e.entity_id for e in ENTITIES}
    home = Home("test", "Europe/Berlin", 52.5, 13.4, {e.entity_id: e for e in ENTITIES})
    timelines = {ids[name]: timeline for name, timeline in lines.items()}
    timelines.setdefault("sun.sun", line(6, 17, 30, 41, 54))  # recording goes on for two days
    return Recording(home, timelines, tuple(Interval(DAY0 + a * 3600, DAY0 + b * 3600, label) for a, b, label in truth))


def hunch(hour: float, entity_id: str = "light.lamp", p: float = 0.95) -> Hunch:
    time = DAY0 + hour * 3600
    service = "lock" if entity_id.startswith("lock") else "turn_off"
    kind = Kind.STILL_UNLOCKED if entity_id.startswith("lock") else Kind.STILL_ON
    context = Context(time, 0.0, 1.0, 0.0)
    return Hunch(time, entity_id, kind, service, p, Evidence(time - 3600, None, None, 0.1, 20.0, "lamp", context))


def outcome(hunch: Hunch, home: Recording) -> str:
    return Scorer(home).outcome(hunch)


AWAY = (9.0, 17.0, "away")


def test_truth_still_on_when_they_came_back_and_then_switched_off_is_done() -> None:
    home = recording([AWAY], lamp=line(8, 17 + 9 / 60))
    assert outcome(hunch(10), home) == "done"


@pytest.mark.parametrize(
    ("off", "expected"),
    [
        (12.0, "anyway"),
        (16.999, "anyway"),
        (17.0, "done"),
        (17 + 10 / 60, "done"),
        (17 + 11 / 60, "left"),
        (20.0, "left"),
    ],
)
def test_truth_decides_when_somebody_came_back(off: float, expected: str) -> None:
    # signs of people during the interval, and none after it, do not matter
    home = recording([AWAY], lamp=line(8, off), front_door=line(8.9, 8.95, 12.5, 12.6))
    assert outcome(hunch(10), home) == expected


def test_never_switched_off_and_nobody_near_is_left() -> None:
    assert outcome(hunch(10), recording([AWAY], lamp=line(8))) == "left"
    assert outcome(hunch(10), recording(lamp=line(8))) == "left"


def test_switched_off_before_anybody_came_is_anyway() -> None:
    assert outcome(hunch(10), recording(lamp=line(8, 12), front_door=line(8.9, 8.95, 17, 17.1))) == "anyway"


def test_without_truth_the_first_sign_after_45_silent_minutes_is_the_return() -> None:
    for off, expected in ((17.0, "done"), (17 + 9 / 60, "done"), (17.5, "left"), (14.0, "anyway")):
        home = recording(lamp=line(8, off), front_door=line(8.9, 8.95, 17, 17.01))
        assert outcome(hunch(10), home) == expected


def test_signs_without_silence_before_them_are_no_return() -> None:
    # at home all the time: a door every half hour until 14:00, then silence until 17:00
    busy = [10 + i / 2 for i in range(9)]
    home = recording(lamp=line(8, 11.1), front_door=line(8.9, 8.95, *busy, 17.0))
    assert outcome(hunch(9.7), home) == "left"  # 10:00 ended the silence since 8:57
    home = recording(lamp=line(8, 11.1), front_door=line(9.0, 9.5, *busy, 17.0))
    assert outcome(hunch(9.7), home) == "anyway"
    home = recording(lamp=line(8, 17.1), front_door=line(9.0, 9.5, *busy, 17.0))
    assert outcome(hunch(9.7), home) == "done"


def test_what_the_sun_or_an_automation_does_is_no_sign_of_people() -> None:
    robot = line(12, causes=[Cause.AUTOMATION])
    home = recording(lamp=line(8, 12.05), hall=robot, bright=line(12), sun=line(12))
    assert outcome(hunch(10), home) == "anyway"
    by_hand = line(12, causes=[Cause.PERSON])
    assert outcome(hunch(10), recording(lamp=line(8, 12.05), hall=by_hand)) == "done"


def test_an_appliance_that_ends_is_no_sign_but_one_that_starts_is() -> None:
    assert outcome(hunch(10), recording(lamp=line(8, 12.05), washer=line(9, 12))) == "anyway"
    assert outcome(hunch(10), recording(lamp=line(8, 12.05), washer=line(12))) == "done"


def test_leaving_is_no_return() -> None:
    left = line(12, first=ON)
    assert outcome(hunch(10), recording(lamp=line(8, 12.05), ann=left)) == "anyway"
    back = line(9, 12, first=ON)
    assert outcome(hunch(10), recording(lamp=line(8, 12.05), ann=back)) == "done"


def test_a_person_who_comes_in_and_switches_it_off_first_has_come_back() -> None:
    home = recording(lamp=line(8, 17.0), lounge_motion=line(8.5, 8.6, 17.05, 17.1))
    assert outcome(hunch(10), home) == "done"
    # alone it may have been a timer
    home = recording(lamp=line(8, 17.0), lounge_motion=line(8.5, 8.6, 18.0, 18.1))
    assert outcome(hunch(10), home) == "anyway"


def test_an_automation_that_switches_off_made_the_hunch_needless() -> None:
    lamp = line(8, 17.05, causes=[Cause.UNKNOWN, Cause.AUTOMATION])
    assert outcome(hunch(10), recording([AWAY], lamp=lamp)) == "anyway"


def test_switched_back_is_contradicted() -> None:
    assert outcome(hunch(10), recording([AWAY], lamp=line(8, 17.02, 17.1))) == "contradicted"
    assert outcome(hunch(10), recording([AWAY], lamp=line(8, 12, 16))) == "contradicted"
    assert outcome(hunch(10), recording([AWAY], lamp=line(8, 17.02, 19.0))) == "done"
    assert outcome(hunch(10), recording([AWAY], lamp=line(8, 20, 20.05))) == "left"  # long after


def test_used_on_by_somebody_in_the_room_is_contradicted() -> None:
    motion = line(8.5, 8.6, 17.05, 17.1, 17.5, 17.6)
    assert outcome(hunch(10), recording([AWAY], lamp=line(8, 23), lounge_motion=motion)) == "contradicted"
    # in another room nobody used it
    assert outcome(hunch(10), recording([AWAY], lamp=line(8, 23), front_door=motion)) == "left"
    # somebody sat there all the time
    motion = line(*[9 + i / 4 for i in range(20)])
    assert outcome(hunch(10.1), recording(lamp=line(8, 13), lounge_motion=motion)) == "contradicted"


def test_entering_the_room_counts_though_the_home_was_never_silent() -> None:
    busy = line(*[9 + i / 4 for i in range(20)])
    motion = line(8.5, 8.6, 11.0, 11.05)
    assert outcome(hunch(10.1), recording(lamp=line(8, 11.1), front_door=busy, lounge_motion=motion)) == "done"
    assert outcome(hunch(10.1), recording(lamp=line(8, 10.5), front_door=busy, lounge_motion=motion)) == "anyway"


def test_waking_and_then_entering_the_room_later_is_done() -> None:
    motion = line(8.5, 8.6, 17.4, 17.5)
    assert outcome(hunch(10), recording([(9, 17, "asleep")], lamp=line(8, 17.45), lounge_motion=motion)) == "done"


def test_gaps_are_looked_through() -> None:
    lamp = Timeline.from_readings(hours(0, 8, 11, 12, 17.05), [OFF, ON, UNKNOWN, ON, OFF])
    assert outcome(hunch(10), recording([AWAY], lamp=lamp)) == "done"


def test_a_device_without_a_timeline_is_left() -> None:
    assert outcome(hunch(10, "light.hall"), recording([AWAY], lamp=line(8))) == "left"


@pytest.mark.parametrize(("off", "expected"), [(None, "untold"), (22.0, "untold"), (17.05, "done"), (12.0, "anyway")])
def test_of_heating_that_is_not_turned_off_nothing_is_told(off: float | None, expected: str) -> None:
    thermostat = line(*(hour for hour in (8, off) if hour is not None))
    away = replace(hunch(10, "climate.home"), kind=Kind.HEATING_WHILE_AWAY, action="set_temperature")
    assert outcome(away, recording([AWAY], lamp=line(8), home=thermostat)) == expected


@settings(max_examples=100, derandomize=True, deadline=None)
@given(
    st.lists(st.floats(0.1, 47), max_size=8, unique=True),
    st.lists(st.floats(0.1, 47), max_size=8, unique=True),
    st.lists(st.floats(0.1, 47), max_size=8, unique=True),
    st.booleans(),
)
def test_every_hunch_has_one_outcome(lamp: list[float], motion: list[float], door: list[float], known: bool) -> None:
    home = recording(
        [AWAY] if known else [],
        lamp=line(*sorted(lamp)),
        lounge_motion=line(*sorted(motion)),
        front_door=line(*sorted(door)),
    )
    after = Scorer(home)
    for i in range(0, len(lamp), 2):
        assert after.outcome(hunch(sorted(lamp)[i] + 0.01)) in OUTCOMES


def test_what_is_kept_of_peoples_signs_does_not_grow_with_the_devices_asked_about() -> None:
    entities = [Entity(f"light.l{number}", area=f"Room {number // 4}") for number in range(40)]
    moments = np.arange(1.0, 1001.0) / 25
    lines = {e.entity_id: line(*(moments + i / 1000).tolist()) for i, e in enumerate(entities)}
    home = Recording(Home("test", entities={e.entity_id: e for e in entities}), lines)
    scorer = Scorer(home)
    tracemalloc.start()
    try:
        for entity in entities:
            scorer.aftermath(hunch(2.0, entity.entity_id))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    signs = len(entities) * moments.size
    assert held < 2 * signs * (8 + 4) * 1.5  # those of all and of each room, and whose they are


# --- replay


@dataclass
class Look:
    candidates: tuple[Hunch, ...]


@dataclass
class LampMind:
    """Knows one rule: what has been on for two hours is a candidate. Checks that nothing is told twice, or too soon."""

    known: dict[str, Timeline] = field(default_factory=dict)
    learned: list[float] = field(default_factory=list)
    looks: list[float] = field(default_factory=list)
    least: list[float] = field(default_factory=list)
    told: list[Hunch] = field(default_factory=list)

    def learn(self, timelines: Mapping[str, Timeline], until: float) -> None:
        assert not self.looks or until > self.looks[-1]
        self.known = self._with(timelines, until)
        self.learned.append(until)

    def look_back(
        self, timelines: Mapping[str, Timeline], moments: NDArray[np.float64], least: float, sustain: float
    ) -> list[Look]:
        assert moments[0] >= self.learned[-1]
        self.looks += moments.tolist()
        self.least.append(least)
        lines = self._with(timelines, float(moments[-1]))
        return [Look(tuple(self._candidates(lines, moment))) for moment in moments.tolist()]

    def tell(self, hunch: Hunch) -> Hunch:
        assert hunch.time >= self.learned[-1]
        self.told.append(hunch)
        return replace(hunch, evidence=replace(hunch.evidence, archetype="told"))

    def _with(self, timelines: Mapping[str, Timeline], until: float) -> dict[str, Timeline]:
        found = dict(self.known)
        for key, new in timelines.items():
            old = self.known.get(key, Timeline.empty())
            assert not len(new) or new.times[-1] <= until
            assert not len(new) or not len(old) or new.times[0] > old.times[-1]
            found[key] = Timeline.from_readings(
                np.concatenate((old.times, new.times)), np.concatenate((old.states, new.states))
            )
        return found

    def _candidates(self, lines: Mapping[str, Timeline], now: float) -> Iterator[Hunch]:
        for key, timeline in lines.items():
            state, since = timeline.current(now)
            if key.startswith(("light", "lock", "switch")) and state == ON and now - since >= 7200:
                found = hunch((now - DAY0) / 3600, key)
                yield replace(found, evidence=replace(found.evidence, since=since))


def test_a_replay_raises_what_the_policy_lets_through_and_says_what_came_of_it() -> None:
    home = recording(
        [(33, 41, "away")],
        lamp=line(3, 5, 32, 41.1),
        fridge=line(first=ON),
        front=line(31, 45),
        front_door=line(2, 2.1, 33, 33.1, 41, 41.05),
    )
    mind = LampMind()
    found = list(replay(mind, home, Policy()))
    assert [(f.hunch.entity_id, f.outcome) for f in found] == [("lock.front", "contradicted"), ("light.lamp", "done")]
    assert [(f.hunch.time - DAY0) / 3600 for f in found] == pytest.approx([33 + HELD, 34 + HELD])
    assert [f.hunch.evidence.archetype for f in found] == ["told", "told"]
    assert len(mind.told) == 2, "words are for what is raised alone"


def test_a_replay_learns_after_a_day_and_then_every_night_at_four_local() -> None:
    home = recording(lamp=line(3, 5, 30, 31), front_door=line(1, 2, 90, 91))
    mind = LampMind()
    list(replay(mind, home, Policy()))
    local = LocalTime("Europe/Berlin")
    assert mind.learned[0] == DAY0 + DAY
    assert [float(local.hour(t)) for t in mind.learned[1:]] == [4.0, 4.0, 4.0]
    every_other = LampMind()
    list(replay(every_other, home, Policy(), nights=2))
    assert every_other.learned == [mind.learned[0], mind.learned[2]]


def test_a_replay_looks_at_every_step_of_a_night_at_once() -> None:
    home = recording(lamp=line(3, 5, 30, 31), front_door=line(1, 2, 28, 29, 52))
    mind = LampMind()
    settings = Settings(min_accept=0.9)
    found = list(stretches(mind, home, Policy(settings), step=600))
    assert [(t - DAY0) / 3600 for t in mind.looks] == pytest.approx([24 + i / 6 for i in range(6 * 30 + 1)])
    assert [(part.until - DAY0) / 3600 for part in found] == pytest.approx([26 - 1 / 6, 50 - 1 / 6, 54])
    assert set(mind.least) == {settings.keep_accept}


class SureMind(LampMind):
    """Is as sure as can be of what it says."""

    def _candidates(self, lines: Mapping[str, Timeline], now: float) -> Iterator[Hunch]:
        return (replace(h, p_low=0.99) for h in super()._candidates(lines, now))


def test_in_shadow_mode_it_finds_what_would_have_been_done_if_all_were_allowed() -> None:
    home = recording(
        [(33, 41, "away")], lamp=line(3, 5, 32, 41.1), front=line(31, 45), front_door=line(2, 2.1, 33, 33.1, 41, 41.05)
    )
    shadow = Policy(Settings(shadow=True))
    found = list(replay(SureMind(), home, shadow))
    assert [(f.hunch.entity_id, f.acted, f.outcome) for f in found] == [
        ("lock.front", False, "contradicted"),
        ("lock.front", True, "contradicted"),
        ("light.lamp", False, "done"),
        ("light.lamp", True, "done"),
    ]
    assert {f.hunch.evidence.archetype for f in found} == {"told"}
    assert not [f for f in replay(SureMind(), home, Policy()) if f.acted]
    assert not [f for f in replay(LampMind(), home, Policy(Settings(shadow=True))) if f.acted], "nobody is sure"


class EveningMind(SureMind):
    """Would have heating set back while nobody is home, and the lamp on at 18:30."""

    def _candidates(self, lines: Mapping[str, Timeline], now: float) -> Iterator[Hunch]:
        hour = (now - DAY0) / 3600
        if 34 <= hour < 36:
            found = hunch(hour, "climate.home")
            long = replace(found.evidence, since=DAY0)
            yield replace(found, kind=Kind.HEATING_WHILE_AWAY, action="set_temperature", evidence=long, p_low=0.99)
        if 42.5 <= hour < 43:
            found = hunch(hour, "light.lamp")
            here = replace(found.evidence, context=Context(now, 0.0, 0.0, 0.0))
            yield replace(found, kind=Kind.USUALLY_ON_BY_NOW, action="turn_on", evidence=here, p_low=0.99)


def test_heating_and_lamps_that_are_usually_on_are_found_as_what_would_have_been_done() -> None:
    home = recording(home=line(first=ON), lamp=line(), front_door=line(2, 2.1, 33, 33.1, 41, 41.05))
    found = list(replay(EveningMind(), home, Policy(Settings(shadow=True))))
    assert [(f.hunch.entity_id, f.hunch.kind, f.acted) for f in found] == [
        ("climate.home", Kind.HEATING_WHILE_AWAY, False),
        ("climate.home", Kind.HEATING_WHILE_AWAY, True),
        ("light.lamp", Kind.USUALLY_ON_BY_NOW, False),
        ("light.lamp", Kind.USUALLY_ON_BY_NOW, True),
    ]


def test_what_we_did_ourselves_is_told_apart() -> None:
    lamp = line(25, 28, 29, 33, causes=[Cause.PERSON, Cause.OURS, Cause.PERSON, Cause.PERSON])
    found = list(replay(LampMind(), recording(lamp=lamp), Policy()))
    assert [f.aftermath.ours for f in found] == [True, False]
    assert [(f.aftermath.changed - DAY0) / 3600 for f in found] == pytest.approx([28, 33])


def test_a_hunch_that_nobody_answers_expires_and_comes_again_with_the_next_use_alone() -> None:
    home = recording(lamp=line(25, 73, 74), front_door=line(1, 80))
    found = [(f.hunch.time - DAY0) / 3600 for f in replay(LampMind(), home, Policy())]
    assert found == pytest.approx([27 + HELD, 76 + HELD])


def test_a_hunch_that_the_home_settles_may_come_again_with_the_next_use() -> None:
    home = recording(lamp=line(25, 28, 29, 33))
    found = [(f.hunch.time - DAY0) / 3600 for f in replay(LampMind(), home, Policy())]
    assert found == pytest.approx([27 + HELD, 31 + HELD])


def test_the_policy_holds_in_a_replay() -> None:
    home = recording(lamp=line(25, 40), fridge=line(first=ON))
    assert list(replay(LampMind(), home, Policy(Settings(excluded=frozenset({"light.lamp"}))))) == []
    assert list(replay(LampMind(), home, Policy(Settings(min_accept=0.99)))) == []


def test_too_short_a_recording_gives_nothing() -> None:
    mind = LampMind()
    home = Recording(Home("h", entities={"light.lamp": ENTITIES[0]}), {"light.lamp": line(1, 2)})
    assert list(replay(mind, home, Policy())) == []
    assert mind.learned == []
    assert list(replay(mind, Recording(Home("h"), {}), Policy())) == []


@settings(max_examples=25, derandomize=True, deadline=None)
@given(
    st.lists(st.floats(0.1, 60), max_size=10, unique=True),
    st.lists(st.floats(0.1, 60), max_size=10, unique=True),
    st.floats(25, 60),
)
def test_no_future_reaches_a_hunch(lamp: list[float], lock: list[float], cut: float) -> None:
    whole = recording(lamp=line(*sorted(lamp)), front=line(*sorted(lock)), front_door=line(1, 61))
    moment = DAY0 + cut * 3600
    short = whole.until(moment)
    first = [f.hunch for f in replay(LampMind(), whole, Policy()) if f.hunch.time <= short.end]
    assert [f.hunch for f in replay(LampMind(), short, Policy())] == first


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Pacific/Auckland", "America/St_Johns", "Asia/Kathmandu"])
def test_the_next_night_is_four_oclock_on_the_wall(zone: str) -> None:
    clock = LocalTime(zone)
    moment = DAY0
    for _ in range(400):  # over both changes of the clocks
        after = next_night(clock, moment)
        assert 22 * 3600 <= after - moment <= 26 * 3600 or moment == DAY0
        assert float(clock.hour(after)) == 4.0
        moment = after
    assert next_night(clock, moment - 1) == moment
