"""Why nothing was changed, for people."""

from homeassistant.exceptions import HomeAssistantError

from .const import DOMAIN
from .words import escape


class AnswerError(HomeAssistantError):
    """Nothing was changed; a hunch stands as it did. `reason` is the key of a text."""

    def __init__(self, reason: str, name: str = "", detail: str = "") -> None:
        """Keep why; `name` and `detail` are plain texts."""
        super().__init__(
            translation_domain=DOMAIN,
            translation_key=reason,
            translation_placeholders={"name": name, "detail": detail},
        )
        self.reason = reason
        self.detail = detail
        self.escaped = {"name": escape(name), "detail": escape(detail)}
