"""Counts and names as they stand in tables, charts and pages."""

from __future__ import annotations

from caldframe.display.escaping import escape_text

__all__ = ["counted", "short_text"]


def counted(count: float, noun: str) -> str:
    """Give a number with its noun.

    Examples
    --------
    >>> counted(1, "call"), counted(1_200, "call")
    ('1 call', '1,200 calls')
    """
    return f"{count:,.0f} {noun}" if count == 1 else f"{count:,.0f} {noun}s"


def short_text(text: str, longest: int) -> str:
    r"""Give a text from the data as it can stand in a line: what hides or steers is shown, the end cut off.

    Examples
    --------
    >>> short_text("Spring\n2026", 60), short_text("Spring 2026", 6)
    ('Spring\\n2026', 'Sprin…')
    """
    text = escape_text(text)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
