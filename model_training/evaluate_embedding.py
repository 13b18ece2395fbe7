"""Whether embeddings, archetypes and the map mean something: on devices of simulated homes that were held out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.metrics import adjusted_mutual_info_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.neighbors import KNeighborsRegressor, NearestNeighbors

from .archetypes import k_means
from .evaluate_devices import is_light, outdoors
from .fleet.roles import BY_NAME
from .fleet.words import useless

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from custom_components.hunches.engine.model import Model

    from .dataset import Arrays

    Points = NDArray[np.float32]

NEIGHBOURS = 10
SEEDS = 3  # of k-means, whose clusters are compared
_SPARE = 400  # nearest devices that are looked through for some of other homes


@dataclass(frozen=True, slots=True)
class Embedded:
    """Held-out devices as the shipped encoder sees them: `points` [n, 32] and `places` on the map [n, 2].

    `named`, `masked` (no name, no area), `foreign` (a language never trained on), `bare` (a name that tells nothing, no
    area, no device class); `early` and `late`: named, from the first and the second half of the past.
    """

    devices: Arrays
    named: Points
    masked: Points
    foreign: Points
    bare: Points
    early: Points
    late: Points
    places: Points
    bare_places: Points

    @classmethod
    def of(cls, model: Model, devices: Arrays) -> Embedded:
        """Embed the portraits of `evaluate_devices`."""
        tokens = devices["tokens"]
        named = model.embed(devices["stable"], tokens)
        bare = model.embed(devices["bare"], devices["unnamed"])
        return cls(
            devices,
            named,
            model.embed(devices["stable"], np.zeros_like(tokens)),
            model.embed(devices["stable"], devices["foreign"]),
            bare,
            model.embed(devices["early"], tokens),
            model.embed(devices["late"], tokens),
            model.place(named),
            model.place(bare),
        )


def scores(model: Model, seen: Embedded, training: Points, homes: NDArray[np.int64], seed: int) -> dict[str, Any]:
    """Return all figures; `training` [m, 32] are embeddings of the fleet's training devices, `homes` [m] theirs."""
    known = seen.devices["role"] != ""
    roles = seen.devices["role"][known]
    behaviours = np.array([BY_NAME[r].behaviour if r in BY_NAME else r for r in roles])
    labels = {
        name: archetypes(model, points[known])
        for name, points in (("named", seen.named), ("masked", seen.masked), ("foreign", seen.foreign))
    }
    return {
        "devices": len(known),
        "devices_with_a_role": int(known.sum()),
        "roles": len(set(roles.tolist())),
        "ami": {name: _ami(roles, label) for name, label in labels.items()},
        "ami_with_behaviours": {name: _ami(behaviours, label) for name, label in labels.items()},
        "stability": _stability(model, seen, training, homes, seed),
        "neighbour_has_role": _retrieval(seen, known),
        "useless_names": useless_names(model, seen),
        "on_time": on_time(seen),
        "outdoors": _outdoors(seen),
    }


def archetypes(model: Model, points: Points) -> NDArray[np.int64]:
    """Return the index of each embedding's archetype [n]."""
    return np.array([a.index for a in model.archetypes.assign(points)], dtype=np.int64)


def _ami(first: NDArray[Any], second: NDArray[Any]) -> float:
    return round(float(adjusted_mutual_info_score(first, second)), 3)


def _stability(model: Model, seen: Embedded, training: Points, homes: NDArray[np.int64], seed: int) -> dict[str, float]:
    """Return how alike clusters come out: by seed, by half of the fleet's homes, and by half of a device's past."""
    clusters = len(model.archetypes.titles)

    def labels(points: Points, number: int) -> NDArray[np.int64]:
        return np.asarray(k_means(points, clusters, number).predict(seen.named))

    seeds = [labels(training, seed + n) for n in range(SEEDS)]
    first = np.random.default_rng(seed).permutation(np.unique(homes))[::2]
    inside = np.isin(homes, first)
    early, late = archetypes(model, seen.early), archetypes(model, seen.late)
    pairs = [_ami(seeds[i], seeds[j]) for i in range(SEEDS) for j in range(i)]
    return {
        "seeds": round(float(np.mean(pairs)), 3),
        "halves_of_the_fleet": _ami(labels(training[inside], seed), labels(training[~inside], seed)),
        "halves_of_the_past": _ami(early, late),
        "same_archetype_in_both_halves": round(float((early == late).mean()), 3),
    }


