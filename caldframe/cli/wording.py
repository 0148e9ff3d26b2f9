"""Errors in the words of the command line: its options and variables, where Python has arguments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

_PHRASES: Final[Mapping[str, str]] = {
    ", or pass api_key=": "",
    " or api_key=": "",
    "the key as api_key=": "the key as CALD_API_KEY",
    ", or pass allow_plain_http=True if you trust every machine on the way": "",
    "pass a Client with a higher max_response_bytes": "fetch it in Python, with a Client of a higher "
    "max_response_bytes",
    "Wait, or pass a Client with fewer max_workers": "Wait, then run it again",
    " s of time_budget": " s that a request may take",
    " and storage_options": "",
    "or None where": "or leave it out where",
    "results= names": "--outcome names",  # of `compare --lengths`; `lengths` checks its own before
    "Make one with sync()": "Make one with `caldframe sync`",
}
"""What errors advise to do in Python, and what to do on the command line instead."""

_WRITER: Final = re.compile(r"\bwith to_(?:parquet|csv)\b")
_BASE_URL: Final = re.compile(r"\bbase_url\b(?: \(or CALD_BASE_URL\))?")


def for_command_line(message: str, command: click.Command | None = None) -> str:
    """Put an error of the rooms below into the words of the command line.

    Parameters
    ----------
    message : str
        The error's message.
    command : click.Command, optional
        The command that met it, whose options are named in place of arguments.

    Returns
    -------
    str
        The message for who has typed the command.

    Examples
    --------
    >>> for_command_line("There is no API key. Set CALD_API_KEY, or pass api_key=.")
    'There is no API key. Set CALD_API_KEY.'
    """
    for said, instead in _PHRASES.items():
        message = message.replace(said, instead)
    message = _WRITER.sub("with `caldframe fetch`", message)
    message = _BASE_URL.sub("--base-url (or CALD_BASE_URL)", message)
    for option in [] if command is None else command.params:
        if isinstance(option, click.Option):
            argument = rf"(?<![\w-]){option.name}="
            message = re.sub(rf"{argument}(?:True\b|(?=[ .,]))", option.opts[0], message)
            message = re.sub(argument, f"{option.opts[0]}=", message)
    return message
