"""How often the room of a device without a name is told, and how often rightly: simulated homes, and recorded ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from custom_components.hunches.engine.localtime import DAY
from custom_components.hunches.engine.model import Model

from .fleet import residents, simulate
from .train_rooms import Question, ask, encoder_of

if TYPE_CHECKING:
    from custom_components.hunches.engine.bundle import Recording
    from custom_components.hunches.engine.rooms import Rooms

FIRST: Final = 200_000  # no home so far along is fitted on


def scores(assets: Path, recordings: Mapping[str, Recording], homes: int, seed: int) -> dict[str, Any]:
    """Return figures of `homes` simulated homes, of which those with people in them count, and of recorded homes."""
    rooms, encoder = Model.load(assets, runtime="numpy").rooms, encoder_of(assets)
    rng = np.random.default_rng(seed)
    simulated: list[Question] = []
    for number in range(FIRST, FIRST + homes):
        home = simulate.home(number, seed)
        if home.generator == residents.GENERATOR:
            simulated += ask(home.recording, encoder, number, _days(home.recording), rng, 1.0)
    recorded: list[Question] = []
    for number, recording in enumerate(recordings.values()):
        recorded += ask(recording, encoder, number, _days(recording), rng, 1.0)
    found = {"simulated": _told(simulated, rooms)}
    return found | ({"recorded": _told(recorded, rooms)} if recorded else {})


def _days(recording: Recording) -> float:
    return (recording.end - recording.start) / DAY


def _told(asked: Iterable[Question], rooms: Rooms) -> dict[str, float]:
    questions = list(asked)
    told = [(q, guess) for q in questions if (guess := q.guess(rooms))]
    return {
        "devices": len(questions),
        "answered": round(len(told) / max(len(questions), 1), 3),
        "right": round(float(np.mean([q.right(guess) for q, guess in told])), 3) if told else float("nan"),
        "said": round(float(np.mean([guess.probability for _, guess in told])), 3) if told else float("nan"),
    }
