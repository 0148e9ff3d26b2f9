"""How long the calls of groups lasted, beside one another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from caldframe.call_lengths import measure_lengths, result_names
from caldframe.metrics.compare.baselines import adjusted, columns_to_compare, describe_baseline, find_baseline
from caldframe.stats import (
    bootstrap_medians,
    check_confidence,
    check_seed,
    compare_ranks,
    grouped_quantile,
    median_ranks,
    percentile_interval,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from caldframe.call_lengths import Lengths
    from caldframe.engine import Frame

__all__ = ["compare_lengths"]

_LENGTHS: Final = (
    *("n", "median", "baseline_n", "baseline_median", "difference", "low", "high"),
    *("u", "longer", "p_value", "p_adjusted"),
)
_RESAMPLES: Final = 9_999
_CELLS_AT_ONCE: Final = 1_000_000


def compare_lengths(  # noqa: PLR0913 - the words that all metrics share
    calls: Frame,
    by: str | Sequence[str],
    *,
    baseline: Any = None,
    results: str | Collection[str] | None = ("pickedUp",),
    confidence: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare how long the calls of groups lasted, each with the rest or all with one of them.

    Calls whose length is known are measured, that is, a finite number; a call that is not over has none.

    Parameters
    ----------
    calls : DataFrame of any engine
        One row a call; the columns of `by`, `call_length` and, unless all results count, `result` are read.
    by : str or list of str
        The column or columns whose values are compared.
    baseline : optional
        The group that the others are compared with: its value in the column of `by`, or a tuple with one
        value for each column; ``pandas.NA`` for calls that have none. By default each group is compared
        with all other calls together.
    results : str or list of str or None, default ("pickedUp",)
        The calls that are measured, by their `result`; None for all.
    confidence : float, default 0.95
        The confidence level of the intervals.
    seed : int, default 0
        The seed of the bootstrap: the same calls and seed give the same intervals, whatever the order of
        the calls.

    Returns
    -------
    pandas.DataFrame
        One row a group, sorted, null last, the baseline too. Columns, float64 where nothing else is said:

        - the columns of `by`
        - `n` (int64), `median`: calls measured, and their median in seconds
        - `baseline_n` (int64), `baseline_median`: the same of what they are compared with
        - `difference`, `low`, `high`: median - baseline_median in seconds, and its bootstrap interval; the
          ends are NaN where either side has too few calls for an interval of its median, fewer than 6 for
          95%
        - `u`: Mann-Whitney's U of the group
        - `longer`: U / (n · baseline_n), the chance that a call of the group is longer than one of the
          baseline, a tie for half; 0.5 is no tendency
        - `p_value`: of the Mann-Whitney test, two-sided
        - `p_adjusted`: the same, adjusted by Holm's method for all comparisons of the table

        Where `n` is 0 the median is NaN; where either is 0, and in the row of the baseline, there is no
        comparison: NaN. The attributes ``attrs["baseline"]`` (None for the rest, else a text for each column
        of `by`), ``attrs["results"]``, ``attrs["confidence"]``, ``attrs["seed"]`` and ``attrs["resamples"]``
        of the table say how it was made.

    Raises
    ------
    UnknownColumnError
        If `calls` lacks a column.
    ConfigurationError
        If an argument is wrong, `baseline` is no group, `results` names one that is neither documented nor
        among the calls, or a column holds values of another kind.

    See Also
    --------
    caldframe.plots.compare_lengths : Draw the table.
    caldframe.length_summary : More about the lengths of each group alone.

    Notes
    -----
    The Mann-Whitney test is about `longer`, not about the medians: where the shapes differ, one may differ
    and the other not. Its p-value is that of the normal approximation, with ties and continuity corrected
    (`caldframe.stats.compare_ranks`); with fewer than about 8 calls on either side it is approximate.

    The interval is the percentile interval of 9,999 bootstrap resamples of both sides (Efron and Tibshirani
    1993, chapter 13; `caldframe.stats.bootstrap_medians`). Lengths are whole seconds, mostly, and so are its
    ends or nearly.

    All of it takes the calls as independent. Several calls to one prospect are not: they make intervals too
    narrow and p-values too small.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame(
    ...     {
    ...         "agent_id": ["a"] * 8 + ["b"] * 8,
    ...         "result": "pickedUp",
    ...         "call_length": [30, 45, 50, 62, 70, 95, 120, 400, 12, 15, 22, 28, 33, 40, 41, 60],
    ...     }
    ... )
    >>> table = compare_lengths(calls, "agent_id", baseline="b")
    >>> table[["agent_id", "median", "difference", "low", "high", "longer", "p_value"]].round(4)
      agent_id  median  difference  low  high  longer  p_value
    0        a    66.0        35.5  9.5  89.5  0.9062   0.0074
    1        b    30.5         NaN  NaN   NaN     NaN      NaN
    """
    check_confidence(confidence)
    seed = check_seed(seed)
    columns = columns_to_compare(by, _LENGTHS)
    lengths = measure_lengths(calls, columns, results)
    place = find_baseline(lengths.keys, columns, baseline)
    numbers = {name: np.full(len(lengths.keys), np.nan) for name in _LENGTHS}
    numbers["n"] = lengths.totals
    numbers["baseline_n"] = (
        lengths.totals.sum() - lengths.totals
        if place is None
        else np.full_like(lengths.totals, lengths.totals[place])
    )
    for groups, seconds, own, other in _blocks(lengths, place):
        ranks = compare_ranks(own, other)
        numbers["u"][groups], numbers["longer"][groups], numbers["p_value"][groups] = ranks
        for group, mine, theirs in zip(groups, own, np.broadcast_to(other, own.shape), strict=True):
            numbers["median"][group] = _median(seconds, mine)
            numbers["baseline_median"][group] = _median(seconds, theirs)
            numbers["low"][group], numbers["high"][group] = _difference_of_medians(
                seconds, mine, theirs, confidence, seed
            )
    with np.errstate(over="ignore"):
        numbers["difference"] = numbers["median"] - numbers["baseline_median"]
    if place is not None:
        for name in ("difference", "low", "high", "u", "longer", "p_value"):
            numbers[name][place] = np.nan
    numbers["p_adjusted"] = adjusted(numbers["p_value"], place)
    table = lengths.keys.assign(**numbers)
    table.attrs = {
        "baseline": describe_baseline(baseline),
        "results": result_names(results),
        "confidence": float(confidence),
        "seed": seed,
        "resamples": _RESAMPLES,
    }
    return table


