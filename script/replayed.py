"""What `script/replay hunches` goes through, for whoever else wants to count it (the evaluation's report)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from custom_components.hunches.engine import backtest
from custom_components.hunches.engine.lookback import Lookback
from custom_components.hunches.engine.policy import Policy, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from custom_components.hunches.engine.bundle import Recording
    from custom_components.hunches.engine.model import Model


def replayed(model: Model, recording: Recording, min_accept: float | None = None) -> Iterator[backtest.Found]:
    """Yield every hunch that the shipped policy would have raised in a recording, or acted on, in order of time.

    `min_accept`: another bar than the policy's own.
    """
    settings = Settings(shadow=True) if min_accept is None else Settings(shadow=True, min_accept=min_accept)
    return backtest.replay(Lookback(model, recording.home), recording, Policy(settings))
