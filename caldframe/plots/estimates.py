"""Shares as points from left to right, each with its interval, and a line through those of one group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from caldframe.plots.layout import draw_marks, draw_whiskers, percent_axis
from caldframe.plots.tables import FEW

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from caldframe.plots.colors import LineStyle

__all__ = ["draw_estimates", "limit_shares", "shift_of"]

_LINE_OF_LEGEND: Final = 0.07  # of the height of the axes


def draw_estimates(
    axes: Axes, rows: pd.DataFrame, places: Any, names: tuple[str, str, str], style: LineStyle
) -> Any:
    """Draw the shares of a group, hollow where fewer than 30 are at risk, and give the line through them."""
    middle, low, high = (rows[name].to_numpy(dtype=np.float64) for name in names)
    at = np.asarray(places, dtype=np.float64)
    draw_whiskers(axes, (low, high), at, style.color)
    few = rows["at_risk"].to_numpy() < FEW
    draw_marks(axes, at, middle, few, color=style.color, marker=style.marker)
    (line,) = axes.plot(at, middle, color=style.color, linestyle=style.dashes, linewidth=1.4, zorder=1.5)
    return line


def shift_of(place: int, groups: int, apart: float) -> float:
    """Give how far the points of a group are moved aside, so that none hides another's."""
    return apart * (place - (groups - 1) / 2)


def limit_shares(axes: Axes, shares: pd.DataFrame, labels: int) -> None:
    """End the axis above the highest share, with room for so many lines of a legend."""
    top = float(np.nanmax(shares.to_numpy(dtype=np.float64), initial=0.01))
    axes.set_ylim(0, 1.04 * top / (1 - _LINE_OF_LEGEND * labels))
    axes.set_yticks([tick for tick in axes.get_yticks() if 0 <= tick <= min(1, axes.get_ylim()[1])])
    percent_axis(axes.yaxis)
