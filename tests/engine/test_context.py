"""Asleep, away, dark: causal, the same live as in a replay, right by the local clock, and sensible without evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.hunches.engine import bundle
from custom_components.hunches.engine.bundle import Interval, Recording
from custom_components.hunches.engine.context import Contexts, Tracker, follow
from custom_components.hunches.engine.context_numbers import Calibration
from custom_components.hunches.engine.home import OFF, ON, UNKNOWN, Entity, Home
from custom_components.hunches.engine.localtime import DAY, HOUR, LocalTime
from custom_components.hunches.engine.sensors import kind_of
from custom_components.hunches.engine.timeline import Cause, Timeline
from model_training.evaluate_context import main as evaluate

ZONES = ("Europe/Berlin", "Pacific/Auckland", "America/St_Johns")
SENSORS = (
    Entity("binary_sensor.hall_motion", "Hall motion", "Hall", "motion"),
    Entity("binary_sensor.kitchen_motion", "Kitchen motion", "Kitchen", "motion"),
    Entity("binary_sensor.front_door", "Front door", "Hall", "door"),
    Entity("binary_sensor.fridge", "Fridge", "Kitchen", "opening"),
    Entity("binary_sensor.bed", "Bed", "Bedroom", "occupancy"),
    Entity("light.lounge", "Lamp", "Lounge"),
)


def midnight(zone: str, day: tuple[int, int, int]) -> float:
    """Return a local midnight in Unix seconds."""
    return datetime(*day, tzinfo=ZoneInfo(zone)).timestamp()


def lived(
    zone: str = "Europe/Berlin", days: int = 8, start: tuple[int, int, int] = (2025, 3, 24), later: float = 0.0
) -> Recording:
    """Return a home of one person who sleeps from 23 to 7 and is out from 9 to 17 by the local clock, or `later`."""
    rng = np.random.default_rng(0)
    clock = LocalTime(zone)
    first = float(clock.local(midnight(zone, start)))

    def utc(local: float) -> float:
        return local - float(clock.offset(local - float(clock.offset(local))))

    changes: dict[str, list[tuple[float, int]]] = {e.entity_id: [(utc(first), OFF)] for e in SENSORS}
    changes["binary_sensor.bed"][0] = (utc(first), ON)
    truth = []

    def pulse(key: str, at: float, seconds: float) -> None:
        changes[key] += [(at, ON), (at + seconds, OFF)]

    for day in range(days):
        at = first + day * DAY
        wake, leave, back, bed = (utc(at + (h + later) * HOUR + rng.normal(0, 600)) for h in (7, 9, 17, 23))
        changes["binary_sensor.bed"] += [(wake, OFF), (bed, ON)]
        for moment in (leave, back):
            pulse("binary_sensor.front_door", moment, 20)
        changes["light.lounge"] += [(back + 3000, ON), (bed - 60, OFF)]
        for begin, end in ((wake, leave), (back, bed)):
            for key, gap in (("hall_motion", 500), ("kitchen_motion", 300), ("fridge", 1500)):
                moments = np.cumsum(rng.exponential(gap, 200) + 40) + begin
                for moment in moments[moments < end - 40]:
                    pulse(f"binary_sensor.{key}", float(moment), 15)
        truth += [Interval(leave, back, "away"), Interval(bed, utc(at + (31 + later) * HOUR), "asleep")]
    timelines = {}
    for key, rows in changes.items():
        rows.sort()
        timelines[key] = Timeline.from_readings([t for t, _ in rows], [s for _, s in rows])
    home = Home("lived", zone, None, None, {e.entity_id: e for e in SENSORS})
    return Recording(home, timelines, tuple(truth))


def empty(zone: str = "UTC", **place: float) -> Recording:
    return Recording(Home("empty", zone, place.get("latitude"), place.get("longitude")), {})


def assert_same(left: Contexts, right: Contexts, tolerance: float = 1e-12) -> None:
    for name in ("asleep", "away", "dark"):
        np.testing.assert_allclose(getattr(left, name), getattr(right, name), rtol=0, atol=tolerance)


def only(recording: Recording, *names: str) -> Recording:
    """Return a recording that has these entities only."""
    home = replace(recording.home, entities={k: e for k, e in recording.home.entities.items() if k in names})
    return Recording(home, {k: t for k, t in recording.timelines.items() if k in names}, recording.truth)


# --- no future reaches a past answer ---------------------------------------------------------------------------------


def test_cutting_the_recording_changes_no_answer() -> None:
    recording = lived(days=6)
    rng = np.random.default_rng(1)
    moments = np.sort(rng.uniform(recording.start, recording.end, 40))
    moments[::4] = np.round(moments[::4] / 300) * 300
    whole = follow(recording, moments)
    for i in range(0, 40, 3):
        alone = follow(recording.until(moments[i]), moments[i : i + 1])
        assert_same(alone, Contexts(*(getattr(whole, n)[i : i + 1] for n in ("times", "asleep", "away", "dark"))))


def test_an_entity_that_appears_later_changes_no_earlier_answer() -> None:
    recording = lived(days=5)
    appears = recording.start + 3.3 * DAY
    late = Entity("binary_sensor.couch", "Couch", "Lounge", "occupancy")
    guest = Entity("person.guest", "Guest")
    bright = Entity("sensor.light", "Light", "Lounge", "illuminance")
    times = np.arange(appears, recording.end, 700)
    states = np.arange(times.size) % 2
    more = Recording(
        replace(
            recording.home, entities={**recording.home.entities, **{e.entity_id: e for e in (late, guest, bright)}}
        ),
        {**recording.timelines, **{e.entity_id: Timeline.from_readings(times, states) for e in (late, guest, bright)}},
    )
    before = np.arange(recording.start, appears, 300)
    assert_same(follow(more, before), follow(recording, before), 0.0)
    after = np.arange(appears + HOUR, recording.end, 300)
    assert np.abs(follow(more, after).away - follow(recording, after).away).max() > 0.01


def test_what_else_is_asked_changes_no_answer() -> None:
    recording = lived(days=3)
    dense = follow(recording, np.arange(recording.start, recording.end, 60))
    sparse = follow(recording, dense.times[::997])
    assert_same(sparse, Contexts(*(getattr(dense, n)[::997] for n in ("times", "asleep", "away", "dark"))))


def test_moments_may_come_in_any_order() -> None:
    recording = lived(days=2)
    times = np.arange(recording.start - DAY, recording.end + DAY, 1111.0)
    shuffled = np.random.default_rng(0).permutation(times.size)
    found, ordered = follow(recording, times[shuffled]), follow(recording, times)
    np.testing.assert_array_equal(found.asleep, ordered.asleep[shuffled])
    np.testing.assert_array_equal(found.times, times[shuffled])


# --- live and replay -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ZONES)
def test_the_tracker_says_what_follow_says(zone: str) -> None:
    recording = lived(zone, days=4)
    begin = recording.start + 1.4 * DAY
    tracker = Tracker(recording.home, recording.until(begin).timelines, begin)
    gaps = np.random.default_rng(2).choice([13.7, 60.0, 300.0, 3000.0], 200)
    times = begin + np.cumsum(gaps)
    times = times[times < recording.end]
    found = follow(recording, times)
    for i, now in enumerate(times):
        context = tracker.step(recording.until(now).timelines, float(now))
        assert context.time == now
        assert context.p_asleep == pytest.approx(found.asleep[i], abs=1e-9)
        assert context.p_away == pytest.approx(found.away[i], abs=1e-9)
        assert context.p_dark == pytest.approx(found.dark[i], abs=1e-9)


def test_a_tracker_begun_in_the_middle_knows_the_past() -> None:
    recording = lived(days=5)
    late = Tracker(recording.home, recording.timelines, recording.end - 1000).step(recording.timelines, recording.end)
    early = Tracker(recording.home, recording.timelines, recording.start).step(recording.timelines, recording.end)
    assert late.p_asleep == pytest.approx(early.p_asleep, abs=1e-9)


def test_a_tracker_does_not_run_backwards() -> None:
    recording = lived(days=2)
    tracker = Tracker(recording.home, recording.timelines, recording.end)
    context = tracker.step(recording.timelines, recording.end - DAY)
    assert context.time == recording.end // 60 * 60


# --- the clock, and zones --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", [*ZONES, "Asia/Kathmandu", "Australia/Lord_Howe"])
@pytest.mark.parametrize("day", [(2025, 1, 15), (2025, 3, 30), (2025, 4, 6), (2025, 10, 26), (2025, 11, 2)])
def test_without_evidence_the_local_clock_answers(zone: str, day: tuple[int, int, int]) -> None:
    at = [datetime(*day, hour, 30, tzinfo=ZoneInfo(zone)).timestamp() for hour in (4, 12, 19)]
    found = follow(empty(zone), np.array(at))
    assert found.asleep[0] > 0.8
    assert found.asleep[1] < 0.1
    assert found.asleep[2] < 0.1
    assert found.away[1] > found.away[2] > found.away[0]


def test_a_switch_that_says_nothing_leaves_the_clock_in_charge() -> None:
    zone = "Pacific/Auckland"
    start = midnight(zone, (2025, 6, 1))
    home = Home("bare", zone, entities={"switch.plug": Entity("switch.plug", "Plug 1")})
    bare = Recording(home, {"switch.plug": Timeline.from_readings([start], [OFF])})
    found = follow(bare, start + np.arange(40 * 24) * HOUR)
    hour = np.arange(40 * 24) % 24
    night, day = (hour >= 2) & (hour < 5), (hour >= 11) & (hour < 17)
    assert found.asleep[night].min() > 0.5
    assert found.asleep[day].max() < 0.5


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("Europe/Berlin", (2025, 3, 25)),  # one hour is skipped
        ("Europe/Berlin", (2025, 10, 21)),  # one hour comes twice
        ("Pacific/Auckland", (2025, 4, 1)),
        ("Pacific/Auckland", (2025, 9, 23)),
        ("America/St_Johns", (2025, 3, 4)),
        ("America/St_Johns", (2025, 10, 28)),
    ],
)
def test_sleep_and_absence_are_found_in_every_zone_and_across_a_change_of_clocks(
    zone: str, start: tuple[int, int, int]
) -> None:
    recording = lived(zone, 9, start)
    times = np.arange(recording.start + DAY, recording.end, 300)
    found = follow(recording, times)
    for label, said in (("asleep", found.asleep), ("away", found.away)):
        held = np.zeros(times.size, dtype=bool)
        for interval in recording.truth:
            if interval.label == label:
                held |= (times >= interval.start) & (times < interval.end)
        assert ((said >= 0.5) == held).mean() > 0.93, label


# --- evidence --------------------------------------------------------------------------------------------------------


def at_hour(recording: Recording, day: int, hour: float) -> float:
    """Return a moment by the local clock, on a day counted from the first."""
    return float(recording.start + day * DAY + hour * HOUR)


@pytest.mark.parametrize(
    "names",
    [
        ("binary_sensor.hall_motion", "binary_sensor.kitchen_motion"),
        ("binary_sensor.front_door", "binary_sensor.fridge", "binary_sensor.kitchen_motion"),
        ("binary_sensor.bed", "binary_sensor.hall_motion"),
        ("binary_sensor.fridge", "light.lounge"),
    ],
)
def test_any_kind_of_evidence_may_be_missing(names: tuple[str, ...]) -> None:
    recording = only(lived(days=7, start=(2025, 5, 5)), *names)
    found = follow(recording, np.array([at_hour(recording, 5, 3.5), at_hour(recording, 5, 19.0)]))
    assert found.asleep[0] > 0.5
    assert found.asleep[1] < 0.5


def test_a_door_and_silence_mean_away_and_a_door_and_motion_mean_back() -> None:
    recording = lived(days=6, start=(2025, 5, 5))
    found = follow(recording, np.array([at_hour(recording, 4, h) for h in (8.0, 11.0, 18.0)]))
    assert found.away[0] < 0.1
    assert found.away[1] > 0.9
    assert found.away[2] < 0.1


def test_people_who_are_tracked_decide() -> None:
    start = midnight("UTC", (2025, 5, 5))
    ann, bob = Entity("person.ann", "Ann"), Entity("person.bob", "Bob")
    home = Home("people", entities={e.entity_id: e for e in (ann, bob)})
    noon = start + 12 * HOUR
    timelines = {
        "person.ann": Timeline.from_states("person", [start, noon], ["home", "not_home"]),
        "person.bob": Timeline.from_states("person", [start, noon + HOUR, noon + 4 * HOUR], ["home", "Work", "home"]),
    }
    found = follow(Recording(home, timelines), np.array([noon + 1800, noon + 2 * HOUR, noon + 5 * HOUR]))
    assert found.away[0] < 0.5
    assert found.away[1] > 0.9
    assert found.away[2] < 0.1


def test_a_tracker_that_never_left_says_nothing() -> None:
    start = midnight("UTC", (2025, 5, 5))
    home = Home("tablet", entities={"device_tracker.tablet": Entity("device_tracker.tablet", "Tablet")})
    always = Recording(home, {"device_tracker.tablet": Timeline.from_states("device_tracker", [start], ["home"])})
    times = start + np.arange(2, 40) * HOUR
    nothing = Recording(home, {"device_tracker.tablet": Timeline.from_states("device_tracker", [start], ["unknown"])})
    assert_same(follow(always, times), follow(nothing, times))


@pytest.mark.parametrize(("state", "label"), [("armed_away", "away"), ("armed_night", "asleep")])
def test_an_armed_panel_tells(state: str, label: str) -> None:
    start = midnight("UTC", (2025, 5, 5))
    at = start + 22.5 * HOUR
    home = Home("panel", entities={"alarm_control_panel.a": Entity("alarm_control_panel.a")})
    plain = Timeline.from_states("alarm_control_panel", [start], ["disarmed"])
    armed = Timeline.from_states("alarm_control_panel", [start, at], ["disarmed", state])
    then = np.array([at + HOUR / 2])
    unarmed, found = (follow(Recording(home, {"alarm_control_panel.a": t}), then) for t in (plain, armed))
    assert getattr(found, label)[0] > 0.8 > getattr(unarmed, label)[0]


def test_a_sensor_stuck_on_does_not_keep_the_home_awake() -> None:
    recording = lived(days=8, start=(2025, 5, 5))
    motion = recording.timelines["binary_sensor.kitchen_motion"]
    since = at_hour(recording, 5, 20.0)
    stuck = motion.until(since)
    stuck = Timeline.from_readings(np.append(stuck.times, since), np.append(stuck.states, ON))
    broken = Recording(recording.home, {**recording.timelines, "binary_sensor.kitchen_motion": stuck})
    nights = np.array([at_hour(recording, day, hour) for day in (6, 7) for hour in (1.0, 3.0, 5.0)])
    assert follow(broken, nights).asleep.min() > 0.8
    days = np.array([at_hour(recording, day, hour) for day in (6, 7) for hour in (11.0, 14.0)])
    assert follow(broken, days).away.min() > 0.8


def test_what_an_automation_switches_wakes_nobody() -> None:
    recording = lived(days=6, start=(2025, 5, 5))
    night = at_hour(recording, 5, 3.0)
    lamp = recording.timelines["light.lounge"].until(night)
    found = {}
    for cause in (Cause.AUTOMATION, Cause.PERSON):
        times, states = [night, night + 60, night + 120], [ON, OFF, ON]
        switched = Timeline.from_readings(
            np.append(lamp.times, times), np.append(lamp.states, states), np.append(lamp.causes, [cause] * 3)
        )
        home = Recording(recording.home, {**recording.timelines, "light.lounge": switched})
        found[cause] = float(follow(home, np.array([night + 180])).asleep[0])
    assert found[Cause.AUTOMATION] > 0.9
    assert found[Cause.PERSON] < found[Cause.AUTOMATION] - 0.02


def test_silence_of_a_sensor_that_is_unavailable_is_no_evidence() -> None:
    recording = only(lived(days=6, start=(2025, 5, 5)), "binary_sensor.hall_motion")
    gone = at_hour(recording, 4, 18.0)
    motion = recording.timelines["binary_sensor.hall_motion"].until(gone)
    lost = Timeline.from_readings(np.append(motion.times, gone + 1), np.append(motion.states, UNKNOWN))
    after = np.array([gone + 2.5 * HOUR])
    silent = follow(Recording(recording.home, {"binary_sensor.hall_motion": motion}), after)
    unknown = follow(Recording(recording.home, {"binary_sensor.hall_motion": lost}), after)
    assert unknown.asleep[0] + unknown.away[0] < silent.asleep[0] + silent.away[0]


@pytest.mark.parametrize(
    ("name", "area", "device_class", "kind"),
    [
        ("Bed", "Bedroom", "occupancy", "bed"),
        ("Bettsensor", None, "occupancy", "bed"),
        ("czujnik łóżka", None, None, "bed"),
        ("säng_2", None, "occupancy", "bed"),
        ("Bedroom", None, "occupancy", "bedroom"),
        ("Bedroom motion", None, "occupancy", "motion"),
        ("canapé", "Salon", "occupancy", "seat"),
        ("Haustür", "Flur", "door", "entrance"),
        ("Voordeur", None, None, "entrance"),
        ("Drzwi wejściowe", None, "opening", "entrance"),
        ("Door", "Entrance", "door", "entrance"),
        ("Toilet door", "Entrance", "door", "door"),
        ("Kühlschranktür", None, "opening", "opening"),
        ("Fenêtre", None, "opening", "window"),
        ("PIR 5", None, None, "motion"),
        ("Motion", "Garden", "motion", "outdoors"),
        ("", None, None, "door"),
        ("0x00158d", None, "door", "door"),
        ("Router", None, "connectivity", None),
    ],
)
def test_what_a_sensor_is_follows_from_class_and_words(
    name: str, area: str | None, device_class: str | None, kind: str | None
) -> None:
    assert kind_of(Entity("binary_sensor.x", name, area, device_class)) == kind


# --- dark ------------------------------------------------------------------------------------------------------------

BERLIN = {"latitude": 52.5, "longitude": 13.4}


def test_it_is_dark_by_night_and_light_by_day() -> None:
    noon = midnight("Europe/Berlin", (2025, 6, 21)) + 13 * HOUR
    found = follow(empty("Europe/Berlin", **BERLIN), np.array([noon, noon + 12 * HOUR]))
    assert found.dark[0] < 0.05
    assert found.dark[1] > 0.9


@pytest.mark.parametrize("zone", ZONES)
def test_a_home_that_does_not_say_where_it_is_has_its_zones_noon(zone: str) -> None:
    start = midnight(zone, (2025, 3, 20))
    found = follow(empty(zone), np.array([start + 0.5 * HOUR, start + 13 * HOUR]))
    assert found.dark[0] > 0.9
    assert found.dark[1] < 0.1


def test_it_gets_dark_smoothly_with_the_sun() -> None:
    start = midnight("Europe/Berlin", (2025, 3, 20)) + 13 * HOUR
    dark = follow(empty("Europe/Berlin", **BERLIN), start + np.arange(0, 9 * HOUR, 60)).dark
    assert (np.diff(dark) >= 0).all()
    assert np.diff(dark).max() < 0.02


def test_light_sensors_count_while_they_are_alive() -> None:
    start = midnight("Europe/Berlin", (2025, 3, 20))
    entity = Entity("sensor.lux", "Illuminance", "Lounge", "illuminance")
    home = Home("lux", "Europe/Berlin", 52.5, 13.4, {"sensor.lux": entity})
    dusk = start + 17.9 * HOUR

    def dark(state: str) -> float:
        timeline = Timeline.from_states("sensor", [start, dusk - HOUR], ["unknown", state])
        return float(follow(Recording(home, {"sensor.lux": timeline}), np.array([dusk])).dark[0])

    assert dark("3") > dark("unavailable") > dark("300")
    old = Recording(home, {"sensor.lux": Timeline.from_states("sensor", [start - 9 * DAY], ["300"])})
    assert float(follow(old, np.array([dusk])).dark[0]) == pytest.approx(dark("unavailable"))


def test_the_sun_entity_stands_in_for_an_unknown_place() -> None:
    start = midnight("Europe/Berlin", (2025, 6, 21))
    home = Home("sun", "Europe/Berlin", entities={"sun.sun": Entity("sun.sun")})
    noon = start + 13 * HOUR
    polar = Recording(home, {"sun.sun": Timeline.from_states("sun", [start], ["below_horizon"])})
    assert follow(polar, np.array([noon])).dark[0] > 0.5


# --- odd input -------------------------------------------------------------------------------------------------------


def test_odd_input_is_answered() -> None:
    start = midnight("UTC", (2025, 5, 5))
    entities = [*SENSORS, Entity("weather.home"), Entity("sensor.lux", "", None, "illuminance"), Entity("person.x")]
    home = Home("odd", "UTC", 90.0, 180.0, {e.entity_id: e for e in entities})
    timelines = {e.entity_id: Timeline.empty() for e in entities}
    timelines["person.x"] = Timeline.from_states("person", [start], ["unknown"])
    timelines["binary_sensor.bed"] = Timeline.from_states("binary_sensor", [start, start + 1], ["bogus", "unavailable"])
    timelines["light.not_registered"] = Timeline.from_states("light", [start], ["on"])
    for known in (timelines, {k: Timeline.empty() for k in timelines}):
        found = follow(Recording(home, known), start + np.arange(-5, 60) * HOUR)
        for p in (found.asleep, found.away, found.dark):
            assert np.isfinite(p).all()
            assert ((p >= 0) & (p <= 1)).all()
        tracker = Tracker(home, known, start)
        assert 0 <= tracker.step(known, start + 90).p_away <= 1


def test_a_clock_that_was_wrong_decades_ago_costs_nothing() -> None:
    recording = lived(days=4, start=(2025, 5, 5))
    wrong = {
        key: Timeline.from_readings(np.append(0.0, t.times), np.append(1 - t.states[0], t.states))
        for key, t in recording.timelines.items()
    }
    times = recording.start + np.arange(2 * DAY, 4 * DAY, HOUR)
    assert_same(follow(Recording(recording.home, wrong), times), follow(recording, times), 1e-3)


def test_the_same_again_gives_the_same() -> None:
    recording = lived(days=3)
    times = np.arange(recording.start, recording.end, 777)
    one, other = follow(recording, times), follow(recording, times)
    np.testing.assert_array_equal(one.asleep, other.asleep)
    np.testing.assert_array_equal(one.away, other.away)


def test_nothing_asked_is_nothing_answered() -> None:
    found = follow(lived(days=1), np.zeros(0))
    assert found.times.size == found.asleep.size == found.dark.size == 0
    with pytest.raises(ValueError, match="no context"):
        found.at(0.0)


def test_at_takes_the_last_row_before_the_moment() -> None:
    rows = Contexts(*(np.array(v) for v in ([10.0, 20.0], [0.1, 0.2], [0.3, 0.4], [0.5, 0.6])))
    assert rows.at(19.9).time == 10.0
    assert rows.at(20.0).p_asleep == 0.2
    assert rows.at(5.0).p_dark == 0.5


@given(
    st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3).filter(lambda some: sum(some) > 0.01),
    st.floats(0.3, 2.0),
    st.floats(0.0, 0.4),
)
def test_calibrated_chances_keep_their_order_and_leave_room_for_a_lapse(
    weights: list[float], power: float, lapse: float
) -> None:
    chances = np.array(weights) / sum(weights)
    np.testing.assert_allclose(Calibration().of(chances), chances, atol=1e-8)
    found = Calibration(power, lapse).of(chances)
    assert found.sum() == pytest.approx(1.0)
    assert found.min() >= lapse / 3 - 1e-12
    assert (np.diff(found[np.argsort(chances)]) >= -1e-12).all()


# --- the table -------------------------------------------------------------------------------------------------------


def test_the_evaluation_beats_the_rules_on_a_home_of_late_risers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle.write(lived(days=6, start=(2025, 5, 5), later=1.5), tmp_path / "lived")
    assert evaluate(["--homes", str(tmp_path)]) == 0
    row = next(line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("lived"))
    clock, quiet, quiet_away, asleep, away = (float(v) for v in row[1:6])
    assert asleep > max(clock, quiet)
    assert away > quiet_away


def test_the_evaluation_names_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(["--homes", str(tmp_path / "none")]) == 2
    assert "no such folder" in capsys.readouterr().err
    assert evaluate(["--homes", str(tmp_path)]) == 2
    assert "no home bundle with truth" in capsys.readouterr().err
