"""The documented fields of a call as DuckDB's types, and the queries that make two tables of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.response import Tables

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FIELDS: Final = {
    "callId": "VARCHAR",
    "direction": "VARCHAR",
    "from": "VARCHAR",
    "to": "VARCHAR",
    "completed": "BOOLEAN",
    "result": "VARCHAR",
    "createdAt": "TIMESTAMP",
    "completedAt": "TIMESTAMP",
    "callLength": "DOUBLE",
    "recordingUrl": "VARCHAR",
    "transcripts": "STRUCT(role VARCHAR, content VARCHAR)[]",
}


def read_tables(connection: DuckDBPyConnection) -> Tables:
    """Make calls and turns of a table `responses`, one row a call with the columns `FIELDS`."""
    calls = connection.sql("SELECT * EXCLUDE transcripts FROM responses").to_arrow_table()
    turns = connection.sql(
        "SELECT callId, turn.role, turn.content"
        " FROM (SELECT callId, unnest(transcripts) AS turn FROM responses)"
    ).to_arrow_table()
    return Tables(calls, turns)
