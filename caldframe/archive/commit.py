"""How a response gets into an archive: the raw bytes first, then the tables; what is superseded goes last.

Nothing here waits for another process. A mark is put before anything else and taken away last, so that what
a killed process left unfinished shows in a listing. Whoever writes tables makes them from the newest raw
response there is, and looks again afterwards: of two that write the same campaign, the one that looks last
finds the newer response, whichever of them it was.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from caldframe.archive.names import ID_FILE, MarkName, RawName, is_cut_short, raw_folder, table_path
from caldframe.archive.raw import DamagedError, pack, read_raw
from caldframe.archive.states import state_of
from caldframe.archive.tables import derive, encode_table, read_table
from caldframe.archive.turns import in_turn
from caldframe.errors import ArchiveError
from caldframe.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from caldframe.archive.states import CampaignState, RawFile
    from caldframe.archive.storage import Storage
    from caldframe.schema import Tables

    Known: TypeAlias = Mapping[RawName, Tables]

History: TypeAlias = Literal["latest", "all"]

ABANDONED: Final = timedelta(hours=1)
"""After so long nobody writes a campaign any more: the mark is put when the response has been received."""

_ATTEMPTS: Final = 10


@dataclass(frozen=True)
class Received:
    """A response that is to be kept: its bytes, what it is to be called, and what it says."""

    body: bytes
    name: RawName
    tables: Tables


def commit(
    storage: Storage, state: CampaignState, received: Received, previous: Known, *, history: History
) -> None:
    """Put a response into the archive.

    Parameters
    ----------
    storage : Storage
        Where the archive is.
    state : CampaignState
        What it held of the campaign when the response was asked for.
    received : Received
        The response.
    previous : mapping of RawName to Tables
        Tables of earlier responses that need not be read again.
    history : {"latest", "all"}
        Whether an earlier response goes, if no call would go with it.
    """
    folder = raw_folder(state.folder)
    with _marked(storage, state):
        if is_cut_short(state.folder):
            storage.write(f"{folder}/{ID_FILE}", state.campaign_id.encode())
        with in_turn(len(received.body)):
            packed = pack(received.body)
        storage.write(f"{folder}/{received.name}", packed)
        if state.must_be_fetched:
            _delete_damaged(storage, state)
        write_tables(
            storage, state.campaign_id, {**previous, received.name: received.tables}, history=history
        )
        for mark in state.marks:
            if mark.kind == "refetch":
                storage.delete(f"{folder}/{mark.name}")


def finish(storage: Storage, state: CampaignState, *, history: History) -> None:
    """Do what a killed process may have left undone."""
    with _marked(storage, state):
        if (history == "latest" and len(state.raws) > 1) or not _are_current(storage, state):
            write_tables(storage, state.campaign_id, {}, history=history)
    for mark in state.marks:
        if mark.kind == "writing" and datetime.now(UTC) - mark.made_at > ABANDONED:
            storage.delete(f"{raw_folder(state.folder)}/{mark.name}")


def rebuild(storage: Storage, state: CampaignState) -> None:
    """Make the tables of a campaign anew from its newest raw response."""
    with _marked(storage, state):
        write_tables(storage, state.campaign_id, {}, history="all")


def ask_for_refetch(storage: Storage, folder: str) -> None:
    """Have the next sync fetch a campaign, even if it is over."""
    _put_mark(storage, folder, MarkName.new("refetch"))


def write_tables(storage: Storage, campaign_id: str, known: Known, *, history: History) -> None:
    """Write the four tables of a campaign's newest raw response, until there is no newer one.

    Parameters
    ----------
    storage : Storage
        Where the archive is.
    campaign_id : str
        The campaign.
    known : mapping of RawName to Tables
        Tables of responses that need not be read again.
    history : {"latest", "all"}
        Whether earlier responses go, once the tables are written.
    """
    written, superseded = None, []
    for _ in range(_ATTEMPTS):
        state = state_of(storage, campaign_id)
        newest = state.newest
        if newest is None or newest.name == written:
            break
        try:
            tables = _tables(storage, campaign_id, newest, known)
        except FileNotFoundError:  # another process has deleted it, since a newer one is there
            continue
        superseded = _superseded(storage, state, known) if history == "latest" else []
        kept = [raw.name for raw in state.raws if raw not in superseded]
        with in_turn(newest.size):
            contents = {
                table_path(name, state.folder): encode_table(table, name, campaign_id, newest.name, kept)
                for name, table in tables.as_dict().items()
            }
        for path, content in contents.items():
            # A power cut may bring back the old one: then it shows that it is not of the newest response.
            storage.write(path, content, lasting=False)
        written = newest.name
    else:
        raise ArchiveError(
            f"{campaign_id} is being written by others all the time. Run one sync of it at a time."
        )
    for raw in superseded:
        storage.delete(raw.path)


def _tables(storage: Storage, campaign_id: str, raw: RawFile, known: Known) -> Tables:
    if raw.name in known:
        return known[raw.name]
    return derive(read_raw(storage, raw), campaign_id, raw.name)


def _superseded(storage: Storage, state: CampaignState, known: Known) -> list[RawFile]:
    """Give the raw responses whose calls are all in the next one that stays."""
    found = []
    *others, staying = state.raws
    for raw in reversed(others):
        try:
            calls = _calls(storage, state.campaign_id, raw, known)
            if calls - _calls(storage, state.campaign_id, staying, known):
                staying = raw
            else:
                found.append(raw)
        except (FileNotFoundError, DamagedError):
            continue
    return found


def _are_current(storage: Storage, state: CampaignState) -> bool:
    """Whether all four tables are there, undamaged, and of the newest raw response."""
    try:
        stored = [read_table(storage, name, state.folder) for name in TABLES]
    except (FileNotFoundError, DamagedError):
        return False
    return all(one.fits and one.source == (state.newest and state.newest.name) for one in stored)


def _calls(storage: Storage, campaign_id: str, raw: RawFile, known: Known) -> Counter[str | None]:
    tables = _tables(storage, campaign_id, raw, known)
    return Counter(tables.calls["call_id"].to_pylist())


def _delete_damaged(storage: Storage, state: CampaignState) -> None:
    for raw in state.raws:
        try:
            read_raw(storage, raw)
        except FileNotFoundError:
            continue
        except DamagedError:
            storage.delete(raw.path)


@contextmanager
def _marked(storage: Storage, state: CampaignState) -> Iterator[None]:
    """Let a mark show that the campaign is being written; where that fails, it stays."""
    mark = MarkName.new("writing")
    _put_mark(storage, state.folder, mark)
    yield
    storage.delete(f"{raw_folder(state.folder)}/{mark.name}")


def _put_mark(storage: Storage, folder: str, mark: MarkName) -> None:
    # It comes to the disk with the raw response, which goes into the same folder next.
    storage.write(f"{raw_folder(folder)}/{mark.name}", b"", lasting=mark.kind == "refetch")
