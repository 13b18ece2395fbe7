"""The demo home: entities that do as they are told, with a past in the recorder's database."""

from functools import partial
from pathlib import Path

from homeassistant.components import websocket_api
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import label_registry as lr
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_component import DATA_INSTANCES
from homeassistant.helpers.recorder import get_instance
from homeassistant.helpers.typing import ConfigType

from . import probe, reading
from .components import CLASSES
from .const import DOMAIN, FILLED
from .fill import FillTask
from .home import Thing, read_things
from .report import report, watch_set_up

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)

PLATFORMS = (
    Platform.ALARM_CONTROL_PANEL,
    Platform.BINARY_SENSOR,
    Platform.CLIMATE,
    Platform.COVER,
    Platform.DEVICE_TRACKER,
    Platform.FAN,
    Platform.HUMIDIFIER,
    Platform.LIGHT,
    Platform.LOCK,
    Platform.MEDIA_PLAYER,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.VALVE,
)
_HOME_ASSISTANTS_OWN = frozenset({"sun", "zone"})
"""Live states of these domains come from Home Assistant itself; the home only brings their past."""


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Watch the integration, and offer the report."""
    probe.set_up(hass)
    websocket_api.async_register_command(hass, report)
    websocket_api.async_register_command(hass, reading.read)
    async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, partial(watch_set_up, hass))
    return True


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Give the home its past, once, and then its entities."""
    folder = Path(hass.config.config_dir)
    things = await hass.async_add_executor_job(read_things, folder)
    hass.data[DOMAIN] = things
    if not entry.data[FILLED]:
        owner = await hass.auth.async_get_owner()
        done = hass.loop.create_future()
        user = bytes.fromhex(owner.id) if owner else None
        get_instance(hass).queue_task(FillTask(folder, things, user, hass.loop, done))
        await done
        hass.config_entries.async_update_entry(entry, data={**entry.data, FILLED: True})
    domains = {thing.domain for thing in things}
    platforms = [platform for platform in PLATFORMS if platform in domains]
    await hass.config_entries.async_forward_entry_setups(entry, platforms)
    for domain, kind in CLASSES.items():
        if domain in domains:
            await hass.data[DATA_INSTANCES][domain].async_add_entities(
                [kind(thing) for thing in things if thing.domain == domain]
            )
    for thing in things:
        if thing.domain not in {*PLATFORMS, *CLASSES, *_HOME_ASSISTANTS_OWN}:
            hass.states.async_set(thing.entity_id, thing.state, thing.attributes)
        _place(hass, thing)
    return True


@callback
def _place(hass: HomeAssistant, thing: Thing) -> None:
    """Put an entity, or the device it belongs to, into its area, and stick its labels on it."""
    registry = er.async_get(hass)
    if (entity := registry.async_get(thing.entity_id)) is None:
        return
    labels = lr.async_get(hass)
    label_ids = {(labels.async_get_label_by_name(name) or labels.async_create(name)).label_id for name in thing.labels}
    registry.async_update_entity(thing.entity_id, labels=label_ids)
    if thing.area is None:
        return
    area = ar.async_get(hass).async_get_or_create(thing.area)
    if entity.device_id is not None:
        dr.async_get(hass).async_update_device(entity.device_id, area_id=area.id)
    else:
        registry.async_update_entity(thing.entity_id, area_id=area.id)
