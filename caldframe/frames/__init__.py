"""`CampaignFrames`: the four tables as pandas, held together, and read back from files."""

from __future__ import annotations

from caldframe.frames.campaign_frames import FAILURE_COLUMNS, CampaignFrames, read_csv, read_parquet
from caldframe.frames.conversion import to_pandas

__all__ = ["FAILURE_COLUMNS", "CampaignFrames", "read_csv", "read_parquet", "to_pandas"]
