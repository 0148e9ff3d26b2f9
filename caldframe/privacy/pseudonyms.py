"""Keyed pseudonyms: the same value has the same one under the same key, and none leads back without it."""

from __future__ import annotations

import hmac
import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.engine import as_text
from caldframe.errors import ConfigurationError
from caldframe.phone import PSEUDONYM_DIGITS, normal_forms

if TYPE_CHECKING:
    from collections.abc import Callable

LEAST_KEY_BYTES: Final = 16
"""A key of fewer bytes could be found by trying."""

_PURPOSE: Final = b"caldframe pseudonym 1\0"
_KIND: Final = re.compile(r"[a-z]+(?:-[a-z]+)*")


def checked_pseudonym_key(key: Any) -> bytes:
    """Give the key as bytes, or say what is wrong with it without showing it.

    Parameters
    ----------
    key : str or bytes
        The key; text stands for its bytes in UTF-8.

    Returns
    -------
    bytes
        The key.

    Raises
    ------
    ConfigurationError
        If it is neither text nor bytes, or too short.
    """
    advice = 'Make one with: python -c "import secrets; print(secrets.token_hex(32))"'
    if not isinstance(key, str | bytes):
        raise ConfigurationError(f"The pseudonym key is of type {type(key).__name__}. {advice}")
    secret = key.encode("utf-8", "surrogatepass") if isinstance(key, str) else key
    if len(secret) < LEAST_KEY_BYTES:
        raise ConfigurationError(
            f"The pseudonym key has {len(secret)} bytes, and needs {LEAST_KEY_BYTES} or more. {advice}"
        )
    return secret


def checked_kind(kind: Any) -> str:
    """Refuse what cannot stand in front of a pseudonym."""
    if isinstance(kind, str) and _KIND.fullmatch(kind):
        return kind
    raise ConfigurationError(
        f"{kind!r} is no kind of pseudonym. Give small letters, such as 'number', 'name' or 'email'."
    )


def pseudonyms_of(table: pd.DataFrame, kind: str, secret: bytes, *, region: str | None) -> pd.DataFrame:
    """Give the pseudonym of each value of a table, all of one kind.

    Parameters
    ----------
    table : pandas.DataFrame
        Any values; other than text they count as the text that they are written as.
    kind : str
        "number", "name", "email", or a kind of the caller's. Values of two kinds never share a pseudonym.
    secret : bytes
        The key.
    region : str or None
        The country of numbers that are written without country code.

    Returns
    -------
    pandas.DataFrame
        The pseudonyms as str, with the index and the columns of `table`; null for what is null or blank.
    """
    # A number stands in several columns, and is looked up and hidden once.
    written = [_written(table[name], kind).reset_index(drop=True) for name in table]
    codes, distinct = pd.factorize(pd.concat(written, ignore_index=True))
    if kind == "number":
        texts = pd.Series(distinct, dtype="str")
        forms = normal_forms(texts, region=region)
        known = forms.notna()
        kinds = np.where(known, "number", "no-number").tolist()
        # The normal form itself: a pseudonym must not depend on how the number was written.
        normal = forms.where(known, texts.str.strip()).tolist()
    else:
        kinds = [kind] * len(distinct)
        normal = [_NORMAL.get(kind, _trimmed)(text) for text in distinct]
    hidden = [
        _pseudonym(secret, kind_of, text) if text else None
        for kind_of, text in zip(kinds, normal, strict=True)
    ]
    pseudonyms = pd.array([*hidden, None], dtype="str")
    columns = {
        name: pseudonyms.take(part) for name, part in zip(table, np.split(codes, table.shape[1]), strict=True)
    }
    return pd.DataFrame(columns, index=table.index)


def _written(values: pd.Series[Any], kind: str) -> pd.Series[Any]:
    # pandas reads a column of whole numbers as floats if one is missing.
    if kind == "number" and pd.api.types.is_float_dtype(values.dtype):
        values = values.map(
            lambda value: f"{value:.0f}" if value.is_integer() else str(value), na_action="ignore"
        )
    return as_text(values)


def _pseudonym(secret: bytes, kind: str, text: str) -> str:
    message = b"\0".join((_PURPOSE, kind.encode(), text.encode("utf-8", "surrogatepass")))
    return f"{kind}-{hmac.digest(secret, message, 'sha256').hex()[:PSEUDONYM_DIGITS]}"


def _trimmed(text: str) -> str:
    return text.strip()


def _folded(text: str) -> str:
    """Give a name as it compares: without differences of case, blanks or composition."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


_NORMAL: Final[dict[str, Callable[[str], str]]] = {"name": _folded, "email": _folded}
