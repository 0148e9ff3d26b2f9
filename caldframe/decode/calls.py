"""The entries of `calls` to tables: those that fit many at a time, the others one by one, in order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import compress, repeat
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from caldframe.decode.pattern import fitting
from caldframe.decode.plain import Plain, is_readable, read_plain
from caldframe.decode.reader import Value, read_object
from caldframe.decode.rows import CALL_FIELDS, CallRows, Notes, Row
from caldframe.decode.unknown import NOTHING, Unknown, learn
from caldframe.schema import CALLS, TRANSCRIPTS, arrow_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from caldframe.decode.split import Split
    from caldframe.schema import Column

_BLOCK_BYTES: Final = 4_000_000
_THREADS: Final = 4
_SAMPLE: Final = 16

KNOWN: Final = frozenset({*CALL_FIELDS, "transcripts"})
FROM_CAMPAIGN: Final = ("campaign_id", "agent_id", "list_id")


def _own_schema(columns: tuple[Column, ...], place: pa.Field) -> pa.Schema:
    fields = [field for field in arrow_schema(columns) if field.name not in FROM_CAMPAIGN]
    return pa.schema([*fields, place])


CALL_SCHEMA: Final = _own_schema(CALLS, pa.field("index", pa.int64()))
TURN_SCHEMA: Final = _own_schema(TRANSCRIPTS, pa.field("index", pa.int64()))


@dataclass(frozen=True)
class Decoded:
    """Some entries of `calls`, decoded.

    Parameters
    ----------
    calls : pyarrow.Table
        One row a call, in order: the columns of `CALL_SCHEMA`, `index` being the position in `calls`.
    turns : pyarrow.Table
        One row a turn, in order: the columns of `TURN_SCHEMA`, `index` being the call's.
    notes : list of dict
        Rows of `problems`, in order.
    """

    calls: pa.Table
    turns: pa.Table
    notes: list[Row]


def decode_carefully(entries: Sequence[Value], indexes: Sequence[int] | None = None) -> Decoded:
    """Decode entries one by one.

    Parameters
    ----------
    entries : sequence of Value
        The entries.
    indexes : sequence of int, optional
        Each entry's position in `calls`; by default they are all that there are.

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
    for index, value in zip(range(len(entries)) if indexes is None else indexes, entries, strict=True):
        rows.add(value, index)
    return Decoded(
        pa.Table.from_pylist(rows.calls, schema=CALL_SCHEMA),
        pa.Table.from_pylist(rows.turns, schema=TURN_SCHEMA),
        rows.notes.rows,
    )


