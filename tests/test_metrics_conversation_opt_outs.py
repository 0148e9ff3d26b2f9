"""Who asked not to be called again, on the labelled sample, in the sandbox and in calls made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from call_frames import make_calls

import caldframe as cf
from caldframe.errors import ConfigurationError, UnknownColumnError
from caldframe.metrics.conversation import opt_out_numbers, opt_out_patterns, opt_outs
from caldframe.sandbox import Sandbox

SAMPLE = pd.read_csv(Path(__file__).parents[1] / "data" / "opt-out-turns.csv", dtype="str")

DTYPES = {
    "campaign_id": "str",
    "call_id": "str",
    "turn": "int64",
    "language": "str",
    "pattern": "str",
    "phrase": "str",
    "content": "str",
}


def make_transcripts(*turns: tuple[Any, ...]) -> pd.DataFrame:
    names = ("call_id", "turn", "role", "content")
    columns = zip(*turns, strict=True) if turns else [()] * 4
    table = pd.DataFrame({name: list(each) for name, each in zip(names, columns, strict=True)})
    types = {"call_id": "str", "turn": "int32", "role": "str", "content": "str"}
    return table.astype(types).assign(campaign_id=pd.Series("c1", index=table.index, dtype="str"))


def said(*contents: str | None) -> pd.DataFrame:
    return make_transcripts(*((f"k{row}", 0, "user", content) for row, content in enumerate(contents)))


def test_the_sample_is_what_the_page_says_it_is() -> None:
    assert len(SAMPLE) >= 240
    assert SAMPLE["turn"].is_unique
    counts = SAMPLE.groupby(["language", "part", "asks"]).size()
    assert set(SAMPLE["language"]) == {"en", "es", "fr", "de"}
    assert counts.min() >= 15


@pytest.mark.parametrize("language", ["en", "es", "fr", "de"])
@pytest.mark.parametrize("part", ["seen", "held_out"])
def test_precision_and_recall_on_the_sample(part: str, language: str) -> None:
    sample = SAMPLE[SAMPLE["part"].eq(part) & SAMPLE["language"].eq(language)].reset_index(drop=True)
    found = sample.index.isin(opt_outs(said(*sample["turn"]))["call_id"].str[1:].astype("int64"))
    asks = sample["asks"].eq("yes")
    precision, recall = asks[found].mean(), found[asks].mean()
    least = 1 if part == "seen" else 0.93
    assert precision >= least, sample["turn"][found & ~asks].tolist()
    assert recall >= least, sample["turn"][~found & asks].tolist()


def test_one_row_a_turn_of_a_user_that_asks_in_their_order() -> None:
    transcripts = make_transcripts(
        ("k2", 1, "user", "Take me off your list, and stop calling me."),
        ("k1", 0, "assistant", "You can say stop calling me at any time."),
        ("k1", 3, "user", "Stop\u00a0CALLING   me!"),
        ("k1", 1, "user", None),
        (None, 0, "user", "Arrêtez de m’appeler."),
        ("k3", 0, None, "Stop calling me."),
    )
    transcripts.index = pd.Index([9] * 6, name="call_id")
    before = transcripts.copy()
    table = opt_outs(transcripts)
    assert table.dtypes.astype(str).to_dict() == DTYPES
    assert table.index.tolist() == [0, 1, 2]
    assert table["call_id"].fillna("null").tolist() == ["k2", "k1", "null"]
    assert table["turn"].tolist() == [1, 3, 0]
    assert table["language"].tolist() == ["en", "en", "fr"]
    assert table["pattern"].tolist() == ["stop_calling", "stop_calling", "arreter_d_appeler"]
    assert table["phrase"].tolist() == ["stop calling me", "stop calling me", "arretez de m'appeler"]
    assert table["content"].iloc[1] == "Stop\u00a0CALLING   me!"
    pd.testing.assert_frame_equal(transcripts, before)
    other = transcripts.astype({"content": "category", "role": "object", "turn": "Int64"})
    pd.testing.assert_frame_equal(opt_outs(other), table)


def test_nobody_asks() -> None:
    for transcripts in (make_transcripts(), said("Yes.", None)):
        table = opt_outs(transcripts)
        assert table.empty
        assert table.dtypes.astype(str).to_dict() == DTYPES


def test_what_the_sandbox_says_is_found_and_nothing_else() -> None:
    with Sandbox(seed=3) as sandbox:
        frames = cf.fetch_campaigns(sandbox.campaign_ids, base_url=sandbox.url, api_key=sandbox.api_key)
    found = opt_outs(frames.transcripts)
    assert len(found) > 10
    told = "removed|do not call|hear from us again|off our list|off the list|see to it that we don't"
    replies = frames.transcripts.assign(turn=frames.transcripts["turn"] - 1)
    answers = found.merge(replies, on=["campaign_id", "call_id", "turn"], suffixes=("", "_answer"))
    assert answers["content_answer"].str.contains(told, case=False).all()


def test_patterns_are_the_callers_to_change() -> None:
    patterns = opt_out_patterns()
    transcripts = said("Stop calling me.", "Non chiamatemi più.", "Geben Sie Ruhe!")
    assert opt_outs(transcripts, patterns=patterns[patterns["language"].eq("fr")]).empty
    mine = pd.DataFrame(
        {
            "language": ["it", "de"],
            "name": ["basta", "ruhe"],
            "kind": "request",
            "pattern": ["non chiamatemi più", "gib|geben sie ruhe"],
        }
    )
    more = opt_outs(transcripts, patterns=pd.concat([patterns, mine]))
    assert more["pattern"].tolist() == ["stop_calling", "basta", "ruhe"]
    with pytest.raises(ConfigurationError, match="'ask'"):
        opt_outs(transcripts, patterns=mine.assign(kind="ask"))
    with pytest.raises(ConfigurationError, match="'ruhe' is no regular expression"):
        opt_outs(transcripts, patterns=mine.assign(pattern=["a", "("]))


def test_numbers_are_listed_once_the_last_to_ask_first() -> None:
    calls = make_calls(
        campaign_id=["c1"] * 6,
        call_id=["k1", "k2", "k3", "k4", "k5", "k6"],
        prospect_number=["+1", "+1", "+1", "+2", "+3", None],
        created_at=[pd.Timestamp(f"2026-03-0{day}", tz="UTC") for day in (1, 3, 4, 5)] + [None, None],
    )
    transcripts = make_transcripts(
        ("k2", 4, "user", "I said stop calling me!"),
        ("k2", 1, "user", "Lose my number."),
        ("k1", 1, "user", "Don't call me again."),
        ("k4", 0, "user", "Unsubscribe."),
        ("k5", 0, "user", "No me llame más."),
        ("k6", 0, "user", "Stop calling me."),
        ("k9", 0, "user", "Stop calling me."),
    )
    table = opt_out_numbers(calls, transcripts)
    assert table["prospect_number"].tolist() == ["+2", "+1", "+3"]
    assert table["asked"].tolist() == [1, 2, 1]
    assert table["call_id"].tolist() == ["k4", "k2", "k5"]
    assert table["turn"].tolist() == [0, 1, 0]
    assert table["phrase"].tolist() == ["unsubscribe", "lose my number", "no me llame mas"]
    assert table["called_since"].tolist() == [0, 1, 0]
    assert table["last_asked_at"].isna().tolist() == [False, False, True]
    names = ["prospect_number", "asked", "last_asked_at", *DTYPES, "called_since"]
    types = ["str", "int64", "datetime64[us, UTC]", *DTYPES.values(), "int64"]
    assert table.dtypes.astype(str).to_dict() == dict(zip(names, types, strict=True))
    empty = opt_out_numbers(make_calls(), make_transcripts())
    assert empty.empty
    assert empty.dtypes.astype(str).to_dict() == table.dtypes.astype(str).to_dict()


def test_missing_columns_are_named() -> None:
    with pytest.raises(UnknownColumnError, match="'turn'"):
        opt_outs(make_transcripts().drop(columns="turn"))
    with pytest.raises(UnknownColumnError, match="'prospect_number'"):
        opt_out_numbers(make_calls().drop(columns="prospect_number"), make_transcripts())


def test_the_real_campaign_has_nobody_who_asks(real_campaign: Path) -> None:
    # Dialogues of people who called themselves: whatever is found there is wrong.
    assert opt_outs(cf.load_campaign(real_campaign).transcripts).empty


@pytest.mark.parametrize("held", [pa.Table.from_pandas, pl.from_pandas], ids=["arrow", "polars"])
def test_rows_of_other_engines_in_this_process_are_as_good(held: Any) -> None:
    calls = make_calls(campaign_id=["c1"], call_id=["k0"], prospect_number=["+1"])
    transcripts = said("Stop calling me.")
    pd.testing.assert_frame_equal(opt_outs(held(transcripts)), opt_outs(transcripts))
    numbers = opt_out_numbers(held(calls), held(transcripts))
    pd.testing.assert_frame_equal(numbers, opt_out_numbers(calls, transcripts))
    pd.testing.assert_frame_equal(opt_outs(pl.from_pandas(transcripts).lazy()), opt_outs(transcripts))
