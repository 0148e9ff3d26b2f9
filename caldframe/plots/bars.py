"""Rates as bars, one below the other, each with its interval and what it is of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from caldframe.plots.layout import (
    HOLLOW,
    axes_for,
    draw_range,
    font_size,
    ink,
    name_lines,
    percent_axis,
    settle,
    text_width,
)
from caldframe.plots.tables import FEW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

__all__ = ["Bar", "Section", "draw_bars"]

_GAP: Final = 0.4  # lines between two sections
_MOST_ROOM: Final = 0.6  # of the width, for what is written behind the bars
_ROOM_TO_USE: Final = 0.95  # of that, where letters must be smaller to fit


@dataclass(frozen=True)
class Bar:
    """A rate to draw, what to call it, and a note to put behind its counts."""

    label: str
    rate: float
    low: float
    high: float
    n: int
    total: int
    color: str
    note: str = ""

    @property
    def end(self) -> float:
        """Where the bar or its interval ends, 0 without any."""
        return float(np.nanmax([0.0, self.rate, self.high]))

    @property
    def words(self) -> str:
        """What is written behind the bar."""
        counts = f"{self.n:,} of {self.total:,}{self.note}"
        return f"{self.rate:.1%}  {counts}" if self.total else counts


@dataclass(frozen=True)
class Section:
    """Bars that stand together, under a heading if they have one."""

    heading: str
    bars: Sequence[Bar]


def draw_bars(ax: Any, sections: Sequence[Section]) -> Axes:
    """Draw bars from the top to the bottom of the axes; those of fewer than 30 calls are hollow."""
    headings: dict[float, str] = {}
    bars: dict[float, Bar] = {}
    line = 0.0
    for section in sections:
        if section.heading:
            headings[line] = section.heading
            line += 1
        for bar in section.bars:
            bars[line] = bar
            line += 1
        line += _GAP if section.heading else 0
    last = max(bars)
    axes = axes_for(ax, 1.1 + 0.3 * (last + 1) * (0.75 if headings else 1))
    size = font_size(axes, last + 1)
    for place, text in headings.items():
        axes.text(0, place + 0.1, f" {text}", size=size, weight="bold", va="center", parse_math=False)
    for place, bar in bars.items():
        _draw_bar(axes, place, bar, size)
    name_lines(axes, list(bars), [bar.label for bar in bars.values()], size)
    axes.set_ylim(last + 0.6, -0.6)
    settle(axes, ax)
    smaller = _make_room(axes, list(bars.values()), size)
    for place, bar in bars.items():
        words = {"size": smaller, "va": "center_baseline", "color": ink(axes), "parse_math": False}
        axes.text(bar.end, place, f"  {bar.words}", **words)
    return axes


def _draw_bar(axes: Axes, line: float, bar: Bar, size: float) -> None:
    if bar.total:
        solid = bar.total >= FEW
        edge = 0 if solid else HOLLOW
        axes.barh(
            line, bar.rate, height=0.76, color=bar.color, edgecolor=bar.color, linewidth=edge, fill=solid
        )
    draw_range(axes, (bar.low, bar.high), line, 0.8 * size)


def _make_room(axes: Axes, bars: Sequence[Bar], size: float) -> float:
    """Set the limit of the rates so that the longest label fits behind its bar, in the size that is given."""
    longest = max(text_width(axes, len(bar.words) + 3, size) for bar in bars)
    smaller = min(1, _ROOM_TO_USE * _MOST_ROOM / longest)
    limit = 0.01
    for bar in bars:
        room = min(text_width(axes, len(bar.words) + 3, size), _MOST_ROOM)
        limit = max(limit, bar.end / (1 - room))
    axes.set_xlim(0, limit)
    axes.set_xticks([tick for tick in axes.get_xticks() if 0 <= tick <= min(1, limit)])
    percent_axis(axes.xaxis)
    return smaller * size
