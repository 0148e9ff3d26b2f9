"""What the caller wants hidden besides: names, and patterns of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from caldframe.errors import ConfigurationError
from caldframe.privacy.spans import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NAME", "Names", "checked_patterns"]

NAME: Final = "name"

_WORD: Final = re.compile(r"\w+")
_MOST_BETWEEN: Final = 2


class Names:
    """Names to look for, any number of them, without difference of case.

    Parameters
    ----------
    names : iterable of str
        The names, each of one word or more; nulls are passed over.

    Raises
    ------
    ConfigurationError
        If they are no texts.
    """

    def __init__(self, names: Any) -> None:
        if isinstance(names, str) or not isinstance(names, Iterable):
            raise ConfigurationError(f"names is a list of names, not {type(names).__name__}.")
        # By first word, the longest first: a text is read once, however many names there are.
        self._by_first: dict[str, list[tuple[str, ...]]] = {}
        for name in dict.fromkeys(names):
            if not isinstance(name, str):
                if name is None or name != name:  # noqa: PLR0124 - NaN alone is not itself
                    continue
                raise ConfigurationError(f"names holds a {type(name).__name__}. Give names as text.")
            words = tuple(_WORD.findall(name.casefold()))
            if words:
                self._by_first.setdefault(words[0], []).append(words)
        for several in self._by_first.values():
            several.sort(key=len, reverse=True)

    def __bool__(self) -> bool:
        return bool(self._by_first)

    def find(self, text: str) -> Iterator[Span]:
        """Give the names in a text, none over another."""
        if self._by_first.keys().isdisjoint(_WORD.findall(text.casefold())):
            return
        words = [(match.start(), match.end(), match[0].casefold()) for match in _WORD.finditer(text)]
        position = 0
        while position < len(words):
            count = self._words_at(text, words, position)
            if count:
                yield Span(words[position][0], words[position + count - 1][1], NAME)
            position += count or 1

    def _words_at(self, text: str, words: list[tuple[int, int, str]], position: int) -> int:
        for name in self._by_first.get(words[position][2], ()):
            here = words[position : position + len(name)]
            if tuple(word for _, _, word in here) == name and all(
                _are_close(text[one[1] : other[0]]) for one, other in pairwise(here)
            ):
                return len(name)
        return 0


def _are_close(between: str) -> bool:
    return len(between) <= _MOST_BETWEEN and not set(between) & set("\x00[]")


def checked_patterns(patterns: Any, taken: Iterable[str]) -> dict[str, re.Pattern[str]]:
    """Give the caller's patterns, compiled.

    Parameters
    ----------
    patterns : mapping of str to str or re.Pattern, or None
        A regular expression for each kind.
    taken : iterable of str
        The kinds that there are already.

    Returns
    -------
    dict of str to re.Pattern
        The patterns, in their order.

    Raises
    ------
    ConfigurationError
        If it is no such mapping, a pattern is none, or a kind is taken or cannot stand in brackets.
    """
    if patterns is None:
        return {}
    if not isinstance(patterns, Mapping):
        raise ConfigurationError(
            f'patterns is a mapping of kinds to regular expressions, as {{"policy": r"POL-\\d+"}}, '
            f"not a {type(patterns).__name__}."
        )
    return {_checked_kind(kind, taken): _compiled(kind, pattern) for kind, pattern in patterns.items()}


def _checked_kind(kind: Any, taken: Iterable[str]) -> str:
    if not isinstance(kind, str) or not kind.strip() or set(kind) & set("[]\x00") or kind in taken:
        raise ConfigurationError(
            f"{kind!r} cannot be the name of a pattern: it stands in brackets where something was found, "
            f"so it has no brackets in it, and is none of {', '.join(taken)}."
        )
    return kind


def _compiled(kind: str, pattern: Any) -> re.Pattern[str]:
    try:
        compiled: re.Pattern[str] = re.compile(pattern)
        if isinstance(compiled.pattern, str):
            return compiled
    except (re.error, TypeError):
        pass
    raise ConfigurationError(
        f"The pattern {kind!r} is no regular expression of text: {pattern!r}. Correct it."
    )
