"""How far apart two proportions are: intervals of their difference and of their ratio."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from caldframe.stats.intervals import rate_with_interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["difference_interval", "ratio_interval"]


def difference_interval(
    successes: ArrayLike,
    totals: ArrayLike,
    other_successes: ArrayLike,
    other_totals: ArrayLike,
    confidence: float = 0.95,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give Newcombe's hybrid score interval of differences of two independent proportions.

    With p and q the two proportions and (l, u) and (m, v) their Wilson intervals, the ends are
    p - q - √((p - l)² + (v - q)²) and p - q + √((u - p)² + (q - m)²): method 10 of Newcombe (1998b),
    without continuity correction. It never leaves -1 to 1.

    Parameters
    ----------
    successes, totals : array_like of int
        How many of how many; 0 ≤ successes ≤ totals.
    other_successes, other_totals : array_like of int
        What is subtracted, one for each of the former, or one for all.
    confidence : float, default 0.95
        The confidence level.

    Returns
    -------
    low, high : numpy.ndarray of float64
        The ends; NaN where a total is 0.

    Raises
    ------
    ConfigurationError
        If `confidence` is not between 0 and 1.

    References
    ----------
    Newcombe, R. G. (1998b). Interval estimation for the difference between independent proportions:
    comparison of eleven methods. Statistics in Medicine 17, 873-890.

    Examples
    --------
    >>> low, high = difference_interval([56], [70], [48], [80])
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.0524], [0.3339])
    """
    p, low, high = rate_with_interval(successes, totals, confidence)
    q, other_low, other_high = rate_with_interval(other_successes, other_totals, confidence)
    # At -1 and 1 the algebra is exact, but not always floating point.
    return (
        np.maximum(p - q - np.hypot(p - low, other_high - q), -1),
        np.minimum(p - q + np.hypot(high - p, q - other_low), 1),
    )


def ratio_interval(
    successes: ArrayLike,
    totals: ArrayLike,
    other_successes: ArrayLike,
    other_totals: ArrayLike,
    confidence: float = 0.95,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the interval of ratios of two independent proportions that goes with Newcombe's of the difference.

    Its ends are the ratios r at which the interval of p - r·q, built as in `difference_interval` from the
    two Wilson intervals, ends at 0: the MOVER-R interval (Donner and Zou 2012, equation 9; Newcombe 2016).
    So it excludes 1 exactly where the interval of the difference excludes 0: the two never contradict one
    another, as a logarithmic interval and Newcombe's can.

    Parameters
    ----------
    successes, totals : array_like of int
        How many of how many; 0 ≤ successes ≤ totals.
    other_successes, other_totals : array_like of int
        What is divided by, one for each of the former, or one for all.
    confidence : float, default 0.95
        The confidence level.

    Returns
    -------
    low, high : numpy.ndarray of float64
        The ends, from 0 to infinity: the upper one is infinite where `other_successes` is 0. NaN where a
        total is 0.

    Raises
    ------
    ConfigurationError
        If `confidence` is not between 0 and 1.

    References
    ----------
    Donner, A. and Zou, G. Y. (2012). Closed-form confidence intervals for functions of the normal mean and
    standard deviation. Statistical Methods in Medical Research 21, 347-359.

    Newcombe, R. G. (2016). MOVER-R confidence intervals for ratios and products of two independently
    estimated quantities. Statistical Methods in Medical Research 25, 1774-1778.

    Examples
    --------
    >>> low, high = ratio_interval([56, 9], [70, 10], [48, 0], [80, 10])
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([1.078, 3.052], [1.663, inf])
    """
    p, low, high = rate_with_interval(successes, totals, confidence)
    q, other_low, other_high = rate_with_interval(other_successes, other_totals, confidence)
    product = p * q
    # Each end is a root of a quadratic: the lower one in the form that divides by nothing that can be 0
    # while p > 0, the upper one in the form that divides by 0 only where q = 0.
    below = low * (2 * p - low)
    root = np.sqrt(np.maximum(product**2 - below * other_high * (2 * q - other_high), 0))
    above = other_low * (2 * q - other_low)
    other_root = np.sqrt(np.maximum(product**2 - high * (2 * p - high) * above, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        lower = np.where(p == 0, q * 0, below / (product + root))
        upper = np.where(q == 0, p * 0 + np.inf, (product + other_root) / above)
    return lower, upper
