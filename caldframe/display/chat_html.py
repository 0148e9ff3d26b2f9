"""A conversation to read in a notebook: the assistant's bubbles to the left, the user's to the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from caldframe.display.markup import Markup, joined, tag

if TYPE_CHECKING:
    from caldframe.display.chat import Chat

__all__ = ["chat_html"]

# Notebooks are light or dark, and nothing here can ask: text takes its colour from around it, and what is
# behind it is a veil that both let through.
_PAGE: Final = "max-width:44em;line-height:1.4"
_CELL: Final = "border:none;background-color:transparent;padding:1px 12px 1px 0;text-align:left;"
_FACTS: Final = "border:none;margin:0;width:100%;table-layout:fixed"
_NAME: Final = _CELL + "font-weight:normal;opacity:0.75;vertical-align:top;width:6em"
_VALUE: Final = _CELL + "overflow-wrap:break-word;white-space:normal"
_LIST: Final = "list-style:none;list-style-type:none;margin:10px 0;padding:0"
_WHO: Final = "font-size:80%;opacity:0.75"
_WHAT: Final = "overflow:hidden;overflow-wrap:break-word;text-align:left"
_BUBBLE: Final = "display:inline-block;max-width:82%;padding:6px 12px;border-radius:12px;"
_SIDES: Final = {
    "assistant": ("left", "rgba(0, 114, 178, 0.17)"),
    "user": ("right", "rgba(128, 128, 128, 0.2)"),
}
_OTHER_SIDE: Final = ("center", "rgba(204, 121, 167, 0.2)")
_NOTE: Final = "margin:10px 0;text-align:center;opacity:0.75"


def chat_html(chat: Chat, *, most: int | None = None) -> str:
    """Lay a conversation out as HTML for a notebook.

    Parameters
    ----------
    chat : Chat
        The conversation.
    most : int, optional
        How many turns to show at most; by default all. Those in the middle are left out, and counted.

    Returns
    -------
    str
        One element with inline styles, legible on light and dark, and without them too. All text is
        escaped, and what would hide in it or steer its direction is shown as a code point.

    Examples
    --------
    >>> from caldframe.display.chat import Chat
    >>> "&lt;script&gt;" in chat_html(Chat([], [("user", "<script>")]))
    True
    """
    beginning, left_out, end = chat.beginning_and_end(most)
    turns = [_turn(role, content) for role, content in beginning]
    if left_out:
        turns.append(tag("li", f"{left_out:,} turns are left out here", style=_NOTE))
    turns += [_turn(role, content) for role, content in end]
    said = tag("ol", *turns, style=_LIST) if turns else tag("p", "No transcript.", style=_WHO)
    return str(tag("div", _facts(chat), said, style=_PAGE))


def _facts(chat: Chat) -> Markup:
    rows = [
        tag("tr", tag("th", name, style=_NAME, scope="row"), tag("td", tag("bdi", value), style=_VALUE))
        for name, value in chat.facts
    ]
    return tag("table", tag("tbody", *rows), style=_FACTS) if rows else joined()


def _turn(role: str | None, content: str | None) -> Markup:
    side, color = _SIDES.get(role or "", _OTHER_SIDE)
    who = tag("div", tag("bdi", "no role" if role is None else role), style=_WHO)
    if content is None:
        what = tag("div", tag("i", "no content"), style=_WHAT)
    else:
        what = tag("div", content or "\N{NO-BREAK SPACE}", style=_WHAT, dir="auto")
    bubble = tag("div", who, what, style=f"{_BUBBLE}background-color:{color}")
    return tag("li", bubble, style=f"margin:6px 0;text-align:{side}")
