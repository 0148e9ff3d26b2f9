"""How many attempts it takes to reach prospects, and how long to wait between them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.engine import EVENT_COLUMNS, Frame, check_whole, group_columns, repeat_rows
from caldframe.errors import ConfigurationError
from caldframe.metrics.reach.histories import count_attempts
from caldframe.stats import check_confidence, kaplan_meier, rate_with_interval, share_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

__all__ = ["reach_by_gap", "reach_curve"]

_HAZARD: Final = ("hazard", "hazard_low", "hazard_high")
_CURVE: Final = ("attempt", "at_risk", "reached", "censored", *_HAZARD, "reach", "low", "high", "observed")
_BY_GAP: Final = ("attempt", "left", "right", "at_risk", "reached", *_HAZARD)
_GAPS: Final = ("4h", "12h", "36h", "60h", "7D")
_MICROSECOND: Final = np.timedelta64(1, "us")
_HOUR: Final = np.timedelta64(1, "h")


@dataclass(frozen=True, eq=False)
class _Trials:
    """The attempts to reach prospects not reached yet, counted, and the groups they are in."""

    keys: pd.DataFrame
    groups: NDArray[np.int64]
    numbers: NDArray[np.int64]
    gaps: NDArray[np.int64]
    reached: NDArray[np.bool_]
    rows: NDArray[np.int64]
    left_out: int

    def last_numbers(self, least: int) -> NDArray[np.int64]:
        """Give the highest number of an attempt in each group, or the least there is to be."""
        last = np.full(len(self.keys), least, dtype=np.int64)
        np.maximum.at(last, self.groups, self.numbers)
        return last

    def count(self, places: NDArray[np.int64], which: NDArray[np.bool_], length: int) -> NDArray[np.int64]:
        """Add up, place by place, the attempts that are so."""
        sums = np.zeros(length, dtype=np.int64)
        np.add.at(sums, places[which], self.rows[which])
        return sums


def reach_curve(
    calls: Frame,
    by: str | Sequence[str] | None = None,
    *,
    outcome: str = "pickedUp",
    max_attempts: int | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Tell what part of the prospects is reached by the first attempt, the second, and so on.

    An attempt is a completed outbound call to a prospect that had not been reached before; `attempts` says
    what a prospect is, and what becomes of pending calls, of calls that come in and of calls whose prospect
    or time is unknown. Calls after a prospect was reached do not count. A prospect that was never attempted
    does not either.

    Parameters
    ----------
    calls : DataFrame of any engine
        One row a call, all calls to the prospects from the first on; the columns `campaign_id`,
        `prospect_number`, `direction`, `completed`, `created_at` and that of the outcome are read.
    by : str or list of str, optional
        Column or columns to group by. By default all prospects are one group. A prospect is in the group
        of its first attempt, with all of its attempts.
    outcome : str, default "pickedUp"
        What counts as reached: a result, or a column of true and false that you added to the calls.
    max_attempts : int, optional
        The last attempt to give a row to. By default all that were made.
    confidence : float, default 0.95
        The confidence level of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row a group and attempt, a life table. Groups are sorted, null last; attempts ascend from 1 to
        the last one made in the group. Columns:

        - the columns of `by`
        - `attempt` (int64): 1 for the first
        - `at_risk` (int64): prospects attempted so often that had not been reached before
        - `reached` (int64): those whom this attempt reached
        - `censored` (int64): those whom it did not reach and for whom it was the last one so far, or who
          called in before the next
        - `hazard` (float64): reached / at_risk, what this attempt achieves
        - `hazard_low`, `hazard_high` (float64): the Wilson score interval of the hazard
        - `reach` (float64): the part reached by this attempt or one before it, if those who are censored
          would be reached as the others are: 1 - Kaplan and Meier's survival
        - `low`, `high` (float64): Greenwood's interval of it; NaN where `reach` is exactly 0 or 1, for
          which the formula has no value
        - `observed` (float64): reached so far / prospects attempted, the least that `reach` could be: as
          if none of the censored would ever be reached

        A group without attempts has one row, the first attempt, with 0 and NaN. The attributes
        ``attrs["outcome"]``, ``attrs["max_attempts"]`` and ``attrs["confidence"]`` of the table say how it
        was made, ``attrs["left_out"]`` how many completed outbound calls could not be placed.

    Raises
    ------
    UnknownColumnError
        If `calls` lacks a column.
    ConfigurationError
        If an argument is wrong, or a column holds values of another kind.

    See Also
    --------
    caldframe.plots.reach_curve : Draw the table.
    reach_by_gap : The same by the time since the previous attempt.

    Notes
    -----
    With n at risk and d reached at each attempt, reach = 1 - Π (1 - d/n) (Kaplan and Meier 1958). The
    variance of ln(1 - reach) is Σ d / (n (n - d)) (Greenwood 1926), and the interval is symmetric for
    ln(-ln(1 - reach)) (Kalbfleisch and Prentice 2002, section 1.4); see `caldframe.stats.kaplan_meier`.
    The hazard's interval is that of `caldframe.stats.wilson_interval`.

    All this takes those who are not tried again for as easy to reach as those who are. Where calls stop
    *because* somebody is hard to reach, after a dead number for example, `reach` is too high, and the truth
    lies between `observed` and `reach`. And a hazard that falls from attempt to attempt does not say that
    calling again puts people off: who is easily reached is reached early, so those who are left are others.
    Intervals take prospects as independent of one another. With few reached, or few left at risk, Greenwood's
    interval is rough: look at `at_risk`.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame(
    ...     {
    ...         "campaign_id": "c1",
    ...         "prospect_number": ["+1", "+2", "+3", "+4", "+1", "+2"],
    ...         "direction": "outbound",
    ...         "completed": True,
    ...         "result": ["ivr", "failed", "pickedUp", "ivr", "pickedUp", "ivr"],
    ...         "created_at": pd.date_range("2026-03-02", periods=6, freq="D", tz="UTC"),
    ...     }
    ... )
    >>> curve = reach_curve(calls)
    >>> curve[["attempt", "at_risk", "reached", "censored", "hazard", "reach", "observed"]]
       attempt  at_risk  reached  censored  hazard  reach  observed
    0        1        4        1         1    0.25  0.250      0.25
    1        2        2        1         1    0.50  0.625      0.50
    """
    check_confidence(confidence)
    limit = _checked_limit(max_attempts, least=1)
    trials = _find_trials(calls, group_columns(by, taken=(*_CURVE, *EVENT_COLUMNS)), outcome)

    rows = trials.last_numbers(least=1)
    ends = np.cumsum(rows)
    starts = ends - rows
    places = starts[trials.groups] + trials.numbers - 1
    curves = np.repeat(np.arange(len(rows)), rows)
    number = np.arange(rows.sum()) - starts[curves] + 1
    at_risk = trials.count(places, np.ones(len(places), dtype=np.bool_), len(number))
    reached = trials.count(places, trials.reached, len(number))
    tried_again = np.append(at_risk, 0)[1:]
    tried_again[ends - 1] = 0
    survival, low, high = kaplan_meier(at_risk, reached, curves, confidence)
    so_far = np.cumsum(reached)
    first = at_risk[starts]

    table = repeat_rows(trials.keys, rows)
    table["attempt"] = number
    table["at_risk"] = at_risk
    table["reached"] = reached
    table["censored"] = at_risk - reached - tried_again
    _add_hazard(table, confidence)
    table["reach"] = 1 - survival
    table["low"] = 1 - high
    table["high"] = 1 - low
    reached_in_group = so_far - (so_far - reached)[starts][curves]
    table["observed"] = share_of(reached_in_group, first[curves])
    shown: pd.DataFrame = table.loc[number <= limit].reset_index(drop=True)
    shown.attrs = _how_made(trials, outcome, max_attempts, confidence)
    return shown