def nearest(
    points: Points, pool: Points, homes: NDArray[np.int64], pool_homes: NDArray[np.int64], count: int
) -> Points:
    """Return the `count` nearest of `pool` to each of `points` that live in other homes: indices [n, count]."""
    search = NearestNeighbors(n_neighbors=min(_SPARE, len(pool))).fit(pool)
    found = search.kneighbors(points, return_distance=False)
    out = np.full((len(points), count), -1, dtype=np.int64)
    for i, row in enumerate(found):
        others = row[pool_homes[row] != homes[i]][:count]
        if len(others):
            out[i] = np.resize(others, count)  # in a tiny fleet there may be fewer: they count again
    return out  # type: ignore[return-value]


def _retrieval(seen: Embedded, known: NDArray[np.bool_]) -> dict[str, float]:
    """Return the share of devices whose nearest neighbour of another home has their role, and what chance gives."""
    roles, homes = seen.devices["role"][known], seen.devices["home"][known]
    share = Counter(roles.tolist())
    found = {
        name: nearest(points[known], pool[known], homes, homes, 1)[:, 0]
        for name, points, pool in (
            ("named", seen.named, seen.named),
            ("masked", seen.masked, seen.masked),
            ("masked_among_named", seen.masked, seen.named),
        )
    }
    return {
        **{name: round(float((roles[index] == roles).mean()), 3) for name, index in found.items()},
        "chance": round(sum(n * n for n in share.values()) / len(roles) ** 2, 3),
    }


def useless_names(model: Model, seen: Embedded) -> dict[str, Any]:
    """Return how often devices with a useless name land among named ones of their role, against chance.

    `own`: those that the fleet itself named so. `renamed`: every device with a role, once more, under "First Light",
    "Plug 1" and the like, without area and device class. Chance draws a named device of the same domain.
    """
    devices = seen.devices
    known = devices["role"] != ""
    blank = np.array([useless(name) for name in devices["name"].tolist()])
    pool = np.flatnonzero(known & ~blank)
    majority = _majority(archetypes(model, seen.named[pool]), devices["role"][pool])
    found: dict[str, Any] = {}
    for name, asked, points in (
        ("own", np.flatnonzero(known & blank), seen.named),
        ("renamed", np.flatnonzero(known), seen.bare),
    ):
        if not len(asked):
            continue
        roles = devices["role"][asked]
        near = nearest(points[asked], seen.named[pool], devices["home"][asked], devices["home"][pool], NEIGHBOURS)
        alike = devices["role"][pool][near] == roles[:, None]
        of_domain = {
            d: Counter(devices["role"][pool][devices["domain"][pool] == d].tolist()) for d in set(devices["domain"])
        }
        chance = [
            of_domain[d][r] / max(of_domain[d].total(), 1)
            for d, r in zip(devices["domain"][asked].tolist(), roles.tolist(), strict=True)
        ]
        island = np.array([majority.get(int(k), "") for k in archetypes(model, points[asked])])
        found[name] = {
            "devices": len(asked),
            "nearest_has_role": round(float(alike[:, 0].mean()), 3),
            "among_ten_nearest": round(float(alike.any(axis=1).mean()), 3),
            "archetype_is_of_role": round(float((island == roles).mean()), 3),
            "chance": round(float(np.mean(chance)), 3),
        }
    found["first_light"] = first_light(seen, pool)
    return found


