"""The view "Automatic actions": what was done and why, what would have been, and the rules that hold."""

from typing import Any, Final

from ..coordinator import HunchesCoordinator
from ..engine.policy import Outcome, Record, Rule
from ..rating import RATABLE, ratings
from ..undo import can_be_undone
from ..words import name_of, summary_of
from .viewer import Viewer

MOST_ACTIONS: Final = 200
"""Rows of one answer: with the longest reasons and names it stays well under what a page should load at once."""


async def async_done(coordinator: HunchesCoordinator, viewer: Viewer) -> dict[str, Any]:
    """Return what was done and would have been, the last first, and the rules, of what a viewer may see."""
    ledger = coordinator.feedback.ledger
    records = [r for r in reversed(ledger.records) if viewer.may_see(r.hunch.entity_id)]
    shadows = [r for r in records if r.outcome is Outcome.SHADOW]
    given = ratings(ledger)
    users = {user.id: user.name for user in await coordinator.hass.auth.async_get_users()}
    return {
        "admin": viewer.is_admin,
        "automatic": ledger.automatic,
        "shadow": coordinator.settings.shadow,
        "would": {"actions": len(shadows), "by_hand": sum(r.detail == "by_hand" for r in shadows)},
        "actions": [
            {**record_for(coordinator, r, viewer, given.get(r.id)), "by": users.get(r.by or "")}
            for r in records[:MOST_ACTIONS]
        ],
        "more": max(len(records) - MOST_ACTIONS, 0),
        "rules": [
            {**_rule(coordinator, rule), "by": users.get(rule.by or "")}
            for rule in ledger.rules
            if rule.entity_id is None or viewer.may_see(rule.entity_id)
        ],
    }


def record_for(coordinator: HunchesCoordinator, record: Record, viewer: Viewer, rated: bool | None) -> dict[str, Any]:
    """Return an action as a viewer sees it. `rated`: whether somebody called it right, None if nobody said."""
    key = record.hunch.entity_id
    may_control = viewer.may_control(key)
    return {
        "id": record.id,
        "time": round(record.time),
        "entity_id": key,
        "name": name_of(coordinator.hass, coordinator.home, key),
        "kind": str(record.hunch.kind),
        "action": record.action.service,
        "data": dict(record.action.data),
        "automatic": record.automatic,
        "reason": [said.as_data() for said in summary_of(record.hunch, record.time)],
        "outcome": str(record.outcome),
        "detail": record.detail,
        "rated": rated,
        "may_undo": may_control and can_be_undone(coordinator, record),
        "may_rate": may_control and record.automatic and record.outcome in RATABLE,
    }


def _rule(coordinator: HunchesCoordinator, rule: Rule) -> dict[str, Any]:
    return {
        "rule": str(rule.verdict),
        "entity_id": rule.entity_id,
        "name": None if rule.entity_id is None else name_of(coordinator.hass, coordinator.home, rule.entity_id),
        "kind": None if rule.kind is None else str(rule.kind),
        "time": round(rule.time),
    }
