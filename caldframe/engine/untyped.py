"""Columns without a type, since they hold nothing but null: what they are taken for.

Whoever builds a table from rows of Python has such columns where nobody has said anything, and no engine can
compare, join or convert them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import pyarrow as pa

from caldframe.schema import TABLES, TEXT, TIMESTAMP

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["type_of_nulls", "with_types"]

_TYPES: Final = {column.name: column.type for columns in TABLES.values() for column in columns}
_IN_SQL: Final = {
    TEXT: "VARCHAR",
    TIMESTAMP: "TIMESTAMP WITH TIME ZONE",
    pa.bool_(): "BOOLEAN",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
}


def type_of_nulls(name: str) -> pa.DataType:
    """Give the type that a column has in the schema; one that is not in it may be an outcome."""
    return _TYPES.get(name, pa.bool_())


def with_types(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Give columns without a type that of the schema, on PyArrow, Polars and DuckDB.

    Examples
    --------
    >>> calls = nw.from_native(pa.table({"result": pa.nulls(2), "sale": pa.nulls(2)})).lazy()
    >>> dict(with_types(calls).collect_schema())
    {'result': String, 'sale': Boolean}
    """
    unknown = [name for name, kind in frame.collect_schema().items() if kind == nw.Unknown]
    if not unknown:
        return frame
    native: Any = frame.to_native()
    typed: Any = native
    if frame.implementation.is_pyarrow():
        typed = _in_arrow(native)
    elif frame.implementation.is_polars():
        typed = _in_polars(native, unknown)
    elif frame.implementation.is_duckdb():
        typed = _in_duckdb(native)
    there: nw.LazyFrame[Any] = nw.from_native(typed).lazy()
    return there


def _in_arrow(table: pa.Table) -> pa.Table:
    for place, field in enumerate(table.schema):
        if pa.types.is_null(field.type):
            nulls = pa.nulls(table.num_rows, type_of_nulls(field.name))
            table = table.set_column(place, field.name, nulls)
    return table


def _in_polars(native: Any, unknown: Sequence[str]) -> Any:
    from polars import Null, from_arrow  # noqa: PLC0415 - an extra

    kinds = native.collect_schema()
    schema = pa.schema([(name, type_of_nulls(name)) for name in unknown if kinds[name] == Null])
    typed: Any = from_arrow(schema.empty_table())
    return native.cast(dict(typed.schema))


def _in_duckdb(native: Any) -> Any:
    casts = [
        _cast(name) for name, kind in zip(native.columns, native.types, strict=True) if kind.id == "null"
    ]
    return native.project(f"* REPLACE ({', '.join(casts)})") if casts else native


def _cast(name: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    return f"CAST({quoted} AS {_IN_SQL[type_of_nulls(name)]}) AS {quoted}"
