"""`caldframe sandbox`: a local stand-in for the API, until Ctrl-C."""

# ruff: noqa: PLC0415 - heavy rooms are imported when the command runs, not for --help
from __future__ import annotations

import shlex
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from caldframe.cli.options import examples
from caldframe.cli.output import say, show
from caldframe.cli.program import debug_option
from caldframe.display import escape_text

if TYPE_CHECKING:
    from caldframe.sandbox import Sandbox

_CAMPAIGNS: Final = 3


class _WithFaults(click.Command):
    """A command whose help lists what the sandbox can do wrong."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the lists above the examples."""
        from caldframe.sandbox.faults import FAULTS, SETTINGS

        with formatter.section("Faults, for --faults NAME[=PROBABILITY],..."):
            formatter.write_dl(list(FAULTS.items()))
        with formatter.section("Settings of the faults, among them as NAME=VALUE"):
            formatter.write_dl(list(SETTINGS.items()))
        super().format_epilog(ctx, formatter)


@click.command(
    cls=_WithFaults,
    epilog=examples(
        "caldframe sandbox",
        "caldframe sandbox --port 8080 --seed 7 --campaigns 5 --calls 2000",
        "caldframe sandbox --serve response.json.gz",
        "caldframe sandbox --faults reset-in-body=0.1,status-503=0.2,retry-after=date",
    ),
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default="a free one",
    metavar="PORT",
    help="The port to listen on.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, other campaigns.")
@click.option(
    "--campaigns",
    type=click.IntRange(min=0),
    metavar="N",
    show_default=f"{_CAMPAIGNS}, or 0 with --serve",
    help="How many campaigns to make up.",
)
@click.option(
    "--calls",
    type=click.IntRange(min=0),
    default=400,
    show_default=True,
    metavar="N",
    help="How many calls each has.",
)
@click.option(
    "--serve",
    "files",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Serve a saved response (.json, .json.gz) too; may be repeated.",
)
@click.option("--faults", default="", metavar="LIST", help="Misbehave like this; the names are below.")
@debug_option
def sandbox(  # noqa: PLR0913 - one an option
    *, port: int, seed: int, campaigns: int | None, calls: int, files: tuple[Path, ...], faults: str
) -> None:
    """Run a local stand-in for the API; no account needed.

    It listens on this machine only and speaks as the vendor's API does. Its campaigns are made up, the same
    ones for the same seed. What it prints can be pasted into another terminal, where caldframe then talks to
    the sandbox. Ctrl-C stops it.
    """
    from caldframe.sandbox import Sandbox

    if campaigns is None:
        campaigns = 0 if files else _CAMPAIGNS
    with (
        suppress(KeyboardInterrupt),
        Sandbox(seed=seed, campaigns=campaigns, calls=calls, serve=files, port=port, faults=faults) as server,
    ):
        show(_instructions(server))
        say("Serving until Ctrl-C.")
        server.serve_forever()
    say("\nStopped.")


def _instructions(server: Sandbox) -> str:
    """Give lines that a shell can run as they are: the rest is comment."""
    lines = [
        "# To talk to this sandbox, paste the next two lines into another terminal:",
        f"export CALD_BASE_URL={shlex.quote(server.url)}",
        f"export CALD_API_KEY={shlex.quote(server.api_key)}",
        "",
        "# Its campaigns:",
        *(f"#   {campaign}" for campaign in server.campaign_ids),
    ]
    for campaign in server.campaign_ids[:1]:
        command = f"caldframe fetch {shlex.quote(campaign)} --out calls/ --format parquet,csv"
        lines += ["", "# To try it:", f"#   {command}"]
    return "\n".join(escape_text(line) for line in lines)
