"""What the assistant said in calls that were picked up, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from caldframe.engine import Frame, as_booleans, as_text, check_columns, is_one_of, rows_here
from caldframe.metrics.conversation.turns import INSTEAD, KEYS, order_turns
from caldframe.turns import TURN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Lines", "lines_of", "picked_up_calls", "turns_here"]


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


def picked_up_calls(calls: Frame, metric: str, also: Sequence[str] = ()) -> pd.DataFrame:
    """Give the calls that are completed and have the result pickedUp, with row numbers of their own."""
    read = list(dict.fromkeys([*KEYS, "completed", "result", *also]))
    check_columns(calls, read)
    here = rows_here(calls, read, metric, INSTEAD)
    picked_up = as_booleans(here["completed"]) & is_one_of(here["result"], "pickedUp")
    return here.loc[picked_up].reset_index(drop=True)


def turns_here(transcripts: Frame, metric: str) -> pd.DataFrame:
    """Give the turns as rows of this process."""
    check_columns(transcripts, TURN)
    return rows_here(transcripts, list(TURN), metric, INSTEAD)


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
