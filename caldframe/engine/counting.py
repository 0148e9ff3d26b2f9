"""How many rows have the same values: counted where the rows are, grouped in pandas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from caldframe.engine.conversion import as_text
from caldframe.engine.expressions import text_of
from caldframe.engine.holding import Frame, check_columns, collected, new_names, opened, read_columns
from caldframe.engine.partitions import by_partition, gathered, is_partitioned
from caldframe.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Counts", "Groups", "count_distinct", "count_rows", "group_rows"]


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
        both = pd.concat([self.keys, table[columns]], ignore_index=True)
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


def count_distinct(table: Frame, columns: Sequence[str], column: str) -> Counts:
    """Count how many distinct texts a column has in each group of rows; null and the empty text are none.

    Parameters
    ----------
    table : Frame
        Any table.
    columns : sequence of str
        The columns to group by; with none, all rows are one group.
    column : str
        The column of text.

    Returns
    -------
    Counts
        One row a group that has any.

    Raises
    ------
    UnknownColumnError
        If the table lacks a column.
    ConfigurationError
        If the column holds something else than text.

    Examples
    --------
    >>> calls = pd.DataFrame({"agent_id": ["a", "a", "b"], "prospect_number": ["+1", "+1", None]})
    >>> counts = count_distinct(calls, ["agent_id"], "prospect_number")
    >>> counts.keys["agent_id"].tolist(), counts.rows.tolist()
    (['a'], [1])
    """
    names = [*columns, column]
    check_columns(table, names)
    if is_partitioned(table):
        # As many partitions as before, so that none of them grows with the table.
        distinct = _distinct(table[names], columns, column)
        known = distinct.drop_duplicates(names, split_out=table.npartitions)
        if columns:
            return count_rows(known, columns)
        return Counts(pd.DataFrame(index=range(1)), np.array([len(known)]))
    if isinstance(table, pd.DataFrame):
        distinct = _distinct(table, columns, column)
        if columns:
            return count_rows(distinct, columns)
        return Counts(distinct[[]].iloc[:1], np.full(min(len(distinct), 1), len(distinct)))
    frame = opened(table)
    distinct_there = (
        frame.filter(text_of(frame, column).fill_null("") != "").select(*columns, column).unique()
    )
    if columns:
        return _counted(distinct_there, list(columns))
    size = collected(distinct_there.select(nw.len().alias("size")))["size"].to_numpy(dtype=np.int64)
    return Counts(pd.DataFrame(index=range(1)), size)


@by_partition
def _distinct(table: pd.DataFrame, columns: Sequence[str], column: str) -> pd.DataFrame:
    text = as_text(table[column])
    known = table[(text.notna() & text.ne("")).to_numpy()]
    return count_rows(known, [*columns, column]).keys


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
