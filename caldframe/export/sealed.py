"""Parquet files that carry the digest of all their bytes, so that any change to them shows.

The checksums of Parquet itself are those of pages: a change in the footer, to the statistics that readers
skip rows by for example, passes them. The metadata of a sealed file has the SHA-256 of the file with
zeros where the digest stands.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from caldframe.errors import ExportError
from caldframe.export.parquet_files import refuse_overblown
from caldframe.unpacking import OverblownError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SEAL: Final = b"caldframe.sha256"
_PREFIX: Final = b"sha256:"
_DIGITS: Final = 64
_BLANK: Final = _PREFIX + b"0" * _DIGITS
_MAGIC: Final = b"PAR1"
_LEAST_BYTES: Final = 12
_WORTH_THREADS: Final = 2**18


class BrokenSealError(ExportError):
    """A file is not as it was written.

    Parameters
    ----------
    message : str
        What is wrong with it; the sentence goes on from the file's name.
    problem : str
        ``torn`` if it is no whole Parquet file, ``checksum`` if its bytes have changed, ``foreign`` if it was
        never sealed.
    """

    def __init__(self, message: str, problem: str) -> None:
        super().__init__(message)
        self.problem = problem


def seal_parquet(
    table: pa.Table, name: str, metadata: Mapping[str, str], options: Mapping[str, Any]
) -> bytes:
    """Give a table as the content of a sealed Parquet file.

    Parameters
    ----------
    table : pyarrow.Table
        The table.
    name : str
        Its name, for the metadata (`caldframe.table`, beside `caldframe.version`).
    metadata : mapping of str to str
        What else the metadata says.
    options : mapping
        How it is written, as arguments of `pyarrow.parquet.ParquetWriter`.

    Returns
    -------
    bytes
        The same bytes for the same arguments and the same versions of caldframe and Arrow.
    """
    own = {
        "caldframe.table": name,
        "caldframe.version": _installed(),
        _SEAL.decode(): _BLANK.decode(),
    }
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, table.schema, **options) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({**metadata, **own})
    content = bytes(sink.getvalue().to_pybytes())
    # The metadata stands in the file as it is, behind the rows.
    before, blank, after = content.rpartition(_BLANK)
    return b"".join((before, _seal_of(before, blank, after), after))


def unseal_parquet(content: bytes) -> tuple[pa.Table, dict[str, str]]:
    """Read the content of a sealed Parquet file.

    Parameters
    ----------
    content : bytes
        The content.

    Returns
    -------
    table : pyarrow.Table
        The rows.
    metadata : dict of str to str
        What the metadata of the file says.

    Raises
    ------
    BrokenSealError
        If it is not what `seal_parquet` gave.
    """
    before, prefix, rest = content.rpartition(_PREFIX)
    seal, after = prefix + rest[:_DIGITS], rest[_DIGITS:]
    if seal != _seal_of(before, _BLANK, after):
        raise _as_broken(content)
    with pq.ParquetFile(pa.BufferReader(content)) as parquet:
        try:
            refuse_overblown(parquet.metadata, len(content))
        except OverblownError as error:
            raise BrokenSealError(str(error), "foreign") from error
        rows = parquet.read(use_threads=len(content) >= _WORTH_THREADS)
        return rows, _as_text(parquet.metadata.metadata)


def _as_broken(content: bytes) -> BrokenSealError:
    """Say what is wrong without parsing, for nobody knows what is in there."""
    if len(content) < _LEAST_BYTES or not (content.startswith(_MAGIC) and content.endswith(_MAGIC)):
        return BrokenSealError("is no whole Parquet file", "torn")
    if _SEAL not in content:
        return BrokenSealError("was written by another program", "foreign")
    return BrokenSealError("has changed since it was written", "checksum")


@cache
def _installed() -> str:
    return version("caldframe")  # which reads a file: for each of many small tables, that would show


def _seal_of(*parts: bytes) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return _PREFIX + digest.hexdigest().encode()


def _as_text(metadata: Mapping[bytes, bytes]) -> dict[str, str]:
    return {key.decode(): value.decode() for key, value in metadata.items() if key.startswith(b"caldframe.")}
