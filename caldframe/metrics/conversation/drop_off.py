"""How many turns calls last."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from caldframe.engine import (
    END_COLUMNS,
    Counts,
    Frame,
    add_counts,
    add_ends,
    add_mark,
    are_rows_here,
    as_booleans,
    check_columns,
    check_same_engine,
    check_whole,
    count_rows,
    ends_of,
    first_rows,
    group_columns,
    group_rows,
    has_whole_numbers,
    is_one_of,
    is_partitioned,
    map_campaigns,
    repeat_rows,
    select_columns,
    split_campaigns,
)
from caldframe.metrics.conversation.turns import KEYS, of_calls, order_turns
from caldframe.stats import check_confidence, rate_with_interval
from caldframe.turns import TURN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from caldframe.metrics.conversation.turns import Turns

__all__ = ["drop_off"]

_COLUMNS: Final = (
    *("turn", "calls", "at_risk", "share", "low", "high"),
    *("ended", "hazard", "hazard_low", "hazard_high", "last_user", "last_assistant"),
)
_COUNTED: Final = "whether the call counts"
_SAID: Final = "turns that were said"
_LAST: Final = "role of the last turn"
_ROLES: Final = ("user", "assistant")
_USER, _ASSISTANT = 1, 2  # their places among the roles; another is 0
_CALLS: Final = "calls that are so"


def drop_off(
    transcripts: Frame,
    calls: Frame | None = None,
    by: str | Sequence[str] | None = None,
    *,
    max_turns: int | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Count how many calls reach their first turn, their second, and so on, and where the others end.

    With `calls`, it is the completed calls with the result pickedUp that count, whether or not anything was
    said in them. Without, it is every call that the transcripts have, as if all were over and picked up.

    Parameters
    ----------
    transcripts : Frame
        One row a turn; the columns `campaign_id`, `call_id`, `turn`, `role` and `content` are read.
    calls : Frame, optional
        One row a call; the columns `campaign_id`, `call_id`, `completed` and `result` are read.
    by : str or list of str, optional
        Column or columns of the calls to group by; without `calls`, of the transcripts, of which a call has
        what stands in its first row. By default all calls are one group.
    max_turns : int, optional
        The last turn to show. By default that of the longest call.
    confidence : float, default 0.95
        The confidence level of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row a group and turn. Groups are sorted, null last; turns ascend from 1 to that of the longest
        call of all, the same for every group. Columns:

        - the columns of `by`
        - `turn` (int64): the first thing that was said is turn 1, whoever said it
        - `calls` (int64): calls of the group
        - `at_risk` (int64): calls that reach this turn: so many turns or more were said in them
        - `share` (float64): at_risk / calls, with `low` and `high`
        - `ended` (int64): calls that end after this turn, for it is their last
        - `hazard` (float64): ended / at_risk, with `hazard_low` and `hazard_high`
        - `last_user`, `last_assistant` (int64): those of the ended whose last turn is of that role

        The ends are those of the Wilson score interval. What is divided by 0 is NaN. The attribute
        ``attrs["confidence"]`` of the table says how it was made.

    Raises
    ------
    UnknownColumnError
        If a table lacks a column.
    ConfigurationError
        If an argument is wrong, or a column holds values of another kind.

    See Also
    --------
    caldframe.plots.drop_off : Draw the table.
    talk_metrics : The turns and words of each call.
    funnel : How far calls get before anything is said.

    Notes
    -----
    A turn that is null, empty or white space says nothing and does not count. Turns come in the order of
    `turn`. Who spoke last did not always end the call: an assistant that says goodbye after "take me off
    your list" speaks last as well. Calls that share both `campaign_id` and `call_id` share their turns, and
    a call without a `call_id` has none; `quality` finds both.

    The interval of the share is of each turn for itself (Wilson 1927): that of turn 8 knows nothing of turn
    7. Calls are taken as independent of one another.

    Examples
    --------
    >>> calls = pd.DataFrame(
    ...     {"campaign_id": "c1", "call_id": ["k1", "k2"], "completed": True, "result": "pickedUp"}
    ... )
    >>> transcripts = pd.DataFrame(
    ...     {
    ...         "campaign_id": "c1",
    ...         "call_id": ["k1", "k1", "k2"],
    ...         "turn": [0, 1, 0],
    ...         "role": ["assistant", "user", "assistant"],
    ...         "content": ["Hello!", "Not now.", "Hello!"],
    ...     }
    ... )
    >>> table = drop_off(transcripts, calls)
    >>> table[["turn", "calls", "at_risk", "share", "ended", "hazard", "last_user", "last_assistant"]]
       turn  calls  at_risk  share  ended  hazard  last_user  last_assistant
    0     1      2        2    1.0      1     0.5          0               1
    1     2      2        1    0.5      1     1.0          1               0
    """
    check_confidence(confidence)
    last = None if max_turns is None else check_whole("max_turns", max_turns)
    columns = group_columns(by, taken=_COLUMNS)
    ends = _ends_of_calls(transcripts, calls, columns)
    groups = group_rows(ends, columns)
    said, counted, last_role = (ends[name].to_numpy() for name in (_SAID, _COUNTED, _LAST))
    shape = len(groups.keys), max(int(said[counted].max(initial=0)), 1) + 1
    ended, by_user, by_assistant = (
        _add_up(groups.numbers[marked], said[marked], ends.loc[marked, _CALLS].to_numpy(), shape)
        for marked in (counted, counted & (last_role == _USER), counted & (last_role == _ASSISTANT))
    )
    # At turn 0 are all calls, and there end those in which nothing was said.
    at_risk = ended[:, ::-1].cumsum(axis=1)[:, ::-1]
    shown = slice(1, None if last is None else last + 1)
    of_turn = at_risk[:, shown]
    number = of_turn.shape[1]

    table = repeat_rows(groups.keys, number)
    table["turn"] = np.tile(np.arange(1, number + 1), len(groups.keys))
    table["calls"] = np.repeat(at_risk[:, 0], number)
    table["at_risk"] = of_turn.ravel()
    shares = rate_with_interval(table["at_risk"], table["calls"], confidence)
    table["share"], table["low"], table["high"] = shares
    table["ended"] = ended[:, shown].ravel()
    hazards = rate_with_interval(table["ended"], table["at_risk"], confidence)
    table["hazard"], table["hazard_low"], table["hazard_high"] = hazards
    table["last_user"] = by_user[:, shown].ravel()
    table["last_assistant"] = by_assistant[:, shown].ravel()
    table.attrs = {"confidence": float(confidence)}
    return table


