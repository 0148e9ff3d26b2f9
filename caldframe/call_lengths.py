"""Which calls are measured, and how many of them lasted how long: what every number about lengths reads."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from caldframe.engine import (
    Frame,
    Groups,
    as_numbers,
    as_text,
    closest,
    count_rows,
    group_rows,
    keep_rows,
    select_columns,
)
from caldframe.errors import ConfigurationError
from caldframe.schema import RESULTS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Lengths", "measure_lengths", "result_names"]


@dataclass(frozen=True, eq=False)
class Lengths:
    """How many calls of each group lasted how long.

    Parameters
    ----------
    keys : pandas.DataFrame
        One row a group, sorted; groups without a measured call too.
    groups : numpy.ndarray of int64
        The position in `keys` of each group and length that occurs, ascending.
    seconds : numpy.ndarray of float64
        The lengths, distinct and ascending within each group.
    calls : numpy.ndarray of int64
        How many calls of that group lasted that long.
    """

    keys: pd.DataFrame
    groups: NDArray[np.int64]
    seconds: NDArray[np.float64]
    calls: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        keys: pd.DataFrame,
        groups: NDArray[np.int64],
        seconds: NDArray[np.float64],
        calls: NDArray[np.int64],
    ) -> Lengths:
        """Give counts in any order as lengths, so that sums are the same to the last digit on every engine.

        A length of a group may come more than once: engines tell -0.0 from 0.0, or NaN from null.
        """
        order = np.lexsort((seconds, groups))
        groups, seconds, calls = groups[order], seconds[order] + 0.0, calls[order]
        is_new = np.ones(len(order), dtype=np.bool_)
        is_new[1:] = (groups[1:] != groups[:-1]) | (seconds[1:] != seconds[:-1])
        starts = np.flatnonzero(is_new)
        together = np.add.reduceat(calls, starts) if len(starts) else calls
        return cls(keys, groups[starts], seconds[starts], together)

    @property
    def totals(self) -> NDArray[np.int64]:
        """How many calls of each group are measured."""
        return self.sums(self.calls)

    def sums(self, amounts: NDArray[Any]) -> NDArray[Any]:
        """Add up, group by group, one amount a length."""
        return Groups(self.keys, self.groups).sums(amounts)


def measure_lengths(calls: Frame, columns: Sequence[str], results: Any) -> Lengths:
    """Count calls by group and length: those with one of some results whose length is a finite number.

    Parameters
    ----------
    calls : Frame
        One row a call.
    columns : sequence of str
        The columns to group by.
    results : str or list of str or None
        The argument `results` of a metric: which calls are measured; None for all.

    Returns
    -------
    Lengths
        The same whatever the order of the calls.

    Raises
    ------
    UnknownColumnError
        If `calls` lacks a column.
    ConfigurationError
        If `results` names none, or one that is neither documented nor among the calls; or a column holds
        values of another kind.
    """
    names = result_names(results)
    measured = select_columns(calls, [*columns, *([] if names is None else ["result"]), "call_length"])
    if names is not None:
        _check_known(names, calls)
        measured = keep_rows(measured, {"result": names})
    counts = count_rows(measured, [*columns, "call_length"])
    # Groups without a measured call are among all calls only.
    groups = group_rows(count_rows(calls, columns).keys if columns else counts.keys, columns)
    numbers = groups.find(counts.keys)
    seconds = as_numbers(counts.keys["call_length"])
    known = np.isfinite(seconds)
    return Lengths.of(groups.keys, numbers[known], seconds[known], counts.rows[known])


def result_names(results: Any) -> tuple[str, ...] | None:
    """Give the argument `results` of a metric as names, None for all calls, or say what is wrong with it."""
    if results is None:
        return None
    names = (results,) if isinstance(results, str) else results
    if isinstance(names, Collection) and names and all(isinstance(name, str) for name in names):
        return tuple(names)
    raise ConfigurationError(f"results={results!r} is neither a result nor a list of them. None means all.")


def _check_known(names: tuple[str, ...], calls: Frame) -> None:
    """Raise where a result is named that is neither documented nor the result of any call."""
    if set(names) <= set(RESULTS):
        return
    results = as_text(count_rows(calls, ["result"]).keys["result"])
    known = list(dict.fromkeys([*RESULTS, *results.dropna()]))
    for name in names:
        if name not in known:
            raise ConfigurationError(
                f"results= names {name!r}, which no call has.{closest(name, known)} "
                f"There are: {', '.join(known)}."
            )
