"""How many turns calls last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from call_frames import make_calls
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint  # type: ignore[import-untyped]
from turn_frames import conversations_of, make_call, make_turns, random_turns

from caldframe.errors import ConfigurationError, UnknownColumnError
from caldframe.fetch import load_campaign
from caldframe.metrics.conversation import drop_off, talk_metrics

if TYPE_CHECKING:
    from pathlib import Path

DTYPES = {
    **dict.fromkeys(["turn", "calls", "at_risk"], "int64"),
    **dict.fromkeys(["share", "low", "high"], "float64"),
    "ended": "int64",
    **dict.fromkeys(["hazard", "hazard_low", "hazard_high"], "float64"),
    **dict.fromkeys(["last_user", "last_assistant"], "int64"),
}

call_rows = st.lists(
    st.tuples(
        st.sampled_from(["c1", "c2", None]),
        st.sampled_from(["k1", "k2", "k9", None]),
        st.sampled_from([True, True, False, None]),
        st.sampled_from(["pickedUp", "pickedUp", "voicemail", None]),
        st.sampled_from(["a", "b", None]),
    ),
    max_size=8,
)


def check(
    table: pd.DataFrame, groups: dict[Any, list[list[str | None]]], by: str | None, level: float
) -> None:
    """Hold a table against the speakers of each call, group by group, counted turn by turn."""
    names = [by] if by else []
    assert table.columns.tolist() == [*names, *DTYPES]
    assert table.dtypes[len(names) :].astype(str).to_dict() == DTYPES
    last = max([1, *(len(call) for calls in groups.values() for call in calls)])
    assert table["turn"].tolist() == list(range(1, last + 1)) * len(groups)
    rows = iter(table.to_dict("records"))
    for group, calls in groups.items():
        for turn in range(1, last + 1):
            row = next(rows)
            assert by is None or row[by] == group or (group is None and pd.isna(row[by]))
            reached = [call for call in calls if len(call) >= turn]
            ended = [call for call in reached if len(call) == turn]
            assert (row["calls"], row["at_risk"], row["ended"]) == (len(calls), len(reached), len(ended))
            assert row["last_user"] == sum(call[-1] == "user" for call in ended)
            assert row["last_assistant"] == sum(call[-1] == "assistant" for call in ended)
    for part, whole, rate, low, high in (
        ("at_risk", "calls", "share", "low", "high"),
        ("ended", "at_risk", "hazard", "hazard_low", "hazard_high"),
    ):
        some = table[table[whole] > 0]
        ends = proportion_confint(some[part], some[whole], alpha=1 - level, method="wilson")
        assert some[rate].to_numpy() == pytest.approx((some[part] / some[whole]).to_numpy())
        assert some[low].to_numpy() == pytest.approx(np.asarray(ends[0]), abs=1e-12)
        assert some[high].to_numpy() == pytest.approx(np.asarray(ends[1]), abs=1e-12)
        assert table.loc[table[whole] == 0, [rate, low, high]].isna().all(axis=None)


@given(random_turns(), call_rows, st.sampled_from([None, "agent_id"]), st.sampled_from([0.5, 0.95]))
def test_picked_up_calls_end_where_a_plain_loop_ends(
    transcripts: pd.DataFrame, rows: list[tuple[Any, ...]], by: str | None, confidence: float
) -> None:
    names = ("campaign_id", "call_id", "completed", "result", "agent_id")
    calls = make_calls(**dict(zip(names, zip(*rows, strict=True) if rows else [()] * 5, strict=True)))
    table = drop_off(transcripts, calls, by, confidence=confidence)
    said = conversations_of(transcripts)
    groups: dict[Any, list[list[str | None]]] = {}
    for campaign, call, completed, result, agent in sorted(
        rows, key=lambda row: (row[4] is None, row[4] or "")
    ):
        group = groups.setdefault(agent if by else None, [])
        if completed and result == "pickedUp":
            turns = said.get((campaign, call), [])
            group.append([role for conversation in turns for role, _ in conversation])
    check(table, groups if by or rows else {None: []}, by, confidence)


@given(random_turns(), st.sampled_from([None, "campaign_id"]))
def test_without_calls_every_call_of_the_transcripts_counts(
    transcripts: pd.DataFrame, by: str | None
) -> None:
    groups: dict[Any, list[list[str | None]]] = {}
    said = conversations_of(transcripts)
    for campaign, call in sorted(said, key=lambda key: (key[0] is None, key[0] or "")):
        speakers = [role for conversation in said[campaign, call] for role, _ in conversation]
        groups.setdefault(campaign if by else None, []).append(speakers)
    table = drop_off(transcripts, by=by)
    check(table, groups if by or groups else {None: []}, by, 0.95)
    assert table.attrs == {"confidence": 0.95}


def test_only_so_many_turns_are_shown() -> None:
    transcripts = make_turns(*make_call("k1", ("user", "a"), ("user", "b"), ("user", "c")))
    whole = drop_off(transcripts)
    assert whole["turn"].tolist() == [1, 2, 3]
    pd.testing.assert_frame_equal(drop_off(transcripts, max_turns=2), whole.head(2))
    pd.testing.assert_frame_equal(drop_off(transcripts, max_turns=9), whole)


def test_a_column_of_the_transcripts_is_that_of_the_first_row_of_a_call() -> None:
    transcripts = make_turns(*make_call("k1", ("user", "a"), ("user", "b")), *make_call("k2", ("user", "c")))
    table = drop_off(transcripts.assign(language=["en", "de", "de"]), by="language")
    assert table[["language", "turn", "at_risk"]].to_numpy().tolist() == [
        ["de", 1, 1],
        ["de", 2, 0],
        ["en", 1, 1],
        ["en", 2, 1],
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_turns": 0}, "whole number of 1"),
        ({"max_turns": 2.0}, "whole number of 1"),
        ({"max_turns": True}, "whole number of 1"),
        ({"confidence": 95}, r"0\.95 for 95%"),
        ({"by": "turn"}, "has a column of that name"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        drop_off(make_turns(), make_calls(), **arguments)


def test_missing_columns_are_named() -> None:
    with pytest.raises(UnknownColumnError, match="'result'"):
        drop_off(make_turns(), make_calls().drop(columns="result"))
    with pytest.raises(UnknownColumnError, match="'agent_id'"):
        drop_off(make_turns(), by="agent_id")


def test_the_real_campaign_drops_off_as_its_turns_say(real_campaign: Path) -> None:
    frames = load_campaign(real_campaign)
    table = drop_off(frames.transcripts, frames.calls)
    calls = frames.calls[frames.calls["completed"].eq(True) & frames.calls["result"].eq("pickedUp")]
    turns = talk_metrics(frames.transcripts, calls)["turns"]
    assert table["at_risk"].tolist() == [(turns >= turn).sum() for turn in table["turn"]]
    assert table["ended"].sum() == (turns > 0).sum()
