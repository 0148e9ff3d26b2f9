"""The extra ``duckdb``: calls are counted in DuckDB, and an archive is opened as one of its relations."""

from __future__ import annotations

import sys

import duckdb
import pandas as pd

import caldframe as cf


def main() -> None:
    """Count twice, here and there."""
    frames = cf.load_campaign(sys.argv[1])
    frames.to_parquet("tables")
    wanted = cf.outcome_rates(frames.calls)
    pd.testing.assert_frame_equal(cf.outcome_rates(duckdb.read_parquet("tables/calls.parquet")), wanted)
    with cf.Sandbox(seed=1, campaigns=1, calls=20) as sandbox:
        archive = cf.Archive("archive")
        archive.sync(sandbox.campaign_ids, base_url=sandbox.url, api_key=sandbox.api_key)
    assert len(archive.scan("calls", engine="duckdb")) == len(archive.frames().calls)


if __name__ == "__main__":
    main()
