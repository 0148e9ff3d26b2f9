"""Frames and contacts in, the same tables out with pseudonyms for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from caldframe.engine import as_text, check_columns, check_names, closest, table_of
from caldframe.errors import ConfigurationError
from caldframe.frames import CampaignFrames
from caldframe.privacy.json_text import to_json
from caldframe.privacy.paths import split_path
from caldframe.privacy.pseudonyms import checked_kind, checked_pseudonym_key, pseudonyms_of
from caldframe.schema import CONTACTS, TABLES

__all__ = ["pseudonymise", "pseudonymise_contacts"]

_EXTRA: Final = "extra"

_OF_FRAMES: Final = {
    "name": "name",
    "from_number": "number",
    "to_number": "number",
    "prospect_number": "number",
}
"""The columns of the four tables that get pseudonyms, and of which kind."""

_OF_CONTACTS: Final = {"phone_number": "number", "prospect_name": "name", "email": "email"}

_EMPTIED: Final = ("recording_url", "value")
"""Columns that become null: a recording is a voice, and a value that did not fit is text of any sort."""


@dataclass(frozen=True)
class _Choices:
    """What is to become of the columns that the caller has named."""

    secret: bytes
    region: str | None
    keep: tuple[str, ...]
    drop: tuple[str, ...]
    replace: Mapping[str, str]


def pseudonymise(  # noqa: PLR0913 - one a decision of the caller's
    frames: CampaignFrames,
    key: str | bytes,
    *,
    region: str | None = None,
    keep: Iterable[str] = (),
    drop: Iterable[str] = (),
    replace: Mapping[str, str] | None = None,
) -> CampaignFrames:
    """Replace the numbers of a campaign's tables by pseudonyms, and empty what may tell who was called.

    The same number has the same pseudonym in every table, campaign and file under the same key, however it
    was written. So prospects can still be counted, followed from call to call, and joined with contacts that
    `pseudonymise_contacts` has treated. Without the key nobody can find a number by trying all numbers.

    What was said stays as it was: `redact_frames` masks numbers and addresses in the transcripts.

    Parameters
    ----------
    frames : CampaignFrames
        The frames; they are not changed.
    key : str or bytes
        The secret, 16 bytes or more. Make one with
        ``python -c "import secrets; print(secrets.token_hex(32))"`` and keep it where the data does not go.
    region : str, optional
        The country of numbers that are written without country code, such as "US".
    keep : iterable of str, optional
        Columns of your own that hold nothing personal, and fields of `extra` that are to stay there. Also
        "name", for the campaigns' names.
    drop : iterable of str, optional
        Columns of your own to leave out.
    replace : mapping of str to str, optional
        Columns of your own that get pseudonyms, and of which kind: "number", "name", "email", or a word of
        yours for anything else: ``{"customer": "name", "policy": "policy"}``.

    Returns
    -------
    CampaignFrames
        Frames with the same rows in the same order:

        - `from_number`, `to_number`, `prospect_number`: ``number-`` and 24 hexadecimal digits;
          ``no-number-`` where the text is no phone number. Null and blank are null
        - `name` of campaigns: ``name-`` and 24 digits, unless it is kept
        - `recording_url`, `value` of problems, `message` of failures: null
        - `extra`: the fields named by `keep`, or null
        - `field` of problems: undocumented names in it are replaced by ``…``
        - everything else as it was: identifiers, results, times, lengths, and what was said

    Raises
    ------
    ConfigurationError
        If the key is too short, an argument is wrong, or a table has a column of your own that neither
        `keep` nor `drop` nor `replace` names: it could hold anything.

    See Also
    --------
    pseudonymise_contacts : The same for a list of contacts.
    redact_frames : Mask numbers and addresses in what was said.

    Notes
    -----
    A pseudonym is HMAC-SHA-256 (RFC 2104) under the key over its kind and the number's normal form (E.164),
    cut to 96 bits. Among a thousand million numbers the chance that any two share one is below 10⁻¹¹.

    Who has the key can make the pseudonym of any number and look for it, so these are still personal data
    under the GDPR (article 4(5)), for those at least who can get at the key. Times and results of calls stay
    and may give a person away to someone who knows when they were called.

    What needs the number itself stops working: `pickup_by_hour` and `quiet_hours` by the prospect's clock,
    region and kind in `describe_numbers`. Put what you need of it into a column before, and keep that.

    References
    ----------
    Krawczyk, H., Bellare, M. and Canetti, R. (1997). HMAC: Keyed-hashing for message authentication. RFC
    2104.

    Examples
    --------
    >>> import caldframe as cf
    >>> frames = cf.load_campaign(
    ...     b'{"campaignId": "c1", "calls": [{"callId": "k1", "to": "+12125550123"}]}'
    ... )
    >>> hidden = cf.pseudonymise(frames, "an example, and not a secret")
    >>> hidden.calls["to_number"].tolist()
    ['number-5bc50d972d59c95220f15e13']
    """
    choices = _choices(key, region, keep, drop, replace)
    tables = {name: table_of(frames, name) for name in (*TABLES, "failures")}
    _check_all_named({name: tables[name] for name in TABLES}, choices)
    hidden = {name: _hidden(table, _OF_FRAMES, choices) for name, table in tables.items()}
    hidden["problems"]["field"] = (
        hidden["problems"]["field"].map(_documented, na_action="ignore").astype("str")
    )
    hidden["failures"]["message"] = _nulls(hidden["failures"])
    return CampaignFrames(**hidden)


def pseudonymise_contacts(  # noqa: PLR0913 - one a decision of the caller's
    contacts: pd.DataFrame,
    key: str | bytes,
    *,
    region: str | None = None,
    keep: Iterable[str] = (),
    drop: Iterable[str] = (),
    replace: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Replace numbers, names and e-mail addresses of a list of contacts by pseudonyms.

    A number has the pseudonym that `pseudonymise` gives it in the calls under the same key, so that
    `join_contacts` still finds the calls of a contact.

    Parameters
    ----------
    contacts : pandas.DataFrame
        One row a contact, from `fetch_contacts` or from a file; it is not changed.
    key : str or bytes
        The secret, 16 bytes or more, as for `pseudonymise`.
    region : str, optional
        The country of numbers that are written without country code, such as "US".
    keep : iterable of str, optional
        Columns of your own that hold nothing personal, and custom variables that are to stay in `extra`.
    drop : iterable of str, optional
        Columns of your own to leave out.
    replace : mapping of str to str, optional
        Columns that get pseudonyms, and of which kind: ``{"phone": "number", "customer": "name"}``.

    Returns
    -------
    pandas.DataFrame
        The same contacts in the same order: `phone_number` as ``number-`` and 24 hexadecimal digits,
        `prospect_name` as ``name-…``, `email` as ``email-…``, the columns of `replace` likewise; of `extra`
        the variables that `keep` names.

    Raises
    ------
    ConfigurationError
        If the key is too short, an argument is wrong, or there is another column that neither `keep` nor
        `drop` nor `replace` names.

    See Also
    --------
    pseudonymise : The same for the tables of a campaign.

    Notes
    -----
    Names and addresses that differ in case, or in the number of blanks, are the same.

    Examples
    --------
    >>> import pandas as pd
    >>> import caldframe as cf
    >>> contacts = pd.DataFrame({"phone": ["(212) 555-0123"], "plan": ["gold"]})
    >>> hidden = cf.pseudonymise_contacts(
    ...     contacts, "an example, and not a secret", region="US", replace={"phone": "number"}, keep=["plan"]
    ... )
    >>> hidden.values.tolist()
    [['number-5bc50d972d59c95220f15e13', 'gold']]
    """
    choices = _choices(key, region, keep, drop, replace)
    check_columns(contacts, [])
    _check_all_named({"contacts": contacts}, choices)
    return _hidden(contacts, _OF_CONTACTS, choices)


