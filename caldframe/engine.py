"""Count this, grouped by that, on the engine that holds the rows: pandas.

Every metric starts here: rows are counted by the columns that matter, and the small table that comes out
is all that the statistics see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from caldframe.errors import ConfigurationError, UnknownColumnError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Counts",
    "Groups",
    "as_booleans",
    "as_integers",
    "as_numbers",
    "as_text",
    "as_times",
    "check_columns",
    "check_zone",
    "closest",
    "count_rows",
    "group_columns",
    "group_rows",
    "table_of",
]


@dataclass(frozen=True, eq=False)
class Counts:
    """How many rows of a table have the same values in some of its columns.

    Parameters
    ----------
    keys : pandas.DataFrame
        One row a combination of values that occurs, in order of first appearance, dtypes unchanged.
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


def group_columns(by: Any, taken: Sequence[str]) -> list[str]:
    """Give the argument `by` of a metric as a list of column names.

    Parameters
    ----------
    by : str or list of str or None
        A column name, several, or none.
    taken : sequence of str
        The columns that the metric's own table has.

    Returns
    -------
    list of str
        The names, in their order.

    Raises
    ------
    ConfigurationError
        If it is neither, names a column twice, or names one that the metric's table has.

    Examples
    --------
    >>> group_columns("agent_id", ["n"]), group_columns(None, ["n"])
    (['agent_id'], [])
    """
    if by is None:
        return []
    if not isinstance(by, Sequence) or not all(isinstance(name, str) for name in by):
        raise ConfigurationError(f"by={by!r} is neither a column name nor a list of them.")
    names = [by] if isinstance(by, str) else list(by)
    for position, name in enumerate(names):
        if name in names[:position]:
            raise ConfigurationError(f"by= names the column {name!r} twice.")
        if name in taken:
            raise ConfigurationError(
                f"by={name!r}: the result has a column of that name itself. "
                f"Copy the column under another name and group by that."
            )
    return names


def count_rows(table: pd.DataFrame, columns: Sequence[str]) -> Counts:
    """Count the rows of a table by the values that they have in some columns.

    Parameters
    ----------
    table : pandas.DataFrame
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
        If it is no pandas DataFrame, has two columns of one name, or a column holds values that cannot be
        counted, lists for example.

    Examples
    --------
    >>> calls = pd.DataFrame({"result": ["ivr", None, "ivr"], "turns": [1, 0, 1]})
    >>> counts = count_rows(calls, ["result"])
    >>> counts.keys["result"].tolist(), counts.rows.tolist()
    (['ivr', nan], [2, 1])
    """
    names = list(dict.fromkeys(columns))
    check_columns(table, names)
    keys, numbers = _told_apart(table[names], sort=False)
    return Counts(keys, np.bincount(numbers, minlength=len(keys)))


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


def table_of(frames: Any, name: str) -> pd.DataFrame:
    """Give one of the tables of a campaign's frames by its name, or say what was given in their place."""
    table = getattr(frames, name, None)
    if isinstance(table, pd.DataFrame):
        return table
    raise ConfigurationError(
        f"This needs the frames of a campaign, with all their tables, not a {type(frames).__name__}. "
        f"Give what load_campaign or fetch_campaign returned."
    )


def check_columns(table: Any, names: Sequence[str]) -> None:
    """Raise where a table is none, or lacks a column, or has two of its name."""
    if not isinstance(table, pd.DataFrame):
        raise ConfigurationError(
            f"A pandas DataFrame is needed, such as frames.calls, not a {type(table).__name__}."
        )
    columns: list[Any] = table.columns.tolist()
    there = [name for name in columns if isinstance(name, str)]
    for name in names:
        if name not in there:
            raise UnknownColumnError(
                f"The table has no column {name!r}.{closest(name, there)} Its columns: {', '.join(there)}."
            )
        if there.count(name) > 1:
            raise ConfigurationError(f"The table has {there.count(name)} columns named {name!r}. Rename one.")


def check_zone(tz: Any) -> str:
    """Give the name of a time zone, or raise where this machine knows none of that name."""
    try:
        if isinstance(tz, str) and tz:
            return ZoneInfo(tz).key
    except (KeyError, ValueError, OSError):
        pass
    raise ConfigurationError(
        f"tz={tz!r} is no time zone. Give a name of the IANA time zone database, such as "
        f'"America/New_York" or "UTC". If it is one, this machine\'s database lacks it: '
        f"pip install tzdata brings the whole."
    )


def as_booleans(values: pd.Series[Any]) -> NDArray[np.bool_]:
    """Give a column of true and false, whatever its dtype, as an array that is False where it is null."""
    return _converted(values, "boolean", "true, false or null").to_numpy(dtype=np.bool_, na_value=False)


def as_numbers(values: pd.Series[Any]) -> NDArray[np.float64]:
    """Give a column of numbers, whatever its dtype, as an array that is NaN where it is null."""
    return _converted(values, "Float64", "numbers or null").to_numpy(dtype=np.float64, na_value=np.nan)


def as_integers(values: pd.Series[Any]) -> pd.Series[Any]:
    """Give a column of counts, whatever its dtype, as nullable integers."""
    return _converted(values, "Int64", "whole numbers or null")


def as_text(values: pd.Series[Any]) -> pd.Series[Any]:
    """Give a column of text, whatever its dtype, as the dtype that the schema's text has."""
    return _converted(values, pd.StringDtype(na_value=np.nan), "text or null")


def as_times(values: pd.Series[Any]) -> pd.Series[Any]:
    """Give a column of times with a zone, whatever its dtype, as times of UTC to the microsecond."""
    if pd.api.types.is_numeric_dtype(values.dtype) and not values.isna().all():
        raise ConfigurationError(
            f"The column {values.name!r} should hold times with a time zone, or null, but is {values.dtype}."
        )
    return _converted(values, "datetime64[us, UTC]", "times with a time zone, or null")


def closest(name: str, known: Sequence[str]) -> str:
    """Give the question whether another name was meant, or nothing where none is near."""
    near = get_close_matches(name, known, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


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


def _converted(values: pd.Series[Any], dtype: Any, expected: str) -> pd.Series[Any]:
    try:
        return values.astype(dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise ConfigurationError(
            f"The column {values.name!r} should hold {expected}, but is {values.dtype} ({error})."
        ) from error
