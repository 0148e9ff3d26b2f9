"""Tables as terminal text: aligned, fitted to a width, and nothing in the data can drive the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len

from caldframe.display.escaping import DASH, EIGHTHS, escape_text
from caldframe.display.folding import folded
from caldframe.display.styles import styled
from caldframe.display.wording import short_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

__all__ = ["table_text"]

_INTERVALS: Final = {
    "rate": ("low", "high"),
    "p50": ("median_low", "median_high"),
    "points": ("points_low", "points_high"),
    "seconds": ("seconds_low", "seconds_high"),
    "hazard": ("hazard_low", "hazard_high"),
    "reach": ("low", "high"),
}
_PERCENTAGES: Final = (
    *("rate", "low", "high", "share", "cumulative", "longer"),
    *("hazard", "hazard_low", "hazard_high", "reach", "observed"),
)

_GAP: Final = 2
_LONGEST_TEXT: Final = 120
_NARROWEST_TEXT: Final = 8
_NARROWEST_BAR: Final = 6
_WIDEST_BAR: Final = 20


@dataclass
class _Column:
    name: str
    title: str
    cells: list[str]
    right: bool = False
    folds: bool = False
    style: str = ""

    def __post_init__(self) -> None:
        self.width = max(map(cell_len, (self.title, *self.cells)))


def table_text(
    frame: pd.DataFrame,
    *,
    width: int = 80,
    color: bool = False,
    groups: Sequence[str] = (),
) -> str:
    """Lay a table out as text for a terminal.

    Numbers stand to the right with thousands separators, rates are percentages, null is a dash. A rate
    shares a column with its interval, as ``34.6% [33.6–35.6]``, and has a bar that is full at 100% where
    there is room; a median shares one with its interval too. Long text is folded, and cut after 120
    characters.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table; its index is not shown.
    width : int, default 80
        How many columns the terminal has. Numbers are never cut: where it is too narrow for them, lines
        are longer.
    color : bool, default False
        Whether to write ANSI styles.
    groups : sequence of str
        Columns that are written once for each run of rows in which they stay the same; a blank line
        comes between the runs.

    Returns
    -------
    str
        The lines, without a newline at the end. Text from the data went through `escape_text`, and no
        markup in it is interpreted.

    Examples
    --------
    >>> import pandas as pd
    >>> rates = {"rate": [0.346, None], "low": [0.336, None], "high": [0.356, None]}
    >>> print(table_text(pd.DataFrame({"result": ["pickedUp", "failed"], "n": [2966, 0], **rates})))
    result        n  rate [low–high]
    ───────────────────────────────────────────
    pickedUp  2,966  34.6% [33.6–35.6]  ██████▉
    failed        0      –
    """  # noqa: RUF002 - an interval is written with an en dash
    columns = _columns(frame)
    starts = _starts_of_runs(frame, groups)
    for column in columns:
        if column.name in groups:
            column.cells = [cell if row in starts else "" for row, cell in enumerate(column.cells)]
    _share_width(columns, width)
    _add_bar(columns, frame, width)
    return _drawn(columns, starts if groups else set(), color=color)


def _columns(frame: pd.DataFrame) -> list[_Column]:
    whole = {name: ends for name, ends in _INTERVALS.items() if {name, *ends} <= set(frame.columns)}
    shared = {end for ends in whole.values() for end in ends}
    return [
        _estimate(frame, name) if name in whole else _column(frame[name])
        for name in frame.columns
        if name not in shared
    ]


def _column(values: pd.Series[Any]) -> _Column:
    name = str(values.name)
    cells = _cells(values, _format_of(values))
    number = values.dtype.kind in "iuf"
    return _Column(name, escape_text(name), cells, right=number, folds=not number)


def _estimate(frame: pd.DataFrame, name: str) -> _Column:
    """Put an estimate and its interval side by side, each aligned."""
    middle, low, high = (_cells(frame[part], _format_of(frame[part])) for part in (name, *_INTERVALS[name]))
    longest = max(map(cell_len, middle), default=0)
    # A dash before a minus sign cannot be read.
    until = " to " if any(end.startswith("-") for end in (*low, *high)) else DASH
    cells = [
        f"{estimate:>{longest}}"
        if DASH in (least, most)
        else f"{estimate:>{longest}} [{least.removesuffix('%')}{until}{most.removesuffix('%')}]"
        for estimate, least, most in zip(middle, low, high, strict=True)
    ]
    return _Column(name, f"{name} [low{until}high]", cells)


def _cells(values: pd.Series[Any], form: Callable[[Any], str]) -> list[str]:
    return [DASH if absent else form(value) for value, absent in zip(values, values.isna(), strict=True)]


def _format_of(values: pd.Series[Any]) -> Callable[[Any], str]:
    match values.dtype.kind:
        case "f" if values.name in _PERCENTAGES:
            return "{:.1%}".format
        case "f":
            return "{:,.1f}".format
        case "i" | "u":
            return "{:,}".format
        case "b":
            return lambda value: "yes" if value else "no"
        case "M":
            return lambda value: value.isoformat(sep=" ")
    return _text


def _text(value: object) -> str:
    return short_text(str(value), _LONGEST_TEXT)


def _starts_of_runs(frame: pd.DataFrame, groups: Sequence[str]) -> set[int]:
    keys = list(zip(*(_cells(frame[name], str) for name in groups), strict=True))
    return {row for row, key in enumerate(keys) if row == 0 or key != keys[row - 1]}


def _share_width(columns: list[_Column], width: int) -> None:
    """Narrow the columns that can fold, the widest first, until all fit or none can give more."""
    excess = sum(column.width + _GAP for column in columns) - _GAP - width
    while excess > 0:
        widest = max(
            (column for column in columns if column.folds), key=lambda column: column.width, default=None
        )
        if widest is None or widest.width <= _NARROWEST_TEXT:
            return
        widest.width -= 1
        excess -= 1


def _add_bar(columns: list[_Column], frame: pd.DataFrame, width: int) -> None:
    room = width - sum(column.width + _GAP for column in columns)
    place = next((place for place, column in enumerate(columns, 1) if column.name == "rate"), None)
    if place is None or room < _NARROWEST_BAR:
        return
    longest = min(room, _WIDEST_BAR)
    bars = [_bar_of(rate, longest) for rate in frame["rate"].astype("float64")]
    columns.insert(place, _Column("bar", "", bars, style="cyan"))


def _bar_of(rate: float, longest: int) -> str:
    if not rate > 0:  # NaN too: a group with nothing to measure
        return ""
    eighths = max(1, round(rate * longest * 8))
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def _drawn(columns: list[_Column], starts: set[int], *, color: bool) -> str:
    styles = [column.style if color else "" for column in columns]
    header = _lines(columns, [column.title for column in columns], ["bold" if color else ""] * len(columns))
    rule = "─" * (sum(column.width + _GAP for column in columns) - _GAP)
    lines = [*header, rule]
    for row, cells in enumerate(zip(*(column.cells for column in columns), strict=True)):
        if row and row in starts:
            lines.append("")
        lines += _lines(columns, cells, styles)
    return "\n".join(lines)


def _lines(columns: list[_Column], cells: Sequence[str], styles: Sequence[str]) -> list[str]:
    """Give a row's lines: one, or more where a cell is folded."""
    stacks = [folded(cell, column.width) for column, cell in zip(columns, cells, strict=True)]
    return [
        (" " * _GAP).join(map(_placed, parts, columns, styles)).rstrip()
        for parts in zip_longest(*stacks, fillvalue="")
    ]


def _placed(part: str, column: _Column, style: str) -> str:
    blank = " " * (column.width - cell_len(part))
    if part and style:
        part = styled(part, style)
    return blank + part if column.right else part + blank
