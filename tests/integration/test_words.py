"""Evidence in words."""

from __future__ import annotations

import pytest
from homeassistant.core import HomeAssistant

from custom_components.hunches.engine.home import Home
from custom_components.hunches.engine.hunches import Context, Evidence, Hunch, Kind
from custom_components.hunches.engine.policy import Answer, Answered, Ledger, Settings, stops
from custom_components.hunches.engine.situations import Situation, situation
from custom_components.hunches.said import Say, async_say, duration
from custom_components.hunches.words import async_evidence, async_proof, async_stopping

NOON = 1_795_348_800.0  # 2026-11-22 12:00 UTC, 04:00 in the tests' time zone


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1 min"),
        (59, "1 min"),
        (2700, "45 min"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (86_400, "1 d"),
        (273_600, "3 d 4 h"),
    ],
)
async def test_duration(hunches_allowed: object, hass: HomeAssistant, seconds: float, text: str) -> None:
    assert duration(seconds, await async_say(hass)) == text


async def lines(hass: HomeAssistant, **changed: object) -> list[str]:
    seen = {
        "since": NOON - 3600,
        "usual_minutes": None,
        "usual_off_hour": None,
        "p_on": 0.5,
        "history_days": 0.2,
        "archetype": "<pergola>",
        "context": Context(NOON, 0.2, 0.2, 0.2),
        **changed,
    }
    hunch = Hunch(NOON, "cover.gate", Kind.STILL_OPEN, "cover.close_cover", 0.9, Evidence(**seen))  # type: ignore[arg-type]
    return (await async_evidence(hass, hunch, NOON)).splitlines()


async def test_what_is_not_known_is_not_said(hunches_allowed: object, hass: HomeAssistant) -> None:
    await hass.config.async_set_time_zone("Pacific/Kiritimati")  # 14 hours ahead: 02:00 on the 23rd
    assert await lines(hass) == [
        "- Open since 01:00, that is 1 h",
        "- Usual at this hour: 50%",
        r"- Seen for less than a day; homes like this use it like: \<pergola\>",
    ]


async def test_days_are_the_homes_own(hunches_allowed: object, hass: HomeAssistant) -> None:
    await hass.config.async_set_time_zone("Pacific/Kiritimati")
    assert (await lines(hass, since=NOON - 3 * 3600))[0] == "- Open since yesterday 23:00, that is 3 h"
    assert (await lines(hass, since=NOON - 51 * 3600))[0] == "- Open since 2026-11-20 23:00, that is 2 d 3 h"


@pytest.mark.parametrize(
    ("context", "said"),
    [
        (Context(NOON, 0.6, 0.1, 0.5), "- Everyone at home seems to be asleep (likely)"),
        (Context(NOON, 0.1, 0.85, 0.5), "- Nobody seems to be at home (very likely)"),
        (Context(NOON, 0.99, 0.0, 0.5), "- Everyone at home seems to be asleep (almost certain)"),
    ],
)
async def test_how_sure(hunches_allowed: object, hass: HomeAssistant, context: Context, said: str) -> None:
    assert (await lines(hass, context=context))[1] == said


@pytest.mark.parametrize(("p_on", "said"), [(0.004, "<1%"), (0.02, "2%"), (0.999, ">99%")])
async def test_nothing_is_certain(hunches_allowed: object, hass: HomeAssistant, p_on: float, said: str) -> None:
    assert said in (await lines(hass, p_on=p_on))[1]


async def test_usual_lengths_and_ends(hunches_allowed: object, hass: HomeAssistant) -> None:
    said = await lines(hass, usual_minutes=(30.0, 30.2), usual_off_hour=24.5)
    assert said[1:3] == ["- Usually for 30 min", "- Usually over for the night by 00:30"]


async def stopping(hass: HomeAssistant, context: Context, *answers: Answer) -> list[str]:
    """Return what would have stopped a hunch, said after answers to hunches of an hour before it."""
    p_if_home = None if situation(context) is Situation.HOME else 0.123
    evidence = Evidence(NOON - 7200, None, None, 0.5, 20.0, "porch", context, p_if_home=p_if_home)
    hunch = Hunch(NOON, "cover.gate", Kind.STILL_OPEN, "cover.close_cover", 0.914, evidence)
    given = tuple(Answered(NOON - 3600, hunch, answer) for answer in answers)
    stopping = stops(Home("test", "UTC"), hunch, Ledger(answers=given), Settings())
    return (await async_stopping(hass, hunch, stopping)).splitlines()