def _choices(
    key: Any, region: str | None, keep: Any, drop: Any, replace: Mapping[str, str] | None
) -> _Choices:
    kinds = {} if replace is None else replace
    if not isinstance(kinds, Mapping):
        raise ConfigurationError(
            f'replace is a mapping of columns to kinds, as {{"customer": "name"}}, '
            f"not a {type(kinds).__name__}."
        )
    choices = _Choices(
        checked_pseudonym_key(key),
        region,
        tuple(check_names("keep", keep)),
        tuple(check_names("drop", drop)),
        {name: checked_kind(kind) for name, kind in kinds.items()},
    )
    named = [*choices.keep, *choices.drop, *choices.replace]
    for position, name in enumerate(named):
        if name in named[:position]:
            raise ConfigurationError(
                f"The column {name!r} is named twice by keep, drop and replace. Name it once."
            )
        if name in _EMPTIED or name == _EXTRA or (name in {**_OF_FRAMES, **_OF_CONTACTS} and name != "name"):
            raise ConfigurationError(
                f"The column {name!r} cannot be chosen about: what it holds is always hidden."
                + (" Name the fields of it that are to stay." if name == _EXTRA else "")
            )
    return choices


def _check_all_named(tables: Mapping[str, pd.DataFrame], choices: _Choices) -> None:
    """Refuse columns of the caller's that nothing is said about, and names that nothing has."""
    unnamed: list[str] = []
    for name, table in tables.items():
        columns: list[Any] = table.columns.tolist()
        check_columns(table, [column for column in columns if isinstance(column, str)])
        known = {column.name for column in TABLES.get(name, CONTACTS)}
        named = known.union(choices.keep, choices.drop, choices.replace)
        unnamed += [f"{column!r} of the {name}" for column in columns if column not in named]
    if unnamed:
        raise ConfigurationError(
            f"Nobody has said what is to become of {', '.join(unnamed)}. Name each column of your own: "
            f'keep=["plan"] if it holds nothing personal, drop=["notes"] to leave it out, '
            f'replace={{"customer": "name"}} for pseudonyms.'
        )
    there = [column for table in tables.values() for column in table.columns.tolist()]
    for column in (*choices.drop, *choices.replace):
        if column not in there:
            raise ConfigurationError(f"No table has a column {column!r}.{closest(column, there)}")


