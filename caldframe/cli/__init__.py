"""The command line: arguments in, calls to the rooms below, tables and progress out.

One file a command. Each imports what it works with when it runs, so that ``caldframe --help`` does not wait
for pandas.
"""

from __future__ import annotations

import click

from caldframe.cli.checking import quality
from caldframe.cli.comparing import compare
from caldframe.cli.conversing import search, talk, terms
from caldframe.cli.counting import lengths, outcomes
from caldframe.cli.demonstration import demo
from caldframe.cli.fetching import fetch
from caldframe.cli.opting_out import opt_outs
from caldframe.cli.program import Program, debug_option
from caldframe.cli.reaching import reach
from caldframe.cli.reading import conversation
from caldframe.cli.reporting import report
from caldframe.cli.serving import sandbox
from caldframe.cli.syncing import sync
from caldframe.cli.timing import hours
from caldframe.cli.watching import watch

__all__ = ["main"]

_EPILOG = """\
\b
Start here; no account needed:
  caldframe demo

\b
With an account:
  export CALD_API_KEY=caldLive...
  caldframe fetch CAMPAIGN_ID --out calls/
  caldframe outcomes calls/ --by agent_id
  caldframe lengths calls/
  caldframe hours calls/ --tz prospect
  caldframe quality calls/
  caldframe report calls/ --out report.html
  caldframe search calls/ "call me back"
  caldframe opt-outs calls/
  caldframe conversation calls/ CALL_ID
  caldframe watch CAMPAIGN_ID

\b
Environment:
  CALD_API_KEY   the API key; never an option, for command lines are
                 visible to others
  CALD_BASE_URL  another address of the API, the sandbox's for example
  CALDFRAME_PSEUDONYM_KEY
                 the key of --pseudonymise; never an option either
  NO_COLOR       if set to anything, no colours

\b
Completion with the tab key, in the start-up file of your shell:
  bash  eval "$(_CALDFRAME_COMPLETE=bash_source caldframe)"
  zsh   eval "$(_CALDFRAME_COMPLETE=zsh_source caldframe)"
  fish  _CALDFRAME_COMPLETE=fish_source caldframe | source

\b
Results go to standard output, progress and messages to standard error.
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped with Ctrl-C.
"""


@click.group(
    "caldframe",
    cls=Program,
    commands=[
        *(fetch, sync, watch, outcomes, lengths, reach, hours, compare, quality, report, conversation),
        *(talk, terms, search, opt_outs),
        *(sandbox, demo),
    ],
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_EPILOG,
)
@click.version_option(package_name="caldframe", prog_name="caldframe")
@debug_option
def main() -> None:
    """Turn Cald.ai phone campaigns into tables, numbers and files."""
