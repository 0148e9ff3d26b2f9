"""How much each side says, summed up for groups of calls."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from caldframe.engine import (
    Frame,
    as_booleans,
    count_rows,
    group_columns,
    group_rows,
    is_one_of,
    map_campaigns,
    repeat_rows,
)
from caldframe.metrics.conversation.talk import TIMED_CALL, measure_talk
from caldframe.stats import check_confidence, median_ranks
from caldframe.turns import TURN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["talk_summary"]

_MEASURES: Final = (
    *("turns", "switches", "words", "user_words", "assistant_words", "word_share"),
    *("questions_user", "questions_assistant", "longest_turn_words", "longest_monologue_words"),
    *("words_per_minute", "switches_per_minute"),
)
_QUANTILES: Final = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
_COLUMNS: Final = ("measure", "n", "mean", "std", *_QUANTILES, "median_low", "median_high")


@dataclass(frozen=True, eq=False)
class _Values:
    """How often each measure has each value in each group of calls.

    Parameters
    ----------
    groups : pandas.DataFrame
        One row a group: its value in each column grouped by.
    counts : pandas.DataFrame
        One row a group, measure and value: `group` and `measure`, the positions of both; `value`; and `n`,
        how many calls have it.
    """

    groups: pd.DataFrame
    counts: pd.DataFrame


def talk_summary(
    transcripts: Frame,
    calls: Frame,
    by: str | Sequence[str] | None = None,
    *,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Sum up how much each side says in groups of calls.

    The completed calls with the result pickedUp count. Each has the same weight: the mean of a share is the
    mean of the calls' shares, not the share of all their words.

    Parameters
    ----------
    transcripts : Frame
        One row a turn; the columns that `talk_metrics` reads.
    calls : Frame
        One row a call; the columns `campaign_id`, `call_id`, `call_length`, `completed` and `result` are
        read.
    by : str or list of str, optional
        Column or columns of the calls to group by. By default all calls are one group.
    confidence : float, default 0.95
        The confidence level of the interval of the median.

    Returns
    -------
    pandas.DataFrame
        One row a group and measure. Groups are sorted, null last; the measures of each come in the order of
        the columns of `talk_metrics`. Columns:

        - the columns of `by`
        - `measure` (str): the column of `talk_metrics` that is summed up: ``turns``, ``switches``, ``words``,
          ``user_words``, ``assistant_words``, ``word_share``, ``questions_user``, ``questions_assistant``,
          ``longest_turn_words``, ``longest_monologue_words``, ``words_per_minute``, ``switches_per_minute``
        - `n` (int64): calls that have the measure: shares want a word, numbers per minute a length
        - `mean`, `std` (float64): the mean and the standard deviation (n - 1)
        - `p10`, `p50`, `p90` (float64): exact quantiles, linear between two calls; `p50` is the median
        - `median_low`, `median_high` (float64): the distribution-free interval of the median, NaN where
          there are too few calls for one, fewer than 6 for 95%

        What there are too few calls for is NaN. The attribute ``attrs["confidence"]`` of the table says how
        it was made.

    Raises
    ------
    UnknownColumnError
        If a table lacks a column.
    ConfigurationError
        If an argument is wrong, or a column holds values of another kind.

    See Also
    --------
    talk_metrics : The numbers of each call.

    Notes
    -----
    The interval of the median is that of `length_summary` (see `caldframe.stats.median_ranks`).

    Examples
    --------
    >>> calls = pd.DataFrame(
    ...     {
    ...         "campaign_id": "c1",
    ...         "call_id": ["k1", "k2"],
    ...         "completed": True,
    ...         "result": "pickedUp",
    ...         "call_length": [12.0, 30.0],
    ...     }
    ... )
    >>> transcripts = pd.DataFrame(
    ...     {
    ...         "campaign_id": "c1",
    ...         "call_id": ["k1", "k1", "k2"],
    ...         "turn": [0, 1, 0],
    ...         "role": ["assistant", "user", "assistant"],
    ...         "content": ["Is this Zoë?", "No.", "Hello? Is anybody there?"],
    ...     }
    ... )
    >>> table = talk_summary(transcripts, calls)
    >>> table.loc[table["measure"].isin(["words", "word_share"]), ["measure", "n", "mean", "p50"]]
          measure  n   mean    p50
    2       words  2  4.000  4.000
    5  word_share  2  0.875  0.875
    """
    check_confidence(confidence)
    columns = group_columns(by, taken=_COLUMNS)
    read = [*columns, *TIMED_CALL, "completed", "result"]
    values = _put_together(
        map_campaigns(partial(_count_values, columns=columns), (transcripts, TURN), (calls, read)), columns
    )
    table = repeat_rows(values.groups, len(_MEASURES))
    table["measure"] = pd.Series(np.tile(_MEASURES, len(values.groups)), dtype="str")
    # Sorted, so that each group's values of each measure stand together, ascending.
    counts = values.counts.sort_values(["group", "measure", "value"])
    places = counts["group"] * len(_MEASURES) + counts["measure"]
    starts, ends = (np.searchsorted(places, np.arange(len(table)), side) for side in ("left", "right"))
    amounts, n = counts["value"].to_numpy(), counts["n"].to_numpy()
    numbers = [
        _summed_up(np.repeat(amounts[start:end], n[start:end]), confidence)
        for start, end in zip(starts, ends, strict=True)
    ]
    for name, column in zip(_COLUMNS[1:], np.array(numbers).reshape(-1, len(_COLUMNS) - 1).T, strict=True):
        table[name] = column
    table["n"] = table["n"].astype(np.int64)
    table.attrs = {"confidence": float(confidence)}
    return table


