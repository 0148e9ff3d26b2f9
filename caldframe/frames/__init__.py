"""`CampaignFrames`: the four tables as pandas, held together, and read back from files."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from caldframe.frames.campaign_frames import CampaignFrames
from caldframe.frames.cells import table_of_rows
from caldframe.frames.conversion import to_pandas
from caldframe.frames.failures import FAILURE_COLUMNS
from caldframe.frames.reading import read_csv, read_parquet

if TYPE_CHECKING:
    from caldframe.frames.conversation import Conversation
    from caldframe.frames.convokit import ConvoKitTables

# These count, and what counts takes a while to import: whoever fetches a campaign does not wait for it.
_HOMES: Final = {
    "Conversation": "caldframe.frames.conversation",
    "ConvoKitTables": "caldframe.frames.convokit",
}

__all__ = [
    "FAILURE_COLUMNS",
    "CampaignFrames",
    "Conversation",
    "ConvoKitTables",
    "read_csv",
    "read_parquet",
    "table_of_rows",
    "to_pandas",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
