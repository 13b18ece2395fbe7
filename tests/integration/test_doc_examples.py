"""The automations of the documentation are automations, and name what there is."""

import re
from pathlib import Path
from typing import Any

import pytest
from homeassistant.components.automation.config import ValidationStatus, async_validate_config_item
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml

from custom_components.hunches.condition import CONDITIONS
from custom_components.hunches.trigger import TRIGGERS

from .conftest import SetUp

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples.md"


def examples() -> list[dict[str, Any]]:
    """Return the automations of the page."""
    found = [parse_yaml(block) for block in re.findall(r"```yaml\n(.*?)```", EXAMPLES.read_text("utf-8"), re.DOTALL)]
    return [example for example in found if isinstance(example, dict)]


def named(content: object, key: str) -> set[str]:
    """Return every value of a key in nested data."""
    if isinstance(content, dict):
        here = {content[key]} if isinstance(content.get(key), str) else set()
        return here.union(*(named(value, key) for value in content.values()))
    return set().union(*(named(value, key) for value in content)) if isinstance(content, list) else set()


def test_there_are_examples_of_triggers_conditions_and_actions() -> None:
    for key in ("trigger", "condition", "action"):
        assert any(name.startswith("hunches.") for name in named(examples(), key))


async def test_examples(porch: HomeAssistant, set_up: SetUp, subtests: pytest.Subtests) -> None:
    await set_up()
    for component in ("homeassistant", "automation"):
        assert await async_setup_component(porch, component, {})
    there = {
        "action": {f"hunches.{name}" for name in porch.services.async_services_for_domain("hunches")},
        "trigger": {f"hunches.{name}" for name in TRIGGERS},
        "condition": {f"hunches.{name}" for name in CONDITIONS},
    }
    for example in examples():
        with subtests.test(str(example["alias"])):  # plain: what YAML gives cannot go to another process
            checked = await async_validate_config_item(porch, "example", example)
            assert checked is not None
            assert checked.validation_status is ValidationStatus.OK, checked.validation_error
            for key, names in there.items():
                assert {name for name in named(example, key) if name.startswith("hunches.")} <= names
