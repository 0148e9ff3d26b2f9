"""Charts as SVG for pages: text stays text, and a page can replace ink and paper by its own."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from caldframe.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["INK", "PAPER", "svg_of"]

INK: Final = "#010203"
"""The colour of all that has none of its own: text, axes, ticks. Nothing else has it."""

PAPER: Final = "#fefdfc"
"""The colour of what covers something else: hollow marks, and the ground of words on lines."""

_STYLE: Final = {
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "axes.titlesize": 11.5,
    "axes.titleweight": "bold",
    "axes.facecolor": PAPER,
    "figure.facecolor": PAPER,
    "svg.fonttype": "none",  # text that can be searched, read aloud and marked
    "svg.hashsalt": "caldframe",  # the same chart gives the same text
    **dict.fromkeys(
        ("text.color", "axes.labelcolor", "axes.edgecolor", "axes.titlecolor", "xtick.color", "ytick.color"),
        INK,
    ),
}
_NOTHING: Final = dict.fromkeys(("Creator", "Date", "Format", "Type"))


def svg_of(draw: Callable[[Any], object], *, width: float, height: float) -> str:
    """Draw a chart as SVG, whatever style is set; nothing of it is changed.

    Parameters
    ----------
    draw : callable
        Draws into the Axes that it is given.
    width, height : float
        The size of the figure, in inches.

    Returns
    -------
    str
        An SVG document without date or maker, with a transparent background.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.

    Examples
    --------
    >>> svg = svg_of(lambda axes: axes.set_title("A title"), width=3, height=2)
    >>> "A title" in svg and INK in svg
    True
    """
    try:
        from matplotlib import style  # noqa: PLC0415 - an extra, and slow to import
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise MissingExtraError("matplotlib", "plots") from error
    drawn = io.StringIO()
    with style.context(_STYLE, after_reset=True):
        figure = Figure(figsize=(width, height), layout="constrained")  # not pyplot's, which keeps them
        draw(figure.subplots())
        figure.savefig(drawn, format="svg", transparent=True, metadata=_NOTHING)
    return drawn.getvalue()
