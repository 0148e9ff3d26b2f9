"""Whole campaigns, some at a time: for what needs rows side by side, and what no engine has words for.

What was said is split into words, compared and searched by code of Python and Arrow. A campaign came in one
response, so it fits into memory; a table of a thousand need not. Its campaigns come here some at a time, each
is reduced to what a metric makes of it, and its rows are gone before the next ones come. On Dask the workers
do it, and no row comes here.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, Final, TypeVar

import narwhals as nw
import numpy as np
import pandas as pd

from caldframe.engine.conversion import as_text
from caldframe.engine.counting import count_rows
from caldframe.engine.expressions import text_of
from caldframe.engine.histories import number_rows
from caldframe.engine.holding import (
    Frame,
    are_rows_here,
    check_columns,
    check_same_engine,
    collected,
    new_names,
    opened,
    rows_here,
)
from caldframe.engine.partitions import is_partitioned, with_plain_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["in_order", "map_campaigns", "split_campaigns"]

T = TypeVar("T")

_CAMPAIGN: Final = "campaign_id"
_ROWS: Final = 1_000_000
"""About so many rows come here at once: half a gigabyte of conversations, and what is made of them."""
_ROWS_THERE: Final = 10_000_000
"""No more calls than these, or than one campaign has, an engine of this process numbers at once: a gigabyte
of its memory."""
_ROWS_JOINED: Final = 4_000_000
"""No more calls than these it joins with their turns at once, for it holds each of them several times."""


def map_campaigns(function: Callable[..., T], *tables: tuple[Frame, Sequence[str]]) -> list[T]:
    """Apply a function to all rows that some campaigns have in some tables, until every campaign has been in.

    Parameters
    ----------
    function : callable
        Takes one pandas.DataFrame a table. Where the rows are in this process it is called once, with all of
        them. Elsewhere it is called several times, with all rows of some campaigns each time, null being one
        more campaign; these tables have the columns that are read, in the order of the rows, and an index
        that says which row of the whole table each one is.
    *tables : tuple of Frame and sequence of str
        Tables, all on one engine, and the columns of each that are read.

    Returns
    -------
    list
        What the function returned: one or more, in any order.

    Raises
    ------
    UnknownColumnError
        If a table lacks a column.
    ConfigurationError
        If the tables are on different engines, or `campaign_id` is no text.

    Examples
    --------
    >>> turns = pd.DataFrame({"campaign_id": ["c1", "c2", "c1"]})
    >>> map_campaigns(len, (turns, ["campaign_id"]))
    [3]
    """
    held = [table for table, _ in tables]
    reads = [list(dict.fromkeys(columns)) for _, columns in tables]
    for table, columns in zip(held, reads, strict=True):
        check_columns(table, columns)
    if all(are_rows_here(table) for table in held):
        return [function(*map(rows_here, held, reads))]
    for table, columns in zip(held, reads, strict=True):
        check_columns(table, [_CAMPAIGN])
        check_same_engine(held[0], table)
        columns.extend({_CAMPAIGN}.difference(columns))
    if is_partitioned(held[0]):
        return _on_workers(function, held, reads)
    sources = [_Source.of(table, columns) for table, columns in zip(held, reads, strict=True)]
    parts = _some_at_a_time([each.ids for each in sources], [each.sizes for each in sources], _ROWS)
    return [function(*(source.rows_of(ids) for source in sources)) for ids in parts]


def in_order(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put tables together that `map_campaigns` gave, whose indexes say which rows their rows are of."""
    if len(parts) == 1:
        return parts[0]
    # A table without rows has no say in the dtypes.
    filled = [part for part in parts if len(part)] or parts[:1]
    return pd.concat(filled).sort_index(kind="stable")


