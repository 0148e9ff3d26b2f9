"""How each number is defined: the words of the documentation of the function that computes it."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Definition", "Term", "define"]

_SECTION: Final = re.compile(r"^(\w[\w ]+)\n-+\n", re.MULTILINE)
_BULLET: Final = re.compile(r"^ *- (`.+?)(?=^ *- |^\s*$|\Z)", re.MULTILINE | re.DOTALL)
_TERM: Final = re.compile(r"((?:`\w+`(?: \([^)]*\))?(?:, | and )?)+):? ?(.*)", re.DOTALL)
_TYPE: Final = re.compile(r" \([^)]*\)")


@dataclass(frozen=True)
class Term:
    """A column of a metric's table, or several, and what is in them; names stand between backticks."""

    names: Sequence[str]
    meaning: str


@dataclass(frozen=True)
class Definition:
    """How a metric defines its numbers; names stand between backticks."""

    name: str
    paragraphs: Sequence[str]
    terms: Sequence[Term]


def define(metric: Callable[..., Any]) -> Definition:
    """Take the definition of a metric's numbers from its documentation.

    Parameters
    ----------
    metric : callable
        A function that is documented as all metrics are: a summary, then what counts, then its columns.

    Returns
    -------
    Definition
        Nothing but its name where Python was told to leave documentation out (``-OO``).

    Examples
    --------
    >>> from caldframe.metrics.outcomes import outcome_rates
    >>> definition = define(outcome_rates)
    >>> definition.paragraphs[0]
    'Count how calls ended, each rate with its count, its denominator and its interval.'
    >>> definition.terms[3]
    Term(names=['rate'], meaning='n / total; the rates of a group sum to 1')
    """
    head, *rest = _SECTION.split(inspect.getdoc(metric) or "")
    returns = dict(zip(rest[::2], rest[1::2], strict=True)).get("Returns", "")
    paragraphs = [_one_line(part) for part in head.split("\n\n") if part.strip()]
    return Definition(metric.__name__, paragraphs, _terms(returns))


def _terms(returns: str) -> list[Term]:
    terms = []
    for bullet in _BULLET.findall(returns):
        found = _TERM.match(_one_line(bullet))
        if found is not None and found[2]:
            terms.append(Term(re.findall(r"`(\w+)`", _TYPE.sub("", found[1])), found[2]))
    return terms


def _one_line(text: str) -> str:
    return " ".join(text.split())
