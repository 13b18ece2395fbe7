"""The rules of Home Assistant's hassfest and of the community store for this repository, checked without a network.

The real checks run where a network is (`.github/workflows`); these are the parts of them that concern an integration
of this kind, so that a fault shows at once: manifest, imports, translations, icons, actions, brand, `hacs.json`.
Run with an environment that has Home Assistant; `problems` is the entry for tests.
"""

import ast
import json
import re
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import probatio as vol
from awesomeversion import AwesomeVersion, AwesomeVersionException, AwesomeVersionStrategy
from homeassistant import components
from homeassistant.const import Platform
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.selector import validate_selector
from homeassistant.util.yaml import load_yaml_dict
from packaging.requirements import InvalidRequirement, Requirement

ROOT = Path(__file__).resolve().parent.parent
CORE = Path(components.__path__[0])

# Components whose helpers may be imported without being a dependency (hassfest's dependencies.py)
FREE_TO_IMPORT = {
    *(platform.value for platform in Platform),
    *(
        "alert",
        "automation",
        "conversation",
        "device_automation",
        "frontend",
        "group",
        "homeassistant",
        "input_boolean",
    ),
    *("input_button", "input_datetime", "input_number", "input_select", "input_text", "media_source", "onboarding"),
    *("panel_custom", "persistent_notification", "person", "script", "sun", "system_health", "system_log", "timer"),
    *("webhook", "websocket_api", "zone"),
}


def words(value: object) -> str:
    """Validate a text that people read: no markup, address, placeholder in quotes, or reference to another text."""
    text = cv.string_with_no_html(value)
    if re.search(r"https?://", text):
        raise vol.Invalid("addresses belong in placeholders")
    if re.search(r"'\{\w+\}'", text):
        raise vol.Invalid("a placeholder in single quotes is not replaced")
    if "[%key:" in text:
        raise vol.Invalid("references are resolved for Home Assistant's own integrations only")
    if text != text.strip() or not text:
        raise vol.Invalid("empty, or spaces at an end")
    return text


def key(value: object) -> str:
    """Validate a translation key."""
    if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?", value):
        raise vol.Invalid(f"{value!r} is not a key: small letters, digits, and _ or - between them")
    return value


def optional(**shapes: object) -> dict[vol.Marker, object]:
    """Return the shape of a mapping in which every key may be missing."""
    return {vol.Optional(name): shape for name, shape in shapes.items()}


TEXTS = {key: words}
FORM = optional(data=TEXTS, data_description=TEXTS, description=words)
FLOW = {
    vol.Required("step"): {
        key: {
            **FORM,
            **optional(title=words, submit=words, menu_options=TEXTS, menu_option_descriptions=TEXTS),
            vol.Optional("sections"): {key: {**FORM, **optional(name=words)}},
        }
    },
    **optional(error=TEXTS, abort=TEXTS, progress=TEXTS, create_entry=TEXTS, flow_title=words),
}
NAMED = {vol.Required("name"): words, vol.Required("description"): words}
TRANSLATIONS = vol.Schema(
    {
        **optional(title=words, config=FLOW, options=FLOW, common=TEXTS),
        vol.Optional("issues"): {
            key: vol.Any(
                {vol.Required("title"): words, vol.Required("description"): words},
                {vol.Required("title"): words, vol.Required("fix_flow"): FLOW},
            )
        },
        vol.Optional("entity"): {
            vol.In([platform.value for platform in Platform]): {
                key: optional(
                    name=words,
                    unit_of_measurement=words,
                    state=TEXTS,
                    state_attributes={key: optional(name=words, state=TEXTS)},
                )
            }
        },
        vol.Optional("exceptions"): {key: {vol.Required("message"): words}},
        vol.Optional("services"): {
            key: {**NAMED, vol.Optional("fields"): {key: NAMED}, **optional(sections={key: FORM})}
        },
        vol.Optional("selector"): {key: optional(options=TEXTS)},
        vol.Optional("device"): {key: {vol.Required("name"): words}},
        vol.Optional("system_health"): optional(info=TEXTS),
        vol.Optional("conversation"): optional(agent={key: optional(done=words)}),
        vol.Optional("config_panel"): dict,
        vol.Optional("triggers"): {key: {**NAMED, vol.Optional("fields"): {key: NAMED}}},
        vol.Optional("conditions"): {key: {**NAMED, vol.Optional("fields"): {key: NAMED}}},
    }
)

