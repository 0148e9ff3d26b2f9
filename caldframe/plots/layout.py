"""Axes to draw into, and what stands on and around them: sizes, marks, words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.errors import ConfigurationError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "HOLLOW",
    "WIDTH",
    "axes_for",
    "date_axis",
    "days_of",
    "draw_marks",
    "draw_range",
    "draw_whiskers",
    "finish",
    "font_size",
    "ink",
    "name_lines",
    "nothing_to_show",
    "p_words",
    "percent_axis",
    "points",
    "put_legend",
    "settle",
    "signed",
    "text_width",
    "write_title",
]

HOLLOW: Final = 1.4  # points; how thick the outline of what is hollow
WIDTH: Final = 7.5  # inches; about what a notebook shows without shrinking it
_WIDTH_OF_LETTER: Final = 0.55  # of the size of text, on average
_TINY_P: Final = 0.001


def axes_for(ax: Any, height: float) -> Axes:
    """Give the axes to draw into: those given, or those of a new figure so many inches high."""
    try:
        from matplotlib import axes  # noqa: PLC0415 - an extra, and slow to import
    except ModuleNotFoundError as error:
        raise MissingExtraError("matplotlib", "plots") from error
    if isinstance(ax, axes.Axes):
        return ax
    if ax is not None:
        raise ConfigurationError(f"ax= needs one matplotlib Axes to draw into, not a {type(ax).__name__}.")
    import matplotlib.pyplot as plt  # noqa: PLC0415 - a notebook shows the figures that pyplot made

    return plt.subplots(figsize=(WIDTH, height), layout="constrained")[1]


def settle(axes: Axes, ax: Any) -> None:
    """Lay a figure of our own out, so that the axes are as wide as they will be."""
    figure: Any = axes.figure
    if ax is None:
        figure.get_layout_engine().execute(figure)


def nothing_to_show(ax: Any, title: str, words: str = "no calls to show") -> Axes:
    """Give axes that say that there is nothing to show."""
    axes = axes_for(ax, 2)
    axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", parse_math=False)
    axes.set_xticks([])
    axes.set_yticks([])
    write_title(axes, title)
    return axes


def finish(axes: Axes, title: str, x: str = "", y: str = "") -> Axes:
    """Write the title and what the axes measure, exactly as it stands, and take the frame away."""
    axes.set_xlabel(x, parse_math=False)
    axes.set_ylabel(y, parse_math=False)
    write_title(axes, title)
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def write_title(axes: Axes, title: str) -> None:
    """Write the title, smaller where it would not fit above the axes."""
    axes.set_title(title, parse_math=False)
    wide = text_width(axes, len(title), float(axes.title.get_fontsize()))
    axes.title.set_fontsize(float(axes.title.get_fontsize()) / max(wide, 1))


def ink(axes: Axes) -> Any:
    """Give the colour of what is written, which is white on a dark style."""
    return axes.xaxis.label.get_color()


def points(axes: Axes, pixels: float) -> float:
    """Give a length on the screen in points, the unit of text."""
    return pixels / axes.figure.dpi * 72


def font_size(axes: Axes, lines: float) -> float:
    """Choose a size at which so many lines of text fit below one another."""
    height = points(axes, axes.bbox.height)
    return float(max(4, min(0.9 * float(axes.xaxis.label.get_fontsize()), 0.8 * height / lines)))


def text_width(axes: Axes, letters: float, size: float) -> float:
    """Estimate which part of the width of the axes so many letters take."""
    return _WIDTH_OF_LETTER * size * letters / points(axes, axes.bbox.width)


def name_lines(axes: Axes, places: Any, names: Sequence[str], size: float, **style: Any) -> None:
    """Write beside lines what they are called, exactly as it stands."""
    axes.set_yticks(places, names, size=size, parse_math=False, **style)
    axes.tick_params(axis="y", length=0)


def percent_axis(axis: Axis) -> None:
    """Write the ticks of rates as percentages."""
    axis.set_major_formatter(lambda rate, _: f"{100 * rate:.10g}%")


def draw_whiskers(axes: Axes, ends: tuple[ArrayLike, ArrayLike], at: ArrayLike, color: Any) -> None:
    """Draw upright intervals, none where an end is not known."""
    low, high, places = (np.atleast_1d(np.asarray(part, dtype=np.float64)) for part in (*ends, at))
    known = np.isfinite(low) & np.isfinite(high)
    for place, least, most in zip(places[known], low[known], high[known], strict=True):
        axes.plot([place, place], [least, most], color=color, linewidth=1.2, marker="_", markersize=6)


def draw_range(axes: Axes, ends: tuple[float, float], line: float, size: float, width: float = 1.2) -> None:
    """Draw an interval along a line, none where an end is not known."""
    if np.isfinite(ends).all():
        axes.plot(ends, [line, line], color=ink(axes), linewidth=width, marker="|", markersize=size)


def draw_marks(  # noqa: PLR0913 - where, what, how
    axes: Axes,
    at: NDArray[np.float64],
    heights: NDArray[np.float64],
    few: NDArray[np.bool_],
    *,
    color: str,
    marker: str = "o",
    size: float = 7,
) -> Any:
    """Draw a mark for each estimate, hollow where it is of few calls, and give the full ones."""
    style: dict[str, Any] = {"linestyle": "none", "marker": marker, "markersize": size, "color": color}
    style["clip_on"] = False  # at the edge too, a mark is whole
    paper = axes.get_facecolor()
    axes.plot(at[few], heights[few], markerfacecolor=paper, markeredgewidth=HOLLOW, zorder=2.5, **style)
    return axes.plot(at[~few], heights[~few], zorder=2.5, **style)[0]


def put_legend(axes: Axes, handles: Sequence[Any], labels: Sequence[str], **where: Any) -> None:
    """Explain what is drawn, in labels that may be any text."""
    size = 0.85 * float(axes.xaxis.label.get_fontsize())
    legend = axes.legend(handles, [" "] * len(handles), frameon=False, fontsize=size, **where)
    # Only now: matplotlib leaves out labels that begin with an underscore, and reads $ as mathematics.
    for text, label in zip(legend.get_texts(), labels, strict=True):
        text.set_parse_math(False)
        text.set_text(label)


def days_of(times: pd.Series[Any] | pd.DatetimeIndex) -> NDArray[np.float64]:
    """Give moments as matplotlib counts them: days since its epoch; NaN for null."""
    from matplotlib.dates import date2num  # noqa: PLC0415 - an extra, and slow to import

    moments = pd.DatetimeIndex(times)
    if moments.tz is not None:
        moments = moments.tz_convert("UTC").tz_localize(None)
    days = date2num(moments.to_numpy())  # type: ignore[no-untyped-call] # matplotlib has no types for dates
    return np.asarray(days, dtype=np.float64)


def date_axis(axes: Axes, axis: Axis, zone: ZoneInfo | None = None) -> None:
    """Write the ticks of moments as dates and times by the clock of a zone."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter  # noqa: PLC0415 - as above

    most = max(3, int(points(axes, axes.bbox.width) / 60))
    locator = AutoDateLocator(tz=zone, minticks=3, maxticks=most)  # type: ignore[no-untyped-call]
    axis.set_major_locator(locator)
    axis.set_major_formatter(ConciseDateFormatter(locator, tz=zone))  # type: ignore[no-untyped-call]


def signed(number: float, form: str = ".1f") -> str:
    """Give a difference as text, with its sign, which is never a hyphen."""
    return f"{number:+{form}}".replace("-", "\N{MINUS SIGN}")


def p_words(p_value: float) -> str:
    """Give a p-value as text."""
    return "<0.001" if p_value < _TINY_P else f"{p_value:.3f}"
