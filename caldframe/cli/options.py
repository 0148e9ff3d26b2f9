"""Options that several commands share."""

from __future__ import annotations

from typing import Final

import click

SOURCES: Final = """\
A SOURCE is a folder that `caldframe fetch` wrote (its Parquet files, or else its CSV files), an archive that
`caldframe sync` wrote (a folder or a URL), a saved response (.json or .json.gz), or the id of a campaign,
which is then fetched. A file or folder goes before an id of the same name. Several sources are counted
together; a campaign that is in two of them is refused.

"""
"""The end of the help of a command that takes sources, before its examples."""

ID: Final = str.strip
"""The type of an id as an argument: without what a file of ids leaves at its ends, blanks and line breaks."""

sources_argument = click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)

confidence_option = click.option(
    "--confidence",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
    metavar="LEVEL",
    help="The confidence level of the intervals.",
)

base_url_option = click.option(
    "--base-url",
    metavar="URL",
    help="Where the API is, instead of CALD_BASE_URL or the vendor's address.",
)

ENGINES: Final = ("pandas", "pyarrow", "polars", "duckdb", "dask", "spark")
"""What can hold and count the tables; as `caldframe.Archive.scan` has them."""

engine_option = click.option(
    "--engine",
    type=click.Choice(ENGINES),
    metavar="ENGINE",
    help="What counts: pandas, pyarrow, polars, duckdb, dask or spark.  [default: duckdb for an archive, "
    "else pandas]",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON instead of a table.")


def examples(*lines: str) -> str:
    """Give the end of a command's help: commands to try, one a line, not wrapped."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])
