"""Which rows have which finding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.engine import (
    as_booleans,
    as_numbers,
    as_text,
    as_times,
    has_words,
    is_one_of,
    map_campaigns,
    table_of,
)
from caldframe.phone import normal_forms
from caldframe.reconciliation import STATS, reconciled
from caldframe.schema import DIRECTIONS, RESULTS, ROLES, STATUSES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caldframe.frames import CampaignFrames

__all__ = ["Places", "find_all"]

_Found = Iterator[tuple[str, pd.DataFrame]]
"""Findings by name, each with the `campaign_id` and the `call_id` of the rows that have it."""

_KEYS: Final = ["campaign_id", "call_id"]
_ORDER: Final = ["check", "row"]
_FIRST_DAY: Final = pd.Timestamp(datetime(2020, 1, 1, tzinfo=UTC))
_READ_OF_CALLS: Final = [
    *_KEYS,
    *("direction", "from_number", "to_number", "prospect_number", "completed", "result"),
    *("created_at", "completed_at", "call_length", "turns"),
]


@dataclass(frozen=True, eq=False)
class Places:
    """Where a finding is.

    Parameters
    ----------
    counts : pandas.DataFrame
        One row a campaign that has it: its `campaign_id`, and `n`, how many rows have it.
    examples : pandas.DataFrame
        The first calls that have it, of each campaign so many at most: `campaign_id` and `call_id`, in order.
    """

    counts: pd.DataFrame
    examples: pd.DataFrame


def find_all(
    frames: CampaignFrames, *, now: pd.Timestamp | None, region: str | None, examples: int
) -> dict[str, Places]:
    """Find all that is wrong: in the tables, then what the table of problems adds.

    Parameters
    ----------
    frames : CampaignFrames
        All four tables, and the failures.
    now : pandas.Timestamp or None
        No call can be later; by default than its campaign was fetched.
    region : str or None
        The country of numbers written without country code.
    examples : int
        How many calls of each campaign to give for a finding, at most.

    Returns
    -------
    dict of str to Places
        What was found, by name.
    """
    reads = {
        "campaigns": ["campaign_id", "status", "fetched_at", *STATS],
        "calls": _READ_OF_CALLS,
        "transcripts": [*_KEYS, "role", "content"],
        "problems": [*_KEYS, "problem"],
    }
    parts = map_campaigns(
        partial(_find, now=now, region=region, examples=examples),
        *((table_of(frames, name), columns) for name, columns in reads.items()),
    )
    failures = getattr(frames, "failures", None)
    if isinstance(failures, pd.DataFrame) and len(failures):
        parts.append({"campaign_not_fetched": _places([_keys(failures)], examples)})
    return {
        name: _put_together([part[name] for part in parts if name in part])
        for name in dict.fromkeys(name for part in parts for name in part)
    }


def _find(  # noqa: PLR0913 - four tables, and how they are looked at
    campaigns: pd.DataFrame,
    calls: pd.DataFrame,
    transcripts: pd.DataFrame,
    problems: pd.DataFrame,
    *,
    now: pd.Timestamp | None,
    region: str | None,
    examples: int,
) -> dict[str, Places]:
    """Find what is wrong with some campaigns."""
    found: dict[str, list[pd.DataFrame]] = {}
    for name, places in _look(campaigns, calls, transcripts, problems, now=now, region=region):
        found.setdefault(name, []).append(places)
    return {name: _places(parts, examples) for name, parts in found.items() if any(map(len, parts))}


def _places(parts: list[pd.DataFrame], examples: int) -> Places:
    """Count the rows of each campaign, and keep the first calls; parts are of one check after the other."""
    numbered = [part.assign(check=check, row=part.index.to_numpy()) for check, part in enumerate(parts)]
    rows = pd.concat(numbered, ignore_index=True)
    counts = rows.groupby("campaign_id", dropna=False, sort=False).size().rename("n").reset_index()
    firsts = rows[rows["call_id"].notna()].drop_duplicates(_KEYS)
    return Places(counts, firsts.groupby("campaign_id", dropna=False).head(examples))


def _put_together(parts: list[Places]) -> Places:
    """Add up what was found campaign by campaign."""
    if len(parts) == 1:
        return parts[0]
    counts = pd.concat([part.counts for part in parts], ignore_index=True)
    examples = pd.concat([part.examples for part in parts], ignore_index=True)
    return Places(counts, examples.sort_values(_ORDER, kind="stable", ignore_index=True))


def _look(  # noqa: PLR0913 - four tables, and how they are looked at
    campaigns: pd.DataFrame,
    calls: pd.DataFrame,
    transcripts: pd.DataFrame,
    problems: pd.DataFrame,
    *,
    now: pd.Timestamp | None,
    region: str | None,
) -> _Found:
    """Go through all checks, always in the same order; a name may come several times, places may be none."""
    seen: dict[str, list[pd.DataFrame]] = {}
    for name, places in (
        *_in_campaigns(campaigns, calls),
        *_in_results(calls),
        *_in_times(calls, _limit(calls, campaigns, now)),
        *_in_transcripts(calls, transcripts),
        *_in_numbers(calls, region),
        *_in_values(campaigns, calls, transcripts),
    ):
        seen.setdefault(name, []).append(places)
        yield name, places
    yield from _in_problems(problems, seen)


def _in_campaigns(campaigns: pd.DataFrame, calls: pd.DataFrame) -> _Found:
    keys = _keys(campaigns)
    yield "duplicate_campaign", keys[keys["campaign_id"].duplicated() & keys["campaign_id"].notna()]
    stats = reconciled(campaigns, calls)
    yield "stats_do_not_reconcile", _keys(stats)[stats["difference"].ne(0).fillna(value=False).to_numpy()]


def _in_results(calls: pd.DataFrame) -> _Found:
    keys = _keys(calls)
    completed = as_booleans(calls["completed"])
    result = as_text(calls["result"])
    length = as_numbers(calls["call_length"])
    ended, created = as_times(calls["completed_at"]), as_times(calls["created_at"])
    silent = is_one_of(result, "unanswered", "failed")
    yield "duplicate_call_id", keys[keys.duplicated() & keys["call_id"].notna()]
    yield "completed_without_result", keys[completed & _array(result.isna())]
    yield "completed_but_pending", keys[completed & is_one_of(result, "pending")]
    yield "completed_without_completed_at", keys[completed & _array(ended.isna())]
    yield "completed_without_length", keys[completed & np.isnan(length)]
    yield "without_created_at", keys[_array(created.isna())]
    yield "words_without_answer", keys[silent & (as_numbers(calls["turns"]) > 0)]


def _in_times(calls: pd.DataFrame, limit: Any) -> _Found:
    keys = _keys(calls)
    created = as_times(calls["created_at"]).reset_index(drop=True)
    ended = as_times(calls["completed_at"]).reset_index(drop=True)
    lasted = (ended - created).dt.total_seconds().to_numpy()
    excess = as_numbers(calls["call_length"]) - lasted
    forward = lasted >= 0
    yield "ends_before_it_begins", keys[lasted < 0]
    yield "longer_than_call", keys[forward & (excess >= 1)]
    yield "negative_ring_time", keys[forward & (excess > 0) & (excess < 1)]
    yield "before_2020", keys[_array((created < _FIRST_DAY) | (ended < _FIRST_DAY))]
    yield "in_the_future", keys[_array((created > limit) | (ended > limit))]


def _limit(calls: pd.DataFrame, campaigns: pd.DataFrame, now: pd.Timestamp | None) -> Any:
    """Give the time that no call can be later than: one for all, or each campaign's own, where known."""
    if now is not None:
        return now
    fetched = as_times(campaigns["fetched_at"]).groupby(as_text(campaigns["campaign_id"])).max()
    return fetched.reindex(as_text(calls["campaign_id"])).reset_index(drop=True)


