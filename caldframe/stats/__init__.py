"""Intervals, quantiles and bins of small arrays: thin over SciPy, no frames of calls."""

from __future__ import annotations

from caldframe.stats.bins import bin_edges, place_in_bins
from caldframe.stats.intervals import check_confidence, median_ranks, wilson_interval
from caldframe.stats.quantiles import grouped_quantile, order_statistic
from caldframe.stats.shrinkage import BetaPrior, fit_beta_prior, shrunk_rates
from caldframe.stats.survival import kaplan_meier
from caldframe.stats.waits import expected_wait

__all__ = [
    "BetaPrior",
    "bin_edges",
    "check_confidence",
    "expected_wait",
    "fit_beta_prior",
    "grouped_quantile",
    "kaplan_meier",
    "median_ranks",
    "order_statistic",
    "place_in_bins",
    "shrunk_rates",
    "wilson_interval",
]
