"""Proposals: the same every time, labelled by what people wanted, and made of what the integration sees."""

from __future__ import annotations

import numpy as np
import pytest

import model_training  # noqa: F401
from custom_components.hunches.engine.context import follow
from custom_components.hunches.engine.model import Model, sigmoid
from custom_components.hunches.engine.scan import Mind
from custom_components.hunches.engine.subjects import KINDS
from model_training import dataset, proposals
from model_training.fleet import simulate
from model_training.fleet.home import SimulatedHome
from model_training.train_personal import ANSWERS, fit, respondents


@pytest.fixture(scope="module")
def rows() -> dataset.Arrays:
    """Return the proposals to a few homes."""
    return dataset.stacked([r for n in range(20, 32) if (r := proposals.examples(simulate.home(n, 1), n, 1))])


def test_proposals_are_the_same_every_time(home: SimulatedHome) -> None:
    first, second = (proposals.examples(home, 3, 1) for _ in range(2))
    for key, values in first.items():
        np.testing.assert_array_equal(values, second[key], err_msg=key)


def test_inputs_are_finite_and_of_a_sensible_size(rows: dataset.Arrays) -> None:
    for key, values in rows.items():
        assert np.isfinite(values).all(), key
        if key in {"stable", "dynamic", "habits", "room"}:
            assert np.abs(values).max() < 8, key


def test_what_nobody_wants_is_mostly_accepted_and_the_rest_mostly_not(rows: dataset.Arrays) -> None:
    right = rows["right"] > 0.5
    assert 0 < right.mean() < 1
    assert rows["chance"][right].mean() > 0.5 > rows["chance"][~right].mean() + 0.2
    assert (rows["weight"] > 0).all()
    assert {str(KINDS[k]) for k in rows["kind"]} >= {"still_on", "usually_on_by_now"}


def test_the_integration_sees_what_training_saw(home: SimulatedHome) -> None:
    """At the same moment of the same home, `Mind.look` gives what the rows of the training give."""
    model = Model.load(runtime="numpy")
    recording = home.recording
    asked, compared = dataset.ask(recording), 0
    chosen = [e for e in dataset.picked(home, 3, 1) if home.unwanted.get(e.entity_id)]
    moments = [(e, (i.start + i.end) / 2) for e in chosen for i in home.unwanted[e.entity_id][:3]]
    contexts = follow(recording, np.unique([now for _, now in moments]))
    for entity, now in moments:
        row = proposals.inputs(asked, contexts, entity, now)
        mind = Mind(model, recording.home)
        mind.learn(recording.until(now).timelines, now)
        hunches = mind.look(now, frozenset({entity.entity_id})).candidates
        assert (row is None) == (not hunches)
        if row is None:
            continue
        (hunch,), said = hunches, model.accept(*proposals.given(model, row))
        assert hunch.kind is KINDS[int(row["kind"][0])]
        assert hunch.evidence.p_fleet == pytest.approx(float(sigmoid(said.yes)[0]), abs=2e-4)
        assert hunch.evidence.p_right == pytest.approx(float(sigmoid(said.right)[0]), abs=2e-4)
        compared += 1
    assert compared >= 3


def test_a_prior_is_learned_from_what_homes_answer(rows: dataset.Arrays) -> None:
    """Answers that depend on the device alone, which the fleet cannot foretell, need a wide prior for devices."""
    blank = np.zeros(len(rows["yes"]))
    of_device = {**rows, "yes": (rows["about"] % 2).astype(np.float32)}
    homes = list(respondents(of_device, blank, blank, of_device["yes"], ANSWERS, 1))
    assert homes
    assert not any(set(home.asked) & set(home.left) for home in homes)
    prior = fit(homes)
    assert prior.device > max(prior.home, prior.moment)
