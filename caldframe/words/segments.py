"""Where words begin and end, by the default rules of UAX #29, in many texts at once.

Texts are taken a few at a time, put one behind the other, and each character replaced by its class. The rules
look at no more than three classes in a row, once what they ignore is taken out, so that a table of all
triples answers for all characters in one step.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from caldframe.words.classes import (
    ALONE,
    APOSTROPHE,
    CLASSES,
    DIGIT,
    HEBREW,
    IGNORED,
    JOINER,
    KATAKANA,
    LETTER,
    MID_BOTH,
    MID_LETTER,
    MID_NUMBER,
    QUESTION,
    QUOTE,
    classes_by_byte,
    classes_by_character,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

__all__ = ["WordCounts", "Words", "count_words", "split_words"]

_BYTES: Final = 1 << 19  # of text that are looked at together: what is made of them stays in the cache
_END: Final = "\n"  # a break to every rule

_LETTERS: Final = (LETTER, HEBREW)
_IN_WORDS: Final = (*_LETTERS, DIGIT, KATAKANA)
_OF_WORDS: Final = (*_IN_WORDS, ALONE)
_OF_A_WORD: Final = np.isin(np.arange(CLASSES), _OF_WORDS)


@dataclass(frozen=True, eq=False)
class WordCounts:
    """How many words and questions some texts have.

    Parameters
    ----------
    words : numpy.ndarray of int64
        The words of each text.
    questions : numpy.ndarray of int64
        The question marks of each text, several in a row counted once.
    """

    words: NDArray[np.int64]
    questions: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Words:
    """The words of some texts.

    Parameters
    ----------
    words : pyarrow.LargeStringArray
        All words in order, as they are written.
    counts : numpy.ndarray of int64
        How many of them each text has.
    """

    words: pa.LargeStringArray
    counts: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Batch:
    """Some texts, one behind the other, each with an end of line after it.

    `ends` are the places just after each text and its end of line, in characters; `raw` is their UTF-8.
    """

    raw: bytes
    classes: NDArray[np.uint8]
    ends: NDArray[np.int64]


def count_words(texts: pa.Array | pa.ChunkedArray) -> WordCounts:
    """Count the words of texts, and the questions.

    A word is a segment between two word boundaries of UAX #29 (Unicode Text Segmentation, the default rules)
    that has a letter or a number in it. So "don't", "3,000.50" and "example.com" are one word each; "e-mail"
    is two; an emoji is none. In scripts without spaces between words the default rules find none: each
    character of Chinese, of Japanese hiragana, and each consonant of Thai with its marks is a word, while
    katakana is one word as far as it goes.

    Parameters
    ----------
    texts : pyarrow.Array or pyarrow.ChunkedArray of strings
        The texts; null has no words.

    Returns
    -------
    WordCounts
        One number a text of each.

    Examples
    --------
    >>> import pyarrow as pa
    >>> counts = count_words(pa.array(["Don't you? Really?!", "3,000.50 at example.com", "東京タワー", None]))
    >>> counts.words.tolist(), counts.questions.tolist()
    ([3, 3, 3, 0], [2, 0, 0, 0])
    """
    plain = texts.cast(pa.large_string())
    words, questions = np.zeros((2, len(plain)), dtype=np.int64)
    # Apart, for bytes of ASCII are characters already, and most texts of most campaigns have no others.
    is_ascii = pc.fill_null(pc.string_is_ascii(plain), fill_value=True)
    for chosen in (is_ascii, pc.invert(is_ascii)):
        places = np.flatnonzero(chosen)
        counts = [_count(batch) for batch in _batches(plain.filter(chosen))] if len(places) else []
        if counts:
            words[places], questions[places] = np.concatenate(counts, axis=1)
    return WordCounts(words, questions)


def split_words(texts: pa.Array | pa.ChunkedArray) -> Words:
    """Split texts into their words, as `count_words` counts them.

    Parameters
    ----------
    texts : pyarrow.Array or pyarrow.ChunkedArray of strings
        The texts; null has no words.

    Returns
    -------
    Words
        The words of all texts, one behind the other.

    Examples
    --------
    >>> import pyarrow as pa
    >>> split = split_words(pa.array(["It's 7:30, e-mail me.", None, "はい。"]))
    >>> split.words.to_pylist(), split.counts.tolist()
    (["It's", '7', '30', 'e', 'mail', 'me', 'は', 'い'], [6, 0, 2])
    """
    words: list[pa.LargeStringArray] = []
    counts = [_NONE]
    for batch in _batches(texts):
        places = np.flatnonzero(batch.classes != IGNORED)
        begins, lasts = _segments(batch.classes[places])
        begins = places[begins]
        counts.append(np.diff(np.searchsorted(begins, batch.ends), prepend=0))
        words.append(_cut(batch, begins, places[lasts]))
    return Words(pa.concat_arrays([pa.array([], pa.large_string()), *words]), np.concatenate(counts))


_NONE: Final[NDArray[np.int64]] = np.zeros(0, dtype=np.int64)


def _count(batch: _Batch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count the words and the questions of each text of a batch."""
    kept = _without(batch.classes, batch.ends, batch.classes == IGNORED)
    asked = kept[0] == QUESTION
    asked[1:] &= ~asked[:-1]
    classes, ends = _without(*kept, _repeated(kept[0], JOINER))
    return _per_text(_begin()[_triples(classes)], ends), _per_text(asked, kept[1])


