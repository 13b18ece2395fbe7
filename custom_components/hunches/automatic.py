"""The actions about what is done without asking: `act`, `undo`, `allow`, `forbid` and `rules`."""

from typing import Any, Final

import voluptuous as vol
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonValueType

from .calls import as_told, async_visible, loaded_coordinator
from .const import DOMAIN
from .coordinator import HunchesCoordinator
from .engine.hunches import Kind
from .engine.policy import Order, Outcome, Record, Rule, Verdict
from .errors import AnswerError
from .ruling import async_rule, async_unrule
from .undo import Undone, async_undo

ATTR_ACTION: Final = "action_id"
ATTR_DRY_RUN: Final = "dry_run"
ATTR_KIND: Final = "kind"
ATTR_REMOVE: Final = "remove"

ACT: Final = vol.Schema({vol.Optional(ATTR_DRY_RUN, default=False): cv.boolean})
UNDO: Final = vol.Schema(
    {vol.Exclusive(ATTR_ENTITY_ID, "which"): cv.entity_id, vol.Exclusive(ATTR_ACTION, "which"): cv.string}
)
RULE: Final = vol.All(
    vol.Schema(
        {
            vol.Optional(ATTR_ENTITY_ID): cv.entity_id,
            vol.Optional(ATTR_KIND): vol.All(vol.In([str(kind) for kind in Kind]), vol.Coerce(Kind)),
            vol.Optional(ATTR_REMOVE, default=False): cv.boolean,
        }
    ),
    cv.has_at_least_one_key(ATTR_ENTITY_ID, ATTR_KIND),
)
RULES: Final = vol.Schema({})


@callback
def async_setup_automatic(hass: HomeAssistant) -> None:
    """Register the actions, once for the life of Home Assistant."""
    for name, job, schema, response in (
        ("act", _async_act, ACT, SupportsResponse.OPTIONAL),
        ("undo", _async_undo, UNDO, SupportsResponse.OPTIONAL),
        ("allow", _async_allow, RULE, SupportsResponse.OPTIONAL),
        ("forbid", _async_forbid, RULE, SupportsResponse.OPTIONAL),
        ("rules", _async_rules, RULES, SupportsResponse.ONLY),
    ):
        hass.services.async_register(DOMAIN, name, job, schema, response)


async def _async_act(call: ServiceCall) -> ServiceResponse:
    """Carry out what is allowed now, or say what would be."""
    coordinator, dry_run = loaded_coordinator(call.hass), call.data[ATTR_DRY_RUN]
    may = await async_visible(call.hass, call.context)
    found = await coordinator.async_act(call.context, may, dry_run=dry_run)
    if found is None:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_ready")
    acting = found.acting
    would = (*acting.shadow, *acting.orders) if dry_run else acting.shadow
    return {
        "dry_run": dry_run,
        "automatic": coordinator.feedback.ledger.automatic,
        "shadow": coordinator.settings.shadow,
        "context": found.scan.context.as_json(),
        "acted": [record_as_json(record) for record in found.tried],
        "would": [_order_as_json(order) for order in would],
        "declined": [
            {"hunch": h.key, "why": why, "p_low": round(h.p_low, 4), **h.as_json()} for h, why in acting.declined
        ],
    }


async def _async_undo(call: ServiceCall) -> ServiceResponse:
    """Restore how a device was before an action."""
    coordinator = loaded_coordinator(call.hass)
    entity_id, action_id = call.data.get(ATTR_ENTITY_ID), call.data.get(ATTR_ACTION)
    try:
        undone = await async_undo(coordinator, call.context, entity_id, action_id)
    except AnswerError as error:
        raise as_told(error) from error
    actions: list[JsonValueType] = [_undone_as_json(one) for one in undone]
    return {**_undone_as_json(undone[0]), "actions": actions}


async def _async_allow(call: ServiceCall) -> ServiceResponse:
    """Let something be done without asking from now on, or no longer."""
    return await _async_rule(call, Verdict.ALLOW)


async def _async_forbid(call: ServiceCall) -> ServiceResponse:
    """Let something neither be asked about nor done from now on, or again."""
    return await _async_rule(call, Verdict.FORBID)


async def _async_rule(call: ServiceCall, verdict: Verdict) -> ServiceResponse:
    coordinator = loaded_coordinator(call.hass)
    entity_id, kind = call.data.get(ATTR_ENTITY_ID), call.data.get(ATTR_KIND)
    change = async_unrule if call.data[ATTR_REMOVE] else async_rule
    try:
        await change(coordinator, call.context, verdict, entity_id, kind)
    except AnswerError as error:
        raise as_told(error) from error
    response = await _async_what_holds(call, coordinator)
    if entity_id is not None and verdict is Verdict.ALLOW:
        response["proven"] = coordinator.proven(entity_id, kind)
    return response


async def _async_rules(call: ServiceCall) -> ServiceResponse:
    """Return the rules that hold and the last actions, of what the caller may control."""
    coordinator = loaded_coordinator(call.hass)
    may = await async_visible(call.hass, call.context)
    records = coordinator.feedback.ledger.records
    shown = [record_as_json(r) for r in reversed(records) if may(r.hunch.entity_id)]
    would = [r for r in records if r.outcome is Outcome.SHADOW and may(r.hunch.entity_id)]
    recorded = {"actions": len(would), "by_hand": sum(r.detail == "by_hand" for r in would)}
    return {**await _async_what_holds(call, coordinator), "recorded": recorded, "actions": shown}


async def _async_what_holds(call: ServiceCall, coordinator: HunchesCoordinator) -> dict[str, Any]:
    may = await async_visible(call.hass, call.context)
    ledger = coordinator.feedback.ledger
    return {
        "automatic": ledger.automatic,
        "shadow": coordinator.settings.shadow,
        "rules": [_rule_as_json(r) for r in ledger.rules if r.entity_id is None or may(r.entity_id)],
    }


def _rule_as_json(rule: Rule) -> dict[str, Any]:
    return {
        "rule": str(rule.verdict),
        "entity_id": rule.entity_id,
        "kind": None if rule.kind is None else str(rule.kind),
        "time": _moment(rule.time),
        "by": rule.by,
    }


def _undone_as_json(undone: Undone) -> dict[str, Any]:
    return {**record_as_json(undone.record), "restored": dict(undone.record.before), "exactly": undone.exactly}


def _order_as_json(order: Order) -> dict[str, Any]:
    hunch = order.hunch
    return {
        "hunch": hunch.key,
        "entity_id": hunch.entity_id,
        "kind": str(hunch.kind),
        "action": order.action.name,
        "data": dict(order.action.data),
        "p_low": round(hunch.p_low, 4),
    }


def record_as_json(record: Record) -> dict[str, Any]:
    """Return an action as the services tell it."""
    failed = record.outcome is Outcome.FAILED
    return {
        "action_id": record.id,
        "time": _moment(record.time),
        "entity_id": record.hunch.entity_id,
        "kind": str(record.hunch.kind),
        "action": record.action.name,
        "data": dict(record.action.data),
        "automatic": record.automatic,
        "by": record.by,
        "reason": record.reason,
        "outcome": str(record.outcome),
        "detail": record.detail or ("failed" if failed else ""),
    }


def _moment(time: float) -> str:
    return dt_util.utc_from_timestamp(time).isoformat(timespec="seconds")
