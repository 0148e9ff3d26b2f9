"""The head of a report: whose campaigns these are, when they called, and a handful of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from caldframe.display import counted, escape_text
from caldframe.engine import as_text, as_times
from caldframe.metrics.lengths import length_summary
from caldframe.metrics.outcomes import contact_kpis, outcome_rates
from caldframe.reports.words import days, interval, listed, moment, percent, seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caldframe.reports.material import Material

__all__ = ["Fact", "facts_of", "subtitle_of", "title_of"]

_STATUSES: Final = {
    "pending": "not started yet",
    "active": "running",
    "not_funded": "stopped for lack of funds",
    "finished": "finished",
    "cancelled": "cancelled",
}


@dataclass(frozen=True)
class Fact:
    """A number at the head of the report: what it is, the number, and what it is of."""

    name: str
    value: str
    note: str


def title_of(material: Material) -> str:
    """Give the title of a report that was given none: the campaign's name, or how many there are."""
    if len(material.campaigns) == 1:
        return material.campaigns[0] or "A campaign without a name"
    return counted(len(material.frames.campaigns), "campaign")


def subtitle_of(material: Material) -> list[str]:
    """Say how far the campaigns are, when they called, and when they were fetched."""
    campaigns = material.frames.campaigns
    lines = []
    statuses = as_text(campaigns["status"]).fillna("unknown").value_counts()
    if len(campaigns) == 1:
        status = str(statuses.index[0])
        lines.append(f"Status: {_STATUSES.get(status, escape_text(status))}")
    elif len(campaigns):
        words = [f"{n:,} {_STATUSES.get(str(name), escape_text(str(name)))}" for name, n in statuses.items()]
        lines.append(f"Status: {listed(words)}")
    placed = as_times(material.calls["created_at"]).dropna().dt.tz_convert(material.zone)
    if len(placed):
        lines.append(f"Called {days(placed.min(), placed.max())} ({material.zone})")
    fetched = as_times(campaigns["fetched_at"]).dropna().dt.tz_convert(material.zone)
    if len(fetched):
        lines.append(f"As of {moment(fetched.max(), clock=True)} ({material.zone})")
    missing = len(material.frames.failures)
    if missing:
        lines.append(f"{counted(missing, 'campaign')} could not be fetched and are not in this report")
    return lines


def facts_of(material: Material) -> Sequence[Fact]:
    """Give the numbers that most readers want first."""
    calls = len(material.calls)
    waiting = calls - material.completed
    rates = outcome_rates(material.calls, confidence=material.confidence).to_dict("records")
    picked_up = next(row for row in rates if row["result"] == "pickedUp")
    kpis = contact_kpis(material.calls, confidence=material.confidence).to_dict("records")
    reached = next(row for row in kpis if row["kpi"] == "contact_rate_of_called")
    lengths = length_summary(material.calls, confidence=material.confidence).to_dict("records")[0]
    return [
        Fact("Calls", f"{calls:,}", f"{waiting:,} not completed" if waiting else "all completed"),
        Fact(
            "Picked up",
            percent(picked_up["rate"]),
            f"{picked_up['n']:,} of {picked_up['total']:,}, {interval(picked_up['low'], picked_up['high'])}",
        ),
        Fact(
            "Prospects reached",
            percent(reached["rate"]),
            f"{reached['numerator']:,.0f} of {reached['denominator']:,} called",
        ),
        Fact(
            "Median length",
            seconds(lengths["p50"]),
            "of calls that were picked up" if lengths["n"] else "no call was picked up",
        ),
        Fact(
            "Talked",
            seconds(lengths["total"]),
            "in calls that were picked up",
        ),
    ]
