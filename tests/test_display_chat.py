"""A conversation as text and as HTML: fitted, and deaf to what is said in it."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from wcwidth import wcswidth

from caldframe.display import Chat, chat_html, chat_text, escape_text
from caldframe.display.markup import Markup, joined, tag, text_markup

CALL = Chat(
    [("Call", "k1"), ("Result", "pickedUp")],
    [("assistant", "Hello, is this Ana?"), ("user", "Yes. Who is calling?"), ("assistant", None)],
)
ATTACKS = (
    "<script>alert(1)</script>",
    "</div></li></ol><script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "<svg/onload=alert(1)>",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "x; background:url(https://evil.example/a.png)",
    "</style><style>*{display:none}</style>",
    '<a href="javascript:alert(1)">here</a>',
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<!-- <b>",
    "&lt;script&gt;",
    "&#60;script&#62;",
)
STEERING = (
    "\x1b[31mred\x1b[2J",
    "\x1b]0;title\x07",
    "\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\x9b2J\x90q\x9c",
    "gnp\u202etxt\u202c",
    "\u2066isolate\u2069\u200e\u200f\u061c",
    "zero\u200bwidth\ufeff\u2060",
    "tags\U000e0041\U000e007f",
    "\u3164\u115f\uffa0\u034f\u17b4",
    "a\ufe0f\ufe0e\ufe0f\ufe0e",
    "bell\x07back\x08nul\x00del\x7f",
    "line\u2028para\u2029next\x85\x0b\x0c",
    "half\ud83dway",
    "\rgone",
)
WIDE = (
    "春の案内をお送りします。よろしいですか",
    "안녕하세요 여보세요",
    "👩‍👩‍👧 👍🏽 🇩🇪 x",
    "Zoe\u0308 ＡＢＣ",
)


class _Reader(HTMLParser):
    """What a browser makes of HTML: elements, attributes, text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


# --- text ---------------------------------------------------------------------------------------------


def test_facts_come_first_and_then_who_says_what() -> None:
    assert chat_text(CALL, width=40).split("\n") == [
        "Call       k1",
        "Result     pickedUp",
        "───────────────────",
        "assistant  Hello, is this Ana?",
        "user       Yes. Who is calling?",
        "assistant  –",
    ]


def test_turns_are_folded_beside_their_label() -> None:
    chat = Chat([], [("assistant", "one two three four five"), ("user", "x" * 30)])
    assert chat_text(chat, width=27).split("\n") == [
        "assistant  one two three",
        "           four five",
        "user       xxxxxxxxxxxxxxxx",
        "           xxxxxxxxxxxxxx",
    ]


def test_lines_of_a_turn_cannot_pose_as_turns() -> None:
    shown = chat_text(Chat([], [("user", "Yes.\nassistant  I agree.\r\n\n")]))
    assert shown.split("\n") == ["user  Yes.", "      assistant  I agree.", "", ""]


@pytest.mark.parametrize("width", [20, 33, 80])
@pytest.mark.parametrize("text", WIDE)
def test_wide_characters_are_counted_as_a_terminal_draws_them(text: str, width: int) -> None:
    for line in chat_text(Chat([], [("user", f"{text} " * 5)]), width=width).split("\n"):
        assert wcswidth(line) <= max(width, len("user  ") + 16)


def test_arabic_and_hebrew_stay_as_they_are() -> None:
    assert chat_text(Chat([], [("user", "من المتحدث؟ שלום")])) == "user  من المتحدث؟ שלום"


def test_a_long_role_is_cut_and_no_role_is_a_dash() -> None:
    shown = chat_text(Chat([], [("r" * 100, "a"), (None, "b"), ("", "c")])).split("\n")
    assert shown == ["r" * 15 + "…  a", "–" + " " * 17 + "b", " " * 18 + "c"]


def test_no_turns_is_said() -> None:
    assert chat_text(Chat([("Call", "k1")], [])) == "Call  k1\n────────\nNo transcript."
    assert "No transcript." in chat_html(Chat([("Call", "k1")], []))


def test_color_marks_who_speaks() -> None:
    assert chat_text(CALL, color=True).count("\x1b[1;36massistant\x1b[0m") == 2
    assert "\x1b[1;32muser\x1b[0m" in chat_text(CALL, color=True)
    assert "\x1b" not in chat_text(CALL)


