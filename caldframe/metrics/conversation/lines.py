"""What the assistant said in calls that were picked up, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.engine import as_booleans, as_text, is_one_of
from caldframe.metrics.conversation.turns import KEYS, order_turns

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["JUDGED_CALL", "Lines", "lines_of", "picked_up_calls"]

JUDGED_CALL: Final = (*KEYS, "completed", "result")
"""What is read of a call to see whether it was picked up."""


@dataclass(frozen=True, eq=False)
class Lines:
    """What the assistant said in completed, picked-up calls, call by call and in order.

    Parameters
    ----------
    calls : pandas.DataFrame
        One row a call that has turns: its `campaign_id` and `call_id`.
    call : numpy.ndarray of int64
        For each line, the position of its call in `calls`.
    content : pandas.Series of str
        The lines.
    place : numpy.ndarray of int64
        For each line, how many the assistant had said before it in this call.
    users_before : numpy.ndarray of int64
        For each line, how many turns of the user came before it.
    users : numpy.ndarray of int64
        For each line, how many turns of the user its call has in all.
    last : numpy.ndarray of bool
        For each line, whether it is the assistant's last.
    """

    calls: pd.DataFrame
    call: NDArray[np.int64]
    content: pd.Series[Any]
    place: NDArray[np.int64]
    users_before: NDArray[np.int64]
    users: NDArray[np.int64]
    last: NDArray[np.bool_]


def picked_up_calls(calls: pd.DataFrame) -> pd.DataFrame:
    """Give the calls that are completed and have the result pickedUp, with row numbers of their own."""
    picked_up = as_booleans(calls["completed"]) & is_one_of(calls["result"], "pickedUp")
    return calls.loc[picked_up].reset_index(drop=True)


def lines_of(transcripts: pd.DataFrame, picked_up: pd.DataFrame) -> Lines:
    """Give what the assistant said in some calls; calls that share their ids are one."""
    turns = order_turns(transcripts)
    known = pd.DataFrame({name: as_text(picked_up[name]) for name in KEYS}).drop_duplicates()
    counted = turns.calls.merge(known, how="left", on=KEYS, indicator="where")["where"].eq("both").to_numpy()
    by_user, by_assistant = turns.spoken_by("user"), turns.spoken_by("assistant")
    users_before, place = (_before(turns.call, each) for each in (by_user, by_assistant))
    chosen = np.flatnonzero(by_assistant & counted[turns.call])
    call = turns.call[chosen]
    return Lines(
        calls=turns.calls,
        call=call,
        content=as_text(transcripts["content"]).iloc[turns.rows[chosen]].reset_index(drop=True),
        place=place[chosen],
        users_before=users_before[chosen],
        users=turns.sums(by_user)[call],
        last=np.append(call[1:] != call[:-1], True)[: len(call)],
    )


def _before(call: NDArray[np.int64], marked: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Count for each turn those before it in its call that are marked; the turns of a call stand together."""
    so_far: NDArray[np.int64] = np.cumsum(marked) - marked
    return so_far - so_far[np.searchsorted(call, call)]
