"""How often groups of calls have an outcome, beside one another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.engine import Frame, as_booleans, count_rows, group_rows
from caldframe.metrics.compare.baselines import adjusted, columns_to_compare, describe_baseline, find_baseline
from caldframe.outcome import find_outcome
from caldframe.stats import (
    check_confidence,
    difference_interval,
    independence_test,
    rate_with_interval,
    ratio_interval,
    share_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["compare_outcomes"]

_OUTCOMES: Final = (
    *("n", "total", "rate", "rate_low", "rate_high", "baseline_n", "baseline_total", "baseline_rate"),
    *("difference", "low", "high", "ratio", "ratio_low", "ratio_high", "p_value", "p_adjusted", "test"),
)


def compare_outcomes(
    calls: Frame,
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
    calls : DataFrame of any engine
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
        ``attrs["baseline"]`` (None for the rest, else a text for each column of `by`) and
        ``attrs["confidence"]`` of the table say how it was made.

    Raises
    ------
    UnknownColumnError
        If `calls` lacks a column.
    ConfigurationError
        If an argument is wrong, `baseline` is no group, or a column holds values of another kind.

    See Also
    --------
    caldframe.plots.compare_outcomes : Draw the table.
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
    columns = columns_to_compare(by, _OUTCOMES)
    sought = find_outcome(calls, outcome)
    counts = count_rows(calls, [*columns, "completed", sought.column])
    groups = group_rows(counts.keys, columns)
    counted = counts.rows * as_booleans(counts.keys["completed"])
    total = groups.sums(counted)
    n = groups.sums(counted * sought.occurred(counts.keys))
    place = find_baseline(groups.keys, columns, baseline)
    if place is None:
        other_n, other_total = n.sum() - n, total.sum() - total
    else:
        other_n, other_total = np.full_like(n, n[place]), np.full_like(total, total[place])
    compared = (total > 0) & (other_total > 0) & (np.arange(len(n)) != place)
    p_values, exact = independence_test(n, total, other_n, other_total)

    table = groups.keys.copy()
    table["n"], table["total"] = n, total
    rates = rate_with_interval(n, total, confidence)
    table["rate"], table["rate_low"], table["rate_high"] = rates
    table["baseline_n"], table["baseline_total"] = other_n, other_total
    table["baseline_rate"] = share_of(other_n, other_total)
    table["difference"] = table["rate"] - table["baseline_rate"]
    table["low"], table["high"] = difference_interval(n, total, other_n, other_total, confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        table["ratio"] = table["rate"].to_numpy() / table["baseline_rate"].to_numpy()
    table["ratio_low"], table["ratio_high"] = ratio_interval(n, total, other_n, other_total, confidence)
    table["p_value"] = p_values
    table["p_adjusted"] = np.nan
    for name in _OUTCOMES[_OUTCOMES.index("difference") : _OUTCOMES.index("p_adjusted")]:
        table[name] = table[name].where(compared)
    table["p_adjusted"] = adjusted(table["p_value"].to_numpy(), place)
    tests = pd.Series(np.where(exact, "fisher", "chi-square"), dtype="str")
    table["test"] = tests.where(compared)
    table.attrs = {
        "outcome": outcome,
        "baseline": describe_baseline(baseline),
        "confidence": float(confidence),
    }
    return table
