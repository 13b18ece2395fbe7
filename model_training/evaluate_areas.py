"""How often the room of a device without a name is told, and how often rightly: simulated homes, and recorded ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from custom_components.hunches.engine.localtime import DAY
from custom_components.hunches.engine.model import Model
from custom_components.hunches.engine.wilson import wilson

from . import metrics
from .fleet import residents, simulate
from .train_rooms import ENCODER, Question, ask, encoder_of

if TYPE_CHECKING:
    from custom_components.hunches.engine.bundle import Recording
    from custom_components.hunches.engine.rooms import Rooms

FIRST: Final = 200_000  # no home so far along is fitted on


def scores(assets: Path, recordings: Mapping[str, Recording], homes: int, seed: int) -> dict[str, Any]:
    """Return figures of `homes` simulated homes, of which those with people in them count, and of recorded homes."""
    rooms, encoder = Model.load(assets, runtime="numpy").rooms, encoder_of((assets / ENCODER).read_bytes())
    rng = np.random.default_rng(seed)
    simulated: list[Question] = []
    for number in range(FIRST, FIRST + homes):
        home = simulate.home(number, seed)
        if home.generator == residents.GENERATOR:
            simulated += ask(home.recording, encoder, number, _days(home.recording), rng, 1.0)
    recorded: list[Question] = []
    for number, recording in enumerate(recordings.values()):
        recorded += ask(recording, encoder, number, _days(recording), rng, 1.0)
    found = {"simulated": _told(simulated, rooms, seed)}
    return found | ({"recorded": _told(recorded, rooms, seed)} if recorded else {})


def _days(recording: Recording) -> float:
    return (recording.end - recording.start) / DAY


def _told(asked: Iterable[Question], rooms: Rooms, seed: int) -> dict[str, Any]:
    """Return how many are told and how many rightly; `…_95`: homes drawn with replacement.

    Where every guess is right, drawing homes cannot tell how sure that is: Wilson's interval of the guesses is taken.
    """
    questions = list(asked)
    guesses = [(q, q.guess(rooms)) for q in questions]
    told = [(q, guess) for q, guess in guesses if guess]
    homes = np.array([q.home for q in questions], dtype=np.int64)
    answered = np.array([guess is not None for _, guess in guesses], dtype=np.float64)
    right = np.array([guess is not None and q.right(guess) for q, guess in guesses], dtype=np.float64)
    certain = bool(told) and right.sum() == len(told)
    return {
        "devices": len(questions),
        "homes": len(np.unique(homes)),
        "guesses": len(told),
        "answered": round(len(told) / max(len(questions), 1), 3),
        "answered_95": metrics.share_interval(answered, np.ones(len(questions)), homes, seed),
        "right_95": [round(v, 3) for v in wilson(len(told), len(told))[1:]]
        if certain
        else metrics.share_interval(right, answered, homes, seed),
        "right": round(float(np.mean([q.right(guess) for q, guess in told])), 3) if told else float("nan"),
        "said": round(float(np.mean([guess.probability for _, guess in told])), 3) if told else float("nan"),
    }
