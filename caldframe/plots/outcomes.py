"""Charts of how calls ended: rates of results, the funnel, the ratios of the field."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.display import counted
from caldframe.plots.bars import Bar, Section, draw_bars
from caldframe.plots.colors import PLAIN_COLOR, color_of, text_color
from caldframe.plots.layout import (
    HOLLOW,
    axes_for,
    finish,
    font_size,
    ink,
    name_lines,
    nothing_to_show,
    percent_axis,
    put_legend,
    text_width,
)
from caldframe.plots.tables import FEW, by_words, find_groups, grouped_by, interval_words, short_label

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.axes import Axes

    from caldframe.plots.tables import Group

__all__ = ["contact_kpis", "funnel", "outcome_rates"]

_RATES: Final = ("result", "n", "total", "rate", "low", "high")
_FUNNEL: Final = (
    *("stage", "n"),
    *("previous", "of_previous", "of_previous_low", "of_previous_high"),
    *("placed", "of_placed", "of_placed_low", "of_placed_high"),
)
_KPIS: Final = ("kpi", "numerator", "denominator", "rate", "low", "high")
_NOT_SHARES: Final = (
    *("saturation", "calls_per_called_prospect", "calls_per_reached_prospect"),
    *("mean_length", "median_length", "talk_minutes"),
)
_KINDS: Final = {"completed": "completed call", "all": "call"}  # what rates are of, by outcome_rates' of=
_LEGEND_COLUMNS: Final = 4
_GAP: Final = 0.002  # of all calls, beside each part of a stacked bar that is hollow


def outcome_rates(table: pd.DataFrame, *, stacked: bool = False, ax: Axes | None = None) -> Axes:
    """Draw a table of `caldframe.outcome_rates`: a bar a result, with its interval and its count.

    A rate of fewer than 30 calls is a hollow bar.

    Parameters
    ----------
    table : pandas.DataFrame
        What `caldframe.outcome_rates` returned, or some of its rows. With groups, the bars of one result
        stand together, one a group.
    stacked : bool, default False
        Whether to draw one bar a group, of its results one after the other. It shows what a group is made
        of, and no intervals: to compare groups, leave it False.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure of fitting size.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into. A table without any call gives axes that say so.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    ConfigurationError
        If `table` is another table, has more than 20 groups, or `ax` is no Axes.

    See Also
    --------
    caldframe.outcome_rates : The table.

    Examples
    --------
    >>> import caldframe as cf
    >>> import pandas as pd
    >>> calls = pd.DataFrame({"result": ["pickedUp", "ivr"], "completed": True})
    >>> ax = cf.plots.outcome_rates(cf.outcome_rates(calls))
    >>> ax.get_title()
    'How calls ended'
    """
    by = grouped_by(table, _RATES, "outcome_rates")
    groups = find_groups(table, by)
    title = f"How calls ended{by_words(by)}"
    if not table["total"].any():
        return nothing_to_show(ax, title)
    words = _rate_words(table, grouped=bool(by))
    if stacked:
        axes = _draw_stacks(ax, groups)
        return finish(axes, title, words)
    sections = _sections(groups, "result", table["result"], _rate_bar)
    return finish(draw_bars(ax, sections), title, f"{words}\n(with {interval_words(table)})")


def funnel(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw a table of `caldframe.funnel`: a bar a stage, the share of all calls placed that got there.

    Behind each bar stand its counts, and which share it is of the stage before. A share of fewer than 30
    calls is a hollow bar.

    Parameters
    ----------
    table : pandas.DataFrame
        What `caldframe.funnel` returned, or some of its rows. With groups, the bars of one stage stand
        together, one a group.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure of fitting size.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into. A table without any call gives axes that say so.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    ConfigurationError
        If `table` is another table, has more than 20 groups, or `ax` is no Axes.

    See Also
    --------
    caldframe.funnel : The table.

    Examples
    --------
    >>> import caldframe as cf
    >>> import pandas as pd
    >>> calls = pd.DataFrame({"result": ["pickedUp", "ivr"], "completed": True})
    >>> ax = cf.plots.funnel(cf.funnel(calls))
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['placed', 'completed', 'answered', 'picked up']
    """
    by = grouped_by(table, _FUNNEL, "funnel")
    groups = find_groups(table, by)
    title = f"How far calls got{by_words(by)}"
    if not table["placed"].any():
        return nothing_to_show(ax, title)
    names = table["stage"].drop_duplicates().tolist()
    before = dict(zip(names[1:], names[:-1], strict=True))
    sections = _sections(groups, "stage", table["stage"], partial(_stage_bar, before=before))
    whole = "each group's calls" if by else f"{counted(table['placed'].iloc[0], 'call')} placed"
    turns = table.attrs.get("engaged_turns")
    engaged = f"\nengaged: the user spoke in {turns} turns or more" if turns and "engaged" in names else ""
    words = f"share of {whole} (with {interval_words(table)}){engaged}"
    return finish(draw_bars(ax, sections), title, words)


