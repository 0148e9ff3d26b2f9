"""How a campaign gets on: calls completed over time, and when it will be through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from caldframe.engine import (
    HOUR,
    NO_TIME,
    Frame,
    Steps,
    check_zone,
    count_by_step,
    count_rows,
    keep_rows,
    select_columns,
    time_range,
)
from caldframe.errors import ConfigurationError
from caldframe.stats import check_confidence, expected_wait

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["progress"]

_MOST_PERIODS: Final = 200_000
_END_OF_TIME: Final = int(np.datetime64("9999-12-31", "us").astype(np.int64))
_A_MONDAY: Final = pd.Timestamp("2001-01-01")


def progress(
    calls: Frame,
    *,
    freq: str = "h",
    tz: str = "UTC",
    recent: str = "7D",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Count the calls completed over time, and expect the end at the recent pace.

    Parameters
    ----------
    calls : DataFrame of any engine
        One row a call; the columns `completed`, `created_at` and `completed_at` are read. All of them are
        one campaign; for several, give the calls of one after the other.
    freq : str, default "h"
        How long a period is: a pandas frequency, such as ``"15min"``, ``"h"``, ``"D"`` or ``"W-MON"``.
    tz : str, default "UTC"
        The time zone in which days begin: a name of the IANA time zone database.
    recent : str, default "7D"
        How far back the pace is measured, for a day or an hour is not like the next: a duration.
    confidence : float, default 0.95
        The confidence level of the range of the expected end.

    Returns
    -------
    pandas.DataFrame
        One row a period, from the first to the last in which a call was completed, those between in which
        none was included. Columns:

        - `start` (datetime64[us, tz]): when the period begins; a call at that moment is in it
        - `n` (int64): calls completed in the period
        - `cumulative` (int64): calls completed by its end
        - `remaining` (int64): calls of the table that were not completed by its end
        - `pace` (float64): calls completed an hour, day and night, in this period and those before it
          that began no longer than `recent` before its end
        - `expected_end` (datetime64[us, tz]): when the remaining calls will be completed at that pace, as
          it looked at the period's end; the last row says how it looks now
        - `low`, `high` (datetime64[us, tz]): the range of `expected_end`

        The last period ends with the last moment that the calls know of. The end is null where nothing
        remains, where nothing was completed recently and where it lies after the year 9999; the range is
        null in the first period too. The pace and the end are null where no time has passed yet. The
        attributes ``attrs["freq"]``, ``attrs["tz"]``, ``attrs["recent"]`` and ``attrs["confidence"]`` of
        the table say how it was made, ``attrs["undated"]`` how many calls are completed but do not say
        when: these are neither in `cumulative` nor in `remaining`.

    Raises
    ------
    UnknownColumnError
        If `calls` lacks a column.
    ConfigurationError
        If an argument is wrong, a column holds values of another kind, or there are more than 200,000
        periods.

    See Also
    --------
    caldframe.plots.progress : Draw the table.

    Notes
    -----
    If N calls were completed in the recent time T, the R remaining ones take R * T / N. The range is the
    prediction interval of a Poisson process (Nelson 1970), widened for calls that come in bursts: φ is the
    Pearson dispersion of the counts of the whole periods in T, at least 1, and the interval that of N / φ
    and R / φ calls (`caldframe.stats.expected_wait`).

    It supposes that the campaign goes on as it did and that only the calls in the table remain. A campaign
    that follows up adds calls as it goes, and then ends later than this says. The range takes periods as
    independent of one another: with less than a week of calls it does not know of weekends.

    References
    ----------
    Nelson, W. (1970). Confidence intervals for the ratio of two Poisson means and Poisson predictor
    intervals. IEEE Transactions on Reliability R-19, 42-49.

    Examples
    --------
    >>> times = pd.to_datetime(["2026-03-02 14:05Z", "2026-03-02 14:30Z", "2026-03-02 16:00Z", None])
    >>> calls = pd.DataFrame(
    ...     {"completed": [True, True, True, False], "created_at": times, "completed_at": times}
    ... )
    >>> progress(calls, tz="America/New_York")[["start", "n", "cumulative", "remaining"]]
                          start  n  cumulative  remaining
    0 2026-03-02 09:00:00-05:00  2           2          2
    1 2026-03-02 10:00:00-05:00  0           2          2
    2 2026-03-02 11:00:00-05:00  1           3          1
    """
    check_confidence(confidence)
    zone, offset, back = check_zone(tz), _frequency(freq), _duration(recent)
    calls = select_columns(calls, ["completed", "created_at", "completed_at"])
    over = keep_rows(calls, {"completed": True})
    created_at, ends = (_ends(*part) for part in ((calls, "created_at"), (over, "completed_at")))

    edges = _edges(ends, zone, offset)
    n, undated = _counted(over, edges)
    cumulative = np.cumsum(n)
    remaining = count_rows(calls, ["completed"]).rows.sum() - undated - cumulative
    pace = _pace(n, edges, back, created_at=created_at, completed_at=ends)
    wait = expected_wait(remaining, pace.events, pace.elapsed, pace.dispersion, confidence)

    table = pd.DataFrame({"start": _times(edges[:-1], zone)})
    table["n"] = n
    table["cumulative"] = cumulative
    table["remaining"] = remaining
    table["pace"] = pace.events / pace.elapsed * HOUR
    for name, microseconds in zip(("expected_end", "low", "high"), wait, strict=True):
        table[name] = _times(_later(pace.until, microseconds), zone)
    table.attrs = {
        "freq": freq,
        "tz": zone,
        "recent": recent,
        "confidence": float(confidence),
        "undated": undated,
    }
    return table


