"""A hunch in words: what it saw, in the home's local time and Home Assistant's language.

Names and everything else that a person typed are shown as text: they are escaped wherever Markdown is rendered.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .engine.home import Home
from .engine.hunches import Hunch
from .engine.policy import Stops

_MARKUP: Final = re.compile(r"([!-/:-@\[-`{-~])")
_ESCAPED: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_LIKELY: Final = ((0.95, "almost_certain"), (0.8, "very_likely"), (0.5, "likely"))
_ENOUGH_DAYS: Final = 1.0

_TWELVE: Final = frozenset({"AU", "CA", "IN", "MY", "NZ", "PH", "PK", "SG", "US"})
"""Countries where English is written with AM and PM. What each user has set is known to the browser alone."""


@dataclass(frozen=True, slots=True)
class Say:
    """Says a text of the section "common", and a time of day as the home's clocks show it."""

    texts: Mapping[str, str]
    twelve_hours: bool = False

    def __call__(self, key: str, **values: str) -> str:
        """Return a text, with what stands in braces replaced. A text that is not there is its own key."""
        return self.texts.get(f"component.{DOMAIN}.common.{key}", key).format(**values)

    def clock(self, minutes: int) -> str:
        """Return a time of day, given in minutes after midnight."""
        hour, minute = divmod(minutes % 1440, 60)
        if self.twelve_hours:
            return f"{(hour - 1) % 12 + 1}:{minute:02d} {'AM' if hour < 12 else 'PM'}"
        return f"{hour:02d}:{minute:02d}"


