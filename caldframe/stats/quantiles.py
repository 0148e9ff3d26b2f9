"""Exact quantiles of distinct values and how often each occurs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["grouped_quantile", "order_statistic"]


def order_statistic(
    values: NDArray[np.float64], counts: NDArray[np.int64], ranks: ArrayLike
) -> NDArray[np.float64]:
    """Give the values at given ranks of a table of distinct values and their counts.

    Parameters
    ----------
    values : numpy.ndarray of float64
        Distinct values, in the order that ranks follow.
    counts : numpy.ndarray of int64
        How often each occurs.
    ranks : array_like of int
        Ranks counted from 1, up to the sum of the counts.

    Returns
    -------
    numpy.ndarray of float64
        One value a rank.

    Examples
    --------
    >>> order_statistic(np.array([10.0, 20.0]), np.array([3, 1]), [1, 3, 4]).tolist()
    [10.0, 10.0, 20.0]
    """
    positions = np.searchsorted(np.cumsum(counts), np.asarray(ranks, dtype=np.int64), side="left")
    return np.take(values, positions)


def grouped_quantile(
    values: NDArray[np.float64],
    counts: NDArray[np.int64],
    totals: NDArray[np.int64],
    probability: float,
) -> NDArray[np.float64]:
    """Give one quantile of each of several groups, exactly, by linear interpolation.

    The quantile stands at the 0-based position (n - 1) · probability among the n values of a group in
    ascending order, between two of them in proportion: `numpy.quantile`'s default, type 7 of Hyndman and
    Fan (1996).

    Parameters
    ----------
    values : numpy.ndarray of float64
        The distinct values of the first group in ascending order, then those of the second, and so on.
    counts : numpy.ndarray of int64
        How often each occurs in its group.
    totals : numpy.ndarray of int64
        How many values each group has, at least one.
    probability : float
        From 0 to 1.

    Returns
    -------
    numpy.ndarray of float64
        One quantile a group.

    References
    ----------
    Hyndman, R. J. and Fan, Y. (1996). Sample quantiles in statistical packages. The American Statistician
    50, 361-365.

    Examples
    --------
    >>> grouped_quantile(np.array([1.0, 2.0, 9.0]), np.array([1, 1, 3]), np.array([2, 3]), 0.5).tolist()
    [1.5, 9.0]
    """
    position = (totals - 1) * probability
    whole = np.floor(position).astype(np.int64)
    part = position - whole
    first = np.cumsum(totals) - totals + 1
    lower = order_statistic(values, counts, first + whole)
    upper = order_statistic(values, counts, first + np.minimum(whole + 1, totals - 1))
    # From the nearer of the two, as NumPy does, so that the result agrees with it to the last digit.
    nearer = part < 0.5  # noqa: PLR2004 - half way
    with np.errstate(over="ignore", invalid="ignore"):  # lengths of 1e308 and more have no difference
        apart = upper - lower
        return np.asarray(np.where(nearer, lower + apart * part, upper - apart * (1 - part)))
