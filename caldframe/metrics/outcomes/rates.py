"""How calls ended: rates of results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from caldframe.engine import Frame, as_booleans, as_text, count_rows, group_columns, group_rows, repeat_rows
from caldframe.errors import ConfigurationError
from caldframe.schema import RESULTS
from caldframe.stats import check_confidence, rate_with_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["outcome_rates"]

_RATE_COLUMNS: Final = ("result", "n", "total", "rate", "low", "high")


def outcome_rates(
    calls: Frame,
    by: str | Sequence[str] | None = None,
    *,
    of: Literal["completed", "all"] = "completed",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Count how calls ended, each rate with its count, its denominator and its interval.

    By default both the count and the denominator are of completed calls only, so that a call that is still
    pending is never counted as a failure. A call whose `completed` is null is not known to be over and is
    not counted either. With ``of="all"`` every row of `calls` counts.

    Parameters
    ----------
    calls : DataFrame of any engine
        One row a call; the columns `result` and, for completed calls, `completed` are read.
    by : str or list of str, optional
        Column or columns to group by. By default all calls are one group.
    of : {"completed", "all"}, default "completed"
        The calls that are counted and that a rate is of.
    confidence : float, default 0.95
        The confidence level of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row a group and result. Groups are sorted, null last; within each come the seven results of the
        API in its order, whether or not they occur, then any other result that occurs, sorted, then null
        if it occurs. Every group has the same results. Columns:

        - the columns of `by`
        - `result` (str): how the calls ended
        - `n` (int64): calls of the group that ended so
        - `total` (int64): calls of the group that are counted
        - `rate` (float64): n / total; the rates of a group sum to 1
        - `low`, `high` (float64): the Wilson score interval of the rate, without continuity correction

        Where the total is 0, `rate`, `low` and `high` are NaN. The attributes ``attrs["of"]`` and
        ``attrs["confidence"]`` of the table say how it was made.

    Raises
    ------
    UnknownColumnError
        If `calls` lacks a column.
    ConfigurationError
        If an argument is wrong, or a column holds values of another kind.

    See Also
    --------
    caldframe.plots.outcome_rates : Draw the table.

    Notes
    -----
    The interval is that of `caldframe.stats.wilson_interval` (Wilson 1927; Newcombe 1998a). It takes the
    calls as independent of one another; several calls to one prospect are less telling than as many
    prospects.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame({"result": ["pickedUp", "failed", "pending"], "completed": [True, True, False]})
    >>> outcome_rates(calls).query("n > 0").round(3)
         result  n  total  rate    low   high
    1  pickedUp  1      2   0.5  0.095  0.905
    6    failed  1      2   0.5  0.095  0.905
    """
    check_confidence(confidence)
    if of not in ("completed", "all"):
        raise ConfigurationError(f'of={of!r} is neither "completed" nor "all".')
    columns = group_columns(by, taken=_RATE_COLUMNS)
    over = [] if of == "all" else ["completed"]
    counts = count_rows(calls, [*columns, *over, "result"])
    groups = group_rows(counts.keys, columns)
    counted = counts.rows if of == "all" else counts.rows * as_booleans(counts.keys["completed"])

    results = as_text(counts.keys["result"])
    levels = _levels(results[counted > 0])
    n = np.zeros((len(groups.keys), len(levels)), dtype=np.int64)
    # get_indexer finds null among the levels too; what is not among them is not counted.
    there = counted > 0
    np.add.at(n, (groups.numbers[there], levels.get_indexer(pd.Index(results[there]))), counted[there])
    total = np.repeat(n.sum(axis=1), len(levels))

    table = repeat_rows(groups.keys, len(levels))
    table["result"] = pd.Series(np.tile(levels, len(groups.keys)), dtype=results.dtype)
    table["n"] = n.ravel()
    table["total"] = total
    table["rate"], table["low"], table["high"] = rate_with_interval(n.ravel(), total, confidence)
    table.attrs = {"of": of, "confidence": float(confidence)}
    return table


def _levels(results: pd.Series[Any]) -> pd.Index[Any]:
    """Give every result there is a row for: the documented ones, then new ones, then null."""
    others = sorted(set(results.dropna()) - set(RESULTS))
    null = [None] if results.isna().any() else []
    return pd.Index([*RESULTS, *others, *null], dtype=results.dtype)
