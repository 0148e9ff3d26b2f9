"""Where something was said: keywords in context."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from caldframe.engine import Frame, as_text, check_columns, check_whole, in_order, map_campaigns
from caldframe.errors import ConfigurationError
from caldframe.metrics.conversation.turns import check_role, order_turns
from caldframe.turns import TURN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caldframe.metrics.conversation.turns import Turns

__all__ = ["search_transcripts"]

_PASSAGE: Final = "passage"


@dataclass(frozen=True, eq=False)
class _Found:
    """What is shown of some campaigns.

    Parameters
    ----------
    table : pandas.DataFrame
        The turns, as `search_transcripts` gives them, but passages are counted from 1 again, and the index
        says which row of the transcripts is the first of the turn's call.
    turns, calls, left_out : int
        How many turns match, in how many calls, and how many rows have no `call_id`.
    """

    table: pd.DataFrame
    turns: int
    calls: int
    left_out: int


def search_transcripts(  # noqa: PLR0913 - what to look for, where, and how
    transcripts: Frame,
    pattern: str,
    role: str | None = None,
    context: int = 1,
    *,
    regex: bool = False,
    ignore_case: bool = True,
) -> pd.DataFrame:
    r"""Find the turns in which something was said, with what was said around them.

    Parameters
    ----------
    transcripts : Frame
        One row a turn; the columns `campaign_id`, `call_id`, `turn`, `role` and `content` are read.
    pattern : str
        The text to look for, anywhere in a turn, inside a word too; or with ``regex=True`` a regular
        expression.
    role : str, optional
        Whose turns to look in: ``"user"`` or ``"assistant"``. By default everybody's. Turns around a match
        are shown whoever speaks.
    context : int, default 1
        How many turns before and after each match to show.
    regex : bool, default False
        Whether `pattern` is a regular expression, in the syntax of RE2:
        https://github.com/google/re2/wiki/Syntax. It has what others have but look-around and
        back-references, so that no pattern can make the search hang: it takes time in proportion to the
        text. ``\b``, ``\w`` and ``\d`` know ASCII only; ``\pL`` is a letter of any script.
    ignore_case : bool, default True
        Whether upper and lower case are the same.

    Returns
    -------
    pandas.DataFrame
        One row a turn, that matches or is near one that does. Calls come in order of first appearance,
        their turns in the order of `turn`, each turn once. Columns:

        - `campaign_id`, `call_id` (str): the call
        - `passage` (int64): turns of one call that stand together have one number, counted from 1
        - `turn` (int32): the turn's place in its call, as in the transcripts
        - `role` (str): who spoke
        - `content` (str): what was said
        - `matches` (int64): how often the pattern is in it; 0 for a turn that is shown as context
        - `before`, `match`, `after` (str): the content before the first match, the match, and the rest;
          null for a turn that is shown as context

        The attributes ``attrs["turns"]`` and ``attrs["calls"]`` of the table say how many turns match, and
        in how many calls; ``attrs["left_out"]``, how many rows without a `call_id` were not looked at.

    Raises
    ------
    UnknownColumnError
        If a column is missing.
    ConfigurationError
        If the pattern is empty, matches nothing in particular or is not a regular expression, or another
        argument is wrong, or a column holds values of another kind.

    See Also
    --------
    distinctive_terms : What to look for.

    Notes
    -----
    A turn that is null, empty or white space says nothing: it is neither searched nor context. Matches do not
    overlap, and none goes beyond its turn.

    Examples
    --------
    >>> transcripts = pd.DataFrame(
    ...     {
    ...         "campaign_id": "c1",
    ...         "call_id": "k1",
    ...         "turn": [0, 1, 2, 3],
    ...         "role": ["assistant", "user", "assistant", "user"],
    ...         "content": ["Hi, it's Maya.", "Take me off your list!", "I will.", "Thanks."],
    ...     }
    ... )
    >>> found = search_transcripts(transcripts, r"(remove|take) me", regex=True)
    >>> found[["passage", "turn", "role", "content", "matches", "match"]]
       passage  turn       role                 content  matches    match
    0        1     0  assistant          Hi, it's Maya.        0      NaN
    1        1     1       user  Take me off your list!        1  Take me
    2        1     2  assistant                 I will.        0      NaN
    """
    around = check_whole("context", context, least=0)
    expression = _check_pattern(pattern, regex=regex, ignore_case=ignore_case)
    check_columns(transcripts, TURN)
    check_role(transcripts, role)
    search = partial(_search, expression=expression, role=role, around=around)
    parts = map_campaigns(search, (transcripts, TURN))
    table = _renumbered([part.table for part in parts])
    table.attrs = {
        "turns": sum(part.turns for part in parts),
        "calls": sum(part.calls for part in parts),
        "left_out": sum(part.left_out for part in parts),
    }
    return table


def _search(transcripts: pd.DataFrame, *, expression: str, role: str | None, around: int) -> _Found:
    """Look through the turns of some campaigns."""
    turns = order_turns(transcripts)
    content = as_text(transcripts["content"])
    matched = _matches(content, expression)[turns.rows]
    if role is not None:
        matched &= turns.spoken_by(role)
    shown = _near(turns, matched, around)
    rows = turns.rows[shown]

    table = turns.calls.take(turns.call[shown]).reset_index(drop=True)
    table[_PASSAGE] = np.cumsum(turns.begins[shown] | (np.diff(shown, prepend=-2) != 1))
    table["turn"] = transcripts["turn"].take(rows).array
    table["role"] = as_text(transcripts["role"]).take(rows).array
    table["content"] = content.take(rows).array
    places = np.flatnonzero(matched[shown])
    found = _split(pa.array(table["content"].take(places), from_pandas=True), expression)
    table["matches"] = 0
    table.loc[places, "matches"] = found.pop("matches").to_numpy(zero_copy_only=False)
    for name, texts in found.items():
        table[name] = pd.Series(texts.to_pandas().array, index=places, dtype="str").reindex(table.index)
    return _Found(
        table=table.set_axis(transcripts.index[turns.firsts[turns.call[shown]]]),
        turns=len(places),
        calls=len(np.unique(turns.call[matched])),
        left_out=len(transcripts) - int(turns.entries.sum()),
    )


def _renumbered(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put what was found together, calls in order of first appearance, and count the passages anew."""
    if len(parts) > 1:
        table = in_order(parts)
        # A call has passages of its own, so that the next one's begin where the call does.
        begins = np.diff(table.index, prepend=-1).astype(bool) | table[_PASSAGE].diff().ne(0).to_numpy()
        parts = [table.assign(**{_PASSAGE: np.cumsum(begins)})]
    return parts[0].reset_index(drop=True)


