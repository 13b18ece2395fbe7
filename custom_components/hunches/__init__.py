"""Hunches: says what seems to have been forgotten at home, and does it with one tap."""

from homeassistant.const import EVENT_HOMEASSISTANT_STOP, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryError, ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.typing import ConfigType

from . import feedback, proof
from .actions import async_leave
from .const import CONF_PHONES, DOMAIN, LOGGER, SIGNAL_CONTEXT
from .coordinator import HunchesCoordinator
from .data import HunchesConfigEntry, HunchesData
from .engine.model import ASSETS, AssetError, Model
from .frontend import async_leave_soon, async_remove_page, async_setup_modules, async_show_page
from .history import LongMemory
from .news import News
from .own_thread import OwnThread, async_own_thread
from .phones import EVENT_TAPPED, Phones, async_withdraw, phones_of
from .services import async_setup_services
from .voice import Voice
from .websocket_api import async_setup_commands

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
PLATFORMS = (
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.IMAGE,
    Platform.SENSOR,
    Platform.SWITCH,
)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions and the commands of the page, whether or not an entry is loaded."""
    async_setup_services(hass)
    async_setup_commands(hass)
    await async_setup_modules(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: HunchesConfigEntry) -> bool:
    """Load the model and what was answered; everything slow waits until Home Assistant has started."""
    thread = OwnThread(hass)
    entry.async_on_unload(thread.async_close)
    entry.async_on_unload(hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, thread.async_close))
    try:
        model = await thread.run(Model.load, ASSETS)
    except AssetError as error:
        raise ConfigEntryError(
            translation_domain=DOMAIN,
            translation_key="broken_asset",
            translation_placeholders={"reason": str(error)},
        ) from error
    memory = feedback.Feedback(hass)
    await memory.async_load()
    coordinator = HunchesCoordinator(hass, entry, thread, model, memory)
    await coordinator.proof.async_load()
    news = News(coordinator)
    voice = Voice(hass, entry, coordinator)
    entry.runtime_data = HunchesData(coordinator, news, voice)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    await async_show_page(hass)
    entry.async_on_unload(lambda: async_leave_soon(hass))
    # After the entities, so that what they show is up to date when the news is told
    entry.async_on_unload(coordinator.async_add_listener(news.async_update))
    phones = Phones(hass, entry, coordinator)
    entry.async_on_unload(news.async_listen(voice.on_piece))
    for listener in (phones.async_update, voice.async_update):
        entry.async_on_unload(coordinator.async_add_listener(listener))
    entry.async_on_unload(hass.bus.async_listen(EVENT_TAPPED, phones.on_tap))
    entry.async_on_unload(coordinator.following.listen_for_deletions())
    entry.async_on_unload(async_at_started(hass, coordinator.async_start))
    return True


async def async_unload_entry(hass: HomeAssistant, entry: HunchesConfigEntry) -> bool:
    """Stop, and leave nothing behind; who disables the entry has nobody who would bring heating back later."""
    unloaded = await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
    if unloaded:
        await (coordinator := entry.runtime_data.coordinator).async_stop()
        async_dispatcher_send(hass, SIGNAL_CONTEXT, None)
        if entry.disabled_by is not None:
            for record in await async_leave(hass, coordinator.feedback.ledger):
                await coordinator.feedback.async_recorded(record)  # else it would be brought back again when enabled
    return unloaded


async def async_remove_entry(hass: HomeAssistant, entry: HunchesConfigEntry) -> None:
    """Forget every answer and all that was learned, once heating is back where it was."""
    async_remove_page(hass)
    memory = feedback.Feedback(hass)
    try:
        await memory.async_load()
    except ConfigEntryNotReady:
        LOGGER.debug("What was done cannot be read, so that nothing is brought back", exc_info=True)
    memory.catch_up()
    await async_leave(hass, memory.ledger)
    keys = [hunch.key for hunch in memory.ledger.open]  # whichever of them leads a question
    await async_withdraw(hass, list(phones_of(hass, entry.options.get(CONF_PHONES, ()))), keys)
    await feedback.async_remove(hass)
    async with async_own_thread(hass) as thread:
        await LongMemory(hass, thread).async_remove()
    await proof.async_remove(hass)
