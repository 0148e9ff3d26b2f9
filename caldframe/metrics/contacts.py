"""Who was called: calls beside the contacts of a list, matched by telephone number."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.engine import as_text, check_columns, column_names, count_rows, rows_here
from caldframe.errors import ConfigurationError
from caldframe.phone import normal_forms

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["JoinedContacts", "join_contacts"]

_NUMBER: Final = "contact_number"
_MATCH: Final = "contact_match"
_CALLS: Final = "contact_calls"
_ADDED: Final = (_NUMBER, _MATCH, _CALLS)
_EXTRA: Final = "extra"

_NULLABLE: Final[dict[str, Any]] = {"i": "Int64", "u": "UInt64", "b": "boolean"}

_OF_CALLS: Final = ("matched", "ambiguous", "unmatched", "no_number")
_OF_CONTACTS: Final = (*_OF_CALLS, "repeated")


@dataclass(frozen=True, eq=False, repr=False)
class JoinedContacts:
    """Calls and contacts, matched.

    Parameters
    ----------
    calls : pandas.DataFrame
        The calls, row for row as they were given, and behind their columns:

        - `contact_number` (str): the normal form of `prospect_number`, null where it is no number
        - `contact_match` (str): "matched": one contact has the number; "ambiguous": several have it and
          differ; "unmatched": none has it; "no_number": `prospect_number` is null or no number
        - a column for each column of the contacts but the number, then for each custom variable; null
          unless the call is matched
    contacts : pandas.DataFrame
        The contacts, row for row as they were given, custom variables in columns of their own, and behind
        them:

        - `contact_number` (str): the normal form of the contact's number, null where it is no number
        - `contact_match` (str): "matched": some call went to the contact; "ambiguous": a contact that
          differs has the same number; "unmatched": no call has the number; "no_number"; "repeated": an
          earlier row says the same of the same number
        - `contact_calls` (int64): how many of the calls have the number
    counts : pandas.DataFrame
        One row a kind of match, whether or not it occurs. Columns: `of` (str): "calls" or "contacts";
        `contact_match` (str), in the order above; `n` and `total` (int64): how many of how many.
    """

    calls: pd.DataFrame
    contacts: pd.DataFrame
    counts: pd.DataFrame

    def __repr__(self) -> str:
        matched = self.counts[self.counts[_MATCH] == "matched"]
        parts = [f"{row.n:,} of {row.total:,} {row.of} matched" for row in matched.itertuples()]
        return f"JoinedContacts: {', '.join(parts)}"


def join_contacts(
    calls: pd.DataFrame,
    contacts: pd.DataFrame,
    *,
    on: str = "phone_number",
    region: str | None = None,
) -> JoinedContacts:
    """Put what is known of each contact beside the calls to it.

    A call and a contact belong together if their numbers have the same normal form, so that
    "(415) 555-0101" in a CSV file is the +14155550101 of the calls. There are as many calls as before, in
    the same order: where several contacts have the number of a call and differ, in whatever column, none
    of them is picked; the call is "ambiguous" and has nulls. Contacts that say the same are one.

    Parameters
    ----------
    calls : pandas.DataFrame
        One row a call; the column `prospect_number` is read.
    contacts : pandas.DataFrame
        One row a contact, from `fetch_contacts` or from a file. A column `extra` holds custom variables as
        JSON objects; each field becomes a column.
    on : str, default "phone_number"
        The column of `contacts` with the number.
    region : str, optional
        The country of numbers that are written without country code, such as "US". By default they are no
        numbers.

    Returns
    -------
    JoinedContacts
        The calls with the columns of the contacts, the contacts with their calls, and the counts of both.

    Raises
    ------
    UnknownColumnError
        If a table lacks a column.
    ConfigurationError
        If an argument is wrong, the calls have columns of an earlier join, a column cannot be named, or
        `extra` holds something else than JSON objects.

    See Also
    --------
    fetch_contacts : The contacts of a list.
    describe_numbers : The normal form of a number.

    Notes
    -----
    A column of the contacts that has the name of a column of the calls is named `contact_` and that name,
    in both tables. Whole numbers become Int64 and true and false become boolean, so that null has a place;
    other dtypes stay. A custom variable is Int64, Float64 or boolean if all its values are of that kind,
    else text: strings as they are, anything else as JSON.

    A person on two lists who is described differently is ambiguous. Join each list with its own calls then,
    those whose `list_id` it is.

    A difference between groups of contacts is an observation. Who is on the list, and who picks up, is not
    the work of chance, as it would be in an experiment.

    Examples
    --------
    >>> import caldframe as cf
    >>> calls = pd.DataFrame({"prospect_number": ["+14155550101", "+14155550102", "+14155550103"]})
    >>> contacts = pd.DataFrame(
    ...     {"phone": ["415 555 0101", "(415) 555-0102", "4155550102"], "plan": ["gold", "basic", "gold"]}
    ... )
    >>> joined = cf.join_contacts(calls, contacts, on="phone", region="US")
    >>> joined.calls[["contact_match", "plan"]]
      contact_match  plan
    0       matched  gold
    1     ambiguous   NaN
    2     unmatched   NaN
    >>> joined
    JoinedContacts: 1 of 3 calls matched, 1 of 3 contacts matched
    """
    if not isinstance(on, str):
        raise ConfigurationError(
            f"on={on!r} is not the name of a column. Give that of the contacts' numbers, as phone_number."
        )
    check_columns(calls, ["prospect_number"])
    check_columns(contacts, [on])
    calls = rows_here(calls, column_names(calls), "join_contacts", "Keep the calls that matter there first.")
    contacts = rows_here(contacts, column_names(contacts), "join_contacts", "A list fits into memory.")
    names: list[Any] = contacts.columns.tolist()
    check_columns(contacts, [name for name in names if isinstance(name, str)])
    listed = _named_apart(_spread(contacts, on), on, calls)
    details = [name for name in listed.columns if name != on]

    called, listed[_NUMBER] = _normal_forms(calls["prospect_number"], contacts[on], region)
    known = listed[_NUMBER].notna()
    # Contacts that say the same are one; what is left twice of a number is ambiguous.
    distinct = count_rows(listed[known], [_NUMBER, *details]).keys
    repeated = listed[known].duplicated([_NUMBER, *details]).reindex(listed.index, fill_value=False)
    shared = distinct[_NUMBER].duplicated(keep=False)
    single = distinct[~shared]
    ambiguous = distinct.loc[shared, _NUMBER].drop_duplicates()

    places = pd.Index(single[_NUMBER]).get_indexer(pd.Index(called))
    beside = single[details].reset_index(drop=True).reindex(places).reset_index(drop=True)
    beside.insert(0, _NUMBER, called)
    beside.insert(1, _MATCH, _matched(called, single[_NUMBER], ambiguous))
    joined = pd.concat([calls, beside.set_axis(calls.index)], axis="columns")

    listed[_MATCH] = _matched(listed[_NUMBER], called.dropna(), ambiguous).mask(repeated, "repeated")
    listed[_CALLS] = _calls_of(listed[_NUMBER], called)
    counts = _counts(joined[_MATCH], listed[_MATCH])
    return JoinedContacts(joined, listed.set_axis(contacts.index), counts)


def _spread(contacts: pd.DataFrame, on: str) -> pd.DataFrame:
    """Give the contacts with a column for each custom variable, and room for null in every column."""
    table = contacts.reset_index(drop=True)
    for name, values in contacts.items():
        if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iub" and name != on:
            table[name] = table[name].astype(_NULLABLE[values.dtype.kind])
    if _EXTRA not in table or on == _EXTRA:
        return table
    objects = [_read_object(text) for text in as_text(table.pop(_EXTRA)).array]
    fields = dict.fromkeys(name for members in objects for name in members)
    variables = {
        f"extra_{name}" if name in table.columns else name: _as_column([read.get(name) for read in objects])
        for name in fields
    }
    return pd.concat([table, pd.DataFrame(variables, index=table.index)], axis="columns")


def _read_object(text: Any) -> dict[str, Any]:
    if pd.isna(text):
        return {}
    try:
        read = json.loads(text)
    except ValueError:
        read = None
    if isinstance(read, dict):
        return {_clean(name): value for name, value in read.items()}
    raise ConfigurationError(
        f"The column 'extra' of the contacts should hold JSON objects, as fetch_contacts gives, but holds "
        f"{text[:40]!r}. Rename the column if it is something else."
    )


def _as_column(values: list[Any]) -> pd.Series[Any]:
    kinds = {type(value) for value in values if value is not None}
    for dtype, fitting in (("boolean", {bool}), ("Int64", {int}), ("Float64", {int, float})):
        if kinds and kinds <= fitting:
            try:
                return pd.Series(values, dtype=dtype)
            except OverflowError:
                break  # a whole number of more than 64 bits keeps its digits as text
    return pd.Series([None if value is None else _as_text(value) for value in values], dtype="str")


def _as_text(value: Any) -> str:
    return _clean(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _clean(text: str) -> str:
    """Put U+FFFD for half of a UTF-16 pair, which no column of text can hold."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _named_apart(contacts: pd.DataFrame, on: str, calls: pd.DataFrame) -> pd.DataFrame:
    """Name the columns of the contacts so that they can stand beside those of the calls."""
    for name in _ADDED:
        if name in calls.columns:
            raise ConfigurationError(
                f"The calls have a column {name!r}, as an earlier join gives. Join the calls as they were."
            )
    names = [f"contact_{name}" if name in calls.columns and name != on else name for name in contacts.columns]
    others = [*_ADDED, *calls.columns]
    for position, name in enumerate(names):
        if name in names[:position] or (name in others and name != on):
            raise ConfigurationError(
                f"The contacts' column {contacts.columns[position]!r} would be named {name!r}, and so is "
                f"another column. Rename it."
            )
    return contacts.set_axis(names, axis="columns")


