"""The key taken out of text: a server that says it back does not get it into a message, a log or a file."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHORTEST: Final = 8
"""A key that is shorter than this would be found in too much else if it was looked for in other spellings."""

_BEGINNING: Final = 12
"""As much of the beginning of a key is taken for the key, for quoted text may end in the middle of it."""

_LONGEST_QUOTE: Final = 200
"""Messages quote no more than this of what a server says."""


class KeyHider:
    """Puts ``[key]`` where a key stands in a text, in upper or lower case, or spelled in another way.

    Parameters
    ----------
    key : str
        The key; it shows in no repr of this.

    Examples
    --------
    >>> hide = KeyHider("caldLive0123")
    >>> hide("the key caldLive0123, or Y2FsZExpdmUwMTIz, has expired")
    'the key [key], or [key], has expired'
    """

    def __init__(self, key: str) -> None:
        spellings = sorted(set(_spellings(key)), key=len, reverse=True)
        pattern = re.compile("|".join(map(re.escape, spellings)), re.IGNORECASE)
        # The method and not the pattern, which shows in a repr what it looks for.
        self._replace = pattern.sub

    def __repr__(self) -> str:
        return "KeyHider()"

    def __call__(self, text: str) -> str:
        """Take the key out of a text."""
        return self._replace("[key]", text)


def _spellings(key: str) -> Iterator[str]:
    yield key
    if len(key) < _SHORTEST:
        return
    yield from (key[:end] for end in range(_BEGINNING, min(len(key), _LONGEST_QUOTE)))
    yield from (quote(key), quote(key, safe=""), quote_plus(key), json.dumps(key)[1:-1], ascii(key)[1:-1])
    for data in (key.encode(), key.encode("latin-1")):
        yield data.hex()
        yield base64.b64encode(data).decode().rstrip("=")
        yield base64.urlsafe_b64encode(data).decode().rstrip("=")
