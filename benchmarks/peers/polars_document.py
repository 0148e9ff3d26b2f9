"""Polars on the one document, which is as fast for it as NDJSON and needs no splitting first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from benchmarks.response import Tables

if TYPE_CHECKING:
    from benchmarks.response import Response

_TURN: Final = pl.Struct({"role": pl.String(), "content": pl.String()})
_CALL: Final = pl.Struct(
    {
        "callId": pl.String(),
        "direction": pl.String(),
        "from": pl.String(),
        "to": pl.String(),
        "completed": pl.Boolean(),
        "result": pl.String(),
        "createdAt": pl.String(),
        "completedAt": pl.String(),
        "callLength": pl.Float64(),
        "recordingUrl": pl.String(),
        "transcripts": pl.List(_TURN),
    }
)


def read(response: Response) -> Tables:
    document = pl.read_json(response.body, schema={"calls": pl.List(_CALL)})
    rows = document.explode("calls").unnest("calls")
    lists = rows.select("callId", "transcripts").filter(pl.col("transcripts").list.len() > 0)
    turns = lists.explode("transcripts").unnest("transcripts")
    times = pl.col("createdAt", "completedAt").str.to_datetime(time_unit="us", time_zone="UTC")
    return Tables(rows.drop("transcripts").with_columns(times), turns)
