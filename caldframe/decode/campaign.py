"""A campaign or a call: bytes to the four tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import pyarrow as pa

from caldframe.decode.calls import (
    FROM_CAMPAIGN,
    KNOWN,
    Decoded,
    decode_carefully,
    decode_entries,
    noting_duplicates,
)
from caldframe.decode.document import read_text, read_whole_object, refuse, refuse_message
from caldframe.decode.reader import NULL, NotJSONError, Object, Reader, Value, add_member, read_object
from caldframe.decode.rows import CAMPAIGN_FIELDS, Notes, Row, read_campaign
from caldframe.decode.split import NotInBlocksError, split
from caldframe.errors import DataProblemsError
from caldframe.schema import CALLS, CAMPAIGNS, PROBLEMS, TEXT, TRANSCRIPTS, Column, Tables, arrow_schema

if TYPE_CHECKING:
    from datetime import datetime

_SHOWN: Final = 200


def decode_campaign(
    body: bytes,
    *,
    campaign_id: str | None = None,
    fetched_at: datetime | None = None,
    strict: bool = False,
) -> Tables:
    """Decode a response of ``GET /campaigns/{campaignId}/details``.

    Parameters
    ----------
    body : bytes
        The response's body, decompressed: JSON in UTF-8 (or UTF-16 or UTF-32, as Windows tools save it).
    campaign_id : str, optional
        The campaign that was asked for. It stands in where the response does not name its campaign;
        a response that names another one is noted.
    fetched_at : datetime.datetime, optional
        When the response was received, with a zone.
    strict : bool, default False
        Whether to raise if anything does not fit.

    Returns
    -------
    Tables
        `campaigns` with one row; `calls` in the order of the response; `transcripts` in the order of the
        calls and of their turns; `problems` with the campaign's own first, then call by call.

    Raises
    ------
    BadResponseError
        If the body is not a JSON object, or is an error message instead of a campaign.
    DataProblemsError
        If `strict` and there is at least one problem.

    Examples
    --------
    >>> tables = decode_campaign(b'{"campaignId": "c1", "calls": [{"callId": "k1", "callLength": "12"}]}')
    >>> tables.calls["call_length"].to_pylist()
    [None]
    >>> tables.problems.select(["field", "problem", "value"]).to_pylist()
    [{'field': 'calls[0].callLength', 'problem': 'wrong_type', 'value': '"12"'}]
    """
    try:
        source, notes, decoded = _read_response(body)
    except NotJSONError as error:
        refuse(body, error, campaign_id)
    refuse_message(body, source, {*CAMPAIGN_FIELDS, "stats", "calls"}, "campaign", campaign_id)
    campaign = read_campaign(source, notes)
    campaign["fetched_at"] = fetched_at
    _settle_campaign_id(campaign, campaign_id, source, notes)
    return _tables([campaign], decoded, notes, strict=strict)


def decode_call(body: bytes, *, strict: bool = False) -> Tables:
    """Decode a response of ``GET /calls/{callId}``: one call, of a campaign that it does not name.

    Parameters
    ----------
    body : bytes
        The response's body, decompressed.
    strict : bool, default False
        Whether to raise if anything does not fit.

    Returns
    -------
    Tables
        `campaigns` without a row; one call; its turns; its problems, with paths as if the call were
        the first of a campaign: ``calls[0].result``.

    Raises
    ------
    BadResponseError
        If the body is not a JSON object, or is an error message instead of a call.
    DataProblemsError
        If `strict` and there is at least one problem.

    Examples
    --------
    >>> decode_call(b'{"callId": "k1", "result": "ivr"}').calls["call_id"].to_pylist()
    ['k1']
    """
    value = read_whole_object(body)
    refuse_message(body, read_object(value.text), KNOWN, "call")
    return _tables([], decode_carefully([(0, value)]), Notes(), strict=strict)


class _Document(NamedTuple):
    """A response: its own members, what is odd about them, the entries of `calls`, where their list is."""

    source: Object
    notes: Notes
    entries: list[Value]
    listed_from: int


def _read_response(body: bytes) -> tuple[Object, Notes, Decoded]:
    """Read a response: the campaign's own members, what is odd about them, and its calls."""
    try:
        return _read_in_blocks(body)
    except (NotInBlocksError, NotJSONError):
        # It does not look like the API's, or only looks like it. The careful reader takes anything.
        document = _read_document(read_text(body))
        decoded = decode_carefully(enumerate(document.entries))
        return document.source, document.notes, noting_duplicates(decoded)


