"""The ratios by which outbound calling is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from caldframe.display import DASH, counted
from caldframe.metrics.outcomes import audited_answer_rate, contact_kpis
from caldframe.reports.parts import Finding, Section, Table
from caldframe.reports.words import interval, percent, seconds, with_interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caldframe.reports.material import Material

__all__ = ["ratios"]

_SHARES: Final = {
    "human_answer_rate": "human answer rate",
    "connection_rate": "connection rate, voicemail and menus included",
    "human_share_of_answered": "human share of the answered",
    "answer_seizure_ratio": "answer-seizure ratio (ITU-T E.425)",
    "network_effectiveness_ratio": "network effectiveness ratio",
    "disconnected_rate": "disconnected rate",
    "short_call_rate": "short-call rate, under 10 seconds",
    "engagement_rate": "engagement rate, over 60 seconds",
    "contact_rate_of_called": "contact rate, of prospects called",
}
_NUMBERS: Final = {
    "calls_per_called_prospect": "calls per prospect called",
    "calls_per_reached_prospect": "calls per prospect reached",
}
_LENGTHS: Final = {"mean_length": "mean length", "median_length": "median length"}
_BOUNDS: Final = {
    "fewest": "human answer rate at least, by what was said",
    "most": "human answer rate at most, by what was said",
}
_MUCH: Final = 0.15  # what Twilio Voice Insights takes for a sign of low trust


def ratios(material: Material) -> Section | None:
    """Give the ratios of the field; nothing without completed outbound calls."""
    table = contact_kpis(material.calls, confidence=material.confidence)
    kpis = {row["kpi"]: row for row in table.to_dict("records")}
    if not kpis["human_answer_rate"]["denominator"]:
        return None
    return Section(
        "ratios",
        "The ratios of the field",
        _findings(kpis),
        tables=[
            Table(
                f"Completed outbound calls, with {material.level} intervals",
                ["ratio", "counted", "of", "value", "interval"],
                [*_rows(kpis), *_audited(material)],
            )
        ],
        notes=[
            "The same words mean different things in different houses; what is divided by what stands beside."
        ],
        metrics=[contact_kpis, audited_answer_rate],
    )


def _rows(kpis: Mapping[str, Mapping[Any, Any]]) -> list[list[str]]:
    rows = []
    for name, label in (_SHARES | _NUMBERS | _LENGTHS).items():
        row = kpis[name]
        if name in _SHARES:
            value, ends = percent(row["rate"]), interval(row["low"], row["high"])
        elif name in _NUMBERS:
            value, ends = f"{row['rate']:.2f}" if row["denominator"] else DASH, DASH
        else:
            value, ends = seconds(row["rate"], row["low"], row["high"]), DASH
        counted_ = DASH if name in _LENGTHS else f"{row['numerator']:,.0f}"
        rows.append([label, counted_, f"{row['denominator']:,.0f}", value, ends])
    return rows


def _audited(material: Material) -> list[list[str]]:
    """Give the least and the most that the human answer rate could be, by what was said."""
    rates = audited_answer_rate(
        material.calls, material.frames.transcripts, confidence=material.confidence
    ).to_dict("records")
    return [
        [
            _BOUNDS[row["labels"]],
            f"{row['n']:,}",
            f"{row['total']:,}",
            percent(row["rate"]),
            interval(row["low"], row["high"]),
        ]
        for row in rates
        if row["labels"] in _BOUNDS
    ]


def _findings(kpis: Mapping[str, Mapping[Any, Any]]) -> list[Finding]:
    short = kpis["short_call_rate"]
    if not short["denominator"]:
        return []
    share = with_interval(short["rate"], short["low"], short["high"])
    said = f"{share} of {counted(short['denominator'], 'picked-up call')} were over within 10 seconds"
    if short["low"] > _MUCH:
        return [
            Finding(
                f"{said}, more than the {percent(_MUCH)} that is taken for a sign of low trust.",
                "Callers may be taken for spam: look the calling numbers up, and read how these calls began.",
                urgent=True,
            )
        ]
    if short["high"] > _MUCH:
        return [
            Finding(f"{said}; above {percent(_MUCH)} is taken for a sign of low trust.", "Too few to tell.")
        ]
    return [Finding(f"{said}, less than the {percent(_MUCH)} that is taken for a sign of low trust.")]
