"""What the home is like at this moment: everyone asleep, nobody home, dark; each with its probability."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .data import HunchesConfigEntry
from .engine.hunches import Context
from .entity import HunchesEntity

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class ContextDescription(BinarySensorEntityDescription):
    """A sensor of something in the home's context, and its probability there."""

    probability: Callable[[Context], float]


CONTEXTS: Final = (
    ContextDescription(key="home_asleep", translation_key="home_asleep", probability=lambda context: context.p_asleep),
    ContextDescription(key="home_away", translation_key="home_away", probability=lambda context: context.p_away),
    ContextDescription(key="home_dark", translation_key="home_dark", probability=lambda context: context.p_dark),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: HunchesConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the sensors."""
    coordinator = entry.runtime_data.coordinator
    async_add_entities(ContextSensor(coordinator, description) for description in CONTEXTS)


class ContextSensor(HunchesEntity, BinarySensorEntity):
    """Whether something is more likely than not; unknown before the first look."""

    entity_description: ContextDescription
    _unrecorded_attributes = frozenset({"probability"})

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether it is more likely than not."""
        return None if (p := self._probability()) is None else p >= 0.5

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return how likely it is, in steps of a hundredth: smaller ones tell nothing and fill the recorder."""
        return {"probability": None if (p := self._probability()) is None else round(p, 2)}

    def _probability(self) -> float | None:
        context = self.coordinator.data.context
        return None if context is None else self.entity_description.probability(context)
