"""What is new since the last reading, and the time in which Home Assistant was off."""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Sequence
from unittest.mock import patch

import numpy as np
import pytest
from homeassistant.components.recorder import get_instance
from homeassistant.core import Context, HomeAssistant

from custom_components.hunches.engine.folded import rounded_up
from custom_components.hunches.engine.home import OFF, ON, UNKNOWN, Entity, Home
from custom_components.hunches.engine.memory import OVERLAP
from custom_components.hunches.engine.timeline import Cause, Timeline
from custom_components.hunches.history import async_read

from .conftest import Row, Write, fill, fire, ran, read

LAMP, FAN, MOTION, NEW = "light.lamp", "fan.attic", "binary_sensor.motion", "light.new"
HOUR = 3600.0
ADA = "0123456789abcdef0123456789abcdef"


def pairs(timeline: Timeline, start: float) -> list[tuple[float, int]]:
    """Return the changes; times are rounded up by less than two thousandths of a second where they are held."""
    return [(round(t - start, 2), s) for t, s in zip(timeline.times.tolist(), timeline.states.tolist(), strict=True)]


def now(hass: HomeAssistant) -> float:
    """Return when the recorder of this test began."""
    return get_instance(hass).recorder_runs_manager.recording_start.timestamp()


async def ten_days(hass: HomeAssistant, write: Write) -> float:
    """Let Home Assistant have run for ten days with two gaps and a restart, and return when it began."""
    start = now(hass) - 240 * HOUR
    await write(
        ran,
        (start, start + 24 * HOUR, False),
        (start + 26 * HOUR, start + 100 * HOUR, True),  # it crashed: its end is the start of the next
        (start + 100 * HOUR, start + 200 * HOUR, False),
        (start + 200 * HOUR + 290.0, now(hass) - 60.0, False),  # only restarted
    )

    def rows(*changes: tuple[float, str]) -> Sequence[Row]:
        return [Row(start + hours * HOUR, state) for hours, state in changes]

    await write(fill, LAMP, rows((1, "off"), (2, "on"), (26.1, "on"), (60, "off"), (100.1, "off"), (210, "on")))
    await write(fill, FAN, rows((3, "on")))
    await write(fill, MOTION, rows((90, "on")))  # the last row before the crash
    await write(fill, NEW, rows((205, "on"), (206, "off")))
    return start


async def test_nothing_is_known_of_the_time_that_it_was_off(hass_with_recorder: HomeAssistant, write: Write) -> None:
    start = await ten_days(hass_with_recorder, write)
    history = await read(hass_with_recorder, LAMP, FAN, MOTION, NEW)
    assert [tuple(round(t - start, 3) for t in gap) for gap in history.gaps] == [
        (24 * HOUR, 26 * HOUR),
        (90 * HOUR, 100 * HOUR),
    ]
    assert pairs(history.timelines[LAMP], start) == [
        (1 * HOUR, OFF),
        (2 * HOUR, ON),
        (24 * HOUR, UNKNOWN),
        (26.1 * HOUR, ON),
        (60 * HOUR, OFF),
        (90 * HOUR, UNKNOWN),
        (100.1 * HOUR, OFF),
        (210 * HOUR, ON),
    ]
    assert pairs(history.timelines[FAN], start) == [(3 * HOUR, ON), (24 * HOUR, UNKNOWN)]
    assert pairs(history.timelines[MOTION], start) == [(90 * HOUR, UNKNOWN)]
    assert pairs(history.timelines[NEW], start) == [(205 * HOUR, ON), (206 * HOUR, OFF)]


async def test_a_run_whose_predecessor_was_purged_begins_with_a_gap(
    hass_with_recorder: HomeAssistant, write: Write
) -> None:
    start = now(hass_with_recorder) - 50 * HOUR
    await write(ran, (start, now(hass_with_recorder) - 60.0, False))
    await write(fill, LAMP, [Row(start - 20 * HOUR, "on"), Row(start - 7 * HOUR, "off"), Row(start + 5.0, "on")])
    history = await read(hass_with_recorder, LAMP)
    assert history.gaps == ((math.nextafter(start - 7 * HOUR, math.inf), start),)
    assert pairs(history.timelines[LAMP], start) == [
        (-20 * HOUR, ON),
        (-7 * HOUR, UNKNOWN),  # the row itself lasts for no time that could be told
        (5.0, ON),
    ]


