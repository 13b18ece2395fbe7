"""Two buttons: look now, and take back the last action."""

from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .calls import as_told
from .const import DOMAIN
from .data import HunchesConfigEntry
from .entity import HunchesEntity
from .errors import AnswerError
from .undo import async_undo

PARALLEL_UPDATES = 0

SCAN: Final = ButtonEntityDescription(key="scan", translation_key="scan")
UNDO: Final = ButtonEntityDescription(key="undo", translation_key="undo")


async def async_setup_entry(
    hass: HomeAssistant, entry: HunchesConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the buttons."""
    coordinator = entry.runtime_data.coordinator
    async_add_entities([ScanButton(coordinator, SCAN), UndoButton(coordinator, UNDO)])


class ScanButton(HunchesEntity, ButtonEntity):
    """Looks at the home now."""

    @override
    async def async_press(self) -> None:
        """Look, and show what there is."""
        if await self.coordinator.async_look() is None:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_ready")


class UndoButton(HunchesEntity, ButtonEntity):
    """Takes back the last action that the person who presses it may take back."""

    @override
    async def async_press(self) -> None:
        """Restore how the device was before."""
        try:
            await async_undo(self.coordinator, self._context or Context())
        except AnswerError as error:
            raise as_told(error) from error
