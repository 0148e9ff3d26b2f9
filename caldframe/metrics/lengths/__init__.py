"""How long calls lasted, and how long they rang: summaries and distributions, in seconds."""

from __future__ import annotations

from caldframe.metrics.lengths.distribution import length_distribution, length_ecdf
from caldframe.metrics.lengths.ring import ring_time
from caldframe.metrics.lengths.summary import length_summary

__all__ = ["length_distribution", "length_ecdf", "length_summary", "ring_time"]
