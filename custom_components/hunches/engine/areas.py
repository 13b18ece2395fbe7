"""What speaks for each area of a home as the room of a device."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from .distinct import distinct
from .features import N_VOCABULARY
from .localtime import DAY
from .room_words import Words, grams
from .rooms import INPUTS, Candidate
from .routines import MOST_CHANGES, STEP, WINDOWS, Company, Encounters, coverage, unusual

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .home import Entity
    from .timeline import Timeline

_PRESENCE: Final = frozenset({"motion", "occupancy", "presence", "moving"})
_RIDGE: Final = 0.3  # of correlations with areas that are correlated with each other
_AT_ONCE: Final = 32  # devices
_ROOM: Final = 4_000_000  # changes of devices × entities looked at together: both bound memory
_DOUBT: Final = 3.0  # changes by which a share is drawn towards none
_LEVELS: Final = tuple(range(len(WINDOWS), 0, -1))
"""How many of `WINDOWS` a change within each of them lies within: the narrowest lies in all others."""


@dataclass(frozen=True, slots=True)
class _Pool:
    """Some entities taken as one: `cover`, `side` [windows, 24] (see `coverage`), `stir` [G] (see `Company`)."""

    cover: NDArray[np.float64]
    side: NDArray[np.float64]
    stir: NDArray[np.float32]

    @classmethod
    def of(cls, company: Company, rows: Sequence[int]) -> _Pool:
        if not rows:
            none = np.zeros((len(company.windows), 24))
            return cls(none, none, np.zeros(company.hours.size, np.float32))
        before = company.before[rows].min(axis=0, keepdims=True)
        after = company.after[rows].min(axis=0, keepdims=True)
        rates = company.rates[rows].sum(axis=0, keepdims=True)
        cover, side = (
            coverage(before, after, company.hours, rates, company.windows, sided=sided)[0] for sided in (False, True)
        )
        near = (np.minimum(before, after) <= company.windows[-1]).astype(np.float32)
        return cls(cover, side, unusual(near, np.ones(near.shape, np.bool_), company.hours)[0])


def candidates(
    asked: Mapping[Entity, NDArray[np.float32]],
    entities: Sequence[Entity],
    timelines: Mapping[str, Timeline],
    embeddings: Mapping[str, NDArray[np.float32]],
    words: Words,
) -> dict[str, list[Candidate]]:
    """Return for each of `asked` by entity id what speaks for each area of `entities` as its room.

    `asked`: devices with their embeddings [32]; their own areas and entity ids are not looked at. `embeddings`: of the
    devices among `entities`. Neither may know areas. An area without another entity of known history is no candidate.
    A device without history has none.
    """
    company = Company.of({e.entity_id: timelines[e.entity_id] for e in entities if e.entity_id in timelines})
    places = {key: row for row, key in enumerate(company.keys)}
    by_area: dict[str, list[Entity]] = {}
    for entity in sorted(entities, key=lambda e: (e.area or "", e.entity_id)):
        if entity.area and entity.entity_id in places:
            by_area.setdefault(entity.area, []).append(entity)
    out: dict[str, list[Candidate]] = {e.entity_id: [] for e in asked}
    subjects = [e for e in asked if e.entity_id in places]
    if not by_area or not subjects:
        return out
    ground, spoken = _Ground.of(company, by_area), _Spoken.of(tuple(by_area), words)
    like = _Like.of(company.keys, embeddings)
    step = max(min(_AT_ONCE, _ROOM // (MOST_CHANGES * len(company.keys))), 1)
    for first in range(0, len(subjects), step):
        some = subjects[first : first + step]
        rows = [places[e.entity_id] for e in some]
        found = _Evidence.of(ground, rows)
        likeness = like.to(ground.members, rows, np.stack([asked[e] for e in some]))
        for i, subject in enumerate(some):
            keep = np.flatnonzero(found.others[i])
            compared = np.concatenate((found.compared[i], likeness[i], spoken.of_name(subject.name)), axis=1)[keep]
            inputs = np.concatenate((compared, _lead(compared), found.alone[i, keep]), axis=1)
            inputs[:, INPUTS.index("areas")] = np.log1p(keep.size) / 2
            out[subject.entity_id] = [
                Candidate(spoken.areas[j], row, spoken.kinds[j], float(found.joint[i, j]))
                for j, row in zip(keep, inputs, strict=True)
            ]
    return out


@dataclass(frozen=True, slots=True)
class _Ground:
    """The areas of a home, A of them, before any device is asked about.

    `members`, `watches`: rows of each area's entities, and of those that see people. `pools`: each area as one.
    `stir`, `between`: of these, [A, G], and their correlations, [A, A].
    `cover`, `side`: share of moments near a change of each entity, [E, windows, 24] and [E, 24] (see `coverage`).
    """

    company: Company
    members: tuple[list[int], ...]
    watches: tuple[list[int], ...]
    pools: tuple[_Pool, ...]
    stir: NDArray[np.float32]
    between: NDArray[np.float64]
    cover: NDArray[np.float64]
    side: NDArray[np.float64]

    @classmethod
    def of(cls, company: Company, by_area: Mapping[str, Sequence[Entity]]) -> _Ground:
        places = {key: row for row, key in enumerate(company.keys)}
        members = tuple([places[m.entity_id] for m in found] for found in by_area.values())
        watches = tuple([places[m.entity_id] for m in found if _watches(m)] for found in by_area.values())
        cover, side = (
            coverage(company.before, company.after, company.hours, company.rates, company.windows, sided=sided)
            for sided in (False, True)
        )
        pools = tuple(_Pool.of(company, m) for m in members)
        stir = np.stack([pool.stir for pool in pools])
        between = (stir @ stir.T).astype(np.float64)
        return cls(company, members, watches, pools, stir, between, cover, side[:, 1])

    def without(self, rows: Sequence[int]) -> Iterator[_Own]:
        """Yield the areas of entities, of those that are in one, as they are without them."""
        for device, row in enumerate(rows):
            for area, members in enumerate(self.members):
                if row in members:
                    yield _Own(device, area, _Pool.of(self.company, [m for m in members if m != row]))


@dataclass(frozen=True, slots=True)
class _Own:
    """Which of the devices is in which of the areas, and that area without it: no device witnesses for its own room."""

    device: int
    area: int
    pool: _Pool


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What was seen of D devices and A areas: `compared` [D, A, 22], `alone` [D, A, 7], `joint` [D, A].

    `others`: how many entities an area has beside the device, [D, A].
    """

    compared: NDArray[np.float64]
    alone: NDArray[np.float64]
    joint: NDArray[np.float64]
    others: NDArray[np.int64]

    @classmethod
    def of(cls, ground: _Ground, rows: list[int]) -> _Evidence:
        company, members = ground.company, ground.members
        met, windows = Encounters.of(company, rows), company.windows
        n, by_hour = met.counts.astype(np.float64)[:, None, None], met.by_hour()
        own = tuple(ground.without(rows))
        inside = np.stack([met.inside[m].max(axis=0) for m in members])
        outside = np.stack([met.outside[m].max(axis=0) for m in members])
        near = np.maximum(met.inside, met.outside)
        times_near = [met.sums(near >= level) for level in _LEVELS]
        joint = _joint(met, np.maximum(inside, outside), _LEVELS)
        chance = _chance(by_hour, [p.cover for p in ground.pools], own, [o.pool.cover for o in own])
        sure = (joint - chance) / np.sqrt(chance * (1 - chance / np.maximum(n, 1.0)) + 1.0)
        one_sided = _chance(by_hour, [p.side[1:] for p in ground.pools], own, [o.pool.side[1:] for o in own])
        compared = np.concatenate(
            (
                _share(joint, chance, n),
                np.arcsinh(sure) / 3,
                _share(_joint(met, inside, _LEVELS[1:]), one_sided, n),
                _share(_joint(met, outside, _LEVELS[1:]), one_sided, n),
                _best(ground, met, times_near),
                _related(ground, rows, own),
            ),
            axis=2,
        )
        others = np.array([[len(m) - (row in m) for m in members] for row in rows])
        alone = np.stack(
            np.broadcast_arrays(
                np.log1p(joint[:, :, 2]) / 4,
                np.log1p(n[:, :, 0]) / 4,
                np.log1p(others) / 2,
                np.array([float(bool(w)) for w in ground.watches])[None],
                0.0,  # how many areas there are is known when those without another entity are gone
                np.log1p(windows[0] - WINDOWS[0]) / 4,
                np.log1p(company.hours.size * STEP / DAY) / 4,
            ),
            axis=2,
        )
        return cls(compared, alone, np.stack([times_near[2][m].sum(axis=0) for m in members], axis=1), others)


