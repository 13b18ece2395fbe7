"""Heating that is set back and brought back: by how much, and when.

Only temperatures are set. Nothing is turned off, and nothing is set below what keeps pipes from freezing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from ..hunches import Kind
from ..situations import Situation, situation
from .ledger import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..hunches import Context
    from .ledger import Record
    from .settings import Bounds

HEATING: Final = frozenset({Kind.HEATING_WHILE_AWAY, Kind.HEATING_WHILE_ASLEEP})
SET_TEMPERATURE: Final = "set_temperature"
_SAME: Final = 0.05
"""Degrees by which two set-points may differ and still be the same: devices convert and round."""

Setting = tuple[tuple[str, float], ...]
"""What a thermostat is set to, as the data of the service call, in order of name."""


@dataclass(frozen=True, slots=True)
class Thermostat:
    """How a thermostat stands, in the home's unit of temperature.

    `mode`: its HVAC mode. `target`, or `low` and `high` where it keeps a range. `minimum`: the lowest that it takes.
    """

    mode: str
    target: float | None = None
    low: float | None = None
    high: float | None = None
    minimum: float = 0.0
    step: float = 0.5

    @property
    def setting(self) -> Setting:
        """Return what it is set to; empty if it does not say."""
        if self.mode == "heat_cool" and self.low is not None and self.high is not None:
            return (("target_temp_high", self.high), ("target_temp_low", self.low))
        return () if self.target is None else (("temperature", self.target),)


def setback(thermostat: Thermostat, bounds: Bounds) -> Setting:
    """Return what a thermostat that heats may be set back to; empty if there is nothing to lower."""
    if thermostat.mode not in ("heat", "heat_cool"):
        return ()
    found = dict(thermostat.setting)
    name = "target_temp_low" if "target_temp_low" in found else "temperature"
    if name not in found or (name == "temperature" and thermostat.mode == "heat_cool"):
        return ()
    lower = _lowered(found[name], thermostat, bounds)
    return () if lower is None else tuple(sorted({**found, name: lower}.items()))


def _lowered(target: float, thermostat: Thermostat, bounds: Bounds) -> float | None:
    step = thermostat.step if thermostat.step > 0.0 else 0.5
    floor = max(bounds.lowest, bounds.frost, thermostat.minimum)
    lower = max(min(step * round((target - bounds.degrees) / step), bounds.highest), floor)
    return lower if target - lower >= 0.5 * step + _SAME else None


def same_setting(one: Setting, other: Setting) -> bool:
    """Return whether two settings are the same but for rounding."""
    return [name for name, _ in one] == [name for name, _ in other] and all(
        abs(a - b) <= _SAME for (_, a), (_, b) in zip(one, other, strict=True)
    )


def has_taken(thermostat: Thermostat, wanted: Setting, before: Mapping[str, object]) -> bool:
    """Return whether a thermostat took what it was told, as far as it can: it rounds to steps and units of its own.

    It stands within a step or a degree of what was wanted, and closer to that than to what was `before`.
    """
    stands = dict(thermostat.setting)
    if stands.keys() != dict(wanted).keys():
        return False
    for name, value in wanted:
        off, old = abs(stands[name] - value), before.get(name)
        if off > max(thermostat.step, 1.0):
            return False
        if isinstance(old, int | float) and not same_setting(((name, value),), ((name, old),)):
            if off >= abs(stands[name] - old):
                return False
        elif off > _SAME:
            return False
    return True


def is_set_back(records: Iterable[Record], entity_id: str) -> bool:
    """Return whether heating was set back and is to be brought back yet."""
    return any(r.hunch.entity_id == entity_id and _is_set_back(r) for r in records)


def _is_set_back(record: Record) -> bool:
    return record.action.service == SET_TEMPERATURE and record.outcome is Outcome.DONE


class Due(StrEnum):
    """What is to be done about heating that was set back."""

    RESTORE = "restore"
    LEAVE = "leave"
    """Somebody changed it meanwhile: theirs holds."""


def due(
    records: Iterable[Record], context: Context, thermostats: Mapping[str, Thermostat | None]
) -> tuple[tuple[Record, Due], ...]:
    """Return what has to follow on heating that was set back; nothing about thermostats that are out of reach.

    People are back or up when it is more likely than not: a cold home costs more than an hour of heating. What was
    turned off since, and stands as it was told, is left as it is, and brought back once it is on again.
    """
    found: list[tuple[Record, Due]] = []
    for record in records:
        if not _is_set_back(record):
            continue
        thermostat = thermostats.get(record.hunch.entity_id)
        if thermostat is None or not thermostat.setting:
            continue  # out of reach, or it does not say at this moment what it is set to
        ours = same_setting(thermostat.setting, record.action.data)
        if ours and thermostat.mode == "off":
            continue
        if not ours or thermostat.mode != record.before.get("state"):
            found.append((record, Due.LEAVE))
        elif situation(context) is Situation.HOME:
            found.append((record, Due.RESTORE))
    return tuple(found)
