"""NDJSON of a response, for readers that want a call a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from benchmarks.response import Response


class _Response(msgspec.Struct):
    calls: list[msgspec.Raw]


_decoder: Final = msgspec.json.Decoder(_Response)


def read_lines(response: Response) -> bytes:
    """Give the entries of `calls`, one a line; the response must not be pretty-printed."""
    return b"\n".join(_decoder.decode(response.body).calls)
