"""Campaigns at a glance: what `CampaignFrames` shows of itself in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.display import CampaignCard, CampaignLine, Rate, counted
from caldframe.engine import as_booleans, as_text, check_columns, count_rows, is_one_of
from caldframe.frames.cells import text_or_none
from caldframe.schema import RESULTS
from caldframe.stats import wilson_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from caldframe.engine import Counts

__all__ = ["campaign_card"]

_CONFIDENCE: Final = 0.95
_MOST_LINES: Final = 5
_PICKED_UP: Final = "pickedUp"


def campaign_card(
    campaigns: pd.DataFrame, calls: pd.DataFrame, problems: pd.DataFrame, *, facts: Sequence[str]
) -> CampaignCard:
    """Count what the card of some campaigns shows.

    Parameters
    ----------
    campaigns, calls, problems : pandas.DataFrame
        The tables of the campaigns.
    facts : sequence of str
        Further lines to stand below the title.

    Returns
    -------
    CampaignCard
        For one campaign, or for calls without one, how the completed calls ended, as `outcome_rates` counts
        it; for several, a line for each of the first.

    Raises
    ------
    UnknownColumnError
        If a table lacks a column.
    ConfigurationError
        If a column holds values of another kind.
    """
    check_columns(campaigns, ["campaign_id", "name", "status", "agent_id"])
    # All that is shown is in these few rows, however many calls there are.
    counts = count_rows(calls, ["campaign_id", "completed", "result"])
    completed = counts.rows * as_booleans(counts.keys["completed"])
    several = len(campaigns) > 1
    return CampaignCard(
        title=f"{len(campaigns):,} campaigns" if several else _title(campaigns),
        facts=[
            *([] if several else _identity(campaigns)),
            f"{counted(len(calls), 'call')}, {completed.sum():,} of them completed",
            *facts,
        ],
        rates=[] if several else _rates(counts, completed),
        lines=_lines(campaigns, counts, completed) if several else [],
        more=max(len(campaigns) - _MOST_LINES, 0) if several else 0,
        problems=_kinds(problems),
        confidence=_CONFIDENCE,
    )


def _title(campaigns: pd.DataFrame) -> str:
    if campaigns.empty:
        return "Calls without their campaign"
    names = (text_or_none(campaigns[column].iloc[0]) for column in ("name", "campaign_id"))
    return next(filter(None, names), "A campaign without a name")


def _identity(campaigns: pd.DataFrame) -> list[str]:
    names = {"campaign_id": "campaign", "status": "status", "agent_id": "agent"}
    known = [
        f"{name} {text}"
        for column, name in names.items()
        if not campaigns.empty and (text := text_or_none(campaigns[column].iloc[0])) is not None
    ]
    return [", ".join(known)] if known else []


def _rates(counts: Counts, completed: NDArray[np.int64]) -> list[Rate]:
    """Give a rate for each documented result, then for others that occur, sorted, then for none."""
    ended = pd.Series(completed).groupby(_results(counts), dropna=False).sum()
    ended = ended[ended > 0]
    others = sorted({result for result in ended.index.dropna() if result not in RESULTS})
    total = int(completed.sum())
    rates = [_rate(result, int(ended.get(result, 0)), total) for result in (*RESULTS, *others)]
    unknown = int(ended[ended.index.isna()].sum())
    return [*rates, _rate(None, unknown, total)] if unknown else rates


def _lines(campaigns: pd.DataFrame, counts: Counts, completed: NDArray[np.int64]) -> list[CampaignLine]:
    homes = as_text(counts.keys["campaign_id"])
    picked_up = completed * is_one_of(_results(counts), _PICKED_UP)
    lines = []
    for campaign in campaigns.head(_MOST_LINES).to_dict("records"):
        identity = text_or_none(campaign["campaign_id"])
        own = (homes.isna() if identity is None else homes.eq(identity)).to_numpy(
            dtype=np.bool_, na_value=False
        )
        lines.append(
            CampaignLine(
                name=text_or_none(campaign["name"]) or identity or "",
                status=text_or_none(campaign["status"]),
                calls=int(counts.rows[own].sum()),
                picked_up=_rate(_PICKED_UP, int(picked_up[own].sum()), int(completed[own].sum())),
            )
        )
    return lines


def _kinds(problems: pd.DataFrame) -> list[tuple[str, int]]:
    kinds = count_rows(problems, ["problem"])
    most = np.argsort(-kinds.rows, kind="stable")
    return [(str(kinds.keys["problem"].iloc[place]), int(kinds.rows[place])) for place in most]


def _results(counts: Counts) -> pd.Series[Any]:
    return as_text(counts.keys["result"])


def _rate(result: str | None, n: int, total: int) -> Rate:
    low, high = wilson_interval(n, total, _CONFIDENCE)
    return Rate(result, n, total, float(low), float(high))
