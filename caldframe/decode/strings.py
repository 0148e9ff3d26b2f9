"""Where the strings of JSON text stand, and what stands between them, found for all of them at once.

A quotation mark begins or ends a string unless a backslash escapes it, so the marks alone part the text
into strings and gaps. That is true of all valid JSON; what is not valid fails to add up later on.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from caldframe.decode.gaps import NUMBER, Gap, Kind, Then, read_gap
from caldframe.decode.split import NotInBlocksError

Places = npt.NDArray[np.signedinteger[Any]]
Codes = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]

_BACKSLASH, _COLON, _COMMA, _MINUS, _QUOTE, _SPACE, _ZERO = map(ord, '\\:,-" 0')
_DIGITS: Final = 10
_FEW: Final = 2_000
_A_BACKSLASH: Final = re.compile(rb"\\")
_AROUND_NUMBERS: Final = '":,}]{[ \t\r\n'
_NOT_A_NUMBER: Final = Gap(Kind.NUMBER, Then.UNUSUAL, 0, 0, 0, 0, 0)
_UP_TO_THEIR_END: Final = '": -+.eE0123456789'


class Gaps(NamedTuple):
    """Those gaps that are more than a colon or a comma, in order.

    Parameters
    ----------
    places : numpy.ndarray of int64
        Which gaps they are.
    codes : numpy.ndarray of int64
        The position of each in `different` and `texts`.
    different : list of Gap
        What they say, each text once.
    texts : list of str
        These texts; of a gap with a number in it, what follows the number.
    """

    places: Places
    codes: Places
    different: list[Gap]
    texts: list[str]

    def each(self, attribute: str) -> Places:
        """Give an attribute of each gap."""
        return np.array([getattr(gap, attribute) for gap in self.different])[self.codes]


class Strings(NamedTuple):
    """The strings of some entries of a list. Gap `j` stands before string `j`, the last one at the end.

    Parameters
    ----------
    text : bytes
        The entries.
    texts : pyarrow.StringArray
        Gap 0, string 0, gap 1, string 1 and so on: gaps with their quotation marks, strings without.
    opens, closes : numpy.ndarray of int64
        Where each string's quotation marks stand.
    gaps : Gaps
        The gaps that are more than a colon or a comma.
    kinds, thens : numpy.ndarray of int8
        Each gap's `Kind` and `Then`.
    depths : numpy.ndarray of int64
        How many objects and lists each string stands in, itself being an entry's included; then the end.
    starts : numpy.ndarray of int64
        The gaps in which entries begin; then the last gap.
    bounds : numpy.ndarray of int64
        Where each entry begins in the text; then the text's end.
    escaped : numpy.ndarray of int64
        The strings with a backslash in them.
    controlled : numpy.ndarray of int64
        The strings with a control character in them.
    """

    text: bytes
    texts: pa.StringArray
    opens: Places
    closes: Places
    gaps: Gaps
    kinds: Codes
    thens: Codes
    depths: Places
    starts: Places
    bounds: Places
    escaped: Places
    controlled: Places


def find_strings(text: bytes) -> Strings:
    """Find the strings of some entries of a list.

    Parameters
    ----------
    text : bytes
        The entries with commas between them, UTF-8.

    Returns
    -------
    Strings
        At least one.

    Raises
    ------
    NotInBlocksError
        If there is no string, or the text is not what it should be.
    """
    characters = np.frombuffer(text, np.uint8)
    marks, backslashes = _find_marks(text, characters)
    if len(marks) == 0 or len(marks) % 2:
        raise NotInBlocksError
    opens, closes = marks[0::2], marks[1::2]
    offsets = np.empty(len(marks) + 2, np.int32)
    offsets[0], offsets[-1] = 0, len(text)
    offsets[1:-1:2] = opens + 1
    offsets[2:-1:2] = closes
    texts = pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(text))

    kinds, thens = _read_simple_gaps(characters, opens, closes)
    gaps = _read_other_gaps(characters, texts, closes, np.flatnonzero((kinds | thens) == 0))
    kinds[gaps.places] = gaps.each("kind")
    thens[gaps.places] = gaps.each("then")
    depths, is_start = _climb(gaps, len(opens))
    starts = gaps.places[is_start]
    bounds = opens[starts[:-1]] + 1 - gaps.each("from_comma")[is_start][:-1]
    bounds[0] = 0
    controls = np.zeros(0, np.int64)
    if characters.min() < _SPACE and np.count_nonzero(characters < _SPACE) != gaps.each("controls").sum():
        controls = np.flatnonzero(characters < _SPACE)
    return Strings(
        text=text,
        texts=texts,
        opens=opens,
        closes=closes,
        gaps=gaps,
        kinds=kinds,
        thens=thens,
        depths=depths,
        starts=starts,
        bounds=np.append(bounds, len(text)),
        escaped=strings_around(backslashes, opens, closes),
        controlled=strings_around(controls, opens, closes),
    )


def strings_around(positions: Places, opens: Places, closes: Places) -> Places:
    """Tell which strings characters are in, each string once."""
    candidates = np.searchsorted(opens, positions) - 1
    inside = (candidates >= 0) & (positions < closes[candidates])
    return np.unique(candidates[inside])


def _find_marks(text: bytes, characters: npt.NDArray[np.uint8]) -> tuple[Places, Places]:
    """Find the quotation marks that begin and end strings, and the backslashes."""
    count = text.count(b"\\")
    if count < _FEW:
        # A search stops at these alone; a mask of all characters would be made for them.
        backslashes = np.fromiter((match.start() for match in _A_BACKSLASH.finditer(text)), np.int64, count)
    else:
        backslashes = np.flatnonzero(characters == _BACKSLASH)
    quotes = characters == _QUOTE
    escaped = _escaped_by(backslashes)
    quotes[escaped[escaped < len(characters)]] = False
    return np.flatnonzero(quotes), backslashes


def _escaped_by(backslashes: Places) -> Places:
    """Tell which characters backslashes escape: those after an odd number of them."""
    begins = np.flatnonzero(np.diff(backslashes, prepend=-2) != 1)
    counts = np.diff(begins, append=len(backslashes))
    odd = counts % 2 == 1
    escaped: Places = backslashes[begins[odd]] + counts[odd]
    return escaped


def _read_simple_gaps(
    characters: npt.NDArray[np.uint8], opens: Places, closes: Places
) -> tuple[Codes, Codes]:
    """Give kinds and thens, zero both but for gaps that are a colon or a comma."""
    begins = closes[:-1] + 1
    single = opens[1:] - begins == 1
    first = characters[begins]
    kinds = np.zeros(len(opens) + 1, np.int8)
    thens = np.zeros(len(opens) + 1, np.int8)
    kinds[1:-1][single & (first == _COLON)] = Kind.STRING
    thens[1:-1][single & (first == _COMMA)] = Then.MEMBER
    return kinds, thens


def _read_other_gaps(
    characters: npt.NDArray[np.uint8], texts: pa.StringArray, closes: Places, places: Places
) -> Gaps:
    """Read gaps text by text, each text once; numbers, which all differ, are taken out before."""
    inner = places[1:-1]
    begins = closes[inner - 1] + 1
    last = len(characters) - 1
    spaced = characters[np.minimum(begins + 1, last)] == _SPACE
    digit = characters[np.minimum(begins + 1 + spaced, last)]
    numeric = (characters[begins] == _COLON) & ((digit - _ZERO < _DIGITS) | (digit == _MINUS))
    ends, well_formed = _read_numbers(texts.take(pa.array(2 * inner[numeric])), spaced[numeric])
    whole = texts.take(pa.array(2 * inner[~numeric])).dictionary_encode()
    # As if the text went on at both ends.
    edges = [f"}},{texts[0]}", f"{texts[-1]},{{"]
    whole_texts, end_texts = whole.dictionary.to_pylist(), ends.dictionary.to_pylist()
    different = [
        *map(read_gap, edges),
        _NOT_A_NUMBER,
        *map(read_gap, whole_texts),
        *(read_gap(f":0{text}") for text in end_texts),
    ]
    codes = np.empty(len(places), np.int64)
    codes[0], codes[-1] = 0, 1
    inner_codes = codes[1:-1]
    inner_codes[~numeric] = whole.indices.to_numpy() + 3
    inner_codes[numeric] = np.where(well_formed, ends.indices.to_numpy() + 3 + len(whole_texts), 2)
    return Gaps(places, codes, different, [*edges, "", *whole_texts, *end_texts])


def _read_numbers(gaps: pa.StringArray, spaced: Flags) -> tuple[pa.DictionaryArray, Flags]:
    """Give what follows each number, and whether there is one and nothing else before it."""
    numbers, ends = trim_gap(gaps), pc.ascii_ltrim(gaps, _UP_TO_THEIR_END)
    spare = pc.subtract(pc.binary_length(gaps), pc.add(pc.binary_length(numbers), pc.binary_length(ends)))
    matches = pc.match_substring_regex(numbers, f"^{NUMBER}$").to_numpy(zero_copy_only=False)
    well_formed = matches & (spare.to_numpy() == 2 + spaced)
    return ends.dictionary_encode(), well_formed


def trim_gap(gaps: pa.StringArray) -> Any:
    """Give the number or the word that stands in each gap."""
    return pc.ascii_trim(gaps, _AROUND_NUMBERS)


def _climb(gaps: Gaps, strings: int) -> tuple[Places, Flags]:
    """Follow the brackets: each string's depth, and the gaps that come down to between two entries."""
    depths = np.zeros(strings + 1, np.int32)
    net = gaps.each("net")
    depths[gaps.places] = net
    depths[0] += 1
    np.cumsum(depths, out=depths)
    lowest = depths[gaps.places] - net + gaps.each("low")
    if lowest.min() < 0 or depths[-1] != 1:
        raise NotInBlocksError
    return depths, lowest == 0
