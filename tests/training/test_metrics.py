"""Scores: known values, calibration of what is right and of what is not, and intervals over homes."""

from __future__ import annotations

import numpy as np
import pytest

from model_training import metrics

RNG = np.random.default_rng(0)
LOGIT = RNG.normal(-1, 2, 20_000)
TARGET = (RNG.random(LOGIT.size) < metrics.probabilities(LOGIT)).astype(np.float32)


def test_known_values() -> None:
    logit, target = np.array([0.0, np.log(3.0)]), np.array([1.0, 0.0])
    assert metrics.log_loss(logit, target) == pytest.approx((np.log(2) + np.log(4)) / 2)
    assert metrics.brier(logit, target) == pytest.approx((0.25 + 0.75**2) / 2)
    assert metrics.auc(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 1.0])) == 1.0
    assert np.isnan(metrics.auc(np.array([0.0, 1.0]), np.array([1.0, 1.0])))


def test_calibration_error_of_what_is_right_is_that_of_chance() -> None:
    floor = metrics.calibration_floor(LOGIT, 1)
    assert metrics.calibration_error(LOGIT, TARGET) < 2 * floor
    assert metrics.calibration_error(LOGIT + 0.5, TARGET) > 5 * floor


def test_reliability_bins_are_filled_alike_and_in_order() -> None:
    said, came, filled = metrics.reliability(LOGIT, TARGET)
    assert (np.diff(said) > 0).all()
    assert filled.max() - filled.min() <= 1
    assert filled.sum() == LOGIT.size
    np.testing.assert_allclose(said, came, atol=0.05)


def test_weights_count_as_often_as_they_say() -> None:
    twice = np.concatenate((LOGIT[:50], LOGIT[:10])), np.concatenate((TARGET[:50], TARGET[:10]))
    weight = np.where(np.arange(50) < 10, 2.0, 1.0)
    assert metrics.log_loss(LOGIT[:50], TARGET[:50], weight) == pytest.approx(metrics.log_loss(*twice))
    assert metrics.brier(LOGIT[:50], TARGET[:50], weight) == pytest.approx(metrics.brier(*twice))


def test_intervals_are_over_homes_not_over_questions() -> None:
    """Two hundred questions to a home that all go the same way are one observation."""
    homes = np.repeat(np.arange(20), 200)
    values = np.repeat(np.random.default_rng(1).normal(0, 1, 20), 200)
    low, high = metrics.interval(values, homes, 1)
    assert low < values.mean() < high
    assert high - low > 0.5
    assert metrics.interval(values, np.arange(values.size), 1)[1] - values.mean() < 0.1
    below, above = metrics.ratio_interval(2 * np.abs(values), np.abs(values), homes, 1)
    assert below == pytest.approx(2.0)
    assert above == pytest.approx(2.0)


def test_an_interval_of_a_share_is_over_homes_and_bears_homes_without_anything() -> None:
    homes, whole = np.arange(40), np.where(np.arange(40) % 2, 4.0, 0.0)
    part = np.where(np.arange(40) % 4 == 1, whole, whole / 2)
    span = metrics.share_interval(part, whole, homes, 1)
    assert span is not None
    assert span[0] < part.sum() / whole.sum() < span[1]
    assert metrics.share_interval(whole, whole, homes, 1) == [1.0, 1.0]
    assert metrics.share_interval(whole[:1], whole[:1], homes[:1], 1) is None
