"""Arrow's own JSON reader, on all threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa
from pyarrow import json as arrow_json

from benchmarks.peers.arrow_types import CALL_SCHEMA, unfold
from benchmarks.peers.lines import read_lines

if TYPE_CHECKING:
    from benchmarks.response import Response, Tables

# Three times as fast as the default of 1 MB.
_BLOCK_BYTES: Final = 8 << 20


def read(response: Response) -> Tables:
    rows = arrow_json.read_json(
        pa.BufferReader(read_lines(response)),
        read_options=arrow_json.ReadOptions(block_size=_BLOCK_BYTES),
        parse_options=arrow_json.ParseOptions(
            explicit_schema=CALL_SCHEMA, unexpected_field_behavior="ignore"
        ),
    )
    return unfold(rows)
