"""Where each entry of `calls` stands in a response, found without reading the entries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence


class _Response(msgspec.Struct):
    calls: list[msgspec.Raw]


_decoder = msgspec.json.Decoder(_Response)
_CONTROL_TO_SPACE = bytes(max(code, 32) for code in range(256))


@dataclass(frozen=True)
class Split:
    """A response taken apart.

    Parameters
    ----------
    body : bytes
        The response.
    outline : bytes
        The response with nothing between the brackets of `calls`.
    entries : sequence of msgspec.Raw
        The entries of `calls`, each a view of the bytes where it stands (or of a copy as long).
    origin : int
        The address of the bytes that the views look at.
    """

    body: bytes
    outline: bytes
    entries: Sequence[msgspec.Raw]
    origin: int

    def bounds(self, index: int) -> tuple[int, int]:
        """Give where the entry at a position of `calls` begins and ends in the body."""
        return _bounds(self.entries[index], self.origin)


def split(body: bytes) -> Split | None:
    """Take a response apart, or give None where only the careful reader can.

    Parameters
    ----------
    body : bytes
        A response in UTF-8.

    Returns
    -------
    Split or None
        None if the response is not JSON, is nested too deeply, or has no calls.
    """
    for searched in (body, None):
        view = _mask(body) if searched is None else searched
        try:
            entries = _decoder.decode(view).calls
        except msgspec.ValidationError:
            return None
        except (msgspec.DecodeError, RecursionError):
            continue
        if not entries:
            return None
        origin = pa.py_buffer(view).address
        start, _ = _bounds(entries[0], origin)
        _, stop = _bounds(entries[-1], origin)
        return Split(body, body[:start] + body[stop:], entries, origin)
    return None


def _bounds(entry: msgspec.Raw, origin: int) -> tuple[int, int]:
    buffer = pa.py_buffer(entry)
    start = buffer.address - origin
    return start, start + buffer.size


def _mask(body: bytes) -> bytes:
    """Replace what strict parsers refuse in whole documents by other bytes, as many of them.

    Lone surrogates, NaN, infinity and control characters are oddities of one value each; with all of
    them (and whatever looks like them) out of the way, the entries around them can still be found.
    """
    return (
        body.translate(_CONTROL_TO_SPACE)
        .replace(b"\\ud", b"\\u0")
        .replace(b"\\uD", b"\\u0")
        .replace(b"NaN", b"0.0")
        .replace(b"Infinity", b"10000000")
    )
