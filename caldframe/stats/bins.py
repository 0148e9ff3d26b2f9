"""Bins of a histogram: where their edges lie, and in which of them a value falls."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.errors import ConfigurationError
from caldframe.stats.quantiles import grouped_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["bin_edges", "place_in_bins"]

_MOST_CHOSEN: Final = 1_000
_MOST: Final = 100_000


def bin_edges(bins: Any, values: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Give the edges of the bins that an argument `bins` asks for.

    Parameters
    ----------
    bins : str or int or datetime.timedelta or sequence of float
        ``"fd"``, a width, a number of bins, or the edges themselves, as `caldframe.length_distribution`
        takes them.
    values : numpy.ndarray of float64
        The values to bin, in seconds, finite, in any order.
    counts : numpy.ndarray of int64
        How often each occurs.

    Returns
    -------
    numpy.ndarray of float64
        The edges, ascending. None where there are no values and only they could tell.

    Raises
    ------
    ConfigurationError
        If `bins` is nothing of the kind, or makes more than 100,000 bins.

    Notes
    -----
    The rule of Freedman and Diaconis (1981) is a width of 2 · IQR / ∛n. Where it gives a second or more, or
    all values are whole seconds, it is rounded to whole seconds: else some bins would cover more possible
    values than their neighbours, and stand out for that alone. Where the quartiles are equal, the width is
    Sturges's (1926), the range / (log₂ n + 1); where all values are equal, one second. No more than 1,000
    bins are chosen: for a value far beyond the others they get wider.

    Bins of a width, chosen or given, start at a multiple of it, as 0, 30, 60. A number of bins goes from
    the least value to the greatest, as `numpy.histogram_bin_edges`.

    References
    ----------
    Freedman, D. and Diaconis, P. (1981). On the histogram as a density estimator: L2 theory. Zeitschrift
    für Wahrscheinlichkeitstheorie und verwandte Gebiete 57, 453-476.

    Sturges, H. A. (1926). The choice of a class interval. Journal of the American Statistical Association
    21, 65-66.

    Examples
    --------
    >>> bin_edges("30s", np.array([12.0, 95.0]), np.array([1, 1])).tolist()
    [0.0, 30.0, 60.0, 90.0, 120.0]
    """
    if isinstance(bins, str) and bins == "fd":
        return _multiples(_chosen_width(values, counts), values)
    if isinstance(bins, (str, timedelta)):
        return _multiples(_given_width(bins), values)
    if isinstance(bins, (int, np.integer)) and not isinstance(bins, bool):
        return _equal_parts(int(bins), values)
    return _given_edges(bins)


def place_in_bins(
    values: NDArray[np.float64], edges: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Tell in which bin each value falls.

    A bin holds the values from its left edge on and under its right one, the last bin its right edge too.

    Parameters
    ----------
    values : numpy.ndarray of float64
        The values, finite.
    edges : numpy.ndarray of float64
        The edges, ascending. Where there are none, there are no values.

    Returns
    -------
    places : numpy.ndarray of int64
        The number of each value's bin, from 0.
    edges : numpy.ndarray of float64
        The edges that the numbers count: with minus infinity before them if a value is below them, and
        infinity after them if one is above; two NaN for no edges.

    Examples
    --------
    >>> places, edges = place_in_bins(np.array([0.0, 30.0, 60.0, 90.0]), np.array([0.0, 30.0, 60.0]))
    >>> places.tolist(), edges.tolist()
    ([0, 1, 1, 2], [0.0, 30.0, 60.0, inf])
    """
    if not len(edges):
        return np.zeros(0, dtype=np.int64), np.array([np.nan, np.nan])
    number = len(edges) - 1
    places = np.searchsorted(edges, values, side="right") - 1
    places[values == edges[-1]] = number - 1
    below, above = bool(np.any(places < 0)), bool(np.any(places == number))
    return places + below, np.concatenate([[-np.inf] * below, edges, [np.inf] * above])


def _chosen_width(values: NDArray[np.float64], counts: NDArray[np.int64]) -> float:
    if not len(values):
        return 1.0
    order = np.argsort(values, kind="stable")
    n = counts.sum(keepdims=True)
    quartiles = [grouped_quantile(values[order], counts[order], n, part).item() for part in (0.25, 0.75)]
    with np.errstate(over="ignore", invalid="ignore"):
        span = values.max() - values.min()
        width = np.float64(2) * (quartiles[1] - quartiles[0]) / np.cbrt(n.item())
    width = width or span / (np.log2(n.item()) + 1) or 1.0
    narrowest = span / (_MOST_CHOSEN - 1)
    if width >= 1 or np.all(values == np.floor(values)):
        width, narrowest = np.maximum(np.round(width), 1), np.ceil(narrowest)
    return float(np.nan_to_num(max(narrowest, width)))


def _given_width(bins: str | timedelta) -> float:
    try:
        seconds = pd.Timedelta(bins).total_seconds()
    except (ValueError, OverflowError):
        seconds = np.nan
    if seconds > 0:
        return seconds
    raise ConfigurationError(f'bins={bins!r} is no width of a bin. Give "fd", or a duration such as "30s".')


def _multiples(width: float, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the multiples of a width from the last below all values to the first above them."""
    if not len(values):
        return np.empty(0)
    least, most = values.min(), values.max()
    # Absurd values are so far apart as numbers that narrower bins could not be told apart.
    width = max(width, max(abs(least), abs(most)) * 2**-50)
    with np.errstate(over="ignore"):
        first, last = np.floor(least / width), np.floor(most / width) + 1
        # Division rounds, so the quotient may be a multiple too far.
        first -= first * width > least
        last += last * width <= most
        _check_number(last - first, f"Bins of {width:g} s")
        return np.arange(first, last + 1) * width


def _equal_parts(number: int, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the edges of so many equal bins from the least value to the greatest, as NumPy."""
    if number < 1:
        raise ConfigurationError(f"bins={number}: there must be one bin at least. Give 1 or more.")
    _check_number(number, f"bins={number}")
    if not len(values):
        return np.empty(0)
    least, most = values.min(), values.max()
    if least == most:
        least, most = least - 0.5, most + 0.5
    # Halved and doubled, which is exact, for the whole span may be more than a float holds.
    edges: NDArray[np.float64] = np.linspace(least / 2, most / 2, number + 1) * 2
    if np.all(edges[:-1] < edges[1:]):
        return edges
    raise ConfigurationError(
        f"bins={number} is too many for lengths between {least:g} and {most:g} s. Give fewer."
    )


def _given_edges(bins: Any) -> NDArray[np.float64]:
    try:
        edges = np.asarray(bins, dtype=np.float64)
    except (TypeError, ValueError):
        edges = np.empty(0)
    if edges.ndim == 1 and len(edges) > 1 and np.all(edges[:-1] < edges[1:]):
        return edges
    raise ConfigurationError(
        f'bins={bins!r} is not understood. Give "fd", a number of bins as an int, a width as "30s" or a '
        f"timedelta, or two edges or more, each above the one before."
    )


def _check_number(number: float, asked: str) -> None:
    if number > _MOST:
        raise ConfigurationError(
            f"{asked}: that makes {number:,.0f} bins, more than {_MOST:,}. Ask for wider ones, or give edges."
        )
