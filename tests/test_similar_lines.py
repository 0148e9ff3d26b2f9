"""Normal forms of lines, and groups of similar ones."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caldframe.errors import ConfigurationError
from caldframe.similar_lines import group_lines, normal_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def form(line: str) -> str:
    return str(normal_lines(pd.Series([line], dtype="str")).iloc[0])


def similarity(one: Sequence[str], other: Sequence[str]) -> float:
    """Transcribe the definition: twice the longest common subsequence, by the table, over both lengths."""
    row = [0] * (len(other) + 1)
    for word in one:
        before = row.copy()
        for place, its in enumerate(other):
            row[place + 1] = before[place] + 1 if word == its else max(before[place + 1], row[place])
    return 2 * row[-1] / (len(one) + len(other))


def groups_by_definition(lines: list[str], least: float) -> list[set[str]]:
    """Go through the forms one by one, comparing each with all leaders, without any filter."""
    forms: dict[str, list[str]] = {}
    for line, its_form in zip(lines, normal_lines(pd.Series(lines, dtype="str")), strict=True):
        forms.setdefault(its_form, []).append(line)
    led: dict[str, list[str]] = {}
    for each in sorted(forms, key=lambda name: (-len(forms[name]), name)):
        near = {leader: similarity(each.split(" "), leader.split(" ")) for leader in led}
        best = max(near, key=lambda leader: near[leader], default=None)
        if best is not None and near[best] >= least - 1e-9:
            led[best].append(each)
        else:
            led[each] = [each]
    return [{line for name in members for line in forms[name]} for members in led.values()]


@pytest.mark.parametrize(
    ("line", "other"),
    [
        ("Hi Anna, this is Sam.", "Hi Bob, this is Sam."),
        ("hi anna, how are you", "hi zoë smith, how are you"),
        ("Is this Anna Smith?", "Is this Bob?"),
        ("The balance is $20,931.69.", "The balance is $5."),
        ("See you at 8 pm on March 3rd.", "See you at 10:30 a.m. on May 12."),
        ("Call +1 (415) 555-0100.", "Call 030 1234567."),
        ("I'm calling from Brightfield Solar.", "I’m calling from ACME."),
        ("Write to a.b@example.com please", "Write to zoe@example.org please"),
        ("It takes forty minutes.", "It takes twenty-five minutes."),
        ("It costs a hundred and twenty dollars.", "It costs eighty dollars."),
        ("Le rendez-vous est à quinze heures.", "Le rendez-vous est à neuf heures."),
        ("¿Hablo con Ana?", "¿Hablo con José García?"),
        (
            "Guten Tag Frau Müller, ich rufe wegen Ihrer Rechnung an.",
            "Guten Tag Herr Özil, ich rufe wegen Ihrer Rechnung an.",
        ),
        ("Ich bin Anna von der Volksbank.", "Ich bin Jürgen von der Sparkasse."),
        ("HAVE A NICE DAY!!", "have a   nice day"),
        ("Don’t worry.", "Dont worry"),
        ("3月に行きます。", "12月に行きます"),
    ],
)
def test_names_numbers_and_spelling_do_not_make_another_line(line: str, other: str) -> None:
    assert form(line) == form(other)


@pytest.mark.parametrize(
    ("line", "other"),
    [
        ("Do you own your home?", "Do you rent your home?"),
        ("Ich rufe wegen Ihrer Rechnung an.", "Ich rufe wegen Ihrer Kündigung an."),
        ("I want one.", "We want one."),
        ("Yes.", "No."),
        ("👍", "👎"),
        ("お名前は何ですか", "お電話は何ですか"),
    ],
)
def test_other_words_do(line: str, other: str) -> None:
    assert form(line) != form(other)


def test_scripts_without_blanks_are_compared_by_character() -> None:
    assert form("我叫小明。") == "我 叫 小 明"
    assert form("สวัสดี") == " ".join("สวัสดี")
    lines = pd.Series(["请问您现在方便说话吗", "请问您今天方便说话吗", "再见"])
    assert group_lines(lines, 0.8).numbers.tolist() in ([0, 0, 1], [1, 1, 0])


@settings(max_examples=25)  # each runs every expression once for each line
@given(st.lists(st.text(max_size=20), max_size=5))
def test_any_text_has_a_form_and_its_form_depends_on_nothing_else(lines: list[str]) -> None:
    whole = normal_lines(pd.Series(lines, dtype="str"))
    assert whole.tolist() == [form(line) for line in lines]


def test_null_has_no_form_and_the_index_stays() -> None:
    forms = normal_lines(pd.Series(["Hi.", None], index=["b", "a"], name="content", dtype="str"))
    assert forms.isna().tolist() == [False, True]
    assert forms.index.tolist() == ["b", "a"]
    assert forms.name == "content"


words = st.sampled_from(
    ["do", "you", "own", "rent", "your", "home", "house", "the", "a", "now", "then", "please"]
)
sentences = st.lists(st.lists(words, min_size=1, max_size=9).map(" ".join), max_size=25)


@given(sentences, st.sampled_from([0.7, 0.75, 0.8, 0.9, 1]))
def test_groups_are_those_of_the_definition(lines: list[str], least: float) -> None:
    groups = group_lines(pd.Series(lines, dtype="str"), least)
    found = [
        {line for line, number in zip(lines, groups.numbers, strict=True) if number == place}
        for place in range(len(groups.lines))
    ]
    assert sorted(map(sorted, found)) == sorted(map(sorted, groups_by_definition(lines, least)))


@given(sentences, st.randoms())
def test_the_order_of_the_lines_changes_nothing(lines: list[str], random: Any) -> None:
    shuffled = lines.copy()
    random.shuffle(shuffled)
    one, other = (group_lines(pd.Series(each, dtype="str"), 0.8) for each in (lines, shuffled))
    assert one.lines.tolist() == other.lines.tolist()
    assert one.variants.tolist() == other.variants.tolist()
    assert dict(zip(lines, one.numbers, strict=True)) == dict(zip(shuffled, other.numbers, strict=True))


@given(sentences)
def test_a_group_is_shown_by_its_most_frequent_line_and_the_largest_come_first(lines: list[str]) -> None:
    groups = group_lines(pd.Series([*lines, None], dtype="str"), 0.8)
    assert groups.numbers[-1] == -1
    sizes = [(groups.numbers == place).sum() for place in range(len(groups.lines))]
    assert sizes == sorted(sizes, reverse=True)
    for place, shown in enumerate(groups.lines):
        members = [line for line, number in zip(lines, groups.numbers, strict=False) if number == place]
        assert shown == min(members, key=lambda line: (-members.count(line), line))
        assert groups.variants[place] == len(set(members))


def test_no_chains() -> None:
    steps = ["a b c d e f g h i j", "a b c d e f g h i x", "a b c d e f g h y x", "a b c d e f g z y x"]
    lines = [line for line, times in zip(steps, (4, 3, 2, 1), strict=True) for _ in range(times)]
    assert group_lines(pd.Series(lines)).numbers.tolist() == [0] * 7 + [1] * 3


def test_many_lines_in_several_batches_are_grouped_as_one_batch_would(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = np.random.default_rng(3)
    vocabulary = np.array([f"{a}{b}" for a in "bcdfghklm" for b in ("a", "e", "i", "o", "u", "ar", "el")])
    lines = pd.Series([" ".join(chance.choice(vocabulary[:30], chance.integers(3, 7))) for _ in range(3000)])
    expected = group_lines(lines, 0.75)
    monkeypatch.setattr("caldframe.similar_lines.leaders._BATCH", 100)
    monkeypatch.setattr("caldframe.similar_lines.leaders._PAIRS", 50)
    again = group_lines(lines, 0.75)
    assert again.numbers.tolist() == expected.numbers.tolist()
    assert 1 < len(expected.lines) < len(lines)


def test_lines_of_many_words_still_meet() -> None:
    chance = np.random.default_rng(4)
    base = [f"w{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(300)]
    near = [*base[:-10], *(f"v{chr(97 + n)}" for n in range(10))]
    far = list(chance.permutation(base))
    groups = group_lines(pd.Series([" ".join(each) for each in (base, base, near, far)]))
    assert groups.numbers.tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize("least", [0.69, 1.01, 0, -1, True, "0.9", None, float("nan")])
def test_similarities_out_of_range_are_refused(least: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"between 0\.7 and 1"):
        group_lines(pd.Series(["a"]), least)


def test_no_lines() -> None:
    groups = group_lines(pd.Series([], dtype="str"))
    assert groups.lines.tolist() == groups.variants.tolist() == groups.numbers.tolist() == []
    assert str(groups.lines.dtype) == "str"


def test_the_real_assistants_lines(real_campaign: Path) -> None:
    response = json.loads(gzip.decompress(real_campaign.read_bytes()))
    lines = pd.Series(
        [
            turn["content"]
            for call in response["calls"]
            for turn in call.get("transcripts", [])
            if turn["role"] == "assistant"
        ]
    )
    groups = group_lines(lines)
    number = dict(zip(lines, groups.numbers, strict=True))
    assert groups.lines.iloc[0] == "Have a great day."
    assert number["Have a great day!"] == number["have a great day."] == 0
    assert number["Have a nice day."] != 0
    assert number["It is +1 215-607-2020."] == number["It is 925-686-4000."]
    assert (
        number["Is there anything else I can help you with?"]
        == number["Is there anything else I can help with?"]
    )
    assert number["In which city?"] != number["What city should I search in?"]
    assert len(groups.lines) < lines.nunique()
