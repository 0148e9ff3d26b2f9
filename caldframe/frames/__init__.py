"""`CampaignFrames`: the four tables as pandas, held together, and read back from files."""

from __future__ import annotations

from caldframe.frames.campaign_frames import CampaignFrames
from caldframe.frames.conversation import Conversation
from caldframe.frames.conversion import to_pandas
from caldframe.frames.convokit import ConvoKitTables
from caldframe.frames.failures import FAILURE_COLUMNS
from caldframe.frames.reading import read_csv, read_parquet

__all__ = [
    "FAILURE_COLUMNS",
    "CampaignFrames",
    "Conversation",
    "ConvoKitTables",
    "read_csv",
    "read_parquet",
    "to_pandas",
]
