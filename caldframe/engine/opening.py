"""Files opened on an engine, and tables of one engine put one below the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import pandas as pd
import pyarrow as pa

from caldframe.engine.holding import Frame, is_dataset, opened
from caldframe.engine.partitions import is_partitioned
from caldframe.errors import ConfigurationError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow.dataset as ds

__all__ = ["DATASET_ENGINES", "open_dataset", "stack_tables"]

DATASET_ENGINES: Final = ("pyarrow", "polars", "duckdb")
"""The engines that read a PyArrow data set: lazily, and of its files the columns that they need."""


def open_dataset(dataset: ds.Dataset, engine: str) -> Any:
    """Open a PyArrow data set on an engine, where nothing is read before it is asked for.

    Parameters
    ----------
    dataset : pyarrow.dataset.Dataset
        Files with the same columns.
    engine : str
        One of `DATASET_ENGINES`.

    Returns
    -------
    object
        The data set itself, a Polars LazyFrame, or a DuckDB relation.

    Raises
    ------
    MissingExtraError
        If the engine is not installed.
    ConfigurationError
        If it is no such engine.
    """
    if engine not in DATASET_ENGINES:
        raise ConfigurationError(f"{engine!r} reads no data set. Give one of: {', '.join(DATASET_ENGINES)}.")
    if engine == "polars":
        try:
            from polars import scan_pyarrow_dataset  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise MissingExtraError("polars", "polars") from error
        return scan_pyarrow_dataset(dataset)
    if engine == "duckdb":
        try:
            from duckdb import from_arrow  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise MissingExtraError("duckdb", "duckdb") from error
        return from_arrow(dataset)
    return dataset


def stack_tables(tables: Sequence[Frame]) -> Frame:
    """Put tables of one engine one below the other; what a table lacks of the others' columns is null.

    Parameters
    ----------
    tables : sequence of Frame
        One or more, all on the same engine.

    Returns
    -------
    Frame
        A table on that engine.

    Raises
    ------
    ConfigurationError
        If they are of Dask and have not the same columns.

    Examples
    --------
    >>> stack_tables([pd.DataFrame({"n": [1]}), pd.DataFrame({"n": [2]})])["n"].tolist()
    [1, 2]
    """
    if len(tables) == 1:
        return tables[0]
    if isinstance(tables[0], pd.DataFrame):
        return pd.concat(tables, ignore_index=True)
    if is_partitioned(tables[0]):
        from dask.dataframe import concat  # noqa: PLC0415 - an extra

        # Where a table lacks a column that is asked for, Dask 2026.8 forgets the rows of that table.
        if any(set(table.columns) != set(tables[0].columns) for table in tables):
            raise ConfigurationError("The tables have not all the same columns, and Dask needs that.")
        return concat(list(tables))  # type: ignore[no-untyped-call] # it has no types
    if is_dataset(tables[0]):
        from pyarrow.dataset import dataset  # noqa: PLC0415 - whoever has one has loaded this

        return dataset(list(tables), schema=pa.unify_schemas([table.schema for table in tables]))
    return nw.concat([opened(table) for table in tables], how="diagonal").to_native()
