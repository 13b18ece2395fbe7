"""A report that comes late and in nobody's name is ours if we asked for it, once and in time."""

from __future__ import annotations

import math
import random

import pytest

from custom_components.hunches.engine.home import OFF, ON, UNKNOWN
from custom_components.hunches.engine.recorded import Changes, Contexts, fingerprints
from custom_components.hunches.engine.timeline import Cause
from custom_components.hunches.engine.told import VERIFY_SECONDS, Expected, Told, reach_back, told_by


@pytest.mark.parametrize(
    ("moment", "reading", "nameless", "ours"),
    [
        (100.0, OFF, True, True),
        (100.0 + VERIFY_SECONDS, OFF, True, True),
        (100.1 + VERIFY_SECONDS, OFF, True, False),  # too late
        (99.9, OFF, True, False),  # too early
        (105.0, ON, True, False),  # not what it was told
        (105.0, UNKNOWN, True, False),
        (105.0, OFF, False, False),  # somebody's
    ],
)
def test_one_change(moment: float, reading: int, nameless: bool, ours: bool) -> None:
    assert Expected([Told(100.0, OFF)]).is_ours(moment, reading, nameless=nameless) is ours


@pytest.mark.parametrize("nameless", [True, False])
def test_whatever_answers_first_is_the_answer(nameless: bool) -> None:
    expected = Expected([Told(100.0, OFF)])
    assert expected.is_ours(101.0, OFF, nameless=nameless) is nameless
    assert not expected.is_ours(103.0, ON, nameless=True)
    assert not expected.is_ours(104.0, OFF, nameless=True)


def test_an_action_and_its_undoing_are_answered_one_after_the_other() -> None:
    expected = Expected([Told(100.0, OFF)])
    expected.add(Told(106.0, ON))
    assert expected.is_ours(108.0, OFF, nameless=True)
    assert expected.is_ours(112.0, ON, nameless=True)
    assert not expected


def test_whatever_happens_we_claim_no_more_than_we_told() -> None:
    chance = random.Random(11)
    claimed = 0
    for _ in range(3_000):
        told = sorted((Told(chance.uniform(0, 90), chance.choice((OFF, ON))) for _ in range(3)), key=lambda t: t.moment)
        changes = sorted((chance.uniform(0, 120), chance.choice((OFF, ON, UNKNOWN))) for _ in range(12))
        expected, answers = Expected(told), []
        for moment, reading in changes:
            nameless = chance.random() < 0.7
            if expected.is_ours(moment, reading, nameless=nameless):
                assert nameless
                asked = [t for t in told if t.reading == reading and 0 <= moment - t.moment <= VERIFY_SECONDS]
                assert asked
                answers.append((moment, reading))
        for one in told:
            mine = [a for a in answers if a[1] == one.reading and 0 <= a[0] - one.moment <= VERIFY_SECONDS]
            others = [t for t in told if t is not one and t.reading == one.reading]
            assert len(mine) <= 1 + len(others)
        claimed += len(answers)
    assert claimed > 1_000


def test_events_say_what_was_told() -> None:
    lamp = '{"entity_id": "light.a", "state": "off"}'
    events = [
        (9.0, lamp),
        (3.0, '{"entity_id": "light.a", "state": "on"}'),
        (4.0, '{"entity_id": "lock.b", "state": "locked"}'),
        (5.0, '{"entity_id": "climate.c", "state": null}'),
        (6.0, '{"entity_id": "light.a"}'),  # as it was written before there was a state in it
        (7.0, '{"entity_id": "light.a", "state": "unavailable"}'),
        (8.0, "[]"),
        (8.0, '{"entity_id"'),
        (8.0, None),
    ]
    assert told_by(events) == {"light.a": (Told(3.0, ON), Told(9.0, OFF)), "lock.b": (Told(4.0, OFF),)}


def test_reading_goes_back_to_where_what_was_told_may_have_been_answered() -> None:
    told = [Told(10.0, OFF), Told(50.0, OFF), Told(60.0, ON)]
    assert reach_back(told, 5.0) == 5.0
    assert reach_back(told, 40.0) == 40.0
    assert reach_back(told, 52.0) == math.nextafter(50.0, 0.0)
    assert reach_back(told, 74.0) == math.nextafter(50.0, 0.0)  # both overlap
    assert reach_back(told, 76.0) == 76.0


def test_only_a_change_is_an_answer() -> None:
    """A lock that is locking already is told nothing new when it is locked; a call by nobody known is no hand."""
    call, wall = b"c" * 16, b"w" * 16
    contexts = Contexts(called=fingerprints([call]), heard_since=0.0)
    changes = Changes("lock", contexts, told=[Told(10.0, OFF)])
    changes.add(
        [
            (text, moment, context, None, None)
            for moment, text, context in [
                (1.0, "unlocked", wall),
                (11.0, "unavailable", wall),
                (12.0, "locking", wall),
                (13.0, "locked", wall),
                (14.0, "unlocked", wall),
                (15.0, "locked", wall),
                (16.0, "unlocked", call),
            ]
        ]
    )
    timeline = changes.timeline()
    u, p = Cause.UNKNOWN, Cause.PHYSICAL
    assert timeline.times.tolist() == [1.0, 11.0, 12.0, 14.0, 15.0, 16.0]
    assert timeline.causes.tolist() == [u, u, Cause.OURS, p, p, u]
