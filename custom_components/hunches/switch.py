"""The master switch of everything that is done without asking: off until somebody turns it on."""

from typing import Any, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .data import HunchesConfigEntry
from .entity import HunchesEntity
from .rights import async_check_administrator

PARALLEL_UPDATES = 0

AUTOMATIC = SwitchEntityDescription(
    key="automatic_actions", translation_key="automatic_actions", entity_category=EntityCategory.CONFIG
)


async def async_setup_entry(
    hass: HomeAssistant, entry: HunchesConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the switch."""
    async_add_entities([AutomaticActions(entry.runtime_data.coordinator, AUTOMATIC)])


class AutomaticActions(HunchesEntity, SwitchEntity):
    """Whether anything may be done without asking. Kept with the rules, at once: a crash must not turn it on again."""

    _unrecorded_attributes = frozenset({"shadow", "failed"})

    @property
    @override
    def is_on(self) -> bool:
        """Return whether it is on."""
        return self.coordinator.feedback.ledger.automatic

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return whether actions are only recorded, and which devices did not do as told."""
        return {
            "shadow": self.coordinator.settings.shadow,
            "failed": [record.hunch.entity_id for record in self.coordinator.actions.failures()],
        }

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Let be done what is allowed. To turn it on takes an administrator; to turn it off, nobody in particular."""
        await async_check_administrator(self.hass, self._context or Context())
        await self._async_switch(automatic=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Let nothing be done; heating that is set back comes back when people do."""
        await self._async_switch(automatic=False)

    async def _async_switch(self, *, automatic: bool) -> None:
        await self.coordinator.feedback.async_switched(automatic)
        self.coordinator.show()
