"""Groups of calls beside one another: do their rates or their lengths differ, by how much, how surely."""

from __future__ import annotations

from caldframe.metrics.compare.lengths import compare_lengths
from caldframe.metrics.compare.outcomes import compare_outcomes

__all__ = ["compare_lengths", "compare_outcomes"]
