"""The options of the config entry as the policy's settings."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.const import UnitOfTemperature
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import TemperatureConverter, TemperatureDeltaConverter

from .const import (
    CONF_A_DAY,
    CONF_EXCLUDED,
    CONF_HIGHEST,
    CONF_LOWEST,
    CONF_QUIET_END,
    CONF_QUIET_START,
    CONF_SENSITIVITY,
    CONF_SETBACK,
    CONF_SHADOW,
    Sensitivity,
)
from .engine.policy import WRONG_COSTS, Bounds, Settings

_LEVELS: Final = {
    Sensitivity.RARE: (1.5, 2),
    Sensitivity.BALANCED: (WRONG_COSTS, Settings().a_day),
    Sensitivity.EAGER: (0.7, 6),
}
"""By sensitivity: how many missed hunches one wrong hunch costs, and how many are raised in a day at most."""


def settings_from(options: Mapping[str, Any], unit: str = UnitOfTemperature.CELSIUS) -> Settings:
    """Return the policy's settings, temperatures in `unit`; what the options do not say keeps its default."""
    costs, a_day = _LEVELS[Sensitivity(options.get(CONF_SENSITIVITY, Sensitivity.BALANCED))]
    start, end = (_hour(options.get(key)) for key in (CONF_QUIET_START, CONF_QUIET_END))
    return Settings(
        min_accept=costs / (costs + 1.0),
        a_day=round(options.get(CONF_A_DAY) or a_day),
        quiet_hours=None if start is None or end is None else (start, end),
        excluded=frozenset(options.get(CONF_EXCLUDED, ())),
        shadow=bool(options.get(CONF_SHADOW, False)),
        bounds=_bounds(options, unit),
    )


def _bounds(options: Mapping[str, Any], unit: str) -> Bounds:
    usual, celsius = Bounds(), UnitOfTemperature.CELSIUS

    def degree(value: float) -> float:
        return round(TemperatureConverter.convert(value, celsius, unit), 2)

    return Bounds(
        degrees=round(TemperatureDeltaConverter.convert(options.get(CONF_SETBACK, usual.degrees), celsius, unit), 2),
        lowest=degree(options.get(CONF_LOWEST, usual.lowest)),
        highest=degree(options.get(CONF_HIGHEST, usual.highest)),
        frost=degree(usual.frost),
    )


def _hour(text: str | None) -> float | None:
    time = dt_util.parse_time(text) if text else None
    return None if time is None else time.hour + time.minute / 60.0 + time.second / 3600.0
