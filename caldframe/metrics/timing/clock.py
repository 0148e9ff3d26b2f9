"""What the clock on the wall says: the local time of calls, in one zone or in each prospect's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from caldframe.engine import as_times
from caldframe.errors import ConfigurationError
from caldframe.phone import describe_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MICROSECONDS_OF_HOUR", "Clocks", "check_zone", "clocks_in", "clocks_of_prospects"]

MICROSECONDS_OF_HOUR: Final = 3_600_000_000


@dataclass(frozen=True, eq=False)
class Clocks:
    """The local time of calls, once for each zone that a call has.

    Parameters
    ----------
    rows : numpy.ndarray of int64
        The position of the call among the calls, ascending; a call without a time or a zone is not there.
    times : numpy.ndarray of int64
        What the clock shows, in microseconds since 1970 as if it showed UTC.
    """

    rows: NDArray[np.int64]
    times: NDArray[np.int64]

    def least_and_most(self, amounts: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[Any]]:
        """Sum up one amount a clock: for each call that is there its row, its least and its most."""
        if not len(self.rows):
            return self.rows, amounts, amounts
        firsts = np.flatnonzero(np.diff(self.rows, prepend=-1))
        return (
            self.rows[firsts],
            np.minimum.reduceat(amounts, firsts),
            np.maximum.reduceat(amounts, firsts),
        )


def check_zone(tz: Any) -> str:
    """Give the name of a time zone, or raise where this machine knows none of that name."""
    try:
        if isinstance(tz, str) and tz:
            return ZoneInfo(tz).key
    except (KeyError, ValueError, OSError):
        pass
    raise ConfigurationError(
        f"tz={tz!r} is no time zone. Give a name of the IANA time zone database, such as "
        f'"America/New_York" or "UTC". If it is one, this machine\'s database lacks it: '
        f"pip install tzdata brings the whole."
    )


def clocks_in(zone: str, times: pd.Series[Any]) -> Clocks:
    """Give the local times of a column of times in one zone."""
    moments = as_times(times)
    rows = np.flatnonzero(moments.notna().to_numpy())
    return Clocks(rows, _shown(moments.array.asi8[rows], zone))


def clocks_of_prospects(times: pd.Series[Any], numbers: pd.Series[Any]) -> Clocks:
    """Give the local times of a column of times in the zones of the phone numbers beside it."""
    moments = as_times(times)
    codes, combinations = pd.factorize(describe_numbers(numbers)["time_zones"])
    names = [text.split() for text in combinations]
    zones, zone_codes = np.unique(
        np.array([zone for group in names for zone in group], dtype=object), return_inverse=True
    )
    sizes = np.array([len(group) for group in names], dtype=np.int64)
    calls = np.flatnonzero(moments.notna().to_numpy() & (codes >= 0))
    if not len(calls):
        return Clocks(calls, calls)
    # One pair for each call and zone: the zones of a combination stand next to one another.
    many = sizes[codes[calls]]
    rows = np.repeat(calls, many)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(many) - many, many)
    zone_of = zone_codes[(np.cumsum(sizes) - sizes)[codes[rows]] + place]
    local = moments.array.asi8[rows]
    order = np.argsort(zone_of, kind="stable")
    ends = np.cumsum(np.bincount(zone_of, minlength=len(zones)))
    for zone, pairs in zip(zones.tolist(), np.split(order, ends[:-1]), strict=True):
        local[pairs] = _shown(local[pairs], check_zone(zone))
    return Clocks(rows, local)


def _shown(moments: NDArray[np.int64], zone: str) -> NDArray[np.int64]:
    if zone == "UTC":
        return moments
    index = pd.DatetimeIndex(moments.view("datetime64[us]")).tz_localize("UTC")
    return np.asarray(index.tz_convert(zone).tz_localize(None).asi8)