ICON = vol.All(str, vol.Match(r"^mdi:[a-z0-9-]+$", msg="an icon is called mdi:…"))
FLOW_ICONS = {"step": {key: {"sections": {key: ICON}}}}
ICONS = vol.Schema(
    optional(
        config=FLOW_ICONS,
        options=FLOW_ICONS,
        entity={
            vol.In([platform.value for platform in Platform]): {
                key: optional(
                    default=ICON,
                    state={key: ICON},
                    range={str: ICON},
                    state_attributes={key: optional(default=ICON, state={key: ICON})},
                )
            }
        },
        services={key: {vol.Required("service"): ICON, vol.Optional("sections"): {key: ICON}}},
        triggers={key: {vol.Required("trigger"): ICON}},
        conditions={key: {vol.Required("condition"): ICON}},
    )
)

ADDRESS = vol.All(str, vol.Match(r"^https://[^\s/]+/\S+$", msg="an https address"))
MANIFEST = vol.Schema(
    {
        vol.Required("domain"): key,
        vol.Required("name"): words,
        vol.Optional("after_dependencies"): [str],
        vol.Required("codeowners"): vol.All([vol.Match(r"^@\S+$")], vol.Length(min=1)),
        vol.Optional("config_flow"): bool,
        vol.Optional("dependencies"): [str],
        vol.Required("documentation"): ADDRESS,
        vol.Optional("import_executor"): bool,
        vol.Required("integration_type"): vol.In(
            ["device", "entity", "hardware", "helper", "hub", "service", "system"]
        ),
        vol.Required("iot_class"): vol.In(
            ["assumed_state", "calculated", "cloud_polling", "cloud_push", "local_polling", "local_push"]
        ),
        vol.Required("issue_tracker"): ADDRESS,
        vol.Optional("loggers"): [str],
        vol.Optional("quality_scale"): vol.In(["bronze", "silver", "gold", "platinum"]),
        vol.Optional("requirements"): [str],
        vol.Optional("single_config_entry"): bool,
        vol.Required("version"): str,
    }
)
HACS = vol.Schema(
    {
        vol.Required("name"): str,
        vol.Optional("homeassistant"): str,
        **optional(content_in_root=bool, country=[str], filename=str, hacs=str, hide_default_branch=bool),
        **optional(persistent_directory=str, zip_release=bool),
    }
)


def read(file: Path) -> Any:
    """Return the content of a JSON or YAML file; raises OSError or ValueError with a message for people."""
    if file.suffix == ".json":
        return json.loads(file.read_text(encoding="utf-8"))
    try:
        return load_yaml_dict(str(file))
    except HomeAssistantError as error:
        raise ValueError(str(error)) from error


def against(schema: vol.Schema, content: object) -> Iterator[str]:
    """Yield what a schema finds wrong with a content."""
    try:
        schema(content)
    except vol.MultipleInvalid as error:
        for single in error.errors:
            yield f"{'.'.join(str(part) for part in single.path)}: {single.msg}"
    except vol.Invalid as error:
        yield str(error)


def manifest(folder: Path) -> Iterator[str]:
    """Check `manifest.json`."""
    content = read(folder / "manifest.json")
    yield from against(MANIFEST, content)
    if list(content) != (ordered := sorted(content, key=lambda name: {"domain": " 0", "name": " 1"}.get(name, name))):
        yield f"the keys have to be in this order: {', '.join(ordered)}"
    if content.get("domain") != folder.name:
        yield f"the domain has to be the name of the folder, {folder.name}"
    if (CORE / folder.name).exists():
        yield f"Home Assistant has a {folder.name} of its own"
    try:
        strategies = AwesomeVersionStrategy
        AwesomeVersion(
            content.get("version"),
            ensure_strategy=[strategies.CALVER, strategies.SEMVER, strategies.SIMPLEVER, strategies.PEP440],
        )
    except AwesomeVersionException:
        yield f"{content.get('version')!r} is not a version"
    if bool(content.get("config_flow")) != (folder / "config_flow.py").is_file():
        yield "config_flow and config_flow.py have to exist together"
    for name in (*content.get("dependencies", ()), *content.get("after_dependencies", ())):
        if not (CORE / name).is_dir():
            yield f"Home Assistant has no component called {name}"
    for text in content.get("requirements", ()):
        try:
            Requirement(text)
        except InvalidRequirement as error:
            yield f"{text}: {error}"


