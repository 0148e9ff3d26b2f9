"""Results to standard output, as a table or as JSON; everything else to standard error."""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
import textwrap
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from caldframe.display import counted, escape_text, fit_encoding, table_text
from caldframe.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from caldframe.engine import Frame


def say(message: str, *, folded: bool = True) -> None:
    """Write a message to standard error; nothing in it can drive the terminal.

    Parameters
    ----------
    message : str
        What to say, of one line or several.
    folded : bool, default True
        Whether lines that are too long for a terminal are folded between words.
    """
    lines = [escape_text(line) for line in message.split("\n")]
    if folded and sys.stderr is not None and sys.stderr.isatty():
        lines = [_folded(line) for line in lines]
    click.echo("\n".join(lines), err=True)


def indented(message: str) -> str:
    """Set further lines in, so that text quoted from a server cannot pose as a message of ours."""
    return message.replace("\n", "\n  ")


def show(text: str) -> None:
    """Write text that is safe already to standard output.

    Raises
    ------
    ExportError
        If it is closed, or takes no more: what is missing would not be missed.
    """
    if sys.stdout is None:
        raise ExportError("The standard output is closed. Give the results a place: a terminal, a file or |.")
    try:
        click.echo(fit_encoding(text, sys.stdout.encoding))
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ExportError(
            f"The standard output cannot be written: {error.strerror or error}. Make room, or send the "
            "results elsewhere."
        ) from error


def show_heading(text: str) -> None:
    """Write a table's heading to standard output, on as many lines of 80 columns as it takes."""
    show(textwrap.fill(escape_text(text), 80) + "\n")


def show_table(frame: pd.DataFrame, *, groups: Sequence[str] = ()) -> None:
    """Write a table to standard output, fitted to the terminal, or to 80 columns where there is none."""
    show(table_text(frame, width=terminal_width(), color=wants_color(), groups=groups))


def terminal_width() -> int:
    """Give how many columns the terminal has, or 80 where there is none."""
    return shutil.get_terminal_size((80, 24)).columns


def is_screen() -> bool:
    """Tell whether standard output is a terminal on which text can be drawn over."""
    return sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def wants_color() -> bool:
    """Tell whether standard output is a terminal whose user has nothing against colours."""
    return is_screen() and not os.environ.get("NO_COLOR")


def show_json(value: object) -> None:
    """Write JSON to standard output: ASCII, so that no text in it can drive a terminal."""
    show(json.dumps(value, indent=2, allow_nan=False))


def show_files(directory: Path, files: list[Path]) -> None:
    """Write the names of new files to standard output, a line for each format."""
    show(escape_text(f"Written to {directory}:"))
    for suffix in dict.fromkeys(file.suffix for file in files):
        show("  " + "  ".join(file.name for file in files if file.suffix == suffix))


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn a table into one JSON object a row: ISO-8601 times, null for everything that is absent."""
    present = frame.astype("object").where(frame.notna(), None)
    return [{str(name): _plain(value) for name, value in row.items()} for row in present.to_dict("records")]


def note_problems(problems: Frame) -> None:
    """Say on standard error what in the data did not fit, if anything did not."""
    from caldframe.engine import count_rows  # noqa: PLC0415 - not needed for --help

    counts = count_rows(problems, ["problem"])
    if not counts.rows.any():
        return
    kinds = sorted(zip(-counts.rows, counts.keys["problem"], strict=True))
    say(
        f"Note: {counted(counts.rows.sum(), 'problem')} in the data ("
        + ", ".join(f"{-count:,} {kind}" for count, kind in kinds)
        + "); the problems table says which and where."
    )


def _folded(line: str) -> str:
    """Fold a line; what follows is set in, so that no part of it can pose as a message of ours either."""
    indent = line[: len(line) - len(line.lstrip())] + "  "
    return textwrap.fill(
        line, terminal_width(), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _plain(value: object) -> str | float | bool | None:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int)):
        return value
    return str(value)
