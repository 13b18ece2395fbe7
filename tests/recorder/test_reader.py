"""The recorder's rows as timelines."""

from __future__ import annotations

import random
import threading
import tracemalloc
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.db_schema import SCHEMA_VERSION, Events, EventTypes, States, StatesMeta
from homeassistant.core import Context, HomeAssistant
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from sqlalchemy import event

from custom_components.hunches.const import EVENT_ACTED
from custom_components.hunches.engine import database
from custom_components.hunches.engine.folded import Folded
from custom_components.hunches.engine.home import OFF, ON, UNKNOWN, Entity, Home
from custom_components.hunches.engine.timeline import Cause
from custom_components.hunches.history import async_read
from custom_components.hunches.history.reader import Stopped
from custom_components.hunches.history.tables import YIELD_PER

from .conftest import Row, Write, fill, fire, ran, read

LAMP = "light.lamp"
ADA = "0123456789abcdef0123456789abcdef"


def test_schema_is_the_one_that_was_looked_at() -> None:
    assert SCHEMA_VERSION == 53
    states = {"state", "metadata_id", "last_updated_ts", "last_changed_ts", "state_id"}
    contexts = {"context_id_bin", "context_user_id_bin", "context_parent_id_bin"}
    assert states | contexts <= set(States.__table__.columns.keys())
    assert {"metadata_id", "entity_id"} <= set(StatesMeta.__table__.columns.keys())
    assert {"context_id_bin", "event_type_id"} <= set(Events.__table__.columns.keys())
    assert {"event_type_id", "event_type"} <= set(EventTypes.__table__.columns.keys())


async def test_changes_gaps_and_removals(hass_with_recorder: HomeAssistant, write: Write) -> None:
    rows = [
        Row(100.0, "off"),
        Row(110.0, "on"),
        Row(115.0, "on", changed=110.0),  # new brightness only
        Row(117.0, "on", changed=117.0),
        Row(120.0, "unavailable"),
        Row(130.0, "on"),
        Row(140.0, ""),  # removed
        Row(150.0, "off"),
        Row(150.0, "on"),  # of two at one moment the last holds
    ]
    await write(fill, LAMP, rows)
    history = await read(hass_with_recorder, LAMP, "light.unheard_of")
    assert history.rows == len(rows) - 1
    assert list(history.timelines) == [LAMP]
    lamp = history.timelines[LAMP]
    assert lamp.times.tolist() == [100.0, 110.0, 120.0, 130.0, 140.0, 150.0]
    assert lamp.states.tolist() == [OFF, ON, UNKNOWN, ON, UNKNOWN, ON]


async def test_first_row_counts_where_the_change_itself_was_purged(
    hass_with_recorder: HomeAssistant, write: Write
) -> None:
    await write(fill, LAMP, [Row(100.0, "on", changed=5.0), Row(110.0, "on", changed=5.0), Row(120.0, "off")])
    lamp = (await read(hass_with_recorder, LAMP)).timelines[LAMP]
    assert lamp.times.tolist() == [100.0, 120.0]


async def test_who_did_it(hass_with_recorder: HomeAssistant, write: Write) -> None:
    by_clock, by_script, ours, by_nobody_known = Context(), Context(), Context(user_id=ADA), Context()
    rows = [
        Row(1.0, "off"),
        Row(2.0, "on", Context(user_id=ADA)),
        Row(3.0, "off", Context(parent_id=Context().id)),
        Row(4.0, "on", by_clock),
        Row(5.0, "off", by_script),
        Row(6.0, "on", ours),
        Row(7.0, "off", by_nobody_known),
        Row(8.0, "on"),
        Row(9.0, "unavailable"),
        Row(10.0, "off"),
    ]
    await write(fire, "automation_triggered", [Context(), by_clock])
    await write(fire, "script_started", [by_script])
    await write(fire, EVENT_ACTED, [ours])
    await write(fire, "call_service", [by_clock, by_nobody_known])
    await write(fill, LAMP, rows)
    lamp = (await read(hass_with_recorder, LAMP)).timelines[LAMP]
    assert [Cause(cause) for cause in lamp.causes] == [
        Cause.UNKNOWN,
        Cause.PERSON,
        Cause.AUTOMATION,
        Cause.AUTOMATION,
        Cause.AUTOMATION,
        Cause.OURS,
        Cause.UNKNOWN,
        Cause.PHYSICAL,
        Cause.UNKNOWN,
        Cause.UNKNOWN,
    ]


