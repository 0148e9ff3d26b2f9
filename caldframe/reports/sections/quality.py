"""Whether the data is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caldframe.display import counted
from caldframe.metrics.quality import SEVERITIES, quality
from caldframe.reports.material import short_name
from caldframe.reports.parts import Finding, Section, Table
from caldframe.reports.words import listed

if TYPE_CHECKING:
    from caldframe.reports.material import Material

__all__ = ["data_quality"]


def data_quality(material: Material) -> Section:
    """Tell what is wrong with the data and what to do about it."""
    found = quality(material.frames, now=material.now)
    kinds = [
        counted(count, severity)
        for severity in SEVERITIES
        if (count := int(found["severity"].eq(severity).sum()))
    ]
    calls = counted(len(material.calls), "call")
    if not kinds:
        finding = Finding(f"Nothing was found to be wrong with the data of {calls}.")
    else:
        finding = Finding(
            f"Found in the data of {calls}: {listed(kinds)}.",
            "An error makes some number wrong: mend it first." if "error" in kinds[0] else "",
            urgent="error" in kinds[0],
        )
    tables = [
        Table(
            "What was found, what it does to the numbers, and what to do about it",
            ["finding", "severity", "what is so", "what to do", "how many"],
            [
                [
                    short_name(row["finding"].replace("_", " ")),
                    row["severity"],
                    row["meaning"],
                    row["advice"],
                    counted(row["count"], row["unit"].removesuffix("s")),
                ]
                for row in found.to_dict("records")
            ],
            texts=4,
        )
    ]
    return Section(
        "quality", "Is the data right?", [finding], tables=tables if kinds else [], metrics=[quality]
    )
