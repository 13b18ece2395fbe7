"""The commands of the page. What they answer is made in `page/`; who may do what is checked where it is done.

A refusal carries a text's key, so that the page can say it in the language of whoever looks at it.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any, Final

import voluptuous as vol
from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util.hass_dict import HassKey

from .answers import async_accept, async_reject
from .calls import loaded_coordinator
from .const import DOMAIN
from .coordinator import HunchesCoordinator
from .engine.hunches import Kind
from .engine.policy import Outcome, Verdict
from .errors import AnswerError
from .page.devices import DAYS, Outlooks, async_devices, async_expected, async_timelines
from .page.done import async_done
from .page.fleet_map import async_islands
from .page.now import now_for
from .page.trust import trust
from .page.viewer import Viewer
from .rating import async_rate
from .rights import async_check_administrator
from .ruling import async_rule, async_unrule
from .undo import async_undo

_OUTLOOKS: HassKey[Outlooks] = HassKey(f"{DOMAIN}_outlooks")
_ACCEPT: Final = "accept"
_ALWAYS: Final = "always"
_NOT_NOW: Final = "not_now"
_NEVER: Final = "never"

type _Job = Callable[[HunchesCoordinator, ActiveConnection, dict[str, Any]], Awaitable[Any]]
_COMMANDS: Final[list[Any]] = []


@callback
def async_setup_commands(hass: HomeAssistant) -> None:
    """Register the commands, once for the life of Home Assistant, whether or not an entry is loaded."""
    for command in _COMMANDS:
        websocket_api.async_register_command(hass, command)
    websocket_api.async_register_command(hass, _subscribe)


def _command(name: str, *, optional: Mapping[str, Any] | None = None, **fields: Any) -> Callable[[_Job], _Job]:
    """Make a command of a function that returns what is answered."""
    schema = {
        vol.Required("type"): f"{DOMAIN}/{name}",
        **{vol.Required(field): kind for field, kind in fields.items()},
        **{vol.Optional(field): kind for field, kind in (optional or {}).items()},
    }

    def decorate(job: _Job) -> _Job:
        @websocket_api.websocket_command(schema)
        @websocket_api.async_response
        @wraps(job)
        async def handle(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
            try:
                result = await job(loaded_coordinator(hass), connection, msg)
            except Unauthorized:
                connection.send_error(msg["id"], websocket_api.ERR_UNAUTHORIZED, "Unauthorized")
            except HomeAssistantError as error:  # said to whoever asked; nothing for the log
                connection.send_error(
                    msg["id"],
                    error.translation_key or websocket_api.ERR_HOME_ASSISTANT_ERROR,
                    str(error),
                    translation_domain=error.translation_domain,
                    translation_key=error.translation_key,
                    translation_placeholders=error.translation_placeholders,
                )
            else:
                connection.send_result(msg["id"], result)

        _COMMANDS.append(handle)
        return job

    return decorate


# What is shown


class _Subscription:
    """One open page: told how things stand whenever that changes, over reloads of the entry."""

    def __init__(self, hass: HomeAssistant, connection: ActiveConnection, number: int) -> None:
        self._hass, self._connection, self._number = hass, connection, number
        self._told: dict[str, Any] | None = None
        self._leave: Callable[[], None] = lambda: None
        self._stay = async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._entry_changed)

    @callback
    def follow(self) -> None:
        """Listen to the coordinator there is now, and tell."""
        self._leave()
        coordinator = self._coordinator()
        self._leave = coordinator.async_add_listener(self._changed) if coordinator is not None else lambda: None
        self._changed()

    @callback
    def close(self) -> None:
        """Tell nothing any more."""
        self._stay()
        self._leave()

    @callback
    def _entry_changed(self, _: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.domain == DOMAIN:
            self.follow()

    @callback
    def _coordinator(self) -> HunchesCoordinator | None:
        try:
            return loaded_coordinator(self._hass)
        except HomeAssistantError:
            return None

    @callback
    def _changed(self) -> None:
        coordinator = self._coordinator()
        now = {"loaded": False} if coordinator is None else now_for(coordinator, Viewer(self._connection.user))
        if now != self._told:
            self._told = now
            self._connection.send_event(self._number, now)


@callback
@websocket_api.websocket_command({vol.Required("type"): f"{DOMAIN}/subscribe"})
def _subscribe(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Tell how things stand, now and whenever that changes."""
    subscription = _Subscription(hass, connection, msg["id"])
    connection.subscriptions[msg["id"]] = subscription.close
    connection.send_result(msg["id"])
    subscription.follow()


@_command("devices")
async def _devices(coordinator: HunchesCoordinator, connection: ActiveConnection, msg: dict[str, Any]) -> Any:
    """Answer with what every device is like."""
    return await async_devices(coordinator, Viewer(connection.user))


