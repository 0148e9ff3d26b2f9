"""Intervals: how far from the estimate the truth may be."""

from __future__ import annotations

from numbers import Real
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from caldframe.errors import ConfigurationError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["check_confidence", "distribution_band", "median_ranks", "wilson_interval"]


def check_confidence(confidence: Any) -> float:
    """Give a confidence level as a float.

    Parameters
    ----------
    confidence : float
        The level, between 0 and 1.

    Returns
    -------
    float
        The same level.

    Raises
    ------
    ConfigurationError
        If it is not a number between 0 and 1, both excluded.
    """
    if isinstance(confidence, Real) and 0 < float(confidence) < 1:
        return float(confidence)
    raise ConfigurationError(f"confidence={confidence!r} is not between 0 and 1. Give 0.95 for 95%.")


def wilson_interval(
    successes: ArrayLike, totals: ArrayLike, confidence: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the Wilson score interval of proportions, without continuity correction.

    With p = successes / totals, n = totals and z the standard normal quantile at (1 + confidence) / 2, the
    ends are (p + z²/2n ± z √(p(1 - p)/n + z²/4n²)) / (1 + z²/n): the proportions that a score test would not
    reject (Wilson 1927; Newcombe 1998a, method 3).

    Parameters
    ----------
    successes, totals : array_like of int
        How many of how many; 0 ≤ successes ≤ totals.
    confidence : float, default 0.95
        The confidence level.

    Returns
    -------
    low, high : numpy.ndarray of float64
        The ends, each within 0 and 1; NaN where the total is 0.

    Raises
    ------
    ConfigurationError
        If `confidence` is not between 0 and 1.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of
    the American Statistical Association 22, 209-212.

    Newcombe, R. G. (1998a). Two-sided confidence intervals for the single proportion: comparison of seven
    methods. Statistics in Medicine 17, 857-872.

    Examples
    --------
    >>> low, high = wilson_interval([81, 0], [263, 20])
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.2553, 0.0], [0.3662, 0.1611])
    """
    z = -NormalDist().inv_cdf((1 - check_confidence(confidence)) / 2)
    hits = np.asarray(successes, dtype=np.float64)
    n = np.asarray(totals, dtype=np.float64)
    n = np.where(n > 0, n, np.nan)
    center = hits + z**2 / 2
    reach = z * np.sqrt(hits * (n - hits) / n + z**2 / 4)
    # At 0 and at n the ends are 0 and 1 by algebra, but not always in floating point.
    low = np.where(hits == 0, n * 0, (center - reach) / (n + z**2))
    high = np.where(hits == n, 1.0, (center + reach) / (n + z**2))
    return low, high


def share_of(part: ArrayLike, whole: ArrayLike) -> NDArray[np.float64]:
    """Divide parts by their wholes.

    Parameters
    ----------
    part, whole : array_like of int or float
        What is divided, and by what.

    Returns
    -------
    numpy.ndarray of float64
        The quotients; NaN where the whole is 0.

    Examples
    --------
    >>> share_of([3, 0], [4, 0]).tolist()
    [0.75, nan]
    """
    divisor = np.asarray(whole, dtype=np.float64)
    return np.asarray(np.asarray(part) / np.where(divisor > 0, divisor, np.nan), dtype=np.float64)


def rate_with_interval(
    successes: ArrayLike, totals: ArrayLike, confidence: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Give proportions, each with its Wilson score interval, as every table of rates has them.

    Parameters
    ----------
    successes, totals : array_like of int
        How many of how many; 0 ≤ successes ≤ totals.
    confidence : float, default 0.95
        The confidence level.

    Returns
    -------
    rate, low, high : numpy.ndarray of float64
        The proportions and the ends of their intervals; NaN where the total is 0.

    Raises
    ------
    ConfigurationError
        If `confidence` is not between 0 and 1.

    See Also
    --------
    wilson_interval : The interval, its formula and its source.

    Examples
    --------
    >>> rate, low, high = rate_with_interval([81], [263])
    >>> rate.round(4).tolist(), low.round(4).tolist(), high.round(4).tolist()
    ([0.308], [0.2553], [0.3662])
    """
    return share_of(successes, totals), *wilson_interval(successes, totals, confidence)


