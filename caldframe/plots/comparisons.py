"""Charts of groups beside one another: forest plots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from caldframe.display import RESULT_COLORS, counted
from caldframe.plots.colors import PLAIN_COLOR, color_of
from caldframe.plots.forest import ForestLine, ForestSection, draw_forest
from caldframe.plots.layout import finish, nothing_to_show, p_words, signed
from caldframe.plots.tables import (
    FEW,
    by_words,
    find_groups,
    group_label,
    grouped_by,
    level_words,
    outcome_words,
)

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
    title = f"Calls {outcome_words(table)}{by_words(by)}, {_compared(table, by)}"
    if not table["total"].any():
        return nothing_to_show(ax, title)
    color = RESULT_COLORS.get(table.attrs.get("outcome", ""), PLAIN_COLOR)
    lines = [
        _line(
            f"{group.label}\n{row['n']:,} of {row['total']:,}{_rate_words(row['rate'])}",
            [100 * row[name] for name in ("difference", "low", "high")],
            row["p_adjusted"],
            min(row["total"], row["baseline_total"]),
            color,
        )
        for group in find_groups(table, by)
        for row in group.rows.to_dict("records")
    ]
    axes = draw_forest(ax, [ForestSection("", lines)], [f"points {_interval_heading(table)}", "p"], tall=0.46)
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
    color = color_of(table.attrs.get("results"))
    lines = [
        _line(
            f"{group.label}\nn = {row['n']:,.0f}{_median_words(row['median'])}",
            [row[name] for name in ("difference", "low", "high")],
            row["p_adjusted"],
            min(row["n"], row["baseline_n"]),
            color,
        )
        for group in find_groups(table, by)
        for row in group.rows.to_dict("records")
    ]
    axes = draw_forest(
        ax, [ForestSection("", lines)], [f"seconds {_interval_heading(table)}", "p"], tall=0.46
    )
    return finish(axes, title, f"difference of medians, in seconds\n{_counts(table, 'n')}")


def _compared(table: pd.DataFrame, by: Sequence[str]) -> str:
    baseline = table.attrs.get("baseline")
    return f"compared with {group_label(by, baseline) if baseline else 'the rest'}"


def _interval_heading(table: pd.DataFrame) -> str:
    return f"[{level_words(table).strip() or 'interval'}]"


def _counts(table: pd.DataFrame, column: str) -> str:
    return f"n = {counted(table[column].sum(), 'call')}; p adjusted for all comparisons"


def _rate_words(rate: float) -> str:
    return "" if np.isnan(rate) else f", {rate:.1%}"


def _median_words(median: float) -> str:
    return "" if np.isnan(median) else f", median {median:,.1f} s"


def _line(label: str, numbers: Sequence[float], p_value: float, fewest: float, color: str) -> ForestLine:
    difference, low, high = numbers
    texts = _numbers(difference, low, high, fewest), p_words(p_value) if np.isfinite(p_value) else ""
    return ForestLine(label, difference, low, high, fewest < FEW, color, texts)


def _numbers(difference: float, low: float, high: float, fewest: float) -> str:
    if not np.isfinite(difference):
        return "baseline" if fewest else "nothing to compare"
    if not (np.isfinite(low) and np.isfinite(high)):
        return f"{signed(difference)} [too few]"
    return f"{signed(difference)} [{signed(low)} to {signed(high)}]"
