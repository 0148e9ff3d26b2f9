"""Four Arrow tables to Parquet files and back."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from caldframe.export.files import read_table, read_tables, write_files
from caldframe.unpacking import OverblownError, most_unpacked

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    import pyarrow.dataset as ds

    from caldframe.schema import Tables

# The metadata has the categories of categorical columns: a column of the caller's may have very many.
_MOST_METADATA_BYTES: Final = 2**31 - 1

# The least that a cell takes in memory, all in all: an offset or a number takes eight, true or false a bit.
_BYTES_A_CELL: Final = 4


def write_parquet(
    tables: Tables, directory: str | os.PathLike[str], *, overwrite: bool = False
) -> list[Path]:
    """Write four tables as Parquet files, compressed with Zstandard.

    The metadata of each file has the table's name (`caldframe.table`) and the version of caldframe that
    wrote it (`caldframe.version`).

    Parameters
    ----------
    tables : Tables
        The tables; columns that the schema does not name are written too.
    directory : str or path
        The folder to write into; made if it is not there.
    overwrite : bool, default False
        Whether files that are there already are replaced.

    Returns
    -------
    list of pathlib.Path
        The files, in the order of the tables.

    Raises
    ------
    OutputExistsError
        If one of the files is there and `overwrite` is False; nothing is written then.
    ExportError
        If a file cannot be written.
    """
    contents = {
        f"{name}.parquet": partial(_write, table=table, name=name) for name, table in tables.as_dict().items()
    }
    return write_files(Path(directory), contents, overwrite=overwrite)


def read_parquet(directory: str | os.PathLike[str]) -> Tables:
    """Read the tables that `write_parquet` wrote.

    Files that other tools wrote are read too, if their columns have the schema's names and their types can
    be turned into the schema's without loss.

    Parameters
    ----------
    directory : str or path
        The folder with the four files.

    Returns
    -------
    Tables
        The tables; columns that the schema does not name are kept.

    Raises
    ------
    ExportError
        If a file is missing, is not Parquet, or does not fit the schema.
    """
    return read_tables(Path(directory), "parquet", _read)


def open_parquet(directory: str | os.PathLike[str], table: str) -> ds.Dataset:
    """Open one of the tables that `write_parquet` wrote, of which nothing is read before it is asked for.

    Parameters
    ----------
    directory : str or path
        The folder with the files.
    table : str
        The table's name.

    Returns
    -------
    pyarrow.dataset.Dataset
        The table, in the types of the schema; columns that the schema does not name are there too.

    Raises
    ------
    ExportError
        If the file is missing, is not Parquet, or does not fit the schema.
    """
    from pyarrow.dataset import dataset  # noqa: PLC0415 - reading and writing do not wait for it

    path = Path(directory) / f"{table}.parquet"
    return dataset(str(path), schema=read_table(path, _columns, table).schema, format="parquet")


def refuse_overblown(metadata: pq.FileMetaData, size: int) -> None:
    """Refuse a file that holds far more cells than a table of its size.

    Parameters
    ----------
    metadata : pyarrow.parquet.FileMetaData
        What the file says of itself.
    size : int
        How many bytes it has.

    Raises
    ------
    OverblownError
        If it does.
    """
    if metadata.num_rows * metadata.num_columns * _BYTES_A_CELL > most_unpacked(size):
        raise OverblownError(
            f"claims to have {metadata.num_rows:,} rows in {size:,} bytes, as no table of calls does"
        )


def _write(file: BinaryIO, *, table: pa.Table, name: str) -> None:
    metadata = {
        **(table.schema.metadata or {}),
        b"caldframe.table": name.encode(),
        b"caldframe.version": version("caldframe").encode(),
    }
    table = table.replace_schema_metadata(metadata)
    pq.write_table(table, file, compression="zstd", write_page_checksum=True)


def _read(path: Path) -> pa.Table:
    with _opened(path) as parquet:
        return parquet.read()


def _columns(path: Path) -> pa.Table:
    with _opened(path) as parquet:
        return parquet.schema_arrow.empty_table()


@contextmanager
def _opened(path: Path) -> Iterator[pq.ParquetFile]:
    # Not read_table: that takes a folder named `month=2026-03` for a column.
    with (
        pa.OSFile(str(path), "rb") as file,
        pq.ParquetFile(
            file, page_checksum_verification=True, thrift_string_size_limit=_MOST_METADATA_BYTES
        ) as parquet,
    ):
        refuse_overblown(parquet.metadata, path.stat().st_size)
        yield parquet
