"""The entries of `calls` to tables: those that fit many at a time, the others one by one, in order."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from caldframe.decode.kernel import Entries, read_entries
from caldframe.decode.reader import Reader, Value
from caldframe.decode.rows import CALL_FIELDS, CallRows, Notes, Row
from caldframe.schema import CALLS, TRANSCRIPTS, arrow_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from caldframe.schema import Column

_THREADS: Final = os.cpu_count() or 1

KNOWN: Final = frozenset({*CALL_FIELDS, "transcripts"})
FROM_CAMPAIGN: Final = ("campaign_id", "agent_id", "list_id")


def _own_schema(columns: tuple[Column, ...]) -> pa.Schema:
    return pa.schema([field for field in arrow_schema(columns) if field.name not in FROM_CAMPAIGN])


_INDEX: Final = pa.field("index", pa.int64())
CALL_SCHEMA: Final = _own_schema(CALLS).append(_INDEX)
TURN_SCHEMA: Final = _own_schema(TRANSCRIPTS)


class Decoded(NamedTuple):
    """Some entries of `calls`, decoded.

    Parameters
    ----------
    calls : pyarrow.Table
        One row a call, in order: the columns of `CALL_SCHEMA`, `index` being the position in `calls`.
    turns : pyarrow.Table
        One row a turn, in order: the columns of `TURN_SCHEMA`.
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
    return _as_decoded(_read_rows(entries))


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
        return _completed(body, blocks[0], read_entries(body, blocks[0]), 0)
    with ThreadPoolExecutor(min(_THREADS, len(blocks)), thread_name_prefix="caldframe-decode") as threads:
        read = list(threads.map(partial(read_entries, body), blocks))
        firsts = accumulate((entries.total for entries in read), initial=0)
        return _joined(list(threads.map(partial(_completed, body), blocks, read, firsts)))


def _read_rows(entries: Iterable[tuple[int, Value]]) -> CallRows:
    rows = CallRows()
    for index, value in entries:
        rows.add(value, index)
    return rows


def _as_decoded(rows: CallRows) -> Decoded:
    return Decoded(
        pa.Table.from_pylist(rows.calls, schema=CALL_SCHEMA),
        pa.Table.from_pylist(rows.turns, schema=TURN_SCHEMA),
        rows.notes.rows,
        rows.ids,
    )


def _completed(body: bytes, block: slice, entries: Entries, first: int) -> Decoded:
    """Give the calls their positions in `calls`, and add those that need care."""
    index = entries.positions + first
    calls = pa.table(entries.calls | {"index": pa.array(index)}, schema=CALL_SCHEMA)
    turns = pa.table(entries.turns, schema=TURN_SCHEMA)
    if not entries.others:
        return Decoded(calls, turns, [], {})
    text = memoryview(body)[block]
    rows = _read_rows((first + entry, _read_entry(text[begin:end])) for entry, begin, end in entries.others)
    careful = _as_decoded(rows)
    index_of_turn = np.repeat(index, calls["turns"].to_numpy())
    return Decoded(
        _in_order(calls, index, careful.calls, [row["index"] for row in rows.calls]),
        _in_order(turns, index_of_turn, careful.turns, [row["index"] for row in rows.turns]),
        careful.notes,
        careful.ids,
    )


def _read_entry(text: memoryview) -> Value:
    reader = Reader(str(text, "utf-8", "surrogateescape"))
    value = reader.value()
    reader.end()
    return value


def _in_order(many: pa.Table, index: np.ndarray, few: pa.Table, index_of_few: Sequence[object]) -> pa.Table:
    """Put the rows of a few calls between those of many."""
    indexes, firsts = np.unique(np.asarray(index_of_few, np.int64), return_index=True)
    places = np.searchsorted(index, indexes).tolist()
    pieces = []
    done = 0
    for place, first, end in zip(places, firsts.tolist(), [*firsts[1:].tolist(), len(few)], strict=False):
        pieces += [many.slice(done, place - done), few.slice(first, end - first)]
        done = place
    return pa.concat_tables([*pieces, many.slice(done)]).combine_chunks(pa.system_memory_pool())


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
    if len(pc.unique(ids)) == len(ids):
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
