"""International bank account numbers in a text, written or spelled."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from stdnum import iban

from caldframe.privacy.digits import NUMBER_WORD, spoken_digits
from caldframe.privacy.spans import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["IBAN", "find_ibans"]

IBAN: Final = "IBAN"

_SHORTEST: Final = 15
_LONGEST: Final = 34
_BEFORE: Final = 40

_START: Final = re.compile(
    rf"(?<![^\W_])(?P<country>[a-z][\s.,-]{{0,2}}[a-z])[\s.,-]{{0,2}}(?=\d|{NUMBER_WORD})", re.IGNORECASE
)
_PIECE: Final = re.compile(
    rf"[\s.,-]{{0,3}}(?:(?P<figure>\d{{1,30}}+)|(?P<word>{NUMBER_WORD})|(?P<letters>[a-z]{{1,4}}(?![^\W\d_])))",
    re.IGNORECASE,
)
_CHECK_DIGITS: Final = re.compile(r"[A-Z]{2}\d\d")
_NAMED: Final = re.compile(r"\b(?:iban|i\.? ?b\.? ?a\.? ?n)\b", re.IGNORECASE)


def find_ibans(text: str) -> Iterator[Span]:
    """Give the account numbers of a text, none over another.

    Parameters
    ----------
    text : str
        The text.

    Yields
    ------
    Span
        An account number whose check digits are right; or one behind the word IBAN, where they need not be.

    Examples
    --------
    >>> text = "It is DE89 3704 0044 0532 0130 00."
    >>> [text[span.start : span.end] for span in find_ibans(text)]
    ['DE89 3704 0044 0532 0130 00']
    """
    position = 0
    while (start := _START.search(text, position)) is not None:
        end = _end(text, start)
        if end is None:
            position = start.start() + 1
        else:
            yield Span(start.start(), end, IBAN)
            position = end


def _end(text: str, start: re.Match[str]) -> int | None:
    """Give where the account number that may start here ends, or None."""
    number = re.sub(r"[^a-z]", "", start["country"], flags=re.IGNORECASE).upper()
    position = start.end()
    right = formed = None
    named = _NAMED.search(text, max(0, start.start() - _BEFORE), start.start()) is not None
    while len(number) < _LONGEST and (piece := _PIECE.match(text, position)) is not None:
        spelled = piece["letters"]
        number += spelled.upper() if spelled else spoken_digits(piece["word"] or piece["figure"])
        position = piece.end()
        if _SHORTEST <= len(number) <= _LONGEST and _CHECK_DIGITS.match(number):
            right = position if _is_right(number) else right
            formed = position if named and _is_right(_corrected(number)) else formed
    return formed if right is None else right


def _corrected(number: str) -> str:
    """Give an account number with the check digits that it should have."""
    return f"{number[:2]}{iban.calc_check_digits(number)}{number[4:]}"


def _is_right(number: str) -> bool:
    # By hand first, for this is asked of every length, and the country's rules take twenty times as long.
    rearranged = number[4:] + number[:4]
    remainder = int("".join(str(int(character, 36)) for character in rearranged)) % 97
    return remainder == 1 and iban.is_valid(number, check_country=False)
