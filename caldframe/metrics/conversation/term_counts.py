"""How often groups of turns use each term."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from caldframe.engine import group_rows
from caldframe.words import split_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["TermCounts", "add_up", "count_terms", "fold_word"]

_TEXTS: Final = 50_000  # different texts whose words are in memory together
_CELLS: Final = 1 << 20  # of the table of texts and groups that is, too
_SECOND: Final = 32  # bits of a pair's number that are its second word


@dataclass(frozen=True, eq=False)
class TermCounts:
    """How often groups of turns use terms.

    Parameters
    ----------
    groups : pandas.DataFrame
        One row a group: its value in the column `group`.
    terms : numpy.ndarray of str
        The terms.
    counts : numpy.ndarray of int64
        How often each group uses each: one row a term, one column a group.
    left_out : int
        How many turns belong to no call.
    """

    groups: pd.DataFrame
    terms: NDArray[np.object_]
    counts: NDArray[np.int64]
    left_out: int


def add_up(parts: list[TermCounts]) -> TermCounts:
    """Add up what was counted campaign by campaign."""
    if len(parts) == 1:
        return parts[0]
    groups = group_rows(pd.concat([part.groups for part in parts], ignore_index=True), ["group"])
    number, terms = pd.factorize(np.concatenate([part.terms for part in parts]))
    counts = np.zeros((len(terms), len(groups.keys)), dtype=np.int64)
    first, first_group = 0, 0
    for part in parts:
        rows = number[first : first + len(part.terms)]
        columns = groups.numbers[first_group : first_group + len(part.groups)]
        counts[np.ix_(rows, columns)] += part.counts
        first, first_group = first + len(part.terms), first_group + len(part.groups)
    return TermCounts(groups.keys, terms, counts, sum(part.left_out for part in parts))


def count_terms(
    content: pd.Series[Any], group: NDArray[np.int64], groups: int, ngrams: int, stop: frozenset[str]
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Count how often each group uses each term: one row a term, one column a group.

    What is said several times, as the lines of a script are, is split into words once.
    """
    text, texts = pd.factorize(content)
    said, times = np.unique(text[text >= 0] * np.int64(groups) + group[text >= 0], return_counts=True)
    size = max(min(_TEXTS, _CELLS // max(groups, 1)), 1)
    vocabulary: dict[str, int] = {}
    numbers: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
    counts: list[NDArray[np.int64]] = [np.zeros((0, groups), dtype=np.int64)]
    for start in range(0, len(texts), size):
        some = texts[start : start + size]
        first, last = np.searchsorted(said, [start * groups, (start + len(some)) * groups])
        weights = np.zeros(len(some) * groups, dtype=np.int64)
        weights[said[first:last] - start * groups] = times[first:last]
        number, place = _terms_of(pa.array(some, from_pandas=True), ngrams, vocabulary, stop)
        codes, distinct = pd.factorize(number)
        numbers.append(distinct)
        counts.append(_weighted_counts(codes, weights.reshape(-1, groups), place, len(distinct)))
    codes, distinct = pd.factorize(np.concatenate(numbers))
    totals = np.zeros((len(distinct), groups), dtype=np.int64)
    np.add.at(totals, codes, np.concatenate(counts))
    return _written(distinct, list(vocabulary), ngrams), totals


def _terms_of(
    texts: pa.Array, ngrams: int, vocabulary: dict[str, int], stop: frozenset[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the terms of some texts as numbers, each with the position of its text; new words get a number."""
    split = split_words(texts)
    encoded = split.words.dictionary_encode()
    known = [
        -1 if word in stop else vocabulary.setdefault(word, len(vocabulary))
        for word in map(fold_word, encoded.dictionary.to_pylist())
    ]
    word = np.array(known, dtype=np.int64)[encoded.indices.to_numpy()]
    place = np.repeat(np.arange(len(texts)), split.counts)
    if ngrams == 1:
        return word[word >= 0], place[word >= 0]
    first, second = word[:-1], word[1:]
    paired = (place[:-1] == place[1:]) & (first >= 0) & (second >= 0)
    return (first[paired] << _SECOND) + second[paired], place[1:][paired]


def fold_word(word: str) -> str:
    """Give a word without what makes no difference: case, and which apostrophe it is written with."""
    return unicodedata.normalize("NFC", word.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))


def _weighted_counts(
    codes: NDArray[np.int64], weights: NDArray[np.int64], place: NDArray[np.int64], terms: int
) -> NDArray[np.int64]:
    """Count each term as often as its text was said by each group."""
    columns = [np.bincount(codes, weights=column[place], minlength=terms) for column in weights.T]
    return np.stack(columns, axis=1).astype(np.int64)


def _written(numbers: NDArray[np.int64], words: list[str], ngrams: int) -> NDArray[np.object_]:
    """Give terms as text."""
    names = np.array(words, dtype=np.object_)
    if ngrams == 1:
        return names[numbers]
    written: NDArray[np.object_] = names[numbers >> _SECOND] + " " + names[numbers & ((1 << _SECOND) - 1)]
    return written
