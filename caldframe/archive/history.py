"""How a campaign went on, from one kept response to the next."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from caldframe.archive.differences import TRANSCRIPT, differences
from caldframe.archive.raw import read_raw
from caldframe.archive.tables import derive
from caldframe.frames import table_of_rows, to_pandas
from caldframe.schema import CALLS, CAMPAIGNS, RESULTS, TABLES, TRANSCRIPTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from caldframe.archive.differences import Differences
    from caldframe.archive.states import CampaignState
    from caldframe.archive.storage import Storage
    from caldframe.schema import Tables

_TIME: Final = "datetime64[us, UTC]"
_EXTRA: Final = "extra"

_HISTORY_COLUMNS: Final[dict[str, Any]] = {
    "fetched_at": _TIME,
    "status": "str",
    "calls": "int64",
    "completed": "int64",
    **dict.fromkeys(RESULTS, "int64"),
    "new_calls": "int64",
    "changed_calls": "int64",
    "vanished_calls": "int64",
}
_CHANGE_COLUMNS: Final[dict[str, Any]] = {
    "fetched_at": _TIME,
    "call_id": "str",
    "change": "str",
    "field": "str",
    "before": "str",
    "after": "str",
    "late": "bool",
}


class Change(NamedTuple):
    """Something that one response says and the one before it does not; the columns of the table."""

    fetched_at: datetime
    call_id: str | None
    change: str
    field: str | None = None
    before: str | None = None
    after: str | None = None
    late: bool = False


def history_of(storage: Storage, state: CampaignState) -> pd.DataFrame:
    """Give a row for each response; `caldframe.Archive.history` says what the columns are."""
    rows = []
    previous: Tables | None = None
    for moment, tables in _responses(storage, state):
        calls = to_pandas(tables.calls, CALLS)
        found = None if previous is None else differences(previous, tables)
        rows.append(
            {
                "fetched_at": moment,
                "status": tables.campaigns["status"].to_pylist()[0],
                "calls": len(calls),
                "completed": int(calls["completed"].sum()),
                **{result: int((calls["result"] == result).sum()) for result in RESULTS},
                "new_calls": len(calls) if found is None else len(found.appeared),
                "changed_calls": 0 if found is None else found.changed_calls,
                "vanished_calls": 0 if found is None else len(found.vanished),
            }
        )
        previous = tables
    return table_of_rows(rows, _HISTORY_COLUMNS)


def changes_of(storage: Storage, state: CampaignState) -> pd.DataFrame:
    """Give a row for each change; `caldframe.Archive.changes` says what the columns are."""
    changes: list[Change] = []
    known: set[tuple[str, str]] = set()
    for (_, before), (moment, after) in pairwise(_responses(storage, state)):
        known |= _unforeseen(before)
        changes += _of_campaign(moment, before, after)
        changes += [
            Change(moment, None, kind, *_field_and_value(kind, what))
            for kind, what in sorted(_unforeseen(after) - known)
        ]
        changes += _of_calls(moment, before, after)
    return table_of_rows([change._asdict() for change in changes], _CHANGE_COLUMNS)


def _responses(storage: Storage, state: CampaignState) -> Iterator[tuple[datetime, Tables]]:
    for raw in state.raws:
        yield raw.name.fetched_at, derive(read_raw(storage, raw), state.campaign_id, raw.name)


def _unforeseen(tables: Tables) -> set[tuple[str, str]]:
    """Give the fields and values in a response that the API does not document."""
    found = set()
    for name, table in tables.as_dict().items():
        if _EXTRA in table.column_names:
            for text in table[_EXTRA].drop_null().unique().to_pylist():
                found |= {("new_field", f"{name}.{field}") for field in json.loads(text)}
        for column in TABLES[name]:
            if column.allowed:
                values = table[column.name].drop_null().unique().to_pylist()
                found |= {
                    ("new_value", f"{name}.{column.name}={value}")
                    for value in values
                    if value not in column.allowed
                }
    return found


def _field_and_value(kind: str, what: str) -> tuple[str, str | None, str | None]:
    field, _, value = what.partition("=") if kind == "new_value" else (what, "", None)
    return field, None, value


def _of_campaign(moment: datetime, before: Tables, after: Tables) -> Iterator[Change]:
    rows = [table.campaigns.to_pylist()[0] for table in (before, after)]
    for column in CAMPAIGNS:
        if column.name != "fetched_at" and rows[0][column.name] != rows[1][column.name]:
            for field, old, new in _fields(column.name, rows[0][column.name], rows[1][column.name]):
                yield Change(moment, None, "changed", field, old, new)


def _of_calls(moment: datetime, before: Tables, after: Tables) -> Iterator[Change]:
    found = differences(before, after)
    for position in found.vanished:
        yield Change(moment, _text(found.before["call_id"].iloc[position]), "vanished")
    for position in found.appeared:
        yield Change(moment, _text(found.after["call_id"].iloc[position]), "appeared")
    yield from _of_kept_calls(moment, found, before, after)


def _of_kept_calls(moment: datetime, found: Differences, before: Tables, after: Tables) -> Iterator[Change]:
    words = [_words(tables) if found.changed[TRANSCRIPT].any() else {} for tables in (before, after)]
    for row, column in np.argwhere(found.changed.to_numpy()):
        name = str(found.changed.columns[column])
        earlier, later = found.before.iloc[found.kept[0][row]], found.after.iloc[found.kept[1][row]]
        call_id = _text(earlier["call_id"])
        if name == TRANSCRIPT:
            fields: Iterable[Any] = [(TRANSCRIPT, words[0].get(call_id), words[1].get(call_id))]
        else:
            fields = _fields(name, earlier[name], later[name])
        late = earlier["completed"] is True or earlier["completed"] is np.True_
        for field, old, new in fields:
            yield Change(moment, call_id, "changed", field, old, new, late)


def _words(tables: Tables) -> dict[str | None, str]:
    """Give what was said in each call, a line a turn."""
    turns = to_pandas(tables.transcripts, TRANSCRIPTS)
    lines = turns["role"].fillna("?") + ": " + turns["content"].fillna("")
    return {_text(call): "\n".join(said) for call, said in lines.groupby(turns["call_id"], dropna=False)}


def _fields(name: str, before: Any, after: Any) -> list[tuple[str, str | None, str | None]]:
    """Give the names and both values of what differs: of an object each of its fields."""
    if name != _EXTRA:
        return [(name, _text(before), _text(after))]
    sources = [json.loads(text) if isinstance(text, str) else {} for text in (before, after)]
    return [
        (f"{_EXTRA}.{field}", _json(sources[0], field), _json(sources[1], field))
        for field in dict.fromkeys([*sources[0], *sources[1]])
        if _json(sources[0], field) != _json(sources[1], field)
    ]


def _json(source: dict[str, Any], field: str) -> str | None:
    return json.dumps(source[field], ensure_ascii=False) if field in source else None


def _text(value: Any) -> str | None:
    if value is None or value is pd.NaT or value is pd.NA or value != value:  # noqa: PLR0124 - NaN
        return None
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool | np.bool_) else str(value)
