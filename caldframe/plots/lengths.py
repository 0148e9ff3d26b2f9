"""Charts of how long calls lasted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from caldframe.display import counted
from caldframe.plots.colors import color_of, line_style
from caldframe.plots.layout import (
    HOLLOW,
    axes_for,
    finish,
    font_size,
    ink,
    name_lines,
    nothing_to_show,
    percent_axis,
    put_legend,
)
from caldframe.plots.tables import (
    FEW,
    MOST_LINES,
    by_words,
    find_groups,
    grouped_by,
    level_words,
    short_label,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from caldframe.plots.tables import Group

__all__ = ["length_distribution", "length_ecdf"]

_LENGTHS: Final = ("left", "right", "n", "share", "cumulative", "density")
_FEW_BANDS: Final = 4  # more on one another are but a blur, so they are fainter
_NEARLY_ALL: Final = 0.99
_NEAR: Final = 0.75  # of the longest call
_BEYOND: Final = 1.03  # of the longest call, so that its step is seen
_ECDF: Final = ("seconds", "n", "total", "ecdf", "low", "high")


def length_distribution(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw a table of `caldframe.length_distribution`: a histogram, or one above the other for groups.

    The height is the number of calls. For groups, which differ in size, it is the share of the group's
    calls, each group on a scale of its own, whose top is written beside it. Where bins are not equally wide
    it is the density, so that areas are calls. Edges that grow by the same factor, such as
    ``bins=numpy.geomspace(1, 3600, 30)``, get a logarithmic axis, on which they are equally wide. A
    histogram of fewer than 30 calls is hollow.

    Parameters
    ----------
    table : pandas.DataFrame
        What `caldframe.length_distribution` returned, or some of its rows. Bins without end cannot be
        drawn; the axis says how many calls are in them.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure of fitting size.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into. A table without any call gives axes that say so.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    ConfigurationError
        If `table` is another table, has more than 20 groups, or `ax` is no Axes.

    Examples
    --------
    >>> import caldframe as cf
    >>> import pandas as pd
    >>> calls = pd.DataFrame({"result": "pickedUp", "call_length": [12, 45, 50, 95]})
    >>> ax = cf.plots.length_distribution(cf.length_distribution(calls, bins="30s"))
    >>> ax.get_ylabel()
    'calls in each 30 s'
    """
    by = grouped_by(table, _LENGTHS, "length_distribution")
    groups = find_groups(table, by)
    title = f"How long calls lasted{by_words(by)}"
    finite = table[np.isfinite(table["left"]) & np.isfinite(table["right"])]
    if not finite["n"].any():
        return nothing_to_show(ax, title)
    axes = axes_for(ax, max(2.6, 1.6 + 0.62 * len(groups)) if by else 3.6)
    column, words = _height(finite, grouped=bool(by))
    if by:
        _draw_histograms(axes, table, by, groups, column)
        words = f"{words}\n(each group on its own scale)"
    else:
        edges, heights = _outline(table, column)
        _draw_outline(axes, edges, heights, 0, int(finite["n"].sum()), _histogram_color(table, by, table))
        axes.set_ylim(0, 1.05 * heights.max())
        axes.locator_params(axis="y", integer=column == "n")
    axes.set_xlim(finite["left"].min(), finite["right"].max())
    if _ratio(finite) is not None:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
    return finish(axes, title, _length_words(table, finite), words)