def _hidden(table: pd.DataFrame, kinds: Mapping[str, str], choices: _Choices) -> pd.DataFrame:
    hidden = table.drop(columns=[name for name in choices.drop if name in table.columns])
    hidden.attrs = {}  # what other functions, or the caller, noted there could hold anything
    for kind, names in _by_kind(hidden, {**kinds, **choices.replace}, choices).items():
        hidden[names] = pseudonyms_of(hidden[names], kind, choices.secret, region=choices.region)
    for name in _EMPTIED:
        if name in hidden.columns:
            hidden[name] = _nulls(hidden)
    if _EXTRA in hidden.columns:
        fields = frozenset(choices.keep)
        # Text again, for a column without any value has lost its dtype.
        hidden[_EXTRA] = (
            as_text(hidden[_EXTRA]).map(lambda text: _only(text, fields), na_action="ignore").astype("str")
        )
    return hidden


def _by_kind(table: pd.DataFrame, kinds: Mapping[str, str], choices: _Choices) -> dict[str, list[str]]:
    """Give the columns of a table that get pseudonyms, kind by kind."""
    columns: dict[str, list[str]] = {}
    for name, kind in kinds.items():
        if name in table.columns and name not in choices.keep:
            columns.setdefault(kind, []).append(name)
    return columns


def _nulls(table: pd.DataFrame) -> pd.Series[Any]:
    return pd.Series(None, index=table.index, dtype="str")


def _only(text: str, fields: frozenset[str]) -> str | None:
    """Give the fields of a JSON object that are to stay, as JSON again; None where there is none."""
    if not fields:
        return None
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(read, dict):
        return None
    kept = {name: value for name, value in read.items() if name in fields}
    return to_json(kept) if kept else None


def _documented(path: str) -> str:
    known, beyond = split_path(path)
    return f"{known.removesuffix('.')}…" if beyond else known
