"""The bootstrap of medians: what another sample of the same kind could have shown."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from caldframe.errors import ConfigurationError
from caldframe.stats.intervals import check_confidence

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["bootstrap_medians", "check_seed", "percentile_interval"]


def check_seed(seed: Any) -> int:
    """Give a seed as an integer, or say what is wrong with it."""
    if isinstance(seed, Integral) and int(seed) >= 0:
        return int(seed)
    raise ConfigurationError(f"seed={seed!r} is not a whole number from 0 on.")


def bootstrap_medians(
    values: NDArray[np.float64], counts: NDArray[np.int64], generator: np.random.Generator, resamples: int
) -> NDArray[np.float64]:
    """Give the medians of random resamples, each as large as the sample and drawn from it with replacement.

    No resample is drawn value by value. A draw with replacement is the sample's quantile at a uniform random
    number, so the k-th smallest of n draws is its quantile at the k-th smallest of n uniform numbers, which
    follows the beta distribution with k and n + 1 - k (David and Nagaraja 2003, section 2.3); and the next
    one up lies above it as the smallest of the n - k left over. The medians have exactly the distribution
    that resampling gives, and a million values cost what ten do.

    Parameters
    ----------
    values : numpy.ndarray of float64
        Distinct values, ascending.
    counts : numpy.ndarray of int64
        How often each occurs in the sample; their sum is not 0.
    generator : numpy.random.Generator
        Where chance comes from.
    resamples : int
        How many medians to give.

    Returns
    -------
    numpy.ndarray of float64
        The medians, in random order.

    References
    ----------
    Efron, B. (1979). Bootstrap methods: another look at the jackknife. Annals of Statistics 7, 1-26.

    David, H. A. and Nagaraja, H. N. (2003). Order Statistics, third edition. Wiley.

    Examples
    --------
    >>> sample = np.array([10.0, 20.0, 60.0]), np.array([1, 1, 1])
    >>> medians = bootstrap_medians(*sample, np.random.default_rng(1), 27_000)
    >>> [int((medians == value).sum()) for value in (10, 20, 60)]  # 7, 13 and 7 of 27 are expected
    [6955, 12986, 7059]
    """
    ends = np.cumsum(counts)
    n = int(ends[-1])
    k = (n + 1) // 2
    place = generator.beta(k, n + 1 - k, resamples)
    middle = _quantile(values, ends, place)
    if n % 2:
        return middle
    place += (1 - place) * generator.beta(1, n - k, resamples)
    following = _quantile(values, ends, place)
    return middle + (following - middle) / 2


def percentile_interval(estimates: NDArray[np.float64], confidence: float = 0.95) -> tuple[float, float]:
    """Give the percentile interval of bootstrapped estimates.

    Parameters
    ----------
    estimates : numpy.ndarray of float64
        One a resample.
    confidence : float, default 0.95
        The confidence level; half of the rest is cut off at each end.

    Returns
    -------
    low, high : float
        The ends (Efron and Tibshirani 1993, chapter 13).

    References
    ----------
    Efron, B. and Tibshirani, R. J. (1993). An Introduction to the Bootstrap. Chapman and Hall.

    Examples
    --------
    >>> percentile_interval(np.arange(101.0), 0.5)
    (25.0, 75.0)
    """
    tail = (1 - check_confidence(confidence)) / 2
    low, high = np.quantile(estimates, [tail, 1 - tail])
    return float(low), float(high)


def _quantile(
    values: NDArray[np.float64], ends: NDArray[np.int64], places: NDArray[np.float64]
) -> NDArray[np.float64]:
    # A uniform number within rounding of 1 would be past the end.
    ranks = np.minimum(np.floor(places * ends[-1]), ends[-1] - 1)
    return np.asarray(np.take(values, np.searchsorted(ends, ranks, side="right")))
