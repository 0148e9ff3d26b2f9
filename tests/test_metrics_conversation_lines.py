"""The lines that calls end after, and the openings, beside a direct transcription of what is counted."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from call_frames import make_calls
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint  # type: ignore[import-untyped]

import caldframe as cf
from caldframe.errors import ConfigurationError, UnknownColumnError
from caldframe.metrics.conversation import hang_up_lines, openings
from caldframe.sandbox import Sandbox

if TYPE_CHECKING:
    from pathlib import Path

HANG_UPS = {
    "line": "str",
    "variants": "int64",
    "turn": "int64",
    "goodbye": "bool",
    "calls": "int64",
    "hang_ups": "int64",
    "share_of_hang_ups": "float64",
    "share_low": "float64",
    "share_high": "float64",
    "said": "int64",
    "hazard": "float64",
    "hazard_low": "float64",
    "hazard_high": "float64",
    "elsewhere_said": "int64",
    "elsewhere": "float64",
    "elsewhere_low": "float64",
    "elsewhere_high": "float64",
    "difference": "float64",
    "low": "float64",
    "high": "float64",
}
OPENINGS = {"line": "str", "variants": "int64", "n": "int64", "total": "int64"} | dict.fromkeys(
    ("rate", "low", "high"), "float64"
)

# Lines that are similar to none of the others, so that the line itself is its group.
LINES = ["One moment.", "Do you own your home?", "Thank you, goodbye!", "What does it cost?", " ", None]

turns = st.lists(
    st.tuples(
        st.sampled_from(["user", "user", "assistant", "assistant", "robot", None]), st.sampled_from(LINES)
    ),
    max_size=9,
)
conversations = st.lists(
    st.tuples(
        st.sampled_from([True, True, False, None]), st.sampled_from(["pickedUp", "pickedUp", "ivr"]), turns
    ),
    max_size=12,
)


def frames_of(rows: list[tuple[Any, Any, list[tuple[Any, Any]]]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    ids = [f"k{number}" for number in range(len(rows))]
    calls = make_calls(
        campaign_id=["c1"] * len(rows),
        call_id=ids,
        completed=[row[0] for row in rows],
        result=[row[1] for row in rows],
    )
    said = [
        ("c1", call_id, turn, role, content)
        for call_id, row in zip(ids, rows, strict=True)
        for turn, (role, content) in enumerate(row[2])
    ]
    columns = zip(*said, strict=True) if said else [()] * 5
    names = ("campaign_id", "call_id", "turn", "role", "content")
    table = pd.DataFrame({name: list(each) for name, each in zip(names, columns, strict=True)})
    types = dict.fromkeys(names, "str") | {"turn": "int32"}
    return calls, table.astype(types)


def spoken(row: tuple[Any, Any, list[tuple[Any, Any]]]) -> list[tuple[Any, str]]:
    return [(role, said) for role, said in row[2] if said and said.strip()]


@given(conversations, st.integers(1, 4))
def test_hang_ups_are_counted_as_they_are_defined(
    rows: list[tuple[Any, Any, list[tuple[Any, Any]]]], engaged_turns: int
) -> None:
    calls, transcripts = frames_of(rows)
    table = hang_up_lines(transcripts, calls, engaged_turns=engaged_turns)
    said: Counter[tuple[str, int]] = Counter()
    ended: Counter[tuple[str, int]] = Counter()
    hang_ups = 0
    for row in rows:
        if row[:2] != (True, "pickedUp"):
            continue
        heard = spoken(row)
        early = sum(role == "user" for role, _ in heard) < engaged_turns
        hang_ups += early
        own = [position for position, (role, _) in enumerate(heard) if role == "assistant"]
        for place, position in enumerate(own):
            if sum(role == "user" for role, _ in heard[:position]) < engaged_turns:
                said[heard[position][1], place] += 1
                ended[heard[position][1], place] += early and position == own[-1]
    lines = {line for line, _ in said if sum(n for (its, _), n in ended.items() if its == line)}
    assert set(table["line"]) == lines
    assert table.dtypes.astype(str).to_dict() == HANG_UPS
    told: Any
    for told in table.to_dict("records"):
        line = told["line"]
        at = {place: count for (its, place), count in said.items() if its == line}
        assert told["said"] == sum(at.values())
        assert told["calls"] == sum(count for (its, _), count in ended.items() if its == line)
        assert told["hang_ups"] == hang_ups
        assert told["turn"] == min(at, key=lambda place: (-at[place], place))
        assert told["goodbye"] == ("goodbye" in line)
        assert told["hazard"] == pytest.approx(told["calls"] / told["said"])
        others = {
            place: (
                sum(count for (its, where), count in ended.items() if its != line and where == place),
                sum(count for (its, where), count in said.items() if its != line and where == place),
            )
            for place in at
        }
        compared = {place: counts for place, counts in others.items() if counts[1]}
        weights = {place: at[place] / sum(at[each] for each in compared) for place in compared}
        assert told["elsewhere_said"] == sum(n for _, n in compared.values())
        if not compared:
            assert math.isnan(told["elsewhere"])
            assert math.isnan(told["difference"])
            continue
        expected = sum(weights[place] * hits / n for place, (hits, n) in compared.items())
        size = 1 / sum(weights[place] ** 2 / n for place, (_, n) in compared.items())
        assert told["elsewhere"] == pytest.approx(expected)
        assert told["difference"] == pytest.approx(told["hazard"] - expected)
        for prefix, hits, n in (
            ("hazard_", told["calls"], told["said"]),
            ("share_", told["calls"], hang_ups),
            ("elsewhere_", expected * size, size),
        ):
            low, high = proportion_confint(hits, n, method="wilson")
            assert told[f"{prefix}low"] == pytest.approx(low, abs=1e-7)
            assert told[f"{prefix}high"] == pytest.approx(high, abs=1e-7)
        assert -1 <= told["low"] <= told["difference"] <= told["high"] <= 1
    order = table[["calls", "said", "line"]]
    pd.testing.assert_frame_equal(
        order, order.sort_values(["calls", "said", "line"], ascending=[False, True, True])
    )


@given(conversations, st.integers(1, 3))
def test_openings_are_counted_as_they_are_defined(
    rows: list[tuple[Any, Any, list[tuple[Any, Any]]]], engaged_turns: int
) -> None:
    calls, transcripts = frames_of(rows)
    calls["sale"] = pd.array([number % 2 == 0 or None for number in range(len(calls))], dtype="boolean")
    total: Counter[str] = Counter()
    engaged: Counter[str] = Counter()
    sold: Counter[str] = Counter()
    without = 0
    for number, row in enumerate(rows):
        if row[:2] != (True, "pickedUp"):
            continue
        heard = spoken(row)
        first = next((said for role, said in heard if role == "assistant"), None)
        if first is None:
            without += 1
            continue
        total[first] += 1
        engaged[first] += sum(role == "user" for role, _ in heard) >= engaged_turns
        sold[first] += number % 2 == 0
    for outcome, counts in (("engaged", engaged), ("sale", sold)):
        table = openings(transcripts, calls, outcome, engaged_turns=engaged_turns)
        assert table.dtypes.astype(str).to_dict() == OPENINGS
        assert dict(zip(table["line"], table["total"], strict=True)) == total
        assert dict(zip(table["line"], table["n"], strict=True)) == {line: counts[line] for line in total}
        assert table["line"].tolist() == sorted(total, key=lambda line: (-total[line], line))
        assert table.attrs["without_opening"] == without
        assert table.attrs["design"] == "observational"
        if not table.empty:
            low, high = proportion_confint(table["n"], table["total"], method="wilson")
            assert table["low"].tolist() == pytest.approx(low.tolist(), abs=1e-9)
            assert table["high"].tolist() == pytest.approx(high.tolist(), abs=1e-9)


def test_names_make_no_other_line_and_similarity_is_an_argument() -> None:
    said = ["Hi Ann, do you own a home?", "Hi Bob, do you own a home?", "Hi Eve, do you own a house?"]
    calls, transcripts = frames_of([(True, "pickedUp", [("assistant", line)]) for line in said])
    assert openings(transcripts, calls, similarity=1)["total"].tolist() == [2, 1]
    assert openings(transcripts, calls, similarity=0.8)["total"].tolist() == [3]
    table = hang_up_lines(transcripts, calls, similarity=0.8, confidence=0.9)
    assert table[["line", "variants", "said", "calls"]].to_numpy().tolist() == [[said[0], 3, 3, 3]]
    assert table["elsewhere"].isna().all()
    assert table.attrs == {"engaged_turns": 3, "similarity": 0.8, "confidence": 0.9}


def test_calls_that_share_their_ids_are_one_conversation_and_odd_rows_do_no_harm() -> None:
    calls, transcripts = frames_of([(True, "pickedUp", [("assistant", "Hello."), ("user", "No.")])])
    calls = pd.concat([calls, calls, calls.assign(call_id=None)])
    transcripts = pd.concat(
        [transcripts, transcripts.assign(call_id="nobody"), transcripts.assign(call_id=None)]
    )
    transcripts.index = pd.Index([5] * 6, name="call_id")
    before = transcripts.copy()
    assert hang_up_lines(transcripts, calls)[["calls", "said", "hang_ups"]].to_numpy().tolist() == [[1, 1, 3]]
    assert openings(transcripts, calls)["total"].tolist() == [1]
    pd.testing.assert_frame_equal(transcripts, before)
    others = transcripts.astype({"role": "category", "content": "object"})
    pd.testing.assert_frame_equal(openings(others, calls), openings(transcripts, calls))


def test_nothing_said_gives_the_same_columns() -> None:
    calls, transcripts = frames_of([])
    for table, dtypes in (
        (hang_up_lines(transcripts, calls), HANG_UPS),
        (openings(transcripts, calls), OPENINGS),
    ):
        assert table.empty
        assert table.dtypes.astype(str).to_dict() == dtypes


@pytest.mark.parametrize("measure", [hang_up_lines, openings])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"similarity": 0.5}, r"between 0\.7 and 1"),
        ({"confidence": 2}, r"0\.95 for 95%"),
        ({"engaged_turns": 0}, "whole number of 1"),
    ],
)
def test_wrong_arguments_are_refused(measure: Any, arguments: dict[str, Any], message: str) -> None:
    calls, transcripts = frames_of([])
    with pytest.raises(ConfigurationError, match=message):
        measure(transcripts, calls, **arguments)


def test_outcomes_that_say_nothing_are_refused() -> None:
    calls, transcripts = frames_of([(True, "pickedUp", [("assistant", "Hello.")])])
    with pytest.raises(ConfigurationError, match="true of all of them or of none"):
        openings(transcripts, calls, "pickedUp")
    with pytest.raises(ConfigurationError, match="neither a result nor a column"):
        openings(transcripts, calls, "sale")
    with pytest.raises(UnknownColumnError, match="'result'"):
        hang_up_lines(transcripts, calls.drop(columns="result"))


def test_the_agent_who_loses_more_people_is_found() -> None:
    # In the sandbox, one agent of the survey loses three times as many people by his opening as the other.
    with Sandbox(seed=2) as sandbox:
        frames = cf.fetch_campaigns(sandbox.campaign_ids, base_url=sandbox.url, api_key=sandbox.api_key)
    table = hang_up_lines(frames.transcripts, frames.calls)
    first = table[table["turn"].eq(0)]
    worst = first.iloc[int(first["calls"].argmax())]
    assert "Daniel" in worst["line"]
    assert worst["hazard"] > worst["elsewhere"]


def test_the_real_campaign(real_campaign: Path) -> None:
    frames = cf.load_campaign(real_campaign)
    table = hang_up_lines(frames.transcripts, frames.calls)
    picked_up = frames.calls["result"].eq("pickedUp") & frames.calls["completed"]
    users = frames.transcripts[frames.transcripts["role"].eq("user")].groupby("call_id").size()
    early = frames.calls["call_id"].map(users).fillna(0).lt(3) & picked_up
    assert table["hang_ups"].eq(early.sum()).all()
    assert table["calls"].sum() == (early & frames.calls["turns"].gt(0)).sum()
    first = openings(frames.transcripts, frames.calls)
    assert first["total"].sum() == (picked_up & frames.calls["turns"].gt(0)).sum()
    assert first.attrs["without_opening"] == (picked_up & frames.calls["turns"].eq(0)).sum()


@pytest.mark.parametrize("held", [pa.Table.from_pandas, pl.from_pandas], ids=["arrow", "polars"])
def test_rows_of_other_engines_in_this_process_are_as_good(held: Any) -> None:
    calls, transcripts = frames_of([(True, "pickedUp", [("assistant", "Hello."), ("user", "No.")])])
    calls["sale"] = True
    for measure in (hang_up_lines, openings):
        pd.testing.assert_frame_equal(measure(held(transcripts), held(calls)), measure(transcripts, calls))
    assert openings(held(transcripts), held(calls), "sale")["n"].tolist() == [1]
    with pytest.raises(ConfigurationError, match="are a pandas DataFrame and a Polars LazyFrame"):
        hang_up_lines(transcripts, pl.from_pandas(calls).lazy())
