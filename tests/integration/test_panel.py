"""The page in the sidebar: there while the entry is loaded, its modules fetched only when it is opened."""

from __future__ import annotations

import json
import re

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.frontend import DATA_PANELS
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hunches.const import DOMAIN, Stage
from custom_components.hunches.engine.policy import Outcome, Verdict
from custom_components.hunches.frontend import ELEMENT, FOLDER, LEAVE_SECONDS

from .conftest import SetUp, later


async def test_it_is_there_while_the_entry_is_loaded(
    porch: HomeAssistant, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    panel = porch.data[DATA_PANELS][DOMAIN]
    assert (panel.sidebar_title, panel.require_admin, panel.config_panel_domain) == ("Hunches", False, None)
    assert await porch.config_entries.async_reload(entry.entry_id)
    await later(porch, freezer, LEAVE_SECONDS + 1)
    assert porch.data[DATA_PANELS][DOMAIN] is panel  # nobody was sent away by that
    assert await porch.config_entries.async_unload(entry.entry_id)
    await later(porch, freezer, LEAVE_SECONDS + 1)
    assert DOMAIN not in porch.data[DATA_PANELS]
    assert await porch.config_entries.async_setup(entry.entry_id)
    assert DOMAIN in porch.data[DATA_PANELS]
    assert await porch.config_entries.async_remove(entry.entry_id)
    assert DOMAIN not in porch.data[DATA_PANELS]


async def test_every_module_can_be_fetched_and_is_kept_by_browsers(
    porch: HomeAssistant, set_up: SetUp, hass_client_no_auth: ClientSessionGenerator
) -> None:
    await set_up()
    custom = porch.data[DATA_PANELS][DOMAIN].config["_panel_custom"]
    assert custom["name"] == ELEMENT
    client = await hass_client_no_auth()
    place, _, first = custom["module_url"].rpartition("/")
    waiting, fetched = [first], dict[str, str]()
    while waiting:
        name = waiting.pop()
        answer = await client.get(f"{place}/{name}")
        assert answer.status == 200, name
        assert "max-age" in answer.headers["Cache-Control"]
        assert "javascript" in answer.headers["Content-Type"]
        fetched[name] = await answer.text()
        imported = re.findall(r'^import .* from "\./([^"]+)"', fetched[name], re.MULTILINE)
        waiting += [module for module in imported if module not in (*fetched, *waiting)]
    assert set(fetched) == {file.name for file in FOLDER.glob("*.js")}
    # Nothing comes from elsewhere, and what people typed is text
    for name, text in fetched.items():
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text), name
        assert not re.search(r"https?://(?!www\.w3\.org/)", text), name


async def test_nothing_of_it_is_loaded_with_other_pages(porch: HomeAssistant, set_up: SetUp) -> None:
    await async_setup_component(porch, "frontend", {})
    await set_up()
    assert not any(DOMAIN in url for url in porch.data["frontend_extra_module_url"].urls)


FAMILIES = {
    "view": ("now", "devices", "map", "actions", "trust"),
    "column": (
        *("device", "what", "chance", "why_not", "hour", "expected", "was", "right", "answers"),
        *("area", "archetype", "on_time", "interval", "saved", "allowed"),
    ),
    "headline": ("right", "false_a_week", "saved", "acted"),
    "by": ("archetype", "on_time"),
    "said": tuple(f"{word}_{form}" for word in ("accept", "always", "not_now", "never") for form in ("one", "other")),
    "outcome": tuple(Outcome),
    "rule": tuple(Verdict),
    "never": ("not_safe", "only_when_asked"),
    **dict.fromkeys(
        ("did", "would", "could_not"), ("turn_off", "turn_on", "close_cover", "close_valve", "lock", "set_temperature")
    ),
    "declined": (
        *("unlikely", "never", "excluded", "not_safe", "not_proposable", "unknown_entity", "moot", "starting"),
        *("quiet_hours", "not_sustained", "undone", "rejected", "cool_down", "too_many_open", "too_many_today"),
        *("carried_out", "seldom_answered", "too_new", "asked"),
    ),
}
"""Texts whose keys are put together when they are shown, by what they begin with."""


def test_every_text_exists_and_is_used() -> None:
    texts = json.loads((FOLDER.parent / "translations" / "en.json").read_text(encoding="utf-8"))
    there = {key.removeprefix("page_") for key in texts["common"] if key.startswith("page_")}
    source = "".join(file.read_text(encoding="utf-8") for file in FOLDER.glob("*.js"))
    plain, counted, made = set[str](), set[str](), set[str]()
    for call in re.finditer(r"texts\.([tn])\((?=(.*))", source):
        first = re.split(r",|\)", call[2])[0]
        made |= set(re.findall(r"`(\w+)_\$\{", first))
        (plain if call[1] == "t" else counted).update(re.findall(r'"([a-z_]+)"', first))
    plain |= set(re.findall(r'\bt\("([a-z_]+)"', source))
    plain |= {"away", "asleep", "dark"}
    made |= {"did", "would", "could_not"}  # named a line above
    assert made == set(FAMILIES)
    wanted = plain | {f"{key}_{form}" for key in counted for form in ("one", "other")}
    wanted |= {f"{family}_{member}" for family, members in FAMILIES.items() for member in members}
    assert wanted == there
    for stage in Stage:
        assert str(stage) in texts["entity"]["sensor"]["open_hunches"]["state_attributes"]["stage"]["state"]


def test_every_reason_of_the_policy_has_its_text() -> None:
    source = (FOLDER.parent / "engine" / "policy" / "showing.py").read_text(encoding="utf-8")
    words = set(re.findall(r'(?:return|why =|else|,) "([a-z_]+)"', source))
    assert words - {"carried_out"} <= set(FAMILIES["declined"])
