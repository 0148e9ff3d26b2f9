"""The table of campaigns that could not be fetched."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import pandas as pd

from caldframe.frames.cells import table_of_rows

__all__ = ["FAILURE_COLUMNS", "no_failures"]

FAILURE_COLUMNS: Final[dict[str, Any]] = {
    "campaign_id": "str",
    "error": "str",
    "message": "str",
    "status": pd.Int64Dtype(),
    "attempts": pd.Int64Dtype(),
    "retryable": pd.BooleanDtype(),
}
"""The columns of `CampaignFrames.failures` and their dtypes."""


def no_failures() -> pd.DataFrame:
    """Give the table without rows."""
    return _empty_failures().copy()


@cache
def _empty_failures() -> pd.DataFrame:
    return table_of_rows([], FAILURE_COLUMNS)
