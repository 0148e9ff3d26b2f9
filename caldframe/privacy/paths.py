"""Paths to where a problem is: how far the API's description knows the names in them."""

from __future__ import annotations

import re
from typing import Final

from caldframe.schema import TABLES

__all__ = ["split_path"]

_STEP: Final = re.compile(r"\.?([^.\[\]]+)((?:\[\d+\])*)")
_DOCUMENTED: Final = frozenset(
    {"calls", "transcripts", "stats"}
    | {
        part
        for columns in TABLES.values()
        for column in columns
        if column.source is not None
        for part in column.source.split(".")
    }
)


def split_path(path: str) -> tuple[str, str]:
    """Split a path behind the last name that the API documents; a name beyond may be anybody's.

    Examples
    --------
    >>> split_path("calls[12].callLength"), split_path("calls[12].Ann Lee")
    (('calls[12].callLength', ''), ('calls[12].', 'Ann Lee'))
    """
    end = 0
    for step in _STEP.finditer(path):
        if step.start() != end or step[1] not in _DOCUMENTED:
            break
        end = step.end()
    if end and path.startswith(".", end):
        end += 1
    return path[:end], path[end:]
