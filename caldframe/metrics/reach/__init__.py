"""How people are reached: which attempt a call is, how many it takes, and how long to wait between them."""

from __future__ import annotations

from caldframe.metrics.reach.curves import reach_by_gap, reach_curve
from caldframe.metrics.reach.histories import attempts

__all__ = ["attempts", "reach_by_gap", "reach_curve"]
