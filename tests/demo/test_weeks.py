"""The simulated weeks: what is counted, who answers, and what a wrong command line is told."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from _weeks.household import Household
from _weeks.tally import Asked, Done, Tally

from custom_components.hunches.engine.bundle import Recording
from custom_components.hunches.engine.home import OFF, ON, Home
from custom_components.hunches.engine.hunches import Context, Evidence, Hunch, Kind
from custom_components.hunches.engine.localtime import DAY, HOUR
from custom_components.hunches.engine.policy import Action, Answer, Answered, Ledger, Question, Record
from model_training.fleet.answers import Answers, Respondent
from model_training.fleet.home import SimulatedHome

BEGIN = 1_760_000_000.0
LAMP = "light.lamp"
EAGER = Respondent(
    heeds=1.0,
    heeds_away=1.0,
    heeds_asleep=1.0,
    agrees=1.0,
    obliges=0.0,
    bans=0.0,
    tolerance=1e9,
    memory_days=1.0,
)
FORGOTTEN = [(LAMP, BEGIN + 2 * DAY, BEGIN + 2 * DAY + 2 * HOUR), (LAMP, BEGIN + 9 * DAY, BEGIN + 9 * DAY + HOUR)]


def hunch(days: float) -> Hunch:
    time = BEGIN + days * DAY
    evidence = Evidence(time - HOUR, None, None, 0.1, 20.0, "lamp", Context(time, 0.0, 1.0, 0.0))
    return Hunch(time, LAMP, Kind.STILL_ON, "light.turn_off", 0.9, evidence)


def people(*who: Respondent) -> Household:
    home = SimulatedHome(Recording(Home("h"), {}), {LAMP: "lamp"}, {}, "residents", answers=Answers(who, {LAMP: 1.0}))
    right = {(LAMP, "still_on"): [(start, end) for _, start, end in FORGOTTEN]}
    return Household(home, right, "0" * 32, Tally(BEGIN, 2, FORGOTTEN), np.random.default_rng(1))


def done(days: float, *, automatic: bool = True) -> Record:
    told = hunch(days)
    return Record(f"{days}", told.time, told, Action("light", "turn_off", LAMP, OFF), automatic)


def test_weeks_are_counted_apart_and_together() -> None:
    tally = Tally(BEGIN, 2, FORGOTTEN)
    right, wrong, later = hunch(2.05), hunch(3.0), hunch(9.01)
    tally.asked += [Asked(right, True), Asked(wrong, False), Asked(later, True)]
    tally.done.append(Done(done(9.02), right=True))
    tally.end(Ledger(answers=(Answered(BEGIN + 3 * DAY, right, Answer.ACCEPTED),)))
    first, whole = tally.week(0), tally.week()
    assert (first["hunches"], first["right"], first["wrong"], first["precision"]) == (2, 1, 1, 0.5)
    assert first["answers"] == {"accepted": 1, "open": 1}
    assert (first["forgotten"], first["found"], first["done"]) == (1, 1, 0)
    assert (whole["hunches"], whole["done"], whole["done_right"], whole["found"]) == (3, 1, 1, 2)
    assert "1 of 2 hunches right = 50%, 1.00 wrong a week" in tally.words(0)
    assert "0.50 wrong a week" in tally.words()
    assert Tally(BEGIN, 1, []).words().endswith("0 of 0 forgotten things found")
    assert len(tally.as_json()["asked"]) == 3


def test_people_say_yes_to_what_is_unwanted_once_and_no_to_what_is_wanted() -> None:
    household = people(EAGER)
    household.see((Question((hunch(2.05),)), Question((hunch(5.0),))))
    household.see((Question((hunch(2.05),)),))
    assert [one.right for one in household.tally.asked] == [True, False]
    assert [(service, data["hunch"]) for _, service, data in household.answers] == [
        ("accept", f"still_on:{LAMP}"),
        ("reject", f"still_on:{LAMP}"),
    ]
    assert all(moment > hunch(2.05).time for moment, _, _ in household.answers)


def test_what_is_asked_as_one_is_answered_once_and_not_with_yes_if_any_of_it_is_wanted() -> None:
    household = people(EAGER)
    other = replace(hunch(2.05), entity_id="light.wanted")
    household.see((Question((hunch(2.05), other)),))
    household.see((Question((hunch(2.05), other, replace(hunch(2.06), entity_id="light.later"))),))
    assert [(service, data["hunch"]) for _, service, data in household.answers] == [("reject", f"still_on:{LAMP}")]
    assert [(one.right, one.joined) for one in household.tally.asked] == [(True, False), (False, True), (False, True)]
    assert (household.tally.week()["hunches"], household.tally.week()["questions"]) == (3, 1)


def test_nobody_there_is_silence_and_some_ban() -> None:
    household = people()
    household.see((Question((hunch(2.05),)),))
    assert household.answers == []
    household = people(replace(EAGER, bans=1.0))
    household.see((Question((hunch(5.0),)),))
    assert household.answers[0][2] == {"hunch": f"still_on:{LAMP}", "never": True}


def test_what_was_done_wrongly_is_taken_back_once() -> None:
    household = people(EAGER)
    household.notice((done(2.05), done(5.0), done(6.0, automatic=False)))
    household.notice((done(2.05), done(5.0)))
    assert [one.right for one in household.tally.done] == [True, False]
    assert household.back == [(BEGIN + 5.0 * DAY + 180.0, LAMP, ON)]


@pytest.mark.parametrize(
    "wrong",
    [["--weeks", "0"], ["--home", "-1"], ["--min-accept", "2"], ["--json", "/nowhere/at/all"], ["--month", "1"]],
)
def test_bad_input_is_one_line_and_exit_code_two(wrong: list[str]) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-P", "-m", "_weeks", *wrong]
    found = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": f"{root / 'script'}:{root}"},
    )
    assert found.returncode == 2
    assert found.stderr.startswith("script/weeks: ")
    assert found.stderr.count("\n") == 1
