"""Which engine holds a table, and how a small table comes from there to pandas."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa

from caldframe.engine.lacking import lacking
from caldframe.engine.partitions import gathered, is_partitioned
from caldframe.engine.untyped import type_of_nulls, with_types
from caldframe.errors import ConfigurationError, UnknownColumnError
from caldframe.schema import TABLES, TEXT, TIMESTAMP

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Frame",
    "are_rows_here",
    "brought_here",
    "check_columns",
    "check_same_engine",
    "collected",
    "column_names",
    "is_dataset",
    "new_names",
    "opened",
    "put_beside",
    "read_columns",
    "rows_here",
    "table_of",
]

Frame: TypeAlias = Any
"""A table on the engine that holds its rows: a pandas DataFrame, a PyArrow table, a Polars DataFrame or
LazyFrame, a DuckDB relation, a Dask DataFrame or a Spark DataFrame. A PyArrow data set is one as well: the
columns that are needed are read into memory."""


@dataclass(frozen=True)
class _Engine:
    """An engine.

    Parameters
    ----------
    table : str
        What a table of it is called.
    to_rows : str or None
        What brings its rows here; None if they are here.
    patterns : str or None
        A regular expression of the names that it does not take for those of columns.
    """

    table: str
    to_rows: str | None = None
    patterns: str | None = None


_IN_POLARS: Final = r"\*|\^.*\$"
_IN_SQL: Final = r"(?s)\*|.*[.`].*"
_ENGINES: Final = {
    nw.Implementation.PYARROW: _Engine("a PyArrow table"),
    nw.Implementation.POLARS: _Engine("a Polars DataFrame", patterns=_IN_POLARS),
    nw.Implementation.DUCKDB: _Engine("a DuckDB relation", "to_arrow_table()", _IN_SQL),
    nw.Implementation.PYSPARK: _Engine("a Spark DataFrame", "toArrow()", _IN_SQL),
    nw.Implementation.PYSPARK_CONNECT: _Engine("a Spark DataFrame", "toArrow()", _IN_SQL),
}
_DASK: Final = _Engine("a Dask DataFrame", "compute()")
_PANDAS: Final = _Engine("a pandas DataFrame")
_POLARS: Final = "a Polars "
_LAZY_POLARS: Final = _Engine("a Polars LazyFrame", "collect()", _IN_POLARS)

_TEXT: Final[Any] = pd.StringDtype(na_value=np.nan)
_PANDAS_TYPES: Final[dict[pa.DataType, Any]] = {
    pa.bool_(): pd.BooleanDtype(),
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint8(): pd.UInt8Dtype(),
    pa.uint16(): pd.UInt16Dtype(),
    pa.uint32(): pd.UInt32Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
}
_NEVER_NULL: Final = frozenset(
    column.name for columns in TABLES.values() for column in columns if not column.nullable
)


def opened(table: Frame) -> nw.LazyFrame[Any]:
    """Give a table of any engine but pandas and Dask as one that the same expressions can be asked of.

    Raises
    ------
    ConfigurationError
        If it is a table of no engine that is known here.
    """
    return with_types(_narwhals(_with_one_kind_of_text(table)).lazy())


def column_names(table: Frame) -> list[Any]:
    """Give the names of a table's columns, in their order, those that come twice twice.

    Examples
    --------
    >>> column_names(pa.table({"result": ["ivr"], "turns": [1]}))
    ['result', 'turns']
    """
    if isinstance(table, pd.DataFrame) or is_partitioned(table):
        names: list[Any] = table.columns.tolist()
    elif isinstance(table, pa.Table) or is_dataset(table):
        names = table.schema.names
    else:
        names = _narwhals(table).collect_schema().names()
    return names


def read_columns(table: Frame, names: Sequence[str]) -> Frame:
    """Read columns of a PyArrow data set into memory; any other table is given as it is."""
    return table.to_table(columns=list(names)) if is_dataset(table) else table


def check_columns(table: Frame, names: Sequence[str]) -> None:
    """Raise where a table is none, lacks a column, has two of its name, or its engine cannot name it."""
    there = [name for name in column_names(table) if isinstance(name, str)]
    for name in names:
        if name not in there:
            raise UnknownColumnError(lacking(name, there))
        if there.count(name) > 1:
            raise ConfigurationError(f"The table has {there.count(name)} columns named {name!r}. Rename one.")
    if len(there) == len(set(there)):
        _check_patterns(_engine_of(table), names)


def _check_patterns(engine: _Engine, names: Sequence[str]) -> None:
    for name in names:
        if engine.patterns is not None and re.fullmatch(engine.patterns, name):
            raise ConfigurationError(
                f"The name {name!r} stands for something else than a column where this is {engine.table}. "
                f"Rename the column, with an underscore for example."
            )


def table_of(frames: Any, name: str) -> Frame:
    """Give one of the tables of a campaign's frames by its name, or say what was given in their place."""
    table = getattr(frames, name, None)
    try:
        column_names(table)
    except ConfigurationError:
        raise ConfigurationError(
            f"This needs the frames of a campaign, with all their tables, not a {type(frames).__name__}. "
            f"Give what load_campaign or fetch_campaign returned."
        ) from None
    return table