def plain(text: str) -> str:
    """Return a text on one line without control and direction-changing characters."""
    kept = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    return " ".join(
        "".join(c for c in kept if c not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069").split()
    )


def escape(text: str) -> str:
    """Return a text that Markdown shows as it is: every mark that could mean something is escaped."""
    return _MARKUP.sub(r"\\\1", plain(text))


def unescaped(markdown: str) -> list[str]:
    """Return the lines of one of our Markdown lists as plain text, for where no Markdown is rendered."""
    return [_ESCAPED.sub(r"\1", line.removeprefix("- ")) for line in markdown.splitlines()]


@callback
def name_of(hass: HomeAssistant, home: Home | None, entity_id: str) -> str:
    """Return what a person calls an entity; its id if it has no name."""
    state = hass.states.get(entity_id)
    name = plain(state.name) if state is not None and "friendly_name" in state.attributes else ""
    if not name and home is not None and entity_id in home.entities:
        name = plain(home.entities[entity_id].name)
    return name or entity_id


async def async_evidence(hass: HomeAssistant, hunch: Hunch, now: float) -> str:
    """Return what a hunch rests on as a Markdown list, for somebody to check."""
    say = await async_say(hass)
    return "\n".join(f"- {line}" for line in _lines(hunch, now, say))


async def async_stopping(hass: HomeAssistant, hunch: Hunch, stopping: Stops) -> str:
    """Return what would have stopped a hunch, or will, as a Markdown list."""
    say = await async_say(hass)
    percent, bar, usual = map(_percent, (hunch.p_accept, stopping.bar, stopping.usual_bar))
    sure = "sure" if bar == usual else "sure_after_silence"
    lines = [
        say(sure, percent=percent, bar=bar, usual=usual),
        say("not_now", days=str(round(stopping.not_now_days)), situation=say(f"while_{stopping.situation}")),
    ]
    return "\n".join(f"- {line}" for line in lines)


async def async_summary(hass: HomeAssistant, hunch: Hunch, now: float) -> str:
    """Return the first lines of a hunch's evidence as a Markdown list: how long it has been so, and who is there."""
    say = await async_say(hass)
    return "\n".join(f"- {line}" for line in [_since(hunch, now, say), *_who_is_there(hunch, say)])


async def async_reason(hass: HomeAssistant, hunch: Hunch, now: float) -> str:
    """Return why something is done, in one line of plain text: how long it has been so, and who is there."""
    say = await async_say(hass)
    return "; ".join([_since(hunch, now, say), *_who_is_there(hunch, say)])


async def async_proof(hass: HomeAssistant, found: Mapping[str, Any]) -> str:
    """Return what the backtest found for a device (`Findings.as_json` of it) as a Markdown list."""
    say = await async_say(hass)
    days = f"{found.get('days', 0):.0f}"
    parts = ((key, found.get(name)) for key, name in (("proof_asked", "raised"), ("proof_done", "acted")))
    return "\n".join(
        f"- {say(key, days=days, count=str(tally.get('hunches', 0)), right=str(tally.get('done', 0)))}"
        for key, tally in parts
        if isinstance(tally, Mapping)
    )


async def async_say(hass: HomeAssistant) -> Say:
    """Return what says a text of the section "common" in Home Assistant's language."""
    language = hass.config.language
    texts = await async_get_translations(hass, language, "common", [DOMAIN])
    return Say(texts, language == "en" and hass.config.country in _TWELVE)


def _since(hunch: Hunch, now: float, say: Say) -> str:
    since = hunch.evidence.since
    return say(hunch.kind, time=_moment(since, now, say), duration=duration(now - since, say))


def _who_is_there(hunch: Hunch, say: Say) -> list[str]:
    context = hunch.evidence.context
    found = (("nobody_home", context.p_away), ("everyone_asleep", context.p_asleep))
    sure = ((key, next((word for least, word in _LIKELY if p >= least), None)) for key, p in found)
    return [say(key, how_sure=say(word)) for key, word in sure if word is not None]


def _lines(hunch: Hunch, now: float, say: Say) -> list[str]:
    seen = hunch.evidence
    lines = [_since(hunch, now, say)]
    if seen.usual_minutes is not None:
        low, high = (duration(60.0 * minutes, say) for minutes in seen.usual_minutes)
        lines.append(say("usual_length_same", length=high) if low == high else say("usual_length", low=low, high=high))
    if seen.usual_off_hour is not None:
        lines.append(say("usual_end", time=say.clock(round(60.0 * seen.usual_off_hour))))
    lines += _who_is_there(hunch, say)
    lines.append(say("usually_so", percent=_percent(seen.p_on)))
    if seen.history_days >= _ENOUGH_DAYS:
        lines.append(say("history", days=str(round(seen.history_days)), archetype=escape(seen.archetype)))
    else:
        lines.append(say("no_history", archetype=escape(seen.archetype)))
    return lines


def _moment(moment: float, now: float, say: Say) -> str:
    """Return a moment as the home's clock shows it, with the day where that is not today."""
    local, today = (dt_util.as_local(dt_util.utc_from_timestamp(m)) for m in (moment, now))
    time = say.clock(60 * local.hour + local.minute)
    days = (today.date() - local.date()).days
    if days == 0:
        return time
    return say("yesterday", time=time) if days == 1 else say("on_date", date=day(local, say), time=time)


def _percent(probability: float) -> str:
    """Return a probability in percent; never one that claims to be certain."""
    percent = 100.0 * probability
    if percent < 1.0:
        return "<1"
    return ">99" if percent > 99.0 else str(round(percent))


def day(local: datetime, say: Say) -> str:
    """Return the date of a moment of the home's time, as it is written in the language."""
    return say("date", year=f"{local:%Y}", month=f"{local:%m}", day=f"{local:%d}")


def duration(seconds: float, say: Say) -> str:
    """Return a length of time in its two largest units, at least a minute: `45 min`, `2 h 5 min`, `3 d 4 h`."""
    minutes = max(1, round(seconds / 60.0))
    parts = [(minutes // 1440, "days_long"), (minutes // 60 % 24, "hours_long"), (minutes % 60, "minutes_long")]
    first = next(i for i, (count, _) in enumerate(parts) if count)
    return " ".join(say(unit, count=str(count)) for count, unit in parts[first : first + 2] if count)
