"""Bytes read as decisions, so that almost any of them lead deep into what is tried out."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

T = TypeVar("T")

_MOST_CHANGES: Final = 5
_LONGEST: Final = 64
_EXTREMES: Final = (b"\x00" * 4, b"\xff" * 4, b"\xff\xff\xff\x7f", b"\x00\x00\x00\x80", b"\xff" * 9 + b"\x01")


class Choices:
    """A reader of decisions; where the bytes are used up, each decision is for the first option.

    Parameters
    ----------
    data : bytes
        The bytes.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def __bool__(self) -> bool:
        return self._position < len(self._data)

    def number(self, below: int) -> int:
        """Give a number from 0."""
        width = (max(below - 1, 1).bit_length() + 7) // 8
        return int.from_bytes(self._take(width), "little") % max(below, 1)

    def pick(self, options: Sequence[T]) -> T:
        """Give one of several."""
        return options[self.number(len(options))]

    def some(self) -> bytes:
        """Give a few bytes, or none."""
        return self._take(self.number(_LONGEST))

    def rest(self) -> bytes:
        """Give all that is left."""
        return self._take(len(self._data))

    def _take(self, count: int) -> bytes:
        taken = self._data[self._position : self._position + count]
        self._position += count
        return taken


def by_chance(count: int, length: int) -> Iterator[bytes]:
    """Give bytes that decide this and that, the same ones each time."""
    for seed in range(count):
        yield Random(seed).randbytes(length)


def changed(original: bytes, choices: Choices) -> bytes:
    """Give bytes that are not quite the original: overwritten, cut, repeated in a few places."""
    data = bytearray(original)
    for _ in range(choices.number(_MOST_CHANGES)):
        start = choices.number(len(data) + 1)
        end = start + choices.number(_LONGEST)
        match choices.number(8):
            case 0:
                data[start:end] = choices.some()
            case 1:
                del data[start:end]
            case 2:
                data[start:start] = data[start:end]
            case 3:
                value = choices.pick(_EXTREMES)
                data[start : start + len(value)] = value
            case _:  # most often, for it leaves all else in its place
                data[start : start + 1] = bytes([choices.number(256)])
    return bytes(data)
