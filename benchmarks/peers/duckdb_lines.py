"""DuckDB on a file of NDJSON, the form it wants; the file is written first, for it reads files only."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import duckdb

from benchmarks.peers.duckdb_tables import FIELDS, read_tables
from benchmarks.peers.lines import read_lines

if TYPE_CHECKING:
    from benchmarks.response import Response, Tables


def read(response: Response) -> Tables:
    with TemporaryDirectory() as folder, duckdb.connect() as connection:
        file = Path(folder) / "calls.ndjson"
        file.write_bytes(read_lines(response))
        connection.execute(
            "CREATE TABLE responses AS"
            " SELECT * FROM read_json($file, format = 'newline_delimited', columns = $fields)",
            {"file": str(file), "fields": FIELDS},
        )
        return read_tables(connection)