async def test_only_what_is_new_is_read(hass_with_recorder: HomeAssistant, write: Write) -> None:
    start = await ten_days(hass_with_recorder, write)
    since = {LAMP: start + 60 * HOUR, FAN: start + 3 * HOUR, MOTION: start + 150 * HOUR}
    history = await read(hass_with_recorder, LAMP, FAN, MOTION, NEW, since=since)
    assert history.rows == 2 + 0 + 0 + 2
    assert {key: pairs(timeline, start) for key, timeline in history.timelines.items()} == {
        LAMP: [(90 * HOUR, UNKNOWN), (100.1 * HOUR, OFF), (210 * HOUR, ON)],
        FAN: [(24 * HOUR, UNKNOWN)],  # no row, but two gaps
        NEW: [(205 * HOUR, ON), (206 * HOUR, OFF)],  # not known yet, so it is read whole
    }
    everything = dict.fromkeys((LAMP, FAN, MOTION, NEW), now(hass_with_recorder))
    nothing = await read(hass_with_recorder, *everything, since=everything)
    assert (nothing.timelines, nothing.rows, nothing.gaps) == ({}, 0, ())
    later = await read(hass_with_recorder, LAMP, FAN, since={LAMP: start + 95 * HOUR, FAN: start + 95 * HOUR})
    assert [round(gap[1] - start, 3) for gap in later.gaps] == [100 * HOUR]


async def test_parts_make_the_whole(hass_with_recorder: HomeAssistant, write: Write) -> None:
    start = await ten_days(hass_with_recorder, write)
    keys = (LAMP, FAN, MOTION, NEW)
    whole = (await read(hass_with_recorder, *keys)).timelines
    for hours in range(0, 240, 7):
        cut = start + hours * HOUR
        rest = (await read(hass_with_recorder, *keys, since=dict.fromkeys(keys, cut))).timelines
        for key, timeline in whole.items():
            first = timeline.until(float(rounded_up(np.array(cut))))
            if not len(first):
                continue  # of what is not known yet nothing is asked for by its time
            more = rest.get(key, Timeline.empty())
            more = more if not len(more) else more.since(cut) if more.times[0] < cut else more
            both = Timeline.from_readings(
                [*first.times, *more.times], [*first.states, *more.states], [*first.causes, *more.causes]
            )
            assert pairs(both.carried(), start) == pairs(timeline.carried(), start), (key, hours)


async def test_nothing_is_known_of_what_the_recorder_no_longer_holds(
    hass_with_recorder: HomeAssistant, write: Write
) -> None:
    """The database is another one, or what happened before was purged; the lamp has no row of its own."""
    oldest = now(hass_with_recorder) - 24 * HOUR
    await write(fill, FAN, [Row(oldest + HOUR, "on")])
    await write(fill, MOTION, [Row(oldest, "on")])
    long_ago, just_now = oldest - 240 * HOUR, oldest - OVERLAP - 60.0
    history = await read(hass_with_recorder, LAMP, FAN, MOTION, NEW, since={LAMP: long_ago, FAN: long_ago})
    assert {key: pairs(timeline, oldest) for key, timeline in history.timelines.items()} == {
        LAMP: [(long_ago + OVERLAP - oldest, UNKNOWN)],
        FAN: [(long_ago + OVERLAP - oldest, UNKNOWN), (1 * HOUR, ON)],
        MOTION: [(0.0, ON)],
    }
    history = await read(hass_with_recorder, LAMP, FAN, since={LAMP: just_now, FAN: just_now})
    assert {key: pairs(timeline, oldest) for key, timeline in history.timelines.items()} == {FAN: [(1 * HOUR, ON)]}