def _ends(calls: Frame, column: str) -> NDArray[np.int64]:
    """Give the first and the last time of a column, or none."""
    return np.array(time_range(calls, column) or (), dtype=np.int64)


def _counted(over: Frame, edges: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """Count the calls completed in each period, and those that do not say when."""
    # The longest step of which every period is a whole number, so that few steps come from the engine.
    length = int(np.gcd.reduce(np.diff(edges))) if len(edges) else HOUR
    steps = Steps(length, int(edges[0]) if len(edges) else 0)
    counts = count_by_step(over, [], "completed_at", steps, "began")
    began = counts.keys["began"].to_numpy()
    dated = began != NO_TIME
    n = np.zeros(max(len(edges) - 1, 0), dtype=np.int64)
    np.add.at(n, np.searchsorted(edges, began[dated], side="right") - 1, counts.rows[dated])
    return n, int(counts.rows[~dated].sum())


class _Pace(NamedTuple):
    """Of each period: its end, and the events, the time and the dispersion of the recent past."""

    until: NDArray[np.int64]
    events: NDArray[np.int64]
    elapsed: NDArray[np.float64]
    dispersion: NDArray[np.float64]


def _pace(
    n: NDArray[np.int64],
    edges: NDArray[np.int64],
    back: int,
    *,
    created_at: NDArray[np.int64],
    completed_at: NDArray[np.int64],
) -> _Pace:
    if not len(n):
        nothing = np.empty(0)
        return _Pace(n, n, nothing, nothing)
    # Neither before the first call nor after the last moment known could a call have been completed.
    seen = np.concatenate([created_at, completed_at])
    begin = np.clip(seen.min(), edges[0], None)
    until = edges[1:].copy()
    until[-1] = np.clip(seen.max(), edges[-2] + 1, until[-1])
    rows = np.arange(len(n))
    first = np.minimum(np.searchsorted(edges[:-1], until - back), rows)

    lengths = np.diff(edges).astype(np.float64)
    events = _rolling(n, first)
    elapsed = (until - np.maximum(edges[first], begin)).astype(np.float64)
    elapsed[elapsed == 0] = np.nan
    # The sum of (n - λd)² / λd over periods of the length d, where λ is all n by all d.
    rate = events / _rolling(lengths, first)
    with np.errstate(divide="ignore", invalid="ignore"):
        dispersion = (_rolling(n**2 / lengths, first) / rate - events) / (rows - first)
    dispersion = np.where(rows > first, np.maximum(dispersion, 1), np.nan)
    # The last period is not over.
    dispersion[-1] = dispersion[-2] if len(n) > 1 else np.nan
    return _Pace(until, events, elapsed, dispersion)


def _rolling(amounts: NDArray[Any], first: NDArray[np.int64]) -> NDArray[Any]:
    """Add up the amounts from a first row of each row to the row itself."""
    totals = np.concatenate([np.zeros(1, dtype=amounts.dtype), np.cumsum(amounts)])
    return np.asarray(totals[1:] - totals[first])


def _edges(moments: NDArray[np.int64], zone: str, offset: pd.offsets.BaseOffset) -> NDArray[np.int64]:
    """Give where periods begin, from the one of the first moment to the one after that of the last."""
    if not len(moments):
        return moments
    first, last = moments.min(), moments.max()
    _check_number(first, last, offset)
    begin, end = _times(np.array([first, last]), zone).tz_localize(None)
    try:
        begin = offset.rollback(begin.normalize())
        # Four periods more than the calendar has, for one may be shorter than the usual.
        if isinstance(offset, pd.offsets.Tick):
            days = pd.date_range(begin, begin, unit="us")
            steps = np.arange((last - _moments(days, zone)[0]) // _length(offset) + 4)
            edges = _moments(days, zone)[0] + steps * _length(offset)
        else:
            edges = np.unique(_moments(pd.date_range(begin, end + 4 * offset, freq=offset, unit="us"), zone))
    except (OverflowError, ValueError, NotImplementedError) as error:  # the last: beyond the year 9999
        raise ConfigurationError(
            f"No periods of freq={offset.freqstr!r} can be made from {begin} to {end} ({error}). Leave out "
            f"calls with an impossible completed_at."
        ) from error
    places = np.searchsorted(edges, [first, last], side="right")
    return np.asarray(edges[places[0] - 1 : places[1] + 1])


def _moments(clock: pd.DatetimeIndex, zone: str) -> NDArray[np.int64]:
    """Give when the clock on the wall shows these times: the first time of two, or the next if never."""
    twice = np.ones(len(clock), dtype=np.bool_)
    shown = clock.tz_localize(zone, ambiguous=twice, nonexistent="shift_forward")
    return np.asarray(shown.asi8)


def _check_number(first: np.int64, last: np.int64, offset: pd.offsets.BaseOffset) -> None:
    number = (int(last) - int(first)) / _length(offset)
    if number > _MOST_PERIODS:
        begin, end = _times(np.array([first, last]), "UTC")
        raise ConfigurationError(
            f"Calls were completed from {begin} to {end}: that makes {number:,.0f} periods of "
            f"freq={offset.freqstr!r}, more than {_MOST_PERIODS:,}. Ask for longer ones, or leave out calls "
            f"with an impossible completed_at."
        )


def _length(offset: pd.offsets.BaseOffset) -> int:
    """Give how long a period mostly is, in microseconds."""
    return int((_A_MONDAY + offset - _A_MONDAY) / pd.Timedelta(microseconds=1))


def _frequency(freq: Any) -> pd.offsets.BaseOffset:
    try:
        offset = pd.tseries.frequencies.to_offset(freq) if isinstance(freq, str) else None
    except ValueError:
        offset = None
    if offset is not None and offset.n > 0 and _length(offset) > 0:
        return offset
    raise ConfigurationError(f'freq={freq!r} is no pandas frequency, such as "15min", "h", "D" or "W-MON".')


def _duration(recent: Any) -> int:
    try:
        duration = int(pd.Timedelta(recent) / pd.Timedelta(microseconds=1)) if isinstance(recent, str) else 0
    except (ValueError, OverflowError):
        duration = 0
    if duration > 0:
        return duration
    raise ConfigurationError(f'recent={recent!r} is no duration, such as "7D" or "12h".')


def _later(moments: NDArray[np.int64], microseconds: NDArray[np.float64]) -> NDArray[np.int64]:
    """Add times that may be too long, or not known: null, as the dtype of times has it."""
    fits = microseconds <= _END_OF_TIME - moments
    return np.where(fits, moments + np.where(fits, microseconds, 0).astype(np.int64), np.iinfo(np.int64).min)


def _times(moments: NDArray[np.int64], zone: str) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(moments.view("datetime64[us]")).tz_localize("UTC").tz_convert(zone)
