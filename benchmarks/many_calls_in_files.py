"""Parquet files of more calls than fit into memory, made by DuckDB: what the engines are measured on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import duckdb

if TYPE_CHECKING:
    from pathlib import Path

# A hundred campaigns, five agents, fifty numbers that call, three or four calls to a prospect, sixty days.
# Drawn by hashing the number of the row, so that the same files come out whatever the threads do.
_CALLS: Final = """
    WITH drawn AS (
        SELECT i,
            CAST(hash(i, 1) % CAST($calls / 3.3 + 1 AS UBIGINT) AS BIGINT) AS prospect,
            hash(i, 2) % 100 < 97 AS completed,
            hash(i, 3) % 100 AS luck,
            hash(i, 4) % 86400 AS minute,
            round(-90 * ln((hash(i, 5) % 999983 + 1) / 1e6), 1) AS length,
            hash(i, 6) % 50 AS caller
        FROM range($calls) t(i)
    ), ended AS (
        SELECT *, hash(prospect, 7) % 100 AS campaign,
            CASE WHEN NOT completed THEN 'pending' WHEN luck < 35 THEN 'pickedUp' WHEN luck < 38 THEN 'ivr'
                WHEN luck < 63 THEN 'voicemail' WHEN luck < 94 THEN 'unanswered'
                WHEN luck < 97 THEN 'disconnected' ELSE 'failed' END AS result,
            TIMESTAMPTZ '2026-03-02 00:00:00Z' + to_minutes(CAST(minute AS BIGINT)) AS created_at
        FROM drawn
    )
    SELECT
        format('campaign-{:03d}', campaign) AS campaign_id,
        format('agent-{:02d}', campaign % 5) AS agent_id,
        format('list-{:03d}', campaign) AS list_id,
        format('{:024x}', i) AS call_id,
        'outbound' AS direction,
        format('+1212200{:04d}', caller) AS from_number,
        format('+1{:d}{:07d}', [212, 213, 312, 305, 602, 206][prospect % 6 + 1], 2000000 + prospect // 6)
            AS prospect_number,
        completed,
        result,
        created_at,
        CASE WHEN completed THEN created_at + to_seconds(CAST(20 + length AS BIGINT)) END AS completed_at,
        CASE WHEN completed THEN CASE WHEN result = 'pickedUp' THEN length ELSE 0 END END AS call_length,
        CAST(2 AS INTEGER) AS turns
    FROM ended
"""
_TURNS: Final = """
    SELECT campaign_id, call_id, CAST(turn AS INTEGER) AS turn,
        CASE turn WHEN 0 THEN 'assistant' ELSE 'user' END AS role,
        CASE turn WHEN 0 THEN 'Good morning, this is Ada.' ELSE 'Yes, who is calling?' END AS content
    FROM read_parquet($path), range(2) t(turn)
"""


def make_files(folder: Path, calls: int) -> None:
    """Write `calls.parquet`, and `transcripts.parquet` with two turns a call, unless they are there."""
    paths = {name: folder / f"{name}.parquet" for name in ("calls", "transcripts")}
    folder.mkdir(parents=True, exist_ok=True)
    if all(path.exists() for path in paths.values()):
        return
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        _write(database, _CALLS, {"calls": calls}, paths["calls"])
        _write(database, _TURNS, {"path": str(paths["calls"])}, paths["transcripts"])


def _write(database: duckdb.DuckDBPyConnection, query: str, values: dict[str, object], path: Path) -> None:
    part = path.with_suffix(".part")
    copy = f"COPY ({query}) TO '{part}' (FORMAT parquet, ROW_GROUP_SIZE 200000)"
    database.execute(copy, values)
    part.replace(path)