def _blocks(
    lengths: Lengths, place: int | None
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]]:
    """Give some groups at a time: which, all lengths, how often each occurs in them, and beside them."""
    seconds, places = np.unique(lengths.seconds, return_inverse=True)
    whole = np.zeros(len(seconds), dtype=np.int64)
    chosen = slice(None) if place is None else lengths.groups == place
    np.add.at(whole, places[chosen], lengths.calls[chosen])
    size = max(1, _CELLS_AT_ONCE // max(1, len(seconds)))
    for start in range(0, len(lengths.keys), size):
        groups = np.arange(start, min(start + size, len(lengths.keys)))
        first, last = np.searchsorted(lengths.groups, [start, groups[-1] + 1])
        own = np.zeros((len(groups), len(seconds)), dtype=np.int64)
        np.add.at(own, (lengths.groups[first:last] - start, places[first:last]), lengths.calls[first:last])
        yield groups, seconds, own, whole - own if place is None else whole[np.newaxis]


def _median(seconds: NDArray[np.float64], calls: NDArray[np.int64]) -> float:
    total = calls.sum(keepdims=True)
    return float(grouped_quantile(seconds, calls, total, 0.5)[0]) if total[0] else np.nan


def _difference_of_medians(
    seconds: NDArray[np.float64],
    mine: NDArray[np.int64],
    theirs: NDArray[np.int64],
    confidence: float,
    seed: int,
) -> tuple[float, float]:
    ranks, _ = median_ranks([mine.sum(), theirs.sum()], confidence)
    if not ranks.all():
        return np.nan, np.nan
    with np.errstate(over="ignore", invalid="ignore"):  # lengths of 1e308 and more have no difference
        # The same chance for every row, so that none depends on which others there are; and the same for
        # two groups whichever is asked about, so that one interval is the other's mirror image.
        generator = np.random.default_rng(seed)
        sides = [(seconds[calls > 0], calls[calls > 0]) for calls in (mine, theirs)]
        sizes = [(calls.sum(), (values * calls).sum()) for values, calls in sides]
        turned = sizes[0] > sizes[1]
        first, second = reversed(sides) if turned else sides
        apart = bootstrap_medians(*first, generator, _RESAMPLES)
        apart -= bootstrap_medians(*second, generator, _RESAMPLES)
        low, high = percentile_interval(apart, confidence)
        return (-high, -low) if turned else (low, high)
