"""How long until so many more events have happened, at the pace of those that have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from caldframe.stats.intervals import check_confidence

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["expected_wait"]


def expected_wait(
    remaining: ArrayLike,
    events: ArrayLike,
    elapsed: ArrayLike,
    dispersion: ArrayLike = 1.0,
    confidence: float = 0.95,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Give the time that R more events will take, where N events took the time T.

    At a steady pace that is R * T / N. If events happen by a Poisson process, the ratio of the two mean
    waits, of the R events to come and the N that were, follows an F distribution with 2R and 2N degrees of
    freedom whatever the rate (Nelson 1970), so R * T / N times its quantiles is a prediction interval. Events
    that come in bursts, with a variance of φ > 1 times the mean, tell as much as N / φ events that do not:
    the degrees of freedom are 2R / φ and 2N / φ.

    Parameters
    ----------
    remaining, events : array_like of int
        R and N.
    elapsed : array_like of float
        T, in any unit.
    dispersion : array_like of float, default 1
        φ; NaN where it is not known, and then neither is the interval.
    confidence : float, default 0.95
        The confidence level of the interval.

    Returns
    -------
    expected, low, high : numpy.ndarray of float64
        The time and the ends of its interval, in the unit of T; NaN where R or N is 0.

    Raises
    ------
    ConfigurationError
        If `confidence` is not between 0 and 1.

    References
    ----------
    Nelson, W. (1970). Confidence intervals for the ratio of two Poisson means and Poisson predictor
    intervals. IEEE Transactions on Reliability R-19, 42-49.

    Examples
    --------
    >>> expected, low, high = expected_wait([50], [100], [10.0])
    >>> expected.tolist(), low.round(2).tolist(), high.round(2).tolist()
    ([5.0], [3.52], [6.96])
    """
    from scipy.special import fdtri  # noqa: PLC0415 - SciPy is loaded when it is needed

    tail = (1 - check_confidence(confidence)) / 2
    left: NDArray[np.float64] = np.asarray(remaining, dtype=np.float64)
    seen: NDArray[np.float64] = np.asarray(events, dtype=np.float64)
    bursts: NDArray[np.float64] = np.asarray(dispersion, dtype=np.float64)
    left, seen = np.where(left > 0, left, np.nan), np.where(seen > 0, seen, np.nan)
    expected = left * np.asarray(elapsed, dtype=np.float64) / seen
    low, high = (fdtri(2 * left / bursts, 2 * seen / bursts, part) for part in (tail, 1 - tail))
    return expected, expected * low, expected * high
