"""How conversations go: where they end, who asks not to be called again, and a few calls to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from caldframe.metrics.conversation import drop_off, opt_outs
from caldframe.reports.calls_to_read import choose_calls
from caldframe.reports.parts import Finding, Section, Table
from caldframe.reports.words import counted, interval, percent, with_interval

if TYPE_CHECKING:
    import pandas as pd

    from caldframe.reports.material import Material

__all__ = ["conversations"]

_MOST_TURNS: Final = 12
_ENOUGH: Final = 30  # calls; of a turn that fewer reach nothing is said
_NOTES: Final = (
    "Who spoke last did not always end the call: an assistant that says goodbye speaks last as well.",
    (
        "Requests not to be called again are found by patterns. They are there to find those who asked, not "
        "to show that nobody did."
    ),
)


def conversations(material: Material) -> Section | None:
    """Tell where conversations end, and show some; nothing where nothing was said."""
    transcripts = material.frames.transcripts
    ends = drop_off(transcripts, material.calls, max_turns=_MOST_TURNS, confidence=material.confidence)
    if ends.empty or not ends["at_risk"].iloc[0]:
        return None
    return Section(
        "conversations",
        "How conversations go",
        [*_opt_outs(transcripts), *_drop_off(ends)],
        tables=[_table(ends, material)],
        notes=_NOTES,
        metrics=[drop_off, opt_outs],
        calls=choose_calls(material),
    )


def _table(ends: pd.DataFrame, material: Material) -> Table:
    return Table(
        f"Picked-up calls by turn: how many get there, and what part of them ends there, with its "
        f"{material.level} interval and who spoke last",
        ["turn", "calls", "share", "end here", "interval", "assistant last", "user last"],
        [
            [
                f"{row['turn']}",
                f"{row['at_risk']:,}",
                percent(row["share"]),
                percent(row["hazard"]),
                interval(row["hazard_low"], row["hazard_high"]),
                f"{row['last_assistant']:,}",
                f"{row['last_user']:,}",
            ]
            for row in ends.to_dict("records")
        ],
    )


def _opt_outs(transcripts: pd.DataFrame) -> list[Finding]:
    asked = opt_outs(transcripts)
    calls = len(asked[["campaign_id", "call_id"]].drop_duplicates())
    if not calls:
        return []
    return [
        Finding(
            f"In {counted(calls, 'call')} somebody asks not to be called again.",
            "Take their numbers off the list: opt_out_numbers gives them.",
            urgent=True,
        )
    ]


def _drop_off(ends: pd.DataFrame) -> list[Finding]:
    """Tell after which of the turns that most calls reach the most of them end."""
    rows: list[dict[Any, Any]] = ends.to_dict("records")
    told = [row for row in rows if row["at_risk"] >= _ENOUGH and row["share"] >= 0.5]  # noqa: PLR2004 - most
    if not told:
        return []
    worst = max(told, key=lambda row: row["hazard"])
    if not worst["ended"]:
        return []
    share = with_interval(worst["hazard"], worst["hazard_low"], worst["hazard_high"])
    return [
        Finding(
            f"Of the first turns, which most calls reach, turn {worst['turn']} loses the most: {share} of "
            f"{counted(worst['at_risk'], 'call')} that got there ended there.",
            "Read what is said there.",
        )
    ]