def _in_transcripts(calls: pd.DataFrame, transcripts: pd.DataFrame) -> _Found:
    keys, turns = _keys(calls), _keys(transcripts)
    blank = turns[~has_words(transcripts["content"])]
    blanks = keys.merge(blank.value_counts(dropna=False).rename("blank").reset_index(), how="left")["blank"]
    entries = as_numbers(calls["turns"])
    wordless = (entries == 0) | (blanks.to_numpy(dtype=np.float64, na_value=np.nan) >= entries)
    yield "picked_up_without_words", keys[is_one_of(calls["result"], "pickedUp") & wordless]

    # The turns of a call stand together, so that few of them need be looked up.
    starts = _array(turns.ne(turns.shift()).any(axis="columns"))
    known = turns[starts].merge(keys.drop_duplicates(), how="left", indicator="where")["where"].eq("both")
    yield "turns_without_call", turns[~known.to_numpy()[np.cumsum(starts) - 1]]


def _in_numbers(calls: pd.DataFrame, region: str | None) -> _Found:
    keys = _keys(calls)
    sides = [as_text(calls[name]) for name in ("from_number", "to_number")]
    written = pd.concat([side.drop_duplicates() for side in sides], ignore_index=True)
    written = written.dropna().drop_duplicates()
    bad = written[normal_forms(written, region=region).isna()]
    yield "bad_number", keys[_array(sides[0].isin(bad) | sides[1].isin(bad))]
    yield "without_prospect_number", keys[_array(calls["prospect_number"].isna())]


def _in_values(campaigns: pd.DataFrame, calls: pd.DataFrame, transcripts: pd.DataFrame) -> _Found:
    for table, column, allowed in (
        (campaigns, "status", STATUSES),
        (calls, "direction", DIRECTIONS),
        (calls, "result", RESULTS),
        (transcripts, "role", ROLES),
    ):
        values = as_text(table[column])
        yield "unknown_value", _keys(table)[_array(values.notna() & ~values.isin(allowed))]
    yield "negative", _keys(calls)[as_numbers(calls["call_length"]) < 0]
    for stat in STATS:
        yield "negative", _keys(campaigns)[as_numbers(campaigns[stat]) < 0]


def _in_problems(problems: pd.DataFrame, seen: dict[str, list[pd.DataFrame]]) -> _Found:
    """Give the problems by kind; what the tables have shown already is not counted twice."""
    keys, kinds = _keys(problems), as_text(problems["problem"]).reset_index(drop=True)
    for kind in sorted(kinds.dropna().unique()):
        places = keys[_array(kinds.eq(kind))]
        if kind in seen:
            shown = pd.concat(seen[kind]).drop_duplicates()
            places = places[~_array(places.merge(shown, how="left", indicator="where")["where"].eq("both"))]
        yield kind, places


def _keys(table: pd.DataFrame) -> pd.DataFrame:
    """Give a table's campaigns and calls, null where it has none, with its index."""
    nulls = pd.Series(None, index=table.index, dtype=object)
    keys = {name: as_text(table.get(name, nulls)) for name in _KEYS}
    # Its names are left out, for one may be that of a column.
    index = table.index.set_names([None] * table.index.nlevels)
    return pd.DataFrame(keys).set_axis(index)


def _array(mask: pd.Series[Any]) -> NDArray[np.bool_]:
    return mask.to_numpy(dtype=np.bool_, na_value=False)
