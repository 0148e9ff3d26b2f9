"""What stands between two strings of JSON text: colons, commas, brackets, numbers and literals.

Outside its strings, a response says everything about its structure with few different texts: ``":"``,
``","``, ``"},{"`` and some dozens more, however many calls it has. So each text is understood once.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBER: Final = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"

_WHITESPACE: Final = " \t\n\r"
_NO_WHITESPACE: Final = str.maketrans("", "", _WHITESPACE)
_WORD: Final = re.compile(rf"null|true|false|{NUMBER}")
_BRACKET: Final = re.compile(r"[{}\[\]]")
_OPENER: Final = re.compile(r"[{\[]")
_CONTROL: Final = re.compile(r"[\x00-\x1f]")
_OPENERS: Final = "{["
_CLOSERS: Final = "}]"


class Kind:
    """What a member's value is, as far as the gap behind its name tells.

    Numbers and no enumeration, because they fill arrays.
    """

    NONE: Final = 0  # no name stands before the gap
    STRING: Final = 1
    NULL: Final = 2
    TRUE: Final = 3
    FALSE: Final = 4
    NUMBER: Final = 5
    EMPTY_LIST: Final = 6
    OBJECTS: Final = 7  # a list, and in it an object that goes on behind the gap
    NESTED: Final = 8  # another list or object, all of it in the gap
    OPEN: Final = 9  # another list or object that goes on behind the gap


KINDS: Final = 10


class Then:
    """What a gap leads to, behind the value that ends in it."""

    VALUE: Final = 0
    MEMBER: Final = 1  # the next member of the same object
    OBJECT: Final = 2  # the next object of the same list
    MEMBER_ABOVE: Final = 3  # out of a list of objects, to the next member
    OBJECT_ABOVE: Final = 4  # out of a list of objects, to the next object
    UNUSUAL: Final = 5


class Gap(NamedTuple):
    """What one text between two strings says.

    Parameters
    ----------
    kind : int
        One of `Kind`: the value of the name before it.
    then : int
        One of `Then`: what it leads to.
    net : int
        How many more lists and objects it opens than it closes.
    low : int
        How far it climbs down on the way, at most zero.
    controls : int
        How many of its characters are control characters: line ends and tabs.
    from_comma : int
        How many characters follow its last comma.
    opener : int
        How many characters precede its first opening bracket, all of them if there is none.
    """

    kind: int
    then: int
    net: int
    low: int
    controls: int
    from_comma: int
    opener: int


_THEN: Final = {
    "": Then.VALUE,
    ",": Then.MEMBER,
    "},{": Then.OBJECT,
    "}],": Then.MEMBER_ABOVE,
    "}]},{": Then.OBJECT_ABOVE,
}
_WORDS: Final = {"null": Kind.NULL, "true": Kind.TRUE, "false": Kind.FALSE}
_GO_ON: Final = (Kind.STRING, Kind.OBJECTS, Kind.OPEN)


@lru_cache(maxsize=4096)
def read_gap(text: str) -> Gap:
    r"""Understand a text between two strings.

    Parameters
    ----------
    text : str
        The text, with or without the quotation marks around it.

    Returns
    -------
    Gap
        What it says.

    Examples
    --------
    >>> read_gap('":true,"').kind == Kind.TRUE, read_gap('"}]},\n{"').then == Then.OBJECT_ABOVE
    (True, True)
    """
    kind, rest = _read_value(text.strip('"').strip(_WHITESPACE))
    then = _THEN.get(rest.translate(_NO_WHITESPACE), Then.UNUSUAL)
    if (kind in _GO_ON) != (then is Then.VALUE):
        then = Then.UNUSUAL
    levels = [level for _, level in _brackets(text)]
    opener = _OPENER.search(text)
    return Gap(
        kind,
        then,
        net=levels[-1] if levels else 0,
        low=min([0, *levels]),
        controls=len(_CONTROL.findall(text)),
        from_comma=len(text) - 1 - text.rfind(","),
        opener=opener.start() if opener else len(text),
    )


@lru_cache(maxsize=4096)
def read_rest(text: str, depth: int) -> tuple[int, int]:
    """Understand what follows where a gap has climbed down.

    Parameters
    ----------
    text : str
        The gap.
    depth : int
        How far down, at most zero.

    Returns
    -------
    int
        One of `Then`: what it leads to from there.
    int
        How many characters follow from there.
    """
    for end, level in _brackets(text):
        if level == depth and text[end - 1] in _CLOSERS:
            rest = text[end:]
            then = _THEN.get(rest.strip('"').translate(_NO_WHITESPACE), Then.UNUSUAL)
            return (Then.UNUSUAL if then is Then.VALUE else then), len(rest)
    return Then.UNUSUAL, 0


def _read_value(text: str) -> tuple[int, str]:
    """Read the value behind a name; give what follows it too."""
    if not text.startswith(":"):
        return Kind.NONE, text
    text = text[1:].lstrip(_WHITESPACE)
    if not text:
        return Kind.STRING, ""
    if text[0] in _OPENERS:
        return _read_nested(text)
    word = _WORD.match(text)
    if word is None:
        return Kind.OPEN, text
    return _WORDS.get(word[0], Kind.NUMBER), text[word.end() :]


def _read_nested(text: str) -> tuple[int, str]:
    for end, level in _brackets(text):
        if level == 0:
            value = text[:end].translate(_NO_WHITESPACE)
            return (Kind.EMPTY_LIST if value == "[]" else Kind.NESTED), text[end:]
    return (Kind.OBJECTS if text.translate(_NO_WHITESPACE) == "[{" else Kind.OPEN), ""


def _brackets(text: str) -> Iterator[tuple[int, int]]:
    """Step through the brackets: where each one ends, and how many are open then."""
    level = 0
    for bracket in _BRACKET.finditer(text):
        level += 1 if bracket[0] in _OPENERS else -1
        yield bracket.end(), level
