"""Each campaign's own counts beside what its calls say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.engine import Counts, Frame, as_booleans, as_integers, as_text, brought_here, count_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["STATS", "reconciled"]

STATS: Final = {
    "total_calls": None,
    "completed_calls": "completed",
    "failed_calls": "failed",
    "pending_calls": "pending",
    "picked_up_calls": "pickedUp",
    "ivr_calls": "ivr",
    "voicemail_calls": "voicemail",
    "unanswered_calls": "unanswered",
    "disconnected_calls": "disconnected",
}
"""What each of a campaign's own counts is a count of: every call, completed ones, or those with a result."""


def reconciled(campaigns: Frame, calls: Frame) -> pd.DataFrame:
    """Hold each campaign's own counts against its calls; `caldframe.reconcile` says what the rows are.

    Examples
    --------
    >>> campaigns = pd.DataFrame({"campaign_id": ["c1"]} | {stat: [1] for stat in STATS})
    >>> calls = pd.DataFrame({"campaign_id": ["c1"], "completed": [True], "result": ["ivr"]})
    >>> reconciled(campaigns, calls).query("difference == 0")["stat"].tolist()
    ['total_calls', 'completed_calls', 'ivr_calls']
    """
    listed = count_rows(brought_here(campaigns, ["campaign_id", *STATS]), ["campaign_id", *STATS])
    counts = count_rows(calls, ["campaign_id", "completed", "result"])

    ids = [as_text(part.keys["campaign_id"]) for part in (listed, counts)]
    # Calls are counted in no order, so campaigns that only calls have are sorted.
    known = pd.Index(pd.concat([ids[0], ids[1].sort_values()]).drop_duplicates())
    listed_at, counted_at = (known.get_indexer(pd.Index(part)) for part in ids)
    parts = [
        pd.DataFrame(
            {
                "campaign_id": known,
                "stat": stat,
                "reported": _reported(listed, stat, listed_at, len(known)),
                "counted": _counted(counts, meaning, counted_at, len(known)),
            }
        )
        for stat, meaning in STATS.items()
    ]
    # A stat at a time is how they are counted, a campaign at a time is how they are read.
    table = pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)
    table["difference"] = table["reported"] - table["counted"]
    return table


def _reported(campaigns: Counts, stat: str, positions: NDArray[np.intp], size: int) -> pd.Series[Any]:
    """Add the API's counts up, campaign by campaign; unknown where one of them is."""
    amounts = as_integers(campaigns.keys[stat]) * campaigns.rows
    return amounts.groupby(positions).sum(skipna=False).reindex(range(size))


def _counted(calls: Counts, meaning: str | None, positions: NDArray[np.intp], size: int) -> pd.Series[Any]:
    """Count the calls that a stat is a count of, campaign by campaign."""
    if meaning is None:
        so = np.ones(len(calls.rows), dtype=np.bool_)
    elif meaning == "completed":
        so = as_booleans(calls.keys["completed"])
    else:
        so = (as_text(calls.keys["result"]) == meaning).to_numpy(dtype=np.bool_)
    counts = np.zeros(size, dtype=np.int64)
    np.add.at(counts, positions, calls.rows * so)
    return pd.Series(counts, dtype="Int64")
