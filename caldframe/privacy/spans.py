"""Where something was found in a text, and how what has been found is taken out of sight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

HIDDEN: Final = "\x00"
"""Stands for each character of what has been found: neither word nor digit, and nothing goes across it."""


class Span(NamedTuple):
    """A piece of a text, and what it is."""

    start: int
    end: int
    kind: str


def blanked(text: str, spans: Iterable[Span]) -> str:
    """Give a text of the same length in which nothing is left of the spans."""
    return _with(text, spans, lambda span: HIDDEN * (span.end - span.start))


def replaced(text: str, spans: Iterable[Span]) -> str:
    """Give the text with a placeholder in the place of each span."""
    return _with(text, spans, lambda span: placeholder(span.kind))


def placeholder(kind: str) -> str:
    """Give what stands in the place of something of a kind."""
    return f"[{kind}]"


def _with(text: str, spans: Iterable[Span], in_place_of: Callable[[Span], str]) -> str:
    parts, end = [], 0
    for span in sorted(spans):
        parts += [text[end : span.start], in_place_of(span)]
        end = span.end
    return "".join([*parts, text[end:]])
