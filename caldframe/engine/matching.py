"""What is found for a row somewhere else: a code for its text, or rows of another table."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa

from caldframe.engine.conversion import as_text
from caldframe.engine.counting import count_rows
from caldframe.engine.expressions import text_of
from caldframe.engine.holding import (
    Frame,
    check_columns,
    check_same_engine,
    collected,
    column_names,
    new_names,
    opened,
    put_beside,
)
from caldframe.engine.partitions import by_partition, is_partitioned, side_by_side, with_texts
from caldframe.schema import TEXT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

__all__ = ["add_looked_up", "add_matches", "with_keys"]

_TEXTS_AT_ONCE: Final = 500_000


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


def add_matches(  # noqa: PLR0913 - two tables, and how they belong together
    table: Frame, name: str, other: Frame, on: Sequence[str], *, known: str, mark: str, most: int
) -> Frame:
    """Add a column with the number of marked rows of another table that have the same values, up to a most.

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
    mark : str
        The column of true and false without null, as `add_mark` makes it, that says which rows of the other
        table count.
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
    >>> calls = pa.table({"call_id": ["a", "b"]})
    >>> turns = pa.table({"call_id": ["a", "a", "a", "c"], "worded": [True, False, True, True]})
    >>> add_matches(calls, "n", turns, ["call_id"], known="call_id", mark="worded", most=9).to_pylist()
    [{'call_id': 'a', 'n': 2}, {'call_id': 'b', 'n': 0}]
    """
    check_columns(table, on)
    check_columns(other, [*on, mark])
    check_same_engine(table, other)
    keys = new_names(2 * len(on), [*column_names(table), *column_names(other), name])
    if isinstance(table, pd.DataFrame) or is_partitioned(table):
        known = keys[list(on).index(known)]
        match = partial(_matched, keys=keys[: len(on)], name=name, known=known, mark=mark, most=most)
        return side_by_side(match, with_texts(table, on, keys), with_texts(other, on, keys), keys[: len(on)])
    keyed, names = with_keys(opened(table), on, known, keys)
    ones = nw.col(mark).cast(nw.Int64)
    others, _ = with_keys(opened(other).with_columns(ones.alias(mark)), on, known, keys)
    # What has no match is left out before it is counted, so that the engine need not hold it. Rows without
    # the mark are not: DuckDB 2.0 takes what is left by each such condition for a fifth, and where it takes
    # the other table for the smaller one it holds all of that instead: twice the memory.
    there = others.join(keyed.select(names), on=names, how="semi")
    sizes = there.group_by(names).agg(nw.col(mark).sum().alias(name))
    joined = keyed.join(sizes, on=names, how="left").drop(names)
    count = nw.col(name).fill_null(0).cast(nw.Int64)
    return joined.with_columns(nw.when(count < most).then(count).otherwise(most).alias(name)).to_native()


def _matched(  # noqa: PLR0913 - those of add_matches
    table: pd.DataFrame,
    other: pd.DataFrame,
    *,
    keys: list[str],
    name: str,
    known: str,
    mark: str,
    most: int,
) -> pd.DataFrame:
    counts = count_rows(other[other[known].notna() & other[mark]], keys)
    matches = counts.keys.assign(**{name: counts.rows})
    found = table[keys].merge(matches, how="left", on=keys)[name].fillna(0).to_numpy(dtype=np.int64)
    return table.drop(columns=keys).assign(**{name: np.minimum(found, most)})


def with_keys(
    frame: nw.LazyFrame[Any], on: Sequence[str], known: str, keys: Sequence[str]
) -> tuple[nw.LazyFrame[Any], list[str]]:
    """Add what is joined by, and give its names.

    No engine joins null with null: where null is a value, it is the text and whether it is there.
    """
    parts: list[nw.Expr] = []
    for column in on:
        text = text_of(frame, column)
        parts += [text] if column == known else [text.fill_null(""), text.is_null()]
    texts = dict(zip(keys, parts, strict=False))
    return _with_texts(frame, texts), list(texts)


def _with_texts(frame: nw.LazyFrame[Any], texts: dict[str, nw.Expr]) -> nw.LazyFrame[Any]:
    """Add what is joined by, in one type of text: Arrow has another one for what were categories."""
    return opened(frame.with_columns(**texts).to_native())