def reach_by_gap(  # noqa: PLR0913 - those of the curve, and the gaps
    calls: Frame,
    by: str | Sequence[str] | None = None,
    *,
    gaps: Sequence[str | timedelta] = _GAPS,
    outcome: str = "pickedUp",
    max_attempts: int | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Tell how often the second attempt, the third, and so on, succeeds by how long after the last it came.

    It counts what `reach_curve` counts: attempts to reach prospects not reached yet, apart from first
    attempts, which follow on nothing. Summed over the gaps, `at_risk` and `reached` are those of the curve.

    Parameters
    ----------
    calls : DataFrame of any engine
        One row a call, all calls to the prospects from the first on; the columns `campaign_id`,
        `prospect_number`, `direction`, `completed`, `created_at` and that of the outcome are read.
    by : str or list of str, optional
        Column or columns to group by. By default all prospects are one group. A prospect is in the group
        of its first attempt, with all of its attempts.
    gaps : list of str or datetime.timedelta, default ("4h", "12h", "36h", "60h", "7D")
        Where one range of gaps ends and the next begins, ascending. The first begins at 0, the last has no
        end. By default they are: within four hours, later the same day, about a day, about two days, up to
        a week, longer. A day's range is that of the half days around it, so that ten in the morning after
        three in the afternoon counts as a day.
    outcome : str, default "pickedUp"
        What counts as reached: a result, or a column of true and false that you added to the calls.
    max_attempts : int, optional
        The last attempt to give rows to, 2 at least. By default all that were made.
    confidence : float, default 0.95
        The confidence level of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row a group, attempt and gap. Groups are sorted, null last; attempts ascend from 2 to the last
        one made in the group, and gaps ascend. Columns:

        - the columns of `by`
        - `attempt` (int64): 2 for the second, which is the first that has a gap
        - `left`, `right` (float64): the gap, in hours, from `left` on and under `right`; infinite at the
          end. It runs from the `created_at` of the previous attempt to that of this one
        - `at_risk` (int64): prospects attempted so often, after such a gap, that had not been reached before
        - `reached` (int64): those whom this attempt reached
        - `hazard` (float64): reached / at_risk
        - `hazard_low`, `hazard_high` (float64): the Wilson score interval of the hazard

        Where nobody is at risk, the hazard is NaN. A group without second attempts has the rows of attempt
        2, with 0 and NaN. The attributes ``attrs["outcome"]``, ``attrs["max_attempts"]`` and
        ``attrs["confidence"]`` of the table say how it was made, ``attrs["left_out"]`` how many completed
        outbound calls could not be placed.

    Raises
    ------
    UnknownColumnError
        If `calls` lacks a column.
    ConfigurationError
        If an argument is wrong, or a column holds values of another kind.

    See Also
    --------
    caldframe.plots.reach_by_gap : Draw the table.
    reach_curve : All gaps together, and the part reached so far.

    Notes
    -----
    Compare gaps within one attempt: those who are left for the fifth attempt are harder to reach than those
    who are left for the second, whatever the gap. A difference between gaps is no proof that waiting is
    what made it, unless chance decided who waits: whoever sets the gap may do so by the hour, by the
    result of the last call or by the list, and each of these matters too. Many cells are compared here, so
    that some stand out by chance; the intervals, which are those of `caldframe.stats.wilson_interval`, are
    of one cell each.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame(
    ...     {
    ...         "campaign_id": "c1",
    ...         "prospect_number": ["+1", "+2", "+3", "+1", "+2", "+3"],
    ...         "direction": "outbound",
    ...         "completed": True,
    ...         "result": ["ivr", "failed", "ivr", "pickedUp", "ivr", "pickedUp"],
    ...         "created_at": pd.to_datetime([f"2026-03-0{day}" for day in (1, 1, 1, 2, 2, 9)], utc=True),
    ...     }
    ... )
    >>> table = reach_by_gap(calls, gaps=["2D"])
    >>> table[["attempt", "left", "right", "at_risk", "reached", "hazard"]]
       attempt  left  right  at_risk  reached  hazard
    0        2   0.0   48.0        2        1     0.5
    1        2  48.0    inf        1        1     1.0
    """
    check_confidence(confidence)
    limit = _checked_limit(max_attempts, least=2)
    edges = _checked_gaps(gaps)
    trials = _find_trials(calls, group_columns(by, taken=(*_BY_GAP, *EVENT_COLUMNS)), outcome, edges)

    width = len(edges) + 1
    rows = np.minimum(trials.last_numbers(least=2), limit) - 1
    starts = np.cumsum(rows) - rows
    groups = np.repeat(np.arange(len(rows)), rows)
    number = np.arange(rows.sum()) - starts[groups] + 2
    counted = (trials.numbers > 1) & (trials.numbers <= limit)
    places = np.where(counted, (starts[trials.groups] + trials.numbers - 2) * width + trials.gaps, 0)
    hours = edges / _HOUR

    table = repeat_rows(trials.keys, rows * width)
    table["attempt"] = np.repeat(number, width)
    table["left"] = np.tile([0.0, *hours], len(number))
    table["right"] = np.tile([*hours, np.inf], len(number))
    table["at_risk"] = trials.count(places, counted, len(table))
    table["reached"] = trials.count(places, counted & trials.reached, len(table))
    _add_hazard(table, confidence)
    table.attrs = _how_made(trials, outcome, max_attempts, confidence)
    return table


def _find_trials(
    calls: Frame, columns: list[str], outcome: str, edges: NDArray[np.timedelta64] | None = None
) -> _Trials:
    counts = count_attempts(calls, columns, outcome, [] if edges is None else edges.astype(np.int64).tolist())
    fresh = ~counts.reached_before
    return _Trials(
        keys=counts.groups.keys,
        groups=counts.groups.numbers[fresh],
        numbers=counts.numbers[fresh],
        gaps=counts.gaps[fresh],
        reached=counts.reached[fresh],
        rows=counts.rows[fresh],
        left_out=counts.left_out,
    )


def _add_hazard(table: pd.DataFrame, confidence: float) -> None:
    hazards = rate_with_interval(table["reached"], table["at_risk"], confidence)
    table["hazard"], table["hazard_low"], table["hazard_high"] = hazards


def _how_made(
    trials: _Trials, outcome: str, limit: int | None, confidence: float
) -> dict[Hashable | None, Any]:
    return {
        "outcome": outcome,
        "max_attempts": None if limit is None else int(limit),
        "confidence": float(confidence),
        "left_out": trials.left_out,
    }


def _checked_limit(limit: Any, *, least: int) -> int:
    return np.iinfo(np.int64).max if limit is None else check_whole("max_attempts", limit, least=least)


def _checked_gaps(gaps: Any) -> NDArray[np.timedelta64]:
    """Give the edges between the gaps, ascending."""
    if isinstance(gaps, (list, tuple)) and all(isinstance(gap, (str, timedelta)) for gap in gaps):
        try:
            edges = np.array([pd.Timedelta(gap) // _MICROSECOND for gap in gaps], dtype="timedelta64[us]")
        except (ValueError, OverflowError):
            edges = np.zeros(1, dtype="timedelta64[us]")
        ends = np.append(np.timedelta64(0, "us"), edges)
        if np.all(np.diff(ends) > np.timedelta64(0, "us")):
            return edges
    raise ConfigurationError(
        f'gaps={gaps!r} is no list of durations above 0, ascending. Give ["1D", "2D"], for example.'
    )
