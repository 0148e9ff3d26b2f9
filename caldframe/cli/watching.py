"""`caldframe watch`: a campaign, looked at again and again until it is over."""

# ruff: noqa: PLC0415 - heavy rooms are imported when the command runs, not for --help
from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import click

from caldframe.cli.options import ID, base_url_option, examples
from caldframe.cli.output import is_screen, say, show, terminal_width, wants_color
from caldframe.cli.program import debug_option
from caldframe.cli.wording import for_command_line
from caldframe.display import LiveText, counted, escape_text, table_text
from caldframe.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    import pandas as pd

    from caldframe.frames import CampaignFrames

_OVER: Final = ("finished", "cancelled")
_LEAST_INTERVAL: Final = 5.0
_RECENT: Final = "7D"


@click.command(
    epilog=examples(
        "caldframe watch 66f0c0ffee0000000000000a",
        "caldframe watch 66f0c0ffee0000000000000a --tz America/New_York",
        "caldframe watch 66f0c0ffee0000000000000a --interval 300 >> campaign.log",
    ),
)
@click.argument("campaign_id", metavar="ID", type=ID)
@click.option(
    "--interval",
    type=click.FloatRange(min=_LEAST_INTERVAL),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help=f"How long to wait between two looks, at least {_LEAST_INTERVAL:g}.",
)
@click.option(
    "--tz",
    metavar="ZONE",
    default="UTC",
    show_default=True,
    help="The time zone of times, as America/New_York.",
)
@base_url_option
@debug_option
def watch(*, campaign_id: str, interval: float, tz: str, base_url: str | None) -> None:
    """Follow a campaign while it runs.

    It is fetched again and again, to say how its calls ended, how many are completed in an hour, and when the
    open ones will be at that pace, with the range to expect. Calls that the campaign has yet to place are not
    known, and not counted. On a terminal the picture is redrawn in place; elsewhere each look is a line.

    It stops when the campaign is finished or cancelled, and with Ctrl-C. What may pass, such as a lost
    connection, is said and tried again.
    """
    from caldframe.client import Client
    from caldframe.engine import check_zone
    from caldframe.fetch import fetch_campaign

    zone = check_zone(tz)
    with Client(base_url=base_url) as client:
        looks = _looks(lambda: fetch_campaign(campaign_id, client=client), interval)
        if is_screen():
            _redraw(looks, zone, interval)
        else:
            _write_lines(looks, zone, interval)


def _looks(fetch: Callable[[], CampaignFrames], interval: float) -> Iterator[CampaignFrames | FetchError]:
    """Give what each look at a campaign shows, or why it shows nothing, until the campaign is over."""
    while True:
        try:
            frames = fetch()
        except FetchError as error:
            if not error.retryable:
                raise
            yield error
        else:
            yield frames
            if frames.campaigns["status"].isin(_OVER).any():
                return
        time.sleep(interval)


def _redraw(looks: Iterator[CampaignFrames | FetchError], zone: str, interval: float) -> None:
    picture: list[str] = []
    with LiveText(sys.stdout) as live:
        for look in looks:
            if isinstance(look, FetchError):
                live.show("\n".join([*picture, "", _trouble(look, zone, interval)]))
            else:
                picture = _picture(look, zone)
                live.show("\n".join(picture))


def _write_lines(looks: Iterator[CampaignFrames | FetchError], zone: str, interval: float) -> None:
    for look in looks:
        if isinstance(look, FetchError):
            say(_trouble(look, zone, interval))
        else:
            show(_line(look, zone))


def _picture(frames: CampaignFrames, zone: str) -> list[str]:
    """Give all that is known now, as lines that fit the terminal."""
    from caldframe.metrics.outcomes import outcome_rates

    rates = outcome_rates(frames.calls)
    name, identity = (_text(frames, column) for column in ("name", "campaign_id"))
    return [
        escape_text(f"{name} ({identity})"),
        _heading(frames, zone),
        "",
        *table_text(rates, width=terminal_width(), color=wants_color()).split("\n"),
        "",
        *_getting_on(frames.calls, zone),
    ]


def _line(frames: CampaignFrames, zone: str) -> str:
    """Give the most important of it in one line."""
    from caldframe.metrics.outcomes import outcome_rates

    (rate,) = outcome_rates(frames.calls).query("result == 'pickedUp'").to_dict("records")
    interval = f"[{100 * rate['low']:.1f} to {100 * rate['high']:.1f}]"
    picked_up = [f"{rate['rate']:.1%} {interval} picked up"] if rate["total"] else []
    return "; ".join([_heading(frames, zone), *_getting_on(frames.calls, zone), *picked_up])


def _heading(frames: CampaignFrames, zone: str) -> str:
    fetched_at = frames.campaigns["fetched_at"].iloc[0]
    return escape_text(f"{_moment(fetched_at, zone)}: {_text(frames, 'status')}")


def _text(frames: CampaignFrames, column: str) -> str:
    return str(frames.campaigns[column].fillna("not known").iloc[0])


def _getting_on(calls: pd.DataFrame, zone: str) -> list[str]:
    """Say how many calls are completed, how fast, and when the others are expected to be."""
    import pandas as pd

    from caldframe.engine import as_booleans
    from caldframe.metrics.timing import progress

    completed = int(as_booleans(calls["completed"]).sum())
    said = [f"{completed:,} of {counted(len(calls), 'call')} completed"]
    for now in progress(calls, tz=zone, recent=_RECENT).tail(1).to_dict("records"):
        if now["pace"] > 0:
            said.append(f"{now['pace']:,.1f} an hour in the last 7 days, nights included")
        if pd.notna(now["expected_end"]):
            said.append(f"{counted(now['remaining'], 'open call')} expected by {_expected(now)} {zone}")
    return said


def _expected(now: dict[Hashable, Any]) -> str:
    end, low, high = (f"{now[name]:%Y-%m-%d %H:%M}" for name in ("expected_end", "low", "high"))
    return end if "NaT" in (low, high) else f"{end} ({low} to {high})"


def _trouble(error: FetchError, zone: str, interval: float) -> str:
    now = _moment(datetime.now(UTC), zone)
    return escape_text(f"{now}: {for_command_line(error.message)} Trying again in {interval:g} s.")


def _moment(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S} {zone}"