def imported_components(file: Path) -> Iterator[tuple[str, int]]:
    """Yield the components of Home Assistant that a module imports when it runs, each with its line."""
    prefix = "homeassistant.components"
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            module = node.module
            names = [f"{module}.{alias.name}" for alias in node.names] if module == prefix else [module]
        for name in names:
            if name.startswith(f"{prefix}."):
                yield name.removeprefix(f"{prefix}.").partition(".")[0], getattr(node, "lineno", 0)


def imports(folder: Path) -> Iterator[str]:
    """Check that every component whose code is used is a dependency, and that `__init__` says how it is configured."""
    content = read(folder / "manifest.json")
    declared = {*content.get("dependencies", ()), *content.get("after_dependencies", ())} | FREE_TO_IMPORT
    for file in sorted(folder.rglob("*.py")):
        inside = file.relative_to(folder)
        for name, line in imported_components(file):
            own_platform = (folder / f"{name}.py").is_file() or (folder / name).is_dir()
            if name not in declared and not own_platform:
                yield f"{inside}:{line}: uses {name}, which is not among the dependencies"
    source = (folder / "__init__.py").read_text(encoding="utf-8")
    if "async def async_setup(" in source and "CONFIG_SCHEMA" not in source:
        yield "__init__.py: async_setup needs a CONFIG_SCHEMA beside it (cv.config_entry_only_config_schema)"


