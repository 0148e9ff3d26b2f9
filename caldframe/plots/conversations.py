"""Charts of what was said: who says how much, where calls end, and which words set groups apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from caldframe.display import counted
from caldframe.engine import check_whole
from caldframe.plots.colors import PLAIN_COLOR, line_style
from caldframe.plots.estimates import draw_estimates, limit_shares, shift_of
from caldframe.plots.forest import ForestLine, ForestSection, draw_forest
from caldframe.plots.layout import (
    axes_for,
    finish,
    ink,
    nothing_to_show,
    percent_axis,
    put_legend,
)
from caldframe.plots.tables import (
    FEW,
    MOST_LINES,
    by_words,
    check_choice,
    check_table,
    find_groups,
    grouped_by,
    interval_words,
    short_label,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from caldframe.plots.tables import Group

__all__ = ["distinctive_terms", "drop_off", "talk_metrics"]

_TALK: Final = (
    *("campaign_id", "call_id", "turns", "user_turns", "assistant_turns"),
    *("words", "user_words", "assistant_words", "word_share"),
)
_DROP_OFF: Final = (
    *("turn", "calls", "at_risk", "share", "low", "high"),
    *("ended", "hazard", "hazard_low", "hazard_high", "last_user", "last_assistant"),
)
_TERMS: Final = (
    *("group", "term", "n", "words", "rate", "other_n", "other_words", "other_rate"),
    *("log_odds", "low", "high", "z"),
)
_WHAT: Final = {
    "share": ("How many turns calls last", "share of calls that get so far", ("share", "low", "high")),
    "hazard": (
        "Where calls end",
        "share of those that got so far",
        ("hazard", "hazard_low", "hazard_high"),
    ),
}
_MANY_TURNS: Final = 25  # more have no room for a mark each
_MANY_CALLS: Final = 500  # more are smaller and fainter marks
_DOWN: Final = 0.3
_PAIR: Final = 2


def talk_metrics(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw a table of `caldframe.talk_metrics`: a mark for each call, by its words and the assistant's part.

    Above the line at 50% the assistant said more, below it the user. Calls without a word are not drawn.

    Parameters
    ----------
    table : pandas.DataFrame
        What `caldframe.talk_metrics` returned, or some of its rows, such as those of the picked-up calls.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure of fitting size.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into. A table without any word gives axes that say so.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    ConfigurationError
        If `table` is another table, or `ax` is no Axes.

    See Also
    --------
    caldframe.talk_metrics : The table, and why it counts words and not time.

    Examples
    --------
    >>> import caldframe as cf
    >>> import pandas as pd
    >>> transcripts = pd.DataFrame(
    ...     {
    ...         "campaign_id": "c1",
    ...         "call_id": "k1",
    ...         "turn": [0, 1],
    ...         "role": ["assistant", "user"],
    ...         "content": ["Do you have a minute?", "Not now."],
    ...     }
    ... )
    >>> ax = cf.plots.talk_metrics(cf.talk_metrics(transcripts))
    >>> ax.get_title()
    'Who says how much'
    """
    check_table(table, _TALK, "talk_metrics", of="transcripts")
    title = "Who says how much"
    spoken = table[table["words"].gt(0).fillna(value=False).to_numpy(dtype=np.bool_)]
    if spoken.empty:
        return nothing_to_show(ax, title, "no words to show")
    axes = axes_for(ax, 3.8)
    many = len(spoken) > _MANY_CALLS
    axes.axhline(0.5, color=ink(axes), linewidth=0.8, linestyle=(0, (1, 3)))
    axes.plot(
        spoken["words"].to_numpy(dtype=np.float64),
        spoken["word_share"].to_numpy(dtype=np.float64),
        linestyle="none",
        marker="o",
        markersize=3 if many else 5,
        color=PLAIN_COLOR,
        markeredgewidth=0,
        alpha=0.3 if many else 0.6,
    )
    _number_words(axes)
    axes.set_ylim(-0.03, 1.03)
    percent_axis(axes.yaxis)
    silent = len(table) - len(spoken)
    without = (
        f"; {counted(silent, 'call')} without a word {'is' if silent == 1 else 'are'} left out"
        if silent
        else ""
    )
    words = f"words of both sides, on a logarithmic axis\nn = {counted(len(spoken), 'call')}{without}"
    return finish(axes, title, words, "the assistant's share of the words")


