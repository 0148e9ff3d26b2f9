"""One text in, the same text out with placeholders."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from caldframe.privacy.accounts import IBAN, find_ibans
from caldframe.privacy.addresses import DOT, EMAIL, ENDINGS, find_emails
from caldframe.privacy.digits import GAP, NUMBER_WORD
from caldframe.privacy.json_text import to_json
from caldframe.privacy.numbers import CARD, FEWEST_DIGITS, PHONE, SOCIAL_SECURITY, NumberFinder
from caldframe.privacy.spans import Span, blanked, placeholder, replaced
from caldframe.privacy.wanted import NAME, Names, checked_patterns

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CANDIDATES", "KINDS", "Redactor"]

KINDS: Final = (PHONE, EMAIL, CARD, IBAN, SOCIAL_SECURITY, NAME)
"""What stands in brackets where something was, the caller's own kinds aside."""

# For Arrow's engine, which knows no lookahead and takes \s and \d for those of ASCII alone.
_BLANK: Final = r"[\s\p{Z}]"
_WORD: Final = re.sub(r"\(\?!.*?\)", "", NUMBER_WORD).replace(r"\d", r"\p{Nd}")
_GAP: Final = GAP.replace(r"[\s", r"[\s\p{Z}(+")
CANDIDATES: Final = (
    # Enough figures without a letter between them.
    rf"\p{{Nd}}(?:[^\p{{L}}\p{{Nd}}]*\p{{Nd}}){{{FEWEST_DIGITS - 1}}}",
    # A number word beside another or beside a figure, or two figures with a word such as "dash" between them.
    rf"(?i)\b{_WORD}(?:{_GAP})(?:plus )?(?:{_WORD}|\p{{Nd}})",
    rf"(?i)\p{{Nd}}(?:{_GAP})(?:plus )?{_WORD}",
    rf"(?i)\p{{Nd}}{_GAP.removesuffix('?')}\p{{Nd}}",
    rf"(?is)@|\bat\b.*{DOT}{ENDINGS}".replace(r"\s", _BLANK),
)
"""Regular expressions for Arrow: what has no match of any has nothing in it that is looked for.

Several, since Arrow's engine is a hundred times slower where one has too many ways to go on.
"""


class Redactor:
    """Replace what is personal in texts, again and again until nothing is found any more.

    Parameters
    ----------
    region : str or None
        The country whose national phone numbers are looked for.
    names : iterable of str
        Names to hide.
    patterns : mapping of str to str or re.Pattern, or None
        What else to hide, by kind.

    Raises
    ------
    ConfigurationError
        If one of them is none.
    """

    def __init__(self, *, region: str | None, names: Any, patterns: Any) -> None:
        self._numbers = NumberFinder(region)
        self._names = Names(names)
        self._patterns = checked_patterns(patterns, KINDS)
        self.kinds = (*KINDS, *self._patterns)
        self._placeholders = re.compile("|".join(re.escape(placeholder(kind)) for kind in self.kinds))

    @property
    def looks_for_more(self) -> bool:
        """Whether the caller wants something hidden that `CANDIDATES` does not know of."""
        return bool(self._names) or bool(self._patterns)

    def finds_more(self, text: str) -> bool:
        """Whether there is something in a text that the caller wants hidden."""
        return any(pattern.search(text) for pattern in self._patterns.values()) or any(self._names.find(text))

    def redact(self, text: str) -> tuple[str, Counter[str]]:
        """Give a text without what is personal in it, and how often each kind was found."""
        counts: Counter[str] = Counter()
        # Until nothing is found, so that redacting twice is the same as once.
        while spans := self.find(text):
            counts.update(span.kind for span in spans)
            text = replaced(text, spans)
        return text, counts

    def redact_json(self, text: str) -> tuple[str, Counter[str]]:
        """Do the same with every name and value of a JSON text; text that is no JSON is redacted as it is."""
        try:
            read = json.loads(text)
        except (ValueError, RecursionError):
            return self.redact(text)
        counts: Counter[str] = Counter()
        redacted = self._redact_value(read, counts)
        return (to_json(redacted) if counts else text), counts

    def find(self, text: str) -> list[Span]:
        """Give what is personal in a text as it stands, in order, none over another."""
        # A placeholder is nobody's number; the words in it must not say anything about what is beside it.
        hidden = [Span(*match.span(), "") for match in self._placeholders.finditer(text)]
        left = blanked(text, hidden)
        found: list[Span] = []
        for spans in self._finders():
            new = list(spans(left))
            found += new
            left = blanked(left, new)
        return sorted(found)

    def _finders(self) -> Iterator[Any]:
        yield self._find_wanted
        if self._names:
            yield self._names.find
        yield find_emails
        yield find_ibans
        yield self._numbers.find

    def _find_wanted(self, text: str) -> Iterator[Span]:
        end = 0
        spans = (Span(*m.span(), kind) for kind, each in self._patterns.items() for m in each.finditer(text))
        for span in sorted(spans):
            # A match of nothing hides nothing, and one over what is hidden already would do it twice.
            if span.start >= end and "\x00" not in text[span.start : span.end] and span.end > span.start:
                end = span.end
                yield span

    def _redact_value(self, value: Any, counts: Counter[str]) -> Any:
        if isinstance(value, str):
            return self._counted(value, counts)
        if isinstance(value, list):
            return [self._redact_value(each, counts) for each in value]
        if isinstance(value, dict):
            return {self._counted(k, counts): self._redact_value(v, counts) for k, v in value.items()}
        if isinstance(value, int) and not isinstance(value, bool):
            redacted = self._counted(str(value), counts)
            return value if redacted == str(value) else redacted
        return value

    def _counted(self, text: str, counts: Counter[str]) -> str:
        redacted, found = self.redact(text)
        counts.update(found)
        return redacted