def _check_pattern(pattern: Any, *, regex: bool, ignore_case: bool) -> str:
    """Give the regular expression that is looked for, or say what is wrong with the pattern."""
    if not isinstance(pattern, str) or not pattern:
        raise ConfigurationError(
            f"pattern={pattern!r} is not a text to look for. Give one of a letter or more."
        )
    plain = pattern if regex else re.escape(pattern)
    expression = f"(?i:{plain})" if ignore_case else f"(?:{plain})"
    nothing = pa.array([""])
    try:
        pc.match_substring_regex(nothing, plain)  # by itself, so that the message shows what was typed
        finds_nothing = pc.match_substring_regex(nothing, rf"\A{expression}\z")[0].as_py()
    except (pa.ArrowInvalid, UnicodeEncodeError) as error:
        reason = str(error).removeprefix("Invalid regular expression: ")
        raise ConfigurationError(
            f"pattern={pattern!r} cannot be looked for: {reason}. The syntax is that of RE2, which has no "
            f"look-around and no back-references."
        ) from error
    if finds_nothing:
        raise ConfigurationError(
            f"pattern={pattern!r} matches nothing in particular, so that every turn has it. Give one "
            f"that an empty text does not match."
        )
    return expression


def _matches(content: pd.Series[Any], expression: str) -> NDArray[np.bool_]:
    found = pc.match_substring_regex(pa.array(content, from_pandas=True), expression)
    return np.asarray(pc.fill_null(found, fill_value=False), dtype=np.bool_)


def _near(turns: Turns, matched: NDArray[np.bool_], around: int) -> NDArray[np.int64]:
    """Find the turns that match or are so near one that does, in the same conversation."""
    first = np.flatnonzero(turns.begins)
    conversation = np.cumsum(turns.begins)[matched] - 1
    places = np.flatnonzero(matched)
    start = np.maximum(places - around, first[conversation])
    stop = np.minimum(places + around + 1, np.append(first[1:], len(matched))[conversation])
    depth = np.zeros(len(matched) + 1, dtype=np.int64)
    np.add.at(depth, start, 1)
    np.add.at(depth, stop, -1)
    return np.flatnonzero(np.cumsum(depth) > 0)


def _split(texts: pa.Array, expression: str) -> dict[str, Any]:
    """Count the matches of texts that have some, and split the texts at the first.

    The first match of an expression is where that of the expression with anything after it is, and what it
    takes is the same; so the rest can be replaced by nothing.
    """

    def replaced(surroundings: str, kept: str) -> Any:
        return pc.replace_substring_regex(texts, surroundings, kept, max_replacements=1)

    return {
        "matches": pc.count_substring_regex(texts, expression),
        "before": replaced(rf"{expression}(?s:.*)\z", ""),
        "match": replaced(rf"\A(?s:.*?)({expression})(?s:.*)\z", r"\1"),
        "after": replaced(rf"\A(?s:.*?){expression}", ""),
    }
