"""Print the packages that Home Assistant's components need, one a line.

Run with the Python of an environment that has Home Assistant. Home Assistant installs these packages itself when it
first starts, which is slow, needs a network, and compiles some of them; `script/setup` does it beforehand instead.
The answer is read from the manifests of the installed release, so that it changes with the release.
"""

import argparse
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

CUSTOM_COMPONENTS = Path(__file__).resolve().parent.parent / "custom_components"

# Keys of a manifest that make Home Assistant load a discovery component as well (homeassistant/requirements.py)
DISCOVERY = {"dhcp": "dhcp", "homekit": "zeroconf", "mqtt": "mqtt", "ssdp": "ssdp", "zeroconf": "zeroconf"}


def manifest_of(domain: str, components: Path) -> dict[str, Any] | None:
    """Return the manifest of a component, ours before Home Assistant's own, or None if there is no such component."""
    for folder in (CUSTOM_COMPONENTS, components):
        file = folder / domain / "manifest.json"
        if file.is_file():
            manifest: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            return manifest
    return None


def requirements(domains: set[str], components: Path, *, at_boot: bool) -> set[str]:
    """Collect the requirements of components and of all that they depend on.

    With `at_boot`, optional dependencies and discovery count too, as they do when Home Assistant starts.
    Raises LookupError for a domain that does not exist.
    """
    found: set[str] = set()
    seen: set[str] = set()
    waiting = sorted(domains)
    while waiting:
        domain = waiting.pop()
        if domain in seen:
            continue
        seen.add(domain)
        manifest = manifest_of(domain, components)
        if manifest is None:
            if domain in domains:
                msg = f"there is no component called {domain}"
                raise LookupError(msg)
            continue  # an optional dependency on a component that this release does not have
        found.update(manifest.get("requirements", ()))
        waiting += manifest.get("dependencies", ())
        if at_boot:
            waiting += manifest.get("after_dependencies", ())
            waiting += [component for key, component in DISCOVERY.items() if key in manifest]
    return found


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--boot", action="store_true", help="add all that Home Assistant starts by default")
    parser.add_argument("domain", nargs="*")
    arguments = parser.parse_args()

    spec = importlib.util.find_spec("homeassistant")
    if spec is None or not spec.submodule_search_locations:
        print("home_assistant_requirements: Home Assistant is not installed here", file=sys.stderr)
        return 1
    domains = set(arguments.domain)
    if arguments.boot:
        # Only here: this imports half of Home Assistant
        from homeassistant import bootstrap  # noqa: PLC0415

        domains |= bootstrap.CORE_INTEGRATIONS | bootstrap.DEFAULT_INTEGRATIONS
    components = Path(spec.submodule_search_locations[0]) / "components"
    try:
        print(*sorted(requirements(domains, components, at_boot=arguments.boot)), sep="\n")
    except LookupError as error:
        print(f"home_assistant_requirements: {error.args[0]}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
