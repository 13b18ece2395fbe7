"""The forms of the config flow and the options: what they ask, and how that is kept."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import voluptuous as vol
from homeassistant.const import UnitOfTemperature
from homeassistant.data_entry_flow import section
from homeassistant.helpers import selector
from homeassistant.util.unit_conversion import TemperatureConverter, TemperatureDeltaConverter

from .const import (
    CONF_A_DAY,
    CONF_EXCLUDED,
    CONF_EXCLUDED_AREAS,
    CONF_EXCLUDED_DEVICES,
    CONF_EXCLUDED_LABELS,
    CONF_HIGHEST,
    CONF_LIGHT,
    CONF_LOWEST,
    CONF_PHONES,
    CONF_PRESENCE,
    CONF_QUIET_END,
    CONF_QUIET_START,
    CONF_REPAIRS,
    CONF_SATELLITES,
    CONF_SENSITIVITY,
    CONF_SETBACK,
    CONF_SHADOW,
    CONF_SLEEP,
    DEFAULT_OPTIONS,
    Sensitivity,
)
from .engine.home import CHOICE_DOMAINS, DEVICE_DOMAINS
from .engine.policy import Bounds

RULES: Final = "rules"
"""The section of the rules that hold, and the one field in it."""
_FROST, _WARM, _FARTHEST = Bounds().frost, 30.0, 10.0
"""Degrees Celsius between which heating may be set back, and by how many at most."""
_MOST_A_DAY: Final = 12
_TEMPERATURES: Final = (CONF_SETBACK, CONF_LOWEST, CONF_HIGHEST)
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "asking": (CONF_SENSITIVITY, CONF_A_DAY, CONF_QUIET_START, CONF_QUIET_END),
    "telling": (CONF_REPAIRS, CONF_PHONES, CONF_SATELLITES),
    "evidence": (CONF_SLEEP, CONF_PRESENCE, CONF_LIGHT),
    "exclusions": (CONF_EXCLUDED, CONF_EXCLUDED_DEVICES, CONF_EXCLUDED_AREAS, CONF_EXCLUDED_LABELS),
    "automatic": (CONF_SHADOW, *_TEMPERATURES),
}
"""The sections of the options and their fields. Options are kept without sections."""


def telling() -> dict[vol.Marker, Any]:
    """Return the fields about how people are told."""
    return {
        vol.Required(CONF_REPAIRS, default=DEFAULT_OPTIONS[CONF_REPAIRS]): selector.BooleanSelector(),
        vol.Optional(CONF_PHONES): selector.DeviceSelector(
            selector.DeviceSelectorConfig(filter=[{"integration": "mobile_app"}], multiple=True)
        ),
        vol.Optional(CONF_SATELLITES): _entities("assist_satellite"),
    }


def options_form(unit: str, rules: Mapping[str, str]) -> vol.Schema:
    """Return the form of the options, temperatures in a unit; `rules`: those that hold, in words by their keys."""

    def degrees(low: float, high: float) -> selector.NumberSelector:
        return selector.NumberSelector(
            selector.NumberSelectorConfig(
                min=low, max=high, step=0.5, unit_of_measurement=unit, mode=selector.NumberSelectorMode.BOX
            )
        )

    low, high = (_shown(key, value, unit) for key, value in ((CONF_LOWEST, _FROST), (CONF_HIGHEST, _WARM)))
    sections: dict[str, dict[vol.Marker, Any]] = {
        "asking": {
            vol.Required(CONF_SENSITIVITY): selector.SelectSelector(
                selector.SelectSelectorConfig(
                    options=[str(level) for level in Sensitivity],
                    translation_key=CONF_SENSITIVITY,
                    mode=selector.SelectSelectorMode.LIST,
                )
            ),
            vol.Optional(CONF_A_DAY): selector.NumberSelector(
                selector.NumberSelectorConfig(min=1, max=_MOST_A_DAY, step=1, mode=selector.NumberSelectorMode.BOX)
            ),
            vol.Optional(CONF_QUIET_START): selector.TimeSelector(),
            vol.Optional(CONF_QUIET_END): selector.TimeSelector(),
        },
        "telling": telling(),
        "evidence": {
            vol.Optional(CONF_SLEEP): _entities(
                "binary_sensor", "sensor", "input_boolean", "switch", "schedule", "group", *CHOICE_DOMAINS
            ),
            vol.Optional(CONF_PRESENCE): _entities(
                "binary_sensor", "input_boolean", "switch", "person", "device_tracker", "group"
            ),
            vol.Optional(CONF_LIGHT): _entities("binary_sensor", "sensor", "input_boolean"),
        },
        "exclusions": {
            vol.Optional(CONF_EXCLUDED): _entities(*DEVICE_DOMAINS),
            vol.Optional(CONF_EXCLUDED_DEVICES): selector.DeviceSelector(selector.DeviceSelectorConfig(multiple=True)),
            vol.Optional(CONF_EXCLUDED_AREAS): selector.AreaSelector(selector.AreaSelectorConfig(multiple=True)),
            vol.Optional(CONF_EXCLUDED_LABELS): selector.LabelSelector(selector.LabelSelectorConfig(multiple=True)),
        },
        "automatic": {
            vol.Required(CONF_SHADOW): selector.BooleanSelector(),
            vol.Required(CONF_SETBACK): degrees(0.5, _shown(CONF_SETBACK, _FARTHEST, unit)),
            vol.Required(CONF_LOWEST): degrees(low, high),
            vol.Required(CONF_HIGHEST): degrees(low, high),
        },
    }
    if rules:
        listed = [selector.SelectOptionDict(value=key, label=text) for key, text in rules.items()]
        sections[RULES] = {
            vol.Optional(RULES): selector.SelectSelector(
                selector.SelectSelectorConfig(options=listed, multiple=True, mode=selector.SelectSelectorMode.LIST)
            )
        }
    return vol.Schema(
        {
            vol.Optional(name): section(vol.Schema(fields), {"collapsed": name != "asking"})
            for name, fields in sections.items()
        }
    )


def _entities(*domains: str) -> selector.EntitySelector:
    return selector.EntitySelector(selector.EntitySelectorConfig(domain=list(domains), multiple=True))


def errors_of(chosen: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with what was entered, as a form shows it."""
    asking, automatic = chosen.get("asking", {}), chosen.get("automatic")
    start, end = asking.get(CONF_QUIET_START), asking.get(CONF_QUIET_END)
    if (start is None) != (end is None) or (start is not None and start == end):
        return {"base": "quiet_hours"}
    if automatic is not None and automatic[CONF_LOWEST] > automatic[CONF_HIGHEST]:
        return {"base": "temperatures"}
    return {}


