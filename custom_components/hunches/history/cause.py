"""Who made a change: read from the context that Home Assistant passes along with it.

The user interface leaves a user, an automation started by an event leaves a parent. An automation started by the
clock or by the sun leaves neither, and a wall switch leaves neither too: the two are told apart by the events that
automations and scripts fire with the context they act in.
"""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from homeassistant.core import Context
from homeassistant.util.ulid import ulid_to_bytes_or_none

from ..engine.timeline import Cause

LIVE_CONTEXTS: Final = 5_000


def fingerprint(context_id: bytes) -> int:
    """Return the random half of a context's id: 64 bits, enough to tell the contexts of a home apart."""
    return int.from_bytes(context_id[-8:])


class CauseIndex:
    """The contexts of automations, scripts and ourselves; every other context tells its maker by itself.

    `automatic`, `ours`: fingerprints in ascending order. Contexts added later are kept up to `LIVE_CONTEXTS`, the
    oldest going first: their changes follow within seconds.
    """

    def __init__(self, automatic: Sequence[int] = (), ours: Sequence[int] = ()) -> None:
        """Start with what the recorder knows."""
        self._recorded = ((ours, Cause.OURS), (automatic, Cause.AUTOMATION))
        self._live: OrderedDict[int, Cause] = OrderedDict()

    def add(self, context: Context, cause: Cause) -> None:
        """Remember who acts in a context."""
        if (context_id := ulid_to_bytes_or_none(context.id)) is None:
            return
        key = fingerprint(context_id)
        if self._live.get(key) is not Cause.OURS:
            self._live[key] = cause
        while len(self._live) > LIVE_CONTEXTS:
            self._live.popitem(last=False)

    def carry_over(self, earlier: CauseIndex) -> None:
        """Take over the live contexts of an earlier index."""
        self._live.update(earlier._live)

    def of(self, context_id: bytes | None, has_user: bool, has_parent: bool) -> Cause:
        """Return who made a change with this context; `UNKNOWN` for what leaves no trace."""
        known = self._known(fingerprint(context_id)) if context_id else None
        if known is Cause.OURS:
            return known
        if has_user:
            return Cause.PERSON
        return Cause.AUTOMATION if has_parent else known or Cause.UNKNOWN

    def of_live(self, context: Context) -> Cause:
        """Return who made a live change."""
        return self.of(ulid_to_bytes_or_none(context.id), bool(context.user_id), bool(context.parent_id))

    def _known(self, key: int) -> Cause | None:
        if (cause := self._live.get(key)) is not None:
            return cause
        for keys, cause in self._recorded:
            place = bisect_left(keys, key)
            if place < len(keys) and keys[place] == key:
                return cause
        return None
