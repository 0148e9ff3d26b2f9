"""The findings as a table: counted, with examples, and in words."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.engine import check_whole, group_columns, group_rows
from caldframe.errors import ConfigurationError
from caldframe.metrics.quality.catalogue import FINDINGS, SEVERITIES, finding_of
from caldframe.metrics.quality.checks import find_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from caldframe.frames import CampaignFrames
    from caldframe.metrics.quality.checks import Places

__all__ = ["quality"]

_COLUMNS: Final = {
    "finding": "str",
    "severity": "str",
    "count": np.dtype("int64"),
    "unit": "str",
    "campaigns": np.dtype("int64"),
    "example_call_ids": np.dtype("object"),
    "meaning": "str",
    "advice": "str",
}


def quality(
    frames: CampaignFrames,
    by: str | Sequence[str] | None = None,
    *,
    now: datetime | str | None = None,
    examples: int = 5,
    region: str | None = None,
) -> pd.DataFrame:
    """Tell what is wrong with the data, what it does to the numbers, and what to do about it.

    A table without rows says that none of the things in `caldframe.metrics.quality.FINDINGS` was found. It
    does not say that the data is right: a wrong label, for example, cannot be seen in the label.

    Parameters
    ----------
    frames : CampaignFrames
        One campaign or many, with all four tables, and the failures if there are any.
    by : {"campaign_id"}, optional
        Tell each campaign's findings apart. By default those of all campaigns are counted together.
    now : datetime.datetime or str, optional
        The time, with its zone, that no call can be later than. By default the time at which the call's
        campaign was fetched; a saved response does not say it, so its calls are then not looked at.
    examples : int, default 5
        How many call ids to give for each finding, at most.
    region : str, optional
        The country of telephone numbers that are written without country code, such as "US". By default
        they are findings.

    Returns
    -------
    pandas.DataFrame
        One row a finding, and none for what was not found; errors first, then warnings, then notes, each
        in the order of `caldframe.metrics.quality.FINDINGS`, kinds of problems that are not documented at
        the end. With ``by="campaign_id"`` one row a campaign and finding, campaigns sorted, null last.
        Columns:

        - `campaign_id` (str): only if it is grouped by
        - `finding` (str): what was found, a key of `FINDINGS`
        - `severity` (str): "error": some number is wrong, or lacks calls that it should have; "warning":
          some calls are left out of some numbers, or what they say is in doubt; "note": no number suffers
        - `count` (int64): how many there are, of what `unit` says
        - `unit` (str): what is counted: "calls", "campaigns", "stats", "turns" or "values"
        - `campaigns` (int64): how many campaigns they are in
        - `example_call_ids` (tuple of str): the first calls that have it; empty where none has an id
        - `meaning` (str): what is so, and what it does to the numbers
        - `advice` (str): what to do about it

        The attributes ``attrs["now"]``, ``attrs["examples"]`` and ``attrs["region"]`` of the table say how
        it was made.

    Raises
    ------
    UnknownColumnError
        If a table lacks a column.
    ConfigurationError
        If an argument is wrong, or a column holds values of another kind.

    See Also
    --------
    reconcile : The campaign's own counts against its calls, number by number.

    Notes
    -----
    What can be seen in the tables is looked for there, so that frames that were filtered, put together or
    read from files are checked as they are. Everything in `problems` is a finding of its kind; an unknown
    value, a negative number or a call id that comes twice is counted once, though both tables show it.

    One call can have several findings. The ring time of a call is completed_at - created_at - call_length.
    It is negative for the calls of three findings, which have no call in common: `ends_before_it_begins`,
    `longer_than_call` and `negative_ring_time`.

    Examples
    --------
    >>> import caldframe as cf
    >>> frames = cf.load_campaign(
    ...     b'{"campaignId": "c1", "calls": [{"callId": "k1", "completed": true, "result": "busy", '
    ...     b'"createdAt": "2026-03-02T10:00:00Z", "completedAt": "2026-03-02T10:01:00Z", '
    ...     b'"callLength": 75.5, "direction": "inbound", "from": "+14155550101"}]}'
    ... )
    >>> quality(frames)[["finding", "severity", "count", "example_call_ids"]]
                finding severity  count example_call_ids
    0  longer_than_call  warning      1            (k1,)
    1     unknown_value  warning      1            (k1,)
    """
    columns = group_columns(by, taken=list(_COLUMNS))
    if columns not in ([], ["campaign_id"]):
        raise ConfigurationError(
            f'by={by!r}: findings can be told apart by "campaign_id" only. Give that, or None.'
        )
    shown = check_whole("examples", examples, least=0)
    latest = None if now is None else _time(now)

    found = find_all(frames, now=latest, region=region, examples=shown)
    rows = [
        (*key, *row)
        for name in sorted(found, key=_rank)
        for key, row in _rows(name, found[name], columns, shown)
    ]
    dtypes: dict[str, Any] = {**dict.fromkeys(columns, "str"), **_COLUMNS}
    table = pd.DataFrame(rows, columns=list(dtypes)).astype(dtypes)
    if columns:
        table = table.sort_values(columns, kind="stable", ignore_index=True)
    table.attrs = {
        "now": None if latest is None else latest.isoformat(),
        "examples": shown,
        "region": region,
    }
    return table


def _rows(
    name: str, places: Places, columns: list[str], examples: int
) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """Give a finding's row of each group: the group's key, and what the row says."""
    finding = finding_of(name)
    groups = group_rows(places.counts, columns)
    counts = groups.sums(places.counts["n"].to_numpy())
    # The campaigns of each group are as many as it has rows, for each is in one part.
    campaign_counts = np.bincount(groups.numbers, minlength=len(groups.keys))
    firsts = places.examples[["call_id"]].assign(group=groups.find(places.examples)).drop_duplicates()
    shown = firsts.groupby("group").head(examples).groupby("group")["call_id"].agg(tuple)
    for group, key in enumerate(groups.keys.itertuples(index=False, name=None) if columns else [()]):
        yield (
            key,
            (
                *(name, finding.severity, int(counts[group]), finding.unit, int(campaign_counts[group])),
                *(shown.get(group, ()), finding.meaning, finding.advice),
            ),
        )


def _rank(name: str) -> tuple[int, int, str]:
    """Sort findings: the worst first, in the documented order, undocumented ones by name behind."""
    order = list(FINDINGS)
    place = order.index(name) if name in FINDINGS else len(order)
    return SEVERITIES.index(finding_of(name).severity), place, name


def _time(now: Any) -> pd.Timestamp:
    try:
        time = pd.Timestamp(now) if isinstance(now, (datetime, str)) else pd.NaT
    except ValueError:
        time = pd.NaT
    if isinstance(time, pd.Timestamp) and time.tzinfo is not None:
        return time.tz_convert("UTC")
    raise ConfigurationError(
        f"now={now!r} is not a time with a zone. Give one such as datetime.now(UTC) or '2026-03-02T18:00Z'."
    )