def rows_here(table: Frame, columns: Sequence[str], metric: str = "This", instead: str = "") -> pd.DataFrame:
    """Give the rows of a table that lies in this process's memory, for what needs them side by side.

    Parameters
    ----------
    table : Frame
        A pandas DataFrame, which is given as it is; or a PyArrow table or a Polars DataFrame, of which the
        columns are handed over.
    columns : list of str
        The columns that are read.
    metric : str
        Who needs the rows.
    instead : str
        What to do where the rows are somewhere else: a sentence.

    Returns
    -------
    pandas.DataFrame
        One row a row, in the same order.

    Raises
    ------
    ConfigurationError
        If the rows are not in this process.
    """
    if isinstance(table, pd.DataFrame):
        return table
    engine = _engine_of(table)
    if engine.to_rows is not None:
        raise ConfigurationError(
            f"{metric} needs the rows in this process, and this is {engine.table}. {instead} If the rows fit "
            f"into memory, give it the columns it reads with .{engine.to_rows}: {', '.join(columns)}."
        )
    check_columns(table, columns)
    return _to_pandas(_narwhals(read_columns(table, columns)).select(list(columns)).to_arrow())


def are_rows_here(table: Frame) -> bool:
    """Tell whether the rows of a table lie in this process's memory."""
    return _engine_of(table).to_rows is None


def brought_here(table: Frame, columns: Sequence[str]) -> pd.DataFrame:
    """Give columns of a table that is small by nature, such as one row a campaign, in its order.

    Raises
    ------
    UnknownColumnError
        If the table lacks a column.
    """
    check_columns(table, columns)
    if isinstance(table, pd.DataFrame):
        return table[list(columns)]
    if is_partitioned(table):
        return gathered(table[list(columns)])
    return collected(opened(read_columns(table, columns)).select(list(columns)))


def collected(frame: nw.LazyFrame[Any]) -> pd.DataFrame:
    """Compute a small table on its engine and give it as pandas has it, with the dtypes of the schema."""
    if frame.implementation.is_polars():
        # In batches, so that the rows need not fit into memory; what is in memory loses nothing by it.
        return _to_pandas(frame.to_native().collect(engine="streaming").to_arrow())
    return _to_pandas(frame.collect().to_arrow())


