"""The map as a picture: this home's devices among the islands of the fleet."""

from datetime import datetime
from typing import Final, override

import numpy as np
from homeassistant.components.image import ImageEntity, ImageEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .coordinator import HunchesCoordinator
from .data import HunchesConfigEntry
from .engine.model import Model
from .entity import HunchesEntity
from .map_picture import Point, draw
from .said import Say, async_say
from .words import name_of

PARALLEL_UPDATES = 0

MAP: Final = ImageEntityDescription(key="map", translation_key="map")


async def async_setup_entry(
    hass: HomeAssistant, entry: HunchesConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the picture."""
    async_add_entities([MapImage(hass, entry.runtime_data.coordinator)])


class MapImage(HunchesEntity, ImageEntity):
    """Drawn when somebody looks at it; new whenever something was learned."""

    _attr_content_type = "image/svg+xml"

    def __init__(self, hass: HomeAssistant, coordinator: HunchesCoordinator) -> None:
        """Draw nothing yet."""
        HunchesEntity.__init__(self, coordinator, MAP)
        ImageEntity.__init__(self, hass)
        self._drawn: tuple[datetime, bytes] | None = None

    @property
    @override
    def image_last_updated(self) -> datetime | None:
        """Return when something was learned last."""
        learned = self.coordinator.data.timing.get("learned")
        return dt_util.parse_datetime(learned) if learned else None

    @override
    async def async_image(self) -> bytes | None:
        """Return the picture; None before anything was learned."""
        if (learned := self.image_last_updated) is None:
            return None
        if self._drawn is None or self._drawn[0] != learned:
            say = await async_say(self.hass)
            points = [
                Point(
                    name_of(self.hass, self.coordinator.home, device["entity_id"]),
                    (device["map"][0], device["map"][1]),
                    device["archetype"]["index"],
                    say.learned(device["archetype"]["title"]),
                )
                for device in await self.coordinator.async_describe()
            ]
            picture = await self.hass.async_add_executor_job(_picture, self.coordinator.model, say, points)
            self._drawn = (learned, picture)
        return self._drawn[1]


def _picture(model: Model, say: Say, devices: list[Point]) -> bytes:
    """Return the picture of devices among the fleet's archetypes; runs in an executor."""
    centres, titles = model.archetypes.centres, [say.learned(title) for title in model.archetypes.titles]
    places = model.place(centres.astype(np.float32)).tolist()
    islands = [Point("", (x, y), k, titles[k]) for k, (x, y) in enumerate(places)]
    return draw(devices, islands)
