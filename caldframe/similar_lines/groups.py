"""Groups of lines: those of one normal form, then forms that agree in all but few words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.engine import as_text
from caldframe.errors import ConfigurationError
from caldframe.similar_lines.forms import normal_lines
from caldframe.similar_lines.leaders import find_leaders

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LineGroups", "check_similarity", "group_lines"]

_LEAST: Final = 0.7  # below it, lines of a few words are similar that have one in common


@dataclass(frozen=True, eq=False)
class LineGroups:
    """Which lines are the same, but for names, numbers and perhaps a word.

    Parameters
    ----------
    lines : pandas.Series of str
        One line a group: the most frequent of those in it, of equally frequent ones the first by the
        alphabet. Groups come by how many lines they have, most first.
    variants : numpy.ndarray of int64
        How many different lines each group has.
    numbers : numpy.ndarray of int64
        For each line given, the position of its group; -1 for null.
    """

    lines: pd.Series[Any]
    variants: NDArray[np.int64]
    numbers: NDArray[np.int64]


def check_similarity(similarity: Any) -> float:
    """Give the least similarity of lines that are grouped, or raise where it is none."""
    is_number = isinstance(similarity, (int, float, np.number)) and not isinstance(similarity, bool)
    if is_number and _LEAST <= similarity <= 1:
        return float(similarity)
    raise ConfigurationError(
        f"similarity={similarity!r} is not between {_LEAST} and 1. Give 0.9 to let one word of ten be "
        f"another, 1 for lines that differ in names and numbers alone."
    )


def group_lines(
    lines: pd.Series[Any], similarity: float = 0.9, said: NDArray[np.int64] | None = None
) -> LineGroups:
    """Bring lines together that are the same but for names, numbers and few words.

    Lines of one normal form are together (`normal_lines`). Then the forms are gone through, those of most
    lines first, of as many lines by the alphabet: each joins the most similar of the forms that lead a group
    already, if it is similar enough, and else leads one itself. So every line of a group is similar to the
    form that leads it, groups do not run into one another by chains of small steps, and the order in which
    the lines are given does not matter.

    Parameters
    ----------
    lines : pandas.Series of str
        The lines.
    similarity : float, default 0.9
        The least similarity, from 0.7 to 1. That of two forms of m and n words is 2 k / (m + n), k being
        how many words they have in common in the same order: their longest common subsequence. With 0.9,
        one word of ten may be another, or one be added to five; with 1 only lines of one form are together.
    said : numpy.ndarray of int64, optional
        How often each line was said. By default once for each time that it is given.

    Returns
    -------
    LineGroups
        The groups.

    Raises
    ------
    ConfigurationError
        If `similarity` is out of range, or `lines` is no text.

    Examples
    --------
    >>> groups = group_lines(pd.Series(["Hi Anna, this is Sam.", "Hi Bob, this is Sam.", "Goodbye."]))
    >>> groups.lines.tolist(), groups.numbers.tolist()
    (['Hi Anna, this is Sam.', 'Goodbye.'], [0, 0, 1])
    """
    least = check_similarity(similarity)
    codes, distinct = pd.factorize(as_text(lines))
    texts = pd.Series(distinct, dtype="str")
    times = np.zeros(len(texts), dtype=np.int64)
    np.add.at(times, codes[codes >= 0], 1 if said is None else said[codes >= 0])
    of_texts, forms = _ranked(normal_lines(texts), times)
    groups = find_leaders(forms, least)[of_texts]

    # The lines of each group together, the most frequent first, equally frequent ones by the alphabet.
    order = np.lexsort((_ranks(texts), -times, groups))
    _, firsts, variants = np.unique(groups[order], return_index=True, return_counts=True)
    shown = texts.iloc[order[firsts]].reset_index(drop=True)
    sizes = np.add.reduceat(times[order], firsts) if len(firsts) else np.zeros(0, dtype=np.int64)
    by_size = np.lexsort((_ranks(shown), -sizes))
    place = np.empty(len(texts), dtype=np.int64)
    place[order] = np.repeat(_inverse(by_size), variants)
    return LineGroups(
        lines=shown.iloc[by_size].reset_index(drop=True),
        variants=variants[by_size].astype(np.int64),
        # Null has the code -1, which would be the last text.
        numbers=np.where(codes >= 0, np.append(place, -1)[codes], -1),
    )


def _ranked(forms: pd.Series[Any], times: NDArray[np.int64]) -> tuple[NDArray[np.int64], pd.Series[Any]]:
    """Give the rank of each text's form, and the forms by rank: of most lines first, then by the alphabet."""
    codes, distinct = pd.factorize(forms)
    found = pd.Series(distinct, dtype="str")
    sizes = np.bincount(codes, weights=times, minlength=len(found))
    order = np.lexsort((_ranks(found), -sizes))
    return _inverse(order)[codes], found.iloc[order].reset_index(drop=True)


def _ranks(texts: pd.Series[Any]) -> NDArray[np.int64]:
    """Give each text's place in the alphabet: the order of code points, which depends on no locale."""
    return _inverse(np.argsort(texts.to_numpy(dtype=object), kind="stable"))


def _inverse(order: NDArray[np.int64]) -> NDArray[np.int64]:
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(len(order))
    return places
