"""Distributions of how long calls lasted, in seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from caldframe.call_lengths import measure_lengths, result_names
from caldframe.engine import Frame, group_columns, repeat_rows
from caldframe.stats import bin_edges, check_confidence, distribution_band, place_in_bins, share_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import timedelta

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["length_distribution", "length_ecdf"]

_DISTRIBUTION: Final = ("left", "right", "n", "share", "cumulative", "density")
_ECDF: Final = ("seconds", "n", "total", "ecdf", "low", "high")


def length_distribution(
    calls: Frame,
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
    calls : DataFrame of any engine
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

    table = repeat_rows(lengths.keys, width)
    table["left"] = np.tile(edges[:-1], groups)
    table["right"] = np.tile(edges[1:], groups)
    table["n"] = n.ravel()
    table["share"] = share_of(n.ravel(), total)
    table["cumulative"] = share_of(n.cumsum(axis=1).ravel(), total)
    with np.errstate(over="ignore"):
        span = table["right"] - table["left"]
    table["density"] = table["share"] / span.where(np.isfinite(span))
    table.attrs = {"results": result_names(results)}
    return table


def length_ecdf(
    calls: Frame,
    by: str | Sequence[str] | None = None,
    *,
    results: str | Collection[str] | None = ("pickedUp",),
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Tell what share of the calls was over after how many seconds: no bins to choose, no detail lost.

    Calls whose length is known are measured, that is, a finite number.

    Parameters
    ----------
    calls : DataFrame of any engine
        One row a call; the columns `call_length` and, unless all results count, `result` are read.
    by : str or list of str, optional
        Column or columns to group by. By default all calls are one group.
    results : str or list of str or None, default ("pickedUp",)
        The calls that are measured, by their `result`; None for all.
    confidence : float, default 0.95
        The least confidence of the band.

    Returns
    -------
    pandas.DataFrame
        One row a group and length that occurs in it. Groups are sorted, null last; lengths ascend. Columns:

        - the columns of `by`
        - `seconds` (float64): the length
        - `n` (int64): calls of the group that lasted at most that long
        - `total` (int64): calls of the group that are measured
        - `ecdf` (float64): n / total
        - `low`, `high` (float64): the band; it holds from this length up to the next

        A group with nothing to measure has one row with `n` and `total` 0 and all else NaN. The attributes
        ``attrs["results"]`` and ``attrs["confidence"]`` of the table say how it was made.

    Raises
    ------
    UnknownColumnError
        If `calls` lacks a column.
    ConfigurationError
        If an argument is wrong, `results` names one that is neither documented nor among the calls, or a
        column holds values of another kind.

    See Also
    --------
    caldframe.plots.length_ecdf : Draw the table.

    Notes
    -----
    The band is that of Dvoretzky, Kiefer and Wolfowitz (1956) with the constant of Massart (1990), see
    `caldframe.stats.distribution_band`. Unlike an interval at each length, it holds the whole true
    distribution at once with at least the given confidence, so curves of two groups can be compared
    anywhere along them.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame({"result": "pickedUp", "call_length": [12, 45, 45, 95]})
    >>> length_ecdf(calls)[["seconds", "n", "total", "ecdf"]]
       seconds  n  total  ecdf
    0     12.0  1      4  0.25
    1     45.0  3      4  0.75
    2     95.0  4      4  1.00
    """
    check_confidence(confidence)
    lengths = measure_lengths(calls, group_columns(by, taken=_ECDF), results)
    before = np.cumsum(lengths.totals) - lengths.totals
    so_far = np.cumsum(lengths.calls) - before[lengths.groups]
    empty = np.flatnonzero(lengths.totals == 0)
    groups = np.concatenate([lengths.groups, empty])
    order = np.argsort(groups, kind="stable")

    table = lengths.keys.take(groups[order]).reset_index(drop=True)
    table["seconds"] = np.concatenate([lengths.seconds, np.full(len(empty), np.nan)])[order]
    table["n"] = np.concatenate([so_far, np.zeros(len(empty), np.int64)])[order]
    table["total"] = lengths.totals[groups[order]]
    table["ecdf"] = share_of(table["n"], table["total"])
    table["low"], table["high"] = distribution_band(table["ecdf"], table["total"], confidence)
    table.attrs = {"results": result_names(results), "confidence": float(confidence)}
    return table
