"""How much each side says."""

from __future__ import annotations

from itertools import chain, groupby
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from call_frames import make_calls
from hypothesis import given
from hypothesis import strategies as st
from turn_frames import conversations_of, make_call, make_turns, random_turns, words_of

from caldframe.errors import ConfigurationError, UnknownColumnError
from caldframe.fetch import load_campaign
from caldframe.metrics.conversation import talk_metrics
from caldframe.metrics.outcomes import funnel

if TYPE_CHECKING:
    from pathlib import Path

    from turn_frames import Conversation

COUNTS = [
    *("turns", "user_turns", "assistant_turns", "words", "user_words", "assistant_words"),
    *("questions_user", "questions_assistant", "longest_turn_words", "longest_monologue_words", "switches"),
]
DTYPES = {
    "campaign_id": "str",
    "call_id": "str",
    **dict.fromkeys(COUNTS[:6], "int64"),
    "word_share": "float64",
    **dict.fromkeys(COUNTS[6:9], "int64"),
    "longest_turn_role": "str",
    **dict.fromkeys(COUNTS[9:], "int64"),
}
PER_MINUTE = {"words_per_minute": "float64", "switches_per_minute": "float64"}


def counted(conversations: list[Conversation]) -> dict[str, Any]:
    """Count one call by a plain loop over its turns."""
    turns = [turn for conversation in conversations for turn in conversation]
    words = [len(words_of(content)) for _, content in turns]
    result: dict[str, Any] = {"turns": len(turns), "words": sum(words)}
    for role in ("user", "assistant"):
        own = [place for place, (speaker, _) in enumerate(turns) if speaker == role]
        result[f"{role}_turns"] = len(own)
        result[f"{role}_words"] = sum(words[place] for place in own)
        result[f"questions_{role}"] = sum(turns[place][1].replace("??", "?").count("?") for place in own)
    longest = max(words, default=0)
    result["longest_turn_words"] = longest
    result["longest_turn_role"] = turns[words.index(longest)][0] if longest else None
    monologues = [
        [
            sum(len(words_of(content)) for _, content in run)
            for _, run in groupby(conversation, lambda t: t[0])
        ]
        for conversation in conversations
    ]
    result["longest_monologue_words"] = max(chain.from_iterable(monologues), default=0)
    result["switches"] = sum(len(runs) - 1 for runs in monologues if runs)
    result["word_share"] = result["assistant_words"] / sum(words) if sum(words) else None
    return result


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows = table.astype("object").where(table.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


@given(random_turns())
def test_numbers_are_those_of_a_plain_loop(transcripts: pd.DataFrame) -> None:
    before = transcripts.copy()
    table = talk_metrics(transcripts)
    assert table.dtypes.astype(str).to_dict() == DTYPES
    expected = [
        {"campaign_id": campaign, "call_id": call, **counted(conversations)}
        for (campaign, call), conversations in conversations_of(transcripts).items()
    ]
    assert rows_of(table) == [{name: row[name] for name in DTYPES} for row in expected]
    assert table.attrs == {"left_out": int(transcripts["call_id"].isna().sum())}
    pd.testing.assert_frame_equal(transcripts, before)


@given(
    random_turns(),
    st.lists(
        st.tuples(
            st.sampled_from(["c1", "c2", None]),
            st.sampled_from(["k1", "k2", "k9", None]),
            st.sampled_from([60.0, 7.5, 0.0, -1.0, None]),
        ),
        max_size=6,
    ),
)
def test_with_calls_there_is_a_row_for_each_of_them(
    transcripts: pd.DataFrame, rows: list[tuple[Any, ...]]
) -> None:
    columns = zip(*rows, strict=True) if rows else [()] * 3
    calls = make_calls(**dict(zip(("campaign_id", "call_id", "call_length"), columns, strict=True)))
    calls.index = pd.Index([5] * len(calls), name="call_id")
    table = talk_metrics(transcripts, calls)
    assert table.dtypes.astype(str).to_dict() == DTYPES | PER_MINUTE
    assert table.index.equals(calls.index)
    said = conversations_of(transcripts)
    for row, (campaign, call, length) in zip(rows_of(table), rows, strict=True):
        expected = counted(said.get((campaign, call), []))
        assert (row["campaign_id"], row["call_id"]) == (campaign, call)
        assert {name: row[name] for name in expected} == expected
        for name in ("words", "switches"):
            per_minute = expected[name] / (length / 60) if length and length > 0 else None
            assert row[f"{name}_per_minute"] == pytest.approx(per_minute)
    known = {(campaign, call) for campaign, call, _ in rows if call is not None}
    turns = rows_of(transcripts)
    assert table.attrs == {
        "left_out": sum((turn["campaign_id"], turn["call_id"]) not in known for turn in turns)
    }


def test_a_turn_that_says_nothing_breaks_no_monologue() -> None:
    transcripts = make_turns(
        *make_call("k1", ("assistant", "One two."), ("user", "  "), ("assistant", "Three."), ("user", "Four"))
    )
    (row,) = rows_of(talk_metrics(transcripts))
    assert (row["turns"], row["user_turns"], row["switches"]) == (3, 1, 1)
    assert (row["longest_turn_words"], row["longest_monologue_words"]) == (2, 3)


def test_of_several_turns_as_long_the_first_is_the_longest() -> None:
    transcripts = make_turns(
        *make_call("k1", ("user", "One."), ("assistant", "Two three"), ("user", "Four five"))
    )
    assert talk_metrics(transcripts)["longest_turn_role"].tolist() == ["assistant"]
    assert talk_metrics(transcripts[::-1])["longest_turn_role"].tolist() == ["assistant"]


def test_two_conversations_under_one_id_are_not_shuffled_together() -> None:
    call = make_call("k1", ("assistant", "One two"), ("user", "Three"))
    table = talk_metrics(make_turns(*call, *make_call("k2", ("user", "Hi")), *call))
    assert table["call_id"].tolist() == ["k1", "k2"]
    assert table["turns"].tolist() == [4, 1]
    assert table["switches"].tolist() == [2, 0]
    assert table["longest_monologue_words"].tolist() == [2, 1]


def test_turns_whose_place_is_unknown_come_last_in_the_order_of_their_rows() -> None:
    transcripts = make_turns(
        *make_call("k1", ("user", "a"), ("user", "b"), ("assistant", "c"), ("user", "d"))
    )
    transcripts["turn"] = pd.array([None, None, 1, 0], dtype="Int64")
    assert talk_metrics(transcripts)["switches"].tolist() == [2]


def test_other_dtypes_count_the_same() -> None:
    transcripts = make_turns(*make_call("k1", ("assistant", "Hello you"), ("user", "Größe?")))
    others = transcripts.astype(
        {"role": "category", "content": "object", "call_id": "category", "turn": "float64"}
    )
    pd.testing.assert_frame_equal(talk_metrics(others), talk_metrics(transcripts))


def test_missing_columns_and_wrong_values_are_named() -> None:
    transcripts = make_turns(*make_call("k1", ("user", "Hi")))
    with pytest.raises(UnknownColumnError, match="'content'"):
        talk_metrics(transcripts.drop(columns="content"))
    with pytest.raises(UnknownColumnError, match="'call_length'"):
        talk_metrics(transcripts, make_calls().drop(columns="call_length"))
    with pytest.raises(ConfigurationError, match="'turn' should hold numbers"):
        talk_metrics(transcripts.assign(turn="first"))
    with pytest.raises(ConfigurationError, match="not a list"):
        talk_metrics([])


def test_the_real_campaign_agrees_with_its_funnel(real_campaign: Path) -> None:
    frames = load_campaign(real_campaign)
    table = talk_metrics(frames.transcripts, frames.calls)
    assert len(table) == len(frames.calls)
    assert table["turns"].sum() == 51806
    assert table.attrs == {"left_out": 0}
    picked_up = (
        frames.calls["completed"].eq(True).to_numpy() & frames.calls["result"].eq("pickedUp").to_numpy()
    )
    spoke, engaged = funnel(frames.calls, frames.transcripts)["n"].tolist()[-2:]
    assert np.count_nonzero(picked_up & (table["user_turns"] >= 1)) == spoke
    assert np.count_nonzero(picked_up & (table["user_turns"] >= 3)) == engaged
    sample = frames.transcripts.iloc[::97]
    words = sum(len(words_of(content)) for content in sample["content"])
    assert talk_metrics(sample)["words"].sum() == words
