"""Numbers in words, the same everywhere in a report."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from caldframe.display import DASH

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "days",
    "interval",
    "listed",
    "moment",
    "p_statement",
    "p_value",
    "percent",
    "points",
    "seconds",
    "with_interval",
]

_MINUS: Final = "\N{MINUS SIGN}"
_MINUTE: Final = 60
_HOUR: Final = 3600
_SHOWN_IN_SECONDS: Final = 120
_SHOWN_IN_HOURS: Final = 100 * _HOUR
_LEAST_P: Final = 0.001


def percent(rate: float) -> str:
    """Give a rate as a percentage, and a dash for NaN.

    Examples
    --------
    >>> percent(0.3456), percent(float("nan"))
    ('34.6%', '–')
    """  # noqa: RUF002 - the dash is what is shown
    return DASH if math.isnan(rate) else f"{100 * rate:.1f}%"


def interval(low: float, high: float) -> str:
    """Give the ends of a rate's interval.

    Examples
    --------
    >>> interval(0.336, 0.356)
    '33.6–35.6%'
    """  # noqa: RUF002 - the dash is what is shown
    return DASH if math.isnan(low) or math.isnan(high) else f"{100 * low:.1f}{DASH}{100 * high:.1f}%"


def with_interval(rate: float, low: float, high: float) -> str:
    """Give a rate with its interval behind it.

    Examples
    --------
    >>> with_interval(0.346, 0.336, 0.356)
    '34.6% (33.6–35.6%)'
    """  # noqa: RUF002 - the dash is what is shown
    ends = interval(low, high)
    return percent(rate) if ends == DASH else f"{percent(rate)} ({ends})"


def points(difference: float, low: float = math.nan, high: float = math.nan) -> str:
    """Give a difference of two rates in points, with its interval.

    Examples
    --------
    >>> points(-0.051, -0.09, -0.012)
    '−5.1 (−9.0 to −1.2)'
    """  # noqa: RUF002 - a minus sign is no hyphen
    if math.isnan(difference):
        return DASH
    return _with_ends(*(f"{100 * value:+.1f}" for value in (difference, low, high)))


def seconds(value: float, low: float = math.nan, high: float = math.nan) -> str:
    """Give a length of time, with its interval.

    Examples
    --------
    >>> seconds(85.85, 73.4, 122.8), seconds(4404)
    ('86 s (73 to 123 s)', '1 h 13 min')

    Its ends are in minutes where it is:

    >>> seconds(182, 177.2, 189), seconds(179.7)
    ('3 min 2 s (2 min 57 s to 3 min 9 s)', '3 min 0 s')
    """
    if math.isnan(value):
        return DASH
    if math.isnan(low) or math.isnan(high):
        return _length(value)
    if abs(value) < _SHOWN_IN_SECONDS:
        return f"{_length(value)} ({low:,.0f} to {high:,.0f} s)"
    return f"{_length(value)} ({_length(low)} to {_length(high)})"


def p_value(probability: float) -> str:
    """Give a p-value.

    Examples
    --------
    >>> p_value(0.0314), p_value(1e-9)
    ('0.031', '<0.001')
    """
    if math.isnan(probability):
        return DASH
    return f"<{_LEAST_P}" if probability < _LEAST_P else f"{probability:.3f}"


def p_statement(probability: float) -> str:
    """Give a p-value as it stands in a sentence.

    Examples
    --------
    >>> p_statement(0.01234), p_statement(0.0001)
    ('p = 0.012', 'p <0.001')
    """
    words = p_value(probability)
    return f"p {words}" if words.startswith("<") else f"p = {words}"


def moment(time: Any, *, clock: bool = False) -> str:
    """Give a day, and the time of the day where it is asked for.

    Examples
    --------
    >>> moment(pd.Timestamp("2026-03-02 14:05", tz="UTC"), clock=True)
    '2 March 2026, 14:05'
    """
    if pd.isna(time):
        return DASH
    day = f"{time.day} {time:%B %Y}"
    return f"{day}, {time:%H:%M}" if clock else day


def days(first: Any, last: Any) -> str:
    """Give the days from one to another, what they share said once.

    Examples
    --------
    >>> days(pd.Timestamp("2026-03-02"), pd.Timestamp("2026-03-05"))
    '2 to 5 March 2026'
    """
    if pd.isna(first) or pd.isna(last):
        return DASH
    beginning, end = moment(first).split(), moment(last).split()
    if beginning == end:
        return " ".join(end)
    while beginning and beginning[-1] == end[len(beginning) - 1]:
        beginning.pop()
    return f"{' '.join(beginning)} to {' '.join(end)}"


def listed(words: Sequence[str]) -> str:
    """Put words one after the other as a sentence does.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _with_ends(value: str, low: str, high: str) -> str:
    words = value if "nan" in low + high else f"{value} ({low} to {high})"
    return words.replace("-", _MINUS)


def _length(value: float) -> str:
    value = round(value)  # first of all: 179.7 is not 2 min 60 s
    if abs(value) < _SHOWN_IN_SECONDS:
        return f"{value:,.0f} s"
    if value < _HOUR:
        return f"{value // _MINUTE:.0f} min {value % _MINUTE:.0f} s"
    if value >= _SHOWN_IN_HOURS:
        return f"{value / _HOUR:,.0f} h"
    return f"{value // _HOUR:,.0f} h {value % _HOUR // _MINUTE:.0f} min"
