"""Who asked not to be called again."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from caldframe.engine import (
    are_rows_here,
    as_text,
    as_times,
    check_columns,
    in_order,
    is_one_of,
    keep_rows,
    map_campaigns,
    select_columns,
)
from caldframe.errors import ConfigurationError
from caldframe.phrases import find_phrases, load_patterns
from caldframe.turns import CALL, TURN, place_turns

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from caldframe.engine import Frame

__all__ = ["opt_out_numbers", "opt_out_patterns", "opt_outs"]

_KINDS: Final = ("request", "exception")


def opt_out_patterns() -> pd.DataFrame:
    """Give the patterns by which `opt_outs` knows that somebody asks not to be called again.

    Returns
    -------
    pandas.DataFrame
        One row a pattern, in the order in which they are tried: English, Spanish, French, German. Columns,
        all str:

        - `language`: ``en``, ``es``, ``fr`` or ``de``
        - `name`: what `opt_outs` has in its column `pattern`
        - `kind`: ``request``, or ``exception`` for what only sounds like one
        - `pattern`: a regular expression as RE2 has them
        - `explanation`: what it is about

    See Also
    --------
    opt_outs : Use them, or others.

    Examples
    --------
    >>> patterns = opt_out_patterns()
    >>> patterns.loc[patterns["name"] == "no_more_calls", ["language", "kind", "explanation"]].values.tolist()
    [['en', 'request', 'No more calls.']]
    """
    return load_patterns("opt_outs")


def opt_outs(transcripts: Frame, patterns: pd.DataFrame | None = None) -> pd.DataFrame:
    """Find the turns in which somebody asks not to be called again.

    "Stop calling me", "take me off your list", "no me llame más", "retirez-moi de votre liste", "rufen Sie
    mich nicht mehr an", and what else `opt_out_patterns` has. Not "I'm not interested", "wrong number", "call
    me later" or "don't call before nine": they ask for something else, or for nothing.

    Parameters
    ----------
    transcripts : Frame
        One row a turn; the columns `campaign_id`, `call_id`, `turn`, `role` and `content` are read.
    patterns : pandas.DataFrame, optional
        The patterns to use in place of those of `opt_out_patterns`: that table with rows added or taken
        away. The columns `language`, `name`, `kind` and `pattern` are read.

    Returns
    -------
    pandas.DataFrame
        One row a turn of a user that asks, in the order of `transcripts`. Columns:

        - `campaign_id`, `call_id` (str), `turn` (int64): which turn
        - `language` (str): that of the pattern, not of the call
        - `pattern` (str): the name of the first pattern that finds something
        - `phrase` (str): what it finds, in small letters, without accents, as it was compared
        - `content` (str): the whole turn, as it was said

    Raises
    ------
    UnknownColumnError
        If a table lacks a column.
    ConfigurationError
        If a pattern is none that RE2 knows, is of another kind, or a column holds values of another kind.

    See Also
    --------
    opt_out_numbers : The same by number, to be put on a do-not-call list.

    Notes
    -----
    Before a turn is compared, it is folded: case, accents, curly apostrophes and runs of white space make no
    difference, in a pattern neither. What an exception finds, such as "I never said stop calling", is cut out
    first. Patterns are run by RE2, whose time grows with the length of a text and no faster, once for each
    different text.

    **Use it to find those who asked, not to show that nobody did.** `docs/lines-and-opt-outs.md` has its
    precision and recall, by language, on a sample that was written for it. Real people say it in more ways,
    speech recognition garbles some, and a call whose transcript is missing says nothing. Whoever is found
    has asked for something that the law of many countries wants heeded, so a wrong finding costs less than
    a missed one: look at the turns rather than throw the less likely patterns away.

    Examples
    --------
    >>> transcripts = pd.DataFrame(
    ...     {
    ...         "campaign_id": "c1",
    ...         "call_id": ["k1", "k2", "k3"],
    ...         "turn": 1,
    ...         "role": "user",
    ...         "content": ["Please take me off your list.", "Don't call it that.", "No me llame más."],
    ...     }
    ... )
    >>> opt_outs(transcripts)[["call_id", "language", "pattern", "phrase"]]
      call_id language        pattern                 phrase
    0      k1       en   off_the_list  take me off your list
    1      k3       es  no_llamar_mas        no me llame mas

    One more pattern:

    >>> mine = {"language": "it", "name": "mai_più", "kind": "request", "pattern": "non chiamatemi più"}
    >>> more = pd.concat([opt_out_patterns(), pd.DataFrame([mine])])
    >>> asked = pd.DataFrame([["c1", "k4", 0, "user", "Non chiamatemi piu!"]], columns=transcripts.columns)
    >>> opt_outs(asked, patterns=more)["pattern"].tolist()
    ['mai_più']
    """
    check_columns(transcripts, TURN)
    used = opt_out_patterns() if patterns is None else patterns
    check_columns(used, ["kind"])
    others = sorted(set(as_text(used["kind"]).dropna()) - set(_KINDS))
    if others:
        raise ConfigurationError(
            f"A pattern is of the kind {others[0]!r}. Give {' or '.join(map(repr, _KINDS))}."
        )
    if not are_rows_here(transcripts):
        # What assistants said need not come here.
        transcripts = keep_rows(select_columns(transcripts, TURN), {"role": "user"})
    return in_order(map_campaigns(partial(_find, patterns=used), (transcripts, TURN))).reset_index(drop=True)


def _find(transcripts: pd.DataFrame, patterns: pd.DataFrame) -> pd.DataFrame:
    """Find the turns of some campaigns as `opt_outs` does, with the index of the transcripts."""
    said = transcripts.loc[is_one_of(transcripts["role"], "user")]
    found = find_phrases(said["content"], patterns)
    turns = said.iloc[found["row"]]
    return pd.DataFrame(
        {name: as_text(turns[name]).array for name in CALL}
        | {"turn": turns["turn"].to_numpy(dtype=np.int64)}
        | {name: found[name].array for name in ("language", "name", "phrase")}
        | {"content": as_text(turns["content"]).array},
        index=turns.index,
    ).rename(columns={"name": "pattern"})


def opt_out_numbers(calls: Frame, transcripts: Frame, patterns: pd.DataFrame | None = None) -> pd.DataFrame:
    """List the numbers whose owners asked not to be called again.

    Parameters
    ----------
    calls : Frame
        One row a call; the columns `campaign_id`, `call_id`, `prospect_number` and `created_at` are read.
    transcripts : Frame
        One row a turn, of these calls and perhaps others; see `opt_outs`.
    patterns : pandas.DataFrame, optional
        The patterns to use in place of those of `opt_out_patterns`.

    Returns
    -------
    pandas.DataFrame
        One row a number, as it is in `calls`, the one that asked last first; of the same time, by number. A
        call whose number is null has no row. Columns:

        - `prospect_number` (str): who asked
        - `asked` (int64): calls in which they did
        - `last_asked_at` (datetime64[us, UTC]): when the last of these calls was placed, null if unknown
        - `campaign_id`, `call_id` (str), `turn` (int64), `language`, `pattern`, `phrase`, `content` (str):
          the first turn of that call in which they did; see `opt_outs`
        - `called_since` (int64): later calls of the table to the number, which should not have been made

    Raises
    ------
    UnknownColumnError
        If a table lacks a column.
    ConfigurationError
        If a pattern is none that RE2 knows, or a column holds values of another kind.

    See Also
    --------
    opt_outs : All turns that ask.

    Examples
    --------
    >>> calls = pd.DataFrame(
    ...     {
    ...         "campaign_id": "c1",
    ...         "call_id": ["k1", "k2"],
    ...         "prospect_number": "+12025550123",
    ...         "created_at": pd.to_datetime(["2026-03-02", "2026-03-05"], utc=True),
    ...     }
    ... )
    >>> transcripts = pd.DataFrame(
    ...     {"campaign_id": "c1", "call_id": ["k1"], "turn": 1, "role": "user", "content": "Stop calling me."}
    ... )
    >>> opt_out_numbers(calls, transcripts)[["prospect_number", "asked", "phrase", "called_since"]]
      prospect_number  asked           phrase  called_since
    0    +12025550123      1  stop calling me             1
    """
    read = [*CALL, "prospect_number", "created_at"]
    check_columns(calls, read)
    turns = opt_outs(transcripts, patterns).sort_values("turn", kind="stable")
    asking = in_order(map_campaigns(partial(_calls_that_ask, turns=turns), (calls, read)))
    asking = asking.sort_values(["at", "row"], na_position="first", kind="stable")
    # Of each number the last call in which it asks.
    last = asking.groupby("number").agg(at=("at", "last"), row=("row", "last"), asked=("row", "size"))
    last = last.reset_index().sort_values(["at", "number"], ascending=[False, True], ignore_index=True)
    since = map_campaigns(partial(_calls_since, asked_at=last.set_index("number")["at"]), (calls, read))
    table = pd.DataFrame(
        {
            "prospect_number": as_text(last["number"]),
            "asked": last["asked"].astype("int64"),
            "last_asked_at": as_times(last["at"]),
        }
    )
    for name, values in turns.iloc[last["row"].to_numpy(dtype=np.int64)].items():
        table[str(name)] = values.array
    table["called_since"] = np.sum(since, axis=0)
    return table


def _calls_that_ask(calls: pd.DataFrame, turns: pd.DataFrame) -> pd.DataFrame:
    """Give those calls of some campaigns in which somebody asks, each with its first turn that does."""
    placed = place_turns(calls, turns)
    first = pd.Series(np.arange(len(turns))).groupby(placed.of_turns).min()
    first = first[first.index >= 0]
    asking = pd.DataFrame(
        {
            "number": as_text(calls["prospect_number"]).array,
            "at": as_times(calls["created_at"]).array,
            "row": pd.Series(placed.of_calls).map(first).array,
        },
        index=calls.index,
    )
    return asking[(asking["row"].notna() & asking["number"].notna()).to_numpy()]


def _calls_since(calls: pd.DataFrame, asked_at: pd.Series[Any]) -> NDArray[np.int64]:
    """Count the calls of some campaigns to each number that were placed after it had asked."""
    numbers = as_text(calls["prospect_number"]).reset_index(drop=True)
    created = as_times(calls["created_at"]).reset_index(drop=True)
    since = created.gt(asked_at.reindex(numbers).reset_index(drop=True)).groupby(numbers).sum()
    return np.asarray(since.reindex(asked_at.index, fill_value=0), dtype=np.int64)
