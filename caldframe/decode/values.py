"""One JSON value to one column's value, and what is wrong with it.

Each function here answers with the value for the column, null where the column cannot hold what was
sent, and with the kinds of `caldframe.schema.PROBLEM_KINDS` that apply.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from caldframe.schema import TEXT

if TYPE_CHECKING:
    from collections.abc import Callable

    from caldframe.decode.reader import Value
    from caldframe.schema import Column

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_CONTROL: Final = re.compile(r"[\x00-\x1f]")
_NOT_ZERO: Final = re.compile(r"[-0.]*[1-9]")
_EXACT_INTEGERS: Final = 2.0**53

_TIMESTAMP: Final = re.compile(
    r"""
    (?P<year>[0-9]{4})
    (?: (?P<dash>-?) (?: (?P<month>[0-9]{2}) (?P=dash) (?P<day>[0-9]{2})
                       | W(?P<week>[0-9]{2}) (?P=dash) (?P<weekday>[0-9])
                       | (?P<ordinal>[0-9]{3}) ) )
    (?: [Tt ] (?P<hour>[0-9]{2})
        (?: (?P<colon>:?) (?P<minute>[0-9]{2})
            (?: (?P=colon) (?P<second>[0-9]{2}) (?: [.,] (?P<fraction>[0-9]+) )? )? )?
        (?P<zone> [Zz] | (?P<sign>[+-]) (?P<zone_hour>[0-9]{2}) (?: :? (?P<zone_minute>[0-9]{2}) )? )?
    )?
    """,
    re.VERBOSE | re.ASCII,
)

Problems = tuple[str, ...]


def as_text(value: Value) -> tuple[str | None, Problems]:
    """Read a string exactly as it is; half UTF-16 pairs and bytes that are not UTF-8 become U+FFFD."""
    if value.string is None:
        return None, ("wrong_type",)
    text = value.string
    problems: Problems = ()
    if _SURROGATE.search(text):
        problems = ("invalid_utf8" if _SURROGATE.search(value.text) else "lone_surrogate",)
        text = without_surrogates(text)
    if _CONTROL.search(value.text):
        problems = (*problems, "control_character")
    return text, problems


def as_flag(value: Value) -> tuple[bool | None, Problems]:
    """Read ``true`` or ``false``."""
    if value.kind in "tf":
        return value.text == "true", ()
    return None, ("wrong_type",)


def as_number(value: Value) -> tuple[float | None, Problems]:
    """Read a number as the nearest float64; an integer that is not exactly that float is `rounded`."""
    if not value.is_number:
        return None, ("wrong_type",)
    number = float(value.text)
    if not math.isfinite(number):
        return None, ("out_of_range",)
    problems: Problems = ()
    if abs(number) >= _EXACT_INTEGERS and Decimal(value.text) != Decimal(number):
        problems = ("rounded",)
    if number < 0:
        problems = (*problems, "negative")
    return number, problems


def as_count(value: Value) -> tuple[int | None, Problems]:
    """Read a whole number, however it is written, that fits into 64 bits."""
    if not value.is_number:
        return None, ("wrong_type",)
    nearest = float(value.text)
    if not math.isfinite(nearest):
        return None, ("out_of_range",)
    if nearest == 0:
        # Decimal refuses exponents of twenty digits, which only a zero can have here.
        return (None, ("not_an_integer",)) if _NOT_ZERO.match(value.text) else (0, ())
    number = Decimal(value.text)
    if not -(2**63) <= number < 2**63:
        return None, ("out_of_range",)
    if number != number.to_integral_value():
        return None, ("not_an_integer",)
    return int(number), ("negative",) if number < 0 else ()


def as_timestamp(value: Value) -> tuple[datetime | None, Problems]:
    """Read an ISO-8601 time; one without a zone is UTC, and digits beyond the microsecond are cut."""
    if value.string is None:
        return None, ("wrong_type",)
    match = _TIMESTAMP.fullmatch(value.string)
    if match is None:
        return None, ("bad_timestamp",)
    fraction = match["fraction"] or ""
    try:
        moment = _date(match) + timedelta(
            hours=_within(match["hour"], 23),
            minutes=_within(match["minute"], 59),
            seconds=_within(match["second"], 59),
            microseconds=int(fraction[:6].ljust(6, "0")),
        )
        # An offset can push the first or the last day of the calendar out of it.
        moment = moment.replace(tzinfo=_zone(match)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None, ("bad_timestamp",)
    problems: Problems = ()
    if not match["zone"]:
        problems = ("naive_timestamp",)
    if fraction[6:].strip("0"):
        problems = (*problems, "rounded")
    return moment, problems


def _date(match: re.Match[str]) -> datetime:
    year = int(match["year"])
    if match["week"]:
        return datetime.fromisocalendar(year, int(match["week"]), int(match["weekday"]))
    if match["ordinal"]:
        first = datetime(year, 1, 1)  # noqa: DTZ001 - the zone follows
        day = first + timedelta(days=int(match["ordinal"]) - 1)
        if day.year != year:
            raise ValueError("no such day of the year")
        return day
    return datetime(year, int(match["month"]), int(match["day"]))  # noqa: DTZ001 - the zone follows


def _zone(match: re.Match[str]) -> timezone:
    if not match["sign"]:
        return UTC
    offset = timedelta(
        hours=_within(match["zone_hour"], 23),
        minutes=_within(match["zone_minute"], 59),
    )
    return timezone(-offset if match["sign"] == "-" else offset)


def _within(digits: str | None, most: int) -> int:
    number = int(digits or 0)
    if number > most:
        raise ValueError(f"{number} is more than {most}")
    return number


def without_surrogates(text: str) -> str:
    """Replace every lone surrogate by U+FFFD, so that the text can be UTF-8."""
    return _SURROGATE.sub("\ufffd", text)


def printable_json(text: str) -> str:
    r"""Give JSON text as it was sent, with bytes that are not UTF-8 as ``\xff``."""
    return _SURROGATE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    # `surrogateescape` puts the byte 0xNN at U+DCNN.
    code = ord(match[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"  # noqa: PLR2004


_CONVERTERS: Final[dict[pa.DataType, Callable[[Value], tuple[object, Problems]]]] = {
    TEXT: as_text,
    pa.bool_(): as_flag,
    pa.float64(): as_number,
    pa.int64(): as_count,
    pa.timestamp("us", tz="UTC"): as_timestamp,
}


def as_column(value: Value, column: Column) -> tuple[object, Problems]:
    """Read a value for a column; null stays null.

    Returns
    -------
    object or None
        What the column holds.
    tuple of str
        What is wrong with the value, none of it for most.
    """
    if value.is_null:
        return None, ()
    content, problems = _CONVERTERS[column.type](value)
    if column.allowed and isinstance(content, str) and content not in column.allowed:
        problems = (*problems, "unknown_value")
    return content, problems
