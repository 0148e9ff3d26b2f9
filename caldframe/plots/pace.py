"""Charts of how things go on from day to day: a campaign, and the numbers that call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from caldframe.display import RESULT_COLORS, counted
from caldframe.plots.colors import PLAIN_COLOR
from caldframe.plots.layout import (
    axes_for,
    date_axis,
    days_of,
    draw_marks,
    draw_range,
    finish,
    font_size,
    ink,
    name_lines,
    nothing_to_show,
    p_words,
)
from caldframe.plots.tables import FEW, check_table, find_groups, interval_words, level_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["caller_numbers", "progress"]

_PROGRESS: Final = ("start", "n", "cumulative", "remaining", "pace", "expected_end", "low", "high")
_NUMBERS: Final = (
    *("from_number", "day", "n", "picked_up", "answer_rate", "answer_low", "answer_high"),
    *("measured", "short", "short_rate", "short_low", "short_high"),
    *("change_day", "rate_before", "rate_after", "p_value", "p_adjusted"),
)
_AHEAD: Final = 2.0  # times as long as the campaign has taken; what lies further is only said
_DATE: Final = "%b %Y"


def progress(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw a table of `caldframe.progress`: calls completed over time, and the expected end with its range.

    The dashed line goes on at the recent pace to the expected end; the fan about it is the range. What lies
    further ahead than twice the time so far is written below and not drawn.

    Parameters
    ----------
    table : pandas.DataFrame
        What `caldframe.progress` returned, or its first rows, which show how it looked then.
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
        If `table` is another table, or `ax` is no Axes.

    See Also
    --------
    caldframe.progress : The table, and what the expected end takes for granted.

    Examples
    --------
    >>> import caldframe as cf
    >>> import pandas as pd
    >>> times = pd.to_datetime(["2026-03-02 14:05Z", "2026-03-02 14:30Z", "2026-03-02 16:00Z"])
    >>> calls = pd.DataFrame({"completed": True, "created_at": times, "completed_at": times})
    >>> ax = cf.plots.progress(cf.progress(calls, tz="America/New_York"))
    >>> ax.get_xlabel().splitlines()
    ['time (America/New_York)', '3 of 3 calls completed']
    """
    check_table(table, _PROGRESS, "progress")
    title = "Calls completed"
    if table.empty:
        return nothing_to_show(ax, title)
    last = table.iloc[-1]
    whole = int(last["cumulative"] + last["remaining"])
    axes = axes_for(ax, 3.8)
    begins = days_of(table["start"])
    until = _last_moment(table)
    ends = np.append(begins[1:], until)
    times = np.concatenate([begins[:1], ends])
    counts = np.concatenate([[0], table["cumulative"]])
    axes.fill_between(times, counts, color=PLAIN_COLOR, alpha=0.18, linewidth=0)
    axes.plot(times, counts, color=PLAIN_COLOR, linewidth=2)
    axes.axhline(whole, color=ink(axes), linewidth=0.8, linestyle=(0, (1, 3)))
    furthest = until
    if last["remaining"] > 0 and pd.notna(last["expected_end"]):
        furthest = _draw_end(axes, last, until, begins[0], whole)
    axes.set_xlim(begins[0], furthest + 0.03 * (furthest - begins[0]))
    axes.set_ylim(0, 1.08 * whole)
    axes.locator_params(axis="y", integer=True)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    zone = str(table.attrs.get("tz", table["start"].dt.tz))
    date_axis(axes, axes.xaxis, ZoneInfo(zone))
    words = f"time ({zone})\n{last['cumulative']:,} of {counted(whole, 'call')} completed{_end_words(table)}"
    return finish(axes, title, words, "calls completed so far")


