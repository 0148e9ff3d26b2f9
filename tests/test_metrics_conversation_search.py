"""Where something was said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from turn_frames import conversations_of, make_call, make_turns, random_turns

from caldframe.errors import ConfigurationError, UnknownColumnError
from caldframe.fetch import load_campaign
from caldframe.metrics.conversation import search_transcripts

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

DTYPES = {
    **dict.fromkeys(["campaign_id", "call_id"], "str"),
    "passage": "int64",
    "turn": "int32",
    **dict.fromkeys(["role", "content"], "str"),
    "matches": "int64",
    **dict.fromkeys(["before", "match", "after"], "str"),
}
TALK = make_turns(
    *make_call(
        "k1",
        ("assistant", "Hi, it's Maya."),
        ("user", "Take me off your list, take me OFF!"),
        ("user", "  "),
        ("assistant", "I will."),
        ("assistant", "Good-bye."),
        ("user", "Größe? Off."),
    ),
    *make_call("k2", ("user", "No list here.")),
)


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows = table.astype("object").where(table.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


@given(
    random_turns(),
    st.sampled_from(
        ["o", "Who|one", "(h)(el*)", "[?]+", "three|three four", "x?y", r"\d,\d+|\d", "e.*?o", "^I", "…$"]
    ),
    st.sampled_from([None, "user", "assistant"]),
    st.integers(0, 3),
    st.booleans(),
)
def test_passages_are_those_of_a_plain_loop(
    transcripts: pd.DataFrame, pattern: str, role: str | None, context: int, ignore_case: bool
) -> None:
    table = search_transcripts(transcripts, pattern, role, context, regex=True, ignore_case=ignore_case)
    assert table.dtypes.astype(str).to_dict() == DTYPES
    python = re.compile(pattern, re.IGNORECASE if ignore_case else 0)
    expected: list[dict[str, Any]] = []
    passage = turns = 0
    calls = set()
    for (campaign, call), conversations in conversations_of(transcripts).items():
        for conversation in conversations:
            hits = [
                place
                for place, (speaker, content) in enumerate(conversation)
                if python.search(content) and role in (None, speaker)
            ]
            turns += len(hits)
            calls |= {(campaign, call)} if hits else set()
            last = -2
            for place, (speaker, content) in enumerate(conversation):
                if not any(abs(place - hit) <= context for hit in hits):
                    continue
                passage += place != last + 1
                last = place
                found = python.search(content) if place in hits else None
                expected.append(
                    {
                        "campaign_id": campaign,
                        "call_id": call,
                        "passage": passage,
                        "role": speaker,
                        "content": content,
                        "matches": len(python.findall(content)) if found else 0,
                        "before": content[: found.start()] if found else None,
                        "match": found[0] if found else None,
                        "after": content[found.end() :] if found else None,
                    }
                )
    assert [{name: row[name] for name in row if name != "turn"} for row in rows_of(table)] == expected
    assert table.attrs == {
        "turns": turns,
        "calls": len(calls),
        "left_out": int(transcripts["call_id"].isna().sum()),
    }


def test_text_is_looked_for_as_it_is_typed() -> None:
    found = search_transcripts(TALK, "off", context=0)
    assert found[["call_id", "turn", "matches", "before", "match", "after"]].to_numpy().tolist() == [
        ["k1", 1, 2, "Take me ", "off", " your list, take me OFF!"],
        ["k1", 5, 1, "Größe? ", "Off", "."],
    ]
    assert search_transcripts(TALK, "off", ignore_case=False).attrs["turns"] == 1
    assert search_transcripts(TALK, "GRÖSSE").attrs["turns"] == 0
    assert search_transcripts(TALK, "größe? off.")["match"].dropna().tolist() == ["Größe? Off."]
    assert search_transcripts(TALK, "T.ke").empty


@pytest.mark.parametrize("text", [r"a\Eb", "(", "a b\tc\nd", "\x00", "[x]*", "\\", "#-&~", "🙂", "é"])
def test_any_text_finds_itself(text: str) -> None:
    turns = make_turns(*make_call("k1", ("user", f"<{text}>"), ("user", "nothing")))
    assert search_transcripts(turns, text, context=0)["match"].tolist() == [text]


def test_passages_are_turns_that_stand_together() -> None:
    found = search_transcripts(TALK, "list|bye", regex=True)
    assert found[["passage", "call_id", "turn"]].to_numpy().tolist() == [
        *([1, "k1", turn] for turn in (0, 1, 3, 4, 5)),
        [2, "k2", 0],
    ]
    apart = search_transcripts(TALK, "Maya|bye", regex=True, context=0)
    assert apart["passage"].tolist() == [1, 2]
    whole = search_transcripts(TALK, "maya", context=10**12)
    assert whole["turn"].tolist() == [0, 1, 3, 4, 5]


def test_nothing_found_gives_the_same_columns() -> None:
    for table in (search_transcripts(TALK, "nowhere"), search_transcripts(make_turns(), "a")):
        assert table.empty
        assert table.dtypes.astype(str).to_dict() == DTYPES
        assert table.attrs["turns"] == table.attrs["calls"] == 0


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", r"pattern='\(' cannot be looked for: missing \): \("),
        ("a(?=b)", r"invalid perl operator: \(\?=\. The syntax is that of RE2"),
        (r"(a)\1", r"invalid escape sequence: \\1"),
        ("a)(b", r"unexpected \): a\)\(b"),
        (r"\Qa", "cannot be looked for: missing"),
        ("a{1000}{1000}", "bad repetition operator"),
        ("a*", "matches nothing in particular"),
        ("^", "matches nothing in particular"),
        ("\ud800", "cannot be looked for"),
    ],
)
def test_a_bad_expression_is_named(pattern: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        search_transcripts(TALK, pattern, regex=True)


def test_no_expression_takes_longer_than_the_text_is_long() -> None:
    slow = make_turns(*make_call("k1", ("user", "a" * 20_000 + "!")))
    assert search_transcripts(slow, "(a+)+$", regex=True).empty  # with backtracking, 2 to the 20,000 steps


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pattern": ""}, "is not a text to look for"),
        ({"pattern": None}, "is not a text to look for"),
        ({"context": -1}, "whole number of 0 or more"),
        ({"context": 1.5}, "whole number of 0 or more"),
        ({"role": "users"}, "role='users' speaks in no turn. Did you mean 'user'"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        search_transcripts(TALK, **({"pattern": "a"} | arguments))


def test_missing_columns_are_named() -> None:
    with pytest.raises(UnknownColumnError, match="'role'"):
        search_transcripts(TALK.drop(columns="role"), "a")


def test_the_real_campaign_is_searched_whole(real_campaign: Path) -> None:
    transcripts = load_campaign(real_campaign).transcripts
    found = search_transcripts(transcripts, r"reservation|book(ed|ing)?", "user", regex=True, context=0)
    python = re.compile(r"reservation|book(ed|ing)?", re.IGNORECASE)
    spoken = transcripts[transcripts["role"].eq("user")]
    hits = [python.search(content) for content in spoken["content"]]
    assert found["content"].tolist() == spoken["content"][[hit is not None for hit in hits]].tolist()
    assert found["match"].tolist() == [hit[0] for hit in hits if hit]
