"""Charts of how many attempts it takes to reach prospects, and how far apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from caldframe.display import counted
from caldframe.plots.colors import line_style
from caldframe.plots.estimates import draw_estimates, limit_shares, shift_of
from caldframe.plots.layout import axes_for, finish, ink, nothing_to_show, put_legend
from caldframe.plots.tables import (
    MOST_LINES,
    by_words,
    check_choice,
    find_groups,
    grouped_by,
    interval_words,
    short_label,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["reach_by_gap", "reach_curve"]

_HAZARD: Final = ("hazard", "hazard_low", "hazard_high")
_CURVE: Final = ("attempt", "at_risk", "reached", "censored", *_HAZARD, "reach", "low", "high", "observed")
_BY_GAP: Final = ("attempt", "left", "right", "at_risk", "reached", *_HAZARD)
_MOST_TICKS: Final = 14
_APART: Final = 0.07  # of the distance of two attempts, between groups
_NOTHING: Final = "no attempts to show"
_WHAT: Final = {
    "reach": ("Prospects reached so far", "share of the prospects"),
    "hazard": ("What each attempt achieves", "share of those still to be reached"),
}


def reach_curve(
    table: pd.DataFrame, *, show: Literal["reach", "hazard"] = "reach", ax: Axes | None = None
) -> Axes:
    """Draw a table of `caldframe.reach_curve`: who is reached by each attempt, with intervals.

    A point of fewer than 30 prospects at risk is hollow. Without groups, the number of prospects that an
    attempt was made to stands below it, and a dotted line shows the share observed, the least that the
    reach could be.

    Parameters
    ----------
    table : pandas.DataFrame
        What `caldframe.reach_curve` returned, or some of its rows. With groups, each has a line of its own.
    show : {"reach", "hazard"}, default "reach"
        Whether to draw the prospects reached by each attempt or one before, which says what a limit costs;
        or the share that the attempt itself reached, which says when to stop.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure of fitting size.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into. A table without any attempt gives axes that say so.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    ConfigurationError
        If `table` is another table, has more than 8 groups, `show` is neither, or `ax` is no Axes.

    See Also
    --------
    caldframe.reach_curve : The table, and what it takes for granted.

    Examples
    --------
    >>> import caldframe as cf
    >>> import pandas as pd
    >>> calls = pd.DataFrame(
    ...     {
    ...         "campaign_id": "c1",
    ...         "prospect_number": ["+1", "+2", "+1"],
    ...         "direction": "outbound",
    ...         "completed": True,
    ...         "result": ["ivr", "pickedUp", "pickedUp"],
    ...         "created_at": pd.date_range("2026-03-02", periods=3, freq="D", tz="UTC"),
    ...     }
    ... )
    >>> ax = cf.plots.reach_curve(cf.reach_curve(calls))
    >>> ax.get_title()
    'Prospects reached so far'
    """
    check_choice("show", show, tuple(_WHAT))
    by = grouped_by(table, _CURVE, "reach_curve")
    groups = find_groups(table, by, MOST_LINES)
    title = f"{_WHAT[show][0]}{by_words(by)}"
    if not table["at_risk"].any():
        return nothing_to_show(ax, title, _NOTHING)
    axes = axes_for(ax, 3.8)
    names = ("reach", "low", "high") if show == "reach" else _HAZARD
    lines, labels = [], []
    for place, group in enumerate(groups):
        rows = group.rows[group.rows["at_risk"] > 0]
        places = rows["attempt"] + shift_of(place, len(groups), _APART)
        lines.append(draw_estimates(axes, rows, places, names, line_style(place)))
        tried = int(rows["at_risk"].max()) if len(rows) else 0
        labels.append(f"{group.label} ({counted(tried, 'prospect')})")
    if show == "reach" and not by:
        rows = table[table["at_risk"] > 0]
        lines += axes.plot(rows["attempt"], rows["observed"], color=ink(axes), linewidth=1, linestyle=":")
        labels = ["reached, if everybody were tried so often", "reached so far, of all who were tried"]
    below = show == "reach"  # where such a curve leaves room; above others, room is made
    limit_shares(axes, table[[names[0], names[2]]], 0 if below or not by else len(lines))
    if by or show == "reach":
        put_legend(axes, lines, labels, loc="lower right" if below else "upper right")
    counts = _number_attempts(axes, table, with_counts=not by)
    words = f"attempt{counts}\n({_reached_words(table)}with {interval_words(table)})"
    return finish(axes, title, words, _WHAT[show][1])


def reach_by_gap(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw a table of `caldframe.reach_by_gap`: what an attempt achieves by how long after the last it came.

    Each attempt has a line of its own, from the shortest gap to the longest. Compare points of one line:
    later attempts are made to other people. A point of fewer than 30 prospects is hollow. Of a table that is
    not grouped the first 8 attempts are drawn, and the chart says so where there are more.

    Parameters
    ----------
    table : pandas.DataFrame
        What `caldframe.reach_by_gap` returned, or some of its rows; of a grouped table, at most 8 lines: its
        argument `max_attempts` keeps them few.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure of fitting size.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into. A table without any attempt gives axes that say so.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    ConfigurationError
        If `table` is another table, has more than 8 lines of groups and attempts, or `ax` is no Axes.

    See Also
    --------
    caldframe.reach_by_gap : The table, and why it proves nothing.

    Examples
    --------
    >>> import caldframe as cf
    >>> import pandas as pd
    >>> calls = pd.DataFrame(
    ...     {
    ...         "campaign_id": "c1",
    ...         "prospect_number": ["+1", "+2", "+1"],
    ...         "direction": "outbound",
    ...         "completed": True,
    ...         "result": ["ivr", "pickedUp", "pickedUp"],
    ...         "created_at": pd.date_range("2026-03-02", periods=3, freq="D", tz="UTC"),
    ...     }
    ... )
    >>> ax = cf.plots.reach_by_gap(cf.reach_by_gap(calls, gaps=["1D", "7D"]))
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['under 1 d', '1 d to 7 d', '7 d or more']
    """
    by = grouped_by(table, _BY_GAP, "reach_by_gap")
    later = ""
    if not by:
        table, later = _first_attempts(table)
    groups = find_groups(table, [*by, "attempt"], MOST_LINES)
    title = f"What attempts achieve, by the time since the last{by_words(by).replace(', by', ' and')}"
    if not table["at_risk"].any():
        return nothing_to_show(ax, title, _NOTHING)
    axes = axes_for(ax, 3.8)
    gaps = table[["left", "right"]].drop_duplicates().sort_values("left").reset_index(drop=True)
    lines, labels = [], []
    for place, group in enumerate(groups):
        rows = group.rows[group.rows["at_risk"] > 0]
        places = np.searchsorted(gaps["left"], rows["left"]) + shift_of(place, len(groups), _APART)
        lines.append(draw_estimates(axes, rows, places, _HAZARD, line_style(place)))
        kind = f"attempt {group.rows['attempt'].iloc[0]}" if not by else f"attempt {group.label}"
        labels.append(f"{kind} (n = {rows['at_risk'].sum():,})")
    names = [_gap_name(*ends) for ends in gaps.itertuples(index=False, name=None)]
    axes.set_xticks(range(len(names)), names)
    axes.set_xlim(-0.5, len(names) - 0.5)
    limit_shares(axes, table[["hazard", "hazard_high"]], len(lines))
    put_legend(axes, lines, labels, loc="upper right")
    words = f"time since the previous attempt\n({_reached_words(table)}with {interval_words(table)}){later}"
    return finish(axes, title, words, _WHAT["hazard"][1])


