"""Names in an archive: folders of campaigns, whose ids come from outside, and files that say what is in them.

An id becomes the name of a folder as Hive writes partitions: ``campaign_id=`` and the id, every character
quoted by ``%`` that is no small letter, digit, ``-``, ``_`` or ``.``. Capital letters are quoted too, for
two ids that differ in nothing else would share a folder where a disk does not tell them apart. An id that no
file name has room for is cut short and told apart by its digest; its folder in ``raw`` has a file that says
it in full.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from caldframe.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

RAW: Final = "raw"
ID_FILE: Final = "campaign_id.txt"
TABLE_FILES: Final[Mapping[str, str]] = {name: f"{name}.parquet" for name in TABLES}
"""What the file of each table is called, in the folder of each campaign."""

CAMPAIGN_ID: Final = "campaign_id"
"""The column that is the name of a folder."""

_KEY: Final = f"{CAMPAIGN_ID}="
_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")
_PLAIN_IN_STATUS: Final = _PLAIN - {"-", "."}
_MOST_ID_CHARACTERS: Final = 180
_MOST_STATUS_CHARACTERS: Final = 60
_DIGEST_CHARACTERS: Final = 32

_CUT_SHORT: Final = re.compile(rf"{_KEY}[^~/]+~[0-9a-f]{{{_DIGEST_CHARACTERS}}}")
_RAW_NAME: Final = re.compile(
    r"(?P<time>\d{8}T\d{6}\.\d{6}Z)-(?P<status>[^-]*)-(?P<calls>\d+)calls-(?P<pending>\d+)pending"
    r"-(?P<digest>[0-9a-f]{32})\.json\.zst"
)
_MARK_NAME: Final = re.compile(r"(?P<time>\d{8}T\d{6}\.\d{6}Z)-[0-9a-f]{8}\.(?P<kind>writing|refetch)")


def folder_of(campaign_id: str) -> str:
    """Give the name of a campaign's folder.

    Parameters
    ----------
    campaign_id : str
        The campaign, whatever characters it has.

    Returns
    -------
    str
        A name that every file system and object store takes, another one for every other id.

    Examples
    --------
    >>> folder_of("66f0c0ffee0000000000000a"), folder_of("../CON")
    ('campaign_id=66f0c0ffee0000000000000a', 'campaign_id=..%2F%43%4F%4E')
    """
    return _KEY + quoted(campaign_id, _MOST_ID_CHARACTERS)


def campaign_in(folder: str) -> str | None:
    """Give the campaign whose folder this is; None if the name does not say, or is none of ours.

    Examples
    --------
    >>> campaign_in("campaign_id=..%2F%43%4F%4E")
    '../CON'
    """
    try:
        campaign_id = unquote(folder.removeprefix(_KEY), errors="strict")
    except UnicodeDecodeError:
        return None
    return campaign_id if folder == folder_of(campaign_id) else None


def is_cut_short(folder: str) -> bool:
    """Whether a folder's name has a digest in place of the end of an id."""
    return _CUT_SHORT.fullmatch(folder) is not None


def is_folder(name: str) -> bool:
    """Whether a folder can be a campaign's."""
    return is_cut_short(name) or campaign_in(name) is not None


def raw_folder(folder: str) -> str:
    """Give where a campaign's raw responses are."""
    return f"{RAW}/{folder}"


def table_path(table: str, folder: str) -> str:
    """Give where a table of a campaign is."""
    return f"{table}/{folder}/{TABLE_FILES[table]}"


@dataclass(frozen=True, order=True)
class RawName:
    """The name of a raw response: when it was received, and what is in it. Later ones are greater.

    Parameters
    ----------
    fetched_at : datetime.datetime
        When it was received, in UTC.
    digest : str
        The first 32 hexadecimal digits of the SHA-256 of the response.
    status : str or None
        The campaign's status in it. One of the API's own is as it is, any other may be cut short.
    calls : int
        How many calls are in it.
    pending : int
        How many of them are not over, or more if the campaign itself counts more.

    Examples
    --------
    >>> name = RawName(datetime(2026, 3, 2, 14, 5, tzinfo=UTC), digest_of(b"{}"), "finished", 400, 0)
    >>> str(name)
    '20260302T140500.000000Z-finished-400calls-0pending-44136fa355b3678a1146ad16f7e8649e.json.zst'
    >>> RawName.parse(str(name)) == name
    True
    """

    fetched_at: datetime
    digest: str
    status: str | None = field(compare=False)
    calls: int = field(compare=False)
    pending: int = field(compare=False)

    def __str__(self) -> str:
        return self._text

    @cached_property
    def _text(self) -> str:
        # Once, for each of the four tables of a campaign says it twice.
        status = quoted(self.status or "", _MOST_STATUS_CHARACTERS, _PLAIN_IN_STATUS)
        what = f"{status}-{self.calls}calls-{self.pending}pending"
        return f"{_written(self.fetched_at)}-{what}-{self.digest}.json.zst"

    @classmethod
    def parse(cls, name: str) -> RawName | None:
        """Read a name; None if it is no raw response's."""
        match = _RAW_NAME.fullmatch(name)
        time = None if match is None else _read_time(match["time"])
        if match is None or time is None:
            return None
        status = unquote(match["status"]) or None
        return cls(time, match["digest"], status, int(match["calls"]), int(match["pending"]))


@dataclass(frozen=True)
class MarkName:
    """The name of a mark beside the raw responses of a campaign.

    Parameters
    ----------
    kind : str
        ``writing`` while the campaign is being written, ``refetch`` if it must be fetched anew.
    made_at : datetime.datetime
        When it was made, in UTC.
    name : str
        The name of the file.
    """

    kind: str
    made_at: datetime
    name: str

    @classmethod
    def new(cls, kind: str) -> MarkName:
        """Give a mark that no other process has."""
        now = datetime.now(UTC)
        return cls(kind, now, f"{_written(now)}-{secrets.token_hex(4)}.{kind}")

    @classmethod
    def parse(cls, name: str) -> MarkName | None:
        """Read a name; None if it is no mark's."""
        match = _MARK_NAME.fullmatch(name)
        time = None if match is None else _read_time(match["time"])
        return None if match is None or time is None else cls(match["kind"], time, name)


def digest_of(body: bytes) -> str:
    """Give what tells one response from another: the beginning of its SHA-256."""
    return hashlib.sha256(body).hexdigest()[:_DIGEST_CHARACTERS]


def quoted(text: str, most: int, plain: frozenset[str] = _PLAIN) -> str:
    """Give a name for a text from outside: quoted, and cut short where it has more than `most` characters."""
    parts = [
        character if character in plain else "".join(f"%{byte:02X}" for byte in character.encode())
        for character in text
    ]
    if parts and parts[-1] == ".":
        parts[-1] = "%2E"  # Windows drops a dot at the end
    if sum(map(len, parts)) <= most:
        return "".join(parts)
    beginning = ""
    for part in parts:
        if len(beginning) + len(part) + 1 + _DIGEST_CHARACTERS > most:
            break
        beginning += part
    return f"{beginning}~{digest_of(text.encode())}"


def _written(moment: datetime) -> str:
    """Write a moment so that later ones come later in the alphabet."""
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    return text.replace("-", "").replace(":", "") + "Z"


def _read_time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)  # ten times as fast as strptime
    except ValueError:
        return None
