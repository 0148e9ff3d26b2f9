"""Options that several commands share."""

from __future__ import annotations

import click

base_url_option = click.option(
    "--base-url",
    metavar="URL",
    help="Where the API is, instead of CALD_BASE_URL or the vendor's address.",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON instead of a table.")


def examples(*lines: str) -> str:
    """Give the end of a command's help: commands to try, one a line, not wrapped."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])