def _read_in_blocks(body: bytes) -> tuple[Object, Notes, Decoded]:
    parts = split(body)
    document = _read_document(read_text(parts.before + parts.after))
    if document.listed_from != len(read_text(parts.before)) - 1:
        raise NotInBlocksError
    try:
        decoded = decode_entries(body, parts.blocks)
    except NotInBlocksError:
        # Perhaps the blocks were cut at the wrong places.
        decoded = decode_entries(body, [slice(parts.blocks[0].start, parts.blocks[-1].stop)])
    return document.source, document.notes, noting_duplicates(decoded)


def _read_document(text: str) -> _Document:
    """Step through a response."""
    reader = Reader(text)
    source = Object({}, {}, [])
    notes = Notes()
    entries: list[Value] = []
    listed_from = -1
    listed_to = 0
    for name, name_text in reader.members():
        if name == "calls" and listed_from >= 0:
            # The text of all calls is only copied if another value takes its place.
            source.members[name] = Value(text[listed_from:listed_to].rstrip(), None)
            entries, listed_from = [], -1
        if name != "calls" or reader.peek() != "[":
            add_member(source, name, name_text, reader.value())
            continue
        listed_from = reader.position
        entries = [reader.value() for _ in reader.elements()]
        listed_to = reader.position
        add_member(source, name, name_text, Value("[]", None))
    reader.end()
    calls = source.members.get("calls", NULL)
    if calls.is_null:
        notes.add("calls", "missing", None)
    elif calls.kind != "[":
        notes.add("calls", "wrong_type", calls)
    return _Document(source, notes, entries, listed_from)


def _settle_campaign_id(campaign: Row, asked_for: str | None, source: Object, notes: Notes) -> None:
    """Let the id that was asked for stand in for one that is absent; note one that is another."""
    if asked_for is None:
        return
    if campaign["campaign_id"] is None:
        campaign["campaign_id"] = asked_for
    elif campaign["campaign_id"] != asked_for:
        notes.add("campaignId", "other_campaign", source.members["campaignId"])


def _tables(campaigns: list[Row], decoded: Decoded, notes: Notes, *, strict: bool) -> Tables:
    """Put the tables together, with the campaign's own ids in each row."""
    campaign = campaigns[0] if campaigns else {}
    problems = pa.concat_tables([notes.to_arrow(), decoded.notes])
    tables = Tables(
        campaigns=pa.Table.from_pylist(campaigns, schema=arrow_schema(CAMPAIGNS)),
        calls=_of_campaign(decoded.calls, CALLS, campaign),
        transcripts=_of_campaign(decoded.turns, TRANSCRIPTS, campaign),
        problems=_of_campaign(problems, PROBLEMS, campaign),
    )
    return _checked(tables, strict=strict)


def _of_campaign(table: pa.Table, columns: tuple[Column, ...], campaign: Row) -> pa.Table:
    schema = arrow_schema(columns)
    arrays = {
        name: pa.repeat(pa.scalar(campaign.get(name), TEXT), table.num_rows)
        if name in FROM_CAMPAIGN
        else table.column(name)
        for name in schema.names
    }
    return pa.table(arrays, schema=schema)


def _checked(tables: Tables, *, strict: bool) -> Tables:
    count = tables.problems.num_rows
    if strict and count:
        first = tables.problems.slice(0, 1).to_pylist()[0]
        value = f": {first['value'][:_SHOWN]}" if first["value"] is not None else ""
        where = f"Campaign {first['campaign_id']}" if first["campaign_id"] is not None else "The campaign"
        raise DataProblemsError(
            f"{where} does not fit: {first['field']} is {first['problem']}{value} "
            f"({count:,} in all). Decode it without strict=True to have them all in `problems`.",
            count=count,
        )
    return tables
