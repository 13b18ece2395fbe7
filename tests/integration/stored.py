"""The file of answers as it is on disk: read by a test, or put there before the integration starts."""

import json
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant


def answers_file(hass: HomeAssistant) -> Path:
    """Return where the answers are kept."""
    return Path(hass.config.path(".storage", "hunches.feedback"))


def stored(hass: HomeAssistant) -> dict[str, Any]:
    """Return what is in the file of answers."""
    found: dict[str, Any] = json.loads(answers_file(hass).read_text(encoding="utf-8"))
    return found


def store(hass: HomeAssistant, content: dict[str, Any]) -> None:
    """Let this be the file of answers."""
    answers_file(hass).parent.mkdir(exist_ok=True)
    answers_file(hass).write_text(json.dumps(content), encoding="utf-8")
