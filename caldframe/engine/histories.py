"""What came before: rows numbered in the order of time within each history, where they are."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import numpy as np
import pandas as pd

from caldframe.engine.counting import Counts, count_rows
from caldframe.engine.expressions import text_of, wanted_of, with_moments
from caldframe.engine.holding import Frame, check_columns, collected, column_names, new_names, opened
from caldframe.engine.partitions import gathered, is_partitioned, with_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from caldframe.engine.expressions import Wanted

__all__ = ["EVENT_COLUMNS", "count_by_history", "count_events", "number_rows"]

EVENT_COLUMNS: Final = (
    "number of the event",
    "gap before the event",
    "outcome of the event",
    "outcome before the event",
)
"""What `count_events` counts by, behind the columns asked for. DuckDB would not tell `gap` from `Gap`."""

_ROWS_OF_A_PARTITION: Final = 2**40
_PLACE: Final = ("file_index", "file_row_number")
_MOST_ROWS: Final = 2**31
"""No history has so many."""
_FEW: Final = 1_000


def number_rows(table: Frame, name: str) -> Frame:
    """Add a column that ascends with the rows: integers in the order in which the engine reads them.

    They are the places of the rows, from 0, except on Dask and on Spark, which leave gaps between partitions.

    Examples
    --------
    >>> number_rows(pd.DataFrame({"call_id": ["b", "a"]}), "row")["row"].tolist()
    [0, 1]
    """
    if isinstance(table, pd.DataFrame):
        return table.assign(**{name: np.arange(len(table))})
    if is_partitioned(table):
        meta = number_rows(table._meta, name)  # noqa: SLF001 - Dask has no other name for it
        return table.map_partitions(_number_partition, name, meta=meta)
    frame = opened(table)
    native: Any = frame.to_native()
    # Narwhals 2.29 numbers the rows of a lazy table by its columns only, but each engine has its own way.
    if frame.implementation.is_polars():
        return native.with_row_index(name)
    if frame.implementation.is_duckdb():
        from duckdb import SQLExpression, StarExpression  # noqa: PLC0415 - an extra

        return native.select(StarExpression(), SQLExpression("row_number() OVER () - 1").alias(name))
    if frame.implementation.is_spark_like():
        from pyspark.sql import functions  # noqa: PLC0415 - an extra

        return native.withColumn(name, functions.monotonically_increasing_id())
    return nw.from_native(native).with_row_index(name).to_native()


def _number_partition(table: pd.DataFrame, name: str, partition_info: Any = None) -> pd.DataFrame:
    first = partition_info["number"] * _ROWS_OF_A_PARTITION if partition_info else 0
    return table.assign(**{name: np.arange(first, first + len(table))})


def count_events(  # noqa: PLR0913 - what a history is, what an event is, and what is counted
    table: Frame,
    columns: Sequence[str],
    *,
    history: Sequence[str],
    time: str,
    kept: Wanted,
    event: Wanted,
    outcome: Wanted,
    edges: Sequence[int],
) -> Counts:
    """Count the events of histories by their number, the gap before them, and what had happened before.

    For tables of Polars, DuckDB and Spark, which have windows; PyArrow and Dask have none with an order.

    Parameters
    ----------
    table : Frame
        Any table.
    columns : sequence of str
        The columns to count by: an event counts with the values that the first of its history has.
    history : sequence of str
        The columns of text that say which history a row is of. Where the last is null or empty, a row is of
        none; null in another is a value.
    time : str
        The column of times. A history with a row that has none is left out. Of rows of one moment, the first
        row comes first.
    kept : Wanted
        Which rows are of a history at all.
    event : Wanted
        Which of them are events.
    outcome : Wanted
        What may occur, in an event or between.
    edges : sequence of int
        Where one range of gaps ends and the next begins, in microseconds, ascending.

    Returns
    -------
    Counts
        Its keys have `columns` and `EVENT_COLUMNS`: the event's number from 1; the number of edges that the
        gap since the event before reaches, -1 for the first; whether the outcome occurred in it, and before.
    """
    check_columns(table, [*columns, *history, time, *kept, *event, *outcome])
    row, moment, is_event, *sides = new_names(3 + len(history), [*column_names(table), *EVENT_COLUMNS])
    number, gap, occurred, before = EVENT_COLUMNS
    frame = opened(table)
    of_history = frame.filter(wanted_of(frame, kept), text_of(frame, history[-1]).fill_null("") != "")
    known = with_moments(_with_order(of_history, row), moment, time)
    placed = known.select(
        *columns,
        row,
        moment,
        wanted_of(frame, event).cast(nw.Int64).alias(is_event),
        wanted_of(frame, outcome).cast(nw.Int64).alias(occurred),
        *(text_of(frame, column).alias(side) for column, side in zip(history, sides, strict=True)),
    )
    for column, side in zip(history[:-1], sides, strict=False):
        placed = _with_codes(placed, side, frame.select(text_of(frame, column).alias(side)))
    # In one window, for each costs a sort of all rows, and in one sum, for each costs a pass. Null comes
    # first, so that every row of a history with an unknown time comes after it.
    ordered: dict[str, Any] = {"order_by": [moment, row]}
    both = nw.col(is_event) + nw.col(occurred) * _MOST_ROWS
    untimed = nw.lit(0, nw.Int64)
    if len(collected(of_history.filter(nw.col(time).is_null()).select(time).head(1))):
        untimed = nw.col(moment).is_null().cast(nw.Int64).cum_sum().over(sides, **ordered)
    so_far = placed.with_columns(
        both.cum_sum().over(sides, **ordered).cast(nw.Int64).alias(number), untimed.alias(gap)
    )
    numbered = so_far.with_columns(
        (nw.col(number) % _MOST_ROWS).alias(number),
        (nw.col(number) - nw.col(occurred) * _MOST_ROWS >= _MOST_ROWS).alias(before),
    )
    apart = numbered.filter((nw.col(is_event) == 1) & (nw.col(gap) == 0))
    if edges:
        passed = nw.col(moment) - nw.col(moment).shift(1).over(sides, **ordered)
        apart = apart.with_columns(passed.alias(gap))
    reached = nw.lit(0, nw.Int64)
    for edge in edges:
        reached = reached + (nw.col(gap) >= edge).cast(nw.Int64)
    is_first = nw.col(number) == 1
    counted = apart.select(
        *(
            nw.col(column)
            if column in history
            else nw.when(is_first).then(nw.col(column)).max().over(sides).alias(column)
            for column in columns
        ),
        number,
        nw.when(is_first).then(-1).otherwise(reached).alias(gap),
        (nw.col(occurred) == 1).alias(occurred),
        before,
    )
    return count_rows(counted.to_native(), [*columns, *EVENT_COLUMNS])


def _with_order(frame: nw.LazyFrame[Any], name: str) -> nw.LazyFrame[Any]:
    """Add a column that ascends with the rows, where need be with gaps.

    DuckDB 2.0 numbers rows with one thread, and reads and passes them on with it. What it reads from Parquet
    files, it knows the place of.
    """
    if frame.implementation.is_duckdb() and not set(_PLACE) & {each.lower() for each in frame.columns}:
        from duckdb import BinderException, SQLExpression, StarExpression  # noqa: PLC0415 - an extra

        place = SQLExpression(f"{_PLACE[0]} * {_ROWS_OF_A_PARTITION} + {_PLACE[1]}").alias(name)
        with suppress(BinderException):
            placed: nw.LazyFrame[Any] = nw.from_native(frame.to_native().select(StarExpression(), place))
            return placed
    return opened(number_rows(frame.to_native(), name))


def _with_codes(frame: nw.LazyFrame[Any], column: str, texts: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Give a column that has these texts, if they are few, as what DuckDB tells apart by numbers.

    DuckDB 2.0 then sorts ten million calls by campaign, prospect and time in five sixths of the time, for
    what it compares and holds is shorter. Narwhals 2.29 can say so of tidy texts alone, without a quote or
    a backslash. Polars 2.1 is as fast with texts.
    """
    if not frame.implementation.is_duckdb():
        return frame
    values = count_rows(texts.to_native(), [column]).keys[column].dropna()
    if not 0 < len(values) <= _FEW:
        return frame
    from duckdb import ColumnExpression, StarExpression  # noqa: PLC0415 - an extra
    from duckdb.sqltypes import DuckDBPyType  # noqa: PLC0415

    quoted = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
    code = ColumnExpression(column).cast(DuckDBPyType(f"ENUM({quoted})")).alias(column)
    coded: nw.LazyFrame[Any] = nw.from_native(
        frame.to_native().select(StarExpression(exclude=[column]), code)
    )
    return coded


def count_by_history(table: Frame, history: Sequence[str], count: Callable[[pd.DataFrame], Counts]) -> Counts:
    """Count a Dask DataFrame in a way that needs all rows of a history side by side, in their order.

    Parameters
    ----------
    table : Frame
        A Dask DataFrame.
    history : sequence of str
        The columns of text that say which history a row is of.
    count : callable
        Counts some whole histories of pandas.

    Returns
    -------
    Counts
        A combination may come more than once.
    """
    row, size, *sides = new_names(2 + len(history), column_names(table))
    apart = with_texts(number_rows(table, row), history, sides).shuffle(sides, npartitions=table.npartitions)
    meta = _count_histories(apart._meta, count, row, size)  # noqa: SLF001
    parts = gathered(apart.map_partitions(_count_histories, count, row, size, meta=meta))
    return Counts(parts.drop(columns=size), parts[size].to_numpy(dtype=np.int64))


def _count_histories(
    table: pd.DataFrame, count: Callable[[pd.DataFrame], Counts], row: str, size: str
) -> pd.DataFrame:
    # Rows come from other workers in whatever order.
    counts = count(table.sort_values(row))
    return counts.keys.assign(**{size: counts.rows})
