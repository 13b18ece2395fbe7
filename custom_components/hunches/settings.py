"""The options of the config entry as the policy's settings."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.util import dt as dt_util

from .const import (
    CONF_EXCLUDED,
    CONF_QUIET_END,
    CONF_QUIET_START,
    CONF_SENSITIVITY,
    Sensitivity,
)
from .engine.policy import WRONG_COSTS, Settings

_LEVELS: Final = {
    Sensitivity.RARE: (4.0, 2),
    Sensitivity.BALANCED: (WRONG_COSTS, Settings().a_day),
    Sensitivity.EAGER: (1.0, 6),
}
"""By sensitivity: how many missed hunches one wrong hunch costs, and how many are raised in a day at most."""


def settings_from(options: Mapping[str, Any]) -> Settings:
    """Return the policy's settings; what the options do not say keeps its default."""
    costs, a_day = _LEVELS[Sensitivity(options.get(CONF_SENSITIVITY, Sensitivity.BALANCED))]
    start, end = (_hour(options.get(key)) for key in (CONF_QUIET_START, CONF_QUIET_END))
    return Settings(
        min_accept=costs / (costs + 1.0),
        a_day=a_day,
        quiet_hours=None if start is None or end is None else (start, end),
        excluded=frozenset(options.get(CONF_EXCLUDED, ())),
    )


def _hour(text: str | None) -> float | None:
    time = dt_util.parse_time(text) if text else None
    return None if time is None else time.hour + time.minute / 60.0 + time.second / 3600.0