async def test_a_late_report_of_what_we_did(hass_with_recorder: HomeAssistant, write: Write) -> None:
    """Told to be off at 100: its report at 108 names nobody, and what follows is not ours."""
    rows = [
        Row(1.0, "off"),
        Row(2.0, "on"),
        Row(108.0, "off"),
        Row(109.0, "on"),
        Row(110.0, "off"),
        Row(200.0, "on"),
    ]
    await write(fire, "call_service", [Context()])
    await write(fire, EVENT_ACTED, [Context()], 100.0, {"entity_id": LAMP, "state": "off"})
    await write(fill, LAMP, rows)
    p = Cause.PHYSICAL
    lamp = (await read(hass_with_recorder, LAMP)).timelines[LAMP]
    assert [Cause(cause) for cause in lamp.causes] == [Cause.UNKNOWN, p, Cause.OURS, p, p, p]
    # Also where reading goes on in between: from before the answer, from after it, and from after its time
    for since, causes in ((105.0, [Cause.OURS, p, p, p]), (108.5, [Cause.OURS, p, p, p]), (120.0, [p])):
        lamp = (await read(hass_with_recorder, LAMP, since={LAMP: since})).timelines[LAMP]
        assert [Cause(cause) for cause in lamp.causes] == causes


async def test_what_the_recorder_itself_wrote(hass_with_recorder: HomeAssistant) -> None:
    hass = hass_with_recorder
    began = dt_util.utcnow().timestamp() - 10.0
    for number, state in enumerate(("off", "on", "unavailable", "on")):  # not all within one tick
        hass.states.async_set(LAMP, state, context=Context(user_id=ADA), timestamp=began + number)
    hass.states.async_set(LAMP, "on", {"brightness": 7})
    hass.states.async_remove(LAMP)
    await async_wait_recording_done(hass)
    lamp = (await read(hass, LAMP)).timelines[LAMP]
    assert lamp.states.tolist() == [OFF, ON, UNKNOWN, ON, UNKNOWN]
    assert [Cause(c) for c in lamp.causes[:4]] == [Cause.PERSON] * 4


