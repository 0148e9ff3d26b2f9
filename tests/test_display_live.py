"""Text that is redrawn in place, as a terminal shows it."""

from __future__ import annotations

import io
import re

import pytest

from caldframe.display import LiveText

_PART = re.compile(r"\x1b\[(?P<many>[0-9;?]*)(?P<does>[A-Za-z])|(?P<plain>[^\x1b])")


class Terminal(io.TextIOWrapper):
    """A terminal of 40 columns, as far as `LiveText` needs one."""

    def __init__(self, encoding: str = "utf-8") -> None:
        self.received = io.BytesIO()
        super().__init__(self.received, encoding=encoding, write_through=True)

    def written(self) -> str:
        return self.received.getvalue().decode(self.encoding)

    def screen(self) -> list[str]:
        """Give the lines that stand there in the end."""
        lines, row, column = [""], 0, 0
        for part in _PART.finditer(self.written()):
            match part["does"], part["plain"]:
                case "A", _:
                    row -= int(part["many"] or 1)
                case "K", _:
                    lines[row] = ""
                case _, "\r":
                    column = 0
                case _, "\n":
                    row, column = row + 1, 0
                    lines += [""] * (row + 1 - len(lines))
                case _, str(character):
                    lines[row] = lines[row][:column].ljust(column) + character + lines[row][column + 1 :]
                    column += 1
        return lines


@pytest.fixture(autouse=True)
def _forty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")


def test_one_text_takes_the_place_of_the_other() -> None:
    terminal = Terminal()
    with LiveText(terminal) as live:
        for number in range(5):
            live.show(f"{number} of 5 calls\n" + "█" * (10 - number))
    assert terminal.screen() == ["4 of 5 calls", "██████", ""]


def test_a_shorter_text_leaves_nothing_of_a_longer_one() -> None:
    terminal = Terminal()
    with LiveText(terminal) as live:
        live.show("one\ntwo\nthree\nfour")
        live.show("five")
    assert [line for line in terminal.screen() if line] == ["five"]


def test_long_lines_are_folded_and_not_cut() -> None:
    terminal = Terminal()
    with LiveText(terminal) as live:
        live.show("word " * 20)
        live.show("word " * 20)
    assert " ".join(" ".join(terminal.screen()).split()) == " ".join(["word"] * 20)


def test_styles_stay_and_an_old_encoding_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal = Terminal("latin-1")
    with LiveText(terminal) as live:
        live.show("\x1b[1mZoë\x1b[0m ██ 雪")
    assert "\x1b[1mZoë" in terminal.written()
    assert terminal.screen()[0] == "Zoë ## \\u96ea"


def test_the_cursor_is_shown_again_whatever_happens() -> None:
    terminal = Terminal()

    def interrupted() -> None:
        with LiveText(terminal) as live:
            live.show("text")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert terminal.written().endswith("\x1b[?25h")
    assert terminal.screen()[0] == "text"
