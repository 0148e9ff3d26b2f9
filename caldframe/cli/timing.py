"""`caldframe hours`: calls in, the pick-up rate by weekday and hour out."""

# ruff: noqa: PLC0415 - heavy rooms are imported when the command runs, not for --help
from __future__ import annotations

from typing import TYPE_CHECKING

import click

from caldframe.cli.options import (
    SOURCES,
    base_url_option,
    confidence_option,
    engine_option,
    examples,
    json_option,
    sources_argument,
)
from caldframe.cli.output import records, say, show_heading, show_json, show_table
from caldframe.cli.program import debug_option

if TYPE_CHECKING:
    import pandas as pd


@click.command(
    epilog=SOURCES
    + examples(
        "caldframe hours calls/ --tz prospect",
        "caldframe hours calls/ --tz America/New_York --by hour",
        "caldframe hours calls/ --tz prospect --by agent_id --by hour --json",
    ),
)
@sources_argument
@click.option(
    "--tz",
    metavar="ZONE",
    default="UTC",
    show_default=True,
    help="The time zone whose hours are meant, as America/New_York; or prospect, that of each number.",
)
@click.option(
    "--by",
    metavar="COLUMN",
    multiple=True,
    default=("weekday", "hour"),
    show_default=True,
    help="Count by weekday, hour, or a column of the calls; may be repeated.",
)
@click.option(
    "--outcome",
    metavar="RESULT",
    default="pickedUp",
    show_default=True,
    help="The result that counts as success.",
)
@confidence_option
@engine_option
@base_url_option
@json_option
@debug_option
def hours(  # noqa: PLR0913 - one an option
    *,
    sources: tuple[str, ...],
    tz: str,
    by: tuple[str, ...],
    outcome: str,
    confidence: float,
    engine: str | None,
    base_url: str | None,
    as_json: bool,
) -> None:
    """Tell at which hours calls are picked up.

    Rates are of completed outbound calls. The last column draws each rate towards the others, the more so
    the fewer calls it has: rank hours by that one, for of many hours with few calls the best rate is mostly
    luck. A dash for the hour means that the local time is not known.
    """
    from caldframe.cli.sources import read_calls
    from caldframe.metrics.timing import pickup_by_hour

    calls = read_calls(sources, base_url=base_url, engine=engine)
    table = pickup_by_hour(calls, tz=tz, by=list(by), outcome=outcome, confidence=confidence)
    if as_json:
        show_json(records(table))
        return
    where = "the prospect's own time" if tz == "prospect" else tz
    show_heading(
        f"{outcome} by the clock of {where}: rates of completed outbound calls "
        f"with {100 * confidence:g}% intervals"
    )
    show_table(_shown(table), groups=by[:-1])
    if table["n"].gt(0).sum() > 1 and table.attrs["prior_strength"] == float("inf"):
        say("Note: these rates lie no further apart than chance puts them; no row is shown to be better.")


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """Give the columns that a terminal shows, under names that need no explanation."""
    shrunk = table["shrunk"].map("{:.1%}".format, na_action="ignore").astype("str")
    return table.drop(columns=["picked_up", "shrunk"]).rename(columns={"n": "calls"}).assign(shrunk=shrunk)
