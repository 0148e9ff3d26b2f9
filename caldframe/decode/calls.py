"""The entries of `calls` to tables: those that fit many at a time, the others one by one, in order."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from caldframe.decode.kernel import Entries, read_entries
from caldframe.decode.reader import NULL, Reader, Value, read_object
from caldframe.decode.rows import CALL_FIELDS, NO_NOTES, CallRows, Notes
from caldframe.decode.split import NotInBlocksError
from caldframe.schema import CALLS, TRANSCRIPTS, arrow_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from caldframe.decode.reader import Object
    from caldframe.schema import Column

_THREADS: Final = os.cpu_count() or 1
_BATCH_CHARACTERS: Final = 4_000_000
_LEAST_CHARACTERS: Final = 1_000  # what an entry counts for at least, for its rows are not small
_A_CALL: Final = b'{"callId":"","transcripts":%b}'
_NOWHERE: Final = np.array([], np.int64)

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
    notes : pyarrow.Table
        Rows of `problems`, in order; their `campaign_id` is null.
    ids : dict of int to Value
        The ids, as they were sent, of the calls that were decoded one by one.
    """

    calls: pa.Table
    turns: pa.Table
    notes: pa.Table
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
    return _joined([_decode_batch(batch).decoded for batch in _in_batches(entries)])


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
    with _mapping(len(blocks)) as map_blocks:
        read = list(map_blocks(partial(read_entries, body), blocks))
        firsts = list(accumulate((entries.total for entries in read[:-1]), initial=0))
        others = _decode_others(body, blocks, read, firsts)
        # Handed over one by one, so that a block's own tables go once they are part of whole ones.
        handed_over = (read.pop(0) for _ in blocks)
        parts = list(map_blocks(partial(_completed, others=others), handed_over, firsts))
    return _joined(parts)._replace(notes=others.decoded.notes, ids=others.decoded.ids)


@contextmanager
def _mapping(blocks: int) -> Iterator[Callable[..., Iterator[Any]]]:
    """Give what does something to each block: threads, unless there is only one block."""
    if blocks == 1:
        yield map
        return
    with ThreadPoolExecutor(min(_THREADS, blocks), thread_name_prefix="caldframe-decode") as threads:
        yield threads.map


class _Careful(NamedTuple):
    """Entries that were decoded one by one, and the position in `calls` of each turn's call."""

    decoded: Decoded
    owners: np.ndarray


def _decode_others(
    body: bytes, blocks: Sequence[slice], read: Sequence[Entries], firsts: Sequence[int]
) -> _Careful:
    """Decode the entries of all blocks that need care."""
    if not any(entries.others for entries in read):
        return _without_entries()
    text = memoryview(body)
    others = (
        (first + entry, _read_entry(text[block][begin:end]))
        for block, entries, first in zip(blocks, read, firsts, strict=True)
        for entry, begin, end in entries.others
    )
    batches = [_decode_batch(batch) for batch in _in_batches(others)]
    return _Careful(
        _joined([batch.decoded for batch in batches]), np.concatenate([batch.owners for batch in batches])
    )


@cache
def _without_entries() -> _Careful:
    return _decode_batch([])  # for a small response, that would be a fourth of the work


def _in_batches(entries: Iterable[tuple[int, Value]]) -> Iterator[list[tuple[int, Value]]]:
    """Give entries some at a time, so that there are never many rows in Python; one batch at least."""
    batch: list[tuple[int, Value]] = []
    size = 0
    for index, value in entries:
        batch.append((index, value))
        size += max(len(value.text), _LEAST_CHARACTERS)
        if size >= _BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    yield batch


