"""pandas to Arrow and back: the schema's columns in its types, columns of your own exactly as they were."""

from __future__ import annotations

import base64
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from caldframe.errors import ConfigurationError, UnknownColumnError
from caldframe.export import MisfitError, MissingColumnError, fit_table
from caldframe.schema import TABLES, TEXT, TIMESTAMP, Column

_TEXT: Final = pd.StringDtype(na_value=np.nan)
_WITHOUT_ZONE: Final = pa.timestamp(TIMESTAMP.unit)
_PANDAS_TYPES: Final = {
    pa.string(): _TEXT,
    TEXT: _TEXT,
    pa.bool_(): pd.BooleanDtype(),
    pa.int64(): pd.Int64Dtype(),
}

# Where a column of your own keeps its dtype in Arrow and Parquet: the metadata of its field.
_DTYPE: Final = b"caldframe.dtype"
_CATEGORIES: Final = b"caldframe.categories"
_ZONE_IN_A_FILE: Final = "dateutil/"
"""What makes pandas read a time zone from whatever path follows; files of others may say that."""


def to_pandas(table: pa.Table, columns: tuple[Column, ...]) -> pd.DataFrame:
    """Turn an Arrow table into pandas, with the dtypes that the schema's types stand for.

    Parameters
    ----------
    table : pyarrow.Table
        A table that has all of `columns`; others are kept behind them, in the dtype that they had in pandas
        if `to_arrow` made the table.
    columns : tuple of Column
        The table's columns by the schema.

    Returns
    -------
    pandas.DataFrame
        The same rows.

    Raises
    ------
    ConfigurationError
        If another column is of a type that pandas cannot hold.
    """
    names = [column.name for column in columns]
    own = pd.DataFrame({name: _to_array(table.column(name)) for name in names}, copy=False)
    others = [field for field in table.schema if field.name not in names]
    if not others:
        return own
    return pd.concat(
        [own, *(_to_series(table.column(field.name), field) for field in others)], axis="columns"
    )


def to_arrow(frame: pd.DataFrame, name: str) -> pa.Table:
    """Turn a table of pandas into Arrow.

    Parameters
    ----------
    frame : pandas.DataFrame
        A table that has all columns of the schema. Its index is not kept.
    name : str
        The table's name, a key of `caldframe.schema.TABLES`.

    Returns
    -------
    pyarrow.Table
        The columns of the schema, then all others.

    Raises
    ------
    UnknownColumnError
        If the table lacks a column of the schema.
    ConfigurationError
        If a column holds what its type, or Arrow, cannot, or has no text for a name.
    """
    values, fields = [], []
    for label, series in frame.items():
        if not isinstance(label, str):
            raise ConfigurationError(
                f"The {name} table has a column with the name {label!r}. Name columns with text."
            )
        try:
            array, metadata = _from_series(series)
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            raise ConfigurationError(
                f"The {name} table has values in the column {label!r} that Arrow cannot hold: {error}. "
                f"Make them all of one kind, text or numbers or times, or leave the column out."
            ) from error
        values.append(array)
        fields.append(pa.field(label, array.type, metadata=metadata))
    return fitted(pa.Table.from_arrays(values, schema=pa.schema(fields)), name)


def fitted(table: pa.Table, name: str) -> pa.Table:
    """Give an Arrow table the columns of the schema, in its order and types; others stay behind them.

    Parameters
    ----------
    table : pyarrow.Table
        The table.
    name : str
        Its name, a key of `caldframe.schema.TABLES`.

    Returns
    -------
    pyarrow.Table
        The same rows.

    Raises
    ------
    UnknownColumnError
        If the table lacks a column of the schema.
    ConfigurationError
        If a column of the schema is there twice, or holds what its type cannot.
    """
    try:
        return fit_table(table, TABLES[name])
    except MissingColumnError as misfit:
        raise UnknownColumnError(
            f"The {name} table {misfit}. Keep every column of the schema, and put columns of your own "
            f"beside them."
        ) from misfit
    except MisfitError as misfit:
        raise ConfigurationError(
            f"The {name} table {misfit}. Keep the schema's columns as they were read, and put what you make "
            f"of them into columns of your own, each under a name of its own."
        ) from misfit


def _from_series(series: pd.Series[Any]) -> tuple[pa.Array[Any] | pa.ChunkedArray[Any], dict[bytes, bytes]]:
    """Give the values as Arrow, and the dtype for the metadata of their field."""
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        codes = series.cat.codes.to_numpy()
        positions = pa.array(codes, pa.int64(), mask=codes < 0)
        values = _labels(dtype.categories).take(positions)
        name = "ordered category" if dtype.ordered else "category"
        return values, {_DTYPE: name.encode(), _CATEGORIES: _packed(dtype.categories)}
    if isinstance(dtype, pd.SparseDtype):
        series = series.sparse.to_dense()  # type: ignore[attr-defined] # the stubs do not know it yet
    return pa.array(series, from_pandas=True), {_DTYPE: _dtype_name(dtype).encode()}


