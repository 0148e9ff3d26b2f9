"""Colours and weights of terminal text."""

from __future__ import annotations

__all__ = ["styled"]


def styled(text: str, style: str) -> str:
    r"""Put a text between the codes that begin and end a style.

    Examples
    --------
    >>> styled("29.5%", "bold")
    '\x1b[1m29.5%\x1b[0m'
    """
    from rich.style import Style  # noqa: PLC0415 - slow to import, and needed on a terminal alone

    return Style.parse(style).render(text)
