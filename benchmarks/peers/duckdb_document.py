"""DuckDB on the saved response as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from benchmarks.peers.duckdb_tables import FIELDS, read_tables

if TYPE_CHECKING:
    from benchmarks.response import Response, Tables


def read(response: Response) -> Tables:
    members = ", ".join(f'"{name}" {kind}' for name, kind in FIELDS.items())
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE responses AS SELECT call.* FROM (SELECT unnest(calls) AS call"
            " FROM read_json($file,"
            " format = 'unstructured', maximum_object_size = $size, columns = $fields))",
            {
                "file": str(response.path),
                "size": response.path.stat().st_size + 1,
                "fields": {"calls": f"STRUCT({members})[]"},
            },
        )
        return read_tables(connection)
