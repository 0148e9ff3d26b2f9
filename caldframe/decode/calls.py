"""The entries of `calls` to tables: those that fit many at a time, the others one by one, in order."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from caldframe.decode.plain import Plain, read_plain
from caldframe.decode.reader import NotJSONError, Value, read_list
from caldframe.decode.rows import CALL_FIELDS, CallRows, Notes, Row
from caldframe.schema import CALLS, TRANSCRIPTS, arrow_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from caldframe.decode.strings import Places
    from caldframe.schema import Column

_THREADS: Final = os.cpu_count() or 1
_NOT_UTF8: Final = re.compile("[\udc80-\udcff]")
_WHITESPACE: Final = " \t\r\n"

KNOWN: Final = frozenset({*CALL_FIELDS, "transcripts"})
FROM_CAMPAIGN: Final = ("campaign_id", "agent_id", "list_id")


def _own_schema(columns: tuple[Column, ...], place: pa.Field) -> pa.Schema:
    fields = [field for field in arrow_schema(columns) if field.name not in FROM_CAMPAIGN]
    return pa.schema([*fields, place])


CALL_SCHEMA: Final = _own_schema(CALLS, pa.field("index", pa.int64()))
TURN_SCHEMA: Final = _own_schema(TRANSCRIPTS, pa.field("index", pa.int64()))


class Decoded(NamedTuple):
    """Some entries of `calls`, decoded.

    Parameters
    ----------
    calls : pyarrow.Table
        One row a call, in order: the columns of `CALL_SCHEMA`, `index` being the position in `calls`.
    turns : pyarrow.Table
        One row a turn, in order: the columns of `TURN_SCHEMA`, `index` being the call's.
    notes : list of dict
        Rows of `problems`, in order.
    ids : dict of int to Value
        The ids, as they were sent, of the calls that were decoded one by one.
    """

    calls: pa.Table
    turns: pa.Table
    notes: list[Row]
    ids: dict[int, Value]


def decode_carefully(entries: Iterable[tuple[int, Value]]) -> Decoded:
    """Decode entries one by one.

    Parameters
    ----------
    entries : iterable of int and Value
        The entries, each with its position in `calls`.

    Returns
    -------
    Decoded
        The entries' rows.

    Raises
    ------
    NotJSONError
        If an entry is not JSON.
    """
    rows = CallRows()
    for index, value in entries:
        rows.add(value, index)
    return Decoded(
        pa.Table.from_pylist(rows.calls, schema=CALL_SCHEMA),
        pa.Table.from_pylist(rows.turns, schema=TURN_SCHEMA),
        rows.notes.rows,
        rows.ids,
    )


def decode_entries(body: bytes, blocks: Sequence[slice]) -> Decoded:
    """Decode all entries of a response, in blocks, on a few threads.

    Parameters
    ----------
    body : bytes
        The response.
    blocks : sequence of slice
        Where its entries are.

    Returns
    -------
    Decoded
        The rows of all entries.

    Raises
    ------
    NotInBlocksError
        If the blocks are not what they should be.
    NotJSONError
        If an entry is not JSON.
    """
    if len(blocks) == 1:
        return _completed(_read_block(body, blocks[0]), 0)
    with ThreadPoolExecutor(min(_THREADS, len(blocks)), thread_name_prefix="caldframe-decode") as threads:
        read = list(threads.map(partial(_read_block, body), blocks))
        firsts = np.cumsum([0, *(len(block) for block in read)]).tolist()
        return _joined(list(threads.map(_completed, read, firsts[:-1])))


class _Block(NamedTuple):
    """Some entries in a row: those that fit, and the others, not yet decoded."""

    plain: Plain
    positions: np.ndarray  # of each of the plain reader's entries, in the block
    others: list[tuple[int, Value]]

    def __len__(self) -> int:
        return int(self.positions[-1])


def _read_block(body: bytes, block: slice) -> _Block:
    text = body[block]
    plain = read_plain(*_as_utf8(text))
    odd = np.flatnonzero(plain.odd)
    groups = [_read_group(text, *plain.bounds[entry : entry + 2].tolist()) for entry in odd.tolist()]
    sizes = np.ones(len(plain.odd), np.int64)
    sizes[odd] = [len(group) for group in groups]
    positions = np.append(0, np.cumsum(sizes))
    others = [
        (first + place, value)
        for first, group in zip(positions[odd].tolist(), groups, strict=True)
        for place, value in enumerate(group)
    ]
    return _Block(plain, positions, others)


def _read_group(text: bytes, begin: int, end: int) -> list[Value]:
    """Read what the plain reader took for one entry: perhaps there are more, without strings."""
    entries = text[begin:end].decode("utf-8", "surrogateescape").strip(_WHITESPACE)
    if end < len(text):
        if not entries.endswith(","):
            raise NotJSONError("',' was expected", begin)
        entries = entries[:-1]
    return read_list(f"[{entries}]")


def _as_utf8(text: bytes) -> tuple[bytes, Places]:
    """Put question marks where bytes are not UTF-8, and tell where."""
    nowhere = np.zeros(0, np.int64)
    if text.isascii():
        return text, nowhere
    offsets = pa.py_buffer(np.array([0, len(text)], dtype=np.int32))
    whole = pa.BinaryArray.from_buffers(pa.binary(), 1, [None, offsets, pa.py_buffer(text)])
    try:
        whole.cast(pa.string())
    except pa.ArrowInvalid:
        # Each byte that is not UTF-8 becomes one character that no other bytes become.
        clean = _NOT_UTF8.sub("?", text.decode("utf-8", "surrogateescape")).encode()
        return clean, np.flatnonzero(np.frombuffer(clean, np.uint8) != np.frombuffer(text, np.uint8))
    return text, nowhere


def _completed(block: _Block, first: int) -> Decoded:
    """Give the rows their positions in `calls`, and add those of the entries that need care."""
    positions = block.positions + first
    plain = Decoded(
        _placed(block.plain.calls, positions).cast(CALL_SCHEMA),
        _placed(block.plain.turns, positions).cast(TURN_SCHEMA),
        [],
        {},
    )
    if not block.others:
        return plain
    careful = decode_carefully((first + position, value) for position, value in block.others)
    return Decoded(
        _in_order(plain.calls, careful.calls),
        _in_order(plain.turns, careful.turns),
        careful.notes,
        careful.ids,
    )


def _placed(table: pa.Table, positions: np.ndarray) -> pa.Table:
    index = pa.array(positions[table["row"].to_numpy()])
    return table.drop_columns(["row"]).append_column("index", index)


def _in_order(many: pa.Table, few: pa.Table) -> pa.Table:
    """Put the rows of a few calls between those of many."""
    indexes, firsts = np.unique(few["index"].to_numpy(), return_index=True)
    places = np.searchsorted(many["index"].to_numpy(), indexes).tolist()
    pieces = []
    done = 0
    for place, first, end in zip(places, firsts.tolist(), [*firsts[1:].tolist(), len(few)], strict=False):
        pieces += [many.slice(done, place - done), few.slice(first, end - first)]
        done = place
    return pa.concat_tables([*pieces, many.slice(done)]).combine_chunks()


def _joined(parts: Sequence[Decoded]) -> Decoded:
    return Decoded(
        pa.concat_tables([part.calls for part in parts]),
        pa.concat_tables([part.turns for part in parts]),
        [note for part in parts for note in part.notes],
        {index: value for part in parts for index, value in part.ids.items()},
    )


def noting_duplicates(decoded: Decoded) -> Decoded:
    """Note every call whose id an earlier call has.

    Parameters
    ----------
    decoded : Decoded
        All entries of a response.

    Returns
    -------
    Decoded
        The same rows, with more notes where there are duplicates.
    """
    ids = decoded.calls["call_id"].combine_chunks()
    known = len(ids) - ids.null_count
    if pc.count_distinct(ids).as_py() == known:
        return decoded
    codes = ids.dictionary_encode().indices.fill_null(-1).to_numpy()
    _, first = np.unique(codes, return_index=True)
    again = np.setdiff1d(np.flatnonzero(codes >= 0), first)
    notes = Notes(decoded.notes)
    for index, call_id in zip(
        decoded.calls["index"].take(again).to_pylist(), ids.take(again).to_pylist(), strict=True
    ):
        value = decoded.ids.get(index, Value(f'"{call_id}"', call_id))
        notes.add(f"calls[{index}].callId", "duplicate_call_id", value, index)
        notes.rows[-1]["call_id"] = call_id
    in_order = sorted(notes.rows, key=lambda note: int(str(note["call_index"])))
    return decoded._replace(notes=in_order)
