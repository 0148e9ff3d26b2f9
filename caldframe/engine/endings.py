"""How many rows of a sequence count, and with which of them it ends: told where the rows are.

For tables of Polars, DuckDB and Spark. Those of the other engines are ordered by pandas, here or on workers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import narwhals as nw

from caldframe.engine.expressions import number_of, text_of, worded_of
from caldframe.engine.histories import number_rows
from caldframe.engine.holding import Frame, check_columns, collected, column_names, new_names, opened
from caldframe.engine.matching import with_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["END_COLUMNS", "add_ends", "ends_of", "first_rows", "has_whole_numbers"]

END_COLUMNS: Final = ("rows that count", "kind of the last of them")
"""What `ends_of` tells of a sequence."""

_SMALL: Final = frozenset({nw.Int8, nw.Int16, nw.Int32, nw.UInt8, nw.UInt16})
_LIMIT: Final = 2**31
_PLACES: Final = 4 * _LIMIT
_KINDS: Final = 4


def has_whole_numbers(table: Frame, column: str) -> bool:
    """Tell whether the numbers of a column are whole, and of 32 bits at most; null and NaN are none.

    Raises
    ------
    UnknownColumnError
        If the table lacks the column.
    ConfigurationError
        If it holds something else than numbers.

    Examples
    --------
    >>> import pyarrow as pa
    >>> [has_whole_numbers(pa.table({"turn": [None, turn]}), "turn") for turn in (2.0, 0.5, 2.0**31)]
    [True, False, False]
    """
    check_columns(table, [column])
    frame = opened(table)
    if frame.collect_schema()[column] in _SMALL:
        return True
    number = _known(number_of(frame, column))
    is_odd = (number < -_LIMIT) | (number >= _LIMIT) | (number != number.floor())
    return collected(frame.select(column).filter(is_odd).head(1)).empty


def ends_of(  # noqa: PLR0913 - what a sequence is, in which order, and what is told of it
    table: Frame, sequence: Sequence[str], *, order: str, content: str, kind: str, kinds: Sequence[str]
) -> Frame:
    """Tell how many rows of each sequence count, and of which kind the last one is that does.

    Parameters
    ----------
    table : Frame
        A table of Polars, DuckDB or Spark.
    sequence : sequence of str
        The columns of text that say which sequence a row is of. Where the last is null, a row is of none;
        null in another is a value.
    order : str
        The column of numbers, such as `has_whole_numbers` tells, by which the rows of a sequence are ordered;
        null comes last. Where a number is there several times, the rows that have it for the second time come
        behind all those that have theirs for the first, and so on.
    content : str
        The column of text: rows count in which it is more than white space.
    kind : str
        The column of text that says of which kind a row is.
    kinds : sequence of str
        The kinds that matter, three at most.

    Returns
    -------
    Frame
        One row a sequence, on the same engine: the columns of `sequence`, and `END_COLUMNS`, both integers.
        The kind is 1 for the first of `kinds`, and so on; 0 for another one, and where no row counts.

    Raises
    ------
    UnknownColumnError
        If the table lacks a column.
    ConfigurationError
        If a column holds values of another kind.
    """
    read = [*sequence, order, content, kind]
    check_columns(table, read)
    row, place, counted, code, *sides = new_names(4 + len(sequence), [*column_names(table), *END_COLUMNS])
    numbered = opened(number_rows(opened(table).select(read).to_native(), row))
    number = _known(number_of(numbered, order))
    narrow = numbered.filter(~nw.col(sequence[-1]).is_null()).select(
        *(text_of(numbered, column).alias(side) for column, side in zip(sequence, sides, strict=True)),
        nw.col(row).cast(nw.Int64),
        nw.when(number.is_null()).then(2.0 * _LIMIT).otherwise(number + _LIMIT).cast(nw.Int64).alias(place),
        worded_of(numbered, content).cast(nw.Int64).alias(counted),
        _place_among(kinds, text_of(numbered, kind)).alias(code),
    )
    # What comes last is found as the greatest of whole numbers, made of all that it goes by, with the kind
    # at their end: no engine has to sort, and those of a place and then those of a sequence are told apart.
    is_counted = nw.col(counted) == 1
    of_places = narrow.group_by([*sides, place]).agg(
        nw.col(counted).sum(), nw.when(is_counted).then(nw.col(row) * _KINDS + nw.col(code)).max().alias(row)
    )
    # A number that is null is not the same as another one.
    times = nw.when(nw.col(place) < 2 * _LIMIT).then(nw.col(counted)).otherwise(1)
    last = (times * _PLACES + nw.col(place)) * _KINDS + nw.col(row) % _KINDS
    ends = (
        of_places.with_columns(last.alias(row)).group_by(sides).agg(nw.col(counted).sum(), nw.col(row).max())
    )
    return ends.select(
        *(nw.col(side).alias(column) for column, side in zip(sequence, sides, strict=True)),
        nw.col(counted).cast(nw.Int64).alias(END_COLUMNS[0]),
        (nw.col(row).fill_null(0) % _KINDS).alias(END_COLUMNS[1]),
    ).to_native()


def first_rows(table: Frame, columns: Sequence[str], sequence: Sequence[str]) -> Frame:
    """Keep the first row of each sequence, and of it some columns and those that say which sequence it is.

    Parameters
    ----------
    table : Frame
        A table of Polars, DuckDB or Spark.
    columns : sequence of str
        The columns wanted.
    sequence : sequence of str
        As for `ends_of`.

    Returns
    -------
    Frame
        One row a sequence, on the same engine.

    Raises
    ------
    UnknownColumnError
        If the table lacks a column.
    ConfigurationError
        If a sequence is told by something else than text.
    """
    names = list(dict.fromkeys([*columns, *sequence]))
    check_columns(table, names)
    row, *sides = new_names(1 + len(sequence), names)
    numbered = opened(number_rows(opened(table).select(names).to_native(), row))
    known = numbered.filter(~nw.col(sequence[-1]).is_null()).with_columns(
        nw.col(row).cast(nw.Int64),
        *(text_of(numbered, column).alias(side) for column, side in zip(sequence, sides, strict=True)),
    )
    return known.filter(nw.col(row) == nw.col(row).min().over(sides)).select(names).to_native()


def add_ends(table: Frame, ends: Frame, sequence: Sequence[str]) -> Frame:
    """Add to each row of a table what `ends_of` tells of its sequence, 0 where there is none.

    Parameters
    ----------
    table : Frame
        A table with the columns of `sequence`.
    ends : Frame
        What `ends_of` gave, on the same engine.
    sequence : sequence of str
        As for `ends_of`.

    Returns
    -------
    Frame
        The table with `END_COLUMNS`, on the same engine.

    Raises
    ------
    UnknownColumnError
        If the table lacks a column.
    ConfigurationError
        If a sequence is told by something else than text.
    """
    check_columns(table, sequence)
    keys = new_names(2 * len(sequence), [*column_names(table), *column_names(ends)])
    beside, names = with_keys(opened(ends), sequence, sequence[-1], keys)
    keyed, _ = with_keys(opened(table), sequence, sequence[-1], keys)
    joined = keyed.join(beside.select(*names, *END_COLUMNS), on=names, how="left").drop(names)
    return joined.with_columns(nw.col(*END_COLUMNS).fill_null(0)).to_native()


def _known(number: nw.Expr) -> nw.Expr:
    """Give a number, and null for NaN, which some engines take for greater than every number."""
    return nw.when(number <= float("inf")).then(number)


def _place_among(names: Sequence[str], text: nw.Expr) -> nw.Expr:
    """Give the place of a text among some, from 1; 0 for another one."""
    place = nw.lit(0, nw.Int64)
    for position, name in enumerate(names, start=1):
        place = nw.when(text == name).then(nw.lit(position, nw.Int64)).otherwise(place)
    return place
