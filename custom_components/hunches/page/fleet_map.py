"""The view "Map": where the fleet's kinds of devices lie, for this home's devices to be drawn in front of."""

from typing import Any

from homeassistant.core import HomeAssistant

from ..engine.model import Model


async def async_islands(hass: HomeAssistant, model: Model) -> list[dict[str, Any]]:
    """Return the fleet's archetypes on its map: where the centre of each lies, what it is called and how it is used."""
    return await hass.async_add_executor_job(_islands, model)


def _islands(model: Model) -> list[dict[str, Any]]:
    archetypes = model.archetypes
    places = model.place(archetypes.centres.astype("float32"))
    return [
        {"index": i, "title": title, "use": archetypes.uses[i], "map": [round(float(x), 4) for x in place]}
        for i, (title, place) in enumerate(zip(archetypes.titles, places, strict=True))
    ]