def decode_entries(parts: Split) -> Decoded:
    """Decode all entries of a response, in blocks, on a few threads.

    Parameters
    ----------
    parts : Split
        The response.

    Returns
    -------
    Decoded
        The rows of all entries.

    Raises
    ------
    NotJSONError
        If an entry is not JSON.
    """
    count = len(parts.entries)
    blocks = min(count, 1 + len(parts.body) // _BLOCK_BYTES)
    edges = [block * count // blocks for block in range(blocks + 1)]
    if blocks == 1:
        return _decode_block(parts, 0, count)
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="caldframe-decode") as threads:
        return _joined(list(threads.map(_decode_block, repeat(parts), edges[:-1], edges[1:])))


def _decode_block(parts: Split, first: int, last: int) -> Decoded:
    """Decode the entries from `first` to `last` (exclusive), together if that can be."""
    indexes = np.arange(first, last)
    span = parts.body[parts.bounds(first)[0] : parts.bounds(last - 1)[1]]
    if not _is_utf8(span):
        return _decode_mixed(parts, indexes, NOTHING)
    plain = read_plain(span, NOTHING)
    if plain is not None:
        return _completed(plain, indexes, parts)
    sample = np.unique(np.linspace(first, last - 1, _SAMPLE, dtype=np.int64)).tolist()
    unknown = learn([entry_value(parts, index).text for index in sample], KNOWN)
    plain = read_plain(span, unknown) if unknown.types else None
    if plain is not None:
        return _completed(plain, indexes, parts)
    return _decode_mixed(parts, indexes, unknown)


def _decode_mixed(parts: Split, indexes: np.ndarray, unknown: Unknown) -> Decoded:
    """Decode entries of which some need care: the others together, these one by one."""
    texts = [parts.body[slice(*parts.bounds(index))] for index in indexes.tolist()]
    fits = fitting(texts, unknown.names)
    if not _is_utf8(b"".join(texts)):
        fits &= np.array([_is_utf8(text) for text in texts])
    plain = read_plain(b",".join(compress(texts, fits)), unknown)
    if plain is None:
        fits[fits] = _readable(list(compress(texts, fits)), unknown)
        plain = read_plain(b",".join(compress(texts, fits)), unknown)
    if plain is None:
        return _careful(parts, indexes)
    return _merged(_completed(plain, indexes[fits], parts), _careful(parts, indexes[~fits]))


def _readable(texts: list[bytes], unknown: Unknown) -> list[bool]:
    """Tell which texts Arrow's reader takes after all, by halving what it does not take."""
    if is_readable(b",".join(texts), unknown):
        return [True] * len(texts)
    if len(texts) == 1:
        return [False]
    half = len(texts) // 2
    return _readable(texts[:half], unknown) + _readable(texts[half:], unknown)


def _completed(plain: Plain, indexes: np.ndarray, parts: Split) -> Decoded:
    """Give the rows their positions, and add the rows of the calls that need care after all."""
    own = indexes[~plain.odd]
    calls = plain.calls.append_column("index", pa.array(own))
    rows = plain.turns.column("row").to_numpy()
    turns = plain.turns.drop_columns(["row"]).append_column("index", pa.array(indexes[rows]))
    decoded = Decoded(calls.cast(CALL_SCHEMA), turns.cast(TURN_SCHEMA), [])
    return _merged(decoded, _careful(parts, indexes[plain.odd])) if plain.odd.any() else decoded


def _careful(parts: Split, indexes: np.ndarray) -> Decoded:
    return decode_carefully([entry_value(parts, index) for index in indexes.tolist()], indexes.tolist())


def entry_value(parts: Split, index: int) -> Value:
    """Give the entry at a position of `calls` as it stands."""
    return Value(parts.body[slice(*parts.bounds(index))].decode("utf-8", "surrogateescape"), None)


def _is_utf8(data: bytes) -> bool:
    offsets = pa.py_buffer(np.array([0, len(data)], dtype=np.int32))
    whole = pa.BinaryArray.from_buffers(pa.binary(), 1, [None, offsets, pa.py_buffer(data)])
    try:
        whole.cast(pa.string())
    except pa.ArrowInvalid:
        return False
    return True


def _merged(one: Decoded, other: Decoded) -> Decoded:
    """Put two sets of entries together, by position."""
    if not other.calls.num_rows and not other.notes:
        return one
    return Decoded(
        _in_order(one.calls, other.calls),
        _in_order(one.turns, other.turns),
        _in_call_order(one.notes + other.notes),
    )


def _in_order(one: pa.Table, other: pa.Table) -> pa.Table:
    table = pa.concat_tables([one, other])
    return table.take(pa.array(np.argsort(table["index"].to_numpy(), kind="stable")))


def _joined(decoded: Sequence[Decoded]) -> Decoded:
    return Decoded(
        pa.concat_tables([part.calls for part in decoded]),
        pa.concat_tables([part.turns for part in decoded]),
        [note for part in decoded for note in part.notes],
    )


def noting_duplicates(decoded: Decoded, entry: Callable[[int], Value]) -> Decoded:
    """Note every call whose id an earlier call has.

    Parameters
    ----------
    decoded : Decoded
        All entries of a response.
    entry : callable
        Gives the entry at a position of `calls`.

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
        value = read_object(entry(index).text).members["callId"]
        notes.add(f"calls[{index}].callId", "duplicate_call_id", value, index)
        notes.rows[-1]["call_id"] = call_id
    return Decoded(decoded.calls, decoded.turns, _in_call_order(notes.rows))


def _in_call_order(notes: list[Row]) -> list[Row]:
    return sorted(notes, key=lambda note: int(str(note["call_index"])))
