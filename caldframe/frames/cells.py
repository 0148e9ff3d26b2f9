"""Values of the tables in plain Python."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Final

import pandas as pd

__all__ = ["plain_values", "text_or_none"]

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


def _plain(value: Any) -> Any:
    if isinstance(value, _BASIC):
        return value
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value)
