"""The view "Now": open questions and what they rest on, how the home stands, what was just done, how far things are."""

from typing import Any, Final

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..coordinator import HunchesCoordinator
from ..engine.hunches import Hunch
from ..engine.policy import Outcome, never_automatic
from ..sayings import why
from ..words import name_of, proof_of
from .done import record_for
from .viewer import Viewer

_RECENT_SECONDS: Final = 6 * 3600.0
"""How long what was done can be taken back from this view; the view of actions has all of it."""
_MOST_RECENT: Final = 5
_MOST_DECLINED: Final = 12


@callback
def now_for(coordinator: HunchesCoordinator, viewer: Viewer) -> dict[str, Any]:
    """Return what a viewer sees of this moment."""
    status, ledger = coordinator.data, coordinator.feedback.ledger
    now = dt_util.utcnow().timestamp()
    context, asked = status.context, [q for one in coordinator.questions if (q := one.of(viewer.may_see)) is not None]
    recent = [
        record
        for record in reversed(ledger.records)
        if record.outcome not in (Outcome.SHADOW, Outcome.STARTED)
        and 0 <= now - record.time < _RECENT_SECONDS
        and viewer.may_see(record.hunch.entity_id)
    ]
    return {
        "loaded": True,
        "admin": viewer.is_admin,
        "stage": str(status.stage),
        "reason": status.reason,
        "done": status.done,
        "total": status.total,
        "devices": status.devices,
        "evidence": status.evidence,
        "proving": status.proving,
        "since": None if status.since is None else round(status.since),
        "enough": None if status.enough is None else round(status.enough),
        "automatic": ledger.automatic,
        "shadow": coordinator.settings.shadow,
        "rules": f"{hash(ledger.rules):x}",  # only whether they are others: views that show them load them anew
        "context": context
        and {"asleep": round(context.p_asleep, 3), "away": round(context.p_away, 3), "dark": round(context.p_dark, 3)},
        "hunches": [_hunch(coordinator, hunch, now, viewer) for question in asked for hunch in question.hunches],
        "questions": [[hunch.key for hunch in question.hunches] for question in asked],
        "declined": [
            {**_subject(coordinator, h), "why": why, "p_accept": round(h.p_accept, 3)}
            for h, why in status.declined
            if viewer.may_see(h.entity_id)
        ][:_MOST_DECLINED],
        "recent": [record_for(coordinator, record, viewer, None) for record in recent[:_MOST_RECENT]],
    }


def _hunch(coordinator: HunchesCoordinator, hunch: Hunch, now: float, viewer: Viewer) -> dict[str, Any]:
    home = coordinator.home
    entity = home.entities.get(hunch.entity_id) if home is not None else None
    proven = coordinator.proven(hunch.entity_id, hunch.kind)
    automatic = entity is not None and never_automatic(entity, hunch.kind) is None
    seen = hunch.evidence
    return {
        **_subject(coordinator, hunch),
        "key": hunch.key,
        "time": round(hunch.time),
        "action": hunch.action.partition(".")[2],
        "evidence": [said.as_data() for said in why(coordinator, hunch, now)],
        "p_accept": round(hunch.p_accept, 3),
        "p_fleet": None if seen.p_fleet is None else round(seen.p_fleet, 3),
        "may_answer": viewer.may_control(hunch.entity_id),
        "may_always": automatic and viewer.is_admin,
        "proof": [said.as_data() for said in proof_of(proven)] if proven is not None else None,
    }


def _subject(coordinator: HunchesCoordinator, hunch: Hunch) -> dict[str, Any]:
    home = coordinator.home
    entity = home.entities.get(hunch.entity_id) if home is not None else None
    return {
        "entity_id": hunch.entity_id,
        "name": name_of(coordinator.hass, home, hunch.entity_id),
        "area": entity.area if entity is not None else None,
        "kind": str(hunch.kind),
    }
