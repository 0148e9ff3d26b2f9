"""Measure how long caldframe takes to start: ``python -m benchmarks.startup``, or ``make startup``.

Each line starts a fresh Python, and so does what it is held against; the two take turns. All of them find
their modules compiled, as those that are installed are.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Final

from benchmarks.report import circumstances, markdown_table, shown_time, write_between_markers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ROUNDS: Final = 21


@dataclass(frozen=True)
class Start:
    """What starts, what it is held against, and how many times as long it may take, None for any."""

    name: str
    ours: Sequence[str]
    against: str
    theirs: Sequence[str]
    limit: float | None


@dataclass(frozen=True)
class Measured:
    """The seconds that both took, run by run."""

    start: Start
    ours: list[float]
    theirs: list[float]

    @property
    def ratio(self) -> float:
        """How many times as long ours takes, by the medians."""
        return median(self.ours) / median(self.theirs)


STARTS: Final = (
    Start(
        "`import caldframe`",
        ("-c", "import caldframe"),
        "`import pandas, pyarrow, requests`",
        ("-c", "import pandas, pyarrow, requests"),
        1.15,
    ),
    Start(
        "the same, until a campaign can be fetched",
        ("-c", "from caldframe import fetch_campaign"),
        "`import pandas, pyarrow, requests`",
        ("-c", "import pandas, pyarrow, requests"),
        1.15,
    ),
    Start(
        "`caldframe --help`",
        ("-m", "caldframe", "--help"),
        "`import typer`",
        ("-c", "import typer"),
        1.5,
    ),
    Start(
        "the same, beside the library it is made with",
        ("-m", "caldframe", "--help"),
        "`import click`",
        ("-c", "import click"),
        None,
    ),
)


def measure(starts: Sequence[Start], rounds: int) -> list[Measured]:
    """Start everything in turn, once without looking at the clock, then round after round.

    Parameters
    ----------
    starts : sequence of Start
        What to start.
    rounds : int
        How often, at least once.

    Returns
    -------
    list of Measured
        One a start, in order.
    """
    found = [Measured(start, [], []) for start in starts]
    with TemporaryDirectory() as compiled:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = compiled  # the first time compiles what is imported, into there
        for number in range(rounds + 1):
            for measured in found:
                ours = _seconds(measured.start.ours, environment)
                theirs = _seconds(measured.start.theirs, environment)
                if number > 0:
                    measured.ours.append(ours)
                    measured.theirs.append(theirs)
    return found


def render(found: Sequence[Measured]) -> str:
    """Give the table of the documentation, as Markdown."""
    rows = [
        [
            measured.start.name,
            shown_time(median(measured.ours)),
            measured.start.against,
            shown_time(median(measured.theirs)),
            f"{measured.ratio:.2f}×",
            *_judged(measured),
        ]
        for measured in found
    ]
    names = ["start of", "median", "held against", "median", "ratio", "wanted", "met"]
    runs = f"Medians of {len(found[0].ours)} runs each, a fresh Python for every one."
    return f"{circumstances()} {runs}\n\n{markdown_table(names, rows)}\n"


def _judged(measured: Measured) -> tuple[str, str]:
    limit = measured.start.limit
    if limit is None:
        return "", ""
    return f"at most {limit:g}×", "yes" if measured.ratio <= limit else "**no**"


def _seconds(arguments: Sequence[str], environment: Mapping[str, str]) -> float:
    began = perf_counter()
    subprocess.run(  # noqa: S603 - this interpreter, and the lines above
        [sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=environment
    )
    return perf_counter() - began


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print or write the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.startup", description="Measure how long a start takes."
    )
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help="how often each is started")
    parser.add_argument("--write", type=Path, help="the page to put the table in, between its markers")
    options = parser.parse_args(arguments)
    text = render(measure(STARTS, options.rounds))
    if options.write:
        write_between_markers(options.write, text)
    else:
        print(text)


if __name__ == "__main__":
    main()
