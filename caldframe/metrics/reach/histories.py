"""Each prospect's calls in the order of time: which attempt each is, and what came before it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from caldframe.engine import (
    EVENT_COLUMNS,
    Counts,
    Frame,
    Groups,
    add_counts,
    add_mark,
    are_rows_here,
    as_booleans,
    as_text,
    as_times,
    check_columns,
    column_names,
    count_by_history,
    count_events,
    count_rows,
    group_rows,
    in_order,
    is_one_of,
    is_partitioned,
    map_campaigns,
    rows_here,
    select_columns,
    split_campaigns,
)
from caldframe.outcome import find_outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from caldframe.outcome import Outcome

__all__ = ["AttemptCounts", "Attempts", "attempts", "count_attempts", "find_attempts"]

_PROSPECT: Final = ("campaign_id", "prospect_number")
_MADE: Final = "is an attempt"
_READ: Final = ("campaign_id", "prospect_number", "direction", "completed", "created_at")


@dataclass(frozen=True, eq=False)
class Attempts:
    """The attempts to reach prospects: those of a prospect follow one another, in the order of time.

    Parameters
    ----------
    rows : numpy.ndarray of int64
        For each attempt, the position of its call in the table of calls.
    first_rows : numpy.ndarray of int64
        The position of the call that was the first attempt to reach the same prospect.
    numbers : numpy.ndarray of int64
        1 for a prospect's first attempt, 2 for the second, and so on.
    gaps : numpy.ndarray of timedelta64[us]
        The time from the prospect's previous attempt; NaT for a first one.
    reached_before : numpy.ndarray of bool
        Whether an earlier call of the prospect's, inbound ones too, had the outcome.
    reached : numpy.ndarray of bool
        Whether this one has it.
    left_out : int
        Completed outbound calls that have no number, for the prospect or the order of its calls is unknown.
    """

    rows: NDArray[np.int64]
    first_rows: NDArray[np.int64]
    numbers: NDArray[np.int64]
    gaps: NDArray[np.timedelta64]
    reached_before: NDArray[np.bool_]
    reached: NDArray[np.bool_]
    left_out: int


@dataclass(frozen=True, eq=False)
class AttemptCounts:
    """How many attempts there are of each kind, and in which group.

    Parameters
    ----------
    groups : Groups
        Every group of calls, sorted, and for each kind of attempt the group of the prospect's first one.
    numbers : numpy.ndarray of int64
        1 for a prospect's first attempt, 2 for the second, and so on.
    gaps : numpy.ndarray of int64
        How many of the edges the time since the previous attempt reaches; -1 for a first one.
    reached, reached_before : numpy.ndarray of bool
        Whether it has the outcome, and whether an earlier call of the prospect's has.
    rows : numpy.ndarray of int64
        How many attempts are so.
    left_out : int
        Completed outbound calls that have no number.
    """

    groups: Groups
    numbers: NDArray[np.int64]
    gaps: NDArray[np.int64]
    reached: NDArray[np.bool_]
    reached_before: NDArray[np.bool_]
    rows: NDArray[np.int64]
    left_out: int


def attempts(calls: Frame, *, outcome: str = "pickedUp") -> pd.DataFrame:
    """Tell which attempt to reach its prospect each call is, and whether an earlier one had done so.

    A prospect is a number in a campaign: `campaign_id` and `prospect_number` together, a null `campaign_id`
    being one more campaign. An attempt is a completed outbound call. A pending call is not an attempt yet,
    and a call that comes in is none, though a prospect that calls in, with the outcome, is reached from
    then on.

    Parameters
    ----------
    calls : Frame
        One row a call, all calls to the prospects from the first on; the columns `campaign_id`,
        `prospect_number`, `direction`, `completed`, `created_at` and that of the outcome are read.
    outcome : str, default "pickedUp"
        What counts as reached: a result, or a column of true and false that you added to the calls.

    Returns
    -------
    pandas.DataFrame
        One row a call, with the index and in the order of `calls`, so that
        ``pd.concat([calls, attempts(calls)], axis="columns")`` puts them side by side. Of an engine that has
        no index, the row numbers are one; see `docs/engines.md`. Columns, null for a call that is no attempt:

        - `attempt` (Int64): 1 for the prospect's first attempt, 2 for the second, and so on
        - `reached_before` (boolean): whether an earlier completed call of the prospect had the outcome
        - `since_previous` (timedelta64[us]): the time from the `created_at` of the prospect's previous
          attempt to this one's; null for the first

        The attribute ``attrs["outcome"]`` of the table says how it was made, and ``attrs["left_out"]`` how
        many completed outbound calls have no number, for one of these reasons: the prospect's number is
        null or empty; or one of the prospect's completed calls has no `created_at`, so that nobody knows
        the order of them.

    Raises
    ------
    UnknownColumnError
        If `calls` lacks a column.
    ConfigurationError
        If `outcome` is neither a result nor a column, or a column holds values of another kind.

    See Also
    --------
    reach_curve : Of the prospects not reached yet, how many the next attempt reaches.

    Notes
    -----
    Numbers count as they are written: ``+1 555 0100`` and ``+15550100`` are two prospects, which
    `describe_numbers` makes one. Calls of one moment come in the order of their rows. A call that failed,
    or met a dead line, is an attempt as well; leave such calls out of `calls` and the others are numbered
    without them. In the middle of a campaign a number can still change, when a call that was placed
    earlier is completed.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame(
    ...     {
    ...         "campaign_id": "c1",
    ...         "prospect_number": ["+15550100", "+15550100", "+15550199", "+15550100"],
    ...         "direction": "outbound",
    ...         "completed": [True, True, True, False],
    ...         "result": ["voicemail", "pickedUp", "ivr", "pending"],
    ...         "created_at": pd.to_datetime([f"2026-03-0{day}" for day in (2, 4, 2, 5)], utc=True),
    ...     }
    ... )
    >>> attempts(calls)
       attempt  reached_before since_previous
    0        1           False            NaT
    1        2           False         2 days
    2        1           False            NaT
    3     <NA>            <NA>            NaT
    """
    sought = _find_outcome(calls, outcome)
    parts = map_campaigns(partial(_number_attempts, sought=sought), (calls, _columns_read(sought)))
    table = in_order([numbered for numbered, _ in parts])
    table.attrs = {"outcome": outcome, "left_out": sum(left_out for _, left_out in parts)}
    return table


def _number_attempts(calls: pd.DataFrame, sought: Outcome) -> tuple[pd.DataFrame, int]:
    """Give the attempts of campaigns as `attempts` does, and how many calls are left out."""
    found = find_attempts(calls, sought)
    number = np.ones(len(calls), dtype=np.int64)
    number[found.rows] = found.numbers
    reached_before = np.zeros(len(calls), dtype=np.bool_)
    reached_before[found.rows] = found.reached_before
    since_previous = np.full(len(calls), np.timedelta64("NaT", "us"), dtype="timedelta64[us]")
    since_previous[found.rows] = found.gaps
    none = np.ones(len(calls), dtype=np.bool_)
    none[found.rows] = False

    table = pd.DataFrame(
        {
            "attempt": pd.arrays.IntegerArray(number, none),
            "reached_before": pd.arrays.BooleanArray(reached_before, none.copy()),
            "since_previous": since_previous,
        },
        index=calls.index,
    )
    return table, found.left_out


def count_attempts(calls: Frame, columns: list[str], outcome: str, edges: Sequence[int]) -> AttemptCounts:
    """Count the attempts by number, by the gap before them, and by whether the prospect is reached.

    Parameters
    ----------
    calls : Frame
        One row a call.
    columns : list of str
        The columns to group by; a prospect is in the group of its first attempt.
    outcome : str
        What counts as reached.
    edges : sequence of int
        Where one range of gaps ends and the next begins, in microseconds, ascending.

    Returns
    -------
    AttemptCounts
        The counts.
    """
    sought = _find_outcome(calls, outcome)
    check_columns(calls, columns)
    narrow = select_columns(calls, [*columns, *_columns_read(sought)])
    made = add_mark(narrow, _MADE, {"completed": True, "direction": "outbound"})
    placed = count_rows(made, [*columns, _MADE])
    # DuckDB forgets where in its files a row was when columns are selected.
    held = narrow if are_rows_here(calls) or is_partitioned(calls) else calls
    counts = _count_events(held, columns, sought, edges)
    number, gap, reached, before = (counts.keys[name] for name in EVENT_COLUMNS)
    groups = group_rows(placed.keys, columns)
    return AttemptCounts(
        groups=Groups(groups.keys, groups.find(counts.keys)),
        numbers=number.to_numpy(dtype=np.int64),
        gaps=gap.to_numpy(dtype=np.int64),
        reached=as_booleans(reached),
        reached_before=as_booleans(before),
        rows=counts.rows,
        left_out=int(placed.rows[as_booleans(placed.keys[_MADE])].sum() - counts.rows.sum()),
    )


def _count_events(calls: Frame, columns: list[str], sought: Outcome, edges: Sequence[int]) -> Counts:
    """Count the attempts, where the calls are and in the way that is quick there."""
    count = partial(_count_in_pandas, columns=columns, sought=sought, edges=edges)
    if are_rows_here(calls):
        return count(rows_here(calls, column_names(calls)))
    if is_partitioned(calls):
        return count_by_history(calls, _PROSPECT, count)
    parts = [
        count_events(
            part,
            columns,
            history=_PROSPECT,
            time="created_at",
            kept={"completed": True},
            event={"direction": "outbound"},
            outcome=sought.wanted,
            edges=edges,
        )
        for (part,) in split_campaigns(calls)
    ]
    return add_counts(parts)


def _count_in_pandas(
    calls: pd.DataFrame, columns: list[str], sought: Outcome, edges: Sequence[int]
) -> Counts:
    found = find_attempts(calls, sought)
    first = found.numbers == 1
    reached = np.searchsorted(np.asarray(edges, dtype=np.int64), found.gaps.astype(np.int64), side="right")
    values = (found.numbers, np.where(first, -1, reached), found.reached, found.reached_before)
    table = calls[columns].iloc[found.first_rows].reset_index(drop=True)
    return count_rows(
        table.assign(**dict(zip(EVENT_COLUMNS, values, strict=True))), [*columns, *EVENT_COLUMNS]
    )


def _find_outcome(calls: Frame, outcome: str) -> Outcome:
    """Find the outcome, and see that all columns that are read are there."""
    check_columns(calls, _READ)
    sought = find_outcome(calls, outcome)
    check_columns(calls, [sought.column])
    return sought


def _columns_read(sought: Outcome) -> list[str]:
    return list(dict.fromkeys([*_READ, sought.column]))


def find_attempts(calls: pd.DataFrame, sought: Outcome) -> Attempts:
    """Find the attempts among calls: sort by prospect and time, then compare neighbours."""
    over = as_booleans(calls["completed"])
    outbound = is_one_of(calls["direction"], "outbound")
    prospects = _prospects(calls)
    times = as_times(calls["created_at"]).dt.tz_localize(None).to_numpy()

    rows = np.flatnonzero(over & (prospects >= 0))
    untimed = np.zeros(prospects.max(initial=-1) + 1, dtype=np.bool_)
    untimed[prospects[rows[np.isnat(times[rows])]]] = True
    rows = rows[~untimed[prospects[rows]]]
    # Sorting is stable: of one prospect's calls of one moment, the first row comes first.
    rows = rows[np.lexsort((times[rows], prospects[rows]))]

    starts = _starts(prospects[rows])
    attempted = outbound[rows]
    occurred = sought.occurred(calls)[rows]
    numbers = _before(attempted, starts)[attempted] + 1
    reached_before = _before(occurred, starts)[attempted] > 0
    rows, reached = rows[attempted], occurred[attempted]
    first = numbers == 1
    gaps = np.diff(times[rows], prepend=np.datetime64("NaT", "us"))
    gaps[first] = np.timedelta64("NaT", "us")
    return Attempts(
        rows=rows,
        first_rows=rows[_latest(first)],
        numbers=numbers,
        gaps=gaps,
        reached_before=reached_before,
        reached=reached,
        left_out=int(np.count_nonzero(over & outbound)) - len(rows),
    )


def _prospects(calls: pd.DataFrame) -> NDArray[np.int64]:
    """Give each call the number of its prospect, from 0; -1 where the prospect is unknown."""
    numbers = as_text(calls["prospect_number"])
    codes, distinct = pd.factorize(numbers.mask(numbers.eq("")))
    campaigns, ids = pd.factorize(as_text(calls["campaign_id"]), use_na_sentinel=False)
    if len(ids) > 1:
        known = codes >= 0
        codes[known] = pd.factorize(campaigns[known] * np.int64(len(distinct)) + codes[known])[0]
    return codes.astype(np.int64, copy=False)


def _starts(prospects: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give for each call, sorted by prospect, the position of its prospect's first one."""
    return _latest(np.diff(prospects, prepend=-1) != 0)


def _latest(marked: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Give for each position the latest one that is marked."""
    return np.maximum.accumulate(np.where(marked, np.arange(len(marked)), 0))


def _before(marked: NDArray[np.bool_], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count what is marked among the calls of the same prospect that came before."""
    earlier: NDArray[np.int64] = np.cumsum(marked) - marked
    return np.subtract(earlier, earlier[starts])
