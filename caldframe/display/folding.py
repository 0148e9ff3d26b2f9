"""Text folded to the width that a terminal gives it; wide characters take two columns."""

from __future__ import annotations

import io
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

__all__ = ["folded"]

_FOLDER: Final = Console(file=io.StringIO())  # rich folds text on a console only; nothing is written to it


def folded(text: str, width: int) -> list[str]:
    """Break text between words, and words that are too long anywhere, so that each line fits a width.

    Examples
    --------
    >>> folded("a few words 雪雪雪", 6)
    ['a few', 'words', '雪雪雪']
    """
    if cell_len(text) <= width:
        return [text]
    return [line.plain.rstrip(" ") for line in Text(text).wrap(_FOLDER, width, overflow="fold")]
