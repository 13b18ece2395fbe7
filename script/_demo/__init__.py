"""The demo: a real Home Assistant with a home whose weeks of history are in a real recorder database.

This process prepares the home and watches; Home Assistant runs in a process of its own. So the integration is not
imported here: an empty parent stands in for it, and only the engine is.
"""

import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent.parent
_PACKAGE = "custom_components.hunches"

if _PACKAGE not in sys.modules and "homeassistant" not in sys.modules:
    _parent = ModuleType(_PACKAGE)
    _parent.__path__ = [str(ROOT / "custom_components" / "hunches")]
    sys.modules[_PACKAGE] = _parent
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))
