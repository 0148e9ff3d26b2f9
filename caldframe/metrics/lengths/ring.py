"""How long calls rang before they were answered or given up, in seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from caldframe.call_lengths import Lengths
from caldframe.engine import (
    Frame,
    add_time_left,
    as_booleans,
    as_numbers,
    count_rows,
    group_columns,
    group_rows,
    select_columns,
)
from caldframe.metrics.lengths.summary import SUMMARY_COLUMNS, summary_table
from caldframe.stats import check_confidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["ring_time"]

_COUNTS: Final = ("unknown", "negative")
_RANG: Final = "time not talked"
_MICROSECONDS: Final = 1_000_000
_READ: Final = ("completed", "created_at", "completed_at", "call_length")


def ring_time(
    calls: Frame, by: str | Sequence[str] | None = None, *, confidence: float = 0.95
) -> pd.DataFrame:
    """Sum up how long completed calls rang or queued: the time between placing and end that was no talk.

    The API does not say when a call was answered, so the ring time of a call is what is left of it:
    `completed_at` - `created_at` - `call_length`. It holds whatever else the time went by with, as a queue
    before the call was dialled.

    Parameters
    ----------
    calls : DataFrame of any engine
        One row a call; the columns `completed`, `created_at`, `completed_at` and `call_length` are read.
    by : str or list of str, optional
        Column or columns to group by; ``"result"`` is the telling one. By default all calls are one group.
    confidence : float, default 0.95
        The least confidence of the interval of the median.

    Returns
    -------
    pandas.DataFrame
        One row a group, sorted, null last. Columns, in seconds and float64 where nothing else is said:

        - the columns of `by`
        - `n` (int64): completed calls whose ring time is known and not negative, which are summed up
        - `mean`, `std`, `min`, `p10`, `p25`, `p50`, `p75`, `p90`, `p95`, `p99`, `max`, `total`,
          `median_low`, `median_high`: as in `length_summary`
        - `unknown` (int64): completed calls that lack one of the three values
        - `negative` (int64): completed calls that would have rung for less than no time, which is an error
          of the source; `quality` tells which

        Where `n` is 0 the numbers after it are NaN. The attribute ``attrs["confidence"]`` of the table says
        how it was made.

    Raises
    ------
    UnknownColumnError
        If `calls` lacks a column.
    ConfigurationError
        If an argument is wrong, or a column holds values of another kind.

    See Also
    --------
    length_summary : The same of the calls' lengths.
    caldframe.quality : Which calls have times that cannot be.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame(
    ...     {
    ...         "completed": True,
    ...         "created_at": pd.to_datetime(["2026-03-02T14:00:00Z"] * 3),
    ...         "completed_at": pd.to_datetime(["2026-03-02T14:01:00Z", "2026-03-02T14:00:30Z", None]),
    ...         "call_length": [48, 0, 0],
    ...     }
    ... )
    >>> ring_time(calls)[["n", "p50", "max", "unknown", "negative"]]
       n   p50   max  unknown  negative
    0  2  21.0  30.0        1         0
    """
    check_confidence(confidence)
    columns = group_columns(by, taken=[*SUMMARY_COLUMNS, *_COUNTS, _RANG])
    calls = select_columns(calls, [*columns, *_READ])
    counts = count_rows(add_time_left(calls, _RANG), [*columns, "completed", _RANG])
    groups, rows = group_rows(counts.keys, columns), counts.rows
    completed = as_booleans(counts.keys["completed"])
    seconds = as_numbers(counts.keys[_RANG]) / _MICROSECONDS
    rang = completed & (seconds >= 0)
    lengths = Lengths.of(groups.keys, groups.numbers[rang], seconds[rang], rows[rang])
    table = summary_table(lengths, confidence)
    table["unknown"] = groups.sums(rows * (completed & np.isnan(seconds)))
    table["negative"] = groups.sums(rows * (completed & (seconds < 0)))
    table.attrs = {"confidence": float(confidence)}
    return table
