"""Clusters of the fleet's embeddings, with titles from the names that are most frequent in them, relative to all.

Source of the titles' rule: Amazon's article on deep device embeddings ("normalised name frequency").
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from .descriptions import Use
from .fleet.words import english, useless

CLUSTERS = 60
FEWEST_NAMED = 5  # names that must share a word before it can be a title
_SAMPLES, _SAMPLE = 200, 10_000
"""How many samples are drawn for the starts of k-means, and how many devices each has, at most."""
_DRAWN = 50  # there are fewer samples where not as many devices could be drawn anew for each
_STARTS = 100  # of the clustering of the samples' centres
_USELESS = re.compile(r"\d|^.{0,2}$")
_THINGS = frozenset({"light", "lamp", "plug", "socket", "switch", "lock", "door", "sprinkler"})


def cluster(embeddings: NDArray[np.float32], seed: int, clusters: int = CLUSTERS) -> tuple[NDArray[np.float64], float]:
    """Return (centres [60, 32], temperature): the temperature gives a typical device a share of about .7 in its own."""
    centres = k_means(embeddings, clusters, seed).cluster_centers_.astype(np.float64)
    distance = ((embeddings[:4000, None].astype(np.float64) - centres[None]) ** 2).sum(axis=2)
    distance.sort(axis=1)
    low, high = 1e-3, 1e3
    for _ in range(60):
        middle = float(np.sqrt(low * high))
        weight = np.exp(-(distance - distance[:, :1]) / middle)
        if float(np.median(1 / weight.sum(axis=1))) > 0.7:
            low = middle
        else:
            high = middle
    return centres, float(np.sqrt(low * high))


def k_means(embeddings: NDArray[np.float32], clusters: int, seed: int) -> KMeans:
    """Return k-means of embeddings [n, 32], begun at the centres of the centres of many small samples.

    Best of a few random starts, every start ends in other clusters, and another seed gives the fleet other archetypes;
    centres that many samples share are those of the data. Source: Bradley and Fayyad 1998, "Refining initial points
    for k-means clustering".
    """
    count, rng = min(clusters, len(embeddings)), np.random.default_rng(seed)
    size, samples = min(_SAMPLE, len(embeddings)), min(_SAMPLES, len(embeddings) // _DRAWN + 1)
    found = [
        KMeans(count, n_init=1, random_state=n).fit(embeddings[rng.choice(len(embeddings), size, replace=False)])
        for n in range(seed * _SAMPLES, seed * _SAMPLES + samples)
    ]
    pool = np.concatenate([one.cluster_centers_ for one in found])
    shared = KMeans(count, n_init=_STARTS, random_state=seed).fit(pool)
    return KMeans(count, init=shared.cluster_centers_, n_init=1).fit(embeddings)


def nearest(embeddings: NDArray[np.float32], centres: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the cluster of each embedding [n, 32]."""
    # |a - b|² without the part that all clusters share: a hundred thousand devices fit into memory.
    gap = (centres**2).sum(axis=1) - 2 * embeddings.astype(np.float64) @ centres.T
    return np.asarray(gap.argmin(axis=1), dtype=np.int64)


def titles(labels: NDArray[np.int64], names: Sequence[str], fallbacks: Sequence[str], count: int) -> list[str]:
    """Return a title for each cluster: the word or name that is most over-represented among its members' names.

    `names` and `fallbacks` (a plain word for the device's role) have one entry a device; a cluster without telling
    names takes its most over-represented role. No two clusters share a title.
    """
    words = [_words(name) for name in names]
    overall, roles = Counter(w for ws in words for w in ws), Counter(fallbacks)
    scored: list[dict[str, float]] = []
    for k in range(count):
        members = np.flatnonzero(labels == k).tolist()
        inside = Counter(w for i in members for w in words[i])
        here = Counter(fallbacks[i] for i in members)
        scored.append(
            {w: n / (overall[w] + 20) * np.log1p(n) for w, n in inside.items() if n >= FEWEST_NAMED}
            or {r: n / (roles[r] + 20) * np.log1p(n) for r, n in here.items() if r}
        )
    chosen: dict[int, str] = {}
    # The most telling titles are given first; a word that is taken leaves the next best.
    offers = [(-score, cluster, word) for cluster, words_of in enumerate(scored) for word, score in words_of.items()]
    for _, k, word in sorted(offers):
        if k not in chosen and word not in chosen.values():
            chosen[k] = word
    for k in range(count):  # all its words are taken: the best of them, numbered
        if k not in chosen:
            word = max(sorted(scored[k]), key=lambda w: scored[k][w], default="device")
            chosen[k] = next(f"{word} {n}" for n in range(2, count + 2) if f"{word} {n}" not in chosen.values())
    return [chosen[k] for k in range(count)]


def _words(name: str) -> set[str]:
    """Return the whole name and its words in English, in lower case, without numbers and codes.

    A name that tells nothing has none. Where a language puts the thing first ("luce bagno"), English puts it last.
    """
    text = unicodedata.normalize("NFKC", name)
    parts = [] if useless(text) else [w for w in english(text).split() if not _USELESS.search(w)]
    if parts and parts[0] in _THINGS:
        parts = [*parts[1:], parts[0]]
    return {*parts, " ".join(parts)} - {"", "room"}


def uses(labels: NDArray[np.int64], stable: NDArray[np.float32], count: int) -> list[Use]:
    """Return how the devices of each cluster are used, from their stable inputs [n, S]."""
    return [Use.of(stable[labels == k]) for k in range(count)]


def describe(centres: NDArray[np.float64], temperature: float, names: list[str], use: Sequence[Use]) -> dict[str, Any]:
    """Return the asset: rounded to five places, which is what the integration loads."""
    return {
        "titles": names,
        "uses": [one.as_json() for one in use],
        "temperature": round(temperature, 5),
        "centres": [[round(float(x), 5) for x in row] for row in centres],
    }
