"""JSON objects to rows: every documented field to its column, everything else to `extra`, oddities noted."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from caldframe.decode.reader import NULL, Object, Value, is_strict_json, read_list, read_object
from caldframe.decode.values import as_column, printable_json, without_surrogates
from caldframe.schema import CALLS, CAMPAIGNS, PROBLEMS, TRANSCRIPTS, arrow_schema

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from caldframe.schema import Column

Row = dict[str, object]


def _by_source(columns: Sequence[Column], prefix: str = "") -> dict[str, Column]:
    """Give the columns that are read from a field of one object, by the field's name."""
    return {
        column.source.removeprefix(prefix): column
        for column in columns
        if column.source is not None and column.source.startswith(prefix)
    }


STATS: Final = _by_source(CAMPAIGNS, "stats.")
CAMPAIGN_FIELDS: Final = {name: column for name, column in _by_source(CAMPAIGNS).items() if "." not in name}
CALL_FIELDS: Final = {name: column for name, column in _by_source(CALLS).items() if name != "transcripts"}
TURN_FIELDS: Final = _by_source(TRANSCRIPTS)
_PROSPECT_SIDE: Final[dict[object, str]] = {"outbound": "to_number", "inbound": "from_number"}


@dataclass
class Notes:
    """What does not fit, in the order in which it is found.

    Parameters
    ----------
    rows : list of dict
        Rows of the table `problems`, their `campaign_id` not yet filled in.
    """

    rows: list[Row] = field(default_factory=list)

    def add(self, path: str, problem: str, value: Value | None, call: int | None = None) -> None:
        """Note one problem at a path, whole value included."""
        self.rows.append(
            {
                "campaign_id": None,
                "call_id": None,
                "call_index": call,
                "field": without_surrogates(path),
                "problem": problem,
                "value": None if value is None else printable_json(value.text),
            }
        )

    def to_arrow(self) -> pa.Table:
        """Give the rows as the table `problems`."""
        return pa.Table.from_pylist(self.rows, schema=arrow_schema(PROBLEMS))


NO_NOTES: Final = Notes().to_arrow()


def read_row(
    source: Object, fields: Mapping[str, Column], path: str, notes: Notes, call: int | None = None
) -> Row:
    """Read the documented fields of an object.

    Parameters
    ----------
    source : Object
        The object's members.
    fields : mapping of str to Column
        The columns to fill, by API field.
    path : str
        The object's own path with a dot behind, or an empty text.
    notes : Notes
        Where to note what does not fit.
    call : int or None
        The position of the call that the object belongs to.

    Returns
    -------
    dict
        A value for each column of `fields`.
    """
    for name, value in source.shadowed:
        notes.add(f"{path}{name}", "duplicate_key", value, call)
    row: Row = {}
    for name, column in fields.items():
        value = source.members.get(name, NULL)
        row[column.name], problems = as_column(value, column)
        for problem in problems:
            notes.add(f"{path}{name}", problem, value, call)
        if column.identifies and value.is_null:
            notes.add(f"{path}{name}", "missing", None, call)
    return row


def read_extra(
    source: Object, known: Container[str], path: str, notes: Notes, call: int | None = None
) -> list[str]:
    """Give the members that the schema does not name, each as ``"name":value``, verbatim.

    A value that is not JSON by the standard would make the whole of `extra` unreadable, so it is
    null there and whole in `notes`. Bytes that are not UTF-8 become U+FFFD, and are noted.
    """
    members: list[str] = []
    for name, value in source.members.items():
        if name in known:
            continue
        name_text, text = source.name_texts[name], value.text
        if not is_strict_json(name_text):
            notes.add(f"{path}{name}", "control_character", value, call)
            name_text = json.dumps(name, ensure_ascii=False)
        if not is_strict_json(text):
            notes.add(f"{path}{name}", "not_json", value, call)
            text = "null"
        member = without_surrogates(f"{name_text}:{text}")
        if member != f"{name_text}:{text}":
            notes.add(f"{path}{name}", "invalid_utf8", value, call)
        members.append(member)
    return members


def extra_text(members: list[str]) -> str | None:
    """Put unknown members together as the text of a JSON object, null where there is none."""
    return "{" + ",".join(members) + "}" if members else None


def read_campaign(source: Object, notes: Notes) -> Row:
    """Read a campaign's own fields, its counts included; `calls` is not looked at."""
    row = read_row(source, CAMPAIGN_FIELDS, "", notes)
    extra = read_extra(source, {*CAMPAIGN_FIELDS, "stats", "calls"}, "", notes)
    stats = source.members.get("stats", NULL)
    counts = Object({}, {}, [])
    if stats.kind == "{":
        counts = read_object(stats.text)
    elif not stats.is_null:
        notes.add("stats", "wrong_type", stats)
    row |= read_row(counts, STATS, "stats.", notes)
    more_counts = extra_text(read_extra(counts, STATS, "stats.", notes))
    if more_counts is not None:
        extra.append(f'"stats":{more_counts}')
    row["extra"] = extra_text(extra)
    return row


@dataclass
class CallRows:
    """Rows of `calls`, `transcripts` and `problems`, in the order of the response; each call's id as sent."""

    calls: list[Row] = field(default_factory=list)
    turns: list[Row] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)
    ids: dict[int, Value] = field(default_factory=dict)

    def add(self, source: Object, index: int, turns: int | None = None) -> None:
        """Read the call at position `index`, but for its turns, if so many have been read already."""
        path = f"calls[{index}]"
        first_note = len(self.notes.rows)
        row = read_row(source, CALL_FIELDS, f"{path}.", self.notes, index)
        row["prospect_number"] = row.get(_PROSPECT_SIDE.get(row["direction"], ""))
        if turns is None:
            transcripts = source.members.get("transcripts", NULL)
            turns = self._add_turns(transcripts, row["call_id"], f"{path}.transcripts", index)
        row["turns"] = turns
        row["extra"] = extra_text(
            read_extra(source, {*CALL_FIELDS, "transcripts"}, f"{path}.", self.notes, index)
        )
        for note in self.notes.rows[first_note:]:
            note["call_id"] = row["call_id"]
        self.calls.append(row | {"index": index})
        self.ids[index] = source.members.get("callId", NULL)

    def note_other(self, value: Value, index: int) -> None:
        """Note an entry of `calls` that is no object."""
        self.notes.add(f"calls[{index}]", "not_an_object", value, index)

    def _add_turns(self, transcripts: Value, call_id: object, path: str, index: int) -> int:
        if transcripts.kind != "[":
            if not transcripts.is_null:
                self.notes.add(path, "wrong_type", transcripts, index)
            return 0
        entries = read_list(transcripts.text)
        for turn, entry in enumerate(entries):
            turn_path = f"{path}[{turn}]"
            if entry.kind != "{":
                self.notes.add(turn_path, "not_an_object", entry, index)
                continue
            source = read_object(entry.text)
            row = read_row(source, TURN_FIELDS, f"{turn_path}.", self.notes, index)
            extra = read_extra(source, TURN_FIELDS, f"{turn_path}.", self.notes, index)
            self.turns.append(
                row | {"call_id": call_id, "turn": turn, "extra": extra_text(extra), "index": index}
            )
        return len(entries)
