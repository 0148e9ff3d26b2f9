"""Charts of groups beside one another: forest plots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from caldframe.display import OTHER_COLOR, RESULT_COLORS
from caldframe.plots.colors import PLAIN_COLOR
from caldframe.plots.layout import (
    axes_for,
    finish,
    font_size,
    ink,
    nothing_to_show,
    p_words,
    settle,
    signed,
    text_width,
)
from caldframe.plots.tables import FEW, by_words, find_groups, group_label, grouped_by, short_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["compare_lengths", "compare_outcomes"]

_OUTCOMES: Final = (
    *("n", "total", "rate", "rate_low", "rate_high", "baseline_n", "baseline_total", "baseline_rate"),
    *("difference", "low", "high", "ratio", "ratio_low", "ratio_high", "p_value", "p_adjusted", "test"),
)
_LENGTHS: Final = (
    *("n", "median", "baseline_n", "baseline_median", "difference", "low", "high"),
    *("u", "longer", "p_value", "p_adjusted"),
)


@dataclass(frozen=True)
class _Line:
    """A group: what to call it, its difference, and how surely it is one."""

    label: str
    difference: float
    low: float
    high: float
    p_adjusted: float
    fewest: float  # calls, on either side


def compare_outcomes(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw a table of `caldframe.compare_outcomes`: a forest plot of differences, with their intervals.

    Where an interval crosses the line at 0, the calls do not say which side is better. A difference with
    fewer than 30 calls on either side is hollow. Groups come in the order of the table: give
    ``table.sort_values("difference")`` to see them ranked.

    Parameters
    ----------
    table : pandas.DataFrame
        What `caldframe.compare_outcomes` returned, or some of its rows.
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

    See Also
    --------
    caldframe.compare_outcomes : The table, and when it misleads.

    Examples
    --------
    >>> import caldframe as cf
    >>> import pandas as pd
    >>> calls = pd.DataFrame(
    ...     {
    ...         "agent_id": ["a"] * 70 + ["b"] * 80,
    ...         "result": ["pickedUp"] * 56 + ["ivr"] * 14 + ["pickedUp"] * 48 + ["ivr"] * 32,
    ...         "completed": True,
    ...     }
    ... )
    >>> ax = cf.plots.compare_outcomes(cf.compare_outcomes(calls, "agent_id"))
    >>> ax.get_title()
    'Calls that ended pickedUp, by agent_id, compared with the rest'
    """
    by = grouped_by(table, _OUTCOMES, "compare_outcomes")
    outcome = table.attrs.get("outcome", "pickedUp")
    title = f"Calls that ended {short_label(str(outcome))}{by_words(by)}, {_compared(table, by)}"
    if not table["total"].any():
        return nothing_to_show(ax, title)
    lines = [
        _Line(
            f"{group.label}\n{row['n']:,} of {row['total']:,}{_rate_words(row['rate'])}",
            100 * row["difference"],
            100 * row["low"],
            100 * row["high"],
            row["p_adjusted"],
            min(row["total"], row["baseline_total"]),
        )
        for group in find_groups(table, by)
        for row in group.rows.to_dict("records")
    ]
    color = RESULT_COLORS.get(outcome, PLAIN_COLOR)
    axes = _draw_forest(ax, lines, color, f"points {_level(table)}")
    return finish(axes, title, f"difference of rates, in percentage points\n{_counts(table, 'total')}")