def _decode_batch(entries: Sequence[tuple[int, Value]]) -> _Careful:
    """Decode entries one by one, but their turns at once where these fit: most of an odd call is not odd."""
    sources = {index: read_object(value.text) for index, value in entries if value.kind == "{"}
    fitting = _read_fitting_turns(sources)
    counts = dict(zip(fitting.calls.tolist(), fitting.counts.tolist(), strict=True))
    rows = CallRows()
    for index, value in entries:
        if index in sources:
            rows.add(sources[index], index, counts.get(index))
        else:
            rows.note_other(value, index)
    calls = pa.Table.from_pylist(rows.calls, schema=CALL_SCHEMA)
    owners = fitting.calls.repeat(fitting.counts)
    rows_of_calls = np.searchsorted(calls["index"].to_numpy(), owners)
    call_ids = calls["call_id"].combine_chunks().take(pa.array(rows_of_calls))
    turns = pa.table(fitting.turns | {"call_id": call_ids}, schema=TURN_SCHEMA)
    others = pa.Table.from_pylist(rows.turns, schema=TURN_SCHEMA)
    owners_of_others = np.fromiter((row["index"] for row in rows.turns), np.int64, len(rows.turns))
    return _Careful(
        Decoded(calls, _in_order(turns, owners, others, owners_of_others), rows.notes.to_arrow(), rows.ids),
        np.sort(np.concatenate([owners, owners_of_others])),
    )


class _FittingTurns(NamedTuple):
    """Turns that fit: their columns, the positions of their calls in `calls`, and how many each call has."""

    turns: dict[str, pa.Array]
    calls: np.ndarray
    counts: np.ndarray


def _read_fitting_turns(sources: Mapping[int, Object]) -> _FittingTurns:
    lists = {
        index: source.members["transcripts"].text
        for index, source in sources.items()
        if source.members.get("transcripts", NULL).kind == "["
    }
    # A surrogate, whatever it stands for, makes the bytes no UTF-8; then the list does not fit.
    body = b",".join(_A_CALL % text.encode("utf-8", "surrogatepass") for text in lists.values())
    try:
        read = read_entries(body, slice(0, len(body)))
    except NotInBlocksError:
        none = pa.table([[]] * len(TURN_SCHEMA), schema=TURN_SCHEMA)
        return _FittingTurns(dict(zip(none.column_names, none.columns, strict=True)), _NOWHERE, _NOWHERE)
    calls = np.fromiter(lists, np.int64, len(lists))[read.positions]
    return _FittingTurns(read.turns, calls, read.calls["turns"].to_numpy())


def _completed(entries: Entries, first: int, others: _Careful) -> Decoded:
    """Give the calls of a block their positions in `calls`, and add those that were decoded with care."""
    index = entries.positions + first
    calls = pa.table(entries.calls | {"index": pa.array(index)}, schema=CALL_SCHEMA)
    turns = pa.table(entries.turns, schema=TURN_SCHEMA)
    if not entries.others:
        return Decoded(calls, turns, NO_NOTES, {})
    careful_index = others.decoded.calls["index"].to_numpy()
    limits = [first, first + entries.total]
    some_calls = slice(*np.searchsorted(careful_index, limits).tolist())
    some_turns = slice(*np.searchsorted(others.owners, limits).tolist())
    owners = index.repeat(calls["turns"].to_numpy())
    return Decoded(
        _in_order(calls, index, others.decoded.calls[some_calls], careful_index[some_calls]),
        _in_order(turns, owners, others.decoded.turns[some_turns], others.owners[some_turns]),
        NO_NOTES,
        {},
    )


def _read_entry(text: memoryview) -> Value:
    reader = Reader(str(text, "utf-8", "surrogateescape"))
    value = reader.value()
    reader.end()
    return value


def _in_order(many: pa.Table, index: np.ndarray, few: pa.Table, index_of_few: np.ndarray) -> pa.Table:
    """Put the rows of a few calls between those of many."""
    if not few.num_rows:
        return many
    indexes, firsts = np.unique(index_of_few, return_index=True)
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
        pa.concat_tables([part.notes for part in parts]),
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
    notes = Notes()
    for index, call_id in zip(
        decoded.calls["index"].take(again).to_pylist(), ids.take(again).to_pylist(), strict=True
    ):
        value = decoded.ids.get(index, Value(f'"{call_id}"', call_id))
        notes.add(f"calls[{index}].callId", "duplicate_call_id", value, index)
        notes.rows[-1]["call_id"] = call_id
    both = pa.concat_tables([decoded.notes, notes.to_arrow()])
    return decoded._replace(notes=both.sort_by("call_index"))  # stable: what is equal stays in order
