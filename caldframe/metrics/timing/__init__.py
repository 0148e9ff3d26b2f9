"""When calls are made: pick-up rates by hour, calls in quiet hours, and how a campaign gets on."""

from __future__ import annotations

from caldframe.metrics.timing.hours import pickup_by_hour
from caldframe.metrics.timing.pace import progress
from caldframe.metrics.timing.quiet import quiet_hours

__all__ = ["pickup_by_hour", "progress", "quiet_hours"]
