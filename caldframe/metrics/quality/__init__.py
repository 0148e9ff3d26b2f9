"""What is wrong with a campaign's data, what it does to the numbers, and what to do about it."""

from __future__ import annotations

from caldframe.metrics.quality.catalogue import FINDINGS, SEVERITIES, Finding
from caldframe.metrics.quality.table import quality

__all__ = ["FINDINGS", "SEVERITIES", "Finding", "quality"]
