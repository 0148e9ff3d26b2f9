"""The labelled sample of turns: what a reader would hide, and what was found."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from caldframe.privacy.spans import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SAMPLE = Path(__file__).parent / "redaction_sample.txt"
_LABEL = re.compile(r"<<([^|>]+)\|([^>]+)>>")


class Turn(NamedTuple):
    content: str
    labels: list[Span]


class Score(NamedTuple):
    """How many of a kind are labelled, found, and both."""

    labelled: int
    hidden: int
    found: int
    right: int

    @property
    def recall(self) -> float:
        return self.hidden / self.labelled

    @property
    def precision(self) -> float:
        return self.right / self.found


def read_turn(line: str) -> Turn:
    """Take the labels out of a line."""
    content, labels, end = "", [], 0
    for match in _LABEL.finditer(line):
        content += line[end : match.start()]
        labels.append(Span(len(content), len(content) + len(match[2]), match[1]))
        content += match[2]
        end = match.end()
    return Turn(content + line[end:], labels)


def read_sample() -> list[Turn]:
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    return [read_turn(line) for line in lines if line and not line.startswith("#")]


def letters(content: str, span: Span) -> set[int]:
    """Give the positions of a span that say something; its full stop and brackets do not."""
    return {place for place in range(span.start, span.end) if content[place].isalnum()}


def scores(turns: Iterable[Turn], find: Callable[[str], list[Span]]) -> dict[str, Score]:
    """Count by kind: a label is hidden if nothing of it is left, a find right if it has a label's kind."""
    labelled, hidden, found, right = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for content, labels in turns:
        finds = find(content)
        covered = set().union(*(letters(content, span) for span in finds))
        for label in labels:
            labelled[label.kind] += 1
            hidden[label.kind] += letters(content, label) <= covered
        for one in finds:
            found[one.kind] += 1
            right[one.kind] += any(
                one.kind == label.kind and letters(content, one) & letters(content, label) for label in labels
            )
    return {kind: Score(labelled[kind], hidden[kind], found[kind], right[kind]) for kind in labelled}
