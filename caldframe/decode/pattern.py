r"""What a call without oddities looks like, as a regular expression.

Arrow's JSON reader refuses a whole block for one odd value. This tells the calls that it will take
from those that need care, at about the reader's own speed, because RE2 runs in time linear in the text.
It errs on the side of care.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from caldframe.schema import CALLS, TIMESTAMP, TRANSCRIPTS

if TYPE_CHECKING:
    from collections.abc import Mapping

_SPACE = r"[ \t\n\r]*"
_HEX = "[0-9a-fA-F]"
_ESCAPE = (
    r"\\(?:[\"\\/bfnrt]"
    rf"|u(?:[0-9a-cefA-CEF]{_HEX}{{3}}|[dD][0-7]{_HEX}{{2}}"
    rf"|[dD][89abAB]{_HEX}{{2}}\\u[dD][c-fC-F]{_HEX}{{2}}))"
)
_STRING = rf'"(?:[^"\\\x00-\x1f]|{_ESCAPE})*"'
_NUMBER = r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,2})?"
_FLAG = "true|false"
_ANY_DEPTH = 3


def fitting(texts: list[bytes], unknown: tuple[str, ...]) -> np.ndarray:
    """Tell which texts are calls without oddities.

    Parameters
    ----------
    texts : list of bytes
        The entries of `calls`.
    unknown : tuple of str
        Fields that the schema does not name and that are yet no oddity.

    Returns
    -------
    numpy.ndarray of bool
        True where the call fits. Fields given twice and bytes that are not UTF-8 go unnoticed.
    """
    ends = np.cumsum(np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)))
    buffers = [None, pa.py_buffer(np.concatenate(([0], ends))), pa.py_buffer(b"".join(texts))]
    array = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(texts), buffers)
    matches = pc.match_substring_regex(array, _call_pattern(unknown))
    return np.asarray(matches.to_numpy(zero_copy_only=False), dtype=bool)


@cache
def _call_pattern(unknown: tuple[str, ...]) -> str:
    kinds = {pa.bool_(): _FLAG, pa.float64(): _NUMBER, pa.string(): _STRING, TIMESTAMP: _STRING}
    turn = _object({str(column.source): kinds[column.type] for column in TRANSCRIPTS if column.source})
    fields = {
        str(column.source): kinds[column.type]
        for column in CALLS
        if column.source and column.source != "transcripts"
    }
    fields["transcripts"] = _list(turn)
    fields |= dict.fromkeys(unknown, _anything(_ANY_DEPTH))
    return rf"^{_object(fields)}$"


def _object(fields: Mapping[str, str]) -> str:
    member = "|".join(f'"{name}"{_SPACE}:{_SPACE}(?:{value}|null)' for name, value in fields.items())
    return rf"\{{{_SPACE}(?:(?:{member})(?:{_SPACE},{_SPACE}(?:{member}))*)?{_SPACE}\}}"


def _list(element: str) -> str:
    return rf"\[{_SPACE}(?:{element}(?:{_SPACE},{_SPACE}{element})*)?{_SPACE}\]"


def _anything(depth: int) -> str:
    leaf = f"{_STRING}|{_NUMBER}|{_FLAG}|null"
    if depth == 0:
        return f"(?:{leaf})"
    inner = _anything(depth - 1)
    members = rf"{_STRING}{_SPACE}:{_SPACE}{inner}"
    return (
        rf"(?:{leaf}|{_list(inner)}"
        rf"|\{{{_SPACE}(?:{members}(?:{_SPACE},{_SPACE}{members})*)?{_SPACE}\}})"
    )
