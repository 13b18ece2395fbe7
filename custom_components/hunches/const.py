"""Names and numbers of the integration."""

import logging
from datetime import timedelta
from enum import StrEnum
from typing import Final

from .engine import chosen
from .engine.policy import Bounds
from .engine.recorded import OUR_EVENT

DOMAIN: Final = "hunches"
LOGGER: Final = logging.getLogger(__package__)

EVENT_ACTED: Final = OUR_EVENT
"""Fired with the context of every action of ours, so that history can tell it from a person's."""
EVENT_RAISED: Final = f"{DOMAIN}_raised"
EVENT_ANSWERED: Final = f"{DOMAIN}_answered"
"""Fired when a hunch is shown, and when it is open no longer, by whatever answer."""

SIGNAL_CONTEXT: Final = f"{DOMAIN}_context"
"""With the context, each time that it is looked at, and with None when nobody looks any more."""
"""Sent with the home's context whenever that is known anew."""

CONF_SENSITIVITY: Final = "sensitivity"
CONF_REPAIRS: Final = "repairs"
CONF_QUIET_START: Final = "quiet_start"
CONF_QUIET_END: Final = "quiet_end"
CONF_A_DAY: Final = "a_day"
CONF_PHONES: Final = "phones"
CONF_SATELLITES: Final = "satellites"
CONF_SLEEP: Final = chosen.SLEEP
CONF_PRESENCE: Final = chosen.PRESENCE
CONF_LIGHT: Final = chosen.LIGHT
CONF_EXCLUDED: Final = chosen.ENTITIES
CONF_EXCLUDED_DEVICES: Final = chosen.DEVICES
CONF_EXCLUDED_AREAS: Final = chosen.AREAS
CONF_EXCLUDED_LABELS: Final = chosen.LABELS
CONF_SHADOW: Final = "shadow"
CONF_SETBACK: Final = "setback"
"""By how much heating is set back, kept in kelvin; the next two are kept in degrees Celsius."""
CONF_LOWEST: Final = "lowest"
CONF_HIGHEST: Final = "highest"


class Sensitivity(StrEnum):
    """How readily a hunch is shown."""

    RARE = "rare"
    BALANCED = "balanced"
    EAGER = "eager"


class Stage(StrEnum):
    """What the integration is doing."""

    STARTING = "starting"
    WAITING = "waiting"
    READING = "reading"
    LEARNING = "learning"
    READY = "ready"


DEFAULT_OPTIONS: Final = {
    CONF_SENSITIVITY: str(Sensitivity.BALANCED),
    CONF_REPAIRS: True,
    CONF_PHONES: [],
    CONF_SATELLITES: [],
    CONF_SLEEP: [],
    CONF_PRESENCE: [],
    CONF_LIGHT: [],
    CONF_EXCLUDED: [],
    CONF_EXCLUDED_DEVICES: [],
    CONF_EXCLUDED_AREAS: [],
    CONF_EXCLUDED_LABELS: [],
    CONF_SHADOW: False,
    CONF_SETBACK: Bounds().degrees,
    CONF_LOWEST: Bounds().lowest,
    CONF_HIGHEST: Bounds().highest,
}

LOOK_COOLDOWN: Final = 2.0
"""Seconds between a change of what an open hunch is about and the look that ends it."""
LOOK_INTERVAL: Final = timedelta(minutes=1)
STOP_PATIENCE: Final = 30.0
"""Seconds to wait at unloading for what is under way in an executor: a database that does not answer, a night."""
RELEARN_COOLDOWN: Final = 60.0
"""Seconds between a change in the registries and the next learning."""
NIGHTLY_HOUR: Final = 4
RECENT_SECONDS: Final = 900.0
"""How long live changes are kept besides the recorder, which writes behind by its commit interval."""
RECENT_CHANGES: Final = 20_000
ENOUGH_DAYS: Final = 14
"""Days of history from which on habits are known: every day of the week has been seen twice."""
UNDONE_SECONDS: Final = 600.0
"""Switched back by hand this soon after an action of ours, it was wrong."""