def _watches(entity: Entity) -> bool:
    return entity.domain == "binary_sensor" and (entity.device_class is None or entity.device_class in _PRESENCE)


def _joint(met: Encounters, reached: NDArray[np.uint8], levels: Sequence[int]) -> NDArray[np.float64]:
    """Return how many changes of each device lie within so many windows [A, Q], or more: [D, A, levels]."""
    return np.stack([met.sums(reached >= level).T for level in levels], axis=2)


def _chance(
    by_hour: NDArray[np.float64],
    shares: Sequence[NDArray[np.float64]],
    own: Sequence[_Own],
    alone: Sequence[NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Return how many of the devices' changes [D, 24] would be near one of each area by chance: [D, A, windows].

    `shares`: of each area, [windows, 24]. `alone`: of their own areas without them.
    """
    chance = np.tensordot(by_hour, np.stack(shares), axes=(1, 2))
    for one, share in zip(own, alone, strict=True):
        chance[one.device, one.area] = share @ by_hour[one.device]
    return np.asarray(chance)


def _share(joint: NDArray[np.float64], chance: NDArray[np.float64], n: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of `n` changes that are joint beyond chance, drawn towards none where there are few."""
    found: NDArray[np.float64] = (joint - chance) / (n - chance + _DOUBT)
    return found


def _best(ground: _Ground, met: Encounters, near: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the highest share of joint changes among an area's members: [D, A, 5], 0 where there is none.

    `near`: how many of each device's changes each entity was near, within each of the windows, [E, D].
    """
    by_hour = met.by_hour()
    known = met.since(ground.company.first)
    part = known / np.maximum(met.counts, 1)
    shares = [_share(joint, (ground.cover[:, i] @ by_hour.T) * part, known) for i, joint in enumerate(near)]
    inside = _share(met.sums(met.inside >= _LEVELS[1]), (ground.side @ by_hour.T) * part, known)
    return np.stack(
        [
            *(_highest(share, met.rows, ground.members) for share in (*shares, inside)),
            _highest(inside, met.rows, ground.watches),
        ],
        axis=2,
    )


def _highest(
    values: NDArray[np.floating], rows: NDArray[np.int64], members: Sequence[Sequence[int]]
) -> NDArray[np.float64]:
    """Return the highest of `values` [E, D] over an area's members other than the device itself: [D, A]."""
    others = values.astype(np.float64)
    others[rows, np.arange(rows.size)] = -np.inf
    found = np.stack([others[m].max(axis=0, initial=-np.inf) for m in members], axis=1)
    return np.where(np.isfinite(found), found, 0.0)


def _related(ground: _Ground, rows: list[int], own: Sequence[_Own]) -> NDArray[np.float64]:
    """Return the correlations of being on and of changing, beyond the hour of the day: [D, A, 7]."""
    at, company, members = np.array(rows), ground.company, ground.members
    on, changing = company.on[rows], company.stir[rows]
    pairs = [
        _highest(company.on @ on.T, at, members),
        _highest(company.stir @ on.T, at, members),
        _highest(company.stir @ changing.T, at, members),
    ]
    with_areas = np.stack((on @ ground.stir.T, changing @ ground.stir.T), axis=2).astype(np.float64)
    between = np.repeat(ground.between[None], len(rows), axis=0)
    for one in own:  # its own area looks different without it, the others do not
        stir = one.pool.stir
        with_areas[one.device, one.area] = on[one.device] @ stir, changing[one.device] @ stir
        between[one.device, one.area] = between[one.device, :, one.area] = ground.stir @ stir
        between[one.device, one.area, one.area] = stir @ stir
    only = np.linalg.solve(between + _RIDGE * np.eye(len(members)), with_areas)
    return np.concatenate((np.stack(pairs, axis=2), with_areas, only), axis=2)


@dataclass(frozen=True, slots=True)
class _Like:
    """The embeddings of a home's entities, [E, 32], zeros for those without one; their lengths; who has one."""

    points: NDArray[np.float32]
    lengths: NDArray[np.float32]
    known: NDArray[np.bool_]

    @classmethod
    def of(cls, keys: Sequence[str], embeddings: Mapping[str, NDArray[np.float32]]) -> _Like:
        none = np.zeros_like(next(iter(embeddings.values())))
        points = np.stack([embeddings.get(key, none) for key in keys])
        return cls(points, np.linalg.norm(points, axis=1), np.array([key in embeddings for key in keys]))

    def to(
        self, members: Sequence[Sequence[int]], rows: Sequence[int], mine: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """Return the highest and the mean cosine of embeddings [D, 32] with those of an area's others: [D, A, 2]."""
        lengths = self.lengths[:, None] * np.linalg.norm(mine, axis=1) + 1e-9
        cosine = (self.points @ mine.T) / lengths  # [E, D]
        other = np.repeat(self.known[:, None], len(rows), axis=1)
        other[rows, np.arange(len(rows))] = False
        highest, summed = np.where(other, cosine, -1.0), np.where(other, cosine, 0.0)
        found = np.zeros((len(rows), len(members), 2))
        for j, some in enumerate(members):
            count = other[some].sum(axis=0)
            found[:, j, 0] = np.where(count > 0, highest[some].max(axis=0), 0.0)
            found[:, j, 1] = summed[some].sum(axis=0) / np.maximum(count, 1)
        return found


@dataclass(frozen=True, slots=True)
class _Spoken:
    """The names of A areas: `kinds` of room that they speak of [A, 14], their n-grams and how they are written.

    `grams`: which of all are in a name, bool [A, 4096]; `sizes`: how many, [A].
    """

    words: Words
    usual: NDArray[np.float64]
    areas: tuple[str, ...]
    kinds: NDArray[np.float64]
    grams: NDArray[np.bool_]
    sizes: NDArray[np.int64]
    written: tuple[str, ...]

    @classmethod
    def of(cls, areas: tuple[str, ...], words: Words) -> _Spoken:
        spoken = np.zeros((len(areas), N_VOCABULARY), np.bool_)
        for row, area in enumerate(areas):
            spoken[row, grams(area)] = True
        return cls(
            words,
            words.kinds(""),
            areas,
            np.stack([words.kinds(area) for area in areas]),
            spoken,
            spoken.sum(axis=1),
            tuple(_plain(area) for area in areas),
        )

    def of_name(self, name: str) -> NDArray[np.float64]:
        """Return how much of an area's name is in a device's, and log-odds that both speak of one kind: [A, 2]."""
        shared, text = self.grams[:, distinct(grams(name))].sum(axis=1), _plain(name)
        within = [0.5 + 0.5 * len(area) / len(text) if area and area in text else 0.0 for area in self.written]
        named = (shared / np.maximum(self.sizes, 1) + within) / 2
        kind = np.log(self.kinds @ (self.words.kinds(name) / self.usual) + 1e-3) / 3
        return np.stack((named, kind), axis=1)


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def placeless(entity: Entity) -> Entity:
    """Return an entity without area and labels: the embeddings that rooms are judged by must not know them."""
    return replace(entity, area=None, labels=())


def _lead(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each value less the highest of the other rows: [k, n]; the value itself where there is no other."""
    if len(values) < 2:
        return values.copy()
    order = np.sort(values, axis=0)
    return np.asarray(values - np.where(values == order[-1], order[-2], order[-1]))
