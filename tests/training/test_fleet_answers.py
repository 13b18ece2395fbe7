"""How simulated people answer hunches: chances that add up, patience that wears out, and no look ahead."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from model_training.fleet import simulate
from model_training.fleet.answers import Answers, draw_answers, reply
from model_training.fleet.home import SimulatedHome

DAY = 86400.0
SITUATIONS = [(True, False, False), (False, False, False), (True, True, False), (True, False, True)]


@pytest.fixture(scope="module")
def people() -> list[Answers]:
    return [draw_answers(np.random.default_rng(seed), 1 + seed % 3, ["light.a", "light.b"]) for seed in range(60)]


@pytest.fixture(scope="module")
def homes() -> list[SimulatedHome]:
    return [simulate.home(index, 6) for index in range(40)]


def test_chances_add_up(people: list[Answers]) -> None:
    for answers in people:
        for unwanted, away, asleep in SITUATIONS:
            for asked in ([], [-3600.0], [-3600.0 * n for n in range(1, 30)]):
                found = answers.chances("light.a", 0.0, asked, unwanted=unwanted, away=away, asleep=asleep)
                assert sum(found) == pytest.approx(1.0)
                assert min(found) >= 0.0


def test_patience_wears_out_with_each_question_and_comes_back(people: list[Answers]) -> None:
    for answers in people:
        for person in answers.people:
            worn = [person.patience(0.0, [-600.0 * n for n in range(1, count + 1)]) for count in range(12)]
            assert worn[0] == 1.0
            assert all(later < before for before, later in pairwise(worn))
            asked = [0.0, 60.0, 120.0]
            rested = [person.patience(120.0 + days * DAY, asked) for days in (0.01, 1, 3, 10, 60)]
            assert all(later > before for before, later in pairwise(rested))


def test_the_tired_say_yes_less_and_are_silent_more(people: list[Answers]) -> None:
    for answers in people:
        found = [
            answers.chances("light.a", 0.0, [-600.0] * count, unwanted=True, away=False, asleep=False)
            for count in (0, 1, 3, 10, 30)
        ]
        assert all(later.yes < before.yes for before, later in pairwise(found))
        assert all(later.ignored > before.ignored for before, later in pairwise(found))


def test_what_is_unwanted_is_accepted_more_often(people: list[Answers]) -> None:
    yes = {
        unwanted: np.mean(
            [a.chances("light.b", 0.0, [], unwanted=unwanted, away=False, asleep=False).yes for a in people]
        )
        for unwanted in (True, False)
    }
    assert yes[True] > 3 * yes[False]
    asleep = [a.chances("light.b", 0.0, [], unwanted=True, away=False, asleep=True).ignored for a in people]
    assert np.mean(asleep) > 0.8


def test_people_differ(people: list[Answers]) -> None:
    yes = [a.chances("light.a", 0.0, [-DAY] * 3, unwanted=True, away=False, asleep=False).yes for a in people]
    assert np.std(yes) > 0.1


def test_every_home_answers_about_its_devices(homes: list[SimulatedHome]) -> None:
    asked = accepted = 0.0
    for home in homes:
        assert home.answers.people
        assert set(home.answers.minds) == set(home.roles)
        for key, stretches in home.unwanted.items():
            for stretch in stretches:
                asked += 1
                accepted += reply(home, key, (stretch.start + stretch.end) / 2).yes
    assert asked > 50
    assert 0.2 < accepted / asked < 0.95


def test_a_reply_knows_nothing_of_later(homes: list[SimulatedHome]) -> None:
    for home in homes[:10]:
        for key, stretches in home.unwanted.items():
            now = stretches[0].start + 1.0
            cut = replace(
                home,
                recording=replace(home.recording, truth=tuple(i for i in home.recording.truth if i.start <= now)),
                unwanted={key: tuple(i for i in stretches if i.start <= now)},
            )
            assert reply(cut, key, now, [now - 60.0]) == reply(home, key, now, [now - 60.0, now + 60.0])
