"""Raw responses: the bytes as they were received, compressed, with a digest in the name."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from caldframe.archive.names import digest_of
from caldframe.errors import ArchiveError
from caldframe.unpacking import OverblownError, most_unpacked

if TYPE_CHECKING:
    from caldframe.archive.states import RawFile
    from caldframe.archive.storage import Storage

# Chosen by benchmarks/archive.py: what the levels above save is not worth their time.
_LEVEL: Final = 9
_PIECE: Final = 2**22


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
            body = _read_all(stream, most_unpacked(len(packed)))
    except OSError as error:
        raise _damaged(storage, raw, "torn") from error
    except OverblownError as error:
        raise DamagedError(
            f"{storage.address(raw.path)} {error}. It is not the response that was received.", "checksum"
        ) from error
    if digest_of(body) != raw.name.digest:
        raise _damaged(storage, raw, "checksum")
    return body


def _read_all(stream: pa.NativeFile, most: int) -> bytes:
    body = io.BytesIO()
    while piece := stream.read(_PIECE):
        if body.tell() + len(piece) > most:
            raise OverblownError(f"unpacks to more than {most:,} bytes, as no response of its size does")
        body.write(piece)
    return body.getvalue()


def _damaged(storage: Storage, raw: RawFile, problem: str) -> DamagedError:
    return DamagedError(
        f"{storage.address(raw.path)} is damaged: it is not the response that was received. Run "
        "verify(repair=True), which mends what can be mended and has the next sync fetch the rest.",
        problem,
    )
