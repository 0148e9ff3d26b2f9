"""Which call a turn belongs to, and in how many turns of a call the user says something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from caldframe.engine import (
    Frame,
    add_matches,
    add_worded,
    as_text,
    check_columns,
    check_same_engine,
    group_rows,
    keep_rows,
    select_columns,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "CALL",
    "TURN",
    "PlacedTurns",
    "add_user_turns",
    "count_user_turns",
    "place_turns",
]

_COUNT: Final = "turns of the user"
_WORDED: Final = "is more than white space"

CALL: Final = ("campaign_id", "call_id")
"""The columns by which a turn belongs to a call."""

TURN: Final = (*CALL, "turn", "role", "content")
"""The columns that say who said what, and where."""


@dataclass(frozen=True, eq=False)
class PlacedTurns:
    """Which conversation each call has, and in which one each turn is.

    Parameters
    ----------
    count : int
        How many conversations there are, numbered from 0: one for all calls that share `campaign_id` and
        `call_id`.
    of_calls : numpy.ndarray of int64
        For each call the number of its conversation.
    of_turns : numpy.ndarray of int64
        For each turn the number of the conversation that it is in; -1 where no call has it.
    """

    count: int
    of_calls: NDArray[np.int64]
    of_turns: NDArray[np.int64]


def place_turns(calls: pd.DataFrame, transcripts: pd.DataFrame) -> PlacedTurns:
    """Find the call that each turn belongs to.

    Turns belong to a call by `campaign_id` and `call_id`. Calls that share both share their turns, and a
    call without a `call_id` has none.

    Parameters
    ----------
    calls, transcripts : pandas.DataFrame
        One row a call, one row a turn; `campaign_id` and `call_id` are read.

    Returns
    -------
    PlacedTurns
        The conversations.

    Raises
    ------
    UnknownColumnError
        If a table lacks a column.
    ConfigurationError
        If a column is no text.

    Examples
    --------
    >>> calls = pd.DataFrame({"campaign_id": "c1", "call_id": ["k2", "k1"]})
    >>> transcripts = pd.DataFrame({"campaign_id": "c1", "call_id": ["k1", "k1", "k3"]})
    >>> placed = place_turns(calls, transcripts)
    >>> placed.count, placed.of_calls.tolist(), placed.of_turns.tolist()
    (2, [1, 0], [0, 0, -1])
    """
    groups = group_rows(_keys(calls), list(CALL))
    numbers = groups.keys.assign(number=np.arange(len(groups.keys)))
    numbers = numbers[numbers["call_id"].notna()]
    turns = _keys(transcripts)
    # The turns of a call stand together, so that few of them need be looked up.
    starts = turns.ne(turns.shift()).any(axis="columns").to_numpy(dtype=np.bool_)
    found = turns[starts].merge(numbers, how="left", on=list(CALL))["number"].fillna(-1)
    return PlacedTurns(
        count=len(groups.keys),
        of_calls=groups.numbers,
        of_turns=found.to_numpy(dtype=np.int64)[np.cumsum(starts) - 1],
    )


def count_user_turns(calls: pd.DataFrame, transcripts: pd.DataFrame) -> NDArray[np.int64]:
    """Count for each call the turns in which the user said something.

    Parameters
    ----------
    calls : pandas.DataFrame
        One row a call; `campaign_id` and `call_id` are read.
    transcripts : pandas.DataFrame
        One row a turn; `campaign_id`, `call_id`, `role` and `content` are read.

    Returns
    -------
    numpy.ndarray of int64
        One number a call.

    Examples
    --------
    >>> calls = pd.DataFrame({"campaign_id": "c1", "call_id": ["k1", "k2"]})
    >>> transcripts = pd.DataFrame(
    ...     {"campaign_id": "c1", "call_id": "k1", "role": ["user", "assistant"], "content": ["Yes?", "Hi."]}
    ... )
    >>> count_user_turns(calls, transcripts).tolist()
    [1, 0]
    """
    counted = add_user_turns(select_columns(calls, CALL), _COUNT, transcripts, most=np.iinfo(np.int64).max)
    return np.asarray(counted[_COUNT], dtype=np.int64)


def add_user_turns(calls: Frame, name: str, transcripts: Frame, most: int) -> Frame:
    """Add a column with the number of each call's turns in which the user said something, up to a most.

    Parameters
    ----------
    calls : Frame
        One row a call; `campaign_id` and `call_id` are read.
    name : str
        The name of the new column, of integers.
    transcripts : Frame
        One row a turn, on the same engine; `campaign_id`, `call_id`, `role` and `content` are read.
    most : int
        No more than this is counted.

    Returns
    -------
    Frame
        The calls with the column, on the same engine.

    Raises
    ------
    UnknownColumnError
        If a table lacks a column.
    ConfigurationError
        If the tables are on different engines, or a column is no text.
    """
    check_columns(calls, CALL)
    check_same_engine(calls, transcripts)
    turns = keep_rows(select_columns(transcripts, [*CALL, "role", "content"]), {"role": "user"})
    worded = add_worded(turns, _WORDED, "content")
    return add_matches(calls, name, worded, CALL, known="call_id", mark=_WORDED, most=most)


def _keys(table: pd.DataFrame) -> pd.DataFrame:
    check_columns(table, CALL)
    # Row numbers of its own, for an index may have the name of a column.
    return pd.DataFrame({name: as_text(table[name]) for name in CALL}).reset_index(drop=True)
