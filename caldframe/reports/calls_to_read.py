"""A few calls to read: chosen by how long they are and not by how they look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.display import DASH, Chat, counted, escape_text, escaped_lines
from caldframe.engine import as_text
from caldframe.privacy import redact
from caldframe.reports.parts import Call, Turn
from caldframe.reports.words import moment, seconds

if TYPE_CHECKING:
    from caldframe.reports.material import Material

__all__ = ["choose_calls"]

_PLACES: Final = {"A short call": 0.1, "A call of middling length": 0.5, "A long call": 0.9}
_MOST_TURNS: Final = 18
_CALL: Final = ["campaign_id", "call_id"]


def choose_calls(material: Material) -> list[Call]:
    """Choose picked-up calls by how many turns they have: a tenth of the way up, in the middle, and at nine.

    Parameters
    ----------
    material : Material
        What the report is made of.

    Returns
    -------
    list of Call
        Three calls, or fewer where there are fewer. What was said is redacted, unless that was switched off.
    """
    calls = material.calls
    candidates = calls[material.picked_up & calls["turns"].gt(0)]
    candidates = candidates.dropna(subset=_CALL).drop_duplicates(_CALL, keep=False)
    ranked = candidates.sort_values("turns", kind="stable")
    places = np.rint(np.array(list(_PLACES.values())) * (len(ranked) - 1)).astype(int)
    titles = dict(zip(places.tolist(), _PLACES, strict=True)) if len(ranked) else {}
    rows = ranked.iloc[list(titles)].to_dict("records")
    return [_call(title, row, material) for title, row in zip(titles.values(), rows, strict=True)]


def _call(title: str, row: dict[Any, Any], material: Material) -> Call:
    said = material.frames.transcripts
    said = said[said["call_id"].eq(row["call_id"]) & said["campaign_id"].eq(row["campaign_id"])]
    said = said.sort_values("turn", kind="stable")
    if material.redact:
        said = redact(said, names=material.names)
    roles, contents = (as_text(said[column]).fillna(DASH).tolist() for column in ("role", "content"))
    chat = Chat([], list(zip(roles, contents, strict=True)))
    beginning, left_out, end = chat.beginning_and_end(_MOST_TURNS)
    length = seconds(float(row["call_length"]))
    placed = row["created_at"]
    if pd.notna(placed):
        placed = f"{moment(placed.tz_convert(material.zone), clock=True)} ({material.zone})"
    facts = [counted(len(said), "turn"), length, placed, f"call {escape_text(row['call_id'])}"]
    return Call(
        title,
        [fact for fact in facts if isinstance(fact, str) and fact != DASH],
        [_turn(*turn) for turn in beginning],
        left_out,
        [_turn(*turn) for turn in end],
    )


def _turn(role: str | None, content: str | None) -> Turn:
    return Turn(escape_text(role or DASH), escaped_lines(content or DASH))
