"""A hunch in words: what it saw, in the home's local time and Home Assistant's language.

Names and everything else that a person typed are shown as text: they are escaped wherever Markdown is rendered.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback

from .engine.aftermath import UNTOLD
from .engine.home import Home
from .engine.hunches import Hunch
from .engine.policy import Question, Stops
from .said import Learned, Said, Say, Sort, Told, Value, async_say, parts

_MARKUP: Final = re.compile(r"([!-/:-@\[-`{-~])")
_LIKELY: Final = ((0.95, "almost_certain"), (0.8, "very_likely"), (0.5, "likely"))
_ENOUGH_DAYS: Final = 1.0
_ALL_NAMES: Final = 4
"""So many names are read at a glance; of more, their number says more."""


def plain(text: str) -> str:
    """Return a text on one line without control and direction-changing characters."""
    kept = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    return " ".join(
        "".join(c for c in kept if c not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069").split()
    )


def escape(text: str) -> str:
    """Return a text that Markdown shows as it is: every mark that could mean something is escaped."""
    return _MARKUP.sub(r"\\\1", plain(text))


@callback
def name_of(hass: HomeAssistant, home: Home | None, entity_id: str) -> str:
    """Return what a person calls an entity; its id if it has no name."""
    state = hass.states.get(entity_id)
    name = plain(state.name) if state is not None and "friendly_name" in state.attributes else ""
    if not name and home is not None and entity_id in home.entities:
        name = plain(home.entities[entity_id].name)
    return name or entity_id


def listed(names: Sequence[str], say: Say) -> str:
    """Return names as people list them: all of up to four; of more, the first three and how many there are beside."""
    if len(names) > _ALL_NAMES:
        first = names[: _ALL_NAMES - 1]
        return say("and_more", names=", ".join(first), count=str(len(names) - len(first)))
    *first, last = names
    return say("and_last", names=", ".join(first), name=last) if first else last


@callback
def names_of(hass: HomeAssistant, home: Home | None, question: Question) -> list[str]:
    """Return what a person calls each thing that a question is about."""
    return [name_of(hass, home, entity_id) for entity_id in question.entity_ids]


def text_key(question: Question) -> str:
    """Return the key of the texts of a question: one thing is on, several are."""
    kind = str(question.leader.kind)
    return kind if len(question.hunches) == 1 else f"{kind}_several"


def evidence_of(hunch: Hunch, now: float) -> list[Said]:
    """Return what a hunch rests on, for somebody to check."""
    seen = hunch.evidence
    lines = [_since(hunch, now)]
    if seen.usual_minutes is not None:
        low, high = (60.0 * minutes for minutes in seen.usual_minutes)
        same = parts(low) == parts(high)
        lines.append(
            Said("usual_length_same", {"length": Told(Sort.LENGTH, high)})
            if same
            else Said("usual_length", {"low": Told(Sort.LENGTH, low), "high": Told(Sort.LENGTH, high)})
        )
    if seen.usual_off_hour is not None:
        lines.append(Said("usual_end", {"time": Told(Sort.CLOCK, seen.usual_off_hour)}))
    lines += _who_is_there(hunch)
    lines.append(Said("usually_so", {"percent": Told(Sort.CHANCE, seen.p_on)}))
    known: dict[str, Value] = {"archetype": Learned(seen.archetype)}
    if seen.history_days >= _ENOUGH_DAYS:
        lines.append(Said("history", {"days": Told(Sort.NUMBER, round(seen.history_days)), **known}))
    else:
        lines.append(Said("no_history", known))
    return lines


def stopping_of(hunch: Hunch, stopping: Stops) -> list[Said]:
    """Return what would have stopped a hunch, or will."""
    chances = {"percent": hunch.p_accept, "bar": stopping.bar, "usual": stopping.usual_bar}
    told: dict[str, Value] = {name: Told(Sort.CHANCE, p) for name, p in chances.items()}
    same = round(100 * stopping.bar) == round(100 * stopping.usual_bar)
    situation = Said(f"while_{stopping.situation}")
    days = Told(Sort.NUMBER, round(stopping.not_now_days))
    lines = [Said("sure" if same else "sure_after_silence", told)]
    if (p_if_home := hunch.evidence.p_if_home) is not None:
        lines.append(Said("if_home", {"percent": Told(Sort.CHANCE, p_if_home)}))
    return [*lines, Said("not_now", {"days": days, "situation": situation})]


def proof_of(found: Mapping[str, Any]) -> list[Said]:
    """Return what the backtest found for a device (`Findings.as_json` of it)."""
    days = Told(Sort.NUMBER, round(found["days"]))
    return [
        line
        for what, name in (("asked", "raised"), ("done", "acted"))
        for line in _tally(what, days, found[name]["judged"], found[name]["done"], found[name][UNTOLD])
    ]


def _tally(what: str, days: Told, judged: int, right: int, untold: int) -> Iterator[Said]:
    """Yield how often something would have happened, and rightly; "0 times" is nothing that people say."""
    if right:
        yield Said(f"proof_{what}", {"days": days, "count": _times(judged), "right": _times(right)})
    elif judged:
        yield Said(f"proof_{what}_wrong", {"days": days, "count": _times(judged)})
    elif not untold:
        yield Said(f"proof_not_{what}", {"days": days})
    if untold:
        yield Said(f"proof_{what}_untold", {"days": days, "count": _times(untold)})


def _times(count: int) -> Said:
    return Said("times_one" if count == 1 else "times_other", {"count": Told(Sort.NUMBER, count)})


def summary_of(hunch: Hunch, now: float) -> list[Said]:
    """Return the first of a hunch's evidence: how long it has been so, and who is there."""
    return [_since(hunch, now), *_who_is_there(hunch)]


