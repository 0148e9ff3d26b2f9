"""dlt: nested JSON to related tables, here in a DuckDB file of their own."""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"

import dlt
import duckdb

from benchmarks.response import Tables

if TYPE_CHECKING:
    from benchmarks.response import Response


def read(response: Response) -> Tables:
    with TemporaryDirectory() as folder:
        file = str(Path(folder) / "loaded.duckdb")
        destination = dlt.destinations.duckdb(file)
        pipeline = dlt.pipeline(
            "responses", pipelines_dir=folder, destination=destination, dataset_name="response"
        )
        pipeline.run(json.loads(response.body)["calls"], table_name="calls", loader_file_format="parquet")
        with duckdb.connect(file) as connection:
            calls = connection.sql("FROM response.calls").to_arrow_table()
            return Tables(calls, connection.sql("FROM response.calls__transcripts").to_arrow_table())
