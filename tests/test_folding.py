"""Text without what is not heard."""

from __future__ import annotations

import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caldframe.folding import fold_text


def folded(*texts: str | None) -> list[str | None]:
    values: list[str | None] = fold_text(pa.array(texts, pa.large_string())).to_pylist()
    return values


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Número", "Numero"),
        ("Nu\u0301mero", "Numero"),
        ("don’t don´t don`t don＇t donʼt", "don't don't don`t don't don't"),
        ("Grüße ẞ œuvre Æ", "Grusse SS oeuvre AE"),
        ("zero\u200bwidth\u202e", "zerowidth"),
        ("ＣＡＬＬ", "CALL"),
        ("한국어 ガギグ हिन्दी ไม่", "한국어 ガギグ हिन्दी ไม่"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_what_becomes_of_letters(text: str, plain: str) -> None:
    assert folded(text) == [plain]


def test_null_stays_null_beside_anything() -> None:
    assert folded(None, "é", None, "e") == [None, "e", None, "e"]
    assert folded() == []


@given(st.lists(st.text(max_size=12)))
def test_text_is_folded_once_and_each_by_itself(texts: list[str]) -> None:
    once = folded(*texts)
    assert once == [folded(text)[0] for text in texts]
    for text in once:
        assert text is not None
        assert not any(0x300 <= ord(character) <= 0x36F for character in unicodedata.normalize("NFD", text))
