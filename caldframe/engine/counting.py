"""How many rows have the same values: counted where the rows are, grouped in pandas."""

from __future__ import annotations

from dataclasses import dataclass
from string import digits
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import numpy as np
import pandas as pd

from caldframe.engine.conversion import as_text
from caldframe.engine.expressions import text_of
from caldframe.engine.holding import Frame, check_columns, collected, new_names, opened, read_columns
from caldframe.engine.partitions import by_partition, gathered, is_partitioned, with_texts
from caldframe.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "Counts",
    "DistinctCounts",
    "Groups",
    "add_counts",
    "count_distinct",
    "count_rows",
    "group_rows",
    "repeat_rows",
]

_ROWS_AT_ONCE: Final = 10_000_000
"""So many rows an engine of this process looks at together for what is distinct in them."""


@dataclass(frozen=True, eq=False)
class Counts:
    """How many rows of a table have the same values in some of its columns.

    Parameters
    ----------
    keys : pandas.DataFrame
        One row a combination of values that occurs. Of pandas, in order of first appearance, dtypes
        unchanged; of other engines, in any order, in the dtypes that the schema has for their types.
    rows : numpy.ndarray of int64
        How many rows of the table have it, one number a combination.
    """

    keys: pd.DataFrame
    rows: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class DistinctCounts:
    """How many distinct values a column has in each group.

    Parameters
    ----------
    keys : pandas.DataFrame
        The groups, perhaps some of them more than once.
    all, marked : numpy.ndarray of int64
        How many distinct values its rows have, and those of its rows that are marked.
    """

    keys: pd.DataFrame
    all: NDArray[np.int64]
    marked: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Groups:
    """Which rows of a table belong together.

    Parameters
    ----------
    keys : pandas.DataFrame
        One row a group: its value in each column grouped by, dtypes unchanged. Groups are sorted by these
        columns, categories in their own order; null is a value like any other, the last.
    numbers : numpy.ndarray of int64
        For each row of the table, the position of its group in `keys`.
    """

    keys: pd.DataFrame
    numbers: NDArray[np.int64]

    def sums(self, amounts: NDArray[Any]) -> NDArray[Any]:
        """Add up, group by group, one amount a row; integers stay integers."""
        totals = np.zeros(len(self.keys), dtype=amounts.dtype)
        np.add.at(totals, self.numbers, amounts)
        return totals

    def find(self, table: pd.DataFrame) -> NDArray[np.int64]:
        """Give the position of the group of each row of another table of the same kind, all in a group."""
        if self.keys.columns.empty:
            return np.zeros(len(table), dtype=np.int64)
        columns = self.keys.columns.tolist()
        # Categories may come from an engine in another order each time it is asked.
        kinds = {name: kind for name, kind in self.keys.dtypes.items() if kind == "category"}
        both = pd.concat([self.keys, table[columns].astype(kinds)], ignore_index=True)
        return _told_apart(both, sort=True)[1][len(self.keys) :]


def count_rows(table: Frame, columns: Sequence[str]) -> Counts:
    """Count the rows of a table by the values that they have in some columns, on the engine that holds them.

    Parameters
    ----------
    table : Frame
        Any table, such as `CampaignFrames.calls`.
    columns : sequence of str
        The columns to count by; null counts as a value. One that is named twice counts once.

    Returns
    -------
    Counts
        One row a combination that occurs.

    Raises
    ------
    UnknownColumnError
        If the table lacks a column.
    ConfigurationError
        If it is no table, has two columns of one name, or a column holds values that cannot be counted,
        lists for example.

    Examples
    --------
    >>> calls = pd.DataFrame({"result": ["ivr", None, "ivr"], "turns": [1, 0, 1]})
    >>> counts = count_rows(calls, ["result"])
    >>> counts.keys["result"].tolist(), counts.rows.tolist()
    (['ivr', nan], [2, 1])
    """
    names = list(dict.fromkeys(columns))
    check_columns(table, names)
    if isinstance(table, pd.DataFrame):
        keys, numbers = _told_apart(table[names], sort=False)
        return Counts(keys, np.bincount(numbers, minlength=len(keys)))
    if is_partitioned(table):
        return _added_up(table[names], names)
    return _counted(opened(read_columns(table, names)), names)


