"""How long calls lasted: summaries and distributions, in seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from caldframe.call_lengths import measure_lengths, result_names
from caldframe.engine import group_columns
from caldframe.stats import (
    bin_edges,
    check_confidence,
    grouped_quantile,
    median_ranks,
    order_statistic,
    place_in_bins,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import timedelta

    import pandas as pd
    from numpy.typing import NDArray

    from caldframe.call_lengths import Lengths

__all__ = ["length_distribution", "length_summary"]

_QUANTILES: Final = {"p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99}
_SUMMARY: Final = ("n", "mean", "std", "min", *_QUANTILES, "max", "total", "median_low", "median_high")
_DISTRIBUTION: Final = ("left", "right", "n", "share", "cumulative", "density")


def length_summary(
    calls: pd.DataFrame,
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
    calls : pandas.DataFrame
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
    lengths = measure_lengths(calls, group_columns(by, taken=_SUMMARY), results)
    table = lengths.keys.copy()
    table["n"] = lengths.totals
    numbers = _summed_up(lengths, confidence)
    for name in _SUMMARY[1:]:
        column = np.full(len(table), np.nan)
        column[lengths.totals > 0] = numbers[name]
        table[name] = column
    table.attrs = {"results": result_names(results), "confidence": float(confidence)}
    return table


def length_distribution(
    calls: pd.DataFrame,
    by: str | Sequence[str] | None = None,
    *,
    bins: str | int | timedelta | Sequence[float] | NDArray[np.floating[Any]] = "fd",
    results: str | Collection[str] | None = ("pickedUp",),
) -> pd.DataFrame:
    """Count calls by how long they lasted: a histogram as a table.

    Calls whose length is known are measured, that is, a finite number. All groups have the same bins. A bin
    holds the lengths from `left` on and under `right`, the last one `right` as well.

    Parameters
    ----------
    calls : pandas.DataFrame
        One row a call; the columns `call_length` and, unless all results count, `result` are read.
    by : str or list of str, optional
        Column or columns to group by. By default all calls are one group.
    bins : str or int or datetime.timedelta or sequence of float, default "fd"
        The bins:

        - ``"fd"``: as wide as Freedman and Diaconis's rule says for all groups together, in whole seconds,
          from a multiple of that width
        - a text such as ``"30s"`` or ``"2min"``, or a timedelta: that wide, from a multiple of it
        - an int: that many, equally wide, from the shortest to the longest call
        - numbers, ascending: the edges, in seconds. Where calls lie outside, a bin from minus infinity or
          one to infinity holds them, so that none is lost

        A float is refused: nobody could tell ``30.0`` seconds from ``30`` bins.
    results : str or list of str or None, default ("pickedUp",)
        The calls that are measured, by their `result`; None for all.

    Returns
    -------
    pandas.DataFrame
        One row a group and bin. Groups are sorted, null last; bins ascend. Columns:

        - the columns of `by`
        - `left`, `right` (float64): the bin's edges, in seconds
        - `n` (int64): calls of the group in the bin
        - `share` (float64): n / the group's calls measured; the shares of a group sum to 1
        - `cumulative` (float64): the share of this bin and those before it
        - `density` (float64): share / the bin's width, per second; NaN for a bin without end

        In a group with nothing to measure `n` is 0 and what is divided by it NaN. If no group has anything
        to measure and `bins` has no edges, each has one row with NaN edges. The attribute
        ``attrs["results"]`` of the table says which calls were measured.

    Raises
    ------
    UnknownColumnError
        If `calls` lacks a column.
    ConfigurationError
        If an argument is wrong, `results` names one that is neither documented nor among the calls, or a
        column holds values of another kind.

    See Also
    --------
    caldframe.plots.length_distribution : Draw the table.

    Notes
    -----
    `caldframe.stats.bin_edges` says how the rule of Freedman and Diaconis (1981) is made fit for whole
    seconds, and what becomes of it where lengths hardly vary or one is far beyond the others.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame({"result": "pickedUp", "call_length": [12, 45, 50, 95]})
    >>> length_distribution(calls, bins="30s").round(4)
       left  right  n  share  cumulative  density
    0   0.0   30.0  1   0.25        0.25   0.0083
    1  30.0   60.0  2   0.50        0.75   0.0167
    2  60.0   90.0  0   0.00        0.75   0.0000
    3  90.0  120.0  1   0.25        1.00   0.0083
    """
    columns = group_columns(by, taken=_DISTRIBUTION)
    lengths = measure_lengths(calls, columns, results)
    edges = bin_edges(bins, lengths.seconds, lengths.calls)
    places, edges = place_in_bins(lengths.seconds, edges)
    groups, width = len(lengths.keys), len(edges) - 1
    n = np.zeros((groups, width), dtype=np.int64)
    np.add.at(n, (lengths.groups, places), lengths.calls)
    total = np.repeat(lengths.totals, width)
    divisor = np.where(total > 0, total, np.nan)

    table = lengths.keys.loc[lengths.keys.index.repeat(width)].reset_index(drop=True)
    table["left"] = np.tile(edges[:-1], groups)
    table["right"] = np.tile(edges[1:], groups)
    table["n"] = n.ravel()
    table["share"] = n.ravel() / divisor
    table["cumulative"] = n.cumsum(axis=1).ravel() / divisor
    with np.errstate(over="ignore"):
        span = table["right"] - table["left"]
    table["density"] = table["share"] / span.where(np.isfinite(span))
    table.attrs = {"results": result_names(results)}
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
