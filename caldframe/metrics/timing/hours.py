"""The pick-up rate by weekday and hour."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.engine import (
    DAY,
    HOUR,
    NO_TIME,
    Clock,
    Counts,
    Frame,
    add_mark,
    as_booleans,
    check_columns,
    check_zone,
    count_by_clock,
    group_columns,
    group_rows,
    select_columns,
)
from caldframe.metrics.timing.clock import count_by_zones
from caldframe.outcome import find_outcome
from caldframe.stats import check_confidence, fit_beta_prior, rate_with_interval, shrunk_rates

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

__all__ = ["pickup_by_hour"]

_COLUMNS: Final = ("n", "picked_up", "rate", "low", "high", "shrunk")
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HOURS: Final = 24
_A_MONDAY: Final = -3 * DAY  # the first of January 1970 was a Thursday
_WINDOW: Final = "hour of the week"
_COUNTED: Final = "is counted"
_OCCURRED: Final = "has the outcome"


def pickup_by_hour(
    calls: Frame,
    *,
    tz: str = "UTC",
    by: str | Sequence[str] | None = ("weekday", "hour"),
    outcome: str = "pickedUp",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Give the pick-up rate of each hour of the week, and what is left of it once chance is allowed for.

    The calls counted are the completed outbound ones: a call that is pending has not failed, and when
    someone calls in is not the campaign's choice.

    Parameters
    ----------
    calls : DataFrame of any engine
        One row a call; the columns `created_at`, `direction`, `completed`, that of the outcome and, for
        ``tz="prospect"``, `prospect_number` are read.
    tz : str, default "UTC"
        Where the clock hangs whose hours are meant: a name of the IANA time zone database, such as
        ``"Europe/Berlin"``; or ``"prospect"``, the time zone of the prospect's number.
    by : str or list of str, optional
        ``"weekday"``, ``"hour"``, or columns of `calls`, in any order: ``["agent_id", "hour"]`` tells the
        hours of each agent. None makes all calls one group. These two names always mean the time of the
        call: a column of `calls` that has one of them is not read.
    outcome : str, default "pickedUp"
        What counts as success: a result, or a column of true and false that you added to the calls.
    confidence : float, default 0.95
        The confidence level of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row a group that occurs among all of `calls`, whether or not it has calls that count. Sorted by
        the columns of `by`, null last. Columns:

        - the columns of `by`; of these `weekday` (category, Monday to Sunday) and `hour` (Int64, 0 to 23:
          10 is from 10:00 until before 11:00) are null where the local time is not known: `created_at` is
          null, the number has no known zone, or it has several which disagree at that moment
        - `n` (int64): completed outbound calls
        - `picked_up` (int64): those of them with the outcome
        - `rate` (float64): picked_up / n
        - `low`, `high` (float64): the Wilson score interval of the rate, without continuity correction
        - `shrunk` (float64): the rate, drawn towards the rates of the other groups; rank hours by this

        Where `n` is 0, the four are NaN. The attributes ``attrs["tz"]``, ``attrs["outcome"]``,
        ``attrs["confidence"]``, ``attrs["prior_mean"]`` and ``attrs["prior_strength"]`` of the table say
        how it was made.

    Raises
    ------
    UnknownColumnError
        If `calls` lacks a column.
    ConfigurationError
        If an argument is wrong, or a column holds values of another kind.

    See Also
    --------
    caldframe.plots.pickup_by_hour : Draw the table.
    quiet_hours : Calls placed when the prospect should have been left alone.

    Notes
    -----
    The interval is that of `caldframe.stats.wilson_interval` (Wilson 1927).

    Of many groups with few calls the best by `rate` is mostly the luckiest. `shrunk` is the empirical-Bayes
    estimate (Efron and Morris 1975): the true rates of the groups are taken for draws from one beta
    distribution, which is fitted to the counts of all rows by maximum marginal likelihood, as
    `caldframe.stats.fit_beta_prior` does; shrunk = (picked_up + mean * strength) / (n + strength). Where
    the rows differ by no more than chance, the strength is infinite and all are the same rate, that of all
    calls together. Rows whose local time is not known are left out of the fit. With agents in `by`, all
    their hours are drawn towards one mean; for a mean of each agent's own, give one agent's calls.

    The table describes and proves nothing: hours are not dealt out by chance. Where the evenings get the
    prospects who did not answer in the morning, evenings look worse than they are. The interval and
    `shrunk` take calls as independent of one another; several calls to one prospect are less telling than
    as many prospects.

    The time is `created_at`. If a call waits in a queue, it rings later than that.

    References
    ----------
    Efron, B. and Morris, C. (1975). Data analysis using Stein's estimator and its generalizations. Journal
    of the American Statistical Association 70, 311-319.

    Examples
    --------
    >>> calls = pd.DataFrame(
    ...     {
    ...         "created_at": pd.to_datetime(["2026-03-02 14:05Z", "2026-03-02 14:50Z", "2026-03-03 19:30Z"]),
    ...         "direction": "outbound",
    ...         "completed": True,
    ...         "result": ["pickedUp", "voicemail", "pickedUp"],
    ...     }
    ... )
    >>> pickup_by_hour(calls, tz="America/New_York").round(2)
       weekday  hour  n  picked_up  rate   low  high  shrunk
    0   Monday     9  2          1   0.5  0.09  0.91    0.67
    1  Tuesday    14  1          1   1.0  0.21  1.00    0.67
    """
    check_confidence(confidence)
    prospects = tz == "prospect"
    zone = tz if prospects else check_zone(tz)
    columns = group_columns(by, taken=(*_COLUMNS, _WINDOW, _COUNTED, _OCCURRED))
    others = [name for name in columns if name not in ("weekday", "hour")]
    read = ["created_at", "direction", "completed", *(["prospect_number"] if prospects else [])]
    check_columns(calls, [*others, *read])
    found = find_outcome(calls, outcome)
    check_columns(calls, [found.column])

    marked = add_mark(
        select_columns(calls, [*others, *read, found.column]),
        _COUNTED,
        {"completed": True, "direction": "outbound"},
    )
    marked = add_mark(marked, _OCCURRED, found.wanted)
    part = partial(_part, weekday="weekday" in columns, hour="hour" in columns)
    hours = _HOURS * (len(_WEEKDAYS) if "weekday" in columns else 1)
    count_windows = _windows_of_prospects if prospects else partial(_windows_in, zone, hours)
    counts, windows = count_windows(marked, [*others, _COUNTED, _OCCURRED], part)
    keys = counts.keys.assign(**_named(windows))
    groups = group_rows(keys, columns)
    counted = counts.rows * as_booleans(keys[_COUNTED])
    n = groups.sums(counted)
    hits = groups.sums(counted * as_booleans(keys[_OCCURRED]))

    known = (
        groups.keys[[name for name in columns if name not in others]].notna().all(axis="columns").to_numpy()
    )
    prior = fit_beta_prior(hits[known], n[known])
    table = groups.keys.copy()
    table["n"] = n
    table["picked_up"] = hits
    table["rate"], table["low"], table["high"] = rate_with_interval(hits, n, confidence)
    table["shrunk"] = shrunk_rates(hits, n, prior)
    table.attrs = {
        "tz": zone,
        "outcome": outcome,
        "confidence": float(confidence),
        "prior_mean": prior.mean,
        "prior_strength": prior.strength,
    }
    return table


