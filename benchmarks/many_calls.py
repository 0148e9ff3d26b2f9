"""The tables of a large campaign, drawn by lot: what the metrics are measured on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from caldframe.frames import CampaignFrames
from caldframe.schema import RESULTS, empty_tables

_CAMPAIGNS: Final = 20
_AGENTS: Final = 5
_CALLERS: Final = 50
_DAYS: Final = 60
_CALLS_TO_A_PROSPECT: Final = 3.3
_TURNS: Final = 8  # of a picked-up call
_COMPLETED: Final = 0.97
_CHANCES: Final = (0, 0.35, 0.03, 0.25, 0.31, 0.03, 0.03)
_START: Final = np.datetime64("2026-03-02T13:00", "us")
_AREA_CODES: Final = ("212", "213", "312", "305", "602", "206", "617", "808", "404", "303")


def make_frames(calls: int, seed: int = 1) -> CampaignFrames:
    """Draw a campaign that has all that the metrics read.

    Parameters
    ----------
    calls : int
        How many calls, three or four to each prospect.
    seed : int, default 1
        The same one gives the same tables.

    Returns
    -------
    CampaignFrames
        With the columns and dtypes of the schema.
    """
    random = np.random.default_rng(seed)
    prospects = max(int(calls / _CALLS_TO_A_PROSPECT), 1)
    numbers = phone_numbers(prospects)
    campaign = random.integers(0, _CAMPAIGNS, prospects)
    called = random.integers(0, prospects, calls)
    completed = random.random(calls) < _COMPLETED
    results = np.where(completed, random.choice(len(RESULTS), calls, p=_CHANCES), 0)
    picked_up = results == RESULTS.index("pickedUp")
    length = np.where(picked_up, random.gamma(1.2, 90, calls), 0).round(1)
    seconds = random.integers(0, _DAYS, calls) * 86_400 + random.integers(0, 12 * 3600, calls)
    created = _START + seconds.astype("timedelta64[s]")
    ended = created + ((length + random.gamma(4, 5, calls)) * 1e6).astype("timedelta64[us]")
    ended[~completed] = np.datetime64("NaT", "us")

    frames = CampaignFrames.from_arrow(empty_tables())
    call_id = pd.Series(np.char.mod("%024x", np.arange(calls)), dtype="str")
    given = {
        "campaign_id": _named("campaign", campaign[called]),
        "agent_id": _named("agent", campaign[called] % _AGENTS),
        "list_id": _named("list", campaign[called]),
        "call_id": call_id,
        "direction": _taken(["outbound"], np.zeros(calls, dtype=np.int64)),
        "from_number": _taken(phone_numbers(_CALLERS), random.integers(0, _CALLERS, calls)),
        "to_number": _taken(numbers, called),
        "prospect_number": _taken(numbers, called),
        "completed": pd.array(completed, dtype="boolean"),
        "result": _taken(RESULTS, results),
        "created_at": pd.Series(created).dt.tz_localize("UTC"),
        "completed_at": pd.Series(ended).dt.tz_localize("UTC"),
        "call_length": np.where(completed, length, np.nan),
        "turns": np.where(picked_up, _TURNS, 0),
    }
    table = _filled(frames.calls, given, calls)
    talks = np.flatnonzero(picked_up).repeat(_TURNS)
    turn = np.tile(np.arange(_TURNS), len(talks) // _TURNS)
    said = {
        "campaign_id": given["campaign_id"].take(talks),
        "call_id": call_id.take(talks),
        "turn": turn,
        "role": _taken(["assistant", "user"], turn % 2),
        "content": _taken(["Good morning, this is Ada.", "Yes, who is calling?"], turn % 2),
    }
    names = _named("campaign", np.arange(_CAMPAIGNS))
    return replace(
        frames,
        campaigns=_filled(frames.campaigns, {"campaign_id": names}, _CAMPAIGNS),
        calls=table,
        transcripts=_filled(frames.transcripts, said, len(talks)),
    )


def phone_numbers(count: int) -> list[str]:
    """Give distinct numbers of several time zones."""
    return [f"+1{_AREA_CODES[i % len(_AREA_CODES)]}{2_000_000 + i:07d}" for i in range(count)]


def _named(what: str, numbers: Any) -> pd.Series[Any]:
    return _taken([f"{what}-{number:02d}" for number in range(_CAMPAIGNS)], numbers)


def _taken(texts: Any, places: Any) -> pd.Series[Any]:
    return pd.Series(texts, dtype="str").take(places).reset_index(drop=True)


def _filled(empty: pd.DataFrame, given: dict[str, Any], rows: int) -> pd.DataFrame:
    """Give the columns and dtypes of an empty table, null where nothing is given."""
    columns = {
        name: pd.Series(given[name]).reset_index(drop=True).astype(dtype)
        if name in given
        else pd.Series(None, index=range(rows), dtype=dtype)
        for name, dtype in empty.dtypes.items()
    }
    return pd.DataFrame(columns)
