"""One campaign, read so that its four tables are always of one response."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from caldframe.archive.raw import DamagedError, read_raw
from caldframe.archive.states import state_of
from caldframe.archive.tables import derive, read_table
from caldframe.errors import ArchiveError
from caldframe.schema import TABLES, Tables

if TYPE_CHECKING:
    from caldframe.archive.names import RawName
    from caldframe.archive.states import CampaignState
    from caldframe.archive.storage import Storage

_ATTEMPTS: Final = 10


def read_campaign(storage: Storage, state: CampaignState) -> Tables:
    """Read the four tables of a campaign: its newest response, whole.

    The files are taken if all four are made from the newest raw response, or from a newer one than this
    process knows. Otherwise, while they are being written for example, the response itself is decoded.

    Parameters
    ----------
    storage : Storage
        Where the archive is.
    state : CampaignState
        What is known of the campaign; it has at least one raw response.

    Returns
    -------
    Tables
        Its tables.

    Raises
    ------
    ArchiveError
        If neither the files nor the raw response can be read.
    """
    for _ in range(_ATTEMPTS):
        newest = state.newest
        if newest is None:
            break
        tables = _from_files(storage, state.folder, newest.name)
        if tables is not None:
            return tables
        with suppress(FileNotFoundError):  # deleted by now, since a newer one is there
            return derive(read_raw(storage, newest), state.campaign_id, newest.name)
        state = state_of(storage, state.campaign_id)
    raise ArchiveError(
        f"The raw response of {state.campaign_id} is not in {storage.name}. Run verify() to see what is "
        "missing, or sync it again."
    )


def _from_files(storage: Storage, folder: str, newest: RawName) -> Tables | None:
    """Give the tables of the files, None where they are not all of one response, or of an old one."""
    found, sources = {}, set()
    for name in TABLES:
        try:
            stored = read_table(storage, name, folder)
        except (FileNotFoundError, DamagedError):
            return None
        if not stored.fits or stored.source is None or stored.source < newest:
            return None
        found[name] = stored.table
        sources.add(stored.source)
    return Tables(**found) if len(sources) == 1 else None
