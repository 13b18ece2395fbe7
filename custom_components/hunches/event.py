"""The latest of what happened: a hunch that was raised or answered, an action that was done or taken back."""

from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .data import HunchesConfigEntry
from .entity import HunchesEntity
from .news import News, Piece, What

PARALLEL_UPDATES = 0

HUNCH: Final = EventEntityDescription(key="hunch", translation_key="hunch", event_types=[str(what) for what in What])


async def async_setup_entry(
    hass: HomeAssistant, entry: HunchesConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the entity."""
    data = entry.runtime_data
    entity = HunchEvent(data.coordinator, HUNCH)
    entity.news = data.news
    async_add_entities([entity])


class HunchEvent(HunchesEntity, EventEntity):
    """Tells each piece of news."""

    news: News

    @override
    async def async_added_to_hass(self) -> None:
        """Listen."""
        await super().async_added_to_hass()
        self.async_on_remove(self.news.async_listen(self._on_piece))

    @callback
    def _on_piece(self, piece: Piece) -> None:
        self._trigger_event(str(piece.what), piece.as_data())
        self.async_write_ha_state()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Do nothing: only news changes it."""
