"""How far calls got."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from caldframe.metrics.outcomes import funnel
from caldframe.plots import funnel as draw_funnel
from caldframe.reports.parts import Chart, Finding, Section, Table
from caldframe.reports.words import interval, percent, with_interval

if TYPE_CHECKING:
    from caldframe.reports.material import Material

__all__ = ["funnel_of_calls"]

_STAGES: Final = {
    "placed": "placed",
    "completed": "completed",
    "answered": "answered by anybody or anything",
    "picked_up": "picked up by a person",
    "spoke": "the person spoke",
    "engaged": "the person spoke in three turns or more",
}
_MOST_SPEAK: Final = 0.9
_WIDTH: Final = 6.4


def funnel_of_calls(material: Material) -> Section | None:
    """Tell how far calls got, and where most of them were lost; nothing without completed calls."""
    stages = funnel(material.calls, material.frames.transcripts, confidence=material.confidence)
    by_stage = {row["stage"]: row for row in stages.to_dict("records")}
    if not by_stage["completed"]["n"]:
        return None
    rows = [
        [
            _STAGES[name],
            f"{row['n']:,}",
            percent(row["of_previous"]),
            interval(row["of_previous_low"], row["of_previous_high"]),
            percent(row["of_placed"]),
        ]
        for name, row in by_stage.items()
    ]
    findings = []
    spoke, picked_up = by_stage["spoke"], by_stage["picked_up"]
    if picked_up["n"]:
        share = with_interval(spoke["of_previous"], spoke["of_previous_low"], spoke["of_previous_high"])
        engaged = by_stage["engaged"]
        findings.append(
            Finding(
                f"In {share} of {picked_up['n']:,} picked-up calls the person said something; "
                f"{engaged['n']:,} calls became a conversation of three turns of theirs or more.",
                "Read the first lines of those who hung up without a word."
                if spoke["of_previous_high"] < _MOST_SPEAK
                else "",
            )
        )
    pending = by_stage["placed"]["n"] - by_stage["completed"]["n"]
    notes = ["Three turns are a habit of counting, not a measure of interest."]
    if pending:
        notes.insert(0, f"{pending:,} calls are not completed, so shares of all placed calls will rise.")
    return Section(
        "funnel",
        "How far calls got",
        findings,
        [
            Chart(
                lambda axes: draw_funnel(stages, ax=axes),
                _WIDTH,
                1.1 + 0.32 * len(stages),
                f"Of {by_stage['placed']['n']:,} calls placed, {picked_up['n']:,} were picked up, and in "
                f"{spoke['n']:,} the person spoke.",
            )
        ],
        [
            Table(
                "Each stage holds only calls of the one before",
                ["stage", "calls", "of the stage before", "interval", "of all placed"],
                rows,
            )
        ],
        notes,
        [funnel],
    )