def split_campaigns(table: Frame, *others: Frame) -> list[tuple[Frame, ...]]:
    """Split a large table of DuckDB or of Polars, for what an engine has to hold all rows of.

    To number the calls of each prospect, or to join calls with their turns, an engine holds something of
    every call, in the memory of this process. Of some campaigns it is less, and the counts of all add up.

    Parameters
    ----------
    table : Frame
        The table whose rows are held.
    *others : Frame
        Tables on the same engine that are read beside it.

    Returns
    -------
    list of tuple of Frame
        The tables, on their engine, with all rows of some campaigns each time, and each row once.
        Campaigns that follow one another in the order of their ids come together, so that an engine finds
        them by comparing with two ids, and leaves out what of its files has none in between; rows of no
        campaign come with the last. The tables as they are where the first has few rows or is of another
        engine: those of PyArrow and pandas lie in memory anyway, and a cluster shares its rows out itself.

    Raises
    ------
    UnknownColumnError
        If a table has no column `campaign_id`.
    ConfigurationError
        If the tables are on different engines, or `campaign_id` is no text.
    """
    tables = (table, *others)
    for each in tables:
        check_columns(each, [_CAMPAIGN])
        check_same_engine(table, each)
    if is_partitioned(table) or are_rows_here(table):
        return [tables]
    frames = [opened(each) for each in tables]
    if frames[0].implementation.is_spark_like():
        return [tables]
    campaign = text_of(frames[0], _CAMPAIGN).alias(_CAMPAIGN)
    counts = count_rows(frames[0].select(campaign).to_native(), [_CAMPAIGN])
    rows = int(counts.rows.sum())
    count = ceil(rows / (_ROWS_JOINED if others else _ROWS_THERE))
    if count <= 1:
        return [tables]
    ids = counts.keys[_CAMPAIGN].dropna().sort_values()
    parts = _some_at_a_time([ids], [counts.rows[ids.index]], ceil(rows / count))
    # The first has no beginning and the last no end, for the others may have campaigns that the first lacks.
    starts = [some.iloc[0] for some in parts if len(some)][1:]
    edges = zip([None, *starts], [*starts, None], strict=True)
    return [tuple(_between(frame, *some).to_native() for frame in frames) for some in edges]


@dataclass(frozen=True, eq=False)
class _Source:
    """A table on an engine, and how its campaigns lie in it.

    Parameters
    ----------
    frame : narwhals.LazyFrame
        The table.
    columns : list of str
        The columns that are read.
    ids : pandas.Series of str
        Its campaigns, in order of first appearance.
    sizes : numpy.ndarray of int64
        How many rows each has.
    row : str or None
        The column that numbers the rows, where campaigns lie among one another. Where they do not, rows are
        numbered here, so that the engine can leave out the files that it need not open.
    first : int
        The number of the first row.
    """

    frame: nw.LazyFrame[Any]
    columns: list[str]
    ids: pd.Series[Any]
    sizes: NDArray[np.int64]
    row: str | None
    first: int

    @classmethod
    def of(cls, table: Frame, columns: list[str]) -> _Source:
        """Count the rows of each campaign, and see whether they stand together."""
        frame = opened(table)
        row, campaign, size, last = new_names(4, columns)
        ids = frame.select(text_of(frame, _CAMPAIGN).alias(campaign))
        numbered = opened(number_rows(ids.to_native(), row))
        places = nw.col(row).cast(nw.Int64)
        found = collected(
            numbered.group_by(campaign).agg(
                nw.len().cast(nw.Int64).alias(size), places.min().alias(row), places.max().alias(last)
            )
        ).sort_values(row)
        sizes, firsts, lasts = (found[name].to_numpy(dtype=np.int64) for name in (size, row, last))
        # Spark numbers rows with gaps, and promises no order, so that there is none to be kept.
        together = frame.implementation.is_spark_like() or np.array_equal(lasts - firsts + 1, sizes)
        if not together:
            frame = opened(number_rows(frame.select(columns).to_native(), row))
        return cls(
            frame=frame,
            columns=columns,
            ids=as_text(found[campaign]).reset_index(drop=True),
            sizes=sizes,
            row=None if together else row,
            first=int(firsts[0]) if len(firsts) else 0,
        )

    def rows_of(self, ids: pd.Series[Any]) -> pd.DataFrame:
        """Bring the rows of some campaigns here; the index is each row's position in the table."""
        rows = _of_campaigns(self.frame, ids)
        if self.row is None:
            here = collected(rows.select(self.columns))
            return here.set_axis(self._positions(as_text(here[_CAMPAIGN])))
        here = collected(rows.select(*self.columns, nw.col(self.row).cast(nw.Int64)))
        positions = here.pop(self.row).to_numpy(dtype=np.int64) - self.first
        return here.set_axis(positions).sort_index()

    def _positions(self, campaigns: pd.Series[Any]) -> NDArray[np.int64]:
        """Give each row its number in the table, campaign by campaign."""
        codes = pd.factorize(pd.concat([self.ids, campaigns]), use_na_sentinel=False)[0][len(self.ids) :]
        starts = np.cumsum(self.sizes) - self.sizes
        within = pd.Series(codes).groupby(codes).cumcount().to_numpy()
        return np.asarray(starts[codes] + within, dtype=np.int64)


