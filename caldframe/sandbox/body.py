"""What the sandbox sends: JSON, plain or compressed."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

_LEVEL: Final = 6


@dataclass(frozen=True)
class Body:
    """The body of a response.

    Parameters
    ----------
    data : bytes
        The body, plain.
    """

    data: bytes

    @cached_property
    def compressed(self) -> bytes:
        """The same, gzip, made when it is first asked for."""
        return gzip.compress(self.data, _LEVEL, mtime=0)


def as_json(value: Any) -> bytes:
    r"""Write JSON as the sandbox sends it.

    Lone surrogates, which a saved response can hold and UTF-8 cannot, are written as escapes.

    Examples
    --------
    >>> as_json({"name": "Zoë", "half": "\ud83d"}).decode()
    '{"name":"Zoë","half":"\\ud83d"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")
