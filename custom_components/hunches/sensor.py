"""How many hunches are open and were right, what was done today, how far things are, and what devices are like."""

from datetime import datetime
from typing import Any, Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import PERCENTAGE, EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .const import ENOUGH_DAYS, Stage
from .data import HunchesConfigEntry
from .engine.localtime import DAY
from .engine.policy import Outcome
from .engine.wilson import wilson
from .entity import HunchesEntity
from .feedback import verdicts
from .portraits import async_setup_portraits

PARALLEL_UPDATES = 0

OPEN: Final = SensorEntityDescription(
    key="open_hunches", translation_key="open_hunches", state_class=SensorStateClass.MEASUREMENT
)
PRECISION: Final = SensorEntityDescription(
    key="precision",
    translation_key="precision",
    state_class=SensorStateClass.MEASUREMENT,
    native_unit_of_measurement=PERCENTAGE,
    suggested_display_precision=0,
    entity_category=EntityCategory.DIAGNOSTIC,
)
ACTIONS: Final = SensorEntityDescription(
    key="actions_today", translation_key="actions_today", state_class=SensorStateClass.TOTAL
)
LITTLE_HISTORY: Final = "little_history"
STATUS: Final = SensorEntityDescription(
    key="status",
    translation_key="status",
    device_class=SensorDeviceClass.ENUM,
    options=[*map(str, Stage), LITTLE_HISTORY],
    entity_category=EntityCategory.DIAGNOSTIC,
)

PRECISION_DAYS: Final = 30
"""Over how many days hunches are counted: long enough for some tens, short enough to show what was learned."""
_DID: Final = frozenset({Outcome.DONE, Outcome.UNDONE, Outcome.RESTORED, Outcome.SUPERSEDED})
"""Outcomes of actions that did something."""


async def async_setup_entry(
    hass: HomeAssistant, entry: HunchesConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the sensors, and one for each device as soon as devices are known."""
    coordinator = entry.runtime_data.coordinator
    async_add_entities(
        [
            OpenHunches(coordinator, OPEN),
            Precision(coordinator, PRECISION),
            ActionsToday(coordinator, ACTIONS),
            StatusSensor(coordinator, STATUS),
        ]
    )
    async_setup_portraits(entry, async_add_entities)


class OpenHunches(HunchesEntity, SensorEntity):
    """The number of open hunches, of which those that are asked as one count once."""

    _unrecorded_attributes = frozenset({"stage", "reason", "progress", "entities", "questions", "backtest"})

    @property
    @override
    def native_value(self) -> int:
        """Return how many are open."""
        return len(self.coordinator.data.questions)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return how far things are and which entities the open hunches are about."""
        status = self.coordinator.data
        return {
            "stage": str(status.stage),
            "reason": status.reason,
            "progress": round(100 * status.done / status.total) if status.total else None,
            "entities": [hunch.entity_id for hunch in status.open],
            "questions": [list(question.entity_ids) for question in status.questions],
            "backtest": status.proving,
        }


class Precision(HunchesEntity, SensorEntity):
    """The share of the last weeks' hunches that were right, of those of which it is known."""

    _unrecorded_attributes = frozenset({"right", "wrong", "low", "high"})

    @property
    @override
    def native_value(self) -> float | None:
        """Return the share in percent, None while nothing is known."""
        right, of = self._counted()
        return 100.0 * right / of if of else None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return the counts, and between what the true share lies 95 times in 100, in percent."""
        right, of = self._counted()
        _, low, high = wilson(right, of) if of else (0.0, 0.0, 1.0)
        return {"right": right, "wrong": of - right, "low": round(100 * low), "high": round(100 * high)}

    def _counted(self) -> tuple[int, int]:
        since = dt_util.utcnow().timestamp() - PRECISION_DAYS * DAY
        heard = [one.yes for one in verdicts(self.coordinator.feedback.ledger) if one.hunch.time >= since]
        return sum(heard), len(heard)


class ActionsToday(HunchesEntity, SensorEntity):
    """The number of actions since midnight, by the home's clock."""

    _unrecorded_attributes = frozenset({"without_asking", "undone", "would_have"})

    @property
    @override
    def native_value(self) -> int:
        """Return how many there were."""
        return sum(self._counted(_DID))

    @property
    @override
    def last_reset(self) -> datetime:
        """Return when counting began."""
        return dt_util.start_of_local_day()

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return how many of them nobody was asked about, were taken back, and would have been done in earnest."""
        automatic = self._counted(_DID, automatic=True)
        return {
            "without_asking": sum(automatic),
            "undone": sum(self._counted({Outcome.UNDONE})),
            "would_have": sum(self._counted({Outcome.SHADOW})),
        }

    def _counted(self, outcomes: set[Outcome] | frozenset[Outcome], *, automatic: bool = False) -> list[bool]:
        since = self.last_reset.timestamp()
        records = (r for r in self.coordinator.feedback.ledger.records if r.time >= since)
        return [r.outcome in outcomes and (r.automatic or not automatic) for r in records]


class StatusSensor(HunchesEntity, SensorEntity):
    """How far things are; with little history, that it is little, and when it will be enough."""

    _unrecorded_attributes = frozenset({"reason", "progress", "devices", "evidence", "history_days", "enough_on"})

    @property
    @override
    def native_value(self) -> str:
        """Return the stage, or that there is little to go by."""
        status = self.coordinator.data
        if status.stage is Stage.READY and self._days() < ENOUGH_DAYS:
            return LITTLE_HISTORY
        return str(status.stage)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return what is behind it; `enough_on`: when habits will be known."""
        status = self.coordinator.data
        return {
            "reason": status.reason,
            "progress": round(100 * status.done / status.total) if status.total else None,
            "devices": status.devices,
            "evidence": status.evidence,
            "history_days": round(self._days(), 1),
            "enough_on": None if status.enough is None else dt_util.utc_from_timestamp(status.enough),
        }

    def _days(self) -> float:
        since, now = self.coordinator.data.since, dt_util.utcnow().timestamp()
        return 0.0 if since is None else max((now - since) / DAY, 0.0)
