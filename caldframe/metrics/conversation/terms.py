"""Which words set groups apart."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.engine import (
    Frame,
    are_rows_here,
    as_text,
    check_columns,
    check_whole,
    group_rows,
    is_one_of,
    map_campaigns,
)
from caldframe.errors import ConfigurationError
from caldframe.metrics.conversation.term_counts import TermCounts, add_up, count_terms, fold_word
from caldframe.metrics.conversation.turns import KEYS, call_of_turns, check_role
from caldframe.stats import check_confidence, check_prior, share_of, weighted_log_odds

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["distinctive_terms"]

_PAIR: Final = 2


def distinctive_terms(  # noqa: PLR0913 - each of these changes what is counted
    transcripts: Frame,
    groups: Any,
    calls: Frame | None = None,
    *,
    role: str | None = None,
    ngrams: int = 1,
    stop_words: Iterable[str] = (),
    min_count: int = 1,
    prior_words: float = 500,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Find the words, or pairs of words, that a group of turns uses more than the others do.

    Each group stands beside all others together: the turns of calls that led to an appointment beside those
    of the rest, or one agent beside the other agents. Of two groups, the second has what the first has with
    the opposite sign.

    Parameters
    ----------
    transcripts : Frame
        One row a turn; the columns `role` (where it is asked for) and `content` are read, and with `calls`
        `campaign_id` and `call_id`.
    groups : str or pandas.Series or array_like
        What tells turns apart: a column of the transcripts, such as ``"role"``; or one value a turn, such
        as ``transcripts["turn"] < 4``. With `calls` a column of these, such as ``"result"``, or one value a
        call. A Series must have the index of the table that it belongs to. Null is a group, too. Where the
        table is on an engine elsewhere, it is a column.
    calls : Frame, optional
        One row a call, whose groups its turns belong to; the columns `campaign_id` and `call_id` are read.
        Turns of other calls are left out.
    role : str, optional
        Whose turns count: ``"user"`` or ``"assistant"``. By default those of both.
    ngrams : {1, 2}, default 1
        Whether a term is a word, or two words of one turn that follow on each other.
    stop_words : iterable of str, default ()
        Words that do not count, nor any pair with one of them; case does not matter. None by default: "no"
        and "not" are on most lists of stop words, and are what matters here.
    min_count : int, default 1
        Terms that all groups together use less often have no rows. They count all the same.
    prior_words : float, default 500
        How much the prior weighs: as if each side had said so many more words, in the proportions of all
        groups together. The larger, the more often a rare term must be said to stand out.
    confidence : float, default 0.95
        The confidence level of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row a group and term. Groups are sorted, null last; within each, terms come by falling `z`, so
        that its own terms are the first and those that it avoids the last. Columns:

        - `group`: the group, of the dtype that `groups` has
        - `term` (str): the word in lower case, or two of them with a space between
        - `n` (int64): how often the group uses it
        - `words` (int64): all terms of the group
        - `rate` (float64): n / words
        - `other_n`, `other_words`, `other_rate`: the same of all other groups together
        - `log_odds` (float64): the log-odds of the term in the group less those in the others, drawn
          towards 0 by the prior; with `low` and `high`
        - `z` (float64): log_odds by its standard error; the terms at both ends are the distinctive ones

        What is divided by 0 is NaN, and so are the last four where the group or the others have no words.
        The attributes ``attrs["role"]``, ``attrs["ngrams"]``, ``attrs["stop_words"]`` (how many),
        ``attrs["min_count"]``, ``attrs["prior_words"]`` and ``attrs["confidence"]`` of the table say how it
        was made, and ``attrs["left_out"]`` how many turns belong to no call of `calls`.

    Raises
    ------
    UnknownColumnError
        If a table lacks a column.
    ConfigurationError
        If an argument is wrong, or a column holds values of another kind.

    See Also
    --------
    caldframe.plots.distinctive_terms : Draw the table.
    search_transcripts : Read where a term is used.

    Notes
    -----
    With y of the n terms of a group, and a = prior_words · (the term's share of all terms of all groups),
    the log-odds of a term are log((y + a) / (n + prior_words - y - a)). Their difference between the group
    and the others has a variance of about 1 / (y + a) + 1 / (y' + a), and z is the difference by the root of
    that: the weighted log-odds with an informative Dirichlet prior of Monroe, Colaresi and Quinn (2008).
    They took a prior of 500 words.

    Words are those of `talk_metrics`, by the rule of Unicode (UAX #29), with case folded and curly
    apostrophes made straight. The interval takes words as drawn one by one; words of one call are not, so a
    term that one talkative caller repeats looks surer than it is. And of thousands of terms, dozens have a
    z beyond 2 by chance: compare ranks, and read where they are used.

    References
    ----------
    Monroe, B. L., Colaresi, M. P. and Quinn, K. M. (2008). Fightin' words: lexical feature selection and
    evaluation for identifying the content of political conflict. Political Analysis 16, 372-403.

    Examples
    --------
    >>> transcripts = pd.DataFrame(
    ...     {
    ...         "role": ["assistant", "user", "assistant", "user"],
    ...         "content": ["Do you have a minute?", "No, no.", "A minute, please!", "Not now, no."],
    ...     }
    ... )
    >>> table = distinctive_terms(transcripts, "role", prior_words=10)
    >>> table.groupby("group").head(2)[["group", "term", "n", "other_n", "log_odds", "z"]].round(2)
            group    term  n  other_n  log_odds     z
    0   assistant       a  2        0      0.76  0.79
    1   assistant  minute  2        0      0.76  0.79
    9        user      no  3        0      1.31  1.67
    10       user     not  1        0      1.10  0.80
    """
    level = check_confidence(confidence)
    prior, least = check_prior(prior_words), check_whole("min_count", min_count)
    stop = _check_stop_words(stop_words)
    if ngrams not in (1, _PAIR) or isinstance(ngrams, bool):
        raise ConfigurationError(f"ngrams={ngrams!r} is neither 1, for words, nor 2, for pairs of words.")
    check_columns(transcripts, ["content"] if role is None else ["role", "content"])
    if role is not None:
        check_role(transcripts, role)
    count = partial(_count_campaigns, groups=groups, role=role, ngrams=ngrams, stop=stop)
    used = add_up(map_campaigns(count, *_tables_read(transcripts, groups, calls, role)))
    order = np.argsort(used.terms)
    table = _compare(used.terms[order], used.counts[order], used.groups, least, prior, level)
    table.attrs = {
        "role": role,
        "ngrams": ngrams,
        "stop_words": len(stop),
        "min_count": least,
        "prior_words": prior,
        "confidence": level,
        "left_out": used.left_out,
    }
    return table


