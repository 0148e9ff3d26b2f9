"""A conversation to read in a terminal: who says what, line by line, fitted to a width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size

from caldframe.display.escaping import DASH, escape_text, escaped_lines
from caldframe.display.folding import folded
from caldframe.display.styles import styled

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Chat", "chat_text"]

_GAP: Final = 2
_WIDEST_LABEL: Final = 16
_NARROWEST_TEXT: Final = 16
_STYLES: Final = {"assistant": "bold cyan", "user": "bold green"}
_OTHER_STYLE: Final = "bold"


@dataclass(frozen=True)
class Chat:
    """What is shown of a conversation.

    Parameters
    ----------
    facts : sequence of (str, str)
        What is known of the call: what it is called, and its value.
    turns : sequence of (str or None, str or None)
        Who speaks and what is said, in order.
    """

    facts: Sequence[tuple[str, str]]
    turns: Sequence[tuple[str | None, str | None]]

    def beginning_and_end(
        self, most: int | None
    ) -> tuple[Sequence[tuple[str | None, str | None]], int, Sequence[tuple[str | None, str | None]]]:
        """Leave out turns in the middle, where there are more than `most`.

        Returns
        -------
        tuple
            The turns of the beginning, how many are left out, the turns of the end.
        """
        if most is None or len(self.turns) <= most:
            return self.turns, 0, ()
        first = (most + 1) // 2
        last = len(self.turns) - (most - first)
        return self.turns[:first], last - first, self.turns[last:]


def chat_text(chat: Chat, *, width: int = 80, color: bool = False, most: int | None = None) -> str:
    r"""Lay a conversation out as text for a terminal.

    Parameters
    ----------
    chat : Chat
        The conversation.
    width : int, default 80
        How many columns the terminal has. Wide characters take two of them.
    color : bool, default False
        Whether to write ANSI styles.
    most : int, optional
        How many turns to show at most; by default all. Those in the middle are left out, and counted.

    Returns
    -------
    str
        The lines, without a newline at the end. All text went through `escape_text`. A dash stands for
        text that is null, and a further line of a turn is set in, so that it cannot pose as a turn.

    Examples
    --------
    >>> chat = Chat([("Result", "pickedUp")], [("assistant", "Hello?"), ("user", "Hi.\nWho is this?")])
    >>> print(chat_text(chat))
    Result     pickedUp
    ───────────────────
    assistant  Hello?
    user       Hi.
               Who is this?
    """
    beginning, left_out, end = chat.beginning_and_end(most)
    labels = [*(name for name, _ in chat.facts), *(_label(role) for role, _ in (*beginning, *end))]
    layout = _Layout(labels, width, color=color)
    facts = [line for name, value in chat.facts for line in layout.lines(name, value, "")]
    said = [line for role, content in beginning for line in layout.turn(role, content)]
    if left_out:
        said += ["", f"[{left_out:,} turns are left out here]", ""]
    said += [line for role, content in end for line in layout.turn(role, content)]
    if not chat.turns:
        said = ["No transcript."]
    rule = "─" * min(max((cell_len(line) for line in facts), default=0), width)
    return "\n".join([*facts, rule, *said] if facts else said)


class _Layout:
    """Two columns: labels, and text beside them."""

    def __init__(self, labels: Sequence[str], width: int, *, color: bool) -> None:
        widest = max((cell_len(escape_text(label)) for label in labels), default=0)
        self._label = min(widest, _WIDEST_LABEL)
        self._text = max(width - self._label - _GAP, _NARROWEST_TEXT)
        self._color = color

    def turn(self, role: str | None, content: str | None) -> list[str]:
        return self.lines(_label(role), content, _STYLES.get(role or "", _OTHER_STYLE))

    def lines(self, label: str, text: str | None, style: str) -> list[str]:
        said = [DASH] if text is None else escaped_lines(text)
        parts = [part for line in said for part in folded(line, self._text)]
        blank = " " * (self._label + _GAP)
        heads = [self._head(label, style), *[blank] * (len(parts) - 1)]
        return [(head + part).rstrip(" ") for head, part in zip(heads, parts, strict=True)]

    def _head(self, label: str, style: str) -> str:
        shown = escape_text(label)
        if cell_len(shown) > self._label:
            shown = set_cell_size(shown, self._label - 1) + "…"
        blank = " " * (self._label + _GAP - cell_len(shown))
        return (styled(shown, style) if self._color and style else shown) + blank


def _label(role: str | None) -> str:
    return DASH if role is None else role