def leaves(content: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each text of nested mappings with its dotted path."""
    if isinstance(content, dict):
        for name, value in content.items():
            yield from leaves(value, f"{path}.{name}" if path else name)
    else:
        yield path, str(content)


def placeholders(text: str) -> set[str]:
    """Return the names of the placeholders of a text."""
    return set(re.findall(r"\{(\w+)\}", text))


def translations(folder: Path) -> Iterator[str]:
    """Check `translations/`: the shape of each file, and each language against English."""
    english = dict(leaves(read(folder / "translations" / "en.json")))
    for file in sorted((folder / "translations").glob("*.json")):
        content = read(file)
        yield from (f"{file.name}: {problem}" for problem in against(TRANSLATIONS, content))
        yield from (f"{file.name}: {problem}" for problem in described_fields(content))
        for path, text in leaves(content):
            if path not in english:
                yield f"{file.name}: {path}: English has no such text"
            elif placeholders(text) != placeholders(english[path]):
                yield f"{file.name}: {path}: other placeholders than in English"
    if (folder / "strings.json").exists():
        yield "strings.json: only Home Assistant's own integrations have one"


def described_fields(content: dict[str, Any]) -> Iterator[str]:
    """Find descriptions of form fields that have no name."""
    for flow in ("config", "options"):
        for name, step in content.get(flow, {}).get("step", {}).items():
            for form in (step, *step.get("sections", {}).values()):
                for field in form.get("data_description", {}).keys() - form.get("data", {}).keys():
                    yield f"{flow}.step.{name}: {field} is described, but has no name in data"


def fields(name: str, described: dict[str, Any], texts: dict[str, Any], file: str = "services.yaml") -> Iterator[str]:
    """Check the fields of one action, trigger or condition: their keys, selectors and texts."""
    for field, details in described.items():
        if field not in texts:
            yield f"{name}.{field}: no name and description in translations/en.json"
        if unknown := details.keys() - {"required", "default", "example", "selector", "advanced", "filter"}:
            yield f"{name}.{field}: unknown keys: {', '.join(sorted(unknown))}"
        try:
            validate_selector(details.get("selector"))
        except vol.Invalid as error:
            yield f"{name}.{field}: {error}"
    for field in texts.keys() - described.keys():
        yield f"{name}.{field}: in translations/en.json, not in {file}"


def actions(folder: Path) -> Iterator[str]:
    """Check `services.yaml`, and that each action and field has its texts and each action its icon."""
    if not (folder / "services.yaml").is_file():
        if any("services.async_register" in file.read_text(encoding="utf-8") for file in folder.rglob("*.py")):
            yield "services.yaml is missing, and actions are registered"
        return
    texts = read(folder / "translations" / "en.json").get("services", {})
    icons_of = read(folder / "icons.json").get("services", {}) if (folder / "icons.json").is_file() else {}
    described = read(folder / "services.yaml")
    for name, action in described.items():
        if name not in texts:
            yield f"{name}: no name and description in translations/en.json"
        if name not in icons_of:
            yield f"{name}: no icon in icons.json"
        yield from fields(name, (action or {}).get("fields", {}), texts.get(name, {}).get("fields", {}))
    for name in (texts.keys() | icons_of.keys()) - described.keys():
        yield f"{name}: in translations/en.json or icons.json, not in services.yaml"


def automation(folder: Path) -> Iterator[str]:
    """Check `triggers.yaml` and `conditions.yaml`: that each entry and field has its texts, and each entry its icon."""
    english = read(folder / "translations" / "en.json")
    icons_of = read(folder / "icons.json") if (folder / "icons.json").is_file() else {}
    for sort in ("trigger", "condition"):
        file = folder / f"{sort}s.yaml"
        if not file.is_file():
            if (folder / f"{sort}.py").is_file():
                yield f"{file.name} is missing beside {sort}.py"
            continue
        described = {name: entry for name, entry in read(file).items() if not name.startswith(".")}
        texts, pictures = english.get(f"{sort}s", {}), icons_of.get(f"{sort}s", {})
        for name, entry in described.items():
            if name not in texts:
                yield f"{file.name}: {name}: no name and description in translations/en.json"
            if name not in pictures:
                yield f"{file.name}: {name}: no icon in icons.json"
            yield from fields(name, (entry or {}).get("fields", {}), texts.get(name, {}).get("fields", {}), file.name)
        for name in (texts.keys() | pictures.keys()) - described.keys():
            yield f"{name}: in translations/en.json or icons.json, not in {file.name}"


def icons(folder: Path) -> Iterator[str]:
    """Check `icons.json`, and that it names no entity that has no text."""
    if not (folder / "icons.json").is_file():
        return
    content = read(folder / "icons.json")
    yield from against(ICONS, content)
    named = read(folder / "translations" / "en.json").get("entity", {})
    for platform, entities in content.get("entity", {}).items():
        for name, entity in entities.items():
            if name not in named.get(platform, {}):
                yield f"entity.{platform}.{name}: not in translations/en.json"
            for state, icon in entity.get("state", {}).items():
                if icon == entity.get("default"):
                    yield f"entity.{platform}.{name}.state.{state}: the same as the default"


def brand(folder: Path) -> Iterator[str]:
    """Check that there is a square PNG icon of 256 pixels."""
    content = (folder / "brand" / "icon.png").read_bytes()
    if not content.startswith(b"\x89PNG\r\n\x1a\n"):
        yield "not a PNG"
    elif (size := struct.unpack(">II", content[16:24])) != (256, 256):
        yield f"{size[0]} by {size[1]} pixels instead of 256 by 256"


def store(root: Path) -> Iterator[str]:
    """Check `hacs.json` and what else the community store wants of a repository."""
    yield from against(HACS, read(root / "hacs.json"))
    for name in ("README.md", "LICENSE"):
        if not (root / name).is_file():
            yield f"{name} is missing"
    folders = [entry.name for entry in (root / "custom_components").iterdir() if (entry / "manifest.json").is_file()]
    if folders != ["hunches"]:
        yield f"one integration is expected in custom_components, found: {', '.join(folders) or 'none'}"


def problems(root: Path = ROOT) -> list[str]:
    """Return what is wrong in the repository at `root`, each in one line; empty if nothing is."""
    folder = root / "custom_components" / "hunches"
    found: list[str] = []
    checks = (
        ("manifest.json", manifest, folder),
        ("imports", imports, folder),
        ("translations", translations, folder),
        ("services.yaml", actions, folder),
        ("automation", automation, folder),
        ("icons.json", icons, folder),
        ("brand/icon.png", brand, folder),
        ("repository", store, root),
    )
    for name, check, where in checks:
        try:
            found += [f"{name}: {problem}" for problem in check(where)]
        except FileNotFoundError as error:
            found.append(f"{name}: {Path(error.filename).name} is missing")
        except ValueError as error:
            found.append(f"{name}: {error}")
    return found


def main() -> int:
    """Print the problems; the exit code is 1 if there are any."""
    found = problems()
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
