"""Charts: a metric's table in, matplotlib Axes out.

Each function has the name of the metric whose table it takes. It draws what stands in the table, so that
the chart and the table beside it cannot differ. matplotlib is an extra: ``pip install "caldframe[plots]"``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.display import OTHER_COLOR, RESULT_COLORS, escape_text
from caldframe.errors import ConfigurationError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["RESULT_COLORS", "length_distribution", "outcome_rates"]

_PLAIN_COLOR: Final = "#44749d"  # calls of several results

_RATES: Final = ("result", "n", "total", "rate", "low", "high")
_LENGTHS: Final = ("left", "right", "n", "share", "cumulative", "density")

_FEW: Final = 30  # calls; fewer are drawn hollow
_HOLLOW: Final = 1.4  # points
_MOST_GROUPS: Final = 20
_LONGEST_LABEL: Final = 30
_WIDTH: Final = 7.5  # inches; about what a notebook shows without shrinking it


@dataclass(frozen=True)
class _Group:
    """The rows of one group, and what to call it."""

    label: str
    rows: pd.DataFrame


def outcome_rates(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw a table of `caldframe.outcome_rates`: a bar a result, with its interval and its count.

    A rate of fewer than 30 calls is a hollow bar.

    Parameters
    ----------
    table : pandas.DataFrame
        What `caldframe.outcome_rates` returned, or some of its rows. With groups, the bars of one result
        stand together, one a group.
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
    >>> calls = pd.DataFrame({"result": ["pickedUp", "ivr"], "completed": True})
    >>> ax = cf.plots.outcome_rates(cf.outcome_rates(calls))
    >>> ax.get_title()
    'How calls ended'
    """
    by = _grouped_by(table, _RATES, "outcome_rates")
    groups = _groups(table, by)
    title = f"How calls ended{_by_words(by)}"
    if not table["total"].any():
        return _nothing_to_show(_axes(ax, _WIDTH, 2), title)
    lines = _outcome_lines(table, groups, grouped=bool(by))
    last = max(lines)
    axes = _axes(ax, _WIDTH, 1.1 + 0.3 * (last + 1) * (0.75 if by else 1))
    size = _font_size(axes, last + 1)
    for line, (text, row) in lines.items():
        if row is None:
            axes.text(0, line + 0.1, f" {text}", size=size, weight="bold", va="center", parse_math=False)
        else:
            _draw_rate(axes, line, row, size)
    drawn = {line: text for line, (text, row) in lines.items() if row is not None}
    axes.set_yticks(list(drawn), list(drawn.values()), size=size, parse_math=False)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(last + 0.6, -0.6)
    _make_room(axes, table, size)
    axes.set_xlabel(_rate_words(table, grouped=bool(by)), parse_math=False)
    axes.set_title(title, parse_math=False)
    axes.spines[["top", "right"]].set_visible(False)
    return axes


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
    by = _grouped_by(table, _LENGTHS, "length_distribution")
    groups = _groups(table, by)
    title = f"How long calls lasted{_by_words(by)}"
    finite = table[np.isfinite(table["left"]) & np.isfinite(table["right"])]
    if not finite["n"].any():
        return _nothing_to_show(_axes(ax, _WIDTH, 2), title)
    axes = _axes(ax, _WIDTH, 1.6 + 0.62 * len(groups) if by else 3.6)
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
    axes.set_xlabel(_length_words(table, finite), parse_math=False)
    axes.set_ylabel(words)
    axes.set_title(title, parse_math=False)
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def _axes(ax: Any, width: float, height: float) -> Axes:
    try:
        from matplotlib import axes  # noqa: PLC0415 - an extra, and slow to import
    except ModuleNotFoundError as error:
        raise MissingExtraError("matplotlib", "plots") from error
    if isinstance(ax, axes.Axes):
        return ax
    if ax is not None:
        raise ConfigurationError(f"ax= needs one matplotlib Axes to draw into, not a {type(ax).__name__}.")
    import matplotlib.pyplot as plt  # noqa: PLC0415 - a notebook shows the figures that pyplot made

    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def _nothing_to_show(axes: Axes, title: str) -> Axes:
    axes.text(0.5, 0.5, "no calls to show", transform=axes.transAxes, ha="center", va="center")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(title, parse_math=False)
    return axes


def _grouped_by(table: Any, needed: Sequence[str], metric: str) -> list[str]:
    """Give the columns that a metric's table is grouped by: those before its own."""
    columns = [str(name) for name in table.columns] if isinstance(table, pd.DataFrame) else []
    if set(needed) <= set(columns):
        return columns[: columns.index(needed[0])]
    raise ConfigurationError(
        f"This is not a table of {metric}. Call caldframe.{metric}(calls) and give what it returns."
    )


def _groups(table: pd.DataFrame, by: list[str]) -> list[_Group]:
    if not by:
        return [_Group("", table)]
    parts = table.reset_index(drop=True).groupby(by, sort=False, dropna=False, observed=True)
    if parts.ngroups > _MOST_GROUPS:
        raise ConfigurationError(
            f"The table has {parts.ngroups:,} groups, more than a chart can show. "
            f"Give the rows of {_MOST_GROUPS} groups or fewer."
        )
    return [_Group(_group_label(by, key), rows) for key, rows in parts]


def _group_label(by: list[str], key: Any) -> str:
    parts = [
        f"no {name}" if pd.api.types.is_scalar(value) and pd.isna(value) else str(value) or "(empty)"
        for name, value in zip(by, key, strict=True)
    ]
    return _label(" · ".join(parts))


