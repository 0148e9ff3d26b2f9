"""Charts: a metric's table in, matplotlib Axes out.

Each function has the name of the metric whose table it takes. It draws what stands in the table, so that
the chart and the table beside it cannot differ. matplotlib is an extra: ``pip install "caldframe[plots]"``.
"""

from caldframe.display import RESULT_COLORS
from caldframe.plots.comparisons import compare_lengths, compare_outcomes
from caldframe.plots.conversations import distinctive_terms, drop_off, talk_metrics
from caldframe.plots.hours import pickup_by_hour, quiet_hours
from caldframe.plots.lengths import length_distribution, length_ecdf
from caldframe.plots.outcomes import contact_kpis, funnel, outcome_rates
from caldframe.plots.pace import caller_numbers, progress
from caldframe.plots.reach import reach_by_gap, reach_curve

__all__ = [
    "RESULT_COLORS",
    "caller_numbers",
    "compare_lengths",
    "compare_outcomes",
    "contact_kpis",
    "distinctive_terms",
    "drop_off",
    "funnel",
    "length_distribution",
    "length_ecdf",
    "outcome_rates",
    "pickup_by_hour",
    "progress",
    "quiet_hours",
    "reach_by_gap",
    "reach_curve",
    "talk_metrics",
]


def __dir__() -> list[str]:
    return sorted(__all__)
