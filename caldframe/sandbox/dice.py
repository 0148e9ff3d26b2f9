"""Chance that falls the same way everywhere, and identifiers made of what they identify."""

from __future__ import annotations

import hashlib
import random
from statistics import NormalDist
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

_NORMAL: Final = NormalDist()
_SMALLEST: Final = 2.0**-53


class Dice:
    """A stream of choices that is the same on every platform and Python version.

    It is built on ``random()`` alone, the one method whose sequence Python promises to keep, and seeded
    with a digest of its name, so that no stream depends on how much of another was used.

    Parameters
    ----------
    *name : object
        What the stream is for; the same name, the same stream.
    """

    def __init__(self, *name: object) -> None:
        self._random = random.Random(int(fingerprint(*name, digits=64), 16)).random

    def chance(self, probability: float) -> bool:
        """Say yes with a probability."""
        return self._random() < probability

    def between(self, low: float, high: float) -> float:
        """Give a number from `low` up to `high`, all alike."""
        return low + (high - low) * self._random()

    def whole(self, low: int, high: int) -> int:
        """Give a whole number from `low` to `high`, both possible, all alike."""
        return low + int((high - low + 1) * self._random())

    def bell(self) -> float:
        """Give a number of the standard normal distribution."""
        return _NORMAL.inv_cdf(max(self._random(), _SMALLEST))

    def pick(self, choices: Sequence[T]) -> T:
        """Take one of several, all alike."""
        return choices[int(len(choices) * self._random())]

    def weigh(self, choices: Sequence[tuple[T, float]]) -> T:
        """Take one of several, each as likely as its weight says."""
        point = self._random() * sum(weight for _, weight in choices)
        for choice, weight in choices:
            point -= weight
            if point < 0:
                return choice
        return choices[-1][0]

    def shuffle(self, items: Sequence[T]) -> list[T]:
        """Give the same items in any order."""
        rest = list(items)
        return [rest.pop(int(len(rest) * self._random())) for _ in items]


def fingerprint(*name: object, digits: int = 24) -> str:
    """Give hex digits that stand for a name: always the same ones, and hardly ever those of another.

    Examples
    --------
    >>> fingerprint("campaign", 1, 0)
    '94d81766d830e80f4d816c19'
    """
    return hashlib.sha256("/".join(map(str, name)).encode()).hexdigest()[:digits]
