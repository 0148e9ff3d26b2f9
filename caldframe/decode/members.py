"""The members of many objects at once: names told apart, values typed, what does not fit found."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from caldframe.decode.gaps import KINDS, Kind, Then, read_rest
from caldframe.schema import CALLS, TIMESTAMP, TRANSCRIPTS

if TYPE_CHECKING:
    from caldframe.decode.strings import Codes, Flags, Places, Strings


IN_CALL: Final = 1
IN_TURN: Final = 3
"""How deep a call's members stand in the brackets, and those of its turns."""

_CALL_FIELDS: Final = {column.source: column.type for column in CALLS if column.source}
_TURN_FIELDS: Final = {column.source: column.type for column in TRANSCRIPTS if column.source}
FIELDS: Final = (*_CALL_FIELDS, *_TURN_FIELDS)
UNKNOWN: Final = len(FIELDS)
_NAMES: Final = pa.array(FIELDS, pa.string())
_DEPTHS: Final = np.array([IN_CALL] * len(_CALL_FIELDS) + [IN_TURN] * len(_TURN_FIELDS) + [0])

_FITTING: Final = {
    pa.string(): (Kind.STRING,),
    TIMESTAMP: (Kind.STRING,),
    pa.bool_(): (Kind.TRUE, Kind.FALSE),
    pa.float64(): (Kind.NUMBER,),
    pa.int32(): (Kind.EMPTY_LIST, Kind.OBJECTS),
}


def _table_of_fits() -> Flags:
    """Tell for each field (and unknown ones), and each kind of value, whether they go together."""
    fits = np.zeros((len(FIELDS) + 1, KINDS), np.bool_)
    for field, column_type in enumerate((_CALL_FIELDS | _TURN_FIELDS).values()):
        fits[field, [Kind.NULL, *_FITTING[column_type]]] = True
    fits[UNKNOWN] = True
    fits[UNKNOWN, [Kind.NONE, Kind.OBJECTS, Kind.OPEN]] = False
    return fits


_FITS: Final = _table_of_fits()

_MAYBE_NESTED: Final = (Kind.EMPTY_LIST, Kind.OBJECTS, Kind.NESTED, Kind.OPEN)


class Nested(NamedTuple):
    """Where the lists and objects under unknown names stand.

    Parameters
    ----------
    names : numpy.ndarray of int64
        Which string each one's name is, in order.
    begins, ends : numpy.ndarray of int64
        Where each begins and ends in the text.
    """

    names: Places
    begins: Places
    ends: Places

    def read(self, text: bytes, names: Places) -> tuple[pa.StringArray, Flags]:
        """Give the texts of some of them, and whether each is JSON."""
        chosen = np.searchsorted(self.names, names)
        texts = [
            text[begin:end]
            for begin, end in zip(self.begins[chosen].tolist(), self.ends[chosen].tolist(), strict=True)
        ]
        valid = np.ones(len(texts), np.bool_)
        if not _is_json(b"[" + b",".join(texts) + b"]"):
            valid[:] = [_is_json(each) for each in texts]
        return pa.array(texts, pa.binary()).cast(pa.string()), valid


class Members(NamedTuple):
    """Members of calls or of turns, in order.

    Parameters
    ----------
    names : numpy.ndarray of int64
        Which string each name is.
    kinds : numpy.ndarray of int8
        The `Kind` of each value.
    rows : numpy.ndarray of int64
        Which call or turn each is of.
    """

    names: Places
    kinds: Codes
    rows: Places


class Found(NamedTuple):
    """The members of the calls that fit.

    Parameters
    ----------
    calls, turns : sequence of Members
        The calls' own and those of their turns, by position in `FIELDS`, those of unknown names last.
    call_of_turn : numpy.ndarray of int64
        Which call each turn is of.
    nested : Nested
        Where lists and objects under unknown names stand.
    odd : numpy.ndarray of bool
        For each entry, whether it is none of these calls.
    """

    calls: list[Members]
    turns: list[Members]
    call_of_turn: Places
    nested: Nested
    odd: Flags


