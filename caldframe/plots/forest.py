"""Differences as points on a line at 0, one below the other, each with its interval and its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from caldframe.plots.layout import (
    axes_for,
    draw_range,
    font_size,
    ink,
    name_lines,
    settle,
    signed,
    text_width,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

__all__ = ["ForestLine", "ForestSection", "draw_forest"]

_WIDE: Final = 1.15  # digits and bold letters, beside letters on average
_MOST_ROOM: Final = 0.6  # of the width, for the columns of numbers
_MARGIN: Final = 0.06  # of what is drawn, on either side


@dataclass(frozen=True)
class ForestLine:
    """A difference, what to call it, and what to write into the columns on the right."""

    label: str
    difference: float
    low: float
    high: float
    few: bool
    color: str
    texts: Sequence[str]


@dataclass(frozen=True)
class ForestSection:
    """Lines that stand together, under a heading if they have one."""

    heading: str
    lines: Sequence[ForestLine]


def draw_forest(ax: Any, sections: Sequence[ForestSection], headings: Sequence[str], *, tall: float) -> Axes:
    """Draw a line for each difference, so many inches high, and its numbers in columns on the right."""
    names: dict[int, str] = {}
    lines: dict[int, ForestLine] = {}
    for section in sections:
        if section.heading:
            names[len(names) + len(lines)] = section.heading
        for line in section.lines:
            lines[len(names) + len(lines)] = line
    number = len(names) + len(lines)
    axes = axes_for(ax, 1.5 + tall * number)
    rows = 2 if any("\n" in line.label for line in lines.values()) else 1
    size = font_size(axes, 1.1 * rows * (number + 0.8))
    name_lines(axes, list(lines), [line.label for line in lines.values()], size)
    axes.set_ylim(number - 0.4, -1.2)
    settle(axes, ax)
    columns = list(zip(headings, zip(*(line.texts for line in lines.values()), strict=True), strict=True))
    rooms = [_room(axes, [heading, *texts], size) for heading, texts in columns]
    smaller = min(1, _MOST_ROOM / sum(rooms))
    rooms = [smaller * room for room in rooms]
    right = 1 - sum(rooms)
    _limit(axes, list(lines.values()), right)
    for place, line in lines.items():
        _draw_line(axes, place, line)
    words: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "size": smaller * size}
    words |= {"va": "center", "color": ink(axes), "parse_math": False}
    for (heading, texts), start in zip(columns, right + np.cumsum([0.0, *rooms[:-1]]) + 0.01, strict=True):
        axes.text(start, -0.85, heading, weight="bold", **words)
        for place, text in zip(lines, texts, strict=True):
            axes.text(start, place, text, **words)
    over = {"facecolor": axes.get_facecolor(), "edgecolor": "none", "pad": 1}  # the line at 0
    for place, name in names.items():
        axes.text(0.01, place, name, weight="bold", bbox=over, **words)
    return axes


def _room(axes: Axes, texts: Sequence[str], size: float) -> float:
    """Give the part of the width that a column takes, and some space before the next."""
    return text_width(axes, _WIDE * max(map(len, texts)) + 2, size)


def _limit(axes: Axes, lines: Sequence[ForestLine], right: float) -> None:
    """Let what is drawn end where the columns begin, and write no ticks below them."""
    ends = [end for line in lines for end in (line.low, line.difference, line.high) if np.isfinite(end)]
    least, most = min([*ends, 0.0]), max([*ends, 0.0])
    margin = _MARGIN * (most - least or 1.0)
    axes.set_xlim(least - margin, least - margin + (most - least + 2 * margin) / right)
    axes.axvline(0, color=ink(axes), linewidth=0.8)
    axes.set_xticks([tick for tick in axes.get_xticks() if least - margin <= tick <= most + margin])
    axes.xaxis.set_major_formatter(lambda number, _: signed(number, "g") if number else "0")


def _draw_line(axes: Axes, place: int, line: ForestLine) -> None:
    draw_range(axes, (line.low, line.high), place, 8)
    if np.isfinite(line.difference):
        axes.plot(
            [line.difference],
            [place],
            marker="s",
            markersize=8,
            color=line.color,
            markerfacecolor=axes.get_facecolor() if line.few else line.color,
            markeredgewidth=1.6,
            zorder=3,
        )
