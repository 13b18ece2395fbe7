"""Training of the models that Hunches ships: a simulated fleet, networks, export and evaluation.

Training shares `custom_components.hunches.engine` with the integration, so that no feature is computed in two
ways. The integration's own `__init__` needs Home Assistant, which is not installed here: an empty parent package
is registered in its place, in this process and in every spawned worker that imports this package.
"""

from __future__ import annotations

import sys
import types
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

if "custom_components.hunches" not in sys.modules and find_spec("homeassistant") is None:
    _parent = types.ModuleType("custom_components.hunches")
    _parent.__path__ = [str(ROOT / "custom_components" / "hunches")]
    sys.modules[_parent.__name__] = _parent
