"""Whether the numbers that call are still answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from caldframe.display import DASH, counted
from caldframe.engine import as_text
from caldframe.metrics.outcomes import caller_numbers
from caldframe.plots import caller_numbers as draw_caller_numbers
from caldframe.reports.material import short_name
from caldframe.reports.parts import Chart, Finding, Section, Table
from caldframe.reports.words import moment, p_statement, p_value, percent

if TYPE_CHECKING:
    from typing import Any

    from caldframe.reports.material import Material

__all__ = ["callers"]

_MOST_NUMBERS: Final = 8
_NOTE: Final = (
    "A small p says that the answer rate did not stay the same, not why. A label as spam is of one number: "
    "if all changed at the same time, look at the list, the hours and the weekday first."
)


def callers(material: Material) -> Section | None:
    """Follow how the calls of each calling number are answered; nothing where no number called."""
    calls = material.calls.assign(from_number=_labels(material))
    calls = calls[calls["from_number"].notna()]
    table = caller_numbers(calls, tz=material.zone, confidence=material.confidence)
    table = table[table["n"] > 0]
    if table.empty:
        return None
    last = table.groupby("from_number", sort=False).tail(1).to_dict("records")
    changed = [row for row in last if row["p_adjusted"] < 1 - material.confidence]
    others_did_not = len(changed) < len(last)
    findings = [_change(row, others_did_not=others_did_not) for row in changed] or [
        Finding(
            f"Of {counted(len(last), 'calling number')}, none is shown to be answered otherwise than before."
        )
    ]
    return Section(
        "callers",
        "The numbers that call",
        findings,
        [
            Chart(
                lambda axes: draw_caller_numbers(table, ax=axes),
                7.2,
                1.5 + 0.85 * len(last),
                f"The answer rate of {counted(len(last), 'calling number')} day by day. {findings[0].text}",
            )
        ],
        [
            Table(
                "Calling numbers: the answer rate of the last seven days on which each called, the most "
                "likely day of a change, the rates before and since, and p adjusted for all rows",
                ["number", "calls", "answered", "likeliest change", "before", "since", "p"],
                [_row(row) for row in last],
            )
        ],
        [_NOTE],
        [caller_numbers],
    )


def _labels(material: Material) -> pd.Series[Any]:
    """Name the numbers with the most calls, by their order or as they are; the others are null."""
    numbers = as_text(material.calls["from_number"])
    outbound = as_text(material.calls["direction"]).eq("outbound").fillna(value=False)
    most = numbers[outbound].value_counts().index[:_MOST_NUMBERS]
    labels = {
        number: f"number {place}" if material.pseudonymise else short_name(str(number))
        for place, number in enumerate(most, 1)
    }
    return as_text(numbers.map(labels))


def _change(row: dict[Any, Any], *, others_did_not: bool) -> Finding:
    advice = ""
    worse = row["rate_after"] < row["rate_before"]
    if worse and others_did_not:
        advice = "It may be labelled as spam: look it up, and let others call in the meantime."
    elif worse:
        advice = "Perhaps a label as spam, perhaps those who are easily reached have been: look it up."
    return Finding(
        f"Of the calls from {row['from_number']}, {percent(row['rate_before'])} were answered before "
        f"{moment(row['change_day'])} and {percent(row['rate_after'])} since "
        f"({p_statement(row['p_adjusted'])}).",
        advice,
        urgent=worse and others_did_not,
    )


def _row(row: dict[Any, Any]) -> list[str]:
    changed = pd.notna(row["change_day"])
    return [
        row["from_number"],
        f"{row['n']:,}",
        percent(row["answer_rate"]),
        moment(row["change_day"]) if changed else DASH,
        percent(row["rate_before"]),
        percent(row["rate_after"]),
        p_value(row["p_adjusted"]),
    ]
