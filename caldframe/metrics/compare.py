"""Groups of calls beside one another: do their rates or their lengths differ, by how much, how surely."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.call_lengths import measure_lengths, result_names
from caldframe.engine import as_booleans, closest, count_rows, group_columns, group_rows
from caldframe.errors import ConfigurationError
from caldframe.outcome import find_outcome
from caldframe.stats import (
    adjust_p_values,
    bootstrap_medians,
    check_confidence,
    check_seed,
    compare_ranks,
    difference_interval,
    grouped_quantile,
    independence_test,
    median_ranks,
    percentile_interval,
    ratio_interval,
    wilson_interval,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from caldframe.call_lengths import Lengths

__all__ = ["compare_lengths", "compare_outcomes"]

_OUTCOMES: Final = (
    *("n", "total", "rate", "rate_low", "rate_high", "baseline_n", "baseline_total", "baseline_rate"),
    *("difference", "low", "high", "ratio", "ratio_low", "ratio_high", "p_value", "p_adjusted", "test"),
)
_LENGTHS: Final = (
    *("n", "median", "baseline_n", "baseline_median", "difference", "low", "high"),
    *("u", "longer", "p_value", "p_adjusted"),
)
_RESAMPLES: Final = 9_999
_CELLS_AT_ONCE: Final = 1_000_000
_GROUPS_NAMED: Final = 20


def compare_outcomes(
    calls: pd.DataFrame,
    by: str | Sequence[str],
    *,
    outcome: str = "pickedUp",
    baseline: Any = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare how often groups of calls have an outcome, each with the rest or all with one of them.

    Only completed calls count, on both sides, so that a call that is still pending is never counted as a
    failure.

    Parameters
    ----------
    calls : pandas.DataFrame
        One row a call; the columns of `by`, `completed`, and `result` or the outcome's own are read.
    by : str or list of str
        The column or columns whose values are compared.
    outcome : str, default "pickedUp"
        A result, or a column of true and false that you added to the calls; null is false.
    baseline : optional
        The group that the others are compared with: its value in the column of `by`, or a tuple with one
        value for each column; ``pandas.NA`` for calls that have none. By default each group is compared
        with all other calls together.
    confidence : float, default 0.95
        The confidence level of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row a group, sorted, null last, the baseline too. Columns:

        - the columns of `by`
        - `n`, `total` (int64): calls of the group with the outcome, and all its completed calls
        - `rate`, `rate_low`, `rate_high` (float64): n / total, and its Wilson score interval
        - `baseline_n`, `baseline_total` (int64), `baseline_rate` (float64): the same of what it is compared
          with
        - `difference`, `low`, `high` (float64): rate - baseline_rate, 0.02 being two points in a hundred,
          and Newcombe's hybrid score interval
        - `ratio`, `ratio_low`, `ratio_high` (float64): rate / baseline_rate, infinite where the latter is 0
          and NaN where both are, and its MOVER-R interval
        - `p_value` (float64): two-sided
        - `p_adjusted` (float64): the same, adjusted by Holm's method for all comparisons of the table
        - `test` (str): "chi-square" or "fisher", whichever the p-value is of

        Where `total` is 0, `rate` and its interval are NaN; where either total is 0, and in the row of the
        baseline, there is no comparison: NaN, and null in `test`. The attributes ``attrs["outcome"]``,
        ``attrs["baseline"]`` and ``attrs["confidence"]`` of the table say how it was made.

    Raises
    ------
    UnknownColumnError
        If `calls` lacks a column.
    ConfigurationError
        If an argument is wrong, `baseline` is no group, or a column holds values of another kind.

    See Also
    --------
    caldframe.outcome_rates : The rates alone, of every result.

    Notes
    -----
    The difference's interval is method 10 of Newcombe (1998b), the ratio's that of Donner and Zou (2012):
    one excludes 0 exactly where the other excludes 1 (`caldframe.stats.difference_interval`,
    `caldframe.stats.ratio_interval`). The p-value is Fisher's exact where a count below 5 is expected, else
    that of the chi-square test without continuity correction (`caldframe.stats.independence_test`). The
    intervals are not adjusted for how many groups there are; `p_adjusted` is. Two groups, each compared with
    the rest, are one comparison, and counted as one.

    All of it takes the calls as independent. Several calls to one prospect are not: they make intervals too
    narrow and p-values too small. And groups that were not drawn by lot differ in more than their name: an
    agent who calls in the evening is compared together with the evening.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame(
    ...     {
    ...         "agent_id": ["a"] * 70 + ["b"] * 80,
    ...         "result": ["pickedUp"] * 56 + ["ivr"] * 14 + ["pickedUp"] * 48 + ["ivr"] * 32,
    ...         "completed": True,
    ...     }
    ... )
    >>> table = compare_outcomes(calls, "agent_id", baseline="b")
    >>> table[["agent_id", "rate", "baseline_rate", "difference", "low", "high", "p_value"]].round(4)
      agent_id  rate  baseline_rate  difference     low    high  p_value
    0        a   0.8            0.6         0.2  0.0524  0.3339    0.008
    1        b   0.6            0.6         NaN     NaN     NaN      NaN
    """
    check_confidence(confidence)
    columns = _columns(by, _OUTCOMES)
    sought = find_outcome(calls, outcome)
    counts = count_rows(calls, [*columns, "completed", sought.column])
    groups = group_rows(counts.keys, columns)
    counted = counts.rows * as_booleans(counts.keys["completed"])
    total = groups.sums(counted)
    n = groups.sums(counted * sought.occurred(counts.keys))
    place = _place(groups.keys, columns, baseline)
    if place is None:
        other_n, other_total = n.sum() - n, total.sum() - total
    else:
        other_n, other_total = np.full_like(n, n[place]), np.full_like(total, total[place])
    compared = (total > 0) & (other_total > 0) & (np.arange(len(n)) != place)
    p_values, exact = independence_test(n, total, other_n, other_total)

    table = groups.keys.copy()
    table["n"], table["total"] = n, total
    table["rate"] = n / np.where(total > 0, total, np.nan)
    table["rate_low"], table["rate_high"] = wilson_interval(n, total, confidence)
    table["baseline_n"], table["baseline_total"] = other_n, other_total
    table["baseline_rate"] = other_n / np.where(other_total > 0, other_total, np.nan)
    table["difference"] = table["rate"] - table["baseline_rate"]
    table["low"], table["high"] = difference_interval(n, total, other_n, other_total, confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        table["ratio"] = table["rate"].to_numpy() / table["baseline_rate"].to_numpy()
    table["ratio_low"], table["ratio_high"] = ratio_interval(n, total, other_n, other_total, confidence)
    table["p_value"] = p_values
    table["p_adjusted"] = np.nan
    for name in _OUTCOMES[_OUTCOMES.index("difference") : _OUTCOMES.index("p_adjusted")]:
        table[name] = table[name].where(compared)
    table["p_adjusted"] = _adjusted(table["p_value"].to_numpy(), place)
    tests = pd.Series(np.where(exact, "fisher", "chi-square"), dtype=pd.StringDtype(na_value=np.nan))
    table["test"] = tests.where(compared)
    table.attrs = {"outcome": outcome, "baseline": baseline, "confidence": float(confidence)}
    return table


def compare_lengths(  # noqa: PLR0913 - the words that all metrics share
    calls: pd.DataFrame,
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
    calls : pandas.DataFrame
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
        comparison: NaN. The attributes ``attrs["baseline"]``, ``attrs["results"]``, ``attrs["confidence"]``,
        ``attrs["seed"]`` and ``attrs["resamples"]`` of the table say how it was made.

    Raises
    ------
    UnknownColumnError
        If `calls` lacks a column.
    ConfigurationError
        If an argument is wrong, `baseline` is no group, `results` names one that is neither documented nor
        among the calls, or a column holds values of another kind.

    See Also
    --------
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
      agent_id  median  difference   low  high  longer  p_value
    0        a    66.0        35.5  10.0  89.5  0.9062   0.0074
    1        b    30.5         NaN   NaN   NaN     NaN      NaN
    """
    check_confidence(confidence)
    seed = check_seed(seed)
    columns = _columns(by, _LENGTHS)
    lengths = measure_lengths(calls, columns, results)
    place = _place(lengths.keys, columns, baseline)
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
    numbers["p_adjusted"] = _adjusted(numbers["p_value"], place)
    table = lengths.keys.assign(**numbers)
    table.attrs = {
        "baseline": baseline,
        "results": result_names(results),
        "confidence": float(confidence),
        "seed": seed,
        "resamples": _RESAMPLES,
    }
    return table


def _columns(by: Any, taken: Sequence[str]) -> list[str]:
    columns = group_columns(by, taken)
    if not columns:
        raise ConfigurationError(f"by={by!r} names no column, so there is nothing to compare. Name one.")
    return columns


def _place(keys: pd.DataFrame, columns: Sequence[str], baseline: Any) -> int | None:
    """Find the group that is the baseline; None where each is compared with the rest, or there is none."""
    if baseline is None or keys.empty:
        return None
    wanted = baseline if len(columns) > 1 else (baseline,)
    if not isinstance(wanted, (tuple, list)) or len(wanted) != len(columns):
        raise ConfigurationError(
            f"baseline={baseline!r} does not say which group. Give a tuple with one value for each column "
            f"of by: {', '.join(columns)}."
        )
    groups = [tuple(row) for row in keys[list(columns)].itertuples(index=False, name=None)]
    for place, group in enumerate(groups):
        if all(_are_same(value, other) for value, other in zip(group, wanted, strict=True)):
            return place
    names = [str(group[0] if len(columns) == 1 else group) for group in groups]
    more = f" and {len(names) - _GROUPS_NAMED:,} more" if len(names) > _GROUPS_NAMED else ""
    raise ConfigurationError(
        f"baseline={baseline!r} is no group of these calls.{closest(str(baseline), names)} "
        f"The groups: {', '.join(names[:_GROUPS_NAMED])}{more}."
    )


def _are_same(value: Any, wanted: Any) -> bool:
    if not pd.api.types.is_scalar(wanted):
        return False
    if pd.isna(value) or pd.isna(wanted):
        return bool(pd.isna(value) and pd.isna(wanted))
    return bool(value == wanted)


def _adjusted(p_values: NDArray[np.float64], place: int | None) -> NDArray[np.float64]:
    # Two groups beside the rest are beside one another: one comparison, told twice.
    if place is None and np.count_nonzero(~np.isnan(p_values)) == 2:  # noqa: PLR2004 - the two
        return p_values
    return adjust_p_values(p_values)


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
        sides = sorted((mine, theirs), key=lambda calls: (calls.sum(), calls @ seconds))
        one, other = (bootstrap_medians(seconds, calls, generator, _RESAMPLES) for calls in sides)
        low, high = percentile_interval(one - other, confidence)
        return (low, high) if sides[0] is mine else (-high, -low)
