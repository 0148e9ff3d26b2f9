"""Which terms set texts apart: log-odds with a prior that knows how often each term is used at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from caldframe.errors import ConfigurationError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["LogOdds", "check_prior", "weighted_log_odds"]


class LogOdds(NamedTuple):
    """How far the use of terms differs between two sides, and how surely."""

    difference: NDArray[np.float64]
    """The log-odds of each term on the one side less that on the other."""
    error: NDArray[np.float64]
    """The standard error of the difference."""


def check_prior(prior_words: Any) -> float:
    """Give the weight of a prior, or raise where it is none."""
    if (
        isinstance(prior_words, (int, float, np.number))
        and not isinstance(prior_words, bool)
        and 0 < prior_words < np.inf
    ):
        return float(prior_words)
    raise ConfigurationError(f"prior_words={prior_words!r} is not a number of words above 0, such as 500.")


def weighted_log_odds(side: ArrayLike, other: ArrayLike, background: ArrayLike, prior: float) -> LogOdds:
    """Compare how often terms are used on two sides, by the method of Monroe, Colaresi and Quinn (2008).

    With y of a term's n on one side, and a = prior · its share of the background, the log-odds are
    log((y + a) / (n + prior - y - a)), equation 16 there; the variance of the difference of two sides is
    about 1 / (y + a) + 1 / (y' + a), equation 20. The prior is as if `prior` more words had been said on
    each side, in the proportions of the background (equation 23): so terms that are rare everywhere need
    more than one mention to look distinctive.

    Parameters
    ----------
    side, other : array_like of int
        How often each term is used on one side and on the other.
    background : array_like of int
        How often each term is used in the texts that say what is usual; above 0 for all.
    prior : float
        How many words of the background each side is thought to have said besides.

    Returns
    -------
    LogOdds
        One difference a term, above 0 where it is used more on the one side, and its error; NaN where a side
        has no words, or there is but one term.

    References
    ----------
    Monroe, B. L., Colaresi, M. P. and Quinn, K. M. (2008). Fightin' words: lexical feature selection and
    evaluation for identifying the content of political conflict. Political Analysis 16, 372-403.

    Examples
    --------
    >>> found = weighted_log_odds([8, 1, 11], [1, 6, 33], [9, 7, 44], prior=10)
    >>> found.difference.round(3).tolist()
    [2.175, -0.765, -0.977]
    >>> (found.difference / found.error).round(2).tolist()
    [3.06, -0.99, -3.47]
    """
    usual = np.asarray(background, dtype=np.float64)
    added = prior * usual / np.where(usual.sum() > 0, usual.sum(), np.nan)
    odds, variance = np.zeros_like(added), np.zeros_like(added)
    for sign, counts in ((1, side), (-1, other)):
        used = np.asarray(counts, dtype=np.float64)
        spoken = used.sum() if used.any() else np.nan
        rest = spoken + prior - used - added
        odds += sign * np.log((used + added) / np.where(rest > 0, rest, np.nan))
        variance += 1 / (used + added)
    return LogOdds(odds, np.sqrt(np.where(np.isnan(odds), np.nan, variance)))
