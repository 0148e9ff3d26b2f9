"""`caldframe fetch`: campaign ids in, files out."""

# ruff: noqa: PLC0415 - heavy rooms are imported when the command runs, not for --help
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from caldframe.cli.failing import name_failures
from caldframe.cli.hiding import checked_key, hidden, hiding_options
from caldframe.cli.options import ID, base_url_option, examples, json_option
from caldframe.cli.output import (
    note_problems,
    records,
    show,
    show_files,
    show_json,
    show_table,
)
from caldframe.cli.program import debug_option
from caldframe.display import counted
from caldframe.errors import OutputExistsError

if TYPE_CHECKING:
    import pandas as pd

    from caldframe.frames import CampaignFrames

_FORMATS = ("parquet", "csv", "excel")


def _formats(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[str, ...]:
    """Read formats with commas between them, as ``parquet,csv``."""
    names = [name.strip() for name in value.split(",")]
    for name in names:
        if name not in _FORMATS:
            raise click.BadParameter(
                f"{name!r} is no format. Give parquet, csv or excel, or several as parquet,csv."
            )
    return tuple(dict.fromkeys(names))


@click.command(
    epilog=examples(
        "caldframe fetch 66f0c0ffee0000000000000a --out calls/",
        "caldframe fetch ID1 ID2 ID3 --out calls/ --format parquet,csv",
        "caldframe fetch ID1 ID2 ID3 --out calls/ --format excel",
        "caldframe fetch ID1 ID2 ID3 --out calls/ --overwrite --keep-going",
        "caldframe fetch ID --out shared/ --pseudonymise --redact",
    )
)
@click.argument("ids", metavar="ID...", nargs=-1, required=True, type=ID)
@click.option(
    "--out",
    "directory",
    required=True,
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write into; made if it is not there.",
)
@click.option(
    "--format",
    "formats",
    callback=_formats,
    default="parquet",
    show_default=True,
    metavar="NAMES",
    help="parquet, csv or excel, or several: parquet,csv.",
)
@click.option("--overwrite", is_flag=True, help="Replace files that are there already.")
@click.option("--strict", is_flag=True, help="Fail if anything in the data does not fit.")
@click.option("--keep-going", is_flag=True, help="Write what came, even if a campaign could not be had.")
@hiding_options
@base_url_option
@json_option
@debug_option
def fetch(  # noqa: PLR0913 - one an option
    *,
    ids: tuple[str, ...],
    directory: Path,
    formats: tuple[str, ...],
    overwrite: bool,
    strict: bool,
    keep_going: bool,
    pseudonymise: bool,
    redact: bool,
    key_file: Path | None,
    region: str,
    base_url: str | None,
    as_json: bool,
) -> None:
    """Fetch campaigns and write them as files.

    An ID is a campaign's, as the dashboard shows it. However many there are, they become the same four
    tables, one file each and format: campaigns, calls, transcripts (one row a turn), and problems (one row
    for everything in the data that did not fit). Excel has them as the sheets of one file. Files that are
    there already stay, unless --overwrite is given.

    Where one campaign cannot be had, nothing is written. With --keep-going the others are, the missing ones
    are named, and the exit code is still 1.

    With --pseudonymise and --redact, numbers and what was said are hidden before anything is written. The key
    for pseudonyms is that of CALDFRAME_PSEUDONYM_KEY, or in a file; it is never an option.
    """
    from caldframe.export import check_excel
    from caldframe.fetch import fetch_campaigns

    if "excel" in formats:
        check_excel()  # before fetching, which may take minutes
    key = checked_key(key_file, pseudonymise=pseudonymise, region=region)
    if not overwrite:
        _refuse_to_replace(directory, formats)
    frames = fetch_campaigns(
        list(ids), base_url=base_url, strict=strict, on_error="collect" if keep_going else "raise"
    )
    frames = hidden(frames, key=key, redact=redact, region=region)
    files = _write(frames, directory, formats, overwrite=overwrite)
    if as_json:
        _show_json_summary(frames, files)
    else:
        _show_summary(frames, files, directory)
    note_problems(frames.problems)
    failures = frames.failures
    name_failures(
        "fetched",
        zip(failures["campaign_id"], failures["message"], strict=True),
        wanted=len(failures) + len(frames.campaigns),
    )


def _refuse_to_replace(directory: Path, formats: tuple[str, ...]) -> None:
    """Find out before fetching, which may take minutes, and before one format of two is written."""
    for form in formats:
        for name in _file_names(form):
            file = directory / name
            if file.exists():
                raise OutputExistsError(
                    f"{file} is there already. Add --overwrite to replace it, or choose another folder."
                )


def _file_names(form: str) -> list[str]:
    from caldframe.export import WORKBOOK
    from caldframe.schema import TABLES

    return [WORKBOOK] if form == "excel" else [f"{table}.{form}" for table in TABLES]


def _write(
    frames: CampaignFrames, directory: Path, formats: tuple[str, ...], *, overwrite: bool
) -> list[Path]:
    if frames.campaigns.empty:
        return []  # every campaign failed; four empty tables would look like a result
    files: list[Path] = []
    for form in formats:
        if form == "excel":
            files.append(frames.to_excel(directory / _file_names(form)[0], overwrite=overwrite))
        else:
            write = frames.to_parquet if form == "parquet" else frames.to_csv
            files += write(directory, overwrite=overwrite)
    return files


def _summary(frames: CampaignFrames) -> pd.DataFrame:
    """One row a campaign, with how many rows it has in each table."""
    summary = frames.campaigns[["campaign_id", "name", "status"]]
    tables = {"calls": frames.calls, "turns": frames.transcripts, "problems": frames.problems}
    for name, table in tables.items():
        rows = table.groupby("campaign_id", dropna=False).size().rename(name)
        summary = summary.merge(rows, how="left", left_on="campaign_id", right_index=True)
        summary[name] = summary[name].fillna(0).astype("int64")
    return summary


def _totals(frames: CampaignFrames) -> dict[str, int]:
    return {"calls": len(frames.calls), "turns": len(frames.transcripts), "problems": len(frames.problems)}


def _show_summary(frames: CampaignFrames, files: list[Path], directory: Path) -> None:
    if not files:
        return
    show_table(_summary(frames))
    totals = [counted(count, noun.removesuffix("s")) for noun, count in _totals(frames).items()]
    show("\n" + ", ".join([counted(len(frames.campaigns), "campaign"), *totals]))
    show_files(directory, files)


def _show_json_summary(frames: CampaignFrames, files: list[Path]) -> None:
    show_json(
        {
            "campaigns": records(_summary(frames)),
            **_totals(frames),
            "files": [str(file) for file in files],
            "failures": records(frames.failures),
        }
    )
