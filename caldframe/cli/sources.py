"""What the commands work on: folders, archives, saved responses, and campaigns by id."""

from __future__ import annotations

import os
from enum import Enum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from caldframe.archive import Archive, is_url
from caldframe.cli.options import ID
from caldframe.cli.output import note_problems, say
from caldframe.cli.program import advise
from caldframe.display import counted
from caldframe.engine import DATASET_ENGINES, brought_here, open_dataset, stack_tables
from caldframe.errors import ConfigurationError, MissingExtraError
from caldframe.export import open_parquet
from caldframe.fetch import fetch_campaigns, load_campaign
from caldframe.frames import CampaignFrames, read_csv, read_parquet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from caldframe.engine import Frame

_TABLE_ENDINGS: Final = (".parquet", ".csv")
_FILE_ENDINGS: Final = (".json", ".gz", *_TABLE_ENDINGS)
_HERE: Final = "pandas"
_FOR_ARCHIVES: Final = "duckdb"


class _Kind(Enum):
    """What a source is."""

    ARCHIVE = "an archive"
    PARQUET = "a folder of Parquet files"
    CSV = "a folder of CSV files"
    RESPONSE = "a saved response"
    CAMPAIGN = "a campaign to fetch"


def read_calls(sources: Sequence[str], *, base_url: str | None, engine: str | None) -> Frame:
    """Give the calls of all sources; `read_tables` says how."""
    return read_tables(sources, ["calls"], base_url=base_url, engine=engine)[0]


def read_tables(
    sources: Sequence[str], names: Sequence[str], *, base_url: str | None, engine: str | None
) -> list[Frame]:
    """Give tables as `open_tables` does, and say on standard error what in the data did not fit."""
    *tables, problems = open_tables(sources, [*names, "problems"], base_url=base_url, engine=engine)
    note_problems(problems)
    return tables


def open_tables(
    sources: Sequence[str], names: Sequence[str], *, base_url: str | None, engine: str | None
) -> list[Frame]:
    """Give tables of all sources, one below the other.

    Parameters
    ----------
    sources : sequence of str
        Folders that `caldframe fetch` wrote, archives, saved responses, or campaign ids to fetch. What is on
        disk goes before an id of the same name.
    names : sequence of str
        The tables: `campaigns`, `calls`, `transcripts`, `problems`.
    base_url : str or None
        Where the API is; None for what the environment says.
    engine : str or None
        What is to hold them. None for DuckDB if all sources are archives and it is installed, else pandas.

    Returns
    -------
    list of Frame
        The tables, in the order of their names, on that engine.

    Raises
    ------
    click.BadParameter
        If a source is a path with nothing there, or a folder without tables; or if the engine cannot read it.
    MissingExtraError
        If the engine was asked for and is not installed.
    ConfigurationError
        If two sources hold the same campaign, whose calls would be counted twice.
    """
    kinds = {source: _kind_of(source) for source in sources}
    if engine is None and set(kinds.values()) == {_Kind.ARCHIVE}:
        try:
            return _scanned(kinds, names, _FOR_ARCHIVES)
        except MissingExtraError:
            engine = _HERE
    if engine is None or engine == _HERE:
        frames = read_frames(sources, base_url=base_url)
        return [getattr(frames, name) for name in names]
    return _scanned(kinds, names, engine)


def read_frames(sources: Sequence[str], *, base_url: str | None) -> CampaignFrames:
    """Give all tables of all sources as pandas, each one below the other; as `open_tables` otherwise."""
    kinds = {source: _kind_of(source) for source in sources}
    read = {source: _read(source, kind) for source, kind in kinds.items() if kind is not _Kind.CAMPAIGN}
    ids = [ID(source) for source in kinds if source not in read]
    if ids:
        read[", ".join(ids)] = fetch_campaigns(ids, base_url=base_url)
    _refuse_to_count_twice({source: frames.campaigns["campaign_id"] for source, frames in read.items()})
    tables = (
        stack_tables([getattr(frames, name) for frames in read.values()])
        for name in ("campaigns", "calls", "transcripts", "problems", "failures")
    )
    return CampaignFrames(*tables)


