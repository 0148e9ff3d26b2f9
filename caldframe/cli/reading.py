"""`caldframe conversation`: one call to read."""

# ruff: noqa: PLC0415 - heavy rooms are imported when the command runs, not for --help
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from caldframe.cli.options import (
    SOURCES,
    base_url_option,
    engine_option,
    examples,
    json_option,
    sources_argument,
)
from caldframe.cli.output import records, show, show_json, terminal_width, wants_color
from caldframe.cli.program import debug_option
from caldframe.errors import ConfigurationError

if TYPE_CHECKING:
    import pandas as pd

    from caldframe.engine import Frame
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
@engine_option
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
    engine: str | None,
    base_url: str | None,
    as_json: bool,
) -> None:
    r"""Read one call: who said what, turn by turn.

    Above it stand the call's result, length and time, its numbers and its agent. Whatever in a transcript
    would drive the terminal is shown as an escape, such as \x1b.
    """
    from caldframe.cli.sources import open_tables
    from caldframe.engine import brought_here
    from caldframe.frames.conversation import find_conversation

    names = ["campaigns", "calls", "transcripts"]
    campaigns, calls, transcripts = open_tables(sources, names, base_url=base_url, engine=engine)
    named = brought_here(campaigns, ["campaign_id", "name"])
    there = _rows_of(call_id, calls, "calls")
    if there.empty:
        raise ConfigurationError(_unknown(call_id, named, calls))
    _check_which(there, call_id, campaign, occurrence)
    turns = _rows_of(call_id, transcripts, "transcripts")
    found = find_conversation(named, there, turns, call_id, campaign, occurrence, tz)
    if as_json:
        show_json(_as_json(found))
    else:
        show(found.as_text(width=terminal_width(), color=wants_color()))


def _rows_of(call_id: str, table: Frame, name: str) -> pd.DataFrame:
    """Bring the rows of one call here, or of all calls that have its id; no others."""
    from caldframe.engine import brought_here, keep_rows, select_columns
    from caldframe.schema import TABLES

    columns = [column.name for column in TABLES[name]]
    return brought_here(keep_rows(select_columns(table, columns), {"call_id": call_id}), columns)


def _unknown(call_id: str, campaigns: pd.DataFrame, calls: Frame) -> str:
    from caldframe.engine import is_one_of
    from caldframe.frames.conversation import nearest_call

    if is_one_of(campaigns["campaign_id"], call_id).any():
        return f"{call_id!r} is the id of a campaign. Give that of one of its calls."
    near = nearest_call(call_id, calls)
    return f"There is no call {call_id!r}.{near} The column call_id of the calls has all ids."


def _check_which(there: pd.DataFrame, call_id: str, campaign: str | None, occurrence: int | None) -> None:
    """Refuse an id that several calls have, with the options that say which one is meant."""
    homes = there["campaign_id"]
    if campaign is not None:
        homes = homes[homes == campaign]
    elif len(homes.unique()) > 1:
        names = ", ".join(map(str, homes.dropna().unique()))
        raise ConfigurationError(
            f"Several campaigns have a call {call_id!r}: {names}. Say which one is meant with --campaign."
        )
    last = len(homes) - 1
    if last > 0 and occurrence not in range(len(homes)):
        raise ConfigurationError(
            f"The campaign has {len(homes):,} calls with the id {call_id!r}. Say which one is meant with "
            f"--occurrence, from 0 to {last}."
        )


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