def _batches(texts: pa.Array | pa.ChunkedArray) -> Iterator[_Batch]:
    chunks = texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]
    for chunk in chunks:
        plain = chunk.cast(pa.large_string())
        offsets = _offsets(plain)
        starts = np.searchsorted(offsets, np.arange(offsets[0], offsets[-1] + 1, _BYTES))
        edges = [*np.unique(np.minimum(starts, len(plain))).tolist(), len(plain)]
        for start, stop in pairwise(edges):
            if stop > start:
                yield _batch(plain.slice(start, stop - start))


def _batch(texts: pa.LargeStringArray) -> _Batch:
    empty, end = (pa.scalar(text, pa.large_string()) for text in ("", _END))
    lines = pc.binary_join_element_wise(texts, empty, end, null_handling="replace", null_replacement="")
    offsets = _offsets(lines)
    raw = lines.buffers()[2].to_pybytes()[offsets[0] : offsets[-1]]
    if raw.isascii():
        classes = np.frombuffer(raw.translate(classes_by_byte()), dtype=np.uint8)
        return _Batch(raw, classes, offsets[1:] - offsets[0])
    points = np.frombuffer(raw.decode().encode("utf-32-le"), dtype="<u4")
    lengths = pc.utf8_length(lines).to_numpy(zero_copy_only=False)
    return _Batch(raw, classes_by_character()[points], np.cumsum(lengths, dtype=np.int64))


def _offsets(texts: pa.LargeStringArray) -> NDArray[np.int64]:
    if len(texts) == 0:
        return np.zeros(1, dtype=np.int64)
    return np.frombuffer(texts.buffers()[1], dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]


