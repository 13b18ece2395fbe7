"""One way back through the past, a night at a time, and what was found on it."""

from collections.abc import Mapping
from dataclasses import replace

from .engine import findings
from .engine.backtest import Found, looked_at, stretches
from .engine.bundle import Recording
from .engine.findings import Findings, Span
from .engine.localtime import DAY
from .engine.lookback import Lookback
from .engine.model import Model
from .engine.policy import Policy
from .proof import Past


class Hindsight:
    """Goes through the last days of a past. To begin and to go on are slow: for a thread."""

    def __init__(self, model: Model, past: Past, days: float) -> None:
        """Stand at the beginning of it."""
        recording = Recording(past.home, past.timelines)
        begin = recording.end - days * DAY
        mind, policy = Lookback(model, past.home, past.corrections), Policy(replace(past.settings, shadow=True))
        self._home = past.home
        self._looked = looked_at(recording, begin)
        self._nights = stretches(mind, recording, policy, begin=begin)
        self._found: list[Found] = []

    def night(self) -> int | None:
        """Go through one more night; return how much is done, in percent, None if there was none left."""
        if (night := next(self._nights, None)) is None:
            return None
        self._found += night.found
        first, last = self._looked
        return round(100 * (night.until - first) / max(last - first, 1.0))

    def counted(self, drawn: Mapping[Span, float] | None = None) -> Findings:
        """Return what was found, counted; `drawn`: watt hours, where they are known."""
        return findings.of(self._found, self._looked, self._home, drawn)
