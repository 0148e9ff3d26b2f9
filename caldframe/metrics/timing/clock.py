"""What the clock on the wall says: the local time of calls, in one zone or in each prospect's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.engine import as_times, check_zone
from caldframe.phone import describe_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["MICROSECONDS_OF_HOUR", "Clocks", "clocks_in", "clocks_of_prospects"]

MICROSECONDS_OF_HOUR: Final = 3_600_000_000


@dataclass(frozen=True, eq=False)
class Clocks:
    """The moments of calls, and the time zones by whose clocks each of them is looked at.

    Parameters
    ----------
    rows : numpy.ndarray of int64
        The position of each call among the calls, ascending; one without a time or a zone is not there.
    moments : numpy.ndarray of int64
        Its time, in microseconds of UTC since 1970.
    zones : mapping of str to sequence of numpy.ndarray of int64
        For each zone the places, within `rows`, of the calls that it applies to, in one part or several.
    """

    rows: NDArray[np.int64]
    moments: NDArray[np.int64]
    zones: Mapping[str, Sequence[NDArray[np.int64]]]

    def least_and_most(
        self, amount: Callable[[NDArray[np.int64]], NDArray[np.int64]]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Compute an amount of what each clock shows; give the least and the most of each call.

        What a clock shows is in microseconds since 1970, as if it showed UTC.
        """
        ends = np.iinfo(np.int64)
        least, most = np.full(len(self.rows), ends.max), np.full(len(self.rows), ends.min)
        # Zone by zone, for a number may have forty of them.
        for zone, parts in self.zones.items():
            places = np.concatenate(parts)
            amounts = amount(_shown(self.moments[places], zone))
            least[places] = np.minimum(least[places], amounts)
            most[places] = np.maximum(most[places], amounts)
        return least, most


def clocks_in(zone: str, times: pd.Series[Any]) -> Clocks:
    """Give the clocks of one zone for a column of times."""
    moments = as_times(times)
    rows = np.flatnonzero(moments.notna().to_numpy())
    return Clocks(rows, moments.array.asi8[rows], {zone: [np.arange(len(rows))]})


def clocks_of_prospects(times: pd.Series[Any], numbers: pd.Series[Any]) -> Clocks:
    """Give the clocks of the zones of phone numbers for the column of times beside them."""
    moments = as_times(times)
    codes, combinations = pd.factorize(describe_numbers(numbers)["time_zones"])
    rows = np.flatnonzero(moments.notna().to_numpy() & (codes >= 0))
    order = np.argsort(codes[rows], kind="stable")
    ends = np.cumsum(np.bincount(codes[rows], minlength=len(combinations)))
    zones: dict[str, list[NDArray[np.int64]]] = {}
    for names, places in zip(combinations, np.split(order, ends), strict=False):
        for zone in names.split() if len(places) else ():
            zones.setdefault(check_zone(zone), []).append(places)
    return Clocks(rows, moments.array.asi8[rows], zones)


def _shown(moments: NDArray[np.int64], zone: str) -> NDArray[np.int64]:
    if zone == "UTC":
        return moments
    index = pd.DatetimeIndex(moments.view("datetime64[us]")).tz_localize("UTC")
    return np.asarray(index.tz_convert(zone).tz_localize(None).asi8)
