"""How many turns calls last."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from caldframe.engine import (
    Frame,
    as_booleans,
    check_whole,
    count_rows,
    group_columns,
    group_rows,
    is_one_of,
    map_campaigns,
    repeat_rows,
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
    tables = [(transcripts, [*TURN, *columns])]
    if calls is not None:
        tables = [(transcripts, list(TURN)), (calls, [*columns, *KEYS, "completed", "result"])]
    ends = pd.concat(map_campaigns(partial(_count_ends, columns=columns), *tables), ignore_index=True)
    groups = group_rows(ends, columns)
    said, counted = (ends[name].to_numpy() for name in (_SAID, _COUNTED))
    shape = len(groups.keys), max(int(said[counted].max(initial=0)), 1) + 1
    ended, by_user, by_assistant = (
        _add_up(groups.numbers[marked], said[marked], ends.loc[marked, _CALLS].to_numpy(), shape)
        for marked in (
            counted,
            counted & is_one_of(ends[_LAST], "user"),
            counted & is_one_of(ends[_LAST], "assistant"),
        )
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


def _count_ends(
    transcripts: pd.DataFrame, calls: pd.DataFrame | None = None, *, columns: list[str]
) -> pd.DataFrame:
    """Count the calls of some campaigns by group, by how many turns were said, and by who spoke last."""
    turns = order_turns(transcripts)
    lasts = _last_turns(turns)
    if calls is None:
        population = transcripts[columns].iloc[turns.firsts].reset_index(drop=True)
        counted = np.ones(len(lasts), dtype=np.bool_)
    else:
        population = calls[columns].reset_index(drop=True)
        counted = as_booleans(calls["completed"]) & is_one_of(calls["result"], "pickedUp")
        lasts = of_calls(calls, pd.concat([turns.calls, lasts], axis="columns")).fillna({_SAID: 0})
    said = lasts[_SAID].to_numpy(dtype=np.int64)
    ends = pd.DataFrame({_COUNTED: counted, _SAID: said, _LAST: lasts[_LAST]})
    so = pd.concat([population, ends], axis="columns")
    counts = count_rows(so, [*columns, _COUNTED, _SAID, _LAST])
    return counts.keys.assign(**{_CALLS: counts.rows})


def _last_turns(turns: Turns) -> pd.DataFrame:
    """Give, for each call of the transcripts, how many turns were said and who spoke last."""
    speaker = np.full(len(turns.calls), -1, dtype=np.int64)
    speaker[turns.call] = turns.speaker  # the last to be written stays
    role = turns.roles.reindex(speaker).reset_index(drop=True)
    return pd.DataFrame({_SAID: turns.sums(np.ones(len(turns.call))), _LAST: role})


def _add_up(
    group: NDArray[np.int64], said: NDArray[np.int64], calls: NDArray[np.int64], shape: tuple[int, int]
) -> NDArray[np.int64]:
    """Add up calls by group and number of turns."""
    totals = np.zeros(shape, dtype=np.int64)
    np.add.at(totals, (group, said), calls)
    return totals