def _label(text: str) -> str:
    text = escape_text(text)
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"


def _by_words(by: list[str]) -> str:
    return f", by {escape_text(' and '.join(by))}" if by else ""


def _outcome_lines(
    table: pd.DataFrame, groups: list[_Group], *, grouped: bool
) -> dict[float, tuple[str, Mapping[Any, Any] | None]]:
    """Lay the rows out from the top: for each line what to call it and its row, none for a heading."""
    lines: dict[float, tuple[str, Mapping[Any, Any] | None]] = {}
    line = 0.0
    for result in table["result"].drop_duplicates():
        name = "no result" if pd.isna(result) else _label(str(result))
        if grouped:
            lines[line] = name, None
            line += 1
        for group in groups:
            results = group.rows["result"]
            same = results.isna() if pd.isna(result) else results == result
            for row in group.rows[same].to_dict("records"):
                lines[line] = group.label if grouped else name, row
                line += 1
        line += 0.4 if grouped else 0
    return lines


def _draw_rate(axes: Axes, line: float, row: Mapping[Any, Any], size: float) -> None:
    ink = axes.xaxis.label.get_color()
    end = 0.0
    if row["total"]:
        end = row["high"]
        color = RESULT_COLORS.get(row["result"], OTHER_COLOR)
        solid = row["total"] >= _FEW
        edge = 0 if solid else _HOLLOW
        axes.barh(line, row["rate"], height=0.76, color=color, edgecolor=color, linewidth=edge, fill=solid)
        axes.plot(
            [row["low"], end], [line, line], color=ink, linewidth=1.2, marker="|", markersize=0.8 * size
        )
    text = f"  {_rate_label(row)}"
    axes.text(end, line, text, size=size, va="center_baseline", color=ink, parse_math=False)


def _rate_label(row: Mapping[Any, Any]) -> str:
    counts = f"{row['n']:,} of {row['total']:,}"
    return f"{row['rate']:.1%}  {counts}" if row["total"] else counts


def _make_room(axes: Axes, table: pd.DataFrame, size: float) -> None:
    """Set the limit of the rates so that the longest label fits behind its bar."""
    width = _points(axes, axes.bbox.width)
    limit = 0.01
    for row in table.to_dict("records"):
        room = min(0.55 * size * (len(_rate_label(row)) + 3) / width, 0.6)
        limit = max(limit, (row["high"] if row["total"] else 0) / (1 - room))
    axes.set_xlim(0, limit)
    axes.set_xticks([tick for tick in axes.get_xticks() if 0 <= tick <= min(1, limit)])
    axes.xaxis.set_major_formatter(lambda rate, _: f"{100 * rate:g}%")


def _rate_words(table: pd.DataFrame, *, grouped: bool) -> str:
    kind = {"completed": "completed calls", "all": "calls"}.get(table.attrs.get("of", ""), "calls counted")
    whole = f"each group's {kind}" if grouped else f"{table['total'].iloc[0]:,} {kind}"
    level = f"{100 * table.attrs['confidence']:g}% " if "confidence" in table.attrs else ""
    return f"share of {whole}\n(with {level}intervals)"


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


def _histogram_color(table: pd.DataFrame, by: list[str], rows: pd.DataFrame) -> str:
    """Give the colour of the calls' result, where they have one in common."""
    results = [rows["result"].iloc[0]] if "result" in by else table.attrs.get("results") or []
    return RESULT_COLORS.get(results[0], OTHER_COLOR) if len(results) == 1 else _PLAIN_COLOR


def _draw_histograms(
    axes: Axes, table: pd.DataFrame, by: list[str], groups: list[_Group], column: str
) -> None:
    """Draw one histogram below the other, each on a line of its own and one high at most."""
    labels = []
    for line, group in enumerate(reversed(groups)):
        edges, heights = _outline(group.rows, column)
        n, top = int(group.rows["n"].sum()), heights.max(initial=0)
        labels.append(f"{group.label}\nn = {n:,}")
        axes.axhline(line, color=axes.xaxis.label.get_color(), linewidth=0.8)
        if top:
            labels[-1] += f", top {top:.2g}/s" if column == "density" else f", top {top:.1%}"
            color = _histogram_color(table, by, group.rows)
            _draw_outline(axes, edges, 0.88 * heights / top, line, n, color)
    size = _font_size(axes, 2.6 * len(groups))
    axes.set_yticks(range(len(groups)), labels, size=size, va="bottom", parse_math=False)
    axes.tick_params(axis="y", length=0)
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
    axes.stairs(heights + base, edges, baseline=base, fill=n >= _FEW, color=color, linewidth=_HOLLOW)


def _length_words(table: pd.DataFrame, finite: pd.DataFrame) -> str:
    results = table.attrs.get("results")
    which = f" ({_label(', '.join(results))})" if results else ""
    words = f"call length in seconds\nn = {finite['n'].sum():,} calls{which}"
    outside = table["n"].sum() - finite["n"].sum()
    if not outside:
        return words
    return f"{words}, {outside:,} more outside"


def _font_size(axes: Axes, lines: float) -> float:
    """Choose a size at which so many lines of text fit below one another."""
    height = _points(axes, axes.bbox.height)
    return float(max(4, min(0.9 * float(axes.xaxis.label.get_fontsize()), 0.8 * height / lines)))


def _points(axes: Axes, pixels: float) -> float:
    """Give a length on the screen in points, the unit of text."""
    return pixels / axes.figure.dpi * 72
