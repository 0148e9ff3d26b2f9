"""`Conversation`: one call to read."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from caldframe.display import Chat, chat_html, chat_text
from caldframe.engine import (
    as_booleans,
    as_text,
    as_times,
    check_columns,
    check_zone,
    closest,
    is_one_of,
    map_campaigns,
)
from caldframe.errors import ConfigurationError
from caldframe.frames.cells import text_or_none
from caldframe.frames.owners import calls_of_turns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caldframe.engine import Frame

__all__ = ["Conversation", "find_conversation", "nearest_call"]

_CALL: Final = (
    *("campaign_id", "agent_id", "call_id", "direction", "from_number", "to_number"),
    *("completed", "result", "created_at", "call_length", "turns"),
)
_MOST_TURNS: Final = 1_000  # in a notebook or a prompt, which a call of an hour does not fill
_MOST_COMPARED: Final = 10_000
_SIGNIFICANT: Final = 6
_MINUTE: Final = 60
_DAY: Final = 86_400
_CALENDAR: Final = pd.Timestamp("0001-01-02", tz="UTC"), pd.Timestamp("9999-12-31", tz="UTC")


@dataclass(frozen=True, eq=False, repr=False)
class Conversation:
    """One call to read: a chat in a notebook and in a terminal.

    `CampaignFrames.conversation` gives it. What the API did not say is None.

    Parameters
    ----------
    call_id : str or None
        The call.
    campaign_id, campaign_name : str or None
        Its campaign.
    agent_id : str or None
        The agent that talked.
    direction : str or None
        Who called whom.
    from_number, to_number : str or None
        The number that placed the call, and the one that was called.
    completed : bool
        Whether the call is known to be over.
    result : str or None
        How it ended.
    created_at : pandas.Timestamp or None
        When it was placed, in the time zone that was asked for; in UTC outside the years 1 to 9999.
    call_length : float or None
        How long it lasted, in seconds.
    turns : pandas.DataFrame
        One row a turn, in order. Columns: those of `CampaignFrames.transcripts`.
    """

    call_id: str | None
    campaign_id: str | None
    campaign_name: str | None
    agent_id: str | None
    direction: str | None
    from_number: str | None
    to_number: str | None
    completed: bool
    result: str | None
    created_at: pd.Timestamp | None
    call_length: float | None
    turns: pd.DataFrame

    def __repr__(self) -> str:
        width = shutil.get_terminal_size((80, 24)).columns
        return chat_text(self._chat(), width=width, most=_MOST_TURNS)

    def _repr_html_(self) -> str:
        return chat_html(self._chat(), most=_MOST_TURNS)

    def as_text(self, *, width: int = 80, color: bool = False) -> str:
        r"""Give the whole conversation as text for a terminal.

        Parameters
        ----------
        width : int, default 80
            How many columns the terminal has. Wide characters take two of them.
        color : bool, default False
            Whether to write ANSI styles.

        Returns
        -------
        str
            The lines. Control characters, direction overrides and whatever else would drive a terminal or
            hide in it is shown as an escape, such as ``\x1b``.

        Examples
        --------
        >>> import caldframe as cf
        >>> call = b'{"callId": "k1", "transcripts": [{"role": "assistant", "content": "Hello?"}]}'
        >>> frames = cf.load_campaign(b'{"campaignId": "c1", "calls": [' + call + b"]}")
        >>> print(frames.conversation("k1").as_text())
        Call       k1
        Result     not known
        Campaign   c1
        ────────────────────
        assistant  Hello?
        """
        return chat_text(self._chat(), width=width, color=color)

    def _chat(self) -> Chat:
        roles, contents = (as_text(self.turns[name]) for name in ("role", "content"))
        return Chat(
            facts=[(name, text) for name, text in self._facts() if text],
            turns=[
                (text_or_none(role), text_or_none(content))
                for role, content in zip(roles, contents, strict=True)
            ],
        )

    def _facts(self) -> Iterator[tuple[str, str]]:
        yield "Call", self.call_id or ""
        yield "Result", self.result or "not known"
        yield "Length", "" if self.call_length is None else _length(self.call_length)
        yield "Time", "" if self.created_at is None else _time(self.created_at)
        ends = [self.from_number or "?", self.to_number or "?"]
        yield "Numbers", " → ".join(ends) if self.from_number or self.to_number else ""
        yield "Direction", self.direction or ""
        yield "Agent", self.agent_id or ""
        named = self.campaign_name and self.campaign_id
        yield "Campaign", f"{self.campaign_name} ({self.campaign_id})" if named else self.campaign_id or ""


def find_conversation(  # noqa: PLR0913, PLR0917 - three tables and what to find in them
    campaigns: pd.DataFrame,
    calls: pd.DataFrame,
    transcripts: pd.DataFrame,
    call_id: str,
    campaign_id: str | None,
    occurrence: int | None,
    tz: str,
) -> Conversation:
    """Find one call and its turns.

    Parameters
    ----------
    campaigns, calls, transcripts : pandas.DataFrame
        The tables of some campaigns.
    call_id : str
        The call.
    campaign_id : str or None
        Its campaign; None where only one has such a call.
    occurrence : int or None
        Which of the campaign's calls of that id, from 0; None where it has only one.
    tz : str
        The time zone of `created_at`.

    Returns
    -------
    Conversation
        The call.

    Raises
    ------
    UnknownColumnError
        If a table lacks a column.
    ConfigurationError
        If there is no such call, or more than one, or an argument is wrong.
    """
    check_columns(campaigns, ["campaign_id", "name"])
    check_columns(calls, _CALL)
    check_columns(transcripts, ["campaign_id", "call_id", "turn", "role", "content"])
    place = _place(calls, call_id, campaign_id, occurrence)
    row = calls.iloc[place]
    namesakes = is_one_of(calls["call_id"], call_id)
    turns = transcripts[is_one_of(transcripts["call_id"], call_id)]
    turns = turns[calls_of_turns(calls[namesakes], turns) == namesakes[:place].sum()]
    text = {name: text_or_none(row[name]) for name in _CALL[:6]}
    return Conversation(
        **text,
        campaign_name=_name(campaigns, text["campaign_id"]),
        completed=bool(as_booleans(calls["completed"].iloc[[place]])[0]),
        result=text_or_none(row["result"]),
        created_at=_local(as_times(calls["created_at"].iloc[[place]]).iloc[0], check_zone(tz)),
        call_length=None if pd.isna(row["call_length"]) else float(row["call_length"]),
        turns=turns.sort_values("turn", kind="stable").reset_index(drop=True),
    )


def _place(calls: pd.DataFrame, call_id: str, campaign_id: str | None, occurrence: int | None) -> int:
    there = is_one_of(calls["call_id"], call_id)
    if not there.any():
        raise ConfigurationError(_unknown(call_id, calls))
    homes = as_text(calls["campaign_id"])
    names = [str(name) for name in homes[there].dropna().unique()]
    if campaign_id is not None:
        there = there & is_one_of(homes, campaign_id)
        if not there.any():
            raise ConfigurationError(
                f"Campaign {campaign_id!r} has no call {call_id!r}. It is a call of {', '.join(names)}."
            )
    elif len(homes[there].unique()) > 1:
        raise ConfigurationError(
            f"Several campaigns have a call {call_id!r}: {', '.join(names)}. Say which one is meant with "
            f"campaign_id=."
        )
    places = there.nonzero()[0]
    if len(places) > 1 and occurrence is None:
        rows = ", ".join(f"{place:,}" for place in places)
        raise ConfigurationError(
            f"The campaign has {len(places):,} calls with the id {call_id!r}, in rows {rows} of .calls. Say "
            f"which one is meant with occurrence=, 0 for the first."
        )
    if not 0 <= (occurrence or 0) < len(places):
        raise ConfigurationError(
            f"occurrence={occurrence!r}: the campaign has {len(places):,} of these calls, counted from 0."
        )
    return int(places[occurrence or 0])


def _unknown(call_id: str, calls: pd.DataFrame) -> str:
    if calls.empty:
        return f"There is no call {call_id!r}, for there are no calls in .calls."
    if is_one_of(calls["campaign_id"], call_id).any():
        return f"{call_id!r} is the id of a campaign. Give that of a call: .calls has them as call_id."
    near = nearest_call(str(call_id), calls)
    return f"There is no call {call_id!r} in .calls.{near} Its column call_id has them all."


def nearest_call(call_id: str, calls: Frame) -> str:
    """Give the question whether another call was meant, or nothing where no call has an id that is near.

    Parameters
    ----------
    call_id : str
        What was asked for.
    calls : Frame
        One row a call, on any engine.

    Returns
    -------
    str
        A sentence with a blank in front, or nothing.

    Raises
    ------
    UnknownColumnError
        If the table lacks a column.

    Examples
    --------
    >>> nearest_call("call-7", pd.DataFrame({"call_id": ["call-1", "other"]}))
    " Did you mean 'call-1'?"
    """
    near = map_campaigns(partial(_nearest, call_id), (calls, ["call_id"]))
    return closest(call_id, list(chain.from_iterable(near)))


def _nearest(call_id: str, calls: pd.DataFrame) -> list[str]:
    """Look for an id that is near among those that may be: comparing with a million of them takes minutes."""
    ids = as_text(calls["call_id"]).dropna()
    if len(ids) > _MOST_COMPARED:
        begin, end = call_id[:_SIGNIFICANT], call_id[-_SIGNIFICANT:]
        ids = ids[ids.str.startswith(begin) | ids.str.endswith(end)]
    return get_close_matches(call_id, ids.head(_MOST_COMPARED).tolist(), n=1)


def _name(campaigns: pd.DataFrame, campaign_id: str | None) -> str | None:
    if campaign_id is None:
        return None
    names = campaigns.loc[is_one_of(campaigns["campaign_id"], campaign_id), "name"]
    return None if names.empty else text_or_none(names.iloc[0])


def _local(moment: Any, zone: str) -> pd.Timestamp | None:
    """Give a time by the clock of a zone, or in UTC where the calendar of zones has no such day."""
    local: pd.Timestamp | None = None if pd.isna(moment) else moment
    if local is not None and _CALENDAR[0] < local < _CALENDAR[1]:
        return local.tz_convert(zone)
    return local


def _time(moment: pd.Timestamp) -> str:
    shown = moment.isoformat(sep=" ", timespec="seconds")
    return f"{shown.removesuffix('+00:00')} UTC" if str(moment.tz) == "UTC" else f"{shown} {moment.tz}"


def _length(seconds: float) -> str:
    shown = f"{seconds:,.1f} s"
    if not _MINUTE <= seconds < _DAY:
        return shown
    minutes, rest = divmod(int(seconds), _MINUTE)
    return f"{shown} ({minutes}:{rest:02} min)"
