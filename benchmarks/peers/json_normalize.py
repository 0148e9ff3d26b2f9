"""What a user of pandas writes today."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd

from benchmarks.response import Tables

if TYPE_CHECKING:
    from benchmarks.response import Response


def read(response: Response) -> Tables:
    entries = json.loads(response.body)["calls"]
    calls = pd.json_normalize(entries).drop(columns="transcripts")
    for name in ("createdAt", "completedAt"):
        calls[name] = pd.to_datetime(calls[name], format="ISO8601", utc=True)
    return Tables(calls, pd.json_normalize(entries, record_path="transcripts", meta="callId"))
