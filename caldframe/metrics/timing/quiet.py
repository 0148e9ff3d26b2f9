"""Calls that were placed when prospects should have been left alone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.engine import (
    HOUR,
    Frame,
    Wanted,
    are_rows_here,
    as_text,
    as_times,
    in_order,
    is_partitioned,
    keep_rows,
    map_campaigns,
)
from caldframe.errors import ConfigurationError
from caldframe.metrics.timing.clock import clocks_of_prospects, find_by_zones

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["quiet_hours"]

_HOURS: Final = 24
_TEXTS: Final = ("campaign_id", "call_id", "prospect_number")
_READ: Final = (*_TEXTS, "created_at")
_LOOKED_AT: Final[Wanted] = {"completed": True, "direction": "outbound"}


def quiet_hours(calls: Frame, *, start: float = 8, end: float = 21) -> pd.DataFrame:
    """Find the calls that were placed outside decent hours, by the clock where the prospect's number is from.

    The calls looked at are the completed outbound ones: a pending call has not rung yet.

    Parameters
    ----------
    calls : Frame
        One row a call; the columns `campaign_id`, `call_id`, `prospect_number`, `direction`, `completed`
        and `created_at` are read.
    start, end : float, default 8 and 21
        The hours between which one may call, 0 ≤ start < end ≤ 24; 8.5 is 8:30. A call at `start` sharp is
        in time, a call at `end` sharp is not.

    Returns
    -------
    pandas.DataFrame
        One row a call that was placed outside these hours in at least one of the time zones of its number,
        in the order and with the index of `calls`; of an engine that has none, with the numbers of the rows.
        Columns:

        - `campaign_id`, `call_id`, `prospect_number` (str): the call
        - `created_at` (datetime64[us, UTC]): when it was placed
        - `earliest`, `latest` (datetime64[us], no zone): what the clock showed in the westernmost and in the
          easternmost zone of the number; the same where it has one zone
        - `uncertain` (bool): False if it was outside the hours in all zones of the number; True if only in
          some of them, so that it depends on where in its area the number is

        The attributes ``attrs["start"]`` and ``attrs["end"]`` of the table say how it was made,
        ``attrs["checked"]`` how many calls were looked at, and ``attrs["unknown"]`` how many of these could
        not be judged: their time is null, or their number is none or has no known zone.

    Raises
    ------
    UnknownColumnError
        If `calls` lacks a column.
    ConfigurationError
        If an argument is wrong, or a column holds values of another kind.

    See Also
    --------
    caldframe.plots.quiet_hours : Draw the table.
    caldframe.describe_numbers : The time zones of a number.

    Notes
    -----
    The defaults are those of the United States: no telephone solicitation before 8 a.m. or after 9 p.m.,
    local time at the called party's location (47 CFR 64.1200(c)(1)). Other countries and several states
    have other hours, and days on which nobody may be called; none of these are looked at. This table is
    no legal advice.

    The zones are those of the number's area code, not of the person: someone who moved with a mobile is
    judged by the old place. The time is `created_at`; if a call waits in a queue, it rings later.

    References
    ----------
    Code of Federal Regulations, title 47, section 64.1200(c)(1).

    Examples
    --------
    >>> calls = pd.DataFrame(
    ...     {
    ...         "campaign_id": "c1",
    ...         "call_id": ["k1", "k2"],
    ...         "prospect_number": ["+12125550123", "+14155550123"],
    ...         "direction": "outbound",
    ...         "completed": True,
    ...         "created_at": pd.to_datetime(["2026-03-02 14:05Z", "2026-03-02 14:05Z"]),
    ...     }
    ... )
    >>> quiet_hours(calls)[["call_id", "earliest", "uncertain"]]
      call_id            earliest  uncertain
    1      k2 2026-03-02 06:05:00      False
    """
    first, last = _hour("start", start), _hour("end", end)
    if first >= last:
        raise ConfigurationError(
            f"start={start!r} is not before end={end!r}. Give 8 and 21 for 8:00 to 21:00."
        )
    table, checked, unknown = _find_where_they_are(calls, partial(_is_outside, first=first, last=last))
    table.attrs = {
        "start": float(start),
        "end": float(end),
        "checked": checked,
        "unknown": unknown,
    }
    return table


def _find_where_they_are(
    calls: Frame, is_outside: Callable[[NDArray[np.int64]], NDArray[np.int64]]
) -> tuple[pd.DataFrame, int, int]:
    """Find such calls, and count those looked at and those that could not be judged."""
    if are_rows_here(calls) or is_partitioned(calls):
        find = partial(_find, is_outside=is_outside)
        parts = map_campaigns(find, (calls, [*_READ, *_LOOKED_AT]))
        tables, checked, unknown = zip(*parts, strict=True)
        return in_order(tables), sum(checked), sum(unknown)
    near, number, unjudged = find_by_zones(calls, _READ, _LOOKED_AT, is_outside)
    return _judged(near, is_outside)[0], number, unjudged


def _find(
    calls: pd.DataFrame, is_outside: Callable[[NDArray[np.int64]], NDArray[np.int64]]
) -> tuple[pd.DataFrame, int, int]:
    """Do so in pandas, for some campaigns or all."""
    looked_at = keep_rows(calls, _LOOKED_AT)[list(_READ)]
    table, judged = _judged(looked_at, is_outside)
    return table, len(looked_at), len(looked_at) - judged


def _judged(
    calls: pd.DataFrame, is_outside: Callable[[NDArray[np.int64]], NDArray[np.int64]]
) -> tuple[pd.DataFrame, int]:
    """Give the table of those of some calls that were placed outside the hours, and how many were judged."""
    clocks = clocks_of_prospects(calls["created_at"], calls["prospect_number"])
    in_all, in_some = clocks.least_and_most(is_outside)
    earliest, latest = clocks.least_and_most(np.copy)
    found = np.flatnonzero(in_some)

    kept = calls.iloc[clocks.rows[found]]
    table = pd.DataFrame({name: as_text(kept[name]) for name in _TEXTS}, index=kept.index)
    table["created_at"] = as_times(kept["created_at"])
    table["earliest"] = earliest[found].view("datetime64[us]")
    table["latest"] = latest[found].view("datetime64[us]")
    table["uncertain"] = in_all[found] == 0
    return table, len(clocks.rows)


def _is_outside(times: NDArray[np.int64], *, first: int, last: int) -> NDArray[np.int64]:
    """Give 1 for each time on a clock that is outside the hours, 0 for one that is not."""
    of_day = times % (_HOURS * HOUR)
    return ((of_day < first) | (of_day >= last)).astype(np.int64)


def _hour(name: str, hour: Any) -> int:
    """Give an hour of the day in microseconds."""
    if (
        isinstance(hour, (int, float, np.integer, np.floating))
        and not isinstance(hour, bool)
        and 0 <= hour <= _HOURS
    ):
        return round(float(hour) * HOUR)
    raise ConfigurationError(f"{name}={hour!r} is no hour of the day from 0 to 24, such as 8 or 8.5.")
