"""Charts of the hours at which people pick up, and of calls at hours at which nobody should be called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from caldframe.display import counted
from caldframe.errors import ConfigurationError
from caldframe.plots.colors import PLAIN_COLOR, shade, text_color
from caldframe.plots.layout import (
    axes_for,
    date_axis,
    days_of,
    draw_marks,
    draw_whiskers,
    finish,
    font_size,
    ink,
    nothing_to_show,
    percent_axis,
    points,
    put_legend,
    settle,
)
from caldframe.plots.tables import (
    FEW,
    check_choice,
    check_table,
    find_groups,
    grouped_by,
    interval_words,
    outcome_words,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from caldframe.plots.tables import Group

__all__ = ["pickup_by_hour", "quiet_hours"]

_BY_HOUR: Final = ("n", "picked_up", "rate", "low", "high", "shrunk")
_QUIET: Final = (
    *("campaign_id", "call_id", "prospect_number", "created_at"),
    *("earliest", "latest", "uncertain"),
)
_CELLS: Final = {"rate": "the share", "shrunk": "the share drawn towards the others"}
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HOURS: Final = 24
_FRAME: Final = 1.2  # points; how thick the frame of a hollow cell
_HOUR: Final = pd.Timedelta(hours=1)
_MANY: Final = 200  # calls; more are drawn as smaller marks


def pickup_by_hour(
    table: pd.DataFrame, *, show: Literal["rate", "shrunk"] = "rate", ax: Axes | None = None
) -> Axes:
    """Draw a table of `caldframe.pickup_by_hour`: a cell for each weekday and hour, the darker the better.

    Each cell says its rate and of how many calls it is; one of fewer than 30 calls is a hollow frame. By
    hour or by weekday alone, the rates are points with their intervals, and beside them the rates once
    chance is allowed for.

    Parameters
    ----------
    table : pandas.DataFrame
        What `caldframe.pickup_by_hour` returned with ``"hour"``, ``"weekday"`` or both in ``by``, or some
        of its rows. The hours, or else the weekdays, go from left to right; each value of the other columns
        is a row. Rows of unknown local time are not drawn; the axis says how many calls are in them.
    show : {"rate", "shrunk"}, default "rate"
        Whether the cells show the rate of their own calls, or that rate drawn towards the others, by which
        hours are best ranked.
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
        If `table` is another table, has neither hours nor weekdays or more than 20 rows of cells, `show` is
        neither, or `ax` is no Axes.

    See Also
    --------
    caldframe.pickup_by_hour : The table, and why not to go by the best rate.

    Examples
    --------
    >>> import caldframe as cf
    >>> import pandas as pd
    >>> calls = pd.DataFrame(
    ...     {
    ...         "created_at": pd.to_datetime(["2026-03-02 14:05Z", "2026-03-03 15:50Z"]),
    ...         "direction": "outbound",
    ...         "completed": True,
    ...         "result": ["pickedUp", "voicemail"],
    ...     }
    ... )
    >>> ax = cf.plots.pickup_by_hour(cf.pickup_by_hour(calls, tz="America/New_York"))
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['Monday', 'Tuesday']
    """
    check_choice("show", show, tuple(_CELLS))
    by = grouped_by(table, _BY_HOUR, "pickup_by_hour")
    across = next((name for name in ("hour", "weekday") if name in by), None)
    if across is None:
        raise ConfigurationError(
            'This table has neither hours nor weekdays. Give pickup_by_hour by=["weekday", "hour"], or one '
            "of the two."
        )
    times = [name for name in by if name in ("weekday", "hour")]
    title = f"Calls {outcome_words(table)}, by {' and '.join(times)}"
    known = table.loc[table[times].notna().all(axis="columns")]
    if not known["n"].any():
        return nothing_to_show(ax, title)
    places = _places(known, across)
    left_out = int(table["n"].sum() - known["n"].sum())
    words = f"{_clock_words(table, across)}, n = {counted(known['n'].sum(), 'call')}\n"
    down = [name for name in by if name != across]
    if down:
        groups = find_groups(known.sort_values(down, kind="stable"), down)
        axes = _draw_cells(ax, groups, across, places, show)
        words += f"(in each cell {_CELLS[show]}, and its calls; hollow: fewer than {FEW})"
        names = list(places.values())
    else:
        axes = _draw_points(ax, known, across, places)
        words += f"(below each its calls; hollow: fewer than {FEW}; with {interval_words(table)})"
        n = dict(zip(known[across], known["n"], strict=True))
        names = [f"{name}\n{n.get(key, 0):,}" for key, name in places.items()]
    if left_out:
        are = "is" if left_out == 1 else "are"
        words += f"\n{counted(left_out, 'call')} whose local time is not known {are} left out"
    axes.set_xticks(range(len(names)), names, size=_tick_size(axes, names))
    axes.set_xlim(-0.5, len(names) - 0.5)
    return finish(axes, title, words, "" if down else "share of calls")


def quiet_hours(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw a table of `caldframe.quiet_hours`: a mark for each call, by the day and hour where it rang.

    The hours at which one may call are shaded, and no mark is in them. A call that was outside in some of
    the time zones of its number only is hollow, at the clocks of the westernmost and the easternmost.

    Parameters
    ----------
    table : pandas.DataFrame
        What `caldframe.quiet_hours` returned, or some of its rows.
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
    caldframe.quiet_hours : The table, and what it does not know of.

    Examples
    --------
    >>> import caldframe as cf
    >>> import pandas as pd
    >>> calls = pd.DataFrame(
    ...     {
    ...         "campaign_id": "c1",
    ...         "call_id": ["k1"],
    ...         "prospect_number": ["+14155550123"],
    ...         "direction": "outbound",
    ...         "completed": True,
    ...         "created_at": pd.to_datetime(["2026-03-02 14:05Z"]),
    ...     }
    ... )
    >>> cf.plots.quiet_hours(cf.quiet_hours(calls)).get_title()
    'Calls outside 8:00 to 21:00, where the number is from'
    """
    check_table(table, _QUIET, "quiet_hours")
    start, end = table.attrs.get("start"), table.attrs.get("end")
    hours = "quiet hours" if start is None or end is None else f"{_clock(start)} to {_clock(end)}"
    title = f"Calls outside {hours}, where the number is from"
    counts = _quiet_words(table)
    if table.empty:
        return nothing_to_show(ax, title, counts)
    axes = axes_for(ax, 3.8)
    if start is not None and end is not None:
        axes.axvspan(start, end, color=ink(axes), alpha=0.08, linewidth=0)
    size = 7 if len(table) <= _MANY else 4
    unsure = table["uncertain"].to_numpy(dtype=np.bool_)
    handles, labels = [], []
    for chosen, kind, clocks, fill in (
        (~unsure, "outside for certain", ["earliest"], PLAIN_COLOR),
        (unsure, "outside in some zones of the number", ["earliest", "latest"], "none"),
    ):
        if chosen.any():
            times = pd.concat([table.loc[chosen, clock] for clock in clocks])
            handles.append(_draw_clocks(axes, times, size, fill))
            labels.append(f"{kind} ({np.count_nonzero(chosen):,})")
    axes.set_xlim(0, _HOURS)
    axes.set_xticks(range(0, _HOURS + 1, 3))
    days = days_of(pd.concat([table["earliest"], table["latest"]]).dt.normalize())
    # Above the first day, room for the legend.
    axes.set_ylim(days.max() + 1, days.min() - 1 - 0.2 * (days.max() - days.min() + 2))
    date_axis(axes, axes.yaxis)
    put_legend(axes, handles, labels, loc="upper left", handletextpad=0.1)
    return finish(axes, title, f"what the clock showed there, in hours\n{counts}", "day there")