def compare_lengths(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw a table of `caldframe.compare_lengths`: a forest plot of differences of medians.

    Where an interval crosses the line at 0, the calls do not say which side's are longer. A difference with
    fewer than 30 calls on either side is hollow; too few for an interval have none.

    Parameters
    ----------
    table : pandas.DataFrame
        What `caldframe.compare_lengths` returned, or some of its rows.
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

    See Also
    --------
    caldframe.compare_lengths : The table. Its p-value is about which calls are longer, not about medians.

    Examples
    --------
    >>> import caldframe as cf
    >>> import pandas as pd
    >>> calls = pd.DataFrame(
    ...     {
    ...         "agent_id": ["a"] * 8 + ["b"] * 8,
    ...         "result": "pickedUp",
    ...         "call_length": [30, 45, 50, 62, 70, 95, 120, 400, 12, 15, 22, 28, 33, 40, 41, 60],
    ...     }
    ... )
    >>> ax = cf.plots.compare_lengths(cf.compare_lengths(calls, "agent_id", baseline="b"))
    >>> ax.get_title()
    'How long calls lasted, by agent_id, compared with b'
    """
    by = grouped_by(table, _LENGTHS, "compare_lengths")
    title = f"How long calls lasted{by_words(by)}, {_compared(table, by)}"
    if not table["n"].any():
        return nothing_to_show(ax, title)
    lines = [
        _Line(
            f"{group.label}\nn = {row['n']:,.0f}{_median_words(row['median'])}",
            row["difference"],
            row["low"],
            row["high"],
            row["p_adjusted"],
            min(row["n"], row["baseline_n"]),
        )
        for group in find_groups(table, by)
        for row in group.rows.to_dict("records")
    ]
    results = table.attrs.get("results") or []
    color = RESULT_COLORS.get(results[0], OTHER_COLOR) if len(results) == 1 else PLAIN_COLOR
    axes = _draw_forest(ax, lines, color, f"seconds {_level(table)}")
    return finish(axes, title, f"difference of medians, in seconds\n{_counts(table, 'n')}")


def _compared(table: pd.DataFrame, by: Sequence[str]) -> str:
    baseline = table.attrs.get("baseline")
    return f"compared with {group_label(by, baseline) if baseline else 'the rest'}"


def _level(table: pd.DataFrame) -> str:
    return f"[{100 * table.attrs['confidence']:g}%]" if "confidence" in table.attrs else "[interval]"


def _counts(table: pd.DataFrame, column: str) -> str:
    return f"n = {table[column].sum():,.0f} calls; p adjusted for all comparisons"


def _rate_words(rate: float) -> str:
    return "" if np.isnan(rate) else f", {rate:.1%}"


def _median_words(median: float) -> str:
    return "" if np.isnan(median) else f", median {median:,.1f} s"


def _draw_forest(ax: Any, lines: Sequence[_Line], color: str, heading: str) -> Axes:
    """Draw a line for each group, and write its numbers in columns on the right."""
    axes = axes_for(ax, 1.5 + 0.46 * len(lines))
    size = font_size(axes, 2.2 * (len(lines) + 0.8))
    axes.set_yticks(range(len(lines)), [line.label for line in lines], size=size, parse_math=False)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(lines) - 0.4, -1.2)
    settle(axes, ax)
    numbers = [_numbers(line) for line in lines]
    letters = 1.15 * max(len(text) for text in (heading, *numbers)), 7  # digits and bold are wide
    known = [end for line in lines for end in (line.low, line.difference, line.high) if np.isfinite(end)]
    least, most = min([*known, 0.0]), max([*known, 0.0])
    margin = 0.06 * (most - least or 1.0)
    rooms = [min(text_width(axes, count + 1, size), 0.4) for count in letters]
    right = 1 - sum(rooms)
    axes.set_xlim(least - margin, least - margin + (most - least + 2 * margin) / right)
    axes.axvline(0, color=ink(axes), linewidth=0.8)
    for place, line in enumerate(lines):
        _draw_line(axes, place, line, color)
    columns: dict[str, Any] = {
        "transform": axes.get_yaxis_transform(),
        "size": size,
        "va": "center",
        "parse_math": False,
    }
    for start, head, texts in (
        (right + 0.01, heading, numbers),
        (right + rooms[0] + 0.01, "p", [_p_words(line) for line in lines]),
    ):
        axes.text(start, -0.85, head, weight="bold", **columns)
        for place, text in enumerate(texts):
            axes.text(start, place, text, color=ink(axes), **columns)
    axes.set_xticks([tick for tick in axes.get_xticks() if least - margin <= tick <= most + margin])
    axes.xaxis.set_major_formatter(lambda number, _: signed(number, "g") if number else "0")
    return axes


def _draw_line(axes: Axes, place: int, line: _Line, color: str) -> None:
    if np.isfinite(line.low) and np.isfinite(line.high):
        ends = [line.low, line.high]
        axes.plot(ends, [place, place], color=ink(axes), linewidth=1.2, marker="|", markersize=8)
    if np.isfinite(line.difference):
        face = axes.get_facecolor() if line.fewest < FEW else color
        axes.plot(
            [line.difference],
            [place],
            marker="s",
            markersize=8,
            color=color,
            markerfacecolor=face,
            markeredgewidth=1.6,
            zorder=3,
        )


def _numbers(line: _Line) -> str:
    if not np.isfinite(line.difference):
        return "baseline" if line.fewest else "nothing to compare"
    if not (np.isfinite(line.low) and np.isfinite(line.high)):
        return f"{signed(line.difference)} [too few]"
    return f"{signed(line.difference)} [{signed(line.low)} to {signed(line.high)}]"


def _p_words(line: _Line) -> str:
    return p_words(line.p_adjusted) if np.isfinite(line.p_adjusted) else ""
