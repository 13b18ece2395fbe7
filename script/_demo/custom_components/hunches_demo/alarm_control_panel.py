"""Alarm panels of the demo home."""

from typing import override

from homeassistant.components.alarm_control_panel import (
    AlarmControlPanelEntity,
    AlarmControlPanelEntityFeature,
    AlarmControlPanelState,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import DemoEntity, things_of


class DemoAlarm(DemoEntity, AlarmControlPanelEntity):
    """A panel that is armed and disarmed without a code."""

    _attr_code_arm_required = False
    _attr_supported_features = (
        AlarmControlPanelEntityFeature.ARM_HOME
        | AlarmControlPanelEntityFeature.ARM_AWAY
        | AlarmControlPanelEntityFeature.ARM_NIGHT
    )

    @property
    @override
    def alarm_state(self) -> AlarmControlPanelState | None:
        """Return how it is armed."""
        try:
            return AlarmControlPanelState(self.text)
        except ValueError:
            return None

    @override
    async def async_alarm_disarm(self, code: str | None = None) -> None:
        """Disarm."""
        self.be("disarmed")

    @override
    async def async_alarm_arm_home(self, code: str | None = None) -> None:
        """Arm for staying."""
        self.be("armed_home")

    @override
    async def async_alarm_arm_away(self, code: str | None = None) -> None:
        """Arm for leaving."""
        self.be("armed_away")

    @override
    async def async_alarm_arm_night(self, code: str | None = None) -> None:
        """Arm for the night."""
        self.be("armed_night")


async def async_setup_entry(hass: HomeAssistant, _: ConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add the home's alarm panels."""
    add([DemoAlarm(thing) for thing in things_of(hass, Platform.ALARM_CONTROL_PANEL)])
