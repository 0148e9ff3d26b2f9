"""Raw responses: the bytes as they were received, compressed, with a digest in the name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from caldframe.archive.names import digest_of
from caldframe.errors import ArchiveError

if TYPE_CHECKING:
    from caldframe.archive.states import RawFile
    from caldframe.archive.storage import Storage

# Chosen by benchmarks/archive.py: what the levels above save is not worth their time.
_LEVEL: Final = 9


class DamagedError(ArchiveError):
    """A file of the archive is not what was written: torn, or changed.

    Parameters
    ----------
    message : str
        Which file, and what to do.
    problem : str
        ``torn`` or ``checksum``.
    """

    def __init__(self, message: str, problem: str) -> None:
        super().__init__(message)
        self.problem = problem

    def __reduce__(self) -> tuple[type[DamagedError], tuple[str, str]]:
        return type(self), (str(self), self.problem)


def pack(body: bytes) -> bytes:
    """Compress a response as one frame of Zstandard."""
    packed = pa.Codec("zstd", compression_level=_LEVEL).compress(body, asbytes=True)
    return bytes(packed)


def read_raw(storage: Storage, raw: RawFile) -> bytes:
    """Read a raw response.

    Parameters
    ----------
    storage : Storage
        Where the archive is.
    raw : RawFile
        Which.

    Returns
    -------
    bytes
        The response as it was received.

    Raises
    ------
    FileNotFoundError
        If it is not there (any more).
    DamagedError
        If it is not what was written.
    """
    packed = storage.read(raw.path)
    try:
        with pa.CompressedInputStream(pa.BufferReader(packed), "zstd") as stream:
            body = bytes(stream.read())
    except OSError as error:
        raise _damaged(storage, raw, "torn") from error
    if digest_of(body) != raw.name.digest:
        raise _damaged(storage, raw, "checksum")
    return body


def _damaged(storage: Storage, raw: RawFile, problem: str) -> DamagedError:
    return DamagedError(
        f"{storage.address(raw.path)} is damaged: it is not the response that was received. Run "
        "verify(repair=True), which mends what can be mended and has the next sync fetch the rest.",
        problem,
    )
