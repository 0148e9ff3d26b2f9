"""Which table it is that is to be drawn, what its groups are, and what to call them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from caldframe.display import short_text
from caldframe.errors import ConfigurationError
from caldframe.schema import RESULTS

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "FEW",
    "MOST_LINES",
    "Group",
    "by_words",
    "check_choice",
    "check_table",
    "find_groups",
    "group_label",
    "grouped_by",
    "interval_words",
    "level_words",
    "outcome_words",
    "short_label",
]

FEW: Final = 30  # calls; fewer are drawn hollow
MOST_LINES: Final = 8  # groups in one frame; more could not be told apart
_MOST_GROUPS: Final = 20
_LONGEST_LABEL: Final = 30
_LONGEST_TITLE: Final = 45


@dataclass(frozen=True)
class Group:
    """The rows of one group, and what to call it."""

    label: str
    rows: pd.DataFrame


def grouped_by(table: Any, needed: Sequence[str], metric: str, *, of: str = "calls") -> list[str]:
    """Give the columns that a metric's table is grouped by: those before its own."""
    columns = [str(name) for name in table.columns] if isinstance(table, pd.DataFrame) else []
    start = columns.index(needed[0]) if needed[0] in columns else 0
    if columns[start : start + len(needed)] == list(needed):
        return columns[:start]
    raise ConfigurationError(
        f"This is not a table of {metric}. Call caldframe.{metric}({of}) and give what it returns."
    )


def check_table(table: Any, needed: Sequence[str], metric: str, *, of: str = "calls") -> None:
    """Raise where a table is not that of a metric, which is not grouped."""
    before = grouped_by(table, needed, metric, of=of)
    if before:
        raise ConfigurationError(
            f"This table of {metric} has columns before its own: {', '.join(map(short_label, before))}. "
            f"Give it as caldframe.{metric} returned it."
        )


def check_choice(name: str, value: Any, choices: Sequence[str]) -> None:
    """Raise where an argument is none of the words that it can be."""
    if value not in choices:
        raise ConfigurationError(f"{name}={value!r} is none of {', '.join(map(repr, choices))}.")


def find_groups(table: pd.DataFrame, by: list[str], most: int = _MOST_GROUPS) -> list[Group]:
    """Give the groups of a table in its order; all of it is one where it is not grouped."""
    if not by:
        return [Group("", table)]
    parts = table.reset_index(drop=True).groupby(by, sort=False, dropna=False, observed=True)
    if parts.ngroups > most:
        raise ConfigurationError(
            f"The table has {parts.ngroups:,} groups, more than a chart can show. "
            f"Give the rows of {most} groups or fewer."
        )
    return [Group(group_label(by, key), rows) for key, rows in parts]


def group_label(by: Sequence[str], key: Sequence[Any]) -> str:
    """Give what to call a group: its values, and for null that there is none."""
    parts = [
        f"no {name}" if pd.api.types.is_scalar(value) and pd.isna(value) else str(value) or "(empty)"
        for name, value in zip(by, key, strict=True)
    ]
    return short_label(" · ".join(parts))


def short_label(text: str, longest: int = _LONGEST_LABEL) -> str:
    """Give a text from the data as it can stand in a chart."""
    return short_text(text, longest)


def by_words(by: Sequence[str]) -> str:
    """Give the end of a title that says what it is grouped by."""
    return f", by {short_label(' and '.join(by), _LONGEST_TITLE)}" if by else ""


def outcome_words(table: pd.DataFrame) -> str:
    """Name the calls with the outcome that a table counts: a result, or a column of somebody's own."""
    outcome = table.attrs.get("outcome")
    kind = "that ended" if outcome in RESULTS else "with the outcome"
    return kind if outcome is None else f"{kind} {short_label(str(outcome))}"


def interval_words(table: pd.DataFrame) -> str:
    """Name the intervals of a table by their confidence, as far as it is known."""
    return f"{level_words(table)}intervals"


def level_words(table: pd.DataFrame) -> str:
    """Give the confidence of a table's intervals, to stand before a word; nothing where it is not known."""
    return f"{100 * table.attrs['confidence']:g}% " if "confidence" in table.attrs else ""