def _first_attempts(table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Keep as many attempts as can be told apart, and say after which the others are left out."""
    attempts = np.unique(table["attempt"])
    if len(attempts) <= MOST_LINES:
        return table, ""
    last = attempts[MOST_LINES - 1]
    return table[table["attempt"] <= last], f"\nwhat came after attempt {last} is left out"


def _number_attempts(axes: Axes, table: pd.DataFrame, *, with_counts: bool) -> str:
    """Write the attempts below the axis, and how many were made where these are of one group."""
    last = int(table["attempt"].max())
    shown = range(1, last + 1, -(-last // _MOST_TICKS))
    axes.set_xlim(0.5, last + 0.5)
    if not with_counts:
        axes.set_xticks(list(shown))
        return ""
    at_risk = dict(zip(table["attempt"], table["at_risk"], strict=True))
    axes.set_xticks(list(shown), [f"{number}\n{at_risk.get(number, 0):,}" for number in shown])
    return ", and below it to how many prospects it was made"


def _gap_name(left: float, right: float) -> str:
    if np.isinf(right):
        return f"{_duration(left)} or more"
    return f"{_duration(left)} to {_duration(right)}" if left else f"under {_duration(right)}"


def _duration(hours: float) -> str:
    return f"{hours / 24:g} d" if hours % 24 == 0 else f"{hours:g} h"


def _reached_words(table: pd.DataFrame) -> str:
    outcome = table.attrs.get("outcome")
    return "" if outcome is None else f"reached: {short_label(str(outcome))}; "
