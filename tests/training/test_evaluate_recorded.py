"""What the report says of recorded homes: hunches and the worst of them, context, and where rivals are as good."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from custom_components.hunches.engine import backtest, findings
from custom_components.hunches.engine.aftermath import ANYWAY, CONTRADICTED, DONE, LEFT, UNTOLD, Aftermath
from custom_components.hunches.engine.bundle import Recording
from custom_components.hunches.engine.home import Entity, Home
from custom_components.hunches.engine.hunches import Context, Evidence, Hunch, Kind
from custom_components.hunches.engine.localtime import DAY
from custom_components.hunches.engine.model import Model
from model_training import (
    context_scores,
    evaluate_realism,
    evaluate_recorded,
    evaluate_replayed,
    report_context,
    report_recorded,
    speed,
)
from model_training.fleet.home import SimulatedHome
from model_training.rivals import BOOSTED, OWN_PAST
from script.replayed import replayed

NOW = 1_772_323_200.0  # 2026-03-01 00:00 UTC


def raised(outcome: str, p_accept: float, changed: float = NOW + 600) -> backtest.Found:
    evidence = Evidence(NOW - 5400, (10.0, 30.0), None, 0.1, 20.0, "lamp", Context(NOW, 0.02, 0.9, 1.0))
    hunch = Hunch(NOW, "light.hall", Kind.STILL_ON, "light.turn_off", p_accept, evidence)
    return backtest.Found(hunch, Aftermath(outcome, changed, ours=False))


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.load(runtime="numpy")


def test_the_worst_is_what_was_undone_and_surest() -> None:
    found = [raised(DONE, 0.9), raised(UNTOLD, 0.9), raised(ANYWAY, 0.8), raised(LEFT, 0.6), raised(CONTRADICTED, 0.6)]
    found += [raised(CONTRADICTED, 0.7), *[raised(ANYWAY, 0.55)] * 3]
    worst = evaluate_replayed.worst(found)
    assert [one.outcome for one in worst] == [CONTRADICTED, CONTRADICTED, LEFT, ANYWAY, ANYWAY]
    assert [one.hunch.p_accept for one in worst] == [0.7, 0.6, 0.6, 0.8, 0.55]


def test_a_hunch_in_words_says_what_and_what_came_of_it() -> None:
    home = Home("home", entities={"light.hall": Entity("light.hall", "Hall lamp", "Hall")})
    words = evaluate_replayed.in_words(raised(CONTRADICTED, 0.7), home)
    for part in ("2026-03-01T00:00", "Hall lamp (Hall)", "still on", "90 minutes", "10 to 30", "away 0.90", "0.70"):
        assert part in words
    assert words.endswith("contradicted, changed 10 minutes later")
    assert evaluate_replayed.in_words(raised(LEFT, 0.7, float("inf")), home).endswith("left, never changed")


def test_hunches_are_those_of_the_replay(model: Model, home: SimulatedHome) -> None:
    bar = 0.2
    seen = evaluate_replayed.at(model, {"a": home.recording}, bar)
    expected = list(replayed(model, home.recording, bar))
    counted = findings.of(expected, backtest.looked_at(home.recording), home.recording.home)
    assert seen["homes"]["a"]["raised"] == counted.as_json()["raised"]
    assert seen["all"]["raised"]["hunches"] == counted.all.raised.hunches > 0
    text = "\n\n".join(report_recorded.hunches({"recorded_hunches": {"shipped": seen, "half": seen}}))
    assert f"{counted.all.raised.hunches} hunches" in text
    assert all(words in text for words in seen["homes"]["a"]["worst"])


def test_of_hunches_that_cannot_be_judged_no_share_is_told() -> None:
    raised = findings.Tally({UNTOLD: 3}).as_json(10.0)
    shipped = {"min_accept": 0.5, "homes": {}, "all": {"days": 10.0, "raised": raised, "acted": 0}}
    text = report_recorded.summed_up({"recorded_hunches": {"shipped": shipped}})
    assert "there are 3 hunches, 0 of them done** (3 cannot be judged);" in text


def test_no_hunch_at_all_is_said_plainly(model: Model, home: SimulatedHome) -> None:
    short = home.recording.until(home.recording.start + 2 * DAY)
    seen = evaluate_replayed.scores(model, {"a": short})
    assert "not a single hunch" in report_recorded.summed_up({"recorded_hunches": seen})


def test_context_is_scored_with_calibration_and_corrections(home: SimulatedHome) -> None:
    scored = context_scores.home(home.recording, 1)
    assert scored is not None
    assert scored["asleep_95"][0] <= scored["asleep"] <= scored["asleep_95"][1]
    assert 0 <= scored["ece_asleep"] < 0.5
    assert scored["stated"]["log_loss"] > 0
    assert context_scores.home(Recording(home.recording.home, home.recording.timelines), 1) is None
    mean = context_scores.summary({"a": scored, "b": scored | {"asleep": 0.1}}, 1)
    assert mean["worst_asleep"] == 0.1
    assert mean["asleep_95"] == [0.1, scored["asleep"]]
    simulated = context_scores.simulated(1, 1)
    dark = context_scores.dark()
    for part in dark.values():
        assert part["ece"] < 0.05
        assert part["right"] > 0.9
    found = {"context": {"homes": {"a": scored}, "mean": mean}, "context_simulated": simulated, "dark": dark}
    text = "\n\n".join(report_context.section(found))
    assert "1 simulated, full of sensors" in text
    assert "with one" in text


def test_realism_is_asked_of_the_homes_that_were_looked_at(home: SimulatedHome) -> None:
    assert evaluate_realism.scores({"aras_a": home.recording, "tradfri": home.recording}, 1) is None
    nameless = replace(home.recording.home, entities={})
    bare = Recording(nameless, {})
    assert evaluate_realism.scores({"refit_20": bare, "ukdale_2": bare}, 1, 1) is None


def _home(model: float, trees: float, ratio: float) -> dict[str, Any]:
    rivals = {BOOSTED: trees, **dict.fromkeys(OWN_PAST, model / ratio)}
    return {
        "model": {"log_loss": model, "auc": 0.8, "ece": 0.01},
        "rivals": rivals,
        "best_rival": OWN_PAST[0],
        "best_simple_rival": OWN_PAST[0],
        "to_best": ratio,
        "to_best_95": [ratio - 0.1, ratio + 0.01],
    }


def test_where_trees_are_as_good_is_said_and_homes_that_were_looked_at_are_marked() -> None:
    homes = {"refit_20": _home(0.2, 0.2, 0.9), "aras_a": _home(0.4, 0.5, 1.1), "tradfri": _home(0.2, 0.1, 0.8)}
    parts = evaluate_recorded.parts(homes)
    assert parts["calibrated"]["homes"] == 1
    assert parts[evaluate_recorded.KEPT_APART]["model"] == pytest.approx(0.3)
    found = {"recorded": {"homes": homes, "mean": evaluate_recorded.summary(homes), "parts": parts}}
    text = "\n".join(report_recorded.weak(found))
    assert "better at: aras_a." in text
    assert "2 of 3 recorded homes: refit_20 † (0.2000 against 0.2000), tradfri (0.1000 against 0.2000)" in text
    assert [name for name, _ in report_recorded.means(found)][1:] == [
        "mean of the others (2)",
        "mean of those with † (1)",
    ]


@pytest.mark.parametrize(("limit", "code"), [(1e9, 0), (0.0, 1)])
def test_speed_fails_beyond_its_limit(limit: float, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "LIMIT", limit)
    monkeypatch.setattr(speed, "ROUNDS", 2)
    monkeypatch.setattr("sys.argv", ["speed"])
    assert speed.main() == code