async def test_what_would_have_stopped_it(hunches_allowed: object, hass: HomeAssistant) -> None:
    assert await stopping(hass, Context(NOON, 0.1, 0.9, 0.5)) == [
        "- Somebody is likely to want this: 91%. Below 50% it would not have been asked",
        "- If somebody were surely up at home, it would be 12%",
        "- “Not now” keeps this from being asked for 30 days while nobody is at home",
    ]


async def test_a_no_of_before_makes_the_next_one_last_longer(hunches_allowed: object, hass: HomeAssistant) -> None:
    asleep = Context(NOON, 0.9, 0.1, 0.5)
    assert (await stopping(hass, asleep, Answer.REJECTED))[2] == (
        "- “Not now” keeps this from being asked for 60 days while everyone is asleep"
    )


async def test_silence_has_raised_the_bar(hunches_allowed: object, hass: HomeAssistant) -> None:
    said = await stopping(hass, Context(NOON, 0.1, 0.1, 0.5), *[Answer.EXPIRED] * 5)
    assert "Below 67% it would not have been asked; usually 50%" in said[0]
    assert said[1].endswith("while somebody is up at home")


@pytest.mark.parametrize(
    ("minutes", "twelve", "text"),
    [
        (0, True, "12:00 AM"),
        (719, True, "11:59 AM"),
        (720, True, "12:00 PM"),
        (1439, True, "11:59 PM"),
        (1440, True, "12:00 AM"),
        (0, False, "00:00"),
        (725, False, "12:05"),
        (1440, False, "00:00"),
    ],
)
def test_clock(minutes: int, twelve: bool, text: str) -> None:
    assert Say({}, twelve).clock(minutes) == text


@pytest.mark.parametrize(("country", "twelve"), [("US", True), ("GB", False), (None, False)])
async def test_the_clock_is_the_countrys(
    hunches_allowed: object, hass: HomeAssistant, country: str | None, twelve: bool
) -> None:
    hass.config.country = country
    first, *_ = await lines(hass)
    assert first.startswith("- Open since 3:00 AM" if twelve else "- Open since 03:00")


def test_what_training_wrote_is_said_part_by_part() -> None:
    texts = {
        "evenings": "abends",
        "about_n_hours": "etwa {n} Stunden",
        "off_by_n": "aus bis {n}",
        "porch_light": "Außenlicht",
    }
    say = Say({f"component.hunches.common.learned_{key}": text for key, text in texts.items()})
    assert say.learned("evenings, about 2 hours, off by 23:00") == "abends, etwa 2 Stunden, aus bis 23:00"
    assert say.learned("porch light") == "Außenlicht"
    assert say.learned("evenings, 3 somethings") == "abends, 3 somethings"  # not known: as it was written


async def proven(hass: HomeAssistant, **tallies: tuple[int, int, int]) -> list[str]:
    """Return what is said of so many judged, right, and of which nothing can be told."""
    named = {key: dict(zip(("judged", "done", "untold"), tally, strict=True)) for key, tally in tallies.items()}
    return (await async_proof(hass, {"days": 30, **named})).splitlines()


@pytest.mark.parametrize(
    ("raised", "acted", "asked", "done"),
    [
        ((0, 0), (0, 0), "Hunches would never have asked about it", "it would never have been done"),
        ((1, 0), (1, 0), "asked about it once, and would never have been right", "it would have been done once, never"),
        ((2, 1), (2, 2), "asked about it 2 times, and would have been right once", "done 2 times, rightly 2 times"),
    ],
)
async def test_a_proof_counts_as_people_do(
    hunches_allowed: object,
    hass: HomeAssistant,
    raised: tuple[int, int],
    acted: tuple[int, int],
    asked: str,
    done: str,
) -> None:
    said = await proven(hass, raised=(*raised, 0), acted=(*acted, 0))
    assert asked in said[0]
    assert said[0].startswith("- Looking back over 30 days")
    assert done in said[1]


async def test_a_proof_says_of_what_nothing_can_be_told(hunches_allowed: object, hass: HomeAssistant) -> None:
    alone = await proven(hass, raised=(0, 0, 4), acted=(0, 0, 1))
    assert len(alone) == 2
    assert "it would have asked 4 times where the past does not tell whether rightly" in alone[0]
    assert "it would have been done once where the past does not tell" in alone[1]
    beside = await proven(hass, raised=(2, 1, 3), acted=(0, 0, 0))
    assert "asked about it 2 times, and would have been right once" in beside[0]
    assert "it would have asked 3 times where" in beside[1]
    assert "it would never have been done" in beside[2]
