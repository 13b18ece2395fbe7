"""The page in Home Assistant's sidebar: plain modules for the browser, which are loaded when somebody opens it."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Final

from homeassistant.components import frontend, panel_custom
from homeassistant.components.http import StaticPathConfig
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN

FOLDER: Final = Path(__file__).parent / "panel"
ICON: Final = "mdi:lightbulb-question-outline"
TITLE: Final = "Hunches"
ELEMENT: Final = "hunches-panel"
LEAVE_SECONDS: Final = 10.0
"""How long the page outlives the entry: without it, everybody who looks at it would be sent away by every reload."""
_PLACE: HassKey[str] = HassKey(f"{DOMAIN}_panel")
_LEAVING: HassKey[CALLBACK_TYPE] = HassKey(f"{DOMAIN}_panel_leaving")


async def async_setup_modules(hass: HomeAssistant) -> None:
    """Let the browser fetch the modules of the page, once for the life of Home Assistant.

    Their address holds what they contain, so that an update is never mixed with what a browser kept.
    """
    place = f"/{DOMAIN}_static/{await hass.async_add_executor_job(_version)}"
    await hass.http.async_register_static_paths([StaticPathConfig(place, str(FOLDER), cache_headers=True)])
    hass.data[_PLACE] = place


async def async_show_page(hass: HomeAssistant) -> None:
    """Put the page into the sidebar, for every member of the household."""
    _stay(hass)
    if frontend.async_panel_exists(hass, DOMAIN):
        return
    await panel_custom.async_register_panel(
        hass,
        frontend_url_path=DOMAIN,
        webcomponent_name=ELEMENT,
        sidebar_title=TITLE,
        sidebar_icon=ICON,
        module_url=f"{hass.data[_PLACE]}/panel.js",
    )


@callback
def async_leave_soon(hass: HomeAssistant) -> None:
    """Take the page out of the sidebar, unless it is shown again within seconds."""

    @callback
    def leave(_: datetime) -> None:
        async_remove_page(hass)

    _stay(hass)
    job = HassJob(leave, f"{DOMAIN} page", cancel_on_shutdown=True)
    hass.data[_LEAVING] = async_call_later(hass, LEAVE_SECONDS, job)


@callback
def async_remove_page(hass: HomeAssistant) -> None:
    """Take the page out of the sidebar."""
    _stay(hass)
    frontend.async_remove_panel(hass, DOMAIN, warn_if_unknown=False)


@callback
def _stay(hass: HomeAssistant) -> None:
    if (leaving := hass.data.pop(_LEAVING, None)) is not None:
        leaving()


def _version() -> str:
    """Return what tells these modules from those of any other version."""
    found = hashlib.sha256()
    for file in sorted(FOLDER.glob("*.js")):
        found.update(file.name.encode() + b"\0" + file.read_bytes())
    return found.hexdigest()[:12]
