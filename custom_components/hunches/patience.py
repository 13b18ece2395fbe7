"""How long to wait before something that failed is tried again, and what the log has heard of it."""

import logging
from typing import Final

from homeassistant.core import callback

from .const import LOGGER

FIRST_WAIT: Final = 60.0
LONGEST_WAIT: Final = 3600.0


class Patience:
    """Waits twice as long after each failure in a row, and says each new failure once."""

    def __init__(self) -> None:
        """Begin without a failure."""
        self._failures = 0
        self._said: set[str] = set()

    @callback
    def failed(self, what: str, message: str, error: Exception | None = None) -> float:
        """Say it unless the same (`what`) was said since the last success; return the seconds to wait."""
        if what not in self._said:
            self._said.add(what)
            LOGGER.log(logging.ERROR if error else logging.WARNING, "%s", message, exc_info=error)
        self._failures += 1
        return min(FIRST_WAIT * 2.0 ** min(self._failures - 1, 30), LONGEST_WAIT)

    @callback
    def succeeded(self) -> None:
        """Begin anew, and say that it works again if a failure was said."""
        if self._said:
            LOGGER.info("History is read and learned from again")
        self._failures = 0
        self._said.clear()
