"""Digits in a text, however they are written or spoken, in runs that may be one number.

A *token* is a figure or a number word. Tokens with no more than blanks, punctuation or a filler word between
them are a *run*. Digits of a run that are said or written one by one are one *group*, as are the digits of a
figure. What is surely something else, such as a date, a time or an amount of money, ends a run.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["GAP", "NUMBER_WORD", "Group", "digit_runs", "plus_before", "spoken_digits"]

_UNITS: Final = {
    "zero": "0",
    "oh": "0",
    "o": "0",
    "nought": "0",
    "naught": "0",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "niner": "9",
}
_TEENS: Final = {
    "ten": "10",
    "eleven": "11",
    "twelve": "12",
    "thirteen": "13",
    "fourteen": "14",
    "fifteen": "15",
    "sixteen": "16",
    "seventeen": "17",
    "eighteen": "18",
    "nineteen": "19",
}
_TENS: Final = {
    "twenty": "2",
    "thirty": "3",
    "forty": "4",
    "fourty": "4",
    "fifty": "5",
    "sixty": "6",
    "seventy": "7",
    "eighty": "8",
    "ninety": "9",
}
_TIMES: Final = {"double": 2, "triple": 3, "treble": 3, "quadruple": 4}
_ZEROS: Final = {"hundred": "00", "thousand": "000"}


def _any_of(words: Sequence[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_DIGIT: Final = f"(?:{_any_of([*_UNITS])})"
# "five o'clock" is not five, zero.
_AFTER: Final = r"(?![\w'\u2019])"

NUMBER_WORD: Final = (
    rf"(?:(?:{_any_of([*_TIMES])})[ -]{{1,2}}(?:{_DIGIT}{_AFTER}|\d(?!\d))"
    rf"|(?:{_any_of([*_TENS])})[ -](?:{_any_of([word for word in _UNITS if _UNITS[word] != '0'])}){_AFTER}"
    rf"|(?:{_any_of([*_TENS, *_TEENS])}){_AFTER}"
    rf"|(?:{_DIGIT})[ -](?:{_any_of([*_ZEROS])}){_AFTER}"
    rf"|{_DIGIT}{_AFTER})"
)
"""A number word, or two that make one, as "forty five" or "double five"; to be matched without case."""

_UNIT: Final = (
    r"(?:[$€£¥₹%]|(?:dollars?|bucks?|cents?|euros?|pounds?|percent|per cent|usd|eur|gbp|kilowatts?|kwh|miles?"
    r"|square|sq|feet|years?|million|billion)\b)"
)
_DAY: Final = r"(?:0?[1-9]|[12]\d|3[01])"
_OTHER: Final = "|".join(
    [
        # A date is three figures, and no more than three: "06.12.34.56.78" is a French number.
        rf"(?:19|20)\d\d(?P<mark>[-/.])(?:0?[1-9]|1[0-2])(?P=mark){_DAY}(?![-/.]?\d)",
        rf"{_DAY}(?P<sign>[-/.]){_DAY}(?P=sign)(?:(?:19|20)\d\d|\d\d)(?![-/.]?\d)",
        r"\d{1,2}:\d\d(?::\d\d)?(?!\d)",
        r"[$€£¥₹]\s?\d++(?:[.,]\d++)*+",
        r"\d{1,3}+(?:,\d{3})++(?![.,]?\d)",
        rf"\d++(?:[.,]\d++)*+(?=[\s-]?{_UNIT})",
    ]
)
_TOKEN: Final = re.compile(
    # Not within a word such as "B12" or "5th". In the middle of 1.2.3 it was looked at from its start.
    rf"(?<![A-Za-z_\d])(?:(?P<other>(?<!\d[-/.,])(?:{_OTHER}))"
    rf"|(?P<figure>\d++)(?![A-WYZ_]|X(?!\d))|(?P<word>(?<![\w'\u2019]){NUMBER_WORD}))",
    re.IGNORECASE,
)

_FILLER: Final = (
    r"(?:um+|uh+|er+m?|dash|hyphen|minus|dot|point|period|comma|slash|space|pause|then|and then|okay)"
)
# The characters themselves, since Arrow and Python write their escapes differently.
_MARKS: Final = "[\\s.,;()/\u00b7\u2010-\u2015\u2022\u2026\u2212\uff0d-]{1,4}"
GAP: Final = f"{_MARKS}(?:{_FILLER}{_MARKS})?"
"""What may stand between two tokens of a run; to be matched without case."""

_GAP: Final = re.compile(rf"(?:{GAP})?(?:plus\s|\+\s?)?\(?", re.IGNORECASE)
_PLUS: Final = re.compile(r"(?:\+|\bplus\b)[\s(]{0,2}\Z", re.IGNORECASE)
_LONGEST_SIGN: Final = 6
_LONGEST_GAP: Final = 24


@dataclass(frozen=True)
class Group:
    """Digits of a run that belong together.

    Parameters
    ----------
    start, end : int
        Where they are in the text.
    digits : str
        The digits, those of every script as 0 to 9.
    single : bool
        Whether they were written or spoken one by one.
    plus : bool
        Whether a plus sign stands before them.
    pieces : int
        How many figures and number words they are.
    """

    start: int
    end: int
    digits: str
    single: bool
    plus: bool
    pieces: int


def digit_runs(text: str) -> Iterator[list[Group]]:
    """Give the runs of a text, in order.

    Parameters
    ----------
    text : str
        The text.

    Yields
    ------
    list of Group
        The groups of a run, in order.

    Examples
    --------
    >>> runs = digit_runs("at 9:30, four one five, 555, oh one two three")
    >>> [[group.digits for group in run] for run in runs]
    [['415', '555', '0123']]
    """
    run: list[Group] = []
    for match in _TOKEN.finditer(text):
        if match["other"] is not None:
            if run:
                yield run
            run = []
            continue
        group = _group(match, text)
        if run:
            gap = text[run[-1].end : group.start]
            between = _GAP.fullmatch(gap) if len(gap) <= _LONGEST_GAP else None
            if between is None:
                yield run
                run = []
            elif _goes_on(run[-1], group, gap):
                group = _joined(run.pop(), group)
        run.append(group)
    if run:
        yield run


def plus_before(text: str, start: int) -> int | None:
    """Give where the plus sign just before a number is, written or spoken, or None."""
    sign = _PLUS.search(text, max(0, start - _LONGEST_SIGN), start)
    return None if sign is None else sign.start()


def spoken_digits(word: str) -> str:
    """Give the digits that a number word stands for, or that a figure is.

    Examples
    --------
    >>> [spoken_digits(word) for word in ("Double five", "forty-five", "eight hundred", "oh")]
    ['55', '45', '800', '0']
    """
    first, _, second = word.casefold().replace("-", " ").partition(" ")
    second = second.strip()
    if first in _TIMES:
        return _plain(second) * _TIMES[first]
    if second in _ZEROS:
        return _UNITS[first] + _ZEROS[second]
    if first in _TENS:
        return _TENS[first] + _UNITS.get(second, "0")
    return _TEENS.get(first) or _plain(first)


def _plain(word: str) -> str:
    if word in _UNITS:
        return _UNITS[word]
    return "".join(str(unicodedata.digit(character)) for character in word)


def _group(match: re.Match[str], text: str) -> Group:
    start, end = match.span()
    digits = spoken_digits(match[0])
    plus = plus_before(text, start) is not None
    single = match["word"] is not None or len(digits) == 1
    return Group(start, end, digits, single, plus, pieces=1)


def _joined(last: Group, group: Group) -> Group:
    digits = last.digits + group.digits
    return Group(
        last.start, group.end, digits, single=True, plus=last.plus, pieces=last.pieces + group.pieces
    )


def _goes_on(last: Group, group: Group, gap: str) -> bool:
    """Whether digits said one by one go on without a pause."""
    return last.single and group.single and gap in {" ", "-"}
