"""Our decoder alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.response import Tables
from caldframe.decode import decode_campaign

if TYPE_CHECKING:
    from benchmarks.response import Response


def read(response: Response) -> Tables:
    tables = decode_campaign(response.body)
    return Tables(tables.calls, tables.transcripts)
