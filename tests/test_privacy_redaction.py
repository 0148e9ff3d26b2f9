"""Redaction: what is found and what is left, on the labelled sample, on odd texts, and on very long ones."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import Leniency, PhoneNumberMatcher
from random_tables import frames_of, random_frames, with_calls
from redaction_sample import Turn, read_sample, read_turn, scores

import caldframe as cf
from caldframe.errors import ConfigurationError, UnknownColumnError
from caldframe.privacy import redact, redact_frames
from caldframe.privacy.digits import spoken_digits
from caldframe.privacy.redactor import CANDIDATES, KINDS, Redactor
from caldframe.schema import TABLES

SAMPLE = read_sample()


def redactor(region: str | None = "US", **wanted: Any) -> Redactor:
    return Redactor(**({"region": region, "names": (), "patterns": None} | wanted))


def redacted(*contents: Any, **arguments: Any) -> list[Any]:
    table = redact(pd.DataFrame({"content": pd.Series(contents, dtype="str")}), **arguments)
    return table["content"].astype("object").where(table["content"].notna(), None).tolist()


def test_the_sample_is_large_and_has_hard_negatives() -> None:
    assert len(SAMPLE) >= 200
    assert len({turn.content for turn in SAMPLE}) == len(SAMPLE)
    assert sum(not turn.labels for turn in SAMPLE) >= 80
    assert {label.kind for turn in SAMPLE for label in turn.labels} == set(KINDS) - {"name"}


@pytest.mark.parametrize(
    ("kind", "recall", "precision"),
    [
        ("phone number", 0.95, 0.95),
        ("e-mail address", 0.95, 0.95),
        ("card number", 0.95, 0.95),
        ("IBAN", 0.95, 0.95),
        ("social security number", 0.95, 0.95),
    ],
)
def test_recall_and_precision_on_the_sample(kind: str, recall: float, precision: float) -> None:
    score = scores(SAMPLE, redactor().find)[kind]
    assert score.recall >= recall, score
    assert score.precision >= precision, score


def test_the_page_says_what_is_measured() -> None:
    page = (Path(__file__).parents[1] / "docs" / "privacy.md").read_text(encoding="utf-8")
    for kind, score in scores(SAMPLE, redactor().find).items():
        recall = f"{score.labelled} | {score.hidden} | {score.recall:.2f}"
        precision = f"{score.found} | {score.right} | {score.precision:.2f}"
        assert f"| {kind} | {recall} | {precision} |" in page
    empty = sum(not turn.labels for turn in SAMPLE)
    assert f"{len(SAMPLE)} turns written for this purpose" in page
    assert f"{empty} of them with nothing to hide" in page


def test_a_missed_label_and_a_wrong_find_cost_recall_and_precision() -> None:
    turns = [read_turn("<<phone number|415-555-0123>> or <<phone number|1>>"), Turn("415-555-0124", [])]
    score = scores(turns, redactor().find)["phone number"]
    assert (score.labelled, score.hidden, score.found, score.right) == (2, 1, 2, 1)
    assert (score.recall, score.precision) == (0.5, 0.5)


def test_the_filter_of_arrow_passes_every_turn_in_which_something_is_found() -> None:
    find = redactor().find
    texts = [turn.content for turn in SAMPLE]
    matches = [pc.match_substring_regex(pa.array(texts), pattern).to_pylist() for pattern in CANDIDATES]
    passed = [any(each) for each in zip(*matches, strict=True)]
    assert [text for text, passes in zip(texts, passed, strict=True) if not passes and find(text)] == []


pieces = st.sampled_from(
    [
        *(
            "4",
            "15",
            "415",
            "5550123",
            "four",
            "oh",
            "double five",
            "forty",
            "hundred",
            "one",
            "+",
            "plus",
            "00",
        ),
        *(
            " ",
            " ",
            " ",
            ", ",
            "-",
            ".",
            " um ",
            "(",
            ")",
            ":",
            "\n",
            "\x00",
            "[",
            "]",
            "at",
            "dot",
            "@",
            "com",
        ),
        *(
            "gmail",
            "DE",
            "89",
            "G",
            "B",
            "my",
            "number",
            "is",
            "card",
            "social",
            "order",
            "a",
            "é",
            "٣",
            "電話",
        ),
        *("[phone number]", "[name]", "Ann", "$", "4242 4242 4242 4242", "ann@example.com", "2026-11-24"),
    ]
)
speech = st.lists(pieces, max_size=30).map("".join) | st.lists(pieces, max_size=20).map(" ".join)


@given(speech | st.text(max_size=40), st.sampled_from([None, "US", "GB", "DE"]))
def test_redacting_twice_is_the_same_as_once(text: str, region: str | None) -> None:
    wanted = redactor(
        region, names=["Ann", "number is"], patterns={"policy": r"\d+", "word": r"\w{9}", "none": "x*"}
    )
    for one in (redactor(region), wanted):
        once, counts = one.redact(text)
        assert one.redact(once) == (once, {})
        assert bool(counts) == (once != text)


@given(speech)
def test_the_filter_of_arrow_loses_nothing(text: str) -> None:
    # Any text that is changed passes, so that a column is redacted as its texts are one by one.
    once, _ = redactor().redact(text)
    assert redacted(text) == [once]


@given(speech, speech)
def test_what_is_left_is_what_was_said(one: str, other: str) -> None:
    text = f"{one} | {other}"
    spans = redactor().find(text)
    assert spans == sorted(spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    once, _ = redactor().redact(text)
    kinds = "|".join(map(re.escape, KINDS))
    bits = [re.escape(bit) for bit in re.split(rf"\[(?:{kinds})\]", once)]
    assert re.fullmatch(".*".join(bits), text, re.DOTALL)


@pytest.mark.parametrize(
    ("word", "digits"),
    [
        *(("one", "1"), ("Oh", "0"), ("nineteen", "19"), ("eighty", "80"), ("forty-five", "45")),
        *(("double two", "22"), ("Triple  oh", "000"), ("five hundred", "500"), ("two thousand", "2000")),
        *(("042", "042"), ("٤", "4")),
    ],
)
def test_number_words(word: str, digits: str) -> None:
    assert spoken_digits(word) == digits


@pytest.mark.parametrize(
    "region_and_text",
    [
        "GB 020 7946 0018",
        "DE 030 23125456",
        "FR 01 99 00 12 34",
        "ES 612 34 56 78",
        "IN 098765 43210",
    ],
)
def test_national_numbers_of_other_countries(region_and_text: str) -> None:
    region, _, number = region_and_text.partition(" ")
    assert redacted(f"Well, that would be {number} as far as I know", region=region) == [
        "Well, that would be [phone number] as far as I know"
    ]


def test_digits_of_other_scripts() -> None:
    assert redacted("رقمي ٤١٥-٥٥٥-٠١٢٣", "４１５－５５５－０１２３", "電話番号は415-555-0123です") == [
        "رقمي [phone number]",
        "[phone number]",
        "電話番号は[phone number]です",
    ]


def test_addresses_side_by_side_and_in_brackets() -> None:
    assert redacted(
        "bob at x dot com sue at y dot com",
        "john.smith[at]gmail.com",
        "john (at) gmail (dot) com",
        "at home (dot) it",
    ) == ["[e-mail address] [e-mail address]", "[e-mail address]", "[e-mail address]", "at home (dot) it"]


def test_without_a_region_national_numbers_need_words() -> None:
    assert redacted(
        "Call me at 415 555 0123", "+1 415 555 0123", "we have 415 555 0123 of them here", region=None
    ) == [
        "Call me at [phone number]",
        "[phone number]",
        "we have 415 555 0123 of them here",
    ]


def test_nulls_indexes_dtypes_and_other_columns_stay() -> None:
    table = pd.DataFrame(
        {
            "content": ["415-555-0123", None, ""],
            "turn": [0, 1, 2],
            "extra": [None, '{"n":"415-555-0123"}', "[1]"],
        },
        index=[5, 5, 7],
    )
    table.attrs["mine"] = 1
    result = redact(table)
    assert result.index.tolist() == [5, 5, 7]
    assert result["content"].isna().tolist() == [False, True, False]
    assert json.loads(result["extra"].iloc[1]) == {"n": "[phone number]"}
    assert result["extra"].iloc[2] == "[1]"
    assert result["turn"].equals(table["turn"])
    assert result.attrs == {"mine": 1, "redacted": {"phone number": 2}}
    assert table["content"].iloc[0] == "415-555-0123"


def test_counts_are_of_turns_not_of_distinct_texts() -> None:
    table = redact(pd.DataFrame({"content": ["415-555-0123 or a@example.com"] * 3 + ["no"]}))
    assert table.attrs["redacted"] == {"phone number": 3, "e-mail address": 3}


def test_nothing_to_redact() -> None:
    for table in (
        pd.DataFrame({"content": ["yes", None]}),
        pd.DataFrame({"content": pd.Series(dtype="str")}),
    ):
        result = redact(table)
        pd.testing.assert_frame_equal(result, table)
        assert result.attrs["redacted"] == {}


def test_names_are_found_whole_and_in_any_case() -> None:
    contents = ["Hi ann lee, is Ann there?", "ANN-LEE!", "Annie Lee", "O’Brien or o'brien", "Zoë", "planning"]
    assert redacted(
        *contents, names=["Ann Lee", "O'Brien", "Zoë", None, float("nan"), "", "Ann Lee Lou"]
    ) == [*("Hi [name], is Ann there?", "[name]!", "Annie Lee", "[name] or [name]", "[name]", "planning")]


def test_names_of_a_series_and_very_many() -> None:
    names = pd.Series([f"Person{i}" for i in range(20_000)], dtype="str")
    assert redacted("person19999 and person20000", names=names) == ["[name] and person20000"]


def test_patterns_of_the_callers() -> None:
    patterns = {"policy": r"POL-\d+", "number": re.compile(r"\d{5,}")}
    assert redacted("POL-4155550123, 415 555 0123, 97201, [policy]", patterns=patterns) == [
        "[policy], [phone number], [number], [policy]"
    ]


def test_more_columns() -> None:
    table = pd.DataFrame({"notes": ["415-555-0123"], "content": ["415-555-0123"]})
    result = redact(table, columns=["notes"])
    assert result.iloc[0].tolist() == ["[phone number]", "415-555-0123"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"region": "Mars"}, "no country"),
        ({"names": "Ann"}, "list of names"),
        ({"names": [1]}, "names as text"),
        ({"patterns": ["x"]}, "mapping of kinds"),
        ({"patterns": {"a": "("}}, "no regular expression"),
        ({"patterns": {"a": 1}}, "no regular expression"),
        ({"patterns": {"a": re.compile(b"x")}}, "no regular expression"),
        ({"patterns": {"[a]": "x"}}, "brackets"),
        ({"patterns": {"IBAN": "x"}}, "none of phone number"),
        ({"columns": "content"}, "no list of column names"),
    ],
)
def test_arguments_that_are_wrong(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        redacted("", **arguments)


def test_a_column_that_is_not_there() -> None:
    with pytest.raises(UnknownColumnError, match="content"):
        redact(pd.DataFrame({"contents": []}))


LONG = 100_000


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "a",
            "1",
            "1 ",
            "a@",
            "@",
            "a.",
            ".",
            "-",
            " ",
            "four ",
            "forty ",
            "double ",
            "415 ",
            "41 ",
            "1.1.",
            "1,111",
        ),
        *(
            "at ",
            "a at ",
            "a dot ",
            "at a dot ",
            "de 89 ",
            "DE89 3704 0044 0532 ",
            "d e 8 9 ",
            "+",
            "+1 ",
            "00",
            "((",
        ),
        *(
            "my number is ",
            "4242 ",
            "12-",
            "1/",
            "order ",
            "number 5550123 ",
            "x@x ",
            "at gmail ",
            "a b ",
            "\n",
            "$1",
        ),
        *(
            "[phone number]",
            "[",
            "é",
            "٣",
            "4155550123 ",
            "555-0123 ",
            "four one five five five five oh one two three, ",
        ),
    ],
    ids=repr,
)
def test_no_text_is_too_long(piece: str) -> None:
    """A pattern that explodes would not come back from a hundred thousand characters in this lifetime."""
    text = (piece * LONG)[:LONG]
    once, _ = redactor().redact(text)
    assert len(once) <= 2 * LONG


@settings(max_examples=25)
@given(random_frames())
def test_any_frames_keep_their_shape(frames: cf.CampaignFrames) -> None:
    hidden = redact_frames(frames)
    for name in TABLES:
        one, other = getattr(hidden, name), getattr(frames, name)
        assert one.shape == other.shape
        assert one.dtypes.tolist() == other.dtypes.tolist()
        pd.testing.assert_frame_equal(one.isna(), other.isna())
    hidden.to_arrow()


def test_all_text_of_the_frames_is_looked_into() -> None:
    number = "415-555-0123"
    frames = frames_of(
        campaigns=[
            {"name": f"Call {number}", "extra": json.dumps({number: [number, 4155550123, 1.5, True, None]})}
        ],
        calls=[
            {"extra": json.dumps({"a": {"b": number}}), "to_number": number, "recording_url": "https://x"}
        ],
        transcripts=[{"content": f"{number}!", "extra": f"[{number}"}],
        problems=[{"value": json.dumps(f"\ud800{number}")}],
    )
    hidden = redact_frames(frames)
    assert hidden.campaigns["name"].tolist() == ["Call [phone number]"]
    assert json.loads(hidden.campaigns["extra"][0]) == {
        "[phone number]": ["[phone number]", "[phone number]", 1.5, True, None]
    }
    assert json.loads(hidden.calls["extra"][0]) == {"a": {"b": "[phone number]"}}
    assert hidden.transcripts.iloc[0][["content", "extra"]].tolist() == ["[phone number]!", "[[phone number]"]
    assert json.loads(hidden.problems["value"][0]) == "\ud800[phone number]"
    assert hidden.calls.iloc[0][["to_number", "recording_url"]].tolist() == [number, "https://x"]
    assert hidden.campaigns.attrs["redacted"] == {"phone number": 4}


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("calls[0].ann@example.com", "calls[0].[e-mail address]"),
        ("calls[4155550].+14155550123", "calls[4155550].[phone number]"),
        ("calls[3].status.4155550123", "calls[3].status.[phone number]"),
        ("calls[0].Ann Lee", "calls[0].[name]"),
        ("Ann Lee.calls", "[name].calls"),
        ("calls[0].POL-1", "calls[0].[policy]"),
        ("calls[4155550123].callLength", "calls[4155550123].callLength"),
        ("calls[12].transcripts[3].role", "calls[12].transcripts[3].role"),
        ("calls[12].nickname", "calls[12].nickname"),
        ("", ""),
    ],
)
def test_names_in_paths_that_nobody_documents_are_looked_into(path: str, shown: str) -> None:
    # The names and the pattern are words of the API's as well: these stay what they are.
    wanted: dict[str, Any] = {
        "names": ["Ann Lee", "transcripts"],
        "patterns": {"policy": r"POL-\d+|role"},
    }
    frames = frames_of(problems=[{"field": path}])
    hidden = redact_frames(frames, **wanted).problems
    assert hidden["field"].tolist() == [shown]
    assert sum(hidden.attrs["redacted"].values()) == shown.count("[") - path.count("[")
    assert hidden["field"].dtype == frames.problems["field"].dtype
    again = redact_frames(
        cf.CampaignFrames(frames.campaigns, frames.calls, frames.transcripts, hidden), **wanted
    )
    assert again.problems["field"].equals(hidden["field"])


def test_columns_of_ones_own_are_refused_until_they_are_named() -> None:
    frames = frames_of(calls=[{"call_id": "k"}])
    calls = frames.calls.assign(
        notes="415-555-0123", score=1.5, day=pd.Timestamp("2026-01-01"), kind=pd.Categorical(["a"])
    )
    with pytest.raises(ConfigurationError, match="'notes' of the calls"):
        redact_frames(with_calls(frames, calls))
    with pytest.raises(ConfigurationError, match="'kind' of the calls"):
        redact_frames(with_calls(frames, calls), columns=["notes"])
    hidden = redact_frames(with_calls(frames, calls), columns=["notes"], keep=["kind"]).calls
    assert hidden["notes"].tolist() == ["[phone number]"]
    assert hidden["kind"].equals(calls["kind"])
    with pytest.raises(ConfigurationError, match="'note'"):
        redact_frames(frames, columns=["note"])


def test_what_googles_matcher_finds_in_the_real_dialogues_is_masked(real_campaign: Any) -> None:
    find, missed, found = redactor().find, [], 0
    texts = cf.load_campaign(real_campaign).transcripts["content"].dropna().unique()
    for text in (text for text in texts if sum(map(str.isdigit, text)) >= 7):
        spans = find(text)
        for match in PhoneNumberMatcher(text, "US", leniency=Leniency.VALID):
            found += 1
            if not any(span.start <= match.start and match.end <= span.end for span in spans):
                missed.append(match.raw_string)
    assert found > 400
    assert missed == []


def test_the_real_dialogues_change_little(real_campaign: Any) -> None:
    transcripts = cf.load_campaign(real_campaign).transcripts
    result = redact(transcripts)
    changed = result["content"].ne(transcripts["content"]) & transcripts["content"].notna()
    # People do say phone numbers there; dates, times, prices and street numbers are far more.
    assert changed.mean() < 0.05
    assert set(result.attrs["redacted"]) == {"phone number"}
    assert redact(result)["content"].equals(result["content"])