@_command("timelines", days=vol.In(DAYS))
async def _timelines(coordinator: HunchesCoordinator, connection: ActiveConnection, msg: dict[str, Any]) -> Any:
    """Answer with the on-times of every device."""
    return await async_timelines(coordinator, Viewer(connection.user), msg["days"])


@_command("expected", entity_id=cv.entity_id)
async def _expected(coordinator: HunchesCoordinator, connection: ActiveConnection, msg: dict[str, Any]) -> Any:
    """Answer with what is expected of a device, and what was."""
    outlooks = coordinator.hass.data.setdefault(_OUTLOOKS, Outlooks())
    return await async_expected(coordinator, outlooks, Viewer(connection.user), msg["entity_id"])


@_command("islands")
async def _islands(coordinator: HunchesCoordinator, connection: ActiveConnection, msg: dict[str, Any]) -> Any:
    """Answer with the fleet's map."""
    return await async_islands(coordinator.hass, coordinator.model)


@_command("actions")
async def _actions(coordinator: HunchesCoordinator, connection: ActiveConnection, msg: dict[str, Any]) -> Any:
    """Answer with what was done and would have been, and the rules."""
    return await async_done(coordinator, Viewer(connection.user))


@_command("trust")
async def _trust(coordinator: HunchesCoordinator, connection: ActiveConnection, msg: dict[str, Any]) -> Any:
    """Answer with what speaks for and against letting things be done unasked."""
    return trust(coordinator, Viewer(connection.user))


# What is said


@_command("answer", optional={"shown": [cv.entity_id]}, hunch=str, answer=vol.In((_ACCEPT, _ALWAYS, _NOT_NOW, _NEVER)))
async def _answer(coordinator: HunchesCoordinator, connection: ActiveConnection, msg: dict[str, Any]) -> Any:
    """Answer a hunch, and all that is asked with it; of what was `shown`, where that is said.

    "Never" is a rule that takes an administrator here, as everybody's page offers it.
    """
    context, key, answer, shown = connection.context(msg), msg["hunch"], msg["answer"], msg.get("shown")
    if answer == _NEVER:
        await async_check_administrator(coordinator.hass, context)
    if answer in (_ACCEPT, _ALWAYS):
        question = await async_accept(coordinator, key, context, always=answer == _ALWAYS, shown=shown)
    else:
        question = await async_reject(coordinator, key, context, never=answer == _NEVER, shown=shown)
    # None where there was nothing to do, or left to do
    records = (r for r in reversed(coordinator.feedback.ledger.records) if r.outcome is Outcome.DONE)
    done = next((r.id for r in records if r.hunch in question.hunches), None)
    return {"hunch": key, "entities": question.entity_ids, "answer": answer, "action_id": done}


@_command("undo", optional={"whole": bool}, action_id=str)
async def _undo(coordinator: HunchesCoordinator, connection: ActiveConnection, msg: dict[str, Any]) -> Any:
    """Take back what was done; the `whole` of it: all that the same answer asked for."""
    context, action_id = connection.context(msg), msg["action_id"]
    undone = await async_undo(coordinator, context, action_id=action_id, whole=msg.get("whole", False))
    return {"action_id": action_id, "exactly": all(one.exactly for one in undone)}


@_command("rate", action_id=str, good=bool)
async def _rate(coordinator: HunchesCoordinator, connection: ActiveConnection, msg: dict[str, Any]) -> Any:
    """Say whether what was done unasked was right."""
    record = await async_rate(coordinator, connection.context(msg), msg["action_id"], good=msg["good"])
    return {"action_id": record.id, "outcome": str(record.outcome)}


@_command(
    "rule",
    rule=vol.Coerce(Verdict),
    entity_id=vol.Any(None, cv.entity_id),
    kind=vol.Any(None, vol.Coerce(Kind)),
    remove=bool,
)
async def _rule(coordinator: HunchesCoordinator, connection: ActiveConnection, msg: dict[str, Any]) -> Any:
    """Make a rule, or take one back; that takes an administrator."""
    context, entity_id, kind = connection.context(msg), msg["entity_id"], msg["kind"]
    await async_check_administrator(coordinator.hass, context)
    if entity_id is None and kind is None:
        raise AnswerError("rule_about_nothing")
    change = async_unrule if msg["remove"] else async_rule
    await change(coordinator, context, msg["rule"], entity_id, kind)


@_command("automatic", on=bool)
async def _automatic(coordinator: HunchesCoordinator, connection: ActiveConnection, msg: dict[str, Any]) -> Any:
    """Throw the master switch; that takes an administrator."""
    await async_check_administrator(coordinator.hass, connection.context(msg))
    await coordinator.feedback.async_switched(msg["on"])
    coordinator.show()
