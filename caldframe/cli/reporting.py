"""`caldframe report`: campaigns in, one HTML page out."""

# ruff: noqa: PLC0415 - heavy rooms are imported when the command runs, not for --help
from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from caldframe.cli.options import SOURCES, base_url_option, confidence_option, examples, sources_argument
from caldframe.cli.output import show
from caldframe.cli.program import debug_option
from caldframe.display import counted, escape_text
from caldframe.errors import OutputExistsError


@click.command(
    epilog=SOURCES
    + examples(
        "caldframe report calls/ --out report.html",
        "caldframe report calls/ --out report.html --title 'Spring' --overwrite",
        "caldframe report response.json.gz --out report.html --tz America/New_York",
    ),
)
@sources_argument
@click.option(
    "--out",
    "path",
    required=True,
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The page to write, such as report.html.",
)
@click.option("--title", metavar="TEXT", help="The title, instead of the campaign's name.")
@click.option(
    "--outcome",
    metavar="RESULT",
    default="pickedUp",
    show_default=True,
    help="The result that counts as success.",
)
@click.option(
    "--tz",
    metavar="ZONE",
    default="prospect",
    show_default=True,
    help="The time zone whose hours are meant, as America/New_York; or prospect, that of each number.",
)
@confidence_option
@click.option(
    "--pseudonymise/--no-pseudonymise",
    default=True,
    show_default=True,
    help='Call the numbers that call "number 1" and so on.',
)
@click.option(
    "--redact/--no-redact",
    default=True,
    show_default=True,
    help="Mask telephone numbers, addresses and the like in what was said.",
)
@click.option("--overwrite", is_flag=True, help="Replace a file that is there already.")
@base_url_option
@debug_option
def report(  # noqa: PLR0913 - one an option
    *,
    sources: tuple[str, ...],
    path: Path,
    title: str | None,
    outcome: str,
    tz: str,
    confidence: float,
    pseudonymise: bool,
    redact: bool,
    overwrite: bool,
    base_url: str | None,
) -> None:
    """Write a report: one HTML page to read, to send and to print.

    It needs no network and no other file. It begins with what the numbers say; several campaigns are compared
    with one another. It has no links to recordings, never the number of a prospect, and three calls to read
    in which personal data is masked.

    It has no --engine: it shows conversations, so it needs all rows in this process. Of an archive that does
    not fit into memory, report the campaigns that matter, or count with the commands that take --engine.
    """
    from caldframe.cli.sources import read_frames
    from caldframe.reports import report as write_report

    if path.exists() and not overwrite:
        raise OutputExistsError(
            f"{path} is there already. Add --overwrite to replace it, or choose another name."
        )
    frames = read_frames(sources, base_url=base_url)
    file = write_report(
        frames,
        path,
        title=title,
        outcome=outcome,
        tz=tz,
        confidence=confidence,
        pseudonymise=pseudonymise,
        redact=redact,
        now=datetime.now(UTC),
        overwrite=overwrite,
    )
    size = file.stat().st_size
    of = f"{counted(len(frames.campaigns), 'campaign')}, {counted(len(frames.calls), 'call')}"
    show(escape_text(f"Written to {file}: {of}, {size / 1000:,.0f} kB"))