def drop_off(
    table: pd.DataFrame, *, show: Literal["share", "hazard"] = "share", ax: Axes | None = None
) -> Axes:
    """Draw a table of `caldframe.drop_off`: how many calls get to each turn, or end at it, with intervals.

    A point of fewer than 30 calls that got so far is hollow. Where there are more than 25 turns the
    intervals of the shares are bands, and no points are drawn.

    Parameters
    ----------
    table : pandas.DataFrame
        What `caldframe.drop_off` returned, or some of its rows. With groups, each has a line of its own.
    show : {"share", "hazard"}, default "share"
        Whether to draw the share of all calls that get to each turn, or of those that got there the share
        that ends at it, which says where to read.
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
        If `table` is another table, has more than 8 groups, `show` is neither, or `ax` is no Axes.

    See Also
    --------
    caldframe.drop_off : The table, and when it misleads.

    Examples
    --------
    >>> import caldframe as cf
    >>> import pandas as pd
    >>> transcripts = pd.DataFrame(
    ...     {
    ...         "campaign_id": "c1",
    ...         "call_id": ["k1", "k1", "k2"],
    ...         "turn": [0, 1, 0],
    ...         "role": ["assistant", "user", "assistant"],
    ...         "content": ["Hello!", "Not now.", "Hello!"],
    ...     }
    ... )
    >>> ax = cf.plots.drop_off(cf.drop_off(transcripts))
    >>> ax.get_title()
    'How many turns calls last'
    """
    check_choice("show", show, tuple(_WHAT))
    by = grouped_by(table, _DROP_OFF, "drop_off", of="transcripts, calls")
    groups = find_groups(table, by, MOST_LINES)
    what, y, names = _WHAT[show]
    title = f"{what}{by_words(by)}"
    if not table["calls"].any():
        return nothing_to_show(ax, title)
    axes = axes_for(ax, 3.8)
    many = table["turn"].max() > _MANY_TURNS
    lines, labels = [], []
    for place, group in enumerate(groups):
        rows = group.rows[group.rows["calls" if show == "share" else "at_risk"] > 0]
        style = line_style(place)
        if many and show == "share":
            low, middle, high = (rows[name].to_numpy(dtype=np.float64) for name in ("low", "share", "high"))
            axes.fill_between(rows["turn"], low, high, color=style.color, alpha=0.15, linewidth=0)
            lines += axes.plot(rows["turn"], middle, color=style.color, linestyle=style.dashes, linewidth=1.8)
        else:
            places = rows["turn"] + shift_of(place, len(groups), 0.1)
            lines.append(draw_estimates(axes, rows, places, names, style))
        labels.append(f"{group.label} ({counted(int(group.rows['calls'].max()), 'call')})")
    # A curve that has come down leaves room for the legend.
    ends = table.loc[table["turn"] == table["turn"].max(), "share"]
    is_down = show == "share" and ends.max() < _DOWN
    limit_shares(axes, table[[names[0], names[2]]], len(lines) if by and not is_down else 0)
    axes.set_xlim(0.5, table["turn"].max() + 0.5)
    axes.locator_params(axis="x", integer=True)
    if by:
        put_legend(axes, lines, labels, loc="upper right")
    whole = sum(int(group.rows["calls"].max()) for group in groups)
    return finish(axes, title, f"turn\nn = {counted(whole, 'call')} (with {interval_words(table)})", y)