def _tables_read(
    transcripts: Frame, groups: Any, calls: Frame | None, role: str | None
) -> list[tuple[Frame, list[str]]]:
    """Give the tables, and the columns that are read of each."""
    grouped, name = (transcripts, "transcripts") if calls is None else (calls, "calls")
    if not isinstance(groups, str) and not are_rows_here(grouped):
        raise ConfigurationError(
            f"groups= has a value for each of the {name}, whose rows are not in this process. Give the name "
            f"of a column of theirs."
        )
    column = [groups] if isinstance(groups, str) else []
    read = ["content"] if role is None else ["role", "content"]
    if calls is None:
        return [(transcripts, [*read, *column])]
    return [(transcripts, [*read, *KEYS]), (calls, [*KEYS, *column])]


def _count_campaigns(  # noqa: PLR0913 - each of these changes what is counted
    transcripts: pd.DataFrame,
    calls: pd.DataFrame | None = None,
    *,
    groups: Any,
    role: str | None,
    ngrams: int,
    stop: frozenset[str],
) -> TermCounts:
    """Count the terms in the turns of some campaigns."""
    keys, group = _group_turns(transcripts, groups, calls)
    counted = group >= 0
    if role is not None:
        counted &= is_one_of(transcripts["role"], role)
    terms, counts = count_terms(
        as_text(transcripts["content"])[counted], group[counted], len(keys), ngrams, stop
    )
    return TermCounts(keys, terms, counts, int(np.count_nonzero(group < 0)))


