"""The compiled part of the decoder: entries of `calls` that fit to Arrow, and where the others stand.

`kernel.c` beside this file does it; `hatch_build.py` compiles it when caldframe is installed. Where that was
not possible, every entry counts as one that needs care, which gives the same tables, slowly.
"""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from caldframe.decode.split import NotInBlocksError
from caldframe.schema import TEXT, TIMESTAMP

if TYPE_CHECKING:
    from collections.abc import Sequence

# The texts of a call, those of a turn, and the id of its call; the same order as in kernel.c.
_CALL_TEXTS: Final = (
    "call_id",
    "direction",
    "from_number",
    "to_number",
    "prospect_number",
    "result",
    "recording_url",
    "extra",
)
_TURN_TEXTS: Final = ("role", "content", "extra", "call_id")
_CANNOT_TELL_APART: Final = 1
_NO_TIME: Final = np.iinfo(np.int64).min
_TRUE: Final = 1
_NULL: Final = 2


class Entries(NamedTuple):
    """The entries of a block.

    Parameters
    ----------
    calls : dict of str to pyarrow.Array
        Of the calls that fit: the columns of `CALLS` that are the call's own.
    turns : dict of str to pyarrow.Array
        Of the turns of these calls: the columns of `TRANSCRIPTS` that are the call's own.
    positions : numpy.ndarray of int64
        The place of each of these calls among the entries of the block.
    others : sequence of tuple of int
        The entries that need care: its place among all, where it begins in the block, where it ends.
    total : int
        How many entries there are.
    """

    calls: dict[str, pa.Array]
    turns: dict[str, pa.Array]
    positions: np.ndarray
    others: Sequence[tuple[int, int, int]]
    total: int


class _Block(ctypes.Structure):
    """What `kernel.c` calls a Block, as far as it is read here."""

    _fields_ = (
        ("entries", ctypes.c_int64),
        ("calls", ctypes.c_int64),
        ("turns", ctypes.c_int64),
        ("odds", ctypes.c_int64),
        ("long_numbers", ctypes.c_int64),
        ("entry_of_call", ctypes.POINTER(ctypes.c_int64)),
        ("created_at", ctypes.POINTER(ctypes.c_int64)),
        ("completed_at", ctypes.POINTER(ctypes.c_int64)),
        ("call_length", ctypes.POINTER(ctypes.c_double)),
        ("turns_of_call", ctypes.POINTER(ctypes.c_int32)),
        ("turn", ctypes.POINTER(ctypes.c_int32)),
        ("completed", ctypes.POINTER(ctypes.c_int8)),
        ("odd", ctypes.POINTER(ctypes.c_int64)),
        ("long_number", ctypes.POINTER(ctypes.c_int64)),
        ("sizes", ctypes.c_int64 * (len(_CALL_TEXTS) + len(_TURN_TEXTS))),
    )


@cache
def load_kernel() -> Any:
    """Load the compiled part; None where it has not been compiled."""
    found = sorted(Path(__file__).parent.glob("_kernel.*"))
    if not found:
        return None
    kernel = ctypes.CDLL(str(found[0]))
    kernel.caldframe_read.argtypes = [ctypes.c_void_p, ctypes.c_int64, ctypes.POINTER(ctypes.c_int32)]
    kernel.caldframe_read.restype = ctypes.POINTER(_Block)
    kernel.caldframe_fill.argtypes = [
        ctypes.POINTER(_Block),
        ctypes.c_int32,
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_void_p,
    ]
    kernel.caldframe_fill.restype = ctypes.c_int64
    kernel.caldframe_free.argtypes = [ctypes.POINTER(_Block)]
    kernel.caldframe_free.restype = None
    return kernel


def read_entries(body: bytes, block: slice) -> Entries:
    """Read the entries of a block.

    Parameters
    ----------
    body : bytes
        A response.
    block : slice
        Where some entries of `calls` are, with commas between them.

    Returns
    -------
    Entries
        The calls that fit, and where the others stand.

    Raises
    ------
    NotInBlocksError
        If the entries cannot be told apart, or nothing is compiled to do it.
    MemoryError
        If there is not enough.
    """
    kernel = load_kernel()
    if kernel is None:
        raise NotInBlocksError
    failed = ctypes.c_int32()
    text = np.frombuffer(body, np.uint8)[block]
    read = kernel.caldframe_read(text.ctypes.data, len(text), failed)
    if not read:
        raise NotInBlocksError if failed.value == _CANNOT_TELL_APART else MemoryError
    try:
        return _to_arrow(kernel, read, text)
    finally:
        kernel.caldframe_free(read)


def _to_arrow(kernel: Any, read: Any, text: np.ndarray) -> Entries:
    block = read.contents
    calls, turns = block.calls, block.turns
    texts = [
        _texts(kernel, read, which, turns if which >= len(_CALL_TEXTS) else calls)
        for which in range(len(block.sizes))
    ]
    of_call = dict(zip(_CALL_TEXTS, texts, strict=False))
    of_turn = dict(zip(_TURN_TEXTS, texts[len(_CALL_TEXTS) :], strict=True))
    completed = _numbers(block.completed, calls)
    return Entries(
        of_call
        | {
            "completed": pa.array(completed == _TRUE, mask=completed == _NULL),
            "created_at": _times(block.created_at, calls),
            "completed_at": _times(block.completed_at, calls),
            "call_length": _lengths(block, text),
            "turns": pa.array(_numbers(block.turns_of_call, calls)),
        },
        of_turn | {"turn": pa.array(_numbers(block.turn, turns))},
        _numbers(block.entry_of_call, calls),
        list(map(tuple, _numbers(block.odd, 3 * block.odds).reshape(-1, 3).tolist())),
        block.entries,
    )


def _texts(kernel: Any, read: Any, which: int, rows: int) -> pa.LargeStringArray:
    size = read.contents.sizes[which]
    # Exactly as much as is needed: the pool that Arrow prefers rounds up, to half a response in all.
    pool = pa.system_memory_pool()
    offsets = pa.allocate_buffer(8 * (rows + 1), pool)
    data = pa.allocate_buffer(size, pool)
    valid = np.zeros(rows // 8 + 1, np.uint8)
    nulls = kernel.caldframe_fill(read, which, offsets.address, data.address, valid.ctypes.data)
    if nulls == rows:
        return pa.nulls(rows, TEXT)
    buffers = [pa.py_buffer(valid) if nulls else None, offsets, data]
    return pa.Array.from_buffers(TEXT, rows, buffers, nulls)


def _numbers(pointer: Any, count: int) -> np.ndarray:
    """Copy what belongs to the kernel."""
    # Not `as_array`: for each length ctypes makes types that it keeps for ever.
    numbers = np.empty(count, np.dtype(pointer._type_))
    ctypes.memmove(numbers.ctypes.data, pointer, numbers.nbytes)
    return numbers


def _times(pointer: Any, count: int) -> pa.TimestampArray:
    moments = _numbers(pointer, count)
    return pa.array(moments, mask=moments == _NO_TIME).view(TIMESTAMP)


def _lengths(block: Any, text: np.ndarray) -> pa.DoubleArray:
    seconds = _numbers(block.call_length, block.calls)
    for call, begin, end in _numbers(block.long_number, 3 * block.long_numbers).reshape(-1, 3).tolist():
        seconds[call] = float(text[begin:end].tobytes())
    return pa.array(seconds, mask=np.isnan(seconds))
