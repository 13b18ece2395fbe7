"""Home Assistant's Integration Quality Scale: each rule is kept or does not apply; what a test can see, one sees."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from homeassistant.components import __path__ as components
from homeassistant.util.yaml import load_yaml_dict

from custom_components.hunches import PLATFORMS

ROOT = Path(__file__).resolve().parent.parent
INTEGRATION = ROOT / "custom_components" / "hunches"
RULES: dict[str, Any] = load_yaml_dict(str(INTEGRATION / "quality_scale.yaml"))["rules"]
ENGLISH: dict[str, Any] = json.loads((INTEGRATION / "translations" / "en.json").read_text(encoding="utf-8"))
MANIFEST: dict[str, Any] = json.loads((INTEGRATION / "manifest.json").read_text(encoding="utf-8"))
ICONS: dict[str, Any] = json.loads((INTEGRATION / "icons.json").read_text(encoding="utf-8"))


def source(name: str) -> str:
    """Return the text of a module."""
    return (INTEGRATION / f"{name}.py").read_text(encoding="utf-8")


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Yield every module of the integration beside the engine, which knows nothing of Home Assistant."""
    for file in sorted(INTEGRATION.rglob("*.py")):
        if "engine" not in file.relative_to(INTEGRATION).parts:
            yield str(file.relative_to(INTEGRATION)), ast.parse(file.read_text(encoding="utf-8"))


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call of a module with the last part of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func).rpartition(".")[2], node


def test_every_rule_that_home_assistant_knows_is_decided() -> None:
    known: set[str] = set()
    for file in Path(components[0]).glob("*/quality_scale.yaml"):
        known |= load_yaml_dict(str(file))["rules"].keys()
    assert len(known) > 50
    assert set(RULES) == known


@pytest.mark.parametrize(("rule", "decided"), RULES.items())
def test_a_rule_is_kept_or_there_is_a_reason(rule: str, decided: str | dict[str, str]) -> None:
    if isinstance(decided, str):
        assert decided == "done"
    else:
        assert decided["status"] in ("done", "exempt")
        assert len(decided["comment"].split()) >= 4


def test_actions_are_there_without_an_entry() -> None:
    set_up = next(
        node
        for node in ast.parse(source("__init__")).body
        if isinstance(node, ast.AsyncFunctionDef) and node.name == "async_setup"
    )
    assert "async_setup_services" in {name for name, _ in calls(set_up)}
    for name, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.AsyncFunctionDef) and node.name == "async_setup_entry":
                assert "async_register" not in {called for called, _ in calls(node)}, name


def test_what_is_raised_for_people_can_be_translated() -> None:
    """Exceptions name a text, and the text is there."""
    for name, tree in modules():
        for called, node in calls(tree):
            if called not in (
                "ServiceValidationError",
                "HomeAssistantError",
                "ConfigEntryError",
                "ConfigEntryNotReady",
            ):
                continue
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            assert {"translation_domain", "translation_key"} <= given.keys(), f"{name}:{node.lineno}"
            key = given["translation_key"]
            if isinstance(key, ast.Constant):
                assert key.value in ENGLISH["exceptions"], f"{name}:{node.lineno}"
        for called, node in calls(tree):
            if called == "AnswerError" and node.args and isinstance(node.args[0], ast.Constant):
                assert node.args[0].value in ENGLISH["exceptions"], f"{name}:{node.lineno}"


@pytest.mark.parametrize("platform", PLATFORMS)
def test_platform(platform: str) -> None:
    """Parallel updates are said; entities have names and icons from the texts, never from code."""
    assert re.search(r"^PARALLEL_UPDATES = 0$", source(platform), re.MULTILINE)
    for name, text in (("entity", source("entity")), (platform, source(platform))):
        assert "_attr_icon" not in text, name
        assert "_attr_name" not in text, name
        assert not re.search(r"\bicon=", text), name
    assert set(ENGLISH["entity"][platform]) == set(ICONS["entity"][platform])


def test_entities_have_names_of_their_own_and_ids_that_last() -> None:
    text = source("entity")
    assert "_attr_has_entity_name = True" in text
    assert "_attr_unique_id = " in text
    assert "runtime_data" not in text.replace("entry.runtime_data", "")  # nothing is kept elsewhere
    assert not re.search(r"hass\.data\[DOMAIN\]", "".join(source(name.removesuffix(".py")) for name, _ in modules()))


def test_entities_listen_only_while_they_are_there() -> None:
    for name, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and any("Entity" in ast.unparse(base) for base in node.bases):
                for function in node.body:
                    if isinstance(function, ast.FunctionDef) and function.name == "__init__":
                        listening = {called for called, _ in calls(function) if called.startswith("async_listen")}
                        assert not listening, name


def test_one_entry_only_by_the_user_and_reconfigured_by_the_user() -> None:
    assert MANIFEST["single_config_entry"] is True
    assert MANIFEST["config_flow"] is True
    text = source("config_flow")
    for step in ("async_step_user", "async_step_reconfigure"):
        assert f"def {step}" in text
    for step in ("async_step_zeroconf", "async_step_dhcp", "async_step_reauth"):
        assert f"def {step}" not in text  # exempt for as long as there is nothing to discover or log in to
    form = ENGLISH["config"]["step"]["user"]
    assert form["data"].keys() == form["data_description"].keys()


def test_exempt_from_talking_to_anybody() -> None:
    for name, tree in modules():
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for imported in names:
                assert imported not in ("ClientSession", "async_get_clientsession", "requests", "httpx", "urlopen"), (
                    name
                )
    assert [re.split("[<>=]", requirement)[0] for requirement in MANIFEST["requirements"]] == ["numpy"]


def test_owned_and_branded() -> None:
    assert MANIFEST["codeowners"]
    assert (INTEGRATION / "brand" / "icon.png").is_file()
    for name in ("coordinator", "entity", "diagnostics", "repairs"):
        assert source(name)


PLACES = {
    "docs-high-level-description": ("README.md", "What it is good for"),
    "docs-use-cases": ("README.md", "What it is good for"),
    "docs-supported-devices": ("README.md", "What it is good for"),
    "docs-installation-instructions": ("README.md", "Install"),
    "docs-installation-parameters": ("docs/options.md", "Set-up"),
    "docs-configuration-parameters": ("docs/options.md", "Options"),
    "docs-actions": ("docs/actions.md", "`hunches.scan` – look now"),
    "docs-triggers": ("docs/automations.md", "Triggers"),
    "docs-conditions": ("docs/automations.md", "Conditions"),
    "docs-supported-functions": ("docs/entities.md", "Entities"),
    "docs-data-update": ("docs/entities.md", "When they change"),
    "docs-examples": ("docs/examples.md", "Examples"),
    "docs-known-limitations": ("docs/troubleshooting.md", "Known limits"),
    "docs-troubleshooting": ("docs/troubleshooting.md", "Troubleshooting"),
    "docs-removal-instructions": ("README.md", "Limits, troubleshooting, removal"),
}


def test_documentation_has_a_place_for_each_rule_about_it() -> None:
    assert {rule for rule in RULES if rule.startswith("docs-")} == PLACES.keys()
    for rule, (file, heading) in PLACES.items():
        text = (ROOT / file).read_text(encoding="utf-8")
        assert re.search(rf"^##? {re.escape(heading)}$", text, re.MULTILINE), rule


def test_types_are_strict() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r"^\[tool\.mypy\]\nstrict = true$", text, re.MULTILINE)
    assert "ignore_errors" not in text
    assert "type HunchesConfigEntry = ConfigEntry[HunchesData]" in source("data")
