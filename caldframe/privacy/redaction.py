"""Tables in, the same tables out with placeholders for what was said and is personal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from caldframe.engine import as_text, check_columns, check_names, closest, table_of
from caldframe.errors import ConfigurationError
from caldframe.privacy.paths import split_path
from caldframe.privacy.redactor import CANDIDATES, Redactor
from caldframe.schema import TABLES, TEXT

if TYPE_CHECKING:
    import re

    from numpy.typing import NDArray

    from caldframe.frames import CampaignFrames

__all__ = ["redact", "redact_frames"]

_JSON: Final = ("extra", "value")
_OF_FRAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "campaigns": ("name", "extra"),
    "calls": ("extra",),
    "transcripts": ("content", "extra"),
    "problems": ("value",),
    "failures": ("message",),
}
"""The columns of the tables that hold text of any sort."""

_Redaction = Callable[[str], tuple[str, Counter[str]]]


def redact(
    transcripts: pd.DataFrame,
    *,
    region: str | None = "US",
    names: Iterable[str] = (),
    patterns: Mapping[str, str | re.Pattern[str]] | None = None,
    columns: Iterable[str] = ("content",),
) -> pd.DataFrame:
    r"""Mask phone numbers, e-mail addresses, card, account and social security numbers in what was said.

    Each is replaced by what it was: ``[phone number]``, ``[e-mail address]``, ``[card number]``, ``[IBAN]``,
    ``[social security number]``. They are found as they are written and as they are spoken in English, "four
    one five, double five five". No redaction is complete: docs/privacy.md says how much of a labelled sample
    is found.

    Parameters
    ----------
    transcripts : pandas.DataFrame
        One row a turn, or any table with text; it is not changed.
    region : str, optional
        The country whose national phone numbers are looked for, "US" by default; None for none. Numbers
        with ``+`` and a country code are found whatever it is, as are numbers that the words beside them
        call so.
    names : iterable of str, optional
        Names to mask as ``[name]``, such as ``contacts["prospect_name"]``. They are found as they are given,
        whole, in any case: for "John" alone give "John" too.
    patterns : mapping of str to str or re.Pattern, optional
        What else to mask, by kind: ``{"policy": r"\bPOL-\d+\b"}`` makes ``[policy]``.
    columns : iterable of str, default ("content",)
        The columns to look into. A column `extra`, if there is one, is always looked into.

    Returns
    -------
    pandas.DataFrame
        The same rows and columns; `attrs["redacted"]` is a dict of how many of each kind were replaced.

    Raises
    ------
    UnknownColumnError
        If the table lacks a column.
    ConfigurationError
        If an argument is wrong, or a column holds something else than text.

    See Also
    --------
    redact_frames : The same for all tables of a campaign.
    pseudonymise : Replace the numbers that were called.

    Notes
    -----
    A card number has 13 to 19 digits and a right check digit (Luhn; ISO/IEC 7812-1), an IBAN right check
    digits and the form of its country (ISO 13616), a social security number three, two and four digits in
    assigned ranges. A phone number is one that phonenumbers knows to be assigned, or has the form of a North
    American one; or seven digits or more where words such as "call me at" stand before them, where the turn
    is hardly more than that, or seven said one by one. Behind "card", "IBAN" or "social security" the
    check digits may be wrong, for speech is often misheard.

    Dates, times, amounts of money, and numbers behind "order", "invoice", "case" and the like are left.
    Digits that go on in the next turn are not put together. Spoken digits are understood in English only.

    Redacting twice is the same as once. Each distinct text is looked at once.

    Examples
    --------
    >>> import pandas as pd
    >>> import caldframe as cf
    >>> turns = pd.DataFrame({"content": ["It's two one two, triple five, oh one two three.", "At 10:30."]})
    >>> redacted = cf.redact(turns)
    >>> redacted["content"].tolist()
    ["It's [phone number].", 'At 10:30.']
    >>> redacted.attrs["redacted"]
    {'phone number': 1}
    """
    names_of_columns = list(dict.fromkeys(check_names("columns", columns)))
    check_columns(transcripts, names_of_columns)
    redactor = Redactor(region=region, names=names, patterns=patterns)
    also = ["extra"] if "extra" in transcripts.columns and "extra" not in names_of_columns else []
    redacted, counts = _redacted(transcripts, [*names_of_columns, *also], redactor)
    redacted.attrs = {**transcripts.attrs, "redacted": _in_order(counts, redactor)}
    return redacted


def redact_frames(  # noqa: PLR0913 - one a decision of the caller's
    frames: CampaignFrames,
    *,
    region: str | None = "US",
    names: Iterable[str] = (),
    patterns: Mapping[str, str | re.Pattern[str]] | None = None,
    columns: Iterable[str] = (),
    keep: Iterable[str] = (),
) -> CampaignFrames:
    r"""Mask phone numbers, addresses and the like wherever the tables of a campaign hold text of any sort.

    That is `content` of the transcripts, `name` of the campaigns, `extra` everywhere, `value` of the problems
    and `message` of the failures; and names in `field` of the problems, but for those that the API documents.
    Who was called is not masked: `pseudonymise` replaces the numbers of the calls, and empties the addresses
    of their recordings.

    Parameters
    ----------
    frames : CampaignFrames
        The frames; they are not changed.
    region : str, optional
        The country whose national phone numbers are looked for, "US" by default; see `redact`.
    names : iterable of str, optional
        Names to mask.
    patterns : mapping of str to str or re.Pattern, optional
        What else to mask, by kind.
    columns : iterable of str, optional
        Columns of your own to look into.
    keep : iterable of str, optional
        Columns of your own that hold text and are to stay as they are.

    Returns
    -------
    CampaignFrames
        The same rows and columns. Each table has in `attrs["redacted"]` how many of each kind were replaced.

    Raises
    ------
    ConfigurationError
        If an argument is wrong, or a table has a column of your own with text that neither `columns` nor
        `keep` names.

    See Also
    --------
    redact : The same for one table, with what is looked for.

    Examples
    --------
    >>> import caldframe as cf
    >>> frames = cf.load_campaign(
    ...     b'{"campaignId": "c1", "calls": [{"callId": "k1", "transcripts": ['
    ...     b'{"role": "user", "content": "Write to me, ann@example.com."}]}]}'
    ... )
    >>> cf.redact_frames(frames).transcripts["content"].tolist()
    ['Write to me, [e-mail address].']
    """
    own, kept = (list(dict.fromkeys(check_names(*each))) for each in (("columns", columns), ("keep", keep)))
    redactor = Redactor(region=region, names=names, patterns=patterns)
    tables = {name: table_of(frames, name) for name in _OF_FRAMES}
    _check_own(tables, own, kept)
    hidden = {}
    for name, table in tables.items():
        looked_into = [*_OF_FRAMES[name], *(column for column in own if column in table.columns)]
        check_columns(table, looked_into)
        hidden[name], counts = _redacted(table, looked_into, redactor)
        if name == "problems":
            check_columns(table, ["field"])
            hidden[name]["field"], found = _of_paths(table["field"], redactor)
            counts += found
        hidden[name].attrs = {**table.attrs, "redacted": _in_order(counts, redactor)}
    return replace(frames, **hidden)


def _check_own(tables: Mapping[str, pd.DataFrame], own: list[str], kept: list[str]) -> None:
    there: set[Any] = set()
    for name, table in tables.items():
        columns: list[Any] = table.columns.tolist()
        there.update(columns)
        known = {column.name for column in TABLES[name]} if name in TABLES else set(columns)
        for column in columns:
            if column not in {*known, *own, *kept} and _may_hold_text(table[column]):
                raise ConfigurationError(
                    f"The column {column!r} of the {name} may hold text, and nobody has said whether to look "
                    f"into it: columns=[{column!r}] to redact it, keep=[{column!r}] to leave it."
                )
    names = sorted(name for name in there if isinstance(name, str))
    for column in own:
        if column not in there:
            raise ConfigurationError(f"No table has a column {column!r}.{closest(column, names)}")


def _may_hold_text(values: Any) -> bool:
    dtype = values.cat.categories.dtype if isinstance(values.dtype, pd.CategoricalDtype) else values.dtype
    plain = pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype)
    return not (
        plain or pd.api.types.is_datetime64_any_dtype(dtype) or pd.api.types.is_timedelta64_dtype(dtype)
    )


def _redacted(
    table: pd.DataFrame, columns: list[str], redactor: Redactor
) -> tuple[pd.DataFrame, Counter[str]]:
    hidden = table.copy(deep=False)
    counts: Counter[str] = Counter()
    for column in columns:
        how = redactor.redact_json if column in _JSON else redactor.redact
        hidden[column], found = _of_column(table[column], how, redactor)
        counts += found
    return hidden, counts


def _of_column(
    values: pd.Series[Any], redaction: _Redaction, redactor: Redactor
) -> tuple[pd.Series[Any], Counter[str]]:
    """Redact a column: each distinct text once, and only those in which there may be something."""
    column = pa.array(as_text(values), TEXT)
    encoded = (column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column).dictionary_encode()
    distinct = encoded.dictionary
    candidates = _candidates(distinct, redactor)
    times = np.bincount(encoded.indices.drop_null().to_numpy(), minlength=len(distinct))
    counts: Counter[str] = Counter()
    changed = {}
    for place, text in zip(candidates.tolist(), distinct.take(pa.array(candidates)).to_pylist(), strict=True):
        redacted, found = redaction(text)
        if found:
            changed[place] = redacted
            counts.update({kind: count * int(times[place]) for kind, count in found.items()})
    if not changed:
        return values, counts
    mask = np.zeros(len(distinct), dtype=bool)
    mask[list(changed)] = True
    hidden = pc.replace_with_mask(distinct, pa.array(mask), pa.array(list(changed.values()), TEXT))
    texts = pd.array(hidden.take(encoded.indices), dtype="str")
    return pd.Series(texts, index=values.index, name=values.name), counts


def _of_paths(paths: pd.Series[Any], redactor: Redactor) -> tuple[pd.Series[Any], Counter[str]]:
    """Redact paths where their names are not the API's own."""
    texts = as_text(paths)
    split = [split_path(text) if isinstance(text, str) else (None, None) for text in texts]
    known, beyond = (
        pd.Series([parts[side] for parts in split], texts.index, "str", texts.name) for side in (0, 1)
    )
    redacted, counts = _of_column(beyond, redactor.redact, redactor)
    return (known + redacted if counts else paths), counts


def _candidates(texts: pa.Array[Any], redactor: Redactor) -> NDArray[np.intp]:
    """Give the positions of the texts that are worth a look, of a million in a second."""
    worth = np.zeros(len(texts), dtype=bool)
    for pattern in CANDIDATES:
        worth |= pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False).astype(bool)
    if redactor.looks_for_more:
        rest = np.flatnonzero(~worth)
        worth[rest] = [redactor.finds_more(text) for text in texts.take(pa.array(rest)).to_pylist()]
    return np.flatnonzero(worth)


def _in_order(counts: Counter[str], redactor: Redactor) -> dict[str, int]:
    return {kind: counts[kind] for kind in redactor.kinds if counts[kind]}
