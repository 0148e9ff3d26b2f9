"""The normal form of a line: what is left of it without its names, numbers, case and punctuation."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from caldframe.engine import as_text
from caldframe.folding import fold_text, text_array

__all__ = ["normal_lines"]

_SLOT: Final = "¤"  # a sign that transcripts do not have

_ADDRESS: Final = r"\S+@\S+\.\w+|(?i:https?://|www\.)\S+"
_NUMBER: Final = r"[$€£¥#+(]*\p{Nd}[\p{Nd}A-Za-z.,:/%()\-]*(?: ?[ap]\.?m\b\.?)?"
_NUMBER_WORDS: Final = (
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    r"|eighteen|nineteen|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:-\w+)?"
    r"|(?:a |one )?(?:hundred|thousand)"
    r"|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|quince|veinte|treinta|cuarenta|cincuenta|cien"
    r"|deux|trois|quatre|cinq|sept|huit|neuf|dix|onze|douze|quinze|vingt|trente|quarante|cinquante|cent"
    r"|zwei|drei|vier|funf|sechs|sieben|acht|neun|zehn|elf|zwolf|zwanzig|dreissig|vierzig|funfzig|hundert)\b"
)

# In German every noun has a capital, so that a capital says nothing about names.
_GERMAN: Final = r"\b(?:[Ii]ch|und|nicht|Sie|[Ww]ir|ist|fur|Ihnen|Ihre?[mnrs]?|[Gg]uten|mit|auf)\b"
_CAPITALISED: Final = r"\p{Lu}[\p{L}\p{M}'\-]*(?: \p{Lu}[\p{L}\p{M}'\-]*)*"
_INSIDE_SENTENCE: Final = rf"([\p{{Ll}}\p{{Lo}}\p{{M}}\d,;{_SLOT}] ){_CAPITALISED}"
_INTRODUCTION: Final = (
    r"\b(?:ich bin|ich heisse|mein name ist|hier ist|hier spricht|spreche ich mit|von der|von)"
)
_INTRODUCED: Final = rf"((?i:{_INTRODUCTION}) ){_CAPITALISED}"
_NO_NAMES: Final = {r"\b(Mr|Mrs|Ms|Dr|St)\.": r"\1", r"\bI\b": "i", r"\bOK\b": "ok"}
_GREETED: Final = (
    r"(?i:\b(hi|hey|hello|dear|hola|bonjour|salut|hallo|guten (?:tag|morgen|abend)"
    r"|good (?:morning|afternoon|evening)|herrn?|frau|senora?|monsieur|madame|mr|mrs|ms|dr))"
    r" +(?:[\p{L}\p{M}'\-]+(?: [\p{L}\p{M}'\-]+)?)([,.!?]|$)"
)

_WITHOUT_BLANKS: Final = r"([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])"
_BETWEEN_WORDS: Final = rf"[^\p{{L}}\p{{M}}\p{{N}}{_SLOT}]+"
_SLOTS: Final = rf"{_SLOT}(?: (?:(?:and|y|et|und|of|de) )?{_SLOT})+"


def normal_lines(lines: pd.Series[Any]) -> pd.Series[Any]:
    """Give the normal forms of lines.

    What becomes a placeholder, and runs of placeholders one of them:

    - everything with a digit in it, with currency signs, percent, am and pm: numbers, amounts, dates, times
      and telephone numbers; and numbers from two on in English, Spanish, French and German words
    - e-mail and web addresses
    - words that begin with a capital inside a sentence: names of people, companies, streets, days and
      months. In a line with words that only German has, where every noun has a capital, only those after
      "ich bin", "mein Name ist", "hier spricht" and the like
    - one or two words between a greeting or a title and the next punctuation mark: "hi anna," too

    The rest is in small letters, without accents and apostrophes, words with one blank between them;
    characters of scripts that write no blanks are words of their own. A name that begins a sentence stays.
    A line without words, of an emoji for example, is its own form.

    Parameters
    ----------
    lines : pandas.Series of str
        The lines.

    Returns
    -------
    pandas.Series of str
        Their forms, with the index of `lines`; null stays null.

    Examples
    --------
    >>> normal_lines(pd.Series(["Hi Anna, it's $5.20 at 8 pm on May 3rd!", "Ten for Zoë Smith?"])).tolist()
    ['hi ¤ its ¤ at ¤ on ¤', '¤ for ¤']
    """
    texts = text_array(as_text(lines))
    forms = fold_text(texts)
    forms = pc.replace_substring_regex(forms, _ADDRESS, f" {_SLOT} ")
    forms = pc.replace_substring_regex(forms, _NUMBER, f" {_SLOT} ")
    for pattern, replacement in _NO_NAMES.items():
        forms = pc.replace_substring_regex(forms, pattern, replacement)
    forms = pc.replace_substring_regex(forms, _GREETED, rf"\1 {_SLOT}\2")
    forms = _without_names(forms)
    forms = pc.replace_substring(pc.utf8_lower(forms), "'", "")
    forms = pc.replace_substring_regex(forms, _NUMBER_WORDS, _SLOT)
    forms = pc.replace_substring_regex(forms, _WITHOUT_BLANKS, r" \1 ")
    forms = pc.utf8_trim(pc.replace_substring_regex(forms, _BETWEEN_WORDS, " "), " ")
    forms = pc.replace_substring_regex(forms, _SLOTS, _SLOT)
    forms = pc.if_else(pc.equal(forms, ""), pc.utf8_trim_whitespace(texts), forms)
    return pd.Series(forms.to_pandas().array, index=lines.index, name=lines.name, dtype="str")


def _without_names(forms: pa.Array) -> pa.Array:
    inside = pc.replace_substring_regex(forms, _INSIDE_SENTENCE, rf"\1{_SLOT}")
    introduced = pc.replace_substring_regex(forms, _INTRODUCED, rf"\1{_SLOT}")
    return pc.if_else(pc.match_substring_regex(forms, _GERMAN), introduced, inside)
