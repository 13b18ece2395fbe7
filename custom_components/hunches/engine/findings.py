"""What a backtest found, counted: how often hunches would have been right, by kind and by device, and what it saves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .aftermath import DONE, OUTCOMES, UNTOLD
from .bundle import format_time
from .hunches import Kind
from .localtime import DAY
from .policy import action_for
from .wilson import wilson

if TYPE_CHECKING:
    from .backtest import Found
    from .home import Home


@dataclass(frozen=True, slots=True)
class Tally:
    """How many hunches came to each outcome, and what acting on those that were right would have saved.

    `minutes`: how long those devices stayed as they were until somebody did it. `watt_hours`: what they drew
    meanwhile, None where no meter tells.
    """

    outcomes: Mapping[str, int] = field(default_factory=dict)
    minutes: float = 0.0
    watt_hours: float | None = None

    @property
    def hunches(self) -> int:
        """Return how many there were."""
        return sum(self.outcomes.values())

    @property
    def judged(self) -> int:
        """Return of how many history tells whether they were right."""
        return self.hunches - self.outcomes.get(UNTOLD, 0)

    @property
    def done(self) -> int:
        """Return how many were right: it was still so when somebody came, who then did just that."""
        return self.outcomes.get(DONE, 0)

    @property
    def precision(self) -> tuple[float, float, float] | None:
        """Return the share of those judged that was right, with Wilson's 95 % interval around it; None of none."""
        return wilson(self.done, self.judged) if self.judged else None

    def wrong_a_week(self, days: float) -> float | None:
        """Return how many of those judged were not right, a week; None where no time was gone through."""
        return (self.judged - self.done) * 7 / days if days > 0 else None

    def as_json(self, days: float) -> dict[str, Any]:
        """Return it as people's programs read it; `false_a_week` counts all that were judged but not right."""
        share, low, high = self.precision or (None, None, None)
        wrong = self.wrong_a_week(days)
        return {
            "hunches": self.hunches,
            "judged": self.judged,
            **{name: self.outcomes.get(name, 0) for name in OUTCOMES},
            "precision": share and round(share, 3),
            "precision_low": low and round(low, 3),
            "precision_high": high and round(high, 3),
            "false_a_week": None if wrong is None else round(wrong, 3),
            "minutes_saved": round(self.minutes, 1),
            "watt_hours_saved": None if self.watt_hours is None else round(self.watt_hours, 1),
        }


@dataclass(frozen=True, slots=True)
class Tallies:
    """What would have been asked (`raised`), and what done without asking if everything were allowed (`acted`)."""

    raised: Tally
    acted: Tally

    @classmethod
    def of(cls, found: Sequence[Found], watt_hours: Mapping[Span, float]) -> Tallies:
        """Count what was found; what we did ourselves is not in it."""
        asked, done = ([one for one in found if one.acted is which] for which in (False, True))
        return cls(_tally(asked, watt_hours), _tally(done, watt_hours))

    def as_json(self, days: float) -> dict[str, Any]:
        """Return it as people's programs read it."""
        return {"raised": self.raised.as_json(days), "acted": self.acted.as_json(days)}


@dataclass(frozen=True, slots=True)
class Span:
    """What was left as it was although a hunch about it was right: from the hunch until somebody did it (Unix s)."""

    entity_id: str
    start: float
    end: float
    acted: bool


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found between `begin` and `end` (Unix seconds).

    `all`: of the whole home. `kinds`: the hunches that would have been raised, by kind. `devices`: by device, of every
    one that can be asked about. `apart`: the same by device and kind, of devices of which anything was found and that
    more than one kind is about. `ours`: hunches that are not counted, as we did ourselves what they proposed. `spans`:
    what acting would have saved.
    """

    begin: float
    end: float
    all: Tallies
    kinds: Mapping[str, Tally]
    devices: Mapping[str, Tallies]
    apart: Mapping[str, Mapping[str, Tallies]]
    ours: int
    spans: tuple[Span, ...]

    @property
    def days(self) -> float:
        """Return how many days were gone through."""
        return max(self.end - self.begin, 0.0) / DAY

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept and answered."""
        days = self.days
        return {
            "from": format_time(self.begin),
            "until": format_time(self.end),
            "days": round(days, 2),
            **self.all.as_json(days),
            "kinds": {kind: tally.as_json(days) for kind, tally in self.kinds.items()},
            "devices": {key: {**tallies.as_json(days), **self._apart(key)} for key, tallies in self.devices.items()},
            "not_counted": self.ours,
        }

    def _apart(self, key: str) -> dict[str, Any]:
        if (kinds := self.apart.get(key)) is None:
            return {}
        return {"kinds": {kind: tallies.as_json(self.days) for kind, tallies in kinds.items()}}


