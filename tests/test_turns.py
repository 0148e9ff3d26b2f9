"""Which call a turn belongs to, and how often the user speaks in it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from call_frames import make_calls
from hypothesis import given
from hypothesis import strategies as st

from caldframe.errors import UnknownColumnError
from caldframe.turns import count_user_turns, place_turns

keys = st.tuples(st.sampled_from(["c1", "c2", None]), st.sampled_from(["k1", "k2", "k3", None]))


def table(rows: list[tuple[Any, ...]], *names: str) -> pd.DataFrame:
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return pd.DataFrame(
        {name: pd.Series(each, dtype="str") for name, each in zip(names, columns, strict=True)}
    )


@given(st.lists(keys, max_size=8), st.lists(keys, max_size=20))
def test_turns_are_placed_by_both_ids(
    calls: list[tuple[str | None, str | None]], turns: list[tuple[str | None, str | None]]
) -> None:
    names = ("campaign_id", "call_id")
    placed = place_turns(table(calls, *names), table(turns, *names))
    assert placed.count == len(set(calls))
    for number, key in zip(placed.of_turns, turns, strict=True):
        owners = {placed.of_calls[row] for row, call in enumerate(calls) if call == key}
        assert {number} == (owners if owners and key[1] is not None else {-1})


@given(
    st.lists(keys, max_size=8),
    st.lists(
        st.tuples(
            keys, st.sampled_from(["user", "assistant", None]), st.sampled_from(["Hi.", " ", "\u2003", None])
        ),
        max_size=20,
    ),
)
def test_user_turns_are_those_with_words(
    calls: list[tuple[str | None, str | None]], turns: list[tuple[Any, str | None, str | None]]
) -> None:
    transcripts = table(
        [(*key, role, said) for key, role, said in turns], "campaign_id", "call_id", "role", "content"
    )
    expected = [
        sum(key == call and role == "user" and bool(said and said.strip()) for key, role, said in turns)
        if call[1] is not None
        else 0
        for call in calls
    ]
    assert count_user_turns(table(calls, "campaign_id", "call_id"), transcripts).tolist() == expected


def test_missing_columns_are_named() -> None:
    with pytest.raises(UnknownColumnError, match="'call_id'"):
        place_turns(make_calls().drop(columns="call_id"), table([], "campaign_id", "call_id"))
    with pytest.raises(UnknownColumnError, match="'role'"):
        count_user_turns(make_calls(), table([], "campaign_id", "call_id", "content"))
