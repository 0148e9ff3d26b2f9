"""Tables of turns for the tests of metrics: made by hand, by chance, and read with nothing but Python."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import regex  # type: ignore[import-untyped]
from hypothesis import strategies as st

from caldframe.frames import to_pandas
from caldframe.schema import TRANSCRIPTS, arrow_schema

if TYPE_CHECKING:
    import pandas as pd

Conversation = list[tuple[str | None, str]]
"""What was said, turn by turn: who spoke, and the words."""

_BOUNDARY = regex.compile(r"(?w)\b", regex.V1)


def make_turns(*turns: tuple[Any, ...]) -> pd.DataFrame:
    """Give transcripts of rows of campaign, call, turn, role and content, with the dtypes of the schema."""
    names = ("campaign_id", "call_id", "turn", "role", "content")
    schema = arrow_schema(TRANSCRIPTS)
    rows = [dict(zip(names, turn, strict=True)) for turn in turns]
    return to_pandas(schema.empty_table().from_pylist(rows, schema=schema), TRANSCRIPTS)


def make_call(call_id: str, *contents: tuple[str, str], campaign_id: str = "c1") -> list[tuple[Any, ...]]:
    """Give the rows of one call, turns numbered from 0."""
    return [(campaign_id, call_id, turn, role, content) for turn, (role, content) in enumerate(contents)]


def words_of(text: str) -> list[str]:
    """Give the words of a text of letters and digits, by the word boundaries of regex."""
    return [part for part in _BOUNDARY.split(text) if regex.search(r"\w", part)]


def conversations_of(transcripts: pd.DataFrame) -> dict[tuple[Any, str], list[Conversation]]:
    """Give each call's conversations, by a plain loop: several where a turn is there several times."""
    calls: dict[tuple[Any, str], dict[int, list[tuple[int, str | None, str]]]] = {}
    seen: Counter[Any] = Counter()
    for row in transcripts.astype("object").where(transcripts.notna(), None).to_dict("records"):
        if row["call_id"] is None:
            continue
        key = row["campaign_id"], row["call_id"]
        call = calls.setdefault(key, {})
        if row["content"] is None or not row["content"].strip():
            continue
        number = seen[key, row["turn"]]
        seen[key, row["turn"]] += 1
        call.setdefault(number, []).append((row["turn"], row["role"], row["content"]))
    return {
        key: [
            [(role, content) for _, role, content in sorted(turns, key=lambda turn: turn[0])]
            for _, turns in sorted(call.items())
        ]
        for key, call in calls.items()
    }


campaigns = st.sampled_from(["c1", "c2", None])
ids = st.sampled_from(["k1", "k2", "k3", None])
roles = st.sampled_from(["user", "assistant", "user", "assistant", "robot", None])
contents = st.sampled_from(
    [
        "Hello.",
        "Who is this?",
        "I don't know?? Why?",
        "",
        " ",
        "\u00a0\n",
        None,
        "…",
        "One 2 3,000.5 four five.",
    ]
)
turn_rows = st.tuples(campaigns, ids, st.integers(0, 4), roles, contents)


@st.composite
def random_turns(draw: st.DrawFn) -> pd.DataFrame:
    """Draw up to 40 turns of a few calls, in order or not, some there twice, some without a call."""
    rows = draw(st.lists(turn_rows, max_size=40))
    if draw(st.booleans()):
        rows = sorted(rows, key=lambda row: (str(row[:2]), row[2]))
    return make_turns(*rows)
