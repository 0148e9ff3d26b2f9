"""The fastest JSON to Python objects, and lists to pandas without json_normalize."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pandas as pd

from benchmarks.response import Tables

if TYPE_CHECKING:
    from benchmarks.response import Response


def read(response: Response) -> Tables:
    entries = orjson.loads(response.body)["calls"]
    turns = pd.DataFrame(
        {
            "callId": [entry["callId"] for entry in entries for _ in entry["transcripts"]],
            "role": [turn["role"] for entry in entries for turn in entry["transcripts"]],
            "content": [turn["content"] for entry in entries for turn in entry["transcripts"]],
        }
    )
    calls = pd.DataFrame(entries).drop(columns="transcripts")
    for name in ("createdAt", "completedAt"):
        calls[name] = pd.to_datetime(calls[name], format="ISO8601", utc=True)
    return Tables(calls, turns)
