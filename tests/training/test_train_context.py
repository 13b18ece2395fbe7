"""The context filter's training: the same numbers from the same seed, and homes whose sensors fail as real ones do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from custom_components.hunches.engine.context import follow
from custom_components.hunches.engine.context_numbers import Numbers
from custom_components.hunches.engine.sensors import KINDS
from model_training import context_damage, context_homes, train_context
from model_training.train_context import Choice, Counted, content, count, numbers_of, train

DARK = (9.8, 2.6, -0.4, 2.7)


def test_a_short_training_gives_numbers_that_answer() -> None:
    found = train(5, homes=8, say=lambda _: None)
    assert train(5, homes=8, say=lambda _: None) == found
    recording = context_homes.contacts(1, 2)
    answer = follow(recording, np.arange(recording.start, recording.end, 3600.0), numbers=Numbers.of(found))
    assert np.isfinite(answer.asleep).all()
    assert set(found["kinds"]) == set(KINDS)


def test_what_is_counted_is_what_sensors_do() -> None:
    homes = [context_homes.contacts(i, 3) for i in range(14)]
    counted = count(homes, numbers_of(Counted({}, train_context._HOURS), Choice(), DARK))
    rise, _, on = counted.kinds["bed"]
    assert on[2] > 2 * on[3]  # mats are lain on by who sleeps, not by who is away
    assert rise[2] > 5 * rise[3]
    motion = counted.kinds["motion"][0]
    assert motion[0] > motion[1] > motion[3]  # moving, quiet, away


def test_choices_bear_on_numbers() -> None:
    rows = np.array([[0.02, 0.001, 0.0001, 0.0]] * 2 + [[0.1] * 4])
    counted = Counted({"door": rows}, train_context._HOURS)
    plain = numbers_of(counted, replace(Choice(), floor=0.0), DARK).kinds["door"].rise
    np.testing.assert_allclose(plain[:3], rows[0, :3])
    floored = numbers_of(counted, replace(Choice(), floor=0.05), DARK).kinds["door"].rise
    np.testing.assert_allclose(floored, [0.02, 0.001, 0.001, 0.001])
    assert numbers_of(counted, replace(Choice(), trust=0.5), DARK).trust.rates[0] == 3000.0


def test_numbers_survive_the_file() -> None:
    numbers = numbers_of(Counted({}, train_context._HOURS), Choice(), DARK)
    again = Numbers.of(content(numbers))
    np.testing.assert_allclose(again.hours, numbers.hours, rtol=1e-3)
    assert again.trust.rates.tolist() == numbers.trust.rates.tolist()


def test_damage_leaves_truth_and_order() -> None:
    rng = np.random.default_rng(0)
    whole = context_homes.contacts(7, 2)
    for _ in range(20):
        worse = context_damage.damage(whole, rng)
        assert worse.truth == whole.truth
        assert worse.timelines
        assert set(worse.timelines) == set(worse.home.entities)
        for timeline in worse.timelines.values():
            assert (np.diff(timeline.times) > 0).all()
            assert (np.diff(timeline.states) != 0).all()


def test_false_alarms_come_whoever_is_home() -> None:
    rng = np.random.default_rng(1)
    whole = context_homes.contacts(7, 2)
    key = max(whole.timelines, key=lambda k: len(whole.timelines[k]))
    for _ in range(10):
        noisy = context_damage.false_alarms(rng, whole.timelines[key], (whole.start, whole.end), 4.0)
        assert len(noisy) >= len(whole.timelines[key].carried()) * 0.5
        assert (np.diff(noisy.times) > 0).all()


def test_a_home_is_the_same_every_time() -> None:
    for make in (context_homes.home, context_homes.judge):
        one, other = make(4, 9), make(4, 9)
        assert list(one.timelines) == list(other.timelines)
        for key, timeline in one.timelines.items():
            np.testing.assert_array_equal(timeline.times, other.timelines[key].times)