async def test_many_rows_are_streamed(hass_with_recorder: HomeAssistant, write: Write) -> None:
    rows = [Row(float(i), "on" if i // 100 % 2 else "off") for i in range(20_000)]
    await write(fill, LAMP, rows)
    sizes: list[int] = []
    original = "custom_components.hunches.history.reader.Changes.add"
    from custom_components.hunches.engine.recorded import Changes

    add = Changes.add

    def counted(self: Any, part: Any) -> None:
        sizes.append(len(part))
        add(self, part)

    with patch(original, counted):
        history = await read(hass_with_recorder, LAMP)
    assert history.rows == 20_000
    assert len(history.timelines[LAMP]) == 200
    assert max(sizes) == YIELD_PER
    assert sum(sizes) == 20_000


async def test_memory_grows_with_changes_not_with_rows(hass_with_recorder: HomeAssistant, write: Write) -> None:
    rows = [Row(float(i), f"{i % 7 + 0.5 * (i // 10_000)}") for i in range(20_000)]
    await write(fill, "sensor.brightness", rows)
    home = Home("test", entities={"sensor.brightness": Entity("sensor.brightness", device_class="illuminance")})
    await async_read(hass_with_recorder, home, threading.Event())  # loads what is loaded once
    tracemalloc.start()
    try:
        history = await async_read(hass_with_recorder, home, threading.Event())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert history.rows == 20_000
    assert len(history.timelines["sensor.brightness"]) == 1
    assert peak < 2_000_000  # the rows themselves are about 5 MB


@pytest.mark.parametrize("recorder_db_url", ["sqlite"], indirect=True)
async def test_a_reading_fills_no_caches(hass_with_recorder: HomeAssistant, write: Write) -> None:
    """Every worker of the recorder would keep 16 MB, for good; what it kept for others it keeps."""
    await write(fill, LAMP, [Row(float(i), "on" if i % 2 else "off") for i in range(20_000)])
    instance = get_instance(hass_with_recorder)
    asked: dict[int, list[str]] = {}

    def note(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.setdefault(id(connection.connection.driver_connection), []).append(statement)

    def kept() -> int:
        with instance.engine.connect() as connection:
            return int(connection.exec_driver_sql("PRAGMA cache_size").scalar_one())

    before = await instance.async_add_executor_job(kept)
    event.listen(instance.engine, "before_cursor_execute", note)
    try:
        await read(hass_with_recorder, LAMP)
    finally:
        event.remove(instance.engine, "before_cursor_execute", note)
    assert asked
    for statements in asked.values():
        assert statements[:2] == ["PRAGMA cache_size", "PRAGMA cache_size = -2000"]
        assert statements[-2:] == ["PRAGMA shrink_memory", f"PRAGMA cache_size = {before}"]


async def test_progress_and_stop(hass_with_recorder: HomeAssistant, write: Write) -> None:
    await write(fill, LAMP, [Row(1.0, "on")])
    told: list[tuple[int, int]] = []
    await read(hass_with_recorder, LAMP, "light.other", progress=lambda *done: told.append(done))
    assert told[-1] == (2, 2)
    stopped = threading.Event()
    stopped.set()
    with pytest.raises(Stopped):
        await async_read(hass_with_recorder, Home("test", entities={LAMP: Entity(LAMP)}), stopped)


@pytest.mark.parametrize("recorder_db_url", ["sqlite"], indirect=True)
async def test_agrees_with_the_reader_of_database_files(
    hass_with_recorder: HomeAssistant, write: Write, tmp_path: Path
) -> None:
    hass = hass_with_recorder
    chance = random.Random(7)
    entities = ["light.a", "cover.b", "lock.c", "binary_sensor.d", "person.e", "climate.f"]
    texts = {
        "light": ["on", "off", "unavailable", ""],
        "cover": ["open", "closed", "opening", "closing", "unknown"],
        "lock": ["locked", "unlocked", "jammed"],
        "binary_sensor": ["on", "off", "unknown"],
        "person": ["home", "not_home", "Work"],
        "climate": ["off", "heat", "auto", "unavailable"],
    }
    automations, ours, calls = ([Context() for _ in range(count)] for count in (20, 5, 9))
    start, day = 1_700_000_000.0, 86_400.0
    await write(fire, "automation_triggered", [*automations[:10], ours[0]])
    await write(fire, "script_started", automations[10:])
    await write(fire, EVENT_ACTED, ours)
    await write(fire, "call_service", [*automations, *calls], start + 4 * day)
    await write(
        ran,
        (start + day, start + 5 * day, False),
        (start + 5 * day + 200.0, start + 8 * day, True),
        (start + 8 * day, start + 9 * day, False),
        (start + 9 * day + 7_000.0, start + 12 * day, False),
    )
    for key in entities:
        moment, rows = start, []
        for _ in range(2_000):
            moment += chance.choice([0.0, 0.5, 60.0, 3600.0])
            makers = [Context(), Context(user_id=ADA), Context(parent_id=Context().id), *automations, *ours, *calls]
            changed = chance.choice([None, None, moment, moment - 10])
            rows.append(Row(moment, chance.choice(texts[key.partition(".")[0]]), chance.choice(makers), changed))
        await write(fill, key, rows)
    history = await read(hass, *entities)
    ours_read = history.timelines
    assert len(history.gaps) >= 2
    assert set(ours_read["light.a"].causes) == set(Cause)
    url = get_instance(hass).db_url
    path = Path(url.partition("sqlite:///")[2])
    recording, _ = await hass.async_add_executor_job(database.read, path, None)
    assert set(ours_read) == set(entities)
    for key in entities:
        ours, theirs = ours_read[key], Folded.of(recording.timelines[key]).unfolded()
        np.testing.assert_array_equal(ours.times, theirs.times)
        np.testing.assert_array_equal(ours.states, theirs.states)
        if recording.home.entities[key].is_device:
            np.testing.assert_array_equal(ours.causes, theirs.causes)
