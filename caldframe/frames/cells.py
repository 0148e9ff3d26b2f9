"""Values of the tables in plain Python, and tables of such values."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["plain_values", "table_of_rows", "text_or_none"]

_BASIC: Final = (str, bool, int, float, list, tuple, dict)


def text_or_none(value: Any) -> str | None:
    """Give a value as text; None where it is null.

    Examples
    --------
    >>> text_or_none("ivr"), text_or_none(pd.NA)
    ('ivr', None)
    """
    return None if pd.isna(value) else str(value)


def plain_values(values: pd.Series[Any]) -> list[Any]:
    """Give a column as values that JSON knows: times as ISO-8601 text, durations as seconds, null as None.

    Examples
    --------
    >>> plain_values(pd.Series([pd.Timestamp("2026-03-02 14:05Z"), pd.NaT]))
    ['2026-03-02T14:05:00+00:00', None]
    """
    return [
        None if absent else _plain(value)
        for value, absent in zip(values.tolist(), values.isna().tolist(), strict=True)
    ]


def table_of_rows(rows: Sequence[Mapping[str, Any]], dtypes: Mapping[str, Any]) -> pd.DataFrame:
    """Make a table of rows, with its columns and their dtypes even where there is no row.

    Examples
    --------
    >>> table = table_of_rows([{"call_id": "k1", "bytes": None}], {"call_id": "str", "bytes": "Int64"})
    >>> table.dtypes.to_dict() == table_of_rows([], {"call_id": "str", "bytes": "Int64"}).dtypes.to_dict()
    True
    """
    return pd.DataFrame(
        {name: pd.Series([row[name] for row in rows], dtype=dtype) for name, dtype in dtypes.items()}
    )


def _plain(value: Any) -> Any:
    if isinstance(value, _BASIC):
        return value
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value)
