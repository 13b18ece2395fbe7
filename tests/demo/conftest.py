"""The scripts import their neighbours by their names alone, as they do when they run."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "script"))
