"""What a recorder's rows mean, wherever they come from."""

from __future__ import annotations

import math
from typing import Any

import pytest

from custom_components.hunches.engine.home import OFF, ON, UNKNOWN
from custom_components.hunches.engine.recorded import (
    GAP_SECONDS,
    Changes,
    Contexts,
    Run,
    fingerprint,
    fingerprints,
    gaps_between,
)
from custom_components.hunches.engine.timeline import Cause, Timeline

DAY = 86_400.0


def latest(*moments: float) -> Any:
    return lambda moment: max((m for m in moments if m < moment), default=None)


def test_what_lies_between_two_runs_is_a_gap_unless_it_is_a_restart() -> None:
    runs = [
        Run(1, 0.0, DAY, False),
        Run(2, DAY + GAP_SECONDS - 1, 2 * DAY, False),
        Run(3, 2 * DAY + GAP_SECONDS, 3 * DAY, False),
        Run(4, 4 * DAY, None, False),
    ]
    assert gaps_between(reversed(runs), latest()) == ((2 * DAY, 2 * DAY + GAP_SECONDS), (3 * DAY, 4 * DAY))
    assert gaps_between([], latest()) == ()


def test_a_run_that_crashed_ended_with_its_last_row() -> None:
    runs = [Run(1, 0.0, DAY, True), Run(2, DAY, 2 * DAY, True), Run(3, 2 * DAY, None, False)]
    last = 2 * DAY - 60.0
    ((start, end),) = gaps_between(runs, latest(5_000.0, last))
    assert (start, end) == (math.nextafter(5_000.0, math.inf), DAY)
    # One that left no row at all: nothing is known of it
    assert gaps_between(runs, latest(5_000.0)) == ((start, DAY), (DAY, 2 * DAY))


def test_an_end_that_was_never_written_is_a_crash() -> None:
    runs = [Run(1, 0.0, None, False), Run(2, DAY, None, False)]
    assert gaps_between(runs, latest(100.0)) == ((math.nextafter(100.0, math.inf), DAY),)


def test_runs_that_were_purged_leave_a_gap_before_the_first_that_is_left() -> None:
    assert gaps_between([Run(7, DAY, None, False)], latest(100.0)) == ((math.nextafter(100.0, math.inf), DAY),)
    assert gaps_between([Run(7, DAY, None, False)], latest()) == ()
    assert gaps_between([Run(7, DAY, None, False)], latest(DAY - 1)) == ()
    assert gaps_between([Run(1, DAY, None, False)], latest(100.0)) == ()  # put there by hand: there was no run before


def rows(*changes: tuple[float, str]) -> list[tuple[Any, ...]]:
    return [(state, moment, None, None, None) for moment, state in changes]


def pairs(timeline: Timeline) -> list[tuple[float, int]]:
    return list(zip(timeline.times.tolist(), timeline.states.tolist(), strict=True))


@pytest.mark.parametrize("size", [1, 2, 3, 10])
def test_gaps_open_where_a_state_was_known_however_rows_are_cut(size: int) -> None:
    gaps = ((5.0, 6.0), (100.0, 400.0), (500.0, 900.0), (2000.0, 3000.0))
    given = rows((10.0, "on"), (90.0, "on"), (410.0, "on"), (420.0, "off"), (1000.0, "off"), (1001.0, "off"))
    changes = Changes("light", None, gaps)
    for start in range(0, len(given), size):
        changes.add(given[start : start + size])
    assert pairs(changes.timeline()) == [
        (10.0, ON),
        (100.0, UNKNOWN),
        (410.0, ON),
        (420.0, OFF),
        (500.0, UNKNOWN),
        (1000.0, OFF),
        (2000.0, UNKNOWN),
    ]


def test_two_gaps_without_a_row_between_them_are_one_unknown_time() -> None:
    changes = Changes("light", None, ((100.0, 400.0), (500.0, 900.0)))
    changes.add(rows((10.0, "on"), (1000.0, "off")))
    assert pairs(changes.timeline()) == [(10.0, ON), (100.0, UNKNOWN), (1000.0, OFF)]


def test_what_is_known_already_is_continued() -> None:
    gaps = ((100.0, 400.0), (500.0, 900.0))
    assert pairs(Changes("light", None, gaps, since=450.0).timeline()) == [(500.0, UNKNOWN)]
    assert pairs(Changes("light", None, gaps, since=950.0).timeline()) == []
    within = Changes("light", None, gaps, since=600.0)
    within.add(rows((910.0, "on")))
    assert pairs(within.timeline()) == [(math.nextafter(600.0, math.inf), UNKNOWN), (910.0, ON)]


def test_fingerprints_are_sorted_and_found() -> None:
    ids = [bytes([9]) * 8 + n.to_bytes(8, "big") for n in (2**64 - 1, 0, 7, 2**63)]
    found = fingerprints(ids)
    assert list(found) == [0, 7, 2**63, 2**64 - 1]
    assert found.itemsize == 8
    contexts = Contexts(automatic=found)
    assert all(contexts.known(fingerprint(i)) is Cause.AUTOMATION for i in ids)
    assert contexts.known(8) is None
    assert list(fingerprints([])) == []


@pytest.mark.parametrize(
    ("moment", "context", "cause"),
    [
        (49.0, b"-" * 16, Cause.UNKNOWN),  # no call had ever been recorded by then
        (50.0, b"-" * 16, Cause.PHYSICAL),
        (50.0, b"c" * 16, Cause.UNKNOWN),
        (50.0, None, Cause.UNKNOWN),
    ],
)
def test_what_nobody_called_for_was_done_at_the_device(moment: float, context: bytes | None, cause: Cause) -> None:
    contexts = Contexts(called=fingerprints([b"c" * 16]), heard_since=50.0)
    assert contexts.of(context, has_user=False, has_parent=False, moment=moment) is cause
    assert contexts.of(context, has_user=True, has_parent=False, moment=moment) is Cause.PERSON
    assert contexts.of(context, has_user=False, has_parent=True, moment=moment) is Cause.AUTOMATION
    assert Contexts().of(b"-" * 16, has_user=False, has_parent=False, moment=moment) is Cause.UNKNOWN


def test_only_what_goes_from_one_known_state_to_another_was_done_at_the_device() -> None:
    contexts = Contexts(heard_since=0.0)
    texts = ("off", "on", "unavailable", "on", "off", "", "on")
    given = [(text, float(i), b"-" * 16, None, None) for i, text in enumerate(texts, 1)]
    whole = Changes("light", contexts)
    whole.add(given)
    u, p = Cause.UNKNOWN, Cause.PHYSICAL
    assert whole.timeline().causes.tolist() == [u, p, u, u, p, u, u]
    for before, cause in ((ON, p), (UNKNOWN, u)):
        later = Changes("light", contexts, since=4.5, before=before)
        later.add(given[4:])
        assert later.timeline().causes.tolist() == [cause, u, u]
