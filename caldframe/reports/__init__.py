"""The report: frames → one HTML page that needs nothing else."""

from __future__ import annotations

from caldframe.reports.document import report

__all__ = ["report"]
