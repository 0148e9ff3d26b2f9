"""Changes: whether the chance of success changed along a sequence, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

__all__ = ["Change", "find_change"]

# Beyond, p-values would be far below 1e-12 anyway, and the paths that matter many more.
_LARGEST: Final = 45.0
_NEGLIGIBLE: Final = 1e-40
_ROUNDING: Final = 1e-9


class Change(NamedTuple):
    """The most likely change of a sequence.

    Parameters
    ----------
    position : int
        The first step after it; -1 where there is none to look for.
    p_value : float
        How likely a change that looks at least as large is if there was none; NaN where `position` is -1.
    """

    position: int
    p_value: float


def find_change(successes: ArrayLike, totals: ArrayLike) -> Change:
    """Find where a chance of success most likely changed, and test whether it changed at all.

    For every split of the steps into a first and a last part, the likelihood of two chances is compared
    with that of one. The split with the largest likelihood ratio is the most likely change. As the largest
    of many ratios is large even without a change, the p-value is that of the largest: given how many
    successes there are in all, the exact share of their arrangements among the trials in which some split
    has a ratio as large (Worsley 1983). So it is right for small numbers and for steps of unequal size.

    Parameters
    ----------
    successes, totals : array_like of int
        Successes and trials of each step, in order; 0 ≤ successes ≤ totals.

    Returns
    -------
    Change
        Where, and the p-value. With one chance for all steps there is none to look for: less than two steps
        with trials, or no success, or nothing else.

    Notes
    -----
    With s successes in the first n trials, and S in all N, the logarithm of the likelihood ratio is
    L(s, n) + L(S - s, N - n) - L(S, N), where L(s, n) = s ln(s/n) + (n - s) ln((n - s)/n). Arrangements are
    counted along their paths: how many get to each s without a large ratio before, step by step. Logarithms
    above 45 count as 45, so that p-values are not resolved below about 1e-18.

    The test takes trials as independent, with one chance before and one after. It answers a trend, a
    weekly rhythm or several changes with one change as well.

    References
    ----------
    Worsley, K. J. (1983). The power of likelihood ratio and cumulative sum tests for a change in a binomial
    probability. Biometrika 70, 455-464.

    Examples
    --------
    >>> change = find_change([3, 4, 3, 0, 0, 1], [10, 10, 10, 10, 10, 10])
    >>> change.position, round(change.p_value, 4)
    (3, 0.0085)
    """
    s = np.cumsum(np.asarray(successes, dtype=np.int64))
    n = np.cumsum(np.asarray(totals, dtype=np.int64))
    if not len(n) or s[-1] in (0, n[-1]):
        return Change(-1, np.nan)
    all_s, all_n = int(s[-1]), int(n[-1])
    splits = np.flatnonzero((n[:-1] > 0) & (n[:-1] < all_n))
    if not len(splits):
        return Change(-1, np.nan)
    statistics = _log_ratio(s[splits], n[splits], all_s, all_n)
    largest = int(np.argmax(statistics))
    limit = min(float(statistics[largest]), _LARGEST) * (1 - _ROUNDING) - _ROUNDING
    p_value = _share_of_paths(n[splits], all_s, all_n, limit) if limit > 0 else 1.0
    return Change(int(splits[largest]) + 1, min(p_value, 1.0))


def _share_of_paths(n: NDArray[np.int64], all_s: int, all_n: int, limit: float) -> float:
    """Give the share of arrangements whose path comes, at one of some points, to a ratio of the limit."""
    lowest, highest = _inside(n, all_s, all_n, limit)
    chance = all_s / all_n
    whole = _log_binomial(np.array([all_s]), all_n, chance)[0]
    paths, start, passed, share = np.ones(1), 0, 0, 0.0
    for trials, low, high in zip(n.tolist(), lowest.tolist(), highest.tolist(), strict=True):
        step, first = _likely(trials - passed, chance)
        paths, start, passed = np.convolve(paths, step), start + first, trials
        counts = start + np.arange(len(paths))
        inside = (counts >= low) & (counts <= high)
        # Those that leave here for the first time, and get to the end from here.
        left = ~inside & (counts <= all_s) & (counts >= all_s - (all_n - trials))
        rest = _log_binomial(all_s - counts[left], all_n - trials, chance)
        share += float(np.sum(paths[left] * np.exp(rest - whole)))
        paths = paths[inside]
        if not len(paths):
            break
        start = int(counts[inside][0])
    return share


def _inside(
    n: NDArray[np.int64], all_s: int, all_n: int, limit: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give, for each number of trials, the fewest and the most successes with a ratio below the limit."""
    fewest = np.maximum(all_s - (all_n - n), 0)
    most = np.minimum(n, all_s)
    middle = n * all_s // all_n

    def below(s: NDArray[np.int64]) -> NDArray[np.bool_]:
        return np.asarray(_log_ratio(s, n, all_s, all_n) < limit)

    # The ratio falls up to the middle and rises after it.
    return (
        _first_true(fewest, middle, below),
        _first_true(middle + 1, most, lambda s: ~below(s)) - 1,
    )


def _first_true(
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    is_true: Callable[[NDArray[np.int64]], NDArray[np.bool_]],
) -> NDArray[np.int64]:
    """Find by bisection where something becomes true between two ends; one after the last if nowhere."""
    low, high = first.copy(), np.maximum(last + 1, first)
    while np.any(low < high):
        middle = (low + high) // 2
        # Where the search is over, the middle may lie one beyond what can be asked.
        found = is_true(np.minimum(middle, last)) & (middle <= last)
        open_ = low < high
        high = np.where(open_ & found, middle, high)
        low = np.where(open_ & ~found, middle + 1, low)
    return low


def _likely(trials: int, chance: float) -> tuple[NDArray[np.float64], int]:
    """Give the binomial probabilities that are not negligible, and the number of successes of the first."""
    probabilities = np.exp(_log_binomial(np.arange(trials + 1), trials, chance))
    there = np.flatnonzero(probabilities > _NEGLIGIBLE)
    return probabilities[there[0] : there[-1] + 1], int(there[0])


def _log_binomial(s: NDArray[np.int64], n: int, chance: float) -> NDArray[np.float64]:
    from scipy.special import gammaln  # noqa: PLC0415 - SciPy is loaded when it is needed

    ways = gammaln(n + 1) - gammaln(s + 1) - gammaln(n - s + 1)
    return np.asarray(ways + s * np.log(chance) + (n - s) * np.log1p(-chance), dtype=np.float64)


def _log_ratio(s: Any, n: Any, all_s: int, all_n: int) -> NDArray[np.float64]:
    return _log_likelihood(s, n) + _log_likelihood(all_s - s, all_n - n) - _log_likelihood(all_s, all_n)


def _log_likelihood(s: Any, n: Any) -> NDArray[np.float64]:
    from scipy.special import xlogy  # noqa: PLC0415 - SciPy is loaded when it is needed

    return np.asarray(xlogy(s, s / n) + xlogy(n - s, (n - s) / n), dtype=np.float64)
