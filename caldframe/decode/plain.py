"""Calls that fit, many at a time: JSON text to Arrow, a column at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from caldframe.decode.escapes import Escapes, read_escapes
from caldframe.decode.gaps import Kind
from caldframe.decode.members import FIELDS, UNKNOWN, Members, Nested, find_members
from caldframe.decode.strings import Flags, Places, Strings, find_strings, strings_around, trim_gap
from caldframe.schema import DIRECTIONS, RESULTS, ROLES, TIMESTAMP

if TYPE_CHECKING:
    from collections.abc import Sequence

# RFC 3339 with at most microseconds: what Arrow and the careful reader read alike.
_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{5,8}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"
# Microseconds since 1970 of the calendar's first moment and its last, of the years 1 and 9999.
_FIRST_MOMENT: Final = -62_135_596_800_000_000
_LAST_MOMENT: Final = 253_402_300_799_999_999
_EXACT_INTEGERS: Final = 2.0**53


class Plain(NamedTuple):
    """The calls of a text that fit.

    Parameters
    ----------
    calls : pyarrow.Table
        One row a call that fits; the columns of `CALLS` that are the call's own, and `row`, the call's place
        among all entries of the text.
    turns : pyarrow.Table
        One row a turn of these calls; the columns of `TRANSCRIPTS` that are the call's own, and `row`.
    odd : numpy.ndarray of bool
        For each entry of the text, whether it needs care and so is not in the tables.
    bounds : numpy.ndarray of int64
        Where each entry begins in the text, one more for the end. An odd one can be several, and other
        things than calls.
    """

    calls: pa.Table
    turns: pa.Table
    odd: Flags
    bounds: Places


def read_plain(text: bytes, spoilt: Places) -> Plain:
    """Read the calls that have values of the right types, each name once.

    Parameters
    ----------
    text : bytes
        Entries of `calls` with commas between them, UTF-8.
    spoilt : numpy.ndarray of int64
        Characters that are not as they were sent; their calls need care.

    Returns
    -------
    Plain
        What fits, and what does not.

    Raises
    ------
    NotInBlocksError
        If the text is not what it should be, or has no strings.
    """
    strings = find_strings(text)
    escapes = read_escapes(strings)
    ruined = strings_around(spoilt, strings.opens, strings.closes)
    found = find_members(strings, np.append(escapes.failed, ruined))
    entries = np.flatnonzero(~found.odd)
    call_of_turn = found.call_of_turn
    calls = _Rows(strings, escapes, found.calls, found.nested, len(entries))
    turns = _Rows(strings, escapes, found.turns, found.nested, len(call_of_turn))
    call_table = _read_calls(calls, np.bincount(call_of_turn, minlength=calls.count))
    turn_table = _read_turns(turns, call_table["call_id"], call_of_turn)
    calls.odd[call_of_turn[turns.odd]] = True

    call_table = call_table.append_column("row", pa.array(entries))
    turn_table = turn_table.append_column("row", pa.array(entries[call_of_turn]))
    if calls.odd.any():
        found.odd[entries[calls.odd]] = True
        call_table = call_table.filter(pa.array(~calls.odd))
        turn_table = turn_table.filter(pa.array(~calls.odd[call_of_turn]))
    return Plain(call_table, turn_table, found.odd, strings.bounds)


class _Rows:
    """The members of all calls, or of all turns, to columns.

    Parameters
    ----------
    strings : Strings
        The text.
    escapes : Escapes
        What is written in another way than it is meant.
    members : sequence of Members
        The members, by position in `FIELDS`.
    nested : Nested
        Where lists and objects under unknown names stand.
    count : int
        How many rows there are.

    Attributes
    ----------
    odd : numpy.ndarray of bool
        The rows that do not fit, as far as they have been read.
    """

    def __init__(
        self, strings: Strings, escapes: Escapes, members: Sequence[Members], nested: Nested, count: int
    ) -> None:
        self.count = count
        self.odd = np.zeros(count, np.bool_)
        self._strings = strings
        self._escapes = escapes
        self._members = members
        self._nested = nested

    def texts(self, field: str, allowed: Sequence[str] = ()) -> pa.StringArray:
        """Read a text; if only some are allowed, others are odd."""
        members = self._named(field)
        if not len(members.names):
            return pa.nulls(self.count, pa.string())
        present = members.kinds == Kind.STRING
        places = np.full(self.count, -1)
        places[members.rows[present]] = members.names[present] + 1
        column = self._escapes.put_into(self._take(2 * places + 1), places)
        if allowed:
            listed = pc.is_in(column, pa.array(allowed))
            if listed.true_count < np.count_nonzero(present):
                self.odd |= ~listed.to_numpy(zero_copy_only=False) & (places >= 0)
        return column

    def flags(self, field: str) -> pa.BooleanArray:
        """Read true and false."""
        members = self._named(field)
        kinds = np.zeros(self.count, np.int8)
        kinds[members.rows] = members.kinds
        return pa.array(kinds == Kind.TRUE, mask=(kinds != Kind.TRUE) & (kinds != Kind.FALSE))

    def lengths(self, field: str) -> pa.DoubleArray:
        """Read seconds; those that are negative, not finite, or may have lost a digit are odd."""
        members = self._named(field)
        present = members.kinds == Kind.NUMBER
        places = np.full(self.count, -1)
        places[members.rows[present]] = 2 * (members.names[present] + 1)
        lengths = trim_gap(self._take(places)).cast(pa.float64())
        seconds = lengths.to_numpy(zero_copy_only=False)
        self.odd |= ~((seconds >= 0) & (seconds < _EXACT_INTEGERS)) & (places >= 0)
        return lengths

    def times(self, field: str) -> pa.TimestampArray:
        """Read times with a zone; others are odd."""
        texts = self.texts(field)
        if texts.null_count == len(texts):
            return pa.nulls(self.count, TIMESTAMP)
        times = _cast(texts)
        if times.null_count > texts.null_count:
            self.odd |= _mask(pc.and_(pc.is_valid(texts), pc.is_null(times)))
        moments = times.view(pa.int64()).fill_null(0).to_numpy()
        self.odd |= (moments < _FIRST_MOMENT) | (moments > _LAST_MOMENT)
        return times

    def refuse_twice(self, field: str) -> None:
        """Mark the rows that have a field twice."""
        self._named(field)

    def refuse_escaped(self, field: str) -> None:
        """Mark the rows in which a text is written with backslashes."""
        members = self._named(field)
        self.odd[members.rows[self._escapes.among[members.names + 1]]] = True

    def extras(self) -> pa.StringArray:
        """Read the members of unknown names, verbatim."""
        members = self._members[UNKNOWN]
        if not len(members.names):
            return pa.nulls(self.count, pa.string())
        names = self._take(2 * members.names + 1)
        pairs = members.rows + self.count * names.dictionary_encode().indices.to_numpy().astype(np.int64)
        pairs.sort()
        self.odd[pairs[1:][pairs[1:] == pairs[:-1]] % self.count] = True
        texts = pc.binary_join_element_wise('"', names, '":', self._verbatim(members), "")
        counts = np.bincount(members.rows, minlength=self.count)
        offsets = np.append(0, np.cumsum(counts)).astype(np.int32)
        joined = pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), texts), ",")
        objects = pc.binary_join_element_wise("{", joined, "}", "")
        return pc.if_else(pa.array(counts > 0), objects, None)

    def _named(self, field: str) -> Members:
        members = self._members[FIELDS.index(field)]
        twice = members.rows[1:] == members.rows[:-1]
        self.odd[members.rows[1:][twice]] = True
        return members

    def _take(self, places: Places) -> pa.StringArray:
        """Take gaps and strings; none where a place is negative."""
        absent = places < 0
        indices = pa.array(places, mask=absent) if absent.any() else pa.array(places)
        return self._strings.texts.take(indices)

    def _verbatim(self, members: Members) -> pa.StringArray:
        """Give the text of each value."""
        of_string = np.flatnonzero(members.kinds == Kind.STRING)
        of_nested = np.flatnonzero(members.kinds == Kind.NESTED)
        of_word = np.flatnonzero((members.kinds != Kind.STRING) & (members.kinds != Kind.NESTED))
        strings = pc.binary_join_element_wise('"', self._take(2 * members.names[of_string] + 3), '"', "")
        nested, valid = self._nested.read(self._strings.text, members.names[of_nested])
        self.odd[members.rows[of_nested[~valid]]] = True
        words = trim_gap(self._take(2 * members.names[of_word] + 2))
        order = np.argsort(np.concatenate([of_string, of_nested, of_word]))
        return pa.concat_arrays([strings, nested, words]).take(pa.array(order))


def _read_calls(calls: _Rows, turns: Places) -> pa.Table:
    calls.refuse_twice("transcripts")
    # So that an id is written as it is read, in whatever is said about it.
    calls.refuse_escaped("callId")
    call_ids = calls.texts("callId")
    if call_ids.null_count:
        calls.odd |= _mask(pc.is_null(call_ids))
    directions = calls.texts("direction", DIRECTIONS)
    sources, targets = calls.texts("from"), calls.texts("to")
    return pa.table(
        {
            "call_id": call_ids,
            "direction": directions,
            "from_number": sources,
            "to_number": targets,
            "prospect_number": _prospects(directions, sources, targets),
            "completed": calls.flags("completed"),
            "result": calls.texts("result", RESULTS),
            "created_at": calls.times("createdAt"),
            "completed_at": calls.times("completedAt"),
            "call_length": calls.lengths("callLength"),
            "turns": pa.array(turns.astype(np.int32)),
            "recording_url": calls.texts("recordingUrl"),
            "extra": calls.extras(),
        }
    )


def _read_turns(turns: _Rows, call_ids: pa.ChunkedArray, call_of_turn: Places) -> pa.Table:
    changes = np.append(True, call_of_turn[1:] != call_of_turn[:-1])
    first = np.maximum.accumulate(np.where(changes, np.arange(turns.count), 0))
    return pa.table(
        {
            "call_id": call_ids.take(pa.array(call_of_turn)),
            "turn": pa.array((np.arange(turns.count) - first).astype(np.int32)),
            "role": turns.texts("role", ROLES),
            "content": turns.texts("content"),
            "extra": turns.extras(),
        }
    )


def _prospects(
    directions: pa.StringArray, sources: pa.StringArray, targets: pa.StringArray
) -> pa.StringArray:
    outbound = pc.fill_null(pc.equal(directions, "outbound"), False)
    inbound = pc.fill_null(pc.equal(directions, "inbound"), False)
    return pc.if_else(outbound, targets, pc.if_else(inbound, sources, None))


def _cast(texts: pa.StringArray) -> pa.TimestampArray:
    try:
        return texts.cast(TIMESTAMP)
    except pa.ArrowInvalid:
        return _cast_most(pc.if_else(pc.match_substring_regex(texts, _TIME), texts, None))


def _cast_most(texts: pa.StringArray) -> pa.TimestampArray:
    """Cast all but a few texts that look like times and name no moment, as the 30th of February."""
    try:
        return texts.cast(TIMESTAMP)
    except pa.ArrowInvalid:
        if len(texts) == 1:
            return pa.nulls(1, TIMESTAMP)
        half = len(texts) // 2
        return pa.concat_arrays([_cast_most(texts.slice(0, half)), _cast_most(texts.slice(half))])


def _mask(flags: pa.BooleanArray) -> Flags:
    return np.asarray(pc.fill_null(flags, False).to_numpy(zero_copy_only=False), dtype=np.bool_)
