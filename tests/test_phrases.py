"""Patterns as data, and the phrases that they find."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from caldframe.errors import ConfigurationError, UnknownColumnError
from caldframe.phrases import find_phrases, load_patterns
from caldframe.phrases.patterns import COLUMNS, Topic, read_topic

TOPICS: tuple[Topic, ...] = ("goodbyes", "machines", "opt_outs")
PATTERNS = [(topic, entry) for topic in TOPICS for entry in read_topic(topic)]


def found_in(text: str, patterns: pd.DataFrame) -> list[str]:
    names: list[str] = find_phrases(pd.Series([text], dtype="str"), patterns)["name"].tolist()
    return names


def patterns_of(*rows: tuple[str, str], kind: str = "request") -> pd.DataFrame:
    return pd.DataFrame([("en", name, kind, pattern) for name, pattern in rows], columns=list(COLUMNS[:4]))


def first_found(texts: list[str], patterns: pd.DataFrame) -> list[str | None]:
    """Give for each text the name of the pattern that finds something in it."""
    found = find_phrases(pd.Series(texts, dtype="str"), patterns).set_index("row")["name"]
    return [found.get(row) for row in range(len(texts))]


@pytest.mark.parametrize(("topic", "entry"), PATTERNS, ids=[entry["name"] for _, entry in PATTERNS])
def test_each_example_is_found_or_not(topic: Topic, entry: dict[str, Any]) -> None:
    patterns = load_patterns(topic)
    matches, others, name = entry["matches"], entry["does_not_match"], entry["name"]
    if entry["kind"] == "exception":
        assert first_found(matches, patterns) == [None] * len(matches)
        assert None not in first_found(others, patterns)
        assert None not in first_found(matches, patterns[patterns["name"] != name]), "it is not needed"
    else:
        only = patterns[patterns["kind"].eq("exception") | patterns["name"].eq(name)]
        assert first_found(matches, only) == [name] * len(matches)
        assert first_found(others, patterns) == [None] * len(others)


@pytest.mark.parametrize("topic", TOPICS)
def test_every_pattern_is_described_and_has_examples(topic: Topic) -> None:
    table = load_patterns(topic)
    assert table.columns.tolist() == list(COLUMNS)
    assert table["name"].is_unique
    assert set(table["language"]) == {"en", "es", "fr", "de"}
    for entry in read_topic(topic):
        assert set(entry) == {*COLUMNS, "matches", "does_not_match"}
        assert entry["matches"]
        assert entry["does_not_match"] or entry["kind"] == "exception"
        assert entry["explanation"].endswith(".")


def test_the_table_is_the_callers_own() -> None:
    changed = load_patterns("opt_outs")
    changed["pattern"] = "x"
    assert not load_patterns("opt_outs")["pattern"].eq("x").any()


def test_the_first_pattern_of_the_table_is_told_and_the_phrase_as_it_was_compared() -> None:
    patterns = patterns_of(("late", "número"), ("early", "call"), ("never", "x{9}"))
    texts = pd.Series(["CALL my  NUMERO", None, "nothing", "Call ", "CALL my  NUMERO"], index=[7, 7, 7, 7, 7])
    table = find_phrases(texts, patterns)
    assert table.to_dict("list") == {
        "row": [0, 3, 4],
        "language": ["en"] * 3,
        "name": ["late", "early", "late"],
        "kind": ["request"] * 3,
        "phrase": ["numero", "call", "numero"],
    }
    assert table.dtypes.astype(str).tolist() == ["int64", "str", "str", "str", "str"]


@pytest.mark.parametrize(
    "text",
    ["don't call", "don’t call", "DON'T\u00a0\tCALL", " don 't   call ", "don´t\ncall", "do\u200bn't call"],
)
def test_spelling_makes_no_difference(text: str) -> None:
    assert found_in(text, patterns_of(("stop", "^don't call$"))) == ["stop"]


def test_what_stood_around_an_exception_does_not_become_a_phrase() -> None:
    patterns = pd.concat(
        [patterns_of(("both", "stop calling")), patterns_of(("cut", "it"), kind="exception")]
    )
    assert found_in("stop it calling", patterns) == []
    assert found_in("stop calling it", patterns) == ["both"]


def test_nothing_to_look_for_or_in() -> None:
    nothing = find_phrases(pd.Series([], dtype="str"), load_patterns("opt_outs"))
    assert nothing.columns.tolist() == ["row", "language", "name", "kind", "phrase"]
    assert nothing.dtypes.astype(str).tolist() == ["int64", "str", "str", "str", "str"]
    assert find_phrases(pd.Series(["stop calling"]), load_patterns("opt_outs").iloc[:0]).empty
    assert find_phrases(pd.Series([None, None], dtype="str"), load_patterns("opt_outs")).empty


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(unclosed", "'mine' is no regular expression that RE2 knows"),
        ("call(?!er)", "do without look-around"),
        ("(call)", r"\(\?:\.\.\.\)"),
        ("(?:call)?", "finds something in a text of nothing"),
    ],
)
def test_patterns_that_cannot_be_used_are_named(pattern: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        found_in("call", patterns_of(("mine", pattern)))


def test_patterns_need_all_their_columns() -> None:
    with pytest.raises(UnknownColumnError, match="'kind'"):
        found_in("call", patterns_of(("mine", "call")).drop(columns="kind"))
    holed: Any = patterns_of(("mine", "call")).assign(kind=None)
    with pytest.raises(ConfigurationError, match="null"):
        found_in("call", holed)


def test_long_hostile_text_is_read_to_its_end() -> None:
    # An engine that backtracks would not come back.
    assert found_in("stop " * 20_000 + "never " * 20_000, load_patterns("opt_outs")) == []
    assert found_in("stop " * 20_000 + "stop calling me", load_patterns("opt_outs")) == ["stop_calling"]
