"""Much at once: ``python -m benchmarks.load``, or ``make load``.

One campaign of 100,000 calls, and one sync of 10,000 campaigns with 64 workers, over HTTP from a sandbox in
another process. Each is done in a process of its own, which is watched from here.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import caldframe as cf
from benchmarks.documents import multiply
from benchmarks.report import circumstances, markdown_table, shown_size, shown_time, write_between_markers
from benchmarks.serving import serving
from benchmarks.vitals import Trend, Vitals, start_all_threads, trend, vitals_of
from caldframe.sandbox import synthetic_campaign
from caldframe.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection

    import pandas as pd

MARK: Final = "load"
_EVERY: Final = 0.1  # seconds between two looks
_LEAST_LOOKS: Final = 40
_WARMING: Final = 64  # campaigns that are synced before, so that pools of threads and connections are known
_BASE_CALLS: Final = 2_000
_CALLS_OF_MANY: Final = 5


@dataclass(frozen=True)
class Outcome:
    """What a job took, and whether it was done.

    Parameters
    ----------
    done : int
        Calls or campaigns.
    problems : list of str
        What is not as it should be.
    size : int
        Bytes of the responses.
    seconds : float
        How long it took.
    before, after : Vitals
        What the process held, with nothing under way; after it, what came of it too.
    peak : int
        The most memory that it held.
    second_half : Trend or None
        How its memory went on in the second half; None if that was over in a moment.
    """

    done: int
    problems: list[str]
    size: int
    seconds: float
    before: Vitals
    after: Vitals
    peak: int
    second_half: Trend | None

    @property
    def holds(self) -> bool:
        """Whether all is there, nothing was left open, and memory did not go on growing."""
        left = (self.after.threads > self.before.threads, self.after.descriptors > self.before.descriptors)
        grew = self.second_half is not None and not self.second_half.holds
        return not (self.problems or any(left) or grew)


class Job(Protocol):
    """Something to do in a process of its own; it can be sent there."""

    def warm_up(self) -> None:
        """Do a little of it."""

    def work(self) -> Any:
        """Do it."""

    def look_at(self, result: Any) -> tuple[int, list[str], int]:
        """Say how much was done, what is wrong with it, and how many bytes were received for it."""


@dataclass(frozen=True)
class FetchOne:
    """Fetch one campaign that is large."""

    url: str
    api_key: str
    campaign_ids: list[str]
    response: Path

    def warm_up(self) -> None:
        """Decode something small."""
        cf.load_campaign(synthetic_campaign(calls=50))

    def work(self) -> cf.CampaignFrames:
        """Fetch it."""
        return cf.fetch_campaign(self.campaign_ids[0], api_key=self.api_key, base_url=self.url)

    def look_at(self, result: cf.CampaignFrames) -> tuple[int, list[str], int]:
        """Hold it against the response as it was saved."""
        saved = cf.load_campaign(self.response)
        wrong = [
            f"the {name} are not those of the response"
            for name in TABLES
            if not _timeless(getattr(result, name)).equals(_timeless(getattr(saved, name)))
        ]
        return len(result.calls), wrong, self.response.stat().st_size


@dataclass(frozen=True)
class SyncMany:
    """Sync many campaigns into a new archive."""

    url: str
    api_key: str
    campaign_ids: list[str]
    folder: Path
    workers: int

    def warm_up(self) -> None:
        """Sync a few of them elsewhere."""
        self._sync(self.campaign_ids[:_WARMING], self.folder / "warm-up")

    def work(self) -> pd.DataFrame:
        """Sync them."""
        return self._sync(self.campaign_ids, self.folder / "archive")

    def look_at(self, result: pd.DataFrame) -> tuple[int, list[str], int]:
        """Count what was added, and look for it in the archive."""
        actions = Counter(result["action"])
        added = actions.pop("added", 0)
        wrong = [f"{count:,} {action}" for action, count in actions.items()]
        kept = cf.Archive(self.folder / "archive").campaigns()
        if (
            sorted(kept["campaign_id"]) != sorted(self.campaign_ids)
            or kept["calls"].sum() != result["calls"].sum()
        ):
            wrong.append("the archive does not hold them")
        return added, wrong, int(result["bytes"].sum())

    def _sync(self, campaign_ids: list[str], folder: Path) -> pd.DataFrame:
        with cf.Client(self.api_key, self.url, max_workers=self.workers) as client:
            return cf.Archive(folder).sync(campaign_ids, client=client, progress=False)


def watched(job: Job) -> Outcome:
    """Do a job in a process of its own, and look at that all the while."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_do, args=(theirs, job), daemon=True)
    process.start()
    theirs.close()
    number, before = ours.recv()
    began = time.monotonic()
    times: list[float] = []
    memory: list[int] = []
    while not ours.poll(_EVERY):
        times.append(time.monotonic() - began)
        memory.append(vitals_of(number).memory)
    seconds, after = ours.recv()
    done, problems, size = ours.recv()
    process.join()
    return Outcome(
        done,
        problems,
        size,
        seconds,
        before,
        after,
        peak=max([*memory, before.memory, after.memory]),
        second_half=trend("memory", times, memory, warm_up=0.5) if len(times) >= _LEAST_LOOKS else None,
    )


