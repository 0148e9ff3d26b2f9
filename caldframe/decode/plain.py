"""Calls that fit, many at a time: bytes to Arrow by Arrow's own JSON reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json as arrow_json

from caldframe.decode.unknown import Unknown, cut_out
from caldframe.schema import CALLS, DIRECTIONS, RESULTS, ROLES, TIMESTAMP, TRANSCRIPTS

if TYPE_CHECKING:
    from collections.abc import Sequence

_TURN: Final = pa.struct([(column.source, pa.string()) for column in TRANSCRIPTS if column.source])
_FIELDS: Final = {
    column.source: pa.string() if column.type == TIMESTAMP else column.type
    for column in CALLS
    if column.source
} | {"transcripts": pa.list_(_TURN)}

# RFC 3339 with at most microseconds: what Arrow and the careful reader read alike.
_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{5,8}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"
_FIRST_MOMENT: Final = pa.scalar("0001-01-01T00:00:00Z").cast(TIMESTAMP)
_LAST_MOMENT: Final = pa.scalar("9999-12-31T23:59:59.999999Z").cast(TIMESTAMP)
_EXACT_INTEGERS: Final = 2.0**53


@dataclass(frozen=True)
class Plain:
    """What Arrow's reader made of some calls.

    Parameters
    ----------
    calls : pyarrow.Table
        One row a call that fits; the columns of `CALLS` that are the call's own.
    turns : pyarrow.Table
        One row a turn of these calls; the columns of `TRANSCRIPTS` that are the call's own, and `row`, the
        call's place among all calls that were read.
    odd : numpy.ndarray of bool
        For each call that was read, whether it needs care after all and so is not in the tables.
    """

    calls: pa.Table
    turns: pa.Table
    odd: np.ndarray


def read_plain(span: bytes, unknown: Unknown) -> Plain | None:
    """Read calls that have only the known fields, of the right types.

    Parameters
    ----------
    span : bytes
        The calls' JSON texts with commas between them, UTF-8.
    unknown : Unknown
        Fields beyond the schema to expect, for `extra`.

    Returns
    -------
    Plain or None
        None if a value does not fit, or a field is not known or given twice.
    """
    rows = _parse(span, unknown)
    if rows is None:
        return None
    fields = dict(zip(rows.type.names, rows.flatten(), strict=True))
    extra = pa.nulls(len(rows), pa.string()) if not unknown.types else cut_out(span, unknown, len(rows))
    if extra is None:
        return None
    odd = _mask(pc.is_null(fields["callId"])) | _unlisted(fields["direction"], DIRECTIONS)
    odd |= _unlisted(fields["result"], RESULTS) | _odd_length(fields["callLength"])
    times = {}
    for name in ("createdAt", "completedAt"):
        times[name], odd_times = _read_times(fields[name])
        odd |= odd_times
    counts = pc.fill_null(pc.list_value_length(fields["transcripts"]), 0)
    turns = _read_turns(fields["transcripts"], counts.to_numpy(), fields["callId"], odd)
    calls = pa.table(
        {
            "call_id": fields["callId"],
            "direction": fields["direction"],
            "from_number": fields["from"],
            "to_number": fields["to"],
            "prospect_number": _prospect(fields),
            "completed": fields["completed"],
            "result": fields["result"],
            "created_at": times["createdAt"],
            "completed_at": times["completedAt"],
            "call_length": fields["callLength"],
            "turns": counts,
            "recording_url": fields["recordingUrl"],
            "extra": extra,
        }
    )
    if odd.any():
        calls = calls.filter(pa.array(~odd))
        turns = turns.filter(pa.array(~odd[turns["row"].to_numpy()]))
    return Plain(calls, turns, odd)


def is_readable(span: bytes, unknown: Unknown) -> bool:
    """Tell whether `read_plain` will read these calls."""
    return _parse(span, unknown) is not None


def _parse(span: bytes, unknown: Unknown) -> pa.StructArray | None:
    document = b'{"calls":[' + span + b"]}"
    row = pa.struct(list((_FIELDS | unknown.types).items()))
    try:
        table = arrow_json.read_json(
            pa.BufferReader(document),
            # One block, so that no value is cut, and one row, because rows that are null end the process.
            read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(document) + 1),
            parse_options=arrow_json.ParseOptions(
                explicit_schema=pa.schema([("calls", pa.list_(row))]),
                unexpected_field_behavior="error",
            ),
        )
    except pa.ArrowInvalid:
        return None
    return table.column("calls").chunk(0).flatten()


def _read_turns(
    transcripts: pa.ListArray, counts: np.ndarray, call_ids: pa.Array, odd: np.ndarray
) -> pa.Table:
    """Lay the turns of all calls below each other, and mark the calls that have an odd one in `odd`."""
    entries = transcripts.flatten()
    rows = np.repeat(np.arange(len(counts)), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    role, content = entries.flatten()
    odd[rows[_mask(pc.is_null(entries)) | _unlisted(role, ROLES)]] = True
    return pa.table(
        {
            "call_id": call_ids.take(pa.array(rows)),
            "turn": pa.array((np.arange(len(rows)) - first).astype(np.int32)),
            "role": role,
            "content": content,
            "extra": pa.nulls(len(rows), pa.string()),
            "row": pa.array(rows),
        }
    )


def _read_times(texts: pa.StringArray) -> tuple[pa.Array, np.ndarray]:
    """Read times with a zone; tell which texts are not that."""
    times = _cast(texts)
    outside = pc.or_(pc.less(times, _FIRST_MOMENT), pc.greater(times, _LAST_MOMENT))
    unread = pc.and_(pc.is_valid(texts), pc.is_null(times))
    return times, _mask(outside) | _mask(unread)


def _cast(texts: pa.StringArray) -> pa.Array:
    try:
        return texts.cast(TIMESTAMP)
    except pa.ArrowInvalid:
        return _cast_most(pc.if_else(pc.match_substring_regex(texts, _TIME), texts, None))


def _cast_most(texts: pa.StringArray) -> pa.Array:
    """Cast all but a few texts that look like times and name no moment, as the 30th of February."""
    try:
        return texts.cast(TIMESTAMP)
    except pa.ArrowInvalid:
        if len(texts) == 1:
            return pa.nulls(1, TIMESTAMP)
        half = len(texts) // 2
        return pa.concat_arrays([_cast_most(texts.slice(0, half)), _cast_most(texts.slice(half))])


def _odd_length(lengths: pa.DoubleArray) -> np.ndarray:
    """Tell which lengths are negative, not finite, or may have lost a digit."""
    usual = pc.and_(pc.greater_equal(lengths, 0.0), pc.less(lengths, _EXACT_INTEGERS))
    return ~_mask(pc.fill_null(usual, True))


def _unlisted(values: pa.StringArray, allowed: Sequence[str]) -> np.ndarray:
    return ~_mask(pc.or_(pc.is_in(values, pa.array(allowed)), pc.is_null(values)))


def _prospect(fields: dict[str, pa.Array]) -> pa.Array:
    outbound = pc.fill_null(pc.equal(fields["direction"], "outbound"), False)
    inbound = pc.fill_null(pc.equal(fields["direction"], "inbound"), False)
    return pc.if_else(outbound, fields["to"], pc.if_else(inbound, fields["from"], None))


def _mask(flags: pa.BooleanArray) -> np.ndarray:
    return np.asarray(pc.fill_null(flags, False).to_numpy(zero_copy_only=False), dtype=bool)
