"""`caldframe opt-outs`: calls in, the numbers whose owners want no more of them out."""

# ruff: noqa: PLC0415 - heavy rooms are imported when the command runs, not for --help
from __future__ import annotations

from typing import TYPE_CHECKING

import click

from caldframe.cli.options import (
    SOURCES,
    base_url_option,
    engine_option,
    examples,
    json_option,
    sources_argument,
)
from caldframe.cli.output import records, say, show, show_heading, show_json, show_table
from caldframe.cli.program import debug_option
from caldframe.display import counted

if TYPE_CHECKING:
    import pandas as pd


@click.command(
    "opt-outs",
    epilog=SOURCES
    + examples(
        "caldframe opt-outs calls/",
        "caldframe opt-outs calls/ --numbers > do-not-call.txt",
        "caldframe opt-outs calls/ --json",
    ),
)
@sources_argument
@click.option(
    "--numbers",
    "numbers_alone",
    is_flag=True,
    help="Write the numbers alone, one a line, in their normal form.",
)
@engine_option
@base_url_option
@json_option
@debug_option
def opt_outs(
    *,
    sources: tuple[str, ...],
    numbers_alone: bool,
    engine: str | None,
    base_url: str | None,
    as_json: bool,
) -> None:
    """List the numbers whose owners asked not to be called again.

    What people say is compared with patterns in English, Spanish, French and German. They miss some requests
    and take some other words for one: read the turns (--json has them whole), and do not take an empty list
    for proof that nobody asked. "since" is how often the number was called after the request.
    """
    from caldframe.cli.sources import read_tables
    from caldframe.engine import count_rows
    from caldframe.metrics.conversation import opt_out_numbers

    if numbers_alone and as_json:
        raise click.BadParameter("give --json or --numbers, not both.", param_hint="--numbers")
    calls, transcripts = read_tables(sources, ["calls", "transcripts"], base_url=base_url, engine=engine)
    table = opt_out_numbers(calls, transcripts)
    if as_json:
        show_json(records(table))
    elif numbers_alone:
        _show_numbers(table)
    elif table.empty:
        looked_at = int(count_rows(calls, ["campaign_id"]).rows.sum())
        show(f"Nobody was found to have asked, in {counted(looked_at, 'call')}.")
    else:
        show_heading(f"{counted(len(table), 'number')} to put on the do-not-call list, the last to ask first")
        show_table(_shown(table))


def _show_numbers(table: pd.DataFrame) -> None:
    from caldframe.phone import normal_forms

    forms = normal_forms(table["prospect_number"])
    unreadable = int(forms.isna().sum())
    if unreadable:
        say(f"Note: {counted(unreadable, 'number')} left out that are no telephone numbers; --json has them.")
    for number in forms.dropna().drop_duplicates():
        show(number)


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """Give the columns that fit a terminal."""
    shown = table[["prospect_number", "asked"]].rename(columns={"prospect_number": "number"})
    shown["last (UTC)"] = table["last_asked_at"].dt.strftime("%Y-%m-%d %H:%M")
    shown["since"] = table["called_since"]
    shown["phrase"] = table["phrase"]
    return shown
