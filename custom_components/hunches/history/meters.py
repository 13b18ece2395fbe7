"""What devices drew, from the statistics that the recorder keeps of the meters beside them."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import DATA_INSTANCE, get_instance
from homeassistant.util import dt as dt_util

from ..engine.home import DEVICE_DOMAINS
from ..engine.localtime import HOUR

if TYPE_CHECKING:
    from homeassistant.components.recorder.statistics import StatisticsRow

    from ..engine.findings import Span

_ENOUGH: Final = 0.8
"""Share of a span that statistics have to cover."""
_PERIODS: Final[tuple[tuple[Literal["5minute", "hour"], float], ...]] = (("5minute", 300.0), ("hour", HOUR))
"""The finer ones are kept for some days only."""


@callback
def meters_of(hass: HomeAssistant, entity_ids: Collection[str]) -> dict[str, str]:
    """Return the power or energy sensor that tells what a device draws, by the device's entity id.

    Only where one device of the registry has one thing to switch and one such sensor: of a strip with four sockets
    nobody knows which is which. Power is preferred.
    """
    registry, found = er.async_get(hass), {}
    for entity_id in entity_ids:
        entry = registry.async_get(entity_id)
        if entry is None or entry.device_id is None or dr.async_get(hass).async_get(entry.device_id) is None:
            continue
        beside = er.async_entries_for_device(registry, entry.device_id)
        if sum(e.domain in DEVICE_DOMAINS and e.entity_category is None for e in beside) != 1:
            continue
        for device_class in ("power", "energy"):
            sensors = [
                e.entity_id
                for e in beside
                if e.domain == "sensor" and device_class in (e.device_class, e.original_device_class)
            ]
            if len(sensors) == 1:
                found[entity_id] = sensors[0]
                break
    return found


async def async_watt_hours(hass: HomeAssistant, spans: Collection[Span]) -> dict[Span, float]:
    """Return what was drawn in each of the spans that a meter's statistics cover; nothing without a recorder."""
    meters = meters_of(hass, {span.entity_id for span in spans})
    metered = [span for span in spans if span.entity_id in meters]
    if not metered or DATA_INSTANCE not in hass.data:
        return {}
    drawn: dict[Span, float] = {}
    for span in metered:
        meter = meters[span.entity_id]
        job = get_instance(hass).async_add_executor_job(_watt_hours, hass, meter, span)
        if (found := await job) is not None:
            drawn[span] = found
    return drawn


def _watt_hours(hass: HomeAssistant, meter: str, span: Span) -> float | None:
    """Return what a meter counted in a span, None if it is not covered; for the recorder's executor."""
    for period, seconds in _PERIODS:
        first = span.start // seconds * seconds
        rows = statistics_during_period(
            hass,
            dt_util.utc_from_timestamp(first),
            dt_util.utc_from_timestamp(span.end),
            {meter},
            period,
            {"power": "W", "energy": "Wh"},
            {"mean", "change"},
        )
        covered = [(row, _overlap(row, span)) for row in rows.get(meter, ())]
        known = [(value, share) for row, share in covered if (value := _watts(row)) is not None]
        if sum(share for _, share in known) >= _ENOUGH * (span.end - span.start):
            return sum(value * share for value, share in known) / HOUR
    return None


def _overlap(row: StatisticsRow, span: Span) -> float:
    return max(min(row["end"], span.end) - max(row["start"], span.start), 0.0)


def _watts(row: StatisticsRow) -> float | None:
    """Return the mean power in a row, from a power meter's mean or from what an energy meter counted."""
    values: Mapping[str, Any] = row
    if (mean := values.get("mean")) is not None:
        return float(mean)
    change = values.get("change")
    return None if change is None else float(change) * HOUR / (row["end"] - row["start"])
