"""Words: the default rules of UAX #29, against those of the regex package."""

from __future__ import annotations

import re
import sys
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import regex  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from caldframe.words import count_words, split_words
from caldframe.words import segments as segments_module
from caldframe.words.classes import (
    ALONE,
    APOSTROPHE,
    BREAK,
    DIGIT,
    HEBREW,
    IGNORED,
    JOINER,
    KATAKANA,
    LETTER,
    MID_BOTH,
    MID_LETTER,
    MID_NUMBER,
    QUESTION,
    QUOTE,
    classes_by_character,
)

WORD_BREAK = {
    "ALetter": LETTER,
    "Hebrew_Letter": HEBREW,
    "Numeric": DIGIT,
    "Katakana": KATAKANA,
    "ExtendNumLet": JOINER,
    "MidLetter": MID_LETTER,
    "MidNum": MID_NUMBER,
    "MidNumLet": MID_BOTH,
    "Single_Quote": APOSTROPHE,
    "Double_Quote": QUOTE,
    "Extend": IGNORED,
    "Format": IGNORED,
    "ZWJ": IGNORED,
}
PAGE = Path(__file__).parents[1] / "docs" / "conversations.md"


def known_characters() -> list[str]:
    """Give the characters that both Python and pyarrow know: each has a Unicode version of its own."""
    assigned = [
        character
        for character in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(character) not in ("Cn", "Cs", "Co")
    ]
    known = pc.match_substring_regex(pa.array(assigned), r"[\pL\pM\pN\pP\pS\pZ\p{Cc}\p{Cf}]")
    return [character for character, is_known in zip(assigned, known.to_pylist(), strict=True) if is_known]


ASSIGNED = known_characters()
BOUNDARY = regex.compile(r"(?w)\b", regex.V1)
IN_WORDS = regex.compile(
    r"[[\p{L}\p{N}\p{WB=ALetter}\p{WB=Hebrew_Letter}\p{WB=Numeric}\p{WB=Katakana}]--\p{WB=Extend}]", regex.V1
)

SENTENCES: list[tuple[str, int]] = [
    # English
    ("I don't know, it's John's.", 5),
    ("Call me at 7:30 on the 2nd.", 8),  # a colon joins letters, not digits
    ("It costs $3,000.50, or 12.5% less.", 6),
    ("My e-mail is jo.smith@example.co.uk", 6),
    ("It’s a state-of-the-art roof; we’re sure", 9),
    ("A/B test, rock'n'roll, U.S.A. and snake_case", 7),
    ("Um... yeah?! OK 👍🏽 👨‍👩‍👧 ☎️ 1️⃣", 4),
    ("+1 (415) 555-0100", 4),
    ("https://example.com/path?q=1", 5),
    # Spanish, French, German
    ("¿Cómo está usted? ¡Muy bien, señor Núñez!", 7),
    ("L'objectif n'est qu'aujourd’hui à 10 h.", 6),
    ("Donaudampfschifffahrtsgesellschaft, 1.234,56 € für Größe z.B.", 5),
    # Arabic, with marks; Hindi, with vowel signs; Hebrew, with an abbreviation
    ("مَرْحَبًا، كيف حالُك؟ ١٢٣٫٤٥", 4),
    ("नमस्ते, आप कैसे हैं? मैं ठीक हूँ।", 7),
    ("צה\"ל וגם ג'ירפה", 3),
    ("רח' הרצל", 2),
    # Joiners, one or several, in words and around them
    ("a__b c_ _d __ 1__2", 4),
    # Thai, Japanese, Chinese, Korean
    ("สวัสดีครับ", 7),
    ("東京タワーはコーヒーです。", 7),
    ("你好，你在哪里？", 6),
    ("안녕하세요 여러분", 2),
    # Nothing
    ("", 0),
    (" \t\n\u00a0", 0),
    ("... -- ?!", 0),
    ("___", 0),
    ("🙂🙂🙂 ❤️", 0),
    ("\u0301\u200d", 0),
]


def words_of(text: str) -> list[str]:
    return [segment for segment in BOUNDARY.split(text) if IN_WORDS.search(segment)]


def array_of(*texts: str | None) -> pa.Array:
    return pa.array(texts, pa.large_string())


def text_of(classes: Any) -> str:
    """Give a few characters of every class that there is, so that the rules meet."""
    return "".join(classes)


