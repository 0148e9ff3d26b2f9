"""What a user of caldframe types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.response import Tables
from caldframe.fetch import load_campaign

if TYPE_CHECKING:
    from benchmarks.response import Response


def read(response: Response) -> Tables:
    frames = load_campaign(response.body)
    return Tables(frames.calls, frames.transcripts)
