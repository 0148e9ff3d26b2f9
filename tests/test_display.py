"""Terminal text: aligned, fitted, and deaf to what the data would tell a terminal."""

from __future__ import annotations

import unicodedata

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from caldframe.display import escape_text, fit_encoding, table_text

RATES = pd.DataFrame(
    {
        "result": ["pickedUp", "failed", "pending", "ivr"],
        "n": [2966, 1_234_567, 0, 3],
        "rate": [0.3463, 1.0, float("nan"), 0.0002],
        "low": [0.3361, 0.95, float("nan"), 0.0],
        "high": [0.3567, 1.0, float("nan"), 0.001],
    }
)

HOSTILE = "Spring\x1b[31m\x1b]0;owned\x07\r\n\x9b2J\u202egnp\u2066\u200b\u2028[bold]x[/bold] :skull:"


def lines_of(frame: pd.DataFrame, width: int = 80, groups: tuple[str, ...] = ()) -> list[str]:
    return table_text(frame, width=width, groups=groups).split("\n")


def test_numbers_rates_and_intervals_line_up() -> None:
    assert lines_of(RATES) == [
        "result            n  rate [low–high]",
        "──────────────────────────────────────────────────────────────",
        "pickedUp      2,966   34.6% [33.6–35.7]   ██████▉",
        "failed    1,234,567  100.0% [95.0–100.0]  ████████████████████",
        "pending           0       –",
        "ivr               3    0.0% [0.0–0.1]     ▏",
    ]


def test_a_median_shares_a_column_with_its_interval() -> None:
    frame = pd.DataFrame(
        {"n": [3], "p50": [180.0], "max": [4918.0], "median_low": [173.0], "median_high": [186.5]}
    )
    assert lines_of(frame)[0].split() == ["n", "p50", "[low–high]", "max"]
    assert lines_of(frame)[2].split() == ["3", "180.0", "[173.0–186.5]", "4,918.0"]


@pytest.mark.parametrize("absent", ["rate", "low", "high"])
def test_half_an_interval_is_not_hidden(absent: str) -> None:
    shown = lines_of(RATES.drop(columns=absent))
    rest = {"rate": "33.6%", "low": "35.7%", "high": "33.6%"}[absent]
    assert rest in shown[2]


def test_bars_shrink_with_the_room_and_then_leave() -> None:
    natural = len(lines_of(RATES, 80)[1])
    assert max(map(len, lines_of(RATES, natural - 5))) == natural - 5
    assert "█" not in table_text(RATES, width=45)


def test_every_kind_of_value_has_a_form() -> None:
    frame = pd.DataFrame(
        {
            "text": pd.Series(["a", None], dtype="str"),
            "yes": pd.array([True, None], dtype="boolean"),
            "count": pd.array([1_200, None], dtype="Int64"),
            "seconds": [1234.56, None],
            "share": [0.5, None],
            "time": [pd.Timestamp("2026-03-01T09:30:00Z"), pd.NaT],
            "thing": [("a", 1), None],
        }
    )
    first, second = (line.split() for line in lines_of(frame, 120)[2:])
    assert first == ["a", "yes", "1,200", "1,234.6", "50.0%", "2026-03-01", "09:30:00+00:00", "('a',", "1)"]
    assert second == ["–"] * 7


def test_a_table_without_rows_keeps_its_header() -> None:
    assert lines_of(RATES.iloc[:0])[0].split() == ["result", "n", "rate", "[low–high]"]
    assert len(lines_of(RATES.iloc[:0])) == 2


def test_groups_are_written_once_and_set_apart() -> None:
    frame = pd.DataFrame({"agent": ["a", "a", None, None, "a"], "result": list("xyxyx"), "n": range(5)})
    assert lines_of(frame, groups=("agent",))[2:] == [
        "a      x       0",
        "       y       1",
        "",
        "–      x       2",
        "       y       3",
        "",
        "a      x       4",
    ]


def test_long_text_is_folded_and_very_long_text_is_cut() -> None:
    frame = pd.DataFrame({"name": ["campaign " * 8, "x" * 1_000], "n": [1, 2]})
    shown = lines_of(frame, 40)
    assert max(map(len, shown)) <= 40
    assert "".join(shown).count("campaign") == 8
    assert "".join(shown).count("x") == 119
    assert "…" in "".join(shown)


def test_numbers_are_whole_however_narrow_the_terminal() -> None:
    assert "1,234,567" in table_text(RATES, width=5)
    assert "100.0% [95.0–100.0]" in table_text(RATES, width=5)


def test_wide_characters_do_not_push_the_next_column() -> None:
    frame = pd.DataFrame({"name": ["春の案内", "Zoë", "👩‍👩‍👧 family", "é"], "n": [1, 2, 3, 4]})
    rows = lines_of(frame)[2:]
    assert len({cell_len(row) for row in rows}) == 1
    assert [row[-1] for row in rows] == ["1", "2", "3", "4"]


def test_hostile_text_is_shown_not_obeyed() -> None:
    frame = pd.DataFrame({HOSTILE: [HOSTILE], "n": [1]})
    shown = table_text(frame, width=1_000, groups=(HOSTILE,))
    assert (
        "\\x1b[31m\\x1b]0;owned\\x07\\r\\n\\x9b2J\\u202egnp\\u2066\\u200b\\u2028[bold]x[/bold] :skull:"
        in shown
    )
    assert not set(shown) & set("\x1b\x07\r\x9b\u202e\u2066\u200b\u2028")
    assert len(shown.split("\n")) == 3


def test_color_is_written_when_asked_for_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b[1m" in table_text(RATES, color=True)
    assert "\x1b[36m" in table_text(RATES, color=True)
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in table_text(RATES)


@given(
    names=st.lists(st.text(max_size=200), min_size=1, max_size=5),
    width=st.integers(min_value=30, max_value=200),
)
def test_any_text_fits_and_stays_harmless(names: list[str], width: int) -> None:
    frame = pd.DataFrame({"name": pd.Series(names, dtype="object"), "n": range(len(names))})
    for line in lines_of(frame, width):
        assert cell_len(line) <= width
        assert not {character for character in line if unicodedata.category(character) in ("Cc", "Cs", "Zl")}


def test_joiners_stay_for_scripts_and_emoji_need_them() -> None:
    assert escape_text("می‌خواهم 👩‍👧") == "می‌خواهم 👩‍👧"
    assert escape_text("a\tb\x00\ud800\ufeff\U000e0041") == r"a\tb\x00\ud800\ufeff\U000e0041"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "cp437"])
def test_an_output_that_lacks_characters_gets_ascii_of_the_same_width(encoding: str) -> None:
    text = table_text(RATES)
    fitted = fit_encoding(text, encoding)
    assert fitted.encode(encoding)
    assert list(map(len, fitted.split("\n"))) == list(map(len, text.split("\n")))
    assert "###" in fitted


def test_an_output_that_holds_everything_gets_the_text_itself() -> None:
    assert fit_encoding("雪 – █", "utf-8") == "雪 – █"


def test_an_interval_with_a_negative_end_says_to() -> None:
    frame = pd.DataFrame({"points": [20.0, -3.8], "points_low": [5.2, -9.1], "points_high": [33.4, 1.5]})
    assert lines_of(frame, 80) == [
        "points [low to high]",
        "────────────────────",
        "20.0 [5.2 to 33.4]",
        "-3.8 [-9.1 to 1.5]",
    ]
