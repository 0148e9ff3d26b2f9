"""Dask: what is done to a table of pandas, done to each partition where it is.

A Dask DataFrame is many DataFrames of pandas, so it needs no other code than pandas does. Narwhals 2.29 could
ask it too, but has begun to leave Dask to a package that there is none of yet, and it has no windows there.
The workers need caldframe.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec

import narwhals.dependencies as installed
import pandas as pd

from caldframe.engine.conversion import as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from caldframe.engine.holding import Frame

__all__ = ["by_partition", "gathered", "is_partitioned", "side_by_side", "with_plain_text", "with_texts"]

P = ParamSpec("P")


def is_partitioned(table: Frame) -> bool:
    """Tell whether a table is a Dask DataFrame."""
    return bool(installed.is_dask_dataframe(table))


def by_partition(
    function: Callable[Concatenate[Frame, P], Frame],
) -> Callable[Concatenate[Frame, P], Frame]:
    """Let what takes a table of pandas row by row take one of Dask as well."""

    @wraps(function)
    def each(table: Frame, /, *arguments: P.args, **named: P.kwargs) -> Frame:
        if not is_partitioned(table):
            return function(table, *arguments, **named)
        # The empty table says which columns come out, and what is wrong with them, before a worker does.
        meta = function(table._meta, *arguments, **named)  # noqa: SLF001 - Dask has no other name for it
        return table.map_partitions(function, *arguments, meta=meta, **named)

    return each


def side_by_side(
    function: Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame], table: Frame, other: Frame, on: list[str]
) -> Frame:
    """Let what takes two tables of pandas take two of Dask, where rows go together that are equal in columns.

    All rows of both tables that have the same values in these columns go to the same worker first.
    """
    if not is_partitioned(table):
        return function(table, other)
    from dask.dataframe import map_partitions  # noqa: PLC0415 - an extra

    count = max(table.npartitions, other.npartitions)
    parts = [part.shuffle(on, npartitions=count) for part in (table, other)]
    meta = function(table._meta, other._meta)  # noqa: SLF001
    return map_partitions(function, *parts, meta=meta, align_dataframes=False)  # type: ignore[no-untyped-call] # it has no types


@by_partition
def with_texts(table: Frame, on: Sequence[str], keys: list[str]) -> Frame:
    """Add columns of text, in one dtype whatever they had, so that equal ones are equal to the last bit."""
    return table.assign(**{key: as_text(table[column]) for key, column in zip(keys, on, strict=False)})


def gathered(table: Frame) -> pd.DataFrame:
    """Compute a small table and give it as pandas has it; text in the dtype of the schema."""
    computed: pd.DataFrame = table.compute()
    return with_plain_text(computed).reset_index(drop=True)


def with_plain_text(table: pd.DataFrame) -> pd.DataFrame:
    """Give text the dtype of the schema, whichever Dask has made of it."""
    texts = [name for name in table.columns if isinstance(table[name].dtype, pd.StringDtype)]
    return table.astype(dict.fromkeys(texts, "str"))
