"""The extra ``spark``: calls are counted in Spark. It needs Java."""

from __future__ import annotations

import os
import sys

import pandas as pd
from pyspark.sql import SparkSession

import caldframe as cf


def main() -> None:
    """Count twice, here and there."""
    frames = cf.load_campaign(sys.argv[1])
    frames.to_parquet("tables")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    found = cf.outcome_rates(session.read.parquet("tables/calls.parquet"))
    session.stop()
    pd.testing.assert_frame_equal(found, cf.outcome_rates(frames.calls))


if __name__ == "__main__":
    main()
