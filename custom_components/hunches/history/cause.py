"""Who made a change: read from the context that Home Assistant passes along with it (see `recorded.Contexts`)."""

from collections import OrderedDict
from typing import Final

from homeassistant.core import Context
from homeassistant.util.ulid import ulid_to_bytes_or_none

from ..engine.home import UNKNOWN
from ..engine.recorded import Contexts, fingerprint, who
from ..engine.timeline import Cause
from ..engine.told import Expected, Told

LIVE_CONTEXTS: Final = 5_000
_RANK: Final = (Cause.UNKNOWN, Cause.AUTOMATION, Cause.OURS)
"""What may be heard of a context; what comes later in this list holds."""


class CauseIndex:
    """The contexts of automations, scripts, ourselves, and of actions called; others tell their maker by themselves.

    Contexts that are heard of live are kept up to `LIVE_CONTEXTS`, the oldest going first: their changes follow
    within seconds.
    """

    def __init__(self, recorded: Contexts | None = None) -> None:
        """Start with what the recorder knows."""
        self._recorded = recorded or Contexts()
        self._live: OrderedDict[int, Cause] = OrderedDict()
        self._expected: dict[str, Expected] = {}

    def add(self, context: Context, cause: Cause) -> None:
        """Remember who acts in a context: `OURS`, `AUTOMATION`, or `UNKNOWN` for a mere call of an action."""
        if (context_id := ulid_to_bytes_or_none(context.id)) is None:
            return
        key = fingerprint(context_id)
        if _RANK.index(cause) >= _RANK.index(self._live.get(key, Cause.UNKNOWN)):
            self._live[key] = cause
        while len(self._live) > LIVE_CONTEXTS:
            self._live.popitem(last=False)

    def tell(self, entity_id: str, told: Told) -> None:
        """Remember what we tell a device, which may report it when its context is forgotten."""
        self._expected.setdefault(entity_id, Expected()).add(told)

    def carry_over(self, earlier: CauseIndex) -> None:
        """Take over the live contexts of an earlier index, and what it expects."""
        self._live.update(earlier._live)
        self._expected |= earlier._expected

    def of_change(self, entity_id: str, moment: float, before: int, after: int, context: Context) -> Cause:
        """Return who made a live change of an entity, from one reading to another at a moment (Unix seconds).

        To be asked once for each change, in order of time: of several that may be ours, the first is.
        """
        expected = self._expected.get(entity_id)
        if expected and before != after:
            nameless = self.of_live(context) is Cause.PHYSICAL
            if expected.is_ours(moment, after, nameless=nameless):
                return Cause.OURS
        return self.of_live(context, UNKNOWN not in (before, after))

    def of_live(self, context: Context, between_known: bool = True) -> Cause:
        """Return who made a live change, as its context tells.

        `between_known`: whether the readings before and after it are both known. What comes from or goes to unknown
        is not `PHYSICAL`: nobody touched it.
        """
        context_id = ulid_to_bytes_or_none(context.id)
        known: Cause | None = Cause.UNKNOWN
        if context_id is not None:
            known = self._known(fingerprint(context_id))
        cause = who(known, bool(context.user_id), bool(context.parent_id))
        return Cause.UNKNOWN if cause is Cause.PHYSICAL and not between_known else cause

    def _known(self, key: int) -> Cause | None:
        # A script that waits was recorded when it started, and calls live
        heard = [cause for cause in (self._live.get(key), self._recorded.known(key)) if cause is not None]
        return max(heard, key=_RANK.index, default=None)