def _dtype_name(dtype: Any) -> str:
    if isinstance(dtype, pd.ArrowDtype):
        return "arrow"  # the Arrow type says the rest
    if isinstance(dtype, pd.StringDtype) and dtype.na_value is pd.NA:
        return f"string[{dtype.storage}]"
    return str(dtype)


def _to_array(values: pa.ChunkedArray[Any]) -> Any:
    """Give a column of the schema as pandas holds it; the text is not copied."""
    dtype: Any = _PANDAS_TYPES.get(values.type)
    if dtype is not None:
        return dtype.__from_arrow__(values)
    if values.type == TIMESTAMP:
        return pd.DatetimeIndex(values.cast(_WITHOUT_ZONE).to_numpy(), tz="UTC").array
    return values.to_numpy()


def _to_series(values: pa.ChunkedArray[Any], field: pa.Field[Any]) -> pd.Series[Any]:
    try:
        series = _in_dtype(values, field.metadata or {})
    except (pa.ArrowException, AttributeError, LookupError, NotImplementedError, TypeError, ValueError):
        # Another tool has changed the column since, or its dtype comes from a package that is not here.
        series = _as_it_comes(values, field.name)
    return series.rename(field.name)


def _as_it_comes(values: pa.ChunkedArray[Any], name: str) -> pd.Series[Any]:
    try:
        return pd.Series(values.to_pandas(types_mapper=_PANDAS_TYPES.get))
    except (pa.ArrowException, LookupError, NotImplementedError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"pandas cannot hold the column {name!r} of the type {values.type}: {error}. Turn it into text, "
            "numbers or times in UTC, or leave it out."
        ) from error


def _in_dtype(values: pa.ChunkedArray[Any], described: dict[bytes, bytes]) -> pd.Series[Any]:
    name = described.get(_DTYPE, b"").decode()
    if name == "arrow":
        return pd.Series(pd.arrays.ArrowExtensionArray(values))
    if name == "object":
        return pd.Series(values.to_pylist(), dtype=object)
    if _CATEGORIES in described:
        return _categorical(values, _unpacked(described[_CATEGORIES]), ordered=name.startswith("ordered"))
    return _in_pandas_dtype(values, name) if name else values.to_pandas(types_mapper=_PANDAS_TYPES.get)


def _in_pandas_dtype(values: pa.ChunkedArray[Any], name: str) -> pd.Series[Any]:
    if _ZONE_IN_A_FILE in name:
        raise ValueError(f"a dtype that would open a file: {name}")
    dtype = pd.api.types.pandas_dtype(name)
    if isinstance(dtype, np.dtype):
        return pd.Series(values.cast(pa.from_numpy_dtype(dtype)).to_pandas())
    if hasattr(dtype, "__from_arrow__"):
        return pd.Series(dtype.__from_arrow__(values))
    return pd.Series(values.to_pandas()).astype(dtype)


def _categorical(values: pa.ChunkedArray[Any], categories: pd.Index[Any], *, ordered: bool) -> pd.Series[Any]:
    codes = pc.index_in(values, value_set=_labels(categories).cast(values.type))
    if codes.null_count != values.null_count:
        raise ValueError("a value is not among the categories")
    dtype = pd.CategoricalDtype(categories, ordered)
    return pd.Series(pd.Categorical.from_codes(codes.fill_null(-1).to_numpy(), dtype=dtype))


def _labels(categories: pd.Index[Any]) -> pa.Array[Any]:
    """Give what stands for each category: itself, or its text where other tools do not know the type."""
    if isinstance(categories.dtype, pd.IntervalDtype | pd.PeriodDtype):
        categories = categories.astype("str")
    labels = pa.array(_as_series(categories), from_pandas=True)
    return labels.combine_chunks() if isinstance(labels, pa.ChunkedArray) else labels


def _as_series(index: pd.Index[Any]) -> pd.Series[Any]:
    # Not to_series: that makes text of dtype `object` into `str`.
    return pd.Series(index.array, dtype=index.dtype)


def _packed(categories: pd.Index[Any]) -> bytes:
    values, metadata = _from_series(_as_series(categories))
    schema = pa.schema([pa.field("categories", values.type, metadata=metadata)])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as stream:
        stream.write_table(pa.Table.from_arrays([values], schema=schema))
    return base64.b64encode(sink.getvalue())


def _unpacked(packed: bytes) -> pd.Index[Any]:
    with pa.ipc.open_stream(base64.b64decode(packed)) as stream:
        table = stream.read_all()
    categories = _to_series(table.column(0), table.schema.field(0))
    return pd.Index(categories.array, dtype=categories.dtype)  # type: ignore[no-any-return] # stubs: Any
