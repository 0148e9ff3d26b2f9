"""Survival: how many are left after each step, where some are lost sight of before it happens to them."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from caldframe.stats.intervals import check_confidence

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["kaplan_meier"]


def kaplan_meier(
    at_risk: ArrayLike, events: ArrayLike, curves: ArrayLike | None = None, confidence: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Give the Kaplan-Meier curve of life tables, with Greenwood's interval on the log(-log) scale.

    With n = at_risk and d = events of each step, survival after a step is S = Π (1 - d/n) over the steps
    so far. Greenwood's variance of ln S is V = Σ d / (n (n - d)); with z the standard normal quantile at
    (1 + confidence) / 2, the interval is S^exp(±z √V / |ln S|), which stays within 0 and 1. Those lost
    sight of between two steps (right-censored) count for the steps that they were seen at and no more.

    Parameters
    ----------
    at_risk, events : array_like of int
        For each step, how many had not had the event before it, and how many of them have it at it;
        0 ≤ events ≤ at_risk. The steps of a curve follow one another in their order.
    curves : array_like of int, optional
        The number of the curve that each step belongs to. By default all are of one curve.
    confidence : float, default 0.95
        The confidence level.

    Returns
    -------
    survival, low, high : numpy.ndarray of float64
        After each step, the share that has not had the event, and the ends of its interval. All are NaN
        from a step with nobody at risk on. The ends are NaN where survival is exactly 1 or 0 too: there
        the formula has no value, for its variance is 0 or infinite.

    Raises
    ------
    ConfigurationError
        If `confidence` is not between 0 and 1.

    References
    ----------
    Kaplan, E. L. and Meier, P. (1958). Nonparametric estimation from incomplete observations. Journal of
    the American Statistical Association 53, 457-481.

    Greenwood, M. (1926). The natural duration of cancer. Reports on Public Health and Medical Subjects 33.

    Kalbfleisch, J. D. and Prentice, R. L. (2002). The Statistical Analysis of Failure Time Data, second
    edition. Wiley. Section 1.4.

    Examples
    --------
    >>> survival, low, high = kaplan_meier([10, 6], [3, 2])
    >>> survival.round(4).tolist(), low.round(4).tolist(), high.round(4).tolist()
    ([0.7, 0.4667], [0.3287, 0.1496], [0.8919, 0.7366])
    """
    z = -NormalDist().inv_cdf((1 - check_confidence(confidence)) / 2)
    n = np.asarray(at_risk, dtype=np.float64)
    d = np.asarray(events, dtype=np.float64)
    n = np.where(n > 0, n, np.nan)
    numbers = np.zeros(len(n), dtype=np.int64) if curves is None else np.asarray(curves)
    # Once all have had the event, nothing follows, so that the last variance need not be infinite.
    left = np.where(n > d, n - d, np.nan)
    steps = pd.DataFrame({"staying": 1 - d / n, "variance": d / (n * left)}).groupby(numbers, sort=False)
    survival = steps["staying"].cumprod(skipna=False).to_numpy()
    variance = steps["variance"].cumsum(skipna=False).to_numpy()

    logarithm = np.log(np.where((survival > 0) & (survival < 1), survival, np.nan))
    spread = z * np.sqrt(variance) / -logarithm
    with np.errstate(over="ignore"):
        return survival, np.exp(logarithm * np.exp(spread)), np.exp(logarithm * np.exp(-spread))
