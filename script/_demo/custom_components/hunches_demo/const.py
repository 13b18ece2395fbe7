"""Names of the demo home."""

from typing import Final

DOMAIN: Final = "hunches_demo"

HOME_FILE: Final = "hunches_demo.json"
"""In Home Assistant's configuration folder: the entities, and how they stood when the demo began."""
ROWS_FILE: Final = "hunches_demo_rows.csv"
"""Beside it: `entity_id,state,time,cause`, times in Unix seconds, in order of time."""

FILLED: Final = "filled"
"""Key in the config entry's data: whether the recorder has the home's past already."""
