"""What the clocks of a time zone show, counted where the rows are."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import numpy as np
import pandas as pd

from caldframe.engine.conversion import as_times
from caldframe.engine.counting import Counts, count_rows
from caldframe.engine.expressions import with_moments
from caldframe.engine.holding import Frame, check_columns, collected, new_names, opened
from caldframe.engine.partitions import by_partition, gathered, is_partitioned

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

__all__ = [
    "DAY",
    "HOUR",
    "NO_TIME",
    "Clock",
    "Steps",
    "add_step",
    "common_step",
    "count_by_clock",
    "count_by_step",
    "local_moments",
    "time_range",
]

HOUR: Final = 3_600_000_000
"""An hour in microseconds."""
DAY: Final = 24 * HOUR
NO_TIME: Final = np.iinfo(np.int64).min
"""What a clock shows where the time is null; it is what NaT is."""

# Times on which engines count by themselves: 1970 to 2100. Others are few, and looked at here one by one.
_FIRST: Final = 0
_LAST: Final = int(np.datetime64("2100-01-01", "us").astype(np.int64))


@dataclass(frozen=True)
class Clock:
    """A clock on a wall.

    Parameters
    ----------
    zone : str
        Its time zone.
    unit : int
        How long it stays the same, in microseconds.
    units : int or None
        After so many units it begins anew; None for never.
    since : int
        When it shows 0: microseconds since 1970, by the time of its zone.
    """

    zone: str
    unit: int
    units: int | None = None
    since: int = 0

    def shown(self, moments: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give how many units it shows at some moments, in microseconds of UTC since 1970."""
        passed = (local_moments(moments, self.zone) - self.since) // self.unit
        return passed if self.units is None else passed % self.units


@dataclass(frozen=True)
class Steps:
    """Steps of time: how long each is, in microseconds, and when one of them begins, in those since 1970."""

    length: int
    start: int = 0


def local_moments(moments: NDArray[np.int64], zone: str) -> NDArray[np.int64]:
    """Give what the clocks of a zone show at moments of UTC, in microseconds since 1970 as if it were UTC."""
    if zone == "UTC":
        return moments
    index = pd.DatetimeIndex(moments.view("datetime64[us]")).tz_localize("UTC")
    return np.asarray(index.tz_convert(zone).tz_localize(None).asi8)


def count_by_clock(table: Frame, columns: Sequence[str], time: str, clock: Clock, name: str) -> Counts:
    """Count rows by the values of some columns and what a clock shows at the time of each.

    Parameters
    ----------
    table : Frame
        Any table.
    columns : sequence of str
        The columns to count by.
    time : str
        The column of times.
    clock : Clock
        The clock.
    name : str
        The column of the keys that says how many units the clock shows: int64, `NO_TIME` for null.

    Returns
    -------
    Counts
        A combination may come more than once.

    Raises
    ------
    UnknownColumnError
        If the table lacks a column.
    ConfigurationError
        If a column holds values of another kind.

    Notes
    -----
    No engine converts time zones here: each has its own database of them, of another year. The moments at
    which the zone changes its offset are looked up in this process, those between the first and the last
    time of the table, and the engine does no more than compare and add whole numbers.

    Examples
    --------
    >>> calls = pd.DataFrame({"created_at": pd.to_datetime(["2026-03-02 14:05Z", "2026-03-02 14:50Z"])})
    >>> counts = count_by_clock(calls, [], "created_at", Clock("America/New_York", HOUR, 24), "hour")
    >>> counts.keys["hour"].tolist(), counts.rows.tolist()
    ([9], [2])
    """
    check_columns(table, [*columns, time])
    if isinstance(table, pd.DataFrame) or is_partitioned(table):
        return count_rows(_with_shown(table[[*columns, time]], columns, time, clock, name), [*columns, name])
    return _counted(opened(table), columns, time, clock, name)


@by_partition
def _with_shown(
    table: pd.DataFrame, columns: Sequence[str], time: str, clock: Clock, name: str
) -> pd.DataFrame:
    times = as_times(table[time])
    shown = np.full(len(times), NO_TIME)
    known = times.notna().to_numpy()
    shown[known] = clock.shown(times.array.asi8[known])
    return table[list(columns)].assign(**{name: shown})


