"""Make `custom_components.hunches.engine` importable where Home Assistant is not installed.

Importing this module is all there is to do. The integration's own `__init__` imports Home Assistant; an empty parent
package, registered first, stands in for it, so that training, the replay and the benchmark run the very engine that the
integration runs. The folder never goes on `sys.path`: a platform called `select.py` would hide the standard library's.
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "custom_components.hunches"


def bootstrap() -> None:
    """Register the stand-in, unless the integration can be imported as it is."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    if PACKAGE in sys.modules or importlib.util.find_spec("homeassistant") is not None:
        return
    parent = ModuleType(PACKAGE)
    parent.__path__ = [str(ROOT / "custom_components" / "hunches")]
    sys.modules[PACKAGE] = parent


bootstrap()