def first_light(seen: Embedded, pool: NDArray[np.int64]) -> dict[str, Any]:
    """Return what lies around porch and garden lights that are called "First Light": lights outdoors, and the names."""
    devices = seen.devices
    asked = np.flatnonzero((devices["role"] == "porch light") & (devices["domain"] == "light"))
    lights = pool[np.isin(devices["domain"][pool], ["light"])]
    if not len(asked):
        return {}
    near = nearest(seen.bare[asked], seen.named[lights], devices["home"][asked], devices["home"][lights], NEIGHBOURS)
    outside = np.array([outdoors(r) for r in devices["role"][lights].tolist()])
    shares = outside[near].mean(axis=1)
    best = int(np.argsort(-shares, kind="stable")[0])  # an example of its best, the mean beside it
    return {
        "porch_lights": len(asked),
        "outdoor_among_ten_nearest": round(float(shares.mean()), 3),
        "chance": round(float(outside.mean()), 3),
        "example": {
            "device": int(devices["device"][asked[best]]),
            "true_name": str(devices["name"][asked[best]]),
            "nearest": [str(n) for n in devices["name"][lights][near[best]]],
        },
    }


def _majority(labels: NDArray[np.int64], roles: NDArray[np.str_]) -> dict[int, str]:
    return {int(k): Counter(roles[labels == k].tolist()).most_common(1)[0][0] for k in np.unique(labels)}


def on_time(seen: Embedded) -> dict[str, Any]:
    """Return how much of the logarithm of the typical on-time lies along the embedding's main directions.

    `r_by_direction`: its correlation with the first three principal directions, whose share of the variance is
    `variance`. `r2_embedding`, `r2_map`: what a linear fit, and the ten nearest on the map, explain of it from other
    homes.
    """
    known = np.isfinite(seen.devices["on_time"])
    target = np.log(seen.devices["on_time"][known])
    points = seen.named[known].astype(np.float64)
    centred = points - points.mean(axis=0)
    _, sizes, directions = np.linalg.svd(centred, full_matrices=False)
    along = centred @ directions[:3].T
    homes = seen.devices["home"][known]
    folds = GroupKFold(min(5, len(np.unique(homes))))

    def explained(inputs: NDArray[np.float64], fitted: Any) -> float:
        guess = cross_val_predict(fitted, inputs, target, groups=homes, cv=folds)
        return round(1 - float(((guess - target) ** 2).sum() / ((target - target.mean()) ** 2).sum()), 3)

    return {
        "devices": int(known.sum()),
        "r_by_direction": [round(abs(float(np.corrcoef(along[:, i], target)[0, 1])), 3) for i in range(3)],
        "variance": [round(float(s), 3) for s in (sizes**2 / (sizes**2).sum())[:3]],
        "r2_embedding": explained(points, Ridge()),
        "r2_map": explained(seen.places[known].astype(np.float64), KNeighborsRegressor(NEIGHBOURS)),
    }


def _outdoors(seen: Embedded) -> dict[str, Any]:
    """Return how far lights outside stand apart from other lights: on the map, by the ten nearest of other homes."""
    devices = seen.devices
    lights = np.flatnonzero(np.array([is_light(r) for r in devices["role"].tolist()]))
    outside = np.array([outdoors(r) for r in devices["role"][lights].tolist()])
    if not outside.any() or outside.all():
        return {}
    homes, on_times = devices["home"][lights], devices["on_time"][lights]
    long = outside & (on_times >= np.nanmedian(on_times[outside]))
    found: dict[str, Any] = {
        "lights": len(lights),
        "outdoor": int(outside.sum()),
        "share": round(float(outside.mean()), 3),
        "median_minutes_outdoor": round(float(np.nanmedian(on_times[outside]) / 60), 1),
        "median_minutes_other": round(float(np.nanmedian(on_times[~outside]) / 60), 1),
    }
    for name, points in (("embedding", seen.named), ("embedding_masked", seen.masked), ("map", seen.places)):
        near = nearest(points[lights], points[lights], homes, homes, NEIGHBOURS)
        found[f"neighbours_outdoor_{name}"] = round(float(outside[near][outside].mean()), 3)
        found[f"neighbours_outdoor_of_long_ones_{name}"] = round(float(outside[near][long].mean()), 3)
    return found
