"""The sections of a report, one file each: what the report is made of in, a section out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from caldframe.reports.sections.callers import callers
from caldframe.reports.sections.comparing import comparing
from caldframe.reports.sections.conversations import conversations
from caldframe.reports.sections.funnel import funnel_of_calls
from caldframe.reports.sections.hours import hours
from caldframe.reports.sections.lengths import lengths
from caldframe.reports.sections.outcomes import outcomes
from caldframe.reports.sections.quality import data_quality
from caldframe.reports.sections.ratios import ratios
from caldframe.reports.sections.reach import reach
from caldframe.reports.sections.timeline import timeline
from caldframe.reports.sections.words import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from caldframe.reports.material import Material
    from caldframe.reports.parts import Section

__all__ = ["SECTIONS"]

SECTIONS: Final[tuple[Callable[[Material], Section | None], ...]] = (
    outcomes,
    funnel_of_calls,
    lengths,
    reach,
    hours,
    timeline,
    comparing,
    callers,
    conversations,
    words,
    ratios,
    data_quality,
)
"""What makes each section, in the order of the page; one that has nothing to say gives None."""
