"""Recordings of calls, beside the tables: fetched from addresses that the API names."""

from __future__ import annotations

import hashlib
import re
import secrets
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import pandas as pd

from caldframe.archive.names import folder_of, quoted
from caldframe.archive.reading import read_campaign
from caldframe.errors import CaldError, ResponseTooLargeError
from caldframe.fetch.progress import progress_bar
from caldframe.fetch.workers import work_in_threads
from caldframe.frames import table_of_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from caldframe.archive.states import CampaignState
    from caldframe.archive.storage import Storage
    from caldframe.client import Downloader

RECORDINGS: Final = "recordings"

_COLUMNS: Final[dict[str, Any]] = {
    "campaign_id": "str",
    "call_id": "str",
    "action": "str",
    "path": "str",
    "bytes": pd.Int64Dtype(),
    "seconds": "float64",
    "error": "str",
}
_ENDINGS: Final = frozenset({"aac", "flac", "m4a", "mp3", "mp4", "oga", "ogg", "opus", "wav", "webm"})
_MOST_ID_CHARACTERS: Final = 120
_ABANDONED_SECONDS: Final = 600.0


@dataclass(frozen=True)
class Recording:
    """A recording and what became of it; the fields but `url` are the columns of the table."""

    campaign_id: str
    call_id: str | None
    url: str
    path: str
    action: str = "failed"
    bytes: int | None = None
    seconds: float = 0.0
    error: str | None = None


class PartFile:
    """A file that is not whole yet, which a later run can go on with; no two have the same at a time.

    Parameters
    ----------
    folder : pathlib.Path
        Where unfinished files are.
    name : str
        What tells this one from the others.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._free = folder / f"{name}.part"
        self.path = folder / f"{name}-{secrets.token_hex(4)}.part"
        for left in (self._free, *folder.glob(f"{name}-*.part")):
            with suppress(OSError):  # it is not there, or another process was faster
                if left == self._free or left.stat().st_mtime < time.time() - _ABANDONED_SECONDS:
                    left.rename(self.path)
                    _version_of(left).rename(_version_of(self.path))
                    break

    @property
    def size(self) -> int:
        """How many bytes are there."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def validator(self) -> str | None:
        """What the server said to tell this version of the file by."""
        try:
            return _version_of(self.path).read_text(encoding="latin-1") or None
        except OSError:
            return None

    def restart(self, validator: str | None) -> None:
        """Drop what is there and begin anew."""
        self.path.write_bytes(b"")
        _version_of(self.path).write_text(validator or "", encoding="latin-1")

    def append(self, piece: bytes) -> None:
        """Add what comes next."""
        with self.path.open("ab") as file:
            file.write(piece)

    def release(self) -> None:
        """Leave what is there to the next run."""
        with suppress(OSError):
            self.path.rename(self._free)
            _version_of(self.path).rename(_version_of(self._free))

    def remove(self) -> None:
        """Take away what is left."""
        self.path.unlink(missing_ok=True)
        _version_of(self.path).unlink(missing_ok=True)


def _version_of(path: Path) -> Path:
    """Give the file that says by what the server tells this version of a file."""
    return path.with_suffix(".version")


def recordings_of(storage: Storage, states: Iterable[CampaignState]) -> list[Recording]:
    """Give the recordings that the calls of some campaigns name, each once."""
    found: dict[str, Recording] = {}
    for state in states:
        if state.newest is None:
            continue
        calls = read_campaign(storage, state).calls.select(["call_id", "recording_url"])
        for call in calls.to_pylist():
            if call["recording_url"]:
                path = _path(state.campaign_id, call["call_id"], call["recording_url"])
                one = Recording(state.campaign_id, call["call_id"], call["recording_url"], path)
                found.setdefault(path, one)
    return list(found.values())


def fetch_all(
    storage: Storage, recordings: Sequence[Recording], downloader: Downloader, *, progress: bool | None
) -> pd.DataFrame:
    """Fetch recordings; `caldframe.Archive.fetch_recordings` says what the rows are."""
    there = {entry.path: entry.size for entry in storage.files(RECORDINGS)}
    wanted = {one.path: one for one in recordings if one.path not in there}
    done = {
        one.path: replace(one, action="present", bytes=there[one.path])
        for one in recordings
        if one.path in there
    }
    with (
        progress_bar(len(wanted), progress, "Recordings", "recording") as advance,
        tempfile.TemporaryDirectory() as folder,
    ):
        parts = storage.parts_folder() or Path(folder)
        done |= work_in_threads(
            list(wanted),
            lambda path: _fetch(storage, wanted[path], downloader, parts),
            threads=downloader.max_workers,
            stop=downloader.abort,
            done=lambda _: advance(),
        )
    return table_of_rows([asdict(done[one.path]) for one in recordings], _COLUMNS)


def _fetch(storage: Storage, recording: Recording, downloader: Downloader, parts: Path) -> Recording:
    started = time.perf_counter()
    name = hashlib.sha256(recording.path.encode()).hexdigest()[:32]
    part = PartFile(parts, name)
    try:
        downloader.download(recording.url, part)
        size = part.size
        storage.take(recording.path, part.path)
        part.remove()
        result = replace(recording, action="fetched", bytes=size)
    except ResponseTooLargeError as error:
        part.remove()
        result = replace(recording, error=str(error))
    except CaldError as error:
        part.release()
        result = replace(recording, error=str(error))
    except OSError as error:
        part.release()
        result = replace(recording, error=f"{error.strerror or error}. Free some space, then run it again.")
    return replace(result, seconds=time.perf_counter() - started)


def _path(campaign_id: str, call_id: str | None, url: str) -> str:
    """Give where a recording goes: nothing in its address can lead out of there."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    # Without the query: a signature in it changes from one response to the next.
    told_by = f"{parts.scheme}://{parts.netloc}{parts.path}" if parts.netloc else url
    digest = hashlib.sha256(f"{call_id}\n{told_by}".encode("utf-8", "surrogatepass")).hexdigest()[:12]
    match = re.search(r"\.([A-Za-z0-9]+)$", unquote(parts.path, errors="replace"))
    ending = match[1].lower() if match is not None and match[1].lower() in _ENDINGS else "audio"
    name = quoted(call_id or "", _MOST_ID_CHARACTERS)
    return f"{RECORDINGS}/{folder_of(campaign_id)}/{name}-{digest}.{ending}"
