"""What the counting commands count: folders, saved responses, and campaigns by id."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pandas as pd

from caldframe.archive import Archive, is_url
from caldframe.cli.output import note_problems
from caldframe.errors import ConfigurationError
from caldframe.fetch import fetch_campaigns, load_campaign
from caldframe.frames import CampaignFrames, read_csv, read_parquet

if TYPE_CHECKING:
    from collections.abc import Sequence

_FILE_ENDINGS = (".json", ".gz", ".parquet", ".csv")


def read_calls(sources: Sequence[str], *, base_url: str | None) -> pd.DataFrame:
    """Give the calls of all sources, one below the other; problems in the data are said on standard error.

    Parameters
    ----------
    sources : sequence of str
        Folders that `caldframe fetch` wrote, archives, saved responses, or campaign ids to fetch. What is on
        disk goes before an id of the same name.
    base_url : str or None
        Where the API is; None for what the environment says.

    Returns
    -------
    pandas.DataFrame
        The `calls` tables.

    Raises
    ------
    click.BadParameter
        If a source is a path with nothing there, or a folder without tables.
    ConfigurationError
        If two sources hold the same campaign, whose calls would be counted twice.
    """
    read = _read_all(sources, base_url)
    note_problems(pd.concat([frames.problems for frames in read]))
    return pd.concat([frames.calls for frames in read], ignore_index=True)


def read_frames(sources: Sequence[str], *, base_url: str | None) -> CampaignFrames:
    """Give the frames of all sources, each table one below the other; as `read_calls` otherwise.

    Problems in the data are left to who reads the frames.
    """
    read = _read_all(sources, base_url)
    tables = (
        pd.concat([getattr(frames, name) for frames in read], ignore_index=True)
        for name in ("campaigns", "calls", "transcripts", "problems", "failures")
    )
    return CampaignFrames(*tables)


def _read_all(sources: Sequence[str], base_url: str | None) -> list[CampaignFrames]:
    read = {source: _read(source) for source in sources if _is_path(source)}
    ids = [source for source in sources if source not in read]
    if ids:
        read[", ".join(ids)] = fetch_campaigns(ids, base_url=base_url)
    _refuse_to_count_twice(read)
    return list(read.values())


def _is_path(source: str) -> bool:
    if Path(source).exists() or is_url(source):
        return True
    separators = {os.sep, os.altsep or os.sep}
    if separators & set(source) or source.startswith(".") or source.lower().endswith(_FILE_ENDINGS):
        raise click.BadParameter(f"there is no file or folder {source!r}.", param_hint="SOURCE")
    return False


def _read(source: str) -> CampaignFrames:
    path = Path(source)
    if is_url(source):
        return Archive(source).frames()
    if not path.is_dir():
        return load_campaign(path)
    if (path / "calls.parquet").exists():
        return read_parquet(path)
    if (path / "calls.csv").exists():
        return read_csv(path)
    if (path / "raw").is_dir():
        return Archive(path).frames()
    raise click.BadParameter(
        f"the folder {source!r} has neither calls.parquet nor calls.csv in it, and is no archive. "
        "Give a folder that `caldframe fetch` or `caldframe sync` wrote.",
        param_hint="SOURCE",
    )


def _refuse_to_count_twice(read: dict[str, CampaignFrames]) -> None:
    homes: dict[str, str] = {}
    for source, frames in read.items():
        for campaign in frames.campaigns["campaign_id"].dropna().unique():
            if campaign in homes:
                raise ConfigurationError(
                    f"Campaign {campaign} is in {homes[campaign]} and in {source}: its calls would be "
                    "counted twice. Leave one of them out."
                )
            homes[campaign] = source