def add_counts(parts: Sequence[Counts]) -> Counts:
    """Give counts of some rows, then of others, as those of all; a combination may come more than once."""
    if len(parts) == 1:
        return parts[0]
    keys = pd.concat([part.keys for part in parts], ignore_index=True)
    return Counts(keys, np.concatenate([part.rows for part in parts]))


def count_distinct(table: Frame, columns: Sequence[str], column: str, mark: str) -> DistinctCounts:
    """Count how many distinct texts a column has in each group of rows, and how many in the rows marked.

    Parameters
    ----------
    table : Frame
        Any table.
    columns : sequence of str
        The columns to group by; with none, all rows are one group.
    column : str
        The column of text; null and the empty text are none.
    mark : str
        A column of true and false without null, as `add_mark` makes it.

    Returns
    -------
    DistinctCounts
        The counts.

    Raises
    ------
    UnknownColumnError
        If the table lacks a column.
    ConfigurationError
        If the column holds something else than text.

    Examples
    --------
    >>> calls = pd.DataFrame({"agent_id": "a", "number": ["+1", "+2", None], "up": [True, False, True]})
    >>> counts = count_distinct(calls, ["agent_id"], "number", "up")
    >>> counts.keys["agent_id"].tolist(), counts.all.tolist(), counts.marked.tolist()
    (['a'], [2], [1])
    """
    names = list(dict.fromkeys([*columns, column, mark]))
    check_columns(table, names)
    sizes = new_names(2, names)
    if is_partitioned(table):
        # All rows with the same text meet in one partition, each group's texts having been told apart before.
        texts = new_names(1, [*names, *sizes])
        apart = _distinct(table[names], columns, column, mark)
        counts = gathered(
            _count_distinct(with_texts(apart, [column], texts).shuffle(texts), columns, column, mark, sizes)
        )
    elif isinstance(table, pd.DataFrame):
        counts = _count_distinct(table[names], columns, column, mark, sizes)
    else:
        frame = opened(read_columns(table, names))
        known = frame.filter(text_of(frame, column).fill_null("") != "")
        parts_there = [
            _count_distinct_there(part, columns, column, mark, sizes) for part in _split(known, column)
        ]
        counts = pd.concat(parts_there, ignore_index=True)
    parts = (counts[size].to_numpy(dtype=np.int64) for size in sizes)
    return DistinctCounts(counts[list(columns)], *parts)


@by_partition
def _distinct(table: pd.DataFrame, columns: Sequence[str], column: str, mark: str) -> pd.DataFrame:
    """Give each text of each group once, with whether any of its rows is marked."""
    text = as_text(table[column])
    known = table[(text.notna() & text.ne("")).to_numpy()]
    keys, numbers = _told_apart(known[list(dict.fromkeys([*columns, column]))], sort=False)
    marked = np.zeros(len(keys), dtype=np.bool_)
    marked[numbers[known[mark].to_numpy(dtype=np.bool_)]] = True
    return keys.assign(**{mark: marked})


@by_partition
def _count_distinct(
    table: pd.DataFrame, columns: Sequence[str], column: str, mark: str, sizes: list[str]
) -> pd.DataFrame:
    apart = _distinct(table, columns, column, mark)
    groups = group_rows(apart, list(columns))
    marked = groups.sums(apart[mark].to_numpy(dtype=np.int64))
    every = np.bincount(groups.numbers, minlength=len(groups.keys))
    return groups.keys.assign(**{sizes[0]: every, sizes[1]: marked})


def _split(frame: nw.LazyFrame[Any], column: str) -> list[nw.LazyFrame[Any]]:
    """Split a large table of DuckDB or Polars by how the texts of a column end, those of numbers in digits.

    An engine holds every distinct text in the memory of this process, so that it is looked at some at a time.
    """
    kind = frame.implementation
    if not (kind.is_duckdb() or kind.is_polars()) or _length(frame) <= _ROWS_AT_ONCE:
        return [frame]
    end = text_of(frame, column).str.tail(1)
    return [*(frame.filter(end == digit) for digit in digits), frame.filter(~end.is_in(list(digits)))]


def _length(frame: nw.LazyFrame[Any]) -> int:
    (size,) = new_names(1, [])
    return int(collected(frame.select(nw.len().alias(size)))[size].iloc[0])


