"""The colours of charts beside those of results, and how groups are told apart without colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from caldframe.display import OTHER_COLOR, RESULT_COLORS

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PLAIN_COLOR", "LineStyle", "color_of", "line_style", "shade", "text_color"]

PLAIN_COLOR: Final = "#44749d"  # calls of several results

_HALFWAY: Final = 0.18  # the luminance with which black and white contrast alike
_SHADES: Final = ("#f2f8f5", "#c5e5d9", "#7fc4ab", "#2f8f78", "#0b5a55", "#05332f")  # ever darker


@dataclass(frozen=True)
class LineStyle:
    """How the line of a group is drawn: a colour, and dashes and a mark for those who see none."""

    color: str
    dashes: Any
    marker: str


_LINES: Final = (
    LineStyle("#332288", "solid", "o"),
    LineStyle("#c2556a", (0, (6, 2)), "s"),
    LineStyle("#117733", (0, (2, 1.5)), "^"),
    LineStyle("#aa4499", (0, (6, 1.5, 1.5, 1.5)), "D"),
    LineStyle("#8a8a1f", (0, (10, 2)), "v"),
    LineStyle("#882255", (0, (1, 1)), "P"),
    LineStyle("#2a8a9c", (0, (4, 1, 1, 1, 1, 1)), "X"),
    LineStyle("#555555", (0, (3, 3)), "<"),
)


def line_style(place: int, result: Any = None) -> LineStyle:
    """Give the style of the group at a place, in the colour of its result where it has one."""
    style = _LINES[place % len(_LINES)]
    color = RESULT_COLORS.get(result) if isinstance(result, str) else None
    return LineStyle(color or style.color, style.dashes, style.marker)


def color_of(results: Sequence[Any] | None) -> str:
    """Give the colour of calls with some results: the result's own where it is one, documented or not."""
    if results is None or len(results) != 1:
        return PLAIN_COLOR
    return RESULT_COLORS.get(results[0], OTHER_COLOR) if isinstance(results[0], str) else OTHER_COLOR


def shade(part: float) -> str:
    """Give the colour of a cell: the higher, from 0 to 1, the darker."""
    place = min(max(part, 0.0), 1.0) * (len(_SHADES) - 1)
    below = min(int(place), len(_SHADES) - 2)
    beside = zip(_channels(_SHADES[below]), _channels(_SHADES[below + 1]), strict=True)
    mixed = [round(low + (high - low) * (place - below)) for low, high in beside]
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def text_color(background: str) -> str:
    """Give black or white, whichever is easier to read on a colour."""
    red, green, blue = ((channel / 255) ** 2.2 for channel in _channels(background))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "black" if luminance > _HALFWAY else "white"


def _channels(color: str) -> list[int]:
    return [int(color[start : start + 2], 16) for start in (1, 3, 5)]
