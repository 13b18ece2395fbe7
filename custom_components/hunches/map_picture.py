"""Draws the map as SVG: the fleet's islands behind, the home's devices in front, names where there is room."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 800
HEIGHT: Final = 640
_MARGIN: Final = 60
_ISLAND: Final = 34
_DOT: Final = 6
_LINE: Final = 14
_LETTER: Final = 6.6
"""Pixels of a line, and about those of a letter, at 12 pixels: names that would lie on others are left out."""
_LONGEST: Final = 28
_GOLDEN: Final = 137.508
"""Degrees between the hues of neighbouring archetypes: the golden angle, so that few are alike."""
_STYLE: Final = (
    ".b{fill:#fff}.d{stroke:#fff;stroke-width:1.5}text{font:12px sans-serif;fill:#212121}"
    ".i{font-size:11px;fill:#757575;text-anchor:middle}"
    "@media(prefers-color-scheme:dark){.b{fill:#111}.d{stroke:#111}text{fill:#e1e1e1}.i{fill:#9b9b9b}}"
)


@dataclass(frozen=True, slots=True)
class Point:
    """Something on the map: its name, where it is, and the number and title of its archetype."""

    name: str
    place: tuple[float, float]
    archetype: int
    title: str


@dataclass(frozen=True, slots=True)
class _Box:
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: _Box) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def draw(devices: Sequence[Point], islands: Sequence[Point]) -> bytes:
    """Return the picture of devices among islands as an SVG file."""
    places = [point.place for point in (*devices, *islands)] or [(0.0, 0.0)]
    low = [min(place[axis] for place in places) for axis in (0, 1)]
    span = [max(place[axis] for place in places) - low[axis] or 1.0 for axis in (0, 1)]

    def at(place: tuple[float, float]) -> tuple[float, float]:
        x = _MARGIN + (WIDTH - 2 * _MARGIN) * (place[0] - low[0]) / span[0]
        y = HEIGHT - _MARGIN - (HEIGHT - 2 * _MARGIN) * (place[1] - low[1]) / span[1]
        return x, y

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">',
        f"<style>{_STYLE}</style>",
        f'<rect class="b" width="{WIDTH}" height="{HEIGHT}"/>',
    ]
    for island in islands:
        x, y = at(island.place)
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_ISLAND}" fill="{_colour(island.archetype)}" opacity=".16"/>'
        )
    taken: list[_Box] = []
    for device in devices:
        x, y = at(device.place)
        taken.append(_Box(x - _DOT, y - _DOT, x + _DOT, y + _DOT))
        parts.append(
            f'<circle class="d" cx="{x:.1f}" cy="{y:.1f}" r="{_DOT}" fill="{_colour(device.archetype)}">'
            f"<title>{_text(device.name)} · {_text(device.title)}</title></circle>"
        )
    lived_in = {device.archetype for device in devices}
    for island in islands:
        if island.archetype in lived_in:
            x, y = at(island.place)
            parts += _label(island.title, x, y - _ISLAND - 2, taken, middle=True)
    for device in devices:
        x, y = at(device.place)
        parts += _label(device.name, x + _DOT + 4, y + 4, taken, middle=False)
    parts.append("</svg>")
    return "".join(parts).encode("utf-8", "replace")


def _label(text: str, x: float, y: float, taken: list[_Box], *, middle: bool) -> list[str]:
    """Return a text at a place if there is room for it, and take the room."""
    shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    width = _LETTER * len(shown)
    left = x - width / 2 if middle else x
    box = _Box(left, y - _LINE + 3, left + width, y + 3)
    if box.left < 0 or box.right > WIDTH or box.top < 0 or any(box.meets(other) for other in taken):
        return []
    taken.append(box)
    return [f'<text{' class="i"' if middle else ""} x="{x:.1f}" y="{y:.1f}">{_text(shown)}</text>']


def _text(text: str) -> str:
    """Return a text as XML shows it; the two characters that XML does not know are left out."""
    return escape(text.replace("\ufffe", "").replace("\uffff", ""))


def _colour(archetype: int) -> str:
    return f"hsl({archetype * _GOLDEN % 360:.0f} 60% 50%)"
