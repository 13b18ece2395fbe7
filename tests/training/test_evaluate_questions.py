"""Questions of the evaluation: nothing of the future in them, the same inputs as at run time, cuts that cut."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from custom_components.hunches.engine.bundle import Recording
from custom_components.hunches.engine.forecaster import Query, answer
from custom_components.hunches.engine.home import Entity, Home
from custom_components.hunches.engine.localtime import DAY, HOUR, LocalTime
from custom_components.hunches.engine.model import Model, sigmoid
from custom_components.hunches.engine.timeline import Timeline
from custom_components.hunches.engine.usage import Usage
from model_training import dataset, evaluate_asked, evaluate_questions, evaluate_recorded
from model_training.evaluate_questions import NOTES, Clocked
from model_training.fleet import residents

START = 1_772_323_200.0  # 2026-03-01 00:00 UTC, a Sunday


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.load(runtime="numpy")


@pytest.fixture(scope="module")
def home() -> Recording:
    """Return a simulated home of more than a month, so that every cut can be asked."""
    for index in range(60):
        recording = residents.simulate(index, 12).recording
        if 35 * DAY < recording.end - recording.start < 60 * DAY and len(recording.home.devices) < 15:
            return recording
    pytest.fail("no such home among sixty")


def test_the_model_answers_as_it_does_at_run_time(model: Model, home: Recording) -> None:
    asked = evaluate_questions.drawn(home, 1, 60)
    rows = evaluate_questions.recorded(home, asked)
    expected = answer(model, home, asked)
    np.testing.assert_allclose(sigmoid(evaluate_asked.log_odds(model, rows)), expected, atol=1e-5)


def test_no_future_reaches_a_question(home: Recording) -> None:
    """Inputs and notes of rivals are the same when the home ends at the moment of asking."""
    asked = evaluate_questions.drawn(home, 2, 12)
    whole = evaluate_questions.recorded(home, asked)
    for i, query in enumerate(asked):
        past = home.until(query.asof)
        entity = home.home.entities[query.entity_id]
        told = dataset.ask(past)
        # The truth is read from the whole home; everything else must not need it.
        later = {k: (t if k == query.entity_id else past.timelines[k]) for k, t in home.timelines.items()}
        alone = evaluate_questions.recorded(Recording(past.home, later), [query])
        for key in ("stable", "dynamic", "query", "logit", "support", "notes"):
            np.testing.assert_allclose(alone[key][0], whole[key][i], atol=1e-5, err_msg=key)
        assert told.recording.timelines[entity.entity_id].times.max(initial=0) <= query.asof


def test_cuts_ask_the_same_questions_with_less_history(home: Recording) -> None:
    devices = list(home.home.devices)[:4]
    mixed, curve = evaluate_questions.simulated(home, [e for e in devices if len(home.timelines[e.entity_id])], 5, 1)
    assert len(mixed["target"]) > 0
    by_cut = [{key: value[curve["cut"] == cut] for key, value in curve.items()} for cut in evaluate_questions.CUTS]
    for cut, rows in zip(evaluate_questions.CUTS, by_cut, strict=True):
        np.testing.assert_array_equal(rows["target"], by_cut[0]["target"])
        np.testing.assert_array_equal(rows["horizon"], by_cut[0]["horizon"])
        assert (rows["history"] <= cut * DAY + 1).all()
    assert (by_cut[-1]["history"] > 20 * DAY).any()


def test_hour_of_week_counts_only_that_hour() -> None:
    """On every Monday from 20:00 to 21:00 and at no other time, for four weeks."""
    times = [START, *(START + (1 + 7 * w) * DAY + h * HOUR for w in range(4) for h in (20, 21))]
    timeline = Timeline.from_readings(times, [0] + [1, 0] * 4)
    clock, asof = LocalTime("UTC"), START + 28 * DAY
    clocked = Clocked.of(timeline, asof)

    def told(target: float) -> dict[str, float]:
        found = evaluate_questions.notes(clocked, timeline, Usage(), asof, target, 0.0, clock)
        return dict(zip(NOTES, found, strict=True))

    monday = told(asof + DAY + 20.5 * HOUR)
    assert monday["hour_of_week"] == pytest.approx((4 + monday["plain_rate"]) / 5)
    tuesday = told(asof + 2 * DAY + 20.5 * HOUR)
    assert tuesday["hour_of_week"] == pytest.approx(tuesday["plain_rate"] / 5)
    assert monday["plain_rate"] == pytest.approx((4 + 0.1) / (28 * 24 + 2))
    assert monday["state"] == 0
    assert monday["elapsed"] == pytest.approx(asof - times[-1])


def test_questions_are_drawn_by_the_rule(home: Recording) -> None:
    asked = evaluate_questions.drawn(home, 3, 400)
    assert asked == evaluate_questions.drawn(home, 3, 400)
    ahead = np.array([q.target - q.asof for q in asked]) / HOUR
    assert ahead.min() >= 1 / 6 - 1e-6
    assert ahead.max() <= 168
    assert 0.2 < (ahead > 24).mean() < 0.4
    assert min(q.asof for q in asked) >= home.start + 7 * DAY
    assert all(home.home.entities[q.entity_id].is_device for q in asked)


def test_a_home_without_devices_has_no_questions() -> None:
    bare = Recording(Home("bare", entities={"person.a": Entity("person.a")}), {"person.a": Timeline.empty()})
    assert evaluate_questions.drawn(bare, 1) == []
    assert evaluate_questions.recorded(bare, []) == {}


def test_queries_are_read(tmp_path: Path) -> None:
    path = tmp_path / "queries.csv"
    path.write_text("entity_id,asof,target\nlight.a,10,20\n", encoding="utf-8")
    assert evaluate_recorded.queries(path) == [Query("light.a", 10.0, 20.0)]
