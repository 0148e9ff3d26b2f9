"""Write docs/commands.md from the command line itself, so that the two cannot differ.

Run it after a change of the commands: python docs/make_commands.py
"""
# ruff: noqa: INP001 - a script, not part of a package

from __future__ import annotations

from pathlib import Path

import click
from click.testing import CliRunner

from caldframe.cli import main

COMMANDS = Path(__file__).with_name("commands.md")

_WIDTH = 78  # what click takes of the 80 columns of a terminal that does not say how wide it is

OPENING = """\
# Commands

What each command says of itself with `--help`, or `-h`. [The command line](command-line.md) tells how to
follow a campaign, how to complete commands with the tab key, and what scripts can rely on.

This page is made from the program by `docs/make_commands.py`."""


def commands_page() -> str:
    """Give the help of the program and of every command, as Markdown."""
    parts = [OPENING, "## caldframe", _help([])]
    for name in main.list_commands(click.Context(main)):
        parts += [f"## caldframe {name}", _help([name])]
    return "\n\n".join(parts) + "\n"


def _help(command: list[str]) -> str:
    arguments = [*command, "--help"]
    shown = CliRunner().invoke(main, arguments, prog_name="caldframe", terminal_width=_WIDTH)
    return f"```console\n$ {' '.join(['caldframe', *arguments])}\n{shown.output}```"


if __name__ == "__main__":
    COMMANDS.write_text(commands_page(), encoding="utf-8", newline="\n")
