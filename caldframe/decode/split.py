"""A response taken apart without reading it: what is around its calls, and where the calls can be cut.

Both are guesses from a few characters. They are right for any response that the API sends, and what is read
of the pieces proves it: text that was cut anywhere else has brackets that do not match.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_SPACE: Final = rb"[ \t\r\n]*"
_OPENING: Final = re.compile(rb'"calls"%b:%b\[' % (_SPACE, _SPACE))
_FIRST_NAME: Final = re.compile(rb'%b\{%b("\w+")' % (_SPACE, _SPACE))
_BLOCK_BYTES: Final = 2_000_000
_LARGEST_BLOCK: Final = 2**30
_LISTS_TRIED: Final = 16
_SPACE_TRIED: Final = 256


class NotInBlocksError(ValueError):
    """The calls are not where they were looked for."""


class Split(NamedTuple):
    """A response taken apart.

    Parameters
    ----------
    before : bytes
        All that is before the first entry of `calls`.
    blocks : list of slice
        Where the entries are, some in each, commas between them.
    after : bytes
        All that is after the last entry.
    """

    before: bytes
    blocks: list[slice]
    after: bytes


def split(body: bytes, block_bytes: int = _BLOCK_BYTES) -> Split:
    """Take a response apart.

    Parameters
    ----------
    body : bytes
        A response in UTF-8.
    block_bytes : int, default 2,000,000
        How large a block is to be, about.

    Returns
    -------
    Split
        What is around the calls, and where they are.

    Raises
    ------
    NotInBlocksError
        If there is no list of calls with a call in it.
    """
    opening = _OPENING.search(body)
    if opening is None:
        raise NotInBlocksError
    first, last = opening.end(), _last_entry_end(body)
    name = _FIRST_NAME.match(body, first)
    if name is None or last <= name.end():
        raise NotInBlocksError
    between = re.compile(rb"\}%b,%b(?=\{%b%b%b:)" % (_SPACE, _SPACE, _SPACE, re.escape(name[1]), _SPACE))
    begins, ends = [first], []
    while last - begins[-1] > block_bytes:
        cut = between.search(body, begins[-1] + block_bytes, last)
        if cut is None:
            break
        ends.append(cut.start() + 1)
        begins.append(cut.end())
    if last - begins[-1] > _LARGEST_BLOCK:
        raise NotInBlocksError
    blocks = [slice(begin, end) for begin, end in zip(begins, [*ends, last], strict=True)]
    return Split(body[:first], blocks, body[last:])


def _last_entry_end(body: bytes) -> int:
    """Find the last list that ends with an object, and where that object ends."""
    position = len(body)
    for _ in range(_LISTS_TRIED):
        position = body.rfind(b"]", 0, position)
        before = body[max(position - _SPACE_TRIED, 0) : max(position, 0)]
        entries = before.rstrip(b" \t\r\n")
        if entries.endswith(b"}"):
            return position - len(before) + len(entries)
    return -1
