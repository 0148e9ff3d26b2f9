"""What the clock on the wall says: the local time of calls, in one zone or in each prospect's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.engine import (
    HOUR,
    NO_TIME,
    Counts,
    Frame,
    Steps,
    Wanted,
    add_looked_up,
    add_step,
    as_times,
    check_zone,
    common_step,
    count_by_step,
    count_rows,
    keep_rows,
    local_moments,
    number_rows,
    places_of,
    rows_listed,
    select_columns,
    time_range,
)
from caldframe.phone import describe_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["Clocks", "clocks_of_prospects", "count_by_zones", "find_by_zones"]

_ZONES: Final = "time zones of the prospect"
_STEP: Final = "step of time"
_ROW: Final = "place among the calls"


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
            amounts = amount(local_moments(self.moments[places], zone))
            least[places] = np.minimum(least[places], amounts)
            most[places] = np.maximum(most[places], amounts)
        return least, most


def clocks_of_prospects(times: pd.Series[Any], numbers: pd.Series[Any]) -> Clocks:
    """Give the clocks of the zones of phone numbers for the column of times beside them."""
    codes = _Zones()
    return codes.clocks(as_times(times).array.asi8, codes.look_up(numbers))


def count_by_zones(calls: Frame, columns: Sequence[str], name: str) -> tuple[Counts, Clocks]:
    """Count calls by the values of some columns and by time, as exactly as their prospects' clocks need it.

    Each distinct number is looked up in this process, and its zones go back to the engine as a code. Then
    times are cut to steps, of an hour mostly, in which no clock of these zones is put forward or back.

    Parameters
    ----------
    calls : Frame
        One row a call; `created_at` and `prospect_number` are read.
    columns : sequence of str
        The columns to count by.
    name : str
        The name of a column of the keys that is new.

    Returns
    -------
    tuple of Counts and Clocks
        The counts, and the clocks of their keys; a combination without a time or a zone is not there.
    """
    zones, coded, steps = _coded(calls)
    counts = count_by_step(coded, [*columns, _ZONES], "created_at", steps, name)
    moments = counts.keys[name].to_numpy()
    return counts, zones.clocks(moments, counts.keys[_ZONES].to_numpy(dtype=np.int64))


def find_by_zones(
    calls: Frame,
    columns: Sequence[str],
    wanted: Wanted,
    is_sought: Callable[[NDArray[np.int64]], NDArray[np.int64]],
) -> tuple[pd.DataFrame, int, int]:
    """Bring the calls here at whose time a clock of their prospect may show what is sought.

    For calls of Polars, DuckDB and Spark. They are counted as `count_by_zones` does, so that it can be found
    here in which steps of time and in which zones it is shown; the engine gives the calls that have these.

    Parameters
    ----------
    calls : Frame
        One row a call; `created_at` and `prospect_number` are read.
    columns : sequence of str
        The columns of the calls to bring.
    wanted : Wanted
        Which calls are looked at.
    is_sought : callable
        Takes what clocks show, and gives 1 where it is sought, 0 where it is not. The times of a day at which
        it is not sought must lie between two of them.

    Returns
    -------
    tuple of pandas.DataFrame, int and int
        The calls, in their order, their index the place of each among all calls: those sought, and others
        that are near them in time. How many are looked at, and how many of these have no time or no zone.
    """
    read = [*columns, "created_at", "prospect_number", *wanted]
    looked_at = keep_rows(number_rows(select_columns(calls, read), _ROW), wanted)
    zones, coded, steps = _coded(looked_at)
    stepped = add_step(coded, [*columns, _ROW, _ZONES], "created_at", steps, _STEP)
    counts = count_rows(stepped, [_ZONES, _STEP])
    clocks = zones.clocks(*(counts.keys[name].to_numpy(dtype=np.int64) for name in (_STEP, _ZONES)))
    # No clock changes within a step, nor does a day begin, so that its two ends tell of all between.
    _, is_there = clocks.least_and_most(lambda times: is_sought(times) | is_sought(times + steps.length - 1))
    listed = counts.keys.iloc[clocks.rows[is_there == 1]].astype(np.int64)
    found = rows_listed(stepped, [*columns, _ROW], listed)
    places = places_of(calls, found.pop(_ROW).to_numpy(dtype=np.int64))
    checked = int(counts.rows.sum())
    return found.set_axis(places).sort_index(), checked, checked - int(counts.rows[clocks.rows].sum())


def _coded(calls: Frame) -> tuple[_Zones, Frame, Steps]:
    """Give each call a code for the zones of its number, and the steps in which no clock of these changes."""
    zones = _Zones()
    coded = add_looked_up(calls, _ZONES, "prospect_number", zones.look_up)
    step = common_step(zones.names, time_range(coded, "created_at", usual=True), HOUR)
    return zones, coded, Steps(step)


class _Zones:
    """The combinations of time zones that numbers have, each known by a code."""

    def __init__(self) -> None:
        self._combinations: dict[str, int] = {}

    @property
    def names(self) -> list[str]:
        """Every zone of a number that was looked up."""
        return list(dict.fromkeys(zone for names in self._combinations for zone in names.split()))

    def look_up(self, numbers: pd.Series[Any]) -> NDArray[np.int64]:
        """Give the code of each number, -1 where its zones are not known."""
        codes, combinations = pd.factorize(describe_numbers(numbers)["time_zones"])
        # The last is that of null, whose code is -1.
        known = [self._combinations.setdefault(names, len(self._combinations)) for names in combinations]
        return np.array([*known, -1], dtype=np.int64)[codes]

    def clocks(self, moments: NDArray[np.int64], codes: NDArray[np.int64]) -> Clocks:
        """Give the clocks of moments, `NO_TIME` where null, and the codes beside them."""
        rows = np.flatnonzero((moments != NO_TIME) & (codes >= 0))
        order = np.argsort(codes[rows], kind="stable")
        ends = np.cumsum(np.bincount(codes[rows], minlength=len(self._combinations)))
        zones: dict[str, list[NDArray[np.int64]]] = {}
        for names, places in zip(self._combinations, np.split(order, ends), strict=False):
            for zone in names.split() if len(places) else ():
                zones.setdefault(check_zone(zone), []).append(places)
        return Clocks(rows, moments[rows], zones)
