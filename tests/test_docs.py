"""What the documentation says there is, is there, and what there is, it says."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from homeassistant.util import slugify
from homeassistant.util.yaml import load_yaml_dict

from custom_components.hunches import const, forms
from custom_components.hunches.config_flow import HunchesConfigFlow
from custom_components.hunches.const import ENOUGH_DAYS, UNDONE_SECONDS, Sensitivity, Stage
from custom_components.hunches.engine.hunches import Kind
from custom_components.hunches.engine.localtime import DAY, HOUR
from custom_components.hunches.engine.policy import Answer, Settings
from custom_components.hunches.engine.routine import DAYS
from custom_components.hunches.news import What
from custom_components.hunches.sensor import LITTLE_HISTORY, PRECISION_DAYS
from custom_components.hunches.settings import settings_from

ROOT = Path(__file__).resolve().parent.parent
INTEGRATION = ROOT / "custom_components" / "hunches"
DOCS = ROOT / "docs"
PAGES = sorted((*DOCS.glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"))

ENGLISH: dict[str, Any] = json.loads((INTEGRATION / "translations" / "en.json").read_text(encoding="utf-8"))


def page(name: str) -> str:
    """Return the text of a page."""
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def described(name: str) -> dict[str, Any]:
    """Return what a YAML file of the integration describes."""
    found = load_yaml_dict(str(INTEGRATION / f"{name}.yaml"))
    return {key: value or {} for key, value in found.items() if not str(key).startswith(".")}


def section(text: str, title: str) -> str:
    """Return the part of a page below a heading of the second rank."""
    parts = re.split(r"^## ", text, flags=re.MULTILINE)
    return next(part for part in parts if part.startswith(title))


def codes(text: str) -> list[str]:
    """Return what stands in backticks."""
    return re.findall(r"`([^`\n]+)`", text)


def rows(text: str) -> Iterator[list[str]]:
    """Yield the cells of the rows of the tables in a text, without their heads."""
    head = True
    for line in text.splitlines():
        if not line.startswith("|"):
            head = True
        elif set(line) <= set("|- "):
            head = False
        elif not head:
            yield [cell.strip() for cell in line.strip("|").split("|")]


def first_codes(text: str) -> list[str]:
    """Return what stands in backticks in the first cells of the tables in a text."""
    return [code for cells in rows(text) for code in codes(cells[0])]


def test_every_action_has_its_section_and_no_other() -> None:
    headings = re.findall(r"^## `hunches\.(\w+)`", page("actions"), re.MULTILINE)
    assert sorted(headings) == sorted(described("services"))


@pytest.mark.parametrize(("name", "action"), described("services").items())
def test_every_field_of_an_action_is_named(name: str, action: Mapping[str, Any]) -> None:
    text = section(page("actions"), f"`hunches.{name}`")
    assert set(action.get("fields", {})) <= set(codes(text))
    assert set(first_codes(text)) <= set(action.get("fields", {}))
    for field, details in action.get("fields", {}).items():
        options = details["selector"].get("select", {}).get("options", ())
        assert set(options) <= set(codes(page("actions"))), field


def test_every_entity_has_its_row_and_no_other() -> None:
    documented: dict[str, list[str]] = {}
    for entity, key, _, attributes in rows(page("entities")):
        for one in codes(key):
            documented[one] = [codes(entity)[0], *codes(attributes)]
    there = {key: (domain, texts) for domain, keyed in ENGLISH["entity"].items() for key, texts in keyed.items()}
    assert documented.keys() == there.keys()
    for key, (domain, texts) in there.items():
        entity_id, *attributes = documented[key]
        if "…" not in entity_id:
            assert entity_id == f"{domain}.{slugify('Hunches ' + texts['name'])}"
        # Words of states and values may be among them; every attribute has to be
        assert set(texts.get("state_attributes", {})) <= set(attributes)


@pytest.mark.parametrize("sort", ["trigger", "condition"])
def test_every_trigger_and_condition_has_its_row_and_no_other(sort: str) -> None:
    text = section(page("automations"), f"{sort.capitalize()}s\n")
    documented = {codes(cells[0])[0]: cells for cells in rows(text)}
    assert documented.keys() == {f"hunches.{key}" for key in described(f"{sort}s")}
    for key, entry in described(f"{sort}s").items():
        _, name, options, *_ = documented[f"hunches.{key}"]
        assert name == ENGLISH[f"{sort}s"][key]["name"]
        assert set(codes(options)) == set(entry.get("fields", {}))


def test_every_event_has_its_row_and_no_other() -> None:
    text = section(page("automations"), "Events\n")
    events = {value for name, value in vars(const).items() if name.startswith("EVENT_")}
    assert set(first_codes(text)) == events
    assert {str(what) for what in What} <= set(codes(text))


def test_kinds_and_answers_are_all_there() -> None:
    for name in ("actions", "automations"):
        assert {str(kind) for kind in Kind} <= set(codes(page(name)))
    assert {str(answer) for answer in Answer} <= set(codes(page("automations")))


def test_every_option_has_its_row_and_no_other() -> None:
    options = section(page("options"), "Options\n")
    documented: dict[str, set[str]] = {}
    names: dict[str, str] = {}
    current = ""
    for where, option, name, _ in rows(options):
        current = codes(where)[0] if where else current
        documented.setdefault(current, set()).update(codes(option))
        names |= dict.fromkeys(codes(option), name)
    there = {name: set(fields) for name, fields in forms._FIELDS.items()} | {forms.RULES: {forms.RULES}}
    assert documented == there
    texts = ENGLISH["options"]["step"]["init"]["sections"]
    for section_name, fields in there.items():
        for field in fields:
            if len(codes(next(cells[1] for cells in rows(options) if field in codes(cells[1])))) == 1:
                assert names[field] == texts[section_name]["data"][field]


def test_every_field_of_the_set_up_has_its_row_and_no_other() -> None:
    documented = {codes(cells[0])[0]: cells[1] for cells in rows(section(page("options"), "Set-up\n"))}
    assert documented == ENGLISH["config"]["step"]["user"]["data"]
    assert documented == ENGLISH["config"]["step"]["reconfigure"]["data"]
    assert hasattr(HunchesConfigFlow, "async_step_reconfigure")


def answered_with(module: str) -> set[str]:
    """Return the words by which a module of the policy says why not: what its functions return, or call `why`."""
    tree = ast.parse((INTEGRATION / "engine" / "policy" / f"{module}.py").read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Return) or (
            isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "why" and node.value is not None
        ):
            found |= {
                constant.value
                for constant in ast.walk(node)
                if isinstance(constant, ast.Constant) and isinstance(constant.value, str)
            }
    return {word for word in found if re.fullmatch(r"[a-z]+(_[a-z]+)*", word)}


def test_every_reason_not_to_ask_or_act_is_explained() -> None:
    ask, act = re.split(r"^Why something is not done", page("troubleshooting"), flags=re.MULTILINE)[:2]
    act = act.partition("## ")[0]
    asked = section(ask, "Why does it ask nothing?")
    assert set(first_codes(asked)) == answered_with("showing") | {"carried_out"}
    safety = {"not_safe", "door_may_be_open", "only_when_asked", "not_allowed"}
    assert safety <= answered_with("safety")
    assert set(first_codes(act)) == answered_with("acting") | safety | {"switched_off"}


def test_every_status_reason_and_issue_is_explained() -> None:
    states = section(page("troubleshooting"), "What the status says")
    reasons = ENGLISH["entity"]["sensor"]["status"]["state_attributes"]["reason"]["state"]
    assert set(first_codes(states)) - {"sensor.hunches_status", "reason"} == {*map(str, Stage), LITTLE_HISTORY} | set(
        reasons
    )
    assert set(first_codes(section(page("troubleshooting"), "What stands in Repairs"))) == set(ENGLISH["issues"])


def test_numbers_are_those_of_the_code() -> None:
    usual, bounds = Settings(), Settings().bounds
    bars = {level: settings_from({const.CONF_SENSITIVITY: str(level)}) for level in Sensitivity}
    percent = {level: f"{100 * bar.min_accept:.0f}%" for level, bar in bars.items()}
    in_words = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 10: "ten", 12: "twelve", 15: "fifteen"}
    levels = section(page("options"), "Options\n")
    a_day = {level: in_words[bar.a_day] for level, bar in bars.items()}
    rare, balanced, eager = Sensitivity.RARE, Sensitivity.BALANCED, Sensitivity.EAGER
    assert f"from a chance of {percent[rare]} that you say yes, at most {a_day[rare]} a day" in levels
    assert f"from {percent[balanced]}, {a_day[balanced]} a day" in levels
    assert f"from {percent[eager]}, {a_day[eager]} a day" in levels
    assert f"{bounds.degrees:.0f} °C unless changed" in levels
    assert f"{bounds.lowest:.0f} °C unless changed; never below {bounds.frost:.0f} °C" in levels
    assert f"{bounds.highest:.0f} °C unless changed" in levels
    safety = page("safety")
    assert f"at least {100 * usual.min_sure:.0f}% sure" in safety
    assert f"below {bounds.frost:.0f} °C" in safety
    sustained = f"{in_words[round(usual.sustain / 60)]} minutes"
    assert f"held for {sustained}" in safety
    assert f"for {sustained} on end" in safety
    assert f"held for {sustained} yet" in page("troubleshooting")
    assert f"running for {in_words[round(usual.settle / 60)]}." in safety
    assert (usual.hands_off, usual.least_days, usual.refrain) == (HOUR / 2, 7.0, 30 * DAY)
    assert "in the last half hour" in safety
    assert "known for at least a week" in safety
    assert "holds for a month" in safety
    assert f"({in_words[round(usual.least_days_open)]} days for what is open or unlocked)" in safety
    assert usual.actions_a_day == 2
    assert "done twice to this device in 24 hours" in safety
    assert f"at most {in_words[usual.max_open]} open at once" in safety
    assert f"silent about the same thing for {in_words[round(usual.cool_down / HOUR)]} hours" in safety
    assert f"nobody answered in {in_words[round(usual.expire / HOUR)]} hours" in safety
    assert f"at least {100 * usual.heating_sure:.0f}% sure that nobody is home" in safety
    assert f"within {in_words[round(UNDONE_SECONDS / 60)]} minutes" in safety
    assert f"at most {DAYS} days ago" in page("actions")
    assert f"less than {ENOUGH_DAYS} days" in page("entities")
    assert f"the last {PRECISION_DAYS} days' hunches" in page("entities")


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_what_is_named_is_there(file: Path) -> None:
    """No action, trigger, condition, entity or page is named that does not exist."""
    text = file.read_text(encoding="utf-8")
    there = set(described("services")) | set(described("triggers")) | set(described("conditions"))
    assert set(re.findall(r"(?<![\w./])hunches\.(?!…)([a-z_]+)\b(?!/)", text)) <= there
    entities = {
        f"{domain}.{slugify('Hunches ' + texts['name'])}"
        for domain, keyed in ENGLISH["entity"].items()
        for texts in keyed.values()
    }
    assert set(re.findall(r"\b[a-z_]+\.hunches_\w+", text)) <= entities
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        if not target.startswith("https://"):
            assert (file.parent / target).exists(), target


def test_commands_are_named_and_those_named_are_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8") + (ROOT / "README.md").read_text(encoding="utf-8")
    there = {
        file.name for file in (ROOT / "script").iterdir() if file.is_file() and not file.suffix and file.name[0] != "_"
    }
    assert set(re.findall(r"`script/([\w-]+)", text)) == there