def _places(known: pd.DataFrame, across: str) -> dict[Any, str]:
    """Give the hours or weekdays from the first to the last that has a call, and what to call them."""
    there = known.loc[known["n"] > 0, across]
    if across == "hour":
        return {hour: str(hour) for hour in range(int(there.min()), int(there.max()) + 1)}
    days = [day for day, name in enumerate(_WEEKDAYS) if (there == name).any()]
    return {name: name for name in _WEEKDAYS[min(days) : max(days) + 1]}


def _clock_words(table: pd.DataFrame, across: str) -> str:
    zone = table.attrs.get("tz")
    where = "" if zone is None else f" ({zone})"
    if zone == "prospect":
        where = " where the prospect's number is from"
    return f"{'hour of the day' if across == 'hour' else 'weekday'}{where}"


def _draw_cells(ax: Any, groups: list[Group], across: str, places: dict[Any, str], show: str) -> Axes:
    """Draw a cell for each hour and group; how dark it is, is told by cells of enough calls."""
    axes = axes_for(ax, 1.5 + 0.44 * len(groups))
    axes.set_yticks(range(len(groups)), [group.label for group in groups], parse_math=False)
    axes.tick_params(length=0)
    axes.set_ylim(len(groups) - 0.5, -0.5)
    settle(axes, ax)
    cells = [
        (list(places).index(cell[across]), line, cell[show], cell["n"])
        for line, group in enumerate(groups)
        for cell in group.rows[group.rows["n"] > 0].to_dict("records")
    ]
    telling = [value for _, _, value, n in cells if n >= FEW] or [value for _, _, value, _ in cells]
    low, high = min(telling), max(telling)
    width = _cell_width(axes, len(places))
    size = min(font_size(axes, 2.6 * len(groups)), width / 2.7)
    for place, line, value, n in cells:
        color = shade((value - low) / (high - low) if high > low else 0.5)
        solid = n >= FEW
        side = 0.94 if solid else 0.86
        axes.bar(
            place,
            side,
            bottom=line - side / 2,
            width=side,
            color=color,
            edgecolor=color,
            linewidth=0 if solid else _FRAME,
            fill=solid,
        )
        words: dict[str, Any] = {"color": text_color(color) if solid else ink(axes), "ha": "center"}
        axes.text(place, line + 0.02, f"{value:.0%}", size=size, va="bottom", **words)
        axes.text(place, line + 0.06, f"{n:,}", size=0.78 * size, va="top", **words)
    axes.spines[["left", "bottom"]].set_visible(False)
    return axes


