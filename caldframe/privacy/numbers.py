"""Card, social security and phone numbers among the digits of a text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from stdnum import luhn
from stdnum.us import ssn

from caldframe.phone import country_code, is_number
from caldframe.privacy.digits import Group, digit_runs, plus_before
from caldframe.privacy.spans import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["CARD", "FEWEST_DIGITS", "PHONE", "SOCIAL_SECURITY", "NumberFinder"]

CARD: Final = "card number"
PHONE: Final = "phone number"
SOCIAL_SECURITY: Final = "social security number"

FEWEST_DIGITS: Final = 7
_MOST_DIGITS: Final = 19
_WITH_AREA_CODE: Final = 10
_FEWEST_PIECES: Final = 5
_COUNTING: Final = "1234567"
_MOST_WORDS_BESIDE: Final = 2

# The first digits of the networks' cards: Mastercard's 2, American Express's 3, Visa's 4, 5, Discover's 6.
_CARD: Final = re.compile(r"[2-6]\d{12,18}")
_CARD_GROUPS: Final = ((4, 6, 5), (4, 6, 4))
_SOCIAL_SECURITY_GROUPS: Final = (3, 2, 4)
_SOCIAL_SECURITY_DIGITS: Final = 9

_NORTH_AMERICA: Final = 1
_NORTH_AMERICAN: Final = re.compile(r"1?[2-9]\d{2}[2-9]\d{6}")
_AREA_CODE: Final = 3
_ABROAD: Final = re.compile(r"(?:011|00)([1-9]\d{6,14})")
_LOCAL_GROUPS: Final = (3, 4)

_DATE: Final = re.compile(
    r"(?:0?[1-9]|1[0-2])(?:0?[1-9]|[12]\d|3[01])(?:19|20)\d\d"
    r"|(?:0?[1-9]|[12]\d|3[01])(?:0?[1-9]|1[0-2])(?:19|20)\d\d"
    r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
)

_BEFORE: Final = 70
_AFTER: Final = 40
_ABOUT_PHONES: Final = re.compile(
    r"\b(?:(?:cell|mobile|tele|home|work)?phones?|cell|mobile|call(?:ing|ed|back)?|dial(?:ling|ing)?|reach(?:ed|ing)?"
    r"|text(?:ing)?|texts|whatsapp|sms|fax|tel|numbers?|ring|contact(?:ed|ing)?|landline|line|voicemail"
    # Figures are found whatever the language, so the words that name them are, too.
    r"|tel[eé]fono|n[uú]mero|m[oó]vil|celular|t[eé]l[eé]phone|num[eé]ro|portable|telefon|nummer|handy(?:nummer)?"
    r"|telefonnummer|mobilnummer)\b",
    re.IGNORECASE,
)
_ABOUT_PHONES_AFTER: Final = re.compile(
    r"\A\W{0,3}(?:is|was|that's|it's|would be)\b.{0,25}\b(?:number|cell|mobile|phone|landline)\b",
    re.IGNORECASE,
)
_ABOUT_CARDS: Final = re.compile(
    r"\b(?:cards?|visa|mastercard|master card|amex|american express|discover|debit|credit)\b", re.IGNORECASE
)
_ABOUT_SOCIAL_SECURITY: Final = re.compile(r"\b(?:social(?: security)?|ssn|s\.s\.n|s s n)\b", re.IGNORECASE)
_ABOUT_ORDERS: Final = re.compile(
    r"\b(?:order|invoice|ticket|case|reference|ref|confirmation|tracking|booking|reservation|claim|serial|item"
    r"|model|quote|purchase|transaction|meter|part|sku|isbn|version|job|permit)"
    r"(?:\s(?:number|no\.?|num|id|code))?[\s:#,.-]{0,3}(?:(?:is|was|it's|it is|ending in)[\s,:]{1,2})?#?\Z",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")


@dataclass(frozen=True)
class _Context:
    """What stands around a run and tells what it is."""

    phone: bool
    card: bool
    social_security: bool
    order: bool
    alone: bool


class NumberFinder:
    """Find numbers in texts.

    Parameters
    ----------
    region : str or None
        The country whose national numbers are looked for.

    Raises
    ------
    ConfigurationError
        If `region` is no country.
    """

    def __init__(self, region: str | None) -> None:
        self.region = region
        self.north_american = country_code(region) == _NORTH_AMERICA
        # A campaign says the same numbers again and again.
        self._assigned = lru_cache(maxsize=100_000)(self._is_assigned)

    def find(self, text: str) -> Iterator[Span]:
        """Give the numbers of a text, none over another.

        Parameters
        ----------
        text : str
            The text.

        Yields
        ------
        Span
            A number, and which kind it is of.
        """
        for run in digit_runs(text):
            if sum(len(group.digits) for group in run) >= FEWEST_DIGITS:
                yield from self._of_run(text, run)

    def _of_run(self, text: str, run: list[Group]) -> Iterator[Span]:
        context = _context(text, run[0].start, run[-1].end)
        rest: list[Group] = []
        position = 0
        while position < len(run):
            found = self._at(run, position, context)
            if found is None:
                rest.append(run[position])
                position += 1
                continue
            yield from self._of_rest(rest, text, context)
            rest = []
            count, kind = found
            yield _span(text, run[position : position + count], kind)
            position += count
        yield from self._of_rest(rest, text, context)

    def _at(self, run: list[Group], start: int, context: _Context) -> tuple[int, str] | None:
        """Give how many groups from here on are surely a number, the most that are, and of which kind."""
        windows = _windows(run, start)
        for groups, digits in windows:
            kind = self._kind(groups, digits, context)
            if kind is not None:
                return len(groups), kind
        if run[start].plus:
            for groups, digits in windows:
                if is_number(f"+{digits}", None, assigned=False):
                    return len(groups), PHONE
        return None

    def _kind(self, groups: Sequence[Group], digits: str, context: _Context) -> str | None:
        """Give the kind of number that groups are without doubt."""
        if _is_card(digits, groups, context):
            return CARD
        if _is_social_security_number(digits, groups):
            return SOCIAL_SECURITY
        if groups[0].plus:
            return PHONE if self._assigned(f"+{digits}") else None
        if len(groups) == 1 and (context.order or digits.startswith(_COUNTING)):
            return None
        return PHONE if self._is_national(digits, groups) or self._is_dialled_abroad(digits) else None

    def _is_national(self, digits: str, groups: Sequence[Group]) -> bool:
        if not self.north_american:
            return self.region is not None and self._assigned(digits)
        if not _NORTH_AMERICAN.fullmatch(digits):
            return False
        if len(groups) == 1:
            return groups[0].single or self._assigned(digits)
        # Whatever else is grouped, the area code stands apart: "2, 415 555 0123" is no "241 555 5012".
        sizes = list(_sizes(groups))
        if len(digits) > _WITH_AREA_CODE and sizes[0] == 1:
            sizes.pop(0)
        return sizes[0] in {_AREA_CODE, len(digits)} or (sizes[0] == _AREA_CODE + 1 and digits[0] == "1")

    def _is_dialled_abroad(self, digits: str) -> bool:
        abroad = _ABROAD.fullmatch(digits)
        return abroad is not None and self._assigned(f"+{abroad[1]}")

    def _is_assigned(self, number: str) -> bool:
        return is_number(number, self.region, assigned=True)

    def _of_rest(self, rest: list[Group], text: str, context: _Context) -> Iterator[Span]:
        """Give what the words around it make a number."""
        digits = _digits(rest)
        if len(digits) < FEWEST_DIGITS or _DATE.fullmatch(digits):
            return
        if context.social_security and len(digits) == _SOCIAL_SECURITY_DIGITS:
            yield _span(text, rest, SOCIAL_SECURITY)
        elif context.card and _CARD.fullmatch(digits):
            yield _span(text, rest, CARD)
        elif not context.order and (
            context.phone or context.alone or self._looks_local(rest, text) or _is_one_by_one(rest)
        ):
            yield _span(text, rest, PHONE)

    def _looks_local(self, groups: Sequence[Group], text: str) -> bool:
        """Whether it is written as 555-0123, a North American number without its area code."""
        if not self.north_american or _sizes(groups) != _LOCAL_GROUPS or groups[0].digits[0] in "01":
            return False
        first, last = groups
        return text[first.end : last.start] in {"-", "."} or (first.single and last.single)


def _windows(run: list[Group], start: int) -> list[tuple[list[Group], str]]:
    """Give the groups from here on that have few enough digits to be one number, the most groups first."""
    windows = []
    digits = ""
    for end in range(start, len(run)):
        digits += run[end].digits
        # A plus sign begins another number.
        if len(digits) > _MOST_DIGITS or (end > start and run[end].plus):
            break
        if len(digits) >= FEWEST_DIGITS:
            windows.append((run[start : end + 1], digits))
    return windows[::-1]


def _is_card(digits: str, groups: Sequence[Group], context: _Context) -> bool:
    if not _CARD.fullmatch(digits) or not luhn.is_valid(digits):
        return False
    sizes = _sizes(groups)
    even = len(set(sizes[:-1])) <= 1 and sizes[-1] <= sizes[0]
    return context.card or len(sizes) == 1 or even or sizes in _CARD_GROUPS


def _is_social_security_number(digits: str, groups: Sequence[Group]) -> bool:
    if len(digits) != _SOCIAL_SECURITY_DIGITS or _sizes(groups) != _SOCIAL_SECURITY_GROUPS:
        return False
    return ssn.is_valid(digits)


def _is_one_by_one(groups: Sequence[Group]) -> bool:
    """Whether many digits were said one by one, "oh one twenty nine" included, and are no counting to ten."""
    return any(
        len(group.digits) >= FEWEST_DIGITS
        and group.pieces >= _FEWEST_PIECES
        and not group.digits.startswith(_COUNTING)
        for group in groups
    )


def _span(text: str, groups: Sequence[Group], kind: str) -> Span:
    """Give where a number is, the plus sign and the bracket before it included."""
    start, end = groups[0].start, groups[-1].end
    sign = plus_before(text, start)
    if sign is not None:
        start = sign
    elif text[start - 1 : start] == "(" and ")" in text[start:end]:
        start -= 1
    return Span(start, end, kind)


def _context(text: str, start: int, end: int) -> _Context:
    before = text[max(0, start - _BEFORE) : start]
    after = text[end : end + _AFTER]
    return _Context(
        phone=bool(_ABOUT_PHONES.search(before) or _ABOUT_PHONES_AFTER.search(after)),
        card=bool(_ABOUT_CARDS.search(before)),
        social_security=bool(_ABOUT_SOCIAL_SECURITY.search(before)),
        order=bool(_ABOUT_ORDERS.search(before)),
        alone=_is_alone(text, start, end),
    )


def _is_alone(text: str, start: int, end: int) -> bool:
    """Whether the turn is nothing but the number, as the answer to a question is."""
    words = 0
    for piece in (text[max(0, start - _BEFORE) : start], text[end : end + _BEFORE]):
        words += len(_WORD.findall(piece))
    return words <= _MOST_WORDS_BESIDE


def _digits(groups: Sequence[Group]) -> str:
    return "".join(group.digits for group in groups)


def _sizes(groups: Sequence[Group]) -> tuple[int, ...]:
    return tuple(len(group.digits) for group in groups)
