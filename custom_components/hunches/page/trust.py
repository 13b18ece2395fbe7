"""The view "Trust": what a look back found, how often a stated chance came true, and what may be allowed on that."""

from typing import Any, Final

from homeassistant.core import callback

from ..coordinator import HunchesCoordinator
from ..engine.aftermath import UNTOLD
from ..engine.home import Entity, Home
from ..engine.hunches import Kind
from ..engine.policy import Ledger, Verdict, action_for, allowable_kinds, allowing, forbidding, never_automatic
from ..feedback import verdicts
from ..words import name_of, plain
from .viewer import Viewer

_BINS: Final = 10


@callback
def trust(coordinator: HunchesCoordinator, viewer: Viewer) -> dict[str, Any]:
    """Return what a viewer is shown before anything may be allowed."""
    found, home, ledger = coordinator.proof.found, coordinator.home, coordinator.feedback.ledger
    devices = [e for e in (home.devices if home is not None else ()) if viewer.may_see(e.entity_id)]
    return {
        "admin": viewer.is_admin,
        "automatic": ledger.automatic,
        "shadow": coordinator.settings.shadow,
        "proving": coordinator.data.proving,
        "min_accept": round(coordinator.settings.min_accept, 3),
        "min_sure": round(coordinator.settings.min_sure, 3),
        "found": found and {name: found[name] for name in ("from", "until", "days", "raised", "acted", "made")},
        "kinds": _kinds(home, ledger, found) if home is not None else [],
        "devices": [_device(coordinator, e, ledger) for e in devices if action_for(e) or e.domain == "climate"],
        "reliability": reliability(ledger),
    }


def reliability(ledger: Ledger) -> list[dict[str, Any]]:
    """Return how often hunches were right by how likely that seemed, a tenth each: chance, share, how many."""
    heard = [(one.hunch.p_accept, one.yes) for one in verdicts(ledger)]
    said = [(min(int(p * _BINS), _BINS - 1), p, right) for p, right in heard]
    bins = []
    for place in sorted({place for place, _, _ in said}):
        among = [(p, right) for which, p, right in said if which == place]
        bins.append(
            {
                "expected": round(sum(p for p, _ in among) / len(among), 3),
                "right": sum(right for _, right in among),
                "count": len(among),
            }
        )
    return bins


def _kinds(home: Home, ledger: Ledger, found: dict[str, Any] | None) -> list[dict[str, Any]]:
    rules = ledger.rules
    told = found["kinds"] if found is not None else {}
    return [
        {
            "kind": str(kind),
            "raised": told.get(str(kind)),
            "allowable": kind is not Kind.USUALLY_ON_BY_NOW,
            "allowed": any(r.verdict is Verdict.ALLOW and r.entity_id is None and r.kind is kind for r in rules),
            "forbidden": forbidding(rules, None, kind) is not None,
        }
        for kind in Kind
        if any(action_for(e, kind) is not None for e in home.devices)
    ]


def _device(coordinator: HunchesCoordinator, entity: Entity, ledger: Ledger) -> dict[str, Any]:
    key, rules = entity.entity_id, ledger.rules
    kinds = allowable_kinds(entity)  # those that the switch is about
    tallies = coordinator.proven(key, kinds[0] if len(kinds) == 1 else None)
    return {
        "entity_id": key,
        "name": name_of(coordinator.hass, coordinator.home, key),
        "area": plain(entity.area or "") or None,
        "never": never_automatic(entity, kinds[0] if kinds else None),
        "allowed": any(allowing(rules, entity, kind) is not None for kind in kinds),
        "own": [
            r.kind and str(r.kind)
            for r in rules
            if r.entity_id == key and r.verdict is Verdict.ALLOW and r.kind in (None, *kinds)
        ],
        "forbidden": all(forbidding(rules, key, kind) is not None for kind in kinds or (None,)),
        **{name: _tally(tallies[name]) if tallies is not None else None for name in ("raised", "acted")},
    }


def _tally(tally: dict[str, Any]) -> list[Any]:
    """Return the numbers of a tally that a row shows, in few bytes: see `view_trust.js`."""
    names = ("judged", "done", "precision_low", "precision_high", "minutes_saved", UNTOLD)
    return [tally.get(name) for name in names]