async def async_evidence(hass: HomeAssistant, hunch: Hunch, now: float) -> str:
    """Return what a hunch rests on as a Markdown list, for somebody to check."""
    return await _async_list(hass, evidence_of(hunch, now), now)


async def async_stopping(hass: HomeAssistant, hunch: Hunch, stopping: Stops) -> str:
    """Return what would have stopped a hunch, or will, as a Markdown list."""
    return await _async_list(hass, stopping_of(hunch, stopping), hunch.time)


async def async_summary(hass: HomeAssistant, hunch: Hunch, now: float) -> str:
    """Return the first lines of a hunch's evidence as a Markdown list: how long it has been so, and who is there."""
    return await _async_list(hass, summary_of(hunch, now), now)


async def async_reason(hass: HomeAssistant, hunch: Hunch, now: float) -> str:
    """Return why something is done, in one line of plain text: how long it has been so, and who is there."""
    say = await async_say(hass)
    return "; ".join(said.written(say, now, plain) for said in summary_of(hunch, now))


async def async_proof(hass: HomeAssistant, found: Mapping[str, Any]) -> str:
    """Return what the backtest found for a device (`Findings.as_json` of it) as a Markdown list."""
    return await _async_list(hass, proof_of(found), 0.0)


async def _async_list(hass: HomeAssistant, lines: Sequence[Said], now: float) -> str:
    say = await async_say(hass)
    return "\n".join(f"- {said.written(say, now, escape)}" for said in lines)


def _since(hunch: Hunch, now: float) -> Said:
    since = hunch.evidence.since
    return Said(hunch.kind, {"time": Told(Sort.MOMENT, since), "duration": Told(Sort.LENGTH, now - since)})


def _who_is_there(hunch: Hunch) -> list[Said]:
    context = hunch.evidence.context
    found = (("nobody_home", context.p_away), ("everyone_asleep", context.p_asleep))
    sure = ((key, next((word for least, word in _LIKELY if p >= least), None)) for key, p in found)
    return [Said(key, {"how_sure": Said(word)}) for key, word in sure if word is not None]
