"""How much a packed file may become: what only a bomb would become is refused before it fills the memory.

The ids of calls do not shrink, so a table or a response of a campaign packs to a hundredth at the best.
"""

from __future__ import annotations

import zlib
from typing import Final

__all__ = ["OverblownError", "is_gzip", "most_unpacked", "unpack_gzip"]

_ALWAYS_ALLOWED: Final = 2**28
_MOST_TIMES: Final = 1000
_MOST_TIMES_OF_GZIP: Final = 250  # its best is a thousand
_GZIP: Final = zlib.MAX_WBITS + 16


class OverblownError(ValueError):
    """Something unpacks to far more than a campaign would; the message says how much, after "it"."""


def most_unpacked(packed: int, times: int = _MOST_TIMES) -> int:
    """Give how many bytes a file may unpack to.

    Parameters
    ----------
    packed : int
        How many bytes it has.
    times : int, default 1000
        How many times as many it may become, if that is more than 256 MiB.

    Examples
    --------
    >>> most_unpacked(1_000), most_unpacked(1_000_000)
    (268435456, 1000000000)
    """
    return max(_ALWAYS_ALLOWED, packed * times)


def is_gzip(content: bytes) -> bool:
    """Tell whether a file is compressed as gzip does, whatever its name says."""
    return content.startswith(b"\x1f\x8b")


def unpack_gzip(packed: bytes) -> bytes:
    """Unpack a gzip file, of several members too.

    Raises
    ------
    EOFError
        If it breaks off.
    zlib.error
        If it is damaged.
    OverblownError
        If it is a bomb.
    """
    most = most_unpacked(len(packed), _MOST_TIMES_OF_GZIP)
    members: list[bytes] = []
    room, rest = most, packed
    while rest:
        inflate = zlib.decompressobj(_GZIP)
        member = inflate.decompress(rest, room + 1)
        room -= len(member)
        if room < 0:
            raise OverblownError(f"unpacks to more than {most:,} bytes, as no campaign of its size does")
        if not inflate.eof:
            raise EOFError("it breaks off")
        members.append(member)
        rest = inflate.unused_data.lstrip(b"\0")  # some tools fill up the last block with zeros
    return members[0] if len(members) == 1 else b"".join(members)
