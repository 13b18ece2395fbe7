"""Which kind of hunch a device could give as it stands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from custom_components.hunches.engine.home import OFF, ON, UNKNOWN, Entity
from custom_components.hunches.engine.hunches import Kind
from custom_components.hunches.engine.localtime import DAY, HOUR, LocalTime
from custom_components.hunches.engine.subjects import KINDS, NOTHING, kinds
from custom_components.hunches.engine.usage import Usage

CLOCK = LocalTime("UTC", 50.0, 8.0)
EVENING = 1_800_000_000.0 // DAY * DAY + 19.5 * HOUR
AT_HOME, ASLEEP, AWAY = (0.0, 0.0), (0.9, 0.0), (0.0, 0.9)


def evenings(share: float) -> Usage:
    """Return a use that is on for that share of the hour from seven to eight."""
    known = np.full((2, 24), 20 * HOUR)
    on = np.zeros((2, 24))
    on[:, 19] = share * 20 * HOUR
    return replace(Usage(), on=on, known=known)


def kind(
    entity_id: str, state: int, where: tuple[float, float], usage: Usage | None = None, name: str = ""
) -> Kind | None:
    """Return the kind at a moment."""
    given = (np.array([x]) for x in (state, EVENING, *where))
    found = int(kinds(Entity(entity_id, name), usage or Usage(), *given, CLOCK)[0])
    return None if found == NOTHING else KINDS[found]


@pytest.mark.parametrize("where", [AT_HOME, ASLEEP, AWAY])
def test_what_is_on_may_be_forgotten_wherever_people_are(where: tuple[float, float]) -> None:
    assert kind("light.porch", ON, where) is Kind.STILL_ON
    assert kind("cover.blind", ON, where) is Kind.STILL_OPEN
    assert kind("lock.front", ON, where) is Kind.STILL_UNLOCKED


def test_heating_is_asked_about_only_while_nobody_is_up_at_home() -> None:
    assert kind("climate.hall", ON, AT_HOME) is None
    assert kind("climate.hall", ON, AWAY) is Kind.HEATING_WHILE_AWAY
    assert kind("climate.hall", ON, ASLEEP) is Kind.HEATING_WHILE_ASLEEP
    assert kind("climate.hall", OFF, AWAY) is None


def test_a_light_that_is_usually_on_now_is_missed_only_by_somebody_who_is_up() -> None:
    assert kind("light.porch", OFF, AT_HOME, evenings(0.8)) is Kind.USUALLY_ON_BY_NOW
    assert kind("light.porch", OFF, AT_HOME, evenings(0.1)) is None
    assert kind("light.porch", OFF, AWAY, evenings(0.8)) is None
    assert kind("light.porch", OFF, ASLEEP, evenings(0.8)) is None


def test_nothing_else_is_ever_proposed_to_be_switched_on() -> None:
    for entity_id in ("switch.heater", "cover.blind", "lock.front", "media_player.tv", "climate.hall"):
        assert kind(entity_id, OFF, AT_HOME, evenings(0.9)) is None


def test_what_is_unknown_or_always_on_is_left_alone() -> None:
    assert kind("light.porch", UNKNOWN, AWAY) is None
    assert kind("switch.plug", ON, AWAY, name="Fridge") is None


def test_moments_are_told_apart() -> None:
    moments = EVENING + np.array([0.0, HOUR, 2 * HOUR])
    states, asleep, away = np.array([OFF, ON, ON]), np.array([0.0, 0.0, 0.9]), np.zeros(3)
    found = kinds(Entity("light.porch"), evenings(0.8), states, moments, asleep, away, CLOCK)
    assert [KINDS[k] for k in found] == [Kind.USUALLY_ON_BY_NOW, Kind.STILL_ON, Kind.STILL_ON]
