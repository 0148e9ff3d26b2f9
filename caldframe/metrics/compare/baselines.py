"""What groups are compared with, and for how many comparisons a p-value is adjusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.engine import closest, group_columns
from caldframe.errors import ConfigurationError
from caldframe.stats import adjust_p_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["adjusted", "columns_to_compare", "describe_baseline", "find_baseline"]

_GROUPS_NAMED: Final = 20


def columns_to_compare(by: Any, taken: Sequence[str]) -> list[str]:
    """Give the argument `by` as a list of at least one column name."""
    columns = group_columns(by, taken)
    if not columns:
        raise ConfigurationError(f"by={by!r} names no column, so there is nothing to compare. Name one.")
    return columns


def find_baseline(keys: pd.DataFrame, columns: Sequence[str], baseline: Any) -> int | None:
    """Find the group that is the baseline; None where each is compared with the rest, or there is none."""
    if baseline is None or keys.empty:
        return None
    wanted = _values(baseline)
    if len(wanted) != len(columns):
        raise ConfigurationError(
            f"baseline={baseline!r} does not say which group. Give a tuple with one value for each column "
            f"of by: {', '.join(columns)}."
        )
    groups = [tuple(row) for row in keys[list(columns)].itertuples(index=False, name=None)]
    for place, group in enumerate(groups):
        if all(_are_same(value, other) for value, other in zip(group, wanted, strict=True)):
            return place
    names = [str(group[0] if len(columns) == 1 else group) for group in groups]
    more = f" and {len(names) - _GROUPS_NAMED:,} more" if len(names) > _GROUPS_NAMED else ""
    raise ConfigurationError(
        f"baseline={baseline!r} is no group of these calls.{closest(str(baseline), names)} "
        f"The groups: {', '.join(names[:_GROUPS_NAMED])}{more}."
    )


def describe_baseline(baseline: Any) -> tuple[str | None, ...] | None:
    """Give the baseline as text, which every file format can keep beside a table."""
    if baseline is None:
        return None
    return tuple(
        None if pd.api.types.is_scalar(value) and pd.isna(value) else str(value)
        for value in _values(baseline)
    )


def _values(baseline: Any) -> tuple[Any, ...]:
    return baseline if isinstance(baseline, tuple) else (baseline,)


def _are_same(value: Any, wanted: Any) -> bool:
    if not pd.api.types.is_scalar(wanted):
        return False
    if pd.isna(value) or pd.isna(wanted):
        return bool(pd.isna(value) and pd.isna(wanted))
    return bool(value == wanted)


def adjusted(p_values: NDArray[np.float64], place: int | None) -> NDArray[np.float64]:
    """Adjust p-values for how many comparisons they are of."""
    # Two groups beside the rest are beside one another: one comparison, told twice.
    if place is None and np.count_nonzero(~np.isnan(p_values)) == 2:  # noqa: PLR2004 - the two
        return p_values
    return adjust_p_values(p_values)
