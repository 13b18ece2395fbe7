"""What a backtest found, counted."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from custom_components.hunches.engine import findings
from custom_components.hunches.engine.aftermath import Aftermath
from custom_components.hunches.engine.backtest import Found
from custom_components.hunches.engine.findings import Span
from custom_components.hunches.engine.hunches import Kind
from custom_components.hunches.engine.localtime import DAY
from custom_components.hunches.engine.wilson import wilson

from .test_backtest import DAY0, hunch, line, recording

HOME = recording(lamp=line(8)).home
WEEKS = (DAY0, DAY0 + 14 * DAY)


def found(hour: float, outcome: str, hours: float = 0.5, key: str = "light.lamp", **more: bool) -> Found:
    one = hunch(hour, key)
    return Found(one, Aftermath(outcome, one.time + hours * 3600, more.pop("ours", False)), **more)


SEEN = (
    found(30, "done", 2),
    found(50, "done"),
    found(80, "anyway"),
    found(100, "contradicted"),
    found(33, "left", 9, "lock.front"),
    found(31, "done", 1, acted=True),
    found(90, "anyway", ours=True),
)


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    [(0, 1, 0.0, 0.7935), (1, 1, 0.2065, 1.0), (8, 10, 0.4902, 0.9433), (50, 100, 0.4038, 0.5962)],
)
def test_the_interval_is_wilsons(right: int, of: int, low: float, high: float) -> None:
    assert wilson(right, of) == pytest.approx((right / of, low, high), abs=5e-5)


def test_counts_by_kind_and_device() -> None:
    told = findings.of(SEEN, WEEKS, HOME).as_json()
    assert told["days"] == 14
    assert told["not_counted"] == 1
    assert told["raised"] == {
        "hunches": 5,
        "judged": 5,
        "done": 2,
        "anyway": 1,
        "contradicted": 1,
        "left": 1,
        "untold": 0,
        "precision": 0.4,
        "precision_low": pytest.approx(0.118, abs=1e-3),
        "precision_high": pytest.approx(0.769, abs=1e-3),
        "false_a_week": 1.5,
        "minutes_saved": 150.0,
        "watt_hours_saved": None,
    }
    assert (told["acted"]["hunches"], told["acted"]["done"], told["acted"]["minutes_saved"]) == (1, 1, 60.0)
    assert {kind: tally["hunches"] for kind, tally in told["kinds"].items()} == {"still_on": 4, "still_unlocked": 1}
    assert told["devices"]["light.lamp"]["raised"]["precision"] == 0.5
    assert told["devices"]["lock.front"]["raised"]["left"] == 1
    assert told["devices"]["light.hall"]["raised"]["hunches"] == 0
    assert told["devices"]["light.hall"]["raised"]["precision"] is None
    assert "switch.fridge" not in told["devices"], "nobody is ever asked about it"
    assert json.loads(json.dumps(told)) == told


def test_what_history_does_not_tell_is_neither_right_nor_wrong() -> None:
    seen = (found(30, "done"), found(54, "untold"), found(78, "untold"), found(60, "untold", key="lock.front"))
    told = findings.of(seen, WEEKS, HOME)
    raised = told.as_json()["raised"]
    assert (raised["hunches"], raised["judged"], raised["done"], raised["untold"]) == (4, 1, 1, 3)
    assert raised["precision"] == 1.0
    assert raised["precision_low"] == pytest.approx(0.2065, abs=1e-3)
    assert raised["false_a_week"] == 0.0
    lock = told.as_json()["devices"]["lock.front"]["raised"]
    assert (lock["precision"], lock["false_a_week"]) == (None, 0.0)
    text = findings.words(told)
    assert "right: 1 of 1 = 100%" in text[1]
    assert "still_unlocked: 1 untold" in text


def test_watt_hours_are_what_meters_tell() -> None:
    counted = findings.of(SEEN, WEEKS, HOME)
    first, second, acted = counted.spans
    assert first == Span("light.lamp", DAY0 + 30 * 3600, DAY0 + 32 * 3600, acted=False)
    assert acted.acted
    told = findings.of(SEEN, WEEKS, HOME, {first: 120.0, acted: 40.0}).as_json()
    assert told["raised"]["watt_hours_saved"] == 120.0, "of the second nothing is known"
    assert told["acted"]["watt_hours_saved"] == 40.0
    assert told["devices"]["lock.front"]["raised"]["watt_hours_saved"] is None
    assert second not in {first, acted}


def test_words_say_the_same() -> None:
    text = "\n".join(findings.words(findings.of(SEEN, WEEKS, HOME)))
    assert "14.0 days looked at, 5 hunches (2.50 a week)" in text
    assert "right: 2 of 5 = 40% (95 %: 12% to 77%); 2 done, 1 anyway, 1 contradicted, 1 left" in text
    assert "1 hunch is not counted" in text
    assert "without asking, and right: 1 of 1 = 100%" in text
    assert text.index("light.lamp:") < text.index("lock.front:")


def test_nothing_found_is_said_so() -> None:
    nothing = findings.of((), (DAY0, DAY0), HOME)
    assert findings.words(nothing) == ["0.0 days looked at, 0 hunches (0 a week)"]
    assert nothing.as_json()["raised"]["false_a_week"] is None


def test_kinds_of_one_device_are_told_apart() -> None:
    """Before *always*, what counts is how often hunches of that very kind were right."""
    evening = [replace(one, hunch=replace(one.hunch, kind=Kind.USUALLY_ON_BY_NOW)) for one in (found(90, "done"),)]
    seen = (found(30, "anyway"), found(54, "anyway"), *evening, found(31, "done", acted=True))
    told = findings.of(seen, WEEKS, HOME).as_json()["devices"]
    lamp = told["light.lamp"]
    assert (lamp["raised"]["hunches"], lamp["raised"]["done"]) == (3, 1)
    apart = {kind: (both["raised"]["hunches"], both["raised"]["done"]) for kind, both in lamp["kinds"].items()}
    assert apart == {"still_on": (2, 0), "usually_on_by_now": (1, 1)}
    assert lamp["kinds"]["still_on"]["acted"]["done"] == 1
    assert lamp["kinds"]["usually_on_by_now"]["acted"]["hunches"] == 0
    assert "kinds" not in told["light.hall"], "nothing was found"
    assert "kinds" not in told["lock.front"], "there is but one"
