"""Text without what is not heard: accents, forms of apostrophes and of letters, invisible characters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from caldframe.schema import TEXT

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["fold_text", "text_array"]

_APOSTROPHES: Final = "[\u2018\u2019\u201b\u02bc\u00b4\uff07]"
_LETTERS: Final = {
    "ß": "ss",
    "ẞ": "SS",
    "œ": "oe",
    "Œ": "OE",
    "æ": "ae",
    "Æ": "AE",
    "ø": "o",
    "Ø": "O",
    "ł": "l",
}
_INVISIBLE: Final = r"\p{Cf}"
_ACCENTS: Final = r"[\x{0300}-\x{036F}]"  # not the vowel signs of other scripts, which are letters to the ear


def fold_text(texts: pa.Array) -> pa.Array:
    """Take accents and the like away; case and blanks stay.

    Parameters
    ----------
    texts : pyarrow.Array of large_string
        Any texts; null stays null.

    Returns
    -------
    pyarrow.Array of large_string
        The texts without accents, in compatible forms of letters (NFKC), with straight apostrophes, ligatures
        spelled out, and without characters that cannot be seen.

    Examples
    --------
    >>> fold_text(pa.array(["Don’t", "Número", "Grüße", "한국"], pa.large_string())).to_pylist()
    ["Don't", 'Numero', 'Grusse', '한국']
    """  # noqa: RUF002 - a curly apostrophe is what phones write
    plain = pc.fill_null(pc.string_is_ascii(texts), fill_value=True)
    others = pc.invert(plain)
    if not pc.any(others, min_count=0).as_py():
        return texts
    return pc.replace_with_mask(texts, others, _folded(texts.filter(others)))


def text_array(values: pd.Series[Any]) -> pa.Array:
    """Give a column of text as one array, null where it is null."""
    array = pa.array(values, TEXT, from_pandas=True)
    return array.combine_chunks().cast(TEXT) if isinstance(array, pa.ChunkedArray) else array.cast(TEXT)


def _folded(texts: pa.Array) -> pa.Array:
    # Apostrophes first: decomposed, one of them would become a blank and an accent.
    texts = pc.replace_substring_regex(texts, _APOSTROPHES, "'")
    for letter, spelled in _LETTERS.items():
        texts = pc.replace_substring(texts, letter, spelled)
    texts = pc.replace_substring_regex(texts, _INVISIBLE, "")
    texts = pc.replace_substring_regex(pc.utf8_normalize(texts, "NFKD"), _ACCENTS, "")
    return pc.utf8_normalize(texts, "NFC")
