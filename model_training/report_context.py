"""The report's section on asleep, away and dark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .report_tables import either, number, table

Figures = Mapping[str, Any]

_KEYS: Final = {
    "asleep": "asleep",
    "away": "away",
    "asleep_quiet": "asleep, quiet rule",
    "asleep_clock": "asleep, clock",
    "away_quiet": "away, quiet rule",
}
_SORTS: Final = {
    "sensors": "full of sensors",
    "sensors, damaged": "full of sensors, damaged",
    "fleet": "as the fleet draws them",
}


def f1(found: Figures) -> str:
    """Return the table of F1 of asleep and away on recorded homes."""
    homes = {**found["context"]["homes"], "**mean**": found["context"]["mean"]}
    return table(("F1", *_KEYS.values()), [(name, *(number(home[k]) for k in _KEYS)) for name, home in homes.items()])


def section(found: Figures) -> list[str]:
    """Return all that is known of how well asleep, away and dark are told."""
    seen = found["context"]
    recorded = {**seen["homes"], f"**mean of {seen['mean']['homes']}**": seen["mean"]}
    simulated = {
        f"{home['homes']} simulated, {_SORTS[sort]}": home for sort, home in found["context_simulated"].items()
    }
    return [
        f1(found),
        (
            "Intervals of single homes are over days, of means over homes; the recorded ones are so few that theirs"
            " says little. Calibration errors are of probabilities on a five-minute grid, in 15 cells of equal width;"
            " log-loss is of awake, asleep or away. Simulated homes were held out; a home “full of sensors” has doors,"
            " mats and beds as the recorded ones do, the others mostly lamps and plugs."
        ),
        _told({**recorded, **simulated}),
        (
            "With a user who says of every stretch, an hour after it ended, what it was. No answer knows of what was"
            " said later; what is gained is what the home learned from days before:"
        ),
        _stated({**recorded, **simulated}),
        (
            "Dark, under held-out skies of the fleet: no recorded home says when a lamp is needed. “The sun is down” is"
            " what a home without any of this would go by."
        ),
        _dark(found["dark"]),
    ]


def _told(homes: Figures) -> str:
    head = ("", "asleep, F1", "95 %", "away, F1", "95 %", "log-loss", "ECE asleep", "ECE away")
    rows = [
        (
            name,
            *(cell for key in ("asleep", "away") for cell in (number(home[key]), either(home[f"{key}_95"]))),
            *(number(home[key]) for key in ("log_loss", "ece_asleep", "ece_away")),
        )
        for name, home in homes.items()
    ]
    return table(head, rows)


def _stated(homes: Figures) -> str:
    keys = {"asleep": "asleep, F1", "away": "away, F1", "log_loss": "log-loss"}
    rows = [
        (name, *(cell for key in keys for cell in (number(home[key]), number(home["stated"][key]))))
        for name, home in homes.items()
    ]
    return table(("", *(cell for words in keys.values() for cell in (words, "told"))), rows)


def _dark(seen: Figures) -> str:
    keys = {
        "share": "dark",
        "log_loss": "log-loss",
        "ece": "ECE",
        "right": "right at one half",
        "sun_down": "“the sun is down” is right",
    }
    return table(("", *keys.values()), [(name, *(number(part[k]) for k in keys)) for name, part in seen.items()])
