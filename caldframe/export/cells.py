"""What a cell can hold: CSV files and workbooks take the same columns and refuse the same ones."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from caldframe.errors import ExportError

_TICKS_PER_SECOND: Final = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def refuse_nested(table: pa.Table, name: str, kind: str) -> None:
    """Refuse a table with a column whose values do not fit into cells, lists for example.

    Parameters
    ----------
    table : pyarrow.Table
        The table.
    name : str
        Its name, for the error.
    kind : str
        What it is to be written to, for the error: ``a CSV file``.

    Raises
    ------
    ExportError
        If there is such a column.
    """
    for field in table.schema:
        if not _fits(field.type):
            raise ExportError(
                f"The column {field.name!r} of the {name} table holds {field.type}, which {kind} cannot. "
                f"Turn it into text or numbers, leave it out, or write Parquet."
            )


def plain(values: pa.ChunkedArray[Any]) -> pa.ChunkedArray[Any]:
    """Give the values of a column in one of the types that are written: what stands in the cells.

    Parameters
    ----------
    values : pyarrow.ChunkedArray
        The values of a column that `refuse_nested` lets pass.

    Returns
    -------
    pyarrow.ChunkedArray
        Categories as the values that they stand for, text as large strings (whose offsets cannot overflow
        when apostrophes are added), times with a zone in UTC, lengths of time as seconds. Other values as
        they are.

    Examples
    --------
    >>> import pyarrow as pa
    >>> plain(pa.chunked_array([pa.array([90], pa.duration("s"))])).to_pylist()
    [90.0]
    """
    types = pa.types
    if types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if is_text(values.type):
        return values.cast(pa.large_string())
    if types.is_timestamp(values.type) and values.type.tz is not None:
        return values.cast(pa.timestamp(values.type.unit, tz="UTC"))
    if types.is_duration(values.type):
        ticks = values.cast(pa.int64()).cast(pa.float64(), safe=False)
        return pc.divide(ticks, float(_TICKS_PER_SECOND[values.type.unit]))
    return values


def is_text(data_type: pa.DataType) -> bool:
    """Tell whether a type is one of Arrow's types of text."""
    types = pa.types
    checks = (types.is_string, types.is_large_string, types.is_string_view)
    return any(check(data_type) for check in checks)


def _fits(data_type: pa.DataType) -> bool:
    types = pa.types
    if types.is_dictionary(data_type):
        return _fits(data_type.value_type)
    checks = (
        types.is_null,
        types.is_boolean,
        types.is_integer,
        types.is_floating,
        types.is_decimal,
        types.is_date,
        types.is_time,
        types.is_timestamp,
        types.is_duration,
        is_text,
    )
    return any(check(data_type) for check in checks)