def distribution_band(
    shares: ArrayLike, totals: ArrayLike, confidence: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the band around an empirical distribution that holds the whole true one.

    With n = totals and a = 1 - confidence, the band is shares ± √(ln(2/a) / 2n), cut to 0 and 1: by the
    inequality of Dvoretzky, Kiefer and Wolfowitz (1956), with the constant that Massart (1990) proved, the
    true distribution leaves it anywhere with a probability of at most a, whatever it is.

    Parameters
    ----------
    shares : array_like of float
        The share of values up to some point.
    totals : array_like of int
        How many values there are.
    confidence : float, default 0.95
        The least confidence of the band.

    Returns
    -------
    low, high : numpy.ndarray of float64
        The ends; NaN where the total is 0.

    Raises
    ------
    ConfigurationError
        If `confidence` is not between 0 and 1.

    References
    ----------
    Dvoretzky, A., Kiefer, J. and Wolfowitz, J. (1956). Asymptotic minimax character of the sample
    distribution function and of the classical multinomial estimator. Annals of Mathematical Statistics
    27, 642-669.

    Massart, P. (1990). The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality. Annals of
    Probability 18, 1269-1283.

    Examples
    --------
    >>> low, high = distribution_band([0.5, 1.0], [100, 100])
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.3642, 0.8642], [0.6358, 1.0])
    """
    n = np.asarray(totals, dtype=np.float64)
    width = np.sqrt(np.log(2 / (1 - check_confidence(confidence))) / (2 * np.where(n > 0, n, np.nan)))
    middle = np.asarray(shares, dtype=np.float64)
    return np.maximum(middle - width, 0.0), np.minimum(middle + width, 1.0)


def median_ranks(totals: ArrayLike, confidence: float = 0.95) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Tell which order statistics are the ends of a distribution-free interval of the median.

    Of n values in ascending order, the interval runs from the r-th to the (n + 1 - r)-th, where r is the
    largest rank with P(B < r) ≤ (1 - confidence) / 2 and B is binomial(n, 1/2), the number of values below
    the median. It holds the median with at least the given confidence whatever the distribution; with tied
    values, more so (David and Nagaraja 2003, section 7.1).

    Parameters
    ----------
    totals : array_like of int
        How many values there are.
    confidence : float, default 0.95
        The least confidence of the interval.

    Returns
    -------
    lower, upper : numpy.ndarray of int64
        The ranks, counted from 1; 0 where there are too few values for this confidence
        (fewer than 6 for 95%).

    Raises
    ------
    ConfigurationError
        If `confidence` is not between 0 and 1.

    References
    ----------
    David, H. A. and Nagaraja, H. N. (2003). Order Statistics, third edition. Wiley.

    Examples
    --------
    >>> lower, upper = median_ranks([5, 6, 20])
    >>> lower.tolist(), upper.tolist()
    ([0, 1, 6], [0, 6, 15])
    """
    from scipy.special import betainc  # noqa: PLC0415 - SciPy is loaded when it is needed

    tail = (1 - check_confidence(confidence)) / 2
    n = np.asarray(totals, dtype=np.int64)
    # Bisection between a rank that fits (0 always does) and one that does not.
    fits = np.zeros_like(n)
    too_high = n // 2 + 1
    while np.any(too_high - fits > 1):
        middle = (fits + too_high) // 2
        inside = np.maximum(middle, 1)
        below = np.asarray(betainc(np.maximum(n + 1 - inside, 1), inside, 0.5))  # P(B < middle)
        fits, too_high = (
            np.where(below <= tail, middle, fits),
            np.where(below <= tail, too_high, middle),
        )
    return fits, np.where(fits > 0, n + 1 - fits, 0)
