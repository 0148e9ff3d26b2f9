"""Intervals, quantiles and bins of small arrays: thin over SciPy, no frames of calls."""

from __future__ import annotations

from caldframe.stats.bins import bin_edges, place_in_bins
from caldframe.stats.bootstrap import bootstrap_medians, check_seed, percentile_interval
from caldframe.stats.changes import Change, find_change
from caldframe.stats.differences import difference_interval, ratio_interval
from caldframe.stats.independence import adjust_p_values, independence_test
from caldframe.stats.intervals import (
    check_confidence,
    distribution_band,
    median_ranks,
    rate_with_interval,
    share_of,
    wilson_interval,
)
from caldframe.stats.log_odds import LogOdds, check_prior, weighted_log_odds
from caldframe.stats.quantiles import grouped_quantile, order_statistic
from caldframe.stats.ranks import RankComparisons, compare_ranks
from caldframe.stats.shrinkage import BetaPrior, fit_beta_prior, shrunk_rates
from caldframe.stats.survival import kaplan_meier
from caldframe.stats.waits import expected_wait

__all__ = [
    "BetaPrior",
    "Change",
    "LogOdds",
    "RankComparisons",
    "adjust_p_values",
    "bin_edges",
    "bootstrap_medians",
    "check_confidence",
    "check_prior",
    "check_seed",
    "compare_ranks",
    "difference_interval",
    "distribution_band",
    "expected_wait",
    "find_change",
    "fit_beta_prior",
    "grouped_quantile",
    "independence_test",
    "kaplan_meier",
    "median_ranks",
    "order_statistic",
    "percentile_interval",
    "place_in_bins",
    "rate_with_interval",
    "ratio_interval",
    "share_of",
    "shrunk_rates",
    "weighted_log_odds",
    "wilson_interval",
]
