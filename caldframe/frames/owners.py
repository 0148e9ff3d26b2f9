"""Which call a turn of the transcripts is of, even where calls share an id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from caldframe.engine import as_numbers, as_text, check_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["calls_of_turns"]

_KEYS: Final = ("campaign_id", "call_id")


def calls_of_turns(calls: pd.DataFrame, transcripts: pd.DataFrame) -> NDArray[np.int64]:
    """Find the call of each turn.

    Parameters
    ----------
    calls : pandas.DataFrame
        One row a call; the columns `campaign_id`, `call_id` and `turns` are read.
    transcripts : pandas.DataFrame
        One row a turn; the columns `campaign_id`, `call_id` and `turn` are read. Where several calls have
        the same ids, their transcripts stand in the order of the calls, each from its first turn on.

    Returns
    -------
    numpy.ndarray of int64
        For each turn the position of its call, -1 where it is not among the calls.

    Raises
    ------
    UnknownColumnError
        If a table lacks a column.

    Examples
    --------
    >>> calls = pd.DataFrame({"campaign_id": "c", "call_id": ["a", "b", "a"], "turns": [1, 0, 2]})
    >>> turns = pd.DataFrame({"campaign_id": "c", "call_id": ["a", "a", "a", "z"], "turn": [0, 0, 1, 0]})
    >>> calls_of_turns(calls, turns).tolist()
    [0, 2, 2, -1]
    """
    check_columns(calls, [*_KEYS, "turns"])
    check_columns(transcripts, [*_KEYS, "turn"])
    call_keys, turn_keys = _keys(calls), _keys(transcripts)
    call_keys["place"] = np.arange(len(calls))
    on = list(_KEYS)
    shared = call_keys.duplicated(on, keep=False)
    if shared.any():
        # A call without a transcript takes no part in the order of those that have one.
        call_keys = call_keys[~shared | (as_numbers(calls["turns"]) > 0)]
        call_keys["occurrence"] = call_keys.groupby(on, dropna=False).cumcount()
        turn_keys["occurrence"] = _occurrences(turn_keys, as_numbers(transcripts["turn"]))
        on.append("occurrence")
    places = turn_keys.merge(call_keys, how="left", on=on)["place"]
    return places.fillna(-1).to_numpy(dtype=np.int64)


def _keys(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({name: as_text(table[name]).reset_index(drop=True) for name in _KEYS})


def _occurrences(keys: pd.DataFrame, turn: NDArray[np.float64]) -> NDArray[np.int64]:
    """Count up from 0 among turns of the same ids: a transcript begins where turns do not go on."""
    groups = keys.groupby(list(_KEYS), dropna=False).ngroup()
    before = pd.Series(turn).groupby(groups).shift()
    begins = ~(turn > before.to_numpy())  # the first one of all has nothing before it: NaN
    return pd.Series(begins).groupby(groups).cumsum().to_numpy(dtype=np.int64) - 1
