"""Which words set groups apart."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from call_frames import make_calls
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from turn_frames import make_call, make_turns, words_of

from caldframe.errors import ConfigurationError, UnknownColumnError
from caldframe.fetch import load_campaign
from caldframe.metrics.conversation import distinctive_terms, term_counts

if TYPE_CHECKING:
    from pathlib import Path

DTYPES = {
    "term": "str",
    **dict.fromkeys(["n", "words"], "int64"),
    "rate": "float64",
    **dict.fromkeys(["other_n", "other_words"], "int64"),
    "other_rate": "float64",
    **dict.fromkeys(["log_odds", "low", "high", "z"], "float64"),
}
SPEECH = make_turns(
    *make_call(
        "k1",
        ("assistant", "Do you have a minute? A minute!"),
        ("user", "No, no; I don’t."),
        ("assistant", "Do you have a roof?"),
        ("user", "NO."),
    )
)


def terms_of(text: str, ngrams: int, stop: set[str]) -> list[str]:
    words = [unicodedata.normalize("NFC", word.casefold().replace("’", "'")) for word in words_of(text)]
    if ngrams == 1:
        return [word for word in words if word not in stop]
    return [f"{first} {second}" for first, second in pairwise(words) if not {first, second} & stop]


def published(own: Counter[str], other: Counter[str], prior: float) -> dict[str, tuple[float, float]]:
    """The log-odds and z of each term, by the formulas of Monroe, Colaresi and Quinn (2008)."""
    background = own + other
    n_i, n_j = sum(own.values()), sum(other.values())
    found = {}
    for term, used in background.items():
        a_w = prior * used / sum(background.values())
        odds = [
            math.log((counts[term] + a_w) / (n + prior - counts[term] - a_w))
            for counts, n in ((own, n_i), (other, n_j))
        ]
        variance = 1 / (own[term] + a_w) + 1 / (other[term] + a_w)
        found[term] = odds[0] - odds[1], (odds[0] - odds[1]) / math.sqrt(variance)
    return found


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["user", "assistant", None]),
            st.sampled_from(
                ["Yes yes.", "No, not now", "Não é bom", "e\u0301 é É", "", None, "Maybe Straße STRASSE"]
            ),
            st.sampled_from(["a", "b", "c", None]),
        ),
        max_size=25,
    ),
    st.sampled_from([None, "user"]),
    st.sampled_from([1, 2]),
    st.sampled_from([(), ["NO", "é"]]),
    st.sampled_from([1, 3]),
    st.sampled_from([1.5, 500]),
    st.integers(1, 3),
)
def test_tables_are_those_of_the_formulas(
    rows: list[tuple[Any, ...]],
    role: str | None,
    ngrams: int,
    stop: Any,
    min_count: int,
    prior: float,
    size: int,
) -> None:
    transcripts = make_turns(*(("c1", "k1", 0, speaker, content) for speaker, content, _ in rows))
    groups = pd.Series([group for _, _, group in rows], dtype="str")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(term_counts, "_TEXTS", size)
        table = distinctive_terms(
            transcripts,
            groups,
            role=role,
            ngrams=ngrams,
            stop_words=stop,
            min_count=min_count,
            prior_words=prior,
            confidence=0.9,
        )
    folded = {word.casefold() for word in stop}
    names = sorted({group for _, _, group in rows}, key=lambda name: (name is None, name or ""))
    counts: dict[Any, Counter[str]] = {name: Counter() for name in names}
    for speaker, content, group in rows:
        if content is not None and role in (None, speaker):
            counts[group].update(terms_of(content, ngrams, folded))
    whole = sum(counts.values(), Counter())
    assert table.columns.tolist() == ["group", *DTYPES]
    assert table.dtypes.astype(str).to_dict() == {"group": "str"} | DTYPES
    shown = {term for term, used in whole.items() if used >= min_count}
    assert len(table) == len(names) * len(shown)
    for name in names:
        own, other = counts[name], whole - counts[name]
        part = table[table["group"].isna() if name is None else table["group"].eq(name)]
        assert set(part["term"]) == shown
        assert part["n"].tolist() == [own[term] for term in part["term"]]
        assert part["other_n"].tolist() == [other[term] for term in part["term"]]
        assert set(part["words"]) <= {sum(own.values())}
        assert set(part["other_words"]) <= {sum(other.values())}
        if not own or not other or len(whole) == 1:
            assert part[["log_odds", "low", "high", "z"]].isna().all(axis=None)
            assert part["term"].tolist() == sorted(shown)
            continue
        expected = published(own, other, prior)
        assert part["log_odds"].to_numpy() == pytest.approx([expected[term][0] for term in part["term"]])
        assert part["z"].to_numpy() == pytest.approx([expected[term][1] for term in part["term"]])
        assert part["z"].is_monotonic_decreasing
        width = part["log_odds"] / part["z"] * norm.ppf(0.95)
        moved = part["z"].abs() > 1e-9
        assert (part["high"] - part["log_odds"])[moved].to_numpy() == pytest.approx(width[moved].to_numpy())
        assert (part["log_odds"] - part["low"])[moved].to_numpy() == pytest.approx(width[moved].to_numpy())
        assert part["rate"].to_numpy() == pytest.approx((part["n"] / sum(own.values())).to_numpy())


def test_of_two_groups_each_has_what_the_other_lacks() -> None:
    table = distinctive_terms(SPEECH, "role", prior_words=20)
    z = table.pivot_table(index="term", columns="group", values="z")
    assert z["user"].to_numpy() == pytest.approx(-z["assistant"].to_numpy())
    assert table.groupby("group")["term"].first().to_dict()["user"] == "no"
    assert "don't" in set(table["term"])


def test_pairs_stay_within_a_turn_and_away_from_stop_words() -> None:
    pairs = distinctive_terms(SPEECH, "role", ngrams=2)
    assert "no no" in set(pairs["term"])
    assert not any(term.endswith("minute no") or "roof no" in term for term in pairs["term"])
    left = distinctive_terms(SPEECH, "role", ngrams=2, stop_words=["A", "no"])
    assert set(left["term"]) == {"do you", "you have", "i don't"}
    assert left.attrs["stop_words"] == 2


def test_groups_may_be_a_mask_an_array_or_a_column_of_the_calls() -> None:
    mask = SPEECH["turn"] < 2
    table = distinctive_terms(SPEECH, mask)
    assert table["group"].dtype == "bool"
    assert table["group"].unique().tolist() == [False, True]
    pd.testing.assert_frame_equal(distinctive_terms(SPEECH, mask.to_numpy()), table)
    pd.testing.assert_frame_equal(distinctive_terms(SPEECH, mask.tolist()), table)

    calls = make_calls(
        campaign_id=["c1", "c1", "c1", None],
        call_id=["k2", "k1", "k1", None],
        result=["ivr", "pickedUp", "ivr", "x"],
    )
    transcripts = make_turns(
        *make_call("k1", ("user", "one two")),
        *make_call("k2", ("user", "three")),
        *make_call("k9", ("user", "nobody")),
        (None, None, 0, "user", "nothing"),
    )
    table = distinctive_terms(transcripts, "result", calls)
    assert table.loc[table["n"] > 0, ["group", "term"]].to_numpy().tolist() == [
        ["ivr", "three"],
        ["pickedUp", "one"],
        ["pickedUp", "two"],
    ]
    assert table.attrs["left_out"] == 2
    same = distinctive_terms(transcripts, calls["result"].eq("pickedUp"), calls)
    assert same.loc[same["n"] > 0, "group"].tolist() == [False, True, True]


def test_no_turns_give_the_same_columns() -> None:
    table = distinctive_terms(make_turns(), "role")
    assert table.empty
    assert table.dtypes.astype(str).to_dict() == {"group": "str"} | DTYPES
    assert (
        distinctive_terms(make_turns(), "result", make_calls()).dtypes.astype(str).to_dict()
        == {"group": "str"} | DTYPES
    )
    one = distinctive_terms(SPEECH, ["all"] * 4)
    assert one["z"].isna().all()
    assert one["other_words"].tolist() == [0] * len(one)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ngrams": 3}, "neither 1, for words, nor 2"),
        ({"ngrams": True}, "neither 1, for words, nor 2"),
        ({"stop_words": "the"}, "not a list of words"),
        ({"stop_words": [1]}, "not a list of words"),
        ({"min_count": 0}, "whole number of 1"),
        ({"prior_words": 0}, "a number of words above 0"),
        ({"prior_words": math.nan}, "a number of words above 0"),
        ({"confidence": 1}, r"0\.95 for 95%"),
        ({"groups": [1, 2]}, "has 2 values, but there are 4 transcripts"),
        ({"groups": pd.Series([1, 2, 3, 4], index=[4, 5, 6, 7])}, "another index than the transcripts"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        distinctive_terms(SPEECH, **({"groups": "role"} | arguments))


def test_missing_columns_are_named() -> None:
    with pytest.raises(UnknownColumnError, match="'result'"):
        distinctive_terms(SPEECH, "result")
    with pytest.raises(UnknownColumnError, match=r"'agent'.*Did you mean 'agent_id'"):
        distinctive_terms(SPEECH, "agent", make_calls())


def test_the_real_campaign_tells_voicemails_from_people(real_campaign: Path) -> None:
    frames = load_campaign(real_campaign)
    answered = frames.calls[frames.calls["result"].isin(["pickedUp", "voicemail"])]
    table = distinctive_terms(frames.transcripts, "result", answered, role="user", ngrams=2, min_count=5)
    result = frames.calls.set_index("call_id")["result"]
    counts: dict[str, Counter[str]] = {"pickedUp": Counter(), "voicemail": Counter()}
    for call, role, content in zip(
        frames.transcripts["call_id"], frames.transcripts["role"], frames.transcripts["content"], strict=True
    ):
        if role == "user" and result[call] in counts:
            counts[result[call]].update(terms_of(content, 2, set()))
    expected = published(counts["voicemail"], counts["pickedUp"], 500)
    voicemail = table[table["group"] == "voicemail"]
    assert voicemail["z"].to_numpy() == pytest.approx(
        np.array([expected[term][1] for term in voicemail["term"]]), abs=1e-9
    )
    assert "the tone" in set(voicemail["term"].head(10))