def _count_values(transcripts: pd.DataFrame, calls: pd.DataFrame, columns: list[str]) -> _Values:
    """Count the values of each measure among the calls of some campaigns."""
    talk, _ = measure_talk(transcripts, calls)
    counted = np.flatnonzero(as_booleans(calls["completed"]) & is_one_of(calls["result"], "pickedUp"))
    groups = group_rows(calls, columns)
    parts = []
    for place, measure in enumerate(_MEASURES):
        values = talk[measure].to_numpy(dtype=np.float64)[counted]
        known = ~np.isnan(values)
        of_calls = pd.DataFrame({"group": groups.numbers[counted[known]], "value": values[known]})
        counts = count_rows(of_calls, ["group", "value"])
        parts.append(counts.keys.assign(measure=place, n=counts.rows))
    return _Values(groups.keys, pd.concat(parts, ignore_index=True))


def _put_together(parts: list[_Values], columns: list[str]) -> _Values:
    """Add up what was counted campaign by campaign."""
    keys = pd.concat([part.groups for part in parts], ignore_index=True)
    groups = group_rows(keys, columns)
    firsts = np.cumsum([0, *(len(part.groups) for part in parts)])
    counts = [
        part.counts.assign(group=groups.numbers[first + part.counts["group"].to_numpy()])
        for first, part in zip(firsts, parts, strict=False)
    ]
    return _Values(groups.keys, pd.concat(counts, ignore_index=True))


def _summed_up(known: NDArray[np.float64], confidence: float) -> list[float]:
    """Give what stands after `measure`, in order, for the values of one measure and group, ascending."""
    n = len(known)
    if n == 0:
        return [0, *[np.nan] * (len(_COLUMNS) - 2)]
    (lower,), (upper,) = median_ranks([n], confidence)
    ends = [float(known[rank - 1]) if lower > 0 else np.nan for rank in (lower, upper)]
    std = float(known.std(ddof=1)) if n > 1 else np.nan
    return [n, float(known.mean()), std, *np.quantile(known, list(_QUANTILES.values())).tolist(), *ends]
