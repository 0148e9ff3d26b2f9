"""The funnel: how far calls get, from being placed to a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from caldframe.engine import (
    Counts,
    Frame,
    Groups,
    add_counts,
    as_booleans,
    check_columns,
    check_whole,
    count_rows,
    group_columns,
    group_rows,
    is_one_of,
    keep_rows,
    repeat_rows,
    select_columns,
    split_campaigns,
)
from caldframe.metrics.outcomes.answers import ANSWERED
from caldframe.stats import check_confidence, rate_with_interval
from caldframe.turns import CALL, add_user_turns

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["funnel"]

_COLUMNS: Final = (
    *("stage", "n"),
    *("previous", "of_previous", "of_previous_low", "of_previous_high"),
    *("placed", "of_placed", "of_placed_low", "of_placed_high"),
)
_TURNS: Final = "turns of the user with words"


def funnel(
    calls: Frame,
    transcripts: Frame | None = None,
    by: str | Sequence[str] | None = None,
    *,
    engaged_turns: int = 3,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Count how far calls got: placed, completed, answered, picked up, spoke, engaged.

    Each stage holds only calls of the one before. A pending call is placed and no more, so while calls are
    pending, `of_placed` is lower than it will be. To leave them out, give completed calls alone:
    ``calls[calls["completed"].eq(True)]``. `of_previous` is right from the third stage on either way, for
    answered calls are divided by completed ones.

    Parameters
    ----------
    calls : DataFrame of any engine
        One row a call; the columns `completed` and `result` and, with transcripts, `campaign_id` and
        `call_id` are read.
    transcripts : DataFrame of the same engine, optional
        One row a turn, of these calls and perhaps others; the columns `campaign_id`, `call_id`, `role` and
        `content` are read. Without it the last two stages cannot be known and have no rows.
    by : str or list of str, optional
        Column or columns of the calls to group by. By default all calls are one group.
    engaged_turns : int, default 3
        How many turns of the user make a call engaged.
    confidence : float, default 0.95
        The confidence level of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row a group and stage. Groups are sorted, null last; the stages of each come in their order.
        Columns:

        - the columns of `by`
        - `stage` (str): ``placed``, every call; ``completed``, known to be over; ``answered``, completed with
          the result pickedUp, ivr or voicemail; ``picked_up``, completed with the result pickedUp;
          ``spoke``, picked up and the user said something; ``engaged``, picked up and the user said
          something in `engaged_turns` turns or more
        - `n` (int64): calls of the group that got there
        - `previous` (int64): calls that got to the stage before; 0 for the first, which has none
        - `of_previous` (float64): n / previous, with `of_previous_low` and `of_previous_high`
        - `placed` (int64): calls of the group
        - `of_placed` (float64): n / placed, with `of_placed_low` and `of_placed_high`

        The ends are those of the Wilson score interval. What is divided by 0 is NaN. The attributes
        ``attrs["engaged_turns"]`` and ``attrs["confidence"]`` of the table say how it was made.

    Raises
    ------
    UnknownColumnError
        If a table lacks a column.
    ConfigurationError
        If an argument is wrong, or a column holds values of another kind.

    See Also
    --------
    caldframe.plots.funnel : Draw the table.
    outcome_rates : All results, not only those on the way to a conversation.

    Notes
    -----
    A turn is of the user if its `role` is ``user``; one of nothing but white space says nothing. Turns
    belong to a call by `campaign_id` and `call_id`. Calls that share both share their turns, and a call
    without a `call_id` has none; `quality` finds both.

    The interval is that of `caldframe.stats.wilson_interval` (Wilson 1927; Newcombe 1998a). It takes the
    calls as independent of one another; several calls to one prospect are less telling than as many
    prospects.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame(
    ...     {
    ...         "campaign_id": "c1",
    ...         "call_id": ["k1", "k2", "k3", "k4"],
    ...         "completed": [True, True, True, False],
    ...         "result": ["pickedUp", "voicemail", "failed", "pending"],
    ...     }
    ... )
    >>> transcripts = pd.DataFrame(
    ...     {"campaign_id": "c1", "call_id": "k1", "role": ["assistant", "user"], "content": ["Hi.", "Yes?"]}
    ... )
    >>> funnel(calls, transcripts)[["stage", "n", "previous", "of_previous", "placed", "of_placed"]].round(3)
           stage  n  previous  of_previous  placed  of_placed
    0     placed  4         0          NaN       4       1.00
    1  completed  3         4        0.750       4       0.75
    2   answered  2         3        0.667       4       0.50
    3  picked_up  1         2        0.500       4       0.25
    4      spoke  1         1        1.000       4       0.25
    5    engaged  0         1        0.000       4       0.00
    """
    check_confidence(confidence)
    least = check_whole("engaged_turns", engaged_turns)
    columns = group_columns(by, taken=(*_COLUMNS, _TURNS))
    check_columns(calls, [*columns, "completed", "result"])
    counts = count_rows(calls, [*columns, "completed", "result"])
    groups = group_rows(counts.keys, columns)
    over = as_booleans(counts.keys["completed"])
    marks = {
        "placed": np.ones(len(counts.rows), dtype=np.bool_),
        "completed": over,
        "answered": over & is_one_of(counts.keys["result"], *ANSWERED),
        "picked_up": over & is_one_of(counts.keys["result"], "pickedUp"),
    }
    reached = {stage: groups.sums(counts.rows * marked) for stage, marked in marks.items()}
    if transcripts is not None:
        spoken = _count_by_turns(calls, transcripts, columns, least)
        picked_up = Groups(groups.keys, groups.find(spoken.keys))
        turns = spoken.keys[_TURNS].to_numpy(dtype=np.int64)
        rows = spoken.rows * as_booleans(spoken.keys["completed"])
        reached["spoke"] = picked_up.sums(rows * (turns >= 1))
        reached["engaged"] = picked_up.sums(rows * (turns >= least))
    n = np.stack(list(reached.values()), axis=1)

    table = repeat_rows(groups.keys, len(reached))
    table["stage"] = pd.Series(np.tile(list(reached), len(n)), index=table.index, dtype="str")
    table["n"] = n.ravel()
    before = np.concatenate([np.zeros((len(n), 1), dtype=np.int64), n[:, :-1]], axis=1)
    for name, divisor in (("previous", before), ("placed", np.repeat(n[:, :1], len(reached), axis=1))):
        total = divisor.ravel()
        table[name] = total
        # The first stage has no previous one, so nothing is divided there.
        rates = rate_with_interval(np.minimum(table["n"], total), total, confidence)
        table[f"of_{name}"], table[f"of_{name}_low"], table[f"of_{name}_high"] = rates
    table.attrs = {"engaged_turns": least, "confidence": float(confidence)}
    return table


def _count_by_turns(calls: Frame, transcripts: Frame, columns: list[str], least: int) -> Counts:
    """Count picked-up calls by the turns of their users: nobody else gets so far, and they are far fewer."""
    read = [*columns, "completed"]
    picked_up = keep_rows(select_columns(calls, [*read, "result", *CALL]), {"result": "pickedUp"})
    parts = split_campaigns(picked_up, transcripts)
    return add_counts(
        [count_rows(add_user_turns(made, _TURNS, said, most=least), [*read, _TURNS]) for made, said in parts]
    )
