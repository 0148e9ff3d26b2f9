"""Conversations in the convention of ConvoKit: utterances, speakers, conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

import numpy as np
import pandas as pd

from caldframe.engine import as_numbers, as_text, check_columns
from caldframe.frames.cells import plain_values
from caldframe.frames.owners import calls_of_turns

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ConvoKitTables", "convokit_tables"]

_CALL: Final = ("campaign_id", "call_id", "agent_id", "prospect_number", "turns")
_TURN: Final = ("campaign_id", "call_id", "turn", "role", "content")
_WHO: Final = {"assistant": "agent_id", "user": "prospect_number"}


class ConvoKitTables(NamedTuple):
    """What ``convokit.Corpus.from_pandas`` takes; `CampaignFrames.to_convokit` gives it.

    Parameters
    ----------
    utterances : pandas.DataFrame
        One row a turn.
    speakers : pandas.DataFrame
        One row a speaker.
    conversations : pandas.DataFrame
        One row a call in which something was said.
    """

    utterances: pd.DataFrame
    speakers: pd.DataFrame
    conversations: pd.DataFrame


def convokit_tables(
    campaigns: pd.DataFrame, calls: pd.DataFrame, transcripts: pd.DataFrame
) -> ConvoKitTables:
    """Put calls and their turns into ConvoKit's convention.

    Parameters
    ----------
    campaigns, calls, transcripts : pandas.DataFrame
        The tables of some campaigns.

    Returns
    -------
    ConvoKitTables
        As `CampaignFrames.to_convokit` says.

    Raises
    ------
    UnknownColumnError
        If a table lacks a column.
    ConfigurationError
        If a column holds values of another kind.
    """
    check_columns(campaigns, ["campaign_id", "name"])
    check_columns(calls, _CALL)
    check_columns(transcripts, _TURN)
    owners = calls_of_turns(calls, transcripts)
    # Call after call, turn after turn; turns of no call are last, and cut off.
    order = np.lexsort((as_numbers(transcripts["turn"]), owners))[np.count_nonzero(owners < 0) :]
    turns = transcripts.iloc[order].reset_index(drop=True)
    places, numbers = np.unique(owners[order], return_inverse=True)
    spoken = calls.iloc[places].reset_index(drop=True)
    keys = _keys(spoken)

    utterances = _utterances(turns, numbers, keys)
    speakers = _speakers(turns, spoken, numbers, keys)
    utterances["speaker"] = speakers["id"]
    conversations = _conversations(spoken, campaigns)
    first = utterances["reply_to"].isna()
    conversations.insert(0, "id", utterances["id"][first].reset_index(drop=True))
    return ConvoKitTables(
        utterances,
        speakers.drop_duplicates("id", ignore_index=True),
        conversations,
    )


def _keys(calls: pd.DataFrame) -> list[str]:
    """Name each call by its campaign and itself, and by a number where that is no name for it alone."""
    parts = [as_text(calls[name]).fillna("").map(_quoted) for name in ("campaign_id", "call_id")]
    names = pd.Series(parts[0] + "/" + parts[1], dtype=object)
    again = names.groupby(names).cumcount()
    return [f"{name}#{number}" if number else name for name, number in zip(names, again, strict=True)]


def _quoted(text: str) -> str:
    return quote(text, safe="+", errors="surrogatepass")


def _utterances(turns: pd.DataFrame, numbers: NDArray[np.int64], keys: list[str]) -> pd.DataFrame:
    positions = pd.Series(numbers).groupby(numbers).cumcount().tolist()
    # Five digits, because without times ConvoKit sorts a speaker's utterances by their ids.
    ids = [f"{keys[number]}/{position:05}" for number, position in zip(numbers, positions, strict=True)]
    table = {
        "id": ids,
        "timestamp": [None] * len(ids),
        "text": as_text(turns["content"]).fillna("").tolist(),
        "speaker": [None] * len(ids),
        "reply_to": [ids[row - 1] if position else None for row, position in enumerate(positions)],
        "conversation_id": [ids[row - position] for row, position in enumerate(positions)],
        **_meta(turns.drop(columns=["campaign_id", "call_id", "content"])),
    }
    return pd.DataFrame(table, dtype=object)


def _speakers(
    turns: pd.DataFrame, calls: pd.DataFrame, numbers: NDArray[np.int64], keys: list[str]
) -> pd.DataFrame:
    """Give the speaker of each turn: the agent, the prospect, or somebody of whom only the call is known."""
    roles = plain_values(as_text(turns["role"]))
    known = {role: plain_values(as_text(calls[column])) for role, column in _WHO.items()}
    rows = []
    for role, number in zip(roles, numbers, strict=True):
        who = known[role][number] if role in known else None
        rows.append(
            {
                "id": f"{role or 'nobody'}:{keys[number] if who is None else who}",
                "meta.role": role,
                **{f"meta.{column}": who if role == of else None for of, column in _WHO.items()},
            }
        )
    columns = ["id", "meta.role", *(f"meta.{column}" for column in _WHO.values())]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def _conversations(calls: pd.DataFrame, campaigns: pd.DataFrame) -> pd.DataFrame:
    named = campaigns.drop_duplicates("campaign_id").set_index("campaign_id")["name"]
    own = calls if "campaign_name" in calls else calls.assign(campaign_name=calls["campaign_id"].map(named))
    return pd.DataFrame(_meta(own.drop(columns="turns")), dtype=object)


def _meta(table: pd.DataFrame) -> dict[str, list[Any]]:
    return {f"meta.{_key(name)}": plain_values(values) for name, values in table.items()}


def _key(name: Any) -> str:
    """Give the name of a column as ConvoKit can read it: it cuts names at dots, and needs `id` for itself."""
    key = str(name).replace(".", "_")
    return "id_" if key == "id" else key
