"""What differs between two responses of one campaign, call by call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.frames import to_pandas
from caldframe.schema import CALLS, TRANSCRIPTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caldframe.schema import Tables

_OF_CAMPAIGN: Final = ["campaign_id", "agent_id", "list_id"]
TRANSCRIPT: Final = "transcript"
"""What a change of a transcript's words is called, beside the columns of the calls."""


@dataclass(frozen=True, eq=False)
class Differences:
    """Two responses beside each other.

    Parameters
    ----------
    before, after : pandas.DataFrame
        The calls of both: the columns that are the call's own, and a number that stands for its transcript.
    appeared : numpy.ndarray of int
        Positions in `after` of calls that are not in `before`.
    vanished : numpy.ndarray of int
        Positions in `before` of calls that are not in `after`.
    kept : tuple of numpy.ndarray of int
        Positions, in `before` and in `after`, of calls that are in both.
    changed : pandas.DataFrame of bool
        One row a call that is in both, one column a column: whether its values differ.
    """

    before: pd.DataFrame
    after: pd.DataFrame
    appeared: NDArray[np.intp]
    vanished: NDArray[np.intp]
    kept: tuple[NDArray[np.intp], NDArray[np.intp]]
    changed: pd.DataFrame

    @property
    def changed_calls(self) -> int:
        """How many calls are in both and differ."""
        return int(self.changed.any(axis="columns").sum())


def differences(before: Tables, after: Tables) -> Differences:
    """Put two responses of one campaign beside each other.

    Calls are told apart by their id; of several with one id, the first belongs to the first, and so on.

    Examples
    --------
    >>> from caldframe.decode import decode_campaign
    >>> before = decode_campaign(b'{"campaignId": "c", "calls": [{"callId": "a"}, {"callId": "b"}]}')
    >>> after = decode_campaign(
    ...     b'{"campaignId": "c", "calls": [{"callId": "b", "result": "ivr"}, {"callId": "d"}]}'
    ... )
    >>> found = differences(before, after)
    >>> len(found.appeared), len(found.vanished), found.changed_calls
    (1, 1, 1)
    """
    earlier, later = _own_columns(before), _own_columns(after)
    keys = _keys(earlier["call_id"], later["call_id"])
    positions = pd.Index(keys[0]).get_indexer(pd.Index(keys[1]))
    in_both = positions >= 0
    kept = positions[in_both], np.flatnonzero(in_both)
    return Differences(
        before=earlier,
        after=later,
        appeared=np.flatnonzero(~in_both),
        vanished=np.setdiff1d(np.arange(len(earlier)), kept[0]),
        kept=kept,
        changed=_unequal(earlier.iloc[kept[0]], later.iloc[kept[1]]),
    )


def _own_columns(tables: Tables) -> pd.DataFrame:
    calls = to_pandas(tables.calls, CALLS).drop(columns=_OF_CAMPAIGN)
    numbers = np.zeros(len(calls), dtype=np.uint64)
    talks, of_talks = _talks(to_pandas(tables.transcripts, TRANSCRIPTS))
    talked = np.flatnonzero(calls["turns"].gt(0))
    keys = _keys(calls["call_id"].iloc[talked], talks)
    positions = pd.Index(keys[0]).get_indexer(pd.Index(keys[1]))
    numbers[talked[positions[positions >= 0]]] = of_talks[positions >= 0]
    return calls.assign(**{TRANSCRIPT: numbers})


def _talks(turns: pd.DataFrame) -> tuple[pd.Series[Any], NDArray[np.uint64]]:
    """Give the call's id of each transcript, in order, and a number that stands for its words."""
    ids, positions = turns["call_id"], turns["turn"]
    same = (ids == ids.shift()) | (ids.isna() & ids.shift(fill_value="").isna())
    begins = ~(same & (positions > positions.shift(fill_value=-1)))
    numbers = pd.util.hash_pandas_object(turns[["turn", "role", "content", "extra"]], index=False)
    sums = numbers.groupby(begins.cumsum()).sum()
    return ids[begins], sums.to_numpy().astype(np.uint64)


def _keys(before: pd.Series[Any], after: pd.Series[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give each call a number: the same for the same id, the first, the second and so on of it."""
    codes = pd.factorize(pd.concat([before, after]), use_na_sentinel=False)[0]
    parts = []
    for part in (codes[: len(before)], codes[len(before) :]):
        repeated = pd.Series(part).groupby(part).cumcount().to_numpy()
        parts.append(part * np.int64(len(codes) + 1) + repeated)
    return parts[0], parts[1]


def _unequal(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    before, after = before.reset_index(drop=True), after.reset_index(drop=True)
    found = {}
    for name in before.columns:
        left, right = before[name], after[name]
        same = (left == right).fillna(value=False).astype(bool) | (left.isna() & right.isna())
        found[name] = ~same
    return pd.DataFrame(found, index=before.index)
