"""Intervals, quantiles and bins of small arrays: thin over SciPy, no frames of calls."""

from __future__ import annotations

from caldframe.stats.bins import bin_edges, place_in_bins
from caldframe.stats.intervals import check_confidence, median_ranks, wilson_interval
from caldframe.stats.quantiles import grouped_quantile, order_statistic

__all__ = [
    "bin_edges",
    "check_confidence",
    "grouped_quantile",
    "median_ranks",
    "order_statistic",
    "place_in_bins",
    "wilson_interval",
]
