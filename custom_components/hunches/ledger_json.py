"""The ledger as it is written to disk, and read back row by row: what cannot be read costs itself alone."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from .engine.hunches import Context, Evidence, Hunch, Kind
from .engine.implied import JUDGED, PROMPT
from .engine.policy import (
    Action,
    Answer,
    Answered,
    Implied,
    Ledger,
    Outcome,
    Record,
    Rule,
    Verdict,
    is_pending,
    rule_of,
)
from .engine.situations import situation

MAX_ANSWERS: Final = 2_000
MAX_RECORDS: Final = 500
MAX_IMPLIED: Final = 1_000
_PROMPT_SECONDS: Final = 600.0
"""Settled this soon after it was raised, a hunch counted as right in files of before `implied`."""
BINDING: Final = frozenset({Answer.NEVER, Answer.ALWAYS, Answer.UNDONE})
"""Answers that hold until they are taken back: the last of each is never dropped, however many others follow."""


def ledger_as_json(ledger: Ledger) -> dict[str, Any]:
    """Return a ledger as JSON; slow with years of answers: for an executor."""
    return {
        "open": [asdict(hunch) for hunch in ledger.open],
        "answers": [asdict(answered) for answered in ledger.answers],
        "raised": [list(row) for row in ledger.raised],
        "rules": [asdict(rule) for rule in ledger.rules],
        "records": [asdict(record) for record in ledger.records],
        "implied": [asdict(one) for one in ledger.implied],
        "automatic": ledger.automatic,
    }


def ledger_from_json(data: Mapping[str, Any]) -> tuple[Ledger, int]:
    """Return the ledger that was written, and how many of its rows cannot be read."""
    rows = {name: data.get(name) or [] for name in ("open", "answers", "raised", "rules", "records", "implied")}
    opened = restore(rows["open"], hunch_from_json)
    answers = restore(rows["answers"], _answered_from_json)
    raised = restore(rows["raised"], lambda row: (float(row[0]), str(row[1])))
    rules = restore(rows["rules"], _rule_from_json)
    records = restore(rows["records"], _record_from_json)
    implied = restore(rows["implied"], _implied_from_json)
    read = (opened, answers, raised, rules, records, implied)
    lost = sum(len(written) for written in rows.values()) - sum(len(found) for found in read)
    if "rules" not in data:  # written before there were rules
        rules = [rule for a in answers if a.answer is Answer.NEVER and (rule := rule_of(a)) is not None]
    if "implied" not in data:  # written before the home's own doings were judged
        soon = (a for a in answers if a.answer is Answer.SETTLED and a.time - a.hunch.time <= _PROMPT_SECONDS)
        implied = [Implied(a.time, a.hunch, PROMPT) for a in soon]
    ledger = Ledger(
        open=tuple(opened),
        answers=tuple(answers),
        raised=tuple(raised),
        rules=tuple(rules),
        records=tuple(records),
        automatic=data.get("automatic") is True,
        implied=tuple(implied),
    )
    return ledger, lost


def capped(ledger: Ledger) -> Ledger:
    """Return a ledger that does not grow for ever: without the oldest of what binds nobody any more."""
    answers, records = ledger.answers, ledger.records
    if (spare := len(answers) - MAX_ANSWERS) > 0:
        last = {(a.hunch.key, a.answer, situation(a.hunch.evidence.context)): a for a in answers}
        bound = {id(a) for a in last.values() if a.answer in BINDING}
        answers = tuple(a for a in answers[:spare] if id(a) in bound) + answers[spare:]
    if (spare := len(records) - MAX_RECORDS) > 0:
        records = tuple(r for r in records[:spare] if is_pending(r)) + records[spare:]
    return replace(
        ledger,
        answers=answers,
        records=records,
        implied=ledger.implied[-MAX_IMPLIED:],
    )


def hunch_from_json(row: Mapping[str, Any]) -> Hunch:
    """Return the hunch that `dataclasses.asdict` was given; raise `LookupError`, `TypeError` or `ValueError`."""
    seen = dict(row["evidence"])
    usual = seen["usual_minutes"]
    return Hunch(
        time=float(row["time"]),
        entity_id=str(row["entity_id"]),
        kind=Kind(row["kind"]),
        action=str(row["action"]),
        p_accept=float(row["p_accept"]),
        evidence=Evidence(
            **{
                **seen,
                "usual_minutes": None if usual is None else (float(usual[0]), float(usual[1])),
                "context": Context(**seen["context"]),
            }
        ),
        p_low=float(row.get("p_low", 0.0)),
    )


def _answered_from_json(row: Mapping[str, Any]) -> Answered:
    return Answered(
        time=float(row["time"]),
        hunch=hunch_from_json(row["hunch"]),
        answer=Answer(row["answer"]),
        by=_text(row["by"]),
    )


def _implied_from_json(row: Mapping[str, Any]) -> Implied:
    if row["outcome"] not in JUDGED:
        raise ValueError("no such outcome")
    return Implied(time=float(row["time"]), hunch=hunch_from_json(row["hunch"]), outcome=str(row["outcome"]))


def _rule_from_json(row: Mapping[str, Any]) -> Rule:
    kind = row["kind"]
    return Rule(
        verdict=Verdict(row["verdict"]),
        entity_id=_text(row["entity_id"]),
        kind=None if kind is None else Kind(kind),
        time=float(row["time"]),
        by=_text(row["by"]),
    )


def _record_from_json(row: Mapping[str, Any]) -> Record:
    action = row["action"]
    return Record(
        id=str(row["id"]),
        time=float(row["time"]),
        hunch=hunch_from_json(row["hunch"]),
        action=Action(
            domain=str(action["domain"]),
            service=str(action["service"]),
            entity_id=str(action["entity_id"]),
            target_state=int(action["target_state"]),
            data=tuple((str(name), float(value)) for name, value in action["data"]),
        ),
        automatic=bool(row["automatic"]),
        by=_text(row["by"]),
        before=dict(row["before"]),
        reason=str(row["reason"]),
        outcome=Outcome(row["outcome"]),
        detail=str(row["detail"]),
        erased=row.get("erased") is True,
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def restore[T](rows: Iterable[Any], read: Callable[[Any], T]) -> list[T]:
    """Return the rows that can be read."""
    found: list[T] = []
    for row in rows:
        try:
            found.append(read(row))
        except LookupError, TypeError, ValueError, AttributeError:
            continue
    return found
