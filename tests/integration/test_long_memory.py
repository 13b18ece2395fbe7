"""What was learned outlives restarts, renames and bad disks, and goes when it is told to go."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.models import User
from homeassistant.components.recorder import get_instance
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.hunches import teaching
from custom_components.hunches.const import CONF_EXCLUDED, Stage
from custom_components.hunches.engine.home import OFF, ON, UNKNOWN
from custom_components.hunches.engine.localtime import DAY
from custom_components.hunches.engine.memory_file import load
from custom_components.hunches.engine.policy import Rule, Verdict

from .conftest import DOOR, PORCH, Script, SetUp, coordinator_of, later, put, settled


def latest(hass: HomeAssistant) -> Path:
    return Path(hass.config.path(".storage", "hunches.memory"))


def previous(hass: HomeAssistant) -> Path:
    return Path(hass.config.path(".storage", "hunches.memory.previous"))


def aside(hass: HomeAssistant) -> Path:
    return Path(hass.config.path(".storage", "hunches.memory.unreadable"))


async def restart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settled(hass)


async def learn_again(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    coordinator_of(entry).async_learn()
    await settled(hass)


@pytest.fixture
def registered(porch: HomeAssistant) -> str:
    """Let the porch light be in the registry; return the id that it keeps for ever."""
    porch.states.async_remove(PORCH)
    entry = er.async_get(porch).async_get_or_create("light", "test", "1", suggested_object_id="porch")
    put(porch, entry.entity_id, "on", "Porch light")
    assert entry.entity_id == PORCH
    return entry.id


async def test_a_restart_goes_on_from_what_was_known(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    await async_wait_recording_done(porch)
    entry = await set_up()
    first = coordinator_of(entry).data.timing
    assert first["rows"] >= 3
    assert first["memory_bytes"] == latest(porch).stat().st_size
    assert script.kept[0] == {}
    await restart(porch, entry)
    assert {PORCH, DOOR} <= set(script.kept[1])
    assert script.kept[1][PORCH].usage.known.sum() > 500
    assert coordinator_of(entry).data.stage is Stage.READY


async def test_only_new_rows_are_read(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    script.suspects = []
    entry = await set_up()
    await async_wait_recording_done(porch)
    await later(porch, freezer, DAY)
    await learn_again(porch, entry)
    await later(porch, freezer, DAY)
    porch.states.async_set(PORCH, "off", {"friendly_name": "Porch light"})
    await async_wait_recording_done(porch)
    await learn_again(porch, entry)
    assert coordinator_of(entry).data.timing["rows"] == 1


async def test_removing_the_entry_deletes_every_file(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    await learn_again(porch, entry)
    aside(porch).write_bytes(b"old")
    assert latest(porch).exists()
    assert previous(porch).exists()
    await porch.config_entries.async_remove(entry.entry_id)
    assert not list(latest(porch).parent.glob("hunches.memory*"))


async def test_a_new_name_keeps_its_past_even_if_nobody_was_looking(
    porch: HomeAssistant, script: Script, set_up: SetUp, registered: str
) -> None:
    entry = await set_up()
    assert registered in load(latest(porch).read_bytes())
    assert await porch.config_entries.async_unload(entry.entry_id)
    er.async_get(porch).async_update_entity(PORCH, new_entity_id="light.veranda")
    porch.states.async_remove(PORCH)
    put(porch, "light.veranda", "on")
    await porch.config_entries.async_setup(entry.entry_id)
    await settled(porch)
    assert script.kept[-1]["light.veranda"].usage.known.sum() > 500
    assert PORCH not in script.kept[-1]


async def test_a_new_name_while_running(
    porch: HomeAssistant, script: Script, set_up: SetUp, registered: str, freezer: FrozenDateTimeFactory
) -> None:
    await set_up()
    er.async_get(porch).async_update_entity(PORCH, new_entity_id="light.veranda")
    porch.states.async_remove(PORCH)
    put(porch, "light.veranda", "on")
    await settled(porch)
    await later(porch, freezer, 61)
    assert script.kept[-1]["light.veranda"].usage.known.sum() > 500
    assert PORCH not in script.kept[-1]


async def test_a_removed_entity_is_forgotten(
    porch: HomeAssistant, script: Script, set_up: SetUp, registered: str, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    await learn_again(porch, entry)
    er.async_get(porch).async_remove(PORCH)
    await settled(porch)
    assert registered not in load(latest(porch).read_bytes())
    assert not previous(porch).exists(), "the earlier file would still tell"
    await later(porch, freezer, 61)
    assert PORCH not in script.kept[-1]


async def test_an_entity_removed_while_we_were_away_is_forgotten(
    porch: HomeAssistant, script: Script, set_up: SetUp, registered: str
) -> None:
    entry = await set_up()
    assert await porch.config_entries.async_unload(entry.entry_id)
    er.async_get(porch).async_remove(PORCH)
    await porch.config_entries.async_setup(entry.entry_id)
    await settled(porch)
    assert PORCH not in script.kept[-1]


async def test_a_device_that_is_gone_for_a_while_keeps_its_past(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    porch.states.async_remove(PORCH)
    await restart(porch, entry)
    assert PORCH not in script.homes[-1].entities
    await later(porch, freezer, 10 * DAY)
    await restart(porch, entry)
    put(porch, PORCH, "on")
    await restart(porch, entry)
    assert script.kept[-1][PORCH].usage.known.sum() > 500
    await later(porch, freezer, 181 * DAY)
    porch.states.async_remove(PORCH)
    await restart(porch, entry)
    assert PORCH in script.kept[-1]
    await later(porch, freezer, 181 * DAY)
    await restart(porch, entry)
    assert PORCH not in load(latest(porch).read_bytes())


@pytest.mark.parametrize("gone", [True, False])
async def test_what_the_recorder_no_longer_tells_of_counts_as_unknown(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory, gone: bool
) -> None:
    """A lamp that was gone may have been anything; one that has stood as it stands has no row either, and is known."""
    entry = await set_up()
    before = load(latest(porch).read_bytes())[PORCH].usage
    if gone:
        porch.states.async_remove(PORCH)
    await porch.config_entries.async_unload(entry.entry_id)
    await later(porch, freezer, 20 * DAY)
    await async_wait_recording_done(porch)
    await porch.services.async_call("recorder", "purge", {"keep_days": 0}, blocking=True)
    await async_wait_recording_done(porch)
    put(porch, PORCH if gone else "light.other", "on")
    await porch.config_entries.async_setup(entry.entry_id)
    await settled(porch)
    kept = load(latest(porch).read_bytes())[PORCH]
    assert kept.usage.until - before.until > 19 * DAY
    assert (UNKNOWN in kept.changes.unfolded().states.tolist()) is gone
    assert bool(kept.usage.known.sum() < before.known.sum() + 3600) is gone


async def test_what_is_excluded_is_forgotten(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    assert PORCH in load(latest(porch).read_bytes())
    porch.config_entries.async_update_entry(entry, options={**entry.options, CONF_EXCLUDED: [PORCH]})
    await restart(porch, entry)
    assert PORCH not in load(latest(porch).read_bytes())
    assert DOOR in load(latest(porch).read_bytes())


async def test_what_the_recorder_may_not_keep_is_forgotten(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    get_instance(porch).entity_filter = lambda entity_id: entity_id != PORCH
    with patch(
        "custom_components.hunches.history.long_memory.is_entity_recorded", lambda hass, entity_id: entity_id != PORCH
    ):
        await restart(porch, entry)
    assert PORCH not in load(latest(porch).read_bytes())


@pytest.mark.parametrize(
    "data", [{"entity_id": PORCH}, {"domains": ["light"]}, {"entity_globs": "light.p*", "keep_days": 0}]
)
async def test_purged_entities_are_forgotten(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory, data: dict[str, Any]
) -> None:
    await set_up()
    await later(porch, freezer, 2 * DAY)
    before = dt_util.utcnow().timestamp()
    await porch.services.async_call("recorder", "purge_entities", data, blocking=True)
    await settled(porch)
    for path in latest(porch).parent.glob("hunches.memory*"):
        kept = load(path.read_bytes())
        assert kept[PORCH].usage.start >= before - 1
        assert kept[DOOR].usage.history > 500
    await later(porch, freezer, 61)
    assert script.kept[-1][PORCH].usage.start >= before - 1
    assert script.kept[-1][DOOR].usage.history > 500


async def test_purging_what_is_not_there_now(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    porch.states.async_remove(PORCH)
    await restart(porch, entry)
    before = dt_util.utcnow().timestamp()
    await porch.services.async_call("recorder", "purge_entities", {"entity_id": PORCH}, blocking=True)
    await settled(porch)
    kept = load(latest(porch).read_bytes())
    assert kept[PORCH].usage.start >= before - 1
    assert kept[DOOR].usage.history > 500


async def test_purging_before_anything_was_read_deletes_that_alone(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    assert await porch.config_entries.async_unload(entry.entry_id)
    get_instance(porch).migration_in_progress = True  # so that nothing is read
    await porch.config_entries.async_setup(entry.entry_id)
    await settled(porch)
    assert coordinator_of(entry).data.stage is Stage.WAITING
    before = dt_util.utcnow().timestamp()
    await porch.services.async_call("recorder", "purge_entities", {"entity_id": PORCH}, blocking=True)
    await settled(porch)
    get_instance(porch).migration_in_progress = False
    kept = load(latest(porch).read_bytes())
    assert kept[PORCH].usage.start >= before - 1
    assert kept[DOOR].usage.history > 500


async def test_purging_keeps_the_days_that_the_user_keeps(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    await later(porch, freezer, 4 * DAY)
    await learn_again(porch, entry)
    await porch.services.async_call("recorder", "purge_entities", {"entity_id": PORCH, "keep_days": 3}, blocking=True)
    await settled(porch)
    assert load(latest(porch).read_bytes())[PORCH].usage.history == pytest.approx(3 * DAY, rel=0.01)


async def test_somebody_who_may_not_purge_deletes_nothing(
    porch: HomeAssistant, script: Script, set_up: SetUp, hass_read_only_user: User
) -> None:
    await set_up()
    context = Context(user_id=hass_read_only_user.id)
    with pytest.raises(Exception, match="Unauthorized"):
        await porch.services.async_call(
            "recorder", "purge_entities", {"entity_id": PORCH}, blocking=True, context=context
        )
    await settled(porch)
    assert load(latest(porch).read_bytes())[PORCH].usage.history > 500


@pytest.mark.parametrize("damaged", [b"", b"something else", None])
async def test_a_damaged_file_costs_a_day_at_most(
    porch: HomeAssistant, script: Script, set_up: SetUp, caplog: pytest.LogCaptureFixture, damaged: bytes | None
) -> None:
    entry = await set_up()
    await learn_again(porch, entry)
    assert await porch.config_entries.async_unload(entry.entry_id)
    whole = latest(porch).read_bytes()
    latest(porch).write_bytes(whole[: len(whole) // 2] if damaged is None else damaged)
    await porch.config_entries.async_setup(entry.entry_id)
    await settled(porch)
    assert script.kept[-1][PORCH].usage.known.sum() > 500, "the earlier file was read"
    assert caplog.text.count("cannot be used") == 1
    assert aside(porch).exists()
    assert load(latest(porch).read_bytes())
    assert load(previous(porch).read_bytes()) or not previous(porch).exists()


async def test_both_files_damaged_is_beginning_anew(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    await learn_again(porch, entry)
    assert await porch.config_entries.async_unload(entry.entry_id)
    latest(porch).write_bytes(b"x")
    previous(porch).write_bytes(b"y")
    await porch.config_entries.async_setup(entry.entry_id)
    await settled(porch)
    assert script.kept[-1] == {}
    assert coordinator_of(entry).data.stage is Stage.READY
    assert load(latest(porch).read_bytes())


async def test_a_file_of_a_newer_version_is_not_destroyed(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    newer = b"hunches-memory 99 0000\nfrom the future"
    latest(porch).parent.mkdir(exist_ok=True)
    latest(porch).write_bytes(newer)
    entry = await set_up()
    await learn_again(porch, entry)
    assert aside(porch).read_bytes() == newer


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS, errno.EACCES])
async def test_a_disk_that_takes_nothing(
    porch: HomeAssistant,
    script: Script,
    set_up: SetUp,
    caplog: pytest.LogCaptureFixture,
    error: int,
) -> None:
    entry = await set_up()
    before = latest(porch).read_bytes()
    with patch("custom_components.hunches.disk.os.fsync", side_effect=OSError(error, "no")):
        await learn_again(porch, entry)
        await learn_again(porch, entry)
        assert coordinator_of(entry).data.stage is Stage.READY
        assert latest(porch).read_bytes() == before
        assert caplog.text.count("cannot be saved") == 1
        assert not list(latest(porch).parent.glob("*.part"))
    await learn_again(porch, entry)
    assert "can be saved again" in caplog.text
    assert latest(porch).read_bytes() != before


async def test_a_deletion_that_the_disk_refuses_is_made_up_for(
    porch: HomeAssistant,
    script: Script,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    entry = await set_up()
    await later(porch, freezer, 2 * DAY)
    await learn_again(porch, entry)
    assert previous(porch).exists()
    before = dt_util.utcnow().timestamp()
    with patch("custom_components.hunches.disk.os.fsync", side_effect=OSError(errno.EROFS, "no")):
        await porch.services.async_call("recorder", "purge_entities", {"entity_id": PORCH}, blocking=True)
        await settled(porch)
        await learn_again(porch, entry)
    assert caplog.text.count("What was to be deleted is still in a file") == 1
    assert load(latest(porch).read_bytes())[PORCH].usage.start < before - DAY
    await learn_again(porch, entry)
    for path in latest(porch).parent.glob("hunches.memory*"):
        assert load(path.read_bytes())[PORCH].usage.start >= before - 1, path.name
    assert not previous(porch).exists()
    await learn_again(porch, entry)
    assert previous(porch).exists(), "only what was deleted is missing"


async def test_what_is_deleted_on_a_full_disk_makes_room_for_what_is_left(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    await later(porch, freezer, 2 * DAY)
    await learn_again(porch, entry)
    before = dt_util.utcnow().timestamp()
    flush = os.fsync

    def with_room_for_two(number: int) -> None:
        if len(list(latest(porch).parent.glob("hunches.memory*"))) > 2:
            raise OSError(errno.ENOSPC, "no room")
        flush(number)

    with patch("custom_components.hunches.disk.os.fsync", with_room_for_two):
        await porch.services.async_call("recorder", "purge_entities", {"entity_id": PORCH}, blocking=True)
        await settled(porch)
    (path,) = latest(porch).parent.glob("hunches.memory*")
    assert load(path.read_bytes())[PORCH].usage.start >= before - 1


async def test_leftovers_of_a_crash_are_swept_away(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    latest(porch).parent.mkdir(exist_ok=True)
    half = latest(porch).with_name("hunches.memory.abc.part")
    half.write_bytes(b"half")
    await set_up()
    assert not half.exists()


async def test_a_crash_between_the_two_steps_of_saving(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    assert await porch.config_entries.async_unload(entry.entry_id)
    latest(porch).replace(previous(porch))
    await porch.config_entries.async_setup(entry.entry_id)
    await settled(porch)
    assert PORCH in script.kept[-1]


async def test_a_clock_that_was_wrong_for_a_while(
    porch: HomeAssistant,
    script: Script,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    entry = await set_up()
    now = dt_util.utcnow()
    await later(porch, freezer, 400 * DAY)
    await learn_again(porch, entry)
    freezer.move_to(now)
    await learn_again(porch, entry)
    assert caplog.text.count("The clock went back") == 1
    kept = load(latest(porch).read_bytes())
    assert kept[PORCH].usage.until == pytest.approx(now.timestamp(), abs=60)
    assert kept[PORCH].usage.known.sum() > 500


async def test_what_changed_while_the_clock_was_ahead_is_followed_afterwards(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    now = dt_util.utcnow()
    freezer.move_to(now + timedelta(days=400))
    put(porch, PORCH, "off", "Porch light", ago=0)
    put(porch, DOOR, "unlocked", "Front door", ago=0)
    freezer.move_to(now + timedelta(minutes=10))
    put(porch, PORCH, "on", "Porch light", ago=0)
    await coordinator_of(entry).async_look()
    mind: Any = coordinator_of(entry).mind
    assert mind.memory[PORCH].read().current(dt_util.utcnow().timestamp())[0] == ON
    await async_wait_recording_done(porch)
    for _ in range(2):
        await learn_again(porch, entry)
        assert coordinator_of(entry).data.reason is None
        freezer.tick(60)
    for key in (PORCH, DOOR):
        line = load(latest(porch).read_bytes())[key].changes.unfolded()
        assert line.states[-1] == ON
        assert line.times[-1] < now.timestamp() + 900


async def test_a_clock_that_is_behind_at_a_start_loses_nothing(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    await later(porch, freezer, 2 * DAY)
    await learn_again(porch, entry)
    now = dt_util.utcnow()
    assert await porch.config_entries.async_unload(entry.entry_id)
    freezer.move_to(now - timedelta(days=400))  # before the network has told what time it is
    await porch.config_entries.async_setup(entry.entry_id)
    await settled(porch)
    assert script.kept[-1] == {}
    freezer.move_to(now)
    await learn_again(porch, entry)
    assert script.kept[-1][PORCH].usage.history > 2 * DAY
    assert load(latest(porch).read_bytes())[PORCH].usage.history > 2 * DAY


@pytest.mark.parametrize("both", [False, True])
async def test_a_file_that_cannot_be_reached_is_left_as_it_is(
    porch: HomeAssistant, script: Script, set_up: SetUp, both: bool
) -> None:
    entry = await set_up()
    await learn_again(porch, entry)
    assert await porch.config_entries.async_unload(entry.entry_id)
    whole, read = latest(porch).read_bytes(), Path.read_bytes

    def reads(path: Path) -> bytes:
        if path == latest(porch) or (both and path == previous(porch)):
            raise OSError(errno.EMFILE, "too many open files")
        return read(path)

    with patch.object(Path, "read_bytes", reads):
        await porch.config_entries.async_setup(entry.entry_id)
        await settled(porch)
    assert not aside(porch).exists()
    if both:
        assert coordinator_of(entry).data.stage is Stage.WAITING
        assert latest(porch).read_bytes() == whole
        await learn_again(porch, entry)
    assert script.kept[-1][PORCH].usage.known.sum() > 500


async def test_what_is_deleted_while_history_is_read_stays_deleted(
    porch: HomeAssistant, script: Script, set_up: SetUp, registered: str, freezer: FrozenDateTimeFactory
) -> None:
    read = teaching.async_read

    async def slowly(*arguments: Any) -> Any:
        heard = await read(*arguments)
        if not script.homes:  # a first analysis takes minutes, in which somebody removes a lamp
            er.async_get(porch).async_remove(PORCH)
            porch.states.async_remove(PORCH)
            for _ in range(20):
                await asyncio.sleep(0)
        return heard

    with patch.object(teaching, "async_read", slowly):
        await set_up()
        await settled(porch)
        assert not latest(porch).exists() or registered not in load(latest(porch).read_bytes())
        for _ in range(3):
            await later(porch, freezer, 61)
    kept = load(latest(porch).read_bytes())
    assert not {registered, PORCH} & kept.keys()
    assert DOOR in kept


@pytest.mark.parametrize("first", [True, False])
async def test_what_is_renamed_while_history_is_read_is_kept_once(
    porch: HomeAssistant, script: Script, set_up: SetUp, registered: str, freezer: FrozenDateTimeFactory, first: bool
) -> None:
    entry = None if first else await set_up()
    learned, read = len(script.homes), teaching.async_read

    async def slowly(*arguments: Any) -> Any:
        heard = await read(*arguments)
        if len(script.learned) == learned:
            er.async_get(porch).async_update_entity(PORCH, new_entity_id="light.veranda")
            porch.states.async_remove(PORCH)
            put(porch, "light.veranda", "on")
            for _ in range(20):
                await asyncio.sleep(0)
        return heard

    with patch.object(teaching, "async_read", slowly):
        if entry is None:
            entry = await set_up()
        else:
            await learn_again(porch, entry)
        await settled(porch)
        for _ in range(3):
            await later(porch, freezer, 61)
    assert PORCH not in coordinator_of(entry).teacher.memory.kept
    kept = load(latest(porch).read_bytes())
    assert PORCH not in kept
    assert kept[registered].usage.known.sum() > 500


async def test_a_home_that_changes_while_it_is_learned_is_learned_again(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    coordinator, read, free = coordinator_of(entry), teaching.async_read, asyncio.Event()

    async def slowly(*arguments: Any) -> Any:
        await free.wait()
        return await read(*arguments)

    with patch.object(teaching, "async_read", slowly):
        coordinator.async_learn()
        await asyncio.sleep(0)
        er.async_get(porch).async_get_or_create("light", "test", "2", suggested_object_id="new")
        porch.states.async_set("light.new", "off", {"friendly_name": "New"})
        freezer.tick(61)
        async_fire_time_changed(porch)
        for _ in range(5):
            await asyncio.sleep(0)
        free.set()
        await settled(porch)
    assert "light.new" not in script.homes[-1].entities
    await later(porch, freezer, 61)
    assert "light.new" in script.homes[-1].entities


async def known(hass: HomeAssistant, entry: MockConfigEntry, entity_id: str) -> int:
    """Learn again; return how an entity stands as far as the mind knows."""
    await learn_again(hass, entry)
    mind: Any = coordinator_of(entry).mind
    reading: int = mind.memory[entity_id].read().current(dt_util.utcnow().timestamp())[0]
    return reading


async def test_power_cut_on_a_machine_without_a_clock(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    cut = dt_util.utcnow()
    put(porch, PORCH, "off", "Porch light", ago=1500)
    put(porch, PORCH, "on", "Porch light", ago=300)
    put(porch, "person.ada", "home", "Ada", ago=1500)
    put(porch, "person.ada", "not_home", "Ada", ago=300)
    await async_wait_recording_done(porch)
    freezer.move_to(cut - timedelta(minutes=20))  # the clock goes on from where it was saved
    put(porch, PORCH, "off", "Porch light", ago=0)
    put(porch, "person.ada", "home", "Ada", ago=0)
    await async_wait_recording_done(porch)
    freezer.move_to(cut + timedelta(hours=3))  # the network has told the time
    entry = await set_up()
    await later(porch, freezer, DAY)
    assert [await known(porch, entry, key) for key in (PORCH, "person.ada")] == [OFF, ON]
    await restart(porch, entry)
    assert [await known(porch, entry, key) for key in (PORCH, "person.ada")] == [OFF, ON]


async def test_the_clock_is_set_back_a_little_while_running(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    await later(porch, freezer, DAY)
    put(porch, DOOR, "unlocked", "Front door", ago=0)
    await later(porch, freezer, 61)
    freezer.move_to(dt_util.utcnow() - timedelta(minutes=10))
    put(porch, DOOR, "locked", "Front door", ago=0)
    await coordinator_of(entry).async_look()
    await async_wait_recording_done(porch)
    await later(porch, freezer, 7200)
    mind: Any = coordinator_of(entry).mind
    assert mind.memory[DOOR].read().current(dt_util.utcnow().timestamp())[0] == OFF
    assert await known(porch, entry, DOOR) == OFF


async def test_a_clock_that_is_wrong_for_a_minute_costs_nothing(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    script.suspects = []
    entry = await set_up()
    for day in range(20):
        await later(porch, freezer, DAY / 2)
        put(porch, PORCH, "off" if day % 2 else "on", "Porch light", ago=0)
    await async_wait_recording_done(porch)
    await learn_again(porch, entry)
    before, now = len(load(latest(porch).read_bytes())[PORCH].changes), dt_util.utcnow()
    assert before >= 19
    for moment, state in (("2020-01-01 00:00:00+00:00", "on"), (now + timedelta(minutes=1), "off")):
        freezer.move_to(moment)
        put(porch, PORCH, state, "Porch light", ago=0)
        await coordinator_of(entry).async_look()
    await async_wait_recording_done(porch)
    await later(porch, freezer, DAY / 2)
    await learn_again(porch, entry)
    assert len(load(latest(porch).read_bytes())[PORCH].changes) >= before


async def test_renamed_while_it_is_learned_then_restarted(
    porch: HomeAssistant, script: Script, set_up: SetUp, registered: str, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    await later(porch, freezer, 2 * DAY)
    renamed = threading.Event()

    async def rename() -> None:
        er.async_get(porch).async_update_entity(PORCH, new_entity_id="light.veranda")
        renamed.set()

    def before_learning(_: Any) -> None:
        script.before_learning = lambda progress: None
        asyncio.run_coroutine_threadsafe(rename(), porch.loop)
        assert renamed.wait(5)

    script.before_learning = before_learning
    await learn_again(porch, entry)
    porch.states.async_remove(PORCH)
    put(porch, "light.veranda", "on")
    await restart(porch, entry)  # within a minute
    assert script.kept[-1]["light.veranda"].usage.known.sum() > 500


async def test_what_is_allowed_goes_with_a_device_that_takes_the_id_of_a_removed_one(
    porch: HomeAssistant, script: Script, set_up: SetUp, registered: str
) -> None:
    registry = er.async_get(porch)
    new = registry.async_get_or_create("light", "test", "2", suggested_object_id="porch_2")
    put(porch, new.entity_id, "on", "New porch light")
    coordinator = coordinator_of(await set_up())
    await coordinator.feedback.async_ruled(Rule(Verdict.ALLOW, new.entity_id, None, 1.0))
    begun, over = threading.Event(), threading.Event()

    def before_learning(_: Any) -> None:
        begun.set()
        over.wait(5)

    script.before_learning = before_learning
    coordinator.async_learn()
    assert await asyncio.to_thread(begun.wait, 5)
    registry.async_remove(PORCH)
    porch.states.async_remove(PORCH)
    registry.async_update_entity(new.entity_id, new_entity_id=PORCH)
    over.set()
    await settled(porch)
    assert [(rule.entity_id, rule.verdict) for rule in coordinator.feedback.ledger.rules] == [(PORCH, Verdict.ALLOW)]