def count_by_step(table: Frame, columns: Sequence[str], time: str, steps: Steps, name: str) -> Counts:
    """Count rows by the values of some columns and the time of each, cut to steps of a length.

    Parameters
    ----------
    table : Frame
        Any table.
    columns : sequence of str
        The columns to count by.
    time : str
        The column of times.
    steps : Steps
        The steps.
    name : str
        The column of the keys that says when the step begins, in the same: int64, `NO_TIME` for null. Times
        before 1970, and from 2100 on, are not cut.

    Returns
    -------
    Counts
        One row a combination that occurs.

    Raises
    ------
    UnknownColumnError
        If the table lacks a column.
    ConfigurationError
        If a column holds values of another kind.

    Examples
    --------
    >>> calls = pd.DataFrame({"created_at": pd.to_datetime(["1970-01-01 14:05Z", "1970-01-01 14:50Z", None])})
    >>> counts = count_by_step(calls, [], "created_at", Steps(HOUR), "hour")
    >>> counts.keys["hour"][0] // HOUR, counts.rows.tolist()
    (np.int64(14), [2, 1])
    """
    check_columns(table, [*columns, time])
    stepped = add_step(table, columns, time, steps, name)
    counts = count_rows(stepped, [*columns, name])
    began = counts.keys[name].to_numpy(dtype=np.int64, na_value=NO_TIME)
    return Counts(counts.keys.assign(**{name: began}), counts.rows)


@by_partition
def add_step(table: Frame, columns: Sequence[str], time: str, steps: Steps, name: str) -> Frame:
    """Give some columns of a table, and beside them the step that each row's time is in, as above."""
    if isinstance(table, pd.DataFrame):
        times = as_times(table[time])
        moments = times.array.asi8
        usual = (moments >= _FIRST) & (moments < _LAST)
        return table[list(columns)].assign(
            **{name: np.where(usual, moments - (moments - steps.start) % steps.length, moments)}
        )
    frame = opened(table)
    (moment,) = new_names(1, [*columns, name])
    narrow = with_moments(frame, moment, time).select(*columns, moment)
    at = nw.col(moment)
    usual_there = (at >= _FIRST) & (at < _LAST)
    cut = nw.when(usual_there).then(at - (at - steps.start) % steps.length).otherwise(at)
    return narrow.select(*columns, cut.fill_null(NO_TIME).alias(name)).to_native()


def time_range(table: Frame, time: str, *, usual: bool = False) -> tuple[int, int] | None:
    """Give the first and the last time of a column, in microseconds of UTC since 1970; None if all are null.

    Parameters
    ----------
    table : Frame
        Any table.
    time : str
        The column of times.
    usual : bool, default False
        Leave out times before 1970, and from 2100 on.

    Returns
    -------
    tuple of two int, or None
        Both included.

    Raises
    ------
    UnknownColumnError
        If the table lacks the column.
    ConfigurationError
        If it holds something else than times.
    """
    check_columns(table, [time])
    if is_partitioned(table):
        table = gathered(_ends_of_each(table[[time]], time, usual=usual))
        usual = False
    if isinstance(table, pd.DataFrame):
        ends = as_times(_ends_of_each(table, time, usual=usual)[time]).array.asi8
        return (int(ends.min()), int(ends.max())) if len(ends) else None
    frame = opened(table)
    (moment,) = new_names(1, [time])
    return _range(with_moments(frame, moment, time).select(moment), moment, usual=usual)


@by_partition
def _ends_of_each(table: pd.DataFrame, time: str, *, usual: bool) -> pd.DataFrame:
    times = as_times(table[time]).dropna()
    if usual:
        moments = times.array.asi8
        times = times[(moments >= _FIRST) & (moments < _LAST)]
    return pd.DataFrame({time: [times.min(), times.max()]} if len(times) else {time: times})


def common_step(zones: Iterable[str], within: tuple[int, int] | None, most: int) -> int:
    """Give the longest step, in microseconds, during which no clock of some zones is put forward or back.

    Parameters
    ----------
    zones : iterable of str
        The zones.
    within : tuple of two int, or None
        The first and the last moment that matter.
    most : int
        It is this long, or fits into it.

    Returns
    -------
    int
        A step of clocks is one of UTC as well: it begins when the minute hand is at 0, mostly.

    Examples
    --------
    >>> spring = tuple(int(np.datetime64(f"2026-0{month}-01", "us").astype(int)) for month in (3, 4))
    >>> common_step(["America/New_York", "Asia/Kathmandu"], spring, HOUR) // (HOUR // 60)
    15
    """
    if within is None:
        return most
    for zone in zones:
        starts, offsets = _offsets(zone, *within)
        most = gcd(most, *starts[1:], *offsets)
    return most


