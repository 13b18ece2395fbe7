"""Hunches on recorded homes: how many the shipped policy raises, what the home then did, and the worst, in words.

The same code as `script/replay hunches` goes through each recording. Nobody answers, and nothing says what was wanted:
what the home did by itself judges (`engine/aftermath.py`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from custom_components.hunches.engine import backtest, findings
from custom_components.hunches.engine.aftermath import ANYWAY, CONTRADICTED, LEFT, OUTCOMES
from custom_components.hunches.engine.bundle import format_time
from custom_components.hunches.engine.localtime import DAY
from custom_components.hunches.engine.policy import Settings
from script.replayed import replayed

if TYPE_CHECKING:
    from custom_components.hunches.engine.bundle import Recording
    from custom_components.hunches.engine.home import Home
    from custom_components.hunches.engine.model import Model

WORST: Final = 5
_BADNESS: Final = {CONTRADICTED: 0, LEFT: 1, ANYWAY: 2}
"""What somebody undid is worse than what nobody cared for, and that than what came about without us."""


def scores(model: Model, recordings: Mapping[str, Recording]) -> dict[str, Any]:
    """Return what is raised in each home at the policy's bar, and at half of it: what lies just below."""
    bar = Settings().min_accept
    return {"shipped": at(model, recordings, bar), "half": at(model, recordings, bar / 2)}


def at(model: Model, recordings: Mapping[str, Recording], bar: float) -> dict[str, Any]:
    """Return what is raised in each home, and in all of them, where a yes has to be at least `bar` likely.

    Counts are `findings.Tally` as programs read it; `worst`: those that were not done, the worst first, in words.
    """
    homes = {name: _home(model, recording, bar) for name, recording in recordings.items()}
    days = sum(home["days"] for home in homes.values())
    outcomes: Counter[str] = Counter()
    for home in homes.values():
        outcomes.update({name: home["raised"][name] for name in OUTCOMES})
    acted = sum(home["acted"]["hunches"] for home in homes.values())
    raised = findings.Tally(outcomes).as_json(days)
    savings = {"minutes_saved", "watt_hours_saved"}  # which are of devices, and not added up here
    return {
        "min_accept": round(bar, 3),
        "homes": homes,
        "all": {
            "days": round(days, 2),
            "raised": {key: value for key, value in raised.items() if key not in savings},
            "acted": acted,
        },
    }


def _home(model: Model, recording: Recording, bar: float) -> dict[str, Any]:
    found = list(replayed(model, recording, bar))
    counted = findings.of(found, backtest.looked_at(recording), recording.home).as_json()
    raised = [one for one in found if not one.acted and not one.aftermath.ours]
    return {
        "days": counted["days"],
        "raised": counted["raised"],
        "acted": counted["acted"],
        "worst": [in_words(one, recording.home) for one in worst(raised)],
    }


def worst(raised: Sequence[backtest.Found]) -> list[backtest.Found]:
    """Return the worst of what was raised: by what came of it, then the surest first.

    What was done is not among it, nor that of which nothing can be told.
    """
    wrong = [one for one in raised if one.outcome in _BADNESS]
    return sorted(wrong, key=lambda one: (_BADNESS[one.outcome], -one.hunch.p_accept, one.hunch.time))[:WORST]


def in_words(one: backtest.Found, home: Home) -> str:
    """Return a hunch in a line: what, since when, why it seemed so, and what the home then did."""
    hunch, evidence = one.hunch, one.hunch.evidence
    entity = home.entities[hunch.entity_id]
    place = f" ({entity.area})" if entity.area else ""
    context = evidence.context
    reasons = [
        f"{format_time(hunch.time)[:16]} UTC, {entity.name}{place}, {str(hunch.kind).replace('_', ' ')}",
        f"as it was for {(hunch.time - evidence.since) / 60:.0f} minutes",
    ]
    if evidence.usual_minutes is not None:
        low, high = evidence.usual_minutes
        reasons.append(f"usually {low:.0f} to {high:.0f}")
    reasons += [
        f"asleep {context.p_asleep:.2f}, away {context.p_away:.2f}, dark {context.p_dark:.2f}",
        f"a yes was held to be {hunch.p_accept:.2f} likely",
    ]
    changed = one.aftermath.changed - hunch.time
    after = f"changed {_length(changed)} later" if math.isfinite(changed) else "never changed"
    return "; ".join(reasons) + f": {one.outcome}, {after}"


def _length(seconds: float) -> str:
    return f"{seconds / DAY:.0f} days" if seconds >= 2 * DAY else f"{seconds / 60:.0f} minutes"
