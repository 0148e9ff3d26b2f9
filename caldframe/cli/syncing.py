"""`caldframe sync`: campaign ids in, an archive brought up to date."""

# ruff: noqa: PLC0415 - heavy rooms are imported when the command runs, not for --help
from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Final, Literal

import click

from caldframe.cli.failing import name_failures
from caldframe.cli.options import ID, base_url_option, examples, json_option
from caldframe.cli.output import indented, records, say, show, show_json, show_table
from caldframe.cli.program import debug_option
from caldframe.display import counted
from caldframe.errors import DataProblemsWarning

if TYPE_CHECKING:
    from typing import TextIO

    import pandas as pd

_ACTIONS: Final = ("added", "updated", "unchanged", "skipped", "failed")
_SHOWN: Final = ["campaign_id", "status", "action", "calls", "new_calls", "changed_calls"]


@click.command(
    epilog=examples(
        "caldframe sync archive/ 66f0c0ffee0000000000000a",
        "caldframe sync archive/ --ids campaigns.txt",
        "caldframe sync s3://bucket/calls --ids - < campaigns.txt",
        "caldframe sync archive/ --history all",
    )
)
@click.argument("location", metavar="ARCHIVE")
@click.argument("ids", metavar="[ID]...", nargs=-1, type=ID)
@click.option(
    "--ids",
    "listed",
    type=click.File(encoding="utf-8-sig"),  # Windows begins a text with a mark
    metavar="FILE",
    help="Take ids from a file too, one a line; - is the standard input.",
)
@click.option(
    "--history",
    type=click.Choice(["latest", "all"]),
    default="latest",
    show_default=True,
    help="Keep the last response of each campaign, or every one.",
)
@click.option("--refresh", is_flag=True, help="Fetch campaigns that are over, too.")
@base_url_option
@json_option
@debug_option
def sync(  # noqa: PLR0913 - one an option
    *,
    location: str,
    ids: tuple[str, ...],
    listed: TextIO | None,
    history: Literal["latest", "all"],
    refresh: bool,
    base_url: str | None,
    as_json: bool,
) -> None:
    """Bring an archive of campaigns up to date.

    ARCHIVE is a folder, made if it is not there, or a URL (s3://, gs://, az://). An ID is a campaign's, as
    the dashboard shows it; without any, all campaigns in the archive are meant.

    Campaigns that are finished or cancelled, with no call pending, are skipped. The others are fetched, and
    what has changed is kept: the response as it was received, and the four tables. A campaign that cannot be
    had stops nothing; it is named, and the exit code is 1. A sync that is interrupted goes on next time.
    """
    from caldframe.archive import Archive

    wanted = [*ids, *_lines(listed)]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataProblemsWarning)
        table = Archive(location).sync(
            wanted if wanted or listed is not None else None,
            base_url=base_url,
            history=history,
            refresh=refresh,
        )
    if as_json:
        show_json(records(table))
    else:
        _show(table)
    for warning in caught:
        say(indented(f"Note: {warning.message}"))
    failed = table[table["action"] == "failed"]
    name_failures("synced", zip(failed["campaign_id"], failed["error"], strict=True), wanted=len(table))


def _lines(listed: TextIO | None) -> list[str]:
    try:
        lines = [] if listed is None else [line.strip() for line in listed]
    except UnicodeDecodeError:
        raise click.BadParameter("it is no text in UTF-8. Save it as that.", param_hint="--ids") from None
    return [line for line in lines if line and not line.startswith("#")]


def _show(table: pd.DataFrame) -> None:
    done = table[table["action"].isin(["added", "updated"])]
    if len(done):
        show_table(done[_SHOWN])
        show("")
    counts = table["action"].value_counts()
    parts = [f"{counts[action]:,} {action}" for action in _ACTIONS if action in counts]
    show(": ".join([counted(len(table), "campaign"), ", ".join(parts)]) if parts else "No campaign.")
