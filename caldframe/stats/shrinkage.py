"""Shrinkage: rates of many small groups, each drawn towards what the others have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["BetaPrior", "fit_beta_prior", "shrunk_rates"]

# Weaker than a hundredth of a trial or stronger than a million, a prior makes no difference worth a digit.
_WEAKEST: Final = 1e-2
_STRONGEST: Final = 1e6
_STARTS: Final = (1.0, 30.0, 1000.0)
# Log-likelihoods of a million trials are not exact to more digits than this.
_NOTHING_GAINED: Final = 1e-7


class BetaPrior(NamedTuple):
    """How the rates of groups are spread: a beta distribution.

    Parameters
    ----------
    mean : float
        Its mean; NaN where there was nothing to fit.
    strength : float
        How many trials it weighs, the sum of the beta distribution's two parameters: infinite where the
        groups do not differ by more than chance, NaN where there was nothing to fit.
    """

    mean: float
    strength: float


def fit_beta_prior(successes: ArrayLike, totals: ArrayLike) -> BetaPrior:
    """Fit the distribution of the groups' true rates to their counts, by maximum marginal likelihood.

    Parameters
    ----------
    successes, totals : array_like of int
        How many of how many, group by group; 0 ≤ successes ≤ totals. Groups of none tell nothing.

    Returns
    -------
    BetaPrior
        The beta distribution.

    Notes
    -----
    With mean μ and strength s, a group's k of n successes have the likelihood

        B(k + μs, n - k + (1 - μ)s) / B(μs, (1 - μ)s),

    up to a factor that has neither μ nor s in it: the beta-binomial distribution (Skellam 1948). The product
    over all groups is maximised over 0 < μ < 1 and 0.01 ≤ s ≤ 1,000,000 from several starts. Where the
    binomial distribution with one rate for all, the limit for s → ∞, is as likely, the strength is
    infinite and the mean is the rate of all groups together. This is so in particular where
    there is one group, where each group has one trial, and where all trials succeed or none.

    References
    ----------
    Skellam, J. G. (1948). A probability distribution derived from the binomial distribution by regarding
    the probability of success as variable between the sets of trials. Journal of the Royal Statistical
    Society B 10, 257-261.

    Examples
    --------
    >>> prior = fit_beta_prior([2, 30, 45, 10], [3, 100, 100, 50])
    >>> round(prior.mean, 3), round(prior.strength, 1)
    (0.338, 29.5)
    """
    from scipy.optimize import minimize  # noqa: PLC0415 - SciPy is loaded when it is needed

    hits = np.asarray(successes, dtype=np.int64).ravel()
    n = np.asarray(totals, dtype=np.int64).ravel()
    # Groups with the same counts are as likely as one another: their terms are computed once.
    pairs, times = np.unique(np.stack([hits[n > 0], n[n > 0]]), axis=1, return_counts=True)
    hits, n = pairs
    trials = float(np.sum(times * n))
    if not trials:
        return BetaPrior(np.nan, np.nan)
    pooled = float(np.sum(times * hits)) / trials
    if pooled in (0.0, 1.0):
        return BetaPrior(pooled, np.inf)

    def surprise(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value, slope = _log_likelihood(point, hits, n, times)
        return -value / trials, -slope / trials

    logit = np.log(pooled) - np.log1p(-pooled)
    ranges = [(logit - 20, logit + 20), (np.log(_WEAKEST), np.log(_STRONGEST))]
    fits = [
        minimize(
            surprise,
            [logit, np.log(start)],
            jac=True,
            method="L-BFGS-B",
            bounds=ranges,
            options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 500},
        )
        for start in _STARTS
    ]
    best = min(fits, key=lambda fit: float(fit.fun))
    alike = pooled * np.log(pooled) + (1 - pooled) * np.log1p(-pooled)
    strength = float(np.exp(best.x[1]))
    if -float(best.fun) * trials <= alike * trials + _NOTHING_GAINED or strength >= _STRONGEST * (1 - 1e-6):
        return BetaPrior(pooled, np.inf)
    return BetaPrior(float(1 / (1 + np.exp(-best.x[0]))), strength)


def shrunk_rates(successes: ArrayLike, totals: ArrayLike, prior: BetaPrior) -> NDArray[np.float64]:
    """Give the posterior means of rates: (k + μs) / (n + s) for k of n, with the prior's mean and strength.

    Parameters
    ----------
    successes, totals : array_like of int
        How many of how many.
    prior : BetaPrior
        How the rates are spread.

    Returns
    -------
    numpy.ndarray of float64
        Each group's rate, drawn towards the mean of the prior, the more so the smaller the group is; NaN
        where the total is 0.

    References
    ----------
    Efron, B. and Morris, C. (1975). Data analysis using Stein's estimator and its generalizations. Journal
    of the American Statistical Association 70, 311-319.

    Examples
    --------
    >>> shrunk_rates([3, 300], [3, 1000], BetaPrior(0.3, 20)).round(3).tolist()
    [0.391, 0.3]
    """
    hits = np.asarray(successes, dtype=np.float64)
    n = np.asarray(totals, dtype=np.float64)
    n = np.where(n > 0, n, np.nan)
    if np.isinf(prior.strength):
        return prior.mean + n * 0
    return np.asarray((hits + prior.mean * prior.strength) / (n + prior.strength))


def _log_likelihood(
    point: NDArray[np.float64], hits: NDArray[np.int64], n: NDArray[np.int64], times: NDArray[np.int64]
) -> tuple[float, NDArray[np.float64]]:
    """Give the log-likelihood at logit(mean) and log(strength), and its slope in both."""
    from scipy.special import betaln, digamma  # noqa: PLC0415 - SciPy is loaded when it is needed

    mean, strength = 1 / (1 + np.exp(-point[0])), np.exp(point[1])
    a, b = mean * strength, strength / (1 + np.exp(point[0]))
    value = times @ (betaln(hits + a, n - hits + b) - betaln(a, b))
    in_all = digamma(strength) - digamma(n + strength)
    in_a = times @ (digamma(hits + a) - digamma(a) + in_all)
    in_b = times @ (digamma(n - hits + b) - digamma(b) + in_all)
    return float(value), np.array([(in_a - in_b) * a * b / strength, in_a * a + in_b * b])
