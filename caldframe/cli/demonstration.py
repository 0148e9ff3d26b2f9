"""`caldframe demo`: the whole way from a server to charts, on this machine alone."""

# ruff: noqa: PLC0415 - heavy rooms are imported when the command runs, not for --help
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from caldframe.cli.counting import show_lengths
from caldframe.cli.options import examples
from caldframe.cli.output import note_problems, say, show, show_files, show_heading, show_table
from caldframe.cli.program import debug_option
from caldframe.errors import MissingExtraError, OutputExistsError

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from caldframe.frames import CampaignFrames

_FIRST_LINE: Final = "Made by `caldframe demo`, which overwrites it."
_ABOUT: Final = f"""\
{_FIRST_LINE}

The campaigns are made up; nobody was called.

campaigns, calls, transcripts, problems   the four tables, as .parquet and as .csv
outcome_rates.png                         how calls ended, with 95% intervals
length_distribution.png                   how long picked-up calls lasted
report.html                               all of it on one page: open it in a browser
tables.xlsx                               the four tables for Excel

The same with an account of your own:

    export CALD_API_KEY=...
    caldframe fetch CAMPAIGN_ID --out calls/ --format parquet,csv
    caldframe outcomes calls/
    caldframe lengths calls/
    caldframe report calls/ --out report.html
"""


@click.command(epilog=examples("caldframe demo", "caldframe demo --out tour/ --seed 7"))
@click.option(
    "--out",
    "directory",
    default="caldframe-demo",
    show_default=True,
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write into.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, other campaigns.")
@debug_option
def demo(*, directory: Path, seed: int) -> None:
    """Show what caldframe does in a minute; no account needed.

    It starts the sandbox, fetches three made-up campaigns from it over HTTP, shows how their calls ended and
    how long they lasted, and writes tables (Parquet, CSV and Excel), charts (PNG) and a report (HTML) into a
    folder. That folder is the demonstration's own: a second run overwrites it, and another folder with files
    in it is refused.
    """
    from caldframe.export import WORKBOOK
    from caldframe.fetch import fetch_campaigns
    from caldframe.metrics.lengths import length_summary
    from caldframe.metrics.outcomes import outcome_rates
    from caldframe.sandbox import Sandbox

    _refuse_others_folder(directory)
    with Sandbox(seed=seed) as server:
        say(f"The sandbox stands in for the API at {server.url}")
        frames = fetch_campaigns(server.campaign_ids, base_url=server.url, api_key=server.api_key)
    note_problems(frames.problems)

    names = frames.campaigns.set_index("campaign_id")["name"]
    calls = frames.calls.assign(campaign=frames.calls["campaign_id"].map(names))
    show_heading("How calls ended: rates of completed calls with 95% intervals")
    show_table(outcome_rates(calls, by="campaign"), groups=["campaign"])
    show("")
    show_heading("How long picked-up calls lasted, in seconds; median with 95% interval")
    show_lengths(length_summary(calls, by="campaign"), ["campaign"])

    files = _write_tables(frames, directory)
    extras: dict[str, Callable[[], list[Path]]] = {
        "charts": lambda: _draw_charts(calls, directory),
        "report": lambda: [_write_report(frames, directory)],
        "workbook": lambda: [frames.to_excel(directory / WORKBOOK, overwrite=True)],
    }
    for what, write in extras.items():
        try:
            files += write()
        except MissingExtraError as error:
            say(f"Note: no {what}. {error}")
    show("")
    show_files(directory, files)


def _refuse_others_folder(directory: Path) -> None:
    """Leave a folder alone that the demonstration did not make: it may hold somebody's data."""
    about = directory / "README.txt"
    made_here = about.is_file() and about.read_text(encoding="utf-8", errors="replace").startswith(
        _FIRST_LINE
    )
    if directory.exists() and any(directory.iterdir()) and not made_here:
        raise OutputExistsError(
            f"{directory} has files in it that the demo did not make. Give another --out."
        )


def _write_tables(frames: CampaignFrames, directory: Path) -> list[Path]:
    directory.mkdir(parents=True, exist_ok=True)
    about = directory / "README.txt"
    about.write_text(_ABOUT, encoding="utf-8")
    tables = frames.to_parquet(directory, overwrite=True) + frames.to_csv(directory, overwrite=True)
    return [about, *tables]


def _write_report(frames: CampaignFrames, directory: Path) -> Path:
    from caldframe.reports import report

    return report(frames, directory / "report.html", overwrite=True)


def _draw_charts(calls: pd.DataFrame, directory: Path) -> list[Path]:
    from caldframe.metrics.lengths import length_distribution
    from caldframe.metrics.outcomes import outcome_rates
    from caldframe.plots import length_distribution as draw_lengths
    from caldframe.plots import outcome_rates as draw_rates

    charts = {
        "outcome_rates.png": draw_rates(outcome_rates(calls, by="campaign")),
        "length_distribution.png": draw_lengths(length_distribution(calls)),
    }
    for name, axes in charts.items():
        figure: Any = axes.figure
        figure.savefig(directory / name, dpi=150, bbox_inches="tight")
    return [directory / name for name in charts]
