"""Loads the trained assets and answers from them: embeddings, archetypes, forecasts, acceptance, the map."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from . import features
from .acceptance import N_OUTLOOK
from .onnx import Graph, OnnxError
from .personal import Prior
from .rooms import Rooms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .experts import Forecasts

ASSETS: Final = Path(__file__).parent.parent / "assets"
CARD: Final = "model_card.json"
_GRAPHS: Final = ("encoder", "decoder", "home", "acceptance", "map")
N_EMBEDDING: Final = 32


class AssetError(ValueError):
    """An asset is missing, damaged or of another version; the message says which."""


@dataclass(frozen=True, slots=True)
class Archetype:
    """What a device is like: its cluster, with a title, how surely it falls there, and how such devices are used."""

    index: int
    title: str
    probability: float
    use: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return what `script/replay devices` writes."""
        return {
            "index": self.index,
            "title": self.title,
            "probability": round(self.probability, 4),
            "use": self.use,
        }


@dataclass(frozen=True, slots=True)
class Archetypes:
    """The fleet's clusters.

    `centres` [60, 32], `titles` [60], `uses` [60] (how their devices are used, in English), `temperature` of the soft
    assignment exp(−d²/τ).
    """

    centres: NDArray[np.float64]
    titles: tuple[str, ...]
    uses: tuple[str, ...]
    temperature: float

    def assign(self, embeddings: NDArray[np.float32]) -> list[Archetype]:
        """Return the archetype of each embedding [n, 32]."""
        distance = ((embeddings[:, None, :].astype(np.float64) - self.centres[None]) ** 2).sum(axis=2)
        weight = np.exp(-(distance - distance.min(axis=1, keepdims=True)) / self.temperature)
        weight /= weight.sum(axis=1, keepdims=True)
        best = weight.argmax(axis=1)
        return [Archetype(int(k), self.titles[k], float(weight[row, k]), self.uses[k]) for row, k in enumerate(best)]


@dataclass(frozen=True, slots=True)
class Encoded:
    """What the encoder says of n devices.

    `embedding` [n, 32]: what each is and is like, for archetypes, the map and whatever stands on likeness. `behaviour`
    [n, 32]: what forecasts rest on.
    """

    embedding: NDArray[np.float32]
    behaviour: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Accepted:
    """Log-odds [n] that a proposal is answered with yes, if it is answered, and that carrying it out is right."""

    yes: NDArray[np.float32]
    right: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Priors:
    """How much the answers of one home may move either of `Accepted` (`personal.py`)."""

    yes: Prior
    right: Prior


@dataclass(frozen=True, slots=True)
class StateModel:
    """Encoder and decoder, all that forecasts need. All methods are pure; arrays have one row a device or question."""

    _graphs: Mapping[str, Graph]

    def encode(self, stable: NDArray[np.float32], tokens: NDArray[np.int64]) -> Encoded:
        """Return what devices are and how they behave from stable inputs [n, S] and name tokens [n, 24]."""
        found = self._graphs["encoder"].run(stable=stable, tokens=tokens)
        return Encoded(found["device_embedding"], found["behaviour"])

    def predict(
        self,
        behaviour: NDArray[np.float32],
        dynamic: NDArray[np.float32],
        query: NDArray[np.float32],
        forecasts: Forecasts,
    ) -> NDArray[np.float32]:
        """Return log-odds [n] of being on, a row for each question."""
        return self._run(
            "decoder",
            behaviour=behaviour,
            dynamic=dynamic,
            query=query,
            logit=forecasts.logit,
            support=forecasts.support,
        )

    def _run(self, name: str, **inputs: NDArray[Any]) -> NDArray[np.float32]:
        graph = self._graphs[name]
        return graph.run(**inputs)[graph.outputs[0]]


