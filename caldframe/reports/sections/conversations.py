"""How conversations go: where they end, who asks not to be called again, and a few calls to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from caldframe.display import counted
from caldframe.metrics.conversation import drop_off, hang_up_lines, opt_outs
from caldframe.plots import drop_off as draw_drop_off
from caldframe.privacy import redact
from caldframe.reports.calls_to_read import choose_calls
from caldframe.reports.material import short_name
from caldframe.reports.parts import ENOUGH, Chart, Finding, Section, Table
from caldframe.reports.words import interval, percent, points, with_interval

if TYPE_CHECKING:
    import pandas as pd

    from caldframe.reports.material import Material

__all__ = ["conversations"]

_MOST_TURNS: Final = 12
_MOST_LINES: Final = 6
_LONGEST_LINE: Final = 120
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
    lines = _lines(material)
    return Section(
        "conversations",
        "How conversations go",
        [*_opt_outs(transcripts), *_drop_off(ends), *_losing_line(lines)],
        [_chart(ends)],
        [_table(ends, material), *([_table_of_lines(lines, material)] if lines else [])],
        _NOTES,
        [drop_off, hang_up_lines, opt_outs],
        choose_calls(material),
    )


def _chart(ends: pd.DataFrame) -> Chart:
    last = ends.to_dict("records")[-1]
    return Chart(
        lambda axes: draw_drop_off(ends, ax=axes),
        4.8,
        3.2,
        f"{percent(last['share'])} of {counted(last['calls'], 'picked-up call')} get to turn {last['turn']}.",
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


def _lines(material: Material) -> list[dict[Any, Any]]:
    """Give the lines, goodbyes aside, that were said often and after which calls end early."""
    table = hang_up_lines(material.frames.transcripts, material.calls, confidence=material.confidence)
    table = table[(table["said"] >= ENOUGH) & ~table["goodbye"]].head(_MOST_LINES)
    if material.redact:
        table = redact(table, names=material.names, columns=["line"])
    rows: list[dict[Any, Any]] = table.to_dict("records")
    return rows


def _table_of_lines(lines: list[dict[Any, Any]], material: Material) -> Table:
    return Table(
        "Lines of the assistant after which calls end early, before the person has said something three "
        "times: what part ends there, and the difference in points from other lines at the same place, with "
        f"its {material.level} interval",
        ["line", "said", "ended after it", "of them", "difference"],
        [
            [
                short_name(row["line"], _LONGEST_LINE),
                f"{row['said']:,}",
                f"{row['calls']:,}",
                percent(row["hazard"]),
                points(row["difference"], row["low"], row["high"]),
            ]
            for row in lines
        ],
    )


def _losing_line(lines: list[dict[Any, Any]]) -> list[Finding]:
    """Tell which line loses more people than others at its place, if one surely does."""
    surely = [row for row in lines if row["low"] > 0]
    if not surely:
        return []
    worst = max(surely, key=lambda row: row["calls"])
    share = with_interval(worst["hazard"], worst["hazard_low"], worst["hazard_high"])
    return [
        Finding(
            f"After \N{LEFT DOUBLE QUOTATION MARK}{short_name(worst['line'], _LONGEST_LINE)}"
            f"\N{RIGHT DOUBLE QUOTATION MARK} {share} of {counted(worst['said'], 'call')} end early, "
            f"{points(worst['difference'], worst['low'], worst['high'])} points beside other lines at the "
            "same place.",
            "Try another wording, with some calls by lot, to see whether it is the line.",
        )
    ]


def _opt_outs(transcripts: pd.DataFrame) -> list[Finding]:
    asked = opt_outs(transcripts)
    calls = len(asked[["campaign_id", "call_id"]].drop_duplicates())
    if not calls:
        return []
    them = "the number off the list; caldframe opt-outs gives it"
    if calls > 1:
        them = "their numbers off the list; caldframe opt-outs gives them"
    return [
        Finding(
            f"In {counted(calls, 'call')} somebody asks not to be called again.",
            f"Take {them}.",
            urgent=True,
        )
    ]


def _drop_off(ends: pd.DataFrame) -> list[Finding]:
    """Tell after which of the turns that most calls reach the most of them end."""
    rows: list[dict[Any, Any]] = ends.to_dict("records")
    told = [row for row in rows if row["at_risk"] >= ENOUGH and row["share"] >= 0.5]  # noqa: PLR2004 - most
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
