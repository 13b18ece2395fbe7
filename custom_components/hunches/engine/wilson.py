"""How surely a share is known."""

from __future__ import annotations

import math
from typing import Final

_Z: Final = 1.959964
"""Of the interval that holds the true share 95 times in 100."""


def wilson(right: int, of: int) -> tuple[float, float, float]:
    """Return a share and Wilson's score interval around it at 95 % (E. B. Wilson, 1927): share, low, high."""
    share, z2 = right / of, _Z**2 / of
    middle = (share + z2 / 2) / (1 + z2)
    half = _Z / (1 + z2) * math.sqrt(share * (1 - share) / of + z2 / of / 4)
    return share, max(middle - half, 0.0), min(middle + half, 1.0)
