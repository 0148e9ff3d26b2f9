"""Where phrases are found: by RE2 on the distinct texts, so in linear time whatever the text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from caldframe.engine import as_text, check_columns
from caldframe.errors import ConfigurationError
from caldframe.folding import fold_text, text_array
from caldframe.schema import TEXT

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["find_phrases"]

_NEEDED: Final = ["language", "name", "kind", "pattern"]
_EXCEPTION: Final = "exception"
_CUT: Final = (
    " | "  # in place of what an exception finds, so that what stood around it does not become a phrase
)

_BLANKS: Final = r"[\s\p{Z}]+"


def find_phrases(content: pd.Series[Any], patterns: pd.DataFrame) -> pd.DataFrame:
    """Find the texts in which one of the patterns is, and the phrase that it finds.

    Parameters
    ----------
    content : pandas.Series of str
        Any texts, such as ``frames.transcripts["content"]``; nothing is found in null.
    patterns : pandas.DataFrame
        One row a pattern, as `load_patterns` gives them; `language`, `name`, `kind` and `pattern` are read.
        What those of the kind ``exception`` find is cut out before the others are tried.

    Returns
    -------
    pandas.DataFrame
        One row a text in which something is found, in their order. Columns: `row` (int64), the text's
        position in `content`; `language`, `name`, `kind` (str), those of the first pattern of the table that
        finds something; `phrase` (str), what it finds, in small letters and without accents, as it was
        compared.

    Raises
    ------
    UnknownColumnError
        If `patterns` lacks a column.
    ConfigurationError
        If a pattern cannot be used, or `content` is no text.

    Examples
    --------
    >>> from caldframe.phrases import load_patterns
    >>> find_phrases(pd.Series(["Yes.", "Please, don’t CALL me again!"]), load_patterns("opt_outs"))
       row language               name     kind               phrase
    0    1       en  do_not_call_again  request  don't call me again
    """  # noqa: RUF002 - a curly apostrophe is what phones write
    exceptions, sought = _compiled(patterns)
    codes, distinct = pd.factorize(as_text(content))
    texts = _ready(text_array(pd.Series(distinct)))
    numbers = np.full(len(texts), -1, dtype=np.int64)
    phrases = np.full(len(texts), None, dtype=object)

    # One look for all patterns together leaves few texts to look at one pattern at a time.
    left = np.flatnonzero(_holds_any(texts, list(sought["pattern"])))
    candidates = texts.take(left)
    for pattern in exceptions["pattern"]:
        candidates = pc.replace_substring_regex(candidates, pattern, _CUT)
    for number, pattern in enumerate(sought["pattern"]):
        found = pc.struct_field(pc.extract_regex(candidates, f"(?P<phrase>{pattern})"), "phrase")
        hits = found.is_valid().to_numpy(zero_copy_only=False)
        numbers[left[hits]] = number
        phrases[left[hits]] = pc.utf8_trim(found.filter(hits), " .!?;,").to_numpy(zero_copy_only=False)
        left, candidates = left[~hits], candidates.filter(~hits)

    # Null has the code -1, which would be the last text.
    of_rows = np.where(codes >= 0, np.append(numbers, -1)[codes], -1)
    rows = np.flatnonzero(of_rows >= 0)
    table = sought.iloc[of_rows[rows]].reset_index(drop=True)
    columns = {name: table[name].astype("str") for name in ("language", "name", "kind")}
    phrase = pd.Series(phrases[codes[rows]], dtype="str")
    return pd.DataFrame({"row": rows.astype(np.int64), **columns, "phrase": phrase})


def _compiled(patterns: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Check patterns and make them ready for folded text: exceptions, and what is sought."""
    check_columns(patterns, _NEEDED)
    table = pd.DataFrame({name: as_text(patterns[name]) for name in _NEEDED}).reset_index(drop=True)
    if table.isna().any(axis=None):
        raise ConfigurationError(
            f"A pattern needs a value in each of {', '.join(_NEEDED)}; one has null. Fill it in, or leave it "
            f"out."
        )
    table["pattern"] = [
        _compiled_one(name, pattern) for name, pattern in zip(table["name"], table["pattern"], strict=True)
    ]
    excepted = table["kind"].eq(_EXCEPTION).to_numpy(dtype=np.bool_)
    return table[excepted], table[~excepted].reset_index(drop=True)


def _compiled_one(name: str, pattern: str) -> str:
    folded = f"(?i:{fold_text(pa.array([pattern], TEXT))[0].as_py()})"
    try:
        empty = pc.extract_regex(pa.array([""], TEXT), f"(?P<phrase>{folded})")
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise ConfigurationError(
            f"The pattern {name!r} is no regular expression that RE2 knows: {error}. Write groups as "
            f"(?:...), and do without look-around and back-references."
        ) from error
    if empty.null_count == 0:
        raise ConfigurationError(
            f"The pattern {name!r} finds something in a text of nothing, so in every one. Let it "
            f"need a letter or more."
        )
    return folded


def _ready(texts: pa.Array) -> pa.Array:
    """Fold texts, case and runs of blanks too."""
    texts = pc.utf8_lower(fold_text(texts))
    texts = pc.replace_substring_regex(texts, _BLANKS, " ")
    texts = pc.replace_substring_regex(texts, " ?['`] ?", "'")  # "don 't", as some recognisers write
    return pc.utf8_trim(texts, " ")


def _holds_any(texts: pa.Array, patterns: Sequence[str]) -> Any:
    if not patterns:
        return np.zeros(len(texts), dtype=np.bool_)
    return pc.match_substring_regex(texts, "|".join(patterns)).to_numpy(zero_copy_only=False)
