"""What every way of decoding is given, and what it gives back."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class Response:
    """A response as both kinds of readers want it: in memory, and as a file.

    Parameters
    ----------
    path : pathlib.Path
        The saved response.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def body(self) -> bytes:
        """The response's bytes, read when first asked for."""
        return self.path.read_bytes()


class Tables(NamedTuple):
    """What a way of decoding gives.

    Parameters
    ----------
    calls : table of any library
        One row a call.
    turns : table of any library
        One row a turn; the words in a column `content`.
    """

    calls: Any
    turns: Any
