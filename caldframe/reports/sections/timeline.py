"""How far the campaign is, and when it will be through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from caldframe.metrics.timing import progress
from caldframe.plots import progress as draw_progress
from caldframe.reports.material import CAMPAIGN
from caldframe.reports.parts import Chart, Finding, Section, Table
from caldframe.reports.words import DASH, counted, days, moment

if TYPE_CHECKING:
    from caldframe.reports.material import Material

__all__ = ["timeline"]

_NOTE: Final = (
    "It supposes that things go on as they did and that no calls are added; a campaign that follows up adds "
    "calls as it goes."
)
_HOURLY: Final = pd.Timedelta(days=2)
_DAILY: Final = pd.Timedelta(days=60)


def timeline(material: Material) -> Section | None:
    """Tell how far each campaign is, and when it will be through; nothing where no call is completed."""
    rows, findings, charts = [], [], []
    for campaign, calls in material.calls.groupby(CAMPAIGN, sort=False):
        table = progress(calls, freq=_freq(calls), tz=material.zone, confidence=material.confidence)
        if table.empty:
            rows.append([str(campaign), "0", f"{len(calls):,}", DASH, DASH, DASH])
            continue
        last = table.iloc[-1]
        remaining = int(last["remaining"])
        expected = moment(last["expected_end"], clock=True)
        ends = days(last["low"], last["high"])
        begin = moment(table["start"].iloc[0])
        rows.append([str(campaign), f"{last['cumulative']:,}", f"{remaining:,}", begin, expected, ends])
        if remaining or not material.several:
            charts.append(_chart(table, str(campaign), remaining))
        if remaining:
            findings.append(_expectation(f"{campaign}: " if material.several else "", remaining, last))
    if not any(row[1] != "0" for row in rows):
        return None
    return Section(
        "progress",
        "How far it is",
        findings,
        charts,
        [
            Table(
                f"Calls completed, and the end expected at the pace of the last seven days ({material.zone})",
                ["campaign", "completed", "remaining", "since", "expected end", "range"],
                rows,
            )
        ],
        [_NOTE] if findings else [],
        [progress],
    )


def _chart(table: pd.DataFrame, campaign: str, remaining: int) -> Chart:
    done = int(table["cumulative"].iloc[-1])
    return Chart(
        lambda axes: draw_progress(table, ax=axes),
        5.6,
        3.2,
        f"{campaign}: {counted(done, 'call')} completed over time, {remaining:,} remaining.",
    )


def _expectation(of: str, remaining: int, last: pd.Series) -> Finding:
    if pd.isna(last["expected_end"]):
        return Finding(
            f"{of}{counted(remaining, 'call')} remain, and none was completed in the last seven days.",
            "Look whether the campaign still runs.",
            urgent=True,
        )
    ends = f" ({days(last['low'], last['high'])})" if pd.notna(last["low"]) else ""
    return Finding(
        f"{of}{counted(remaining, 'call')} remain; at the pace of the last seven days they will be completed "
        f"on {moment(last['expected_end'])}{ends}."
    )


def _freq(calls: pd.DataFrame) -> str:
    span = calls["completed_at"].max() - calls["completed_at"].min()
    if pd.isna(span) or span <= _HOURLY:
        return "h"
    return "D" if span <= _DAILY else "W-MON"
