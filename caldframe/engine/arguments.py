"""The arguments that all metrics share, checked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from caldframe.errors import ConfigurationError

__all__ = ["check_names", "check_whole", "check_zone", "group_columns"]

_LONGEST: Final = 100  # characters of a value in a message


def group_columns(by: Any, taken: Sequence[str]) -> list[str]:
    """Give the argument `by` of a metric as a list of column names.

    Parameters
    ----------
    by : str or list of str or None
        A column name, several, or none.
    taken : sequence of str
        The columns that the metric's own table has.

    Returns
    -------
    list of str
        The names, in their order.

    Raises
    ------
    ConfigurationError
        If it is neither, names a column twice, or names one that the metric's table has.

    Examples
    --------
    >>> group_columns("agent_id", ["n"]), group_columns(None, ["n"])
    (['agent_id'], [])
    """
    if by is None:
        return []
    if not isinstance(by, Sequence) or not all(isinstance(name, str) for name in by):
        raise ConfigurationError(
            f'by={_brief(by)} is neither a column name nor a list of them. Give "agent_id" or the like; what '
            f"is no column yet is added to the table first."
        )
    names = [by] if isinstance(by, str) else list(by)
    for position, name in enumerate(names):
        if name in names[:position]:
            raise ConfigurationError(f"by= names the column {name!r} twice. Name it once.")
        if name in taken:
            raise ConfigurationError(
                f"by={name!r}: the result has a column of that name itself. "
                f"Copy the column under another name and group by that."
            )
    return names


def check_whole(name: str, value: Any, *, least: int = 1) -> int:
    """Give an argument that is a whole number, NumPy's included, or raise where it is none or too small."""
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value >= least:
        return int(value)
    raise ConfigurationError(f"{name}={_brief(value)} is not a whole number of {least} or more.")


def check_names(name: str, value: Any) -> list[str]:
    """Give an argument that is a list of column names, or raise where it is none."""
    if not isinstance(value, str) and isinstance(value, Iterable):
        names = list(value)
        if all(isinstance(one, str) for one in names):
            return names
    raise ConfigurationError(
        f'{name}={_brief(value)} is no list of column names. Give one such as ["notes"].'
    )


def check_zone(tz: Any) -> str:
    """Give the name of a time zone, or raise where this machine knows none of that name."""
    try:
        if isinstance(tz, str) and tz:
            return ZoneInfo(tz).key
    except (KeyError, ValueError, OSError):
        pass
    if isinstance(tz, tzinfo):
        raise ConfigurationError(f'tz={tz!r} is a zone, and its name is needed. Give "{_zone_name(tz)}".')
    raise ConfigurationError(
        f"tz={_brief(tz)} is no time zone. Give a name of the IANA time zone database, such as "
        f'"America/New_York" or "UTC". If it is one, this machine\'s database lacks it: '
        f"pip install tzdata brings the whole."
    )


def _zone_name(zone: tzinfo) -> str:
    """Give the name of a zone that has one, and an example where it is an offset alone."""
    if zone == UTC:
        return "UTC"
    return getattr(zone, "key", "Europe/Berlin")


def _brief(value: Any) -> str:
    """Show a value in a message, or its type alone where it would fill the screen, as a column does."""
    shown = repr(value)
    return shown if len(shown) <= _LONGEST and "\n" not in shown else f"<{type(value).__name__}>"
