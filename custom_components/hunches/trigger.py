"""Triggers of automations: a hunch was raised or answered; everyone fell asleep or woke, left or came back."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, cast, override

import voluptuous as vol
from homeassistant.const import CONF_FOR, CONF_OPTIONS
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.trigger import (
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)
from homeassistant.helpers.typing import ConfigType

from .const import EVENT_ANSWERED, EVENT_RAISED, SIGNAL_CONTEXT
from .engine.hunches import Context, Kind
from .engine.policy import Answer


def _schema(**options: object) -> vol.Schema:
    return vol.Schema({vol.Required(CONF_OPTIONS, default=dict): {vol.Optional(k): v for k, v in options.items()}})


class _HunchTrigger(Trigger):
    """Fires with the bus event of a hunch, if that is of one of the chosen sorts; with none chosen, of any."""

    _event: str
    _field: str
    _schema: vol.Schema

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        return cast("ConfigType", cls._schema(config))

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Keep what was chosen."""
        super().__init__(hass, config)
        self._chosen = frozenset((config.options or {}).get(self._field, ()))

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        @callback
        def on_event(event: Event[dict[str, Any]]) -> None:
            if not self._chosen or event.data[self._field] in self._chosen:
                run_action(dict(event.data), event.data["hunch"], event.context)

        return self._hass.bus.async_listen(self._event, on_event)


class HunchRaisedTrigger(_HunchTrigger):
    """A hunch was raised."""

    _event = EVENT_RAISED
    _field = "kind"
    _schema = _schema(kind=vol.All(cv.ensure_list, [vol.In([str(kind) for kind in Kind])]))


class HunchAnsweredTrigger(_HunchTrigger):
    """A hunch is open no longer."""

    _event = EVENT_ANSWERED
    _field = "answer"
    _schema = _schema(answer=vol.All(cv.ensure_list, [vol.In([str(answer) for answer in Answer])]))


class _HomeTrigger(Trigger):
    """Fires when something about the home has become more likely than not, and has been so for a while."""

    _holds: Callable[[Context], bool]
    _schema: vol.Schema = _schema(**{CONF_FOR: cv.positive_time_period})

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        return cast("ConfigType", cls._schema(config))

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Keep how long it has to hold."""
        super().__init__(hass, config)
        self._key = config.key
        self._for: timedelta = (config.options or {}).get(CONF_FOR) or timedelta()

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        held: bool | None = None
        timer: CALLBACK_TYPE | None = None

        @callback
        def fire(_: datetime | None = None) -> None:
            nonlocal timer
            timer = None
            run_action({CONF_FOR: self._for}, self._key)

        @callback
        def on_context(context: Context | None) -> None:
            nonlocal held, timer
            if context is None:  # nobody watches any more; what had begun begins anew when somebody does
                held = False if timer is not None else None
                stop()
                return
            before, held = held, self._holds(context)
            if not held:
                stop()
            elif before is False:  # not when it is known for the first time: that is no change
                if self._for:
                    timer = async_call_later(self._hass, self._for, fire)
                else:
                    fire()

        @callback
        def stop() -> None:
            nonlocal timer
            if timer is not None:
                timer()
                timer = None

        forget = async_dispatcher_connect(self._hass, SIGNAL_CONTEXT, on_context)

        @callback
        def detach() -> None:
            forget()
            stop()

        return detach


def _home(holds: Callable[[Context], bool]) -> type[Trigger]:
    return type("HomeTrigger", (_HomeTrigger,), {"_holds": lambda self, context: holds(context)})


TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "hunch_raised": HunchRaisedTrigger,
    "hunch_answered": HunchAnsweredTrigger,
    "home_asleep": _home(lambda context: context.p_asleep >= 0.5),
    "home_awake": _home(lambda context: context.p_asleep < 0.5),
    "home_away": _home(lambda context: context.p_away >= 0.5),
    "home_back": _home(lambda context: context.p_away < 0.5),
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers."""
    return TRIGGERS
