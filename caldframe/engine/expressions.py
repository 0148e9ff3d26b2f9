"""Columns of any engine but pandas, as what a metric computes with: the counterpart of `conversion`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import narwhals as nw

from caldframe.engine.holding import collected
from caldframe.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "Wanted",
    "names_in",
    "number_of",
    "text_of",
    "true_of",
    "wanted_of",
    "with_moments",
    "worded_of",
]

Wanted: TypeAlias = "Mapping[str, bool | str | Sequence[str]]"
"""What is wanted of a row, column by column: ``True``, or a text, or one of some. Null is never wanted."""

# What Python takes for white space, written out: the `\s` of engines' regular expressions differ.
_SPACES: Final = "\t\n\v\f\r\x1c-\x1f \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_NO_SPACE: Final = f"[^{_SPACES}]"


def with_moments(frame: nw.LazyFrame[Any], name: str, column: str) -> nw.LazyFrame[Any]:
    """Add a column with times that have a zone as whole microseconds of UTC since 1970.

    Narwhals 2.29 has `dt.timestamp` for neither DuckDB nor Spark, so these are asked in their own words.
    """
    kind = frame.collect_schema()[column]
    if _is_null_of_duckdb(frame, column):
        return frame.with_columns(nw.col(column).cast(nw.Int64).alias(name))
    if not isinstance(kind, nw.Datetime) or kind.time_zone is None:
        raise _misfit(column, "times with a time zone, or null", kind)
    timed: nw.LazyFrame[Any]
    if frame.implementation.is_duckdb():
        from duckdb import ColumnExpression, FunctionExpression, StarExpression  # noqa: PLC0415 - an extra

        moment = FunctionExpression("epoch_us", ColumnExpression(column)).alias(name)
        timed = nw.from_native(frame.to_native().select(StarExpression(), moment))
    elif frame.implementation.is_spark_like():
        from pyspark.sql import functions  # noqa: PLC0415 - an extra

        native = frame.to_native()
        timed = nw.from_native(native.withColumn(name, functions.unix_micros(native[column])))
    else:
        timed = frame.with_columns(nw.col(column).dt.timestamp("us").alias(name))
    return timed


def wanted_of(frame: nw.LazyFrame[Any], wanted: Wanted) -> nw.Expr:
    """Give whether a row is as wanted; null is not."""
    marks = [
        true_of(frame, name) if value is True else _is_among(text_of(frame, name), names_in(value))
        for name, value in wanted.items()
    ]
    return nw.all_horizontal(marks, ignore_nulls=False)


def _is_among(text: nw.Expr, names: Sequence[str]) -> nw.Expr:
    # Polars compares with one name several times as fast as it looks up a list of one.
    found = text == names[0] if len(names) == 1 else text.is_in(names)
    return found.fill_null(value=False)


def names_in(value: bool | str | Sequence[str]) -> list[str]:
    """Give the texts that are wanted of a column of text."""
    return [value] if isinstance(value, str) else list(value)  # type: ignore[arg-type] # never asked of True


def true_of(frame: nw.LazyFrame[Any], column: str) -> nw.Expr:
    """Give whether a column is true; null is not."""
    kind = frame.collect_schema()[column]
    if kind == nw.Boolean:
        return nw.col(column).fill_null(value=False)
    if _is_null_of_duckdb(frame, column):
        return nw.lit(value=False)
    raise _misfit(column, "true, false or null", kind)


def text_of(frame: nw.LazyFrame[Any], column: str) -> nw.Expr:
    """Give a column of text, categories as their text."""
    kind = frame.collect_schema()[column]
    if kind == nw.String:
        return nw.col(column)
    if kind in {nw.Categorical, nw.Enum} or _is_null_of_duckdb(frame, column):
        return nw.col(column).cast(nw.String)
    raise _misfit(column, "text or null", kind)


def worded_of(frame: nw.LazyFrame[Any], column: str) -> nw.Expr:
    """Give whether a text is more than white space; null is not."""
    return text_of(frame, column).str.contains(_NO_SPACE).fill_null(value=False)


def number_of(frame: nw.LazyFrame[Any], column: str) -> nw.Expr:
    """Give a column of numbers in floating point."""
    kind = frame.collect_schema()[column]
    if kind.is_numeric():
        return nw.col(column).cast(nw.Float64)
    raise _misfit(column, "numbers or null", kind)


def _is_null_of_duckdb(frame: nw.LazyFrame[Any], column: str) -> bool:
    """Tell whether a column is like ``NULL AS sale``, which DuckDB takes for whole numbers."""
    if not frame.implementation.is_duckdb() or frame.collect_schema()[column] != nw.Int32:
        return False
    return collected(frame.select(column).filter(~nw.col(column).is_null()).head(1)).empty


def _misfit(column: str, expected: str, kind: Any) -> ConfigurationError:
    return ConfigurationError(
        f"The column {column!r} should hold {expected}, but is {kind}. Convert it first."
    )
