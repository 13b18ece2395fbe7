"""What there is to say, before it is in anybody's language: the keys of texts, and values that are yet to be written.

Home Assistant's own language is written here (`written`), for Repairs, phones and the logbook; the page writes the
same in the language, clock and zone of whoever looks at it (`as_data`).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations, async_get_translations
from homeassistant.util import dt as dt_util

from .const import DOMAIN

type Value = str | Told | Said | Learned

_TWELVE: Final = frozenset({"AU", "CA", "IN", "MY", "NZ", "PH", "PK", "SG", "US"})
"""Countries where English is written with AM and PM. What each user has set is known to the browser alone."""
_NUMBER: Final = re.compile(r"\d+(?::\d\d)?")
_NOT_IN_KEYS: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Say:
    """Says a text of the section "common", and a time of day as the home's clocks show it."""

    texts: Mapping[str, str]
    twelve_hours: bool = False

    def __call__(self, key: str, **values: str) -> str:
        """Return a text, with what stands in braces replaced. A text that is not there is its own key."""
        return self.texts.get(f"component.{DOMAIN}.common.{key}", key).format(**values)

    def learned(self, text: str) -> str:
        """Return what training wrote, in this language: each part of it that is known there, its number in place."""

        def part(english: str) -> str:
            found = _NUMBER.search(english)
            name = _NOT_IN_KEYS.sub("_", _NUMBER.sub("n", english).casefold()).strip("_")
            said = self.texts.get(f"component.{DOMAIN}.common.learned_{name}", english)
            return said.replace("{n}", found.group()) if found else said

        return ", ".join(part(english) for english in text.split(", "))

    def clock(self, minutes: int) -> str:
        """Return a time of day, given in minutes after midnight."""
        hour, minute = divmod(minutes % 1440, 60)
        if self.twelve_hours:
            return f"{(hour - 1) % 12 + 1}:{minute:02d} {'AM' if hour < 12 else 'PM'}"
        return f"{hour:02d}:{minute:02d}"


@callback
def cached_say(hass: HomeAssistant) -> Say:
    """Return the same where nothing can be waited for: Home Assistant has loaded its language's texts by then."""
    return _say(hass, async_get_cached_translations(hass, hass.config.language, "common", DOMAIN))


async def async_say(hass: HomeAssistant) -> Say:
    """Return what says a text of the section "common" in Home Assistant's language."""
    return _say(hass, await async_get_translations(hass, hass.config.language, "common", [DOMAIN]))


def _say(hass: HomeAssistant, texts: Mapping[str, str]) -> Say:
    return Say(texts, hass.config.language == "en" and hass.config.country in _TWELVE)


class Sort(StrEnum):
    """How a value is written."""

    MOMENT = "moment"
    """Unix seconds: a time of day, with the day where that is not today."""
    LENGTH = "length"
    """Seconds."""
    CLOCK = "clock"
    """A local hour of the day."""
    CHANCE = "chance"
    """A probability in percent; never one that claims to be certain."""
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Told:
    """A number, and what it is."""

    sort: Sort
    value: float


@dataclass(frozen=True, slots=True)
class Learned:
    """What training wrote in English: the title of an archetype, or how such devices are used."""

    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """A text of the section "common", and what stands in its braces: names as they are, numbers, or other texts."""

    key: str
    values: dict[str, Value] = field(default_factory=dict, hash=False)

    def as_data(self) -> dict[str, Any]:
        """Return it for somebody who has the texts."""
        return {"key": self.key, "values": {name: _as_data(value) for name, value in self.values.items()}}

    def written(self, say: Say, now: float, escape: Callable[[str], str]) -> str:
        """Return it in the language of `say`, as of `now` (Unix seconds); `escape`: what is done to names."""

        def write(value: Value) -> str:
            match value:
                case Said():
                    return value.written(say, now, escape)
                case Told():
                    return _write(value, now, say)
                case Learned():
                    return escape(say.learned(value.text))
            return escape(value)

        return say(self.key, **{name: write(value) for name, value in self.values.items()})


def _as_data(value: Value) -> Any:
    match value:
        case Said():
            return value.as_data()
        case Told():
            return {str(value.sort): round(value.value, 4)}
        case Learned():
            return {"learned": value.text}
    return value


def _write(told: Told, now: float, say: Say) -> str:
    value = told.value
    match told.sort:
        case Sort.MOMENT:
            return _moment(value, now, say)
        case Sort.LENGTH:
            return duration(value, say)
        case Sort.CLOCK:
            return say.clock(round(60.0 * value))
        case Sort.CHANCE:
            return _percent(value, say)
    return str(round(value))


def _moment(moment: float, now: float, say: Say) -> str:
    """Return a moment as the home's clock shows it, with the day where that is not today."""
    local, today = (dt_util.as_local(dt_util.utc_from_timestamp(m)) for m in (moment, now))
    time = say.clock(60 * local.hour + local.minute)
    days = (today.date() - local.date()).days
    if days == 0:
        return time
    return say("yesterday", time=time) if days == 1 else say("on_date", date=day(local, say), time=time)


def _percent(probability: float, say: Say) -> str:
    percent = 100.0 * probability
    mark = "<" if percent < 1.0 else ">" if percent > 99.0 else ""
    return mark + say("percent", number=str(min(max(round(percent), 1), 99)))


def day(local: datetime, say: Say) -> str:
    """Return the date of a moment of the home's time, as it is written in the language."""
    return say("date", year=f"{local:%Y}", month=f"{local:%m}", day=f"{local:%d}")


def duration(seconds: float, say: Say) -> str:
    """Return a length of time in its two largest units, at least a minute: `45 min`, `2 h 5 min`, `3 d 4 h`."""
    return " ".join(say(unit, count=str(count)) for count, unit in parts(seconds))


def parts(seconds: float) -> list[tuple[int, str]]:
    """Return a length of time, at least a minute, as how many there are of its two largest units, by their texts."""
    minutes = max(1, round(seconds / 60.0))
    found = [(minutes // 1440, "days_long"), (minutes // 60 % 24, "hours_long"), (minutes % 60, "minutes_long")]
    first = next(i for i, (count, _) in enumerate(found) if count)
    return [(count, unit) for count, unit in found[first : first + 2] if count]