def put_beside(frame: nw.LazyFrame[Any], small: pa.Table) -> nw.LazyFrame[Any]:
    """Put a small table of this process where another one is, to be joined with it there."""
    native: Any = frame.to_native()
    beside: Any = small
    if frame.implementation.is_polars():
        from polars import from_arrow  # noqa: PLC0415 - an extra

        beside = from_arrow(small)
    elif frame.implementation.is_duckdb():
        # Relations are joined within one connection, and this is how to get at a relation's own: DuckDB 2.0
        # finds a variable that has the name of a table.
        caldframe_small_table = small
        beside = native.query("caldframe_rows", "SELECT * FROM caldframe_small_table")
        del caldframe_small_table
    elif frame.implementation.is_spark_like():
        beside = native.sparkSession.createDataFrame(small)
    there: nw.LazyFrame[Any] = nw.from_native(beside).lazy()
    return there


def new_names(count: int, taken: Sequence[str]) -> list[str]:
    """Give names that no column has, in whatever letters: DuckDB and Spark do not tell `n` from `N`."""
    names = [name.lower() for name in taken]
    for _ in range(count):
        names.append(nw.generate_temporary_column_name(8, names))
    return names[len(taken) :]


def check_same_engine(table: Frame, other: Frame) -> None:
    """Raise where two tables are not on the same engine."""
    one, two = _engine_of(table).table, _engine_of(other).table
    if one != two and not (one.startswith(_POLARS) and two.startswith(_POLARS)):
        raise ConfigurationError(f"The tables are {one} and {two}. Give both on the same engine.")


def is_dataset(table: Any) -> bool:
    """Tell whether a table is a PyArrow data set."""
    # Looked up, not imported: who has a data set has loaded this, and nobody else need.
    loaded = sys.modules.get("pyarrow.dataset")
    return loaded is not None and isinstance(table, loaded.Dataset)


def _with_one_kind_of_text(table: Frame) -> Frame:
    """Give text of a PyArrow table the type that the schema has: Arrow joins no other with it."""
    if not isinstance(table, pa.Table):
        return table
    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type) or pa.types.is_string_view(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(TEXT))
    return table


def _narwhals(table: Frame) -> Any:
    frame = nw.from_native(table, pass_through=True)
    if isinstance(frame, (nw.DataFrame, nw.LazyFrame)) and frame.implementation in _ENGINES:
        return frame
    kind = type(table).__name__
    if all(hasattr(table, name) for name in TABLES):
        raise ConfigurationError(
            f"This is a {kind}, which holds {len(TABLES)} tables. Give the one that is needed: frames.calls "
            f"or frames.transcripts, for example."
        )
    raise ConfigurationError(
        f"A pandas DataFrame is needed, such as frames.calls, not a {kind}; or a table of PyArrow, Polars, "
        f"DuckDB, Dask or Spark."
    )


def _engine_of(table: Frame) -> _Engine:
    if isinstance(table, pd.DataFrame):
        return _PANDAS
    if is_partitioned(table):
        return _DASK
    if is_dataset(table):
        return _ENGINES[nw.Implementation.PYARROW]
    frame = _narwhals(table)
    if frame.implementation.is_polars() and isinstance(frame, nw.LazyFrame):
        return _LAZY_POLARS
    return _ENGINES[frame.implementation]


def _to_pandas(table: pa.Table) -> pd.DataFrame:
    return pd.DataFrame(
        {name: _to_column(table.column(name), name) for name in table.column_names},
        index=range(table.num_rows),
        copy=False,
    )


def _to_column(values: pa.ChunkedArray[Any], name: str) -> Any:
    """Give a column as `CampaignFrames` has it, whatever types the engine has for text and time."""
    if pa.types.is_null(values.type):
        values = values.cast(type_of_nulls(name))
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _TEXT.__from_arrow__(values.cast(TEXT))
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        # To the microsecond, as everything here; in UTC, whatever the zone of a session.
        moments = values.cast(pa.timestamp(kind.unit)).cast(pa.timestamp(TIMESTAMP.unit), safe=False)
        return pd.DatetimeIndex(moments.to_numpy(), tz="UTC").array
    if pa.types.is_integer(kind) and name in _NEVER_NULL and not values.null_count:
        return values.to_numpy()
    return values.to_pandas(types_mapper=_PANDAS_TYPES.get).array