def distinctive_terms(table: pd.DataFrame, *, terms: int = 10, ax: Axes | None = None) -> Axes:
    """Draw a table of `caldframe.distinctive_terms`: the terms that set each group apart, and how much.

    Of two groups, those of both sides stand on one scale; of more, each group's own. A term that is used
    fewer than 30 times in all is hollow.

    Parameters
    ----------
    table : pandas.DataFrame
        What `caldframe.distinctive_terms` returned, or some of its rows.
    terms : int, default 10
        How many terms of each group to draw at most: those with the largest z.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure of fitting size.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into. A table without any term that sets a group apart gives axes that say so.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    ConfigurationError
        If `table` is another table, has more than 8 groups, `terms` is not 1 or more, or `ax` is no Axes.

    See Also
    --------
    caldframe.distinctive_terms : The table, and why to read where a term is used.

    Examples
    --------
    >>> import caldframe as cf
    >>> import pandas as pd
    >>> transcripts = pd.DataFrame(
    ...     {
    ...         "role": ["assistant", "user", "assistant", "user"],
    ...         "content": ["Do you have a minute?", "No, no.", "A minute, please!", "Not now, no."],
    ...     }
    ... )
    >>> ax = cf.plots.distinctive_terms(cf.distinctive_terms(transcripts, "role"), terms=2)
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['a', 'minute', 'no', 'not']
    """
    number = check_whole("terms", terms)
    check_table(table, _TERMS, "distinctive_terms", of="transcripts, groups")
    title = "Terms that set groups apart"
    groups = find_groups(table, ["group"], MOST_LINES)
    sections = [section for section in _sections(groups, number) if section.lines]
    if not sections:
        return nothing_to_show(ax, title, "no terms to show")
    axes = draw_forest(ax, sections, ["n", "other n"], tall=0.25)
    role = table.attrs.get("role")
    whose = f"words of the {short_label(str(role))}" if role else "words of both sides"
    beside = (
        f" in {groups[0].label}, beside {groups[1].label}" if len(groups) == _PAIR else " beside all others"
    )
    words = f"log-odds of the term{beside}\n({whose}, with {interval_words(table)})"
    return finish(axes, title, words)


def _number_words(axes: Axes) -> None:
    """Make the axis logarithmic, with round numbers at 1, 2, 5, 10, 20, 50 and so on."""
    axes.set_xscale("log")
    least, most = axes.get_xlim()
    powers = range(int(np.floor(np.log10(least))), int(np.ceil(np.log10(most))))
    round_numbers = [step * 10.0**power for power in powers for step in (1, 2, 5)]
    axes.set_xticks([number for number in round_numbers if least <= number <= most])
    axes.set_xticks([], minor=True)
    axes.xaxis.set_major_formatter("{x:,g}")


def _sections(groups: list[Group], terms: int) -> list[ForestSection]:
    """Give each group's own terms; of two groups both on the scale of the first."""
    sections = []
    for place, group in enumerate(groups):
        pair = len(groups) == _PAIR
        rows = (groups[0] if pair else group).rows.sort_values(
            "z", ascending=pair and place == 1, kind="stable"
        )
        own = rows[rows["z"] < 0 if pair and place == 1 else rows["z"] > 0].head(terms)
        color = line_style(place, group.rows["group"].iloc[0]).color
        lines = [_term_line(row, color, turned=pair and place == 1) for row in own.to_dict("records")]
        sections.append(ForestSection(f"more in {group.label}", lines))
    return sections


def _term_line(row: dict[Any, Any], color: str, *, turned: bool) -> ForestLine:
    """Give a term's line; its own count comes first, also where it is that of the other group."""
    counts = [f"{row['n']:,}", f"{row['other_n']:,}"]
    few = row["n"] + row["other_n"] < FEW
    ends = row["log_odds"], row["low"], row["high"]
    label = short_label(str(row["term"]))
    return ForestLine(label, *ends, few=few, color=color, texts=counts[::-1] if turned else counts)
