"""`caldframe quality`: campaigns in, what is wrong with their data out."""

# ruff: noqa: PLC0415 - heavy rooms are imported when the command runs, not for --help
from __future__ import annotations

import textwrap
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from caldframe.cli.options import (
    SOURCES,
    base_url_option,
    engine_option,
    examples,
    json_option,
    sources_argument,
)
from caldframe.cli.output import records, show, show_json
from caldframe.cli.program import debug_option
from caldframe.display import counted, escape_text

if TYPE_CHECKING:
    import pandas as pd

_WIDTH: Final = 80
_INDENT: Final = "    "


@click.command(
    epilog=SOURCES
    + examples(
        "caldframe quality calls/",
        "caldframe quality response.json.gz --examples 20",
        "caldframe quality calls/ --region GB --json",
    ),
)
@sources_argument
@click.option(
    "--examples",
    "shown",
    type=click.IntRange(min=0),
    default=2,
    show_default=True,
    metavar="COUNT",
    help="How many call ids to show for each finding, at most.",
)
@click.option(
    "--region",
    metavar="COUNTRY",
    help="The country of numbers that are written without country code, US for example.",
)
@engine_option
@base_url_option
@json_option
@debug_option
def quality(  # noqa: PLR0913 - one an option
    *,
    sources: tuple[str, ...],
    shown: int,
    region: str | None,
    engine: str | None,
    base_url: str | None,
    as_json: bool,
) -> None:
    """Tell what is wrong with the data, and what to do about it.

    An error makes some number wrong. A warning leaves calls out of some numbers, or puts in doubt what they
    say. A note is odd and harms no number. Calls later than this computer's clock are in the future.
    """
    from caldframe.cli.sources import open_tables
    from caldframe.engine import count_rows
    from caldframe.frames import CampaignFrames
    from caldframe.metrics.quality import quality as find_out
    from caldframe.schema import TABLES

    frames = CampaignFrames(*open_tables(sources, list(TABLES), base_url=base_url, engine=engine))
    table = find_out(frames, now=datetime.now(UTC), examples=shown, region=region)
    if as_json:
        show_json([row | {"example_call_ids": list(ids)} for row, ids in _with_ids(table)])
        return
    show(_heading(table, calls=int(count_rows(frames.calls, ["campaign_id"]).rows.sum())))
    for row, ids in _with_ids(table):
        show("\n" + _told(row, ids))


def _with_ids(table: pd.DataFrame) -> list[tuple[dict[str, Any], tuple[str, ...]]]:
    return list(zip(records(table), table["example_call_ids"], strict=True))


def _heading(table: pd.DataFrame, *, calls: int) -> str:
    looked_at = counted(calls, "call")
    if table.empty:
        return f"Nothing was found to be wrong with {looked_at}."
    kinds = [
        counted(count, severity)
        for severity in ("error", "warning", "note")
        if (count := int(table["severity"].eq(severity).sum()))
    ]
    return f"What was found in {looked_at}: {', '.join(kinds)}"


def _told(row: dict[str, Any], ids: tuple[str, ...]) -> str:
    number = f"{row['count']:,} {row['unit'] if row['count'] != 1 else row['unit'].removesuffix('s')}"
    across = f" of {row['campaigns']:,} campaigns" if row["campaigns"] > 1 else ""
    lines = [
        escape_text(f"{row['severity']}: {row['finding']}, {number}{across}"),
        *_wrapped(f"{row['meaning']}."),
        *_wrapped(row["advice"]),
    ]
    if ids:
        lines += _wrapped(f"For example: {', '.join(ids)}")
    return "\n".join(lines)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        escape_text(text), _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT, break_on_hyphens=False
    )
