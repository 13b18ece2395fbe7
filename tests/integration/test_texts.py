"""Every text that the code may ask for is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from custom_components.hunches import binary_sensor, button, event, forms, image, sensor, switch
from custom_components.hunches.const import DOMAIN, Stage
from custom_components.hunches.engine.hunches import Kind
from custom_components.hunches.engine.policy import Answer
from custom_components.hunches.news import What
from custom_components.hunches.repairs import MENU

INTEGRATION = Path(__file__).parents[2] / "custom_components" / DOMAIN
ENGLISH: dict[str, Any] = json.loads((INTEGRATION / "translations" / "en.json").read_text(encoding="utf-8"))
ICONS: dict[str, Any] = json.loads((INTEGRATION / "icons.json").read_text(encoding="utf-8"))
ENTITIES = [
    *(("binary_sensor", description.translation_key) for description in binary_sensor.CONTEXTS),
    *(("button", description.translation_key) for description in (button.SCAN, button.UNDO)),
    ("event", event.HUNCH.translation_key),
    ("image", image.MAP.translation_key),
    *(
        ("sensor", description.translation_key)
        for description in (sensor.OPEN, sensor.PRECISION, sensor.ACTIONS, sensor.STATUS)
    ),
    ("sensor", "archetype"),
    ("sensor", "archetype_of"),
    ("switch", switch.AUTOMATIC.translation_key),
]


@pytest.mark.parametrize(("platform", "key"), ENTITIES)
def test_entities_have_names_and_icons(platform: str, key: str) -> None:
    assert ENGLISH["entity"][platform][key]["name"]
    assert ICONS["entity"][platform][key]["default"]


def test_no_entity_is_named_that_is_not_there() -> None:
    assert {(platform, key) for platform, keys in ENGLISH["entity"].items() for key in keys} == set(ENTITIES)


def test_states_have_names() -> None:
    entity = ENGLISH["entity"]
    assert set(entity["sensor"]["status"]["state"]) == {*map(str, Stage), sensor.LITTLE_HISTORY}
    told = entity["event"]["hunch"]["state_attributes"]
    assert set(told["event_type"]["state"]) == set(map(str, What))
    assert set(told["kind"]["state"]) == set(ENGLISH["selector"]["kind"]["options"]) == set(map(str, Kind))
    assert set(told["answer"]["state"]) == set(ENGLISH["selector"]["answer"]["options"]) == set(map(str, Answer))


@pytest.mark.parametrize("kind", [str(kind) for kind in Kind])
def test_repairs_has_a_text_for_every_answer(kind: str) -> None:
    steps = ENGLISH["issues"][kind]["fix_flow"]["step"]
    assert list(steps["init"]["menu_options"]) == list(steps["init"]["menu_option_descriptions"]) == MENU
    assert list(steps["why"]["menu_options"]) == [answer for answer in MENU if answer != "why"]


def test_every_option_is_named_and_explained() -> None:
    sections = ENGLISH["options"]["step"]["init"]["sections"]
    schema = forms.options_form("°C", {"key": "Never: Porch light"}).schema
    assert {str(name) for name in schema} == set(sections)
    for name, part in schema.items():
        fields = {str(key) for key in part.schema.schema}
        assert set(sections[str(name)]["data"]) == fields
        if str(name) != forms.RULES:
            assert set(sections[str(name)]["data_description"]) == fields
    for step in ("user", "reconfigure"):
        assert set(ENGLISH["config"]["step"][step]["data"]) == {str(key) for key in forms.telling()}


async def test_home_assistant_finds_the_texts(hunches_allowed: object, hass: HomeAssistant) -> None:
    for category in ("common", "issues", "exceptions", "selector", "triggers", "conditions", "services"):
        assert await async_get_translations(hass, "en", category, [DOMAIN]), category
