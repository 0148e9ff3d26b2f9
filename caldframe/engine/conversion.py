"""Columns of pandas in whatever dtype, as what a metric computes with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from caldframe.errors import ConfigurationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["as_booleans", "as_integers", "as_numbers", "as_text", "as_times", "has_words", "is_one_of"]


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
    return _converted(values, "str", "text or null")


def as_times(values: pd.Series[Any]) -> pd.Series[Any]:
    """Give a column of times with a zone, whatever its dtype, as times of UTC to the microsecond."""
    if pd.api.types.is_numeric_dtype(values.dtype) and not values.isna().all():
        raise ConfigurationError(
            f"The column {values.name!r} should hold times with a time zone, or null, but is {values.dtype}. "
            f"Convert it first."
        )
    if pd.api.types.is_datetime64_dtype(values.dtype):
        raise ConfigurationError(
            f"The column {values.name!r} has times without a time zone. If they are of UTC, as the "
            f"API's are: "
            f'calls[{values.name!r}].dt.tz_localize("UTC").'
        )
    return _converted(values, "datetime64[us, UTC]", "times with a time zone, or null")


def is_one_of(values: pd.Series[Any], *names: str) -> NDArray[np.bool_]:
    """Tell for each row of a column of text whether it is one of some; null is not."""
    text = as_text(values)
    mask = text.eq(names[0]) if len(names) == 1 else text.isin(names)
    return mask.to_numpy(dtype=np.bool_, na_value=False)


def has_words(values: pd.Series[Any]) -> NDArray[np.bool_]:
    """Tell for each row of a column of text whether it is more than white space; null is not."""
    text = as_text(values)
    blank = text.isna() | text.eq("") | text.str.isspace().eq(other=True)
    return ~blank.to_numpy(dtype=np.bool_)


def _converted(values: pd.Series[Any], dtype: Any, expected: str) -> pd.Series[Any]:
    try:
        return values.astype(dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise ConfigurationError(
            f"The column {values.name!r} should hold {expected}, but is {values.dtype} ({error}). "
            f"Convert it first."
        ) from error
