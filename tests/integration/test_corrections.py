"""What people state about the household: kept, told to the mind, replaced, forgotten."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
import voluptuous as vol
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.hunches.const import DOMAIN
from custom_components.hunches.corrections import MAX_CORRECTIONS, STATES
from custom_components.hunches.diagnostics import async_get_config_entry_diagnostics
from custom_components.hunches.engine.context_filter import Correction

from .conftest import Script, SetUp, coordinator_of, later, settled
from .stored import store, stored

NOON = datetime(2026, 11, 20, 12, 0)  # noqa: DTZ001 (local, as people say it)
NOW = NOON + timedelta(hours=12)


@pytest.fixture(autouse=True)
async def midnight_in_berlin(script: Script, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Let it be the end of a day."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to(dt_util.as_utc(NOW))


def at(hour: float) -> datetime:
    """Return a moment of that day; local, without a time zone."""
    return NOON + timedelta(hours=hour - 12)


def seconds(hour: float) -> float:
    return dt_util.as_utc(at(hour)).timestamp()


async def correct(
    hass: HomeAssistant, state: str, start: float, end: float | None, context: Context | None = None
) -> Any:
    data: dict[str, object] = {"state": state, "start": at(start)}
    if end is not None:
        data["end"] = at(end).isoformat()
    response = await hass.services.async_call(
        DOMAIN, "correct", data, blocking=True, return_response=True, context=context
    )
    await settled(hass)
    return response


def said(entry: MockConfigEntry) -> list[tuple[str, float, float]]:
    """Return what is kept: label and hours of that day."""
    return [
        (c.label, (c.start - seconds(0)) / 3600, (c.end - seconds(0)) / 3600)
        for c in coordinator_of(entry).feedback.corrections
    ]


async def test_is_kept_and_told_to_the_mind_at_once(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    await set_up()
    assert script.said[-1] == ()
    user = MockUser().add_to_hass(porch)
    response = await correct(porch, "away", 8, 17.5, Context(user_id=user.id))
    assert response == {
        "state": "away",
        "start": "2026-11-20T07:00:00+00:00",
        "end": "2026-11-20T16:30:00+00:00",
        "corrections": 1,
    }
    expected = Correction(seconds(8), seconds(17.5), "away", seconds(24))
    assert script.said[-1] == (expected,)
    kept = stored(porch)
    assert (kept["version"], kept["minor_version"]) == (1, 5)
    assert kept["data"]["corrections"] == [
        {"start": seconds(8), "end": seconds(17.5), "label": "away", "stated": seconds(24), "by": user.id}
    ]


async def test_lasts_until_now_if_no_end_is_said(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    await correct(porch, "asleep", 22, None)
    assert said(entry) == [("asleep", 22, 24)]


async def test_survives_a_restart(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    await correct(porch, "away", 8, 17)
    before = coordinator_of(entry).feedback.statements
    assert await porch.config_entries.async_unload(entry.entry_id)
    script.said.clear()
    assert await porch.config_entries.async_setup(entry.entry_id)
    await settled(porch)
    assert coordinator_of(entry).feedback.statements == before
    assert script.said[0] == (before[0].correction,), "a mind is made with what was stated before"


async def test_can_be_said_before_anything_is_learned(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    coordinator_of(entry).mind = None
    await correct(porch, "home", 8, 17)
    assert said(entry) == [("home", 8, 17)]


async def test_the_newest_holds(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    await correct(porch, "away", 8, 17)
    await later(porch, freezer, 60)
    await correct(porch, "awake", 12, 13)
    assert said(entry) == [("away", 8, 12), ("away", 13, 17), ("awake", 12, 13)]
    await correct(porch, "asleep", 8, 13)
    assert said(entry) == [("away", 13, 17), ("asleep", 8, 13)]
    await correct(porch, "away", 8, 13)
    assert said(entry) == [("away", 13, 17), ("away", 8, 13)]


async def test_is_forgotten(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    await correct(porch, "away", 8, 12)
    await correct(porch, "asleep", 13, 15)
    assert (await correct(porch, "forget", 11, 14))["corrections"] == 2
    assert said(entry) == [("away", 8, 11), ("asleep", 14, 15)]
    assert len(script.said[-1]) == 2
    data = {"state": "forget", "start": "0001-01-01 00:00:00"}  # further back than anything can be stated
    await porch.services.async_call(DOMAIN, "correct", data, blocking=True)
    await settled(porch)
    assert script.said[-1] == ()
    assert stored(porch)["data"]["corrections"] == []


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        (23, 24.1, "in_the_future"),
        (25, None, "too_short"),
        (12, 11, "too_short"),
        (12, 12, "too_short"),
        (12, 12.05, "too_short"),
        (-24 * 28, 12, "too_long_ago"),
    ],
)
async def test_makes_sense_or_is_refused(
    porch: HomeAssistant, script: Script, set_up: SetUp, start: float, end: float | None, reason: str
) -> None:
    entry = await set_up()
    with pytest.raises(ServiceValidationError) as caught:
        await correct(porch, "away", start, end)
    assert caught.value.translation_key == reason
    assert "{" not in str(caught.value)
    assert not said(entry)


async def test_what_can_be_said(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    for hour, state in enumerate(STATES):
        await correct(porch, state, hour, hour + 1)
    assert [label for label, _, _ in said(entry)] == list(STATES)
    with pytest.raises(vol.Invalid):
        await correct(porch, "upstairs", 1, 2)
    assert await porch.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError) as caught:
        await correct(porch, "away", 1, 2)
    assert caught.value.translation_key == "not_loaded"


async def test_an_older_file_and_unreadable_rows(
    porch: HomeAssistant,
    script: Script,
    set_up: SetUp,
    caplog: pytest.LogCaptureFixture,
) -> None:
    file = {"version": 1, "minor_version": 1, "key": "hunches.feedback"}
    store(porch, {**file, "data": {"open": [], "answers": [], "raised": [[seconds(20), "x"]]}})
    entry = await set_up()
    assert "cannot be read" not in caplog.text
    assert coordinator_of(entry).feedback.ledger.raised[0] == (seconds(20), "x")
    assert not said(entry)
    assert await porch.config_entries.async_unload(entry.entry_id)

    good = {"start": seconds(8), "end": seconds(9), "label": "away", "stated": seconds(10), "by": None}
    rows = [good, None, {}, {**good, "label": "upstairs"}, {**good, "end": 0.0}, {**good, "start": "noon"}]
    store(porch, {**file, "minor_version": 2, "data": {"corrections": rows}})
    assert await porch.config_entries.async_setup(entry.entry_id)
    await settled(porch)
    assert "5 of the stored hunches, answers and corrections cannot be read" in caplog.text
    assert said(entry) == [("away", 8, 9)]


async def test_the_oldest_go(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    row = {"label": "away", "stated": seconds(10), "by": None}
    starts = [seconds(-300 + hour) for hour in range(MAX_CORRECTIONS)]
    rows = [{"start": start, "end": start + 600, **row} for start in starts]
    file = {"version": 1, "minor_version": 2, "key": "hunches.feedback"}
    store(porch, {**file, "data": {"corrections": rows}})
    entry = await set_up()
    assert (await correct(porch, "asleep", 1, 7))["corrections"] == MAX_CORRECTIONS
    kept = coordinator_of(entry).feedback.corrections
    assert (kept[0].start, kept[-1].label) == (starts[1], "asleep")


async def test_diagnostics_only_count_them(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    user = MockUser().add_to_hass(porch)
    await correct(porch, "away", 8, 17, Context(user_id=user.id))
    found = await async_get_config_entry_diagnostics(porch, entry)
    assert found["corrections"] == 1
    text = json.dumps(found)
    assert user.id not in text
    assert str(seconds(8)) not in text
