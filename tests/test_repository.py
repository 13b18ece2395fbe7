"""The repository as Home Assistant, the store and a newcomer's shell meet it."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from awesomeversion import AwesomeVersion
from homeassistant.const import __version__
from packaging.requirements import Requirement

from script.repository_rules import problems

ROOT = Path(__file__).resolve().parent.parent
INTEGRATION = Path("custom_components") / "hunches"


def manifest() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((ROOT / INTEGRATION / "manifest.json").read_text(encoding="utf-8"))
    return content


def test_rules_of_home_assistant_and_of_the_store() -> None:
    assert problems() == []


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of all that the rules look at, for a test to spoil."""
    for name in ("hacs.json", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "README.md").write_text("What it is", encoding="utf-8")
    shutil.copytree(
        ROOT / INTEGRATION, tmp_path / INTEGRATION, ignore=shutil.ignore_patterns("assets", "__pycache__", "*.onnx")
    )
    return tmp_path


def spoil(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the content of a JSON file in place."""
    content = json.loads(file.read_text(encoding="utf-8"))
    change(content)
    file.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "change", "complaint"),
    [
        ("manifest.json", lambda m: m.update(iot_class="psychic"), "manifest.json: iot_class"),
        ("manifest.json", lambda m: m.update(surprise=True), "manifest.json: surprise"),
        ("manifest.json", lambda m: m.update(domain="haunches"), "manifest.json: the domain"),
        ("manifest.json", lambda m: m.update(version="soon"), "manifest.json: 'soon' is not a version"),
        ("manifest.json", lambda m: m.update(dependencies=["telepathy"]), "no component called telepathy"),
        ("manifest.json", lambda m: m.update(dependencies=[]), "uses recorder, which is not among the dependencies"),
        ("manifest.json", lambda m: m.update(requirements=["numpy >> 2"]), "manifest.json: numpy >> 2"),
        ("manifest.json", lambda m: m.update(name=m.pop("name")), "the keys have to be in this order"),
        ("manifest.json", lambda m: m.pop("issue_tracker"), "manifest.json: issue_tracker"),
        ("translations/en.json", lambda t: t.update(jokes={}), "en.json: jokes"),
        ("translations/en.json", lambda t: t["issues"].update(a={"title": "A"}), "en.json: issues.a"),
        ("translations/en.json", lambda t: t.update(title="<b>H</b>"), "en.json: title"),
        ("translations/en.json", lambda t: t.update(title="See https://example.org"), "addresses belong in"),
        ("translations/en.json", lambda t: t.update(title="It is '{name}'"), "single quotes"),
        ("translations/en.json", lambda t: t["services"].pop("scan"), "services.yaml: scan: no name"),
        ("translations/en.json", lambda t: t["services"].update(zap={"name": "Zap", "description": "Zap."}), "zap: in"),
        ("icons.json", lambda i: i["services"].pop("scan"), "scan: no icon"),
        ("translations/en.json", lambda t: t["triggers"].pop("home_away"), "triggers.yaml: home_away: no name"),
        ("icons.json", lambda i: i["conditions"].pop("home_away"), "conditions.yaml: home_away: no icon"),
        ("translations/en.json", lambda t: t["triggers"]["home_away"]["fields"].clear(), "home_away.for: no name"),
        ("icons.json", lambda i: i.update(entity={"sensor": {"ghost": {"default": "mdi:ghost"}}}), "sensor.ghost"),
        ("icons.json", lambda i: i["services"].update(scan={"service": "ghost.png"}), "icons.json: services.scan"),
    ],
)
def test_a_fault_is_found(copy: Path, file: str, change: Callable[[dict[str, Any]], object], complaint: str) -> None:
    spoil(copy / INTEGRATION / file, change)
    assert any(complaint in problem for problem in problems(copy)), problems(copy)


def test_a_language_has_to_agree_with_english(copy: Path) -> None:
    texts = copy / INTEGRATION / "translations"
    (texts / "en.json").write_text('{"exceptions": {"gone": {"message": "{name} is gone"}}}', encoding="utf-8")
    (texts / "nl.json").write_text(
        '{"title": "Ingevingen", "exceptions": {"gone": {"message": "Dat is weg"}}}', encoding="utf-8"
    )
    found = [problem for problem in problems(copy) if "nl.json" in problem]
    assert found == [
        "translations: nl.json: title: English has no such text",
        "translations: nl.json: exceptions.gone.message: other placeholders than in English",
    ]


@pytest.mark.parametrize("file", ["translations/en.json", "brand/icon.png", "manifest.json", "__init__.py"])
def test_a_missing_file_is_named(copy: Path, file: str) -> None:
    (copy / INTEGRATION / file).unlink()
    assert any(f"{Path(file).name} is missing" in problem for problem in problems(copy))


def test_a_second_integration_is_one_too_many(copy: Path) -> None:
    other = copy / "custom_components" / "other"
    other.mkdir()
    (other / "manifest.json").write_text("{}", encoding="utf-8")
    assert any("one integration is expected" in problem for problem in problems(copy))


def test_the_home_assistant_of_the_tests_is_new_enough() -> None:
    floor = json.loads((ROOT / "hacs.json").read_text(encoding="utf-8"))["homeassistant"]
    assert AwesomeVersion(__version__) >= AwesomeVersion(floor)


def test_requirements_leave_home_assistant_its_own_pins() -> None:
    """An exact version would stop the integration from loading as soon as Home Assistant moves on."""
    requirements = [Requirement(text) for text in manifest()["requirements"]]
    assert requirements
    assert not [str(one) for one in requirements for rule in one.specifier if rule.operator in {"==", "==="}]


def test_the_replay_needs_what_the_integration_needs() -> None:
    lines = (ROOT / "script" / "requirements_replay.txt").read_text(encoding="utf-8").splitlines()
    assert set(manifest()["requirements"]) <= set(lines)


def test_the_engine_imports_nothing_but_numpy() -> None:
    allowed = {*sys.stdlib_module_names, "numpy", "onnxruntime"}
    imported: set[tuple[str, str]] = set()
    for file in (ROOT / INTEGRATION / "engine").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {(file.name, name.name) for name in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                imported.add((file.name, str(node.module)))
    assert imported
    assert {one for one in imported if one[1].partition(".")[0] not in allowed} == set()


def test_the_engine_can_be_imported_without_home_assistant() -> None:
    program = """
import sys
sys.modules["homeassistant"] = None  # as if it were not installed
from script import hunches_bootstrap
from custom_components.hunches.engine import timeline
print(timeline.__name__, hasattr(sys.modules["custom_components.hunches"], "async_setup"))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("custom_components.hunches.engine.timeline False\n", "")


@pytest.mark.parametrize("command", [["script/setup", "nonsense"], ["script/lint", "--nonsense"]])
def test_bad_arguments_of_the_scripts(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(command[0])