def flat(chosen: Mapping[str, Any], before: Mapping[str, Any], unit: str) -> dict[str, Any]:
    """Return what was entered as the options that are kept; a section that was not entered stays as it was."""
    kept = dict(before)
    for name, fields in _FIELDS.items():
        if (entered := chosen.get(name)) is not None:
            for key in fields:
                kept.pop(key, None)
            kept |= _with_defaults(entered, fields)
            if name == "automatic":
                kept |= {key: _kept(key, entered[key], unit) for key in _TEMPERATURES}
    return kept


def _with_defaults(entered: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    """Return the fields that were entered, and the defaults of those that were left empty."""
    found = {key: entered.get(key, DEFAULT_OPTIONS.get(key)) for key in fields}
    return {key: value for key, value in found.items() if value is not None}


def sectioned(options: Mapping[str, Any], unit: str, rules: Iterable[str]) -> dict[str, Any]:
    """Return the options as they are shown; `rules`: the keys of those that hold."""
    shown = {**options, **{key: _shown(key, options[key], unit) for key in _TEMPERATURES}}
    sections = {name: {key: shown[key] for key in fields if key in shown} for name, fields in _FIELDS.items()}
    return {**sections, RULES: {RULES: list(rules)}}


def _shown(key: str, value: float, unit: str) -> float:
    """Return a temperature or difference of the options as the home shows it, in half degrees."""
    convert = TemperatureDeltaConverter.convert if key == CONF_SETBACK else TemperatureConverter.convert
    return round(2.0 * convert(value, UnitOfTemperature.CELSIUS, unit)) / 2.0


def _kept(key: str, value: float, unit: str) -> float:
    """Return what was entered in the home's unit as it is kept."""
    convert = TemperatureDeltaConverter.convert if key == CONF_SETBACK else TemperatureConverter.convert
    return round(convert(value, unit, UnitOfTemperature.CELSIUS), 2)
