"""HTML that is escaped by construction: whatever is not made here is text.

It is for notebooks, which take scripts and style sheets out of what they show, and all but plain values out
of styles. So there are no scripts, no classes, nothing from elsewhere; styles stand on the elements.
"""

from __future__ import annotations

import html
from typing import Final

from caldframe.display.escaping import escape_text, escaped_lines

__all__ = ["Markup", "joined", "tag", "text_markup"]

_VOID: Final = ("br",)


class Markup(str):
    """HTML, as opposed to text that may contain anything."""

    __slots__ = ()


def tag(name: str, *children: str, style: str = "", **attributes: str) -> Markup:
    """Make an element.

    Parameters
    ----------
    name : str
        Its name.
    *children : str
        What is in it: `Markup` as it is, any other text escaped.
    style : str
        Its inline style.
    **attributes : str
        Its other attributes, escaped.

    Returns
    -------
    Markup
        The element.

    Examples
    --------
    >>> print(tag("p", "<script>", tag("b", "x"), style="color:red", dir="auto"))
    <p style="color:red" dir="auto">&lt;script&gt;<b>x</b></p>
    """
    given = {"style": style, **attributes} if style else attributes
    start = "".join(f' {key}="{html.escape(escape_text(value))}"' for key, value in given.items())
    if name in _VOID:
        return Markup(f"<{name}{start}>")
    return Markup(f"<{name}{start}>{joined(*children)}</{name}>")


def joined(*children: str) -> Markup:
    """Put elements and text one after the other; text is escaped."""
    return Markup("".join(child if isinstance(child, Markup) else text_markup(child) for child in children))


def text_markup(text: str) -> Markup:
    r"""Escape text; line breaks stay breaks, and what would hide or steer is shown as a code point.

    Examples
    --------
    >>> print(text_markup("1 < 2\n\u202e&"))
    1 &lt; 2<br>\u202e&amp;
    """
    return Markup("<br>".join(map(html.escape, escaped_lines(text))))
