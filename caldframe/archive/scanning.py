"""One table of all campaigns, in the engine of one's choice, lazily where it can be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow.dataset as ds
from pyarrow.fs import FSSpecHandler, LocalFileSystem, PyFileSystem

from caldframe.archive.names import CAMPAIGN_ID, TABLE_FILES, is_folder
from caldframe.archive.states import named_campaign
from caldframe.archive.storage import RemoteStorage
from caldframe.errors import ConfigurationError, MissingExtraError
from caldframe.frames import to_pandas
from caldframe.schema import TABLES, arrow_schema

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


def _files(storage: Storage, table: str) -> dict[str, str]:
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
    file_system: Any = LocalFileSystem()
    if isinstance(storage, RemoteStorage):
        file_system = PyFileSystem(FSSpecHandler(storage.file_system))
    fragments = [
        parquet.make_fragment(
            storage.path(path), file_system, partition_expression=ds.field(CAMPAIGN_ID) == campaign_id
        )
        for path, campaign_id in _files(storage, table).items()
    ]
    return ds.FileSystemDataset(fragments, schema, parquet)


def _as_pandas(storage: Storage, table: str) -> pd.DataFrame:
    return to_pandas(_as_dataset(storage, table).to_table(), TABLES[table])


def _as_polars(storage: Storage, table: str) -> pl.LazyFrame:
    try:
        import polars as pl  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("polars", "polars") from error
    return pl.scan_pyarrow_dataset(_as_dataset(storage, table))


def _as_duckdb(storage: Storage, table: str) -> duckdb.DuckDBPyRelation:
    try:
        import duckdb  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("duckdb", "duckdb") from error
    return duckdb.from_arrow(_as_dataset(storage, table))


_ENGINES: Final[Mapping[str, Callable[[Storage, str], Any]]] = {
    "pandas": _as_pandas,
    "pyarrow": _as_dataset,
    "polars": _as_polars,
    "duckdb": _as_duckdb,
}
