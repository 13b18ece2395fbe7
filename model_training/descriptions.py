"""What a cluster of devices is like in use, in figures and in plain words: "evenings, about 2 hours, off by 23:00"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from custom_components.hunches.engine import features
from custom_components.hunches.engine.usage import DURATION_EDGES

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OFFSETS: Final = dict(zip(features.STABLE, np.cumsum([0, *features.STABLE.values()]).tolist(), strict=False))
_PARTS: Final = {
    "nights": (0, 5),
    "mornings": (5, 10),
    "midday": (10, 15),
    "afternoons": (15, 18),
    "evenings": (18, 24),
}
_EVEN: Final = 0.62  # of starts in the two busiest parts of the day, below which a device is used at any hour
_MAIN: Final = 0.55  # share of starts that make one part of the day the time of use
_SECOND: Final = 0.25
_OFF: Final = 0.2  # of the evening's highest share of time on, below which a device counts as off for the night


@dataclass(frozen=True, slots=True)
class Use:
    """How the devices of a cluster are used.

    The middle device's share of time on, uses a day and minutes a use; the share of uses that begin at each hour [24];
    the hour by which devices are off for the night, or none.
    """

    on_share: float
    uses_a_day: float
    minutes: float
    hours: tuple[float, ...]
    off_by: int | None

    @classmethod
    def of(cls, stable: NDArray[np.float32]) -> Use:
        """Return the use of devices with these stable inputs [n, S]."""
        rates = stable[:, _OFFSETS["rates"] : _OFFSETS["rates"] + 12].astype(np.float64)
        on_share = 1 / (1 + np.exp(-4 * np.median(rates[:, 0])))
        uses = np.exp(3 * np.median(rates[:, 4]))
        starts = _block(stable, "starts") ** 2
        hours = starts.sum(axis=0) / max(starts.sum(), 1e-9)
        profile = 1 / (1 + np.exp(-4 * _block(stable, "profile").reshape(-1, 2, 24)))
        on = profile.mean(axis=(0, 1))
        return cls(float(on_share), float(uses), _minutes(stable), tuple(hours.tolist()), _off_by(on))

    def as_json(self) -> dict[str, Any]:
        """Return the figures, rounded, and the words."""
        return {
            "on_share": round(self.on_share, 4),
            "uses_a_day": round(self.uses_a_day, 2),
            "minutes": round(self.minutes, 1),
            "hours": [round(h, 3) for h in self.hours],
            "off_by": self.off_by,
            "words": self.words(),
        }

    def words(self) -> str:
        """Return the use in plain English."""
        if self.on_share > 0.9:
            return "nearly always on"
        if self.uses_a_day < 0.05 and self.on_share < 0.01:
            return "hardly ever used"
        parts = [self._when(), self._often(), _lasting(self.minutes)]
        if self.off_by is not None and self.on_share < 0.6:
            parts.append(f"off by {self.off_by % 24}:00")
        return ", ".join(parts)

    def _when(self) -> str:
        share = {name: sum(self.hours[low:high]) for name, (low, high) in _PARTS.items()}
        (first, most), (second, next_most), *_ = sorted(share.items(), key=lambda item: -item[1])
        if most + next_most >= _EVEN and next_most >= _SECOND:
            earlier, later = sorted((first, second), key=list(_PARTS).index)
            return f"{earlier} and {later}"
        return first if most >= _MAIN else "at any hour"

    def _often(self) -> str:
        a_day = self.uses_a_day
        if a_day >= 6:
            return "many times a day"
        if a_day >= 1.5:
            return f"about {round(a_day)} times a day"
        if a_day >= 0.7:
            return "about once a day"
        if a_day >= 0.25:
            return "a few times a week"
        return "now and then"


def _block(stable: NDArray[np.float32], name: str) -> NDArray[np.float64]:
    return stable[:, _OFFSETS[name] : _OFFSETS[name] + features.STABLE[name]].astype(np.float64)


def _minutes(stable: NDArray[np.float32]) -> float:
    """Return the middle length of a use, read from the bins of durations."""
    share = (_block(stable, "uses") ** 2).sum(axis=0)
    if share.sum() <= 0:
        return 0.0
    edges = np.concatenate(([3.0], DURATION_EDGES, [10 * 86400.0]))
    reached = np.concatenate(([0.0], np.cumsum(share / share.sum())))
    return float(np.exp(np.interp(0.5, reached, np.log(edges))) / 60)


def _off_by(on: NDArray[np.float64]) -> int | None:
    """Return the hour, 19 to 28, from which the share of time on [24] stays low, none where evenings are not used."""
    night = np.concatenate((on[17:], on[:5]))  # 17 to 5 o'clock
    peak = int(night[:7].argmax())
    if night[peak] < 0.03 or night[peak] < 1.5 * on.mean():
        return None
    for i in range(peak + 1, night.size):
        if (night[i:] < max(_OFF * night[peak], 0.01)).all():
            return 17 + i if 17 + i <= 28 else None
    return None


def _lasting(minutes: float) -> str:
    if minutes < 1:
        return "seconds"
    if minutes < 90:
        rounded = max(round(minutes), 1) if minutes < 10 else 5 * round(minutes / 5)
        return f"about {rounded} minute{'s' if rounded != 1 else ''}"
    hours = minutes / 60
    if hours < 30:
        rounded = round(hours)
        return f"about {rounded} hours"
    return f"about {round(hours / 24)} days" if hours >= 36 else "about a day"