def _do(line: Connection, job: Job) -> None:
    start_all_threads()
    job.warm_up()
    line.send((os.getpid(), vitals_of()))
    began = time.monotonic()
    result = job.work()
    line.send((time.monotonic() - began, vitals_of()))
    line.send(job.look_at(result))


def fetch_one(calls: int, folder: Path) -> Outcome:
    """Serve a campaign of so many calls, and fetch it."""
    response = folder / "response.json"
    with response.open("wb") as file:
        file.writelines(multiply(synthetic_campaign(calls=min(calls, _BASE_CALLS)), calls))
    with serving(campaigns=0, serve=[response]) as account:
        with cf.Client(account.api_key, account.url) as client:
            client.campaign(account.campaign_ids[0])  # so that the sandbox has compressed it
        return watched(FetchOne(account.url, account.api_key, account.campaign_ids, response))


def sync_many(campaigns: int, workers: int, folder: Path) -> Outcome:
    """Make up so many campaigns, and sync them."""
    with serving(campaigns=campaigns, calls=_CALLS_OF_MANY) as account:
        return watched(SyncMany(account.url, account.api_key, account.campaign_ids, folder, workers))


def render(outcomes: dict[str, Outcome]) -> str:
    """Give the table of the documentation."""
    rows = []
    for what, outcome in outcomes.items():
        before, after, half = outcome.before, outcome.after, outcome.second_half
        rows.append(
            (
                what,
                "; ".join(outcome.problems) or f"all {outcome.done:,}",
                shown_size(outcome.size),
                shown_time(outcome.seconds),
                f"{shown_size(before.memory)}, {shown_size(outcome.peak)}, {shown_size(after.memory)}",
                "" if half is None else f"{half.grown / 1e6:+.1f} MB, at most {half.allowed / 1e6:.1f} MB",
                f"{before.threads}, {after.threads}",
                f"{before.descriptors}, {after.descriptors}",
                "yes" if outcome.holds else "**no**",
            )
        )
    names = (
        "at once",
        "done",
        "received",
        "time",
        "memory before, at the most, after",
        "grown in the second half",
        "threads before, after",
        "file descriptors before, after",
        "met",
    )
    return f"{circumstances()}\n\n{markdown_table(names, rows)}\n"


def _timeless(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns="fetched_at", errors="ignore")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do it, print the table, and with ``--write`` put it into a page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000, help="in the one campaign")
    parser.add_argument("--campaigns", type=int, default=10_000, help="in the one sync")
    parser.add_argument("--workers", type=int, default=64, help="of the sync")
    parser.add_argument("--write", type=Path, help="the page to put the table into")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="caldframe-load-") as folder:
        outcomes = {
            f"one campaign of {options.calls:,} calls": fetch_one(options.calls, Path(folder)),
            f"a sync of {options.campaigns:,} campaigns, {options.workers} workers": sync_many(
                options.campaigns, options.workers, Path(folder)
            ),
        }
    text = render(outcomes)
    sys.stdout.write(text)
    if options.write is not None:
        write_between_markers(options.write, text, MARK)
    return int(not all(outcome.holds for outcome in outcomes.values()))


if __name__ == "__main__":
    sys.exit(main())