def _of_campaigns(frame: nw.LazyFrame[Any], ids: pd.Series[Any]) -> nw.LazyFrame[Any]:
    """Keep the rows of some campaigns."""
    campaign, known = text_of(frame, _CAMPAIGN), ids.dropna().tolist()
    if ids.empty:
        return frame.head(0)
    if len(known) < len(ids):
        return frame.filter(campaign.is_null() | campaign.is_in(known))
    return frame.filter(campaign.is_in(known))


def _between(frame: nw.LazyFrame[Any], start: str | None, end: str | None) -> nw.LazyFrame[Any]:
    """Keep the rows of the campaigns from one id up to another, and of none where there is no end."""
    campaign = text_of(frame, _CAMPAIGN)
    if start is None and end is None:
        return frame
    if end is None:
        return frame.filter((campaign >= start) | campaign.is_null())
    return frame.filter(campaign < end if start is None else (campaign >= start) & (campaign < end))


def _some_at_a_time(
    ids: Sequence[pd.Series[Any]], sizes: Sequence[NDArray[np.int64]], rows: int
) -> Iterator[pd.Series[Any]]:
    """Give the campaigns of all tables, so many at a time that they have about so many rows."""
    codes, distinct = pd.factorize(pd.concat(ids), use_na_sentinel=False)
    campaigns = pd.Series(distinct, dtype="str")
    if campaigns.empty:
        yield campaigns
    totals = np.bincount(codes, weights=np.concatenate(sizes))
    parts = (np.cumsum(totals) - totals) // rows
    for part in np.unique(parts):
        yield campaigns[parts == part]


def _on_workers(function: Callable[..., T], tables: Sequence[Frame], reads: Sequence[list[str]]) -> list[T]:
    """Let the workers of Dask do it, to which all rows of a campaign go first."""
    import dask  # noqa: PLC0415 - an extra

    row, key = new_names(2, [name for columns in reads for name in columns])
    count = max(table.npartitions for table in tables)
    parts = [
        _by_campaign(table[columns], row, key, count) for table, columns in zip(tables, reads, strict=True)
    ]
    work = dask.delayed(_on_worker, pure=False)  # type: ignore[attr-defined] # it has no types
    results = [work(function, row, key, *some) for some in zip(*parts, strict=True)]
    return list(dask.compute(*results))  # type: ignore[attr-defined,no-untyped-call]


def _by_campaign(table: Frame, row: str, key: str, count: int) -> list[Any]:
    """Give so many partitions of a Dask DataFrame, each with all rows of its campaigns, numbered."""
    import dask  # noqa: PLC0415 - an extra

    length = dask.delayed(len)  # type: ignore[attr-defined] # it has no types
    lengths = dask.compute(*map(length, table[[_CAMPAIGN]].to_delayed()))  # type: ignore[attr-defined,no-untyped-call]
    firsts = np.cumsum(lengths) - np.asarray(lengths)
    meta = _numbered(table._meta, row, key, firsts)  # noqa: SLF001 - Dask has no other name for it
    numbered = table.map_partitions(_numbered, row, key, firsts, meta=meta)
    parts: list[Any] = numbered.shuffle([key], npartitions=count).to_delayed()
    return parts


def _numbered(
    table: pd.DataFrame, row: str, key: str, firsts: NDArray[np.int64], partition_info: Any = None
) -> pd.DataFrame:
    first = firsts[partition_info["number"]] if partition_info else 0
    placed = table.assign(**{row: np.arange(first, first + len(table))})
    return placed.assign(**{key: as_text(table[_CAMPAIGN])})


def _on_worker(function: Callable[..., T], row: str, key: str, *parts: pd.DataFrame) -> T:
    # Rows come from other workers in whatever order.
    tables = (
        with_plain_text(part).drop(columns=key).set_index(row).rename_axis(None).sort_index()
        for part in parts
    )
    return function(*tables)