def contact_kpis(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw a table of `caldframe.contact_kpis`: a bar for each ratio that is a share, with its interval.

    Lengths, minutes and calls per prospect are no shares and are not drawn; nor are shares of a list whose
    size is not known. A share of fewer than 30 is a hollow bar.

    Parameters
    ----------
    table : pandas.DataFrame
        What `caldframe.contact_kpis` returned, or some of its rows. With groups, the bars of one ratio
        stand together, one a group.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure of fitting size.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into. A table without any share gives axes that say so.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    ConfigurationError
        If `table` is another table, has more than 20 groups, or `ax` is no Axes.

    See Also
    --------
    caldframe.contact_kpis : The table, and what each ratio divides.

    Examples
    --------
    >>> import caldframe as cf
    >>> calls = cf.load_campaign(
    ...     b'{"campaignId": "c", "calls": [{"callId": "k", "direction": "outbound", "completed": true}]}'
    ... ).calls
    >>> cf.plots.contact_kpis(cf.contact_kpis(calls)).get_title()
    'The ratios of the field'
    """
    by = grouped_by(table, _KPIS, "contact_kpis")
    groups = find_groups(table, by)
    title = f"The ratios of the field{by_words(by)}"
    known = table[~table["kpi"].isin(_NOT_SHARES) & (table["denominator"] > 0)]
    if known.empty:
        return nothing_to_show(ax, title)
    ratios = table.loc[table["kpi"].isin(known["kpi"]), "kpi"]
    sections = _sections(groups, "kpi", ratios, _kpi_bar)
    words = f"share of what stands behind each bar (with {interval_words(table)})"
    return finish(draw_bars(ax, sections), title, words)


def _sections(
    groups: Sequence[Group], column: str, values: pd.Series[Any], bar: Callable[[str, Mapping[Any, Any]], Bar]
) -> list[Section]:
    """Give a section for each value of a column, with a bar a group; without groups all bars are in one."""
    sections = []
    for value in values.drop_duplicates():
        name = _result_name(value) if column == "result" else _spaced(value)
        bars = [
            bar(group.label or name, row) for group in groups for row in _rows_of(group.rows, column, value)
        ]
        sections.append(Section(name, bars))
    if any(group.label for group in groups):
        return sections
    return [Section("", [bar for section in sections for bar in section.bars])]


def _rows_of(rows: pd.DataFrame, column: str, value: Any) -> list[dict[Any, Any]]:
    same = rows[column].isna() if pd.isna(value) else rows[column] == value
    return rows[same].to_dict("records")


def _result_name(result: Any) -> str:
    return "no result" if pd.isna(result) else short_label(str(result))


def _spaced(name: str) -> str:
    return short_label(name.replace("_", " "))


def _rate_bar(label: str, row: Mapping[Any, Any]) -> Bar:
    color = color_of([row["result"]])
    return Bar(label, row["rate"], row["low"], row["high"], row["n"], row["total"], color)


def _rate_words(table: pd.DataFrame, *, grouped: bool) -> str:
    of = table.attrs.get("of", "")
    kind, after = _KINDS.get(of, "call"), "" if of in _KINDS else " counted"
    whole = f"each group's {kind}s" if grouped else counted(table["total"].iloc[0], kind)
    return f"share of {whole}{after}"


def _stage_bar(label: str, row: Mapping[Any, Any], before: Mapping[str, str]) -> Bar:
    previous = before.get(row["stage"])
    note = f", {row['of_previous']:.1%} of {_spaced(previous)}" if previous and row["previous"] > 0 else ""
    # All calls placed were placed: that share is no estimate.
    estimated = row["stage"] != "placed"
    low, high = (row[f"of_placed_{end}"] if estimated else np.nan for end in ("low", "high"))
    return Bar(label, row["of_placed"], low, high, row["n"], row["placed"], PLAIN_COLOR, note)


def _kpi_bar(label: str, row: Mapping[Any, Any]) -> Bar:
    n = 0 if pd.isna(row["numerator"]) else int(row["numerator"])
    return Bar(label, row["rate"], row["low"], row["high"], n, row["denominator"], PLAIN_COLOR)


def _draw_stacks(ax: Any, groups: list[Group]) -> Axes:
    """Draw a bar a group, its results from left to right, and above them which colour is which."""
    parts: dict[str, Any] = {}
    results = [_result_name(result) for result in _results_that_occur(groups)]
    head = 0.42 * -(-len(results) // _LEGEND_COLUMNS) + 0.1
    axes = axes_for(ax, 1.1 + 0.45 * (len(groups) + head))
    size = font_size(axes, 1.6 * (len(groups) + head))
    for line, group in enumerate(groups):
        start = 0.0
        for row in group.rows[group.rows["n"] > 0].to_dict("records"):
            part = _draw_part(axes, line, start, row, size)
            parts.setdefault(_result_name(row["result"]), part)
            start += row["rate"]
    labels = [
        "\n".join(filter(None, [group.label, f"n = {group.rows['total'].iloc[0]:,}"])) for group in groups
    ]
    name_lines(axes, range(len(groups)), labels, size)
    axes.set_ylim(len(groups) - 0.4, -0.4 - head)
    axes.set_xlim(0, 1)
    percent_axis(axes.xaxis)
    order = _row_by_row(results)
    put_legend(
        axes,
        [parts[name] for name in order],
        order,
        loc="upper left",
        ncols=_LEGEND_COLUMNS,
        handlelength=1.2,
        borderaxespad=0.1,
    )
    return axes


def _results_that_occur(groups: list[Group]) -> list[Any]:
    rows = pd.concat([group.rows for group in groups])
    return [result for result in rows["result"].drop_duplicates() if any(_counts_of(rows, result))]


def _counts_of(rows: pd.DataFrame, result: Any) -> list[int]:
    return [row["n"] for row in _rows_of(rows, "result", result)]


def _row_by_row(names: list[str]) -> list[str]:
    """Order the names of a legend, which matplotlib fills column by column, so that rows can be read."""
    rows = -(-len(names) // _LEGEND_COLUMNS)
    whole = names + [""] * (rows * _LEGEND_COLUMNS - len(names))
    columns = [whole[start::_LEGEND_COLUMNS] for start in range(_LEGEND_COLUMNS)]
    return [name for column in columns for name in column if name]


def _draw_part(axes: Axes, line: float, start: float, row: Mapping[Any, Any], size: float) -> Any:
    """Draw one result of a stacked bar, with its rate inside where it fits."""
    color, solid = color_of([row["result"]]), row["total"] >= FEW
    gap = 0.0 if solid else min(_GAP, row["rate"] / 4)
    part = axes.barh(
        line,
        row["rate"] - 2 * gap,
        left=start + gap,
        height=0.76,
        color=color,
        edgecolor=axes.get_facecolor() if solid else color,
        linewidth=0.8 if solid else HOLLOW,
        fill=solid,
    )
    text = f"{row['rate']:.0%}"
    if row["rate"] > text_width(axes, len(text) + 1, size):
        inside = text_color(color) if solid else ink(axes)
        middle = start + row["rate"] / 2
        axes.text(middle, line, text, size=size, color=inside, ha="center", va="center_baseline")
    return part