def _check_stop_words(stop_words: Any) -> frozenset[str]:
    if isinstance(stop_words, Iterable) and not isinstance(stop_words, str):
        words = list(stop_words)
        if all(isinstance(word, str) for word in words):
            return frozenset(map(fold_word, words))
    raise ConfigurationError(
        f'stop_words={stop_words!r} is not a list of words. Give one such as ["um", "uh"].'
    )


def _group_turns(
    transcripts: pd.DataFrame, groups: Any, calls: pd.DataFrame | None
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Give the groups, and the number of each turn's group; it is below zero where its call is unknown."""
    table, name = (transcripts, "transcripts") if calls is None else (calls, "calls")
    found = group_rows(pd.DataFrame({"group": _values_of(table, groups, name)}), ["group"])
    if calls is None:
        return found.keys, found.numbers
    row = call_of_turns(transcripts, calls)
    return found.keys, np.where(row >= 0, np.append(found.numbers, -1)[row], -1)


def _values_of(table: pd.DataFrame, groups: Any, name: str) -> pd.Series[Any]:
    """Give one value a row of a table: a column's, or those that were given."""
    if isinstance(groups, str):
        check_columns(table, [groups])
        return table[groups].reset_index(drop=True)
    check_columns(table, [])
    if isinstance(groups, pd.Series) and not groups.index.equals(table.index):
        raise ConfigurationError(
            f"groups= has another index than the {name}, so that it is not clear which row each value is of. "
            f"Make it from a column of the {name}, or give an array."
        )
    values = groups if isinstance(groups, pd.Series) else pd.Series(groups)
    if len(values) != len(table):
        raise ConfigurationError(
            f"groups= has {len(values):,} values, but there are {len(table):,} {name}. Give one a row."
        )
    return values.reset_index(drop=True)


def _compare(  # noqa: PLR0913, PLR0917 - what a row is made of
    terms: NDArray[np.object_],
    counts: NDArray[np.int64],
    keys: pd.DataFrame,
    least: int,
    prior: float,
    level: float,
) -> pd.DataFrame:
    """Hold each group against the others: one row a group and term."""
    totals = counts.sum(axis=1)
    shown = np.flatnonzero(totals >= least)
    reach = -NormalDist().inv_cdf((1 - level) / 2)
    parts = [_beside_others(terms, own, totals, shown, prior, reach) for own in counts.T]
    if not parts:
        parts = [_beside_others(terms, totals, totals, shown, prior, reach)]
    table = pd.concat(parts, ignore_index=True)
    groups = keys["group"].repeat(len(shown)).reset_index(drop=True)
    table.insert(0, "group", groups)
    return table


def _beside_others(  # noqa: PLR0913, PLR0917 - what a row is made of
    terms: NDArray[np.object_],
    own: NDArray[np.int64],
    totals: NDArray[np.int64],
    shown: NDArray[np.int64],
    prior: float,
    reach: float,
) -> pd.DataFrame:
    """Hold one group against the others: one row a term, by falling z."""
    odds, error = weighted_log_odds(own, totals - own, totals, prior)
    z = odds / error
    order = shown[np.argsort(-z[shown], kind="stable")]  # NaN is last; terms of one z stay in their order
    part = pd.DataFrame({"term": pd.Series(terms[order], dtype="str"), "n": own[order]})
    part["words"] = int(own.sum())
    part["rate"] = share_of(part["n"], part["words"])
    part["other_n"] = (totals - own)[order]
    part["other_words"] = int((totals - own).sum())
    part["other_rate"] = share_of(part["other_n"], part["other_words"])
    part["log_odds"] = odds[order]
    part["low"] = (odds - reach * error)[order]
    part["high"] = (odds + reach * error)[order]
    part["z"] = z[order]
    return part
