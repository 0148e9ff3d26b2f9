"""Rows kept and marked where they are: what several metrics ask of each row before they count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import narwhals as nw
import numpy as np
import pandas as pd

from caldframe.engine.conversion import as_booleans, as_numbers, as_times, has_words, is_one_of
from caldframe.engine.expressions import (
    Wanted,
    names_in,
    number_of,
    wanted_of,
    with_moments,
    worded_of,
)
from caldframe.engine.holding import (
    Frame,
    check_columns,
    column_names,
    new_names,
    opened,
    read_columns,
)
from caldframe.engine.partitions import by_partition, is_partitioned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "add_level",
    "add_mark",
    "add_time_left",
    "add_worded",
    "keep_rows",
    "select_columns",
]

_MICROSECONDS: Final = 1_000_000
_HALF: Final = 0.5
_PART: Final = 2**20


def select_columns(table: Frame, columns: Sequence[str]) -> Frame:
    """Give some columns of a table, on the same engine.

    What is in memory is copied when rows are kept or joined; so a metric first leaves what it does not read.

    Raises
    ------
    UnknownColumnError
        If the table lacks a column.
    ConfigurationError
        If it is no table, or has two columns of one name.
    """
    names = list(dict.fromkeys(columns))
    check_columns(table, names)
    if isinstance(table, pd.DataFrame) or is_partitioned(table):
        return table[names]
    return opened(read_columns(table, names)).select(names).to_native()


@by_partition
def keep_rows(table: Frame, wanted: Wanted) -> Frame:
    """Keep the rows that are as wanted.

    Parameters
    ----------
    table : Frame
        Any table.
    wanted : Wanted
        What is wanted of a row.

    Returns
    -------
    Frame
        The same columns, on the same engine.

    Raises
    ------
    UnknownColumnError
        If the table lacks a column.
    ConfigurationError
        If a column holds values of another kind.

    Examples
    --------
    >>> calls = pd.DataFrame({"result": ["pickedUp", "ivr", "pickedUp"], "completed": [True, True, None]})
    >>> keep_rows(calls, {"completed": True, "result": "pickedUp"}).index.tolist()
    [0]
    """
    check_columns(table, list(wanted))
    if isinstance(table, pd.DataFrame):
        return table[_is_wanted(table, wanted)]
    frame = opened(table)
    return frame.filter(wanted_of(frame, wanted)).to_native()


@by_partition
def add_mark(table: Frame, name: str, wanted: Wanted) -> Frame:
    """Add a column that is true where a row is as wanted, else false.

    Raises
    ------
    UnknownColumnError
        If the table lacks a column.
    ConfigurationError
        If a column holds values of another kind.

    Examples
    --------
    >>> calls = pd.DataFrame({"result": ["pickedUp", "ivr", None]})
    >>> add_mark(calls, "answered", {"result": ("pickedUp", "ivr")})["answered"].tolist()
    [True, True, False]
    """
    check_columns(table, list(wanted))
    if isinstance(table, pd.DataFrame):
        return table.assign(**{name: _is_wanted(table, wanted)})
    frame = opened(table)
    return frame.with_columns(wanted_of(frame, wanted).alias(name)).to_native()


@by_partition
def add_level(table: Frame, name: str, column: str, limits: Sequence[float]) -> Frame:
    """Add a column that says which of some limits, ascending, a number has reached.

    Parameters
    ----------
    table : Frame
        Any table.
    name : str
        The name of the new column, of integers: 0 where the number is null or not finite, 1 under the first
        limit, 2 from the first on and under the second, and so on.
    column : str
        The column of numbers.
    limits : sequence of float
        The limits, ascending.

    Returns
    -------
    Frame
        The table with the column, on the same engine.

    Raises
    ------
    UnknownColumnError
        If the table lacks the column.
    ConfigurationError
        If it holds something else than numbers.

    Examples
    --------
    >>> calls = pd.DataFrame({"call_length": [3, 10, None]})
    >>> add_level(calls, "level", "call_length", [10])["level"].tolist()
    [1, 2, 0]
    """
    check_columns(table, [column])
    if isinstance(table, pd.DataFrame):
        numbers = as_numbers(table[column])
        levels = np.searchsorted(np.asarray(limits), numbers, side="right") + 1
        return table.assign(**{name: np.where(np.isfinite(numbers), levels, 0)})
    frame = opened(table)
    number = number_of(frame, column)
    level = nw.lit(1, nw.Int64)
    for limit in limits:
        level = level + (number >= limit).cast(nw.Int64)
    # NaN is greater than all numbers on some engines, and not equal to itself on others.
    finite = (number > -np.inf) & (number < np.inf)
    return frame.with_columns(nw.when(finite).then(level).otherwise(0).alias(name)).to_native()


@by_partition
def add_time_left(table: Frame, name: str) -> Frame:
    """Add the time from `created_at` to `completed_at` less `call_length`, in whole microseconds.

    It is null where one of the three is. Nothing is divided, for Polars 2.1 multiplies by the inverse
    instead, and the last digit would be another one.

    Raises
    ------
    UnknownColumnError
        If the table lacks a column.
    ConfigurationError
        If a column holds values of another kind.
    """
    check_columns(table, ["created_at", "completed_at", "call_length"])
    if isinstance(table, pd.DataFrame):
        ended, created = as_times(table["completed_at"]), as_times(table["created_at"])
        known = (ended.notna() & created.notna()).to_numpy()
        passed = np.where(known, ended.array.asi8 - created.array.asi8, np.nan)
        with np.errstate(over="ignore"):
            left_here = passed - as_numbers(table["call_length"]) * _MICROSECONDS
        return table.assign(**{name: np.floor(left_here + _HALF)})
    frame = opened(table)
    begin, end = new_names(2, [*column_names(table), name])
    timed = with_moments(with_moments(frame, begin, "created_at"), end, "completed_at")
    lasted = _as_float(nw.col(end) - nw.col(begin))
    left = lasted - number_of(frame, "call_length") * float(_MICROSECONDS)
    return timed.with_columns((left + _HALF).floor().alias(name)).drop(begin, end).to_native()


@by_partition
def add_worded(table: Frame, name: str, column: str) -> Frame:
    """Add a column that is true where a text is more than white space, else false; null is not.

    Raises
    ------
    UnknownColumnError
        If the table lacks the column.
    ConfigurationError
        If it holds something else than text.

    Examples
    --------
    >>> turns = pd.DataFrame({"content": ["Yes?", " ", None]})
    >>> add_worded(turns, "worded", "content")["worded"].tolist()
    [True, False, False]
    """
    check_columns(table, [column])
    if isinstance(table, pd.DataFrame):
        return table.assign(**{name: has_words(table[column])})
    frame = opened(table)
    return frame.with_columns(worded_of(frame, column).alias(name)).to_native()


def _as_float(whole: nw.Expr) -> nw.Expr:
    # In two parts, for Arrow makes no float of a whole number that may have to be rounded.
    rest = whole % _PART
    return ((whole - rest) // _PART).cast(nw.Float64) * float(_PART) + rest.cast(nw.Float64)


def _is_wanted(table: pd.DataFrame, wanted: Wanted) -> NDArray[np.bool_]:
    mask = np.ones(len(table), dtype=np.bool_)
    for name, value in wanted.items():
        mask &= as_booleans(table[name]) if value is True else is_one_of(table[name], *names_in(value))
    return mask
