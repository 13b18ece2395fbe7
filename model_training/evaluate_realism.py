"""Whether the fleet can be told from the recorded homes that it was calibrated on: two classifiers try."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .evaluate_recorded import CALIBRATED
from .fleet import realism

if TYPE_CHECKING:
    from collections.abc import Mapping

    from custom_components.hunches.engine.bundle import Recording


def scores(recordings: Mapping[str, Recording], seed: int, count: int = realism.COUNT) -> dict[str, Any] | None:
    """Return AUCs of telling recorded from simulated devices, with intervals; None without two such homes.

    `worst`: the AUC of whichever tells best.
    """
    real = [recording for name, recording in recordings.items() if name in CALIBRATED]
    if len(real) < 2:
        return None
    table = realism.table(real, count, seed)
    if not realism.comparable(table):
        return None
    told = realism.told(table, seed)
    return {
        "real": realism.counts(table, table.real),
        "simulated": realism.counts(table, ~table.real),
        "scores": [
            {
                "held_out": one.held_out,
                "by": one.by,
                "auc": round(one.auc, 3),
                "auc_95": [round(one.low, 3), round(one.high, 3)],
            }
            for one in told
        ],
        "worst": round(max(one.auc for one in told), 3),
        "covered": round(realism.covered(table), 3),
    }
