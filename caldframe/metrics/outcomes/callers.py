"""The numbers that call: whether people still answer them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from caldframe.engine import (
    DAY,
    NO_TIME,
    Clock,
    Frame,
    add_level,
    add_mark,
    as_booleans,
    check_zone,
    count_by_clock,
    group_rows,
    keep_rows,
    select_columns,
)
from caldframe.errors import ConfigurationError
from caldframe.metrics.outcomes.answers import check_seconds
from caldframe.stats import adjust_p_values, check_confidence, find_change, rate_with_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["caller_numbers"]

_READ: Final = ("from_number", "direction", "completed", "result", "created_at", "call_length")
_DAY: Final = pd.Timedelta(days=1)
_PICKED_UP: Final = "is picked up"
_LENGTH: Final = "length: unknown, short or not"
_SHORT: Final = 1


def caller_numbers(
    calls: Frame,
    *,
    window: str | timedelta = "7D",
    short: float = 10,
    tz: str = "UTC",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Follow how the calls of each calling number are answered, and find the day when that changed.

    A number that carriers or phones label as spam is answered less, and hung up on sooner, from one day to
    the next. Only completed outbound calls count, so a pending call is never a failure.

    Parameters
    ----------
    calls : DataFrame of any engine
        One row a call; the columns `from_number`, `direction`, `completed`, `result`, `created_at` and
        `call_length` are read.
    window : str or datetime.timedelta, default "7D"
        The rates of a day are of the calls of this many whole days, of which it is the last.
    short : float, default 10
        A picked-up call that lasted less than this many seconds is short.
    tz : str, default "UTC"
        The time zone whose days these are, such as ``"America/New_York"``.
    confidence : float, default 0.95
        The confidence level of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row a number and day on which it called. Numbers are sorted, null last; days ascend. Columns:

        - `from_number`: the number, as it is written
        - `day` (datetime64[us]): the day, by the clock of `tz`
        - `n` (int64): calls of the window
        - `picked_up` (int64): calls of the window with the result pickedUp
        - `answer_rate` (float64): picked_up / n, with `answer_low` and `answer_high`
        - `measured` (int64): picked-up calls of the window whose length is known
        - `short` (int64): those under `short` seconds
        - `short_rate` (float64): short / measured, with `short_low` and `short_high`
        - `change_day` (datetime64[us]): the day from which the number's answer rate is most likely another
          one; the same in all rows of a number, as are the columns that follow
        - `rate_before`, `rate_after` (float64): the share of all its calls before that day, and from it on,
          that were picked up
        - `p_value` (float64): how likely a change that looks at least as large is without any
        - `p_adjusted` (float64): the same, adjusted for how many numbers were looked at

        The ends are those of the Wilson score interval. What is divided by 0 is NaN. A number that never
        picked up or always did, or called on one day only, has no change: null. A number without a call
        that counts has one row with `n` 0. The attributes ``attrs["window"]``, ``attrs["short"]``,
        ``attrs["tz"]`` and ``attrs["confidence"]`` of the table say how it was made, and
        ``attrs["left_out"]`` how many completed outbound calls have no `created_at`.

    Raises
    ------
    UnknownColumnError
        If `calls` lacks a column.
    ConfigurationError
        If an argument is wrong, or a column holds values of another kind.

    See Also
    --------
    caldframe.plots.caller_numbers : Draw the table.

    Notes
    -----
    The test is that of the largest likelihood ratio of all splits between two days, with its exact
    distribution given how many calls were picked up in all (Worsley 1983; see
    `caldframe.stats.find_change`), so that having looked at every day is paid for. `p_adjusted` is by
    Holm's method. The short-call rate is not tested.

    A small p-value says that the answer rate did not stay the same, not why. The calls of a campaign get
    harder as it goes on, for who is left has not answered before; weekends differ from weekdays; several
    calls to one prospect are not independent. Look whether numbers that called the same list at the same
    time changed as well: a label is of one number. The split was chosen because it looks large, so the
    difference of the two rates is too large on average; that is why they have no interval.

    References
    ----------
    Worsley, K. J. (1983). The power of likelihood ratio and cumulative sum tests for a change in a binomial
    probability. Biometrika 70, 455-464.

    Examples
    --------
    >>> days = pd.date_range("2026-03-02", periods=6, tz="UTC").repeat(10)
    >>> calls = pd.DataFrame(
    ...     {
    ...         "from_number": "+15550100",
    ...         "direction": "outbound",
    ...         "completed": True,
    ...         "created_at": days,
    ...         "result": (["pickedUp"] * 4 + ["voicemail"] * 6) * 3 + ["voicemail"] * 30,
    ...         "call_length": 30,
    ...     }
    ... )
    >>> table = caller_numbers(calls, window="2D")
    >>> table[["day", "n", "picked_up", "answer_rate", "change_day"]].tail(3)
             day   n  picked_up  answer_rate change_day
    3 2026-03-05  20          4          0.2 2026-03-05
    4 2026-03-06  20          0          0.0 2026-03-05
    5 2026-03-07  20          0          0.0 2026-03-05
    >>> table["p_value"].iloc[0] < 0.001
    np.True_
    """
    check_confidence(confidence)
    width = _check_window(window)
    limit = check_seconds("short", short)
    zone = check_zone(tz)
    days = _count_days(calls, limit, zone)
    starts = days.starts_of_windows(width)
    silent = np.setdiff1d(np.arange(len(days.keys)), days.numbers)
    places = np.concatenate([days.numbers, silent]).astype(np.int64)
    order = np.argsort(places, kind="stable")

    def and_silent(values: NDArray[np.int64], nothing: int) -> NDArray[np.int64]:
        return np.concatenate([values, np.full(len(silent), nothing)])[order]

    table = days.keys.take(places[order]).reset_index(drop=True)
    table["day"] = _as_dates(and_silent(days.days, NO_TIME))
    for hits, total, rate in (("picked_up", "n", "answer"), ("short", "measured", "short")):
        for name in (total, hits):
            table[name] = and_silent(_rolled(days.counted[name], starts), 0)
        rates = rate_with_interval(table[hits], table[total], confidence)
        table[f"{rate}_rate"], table[f"{rate}_low"], table[f"{rate}_high"] = rates
    for name, values in _changes(days).items():
        table[name] = values[places[order]]
    table.attrs = {
        "window": f"{width}D",
        "short": limit,
        "tz": zone,
        "confidence": float(confidence),
        "left_out": days.left_out,
    }
    return table