def length_ecdf(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw a table of `caldframe.length_ecdf`: the share of calls over by each length, with its band.

    The true curve of a group is in its band, all along, with the table's confidence: where two bands part,
    the groups differ. The line of fewer than 30 calls is thin.

    Parameters
    ----------
    table : pandas.DataFrame
        What `caldframe.length_ecdf` returned, or some of its rows. With groups, each has a line of its own.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure of fitting size.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into. A table without any call gives axes that say so.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    ConfigurationError
        If `table` is another table, has more than 8 groups, or `ax` is no Axes.

    See Also
    --------
    caldframe.length_ecdf : The table.

    Examples
    --------
    >>> import caldframe as cf
    >>> import pandas as pd
    >>> calls = pd.DataFrame({"result": "pickedUp", "call_length": [12, 45, 50, 95]})
    >>> ax = cf.plots.length_ecdf(cf.length_ecdf(calls))
    >>> ax.get_ylabel()
    'share of calls that were over by then'
    """
    by = grouped_by(table, _ECDF, "length_ecdf")
    groups = find_groups(table, by, MOST_LINES)
    title = f"How long calls lasted{by_words(by)}"
    if not table["total"].any():
        return nothing_to_show(ax, title)
    axes = axes_for(ax, 3.8)
    longest, end = table["seconds"].max(), _where_little_is_left(groups)
    axes.axhline(0.5, color=ink(axes), linewidth=0.6, linestyle=(0, (1, 3)))
    faint = 0.15 if len(groups) <= _FEW_BANDS else 0.07
    lines, labels = [], []
    for place, group in enumerate(groups):
        rows = group.rows[group.rows["total"] > 0]
        n = int(group.rows["total"].max())
        style = line_style(place, _result_of(by, group.rows))
        seconds, low, middle, high = _curve(rows, longest)
        axes.fill_between(seconds, low, high, step="post", color=style.color, alpha=faint, linewidth=0)
        thick = 1.8 if n >= FEW else 0.9
        lines += axes.step(
            seconds, middle, where="post", color=style.color, linewidth=thick, linestyle=style.dashes
        )
        labels.append(f"{group.label} (n = {n:,})" if by else f"n = {n:,}")
    axes.set_xlim(0, (end if end < longest else _BEYOND * longest) or 1)
    axes.set_ylim(0, 1.01)
    percent_axis(axes.yaxis)
    if by:
        put_legend(axes, lines, labels, loc="lower right")
    whole = table.groupby(by, sort=False, dropna=False)["total"].max().sum() if by else table["total"].max()
    longer = "" if end == longest else f"; a few last up to {longest:,.0f} s"
    words = (
        f"call length in seconds{longer}\n"
        f"n = {counted(whole, 'call')}{_which(table)}, with {level_words(table)}bands"
    )
    return finish(axes, title, words, "share of calls that were over by then")


def _where_little_is_left(groups: list[Group]) -> float:
    """Give the length by which nearly all calls of every group were over, or the longest if that is near."""
    rows = [group.rows[group.rows["total"] > 0] for group in groups if group.rows["total"].any()]
    longest = max(float(group["seconds"].max()) for group in rows)
    nearly = max(float(group.loc[group["ecdf"] >= _NEARLY_ALL, "seconds"].min()) for group in rows)
    return nearly if nearly < _NEAR * longest else longest


def _curve(rows: pd.DataFrame, longest: float) -> NDArray[np.float64]:
    """Give a curve and its band from nothing at 0 to the longest call of all: what is over stays over."""
    points = rows[["seconds", "low", "ecdf", "high"]].to_numpy(dtype=np.float64)
    if not len(points):
        return points.T
    last = np.concatenate([[longest], points[-1, 1:]])
    return np.vstack([np.zeros(4), points, last]).T


def _height(finite: pd.DataFrame, *, grouped: bool) -> tuple[str, str]:
    """Choose the column that is drawn as height, and say what it is."""
    widths = finite["right"] - finite["left"]
    if np.allclose(widths, widths.iloc[0], rtol=1e-6):
        each = f"in each {widths.iloc[0]:g} s"
    elif _ratio(finite) is not None:
        each = "in each bin"
    else:
        return "density", "share of calls per second"
    return ("share", f"share of the group's calls\n{each}") if grouped else ("n", f"calls {each}")


def _ratio(finite: pd.DataFrame) -> float | None:
    """Give the factor by which edges grow, where all grow by the same and not by the same amount."""
    widths = finite["right"] - finite["left"]
    if (finite["left"] <= 0).any() or np.allclose(widths, widths.iloc[0], rtol=1e-6):
        return None
    ratios = finite["right"] / finite["left"]
    return ratios.iloc[0] if np.allclose(ratios, ratios.iloc[0], rtol=1e-6) else None


def _result_of(by: list[str], rows: pd.DataFrame) -> Any:
    """Give the result of a group's calls, where groups are told apart by it."""
    return rows["result"].iloc[0] if "result" in by and len(rows) else None


def _histogram_color(table: pd.DataFrame, by: list[str], rows: pd.DataFrame) -> str:
    """Give the colour of the calls' result, where they have one in common."""
    return color_of([rows["result"].iloc[0]] if "result" in by else table.attrs.get("results"))


def _draw_histograms(
    axes: Axes, table: pd.DataFrame, by: list[str], groups: list[Group], column: str
) -> None:
    """Draw one histogram below the other, each on a line of its own and one high at most."""
    labels = []
    for line, group in enumerate(reversed(groups)):
        edges, heights = _outline(group.rows, column)
        n, top = int(group.rows["n"].sum()), heights.max(initial=0)
        labels.append(f"{group.label}\nn = {n:,}")
        axes.axhline(line, color=ink(axes), linewidth=0.8)
        if top:
            labels[-1] += f", top {top:.2g}/s" if column == "density" else f", top {top:.1%}"
            color = _histogram_color(table, by, group.rows)
            _draw_outline(axes, edges, 0.88 * heights / top, line, n, color)
    size = font_size(axes, 2.6 * len(groups))
    name_lines(axes, range(len(groups)), labels, size, va="bottom")
    axes.set_ylim(0, len(groups) + 0.1)


def _outline(rows: pd.DataFrame, column: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the edges of a histogram and the heights between them; nothing where a bin is left out."""
    rows = rows[np.isfinite(rows["left"]) & np.isfinite(rows["right"])]
    edges = np.unique(rows[["left", "right"]])
    heights = np.zeros(max(len(edges) - 1, 0))
    heights[np.searchsorted(edges, rows["left"])] = rows[column].fillna(0)
    return edges, heights


def _draw_outline(  # noqa: PLR0913, PLR0917 - where, what, how
    axes: Axes,
    edges: NDArray[np.float64],
    heights: NDArray[np.float64],
    base: float,
    n: int,
    color: str,
) -> None:
    axes.stairs(heights + base, edges, baseline=base, fill=n >= FEW, color=color, linewidth=HOLLOW)


def _length_words(table: pd.DataFrame, finite: pd.DataFrame) -> str:
    words = f"call length in seconds\nn = {counted(finite['n'].sum(), 'call')}{_which(table)}"
    outside = table["n"].sum() - finite["n"].sum()
    if not outside:
        return words
    return f"{words}, {outside:,} more outside"


def _which(table: pd.DataFrame) -> str:
    results = table.attrs.get("results")
    return f" ({short_label(', '.join(results))})" if results else ""