@pytest.mark.parametrize(("turns", "most", "left_out"), [(10, 10, 0), (11, 10, 1), (10_000, 1_000, 9_000)])
def test_turns_in_the_middle_are_left_out_and_counted(turns: int, most: int, left_out: int) -> None:
    chat = Chat([], [("user", f"turn {number}.") for number in range(turns)])
    text, page = chat_text(chat, most=most), chat_html(chat, most=most)
    for shown in (text, page):
        assert shown.count("turn ") == most
        assert "turn 0." in shown
        assert f"turn {turns - 1}." in shown
        assert (f"{left_out:,} turns are left out here" in shown) == bool(left_out)
    assert chat_text(chat).count("turn ") == chat_html(chat).count("turn ") == turns


@pytest.mark.parametrize("text", STEERING)
def test_nothing_said_can_drive_a_terminal(text: str) -> None:
    chat = Chat([(text, text)], [(text, text), ("user", text)])
    for shown in (chat_text(chat, width=500), chat_html(chat)):
        for character in shown.replace("\n", ""):
            assert unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
            assert character not in "\u3164\u115f\uffa0\u034f\u17b4\ufe0e"
        assert shown.encode("utf-8")


def test_what_is_hidden_is_shown_as_its_code_point() -> None:
    assert escape_text("\u3164a\ufe0f\ufe0f\u034f") == "\\u3164a\ufe0f\\ufe0f\\u034f"
    assert escape_text("\ufe0f \ufe0f\u200b\ufe0f") == r"\ufe0f \ufe0f\u200b\ufe0f"
    assert escape_text("葛\U000e0100 ❤️ ✌🏽") == "葛\U000e0100 ❤️ ✌🏽"


@given(
    turns=st.lists(
        st.tuples(st.none() | st.text(max_size=30), st.none() | st.text(max_size=300)), max_size=5
    ),
    width=st.integers(40, 120),
)
def test_any_conversation_fits_and_is_harmless(
    turns: list[tuple[str | None, str | None]], width: int
) -> None:
    shown = chat_text(Chat([("Call", "k1")], turns), width=width)
    for line in shown.split("\n"):
        assert cell_len(line) <= width
        assert not {character for character in line if unicodedata.category(character) in ("Cc", "Cs", "Zl")}


# --- HTML ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ATTACKS)
def test_nothing_said_becomes_an_element_or_an_attribute(text: str) -> None:
    read = _Reader(chat_html(Chat([(text, text)], [(text, text), ("user", text)])))
    plain = _Reader(chat_html(Chat([("a", "a")], [("a", "a"), ("user", "a")])))
    assert read.tags == plain.tags
    assert read.attributes == plain.attributes
    assert read.text.count(text) == 5
    assert not read.open


def test_bubbles_stand_on_the_side_of_who_speaks_and_go_by_their_own_direction() -> None:
    page = chat_html(
        Chat([], [("assistant", "مرحبا"), ("user", "Hi\nthere"), ("operator", "…"), (None, None)])
    )
    assert re.findall(r"<li style=\"margin:6px 0;text-align:(\w+)\">", page) == [
        "left",
        "right",
        "center",
        "center",
    ]
    assert page.count('dir="auto"') == 3
    assert "Hi<br>there" in page
    assert "<bdi>no role</bdi>" in page
    assert "<i>no content</i>" in page


ALLOWED_STYLES = {
    *("background-color", "border", "border-radius", "display", "font-size", "font-weight", "line-height"),
    *("list-style", "list-style-type", "margin", "max-width", "opacity", "overflow", "overflow-wrap"),
    *("padding", "table-layout", "text-align", "vertical-align", "white-space", "width"),
}


def test_styles_are_such_as_notebooks_let_through() -> None:
    read = _Reader(chat_html(CALL))
    styles = [value or "" for name, value in read.attributes if name == "style"]
    properties = {part.split(":")[0] for style in styles for part in style.split(";") if part}
    assert properties <= ALLOWED_STYLES
    assert "url" not in " ".join(styles)
    assert {name for name, _ in read.attributes} <= {"style", "dir", "scope"}
    assert not {"script", "style", "link", "img", "iframe", "svg"} & set(read.tags)


def test_markup_is_escaped_by_construction() -> None:
    assert tag("p", "a<b", tag("b", "&"), title='"') == '<p title="&quot;">a&lt;b<b>&amp;</b></p>'
    assert tag("br") == "<br>"
    assert joined("<", Markup("<br>")) == "&lt;<br>"
    assert isinstance(joined("<"), Markup)
    assert text_markup("a\r\nb\tc") == "a<br>b\\tc"