def _kind_of(source: str) -> _Kind:
    path = Path(source)
    if is_url(source):
        return _Kind.ARCHIVE
    if not path.exists():
        separators = {os.sep, os.altsep or os.sep}
        if separators & set(source) or source.startswith(".") or source.lower().endswith(_FILE_ENDINGS):
            raise click.BadParameter(f"there is no file or folder {source!r}.", param_hint="SOURCE")
        return _Kind.CAMPAIGN
    if not path.is_dir():
        if path.suffix.lower() in _TABLE_ENDINGS:
            raise click.BadParameter(
                f"{source!r} is one table of several. Give the folder that it is in.", param_hint="SOURCE"
            )
        return _Kind.RESPONSE
    if (path / "calls.parquet").exists():
        return _Kind.PARQUET
    if (path / "calls.csv").exists():
        return _Kind.CSV
    if (path / "raw").is_dir():
        if _is_empty(path / "raw"):
            raise click.BadParameter(
                f"the archive {source!r} has no campaign in it. Bring some in with `caldframe sync`.",
                param_hint="SOURCE",
            )
        return _Kind.ARCHIVE
    raise click.BadParameter(
        f"the folder {source!r} has neither calls.parquet nor calls.csv in it, and is no archive. "
        "Give a folder that `caldframe fetch` or `caldframe sync` wrote.",
        param_hint="SOURCE",
    )


def _is_empty(folder: Path) -> bool:
    try:
        return not any(folder.iterdir())
    except OSError:
        return False  # the archive will say why


def _read(source: str, kind: _Kind) -> CampaignFrames:
    if kind is _Kind.ARCHIVE:
        return Archive(source).frames()
    if kind is _Kind.PARQUET:
        return read_parquet(source)
    return read_csv(source) if kind is _Kind.CSV else load_campaign(source)


def _scanned(kinds: Mapping[str, _Kind], names: Sequence[str], engine: str) -> list[Frame]:
    """Give tables of all sources on an engine that reads of them what it needs."""
    scans = {source: _scan_of(source, kind, engine) for source, kind in kinds.items()}
    tables = [stack_tables([scan(name) for scan in scans.values()]) for name in names]
    if len(scans) > 1:
        campaigns = {source: scan("campaigns") for source, scan in scans.items()}
        _refuse_to_count_twice(
            {
                source: brought_here(table, ["campaign_id"])["campaign_id"]
                for source, table in campaigns.items()
            }
        )
    for source in (source for source, kind in kinds.items() if kind is _Kind.ARCHIVE):
        _note_unsettled(source)
        advise("If a table's file is damaged, --engine pandas reads the campaign's response in its place.")
    return tables


def _scan_of(source: str, kind: _Kind, engine: str) -> Callable[[str], Frame]:
    if kind is _Kind.ARCHIVE:
        return partial(Archive(source).scan, engine=engine)
    if kind is _Kind.PARQUET and engine in DATASET_ENGINES:
        return lambda name: open_dataset(open_parquet(source, name), engine)
    raise click.BadParameter(
        f"{source!r} is {kind.value}, which {engine} does not read here. Leave --engine out; or bring the "
        "campaigns into an archive with `caldframe sync`, which every engine reads.",
        param_hint="--engine",
    )


def _note_unsettled(source: str) -> None:
    unsettled = Archive(source).unsettled()
    if unsettled:
        say(
            f"Note: the newest response of {counted(len(unsettled), 'campaign')} in {source} may not be "
            "counted yet: a sync is under way, or was stopped. --engine pandas counts it."
        )


def _refuse_to_count_twice(campaigns: Mapping[str, pd.Series[Any]]) -> None:
    homes: dict[str, str] = {}
    for source, ids in campaigns.items():
        for campaign in ids.dropna().unique():
            if campaign in homes:
                raise ConfigurationError(
                    f"Campaign {campaign} is in {homes[campaign]} and in {source}: its calls would be "
                    "counted twice. Leave one of them out."
                )
            homes[campaign] = source
