"""What the networks make of kinds of devices that they were not trained on: two short trainings, with and without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from custom_components.hunches.engine.experts import EXPERTS

from . import metrics, train_state

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .dataset import Arrays

LEFT_OUT: Final = {
    "lights outdoors": ("porch light", "garden light"),
    "TV": ("tv",),
    "washing machine": ("washing machine",),
}
"""Roles without which the second network is trained: one by the sun, one attended, one that runs its programme."""
ROWS: Final = 150_000  # examples of either training: as many as there are without those roles, or fewer
EPOCHS: Final = 5


def roles(rows: Arrays, validation: Arrays, held_out: Arrays, devices: Arrays, seed: int) -> dict[str, Any]:
    """Return log-losses on held-out devices of `LEFT_OUT` by a network that knew their like and one that did not.

    Both are small trainings on as many examples of the same homes, so only their difference counts; the device's own
    past (EWMA) is beside them. The fleet's random processes, which have no roles, stay in both.
    """
    out = {role for group in LEFT_OUT.values() for role in group}
    role = _roles(devices, rows)
    rng = np.random.default_rng(seed)
    with_them = rng.permutation(len(role))
    without = with_them[~np.isin(role[with_them], list(out))]
    logits = {}
    for name, order in (("with", with_them), ("without", without)):
        picked = np.sort(order[: min(ROWS, len(without))])
        nets = train_state.train({key: value[picked] for key, value in rows.items()}, validation, EPOCHS, seed)
        logits[name] = train_state.predict(nets, train_state.tensors(held_out))[0].numpy()
    asked = _roles(devices, held_out)
    found: dict[str, Any] = {"examples": min(ROWS, len(without)), "epochs": EPOCHS}
    for name, group in (*LEFT_OUT.items(), ("all others", None)):
        chosen = np.isin(asked, list(group)) if group else ~np.isin(asked, list(out))
        if not chosen.any():
            continue
        target = held_out["target"][chosen]
        ewma = held_out["logit"][chosen, EXPERTS.index("profile")]
        found[name] = {
            "questions": int(chosen.sum()),
            **{key: round(metrics.log_loss(logit[chosen], target), 4) for key, logit in logits.items()},
            "ewma": round(metrics.log_loss(ewma, target), 4),
            "without_to_with_95": [
                round(v, 3)
                for v in metrics.ratio_interval(
                    metrics.losses(logits["without"][chosen], target),
                    metrics.losses(logits["with"][chosen], target),
                    held_out["home"][chosen],
                    seed,
                )
            ],
        }
    return found


def _roles(devices: Arrays, rows: Arrays) -> NDArray[np.str_]:
    """Return the true role of the device of each row, empty where it has none."""
    order = np.argsort(devices["device"])
    return np.asarray(devices["role"][order[np.searchsorted(devices["device"], rows["device"], sorter=order)]])
