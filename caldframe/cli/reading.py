"""`caldframe conversation`: one call to read."""

# ruff: noqa: PLC0415 - heavy rooms are imported when the command runs, not for --help
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from caldframe.cli.options import SOURCES, base_url_option, examples, json_option, sources_argument
from caldframe.cli.output import records, show, show_json, terminal_width, wants_color
from caldframe.cli.program import debug_option

if TYPE_CHECKING:
    from caldframe.frames import Conversation


@click.command(
    epilog=SOURCES
    + examples(
        "caldframe conversation calls/ 4ca47ec5c06e89b9fb18924e",
        "caldframe conversation calls/ CALL_ID --tz America/New_York | less",
        "caldframe conversation response.json.gz CALL_ID --json",
    ),
)
@sources_argument
@click.argument("call_id", metavar="CALL_ID")
@click.option("--campaign", metavar="ID", help="The call's campaign, where several have a call of that id.")
@click.option(
    "--occurrence",
    type=click.IntRange(min=0),
    metavar="NUMBER",
    help="Which one, from 0, where a campaign has several calls of that id.",
)
@click.option(
    "--tz",
    metavar="ZONE",
    default="UTC",
    show_default=True,
    help="The time zone of the call's time, as America/New_York.",
)
@base_url_option
@json_option
@debug_option
def conversation(  # noqa: PLR0913 - one an option
    *,
    sources: tuple[str, ...],
    call_id: str,
    campaign: str | None,
    occurrence: int | None,
    tz: str,
    base_url: str | None,
    as_json: bool,
) -> None:
    r"""Read one call: who said what, turn by turn.

    Above it stand the call's result, length and time, its numbers and its agent. Whatever in a transcript
    would drive the terminal is shown as an escape, such as \x1b.
    """
    from caldframe.cli.sources import read_frames

    frames = read_frames(sources, base_url=base_url)
    found = frames.conversation(call_id, campaign_id=campaign, occurrence=occurrence, tz=tz)
    if as_json:
        show_json(_as_json(found))
    else:
        show(found.as_text(width=terminal_width(), color=wants_color()))


def _as_json(found: Conversation) -> dict[str, Any]:
    call = {
        name: getattr(found, name)
        for name in ("call_id", "campaign_id", "campaign_name", "agent_id", "direction", "from_number")
    }
    return {
        **call,
        "to_number": found.to_number,
        "completed": found.completed,
        "result": found.result,
        "created_at": None if found.created_at is None else found.created_at.isoformat(),
        "call_length": found.call_length,
        "turns": records(found.turns[["turn", "role", "content"]]),
    }
