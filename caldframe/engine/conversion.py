"""Columns of pandas in whatever dtype, as what a metric computes with."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.errors import ConfigurationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["as_booleans", "as_integers", "as_numbers", "as_text", "as_times", "has_words", "is_one_of"]

_TIMES: Final = "times with a time zone, or null"


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
    if not isinstance(values.dtype, pd.DatetimeTZDtype):
        _check_zoned(values)
    return _converted(values, "datetime64[us, UTC]", _TIMES)


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


def _check_zoned(values: pd.Series[Any]) -> None:
    """Refuse numbers, and times without a zone, which pandas would take for times of UTC."""
    is_category = isinstance(values.dtype, pd.CategoricalDtype)
    known = pd.Series(values.cat.categories) if is_category else values.dropna()
    kind = known.infer_objects().dtype
    if pd.api.types.is_numeric_dtype(kind) and not known.empty:
        raise ConfigurationError(
            f"The column {values.name!r} should hold {_TIMES}, but is {kind}. Convert it first."
        )
    if pd.api.types.is_datetime64_dtype(values.dtype):
        raise _without_zone(values, f'calls[{values.name!r}].dt.tz_localize("UTC")')
    # Values of one type all have a zone, or none of them has.
    if any(map(_lacks_zone, known if known.dtype == object else known.iloc[:1])):
        raise _without_zone(values, f"pd.to_datetime(calls[{values.name!r}], utc=True)")


def _lacks_zone(value: Any) -> bool:
    return isinstance(value, (date, np.datetime64)) and getattr(value, "tzinfo", None) is None


def _without_zone(values: pd.Series[Any], remedy: str) -> ConfigurationError:
    return ConfigurationError(
        f"The column {values.name!r} has times without a time zone. If they are of UTC, as the API's are: "
        f"{remedy}."
    )


def _converted(values: pd.Series[Any], dtype: Any, expected: str) -> pd.Series[Any]:
    try:
        return values.astype(dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise ConfigurationError(
            f"The column {values.name!r} should hold {expected}, but is {values.dtype} ({error}). "
            f"Convert it first."
        ) from error