def of(
    found: Sequence[Found],
    looked: tuple[float, float],
    home: Home,
    watt_hours: Mapping[Span, float] | None = None,
) -> Findings:
    """Count what was found between two moments (Unix seconds); `watt_hours`: what was drawn, where it is known."""
    counted = [one for one in found if not one.aftermath.ours]
    raised = [one for one in counted if not one.acted]
    drawn = watt_hours or {}
    possible = {e.entity_id: [kind for kind in Kind if action_for(e, kind) is not None] for e in home.devices}
    own = {key: [one for one in counted if one.hunch.entity_id == key] for key, kinds in possible.items() if kinds}
    return Findings(
        looked[0],
        max(looked),
        Tallies.of(counted, drawn),
        {str(kind): _tally([one for one in raised if one.hunch.kind is kind], drawn) for kind in _kinds(raised)},
        {key: Tallies.of(some, drawn) for key, some in own.items()},
        {
            key: {
                str(kind): Tallies.of([one for one in some if one.hunch.kind is kind], drawn) for kind in possible[key]
            }
            for key, some in own.items()
            if some and len(possible[key]) > 1
        },
        len(found) - len(counted),
        tuple(span for one in counted if (span := _span(one)) is not None),
    )


def _kinds(raised: Sequence[Found]) -> list[Kind]:
    return [kind for kind in Kind if any(one.hunch.kind is kind for one in raised)]


def _span(one: Found) -> Span | None:
    if one.outcome != DONE:
        return None
    return Span(one.hunch.entity_id, one.hunch.time, one.aftermath.changed, one.acted)


def _tally(found: Sequence[Found], watt_hours: Mapping[Span, float]) -> Tally:
    spans = [span for one in found if (span := _span(one)) is not None]
    drawn = [watt_hours[span] for span in spans if span in watt_hours]
    return Tally(
        Counter(one.outcome for one in found),
        sum(span.end - span.start for span in spans) / 60,
        sum(drawn) if drawn else None,
    )


def words(findings: Findings) -> list[str]:
    """Return what was found in a few lines of English, the devices with the most hunches last."""
    days, raised = findings.days, findings.all.raised
    lines = [
        f"{days:.1f} days looked at, {_count(raised.hunches, 'hunch', 'hunches')} ({_a_week(raised, days)} a week)"
    ]
    if raised.hunches:
        lines.append(_judged("right", raised, days))
        lines += [_judged(kind, tally, days) for kind, tally in findings.kinds.items() if len(findings.kinds) > 1]
    if (acted := findings.all.acted).hunches:
        lines.append(_judged("if everything were allowed, done without asking, and right", acted, days))
    if findings.ours:
        lines.append(f"{_count(findings.ours, 'hunch is', 'hunches are')} not counted: we did it ourselves")
    most = sorted(findings.devices.items(), key=lambda item: (-item[1].raised.hunches, item[0]))
    lines += [f"  {_judged(key, tallies.raised, days)}" for key, tallies in most[:10] if tallies.raised.hunches]
    return lines


def _judged(name: str, tally: Tally, days: float) -> str:
    outcomes = ", ".join(f"{tally.outcomes[what]} {what}" for what in OUTCOMES if tally.outcomes.get(what))
    if tally.precision is None:
        return f"{name}: {outcomes}"
    share, low, high = tally.precision
    a_week = tally.wrong_a_week(days)
    wrong = "" if a_week is None else f"{a_week:.2f} not right a week"
    saved = f"{tally.minutes:.0f} minutes" + (f", {tally.watt_hours:.0f} Wh" if tally.watt_hours is not None else "")
    return (
        f"{name}: {tally.done} of {tally.judged} = {share:.0%} (95 %: {low:.0%} to {high:.0%}); {outcomes}; "
        f"{wrong}; {saved} saved"
    )


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _a_week(tally: Tally, days: float) -> str:
    return f"{tally.hunches * 7 / days:.2f}" if days > 0 else "0"
