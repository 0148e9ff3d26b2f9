"""How far the campaign is, and when it will be through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from caldframe.display import DASH, counted
from caldframe.engine import as_times
from caldframe.metrics.timing import progress
from caldframe.plots import progress as draw_progress
from caldframe.reports.material import CAMPAIGN
from caldframe.reports.parts import Chart, Finding, Section, Table
from caldframe.reports.words import days, moment

if TYPE_CHECKING:
    from caldframe.reports.material import Material

__all__ = ["timeline"]

_NOTE: Final = (
    "It supposes that things go on as they did and that no calls are added; a campaign that follows up adds "
    "calls as it goes."
)
_HOURLY: Final = pd.Timedelta(days=2)
_DAILY: Final = pd.Timedelta(days=60)


@dataclass(frozen=True)
class _Campaign:
    """A campaign, how it got on, and when its last call was completed."""

    name: str
    table: pd.DataFrame
    last_completed: Any

    @property
    def now(self) -> dict[Any, Any]:
        """The last row of its progress."""
        rows: list[dict[Any, Any]] = self.table.tail(1).to_dict("records")
        return rows[0]

    @property
    def remaining(self) -> int:
        return int(self.now["remaining"])


def timeline(material: Material) -> Section | None:
    """Tell how far each campaign is, and when it will be through; nothing where no call is completed."""
    campaigns = [
        _follow(str(name), calls, material) for name, calls in material.calls.groupby(CAMPAIGN, sort=False)
    ]
    started = [campaign for campaign in campaigns if len(campaign.table)]
    if not started:
        return None
    running = [campaign for campaign in started if campaign.remaining]
    return Section(
        "progress",
        "How far it is",
        [_finding(campaign, material) for campaign in running],
        [_chart(campaign) for campaign in (running if material.several else started)],
        [
            Table(
                f"Calls completed, and the end expected at the pace of the last seven days ({material.zone})",
                ["campaign", "completed", "remaining", "since", "expected end", "range"],
                [_row(campaign) for campaign in started],
            )
        ],
        [_NOTE] if running else [],
        [progress],
    )


def _follow(name: str, calls: pd.DataFrame, material: Material) -> _Campaign:
    completed_at = as_times(calls["completed_at"])
    span = completed_at.max() - completed_at.min()
    freq = "D" if span <= _DAILY else "W-MON"
    if pd.isna(span) or span <= _HOURLY:
        freq = "h"
    table = progress(calls, freq=freq, tz=material.zone, confidence=material.confidence)
    return _Campaign(name, table, completed_at.dt.tz_convert(material.zone).max())


def _row(campaign: _Campaign) -> list[str]:
    now = campaign.now
    return [
        campaign.name,
        f"{now['cumulative']:,}",
        f"{campaign.remaining:,}",
        moment(campaign.table["start"].iloc[0]),
        moment(now["expected_end"], clock=True),
        days(now["low"], now["high"]),
    ]


def _chart(campaign: _Campaign) -> Chart:
    completed = counted(campaign.now["cumulative"], "call")
    return Chart(
        lambda axes: draw_progress(campaign.table, ax=axes),
        6.4,
        3.2,
        f"{campaign.name}: {completed} completed over time, {campaign.remaining:,} remaining.",
    )


def _finding(campaign: _Campaign, material: Material) -> Finding:
    """Say when the calls that remain will be completed, or that they should have been."""
    now = campaign.now
    one = campaign.remaining == 1
    of = f"{campaign.name}: " if material.several else ""
    remain = f"{of}{counted(campaign.remaining, 'call')} {'remains' if one else 'remain'}"
    latest = now["high"] if pd.notna(now["high"]) else now["expected_end"]
    if pd.isna(latest) or (material.as_of is not None and material.as_of > latest):
        return Finding(
            f"{remain}, and none was completed since {moment(campaign.last_completed)}.",
            f"At the pace of before {'it' if one else 'they'} would be completed by now: look whether the "
            "campaign still runs.",
            urgent=True,
        )
    ends = days(now["low"], now["high"])
    return Finding(
        f"{remain}; at the pace of the last seven days {'it' if one else 'they'} will be completed on "
        f"{moment(now['expected_end'])}{'' if ends == DASH else f' ({ends})'}."
    )