def _count_distinct_there(
    frame: nw.LazyFrame[Any], columns: Sequence[str], column: str, mark: str, sizes: list[str]
) -> pd.DataFrame:
    kinds = frame.collect_schema()
    names = list(dict.fromkeys([*columns, column]))
    keys = [_one_of_each(name) if kinds[name].is_float() else nw.col(name) for name in names]
    marked = frame.select(*keys, nw.col(mark).cast(nw.Int64).alias(sizes[1]))
    apart = marked.group_by(names).agg(nw.col(sizes[1]).max())
    amounts = nw.len().alias(sizes[0]), nw.col(sizes[1]).sum()
    return collected(apart.group_by(list(columns)).agg(*amounts) if columns else apart.select(*amounts))


def _one_of_each(column: str) -> nw.Expr:
    """Give a number that is none as null, and -0.0 as 0.0: what engines tell apart, and pandas does not."""
    number = nw.col(column)
    return nw.when(~number.is_nan()).then(number + 0.0).alias(column)


def group_rows(table: pd.DataFrame, columns: Sequence[str]) -> Groups:
    """Tell which rows of a table have the same values in some columns.

    Parameters
    ----------
    table : pandas.DataFrame
        Any table, mostly the `keys` of a `Counts`.
    columns : sequence of str
        The columns to group by. With none, all rows are one group, even if there are no rows.

    Returns
    -------
    Groups
        The groups, sorted, and the group of each row.

    Raises
    ------
    UnknownColumnError
        If the table lacks a column.
    ConfigurationError
        If the values of a column cannot be told apart or sorted.

    Examples
    --------
    >>> groups = group_rows(pd.DataFrame({"agent_id": ["b", None, "a", "b"]}), ["agent_id"])
    >>> groups.keys["agent_id"].tolist(), groups.numbers.tolist()
    (['a', 'b', nan], [1, 2, 0, 1])
    """
    if not columns:
        return Groups(pd.DataFrame(index=range(1)), np.zeros(len(table), dtype=np.int64))
    check_columns(table, columns)
    keys, numbers = _told_apart(table[list(columns)], sort=True)
    return Groups(keys, numbers)


def repeat_rows(keys: pd.DataFrame, times: Any) -> pd.DataFrame:
    """Give each row so many times, all the same number or each its own, under row numbers of their own."""
    return keys.loc[keys.index.repeat(times)].reset_index(drop=True)


def _added_up(table: Frame, names: list[str]) -> Counts:
    """Count partition by partition, then add up what they have in common."""
    (size,) = new_names(1, names)
    parts = gathered(_count_in_each(table, names, size))
    keys, numbers = _told_apart(parts[names], sort=False)
    rows = np.zeros(len(keys), dtype=np.int64)
    np.add.at(rows, numbers, parts[size].to_numpy(dtype=np.int64))
    return Counts(keys, rows)


@by_partition
def _count_in_each(table: pd.DataFrame, names: list[str], size: str) -> pd.DataFrame:
    counts = count_rows(table, names)
    return counts.keys.assign(**{size: counts.rows})


def _counted(frame: nw.LazyFrame[Any], names: list[str]) -> Counts:
    (size,) = new_names(1, names)
    keys = collected(frame.group_by(names).agg(nw.len().alias(size)))
    return Counts(keys[names], keys[size].to_numpy(dtype=np.int64))


def _told_apart(table: pd.DataFrame, *, sort: bool) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    # Its own row numbers, for an index may have the name of a column.
    table = table.reset_index(drop=True)
    try:
        groups = table.groupby(list(table.columns), sort=sort, dropna=False, observed=True)
        numbers = groups.ngroup().to_numpy()
    except TypeError as error:
        raise ConfigurationError(
            f"The column {' or '.join(map(repr, table.columns))} has values that cannot be compared with "
            f"one another ({error}). Group by plain values of one kind, text for example."
        ) from error
    # The last to be written stays, so from the end: a tenth of the time that sorting the numbers takes.
    firsts = np.zeros(numbers.max(initial=-1) + 1, dtype=np.int64)
    firsts[numbers[::-1]] = np.arange(len(numbers))[::-1]
    return table.iloc[firsts].reset_index(drop=True), numbers.astype(np.int64, copy=False)
