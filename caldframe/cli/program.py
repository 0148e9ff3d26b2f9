"""The command line's root: whatever goes wrong becomes a line on standard error and an exit code."""

from __future__ import annotations

import traceback
from typing import Any, Final

import click

from caldframe.cli.output import indented, say
from caldframe.cli.wording import for_command_line
from caldframe.errors import CaldError, FetchError

FAILED: Final = 1
INTERRUPTED: Final = 130

_DEBUG: Final = "caldframe.debug"
_ADVICE: Final = "caldframe.advice"


class Program(click.Group):
    """A group of commands, listed in the order given, whose errors are told without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; leave with 1 where it failed and with 130 where Ctrl-C stopped it."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
            raise  # Click knows what to do, and is quiet about a reader that has enough, as `head`
        except KeyboardInterrupt:
            say("\nStopped.")
            ctx.exit(INTERRUPTED)
        except Exception as error:  # noqa: BLE001 - nobody above would tell the user
            if _DEBUG in ctx.meta:
                say("".join(traceback.format_exception(error)).rstrip(), folded=False)
            else:
                told = _told(error, advice=ctx.meta.get(_ADVICE, ""))
                say(for_command_line(told, self.commands.get(ctx.invoked_subcommand or "")))
            ctx.exit(FAILED)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - Click's signature
        """Give the commands in the order in which they are met."""
        return list(self.commands)


def advise(advice: str) -> None:
    """Have it said what else can be tried, should the running command meet an error that was not foreseen."""
    click.get_current_context().meta[_ADVICE] = advice


def _remember_debug(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        context.meta[_DEBUG] = True


debug_option = click.option(
    "--debug",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_remember_debug,
    help="Show the traceback of an error.",
)
"""The option ``--debug``, which may stand before or after a command's name."""


def _told(error: Exception, *, advice: str) -> str:
    if isinstance(error, FetchError):
        return indented(f"Error: {_of_fetch(error)}")
    if isinstance(error, CaldError):
        return indented(f"Error: {error}")
    unforeseen = indented(f"Error: {type(error).__name__}: {error}")
    return f"{unforeseen}\nThis was not foreseen. Run again with --debug to see more.{advice and ' '}{advice}"


def _of_fetch(error: FetchError) -> str:
    """Name the campaign; leave what each attempt met to the traceback, for it is mostly the same."""
    campaign = "" if error.campaign_id is None else f"{error.campaign_id}: "
    attempts = "" if error.attempts <= 1 else f" ({error.attempts} attempts)"
    return f"{campaign}{error.message}{attempts}"
