"""The page in the sidebar: there while the entry is loaded, its modules fetched only when it is opened."""

from __future__ import annotations

import re

from homeassistant.components.frontend import DATA_PANELS
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hunches.const import DOMAIN
from custom_components.hunches.frontend import ELEMENT, FOLDER

from .conftest import SetUp


async def test_it_is_there_while_the_entry_is_loaded(porch: HomeAssistant, set_up: SetUp) -> None:
    entry = await set_up()
    panel = porch.data[DATA_PANELS][DOMAIN]
    assert (panel.sidebar_title, panel.require_admin, panel.config_panel_domain) == ("Hunches", False, None)
    for _ in range(2):
        assert await porch.config_entries.async_unload(entry.entry_id)
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
        waiting += [m for m in re.findall(r'from "\./([^"]+)"', fetched[name]) if m not in (*fetched, *waiting)]
    assert set(fetched) == {file.name for file in FOLDER.glob("*.js")}
    # Nothing comes from elsewhere, and what people typed is text
    for name, text in fetched.items():
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text), name
        assert not re.search(r"https?://(?!www\.w3\.org/)", text), name


async def test_nothing_of_it_is_loaded_with_other_pages(porch: HomeAssistant, set_up: SetUp) -> None:
    await async_setup_component(porch, "frontend", {})
    await set_up()
    assert not any(DOMAIN in url for url in porch.data["frontend_extra_module_url"].urls)
