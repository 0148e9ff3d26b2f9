"""The table of campaigns that could not be fetched."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import pandas as pd

__all__ = ["FAILURE_COLUMNS", "no_failures"]

FAILURE_COLUMNS: Final = {
    "campaign_id": pd.StringDtype(na_value=np.nan),
    "error": pd.StringDtype(na_value=np.nan),
    "message": pd.StringDtype(na_value=np.nan),
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
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in FAILURE_COLUMNS.items()})