def _windows_in(
    zone: str,
    hours: int,
    calls: Frame,
    columns: list[str],
    part: Callable[[NDArray[np.int64]], NDArray[np.int64]],
) -> tuple[Counts, NDArray[np.int64]]:
    """Count calls by columns and the part of the week, or the day, that matters, -1 where it is not known."""
    clock = Clock(zone, HOUR, hours, since=_A_MONDAY)
    counts = count_by_clock(calls, columns, time="created_at", clock=clock, name=_WINDOW)
    shown = counts.keys[_WINDOW].to_numpy()
    return counts, np.where(shown == NO_TIME, -1, part(shown))


def _windows_of_prospects(
    calls: Frame, columns: list[str], part: Callable[[NDArray[np.int64]], NDArray[np.int64]]
) -> tuple[Counts, NDArray[np.int64]]:
    """Do the same by the clocks of each call's prospect; -1 where they disagree, too."""
    counts, clocks = count_by_zones(calls, columns, name=_WINDOW)
    first, last = clocks.least_and_most(lambda times: part((times - _A_MONDAY) // HOUR))
    windows = np.full(len(counts.rows), -1)
    windows[clocks.rows] = np.where(first == last, first, -1)
    return counts, windows


def _part(hours: NDArray[np.int64], *, weekday: bool, hour: bool) -> NDArray[np.int64]:
    """Give the number of the hour of the week, from Monday 0:00, or of so much of it as matters."""
    return hours // _HOURS % len(_WEEKDAYS) * (_HOURS * weekday) + hours % _HOURS * hour


def _named(windows: NDArray[np.int64]) -> dict[str, Any]:
    """Give the weekday and the hour of numbered windows, null for -1."""
    unknown = windows < 0
    days: NDArray[np.int64] = np.where(unknown, -1, windows // _HOURS)
    return {
        "weekday": pd.Categorical.from_codes(days, pd.Index(_WEEKDAYS), ordered=True),
        "hour": pd.arrays.IntegerArray(np.where(unknown, 0, windows % _HOURS), unknown),
    }
