"""Campaigns that could not be had: each is named, and the exit code says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from caldframe.cli.output import indented, say
from caldframe.cli.program import FAILED
from caldframe.cli.wording import for_command_line
from caldframe.display import counted

if TYPE_CHECKING:
    from collections.abc import Iterable


def name_failures(done: str, failures: Iterable[tuple[str, str]], *, wanted: int) -> None:
    """Name campaigns that failed, those that failed alike together, and leave if there are any.

    Parameters
    ----------
    done : str
        What was to be done with them: fetched, synced.
    failures : iterable of (str, str)
        Each campaign that failed, and why.
    wanted : int
        How many campaigns were asked for.
    """
    alike: dict[str, list[str]] = {}
    for campaign, message in failures:
        alike.setdefault(message, []).append(campaign)
    if not alike:
        return
    for message, campaigns in alike.items():
        everyone = len(campaigns) == wanted > 1
        names = f"all {wanted:,} campaigns" if everyone else ", ".join(campaigns)
        say(indented(f"Not {done}: {names}: {for_command_line(message)}"))
    failed = sum(map(len, alike.values()))
    say(f"Error: {failed:,} of {counted(wanted, 'campaign')} could not be {done}.")
    click.get_current_context().exit(FAILED)