def _normal_forms(
    calls: pd.Series[Any], contacts: pd.Series[Any], region: str | None
) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Give the numbers of both tables in their normal form; what both have is looked up once."""
    written = pd.concat([calls.astype(object), contacts.astype(object)], ignore_index=True)
    numbers = normal_forms(written, region=region)
    return numbers.iloc[: len(calls)], numbers.iloc[len(calls) :].reset_index(drop=True)


def _matched(numbers: pd.Series[Any], others: pd.Series[Any], ambiguous: pd.Series[Any]) -> pd.Series[Any]:
    """Tell how each number fares with those of the other table."""
    conditions = [numbers.isna().to_numpy(), _are_among(ambiguous, numbers), _are_among(others, numbers)]
    matches = np.select(conditions, ["no_number", "ambiguous", "matched"], "unmatched")
    return pd.Series(matches, dtype="str")


def _are_among(others: pd.Series[Any], numbers: pd.Series[Any]) -> NDArray[np.bool_]:
    """Do what isin does, without its detour over Python's own text."""
    places: NDArray[np.intp] = pd.Index(others.drop_duplicates()).get_indexer(pd.Index(numbers))
    return places >= 0


def _calls_of(numbers: pd.Series[Any], called: pd.Series[Any]) -> pd.Series[Any]:
    return called.value_counts().reindex(numbers).fillna(0).astype("int64").reset_index(drop=True)


def _counts(calls: pd.Series[Any], contacts: pd.Series[Any]) -> pd.DataFrame:
    parts = [("calls", calls, _OF_CALLS), ("contacts", contacts, _OF_CONTACTS)]
    rows = [(of, kind, int(match.eq(kind).sum()), len(match)) for of, match, kinds in parts for kind in kinds]
    table = pd.DataFrame(rows, columns=["of", _MATCH, "n", "total"])
    return table.astype({"of": "str", _MATCH: "str", "n": "int64", "total": "int64"})
