"""Whether two proportions may be one and the same: p-values, and their adjustment where there are many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["adjust_p_values", "independence_test"]

_LEAST_EXPECTED: Final = 5
_AS_LIKELY: Final = 1e-7  # tables this close in probability are equally likely, as in R and SciPy
_CELLS_AT_ONCE: Final = 1_000_000


def independence_test(
    successes: ArrayLike, totals: ArrayLike, other_successes: ArrayLike, other_totals: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Give the p-values of pairs of proportions being equal, two-sided.

    Where all four counts expected under equality (row sum · column sum / total) are at least 5, the p-value
    is that of Pearson's chi-square test with one degree of freedom, without continuity correction. Elsewhere
    it is that of Fisher's exact test: the probability, all sums given, of all tables no likelier than the
    one observed.

    Parameters
    ----------
    successes, totals : array_like of int
        How many of how many; 0 ≤ successes ≤ totals.
    other_successes, other_totals : array_like of int
        What they are compared with, one for each of the former, or one for all.

    Returns
    -------
    p_values : numpy.ndarray of float64
        NaN where a total is 0.
    exact : numpy.ndarray of bool
        Whether the p-value is Fisher's.

    References
    ----------
    Fisher, R. A. (1935). The logic of inductive inference. Journal of the Royal Statistical Society 98,
    39-82.

    Pearson, K. (1900). On the criterion that a given system of deviations from the probable in the case of a
    correlated system of variables is such that it can be reasonably supposed to have arisen from random
    sampling. Philosophical Magazine 50, 157-175.

    Examples
    --------
    >>> p_values, exact = independence_test([56, 9], [70, 10], [48, 3], [80, 10])
    >>> p_values.round(4).tolist(), exact.tolist()
    ([0.008, 0.0198], [False, True])
    """
    from scipy.special import chdtrc  # noqa: PLC0415 - SciPy is loaded when it is needed

    hits, n, others, m = np.broadcast_arrays(
        *(np.asarray(counts, dtype=np.int64) for counts in (successes, totals, other_successes, other_totals))
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        both, hit = (n + m).astype(np.float64), (hits + others).astype(np.float64)
        smallest = np.minimum(n, m) * np.minimum(hit, both - hit) / both
        # a·d - b·c, in floating point, for the product of two counts may be beyond integers
        apart = hits * (m - others).astype(np.float64) - others * (n - hits).astype(np.float64)
        # In this order, so that nothing overflows.
        statistic = (apart / n / m) * (apart / hit / (both - hit)) * both
    plain = smallest >= _LEAST_EXPECTED
    exact = smallest < _LEAST_EXPECTED
    exact &= (n > 0) & (m > 0)  # beside nothing, nothing is expected, and there is nothing to test
    p_values = np.full(n.shape, np.nan)
    p_values[plain] = chdtrc(1, statistic[plain])
    p_values[exact] = _fisher(hits[exact], n[exact], others[exact], m[exact])
    return p_values, exact


def adjust_p_values(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values for how many there are, by Holm's method.

    The k-th smallest of m is multiplied by m - k + 1, and is at least what a smaller one became and at most
    1. To call significant what stays below 5% then errs, anywhere among the m, at most once in twenty times,
    whatever the dependence between them (Holm 1979).

    Parameters
    ----------
    p_values : array_like of float
        The p-values; NaN is a test that was not made, does not count, and stays.

    Returns
    -------
    numpy.ndarray of float64
        One for each.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of
    Statistics 6, 65-70.

    Examples
    --------
    >>> adjust_p_values([0.01, 0.04, 0.03, np.nan]).round(4).tolist()
    [0.03, 0.06, 0.06, nan]
    """
    values = np.array(p_values, dtype=np.float64)
    made = np.flatnonzero(~np.isnan(values))
    order = made[np.argsort(values[made], kind="stable")]
    steps = np.arange(len(order), 0, -1)
    values[order] = np.minimum(np.maximum.accumulate(values[order] * steps), 1)
    return values


def _fisher(
    hits: NDArray[np.int64], n: NDArray[np.int64], others: NDArray[np.int64], m: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Give Fisher's exact p-values, each distinct table looked at once."""
    # Turned so that the first row and the first column have the smaller sums. Where a count below 5 is
    # expected their tables are few: no more than √(5 · total).
    swap = n > m
    first, row = np.where(swap, others, hits), np.where(swap, m, n)
    misses = n + m - hits - others
    rarer = misses < hits + others
    cell = np.where(rarer, row - first, first)
    column = np.minimum(misses, hits + others)
    tables, places = np.unique(np.stack([cell, row, column, n + m]), axis=1, return_inverse=True)
    # Similar sizes together, so that few cells of each block are empty.
    order = np.argsort(np.minimum(tables[1], tables[2]), kind="stable")
    found = np.empty(len(order))
    start = 0
    while start < len(order):
        # The last one is the widest: as many rows as fit if all were as wide as the next ones can be.
        widths = np.minimum(tables[1], tables[2])[order[start:]] + 1
        fitting = int(np.searchsorted(widths * np.arange(1, len(widths) + 1), _CELLS_AT_ONCE, side="right"))
        chosen = order[start : start + max(fitting, 1)]
        found[chosen] = _fisher_block(*tables[:, chosen])
        start += len(chosen)
    return found[places.ravel()]


def _fisher_block(
    cell: NDArray[np.int64], row: NDArray[np.int64], column: NDArray[np.int64], total: NDArray[np.int64]
) -> NDArray[np.float64]:
    most = np.minimum(row, column)
    k = np.arange(int(most.max(initial=0)))[np.newaxis]
    r, c, t = (counts[:, np.newaxis].astype(np.float64) for counts in (row, column, total))
    # The logarithm of P(k + 1) / P(k) in the hypergeometric distribution; beyond `most` nothing is possible.
    possible = k < most[:, np.newaxis]
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.log((r - k) * (c - k)) - np.log((k + 1) * (t - r - c + k + 1))
    steps = np.where(possible, steps, -np.inf)
    logs = np.concatenate([np.zeros((len(cell), 1)), np.cumsum(steps, axis=1)], axis=1)
    logs -= logs.max(axis=1, keepdims=True)
    observed = np.take_along_axis(logs, cell[:, np.newaxis], axis=1)
    shares = np.exp(logs)
    unlikely = logs <= observed + _AS_LIKELY
    p_values = np.where(unlikely, shares, 0).sum(axis=1) / shares.sum(axis=1)
    return np.asarray(np.minimum(p_values, 1))