@dataclass(frozen=True, slots=True)
class Model(StateModel):
    """The trained networks. All methods are pure; arrays are float32 with one row a device or question."""

    card: Mapping[str, Any]
    archetypes: Archetypes
    rooms: Rooms
    priors: Priors

    @classmethod
    def load(cls, folder: Path = ASSETS, *, runtime: str = "auto") -> Model:
        """Load and check every asset against the model card. Raises `AssetError`.

        `runtime`: "numpy", "onnxruntime", or "auto" for the latter where it is installed.
        """
        card = _read_card(folder)
        data = {name: _read(folder, name, digest) for name, digest in card["assets"].items()}
        try:
            if card["n_stable"] != features.N_STABLE or card["n_outlook"] != N_OUTLOOK:
                msg = f"{folder / CARD}: trained for other features than this version computes"
                raise AssetError(msg)
            graphs = {name: Graph.load(data[f"{name}.onnx"], runtime=runtime) for name in _GRAPHS}
            clusters = json.loads(data["archetypes.json"])
            archetypes = Archetypes(
                np.array(clusters["centres"]),
                tuple(clusters["titles"]),
                tuple(use["words"] for use in clusters["uses"]),
                float(clusters["temperature"]),
            )
            rooms = Rooms.from_json(json.loads(data["rooms.json"]))
            personal = json.loads(data["personal.json"])
            priors = Priors(Prior.from_json(personal["yes"]), Prior.from_json(personal["right"]))
        except OnnxError as error:
            msg = f"{folder}: {error}"
            raise AssetError(msg) from error
        except KeyError as error:
            msg = f"{folder / CARD}: {error} is missing"
            raise AssetError(msg) from error
        return cls(graphs, card, archetypes, rooms, priors)

    @property
    def runtime(self) -> str:
        """Return what runs the networks: "numpy" or "onnxruntime"."""
        return self._graphs["encoder"].runtime

    def embed(self, stable: NDArray[np.float32], tokens: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return embeddings [n, 32] from stable inputs [n, S] and name tokens [n, 24]."""
        return self.encode(stable, tokens).embedding

    def embed_home(self, embeddings: NDArray[np.float32], home: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the embedding [32] of a home from those of its devices [n, 32] and `features.home_inputs` [16]."""
        devices = embeddings if len(embeddings) else np.zeros((1, N_EMBEDDING), dtype=np.float32)
        present = np.full((1, len(devices)), float(len(embeddings) > 0), dtype=np.float32)
        found: NDArray[np.float32] = self._run("home", devices=devices[None], present=present, inputs=home[None])[0]
        return found

    def accept(
        self, embedding: NDArray[np.float32], dynamic: NDArray[np.float32], outlook: NDArray[np.float32]
    ) -> Accepted:
        """Return what the fleet says of n proposals, before this home's answers."""
        found = self._graphs["acceptance"].run(embedding=embedding, dynamic=dynamic, outlook=outlook)
        return Accepted(found["logit_yes"], found["logit_right"])

    def place(self, embedding: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return places on the fleet's map [n, 2]."""
        return self._run("map", embedding=embedding)


def sigmoid(logits: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return probabilities of log-odds."""
    return np.asarray(1 / (1 + np.exp(-logits.astype(np.float64))))


def _read_card(folder: Path) -> dict[str, Any]:
    path = folder / CARD
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = f"{path}: {error}"
        raise AssetError(msg) from error
    if not isinstance(card, dict) or not isinstance(card.get("assets"), dict):
        msg = f"{path}: no 'assets'"
        raise AssetError(msg)
    return card


def _read(folder: Path, name: str, digest: str) -> bytes:
    path = folder / name
    try:
        data = path.read_bytes()
    except OSError as error:
        msg = f"{path}: {error.strerror or error}"
        raise AssetError(msg) from error
    if hashlib.sha256(data).hexdigest() != digest:
        msg = f"{path}: does not match the model card (damaged or of another version); reinstall the integration"
        raise AssetError(msg)
    return data
