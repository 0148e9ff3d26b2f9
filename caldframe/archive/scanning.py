"""One table of all campaigns, in the engine of one's choice, lazily where it can be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from pyarrow.fs import FSSpecHandler, LocalFileSystem, PyFileSystem

from caldframe.archive.names import CAMPAIGN_ID, TABLE_FILES, is_folder
from caldframe.archive.states import named_campaign
from caldframe.archive.storage import RemoteStorage
from caldframe.engine import open_dataset
from caldframe.errors import ConfigurationError, MissingExtraError
from caldframe.frames import to_pandas
from caldframe.schema import TABLES, TEXT, TIMESTAMP, arrow_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import duckdb
    import pandas as pd
    import polars as pl

    from caldframe.archive.storage import Storage


def scan_table(storage: Storage, table: str, engine: str) -> Any:
    """Open a table; `caldframe.Archive.scan` says as what."""
    if table not in TABLES:
        raise ConfigurationError(f"There is no table {table!r}. Give one of: {', '.join(TABLES)}.")
    if engine not in _ENGINES:
        raise ConfigurationError(f"engine={engine!r} is not known. Give one of: {', '.join(_ENGINES)}.")
    return _ENGINES[engine](storage, table)


def files_of(storage: Storage, table: str) -> dict[str, str]:
    """Give the paths of a table's files, and the campaign of each; files of other programs are left out."""
    found = {}
    for entry in storage.files(table):
        parts = entry.path.split("/")
        if len(parts) == 3 and is_folder(parts[1]) and parts[2] == TABLE_FILES[table]:  # noqa: PLR2004
            campaign_id = named_campaign(storage, parts[1])
            if campaign_id is not None:
                found[entry.path] = campaign_id
    return dict(sorted(found.items()))


def _as_dataset(storage: Storage, table: str) -> ds.Dataset:
    """Give a data set that knows from its paths which files a campaign is in."""
    schema = arrow_schema(TABLES[table])
    parquet = ds.ParquetFileFormat()
    file_system = _file_system(storage)
    fragments = [
        parquet.make_fragment(
            storage.path(path), file_system, partition_expression=ds.field(CAMPAIGN_ID) == campaign_id
        )
        for path, campaign_id in files_of(storage, table).items()
    ]
    return ds.FileSystemDataset(fragments, schema, parquet)


def _file_system(storage: Storage) -> Any:
    if isinstance(storage, RemoteStorage):
        return PyFileSystem(FSSpecHandler(storage.file_system))
    return LocalFileSystem()


def _as_pandas(storage: Storage, table: str) -> pd.DataFrame:
    return to_pandas(_as_dataset(storage, table).to_table(), TABLES[table])


def _as_polars(storage: Storage, table: str) -> pl.LazyFrame:
    frame: pl.LazyFrame = open_dataset(_as_dataset(storage, table), "polars")
    return frame


def _as_duckdb(storage: Storage, table: str) -> duckdb.DuckDBPyRelation:
    relation: duckdb.DuckDBPyRelation = open_dataset(_as_dataset(storage, table), "duckdb")
    return relation


def _as_dask(storage: Storage, table: str) -> Any:
    try:
        from dask import dataframe  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("dask", "dask") from error
    schema, read = TABLES[table], _Read(storage, table)
    empty = to_pandas(arrow_schema(schema).empty_table(), schema)
    files = files_of(storage, table)
    if not files:
        return dataframe.from_pandas(empty, npartitions=1)  # type: ignore[no-untyped-call] # it has no types
    return dataframe.from_map(read, list(files), list(files.values()), meta=empty)  # type: ignore[no-untyped-call]


class _Read:
    """Reads one file of a table, in a worker; Dask asks for the columns that are needed and no others."""

    def __init__(self, storage: Storage, table: str) -> None:
        self._storage = storage
        self._table = table

    def __call__(self, path: str, campaign_id: str, columns: list[str] | None = None) -> pd.DataFrame:
        kept = tuple(column for column in TABLES[self._table] if columns is None or column.name in columns)
        names = [column.name for column in kept if column.name != CAMPAIGN_ID]
        # Not partitioned: the folder's name is a quoted id, and may be cut short.
        read = pq.read_table(
            self._storage.path(path),
            columns=names,
            filesystem=_file_system(self._storage),
            partitioning=None,
        )
        whole = {name: read.column(name) for name in names}
        if len(names) < len(kept):
            whole[CAMPAIGN_ID] = pa.array([campaign_id] * read.num_rows, TEXT)
        frame = to_pandas(pa.table(whole).select([column.name for column in kept]), kept)
        return frame if columns is None else frame[columns]


def _as_spark(storage: Storage, table: str) -> Any:
    try:
        from pyspark.sql import SparkSession, functions  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("pyspark", "spark") from error
    session = SparkSession.getActiveSession() or SparkSession.builder.getOrCreate()
    names = [column.name for column in TABLES[table]]
    kinds = ", ".join(f"{column.name} {_SPARK_TYPES[column.type]}" for column in TABLES[table])
    files = files_of(storage, table)
    if not files:
        return session.createDataFrame([], kinds)
    paths = [_address_for_spark(storage, path) for path in files]
    read = session.read.schema(kinds).option("basePath", _address_for_spark(storage, table))
    frame = read.parquet(*paths).select(names)
    # Spark reads an id from the name of its folder, where it may be cut short, and takes each byte that is
    # quoted there for a letter.
    campaign = functions.col(CAMPAIGN_ID)
    for path, campaign_id in files.items():
        named = unquote(path.split("/")[1].partition("=")[2], encoding="latin-1")
        if named != campaign_id:
            campaign = functions.when(functions.col(CAMPAIGN_ID) == named, campaign_id).otherwise(campaign)
    return frame.withColumn(CAMPAIGN_ID, campaign)


def _address_for_spark(storage: Storage, path: str) -> str:
    """Give where a file is, as Hadoop writes it; a path of this machine is one for every worker's."""
    if not isinstance(storage, RemoteStorage):
        return str(Path(storage.path(path)).absolute())
    address = storage.address(path)
    return address.replace("s3://", "s3a://", 1)


_SPARK_TYPES: Final = {
    TEXT: "string",
    TIMESTAMP: "timestamp",
    pa.bool_(): "boolean",
    pa.int32(): "int",
    pa.int64(): "bigint",
    pa.float64(): "double",
}

_ENGINES: Final[Mapping[str, Callable[[Storage, str], Any]]] = {
    "pandas": _as_pandas,
    "pyarrow": _as_dataset,
    "polars": _as_polars,
    "duckdb": _as_duckdb,
    "dask": _as_dask,
    "spark": _as_spark,
}
