"""Summaries of how long calls lasted, in seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from caldframe.call_lengths import measure_lengths, result_names
from caldframe.engine import Frame, group_columns
from caldframe.stats import check_confidence, grouped_quantile, median_ranks, order_statistic

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from caldframe.call_lengths import Lengths

__all__ = ["SUMMARY_COLUMNS", "length_summary", "summary_table"]

_QUANTILES: Final = {"p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99}
SUMMARY_COLUMNS: Final = ("n", "mean", "std", "min", *_QUANTILES, "max", "total", "median_low", "median_high")


def length_summary(
    calls: Frame,
    by: str | Sequence[str] | None = None,
    *,
    results: str | Collection[str] | None = ("pickedUp",),
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Sum up how long calls lasted, in seconds.

    Calls whose length is known are measured, that is, a finite number; a call that is not over has none.
    Lengths are taken as sent: a negative one, which is an error of the source, shows in `min`.

    Parameters
    ----------
    calls : DataFrame of any engine
        One row a call; the columns `call_length` and, unless all results count, `result` are read.
    by : str or list of str, optional
        Column or columns to group by. By default all calls are one group.
    results : str or list of str or None, default ("pickedUp",)
        The calls that are measured, by their `result`; None for all. Calls that nobody answered have a
        length too, mostly 0.
    confidence : float, default 0.95
        The least confidence of the interval of the median.

    Returns
    -------
    pandas.DataFrame
        One row a group, sorted, null last. Columns, in seconds and float64 where nothing else is said:

        - the columns of `by`
        - `n` (int64): calls measured
        - `mean`
        - `std`: the standard deviation, with n - 1; NaN for one call
        - `min`, `p10`, `p25`, `p50`, `p75`, `p90`, `p95`, `p99`, `max`: exact quantiles, linear between two
          lengths, as `numpy.quantile`; `p50` is the median
        - `total`: all calls together
        - `median_low`, `median_high`: the interval of the median; NaN where there are too few calls for
          one, fewer than 6 for 95%

        Where `n` is 0 all others are NaN. The attributes ``attrs["results"]`` and ``attrs["confidence"]``
        of the table say how it was made.

    Raises
    ------
    UnknownColumnError
        If `calls` lacks a column.
    ConfigurationError
        If an argument is wrong, `results` names one that is neither documented nor among the calls, or a
        column holds values of another kind.

    Notes
    -----
    The interval of the median is distribution-free: with r the largest rank for which
    P(binomial(n, 1/2) < r) ≤ (1 - confidence) / 2, it runs from the r-th shortest to the r-th longest call
    (David and Nagaraja 2003, section 7.1; see `caldframe.stats.median_ranks`).

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame({"result": "pickedUp", "call_length": [30, 60, 90, 120, 150, 600]})
    >>> length_summary(calls)[["n", "mean", "p50", "max", "median_low", "median_high"]]
       n   mean    p50    max  median_low  median_high
    0  6  175.0  105.0  600.0        30.0        600.0
    """
    check_confidence(confidence)
    lengths = measure_lengths(calls, group_columns(by, taken=SUMMARY_COLUMNS), results)
    table = summary_table(lengths, confidence)
    table.attrs = {"results": result_names(results), "confidence": float(confidence)}
    return table


def summary_table(lengths: Lengths, confidence: float) -> pd.DataFrame:
    """Sum up the lengths of each group: its key, then `SUMMARY_COLUMNS`; NaN where there is nothing."""
    table = lengths.keys.copy()
    table["n"] = lengths.totals
    numbers = _summed_up(lengths, confidence)
    for name in SUMMARY_COLUMNS[1:]:
        column = np.full(len(table), np.nan)
        column[lengths.totals > 0] = numbers[name]
        table[name] = column
    return table


def _summed_up(lengths: Lengths, confidence: float) -> dict[str, NDArray[np.float64]]:
    """Compute the columns after `n`, for the groups that have a call."""
    some = lengths.totals > 0
    n = lengths.totals[some]
    last = np.cumsum(n)
    first = last - n + 1
    with np.errstate(over="ignore", invalid="ignore"):
        total = lengths.sums(lengths.seconds * lengths.calls)
        mean = total[some] / n
        distances = lengths.seconds - np.repeat(mean, _runs(lengths.groups))
        squares = lengths.sums(lengths.calls * distances**2)[some]
        quantiles = {
            name: grouped_quantile(lengths.seconds, lengths.calls, n, probability)
            for name, probability in _QUANTILES.items()
        }
    lower, upper = median_ranks(n, confidence)
    # Any call will do where there is no interval.
    ends = [
        order_statistic(lengths.seconds, lengths.calls, first + np.maximum(rank, 1) - 1)
        for rank in (lower, upper)
    ]
    return {
        "mean": mean,
        "std": np.sqrt(squares / np.where(n > 1, n - 1, np.nan)),
        "min": order_statistic(lengths.seconds, lengths.calls, first),
        **quantiles,
        "max": order_statistic(lengths.seconds, lengths.calls, last),
        "total": total[some],
        "median_low": np.where(lower > 0, ends[0], np.nan),
        "median_high": np.where(lower > 0, ends[1], np.nan),
    }


def _runs(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the rows of each group that has any."""
    return np.unique(groups, return_counts=True)[1]
