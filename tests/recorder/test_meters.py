"""What devices drew, read from the statistics of the meters beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from homeassistant.components.recorder.models import StatisticData, StatisticMeanType, StatisticMetaData
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.hunches.engine.findings import Span
from custom_components.hunches.engine.localtime import DAY, HOUR
from custom_components.hunches.history.meters import async_watt_hours, meters_of

if TYPE_CHECKING:
    from homeassistant.components.recorder import Recorder
    from homeassistant.core import HomeAssistant

NOON = 1_772_323_200.0 + 12 * HOUR


def device(hass: HomeAssistant, name: str, *entities: tuple[str, str, str | None]) -> None:
    """Register a device with entities: domain, object id, device class."""
    entry = MockConfigEntry(domain="test")
    entry.add_to_hass(hass)
    made = dr.async_get(hass).async_get_or_create(config_entry_id=entry.entry_id, identifiers={("test", name)})
    for domain, key, device_class in entities:
        er.async_get(hass).async_get_or_create(
            domain,
            "test",
            key,
            suggested_object_id=key,
            device_id=made.id,
            config_entry=entry,
            original_device_class=device_class,
        )


def imported(hass: HomeAssistant, meter: str, unit: str, rows: list[StatisticData]) -> None:
    metadata = StatisticMetaData(
        mean_type=StatisticMeanType.ARITHMETIC if unit == "W" else StatisticMeanType.NONE,
        has_sum=unit != "W",
        name=None,
        source="recorder",
        statistic_id=meter,
        unit_class="power" if unit == "W" else "energy",
        unit_of_measurement=unit,
    )
    async_import_statistics(hass, metadata, rows)


async def test_meters_are_the_only_ones_beside_the_only_device(recorder_mock: Recorder, hass: HomeAssistant) -> None:
    device(hass, "plug", ("switch", "heater", None), ("sensor", "heater_power", "power"), ("sensor", "sum", "energy"))
    device(hass, "counter", ("light", "porch", None), ("sensor", "porch_energy", "energy"))
    device(hass, "strip", ("switch", "one", None), ("switch", "two", None), ("sensor", "strip_power", "power"))
    device(hass, "two", ("switch", "pump", None), ("sensor", "pump_in", "power"), ("sensor", "pump_out", "power"))
    device(hass, "bare", ("switch", "bare", None))
    keys = ["switch.heater", "light.porch", "switch.one", "switch.pump", "switch.bare", "switch.unknown"]
    assert meters_of(hass, keys) == {"switch.heater": "sensor.heater_power", "light.porch": "sensor.porch_energy"}


async def test_watt_hours_of_a_span(recorder_mock: Recorder, hass: HomeAssistant) -> None:
    device(hass, "plug", ("switch", "heater", None), ("sensor", "heater_power", "power"))
    device(hass, "counter", ("light", "porch", None), ("sensor", "porch_energy", "energy"))
    hours = [dt_util.utc_from_timestamp(NOON + i * HOUR) for i in range(6)]
    watts = (1000.0, 500.0, 500.0, 0.0, 0.0, 0.0)
    imported(
        hass, "sensor.heater_power", "W", [StatisticData(start=t, mean=w) for t, w in zip(hours, watts, strict=True)]
    )
    sums = (0.0, 0.1, 0.3, 0.6, 0.6, 0.6)
    imported(
        hass, "sensor.porch_energy", "kWh", [StatisticData(start=t, sum=s) for t, s in zip(hours, sums, strict=True)]
    )
    await async_wait_recording_done(hass)
    heater = Span("switch.heater", NOON + HOUR / 2, NOON + 2.5 * HOUR, acted=False)
    porch = Span("light.porch", NOON + HOUR, NOON + 3 * HOUR, acted=True)
    later = Span("switch.heater", NOON + 5.5 * HOUR, NOON + 9 * HOUR, acted=False)
    never = Span("switch.heater", NOON + DAY, NOON + DAY + HOUR, acted=False)
    bare = Span("switch.bare", NOON, NOON + HOUR, acted=False)
    found = await async_watt_hours(hass, [heater, porch, later, never, bare])
    assert found == {heater: pytest.approx(500 + 500 + 250), porch: pytest.approx(100 + 200)}