def _without(
    classes: NDArray[np.uint8], ends: NDArray[np.int64], dropped: NDArray[np.bool_]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Take characters out, and move the ends of the texts accordingly."""
    places = np.flatnonzero(dropped)
    if not len(places):
        return classes, ends
    return np.delete(classes, places), ends - np.searchsorted(places, ends)


def _repeated(classes: NDArray[np.uint8], kind: int) -> NDArray[np.bool_]:
    """Tell which characters are of a class that the one before is of, too."""
    of_kind = classes == kind
    repeated = np.zeros(len(classes), dtype=np.bool_)
    repeated[1:] = of_kind[1:] & of_kind[:-1]
    return repeated


def _per_text(marked: NDArray[np.bool_], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the marks of each text."""
    counts: NDArray[np.int64] = np.diff(np.searchsorted(np.flatnonzero(marked), ends), prepend=0)
    return counts


def _triples(classes: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Give each character with the two before it as one number; before the first there are breaks."""
    triples = classes.astype(np.uint16)
    triples[1:] += classes[:-1].astype(np.uint16) * CLASSES
    triples[2:] += classes[:-2].astype(np.uint16) * CLASSES**2
    return triples


def _segments(classes: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the segments that are words: where each begins, and where the one after it does."""
    triples = _triples(classes)
    bridged = _bridged()[triples]
    joined = _joined()[triples] | bridged
    joined[:-1] |= bridged[1:]  # what stands between joins on both its sides
    edges = np.append(np.flatnonzero(~joined), len(classes))
    told = np.logical_or.reduceat(_OF_A_WORD[classes], edges[:-1])
    return edges[:-1][told], edges[1:][told]


def _cut(batch: _Batch, begins: NDArray[np.int64], lasts: NDArray[np.int64]) -> pa.LargeStringArray:
    """Cut words out of the bytes of their texts; places are in characters."""
    raw = np.frombuffer(batch.raw, dtype=np.uint8)
    if len(raw) > len(batch.classes):
        starts = np.flatnonzero(raw & 0xC0 != 0x80)  # noqa: PLR2004 - the bytes of UTF-8 that go on are 10xxxxxx
        begins, lasts = starts[begins], starts[lasts]
    inside = np.zeros(len(raw) + 1, dtype=np.int8)
    inside[begins] += 1  # no two words begin at one place, nor end at one
    inside[lasts] -= 1
    kept = raw[np.cumsum(inside[:-1], dtype=np.int8).astype(np.bool_)]
    offsets = np.concatenate([_NONE, [0], np.cumsum(lasts - begins)])
    buffers = [pa.py_buffer(offsets.astype(np.int64)), pa.py_buffer(kept.tobytes())]
    return pa.LargeStringArray.from_buffers(len(begins), *buffers)


# The rules, for a character `own` with the two before it. Those that are not here break (WB999), or are about
# line ends and emoji, where there are no words.


def _is_pair(_before: int, previous: int, own: int) -> bool:
    """Tell whether the last two are never parted."""
    letters_and_digits = (*_LETTERS, DIGIT)
    return (
        (previous in letters_and_digits and own in letters_and_digits)  # WB5, WB8, WB9, WB10
        or (previous == HEBREW and own == APOSTROPHE)  # WB7a
        or (previous == own == KATAKANA)  # WB13
        or (previous in (*_IN_WORDS, JOINER) and own == JOINER)  # WB13a
        or (previous == JOINER and own in _IN_WORDS)  # WB13b
    )


def _is_bridge(before: int, previous: int, own: int) -> bool:
    """Tell whether the middle one joins the two at its sides."""
    return (
        (
            before in _LETTERS and previous in (MID_LETTER, MID_BOTH, APOSTROPHE) and own in _LETTERS
        )  # WB6, WB7
        or (before == own == HEBREW and previous == QUOTE)  # WB7b, WB7c
        or (before == own == DIGIT and previous in (MID_NUMBER, MID_BOTH, APOSTROPHE))  # WB11, WB12
    )


def _is_beginning(before: int, previous: int, own: int) -> bool:
    """Tell whether this is the first letter or number of its segment; joiners in a row count as one."""
    if own not in _OF_WORDS:
        return False
    if previous == JOINER and own != ALONE:
        return before not in _IN_WORDS
    return not (_is_pair(before, previous, own) or _is_bridge(before, previous, own))


def _table(rule: Callable[[int, int, int], bool]) -> NDArray[np.bool_]:
    return np.array([rule(*triple) for triple in product(range(CLASSES), repeat=3)])


@cache
def _begin() -> NDArray[np.bool_]:
    return _table(_is_beginning)


@cache
def _joined() -> NDArray[np.bool_]:
    return _table(_is_pair)


@cache
def _bridged() -> NDArray[np.bool_]:
    return _table(_is_bridge)
