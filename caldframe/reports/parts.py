"""What a report is put together from: sections of findings, charts and tables; text that is not HTML yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["ENOUGH", "NARROW", "Call", "Chart", "Finding", "Section", "Table", "Turn"]

NARROW: Final = 5.2
"""Inches; a chart of this width can still be read on a telephone."""

ENOUGH: Final = 30
"""Calls, or prospects; where there are fewer, nothing is said of them."""


@dataclass(frozen=True)
class Finding:
    """Something that the numbers say, in words.

    Parameters
    ----------
    text : str
        One sentence with its number and its interval.
    advice : str
        What to do about it, or how far to trust it; empty where nothing is to be done.
    urgent : bool
        Whether it is to be read before the others: something is wrong, or is being lost.
    """

    text: str
    advice: str = ""
    urgent: bool = False


@dataclass(frozen=True)
class Chart:
    """A chart that is still to be drawn.

    Parameters
    ----------
    draw : callable
        Draws into the axes it is given.
    width, height : float
        The size, in inches.
    says : str
        What there is to be seen, for those who do not see it.
    shaded : bool
        Whether darker means more, so that it needs white paper in a dark page too.
    """

    draw: Callable[[Any], object]
    width: float
    height: float
    says: str
    shaded: bool = False

    @property
    def wide(self) -> bool:
        """Whether it is too wide for a telephone, on which it is moved sideways rather than shrunk."""
        return self.width > NARROW


@dataclass(frozen=True)
class Table:
    """A table to read.

    Parameters
    ----------
    caption : str
        What it shows, with units and what rates are of.
    heads : sequence of str
        The heads of the columns; the first column says what a row is.
    rows : sequence of sequence of str
        The cells.
    texts : int
        How many columns, from the first on, are text; the others are numbers.
    """

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    texts: int = 1


@dataclass(frozen=True)
class Turn:
    """What somebody says in a call: who, and line by line what."""

    role: str
    lines: Sequence[str]


@dataclass(frozen=True)
class Call:
    """A call to read.

    Parameters
    ----------
    title : str
        Why it is here.
    facts : sequence of str
        How long it is, when it was and which.
    beginning, end : sequence of Turn
        What was said.
    left_out : int
        How many turns between the two are not shown.
    """

    title: str
    facts: Sequence[str]
    beginning: Sequence[Turn]
    left_out: int
    end: Sequence[Turn]


@dataclass(frozen=True)
class Section:
    """A part of the report under a heading of its own.

    Parameters
    ----------
    key : str
        Its name in links within the page.
    title : str
        Its heading.
    findings : sequence of Finding
        What it says, the most important first; the report begins with the first ones of all sections.
    charts : sequence of Chart
        What it shows.
    tables : sequence of Table
        The numbers that the charts show, and others.
    notes : sequence of str
        When the numbers mislead.
    metrics : sequence of callable
        The functions whose tables these are; the report ends with how they define their numbers.
    calls : sequence of Call
        Calls to read.
    """

    key: str
    title: str
    findings: Sequence[Finding] = ()
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()
    notes: Sequence[str] = ()
    metrics: Sequence[Callable[..., Any]] = ()
    calls: Sequence[Call] = ()
