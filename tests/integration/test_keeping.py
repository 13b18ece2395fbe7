"""Everything that is kept of people can be had, and deleted for good."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import voluptuous as vol
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.hunches.const import DOMAIN
from custom_components.hunches.engine.hunches import Kind
from custom_components.hunches.engine.policy import (
    Action,
    Answer,
    Answered,
    Implied,
    Ledger,
    Outcome,
    Record,
    Rule,
    Verdict,
)

from .conftest import DOOR, PORCH, Script, SetUp, coordinator_of, put, settled
from .stored import answers_file, stored
from .test_feedback import copy_of, full_disk, names

HALL = "climate.hall"


async def call(hass: HomeAssistant, service: str, context: Context | None = None, **data: Any) -> dict[str, Any]:
    found = await hass.services.async_call(DOMAIN, service, data, blocking=True, return_response=True, context=context)
    assert isinstance(found, dict)
    return dict(found)


@pytest.fixture
async def full(porch: HomeAssistant, script: Script, set_up: SetUp) -> MockConfigEntry:
    """Return an entry in whose file there is one of everything, for the porch and for the door."""
    script.suspects.append(DOOR)
    put(porch, DOOR, "unlocked", "Front door")
    entry = await set_up()
    feedback, now = coordinator_of(entry).feedback, dt_util.utcnow().timestamp()
    for hunch in feedback.ledger.open:
        service, domain = hunch.action.rpartition(".")[2], hunch.action.partition(".")[0]
        action = Action(domain, service, hunch.entity_id, 0)
        await feedback.async_recorded(Record(f"1 {hunch.key}", now - 50, hunch, action, True, outcome=Outcome.UNDONE))
        await feedback.async_ruled(Rule(Verdict.FORBID, hunch.entity_id, Kind.HEATING_WHILE_AWAY, now, "ada"))
        await feedback._async_keep(feedback.ledger.implying((Implied(now - 100, hunch, "done"),)))
        await feedback.async_answered(Answered(now - 200, hunch, Answer.UNDONE, "ada"))
    await feedback.async_ruled(Rule(Verdict.FORBID, None, Kind.STILL_OPEN, now, "ada"))
    await feedback.async_switched(True)
    said = {"state": "away", "start": "2026-11-20 09:00:00", "end": "2026-11-20 17:00:00"}
    await call(porch, "correct", **said)
    await settled(porch)
    return entry


def about(ledger: Ledger) -> dict[str, set[str]]:
    """Return the entities that each sort of row is about."""
    return {
        "open": {hunch.entity_id for hunch in ledger.open},
        "answers": {given.hunch.entity_id for given in ledger.answers},
        "implied": {one.hunch.entity_id for one in ledger.implied},
        "raised": {key.partition(":")[2] for _, key in ledger.raised},
        "rules": {str(rule.entity_id) for rule in ledger.rules},
        "records": {record.hunch.entity_id for record in ledger.records},
    }


async def test_everything_can_be_had(porch: HomeAssistant, full: MockConfigEntry) -> None:
    found = await call(porch, "export")
    on_disk = stored(porch)
    assert {name: found[name] for name in on_disk["data"]} == on_disk["data"]
    assert (found["version"], found["minor_version"]) == (on_disk["version"], on_disk["minor_version"])
    assert {lesson["hunch"] for lesson in found["lessons"]} == {f"still_on:{PORCH}", f"still_unlocked:{DOOR}"}
    assert all(found[name] for name in ("answers", "implied", "rules", "records", "corrections"))


async def test_everything_about_one_device_can_be_had(porch: HomeAssistant, full: MockConfigEntry) -> None:
    found = await call(porch, "export", entity_id=DOOR)
    assert {given["hunch"]["entity_id"] for given in found["answers"]} == {DOOR}
    assert {lesson["hunch"] for lesson in found["lessons"]} == {f"still_unlocked:{DOOR}"}
    assert [rule["entity_id"] for rule in found["rules"]] == [DOOR]
    assert (found["corrections"], PORCH in str(found)) == ([], False)


async def test_a_device_is_forgotten_on_disk_too(porch: HomeAssistant, full: MockConfigEntry) -> None:
    response = await call(porch, "erase", entity_id=PORCH)
    ledger = coordinator_of(full).feedback.ledger
    assert all(PORCH not in entities for entities in about(ledger).values())
    assert DOOR in about(ledger)["answers"] & about(ledger)["implied"] & about(ledger)["rules"]
    assert response["erased"]["answers"] >= 1
    assert response["erased"]["rules"] == 1
    assert response["erased"]["corrections"] == 0
    assert ledger.automatic
    for path in (answers_file(porch), copy_of(porch)):
        assert PORCH not in path.read_text(encoding="utf-8")
        assert DOOR in path.read_text(encoding="utf-8")


async def test_what_was_before_a_time_is_forgotten_and_rules_stay(porch: HomeAssistant, full: MockConfigEntry) -> None:
    now = dt_util.utcnow().timestamp()
    before = dt_util.utc_from_timestamp(now - 150).isoformat()
    response = await call(porch, "erase", before=before)
    ledger = coordinator_of(full).feedback.ledger
    assert (len(ledger.answers), len(ledger.implied), len(ledger.records)) == (0, 2, 2)
    assert len(ledger.rules) == 3
    assert ledger.automatic
    assert response["erased"] == {"open": 0, "answers": 2, "implied": 0, "rules": 0, "records": 0, "corrections": 1}
    assert stored(porch)["data"]["answers"] == []


async def test_everything_is_forgotten(porch: HomeAssistant, full: MockConfigEntry, script: Script) -> None:
    answers_file(porch).with_name("hunches.feedback.left_out").write_text(PORCH, encoding="utf-8")
    script.suspects.clear()
    await call(porch, "erase", all=True)
    ledger = coordinator_of(full).feedback.ledger
    assert not any(about(ledger).values())
    assert (ledger.automatic, coordinator_of(full).feedback.statements) == (False, ())
    assert names(porch) == {"hunches.feedback", "hunches.feedback.copy"}
    for path in (answers_file(porch), copy_of(porch)):
        assert PORCH not in path.read_text(encoding="utf-8")
    script.heard.clear()
    assert await porch.config_entries.async_unload(full.entry_id)
    await settled(porch)
    assert await porch.config_entries.async_setup(full.entry_id)
    await settled(porch)
    assert full.state is ConfigEntryState.LOADED
    assert coordinator_of(full).feedback.ledger.answers == ()
    assert script.heard == []


async def test_the_mind_forgets_too(
    porch: HomeAssistant, full: MockConfigEntry, script: Script, freezer: FrozenDateTimeFactory
) -> None:
    await coordinator_of(full).async_look()
    assert {key for key, _ in script.heard[-1]} == {f"still_on:{PORCH}", f"still_unlocked:{DOOR}"}
    await call(porch, "erase", entity_id=PORCH)
    await coordinator_of(full).async_look()
    assert {key for key, _ in script.heard[-1]} == {f"still_unlocked:{DOOR}"}


async def test_heating_that_is_set_back_is_not_forgotten(porch: HomeAssistant, full: MockConfigEntry) -> None:
    feedback = coordinator_of(full).feedback
    hunch = feedback.ledger.answers[0].hunch
    action = Action("climate", "set_temperature", HALL, 1, (("temperature", 17.0),))
    before = {"state": "heat", "temperature": 21.0}
    record = Record("set back", 5.0, hunch, action, True, before=before, outcome=Outcome.DONE)
    await feedback.async_recorded(record)
    response = await call(porch, "erase", all=True)
    assert feedback.ledger.records == (replace(record, erased=True),)
    assert response["actions_under_way"] == 1


@pytest.mark.parametrize(
    "data", [{}, {"all": False}, {"all": True, "entity_id": PORCH}, {"all": True, "before": "2026-01-01 00:00:00"}]
)
async def test_a_call_says_what_to_erase_in_one_way(
    porch: HomeAssistant, full: MockConfigEntry, data: dict[str, Any]
) -> None:
    before = coordinator_of(full).feedback.ledger
    with pytest.raises(vol.Invalid):
        await call(porch, "erase", **data)
    assert coordinator_of(full).feedback.ledger is before


@pytest.mark.parametrize(("service", "data"), [("export", {}), ("erase", {"all": True})])
async def test_only_administrators(
    porch: HomeAssistant, full: MockConfigEntry, service: str, data: dict[str, Any], hass_read_only_user: MockUser
) -> None:
    before = coordinator_of(full).feedback.ledger
    with pytest.raises(Unauthorized):
        await call(porch, service, Context(user_id=hass_read_only_user.id), **data)
    assert coordinator_of(full).feedback.ledger is before


async def test_a_full_disk_is_told_and_erased_later(
    porch: HomeAssistant, full: MockConfigEntry, script: Script
) -> None:
    script.suspects.clear()
    with full_disk():
        with pytest.raises(HomeAssistantError) as caught:
            await call(porch, "erase", all=True)
        assert caught.value.translation_key == "not_erased"
    await coordinator_of(full).async_look()
    assert PORCH not in answers_file(porch).read_text(encoding="utf-8")
    assert PORCH not in copy_of(porch).read_text(encoding="utf-8")
