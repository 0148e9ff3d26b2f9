"""What each attempt to reach a prospect achieves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from caldframe.display import counted
from caldframe.metrics.reach import reach_curve
from caldframe.plots import reach_curve as draw_reach_curve
from caldframe.reports.parts import ENOUGH, NARROW, Chart, Finding, Section, Table
from caldframe.reports.words import interval, percent, with_interval

if TYPE_CHECKING:
    import pandas as pd

    from caldframe.reports.material import Material

__all__ = ["reach"]

_NOTES: Final = (
    (
        "Reach takes those who were not called again for as easy to reach as those who were. Where calls "
        "stopped because somebody is hard to reach, it is too high; observed is the least that it can be."
    ),
    (
        "A share that falls from attempt to attempt does not say that calling again puts people off: who is "
        "easily reached is reached early."
    ),
)
_MOST_ATTEMPTS: Final = 10
_FEW_ATTEMPTS: Final = 6
_WIDE: Final = 6.6  # inches


def reach(material: Material) -> Section | None:
    """Tell what part of the prospects each attempt reaches; nothing where none was attempted."""
    curve = reach_curve(
        material.calls,
        outcome=material.outcome,
        max_attempts=_MOST_ATTEMPTS,
        confidence=material.confidence,
    )
    if not curve["at_risk"].iloc[0]:
        return None
    rows = [
        [
            f"{row['attempt']}",
            f"{row['at_risk']:,}",
            f"{row['reached']:,}",
            percent(row["hazard"]),
            interval(row["hazard_low"], row["hazard_high"]),
            percent(row["reach"]),
            percent(row["observed"]),
        ]
        for row in curve.to_dict("records")
    ]
    notes = list(_NOTES)
    if curve.attrs["left_out"]:
        notes.append(
            f"{counted(curve.attrs['left_out'], 'completed outbound call')} could not be placed: no number, "
            "or no time of one of the prospect's calls."
        )
    return Section(
        "reach",
        "How many attempts it takes",
        _findings(curve),
        [
            Chart(
                lambda axes: draw_reach_curve(curve, ax=axes),
                NARROW if len(curve) <= _FEW_ATTEMPTS else _WIDE,
                3.4,
                f"Prospects reached so far: {percent(curve['reach'].iloc[0])} by the first attempt, "
                f"{percent(curve['reach'].iloc[-1])} by attempt {curve['attempt'].iloc[-1]}.",
            )
        ],
        [
            Table(
                "Prospects by attempt: how many were still to be reached, what part of them this attempt "
                f"reached, with its {material.level} interval, and what part of all was reached so far",
                ["attempt", "to be reached", "reached", "of them", "interval", "reach", "observed"],
                rows,
            )
        ],
        notes,
        [reach_curve],
    )


def _findings(curve: pd.DataFrame) -> list[Finding]:
    first, *later_ones = curve.to_dict("records")
    told = [row for row in later_ones if row["at_risk"] >= ENOUGH]
    share = with_interval(first["hazard"], first["hazard_low"], first["hazard_high"])
    start = f"The first attempt reached {share} of {counted(first['at_risk'], 'prospect')}"
    if not told:
        return [Finding(f"{start}.", "Too few were called again to say more.")]
    last = told[-1]
    later = with_interval(last["hazard"], last["hazard_low"], last["hazard_high"])
    finding = (
        f"{start}, and attempt {last['attempt']} reached {later} of the {last['at_risk']:,} who were still "
        f"to be reached; {percent(last['reach'])} were reached by then."
    )
    if last["hazard"] > 0 and first["hazard"] > 0:
        return [
            Finding(
                finding,
                f"One prospect reached takes about {1 / first['hazard']:.1f} calls at the first attempt and "
                f"{1 / last['hazard']:.1f} at attempt {last['attempt']}: call again as long as that is worth "
                "it.",
            )
        ]
    return [Finding(finding)]
