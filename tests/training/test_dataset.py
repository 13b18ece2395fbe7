"""Examples: the same every time, labelled by what people wanted, and made of what the integration sees."""

from __future__ import annotations

import numpy as np
import pytest

import model_training  # noqa: F401
from custom_components.hunches.engine import acceptance
from custom_components.hunches.engine.context import follow
from custom_components.hunches.engine.experts import Forecasts
from custom_components.hunches.engine.localtime import DAY
from custom_components.hunches.engine.model import Model, sigmoid
from custom_components.hunches.engine.scan import Mind
from model_training import dataset
from model_training.fleet import residents
from model_training.fleet.home import SimulatedHome


def lived_in() -> SimulatedHome:
    """Return a simulated home of a few weeks in which something was left on."""
    for index in range(60):
        home = residents.simulate(index, 11)
        span = home.recording.end - home.recording.start
        if sum(map(len, home.unwanted.values())) > 10 and 12 * DAY < span < 45 * DAY:
            return home
    pytest.fail("no such home among sixty")


def test_examples_are_the_same_every_time() -> None:
    home = lived_in()
    first, second = dataset.examples(home, 3, 1), dataset.examples(home, 3, 1)
    for name, arrays in first.items():
        for key, values in arrays.items():
            np.testing.assert_array_equal(values, second[name][key], err_msg=f"{name}.{key}")


def test_inputs_are_finite_and_of_a_sensible_size() -> None:
    for name, arrays in dataset.examples(lived_in(), 3, 1).items():
        for key, values in arrays.items():
            if values.dtype.kind == "f":
                assert np.isfinite(values).all(), f"{name}.{key}"
            if key in {"stable", "dynamic", "query", "habits", "room"}:
                assert np.abs(values).max() < 8, f"{name}.{key}"


def test_a_question_is_answered_yes_only_where_nobody_wants_it() -> None:
    home = lived_in()
    rows = dataset.examples(home, 3, 1)["accept"]
    assert 0 < rows["yes"].mean() < 1
    assert (rows["weight"] > 0).all()


def test_the_integration_sees_what_training_saw() -> None:
    """At the same moment of the same home, `Mind.look` gives what the rows of the training give."""
    home, model = lived_in(), Model.load(runtime="numpy")
    recording = home.recording
    rng = np.random.default_rng(5)
    asked = dataset.ask(recording)
    moments = list(dataset.accept_moments(asked, dataset.picked(home, 3, 1), home, rng))[::4]
    contexts = follow(recording, np.unique([now for _, now, _, _ in moments]))
    compared = 0
    for entity, now, yes, weight in moments:
        row = dataset.accept_row(asked, contexts, entity, now, yes, weight)
        mind = Mind(model, recording.home)
        mind.learn(recording.until(now).timelines, now)
        for hunch in mind.look(now, frozenset({entity.entity_id})).candidates:
            assert hunch.evidence.p_fleet == pytest.approx(_accept(model, row), abs=2e-4)
            compared += 1
    assert compared >= 3


def _accept(model: Model, row: dataset.Arrays) -> float:
    encoded = model.encode(row["stable"], row["tokens"].astype(np.int64))
    embedding, behaviour = encoded.embedding, encoded.behaviour
    four = np.repeat(behaviour, 4, axis=0), np.repeat(row["dynamic"], 4, axis=0)
    ahead = model.predict(*four, row["ahead_query"][0], Forecasts(row["ahead_logit"][0], row["ahead_support"][0]))
    past = Forecasts(row["usual_logit"], row["usual_support"])
    usual = model.predict(behaviour, row["past_dynamic"], row["usual_query"], past)
    outlook = acceptance.compose(ahead[None], usual, row["habits"], row["room"])
    return float(sigmoid(model.accept(embedding, row["dynamic"], outlook))[0])
