"""Where something was found in a text, and how what has been found is taken out of sight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

HIDDEN: Final = "\x00"
"""Stands for each character of what has been found: neither word nor digit, and nothing goes across it."""


class Span(NamedTuple):
    """A piece of a text, and what it is."""

    start: int
    end: int
    kind: str


def blanked(text: str, spans: Iterable[Span]) -> str:
    """Give a text of the same length in which nothing is left of the spans."""
    parts, end = [], 0
    for span in sorted(spans):
        parts += [text[end : span.start], HIDDEN * (span.end - span.start)]
        end = span.end
    return "".join([*parts, text[end:]])


def replaced(text: str, spans: Iterable[Span]) -> str:
    """Give the text with a placeholder in the place of each span."""
    parts, end = [], 0
    for span in sorted(spans):
        parts += [text[end : span.start], placeholder(span.kind)]
        end = span.end
    return "".join([*parts, text[end:]])


def placeholder(kind: str) -> str:
    """Give what stands in the place of something of a kind."""
    return f"[{kind}]"
