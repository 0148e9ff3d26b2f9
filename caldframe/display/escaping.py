"""Text made harmless: for a terminal, for an output that lacks characters."""

from __future__ import annotations

import unicodedata
from typing import Final

__all__ = ["DASH", "EIGHTHS", "escape_text", "escaped_lines", "fit_encoding"]

DASH: Final = "\N{EN DASH}"
EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
"""Blocks that are 0 to 8 eighths wide."""

_INVISIBLE: Final = ("Cc", "Cf", "Cs", "Zl", "Zp")
_JOINERS: Final = "\u200c\u200d"  # words of Persian and families of emoji are spelled with them
_SELECTORS: Final = frozenset(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
# What Unicode asks programs not to draw (Default_Ignorable_Code_Point) beyond the categories above.
_IGNORED: Final = frozenset(
    map(
        chr,
        [
            *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x2065, 0x3164, 0xFFA0),
            *range(0xFFF0, 0xFFF9),
            *range(0xE0000, 0xE1000),
        ],
    )
)
_ASCII: Final = str.maketrans(
    {DASH: "-", "─": "-", "…": "~", "→": ">", "·": "-", **dict.fromkeys(EIGHTHS[1:], "#")}
)


def escape_text(text: str) -> str:
    r"""Show what would drive a terminal, or hide in it, as an escape.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        The text with control characters, line separators, direction overrides and isolates, all other
        characters that do not show, and lone surrogates written as ``\x1b``, ``\n``, ``\u202e``. Joiners
        stay, and so does one variation selector behind a character: scripts and emoji are spelled with them.

    Examples
    --------
    >>> print(escape_text("Spring \x1b[31m\u202e🌱\n"))
    Spring \x1b[31m\u202e🌱\n
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_escaped, text, " " + text))


def escaped_lines(text: str) -> list[str]:
    r"""Split text at its line breaks, and escape each line.

    Examples
    --------
    >>> escaped_lines("one\r\ntwo\n\x1b[31m")
    ['one', 'two', '\\x1b[31m']
    """
    return [escape_text(line) for line in text.replace("\r\n", "\n").split("\n")]


def fit_encoding(text: str, encoding: str) -> str:
    r"""Make text fit an output that cannot hold every character.

    Parameters
    ----------
    text : str
        Any text, such as `table_text` gives.
    encoding : str
        The output's encoding.

    Returns
    -------
    str
        The text itself where the encoding holds it. Else lines, bars and dashes become ASCII of the
        same width, and whatever is still missing an escape.

    Examples
    --------
    >>> print(fit_encoding("Zoë  ██▌ 雪", "latin-1"))
    Zoë  ### \u96ea
    """
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_ASCII).encode(encoding, "backslashreplace").decode(encoding)
    return text


def _escaped(character: str, before: str) -> str:
    if character in _SELECTORS:
        hidden = before in _SELECTORS or before.isspace() or _is_hidden(before)
    else:
        hidden = character not in _JOINERS and _is_hidden(character)
    return character.encode("unicode_escape").decode("ascii") if hidden else character


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in _INVISIBLE or character in _IGNORED
