"""Agents and contacts: bytes to a table each."""

from __future__ import annotations

import pyarrow as pa

from caldframe.decode.document import beginning, read_whole_object
from caldframe.decode.reader import NULL, Value, read_list, read_object
from caldframe.decode.rows import Notes, Row, extra_text, read_extra
from caldframe.decode.values import as_column, printable_json
from caldframe.errors import BadResponseError
from caldframe.schema import AGENTS, CONTACTS, Column, arrow_schema


def decode_agents(body: bytes) -> pa.Table:
    """Decode a response of ``GET /agents``.

    Returns
    -------
    pyarrow.Table
        One row an agent, in the order of the response; the columns of `caldframe.schema.AGENTS`. A value
        of the wrong type is null in its column and verbatim in `extra`.

    Raises
    ------
    BadResponseError
        If the body is not a JSON object with a list of agents.

    Examples
    --------
    >>> decode_agents(b'{"agents": [{"agentId": "a1", "name": "Ada", "voice": "alto"}]}').to_pylist()
    [{'agent_id': 'a1', 'name': 'Ada', 'extra': '{"voice":"alto"}'}]
    """
    return _decode_list(body, "agents", AGENTS)


def decode_contacts(body: bytes) -> pa.Table:
    """Decode a response of ``GET /lists/{listId}/contacts``.

    Returns
    -------
    pyarrow.Table
        One row a contact, in the order of the response; the columns of `caldframe.schema.CONTACTS`, custom
        variables in `extra`. A value of the wrong type is null in its column and verbatim in `extra`.

    Raises
    ------
    BadResponseError
        If the body is not a JSON object with a list of contacts.

    Examples
    --------
    >>> contacts = decode_contacts(b'{"contacts": [{"phoneNumber": "+14155550101", "plan": "gold"}]}')
    >>> contacts["extra"].to_pylist()
    ['{"plan":"gold"}']
    """
    return _decode_list(body, "contacts", CONTACTS)


def _decode_list(body: bytes, name: str, columns: tuple[Column, ...]) -> pa.Table:
    source = read_object(read_whole_object(body).text)
    entries = source.members.get(name, NULL)
    if entries.kind != "[":
        raise BadResponseError(
            f"The API answered without a list of {name}: {beginning(body)}. "
            "Check that the base URL is the API's and that the account may read them."
        )
    rows = [_read_listed(entry, columns) for entry in read_list(entries.text)]
    return pa.Table.from_pylist(rows, schema=arrow_schema(columns))


def _read_listed(entry: Value, columns: tuple[Column, ...]) -> Row:
    notes = Notes()
    if entry.kind != "{":
        return {"extra": extra_text([f'"not_an_object":{printable_json(entry.text)}'])}
    source = read_object(entry.text)
    row: Row = {}
    fitting: list[str] = []
    for column in columns:
        if column.source is None:
            continue
        row[column.name], problems = as_column(source.members.get(column.source, NULL), column)
        if "wrong_type" not in problems:
            fitting.append(column.source)
    row["extra"] = extra_text(read_extra(source, fitting, "", notes))
    return row
