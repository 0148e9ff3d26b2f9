"""The funnel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from call_frames import make_calls
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint  # type: ignore[import-untyped]

from caldframe.errors import ConfigurationError, UnknownColumnError
from caldframe.fetch import load_campaign
from caldframe.metrics.outcomes import funnel
from caldframe.schema import RESULTS

if TYPE_CHECKING:
    from pathlib import Path

STAGES = ["placed", "completed", "answered", "picked_up", "spoke", "engaged"]
DTYPES = {"stage": "str", "n": "int64"} | {
    column: "int64" if column == name else "float64"
    for name in ("previous", "placed")
    for column in (name, f"of_{name}", f"of_{name}_low", f"of_{name}_high")
}


def make_transcripts(*turns: tuple[Any, ...]) -> pd.DataFrame:
    columns = zip(*turns, strict=True) if turns else [()] * 4
    names = ("campaign_id", "call_id", "role", "content")
    return pd.DataFrame(
        {name: pd.Series(values, dtype="str") for name, values in zip(names, columns, strict=True)}
    )


ids = st.sampled_from(["k1", "k2", "k3", None])
campaigns = st.sampled_from(["c1", "c2", None])


@given(
    st.lists(
        st.tuples(
            campaigns,
            ids,
            st.sampled_from([True, True, False, None]),
            st.sampled_from([*RESULTS, "pickedUp", "pickedUp", "busy", None]),
            st.sampled_from(["a", "b", None]),
        ),
        max_size=20,
    ),
    st.lists(
        st.tuples(
            campaigns,
            ids,
            st.sampled_from(["user", "user", "assistant", "robot", None]),
            st.sampled_from(["Hi.", "Hi.", " ", "\u00a0\n", "", None]),
        ),
        max_size=40,
    ),
    st.sampled_from([None, "agent_id", ["agent_id", "campaign_id"]]),
    st.integers(1, 4),
    st.sampled_from([0.5, 0.95]),
)
def test_funnels_are_those_of_duckdb_and_statsmodels(
    rows: list[tuple[Any, ...]],
    turns: list[tuple[Any, ...]],
    by: Any,
    engaged_turns: int,
    confidence: float,
) -> None:
    names = ("campaign_id", "call_id", "completed", "result", "agent_id")
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    calls = make_calls(**dict(zip(names, columns, strict=True)))
    transcripts = make_transcripts(*turns)
    table = funnel(calls, transcripts, by, engaged_turns=engaged_turns, confidence=confidence)
    columns_by: list[str] = [by] if isinstance(by, str) else by or []
    assert table.columns.tolist() == [*columns_by, *DTYPES]
    assert table.dtypes[len(columns_by) :].astype(str).to_dict() == DTYPES
    keys = ", ".join(columns_by) or "everything"
    with duckdb.connect() as database:
        database.register("calls", calls)
        database.register("transcripts", transcripts)
        expected = database.execute(
            f"""
            WITH said AS (
                SELECT campaign_id, call_id, count(*) AS turns FROM transcripts
                WHERE role = 'user' AND regexp_matches(content, '[^\\s\u00a0]') AND call_id IS NOT NULL
                GROUP BY ALL
            ), known AS (
                SELECT calls.*, 0 AS everything, coalesce(said.turns, 0) AS said FROM calls LEFT JOIN said
                ON calls.call_id = said.call_id AND calls.campaign_id IS NOT DISTINCT FROM said.campaign_id
            )
            SELECT
                count(*),
                count(*) FILTER (completed),
                count(*) FILTER (completed AND result IN ('pickedUp', 'ivr', 'voicemail')),
                count(*) FILTER (completed AND result = 'pickedUp'),
                count(*) FILTER (completed AND result = 'pickedUp' AND said > 0),
                count(*) FILTER (completed AND result = 'pickedUp' AND said >= {engaged_turns})
            FROM known GROUP BY {keys} ORDER BY {", ".join(f"{key} NULLS LAST" for key in keys.split(", "))}
            """  # noqa: S608
        ).fetchall()
    if not rows and not columns_by:
        expected = [(0,) * len(STAGES)]
    assert table["stage"].tolist() == STAGES * len(expected)
    assert table["n"].to_numpy().reshape(-1, len(STAGES)).tolist() == [list(row) for row in expected]
    counts = table["n"].to_numpy().reshape(-1, len(STAGES))
    assert table["placed"].tolist() == np.repeat(counts[:, 0], len(STAGES)).tolist()
    assert table["previous"].tolist() == np.c_[np.zeros(len(counts)), counts[:, :-1]].ravel().tolist()
    for name in ("previous", "placed"):
        some = table[table[name] > 0]
        low, high = proportion_confint(some["n"], some[name], alpha=1 - confidence, method="wilson")
        assert some[f"of_{name}"].to_numpy() == pytest.approx((some["n"] / some[name]).to_numpy())
        assert some[f"of_{name}_low"].to_numpy() == pytest.approx(np.asarray(low), abs=1e-12)
        assert some[f"of_{name}_high"].to_numpy() == pytest.approx(np.asarray(high), abs=1e-12)
        none = table[table[name] == 0]
        assert none[[f"of_{name}", f"of_{name}_low", f"of_{name}_high"]].isna().all(axis=None)


def test_without_transcripts_the_stages_about_words_are_not_guessed() -> None:
    calls = make_calls(completed=[True, True], result=["pickedUp", "ivr"], agent_id=["a", "b"])
    table = funnel(calls, by="agent_id")
    assert table["stage"].tolist() == STAGES[:4] * 2
    assert table["n"].tolist() == [1, 1, 1, 1, 1, 1, 1, 0]
    assert table.dtypes[1:].astype(str).to_dict() == DTYPES


def test_no_calls_give_the_same_columns() -> None:
    whole, grouped = (funnel(make_calls(), make_transcripts(), by) for by in (None, "agent_id"))
    assert whole["stage"].tolist() == STAGES
    assert whole["n"].tolist() == [0] * 6
    assert whole.dtypes.astype(str).to_dict() == DTYPES
    assert grouped.empty
    assert grouped.dtypes.astype(str).to_dict() == {"agent_id": "str"} | DTYPES


def test_other_dtypes_and_any_index_count_the_same_and_nothing_is_changed() -> None:
    calls = make_calls(
        campaign_id=["c1"] * 3, call_id=["k1", "k2", None], completed=[True] * 3, result=["pickedUp"] * 3
    )
    transcripts = make_transcripts(("c1", "k1", "user", "Yes?"), ("c1", "k2", "user", " "))
    expected = funnel(calls, transcripts)
    assert expected["n"].tolist() == [3, 3, 3, 3, 1, 0]
    others = calls.astype({"completed": "object", "result": "category", "call_id": "object"})
    others.index = pd.Index([7, 7, 7], name="call_id")
    said = transcripts.astype({"role": "category", "content": "object", "campaign_id": "category"})
    said.index = pd.Index(["x", "x"])
    before = others.copy(), said.copy()
    pd.testing.assert_frame_equal(funnel(others, said), expected)
    pd.testing.assert_frame_equal(others, before[0])
    pd.testing.assert_frame_equal(said, before[1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"engaged_turns": 0}, "whole number of 1"),
        ({"engaged_turns": 2.5}, "whole number of 1"),
        ({"engaged_turns": True}, "whole number of 1"),
        ({"confidence": 2}, r"0\.95 for 95%"),
        ({"by": "placed"}, "has a column of that name"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        funnel(make_calls(), **arguments)


def test_missing_columns_are_named() -> None:
    with pytest.raises(UnknownColumnError, match="'content'"):
        funnel(make_calls(), make_transcripts().drop(columns="content"))
    with pytest.raises(UnknownColumnError, match="'completed'"):
        funnel(make_calls().drop(columns="completed"))


def test_the_real_campaign_narrows_as_it_did(real_campaign: Path) -> None:
    frames = load_campaign(real_campaign)
    table = funnel(frames.calls, frames.transcripts)
    spoken = frames.transcripts[frames.transcripts["role"].eq("user")].groupby("call_id").size()
    turns = frames.calls["call_id"].map(spoken).fillna(0)[frames.calls["result"].eq("pickedUp")]
    assert table["n"].tolist() == [8564, 8515, 5196, 2966, (turns > 0).sum(), (turns >= 3).sum()]
    assert table.attrs == {"engaged_turns": 3, "confidence": 0.95}
