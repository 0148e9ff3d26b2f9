"""Make a table what the schema says, without losing anything, or say why it cannot be."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from caldframe.schema import arrow_schema

if TYPE_CHECKING:
    from caldframe.schema import Column


class MisfitError(ValueError):
    """A table does not fit the schema; the message goes on from the table's name: "has ...", "lacks ..."."""


class MissingColumnError(MisfitError):
    """A table lacks a column of the schema."""


def fit_table(table: pa.Table, columns: tuple[Column, ...]) -> pa.Table:
    """Give a table the columns of the schema first, in its order and types; others stay, behind them.

    Parameters
    ----------
    table : pyarrow.Table
        A table that may have its columns in another order, and types of the same kind: int64 for int32,
        dictionaries for text, nanoseconds for microseconds.
    columns : tuple of Column
        The table's columns by the schema.

    Returns
    -------
    pyarrow.Table
        The same rows and the same values.

    Raises
    ------
    MissingColumnError
        If a column of the schema is not there.
    MisfitError
        If a column is of another kind, holds a value that its type cannot, or is there twice.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from caldframe.schema import AGENTS
    >>> agents = pa.table({"mine": [1.5], "extra": [None], "name": ["Ann"], "agent_id": ["a1"]})
    >>> fit_table(agents, AGENTS).column_names
    ['agent_id', 'name', 'extra', 'mine']
    """
    names = table.column_names
    for name, count in Counter(names).items():
        if count > 1:
            raise MisfitError(f"has {count} columns with the name {name!r}")
    own = [column.name for column in columns]
    for name in own:
        if name not in names:
            raise MissingColumnError(f"lacks the column {name!r}")
    others = [name for name in names if name not in own]
    schema = arrow_schema(columns)
    for name in others:
        schema = schema.append(table.schema.field(name))
    values = [_fit_column(table.column(column.name), column) for column in columns]
    values += [table.column(name) for name in others]
    return pa.Table.from_arrays(values, schema=schema.with_metadata(table.schema.metadata))


def _fit_column(values: pa.ChunkedArray[Any], column: Column) -> pa.ChunkedArray[Any]:
    if values.type != column.type:
        kind, wanted = _kind(values.type), _kind(column.type)
        if kind not in {wanted, "nothing"}:
            raise MisfitError(f"has {kind} in the column {column.name!r}, where {wanted} should be")
        try:
            values = values.cast(column.type)
        except pa.ArrowException as error:
            raise MisfitError(
                f"has a value in the column {column.name!r} that the type {column.type} cannot hold: {error}"
            ) from error
    if values.null_count and not column.nullable:
        raise MisfitError(f"has null in the column {column.name!r}, which has a value in every row")
    return values


def _kind(data_type: pa.DataType) -> str:
    """Put a type into words; a value never changes its kind silently, 1 to "1" or true to 1."""
    types = pa.types
    if types.is_dictionary(data_type):
        return _kind(data_type.value_type)
    if types.is_string(data_type) or types.is_large_string(data_type) or types.is_string_view(data_type):
        return "text"
    if types.is_integer(data_type) or types.is_floating(data_type):
        return "numbers"
    if types.is_boolean(data_type):
        return "true and false"
    if types.is_timestamp(data_type):
        return "times without a zone" if data_type.tz is None else "times with a zone"
    return "nothing" if types.is_null(data_type) else str(data_type)
