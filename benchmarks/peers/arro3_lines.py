"""arrow-rs's JSON reader, on one thread."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pyarrow as pa
from arro3.io import read_json

from benchmarks.peers.arrow_types import CALL_SCHEMA, unfold
from benchmarks.peers.lines import read_lines

if TYPE_CHECKING:
    from benchmarks.response import Response, Tables


def read(response: Response) -> Tables:
    return unfold(pa.table(read_json(BytesIO(read_lines(response)), CALL_SCHEMA)))
