"""Whether the values of one group tend to be longer than another's: ranks, counted, ties and all."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["RankComparisons", "compare_ranks"]


class RankComparisons(NamedTuple):
    """What `compare_ranks` gives: one number a group in each array, NaN where there is nothing to compare."""

    u: NDArray[np.float64]
    """Mann-Whitney's U of the group."""
    larger: NDArray[np.float64]
    """The common-language effect size: U / (n · m)."""
    p_values: NDArray[np.float64]
    """Two-sided."""


def compare_ranks(counts: NDArray[np.int64], other_counts: NDArray[np.int64]) -> RankComparisons:
    """Compare pairs of groups by the Mann-Whitney test, from how often each value occurs.

    U counts the pairs of a value of the group and one of the other in which the group's is larger, a tie
    for half. U / (n · m) is the chance that of two values, one drawn from each, the group's is larger
    (McGraw and Wong 1992; Vargha and Delaney 2000); 0.5 is no tendency either way. The p-value is that of
    the normal approximation to U with the variance corrected for ties and a continuity correction of 1/2
    (Mann and Whitney 1947; Hollander, Wolfe and Chicken 2014, section 4.1). With fewer than about 8 values
    in either group it is approximate.

    Parameters
    ----------
    counts : numpy.ndarray of int64
        A row a group, a column a value, values ascending: how often the value occurs in the group.
    other_counts : numpy.ndarray of int64
        The same of what each group is compared with, or one row for all.

    Returns
    -------
    RankComparisons
        One number a group.

    References
    ----------
    Mann, H. B. and Whitney, D. R. (1947). On a test of whether one of two random variables is stochastically
    larger than the other. Annals of Mathematical Statistics 18, 50-60.

    McGraw, K. O. and Wong, S. P. (1992). A common language effect size statistic. Psychological Bulletin 111,
    361-365.

    Vargha, A. and Delaney, H. D. (2000). A critique and improvement of the CL common language effect size
    statistics of McGraw and Wong. Journal of Educational and Behavioral Statistics 25, 101-132.

    Hollander, M., Wolfe, D. A. and Chicken, E. (2014). Nonparametric Statistical Methods, third edition.
    Wiley.

    Examples
    --------
    Of values 1, 2 and 3: once each, against the 1 twice.

    >>> found = compare_ranks(np.array([[1, 1, 1]]), np.array([[2, 0, 0]]))
    >>> found.u.tolist(), found.larger.round(4).tolist(), found.p_values.round(4).tolist()
    ([5.0], [0.8333], [0.3329])
    """
    from scipy.special import ndtr  # noqa: PLC0415 - SciPy is loaded when it is needed

    own, other = np.broadcast_arrays(np.atleast_2d(counts), np.atleast_2d(other_counts))
    below = np.cumsum(other, axis=1) - other
    u = (own * (2 * below + other)).sum(axis=1) / 2
    n, m = own.sum(axis=1).astype(np.float64), other.sum(axis=1).astype(np.float64)
    tied = (own + other).astype(np.float64)
    ties = (tied**3 - tied).sum(axis=1)
    total = n + m
    with np.errstate(divide="ignore", invalid="ignore"):
        larger = u / (n * m)
        spread = np.sqrt(n * m / 12 * np.maximum(total + 1 - ties / (total * (total - 1)), 0))
        distance = (np.abs(u - n * m / 2) - 0.5) / spread
        p_values = np.minimum(2 * ndtr(-distance), 1)
    p_values[spread == 0] = 1  # all values are the same
    nothing = (n == 0) | (m == 0)
    return RankComparisons(*(np.where(nothing, np.nan, numbers) for numbers in (u, larger, p_values)))
