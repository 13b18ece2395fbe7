"""What is remembered, as it is written and read back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from homeassistant.helpers.json import json_bytes

from custom_components.hunches.engine.hunches import Context, Evidence, Hunch, Kind
from custom_components.hunches.engine.policy import (
    Action,
    Answer,
    Answered,
    Implied,
    Ledger,
    Outcome,
    Record,
    Rule,
    Verdict,
)
from custom_components.hunches.ledger_json import (
    MAX_ANSWERS,
    MAX_IMPLIED,
    MAX_RECORDS,
    capped,
    ledger_as_json,
    ledger_from_json,
)

EVIDENCE = Evidence(1.0, (10.0, 40.0), 23.0, 0.1, 20.0, "porch", Context(2.0, 0.1, 0.9, 1.0), 0.8)
HUNCH = Hunch(2.0, "climate.hall", Kind.HEATING_WHILE_AWAY, "climate.set_temperature", 0.9, EVIDENCE, 0.96)
ACTION = Action("climate", "set_temperature", "climate.hall", 1, (("temperature", 18.0),))
RECORD = Record("id", 3.0, HUNCH, ACTION, True, "ada", {"state": "heat", "temperature": 21.5}, "why", Outcome.DONE, "d")
LEDGER = Ledger(
    open=(HUNCH,),
    answers=(Answered(4.0, HUNCH, Answer.UNDONE, "ada"),),
    raised=((1.5, HUNCH.key),),
    rules=(Rule(Verdict.ALLOW, "climate.hall", None, 5.0, "ada"), Rule(Verdict.FORBID, None, Kind.STILL_ON, 6.0)),
    records=(RECORD,),
    automatic=True,
    implied=(Implied(7.0, HUNCH, "done"),),
)


def written(ledger: Ledger) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json_bytes(ledger_as_json(ledger)))
    return found


def test_what_is_written_is_read() -> None:
    assert ledger_from_json(written(LEDGER)) == (LEDGER, 0)


def test_a_row_that_cannot_be_read_costs_itself_alone() -> None:
    data = written(LEDGER)
    data["rules"] += [
        None,
        {"verdict": "allow"},
        {**data["rules"][0], "entity_id": None},
        {**data["rules"][0], "kind": 7},
    ]
    data["records"] += [{"id": "x"}, {**data["records"][0], "outcome": "perhaps"}]
    data["implied"] += [{**data["implied"][0], "outcome": "perhaps"}, {"time": 1.0}]
    data["automatic"] = "yes"
    assert ledger_from_json(data) == (replace(LEDGER, automatic=False), 8)


def test_a_file_of_before_there_were_rules_keeps_its_nevers() -> None:
    data = written(replace(LEDGER, answers=(Answered(4.0, HUNCH, Answer.NEVER, "ada"),)))
    for name in ("rules", "records", "automatic"):
        del data[name]
    for hunch in (data["open"][0], data["answers"][0]["hunch"]):
        del hunch["p_low"]
    ledger, lost = ledger_from_json(data)
    assert lost == 0
    assert ledger.rules == (Rule(Verdict.FORBID, "climate.hall", None, 4.0, "ada"),)
    assert (ledger.records, ledger.automatic, ledger.open[0].p_low) == ((), False, 0.0)


def test_a_file_of_before_the_homes_own_doings_keeps_what_was_settled_at_once() -> None:
    soon, late = Answered(602.0, HUNCH, Answer.SETTLED), Answered(603.0, HUNCH, Answer.SETTLED)
    data = written(replace(LEDGER, answers=(soon, late)))
    del data["implied"]
    ledger, lost = ledger_from_json(data)
    assert (lost, ledger.implied) == (0, (Implied(602.0, HUNCH, "prompt"),))
    assert ledger_from_json(written(ledger)) == (ledger, 0)


def test_it_does_not_grow_for_ever() -> None:
    undone = [Answered(float(i), HUNCH, Answer.UNDONE) for i in range(3)]
    others = [Answered(float(i), HUNCH, Answer.EXPIRED) for i in range(MAX_ANSWERS + 5)]
    lasting = (RECORD, replace(RECORD, id="started", action=replace(ACTION, data=()), outcome=Outcome.STARTED))
    over = [replace(RECORD, id=str(i), outcome=Outcome.UNDONE) for i in range(MAX_RECORDS + 7)]
    ledger = capped(Ledger(answers=(*undone, *others), records=(*lasting, *over)))
    assert ledger.answers[0] == undone[-1]  # a no binds for good; the last of each is enough
    assert len(ledger.answers) == MAX_ANSWERS + 1
    assert ledger.records[:2] == lasting  # something has to follow on these
    assert len(ledger.records) == MAX_RECORDS + 2
    assert capped(ledger).records == ledger.records
    many = tuple(Implied(float(i), HUNCH, "left") for i in range(MAX_IMPLIED + 3))
    assert capped(Ledger(implied=many)).implied == many[3:]
