"""The main job as a user does it: two programs, HTTP between them, files that other tools open."""

from __future__ import annotations

import csv
import gzip
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from caldframe.fetch import load_campaign
from caldframe.frames import read_csv, read_parquet
from caldframe.metrics.outcomes import outcome_rates, reconcile

SAMPLE = Path(__file__).parents[1] / "data" / "sample-campaign.json"
REAL_RESULTS = {
    "pickedUp": 2966,
    "unanswered": 2733,
    "voicemail": 1893,
    "disconnected": 340,
    "ivr": 337,
    "failed": 246,
    "pending": 49,
}


def program(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "caldframe", *map(str, arguments)]


@pytest.fixture(params=["sample", "real"])
def saved(request: pytest.FixtureRequest) -> Path:
    path: Path = SAMPLE if request.param == "sample" else request.getfixturevalue("real_campaign")
    return path


@pytest.fixture
def response(saved: Path) -> dict[str, Any]:
    body = saved.read_bytes()
    parsed: dict[str, Any] = json.loads(gzip.decompress(body) if saved.suffix == ".gz" else body)
    return parsed


@pytest.fixture
def fetched(saved: Path, response: dict[str, Any], tmp_path: Path) -> Path:
    """The folder that `caldframe fetch` wrote, from `caldframe sandbox --serve`."""
    with subprocess.Popen(  # noqa: S603 - our own program
        program("sandbox", "--serve", saved), stdout=subprocess.PIPE, encoding="utf-8"
    ) as sandbox:
        assert sandbox.stdout is not None
        try:
            lines = iter(sandbox.stdout.readline, "")
            exported = (line for line in lines if line.startswith("export "))
            pairs = [next(exported).removeprefix("export ").strip().split("=", 1) for _ in range(2)]
            subprocess.run(  # noqa: S603 - our own program
                program(
                    "fetch", response["campaignId"], "--out", tmp_path / "out", "--format", "parquet,csv"
                ),
                env={**os.environ, **dict(pairs)},
                check=True,
                stdout=subprocess.DEVNULL,
            )
        finally:
            sandbox.terminate()
    return tmp_path / "out"


def test_the_whole_job(fetched: Path, saved: Path, response: dict[str, Any]) -> None:
    frames = read_parquet(fetched)
    results = Counter(call["result"] for call in response["calls"])
    assert len(frames.calls) == len(response["calls"])
    assert len(frames.transcripts) == sum(len(call["transcripts"]) for call in response["calls"])
    assert len(frames.problems) == 0
    rates = outcome_rates(frames.calls, of="all")
    assert {row.result: row.n for row in rates.itertuples() if row.n} == results
    assert (reconcile(frames)["difference"] == 0).all()
    if saved != SAMPLE:
        assert results == REAL_RESULTS
        assert (len(frames.calls), len(frames.transcripts)) == (8564, 51806)

    loaded = load_campaign(saved)
    from_csv = read_csv(fetched)
    for name in ("calls", "transcripts", "problems"):
        assert getattr(frames, name).equals(getattr(loaded, name))
        assert getattr(from_csv, name).equals(getattr(loaded, name))

    # Other tools, which know nothing of caldframe.
    counted = duckdb.read_parquet(str(fetched / "calls.parquet")).aggregate("result, count(*)").fetchall()
    assert dict(counted) == results
    turns = pl.read_parquet(fetched / "transcripts.parquet")
    assert turns["content"].to_list() == [
        turn["content"] for call in response["calls"] for turn in call["transcripts"]
    ]
    with (fetched / "calls.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["call_id"] for row in rows] == [call["callId"] for call in response["calls"]]