class _Days(NamedTuple):
    """The completed calls of each calling number on each day on which it called, by number and day."""

    keys: pd.DataFrame
    numbers: NDArray[np.int64]
    days: NDArray[np.int64]
    counted: dict[str, NDArray[np.int64]]
    left_out: int

    def starts_of_windows(self, width: int) -> NDArray[np.int64]:
        """Give the first row of the number's that is less than so many days before each row."""
        # A number and its day as one integer, windows of different numbers apart.
        first, last = self.days.min(initial=0), self.days.max(initial=0)
        pairs = self.numbers * np.int64(last - first + 1 + width) + (self.days - first)
        return np.asarray(np.searchsorted(pairs, pairs - width, side="right"))


def _count_days(calls: Frame, limit: float, zone: str) -> _Days:
    outbound = keep_rows(select_columns(calls, _READ), {"direction": "outbound"})
    marked = add_mark(outbound, _PICKED_UP, {"result": "pickedUp"})
    marked = add_level(marked, _LENGTH, "call_length", [limit])
    counts = count_by_clock(
        marked,
        ["from_number", "completed", _PICKED_UP, _LENGTH],
        time="created_at",
        clock=Clock(zone, DAY),
        name="day",
    )
    groups = group_rows(counts.keys, ["from_number"])
    over = as_booleans(counts.keys["completed"])
    rows = np.flatnonzero(over & (counts.keys["day"].to_numpy() != NO_TIME))
    dated = counts.keys.iloc[rows].assign(number=groups.numbers[rows])
    by_day = group_rows(dated, ["number", "day"])
    picked_up, level = as_booleans(dated[_PICKED_UP]), dated[_LENGTH].to_numpy(dtype=np.int64)
    kinds = {
        "n": np.ones(len(rows), dtype=np.bool_),
        "picked_up": picked_up,
        "measured": picked_up & (level > 0),
        "short": picked_up & (level == _SHORT),
    }
    return _Days(
        keys=groups.keys,
        numbers=by_day.keys["number"].to_numpy(dtype=np.int64),
        days=by_day.keys["day"].to_numpy(dtype=np.int64),
        counted={name: by_day.sums(counts.rows[rows] * kind) for name, kind in kinds.items()},
        left_out=int(counts.rows[over].sum() - counts.rows[rows].sum()),
    )


def _check_window(window: Any) -> int:
    """Give the whole days of a window."""
    try:
        length = pd.Timedelta(window if isinstance(window, (str, timedelta)) else 0)
    except ValueError:
        length = pd.Timedelta(0)
    if not (length >= _DAY and length == length.floor("D")):  # what is no time is neither
        raise ConfigurationError(f"window={window!r} is not a number of whole days, such as '7D'.")
    return int(length // _DAY)


def _as_dates(days: NDArray[np.int64]) -> NDArray[np.datetime64]:
    return days.view("datetime64[D]").astype("datetime64[us]")


def _rolled(n: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Add up, for each row, the rows from its start to itself."""
    sums: NDArray[np.int64] = np.concatenate([[0], np.cumsum(n)])
    return np.asarray(sums[1:] - sums[starts])


def _changes(days: _Days) -> dict[str, NDArray[Any]]:
    """Look for the change of each calling number, in its counts by day."""
    day = np.full(len(days.keys), NO_TIME)
    before, after, p_values = (np.full(len(days.keys), np.nan) for _ in range(3))
    for number in np.unique(days.numbers):
        own = slice(*np.searchsorted(days.numbers, [number, number + 1]))
        hits, total = days.counted["picked_up"][own], days.counted["n"][own]
        place, p_values[number] = find_change(hits, total)
        if place > 0:
            day[number] = days.days[own][place]
            before[number] = hits[:place].sum() / total[:place].sum()
            after[number] = hits[place:].sum() / total[place:].sum()
    return {
        "change_day": _as_dates(day),
        "rate_before": before,
        "rate_after": after,
        "p_value": p_values,
        "p_adjusted": adjust_p_values(p_values),
    }
