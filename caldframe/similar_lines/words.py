"""Forms as sequences of words, and the keys under which forms that can be similar meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow.compute as pc

from caldframe.folding import text_array

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["ROUNDING", "Keys", "Words", "words_of"]

ROUNDING: Final = 1e-9
_MOST_RARE: Final = 12  # words of a form, 66 pairs of them; enough for forms of up to 50 words at 0.9
_FIRST_CODE: Final = 0x10000  # above the surrogates, which no text can hold
_CODES: Final = 0x110000 - _FIRST_CODE


@dataclass(frozen=True, eq=False)
class Keys:
    """The keys of forms, and the forms that they are of, beside one another.

    Parameters
    ----------
    keys : numpy.ndarray of int64
        Pairs of rare words, each as one number.
    forms : numpy.ndarray of int64
        The form that has both.
    """

    keys: NDArray[np.int64]
    forms: NDArray[np.int64]

    @classmethod
    def none(cls) -> Keys:
        """Give no keys."""
        return cls(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))

    def between(self, first: int, end: int) -> Keys:
        """Give those of some forms, where all stand in the order of the forms."""
        start, stop = np.searchsorted(self.forms, [first, end])
        return Keys(self.keys[start:stop], self.forms[start:stop])

    def of(self, chosen: NDArray[np.bool_]) -> Keys:
        """Give those of the forms that are marked, in the order of the keys."""
        kept = np.flatnonzero(chosen[self.forms])
        kept = kept[np.argsort(self.keys[kept], kind="stable")]
        return Keys(self.keys[kept], self.forms[kept])

    def merged(self, later: Keys) -> Keys:
        """Put those of later forms among these, both in the order of the keys."""
        places = np.searchsorted(self.keys, later.keys, side="right")
        return Keys(np.insert(self.keys, places, later.keys), np.insert(self.forms, places, later.forms))


@dataclass(frozen=True, eq=False)
class Words:
    """Forms as sequences of words.

    Parameters
    ----------
    lengths : numpy.ndarray of int64
        How many words each form has.
    texts : numpy.ndarray of str
        Each form with one character for every word that occurs elsewhere too, in their order.
    keys : Keys
        Pairs of the rarest words of each form, form by form.
    """

    lengths: NDArray[np.int64]
    texts: NDArray[np.object_]
    keys: Keys


def words_of(forms: pd.Series[Any], least: float) -> Words:
    """Take forms apart into words.

    Two forms of m and n words with a longest common subsequence of k words are similar if 2 k / (m + n) is
    `least` or more. Then k is m times least / (2 - least) or more, and the two have two words in common among
    the m - k + 2 rarest of the one and the n - k + 2 rarest of the other: the prefix filter of Chaudhuri,
    Ganti and Kaushik (2006), for two words as in Wang, Li and Feng (2012).

    Parameters
    ----------
    forms : pandas.Series of str
        The forms, words divided by single blanks.
    least : float
        The least similarity, 0.7 or more, so that similar forms have at least two words in common.

    Returns
    -------
    Words
        The forms, and the pairs of words under which they are to be looked up.

    References
    ----------
    Chaudhuri, S., Ganti, V. and Kaushik, R. (2006). A primitive operator for similarity joins in data
    cleaning. Proceedings of the 22nd International Conference on Data Engineering, 5.

    Wang, J., Li, G. and Feng, J. (2012). Can we beat the prefix filtering? An adaptive framework for
    similarity join and search. Proceedings of SIGMOD 2012, 85-96.
    """
    split = pc.split_pattern(text_array(forms), " ")
    lengths = pc.list_value_length(split).to_numpy(zero_copy_only=False).astype(np.int64)
    ids = split.flatten().dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int64)
    owners = np.repeat(np.arange(len(forms)), lengths)
    times = np.bincount(ids)
    rarity = np.empty(len(times), dtype=np.int64)
    rarity[np.argsort(times, kind="stable")] = np.arange(len(times))
    words = rarity[ids]
    shared = times[ids] > 1

    # A word that nobody else has is in no common subsequence, so it takes no character. Should there be
    # more words than characters, the rarest share theirs with the commonest.
    coded = (
        (_FIRST_CODE + (len(times) - 1 - words[shared]) % _CODES).astype("<u4").tobytes().decode("utf-32-le")
    )
    ends = np.cumsum(np.bincount(owners[shared], minlength=len(forms))).tolist()
    texts = np.empty(len(forms), dtype=object)
    texts[:] = [coded[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]

    in_common = np.ceil(lengths * least / (2 - least) - ROUNDING).astype(np.int64)
    rare = np.minimum(lengths - in_common + 2, _MOST_RARE)
    return Words(lengths, texts, _keys_of(words, owners, shared, rare))


def _keys_of(
    words: NDArray[np.int64], owners: NDArray[np.int64], shared: NDArray[np.bool_], rare: NDArray[np.int64]
) -> Keys:
    """Pair the rarest words of each form with one another, apart from those that no other form has."""
    order = np.lexsort((words, owners))
    place = np.arange(len(order)) - np.searchsorted(owners, owners)
    kept = (place < rare[owners]) & shared[order]
    words, owners = words[order][kept], owners[kept]
    pairs = [
        (words[:-apart][same] * (words.max(initial=0) + 1) + words[apart:][same], owners[apart:][same])
        for apart in range(1, _MOST_RARE)
        for same in [owners[:-apart] == owners[apart:]]
    ]
    keys, forms = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    by_form = np.argsort(forms, kind="stable")
    return Keys(keys[by_form], forms[by_form])
