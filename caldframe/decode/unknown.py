"""Fields that the schema does not name but that many calls have: learnt from a few, read from all.

The day the vendor adds a field to every call, every call would need care. So the fields of a few calls
are looked at, Arrow's reader is told to expect them too (it then checks that there are no others), and
their text is cut out verbatim for `extra`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa

from caldframe.decode.reader import NotJSONError, read_object

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

_DEPTH = 4


@dataclass(frozen=True)
class Unknown:
    """The fields that calls have beyond the schema.

    Parameters
    ----------
    types : dict of str to pyarrow.DataType
        The Arrow type of each field, by name; empty if there is none.
    """

    types: dict[str, pa.DataType]

    @property
    def names(self) -> tuple[str, ...]:
        """The fields' names."""
        return tuple(self.types)


NOTHING = Unknown({})


def learn(texts: Sequence[str], known: Container[str]) -> Unknown:
    """Look at a few calls and tell which fields they have beyond the known ones.

    Parameters
    ----------
    texts : sequence of str
        The JSON text of a few calls.
    known : container of str
        The names of the fields that the schema has.

    Returns
    -------
    Unknown
        The fields that Arrow can be told of; not those whose values differ in type from call to call.
    """
    values: dict[str, list[Any]] = {}
    for text in texts:
        if not text.startswith("{"):
            continue
        try:
            source = read_object(text)
            for name, value in source.members.items():
                if name not in known and _is_plain(name):
                    values.setdefault(name, []).append(json.loads(value.text))
        except (NotJSONError, ValueError, RecursionError):
            continue
    types = {name: _type_of(found, _DEPTH) for name, found in values.items()}
    return Unknown({name: arrow_type for name, arrow_type in types.items() if arrow_type is not None})


def _type_of(values: list[Any], depth: int) -> pa.DataType | None:
    """Give the Arrow type that holds all values, None if there is no such type or it is nested deeply."""
    present = [value for value in values if value is not None]
    kinds = {float if type(value) is int else type(value) for value in present}
    if len(kinds) > 1 or depth == 0:
        return None
    kind = kinds.pop() if kinds else str
    if kind is list:
        element = _type_of([element for value in present for element in value], depth - 1)
        return element and pa.list_(element)
    if kind is dict:
        return _struct_of(present, depth - 1)
    return _LEAVES[kind]


def _struct_of(values: list[dict[str, Any]], depth: int) -> pa.DataType | None:
    names = dict.fromkeys(name for value in values for name in value)
    members = {name: _type_of([value.get(name) for value in values], depth) for name in names}
    if not members or None in members.values() or not all(map(_is_plain, names)):
        return None
    return pa.struct(list(members.items()))


def _is_plain(name: str) -> bool:
    return name.isascii() and name.isidentifier()


_LEAVES: dict[type, pa.DataType] = {str: pa.string(), bool: pa.bool_(), float: pa.float64()}


def cut_out(span: bytes, unknown: Unknown, count: int) -> pa.Array | None:
    """Cut the unknown fields out of calls.

    Parameters
    ----------
    span : bytes
        Calls with commas between them, that Arrow's reader took.
    unknown : Unknown
        The fields to look for.
    count : int
        How many calls there are.

    Returns
    -------
    pyarrow.Array or None
        The text of `extra` for each call; None if a name is written in an unusual way, so that cutting
        would not be verbatim.
    """
    fields = [f"field_{index}" for index in range(len(unknown.names))]
    kind = msgspec.defstruct(
        "Fields",
        [(field, msgspec.Raw | msgspec.UnsetType, msgspec.UNSET) for field in fields],
        rename=dict(zip(fields, unknown.names, strict=True)),
        gc=False,
    )
    try:
        rows = msgspec.json.decode(b"[" + span + b"]", type=list[kind])  # type: ignore[valid-type]
    except (msgspec.DecodeError, RecursionError):
        return None
    columns = [[getattr(row, field) for row in rows] for field in fields]
    prefixes = [b'"%s":' % name.encode() for name in unknown.names]
    for column, name in zip(columns, unknown.names, strict=True):
        if span.count(b'"%s"' % name.encode()) != count - column.count(msgspec.UNSET):
            return None
    if len(columns) == 1:
        prefix = b"{" + prefixes[0]
        texts = [None if raw is msgspec.UNSET else prefix + bytes(raw) + b"}" for raw in columns[0]]
    else:
        texts = [_in_order(raws, prefixes) for raws in zip(*columns, strict=True)]
    return pa.array(texts, pa.binary()).cast(pa.string())


def _in_order(raws: tuple[Any, ...], prefixes: list[bytes]) -> bytes | None:
    """Put one call's unknown members together in the order in which they stand."""
    present = [(raw, prefix) for raw, prefix in zip(raws, prefixes, strict=True) if raw is not msgspec.UNSET]
    if not present:
        return None
    if len(present) > 1:
        present.sort(key=lambda member: pa.py_buffer(member[0]).address)
    return b"{" + b",".join(prefix + bytes(raw) for raw, prefix in present) + b"}"