def _range(narrow: nw.LazyFrame[Any], moment: str, *, usual: bool) -> tuple[int, int] | None:
    at = nw.col(moment)
    if usual:
        narrow = narrow.filter((at >= _FIRST) & (at < _LAST))
    ends = collected(narrow.select(at.min().alias("first"), at.max().alias("last")))
    return None if ends["first"].isna().any() else (int(ends["first"][0]), int(ends["last"][0]))


def _counted(frame: nw.LazyFrame[Any], columns: Sequence[str], time: str, clock: Clock, name: str) -> Counts:
    moment, odd = new_names(2, [*columns, name])
    narrow = with_moments(frame, moment, time).select(*columns, moment)
    at = nw.col(moment)
    within = _range(narrow, moment, usual=False)
    if within is None or (within[0] >= _FIRST and within[1] < _LAST):
        shown = narrow.select(*columns, _passed(at, clock, within).alias(name))
        counts = count_rows(shown.to_native(), [*columns, name])
        return Counts(counts.keys.assign(**{name: _units(clock, counts.keys[name])}), counts.rows)
    within = _range(narrow, moment, usual=True)
    usual = ((at >= _FIRST) & (at < _LAST)).fill_null(value=False)
    shown = narrow.select(
        *columns,
        nw.when(usual).then(_passed(at, clock, within)).alias(name),
        nw.when(~usual).then(at).alias(odd),
    )
    counts = count_rows(shown.to_native(), [*columns, name, odd])
    units = _units(clock, counts.keys[name])
    looked_at = counts.keys[odd].notna().to_numpy()
    units[looked_at] = clock.shown(counts.keys[odd][looked_at].to_numpy(dtype=np.int64))
    return Counts(counts.keys.drop(columns=odd).assign(**{name: units}), counts.rows)


def _passed(at: nw.Expr, clock: Clock, within: tuple[int, int] | None) -> nw.Expr:
    """Give the microseconds that a clock shows, cut to its units, at moments between a first and a last."""
    passed = at - clock.since
    if within is not None:
        passed = passed + _offset(at, clock.zone, *within)
    if clock.units is not None:
        passed = passed % (clock.unit * clock.units)
    # The rest is taken off, and divided by the unit here: Spark would divide in floating point.
    return passed - passed % clock.unit


def _units(clock: Clock, passed: pd.Series[Any]) -> NDArray[np.int64]:
    """Give how many units these microseconds are, `NO_TIME` for null."""
    units = np.full(len(passed), NO_TIME)
    known = passed.notna().to_numpy()
    units[known] = passed[known].to_numpy(dtype=np.int64) // clock.unit
    return units


def _offset(at: nw.Expr, zone: str, first: int, last: int) -> nw.Expr:
    """Give how far the clocks of a zone are from UTC at moments between a first and a last."""
    starts, offsets = _offsets(zone, first, last)
    offset = nw.lit(offsets[0], nw.Int64)
    for start, later in zip(starts[1:], offsets[1:], strict=True):
        offset = nw.when(at >= start).then(nw.lit(later, nw.Int64)).otherwise(offset)
    return offset


def _offsets(zone: str, first: int, last: int) -> tuple[list[int], list[int]]:
    """Give the moments, in microseconds, from which on a zone has an offset from UTC, and these offsets.

    Examples
    --------
    >>> march, april = (np.datetime64(f"2026-0{month}-01", "us").astype(int) for month in (3, 4))
    >>> starts, offsets = _offsets("America/New_York", march, april)
    >>> np.array(starts, "datetime64[us]")[1].item(), [offset // HOUR for offset in offsets]
    (datetime.datetime(2026, 3, 8, 7, 0), [-5, -4])
    """

    def offset(moments: NDArray[np.int64]) -> NDArray[np.int64]:
        return local_moments(moments, zone) - moments

    days = np.append(np.arange(first, last, DAY), last)
    found = offset(days)
    changes = np.flatnonzero(np.diff(found))
    # Halved until they are one microsecond apart; no zone changes twice in a day.
    before, after = days[changes], days[changes + 1]
    while np.any(after - before > 1):
        middle = before + (after - before) // 2
        is_later = offset(middle) == found[changes + 1]
        before, after = np.where(is_later, before, middle), np.where(is_later, middle, after)
    return [first, *after.tolist()], [int(found[0]), *found[changes + 1].tolist()]
