"""Work for an hour against an API that misbehaves: ``python -m benchmarks.soak``, or ``make soak``.

Campaigns are fetched, synced into an archive, measured, exported, reported and watched in turn, at a bounded
rate, while one request in six goes wrong. Between stretches, with nothing under way, it is written down what
the process holds. It ends with exit code 1 if that has grown, or if the archive is not what the API has.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from click.testing import CliRunner

import caldframe as cf
from benchmarks.report import circumstances, markdown_table, shown_size, write_between_markers
from benchmarks.serving import Account, Asked, Clock, serving
from benchmarks.vitals import VITALS, WARM_UP, Trend, Vitals, start_all_threads, trend, vitals_of
from caldframe.cli import main as caldframe
from caldframe.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FAULTS: Final = (
    "reset=0.02,reset-in-body=0.02,hang-up=0.02,close-after=0.02,delay=0.01,delay-in-body=0.01,"
    "length-too-long=0.01,chunks-cut=0.01,gzip-broken=0.01,gzip-cut=0.01,html=0.002,refused=0.002,"
    "status-429=0.01,status-503=0.02,pause=0.1"
)

_STRETCHES: Final = 60
_LEAST_READINGS: Final = 8
_AT_A_TIME: Final = 4
_ALL_ANEW_EVERY: Final = 10  # rounds
_REPORT_EVERY: Final = 20
_ATTEMPTS: Final = 20


class World(NamedTuple):
    """What the API has.

    Parameters
    ----------
    campaigns : int
        How many campaigns; one in six moves.
    calls : int
        How many calls each has when it is over; with 400, one that moves does so for an hour.
    """

    campaigns: int = 24
    calls: int = 400
    seed: int = 39


@dataclass(frozen=True)
class Soaked:
    """What came of it."""

    seconds: float
    world: World
    tally: Counter[str]
    asked: Asked
    trends: list[Trend]
    differences: list[str]

    @property
    def holds(self) -> bool:
        """Whether nothing has grown, and nothing is lost."""
        return not self.differences and all(one.holds for one in self.trends)


_WORLD: Final = World()


class Soak:
    """What is done again and again, and how much of it has been done.

    Parameters
    ----------
    account : Account
        The API that misbehaves.
    folder : pathlib.Path
        Where the archive and all other files go.
    """

    def __init__(self, account: Account, folder: Path) -> None:
        self.tally: Counter[str] = Counter()
        self.archive = cf.Archive(folder / "archive")
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self._account = account
        self._ids = itertools.cycle(account.campaign_ids)
        self._rounds = itertools.count()

    def round(self, client: cf.Client) -> None:
        """Do each thing once; the expensive ones not every time."""
        number = next(self._rounds)
        ids = list(itertools.islice(self._ids, _AT_A_TIME))
        frames = cf.fetch_campaigns(ids, client=client, on_error="collect", progress=False)
        self._count("fetched", len(frames.campaigns), len(frames.failures))
        self._sync(self.archive, self._account.campaign_ids, client, refresh=number % _ALL_ANEW_EVERY == 0)
        with tempfile.TemporaryDirectory(dir=self.temporary) as name:
            folder = Path(name)
            passing = cf.Archive(folder / "archive")
            self._sync(passing, ids, client, refresh=False)
            _measure(frames)
            _export(frames, folder)
            self._check(passing.verify().empty, "a new archive is not as it was written")
            if number % _REPORT_EVERY == 0:
                cf.report(frames, folder / "report.html")
                self.tally["reports"] += 1
                self._watch()

    def _sync(self, archive: cf.Archive, ids: Sequence[str], client: cf.Client, *, refresh: bool) -> None:
        table = archive.sync(ids, client=client, refresh=refresh, progress=False)
        failed = int(table["action"].eq("failed").sum())
        self._count("synced", int(table["action"].ne("skipped").sum()) - failed, failed)
        self.tally["changes"] += int(table["action"].eq("updated").sum())

    def _watch(self) -> None:
        """Watch a campaign that is over, for one look."""
        arguments = ["watch", self._account.campaign_ids[0], "--base-url", self._account.url]
        done = CliRunner().invoke(caldframe, arguments, env={"CALD_API_KEY": self._account.api_key})
        self._count("watched", int(done.exit_code == 0), int(done.exit_code != 0))

    def _count(self, what: str, done: int, failed: int) -> None:
        self.tally[what] += done
        self.tally["campaigns"] += done + failed
        self.tally["failures"] += failed

    def _check(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise SystemExit(f"After {self.tally['campaigns']:,} campaigns: {otherwise}.")


class Retries(logging.Handler):
    """Counts the attempts that the client says it makes again."""

    def __init__(self, tally: Counter[str]) -> None:
        super().__init__(logging.DEBUG)
        self._tally = tally
        self._log = logging.getLogger("caldframe")
        self._usual = self._log.level

    def emit(self, record: logging.LogRecord) -> None:
        """Count one."""
        self._tally["retries"] += "again in" in record.msg

    def __enter__(self) -> None:
        self._log.addHandler(self)
        self._log.setLevel(logging.DEBUG)

    def __exit__(self, *_: object) -> None:
        self._log.setLevel(self._usual)
        self._log.removeHandler(self)


def soak(seconds: float, rate: float, folder: Path, world: World = _WORLD) -> Soaked:
    """Work so long.

    Parameters
    ----------
    seconds : float
        How long, at least.
    rate : float
        How many campaigns a second, at most.
    folder : pathlib.Path
        An empty folder.
    world : World, optional
        What the API has.

    Returns
    -------
    Soaked
        What came of it.
    """
    with serving(**world._asdict(), faults=FAULTS) as account:
        work = Soak(account, folder)
        with Retries(work.tally), _temporary_files_in(work.temporary):
            times, readings = _work(work, account, seconds, rate)
        account.end_all_campaigns()
        differences = _sync_to_the_end(work.archive, account) or _compare(work.archive, world)
        return Soaked(times[-1], world, work.tally, account.asked(), _trends(times, readings), differences)


def _work(work: Soak, account: Account, seconds: float, rate: float) -> tuple[list[float], list[Vitals]]:
    times: list[float] = []
    readings: list[Vitals] = []
    start_all_threads()
    began = time.monotonic()
    while time.monotonic() - began < seconds or len(readings) < _LEAST_READINGS:
        stretch_ends = time.monotonic() + seconds / _STRETCHES
        with _patient_client(account) as client:
            work.round(client)
            while time.monotonic() < stretch_ends:
                work.round(client)
                time.sleep(max(0.0, began + work.tally["campaigns"] / rate - time.monotonic()))
        times.append(time.monotonic() - began)
        readings.append(vitals_of("self", work.temporary))
    return times, readings


@contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    usual, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = usual


def _patient_client(account: Account) -> cf.Client:
    return cf.Client(account.api_key, account.url, timeout=(5.0, 10.0))


def _sync_to_the_end(archive: cf.Archive, account: Account) -> list[str]:
    """Sync until no campaign fails any more."""
    failed: list[str] = account.campaign_ids
    with _patient_client(account) as client:
        for _ in range(_ATTEMPTS):
            table = archive.sync(failed, client=client, refresh=True, progress=False)
            failed = table["campaign_id"][table["action"] == "failed"].tolist()
            if not failed:
                return []
    return [f"{len(failed)} campaigns cannot be synced"]


def _compare(archive: cf.Archive, world: World) -> list[str]:
    """Hold the archive against the same campaigns from a sandbox without faults."""
    clock = Clock()
    with (
        cf.Sandbox(world.seed, world.campaigns, world.calls, now=clock) as sandbox,
        cf.Client(sandbox.api_key, sandbox.url) as client,
    ):
        clock.leap()
        ids = sandbox.campaign_ids
        expected = cf.fetch_campaigns(ids, client=client, progress=False)
    kept = archive.frames(ids)
    found = []
    for name in TABLES:
        theirs, ours = getattr(expected, name), getattr(kept, name)
        if not ours.drop(columns="fetched_at", errors="ignore").equals(
            theirs.drop(columns="fetched_at", errors="ignore")
        ):
            found.append(f"the archive's {name} are not the API's")
    if not archive.verify().empty:
        found.append("`verify` finds something")
    if archive.campaigns()["responses"].ne(1).any():
        found.append("earlier responses have been left")
    return found


def _measure(frames: cf.CampaignFrames) -> None:
    cf.outcome_rates(frames.calls, by="agent_id")
    cf.length_summary(frames.calls)
    cf.funnel(frames.calls, frames.transcripts)
    cf.reach_curve(frames.calls)
    cf.pickup_by_hour(frames.calls)
    cf.talk_summary(frames.transcripts, frames.calls)
    cf.quality(frames)


def _export(frames: cf.CampaignFrames, folder: Path) -> None:
    frames.to_parquet(folder / "parquet")
    frames.to_csv(folder / "csv")
    cf.read_parquet(folder / "parquet")
    cf.read_csv(folder / "csv")


def render(soaked: Soaked, rate: float) -> str:
    """Give the table of the documentation."""
    tally, asked = soaked.tally, soaked.asked
    minutes = soaked.seconds / 60
    said = (
        f"{minutes:,.0f} minutes, {tally['campaigns']:,} campaigns of up to {soaked.world.calls} calls, "
        f"{tally['campaigns'] / soaked.seconds:.1f} a second (at most {rate:g}): {tally['fetched']:,} "
        f"fetched, {tally['synced']:,} synced, {tally['changes']:,} of which had changed; "
        f"{tally['reports']:,} reports. {asked.requests:,} requests, {asked.faults:,} of which met a fault; "
        f"{tally['retries']:,} were made again, and {tally['failures']:,} campaigns failed and were left to "
        f"the next round."
    )
    end = (
        "At the end the archive was, value for value, what the sandbox had."
        if not soaked.differences
        else f"**At the end {'; '.join(soaked.differences)}.**"
    )
    rows = [_row(one) for one in soaked.trends]
    names = (
        "held by the process",
        "after the warm-up",
        "median",
        "at the end",
        "slope an hour",
        "last quarter against first",
        "at most",
        "met",
    )
    warm_up = f"The first {WARM_UP:.0%} of the time is the warm-up."
    return f"{circumstances()} {warm_up}\n\n{said} {end}\n\n{markdown_table(names, rows)}\n"


def _trends(times: Sequence[float], readings: Sequence[Vitals]) -> list[Trend]:
    return [trend(name, times, [getattr(one, name) for one in readings]) for name in VITALS]


def _row(one: Trend) -> tuple[str, ...]:
    shown = _signed_size if one.name == "memory" else "{:+,.1f}".format
    level = shown_size if one.name == "memory" else "{:,.0f}".format
    return (
        _NAMES[one.name],
        *(level(int(value)) for value in (one.start, one.middle, one.end)),
        shown(one.an_hour),
        shown(one.grown),
        shown(one.allowed),
        "yes" if one.holds else "**no**",
    )


_NAMES: Final = {
    "memory": "memory",
    "threads": "threads",
    "descriptors": "file descriptors",
    "sockets": "sockets",
    "files": "temporary files",
}


def _signed_size(count: float) -> str:
    return f"{count / 1e6:+.1f} MB"


def main(arguments: Sequence[str] | None = None) -> int:
    """Work, print the table, and with ``--write`` put it into a page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600.0, help="how long")
    parser.add_argument("--rate", type=float, default=5.0, help="campaigns a second, at most")
    parser.add_argument("--write", type=Path, help="the page to put the table into")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="caldframe-soak-") as folder:
        soaked = soak(options.seconds, options.rate, Path(folder))
    text = render(soaked, options.rate)
    sys.stdout.write(text)
    if options.write is not None:
        write_between_markers(options.write, text)
    return int(not soaked.holds)


if __name__ == "__main__":
    sys.exit(main())