async def test_who_did_what_is_new(hass_with_recorder: HomeAssistant, write: Write) -> None:
    start = now(hass_with_recorder) - 24 * HOUR
    early, waited, called = Context(), Context(), Context()
    await write(fire, "automation_triggered", [early], start)
    await write(fire, "script_started", [waited], start + 9.5 * HOUR)  # it waited half an hour before it acted
    await write(fire, "call_service", [called], start + 12 * HOUR)
    rows = [
        Row(start, "off", early),
        Row(start + 10.1 * HOUR, "on", waited),
        Row(start + 11 * HOUR, "off"),
        Row(start + 12 * HOUR, "on", called),
        Row(start + 13 * HOUR, "off"),
        Row(start + 14 * HOUR, "unavailable"),
        Row(start + 15 * HOUR, "on"),
        Row(start + 16 * HOUR, "off", Context(user_id=ADA)),
    ]
    await write(fill, LAMP, rows)

    async def causes(hours: float) -> list[Cause]:
        history = await read(hass_with_recorder, LAMP, since={LAMP: start + hours * HOUR})
        return [Cause(cause) for cause in history.timelines[LAMP].causes]

    u, p = Cause.UNKNOWN, Cause.PHYSICAL
    assert await causes(10) == [Cause.AUTOMATION, u, u, p, u, u, Cause.PERSON]  # no call was heard of before noon
    assert await causes(12.5) == [p, u, u, Cause.PERSON]  # what held before is looked up
    assert await causes(14.5) == [u, Cause.PERSON]


async def test_a_home_of_thousands_of_small_entities_is_read_in_one_job(
    hass_with_recorder: HomeAssistant, write: Write
) -> None:
    def fill_all(hass: HomeAssistant) -> None:
        for number in range(300):
            fill(hass, f"light.l{number}", [Row(10.0 + number, "on"), Row(1000.0, "off")])

    await write(fill_all)
    told: list[int] = []
    home = Home("test", entities={(key := f"light.l{n}"): Entity(key) for n in range(400)})
    with patch("custom_components.hunches.history.reader.monotonic", return_value=0.0):  # however slow this machine is
        history = await async_read(hass_with_recorder, home, threading.Event(), lambda done, _: told.append(done))
    assert len(history.timelines) == 300
    assert history.rows == 600
    assert told == [400]
    with patch("custom_components.hunches.history.reader.monotonic", side_effect=itertools.count()):
        await async_read(hass_with_recorder, home, threading.Event(), lambda done, _: told.append(done))
    assert told[1:] == list(range(1, 401))  # one that takes long is alone in its job


@pytest.mark.parametrize("recorder_db_url", ["sqlite"], indirect=True)
async def test_live_causes_go_on_from_the_recorded_ones(hass_with_recorder: HomeAssistant, write: Write) -> None:
    by_clock, called, ours = Context(), Context(), Context()
    await write(fire, "automation_triggered", [by_clock])
    await write(fire, "call_service", [called])
    await write(fire, "hunches_acted", [ours])
    causes = (await read(hass_with_recorder, LAMP)).causes
    assert causes.of_live(by_clock) is Cause.AUTOMATION
    assert causes.of_live(called) is Cause.UNKNOWN
    assert causes.of_live(ours) is Cause.OURS
    assert causes.of_live(Context()) is Cause.PHYSICAL
    assert causes.of_live(Context(), between_known=False) is Cause.UNKNOWN
    assert causes.of_live(Context(user_id=ADA)) is Cause.PERSON
    # Whatever acts also calls: the call tells nothing new
    for first, second in ((Cause.AUTOMATION, Cause.UNKNOWN), (Cause.UNKNOWN, Cause.AUTOMATION)):
        context = Context()
        causes.add(context, first)
        causes.add(context, second)
        assert causes.of_live(context) is Cause.AUTOMATION
    causes.add(ours, Cause.UNKNOWN)
    causes.add(by_clock, Cause.UNKNOWN)
    assert causes.of_live(ours) is Cause.OURS
    assert causes.of_live(by_clock) is Cause.AUTOMATION
    live = Context()
    causes.add(live, Cause.UNKNOWN)
    assert causes.of_live(live) is Cause.UNKNOWN
