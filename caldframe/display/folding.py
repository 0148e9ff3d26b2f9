"""Text folded to the width that a terminal gives it; wide characters take two columns."""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING

from rich.cells import cell_len

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["folded"]


def folded(text: str, width: int) -> list[str]:
    """Break text between words, and words that are too long anywhere, so that each line fits a width.

    Examples
    --------
    >>> folded("a few words 雪雪雪", 6)
    ['a few', 'words', '雪雪雪']
    """
    if cell_len(text) <= width:
        return [text]
    from rich.text import Text  # noqa: PLC0415 - slow to import, and most texts fit

    return [line.plain.rstrip(" ") for line in Text(text).wrap(_folder(), width, overflow="fold")]


@cache
def _folder() -> Console:
    """Give a console, for rich folds text on one only; nothing is written to it."""
    from rich.console import Console  # noqa: PLC0415 - slow to import, and most texts fit

    return Console(file=io.StringIO())
