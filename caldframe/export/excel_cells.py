"""What stands in the cells of a workbook: numbers and times as Excel counts them, text that fits."""

from __future__ import annotations

import math
from datetime import time
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from caldframe.export.cells import is_text

Cell = str | float | bool | None
"""Text, a number, true or false, or an empty cell."""

LONGEST_TEXT: Final = 32_767  # UTF-16 code units
MOST_DIGITS: Final = 15

_BYTES_PER_UNIT: Final = 2
_LOW_SURROGATES: Final = range(0xDC, 0xE0)  # the first bytes of the second half of a pair

# Excel counts days from the last of 1899, and takes 1900 for a leap year: days before March of that year are
# others in other programs. It knows no year with five digits.
_DAYS_TO_1970: Final = 25_569
_FIRST_DAY: Final = 61
_END: Final = 2_958_466
_SHOWN: Final = 1 / 86_400_000  # a millisecond, in days
_MICROSECONDS_PER_DAY: Final = 86_400_000_000


def cells_of(values: pa.ChunkedArray[Any]) -> list[Cell]:
    """Turn the values of a column into what a workbook can hold.

    Parameters
    ----------
    values : pyarrow.ChunkedArray
        Values in one of the types that `caldframe.export.cells.plain` gives.

    Returns
    -------
    list
        One cell a value. Times and dates are numbers, in days as Excel counts them. What Excel has no number
        for is text: infinities, numbers of more than 15 digits, times before March 1900.

    Examples
    --------
    >>> cells_of(pa.chunked_array([pa.array([0.5, None, float("inf")])]))
    [0.5, None, 'inf']
    >>> cells_of(pa.chunked_array([pa.array([7, 2**60])]))
    [7, '1152921504606846976']
    """
    types = pa.types
    if types.is_timestamp(values.type) or types.is_date(values.type):
        return _days(values)
    cells: list[Any] = values.to_pylist()
    if is_text(values.type) or types.is_boolean(values.type):
        return cells
    return [_number(value) for value in cells]


def split_text(text: str) -> list[str]:
    """Cut text into parts that fit into cells, never within a character.

    Parameters
    ----------
    text : str
        Any text without lone surrogates.

    Returns
    -------
    list of str
        The parts, of at most `LONGEST_TEXT` UTF-16 code units each; one part for the empty text.

    Examples
    --------
    >>> [len(part) for part in split_text("a" * 40_000)]
    [32767, 7233]
    """
    if len(text) <= LONGEST_TEXT // 2:  # however many of its characters are pairs
        return [text]
    units = text.encode("utf-16-be")
    parts, start = [], 0
    while start < len(units):
        end = start + _BYTES_PER_UNIT * LONGEST_TEXT
        if end < len(units) and units[end] in _LOW_SURROGATES:
            end -= _BYTES_PER_UNIT
        parts.append(units[start:end].decode("utf-16-be"))
        start = end
    return parts


def count_parts(values: pa.ChunkedArray[Any]) -> int:
    """Tell how many cells side by side the longest text of a column takes.

    Parameters
    ----------
    values : pyarrow.ChunkedArray
        Values of any type.

    Returns
    -------
    int
        1 where every text fits into one cell, and where the values are no texts.
    """
    if not is_text(values.type):
        return 1
    long = values.filter(pc.greater(pc.utf8_length(values), LONGEST_TEXT // 2))
    return max((len(split_text(text)) for text in long.to_pylist()), default=1)


def _days(values: pa.ChunkedArray[Any]) -> list[Cell]:
    ticks = values.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
    days = ticks.fill_null(0).to_numpy() / _MICROSECONDS_PER_DAY + _DAYS_TO_1970
    known = np.logical_and(days >= _FIRST_DAY, days < _END - _SHOWN)
    if known.all() and not values.null_count:
        return list(days.tolist())
    written = values.cast(pa.string()).to_pylist()
    return [
        text if text is None or not is_known else day
        for text, is_known, day in zip(written, known.tolist(), days.tolist(), strict=True)
    ]


def _number(value: Any) -> Cell:
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, Decimal):
        fits = value.is_finite() and len(value.as_tuple().digits) <= MOST_DIGITS
        return float(value) if fits else str(value)
    if isinstance(value, int):
        return value if abs(value) < 10**MOST_DIGITS else str(value)
    if value is None or math.isnan(value):
        return None
    return float(value) if math.isfinite(value) else str(value)
