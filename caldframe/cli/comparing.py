"""`caldframe compare`: calls in, groups of them beside one another out."""

# ruff: noqa: PLC0415 - heavy rooms are imported when the command runs, not for --help
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

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

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from caldframe.engine import Frame

_LEAST_SHOWN: Final = 0.0001


@click.command(
    epilog=SOURCES
    + examples(
        "caldframe compare calls/ --by agent_id",
        "caldframe compare calls/ --by from_number --baseline +12025550101",
        "caldframe compare calls/ --by agent_id --outcome voicemail --json",
        "caldframe compare calls/ --by list_id --lengths",
    ),
)
@sources_argument
@click.option(
    "--by",
    metavar="COLUMN",
    multiple=True,
    required=True,
    help="Compare the values of this column of the calls; may be repeated.",
)
@click.option(
    "--baseline",
    metavar="VALUE",
    multiple=True,
    help="Compare with the group that has this value, instead of each with the rest; once for each --by.",
)
@click.option(
    "--outcome",
    metavar="RESULT",
    default="pickedUp",
    show_default=True,
    help="The result that is compared, or for --lengths the calls that are.",
)
@click.option("--lengths", is_flag=True, help="Compare how long calls lasted instead of how they ended.")
@confidence_option
@engine_option
@base_url_option
@json_option
@debug_option
def compare(  # noqa: PLR0913 - one an option
    *,
    sources: tuple[str, ...],
    by: tuple[str, ...],
    baseline: tuple[str, ...],
    outcome: str,
    lengths: bool,
    confidence: float,
    engine: str | None,
    base_url: str | None,
    as_json: bool,
) -> None:
    """Compare how groups of calls ended, or how long they lasted.

    A difference comes with its interval and with p, the probability of one at least as large if the groups
    were alike, adjusted for how many are compared. Groups that were not drawn by lot may differ for other
    reasons than what they are called. --json has more columns than the table.
    """
    from caldframe.cli.sources import read_calls
    from caldframe.metrics.compare import compare_lengths, compare_outcomes

    calls = read_calls(sources, base_url=base_url, engine=engine)
    group = _baseline_of(calls, by, baseline)
    if lengths:
        table = compare_lengths(calls, list(by), baseline=group, results=outcome, confidence=confidence)
    else:
        table = compare_outcomes(calls, list(by), outcome=outcome, baseline=group, confidence=confidence)
    if as_json:
        show_json(records(table))
        return
    beside = f"beside {', '.join(baseline)}" if baseline else "beside the rest"
    measured = (
        f"How long {outcome} calls lasted, {beside}: medians and their difference in seconds"
        if lengths
        else f"{outcome} of completed calls, {beside}: rates and their difference in points"
    )
    about = " longer: the chance that a call of the group is the longer one." if lengths else ""
    show_heading(f"{measured} with {100 * confidence:g}% intervals; p adjusted for all rows.{about}")
    show_table(_shown(table, by, lengths=lengths))


def _baseline_of(calls: Frame, by: Sequence[str], texts: Sequence[str]) -> Any:
    """Find the values that look like what was typed; what looks like none is for the metric to refuse."""
    from caldframe.engine import check_columns, count_rows

    check_columns(calls, by)
    if not texts:
        return None
    if len(texts) != len(by):
        raise click.BadParameter(
            f"give one value for each --by: {len(by)}, not {len(texts)}.", param_hint="--baseline"
        )
    values = []
    for name, text in zip(by, texts, strict=True):
        there = count_rows(calls, [name]).keys[name].dropna()
        found = [value for value in there if str(value) == text]
        values.append(found[0] if found else text)
    return tuple(values) if len(values) > 1 else values[0]


def _shown(table: pd.DataFrame, by: Sequence[str], *, lengths: bool) -> pd.DataFrame:
    """Give the columns that fit a terminal, under names that say their units."""
    shown = table[list(by)].copy()
    shown["calls"] = table["n" if lengths else "total"]
    for name in ("median",) if lengths else ("rate",):
        shown[name] = table[name]
    unit, factor = ("seconds", 1) if lengths else ("points", 100)
    shown[unit] = factor * table["difference"]
    shown[f"{unit}_low"], shown[f"{unit}_high"] = factor * table["low"], factor * table["high"]
    if lengths:
        shown["longer"] = table["longer"]
    shown["p"] = table["p_adjusted"].map(_p_value, na_action="ignore").astype("str")
    return shown


def _p_value(probability: float) -> str:
    return f"<{_LEAST_SHOWN}" if probability < _LEAST_SHOWN else f"{probability:.4f}"
