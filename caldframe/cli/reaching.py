"""`caldframe reach`: calls in, what part of the prospects each attempt reaches out."""

# ruff: noqa: PLC0415 - heavy rooms are imported when the command runs, not for --help
from __future__ import annotations

from typing import TYPE_CHECKING, Final

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
from caldframe.display import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

_DAY: Final = 24
_SHOWN_IN_DAYS: Final = 3 * _DAY
_FEWEST_WITH_GAP: Final = 2


@click.command(
    epilog=SOURCES
    + examples(
        "caldframe reach calls/",
        "caldframe reach calls/ --by-gap --max-attempts 5",
        "caldframe reach calls/ --by list_id --json",
    ),
)
@sources_argument
@click.option(
    "--by",
    metavar="COLUMN",
    multiple=True,
    help="Count prospects apart by this column of their first attempt; may be repeated.",
)
@click.option(
    "--by-gap", is_flag=True, help="Tell each attempt apart by how long after the previous one it came."
)
@click.option(
    "--outcome",
    metavar="RESULT",
    default="pickedUp",
    show_default=True,
    help="The result of a call that counts as reached.",
)
@click.option(
    "--max-attempts",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    metavar="COUNT",
    help="The last attempt to show.",
)
@confidence_option
@engine_option
@base_url_option
@json_option
@debug_option
def reach(  # noqa: PLR0913 - one an option
    *,
    sources: tuple[str, ...],
    by: tuple[str, ...],
    by_gap: bool,
    outcome: str,
    max_attempts: int,
    confidence: float,
    engine: str | None,
    base_url: str | None,
    as_json: bool,
) -> None:
    """Tell how many attempts it takes to reach prospects.

    An attempt is a completed outbound call to a prospect not reached before. The hazard is the part of
    those at risk whom the attempt reaches; reach is the part reached so far, if those who were not tried
    again would be reached as the others were, and observed is the least that it could be: if none would.
    """
    from caldframe.cli.sources import read_calls
    from caldframe.metrics.reach import reach_by_gap, reach_curve

    if by_gap and max_attempts < _FEWEST_WITH_GAP:
        raise click.BadParameter(
            "the second attempt is the first that follows on another.", param_hint="--max-attempts"
        )
    calls = read_calls(sources, base_url=base_url, engine=engine)
    measure = reach_by_gap if by_gap else reach_curve
    table = measure(
        calls, list(by) or None, outcome=outcome, max_attempts=max_attempts, confidence=confidence
    )
    if table.attrs["left_out"]:
        say(
            f"Note: {counted(table.attrs['left_out'], 'completed outbound call')} left out: no number, or "
            "no time of one of the prospect's calls."
        )
    if as_json:
        show_json(records(table))
        return
    what = "by the time since the previous attempt" if by_gap else "by attempt"
    show_heading(f"Prospects reached ({outcome}) {what}, with {100 * confidence:g}% intervals")
    if by_gap:
        show_table(_gaps_shown(table, by), groups=[*by, "attempt"])
    else:
        show_table(table.drop(columns=["censored", "observed"] if by else ["censored"]), groups=by)


def _gaps_shown(table: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Give the gaps in words, those without anybody left out where there are others."""
    waited = table[table["at_risk"] > 0]
    shown = table if waited.empty else waited
    gaps = [_gap(left, right) for left, right in zip(shown["left"], shown["right"], strict=True)]
    shown = shown.assign(gap=gaps)
    numbers = ["at_risk", "reached", "hazard", "hazard_low", "hazard_high"]
    return shown[[*by, "attempt", "gap", *numbers]]


def _gap(left: float, right: float) -> str:
    if right == float("inf"):
        return f"{' '.join(_duration(left))} or more"
    (from_, unit), (until, last_unit) = _duration(left), _duration(right)
    if not left:
        return f"under {until} {last_unit}"
    return f"{from_} to {until} {unit}" if unit == last_unit else f"{from_} {unit} to {until} {last_unit}"


def _duration(hours: float) -> tuple[str, str]:
    if hours >= _SHOWN_IN_DAYS and hours % _DAY == 0:
        return f"{hours / _DAY:g}", "days"
    return f"{hours:g}", "hours"