def _ends_of_calls(transcripts: Frame, calls: Frame | None, columns: list[str]) -> pd.DataFrame:
    """Count the calls by group, by how many turns were said, and by who spoke last, where the turns are."""
    tables = [transcripts] if calls is None else [transcripts, calls]
    reads = [[*TURN, *columns]] if calls is None else [list(TURN), [*columns, *KEYS, "completed", "result"]]
    for table, read in zip(tables, reads, strict=True):
        check_columns(table, read)
        check_same_engine(transcripts, table)
    there = not any(are_rows_here(table) or is_partitioned(table) for table in tables)
    if there and has_whole_numbers(transcripts, "turn"):
        narrow = [select_columns(table, read) for table, read in zip(tables, reads, strict=True)]
        parts = [_count_there(columns, *some) for some in split_campaigns(*narrow)]
    else:
        parts = map_campaigns(partial(_count_here, columns=columns), *zip(tables, reads, strict=True))
    counts = add_counts(parts)
    return counts.keys.assign(**{_CALLS: counts.rows})


def _count_there(columns: list[str], transcripts: Frame, calls: Frame | None = None) -> Counts:
    """Count on an engine that is somewhere else."""
    ends = ends_of(transcripts, KEYS, order="turn", content="content", kind="role", kinds=_ROLES)
    if calls is None:
        of_calls_there = add_ends(first_rows(transcripts, columns, KEYS), ends, KEYS) if columns else ends
        counts = count_rows(of_calls_there, [*columns, *END_COLUMNS])
        counted = np.ones(len(counts.rows), dtype=np.bool_)
    else:
        marked = add_mark(calls, _COUNTED, {"completed": True, "result": "pickedUp"})
        counts = count_rows(add_ends(marked, ends, KEYS), [*columns, _COUNTED, *END_COLUMNS])
        counted = as_booleans(counts.keys[_COUNTED])
    said, last = (counts.keys[name].to_numpy(dtype=np.int64) for name in END_COLUMNS)
    so = counts.keys[columns].assign(**{_COUNTED: counted, _SAID: said, _LAST: last})
    return Counts(so, counts.rows)


def _count_here(
    transcripts: pd.DataFrame, calls: pd.DataFrame | None = None, *, columns: list[str]
) -> Counts:
    """Count in pandas, some campaigns or all."""
    turns = order_turns(transcripts)
    lasts = _last_turns(turns)
    if calls is None:
        population = transcripts[columns].iloc[turns.firsts].reset_index(drop=True)
        counted = np.ones(len(lasts), dtype=np.bool_)
    else:
        population = calls[columns].reset_index(drop=True)
        counted = as_booleans(calls["completed"]) & is_one_of(calls["result"], "pickedUp")
        lasts = of_calls(calls, pd.concat([turns.calls, lasts], axis="columns"))
    ends = lasts[[_SAID, _LAST]].fillna(0).astype(np.int64)
    so = pd.concat([population, ends.assign(**{_COUNTED: counted})], axis="columns")
    return count_rows(so, [*columns, _COUNTED, _SAID, _LAST])


def _last_turns(turns: Turns) -> pd.DataFrame:
    """Give, for each call of the transcripts, how many turns were said and the role of the last."""
    place = np.array([_ROLES.index(role) + 1 if role in _ROLES else 0 for role in [*turns.roles, None]])
    last = np.zeros(len(turns.calls), dtype=np.int64)
    last[turns.call] = place[turns.speaker]  # the last to be written stays
    return pd.DataFrame({_SAID: turns.sums(np.ones(len(turns.call))), _LAST: last})


def _add_up(
    group: NDArray[np.int64], said: NDArray[np.int64], calls: NDArray[np.int64], shape: tuple[int, int]
) -> NDArray[np.int64]:
    """Add up calls by group and number of turns."""
    totals = np.zeros(shape, dtype=np.int64)
    np.add.at(totals, (group, said), calls)
    return totals
