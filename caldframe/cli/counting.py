"""`caldframe outcomes` and `caldframe lengths`: calls in, a table of numbers out."""

# ruff: noqa: PLC0415 - heavy rooms are imported when the command runs, not for --help
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

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
from caldframe.cli.output import records, show_heading, show_json, show_table
from caldframe.cli.program import debug_option
from caldframe.display import escape_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from caldframe.engine import Frame

_LENGTHS_SHOWN: Final = ["n", "mean", "p50", "median_low", "median_high", "p90", "max"]


def _counting(command: Any) -> Any:
    """Give a command the argument and the options that all counting shares."""
    for decorate in (
        debug_option,
        json_option,
        base_url_option,
        engine_option,
        confidence_option,
        click.option(
            "--by",
            metavar="COLUMN",
            multiple=True,
            help="Count each value of this column of the calls apart; may be repeated.",
        ),
        sources_argument,
    ):
        command = decorate(command)
    return command


@click.command(
    epilog=SOURCES
    + examples(
        "caldframe outcomes calls/",
        "caldframe outcomes calls/ --by agent_id --confidence 0.99",
        "caldframe outcomes response.json.gz --of all",
        "caldframe outcomes 66f0c0ffee0000000000000a --json",
    ),
)
@click.option(
    "--of",
    type=click.Choice(["completed", "all"]),
    default="completed",
    show_default=True,
    help="The calls that a rate is of.",
)
@_counting
def outcomes(  # noqa: PLR0913 - one an option
    *,
    sources: tuple[str, ...],
    by: tuple[str, ...],
    of: Literal["completed", "all"],
    confidence: float,
    engine: str | None,
    base_url: str | None,
    as_json: bool,
) -> None:
    """Count how calls ended, each rate with its interval.

    A rate is of the completed calls, for a call that is still pending has not failed; --of all makes it
    one of all calls. Intervals are Wilson score intervals.
    """
    from caldframe.cli.sources import read_calls
    from caldframe.metrics.outcomes import outcome_rates

    calls = read_calls(sources, base_url=base_url, engine=engine)
    table = outcome_rates(calls, by=list(by) or None, of=of, confidence=confidence)
    if as_json:
        show_json(records(table))
    else:
        show_heading(f"How calls ended: rates of {of} calls with {100 * confidence:g}% intervals")
        show_table(table, groups=by)


@click.command(
    epilog=SOURCES
    + examples(
        "caldframe lengths calls/",
        "caldframe lengths calls/ --by agent_id --json",
        "caldframe lengths calls/ --result pickedUp --result voicemail",
    ),
)
@click.option(
    "--result",
    "results",
    metavar="RESULT",
    multiple=True,
    default=("pickedUp",),
    show_default=True,
    help="Measure calls with this result; may be repeated.",
)
@_counting
def lengths(  # noqa: PLR0913 - one an option
    *,
    sources: tuple[str, ...],
    by: tuple[str, ...],
    results: tuple[str, ...],
    confidence: float,
    engine: str | None,
    base_url: str | None,
    as_json: bool,
) -> None:
    """Sum up how long calls lasted, in seconds.

    The mean, exact quantiles (p50 is the median), the longest and the total, of the calls that were picked
    up unless --result says otherwise. The interval of the median makes no assumption about how lengths are
    distributed. With --by the table leaves some columns out to fit a terminal; --json has all of them.
    """
    from caldframe.cli.sources import read_calls
    from caldframe.metrics.lengths import length_summary

    calls = read_calls(sources, base_url=base_url, engine=engine)
    _refuse_unknown(results, calls)
    table = length_summary(calls, by=list(by) or None, results=results, confidence=confidence)
    if as_json:
        show_json(records(table))
    else:
        measured = f"{table['n'].sum():,} calls ({', '.join(results)})"
        show_heading(f"How long {measured} lasted, in seconds; median with {100 * confidence:g}% interval")
        show_lengths(table, by)


def show_lengths(table: pd.DataFrame, by: Sequence[str]) -> None:
    """Write a table of call lengths: a line a number, or a line a group with the numbers that fit."""
    if by:
        show_table(table[[*by, *_LENGTHS_SHOWN]])
        return
    numbers = table.drop(columns="n").iloc[0].astype("float64")
    show_table(numbers.rename("seconds").rename_axis("statistic").reset_index())


def _refuse_unknown(results: tuple[str, ...], calls: Frame) -> None:
    from caldframe.engine import count_rows
    from caldframe.schema import RESULTS

    if set(results) <= set(RESULTS):
        return
    known = dict.fromkeys([*RESULTS, *sorted(count_rows(calls, ["result"]).keys["result"].dropna())])
    for result in results:
        if result not in known:
            choices = escape_text(", ".join(known))
            raise click.BadParameter(
                f"no call has the result {result!r}. Choose from {choices}.", param_hint="--result"
            )
