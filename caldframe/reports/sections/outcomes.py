"""How calls ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from caldframe.display import counted, escape_text
from caldframe.metrics.outcomes import outcome_rates
from caldframe.plots import outcome_rates as draw_outcome_rates
from caldframe.reports.parts import Chart, Finding, Section, Table
from caldframe.reports.words import interval, listed, percent, with_interval

if TYPE_CHECKING:
    from typing import Any

    from caldframe.reports.material import Material

__all__ = ["outcomes"]

_WORDS: Final = {
    "pickedUp": "were picked up",
    "ivr": "were answered by a menu",
    "voicemail": "went to voicemail",
    "unanswered": "were not answered",
    "disconnected": "were disconnected",
    "failed": "failed",
}
_NOTES: Final = (
    "A pending call has not failed: shares are of completed calls.",
    (
        "Intervals take calls as independent. Several calls to one prospect are not, so where prospects were "
        "called often, the truth is less certain than an interval says."
    ),
)
_MOST_NAMED: Final = 2


def outcomes(material: Material) -> Section:
    """Tell how calls ended, all together and by campaign or agent."""
    rates = outcome_rates(material.calls, confidence=material.confidence)
    total = int(rates["total"].iloc[0])
    if not total:
        waiting = counted(len(material.calls), "call")
        said = (
            f"No call is completed yet: {waiting} so far." if len(material.calls) else "There are no calls."
        )
        return Section("outcomes", "How calls ended", [Finding(said)], metrics=[outcome_rates])
    rates = rates[rates["n"].gt(0) | rates["result"].ne("pending")]
    finding = _finding(rates, total)
    chart = Chart(lambda axes: draw_outcome_rates(rates, ax=axes), 4.8, 1.1 + 0.3 * len(rates), finding.text)
    tables = [
        Table(
            f"How {counted(total, 'completed call')} ended, with {material.level} intervals",
            ["result", "calls", "share", "interval"],
            [
                [
                    _name(row["result"]),
                    f"{row['n']:,}",
                    percent(row["rate"]),
                    interval(row["low"], row["high"]),
                ]
                for row in rates.to_dict("records")
            ],
        )
    ]
    if material.by is not None:
        tables.append(_by_group(material, material.by))
    return Section(
        "outcomes",
        "How calls ended",
        [finding],
        [chart],
        tables,
        _NOTES,
        [outcome_rates],
    )


def _finding(rates: pd.DataFrame, total: int) -> Finding:
    by_result = {row["result"]: row for row in rates.to_dict("records")}
    picked_up = by_result.pop("pickedUp")
    rest = sorted(by_result.values(), key=lambda row: -row["n"])
    common = [
        f"{percent(row['rate'])} {_WORDS[row['result']]}"
        for row in rest[:_MOST_NAMED]
        if row["n"] and row["result"] in _WORDS
    ]
    share = with_interval(picked_up["rate"], picked_up["low"], picked_up["high"])
    return Finding(
        f"{share} of {counted(total, 'completed call')} were picked up.",
        f"Of all of them, {listed(common)}." if common else "",
    )


def _by_group(material: Material, by: str) -> Table:
    rates = outcome_rates(material.calls, by, confidence=material.confidence)
    totals = rates.groupby("result", sort=False, dropna=False)["n"].sum()
    results = totals[totals > 0].index.tolist()
    rows = []
    for group, part in rates.groupby(by, sort=False):
        cells = [percent(rate) for rate in part.loc[part["result"].isin(results), "rate"]]
        rows.append([str(group), f"{part['total'].iloc[0]:,}", *cells])
    return Table(
        f"How completed calls ended, by {by}: shares of each {by}'s calls",
        [by, "calls", *map(_name, results)],
        rows,
    )


def _name(result: Any) -> str:
    return "no result" if pd.isna(result) else escape_text(str(result))
