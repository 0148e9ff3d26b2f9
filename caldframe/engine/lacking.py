"""What to say about a column that a table lacks: which one was meant, or which table."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from caldframe.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["closest", "lacking"]

_OF_ONE_TABLE: Final = {
    table: frozenset(column.name for column in columns)
    - {column.name for other, others in TABLES.items() if other != table for column in others}
    for table, columns in TABLES.items()
}
_AS_SENT: Final = {
    column.name: column.source
    for columns in TABLES.values()
    for column in columns
    if column.source not in (None, column.name, *TABLES)
}
_ENOUGH: Final = 2  # columns that only one table has; one may have been joined to another table


def lacking(name: str, there: Sequence[str]) -> str:
    """Say that a table has no column of a name, and why that may be.

    Parameters
    ----------
    name : str
        The column that was asked for.
    there : list of str
        The columns that the table has.

    Returns
    -------
    str
        Some sentences for an error.

    Examples
    --------
    >>> lacking("agent", ["agent_id", "result"])
    "The table has no column 'agent'. Did you mean 'agent_id'? Its columns: agent_id, result."
    """
    why = _sent_otherwise(name, there) or _of_another_table(name, there) or closest(name, there)
    return f"The table has no column {name!r}.{why} Its columns: {', '.join(there)}."


def closest(name: str, known: Sequence[str]) -> str:
    """Give the question whether another name was meant, or nothing where none is near."""
    near = get_close_matches(name, known, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


def _sent_otherwise(name: str, there: Sequence[str]) -> str:
    """Tell that a column is there under the name that the API gives it, as a table of one's own has it."""
    sent = _AS_SENT.get(name)
    if sent is None or sent not in there:
        return ""
    return f" It has {sent!r}, as the API names it: rename it, or load the response with load_campaign."


def _of_another_table(name: str, there: Sequence[str]) -> str:
    """Tell that a table is one of a campaign's, and the column one of another."""
    seen = {table: len(own.intersection(there)) for table, own in _OF_ONE_TABLE.items()}
    given = max(seen, key=lambda table: seen[table])
    wanted = [table for table, own in _OF_ONE_TABLE.items() if name in own and table != given]
    if seen[given] < _ENOUGH or not wanted:
        return ""
    return f" It has the columns of {given}, and {name!r} is one of {wanted[0]}."
