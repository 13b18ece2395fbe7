"""What people call rooms, devices and sensors, in ten languages.

`words.csv` has a row for each role (of `roles`), kind of room (of `calibration.ROOMS`) and kind of sensor, and a
column for each language; alternatives are parted by `|`.
"""

from __future__ import annotations

import csv
import re
from functools import lru_cache
from pathlib import Path
from typing import Final

LANGUAGES: Final = ("en", "de", "fr", "it", "es", "nl", "sv", "pl", "pt", "cs")
_FILE: Final = Path(__file__).with_name("words.csv")

LABELS: Final = ("security", "energy", "lights", "downstairs", "upstairs", "kids", "night", "holiday", "important",
                 "outdoor", "test", "Sicherheit", "Strom", "lumières", "notte", "tuin", "ute")  # fmt: skip
"""Labels that homes put on devices; they need not tell what a device is."""
USELESS: Final = {
    "light": ("Bulb {n}", "Lamp {n}", "Light {n}", "Hue white lamp {n}", "TRADFRI bulb E27 WS {n}", "LED {hex6}",
              "Dimmer {n}", "Lampe {n}", "Luce {n}", "0x{hex16}", "wiz_{hex6}", "Color bulb {n}", "First Light",
              "Ampoule {n}"),
    "switch": ("Plug {n}", "Switch {n}", "Outlet {n}", "Shelly Plug S {hex6}", "0x{hex16}", "Steckdose {n}",
               "Relay {n}", "Tasmota{n}", "Channel {n}", "Smart Plug {n}", "TS011F {n}", "Presa {n}"),
    "media_player": ("Player {n}", "Google-Home-{hex6}", "AV {n}", "Cast {hex6}"),
    "cover": ("Cover {n}", "Motor {n}", "0x{hex16}", "Curtain {n}", "Somfy {n}"),
    "lock": ("Lock {n}", "Nuki_{hex6}", "0x{hex16}"),
    "climate": ("TRV {n}", "0x{hex16}", "Zone {n}", "Climate {n}", "Thermostat {n}"),
    "binary_sensor": ("Sensor {n}", "0x{hex16}", "lumi {hex6}", "Contact {n}", "PIR {n}", "Zone {n}"),
    "": ("Device {n}", "Unit {n}", "0x{hex16}", "Entity {n}"),
}  # fmt: skip
"""Names that tell nothing, by domain (an empty key: any other)."""


@lru_cache(maxsize=1)
def _table() -> dict[tuple[str, str], tuple[tuple[str, ...], ...]]:
    with _FILE.open(encoding="utf-8", newline="") as lines:
        return {
            (row["kind"], row["key"]): tuple(tuple(row[language].split("|")) for language in LANGUAGES)
            for row in csv.DictReader(lines)
        }


def areas(kind: str, language: int) -> tuple[str, ...]:
    """Return what a kind of room is called in the language with this place in `LANGUAGES`."""
    return _table()["area", kind][language]


def things(role: str, language: int) -> tuple[str, ...]:
    """Return what a device of a role is called; the many roles of room lights share one word."""
    return _table().get(("device", role), _table()["device", "light"])[language]


def sensors(kind: str, language: int) -> tuple[str, ...]:
    """Return what a kind of sensor is called."""
    return _table()["sensor", kind][language]


@lru_cache(maxsize=1)
def _english() -> dict[str, str]:
    """Return for each phrase of any language, in lower case, what it is in English; English stays as it is."""
    found: dict[str, str] = {}
    for (kind, _), languages in _table().items():
        if kind != "sensor":
            for phrase in (phrase for phrases in languages[1:] for phrase in phrases):
                found.setdefault(phrase.casefold(), languages[0][0].casefold())
    for (kind, _), languages in _table().items():
        if kind != "sensor":
            found.update((phrase.casefold(), phrase.casefold()) for phrase in languages[0])
    return found


@lru_cache(maxsize=100_000)
def english(name: str) -> str:
    """Return a name in lower case with the phrases that are known in another language put into English."""
    text = " ".join(name.casefold().split())
    phrases = _english()
    tokens, out = text.split(" "), []
    while tokens:
        longest = next((n for n in range(len(tokens), 0, -1) if " ".join(tokens[:n]) in phrases), 0)
        out.append(phrases[" ".join(tokens[:longest])] if longest else tokens[0])
        tokens = tokens[max(longest, 1) :]
    return " ".join(out)


@lru_cache(maxsize=1)
def _useless() -> re.Pattern[str]:
    """Return a pattern of all names in `USELESS`, and of bare addresses and of none."""
    parts = {"n": r"\d+", "hex6": r"[0-9a-f]{6}", "hex16": r"[0-9a-f]{16}"}
    every = sorted({pattern for patterns in USELESS.values() for pattern in patterns})
    known = [re.sub(r"\\\{(\w+)\\\}", lambda m: parts[m[1]], re.escape(pattern)) for pattern in every]
    return re.compile("|".join([*known, r"(0x)?[0-9a-f]{8,}", ""]), re.IGNORECASE)


def useless(name: str) -> bool:
    """Whether a simulated name tells nothing of what the device is for."""
    return _useless().fullmatch(name) is not None
