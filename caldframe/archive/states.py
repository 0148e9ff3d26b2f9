"""What an archive holds of each campaign, from the names of its files alone: nothing is read."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from caldframe.archive.names import (
    ID_FILE,
    RAW,
    MarkName,
    RawName,
    campaign_in,
    folder_of,
    is_cut_short,
    raw_folder,
)
from caldframe.frames import table_of_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from caldframe.archive.storage import Entry, Storage

_OVER: Final = frozenset({"finished", "cancelled"})
_COLUMNS: Final[Mapping[str, Any]] = {
    "campaign_id": "str",
    "status": "str",
    "calls": "int64",
    "pending": "int64",
    "fetched_at": "datetime64[us, UTC]",
    "responses": "int64",
    "bytes": "int64",
}


@dataclass(frozen=True)
class RawFile:
    """A raw response that is there.

    Parameters
    ----------
    name : RawName
        Its name, which says what is in it.
    path : str
        Where it is in the archive.
    size : int
        How many bytes it has, compressed.
    """

    name: RawName
    path: str
    size: int


@dataclass(frozen=True)
class CampaignState:
    """What the archive holds of a campaign.

    Parameters
    ----------
    campaign_id : str
        The campaign.
    folder : str
        The name of its folders.
    raws : tuple of RawFile
        Its raw responses, the earliest first.
    marks : tuple of MarkName
        What processes that are writing it, or were killed, have left.
    """

    campaign_id: str
    folder: str
    raws: tuple[RawFile, ...] = ()
    marks: tuple[MarkName, ...] = ()

    @property
    def newest(self) -> RawFile | None:
        """The raw response that the tables are to be made from."""
        return self.raws[-1] if self.raws else None

    @property
    def is_over(self) -> bool:
        """Whether nothing new is to be expected: finished or cancelled, nothing pending, nothing damaged."""
        newest = self.newest
        return (
            newest is not None
            and newest.name.status in _OVER
            and newest.name.pending == 0
            and not self.must_be_fetched
        )

    @property
    def must_be_fetched(self) -> bool:
        """Whether `verify` found that the raw response is damaged."""
        return any(mark.kind == "refetch" for mark in self.marks)

    @property
    def may_be_unfinished(self) -> bool:
        """Whether some process is writing the campaign, or was killed while it did."""
        return any(mark.kind == "writing" for mark in self.marks)


def state_of(storage: Storage, campaign_id: str) -> CampaignState:
    """Look at what there is of one campaign."""
    return states_of(storage, [campaign_id])[0]


def states_of(storage: Storage, campaign_ids: Sequence[str]) -> list[CampaignState]:
    """Look at what there is of some campaigns, in the order given."""
    folders = [folder_of(campaign_id) for campaign_id in campaign_ids]
    files = _by_folder(storage.files_of_each(raw_folder(folder) for folder in folders))
    return [
        _state(campaign_id, folder, files.get(folder, []))
        for campaign_id, folder in zip(campaign_ids, folders, strict=True)
    ]


def all_states(storage: Storage) -> list[CampaignState]:
    """Look at what there is of every campaign, in the order of their folders' names."""
    found = []
    for folder, files in sorted(_by_folder(storage.files(RAW)).items()):
        campaign_id = named_campaign(storage, folder)
        if campaign_id is not None:
            found.append(_state(campaign_id, folder, files))
    return found


def named_campaign(storage: Storage, folder: str) -> str | None:
    """Give the campaign whose folder this is, from the name, or from the file beside its raw responses."""
    if not is_cut_short(folder):
        return campaign_in(folder)
    try:
        campaign_id = storage.read(f"{raw_folder(folder)}/{ID_FILE}").decode()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return campaign_id if folder_of(campaign_id) == folder else None


def table_of_states(states: Iterable[CampaignState]) -> pd.DataFrame:
    """Give a row for each campaign; `caldframe.Archive.campaigns` says what the columns are."""
    rows = [
        {
            "campaign_id": state.campaign_id,
            "status": state.newest.name.status,
            "calls": state.newest.name.calls,
            "pending": state.newest.name.pending,
            "fetched_at": state.newest.name.fetched_at,
            "responses": len(state.raws),
            "bytes": sum(raw.size for raw in state.raws),
        }
        for state in states
        if state.newest is not None
    ]
    return table_of_rows(rows, _COLUMNS)


def _by_folder(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    found = defaultdict(list)
    for entry in entries:
        parts = entry.path.split("/")
        if len(parts) == 3:  # noqa: PLR2004 - raw, the campaign, the file
            found[parts[1]].append(entry)
    return dict(found)


def _state(campaign_id: str, folder: str, files: Iterable[Entry]) -> CampaignState:
    raws, marks = [], []
    for entry in files:
        name = entry.path.rpartition("/")[2]
        raw, mark = RawName.parse(name), MarkName.parse(name)
        if raw is not None:
            raws.append(RawFile(raw, entry.path, entry.size))
        elif mark is not None:
            marks.append(mark)
    raws.sort(key=lambda raw: raw.name)
    return CampaignState(campaign_id, folder, tuple(raws), tuple(marks))
