"""What would have stopped a hunch is what the policy does: the words can be trusted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_components.hunches.engine.home import Entity, Home
from custom_components.hunches.engine.hunches import Context, Evidence, Hunch, Kind
from custom_components.hunches.engine.localtime import DAY
from custom_components.hunches.engine.policy import Answer, Answered, Ledger, Policy, Settings, stops

NOW = 1_760_000_000.0
LAMP = Entity("light.lamp", "Lamp", "Hall")
HOME = Home("test", "UTC", entities={LAMP.entity_id: LAMP})
EVIDENCE = Evidence(NOW - 9000, None, None, 0.1, 20.0, "lamp", Context(NOW, 0.05, 0.95, 0.5))
HUNCH = Hunch(NOW, LAMP.entity_id, Kind.STILL_ON, "turn_off", 0.9, EVIDENCE)


def raised(hunch: Hunch, ledger: Ledger, settings: Settings) -> bool:
    policy = Policy(settings)
    policy.judge(HOME, [hunch], ledger, hunch.time - settings.sustain)
    return bool(policy.judge(HOME, [hunch], ledger, hunch.time).raised)


def elsewhere(answer: Answer, days_ago: float) -> Answered:
    """Return what became of a hunch about another thing."""
    past = replace(HUNCH, entity_id="light.other", time=NOW - days_ago * DAY - 7200)
    return Answered(past.time + 7200, past, answer)


histories = st.lists(st.builds(elsewhere, st.sampled_from(list(Answer)), st.floats(0.1, 60.0)), max_size=25)


@settings(max_examples=max(200, settings().max_examples))
@given(histories, st.floats(0.3, 0.95), st.sampled_from((3.0, 7.0, 10.0)))
def test_a_little_less_of_anything_and_it_is_not_asked(answers: list[Answered], least: float, days: float) -> None:
    settings, ledger = Settings(min_accept=least, least_days=days), Ledger(answers=tuple(answers))
    found = stops(HOME, HUNCH, ledger, settings)
    assert raised(replace(HUNCH, p_accept=found.bar + 1e-3), ledger, settings)
    assert not raised(replace(HUNCH, p_accept=found.bar - 1e-3), ledger, settings)
    short = replace(HUNCH, p_accept=0.999999, evidence=replace(EVIDENCE, history_days=found.least_days - 0.01))
    assert not raised(short, ledger, settings)
    assert found.bar == found.usual_bar or found.unanswered > 0


@pytest.mark.parametrize("noes", [0, 1, 2])
def test_not_now_binds_for_as_long_as_is_said(noes: int) -> None:
    before = tuple(Answered(NOW - (400 + n) * DAY, HUNCH, Answer.REJECTED) for n in range(noes))
    ledger = Ledger(answers=before)
    found = stops(HOME, HUNCH, ledger, Settings())
    assert (found.situation, found.not_now_days) == ("away", 30.0 * 2**noes)
    after = ledger.answered(Answered(NOW, HUNCH, Answer.REJECTED))
    sooner = replace(HUNCH, time=NOW + found.not_now_days * DAY - 60)
    assert not raised(sooner, after, Settings())
    assert raised(replace(sooner, time=sooner.time + 120), after, Settings())