def _draw_points(ax: Any, known: pd.DataFrame, across: str, places: dict[Any, str]) -> Axes:
    axes = axes_for(ax, 3.6)
    rows = known[known["n"] > 0]
    at = np.array([list(places).index(key) for key in rows[across]], dtype=np.float64)
    rates, few = rows["rate"].to_numpy(), rows["n"].to_numpy() < FEW
    draw_whiskers(axes, (rows["low"], rows["high"]), at, PLAIN_COLOR)
    full = draw_marks(axes, at, rates, few, color=PLAIN_COLOR)
    (shrunk,) = axes.plot(
        at, rows["shrunk"], linestyle="none", marker="_", markersize=16, markeredgewidth=2.5, color="#c24e00"
    )
    # Above 100%, room for the legend.
    axes.set_ylim(0, 1.08 * float(rows["high"].max()))
    axes.set_yticks([tick for tick in axes.get_yticks() if 0 <= tick <= min(1, axes.get_ylim()[1])])
    percent_axis(axes.yaxis)
    put_legend(axes, [full, shrunk], ["rate", "drawn towards the others"], loc="best", ncols=2)
    return axes


def _cell_width(axes: Axes, columns: int) -> float:
    return points(axes, axes.bbox.width) / columns


def _tick_size(axes: Axes, names: list[str]) -> float:
    """Choose a size at which names fit beside one another."""
    longest = max(len(line) for name in names for line in name.split("\n"))
    usual = 0.9 * float(axes.xaxis.label.get_fontsize())
    return max(4, min(usual, _cell_width(axes, len(names)) / (0.62 * (longest + 0.5))))


def _draw_clocks(axes: Axes, times: pd.Series[pd.Timestamp], size: float, fill: str) -> Any:
    """Draw a mark for each time, by its hour and its day."""
    days = times.dt.normalize()
    (marks,) = axes.plot(
        (times - days) / _HOUR,
        days_of(days),
        linestyle="none",
        marker="o",
        markersize=size,
        color=PLAIN_COLOR,
        markerfacecolor=fill,
        alpha=0.8,
    )
    return marks


def _clock(hour: float) -> str:
    return f"{int(hour)}:{round(hour % 1 * 60):02d}"


def _quiet_words(table: pd.DataFrame) -> str:
    words = f"{counted(len(table), 'call')} outside" if len(table) else "no call outside"
    if "checked" not in table.attrs:
        return words
    return (
        f"{words}, of {table.attrs['checked']:,} looked at, of which {table.attrs['unknown']:,} "
        "could not be judged"
    )
