"""The turns in which something was said, call by call and in their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.engine import Frame, as_numbers, as_text, check_columns, closest, count_rows, has_words
from caldframe.errors import ConfigurationError
from caldframe.schema import ROLES
from caldframe.turns import TURN, place_turns

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["KEYS", "Turns", "call_of_turns", "check_role", "of_calls", "order_turns"]

KEYS: Final = ["campaign_id", "call_id"]
"""What tells calls apart."""


@dataclass(frozen=True, eq=False)
class Turns:
    """Turns in which something was said, sorted by call and turn.

    Parameters
    ----------
    calls : pandas.DataFrame
        One row a call that has any turn: its `campaign_id` and `call_id`, in order of first appearance.
    firsts : numpy.ndarray of int64
        For each of these calls, the row of the transcripts with its first appearance.
    rows : numpy.ndarray of int64
        For each turn, its row in the transcripts.
    call : numpy.ndarray of int64
        For each turn, the position of its call in `calls`.
    begins : numpy.ndarray of bool
        For each turn, whether a conversation begins with it.
    speaker : numpy.ndarray of int64
        For each turn, the position of its role in `roles`; -1 where that is null.
    roles : pandas.Series of str
        The roles that occur.
    entries : numpy.ndarray of int64
        For each of the calls, its rows in the transcripts, those that say nothing among them.
    """

    calls: pd.DataFrame
    firsts: NDArray[np.int64]
    rows: NDArray[np.int64]
    call: NDArray[np.int64]
    begins: NDArray[np.bool_]
    speaker: NDArray[np.int64]
    roles: pd.Series[Any]
    entries: NDArray[np.int64]

    def spoken_by(self, role: str) -> NDArray[np.bool_]:
        """Tell for each turn whether it is of a role; null is of none."""
        return np.isin(self.speaker, np.flatnonzero(self.roles.eq(role)))

    def sums(self, amounts: NDArray[Any]) -> NDArray[np.int64]:
        """Add up, call by call, one whole number a turn."""
        return np.bincount(self.call, weights=amounts, minlength=len(self.calls)).astype(np.int64)


def order_turns(transcripts: pd.DataFrame) -> Turns:
    """Find the calls of transcripts, and put what was said in them in order.

    A turn whose `content` is null, empty or nothing but white space says nothing. Where a `turn` of a call
    is there twice, as after two calls with one `call_id`, the second one belongs to a second conversation.

    Parameters
    ----------
    transcripts : pandas.DataFrame
        One row a turn; the columns `campaign_id`, `call_id`, `turn`, `role` and `content` are read.

    Returns
    -------
    Turns
        The calls, and the turns in which something was said.

    Raises
    ------
    UnknownColumnError
        If a column is missing.
    ConfigurationError
        If it is no DataFrame, or a column holds values of another kind.
    """
    check_columns(transcripts, TURN)
    numbers, calls, firsts = _number_calls(transcripts)
    said = np.flatnonzero(has_words(transcripts["content"]) & (numbers >= 0))
    call, turn = numbers[said], as_numbers(transcripts["turn"])[said]
    order, begins = _in_order(call, turn)
    rows = said[order]
    speaker, roles = pd.factorize(as_text(transcripts["role"]))
    return Turns(
        calls=calls,
        firsts=firsts,
        rows=rows,
        call=call[order],
        begins=begins,
        speaker=speaker[rows].astype(np.int64),
        roles=pd.Series(roles, dtype="str"),
        entries=np.bincount(numbers[numbers >= 0], minlength=len(calls)),
    )


def check_role(transcripts: Frame, role: Any) -> None:
    """Raise where a role is neither None, nor documented, nor one that occurs."""
    if role is None or role in ROLES:
        return
    occurring = as_text(count_rows(transcripts, ["role"]).keys["role"]).dropna().tolist()
    if role not in occurring:
        known = list(dict.fromkeys([*ROLES, *occurring]))
        raise ConfigurationError(
            f"role={role!r} speaks in no turn.{closest(str(role), known)} The roles: {', '.join(known)}."
        )


def of_calls(calls: pd.DataFrame, counted: pd.DataFrame) -> pd.DataFrame:
    """Give what was counted for each call: the calls' own rows and order, null where nothing was counted.

    Parameters
    ----------
    calls : pandas.DataFrame
        One row a call.
    counted : pandas.DataFrame
        One row a call, no two with the same `campaign_id` and `call_id`; further columns.

    Returns
    -------
    pandas.DataFrame
        One row a row of `calls`, with the columns of `counted`.
    """
    check_columns(calls, KEYS)
    keys = pd.DataFrame({name: as_text(calls[name]).to_numpy() for name in KEYS}).astype("str")
    return keys.merge(counted, how="left", on=KEYS)


def call_of_turns(transcripts: pd.DataFrame, calls: pd.DataFrame) -> NDArray[np.int64]:
    """Find the call that each turn belongs to.

    Parameters
    ----------
    transcripts : pandas.DataFrame
        One row a turn; the columns `campaign_id` and `call_id` are read.
    calls : pandas.DataFrame
        One row a call; the same columns are read.

    Returns
    -------
    numpy.ndarray of int64
        For each turn the row of its call, of several the first; -1 where there is none.
    """
    placed = place_turns(calls, transcripts)
    # The last to be written stays, so from the end; the one beyond is that of a turn without a call.
    rows = np.full(placed.count + 1, -1, dtype=np.int64)
    rows[placed.of_calls[::-1]] = np.arange(len(calls))[::-1]
    return rows[placed.of_turns]


def _number_calls(transcripts: pd.DataFrame) -> tuple[NDArray[np.int64], pd.DataFrame, NDArray[np.int64]]:
    """Give calls numbers, by first appearance; that of a turn without `call_id` is below zero."""
    (campaign, _), (call, ids) = (pd.factorize(as_text(transcripts[name])) for name in KEYS)
    # Null is a campaign like any other, the first.
    pairs = np.where(call < 0, -1, (campaign.astype(np.int64) + 1) * max(len(ids), 1) + call)
    known = np.flatnonzero(pairs >= 0)
    codes, distinct = pd.factorize(pairs[known])
    numbers = np.full(len(pairs), -1, dtype=np.int64)
    numbers[known] = codes
    # The last to be written stays, so from the end.
    firsts = np.zeros(len(distinct), dtype=np.int64)
    firsts[codes[::-1]] = known[::-1]
    keys = {name: as_text(transcripts[name]).iloc[firsts].reset_index(drop=True) for name in KEYS}
    return numbers, pd.DataFrame(keys), firsts


def _in_order(
    call: NDArray[np.int64], turn: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Sort turns by call and turn, and tell with which of them a conversation begins."""
    order = np.arange(len(call))
    begins = _changes(call)
    if np.all(call[1:] >= call[:-1]) and np.all(begins[1:] | (turn[1:] > turn[:-1])):
        return order, begins
    order = np.lexsort((turn, call))
    again = ~_changes(call[order]) & ~_changes(turn[order])
    if not again.any():
        return order, _changes(call[order])
    place = np.arange(len(order))
    copies = np.zeros(len(order), dtype=np.int64)
    copies[order] = place - np.maximum.accumulate(np.where(again, 0, place))
    order = np.lexsort((turn, copies, call))
    return order, _changes(call[order]) | _changes(copies[order])


def _changes(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which values are others than the one before; the first is."""
    changes = np.ones(len(values), dtype=np.bool_)
    changes[1:] = values[1:] != values[:-1]
    return changes
