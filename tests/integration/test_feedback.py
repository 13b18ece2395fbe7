"""What people have said cannot be learned again: it outlives crashes, full disks and bad files."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hunches import twin_file
from custom_components.hunches.const import CONF_EXCLUDED, CONF_LIGHT, DOMAIN
from custom_components.hunches.engine.hunches import Kind
from custom_components.hunches.engine.policy import Answer, Rule, Verdict

from .conftest import PORCH, Script, SetUp, coordinator_of, put, settled
from .stored import answers_file, store, stored

_LIMIT = 10.0


def copy_of(hass: HomeAssistant) -> Path:
    return answers_file(hass).with_name("hunches.feedback.copy")


def names(hass: HomeAssistant) -> set[str]:
    return {path.name for path in answers_file(hass).parent.glob("hunches.feedback*")}


def answers_of(entry: MockConfigEntry) -> list[Answer]:
    return [given.answer for given in coordinator_of(entry).feedback.ledger.answers]


async def never(hass: HomeAssistant) -> Any:
    data = {"entity_id": PORCH, "never": True}
    return await hass.services.async_call(DOMAIN, "reject", data, blocking=True, return_response=True)


async def state_absence(hass: HomeAssistant) -> Any:
    data = {"state": "away", "start": "2026-11-20 09:00:00", "end": "2026-11-20 17:00:00"}
    return await hass.services.async_call(DOMAIN, "correct", data, blocking=True, return_response=True)


@contextmanager
def full_disk(error: int = errno.ENOSPC) -> Iterator[None]:
    with patch("custom_components.hunches.disk.os.fsync", side_effect=OSError(error, os.strerror(error))):
        yield


async def unload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)
    await settled(hass)


async def load(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settled(hass)


async def test_an_answer_is_on_disk_twice_when_it_is_acknowledged(
    porch: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    await set_up()
    assert (await never(porch))["answer"] == "never"
    assert stored(porch)["data"]["answers"][0]["answer"] == "never"
    assert copy_of(porch).read_bytes() == answers_file(porch).read_bytes()
    assert names(porch) == {"hunches.feedback", "hunches.feedback.copy"}
    assert answers_file(porch).stat().st_mode & 0o077 == 0, "nobody else may read it"


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe\x00",
        b'{"version": 1, "minor_version": 1, "key": "somebody.else", "data": {}}',
        b'{"version": 1, "minor_version": 1, "key": "hunches.feedback", "data": []}',
        b'{"version": 1, "minor_version": 1, "key": "hunches.feedback", "data": {"answers": 5}}',
        None,
    ],
)
async def test_a_damaged_file_costs_nothing(
    porch: HomeAssistant, script: Script, set_up: SetUp, caplog: pytest.LogCaptureFixture, damaged: bytes | None
) -> None:
    entry = await set_up()
    await never(porch)
    await unload(porch, entry)
    whole = answers_file(porch).read_bytes()
    content = whole[: len(whole) // 2] if damaged is None else damaged
    answers_file(porch).write_bytes(content)
    await load(porch, entry)
    assert answers_of(entry) == [Answer.NEVER]
    assert caplog.text.count("cannot be used") == 1
    assert answers_file(porch).with_name("hunches.feedback.unreadable").read_bytes() == content
    await state_absence(porch)
    assert stored(porch)["data"]["answers"][0]["answer"] == "never"


async def test_a_missing_file_costs_nothing(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    await never(porch)
    await unload(porch, entry)
    answers_file(porch).unlink()
    await load(porch, entry)
    assert answers_of(entry) == [Answer.NEVER]


async def test_both_copies_damaged_is_beginning_anew(
    porch: HomeAssistant, script: Script, set_up: SetUp, caplog: pytest.LogCaptureFixture
) -> None:
    entry = await set_up()
    await unload(porch, entry)
    answers_file(porch).write_bytes(b"x")
    copy_of(porch).write_bytes(b"y")
    await load(porch, entry)
    assert entry.state is ConfigEntryState.LOADED
    assert caplog.text.count("cannot be used") == 2
    assert answers_file(porch).with_name("hunches.feedback.unreadable").read_bytes() == b"x"
    assert answers_file(porch).with_name("hunches.feedback.copy.unreadable").read_bytes() == b"y"
    assert (await never(porch))["answer"] == "never"


async def test_a_crash_between_the_two_copies(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    before = answers_file(porch).read_bytes()
    await never(porch)
    await unload(porch, entry)
    answers_file(porch).write_bytes(before)
    half = answers_file(porch).with_name("hunches.feedback.abc.part")
    half.write_bytes(before[:10])
    await load(porch, entry)
    assert answers_of(entry) == []
    assert not half.exists()
    await never(porch)
    assert copy_of(porch).read_bytes() == answers_file(porch).read_bytes()


async def test_a_file_of_a_newer_version_is_kept_and_holds_as_far_as_it_is_understood(
    porch: HomeAssistant, script: Script, set_up: SetUp, caplog: pytest.LogCaptureFixture
) -> None:
    entry = await set_up()
    await never(porch)
    await unload(porch, entry)
    content = stored(porch)
    content["version"] = 2
    content["data"]["answers"].append({"told": "in a new way"})
    content["data"]["dreams"] = ["sheep"]
    store(porch, content)
    await load(porch, entry)
    assert answers_of(entry) == [Answer.NEVER]
    assert caplog.text.count("written by a newer version") == 1
    await state_absence(porch)
    kept = answers_file(porch).with_name("hunches.feedback.version2").read_text(encoding="utf-8")
    assert "in a new way" in kept
    assert "sheep" in kept


async def test_rows_that_are_left_out_are_kept_aside(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    rows = {"open": [], "answers": [{"answer": "of old"}], "raised": []}
    store(porch, {"version": 1, "minor_version": 1, "key": "hunches.feedback", "data": rows})
    await set_up()
    await never(porch)
    kept = answers_file(porch).with_name("hunches.feedback.left_out").read_text(encoding="utf-8")
    assert "of old" in kept


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
async def test_who_answers_is_told_that_the_disk_took_nothing(
    porch: HomeAssistant, script: Script, set_up: SetUp, caplog: pytest.LogCaptureFixture, error: int
) -> None:
    entry = await set_up()
    before = answers_file(porch).read_bytes()
    with full_disk(error):
        with pytest.raises(HomeAssistantError) as caught:
            await never(porch)
        assert caught.value.translation_key == "not_stored"
        assert os.strerror(error) in (caught.value.translation_placeholders or {})["detail"]
        with pytest.raises(HomeAssistantError) as caught:
            await state_absence(porch)
        assert caught.value.translation_key == "not_stored"
        await coordinator_of(entry).async_look()
    assert answers_of(entry) == [Answer.NEVER], "it holds all the same"
    assert answers_file(porch).read_bytes() == before
    assert names(porch) == {"hunches.feedback", "hunches.feedback.copy"}
    assert caplog.text.count("cannot be stored") == 1
    await coordinator_of(entry).async_look()
    assert "can be stored again" in caplog.text
    assert stored(porch)["data"]["answers"][0]["answer"] == "never"
    assert len(stored(porch)["data"]["corrections"]) == 1
    assert copy_of(porch).read_bytes() == answers_file(porch).read_bytes()


async def test_what_no_disk_has_taken_outlives_a_reload(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    with full_disk():
        with pytest.raises(HomeAssistantError):
            await never(porch)
        await unload(porch, entry)
        await load(porch, entry)
        assert answers_of(entry) == [Answer.NEVER]
    await coordinator_of(entry).async_look()
    assert stored(porch)["data"]["answers"][0]["answer"] == "never"
    await unload(porch, entry)
    await load(porch, entry)
    assert answers_of(entry) == [Answer.NEVER]


async def test_a_file_that_cannot_be_reached_is_waited_for(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    await never(porch)
    await unload(porch, entry)
    whole = answers_file(porch).read_bytes()
    for path in (answers_file(porch), copy_of(porch)):
        path.unlink()
        path.mkdir()
    assert not await porch.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert (entry.error_reason_translation_key, entry.error_reason_translation_placeholders) != (None, None)
    for path in (answers_file(porch), copy_of(porch)):
        shutil.rmtree(path)
        path.write_bytes(whole)
    assert await porch.config_entries.async_reload(entry.entry_id)
    await settled(porch)
    assert answers_of(entry) == [Answer.NEVER]


async def test_a_reload_waits_for_what_is_being_written(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    go_on, reached, write = threading.Event(), threading.Event(), twin_file.TwinFile.write

    def slowly(self: twin_file.TwinFile, data: bytes) -> None:
        reached.set()
        go_on.wait(_LIMIT)
        write(self, data)

    with patch.object(twin_file.TwinFile, "write", slowly):
        statement = porch.async_create_task(state_absence(porch))
        assert await porch.async_add_executor_job(reached.wait, _LIMIT)
        assert await porch.config_entries.async_unload(entry.entry_id)
        loading = porch.async_create_task(porch.config_entries.async_setup(entry.entry_id))
        porch.loop.call_later(0.2, go_on.set)
        await statement
        assert await loading
    await settled(porch)
    assert len(coordinator_of(entry).feedback.statements) == 1


# --- entities whose ids change while nobody is there to see it


def known(hass: HomeAssistant, *entity_ids: str) -> None:
    """Let entities be in the registry, and on."""
    for entity_id in entity_ids:
        domain, _, name = entity_id.partition(".")
        made = er.async_get(hass).async_get_or_create(domain, "test", name, suggested_object_id=name)
        assert made.entity_id == entity_id
        put(hass, entity_id, "on")


def rename(hass: HomeAssistant, old: str, new: str) -> None:
    """Give an entity another id, and its state with it."""
    hass.states.async_remove(old)
    er.async_get(hass).async_update_entity(old, new_entity_id=new)
    put(hass, new, "on")


def rules(entry: MockConfigEntry) -> set[tuple[str | None, Verdict]]:
    return {(rule.entity_id, rule.verdict) for rule in coordinator_of(entry).feedback.ledger.rules}


async def rule(entry: MockConfigEntry, verdict: Verdict, entity_id: str) -> None:
    kind = Kind.STILL_ON if verdict is Verdict.ALLOW else None
    await coordinator_of(entry).feedback.async_ruled(Rule(verdict, entity_id, kind, 0.0))


@pytest.mark.parametrize("how", ["disabled", "failed", "starting"])
async def test_what_was_said_follows_a_new_id_that_nobody_saw_given(
    porch: HomeAssistant, script: Script, set_up: SetUp, how: str
) -> None:
    known(porch, "light.attic", "light.cellar", "light.left", "light.right", "light.shed", "switch.heater")
    script.suspects = ["light.attic"]
    entry = await set_up(**{CONF_EXCLUDED: ["light.shed", "light.left", "light.nowhere"], CONF_LIGHT: ["light.right"]})
    for verdict, entity_id in (
        (Verdict.FORBID, "light.cellar"),
        (Verdict.ALLOW, "light.left"),
        (Verdict.FORBID, "light.right"),
        (Verdict.ALLOW, "switch.heater"),
        (Verdict.ALLOW, PORCH),  # which is in no registry
    ):
        await rule(entry, verdict, entity_id)
    await settled(porch)
    if how == "disabled":
        await porch.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    else:
        await unload(porch, entry)
    if how == "failed":
        with patch("custom_components.hunches.Model.load", side_effect=OSError("no such asset")):
            assert not await porch.config_entries.async_setup(entry.entry_id)
    if how == "starting":
        porch.set_state(CoreState.starting)
        assert await porch.config_entries.async_setup(entry.entry_id)
    rename(porch, "light.attic", "light.gate")
    rename(porch, "light.cellar", "light.wine")
    rename(porch, "light.shed", "light.hut")
    for old, new in (("light.left", "light.l"), ("light.right", "light.left"), ("light.l", "light.right")):
        rename(porch, old, new)
    porch.states.async_remove("switch.heater")
    er.async_get(porch).async_remove("switch.heater")
    another = er.async_get(porch).async_get_or_create("switch", "other", "1", suggested_object_id="heater")
    assert another.entity_id == "switch.heater"
    if how == "disabled":
        await porch.config_entries.async_set_disabled_by(entry.entry_id, None)
    elif how == "failed":
        assert await porch.config_entries.async_reload(entry.entry_id)
    else:
        await rule(entry, Verdict.ALLOW, "light.gate")  # whatever is kept meanwhile
        porch.set_state(CoreState.running)
        porch.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await settled(porch)
    assert rules(entry) - {("light.gate", Verdict.ALLOW)} == {
        ("light.wine", Verdict.FORBID),
        ("light.right", Verdict.ALLOW),
        ("light.left", Verdict.FORBID),
        (PORCH, Verdict.ALLOW),
    }
    assert entry.options[CONF_EXCLUDED] == ["light.hut", "light.right", "light.nowhere"]
    assert entry.options[CONF_LIGHT] == ["light.left"]
    assert "light.hut" not in coordinator_of(entry).watched
    ledger = coordinator_of(entry).feedback.ledger
    assert [hunch.entity_id for hunch in ledger.open] == ["light.gate"]
    assert [key for _, key in ledger.raised] == ["still_on:light.gate"]
    registry, ids = er.async_get(porch), stored(porch)["data"]["registry_ids"]
    named = ["light.gate", "light.left", "light.right", "light.wine"]
    assert ids == {key: registry.async_get(key).id for key in named}


async def test_a_file_of_before_there_were_registry_ids_loads_and_has_them_from_then_on(
    porch: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    known(porch, "light.attic")
    entry = await set_up()
    await rule(entry, Verdict.FORBID, "light.attic")
    await unload(porch, entry)
    content = stored(porch)
    content["minor_version"] = 4
    content["data"].pop("registry_ids", None)
    store(porch, content)
    await load(porch, entry)
    assert rules(entry) == {("light.attic", Verdict.FORBID)}
    await unload(porch, entry)
    assert stored(porch)["minor_version"] == 5
    rename(porch, "light.attic", "light.gate")
    await load(porch, entry)
    assert rules(entry) == {("light.gate", Verdict.FORBID)}


async def test_registry_ids_that_cannot_be_read_cost_nothing_else(
    porch: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    entry = await set_up()
    await never(porch)
    await unload(porch, entry)
    content = stored(porch)
    content["data"]["registry_ids"] = ["?"]
    store(porch, content)
    await load(porch, entry)
    assert answers_of(entry) == [Answer.NEVER]
