"""How much each side of a call says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from caldframe.engine import Frame, as_numbers, as_text, in_order, map_campaigns
from caldframe.metrics.conversation.turns import KEYS, of_calls, order_turns
from caldframe.stats import share_of
from caldframe.turns import TURN
from caldframe.words import count_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caldframe.metrics.conversation.turns import Turns

__all__ = ["TIMED_CALL", "measure_talk", "talk_metrics"]

TIMED_CALL: Final = (*KEYS, "call_length")
"""What is read of a call."""

_SECONDS_OF_MINUTE: Final = 60


def talk_metrics(transcripts: Frame, calls: Frame | None = None) -> pd.DataFrame:
    """Measure how much each side of each call says, in words and turns.

    The transcripts have no times, so who talked how long, how fast somebody answered, and who interrupted
    whom cannot be known. Words are no time: an assistant that reads out terms talks faster than a person
    who thinks.

    Parameters
    ----------
    transcripts : Frame
        One row a turn; the columns `campaign_id`, `call_id`, `turn`, `role` and `content` are read.
    calls : Frame, optional
        One row a call; the columns `campaign_id`, `call_id` and `call_length` are read. With it the result
        has a row for each of these calls, whether or not it has any turn, and the numbers per minute.

    Returns
    -------
    pandas.DataFrame
        One row a call: with `calls`, one a row of it, with its index and in its order; without, one a call
        that the transcripts have, in order of first appearance. Columns:

        - `campaign_id`, `call_id` (str): the call
        - `turns` (int64): turns in which something was said, whoever spoke
        - `user_turns`, `assistant_turns` (int64): those of each role
        - `words` (int64): words of all turns, whoever spoke
        - `user_words`, `assistant_words` (int64): those of each role
        - `word_share` (float64): assistant_words / words; NaN where there are no words
        - `questions_user`, `questions_assistant` (int64): question marks, several in a row counted once
        - `longest_turn_words` (int64): words of the longest turn
        - `longest_turn_role` (str): whose it is, of several as long the first; null where there are no words
        - `longest_monologue_words` (int64): the most words that one role said until another spoke
        - `switches` (int64): how often another role speaks than in the turn before
        - `words_per_minute`, `switches_per_minute` (float64), with `calls` only: words and switches /
          minutes of `call_length`; NaN where the length is null, 0 or negative

        The attribute ``attrs["left_out"]`` says how many rows of the transcripts are counted nowhere: they
        have no `call_id` or, with `calls`, belong to no call of it.

    Raises
    ------
    UnknownColumnError
        If a table lacks a column.
    ConfigurationError
        If a column holds values of another kind.

    See Also
    --------
    caldframe.plots.talk_metrics : Draw the table.
    drop_off : How many turns calls last.

    Notes
    -----
    A word is what the default rules of Unicode Text Segmentation (UAX #29) make one, if it has a letter or
    a number in it: "don't", "3,000.50" and "example.com" are one word each, "e-mail" is two, an emoji is
    none. Scripts that put no spaces between words are counted by characters: each of Chinese and of
    Japanese hiragana, each consonant of Thai with its marks. Compare calls in one language.

    A turn that is null, empty or white space says nothing; it does not count, nor does it break a
    monologue. Turns come in the order of `turn`, wherever their rows are. Calls that share both
    `campaign_id` and `call_id` share their turns, and a call without a `call_id` has none; `quality` finds
    both.

    The mean of a group of calls is the mean of their ratios, not the ratio of their sums: one long call
    does not outweigh ten short ones.

    References
    ----------
    Unicode Standard Annex #29, Unicode Text Segmentation. https://www.unicode.org/reports/tr29/

    Examples
    --------
    >>> transcripts = pd.DataFrame(
    ...     {
    ...         "campaign_id": "c1",
    ...         "call_id": ["k1", "k1", "k1", "k2"],
    ...         "turn": [0, 1, 2, 0],
    ...         "role": ["assistant", "user", "assistant", "user"],
    ...         "content": ["Hi, do you have a minute?", "Who's calling?", "It's Maya.", None],
    ...     }
    ... )
    >>> talk = talk_metrics(transcripts)
    >>> talk[["call_id", "turns", "words", "user_words", "assistant_words", "word_share", "switches"]]
      call_id  turns  words  user_words  assistant_words  word_share  switches
    0      k1      3     10           2                8         0.8         2
    1      k2      0      0           0                0         NaN         0
    """
    tables = [(transcripts, TURN)] if calls is None else [(transcripts, TURN), (calls, TIMED_CALL)]
    parts = map_campaigns(measure_talk, *tables)
    table = in_order([measured for measured, _ in parts])
    if calls is None:
        table = table.reset_index(drop=True)
    table.attrs = {"left_out": sum(left_out for _, left_out in parts)}
    return table


def measure_talk(transcripts: pd.DataFrame, calls: pd.DataFrame | None = None) -> tuple[pd.DataFrame, int]:
    """Measure the calls of some campaigns as `talk_metrics` does, and count the turns that are left out.

    Without `calls`, the index is that of each call's first row in the transcripts.
    """
    turns = order_turns(transcripts)
    counted = pd.concat([turns.calls, _count(turns, transcripts["content"])], axis="columns")
    if calls is None:
        alone = _finished(counted).set_axis(transcripts.index[turns.firsts])
        return alone, len(transcripts) - int(turns.entries.sum())
    found = of_calls(calls, counted.assign(known=np.arange(len(counted))))
    table = _finished(found[counted.columns])
    minutes = as_numbers(calls["call_length"]) / _SECONDS_OF_MINUTE
    minutes = np.where(minutes > 0, minutes, np.nan)
    table["words_per_minute"] = table["words"] / minutes
    table["switches_per_minute"] = table["switches"] / minutes
    table.index = calls.index
    known = found["known"].dropna().unique().astype(np.int64)
    return table, len(transcripts) - int(turns.entries[known].sum())


def _count(turns: Turns, content: pd.Series[Any]) -> pd.DataFrame:
    """Count what was said: one row a call."""
    counts = count_words(pa.array(as_text(content), from_pandas=True))
    words, questions = counts.words[turns.rows], counts.questions[turns.rows]
    user, assistant = turns.spoken_by("user"), turns.spoken_by("assistant")
    changes = turns.begins.copy()
    changes[1:] |= turns.speaker[1:] != turns.speaker[:-1]
    monologues = np.flatnonzero(changes)
    longest, whose = _longest(turns, words)
    return pd.DataFrame(
        {
            "turns": turns.sums(np.ones(len(words))),
            "user_turns": turns.sums(user),
            "assistant_turns": turns.sums(assistant),
            "words": turns.sums(words),
            "user_words": turns.sums(words * user),
            "assistant_words": turns.sums(words * assistant),
            "questions_user": turns.sums(questions * user),
            "questions_assistant": turns.sums(questions * assistant),
            "longest_turn_words": longest,
            "longest_turn_role": whose,
            "longest_monologue_words": _most(
                np.add.reduceat(words, monologues) if len(words) else words,
                turns.call[monologues],
                len(turns.calls),
            ),
            "switches": turns.sums(changes & ~turns.begins),
        }
    )


def _most(amounts: NDArray[np.int64], call: NDArray[np.int64], calls: int) -> NDArray[np.int64]:
    """Give the largest amount of each call, 0 where it has none."""
    most = np.zeros(calls, dtype=np.int64)
    np.maximum.at(most, call, amounts)
    return most


def _longest(turns: Turns, words: NDArray[np.int64]) -> tuple[NDArray[np.int64], pd.Series[Any]]:
    """Give the words of each call's longest turn, and the role whose it is."""
    most = _most(words, turns.call, len(turns.calls))
    longest = np.flatnonzero((words == most[turns.call]) & (words > 0))[::-1]
    speaker = np.full(len(most), -1, dtype=np.int64)
    speaker[turns.call[longest]] = turns.speaker[longest]  # the last to be written stays, so from the end
    return most, turns.roles.reindex(speaker).reset_index(drop=True)


def _finished(counted: pd.DataFrame) -> pd.DataFrame:
    """Give the columns their order and dtypes, 0 to a call without turns, and the share of the words."""
    whole = dict.fromkeys(counted.columns.difference([*KEYS, "longest_turn_role"]), np.int64)
    table = counted.fillna(dict.fromkeys(whole, 0)).astype(whole)
    share = share_of(table["assistant_words"], table["words"])
    table.insert(table.columns.tolist().index("assistant_words") + 1, "word_share", share)
    return table
