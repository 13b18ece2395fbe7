"""What is asked as one: which hunches belong together, how a question is counted, and what may join one."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_components.hunches.engine.home import OFF, Entity, Home
from custom_components.hunches.engine.hunches import KIND_OF_DOMAIN, Context, Evidence, Hunch, Kind
from custom_components.hunches.engine.localtime import DAY, HOUR
from custom_components.hunches.engine.policy import (
    Answer,
    Answered,
    Decision,
    Ledger,
    Policy,
    Question,
    Rule,
    Settings,
    Verdict,
    action_for,
    left_to_ask,
    questions,
    stops,
    unanswered,
)
from custom_components.hunches.engine.policy.together import SECONDS

NOW = 1_760_000_000.0
AWAY, AT_HOME = (0.05, 0.95), (0.05, 0.05)
ROOM = "Living room"
ENTITIES = (
    *(Entity(f"light.ceiling_{n}", f"Ceiling {n}", ROOM) for n in range(1, 6)),
    Entity("switch.spots", "Spots", ROOM),
    Entity("light.hall", "Hall light", "Hall"),
    Entity("light.attic", "Attic light", "Attic"),
    Entity("light.nowhere_1", "Lamp"),
    Entity("light.nowhere_2", "Other lamp"),
    *(Entity(f"lock.door_{n}", f"Door {n}", ROOM) for n in (1, 2)),
    *(Entity(f"valve.water_{n}", f"Water {n}", ROOM) for n in (1, 2)),
    *(Entity(f"cover.garage_{n}", f"Garage {n}", ROOM, "garage") for n in (1, 2)),
    *(Entity(f"cover.blind_{n}", f"Blind {n}", ROOM, "blind") for n in (1, 2)),
    *(Entity(f"climate.room_{n}", f"Heating {n}", f"Room {n}") for n in range(8)),
)
HOME = Home("test", "UTC", entities={e.entity_id: e for e in ENTITIES})
CEILING = tuple(f"light.ceiling_{n}" for n in range(1, 6))


def hunch(
    entity_id: str = CEILING[0],
    p: float = 0.9,
    *,
    since: float = -HOUR,
    time: float = 0.0,
    kind: Kind | None = None,
    context: tuple[float, float] = AWAY,
    days: float = 20.0,
) -> Hunch:
    """Return a hunch raised `time` seconds from now about what was switched `since` seconds from now."""
    domain = entity_id.partition(".")[0]
    kind = kind or KIND_OF_DOMAIN.get(domain, Kind.HEATING_WHILE_AWAY)
    action = action_for(HOME.entities[entity_id], kind)
    seen = Evidence(NOW + since, (10.0, 40.0), 23.0, 0.1, days, "ceiling", Context(NOW + time, *context, 1.0))
    return Hunch(NOW + time, entity_id, kind, action.service if action else "turn_off", p, seen)


def held(ledger: Ledger, *candidates: Hunch, policy: Policy | None = None, at: float = NOW) -> Decision:
    """Return the decision after the candidates have held for as long as they have to."""
    policy = policy or Policy()
    policy.judge(HOME, candidates, ledger, at - policy.settings.sustain)
    return policy.judge(HOME, candidates, ledger, at)


def names(*found: Question) -> list[tuple[str, ...]]:
    return [question.entity_ids for question in found]


def ids(hunches: tuple[Hunch, ...]) -> list[str]:
    return [one.entity_id for one in hunches]


# --- what belongs together


def test_lamps_of_a_room_that_were_switched_at_once_are_one_question() -> None:
    lamps = [hunch(key, since=-HOUR + n) for n, key in enumerate(CEILING[:3])]
    (question,) = questions(HOME, reversed(lamps))
    assert question.entity_ids == CEILING[:3]
    assert question.key == "still_on:light.ceiling_1"


def test_the_one_that_was_raised_first_leads() -> None:
    first = hunch("light.ceiling_3", time=-600)
    (question,) = questions(HOME, [hunch("light.ceiling_1"), hunch("light.ceiling_2"), first])
    assert question.leader == first
    assert question.entity_ids == ("light.ceiling_3", "light.ceiling_1", "light.ceiling_2")


def test_a_slow_scene_is_one_and_two_hands_are_two() -> None:
    """Each within seconds of the next, however long it takes in all."""
    scene = [hunch(key, since=-HOUR + 0.9 * SECONDS * n) for n, key in enumerate(CEILING)]
    assert names(*questions(HOME, scene)) == [CEILING]
    assert names(*questions(HOME, scene[:2] + scene[3:])) == [CEILING[:2], CEILING[3:]]
    later = hunch(CEILING[1], since=-HOUR + SECONDS + 0.1)
    assert len(questions(HOME, [hunch(CEILING[0]), later])) == 2


@pytest.mark.parametrize(
    "pair",
    [
        ("light.ceiling_1", "switch.spots"),  # another domain
        ("light.ceiling_1", "light.hall"),  # another room
        ("light.nowhere_1", "light.nowhere_2"),  # no room
        ("lock.door_1", "lock.door_2"),
        ("valve.water_1", "valve.water_2"),
        ("cover.garage_1", "cover.garage_2"),
    ],
)
def test_what_is_asked_alone(pair: tuple[str, str]) -> None:
    assert len(questions(HOME, map(hunch, pair))) == 2


def test_blinds_may_be_together() -> None:
    assert len(questions(HOME, [hunch("cover.blind_1"), hunch("cover.blind_2")])) == 1


def test_heating_is_one_question_all_over_the_home() -> None:
    heating = [hunch(f"climate.room_{n}", since=-HOUR * (n + 1)) for n in range(8)]
    asleep = hunch("climate.room_0", kind=Kind.HEATING_WHILE_ASLEEP)
    assert [len(q.hunches) for q in questions(HOME, heating)] == [8]
    assert [len(q.hunches) for q in questions(HOME, [*heating[1:], asleep])] == [7, 1]


def test_another_kind_or_action_is_another_question() -> None:
    one, other = hunch(CEILING[0]), hunch(CEILING[1], kind=Kind.USUALLY_ON_BY_NOW)
    assert len(questions(HOME, [one, other])) == 2
    assert len(questions(HOME, [one, replace(hunch(CEILING[1]), action="light.turn_off")])) == 2


def test_what_is_no_longer_in_the_home_is_asked_alone() -> None:
    gone = [replace(hunch(), entity_id=f"light.gone_{n}") for n in (1, 2)]
    assert len(questions(HOME, gone)) == 2


def test_the_part_that_somebody_may_answer() -> None:
    (question,) = questions(HOME, map(hunch, CEILING[:3]))
    part = question.of(lambda key: key != CEILING[0])
    assert part is not None
    assert part.entity_ids == CEILING[1:3]
    assert question.of(lambda _: False) is None


anything = st.lists(
    st.builds(
        lambda entity, since, time: hunch(entity.entity_id, since=since, time=time),
        st.sampled_from(ENTITIES),
        st.sampled_from((-HOUR, -HOUR + 4, -HOUR + 8, -HOUR + 15, -HOUR + 40)),
        st.sampled_from((0.0, -300.0)),
    ),
    max_size=14,
    unique_by=lambda one: one.entity_id,
)
MANY = settings(max_examples=max(200, settings().max_examples))


@MANY
@given(anything, st.randoms(use_true_random=False))
def test_membership_depends_on_no_order(hunches: list[Hunch], chance: random.Random) -> None:
    mixed = hunches.copy()
    chance.shuffle(mixed)
    found = questions(HOME, hunches)
    assert set(found) == set(questions(HOME, mixed))
    assert sorted(one.key for q in found for one in q.hunches) == sorted(one.key for one in hunches)
    for question in found:
        assert question.leader == min(question.hunches, key=lambda one: (one.time, one.entity_id))
        assert questions(HOME, question.hunches) == (question,)
        assert len({(one.kind, one.action) for one in question.hunches}) == 1
        careful = {"lock", "valve"} & {one.entity_id.partition(".")[0] for one in question.hunches}
        assert len(question.hunches) == 1 or not careful


# --- how questions are counted, and what joins them


def test_a_room_of_lamps_leaves_room_for_other_questions() -> None:
    decision = held(Ledger(), *(hunch(key, 0.99) for key in CEILING), hunch("light.hall"), hunch("light.attic"))
    assert sorted(ids(decision.raised)) == ["light.attic", CEILING[0], "light.hall"]
    assert sorted(ids(decision.joined)) == list(CEILING[1:])
    assert not decision.declined
    ledger = Ledger().decided(decision, NOW)
    assert len(ledger.open) == 7
    assert len(ledger.raised) == 3
    assert len(held(ledger, *ledger.open).kept) == 7, "they stay, as they are three questions"


def test_what_joins_has_to_be_likely_by_itself() -> None:
    bar = Settings().min_accept
    decision = held(Ledger(), hunch(CEILING[0], 0.8), hunch(CEILING[1], bar), hunch(CEILING[2], bar - 0.01))
    assert (ids(decision.raised), ids(decision.joined)) == ([CEILING[0]], [CEILING[1]])
    assert [(one.entity_id, why) for one, why in decision.declined] == [(CEILING[2], "unlikely")]


def test_silence_keeps_questions_away_but_nothing_out_of_one_that_is_asked() -> None:
    silence = tuple(
        Answered(NOW - DAY, hunch("light.hall", time=-1.5 * DAY - n * DAY), Answer.EXPIRED) for n in range(3)
    )
    leader, weak = hunch(CEILING[0], time=-600), hunch(CEILING[1], 0.52)
    assert [why for _, why in held(Ledger(answers=silence), weak).declined] == ["seldom_answered"]
    assert held(Ledger(open=(leader,), answers=silence), leader, weak).joined == (weak,)


def test_an_open_question_is_joined_later_at_once_and_beyond_the_caps() -> None:
    leader = hunch(CEILING[0], time=-600)
    full = Ledger(
        open=(leader, hunch("light.hall"), hunch("light.attic")),
        raised=tuple((NOW - 60, f"still_on:light.x{n}") for n in range(4)),
    )
    new = hunch(CEILING[1], 0.5)
    decision = Policy().judge(HOME, [*full.open, new], full, NOW)
    assert decision.joined == (new,)
    ledger = full.decided(decision, NOW)
    assert ledger.raised == full.raised, "no further question was asked"
    assert (CEILING[0], CEILING[1]) in names(*questions(HOME, ledger.open))


def test_two_questions_may_become_one() -> None:
    """What lies between two of them joins both; the caps count what there is then."""
    ends = [hunch(CEILING[0], 0.9), hunch(CEILING[2], 0.8, since=-HOUR + 16)]
    between = hunch(CEILING[1], 0.5, since=-HOUR + 8)
    policy = Policy(Settings(max_open=1))
    assert held(Ledger(), *ends, policy=policy).raised == (ends[0],)
    decision = held(Ledger(), *ends, between, policy=Policy(Settings(max_open=1)))
    assert decision.raised == (ends[0],)
    assert set(decision.joined) == {ends[1], between}


def answered(given: Answer, one: Hunch, ago: float = HOUR) -> Ledger:
    past = replace(one, time=one.time - ago - HOUR)
    return Ledger(open=(hunch(CEILING[0], time=-600),)).answered(Answered(NOW - ago, past, given))


@pytest.mark.parametrize(
    ("ledger", "new", "why"),
    [
        (Ledger(rules=(Rule(Verdict.FORBID, CEILING[1], None, 0.0),)), hunch(CEILING[1]), "never"),
        (Ledger(), hunch(CEILING[1], days=6.0), "too_new"),
        (answered(Answer.REJECTED, hunch(CEILING[1])), hunch(CEILING[1]), "rejected"),
        (answered(Answer.UNDONE, hunch(CEILING[1])), hunch(CEILING[1]), "undone"),
        (answered(Answer.EXPIRED, hunch(CEILING[1]), 12.5 * HOUR), hunch(CEILING[1]), "asked"),
        (answered(Answer.ACCEPTED, hunch(CEILING[1], since=-9 * HOUR)), hunch(CEILING[1]), "cool_down"),
        (Ledger(started=NOW - 60), hunch(CEILING[1]), "starting"),
    ],
)
def test_whatever_else_stands_against_it_keeps_it_from_joining(ledger: Ledger, new: Hunch, why: str) -> None:
    ledger = replace(ledger, open=(hunch(CEILING[0], time=-600),))
    decision = held(ledger, *ledger.open, new)
    assert not decision.joined
    assert [(one.entity_id, because) for one, because in decision.declined] == [(new.entity_id, why)]


def test_quiet_hours_exclusion_and_what_is_off_by_now_keep_it_from_joining() -> None:
    ledger, new = Ledger(open=(hunch(CEILING[0], time=-600),)), hunch(CEILING[1])
    for limits in (Settings(quiet_hours=(0.0, 24.0)), Settings(excluded=frozenset({CEILING[1]}))):
        assert not held(ledger, *ledger.open, new, policy=Policy(limits)).joined
    assert not Policy().judge(HOME, [*ledger.open, new], ledger, NOW, {CEILING[1]: OFF}).joined


def test_heating_that_is_a_habit_does_not_join() -> None:
    asleep = (0.95, 0.05)
    cold, usual = (
        hunch(f"climate.room_{n}", kind=Kind.HEATING_WHILE_ASLEEP, context=asleep, time=time)
        for n, time in ((0, -600.0), (1, 0.0))
    )
    usual = replace(usual, evidence=replace(usual.evidence, p_on=0.9))
    decision = Policy().judge(HOME, [cold, usual], Ledger(open=(cold,)), NOW)
    assert decision.kept == (cold,)
    assert not decision.joined


def test_one_that_goes_leaves_the_rest_and_too_many_questions_are_withdrawn_whole() -> None:
    lamps = tuple(hunch(key, 0.9, time=-60) for key in CEILING[:3])
    ledger = Ledger(open=(*lamps, hunch("light.hall", 0.8, time=-60)))
    decision = Policy().judge(HOME, ledger.open, ledger, NOW, {CEILING[0]: OFF})
    assert decision.withdrawn == ((lamps[0], Answer.SETTLED),)
    assert len(decision.kept) == 3
    fewer = Policy(Settings(max_open=1)).judge(HOME, ledger.open, ledger, NOW)
    assert set(fewer.kept) == set(lamps)
    assert fewer.withdrawn == ((ledger.open[3], Answer.WITHDRAWN),)


def test_what_joined_something_that_is_carried_out_waits() -> None:
    decision = held(Ledger(), hunch(CEILING[0], 0.9), hunch(CEILING[1], 0.5), hunch("light.hall"))
    left = left_to_ask(HOME, decision, {CEILING[0]})
    assert ids(left.raised) == ["light.hall"]
    assert not left.joined
    assert {one.entity_id: why for one, why in left.declined} == {
        CEILING[0]: "carried_out",
        CEILING[1]: "not_sustained",
    }
    assert left_to_ask(HOME, decision, {"light.hall"}).joined == decision.joined
    assert left_to_ask(HOME, decision, {CEILING[1]}).raised == decision.raised
    assert left_to_ask(HOME, decision, ()) is decision


# --- what silence and reasons make of it


def test_silence_about_one_question_is_one_silence() -> None:
    def ended(one: Hunch, ago: float = 0.0) -> Answered:
        return Answered(NOW - ago, one, Answer.EXPIRED)

    lamps = [hunch(key, time=-12 * HOUR, since=-13 * HOUR) for key in CEILING]
    assert unanswered(HOME, map(ended, lamps), Settings(), NOW) == 1.0
    assert unanswered(HOME, [*map(ended, lamps), ended(hunch("light.hall", time=-12 * HOUR))], Settings(), NOW) == 2.0
    again = [replace(one, time=one.time - 13 * HOUR) for one in lamps]
    both = [*map(ended, lamps), *(ended(one, 13 * HOUR) for one in again)]
    assert 1.9 < unanswered(HOME, both, Settings(), NOW) < 2.0, "one was over before the other was asked"
    yesterday = [hunch("climate.room_0", time=-36 * HOUR), hunch("climate.room_1", time=-12 * HOUR)]
    apart = [ended(yesterday[0], 24 * HOUR), ended(yesterday[1])]
    assert 1.8 < unanswered(HOME, apart, Settings(), NOW) < 2.0


def test_the_reason_of_one_that_joined_is_the_bar_of_joining() -> None:
    leader, joined = hunch(CEILING[0]), hunch(CEILING[1], 0.5)
    silence = Answered(NOW - HOUR, hunch("light.hall", time=-DAY), Answer.EXPIRED)
    ledger = Ledger(open=(leader, joined), answers=(silence,))
    assert stops(HOME, leader, ledger, Settings()).bar > Settings().min_accept
    assert stops(HOME, joined, ledger, Settings()).bar == Settings().min_accept