def find_members(strings: Strings, failed: Places) -> Found:
    """Tell names from values, and find the entries that need care.

    Parameters
    ----------
    strings : Strings
        Some entries of `calls`.
    failed : numpy.ndarray of int64
        The strings that say nothing.

    Returns
    -------
    Found
        The members of the calls that fit.
    """
    entries = np.zeros(len(strings.opens), np.int32)
    entries[strings.starts[1:-1]] = 1
    np.cumsum(entries, out=entries)
    odd = np.zeros(len(strings.starts) - 1, np.bool_)
    odd[entries[strings.controlled]] = True
    odd[entries[failed]] = True

    names = np.flatnonzero(strings.kinds[1:] != Kind.NONE)
    fields = pc.index_in(strings.texts.take(pa.array(2 * names + 1)), _NAMES).fill_null(UNKNOWN)
    fields = fields.to_numpy().astype(np.int8)
    if len(strings.escaped):
        odd[entries[strings.escaped[strings.kinds[strings.escaped + 1] != Kind.NONE]]] = True
    strings, inside, nested = _fold(strings, names[fields == UNKNOWN])
    odd[_entries_astray(strings, entries, inside)] = True
    if len(nested.names):
        outside = ~inside[names]
        names, fields = names[outside], fields[outside]
    kinds, depths = strings.kinds[names + 1], strings.depths[names]
    level = depths == _DEPTHS[fields]
    if not level.all():
        level |= (fields == UNKNOWN) & ((depths == IN_CALL) | (depths == IN_TURN))
    odd[entries[names[~(level & _FITS[fields, kinds])]]] = True

    of_entry = entries[names]
    if odd.any():
        fit = ~odd[of_entry]
        names, fields, kinds = names[fit], fields[fit], kinds[fit]
        depths, of_entry = depths[fit], of_entry[fit]
    rows = (np.cumsum(~odd) - 1)[of_entry]
    in_turn = np.flatnonzero(depths == IN_TURN)
    turn_names = names[in_turn]
    # A turn begins with its list, or where an object follows an object in it.
    begins = (strings.kinds[turn_names] == Kind.OBJECTS) | (strings.thens[turn_names] == Then.OBJECT)
    call_of_turn = rows[in_turn[begins]]
    in_call = np.flatnonzero(depths == IN_CALL)
    return Found(
        _by_field(fields[in_call], Members(names[in_call], kinds[in_call], rows[in_call])),
        _by_field(fields[in_turn], Members(turn_names, kinds[in_turn], np.cumsum(begins) - 1)),
        call_of_turn,
        nested,
        odd,
    )


def _by_field(fields: Codes, members: Members) -> list[Members]:
    """Sort members by name; those of one name stay in order."""
    order = np.argsort(fields, kind="stable")
    names, kinds, rows = members.names[order], members.kinds[order], members.rows[order]
    bounds = np.append(0, np.cumsum(np.bincount(fields, minlength=UNKNOWN + 1))).tolist()
    return [Members(names[begin:end], kinds[begin:end], rows[begin:end]) for begin, end in pairwise(bounds)]


def _entries_astray(strings: Strings, entries: Places, inside: Flags) -> Places:
    """Give the entries that have something in a place where it does not belong."""
    # Behind a colon stands a value, and everywhere else a name, which a colon follows.
    misplaced = (strings.kinds[:-1] == Kind.STRING) == (strings.kinds[1:] != Kind.NONE)
    unusual = strings.thens == Then.UNUSUAL
    misplaced |= unusual[:-1]
    misplaced &= ~inside
    # An unusual gap between two entries belongs to both.
    between = np.flatnonzero(unusual[strings.starts[1:]])
    return np.append(entries[misplaced], between)


def _fold(strings: Strings, unknown: Places) -> tuple[Strings, Flags, Nested]:
    """Take each list and object under an unknown name for one value.

    Returns
    -------
    Strings
        With other `kinds` and `thens`.
    numpy.ndarray of bool
        Whether each string is in such a value.
    Nested
        Where these values stand.
    """
    inside = np.zeros(len(strings.opens), np.bool_)
    kind = strings.kinds[unknown + 1]
    names = unknown[np.isin(kind, _MAYBE_NESTED) & (strings.thens[unknown + 1] != Then.UNUSUAL)]
    if not len(names):
        return strings, inside, Nested(names, names, names)
    gaps = strings.gaps
    depths = strings.depths[names]
    opening = np.searchsorted(gaps.places, names + 1)
    closing = _closing(strings, names, opening)
    outermost = names >= np.maximum.accumulate(np.append(0, gaps.places[closing[:-1]]))
    there = outermost & np.isin(depths, (IN_CALL, IN_TURN))
    names, depths, opening, closing = names[there], depths[there], opening[there], closing[there]

    before = strings.depths[gaps.places[closing]] - gaps.each("net")[closing]
    relative = np.where(opening == closing, 0, depths - before)
    rests = [
        read_rest(gaps.texts[code], depth)
        for code, depth in zip(gaps.codes[closing].tolist(), relative.tolist(), strict=True)
    ]
    ends = gaps.places[closing]
    kinds, thens = strings.kinds.copy(), strings.thens.copy()
    kinds[ends], thens[ends] = Kind.NONE, [then for then, _ in rests]
    kinds[names + 1] = Kind.NESTED
    steps = np.zeros(len(kinds), np.int8)
    steps[names + 1] += 1
    steps[ends] -= 1
    inside = np.cumsum(steps[:-1], dtype=np.int8) > 0

    # Two characters follow the text, as `_read_other_gaps` has it.
    past_gap = np.append(strings.opens + 1, len(strings.text) + 2)
    nested = Nested(
        names,
        strings.closes[names] + gaps.each("opener")[opening],
        past_gap[ends] - [length for _, length in rests],
    )
    return strings._replace(kinds=kinds, thens=thens), inside, nested


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _closing(strings: Strings, names: Places, opening: Places) -> Places:
    """Tell in which of the gaps that are more than a colon or a comma each value ends."""
    gaps = strings.gaps
    net = gaps.each("net")
    lowest = strings.depths[gaps.places] - net + gaps.each("low")
    closing = opening.copy()
    for depth in (IN_CALL, IN_TURN):
        goes_on = (strings.depths[names] == depth) & (net[opening] > 0)
        down = np.flatnonzero(lowest <= depth)
        closing[goes_on] = down[np.searchsorted(down, opening[goes_on], side="right")]
    return closing
