r"""What each character is to the rules of UAX #29: a letter, a digit, an apostrophe, nothing that joins.

The property Word_Break is not in Python's standard library, so the few of its values that matter here are
put together from properties that Arrow's regular expressions know, as Table 3 of UAX #29 does it. The
Unicode version is theirs; a letter of a script that they do not know yet belongs to no word.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = [
    "ALONE",
    "APOSTROPHE",
    "BREAK",
    "CLASSES",
    "DIGIT",
    "HEBREW",
    "IGNORED",
    "JOINER",
    "KATAKANA",
    "LETTER",
    "MID_BOTH",
    "MID_LETTER",
    "MID_NUMBER",
    "QUESTION",
    "QUOTE",
    "classes_by_byte",
    "classes_by_character",
]

BREAK: Final = 0
"""A word ends here: white space, punctuation, symbols, emoji."""
IGNORED: Final = 1
"""Goes with what it follows, as if it were not there: marks, variation selectors, joiners (rule WB4)."""
LETTER: Final = 2
HEBREW: Final = 3
"""A Hebrew letter, which may have a quotation mark between it and the next."""
DIGIT: Final = 4
KATAKANA: Final = 5
JOINER: Final = 6
"""Connects all of these, as ``_`` does."""
MID_LETTER: Final = 7
"""Stands inside a word if there are letters on both sides."""
MID_NUMBER: Final = 8
"""Stands inside a number if there are digits on both sides."""
MID_BOTH: Final = 9
"""Stands inside either."""
APOSTROPHE: Final = 10
QUOTE: Final = 11
ALONE: Final = 12
"""A word of its own: characters of Chinese, Japanese hiragana, Thai, Lao, Khmer, Burmese; ``½``."""
QUESTION: Final = 13
"""Ends a question. It is a break to the rules of words."""

CLASSES: Final = 16
"""How many classes there may be."""

# Scripts without spaces between words: the rules leave them to dictionaries.
_WITHOUT_SPACES: Final = (
    r"\p{Han}\p{Hiragana}\p{Katakana}\p{Tangut}\p{Nushu}\p{Khitan_Small_Script}"
    r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tai_Le}\p{New_Tai_Lue}\p{Tai_Tham}\p{Tai_Viet}\p{Ahom}\x{3006}"
)

# Letters by UAX #29 that have not the property, or are of those scripts.
_OTHER_LETTERS: Final = (
    r"\x{B8}\x{2C2}-\x{2C5}\x{2D2}-\x{2D7}\x{2DE}\x{2DF}\x{2E5}-\x{2EB}\x{2ED}\x{2EF}-\x{2FF}"
    r"\x{55A}-\x{55C}\x{55E}\x{58A}\x{5F3}\x{70F}\x{24B6}-\x{24E9}\x{3005}\x{303B}\x{A708}-\x{A716}"
    r"\x{A720}\x{A721}\x{A789}\x{A78A}\x{AB5B}\x{16FE0}\x{16FE1}\x{16FE3}\x{1F130}-\x{1F149}"
    r"\x{1F150}-\x{1F169}\x{1F170}-\x{1F189}"
)

# The first that fits counts.
_PATTERNS: Final[Mapping[int, str]] = {
    QUESTION: r"[?\x{61F}\x{1367}\x{203D}\x{2047}-\x{2049}\x{2E2E}\x{FE56}\x{FF1F}]",
    DIGIT: r"[\p{Nd}\x{66B}\x{600}-\x{605}\x{6DD}\x{890}\x{891}\x{8E2}\x{19DA}\x{110BD}\x{110CD}]",
    IGNORED: r"[\p{M}\x{FF9E}\x{FF9F}\x{1F3FB}-\x{1F3FF}]|[^\P{Cf}\x{70F}\x{200B}]",
    KATAKANA: r"[\p{Katakana}\x{3031}-\x{3035}\x{309B}\x{309C}\x{30A0}\x{30FC}\x{FF70}]",
    HEBREW: r"[^\P{Hebrew}\P{Lo}]",
    LETTER: rf"[^\P{{L}}{_WITHOUT_SPACES}]|[^\P{{Nl}}\p{{Han}}]|[{_OTHER_LETTERS}]",
    JOINER: r"[_\x{202F}\x{203F}\x{2040}\x{2054}\x{FE33}\x{FE34}\x{FE4D}-\x{FE4F}\x{FF3F}]",
    MID_LETTER: r"[:\x{B7}\x{387}\x{55F}\x{5F4}\x{2027}\x{FE13}\x{FE55}\x{FF1A}]",
    MID_NUMBER: r"[,;\x{37E}\x{589}\x{60C}\x{60D}\x{66C}\x{7F8}\x{2044}\x{FE50}\x{FE54}\x{FF0C}\x{FF1B}]",
    MID_BOTH: r"[.\x{2018}\x{2019}\x{2024}\x{FE52}\x{FF07}\x{FF0E}]",
    APOSTROPHE: "'",
    QUOTE: '"',
    ALONE: r"[\p{L}\p{N}]",
}
# Control characters are breaks, all of them, and the numbers of the classes take their places.
_FIRST: Final = 0x20
# All characters but surrogates and those for private use.
_ASSIGNED: Final = ((_FIRST, 0xD800), (0xE000, 0x40000), (0xE0000, 0xE1000))


@cache
def classes_by_character() -> NDArray[np.uint8]:
    """Give the class of every character: an array to be looked up by code point.

    It is made once, when the first text that is not ASCII comes: some 0.1 seconds.
    """
    points = np.concatenate([np.arange(first, last, dtype="<u4") for first, last in _ASSIGNED])
    classes = np.zeros(0x110000, dtype=np.uint8)
    classes[points] = _classified(points)
    classes.flags.writeable = False
    return classes


@cache
def classes_by_byte() -> bytes:
    """Give the class of every ASCII character: a table for `bytes.translate`."""
    points = np.arange(_FIRST, 0x80, dtype="<u4")
    return bytes(_FIRST) + _classified(points).tobytes() + bytes(0x80)


def _classified(points: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Give the classes of characters, none of them a control character."""
    marked = pa.array([points.tobytes().decode("utf-32-le")], pa.large_string())
    for number, pattern in _PATTERNS.items():
        marked = pc.replace_substring_regex(marked, pattern, chr(number))
    marks = np.frombuffer(marked[0].as_py().encode("utf-32-le"), dtype="<u4")
    return np.where(marks < CLASSES, marks, BREAK).astype(np.uint8)
