"""A campaign or a call: bytes to the four tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from caldframe.decode.document import read_text, read_whole_object, refuse, refuse_message
from caldframe.decode.reader import NULL, NotJSONError, Object, Reader, Value, add_member, read_object
from caldframe.decode.rows import CALL_FIELDS, CAMPAIGN_FIELDS, CallRows, Notes, Row, read_campaign
from caldframe.errors import DataProblemsError
from caldframe.schema import CALLS, CAMPAIGNS, PROBLEMS, TRANSCRIPTS, Column, Tables, arrow_schema

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
        source, calls, notes = _read_document(read_text(body))
    except NotJSONError as error:
        refuse(body, error, campaign_id)
    refuse_message(body, source, {*CAMPAIGN_FIELDS, "stats", "calls"}, "campaign", campaign_id)
    campaign = read_campaign(source, notes)
    campaign["fetched_at"] = fetched_at
    _settle_campaign_id(campaign, campaign_id, source, notes)
    tables = Tables(
        campaigns=pa.Table.from_pylist([campaign], schema=arrow_schema(CAMPAIGNS)),
        calls=_table(calls.calls, CALLS, campaign),
        transcripts=_table(calls.turns, TRANSCRIPTS, campaign),
        problems=_table(notes.rows + calls.notes.rows, PROBLEMS, campaign),
    )
    return _checked(tables, strict=strict)


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
    refuse_message(body, read_object(value.text), {*CALL_FIELDS, "transcripts"}, "call")
    calls = CallRows()
    calls.add(value, 0)
    tables = Tables(
        campaigns=arrow_schema(CAMPAIGNS).empty_table(),
        calls=_table(calls.calls, CALLS, {}),
        transcripts=_table(calls.turns, TRANSCRIPTS, {}),
        problems=_table(calls.notes.rows, PROBLEMS, {}),
    )
    return _checked(tables, strict=strict)


def _read_document(text: str) -> tuple[Object, CallRows, Notes]:
    """Step through a whole response: the campaign's own members, its calls, and what is odd about both."""
    reader = Reader(text)
    source = Object({}, {}, [])
    notes = Notes()
    calls = CallRows()
    listed_from, listed_to = 0, 0
    for name, name_text in reader.members():
        if name == "calls" and listed_to:
            # The text of all calls is only copied if another value takes its place.
            source.members[name] = Value(text[listed_from:listed_to].rstrip(), None)
            calls, listed_to = CallRows(), 0
        if name != "calls" or reader.peek() != "[":
            add_member(source, name, name_text, reader.value())
            continue
        listed_from = reader.position
        for index in reader.elements():
            calls.add(reader.value(), index)
        listed_to = reader.position
        add_member(source, name, name_text, Value("[]", None))
    reader.end()
    entries = source.members.get("calls", NULL)
    if entries.is_null:
        notes.add("calls", "missing", None)
    elif entries.kind != "[":
        notes.add("calls", "wrong_type", entries)
    return source, calls, notes


def _settle_campaign_id(campaign: Row, asked_for: str | None, source: Object, notes: Notes) -> None:
    """Let the id that was asked for stand in for one that is absent; note one that is another."""
    if asked_for is None:
        return
    if campaign["campaign_id"] is None:
        campaign["campaign_id"] = asked_for
    elif campaign["campaign_id"] != asked_for:
        notes.add("campaignId", "other_campaign", source.members["campaignId"])


def _table(rows: list[Row], columns: tuple[Column, ...], campaign: Row) -> pa.Table:
    """Make a table of rows, with the campaign's own ids in each."""
    schema = arrow_schema(columns)
    table = pa.Table.from_pylist(rows, schema=schema)
    for name in ("campaign_id", "agent_id", "list_id"):
        if name in schema.names:
            repeated = pa.repeat(pa.scalar(campaign.get(name), pa.string()), len(rows))
            table = table.set_column(schema.names.index(name), schema.field(name), repeated)
    return table


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
