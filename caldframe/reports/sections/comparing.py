"""Campaigns or agents beside one another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from caldframe.metrics.compare import compare_lengths, compare_outcomes
from caldframe.plots import compare_outcomes as draw_compare_outcomes
from caldframe.reports.material import CAMPAIGN
from caldframe.reports.parts import Chart, Finding, Section, Table
from caldframe.reports.words import interval, p_statement, p_value, percent, points, seconds

if TYPE_CHECKING:
    import pandas as pd

    from caldframe.reports.material import Material

__all__ = ["comparing"]

_NOTE: Final = (
    "Groups that were not drawn by lot differ in more than their name: an agent who calls in the evening is "
    "compared together with the evening."
)
_NO_TENDENCY: Final = 0.5


def comparing(material: Material) -> Section | None:
    """Compare campaigns, or the agents of one; nothing where there is only one of them."""
    by = material.by
    if by is None or not material.completed:
        return None
    rates = compare_outcomes(material.calls, by, outcome=material.outcome, confidence=material.confidence)
    spans = compare_lengths(material.calls, by, confidence=material.confidence)
    findings = [*_of_rates(rates, by, material), *_of_lengths(spans, by, material)]
    return Section(
        "comparison",
        "Campaigns side by side" if by == CAMPAIGN else "Agents side by side",
        findings,
        [
            Chart(
                lambda axes: draw_compare_outcomes(rates, ax=axes),
                7.8,
                1.4 + 0.4 * len(rates),
                f"How far each {by} is from the rest, with intervals: from "
                f"{points(rates['difference'].min())} to {points(rates['difference'].max())} points.",
            )
        ],
        [
            Table(
                f"Share of completed calls that were {material.outcome_words}, by {by}, and its difference "
                f"from the rest in points, with {material.level} intervals; p adjusted for all rows",
                [by, "calls", "share", "interval", "difference", "p"],
                [
                    [
                        str(row[by]),
                        f"{row['total']:,}",
                        percent(row["rate"]),
                        interval(row["rate_low"], row["rate_high"]),
                        points(row["difference"], row["low"], row["high"]),
                        p_value(row["p_adjusted"]),
                    ]
                    for row in rates.to_dict("records")
                ],
            ),
            Table(
                f"Median length of picked-up calls, by {by}, and how often a call is longer than one of the "
                "rest; p adjusted for all rows",
                [by, "calls", "median", "of the rest", "longer", "p"],
                [
                    [
                        str(row[by]),
                        f"{row['n']:,}",
                        seconds(row["median"]),
                        seconds(row["baseline_median"]),
                        percent(row["longer"]),
                        p_value(row["p_adjusted"]),
                    ]
                    for row in spans.to_dict("records")
                ],
            ),
        ],
        [_NOTE],
        [compare_outcomes, compare_lengths],
    )


def _of_lengths(spans: pd.DataFrame, by: str, material: Material) -> list[Finding]:
    apart = spans[spans["p_adjusted"] < 1 - material.confidence]
    if apart.empty:
        return []
    row = max(apart.to_dict("records"), key=lambda row: abs(row["longer"] - _NO_TENDENCY))
    return [
        Finding(
            f"{row[by]}: picked-up calls lasted {seconds(row['median'])} in the middle, those of the rest "
            f"{seconds(row['baseline_median'])}; {percent(row['longer'])} of pairs have the longer one here "
            f"({p_statement(row['p_adjusted'])})."
        )
    ]


def _of_rates(rates: pd.DataFrame, by: str, material: Material) -> list[Finding]:
    apart = rates[rates["p_adjusted"] < 1 - material.confidence].sort_values("difference", ascending=False)
    if apart.empty:
        return [
            Finding(
                f"No {by} differs from the rest by more than chance in the share of calls that were "
                f"{material.outcome_words}."
            )
        ]
    ranked = apart.to_dict("records")
    told = [ranked[0], ranked[-1]] if len(ranked) > 1 else ranked
    return [
        Finding(
            f"{row[by]}: {percent(row['rate'])} of {row['total']:,} calls were {material.outcome_words}, "
            f"{points(row['difference'], row['low'], row['high'])} points beside the rest "
            f"({p_statement(row['p_adjusted'])}).",
            "Read calls of both before you change anything: the groups may differ in more than their name.",
        )
        for row in told
    ]