KINDS = {
    number: [character for character in ASSIGNED if classes_by_character()[ord(character)] == number]
    for number in range(QUESTION + 1)
}
mixed = st.lists(
    st.sampled_from(sorted(KINDS)).flatmap(lambda number: st.sampled_from(KINDS[number])), max_size=12
).map(text_of)
plain = st.text(alphabet=" ab1'\"_.:,;?-@", max_size=20)
known = st.text(st.characters(exclude_categories=("Cn", "Co", "Cs")).filter(set(ASSIGNED).__contains__))
texts = st.lists(st.none() | mixed | plain | known, max_size=8)


def test_every_character_is_of_the_class_that_unicode_gives_it() -> None:
    expected = np.zeros(sys.maxunicode + 1, dtype=np.uint8)
    line = "".join(ASSIGNED)
    for name, number in WORD_BREAK.items():
        expected[[ord(character) for character in regex.findall(rf"\p{{WB={name}}}", line)]] = number
    found = classes_by_character().copy()
    found[np.isin(found, [ALONE, QUESTION])] = BREAK  # which the property does not tell apart
    different = np.flatnonzero(found != expected)
    assert [hex(point) for point in different if chr(point) in set(ASSIGNED)] == []


def test_what_is_a_word_alone_is_a_letter_or_a_number() -> None:
    assert all(unicodedata.category(character)[0] in "LN" for character in KINDS[ALONE])
    assert {"東", "は", "ส", "½", "②"} <= set(KINDS[ALONE])
    assert all("QUESTION" in unicodedata.name(c) or c == "\u203d" for c in KINDS[QUESTION])


@pytest.mark.parametrize(("text", "words"), SENTENCES, ids=[text for text, _ in SENTENCES])
def test_sentences_have_as_many_words_as_unicode_says(text: str, words: int) -> None:
    assert count_words(array_of(text)).words.tolist() == [words]
    assert split_words(array_of(text)).words.to_pylist() == words_of(text)


def test_the_page_says_what_is_counted() -> None:
    rows = re.findall(
        r"^\| (`.+?`) \| ([\d, ]+)(?: each)? \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(rows) == 12
    for cell, numbers in rows:
        said = re.findall("`([^`]+)`", cell)
        expected = [int(number) for number in numbers.split(",")]
        expected *= len(said) // len(expected)
        assert count_words(array_of(*said)).words.tolist() == expected, cell


@given(texts, st.integers(1, 20))
def test_words_are_those_of_regex(texts: list[str | None], size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments_module, "_BYTES", size)
        counts, split = count_words(array_of(*texts)), split_words(array_of(*texts))
    expected = [words_of(text or "") for text in texts]
    assert counts.words.tolist() == [len(words) for words in expected]
    assert split.counts.tolist() == [len(words) for words in expected]
    assert split.words.to_pylist() == [word for words in expected for word in words]


@given(st.text(alphabet="a ?!؟？\u0301", max_size=20))
def test_question_marks_in_a_row_are_one_question(text: str) -> None:
    bare = regex.sub(r"\p{M}", "", text)
    assert count_words(array_of(text)).questions.tolist() == [len(regex.findall("[?؟？]+", bare))]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_any_kind_of_text_in_any_number_of_chunks(kind: pa.DataType) -> None:
    said = ["One, two.", None, "", "Three?", "Größe"]
    whole = pa.array(said, kind)
    parts = pa.chunked_array([whole[1:3], whole[:0], whole[3:]], kind)
    assert count_words(whole).words.tolist() == [2, 0, 0, 1, 1]
    assert count_words(parts).words.tolist() == [0, 0, 1, 1]
    assert split_words(parts).words.to_pylist() == ["Three", "Größe"]
    assert count_words(pa.chunked_array([], kind)).words.tolist() == []
    assert split_words(whole[:0]).words.to_pylist() == []


def test_what_is_under_a_null_does_not_count() -> None:
    hidden = pa.LargeStringArray.from_buffers(
        2,
        pa.py_buffer(np.array([0, 3, 6])),
        pa.py_buffer(b"one2nd"),
        pa.py_buffer(bytes([0b10])),
    )
    assert hidden.to_pylist() == [None, "2nd"]
    assert count_words(hidden).words.tolist() == [0, 1]
    assert split_words(hidden).words.to_pylist() == ["2nd"]
