"""Saved responses."""

from __future__ import annotations

import os
import re
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from caldframe.decode import decode_campaign
from caldframe.errors import BadResponseError, ConfigurationError
from caldframe.frames import CampaignFrames
from caldframe.unpacking import OverblownError, is_gzip, unpack_gzip

if TYPE_CHECKING:
    import io
    from datetime import datetime

_SHOWN: Final = 200
_WEB: Final = re.compile("https?:/", re.IGNORECASE)
_OTHER_FILES: Final = {
    b"PAR1": "a Parquet file. Read the folder that it is in: read_parquet(folder)",
    b"PK\x03\x04": "a zip file, which is to be unpacked, or an Excel workbook, which is not read back",
    b"\x28\xb5\x2f\xfd": "compressed with Zstandard, as an archive keeps it. Open the whole archive",
}
"""What other files begin with, what they are, and what to do with them."""


def load_campaign(
    source: str | os.PathLike[str] | bytes | bytearray | memoryview | io.IOBase | IO[Any],
    *,
    fetched_at: datetime | None = None,
    strict: bool = False,
) -> CampaignFrames:
    """Make the frames of a saved response: the same as if it had just been fetched.

    Parameters
    ----------
    source : path, bytes or open file
        The response's JSON, plain or gzipped.
    fetched_at : datetime.datetime, optional
        When it was fetched, with a time zone, for the column of that name.
    strict : bool, default False
        Whether to raise if anything in the response does not fit.

    Returns
    -------
    CampaignFrames
        The four tables, as `fetch_campaign` gives them.

    Raises
    ------
    ConfigurationError
        If there is no such file, it cannot be read, or `fetched_at` has no zone.
    BadResponseError
        If what was saved is not a campaign in JSON, or breaks off.
    DataProblemsError
        If `strict` and there is at least one problem.

    Examples
    --------
    >>> load_campaign(b'{"campaignId": "c1", "calls": [{"callId": "k1", "result": "voicemail"}]}')
    CampaignFrames: 1 campaign, 1 call, 0 turns, 0 problems
    """
    if fetched_at is not None and getattr(fetched_at, "tzinfo", None) is None:
        raise ConfigurationError("fetched_at has no time zone. Give it one: fetched_at.replace(tzinfo=UTC).")
    name, body = _read(source)
    _refuse_other_files(name, body)
    try:
        if is_gzip(body):
            body = _unpacked(body)
        return CampaignFrames.from_arrow(decode_campaign(body, fetched_at=fetched_at, strict=strict))
    except BadResponseError as error:
        error.message = f"{name}: {error.message}"
        error.args = (error.message,)
        raise


def _refuse_other_files(name: str, body: bytes) -> None:
    if not body.strip():
        raise BadResponseError(f"{name}: There is nothing in it. It was not saved whole; get it again.")
    for beginning, what in _OTHER_FILES.items():
        if body.startswith(beginning):
            raise BadResponseError(f"{name} is no saved response, but {what}.")


def _read(source: Any) -> tuple[str, bytes]:
    """Give what was saved, and a name for it."""
    if isinstance(source, bytes | bytearray | memoryview):
        return f"The {len(source):,} bytes", bytes(source)
    if isinstance(source, str | os.PathLike):
        return str(source), _read_file(Path(source))
    if isinstance(source, dict | list):
        raise ConfigurationError(
            f"This is a {type(source).__name__}: JSON that was parsed already, and is no longer as it came. "
            "Give a path, bytes or an open file: response.content, for example."
        )
    name = str(getattr(source, "name", "The open file"))
    try:
        content = source.read()
    except (AttributeError, OSError, ValueError) as error:
        raise ConfigurationError(
            f"{name} cannot be read: {error}. Give a path, bytes or an open file."
        ) from None
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogatepass")
    if not isinstance(content, bytes):
        raise ConfigurationError(f"{name} does not give bytes. Open it with mode 'rb'.")
    return name, content


def _read_file(path: Path) -> bytes:
    if _WEB.match(str(path)):
        raise ConfigurationError(f"{path} is an address, not a file. Fetch it: fetch_campaign(campaign_id).")
    try:
        if path.is_dir():
            raise ConfigurationError(
                f"{path} is a folder. Give the file of a saved response; a folder that caldframe wrote is "
                "read with read_parquet or read_csv."
            )
        return path.read_bytes()
    except (OSError, ValueError) as error:
        if str(path).lstrip().startswith(("{", "[")):
            advice = "It looks like JSON itself: pass it as bytes, text.encode()."
        else:
            advice = "Give the path of a saved response."
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(f"{str(path)[:_SHOWN]} cannot be read: {reason}. {advice}") from None


def _unpacked(body: bytes) -> bytes:
    try:
        return unpack_gzip(body)
    except OverblownError as error:
        raise BadResponseError(
            f"The gzipped file {error}. Do not open it if you do not know its origin."
        ) from None
    except EOFError:
        raise BadResponseError(
            "The gzipped file breaks off. It was not saved or copied whole; get it again."
        ) from None
    except zlib.error as error:
        raise BadResponseError(f"The gzipped file is damaged: {error}. Get it again.") from None
