"""JSON straight to typed Python objects, and lists of their attributes to pandas."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 # msgspec reads the annotations
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pandas as pd

from benchmarks.response import Tables

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.response import Response


class _Turn(msgspec.Struct, gc=False):
    role: str | None = None
    content: str | None = None


class _Call(msgspec.Struct, gc=False, rename="camel"):
    call_id: str | None = None
    direction: str | None = None
    from_: str | None = msgspec.field(default=None, name="from")
    to: str | None = None
    completed: bool | None = None
    result: str | None = None
    created_at: datetime | None = None
    completed_at: datetime | None = None
    call_length: float | None = None
    recording_url: str | None = None
    transcripts: list[_Turn] = []


class _Response(msgspec.Struct, gc=False):
    calls: list[_Call]


_decoder: Final = msgspec.json.Decoder(_Response)


def read(response: Response) -> Tables:
    entries = _decoder.decode(response.body).calls
    turns = _columns([turn for entry in entries for turn in entry.transcripts], ("role", "content"))
    turns["callId"] = [entry.call_id for entry in entries for _ in entry.transcripts]
    fields = [name for name in _Call.__struct_fields__ if name != "transcripts"]
    return Tables(pd.DataFrame(_columns(entries, fields)), pd.DataFrame(turns))


def _columns(rows: list[Any], names: Iterable[str]) -> dict[str, list[Any]]:
    return {name: list(map(attrgetter(name), rows)) for name in names}
