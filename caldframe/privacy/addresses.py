"""E-mail addresses in a text, written or spoken."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from caldframe.privacy.digits import NUMBER_WORD
from caldframe.privacy.spans import Span, blanked

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DOT", "EMAIL", "ENDINGS", "find_emails"]

EMAIL: Final = "e-mail address"

# Every part takes all it can get and gives nothing back, so that no text takes more than one look.
_WRITTEN: Final = re.compile(
    r"(?<![\w.%+'-])[\w.%+'-]++\s?@\s?[\w-]++(?:\.[\w-]++|\s\.\s?[\w-]++)++", re.IGNORECASE
)

ENDINGS: Final = (
    r"(?:com|net|org|edu|gov|mil|info|biz|io|co|me|us|uk|ca|de|fr|es|it|nl|eu|ch|at|be|ie|au|nz|in|mx|br|jp|pl"
    r"|se|no|dk|fi|pt|ai|app|dev|tv|xyz|online|tech|cloud|mail|email)"
)
# "at Union Stage. It" is the end of a sentence, not an address in Italy.
DOT: Final = r"(?:\.|\s\.\s|\s(?:dot|point|period)\s|\s?[(\[]dot[)\]]\s?)"
_AT: Final = re.compile(
    rf"(?:\s?[(\[](?:at|@)[)\]]\s?|(?<!\w)(?:at|@)\s)(?P<domain>(?:[\w-]{{1,40}}\s){{0,3}}?[\w-]{{1,40}}(?:{DOT}[\w-]{{1,40}}){{0,3}}?"
    rf"{DOT}{ENDINGS}(?:{DOT}(?:uk|au|nz|in|br|mx|jp))?)(?![\w-])",
    re.IGNORECASE,
)
_OF_EVERYBODY: Final = re.compile(
    r"\A(?:g ?mail|google ?mail|yahoo|hot ?mail|outlook|live|msn|i ?cloud|me|aol|proton ?mail|proton|gmx|web"
    r"|comcast|verizon|att|a t and t|sbc ?global|bell ?south|cox|mail|fast ?mail|yandex|zoho)\W",
    re.IGNORECASE,
)
_BEFORE: Final = 100
_PIECE: Final = re.compile(r"[\w.'\u2019+-]+")
_POSSESSIVE: Final = re.compile(r"['\u2019]s\Z")
_NUMBER: Final = re.compile(rf"\d+|{NUMBER_WORD}")
_JOINERS: Final = re.compile(r"dot|underscore|dash|hyphen|period|plus|minus|point|score")
_MOST_NAMES: Final = 3
_NEVER_OF_A_NAME: Final = re.compile(
    r"my|is|it's|its|it|that's|email|e-mail|mail|address|to|the|a|an|me|us|you|him|her|them|we|i"
    r"|that|this|be|would|will|and|or|so|yes|yeah|yep|ok|okay|sure|no|um|uh|er|use|send|sent|look"
    r"|looking|find|visit|available|online|here|there|more|out|up|order|ordered|shop|bought|buy"
    r"|website|site|page|details|was|were|on|for|at|are|with|hosted|working|work|works|job|jobs"
    r"|from|by|of|in|reach|contact|just|try|goes|it'll|i'm|i'll|all|looked|saw|see|found|check"
    r"|checked|watch|watched|read|search|searched|searching|bookings|anything|something|everything"
    r"|log|sign|signed|people|know|well|please|stay"
)


def find_emails(text: str) -> Iterator[Span]:
    """Give the e-mail addresses of a text, none over another.

    Parameters
    ----------
    text : str
        The text.

    Yields
    ------
    Span
        An address: with an at sign, or in words, as "john dot smith at gmail dot com".

    Examples
    --------
    >>> text = "it's john dot smith at gmail dot com"
    >>> [text[span.start : span.end] for span in find_emails(text)]
    ['john dot smith at gmail dot com']
    """
    written = [Span(*match.span(), EMAIL) for match in _WRITTEN.finditer(text)]
    yield from written
    text = blanked(text, written)
    end = 0
    for match in _AT.finditer(text):
        start = _start_of_name(text, end, match.start())
        end = match.end()
        if start is not None:
            yield Span(start, match.end(), EMAIL)
        elif _OF_EVERYBODY.match(match["domain"]):
            # Whose it is was not understood, but nobody shops at gmail.com.
            yield Span(match.start(), match.end(), EMAIL)


def _start_of_name(text: str, begin: int, end: int) -> int | None:
    """Give where the part before the "at" begins, not before `begin`, or None where there is none."""
    start, names, joined, spelled = None, 0, True, True
    for piece in reversed(list(_PIECE.finditer(text, max(begin, end - _BEFORE), end))):
        word = _POSSESSIVE.sub("", piece[0].casefold().strip(".'\u2019"))
        letter = len(word) == 1
        # "a" and "i" are letters of a name where others are spelled beside them.
        if text[piece.end() : end].strip(" ,") or (
            _NEVER_OF_A_NAME.fullmatch(word) and not (letter and spelled)
        ):
            break
        joiner = _JOINERS.fullmatch(word) is not None
        if not (joiner or letter or joined or _NUMBER.fullmatch(word)):
            names += 1
        if names > _MOST_NAMES:
            break
        spelled, joined = letter, joiner
        start = end = piece.start()
    return start
