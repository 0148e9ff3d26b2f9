"""Which forms lead a group, and whom each other form follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from rapidfuzz.distance import LCSseq
from rapidfuzz.process import cpdist

from caldframe.similar_lines.words import ROUNDING, Keys, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from caldframe.similar_lines.words import Words

__all__ = ["find_leaders"]

_BATCH: Final = 2048
_PAIRS: Final = 2**20  # looked at together, so that memory is bounded
_MOST_WITH_KEY: Final = 64


@dataclass(frozen=True, eq=False)
class _Similar:
    """Pairs of similar forms, and how similar they are."""

    later: NDArray[np.int64]
    earlier: NDArray[np.int64]
    similarity: NDArray[np.float64]


def find_leaders(forms: pd.Series[Any], least: float) -> NDArray[np.int64]:
    """Give each form the leader that it follows; one that leads follows itself.

    Forms are gone through in their order. Each follows the most similar of the leaders before it, the first
    of equally similar ones, if it is similar enough, and else leads.

    Only pairs that can be similar enough are compared: those that have two rare words in common, which
    `words_of` finds. Nothing is lost by that for forms of up to 50 words (with 0.9), and longer ones meet if
    two of their twelve rarest words are the same. Where more than 64 leaders have the same two, only the
    first 64 of these, which have the most lines, are compared.

    Parameters
    ----------
    forms : pandas.Series of str
        Distinct normal forms, those that are to lead rather than to follow first.
    least : float
        The least similarity, from 0.7 to 1: 2 k / (m + n) for forms of m and n words whose longest common
        subsequence has k words.

    Returns
    -------
    numpy.ndarray of int64
        The position of a leader for each form.

    Examples
    --------
    >>> import pandas as pd
    >>> find_leaders(pd.Series(["do you own a house", "do you own the house", "goodbye"]), 0.8).tolist()
    [0, 0, 2]
    """
    leaders = np.arange(len(forms))
    if least == 1 or not len(forms):
        return leaders
    words = words_of(forms, least)
    index = Keys.none()
    for start in range(0, len(forms), _BATCH):
        batch = words.keys.between(start, start + _BATCH)
        followers = _similar(words, batch, index, least)
        # Who follows a leader of an earlier batch leads nobody.
        free = np.ones(len(forms), dtype=np.bool_)
        free[followers.later] = False
        among = _similar(words, batch, batch.of(free), least)
        _settle(leaders, followers, among)
        index = index.merged(batch.of(leaders == np.arange(len(forms))))
    return leaders


def _similar(words: Words, forms: Keys, index: Keys, least: float) -> _Similar:
    """Find the forms of the index that are similar to forms after them."""
    found = [(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))]
    for followers, leaders in _candidates(forms, index):
        both = words.lengths[followers] + words.lengths[leaders]
        shorter = np.minimum(words.lengths[followers], words.lengths[leaders])
        possible = (leaders < followers) & (2 * shorter >= least * both - ROUNDING)
        later, earlier, lengths = followers[possible], leaders[possible], both[possible]
        texts = words.texts[later].tolist(), words.texts[earlier].tolist()
        common = cpdist(*texts, scorer=LCSseq.similarity, dtype=np.int64)
        similar = 2 * common >= least * lengths - ROUNDING
        found.append((later[similar], earlier[similar], 2 * common[similar] / lengths[similar]))
    return _Similar(*map(np.concatenate, zip(*found, strict=True)))


def _candidates(forms: Keys, index: Keys) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Give the pairs of forms that have a key in common, so many at a time, some more than once."""
    first = np.searchsorted(index.keys, forms.keys, side="left")
    counts = np.minimum(np.searchsorted(index.keys, forms.keys, side="right") - first, _MOST_WITH_KEY)
    ends = np.cumsum(counts)
    for past in range(_PAIRS, int(ends[-1:].sum()) + _PAIRS, _PAIRS):
        start, stop = np.searchsorted(ends, [past - _PAIRS, past], side="right")
        some = counts[start:stop]
        steps = np.arange(some.sum()) - np.repeat(np.cumsum(some) - some, some)
        yield (
            np.repeat(forms.forms[start:stop], some),
            index.forms[np.repeat(first[start:stop], some) + steps],
        )


def _settle(leaders: NDArray[np.int64], *found: _Similar) -> None:
    """Let each form, in their order, follow the most similar of those that lead."""
    later = np.concatenate([pairs.later for pairs in found])
    earlier = np.concatenate([pairs.earlier for pairs in found])
    similarity = np.concatenate([pairs.similarity for pairs in found])
    order = np.lexsort((earlier, -similarity, later))
    for follower, leader in zip(later[order].tolist(), earlier[order].tolist(), strict=True):
        if leaders[follower] == follower and leaders[leader] == leader:
            leaders[follower] = leader
