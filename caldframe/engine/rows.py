"""Rows kept and marked where they are: what several metrics ask of each row before they count."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa

from caldframe.engine.conversion import as_booleans, as_numbers, as_text, as_times, has_words, is_one_of
from caldframe.engine.counting import count_rows
from caldframe.engine.expressions import (
    Wanted,
    names_in,
    number_of,
    text_of,
    wanted_of,
    with_moments,
    worded_of,
)
from caldframe.engine.holding import (
    Frame,
    check_columns,
    check_same_engine,
    collected,
    column_names,
    new_names,
    opened,
    put_beside,
    read_columns,
)
from caldframe.engine.partitions import by_partition, is_partitioned, side_by_side, with_texts
from caldframe.schema import TEXT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

__all__ = [
    "add_level",
    "add_mark",
    "add_matches",
    "add_time_left",
    "keep_rows",
    "keep_worded",
    "select_columns",
    "with_keys",
]

_MICROSECONDS: Final = 1_000_000
_HALF: Final = 0.5
_PART: Final = 2**20
_TEXTS_AT_ONCE: Final = 500_000


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


def add_looked_up(
    table: Frame, name: str, column: str, look_up: Callable[[pd.Series[Any]], NDArray[np.int64]]
) -> Frame:
    """Add a code for the text of a column: each distinct text is looked up once, in this process.

    Parameters
    ----------
    table : Frame
        Any table.
    name : str
        The name of the new column, of integers; -1 where the text is null.
    column : str
        The column of text.
    look_up : callable
        Takes distinct texts, some at a time, and gives an integer for each.

    Returns
    -------
    Frame
        The table with the column, on the same engine.

    Raises
    ------
    UnknownColumnError
        If the table lacks the column.
    ConfigurationError
        If it holds something else than text.
    """
    check_columns(table, [column])
    if isinstance(table, pd.DataFrame):
        codes, distinct = pd.factorize(table[column].reset_index(drop=True))
        # The last is that of null, whose code is -1.
        known = np.append(look_up(pd.Series(distinct, name=column)), -1)
        return table.assign(**{name: known[codes]})
    if is_partitioned(table):
        texts = as_text(count_rows(table, [column]).keys[column]).dropna()
        index = pd.Index(texts)
        return _with_codes(table, name, column, index, _looked_up(texts, look_up))
    frame = opened(table)
    (text,) = new_names(1, [*column_names(table), name])
    texts = collected(frame.select(text_of(frame, column).alias(text)).unique())[text].dropna()
    codes_there = _looked_up(texts, look_up)
    beside = put_beside(frame, pa.table({text: pa.array(texts, TEXT), name: codes_there}))
    joined = _with_texts(frame, {text: text_of(frame, column)}).join(beside, on=text, how="left")
    return joined.with_columns(nw.col(name).fill_null(-1).cast(nw.Int64)).drop(text).to_native()


def _looked_up(
    texts: pd.Series[Any], look_up: Callable[[pd.Series[Any]], NDArray[np.int64]]
) -> NDArray[np.int64]:
    parts = [
        look_up(texts.iloc[start : start + _TEXTS_AT_ONCE]) for start in range(0, len(texts), _TEXTS_AT_ONCE)
    ]
    return np.concatenate([np.empty(0, dtype=np.int64), *parts])


@by_partition
def _with_codes(
    table: pd.DataFrame, name: str, column: str, texts: pd.Index[Any], codes: NDArray[np.int64]
) -> pd.DataFrame:
    places = texts.get_indexer(pd.Index(as_text(table[column])))
    return table.assign(**{name: np.append(codes, -1)[places]})


@by_partition
def keep_worded(table: Frame, column: str) -> Frame:
    """Keep the rows whose text is more than white space; null is not.

    Raises
    ------
    UnknownColumnError
        If the table lacks the column.
    ConfigurationError
        If it holds something else than text.

    Examples
    --------
    >>> keep_worded(pa.table({"content": ["Yes?", " ", None]}), "content").to_pylist()
    [{'content': 'Yes?'}]
    """
    check_columns(table, [column])
    if isinstance(table, pd.DataFrame):
        return table[has_words(table[column])]
    frame = opened(table)
    return frame.filter(worded_of(frame, column)).to_native()


def add_matches(  # noqa: PLR0913, PLR0917 - two tables, and how they belong together
    table: Frame, name: str, other: Frame, on: Sequence[str], known: str, most: int
) -> Frame:
    """Add a column with the number of rows of another table that have the same values, up to a most.

    Parameters
    ----------
    table : Frame
        Any table.
    name : str
        The name of the new column, of integers.
    other : Frame
        The other table, on the same engine.
    on : sequence of str
        The columns of text that are compared; null is the same as null.
    known : str
        One of them: a row in which it is null has no match.
    most : int
        No more than this is counted.

    Returns
    -------
    Frame
        The table with the column, on the same engine.

    Raises
    ------
    UnknownColumnError
        If a table lacks a column.
    ConfigurationError
        If the tables are on different engines, or a column holds something else than text.

    Examples
    --------
    >>> calls, turns = pa.table({"call_id": ["a", "b"]}), pa.table({"call_id": ["a", "a", "c"]})
    >>> add_matches(calls, "n", turns, ["call_id"], known="call_id", most=9).to_pylist()
    [{'call_id': 'a', 'n': 2}, {'call_id': 'b', 'n': 0}]
    """
    check_columns(table, on)
    check_columns(other, on)
    check_same_engine(table, other)
    keys = new_names(2 * len(on), [*column_names(table), *column_names(other), name])
    if isinstance(table, pd.DataFrame) or is_partitioned(table):
        match = partial(
            _matched, keys=keys[: len(on)], name=name, known=keys[list(on).index(known)], most=most
        )
        return side_by_side(match, with_texts(table, on, keys), with_texts(other, on, keys), keys[: len(on)])
    frame, others = opened(table), opened(other)
    there = others.filter(~nw.col(known).is_null())
    sizes = with_keys(there, on, keys).group_by(keys).agg(nw.len().alias(name))
    joined = with_keys(frame, on, keys).join(sizes, on=keys, how="left").drop(keys)
    count = nw.col(name).fill_null(0).cast(nw.Int64)
    return joined.with_columns(nw.when(count < most).then(count).otherwise(most).alias(name)).to_native()


def _as_float(whole: nw.Expr) -> nw.Expr:
    # In two parts, for Arrow makes no float of a whole number that may have to be rounded.
    rest = whole % _PART
    return ((whole - rest) // _PART).cast(nw.Float64) * float(_PART) + rest.cast(nw.Float64)


def _matched(  # noqa: PLR0913 - those of add_matches
    table: pd.DataFrame, other: pd.DataFrame, *, keys: list[str], name: str, known: str, most: int
) -> pd.DataFrame:
    counts = count_rows(other[other[known].notna()], keys)
    matches = counts.keys.assign(**{name: counts.rows})
    found = table[keys].merge(matches, how="left", on=keys)[name].fillna(0).to_numpy(dtype=np.int64)
    return table.drop(columns=keys).assign(**{name: np.minimum(found, most)})


def with_keys(frame: nw.LazyFrame[Any], on: Sequence[str], keys: list[str]) -> nw.LazyFrame[Any]:
    """Add what is joined by, for no engine joins null with null: each text, and whether it is there."""
    texts = [text_of(frame, column) for column in on]
    parts = [part for text in texts for part in (text.fill_null(""), text.is_null())]
    return _with_texts(frame, dict(zip(keys, parts, strict=True)))


def _with_texts(frame: nw.LazyFrame[Any], texts: dict[str, nw.Expr]) -> nw.LazyFrame[Any]:
    """Add what is joined by, in one type of text: Arrow has another one for what were categories."""
    return opened(frame.with_columns(**texts).to_native())


def _is_wanted(table: pd.DataFrame, wanted: Wanted) -> NDArray[np.bool_]:
    mask = np.ones(len(table), dtype=np.bool_)
    for name, value in wanted.items():
        mask &= as_booleans(table[name]) if value is True else is_one_of(table[name], *names_in(value))
    return mask
