"""When calls are placed: business hours in the prospect's own time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from caldframe.sandbox.dice import Dice

OPENS: Final = 9
CLOSES: Final = 19
"""Calls are placed from 9:00 to 19:00 where the prospect is, Monday to Friday."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_WORKDAYS: Final = 5

_FIRST_CALLS: Final = 8  # workdays over which a list is called for the first time
_WAITS: Final = ((0, 0.18), (1, 0.34), (2, 0.26), (3, 0.15), (5, 0.07))  # workdays until the next attempt
_APART: Final = 2.5  # hours, at least, between two attempts on one day, and between their times of day


@cache
def zone_named(name: str) -> ZoneInfo:
    """Give a time zone."""
    return ZoneInfo(name)


def first_time(start: date, zone: str, dice: Dice) -> datetime:
    """Choose when a number is called first: a local time in the first workdays of a campaign.

    `start` is a Monday.
    """
    return _at(_workday(start, dice.whole(0, _FIRST_CALLS - 1)), dice.between(OPENS, CLOSES), zone)


def next_time(last: datetime, zone: str, dice: Dice) -> datetime:
    """Choose when to try again: some workdays later, at another time of day."""
    hour = _hour(last)
    days = dice.weigh(_WAITS)
    if days == 0 and hour + _APART < CLOSES:
        return _at(last.date(), dice.between(hour + _APART, CLOSES), zone)
    # Another time of day is one that is not within the hours around the last one.
    earlier = max(hour - _APART - OPENS, 0)
    later = max(CLOSES - hour - _APART, 0)
    point = dice.between(0, earlier + later)
    other = OPENS + point if point < earlier else CLOSES - (earlier + later - point)
    return _at(_workday(last.date(), max(days, 1)), min(other, CLOSES - 0.001), zone)


def call_back_time(last: datetime, dice: Dice) -> datetime | None:
    """Choose when somebody calls back: the same day before the close of business, or not at all."""
    back = last + timedelta(minutes=dice.between(4, 240))
    return back if back.date() == last.date() and _hour(back) < CLOSES else None


def milliseconds(moment: datetime) -> int:
    """Count milliseconds since 1970."""
    return (moment - _EPOCH) // _MILLISECOND


def iso(moment: int) -> str:
    """Write milliseconds since 1970 as the API writes times."""
    text = (_EPOCH + moment * _MILLISECOND).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def _at(day: date, hour: float, zone: str) -> datetime:
    # To the second, so that the last digit of a floating-point product cannot matter.
    return datetime.combine(day, time(), zone_named(zone)) + timedelta(seconds=int(hour * 3600))


def _hour(moment: datetime) -> float:
    return moment.hour + moment.minute / 60


def _workday(day: date, count: int) -> date:
    """Go some workdays on."""
    weeks, rest = divmod(day.weekday() + count, _WORKDAYS)
    return day - timedelta(days=day.weekday()) + timedelta(days=7 * weeks + rest)
