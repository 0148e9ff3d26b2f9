"""The tables: names, types, order, enumerations, and where each column comes from.

Everything that knows a column by name takes it from here: the decoder, the pandas frames, Parquet
and CSV files, the data dictionary and the tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RESULTS: Final = ("pending", "pickedUp", "ivr", "voicemail", "unanswered", "disconnected", "failed")
"""Every documented `result` of a call, in the API's order."""

STATUSES: Final = ("pending", "active", "not_funded", "finished", "cancelled")
"""Every documented `status` of a campaign, in the API's order."""

DIRECTIONS: Final = ("outbound", "inbound")
ROLES: Final = ("assistant", "user")

TEXT: Final = pa.large_string()
"""With offsets of 64 bits, as pandas has it: no copy on the way there, and no limit of 2 GB to a column."""

TIMESTAMP: Final = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        The column's name.
    type : pyarrow.DataType
        The column's Arrow type.
    source : str or None
        The API field that it is read from, None where it is not a field of the row's own JSON object.
    meaning : str
        One line for the data dictionary, units included.
    nullable : bool
        Whether null is a possible value.
    allowed : tuple of str
        The documented values of an enumeration, empty for anything else.
    identifies : bool
        Whether rows are told apart by it, so that its absence is a problem.
    """

    name: str
    type: pa.DataType
    source: str | None
    meaning: str
    nullable: bool = True
    allowed: tuple[str, ...] = ()
    identifies: bool = False


EXTRA: Final = Column("extra", TEXT, None, "every field that the API does not document, a JSON object")

CAMPAIGNS: Final = (
    Column("campaign_id", TEXT, "campaignId", "the campaign", identifies=True),
    Column("name", TEXT, "name", "its name in the dashboard"),
    Column("list_id", TEXT, "listId", "the list of contacts that it calls"),
    Column("agent_id", TEXT, "agentId", "the AI agent that talks"),
    Column("status", TEXT, "status", "how far the campaign is", allowed=STATUSES),
    Column("total_calls", pa.int64(), "stats.totalCalls", "calls in the campaign, as the API counts them"),
    Column("completed_calls", pa.int64(), "stats.completedCalls", "calls completed, as the API counts them"),
    Column("failed_calls", pa.int64(), "stats.failedCalls", "calls failed, as the API counts them"),
    Column("pending_calls", pa.int64(), "stats.pendingCalls", "calls pending, as the API counts them"),
    Column("picked_up_calls", pa.int64(), "stats.pickedUpCalls", "calls picked up, as the API counts them"),
    Column("ivr_calls", pa.int64(), "stats.ivrCalls", "calls answered by a menu, as the API counts them"),
    Column(
        "voicemail_calls",
        pa.int64(),
        "stats.voicemailCalls",
        "calls answered by a voicemail, as the API counts them",
    ),
    Column(
        "unanswered_calls", pa.int64(), "stats.unansweredCalls", "calls not answered, as the API counts them"
    ),
    Column(
        "disconnected_calls",
        pa.int64(),
        "stats.disconnectedCalls",
        "calls disconnected, as the API counts them",
    ),
    Column("fetched_at", TIMESTAMP, None, "when the response was received, null for a saved one"),
    EXTRA,
)

CALLS: Final = (
    Column("campaign_id", TEXT, None, "the call's campaign"),
    Column("agent_id", TEXT, None, "the campaign's agent"),
    Column("list_id", TEXT, None, "the campaign's list"),
    Column("call_id", TEXT, "callId", "the call", identifies=True),
    Column("direction", TEXT, "direction", "who called whom", allowed=DIRECTIONS),
    Column("from_number", TEXT, "from", "the number that placed the call"),
    Column("to_number", TEXT, "to", "the number that was called"),
    Column(
        "prospect_number",
        TEXT,
        None,
        "the prospect: `to` of an outbound call, `from` of an inbound one",
    ),
    Column("completed", pa.bool_(), "completed", "whether the call is over"),
    Column("result", TEXT, "result", "how the call ended", allowed=RESULTS),
    Column("created_at", TIMESTAMP, "createdAt", "when the call was placed"),
    Column("completed_at", TIMESTAMP, "completedAt", "when the call was over"),
    Column("call_length", pa.float64(), "callLength", "how long the call lasted, in seconds"),
    Column("turns", pa.int32(), "transcripts", "how many entries the transcript has", nullable=False),
    Column("recording_url", TEXT, "recordingUrl", "where the recording is"),
    EXTRA,
)

TRANSCRIPTS: Final = (
    Column("campaign_id", TEXT, None, "the call's campaign"),
    Column("call_id", TEXT, None, "the call"),
    Column("turn", pa.int32(), None, "position in the transcript, from 0", nullable=False),
    Column("role", TEXT, "role", "who spoke", allowed=ROLES),
    Column("content", TEXT, "content", "what was said"),
    EXTRA,
)

PROBLEMS: Final = (
    Column("campaign_id", TEXT, None, "the campaign, where known"),
    Column("call_id", TEXT, None, "the call, where known"),
    Column("call_index", pa.int64(), None, "position in `calls`, from 0; null for the campaign itself"),
    Column("field", TEXT, None, "the path of the field, as `calls[12].callLength`", nullable=False),
    Column("problem", TEXT, None, "what is wrong, one of a documented list", nullable=False),
    Column("value", TEXT, None, "the offending JSON text, whole; null where there is none"),
)

TABLES: Final[Mapping[str, tuple[Column, ...]]] = {
    "campaigns": CAMPAIGNS,
    "calls": CALLS,
    "transcripts": TRANSCRIPTS,
    "problems": PROBLEMS,
}
"""The four tables, by name, in their order."""

AGENTS: Final = (
    Column("agent_id", TEXT, "agentId", "the agent"),
    Column("name", TEXT, "name", "its name in the dashboard"),
    EXTRA,
)

CONTACTS: Final = (
    Column("phone_number", TEXT, "phoneNumber", "the contact's number"),
    Column("prospect_name", TEXT, "prospectName", "the contact's name"),
    Column("email", TEXT, "email", "the contact's e-mail address"),
    EXTRA,
)

PROBLEM_KINDS: Final[Mapping[str, str]] = {
    "missing": "`campaignId`, `callId` or `calls` is absent or null",
    "wrong_type": "the value is not of the documented type; null in its column",
    "not_an_object": "an entry of a list that should be an object; it has no row of its own",
    "not_an_integer": "a count with a fraction; null in its column",
    "out_of_range": "a number that its column cannot hold, or NaN or infinity; null in its column",
    "rounded": "a value with more digits than its column holds; rounded (times: cut to the microsecond)",
    "negative": "a length or a count below zero; kept",
    "bad_timestamp": "text that is no ISO-8601 time; null in its column",
    "naive_timestamp": "a time without a zone; read as UTC",
    "unknown_value": "a value that is not in the documented list; kept",
    "duplicate_call_id": "a `callId` that an earlier call of the response has; both are kept",
    "duplicate_key": "a field given twice in one object; the last counts, the value here is the earlier one",
    "lone_surrogate": "half of a UTF-16 pair in a text; U+FFFD in its column",
    "invalid_utf8": "bytes that are not UTF-8 in a text; U+FFFD in its column, backslash escapes here",
    "control_character": "a control character that JSON wants escaped; kept",
    "not_json": "an unknown field with NaN, infinity or a raw control character in it; null in `extra`",
    "other_campaign": "the response names another campaign than was asked for; kept",
}
"""Every value of the column `problem`, and what it means for the value in its table."""


def arrow_schema(columns: tuple[Column, ...]) -> pa.Schema:
    """Give the Arrow schema of a table.

    Parameters
    ----------
    columns : tuple of Column
        The table's columns, in order.

    Returns
    -------
    pyarrow.Schema
        One field a column, in order.

    Examples
    --------
    >>> arrow_schema(TRANSCRIPTS).names
    ['campaign_id', 'call_id', 'turn', 'role', 'content', 'extra']
    """
    return pa.schema([pa.field(column.name, column.type, nullable=column.nullable) for column in columns])


@dataclass(frozen=True)
class Tables:
    """The four tables of one campaign or of many, as Arrow.

    Parameters
    ----------
    campaigns : pyarrow.Table
        One row a campaign; the columns of `CAMPAIGNS`.
    calls : pyarrow.Table
        One row a call; the columns of `CALLS`.
    transcripts : pyarrow.Table
        One row a turn; the columns of `TRANSCRIPTS`.
    problems : pyarrow.Table
        One row for everything that did not fit; the columns of `PROBLEMS`.
    """

    campaigns: pa.Table
    calls: pa.Table
    transcripts: pa.Table
    problems: pa.Table

    def as_dict(self) -> dict[str, pa.Table]:
        """Give the tables by name, in their order."""
        return {name: getattr(self, name) for name in TABLES}


def empty_tables() -> Tables:
    """Give the four tables with all their columns and no row.

    Examples
    --------
    >>> empty_tables().calls.num_rows
    0
    """
    return Tables(**{name: arrow_schema(columns).empty_table() for name, columns in TABLES.items()})


def concat_tables(parts: Sequence[Tables]) -> Tables:
    """Put the tables of several campaigns one below the other, in the order given.

    Examples
    --------
    >>> concat_tables([]).problems.column_names
    ['campaign_id', 'call_id', 'call_index', 'field', 'problem', 'value']
    """
    if not parts:
        return empty_tables()
    return Tables(**{name: pa.concat_tables([getattr(part, name) for part in parts]) for name in TABLES})