def caller_numbers(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw a table of `caldframe.caller_numbers`: how each calling number is answered, day by day.

    Each number has a row with its answer rate and the band of its intervals; days of fewer than 30 calls
    are hollow points. The most likely day of a change is an upright line if the adjusted p-value says that
    there was one.

    Parameters
    ----------
    table : pandas.DataFrame
        What `caldframe.caller_numbers` returned, or the rows of some of its numbers.
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
        If `table` is another table, has more than 20 numbers, or `ax` is no Axes.

    See Also
    --------
    caldframe.caller_numbers : The table, and what else than a label changes an answer rate.

    Examples
    --------
    >>> import caldframe as cf
    >>> import pandas as pd
    >>> calls = pd.DataFrame(
    ...     {
    ...         "from_number": "+15550100",
    ...         "direction": "outbound",
    ...         "completed": True,
    ...         "created_at": pd.date_range("2026-03-02", periods=6, tz="UTC"),
    ...         "result": ["pickedUp", "voicemail"] * 3,
    ...         "call_length": 30,
    ...     }
    ... )
    >>> ax = cf.plots.caller_numbers(cf.caller_numbers(calls))
    >>> ax.get_title()
    'How the numbers that call are answered'
    """
    check_table(table, _NUMBERS, "caller_numbers")
    groups = find_groups(table, ["from_number"])
    title = "How the numbers that call are answered"
    if not table["n"].any():
        return nothing_to_show(ax, title)
    axes = axes_for(ax, 1.4 + 0.8 * len(groups))
    # The head of a row is the rate that its end would be, and none is above 100%.
    whole = min(float(table["answer_high"].max()) / 0.85, 1.0)
    labels = []
    for line, group in enumerate(reversed(groups)):
        rows = group.rows[group.rows["n"] > 0]
        axes.axhline(line, color=ink(axes), linewidth=0.8)
        labels.append(f"{group.label}\n{_change_words(group.rows.iloc[0])}")
        if len(rows):
            _draw_number(axes, rows, line, 1 / whole, _significance(table))
    size = font_size(axes, 3.4 * len(groups))
    name_lines(axes, np.arange(len(groups)) + 0.4, labels, size)
    axes.set_ylim(0, len(groups))
    days = days_of(table.loc[table["n"] > 0, "day"])
    if days.min() == days.max():  # matplotlib would show four years around it
        axes.set_xlim(days[0] - 1, days[0] + 1)
    date_axis(axes, axes.xaxis)
    window = table.attrs.get("window")
    rolling = f"the calls of the {_window_words(window)} up to each day" if window else "calls up to each day"
    words = f"day ({table.attrs.get('tz', 'as in the table')})\n({rolling}, with {interval_words(table)})"
    return finish(axes, title, words, f"answer rate\n(rows: 0% to {whole:.0%})")


def _last_moment(table: pd.DataFrame) -> float:
    """Give the end of the last period, or the moment at which the expected end was told."""
    last = table.iloc[-1]
    begin = pd.Timestamp(last["start"])
    if last["remaining"] > 0 and last["pace"] > 0 and pd.notna(last["expected_end"]):
        told = last["expected_end"] - pd.Timedelta(hours=last["remaining"] / last["pace"])
        return float(days_of(pd.DatetimeIndex([max(told, begin)]))[0])
    freq = table.attrs.get("freq")
    length = pd.tseries.frequencies.to_offset(freq) if freq else table["start"].diff().max()
    end = begin + length if pd.notna(length) else begin + pd.Timedelta(hours=1)
    return float(days_of(pd.DatetimeIndex([end]))[0])


def _draw_end(axes: Axes, last: pd.Series[Any], until: float, begin: float, whole: int) -> float:
    """Draw the way to the expected end and its range, and give how far it reaches."""
    times = pd.DatetimeIndex([last["expected_end"], last["low"], last["high"]])
    expected, low, high = days_of(times)
    limit = until + max(_AHEAD * (until - begin), 1 / 24)
    done = last["cumulative"]
    if np.isfinite(low) and np.isfinite(high):
        axes.fill([until, low, high], [done, whole, whole], color=PLAIN_COLOR, alpha=0.18, linewidth=0)
        draw_range(axes, (low, high), whole, 9, width=1.4)
    axes.plot([until, expected], [done, whole], color=PLAIN_COLOR, linewidth=1.6, linestyle=(0, (4, 2)))
    axes.plot([expected], [whole], color=PLAIN_COLOR, marker="D", markersize=7, linestyle="none", zorder=3)
    return float(min(np.nanmax([expected, high]), limit))


def _end_words(table: pd.DataFrame) -> str:
    last = table.iloc[-1]
    if last["remaining"] == 0:
        return ""
    if pd.isna(last["expected_end"]):
        return "; at this pace no end is in sight"
    words = f"; the rest expected by {_moment(last['expected_end'])}"
    if pd.isna(last["low"]) or pd.isna(last["high"]):
        return words
    return f"{words}\n({level_words(table)}range: {_moment(last['low'])} to {_moment(last['high'])})"


def _moment(time: Any) -> str:
    return f"{time.day} {time:{_DATE} %H:%M}"


def _draw_number(axes: Axes, rows: pd.DataFrame, line: int, scale: float, significance: float) -> None:
    days = days_of(rows["day"])
    low, rate, high = (
        line + scale * rows[name].to_numpy() for name in ("answer_low", "answer_rate", "answer_high")
    )
    color = RESULT_COLORS["pickedUp"]
    few = rows["n"].to_numpy() < FEW
    axes.fill_between(days, low, high, color=color, alpha=0.2, linewidth=0)
    axes.plot(days, rate, color=color, linewidth=1.4)
    draw_marks(axes, days, rate, few, color=color, size=4)
    first = rows.iloc[0]
    if pd.notna(first["change_day"]) and first["p_adjusted"] <= significance:
        day = days_of(rows["change_day"].head(1))
        axes.vlines(day, line, line + 0.92, color=ink(axes), linewidth=1.6, linestyle=(0, (4, 2)))


def _significance(table: pd.DataFrame) -> float:
    return 1 - float(table.attrs.get("confidence", 0.95))


def _change_words(row: pd.Series[Any]) -> str:
    if pd.isna(row["change_day"]):
        return "no change" if row["n"] else "no calls"
    day = f"{row['change_day'].day} {row['change_day']:%b}"
    return f"{row['rate_before']:.0%} → {row['rate_after']:.0%} from {day}\np {p_words(row['p_adjusted'])}"


def _window_words(window: Any) -> str:
    days = pd.Timedelta(window) // pd.Timedelta(days=1)
    return f"{days} days" if days > 1 else "day"
