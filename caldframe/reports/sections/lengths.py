"""How long calls lasted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caldframe.display import counted
from caldframe.metrics.lengths import length_distribution, length_summary
from caldframe.plots import length_distribution as draw_length_distribution
from caldframe.reports.parts import Chart, Finding, Section, Table
from caldframe.reports.words import seconds

if TYPE_CHECKING:
    import pandas as pd

    from caldframe.reports.material import Material

__all__ = ["lengths"]


def lengths(material: Material) -> Section | None:
    """Tell how long picked-up calls lasted; nothing where no length is known."""
    summary = length_summary(material.calls, confidence=material.confidence)
    row = summary.to_dict("records")[0]
    if not row["n"]:
        return None
    finding = Finding(
        f"Half of {counted(row['n'], 'picked-up call')} lasted longer than "
        f"{seconds(row['p50'], row['median_low'], row['median_high'])}, one in ten longer than "
        f"{seconds(row['p90'])}; {seconds(row['total'])} were talked in all."
    )
    distribution = length_distribution(material.calls)
    rows = [_row("all calls", summary)]
    if material.by is not None:
        groups = length_summary(material.calls, material.by, confidence=material.confidence)
        rows += [_row(str(group), part) for group, part in groups.groupby(material.by, sort=False)]
    return Section(
        "lengths",
        "How long they lasted",
        [finding],
        [Chart(lambda axes: draw_length_distribution(distribution, ax=axes), 4.8, 3, finding.text)],
        [
            Table(
                f"Lengths of picked-up calls, the median with its {material.level} interval",
                [
                    "calls of",
                    "calls",
                    "median",
                    "mean",
                    "shortest tenth under",
                    "longest tenth over",
                    "total",
                ],
                rows,
            )
        ],
        metrics=[length_summary],
    )


def _row(label: str, summary: pd.DataFrame) -> list[str]:
    row = summary.to_dict("records")[0]
    return [
        label,
        f"{row['n']:,}",
        seconds(row["p50"], row["median_low"], row["median_high"]),
        seconds(row["mean"]),
        seconds(row["p10"]),
        seconds(row["p90"]),
        seconds(row["total"]),
    ]
