"""The documented fields of a call as Arrow types, and the turns out of their lists."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.response import Tables

_TIME: Final = pa.timestamp("us", tz="UTC")

_TURN: Final = pa.struct([("role", pa.string()), ("content", pa.string())])
_FIELDS: Final = {
    "callId": pa.string(),
    "direction": pa.string(),
    "from": pa.string(),
    "to": pa.string(),
    "completed": pa.bool_(),
    "result": pa.string(),
    "createdAt": _TIME,
    "completedAt": _TIME,
    "callLength": pa.float64(),
    "recordingUrl": pa.string(),
    "transcripts": pa.list_(_TURN),
}

CALL_SCHEMA: Final = pa.schema(_FIELDS)


def unfold(rows: pa.Table) -> Tables:
    """Make calls and turns of one table of `CALL_SCHEMA`."""
    lists = rows["transcripts"].combine_chunks()
    role, content = lists.flatten().flatten()
    counts = pc.fill_null(pc.list_value_length(lists), 0).to_numpy()
    owners = np.repeat(np.arange(rows.num_rows), counts)
    call_ids = rows["callId"].combine_chunks().take(owners)
    turns = pa.table({"callId": call_ids, "role": role, "content": content})
    return Tables(rows.drop_columns(["transcripts"]), turns)
