"""A sync that is killed again and again, and what must hold whenever it has been.

The tests kill a few times; ``make kill`` kills 300 times.
"""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
from archives import KEY, calls_of, files_in, sync, version, version_in

from caldframe.archive import Archive
from caldframe.archive.names import RawName
from caldframe.client import Client, Response
from caldframe.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerContext

CAMPAIGNS = tuple(f"c{number}" for number in range(6))


class FolderAccount(Client):
    """A client whose answers are the files of a folder, so that other processes have the same."""

    def __init__(self, folder: Path) -> None:
        super().__init__(KEY, "http://127.0.0.1:9")
        self._folder = folder

    def campaign(self, campaign_id: str) -> Response:
        return Response((self._folder / campaign_id).read_bytes(), datetime.now(UTC), 200, attempts=1)


def processes() -> ForkServerContext:
    """Give processes that begin at once, with everything imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["killing", "caldframe.archive.archive"])
    return context


def sync_folder(folder: Path, account: Path, ids: Sequence[str], history: str, times: int = 1) -> None:
    """Bring an archive up to date, some times in a row; what child processes do."""
    for _ in range(times):
        Archive(folder).sync(
            ids,
            client=FolderAccount(account),
            history=history,  # type: ignore[arg-type] # it went through a process
            refresh=True,
            progress=False,
        )


def say_so_and_sync(begun: Connection, folder: Path, account: Path, ids: Sequence[str], history: str) -> None:
    """As `sync_folder`, and say when it begins."""
    begun.send(True)
    sync_folder(folder, account, ids, history)


class World:
    """An account that moves on, an archive of it, and what has been seen of the archive so far."""

    def __init__(self, folder: Path, seed: int, *, history: str = "latest") -> None:
        self.archive = folder / "archive"
        self.account = folder / "account"
        self.account.mkdir()
        self.history = history
        self.chance = random.Random(seed)
        self.versions = dict.fromkeys(CAMPAIGNS, 0)
        self.seen: dict[str, int] = {}
        self.killed = 0
        self.longest = 1.0
        self.move_on(1.0)

    def move_on(self, share: float) -> None:
        """Let some campaigns go on to their next version."""
        for one in CAMPAIGNS:
            if self.chance.random() < share:
                self.versions[one] += 1
                (self.account / f"{one}.new").write_bytes(version(one, self.versions[one]))
                (self.account / f"{one}.new").replace(self.account / one)

    def kill_one_sync(self) -> None:
        """Start a sync in a process of its own and kill it at a random moment of its work."""
        ours, theirs = processes().Pipe(duplex=False)
        process = processes().Process(
            target=say_so_and_sync, args=(theirs, self.archive, self.account, CAMPAIGNS, self.history)
        )
        process.start()
        ours.recv()
        began = time.monotonic()
        process.join(self.chance.uniform(0, self.longest))
        if process.is_alive():
            process.kill()
            process.join()
            self.longest *= 1.1
        else:
            self.longest = time.monotonic() - began
        self.killed += process.exitcode == -signal.SIGKILL

    def check(self) -> None:
        """Check what must hold at every moment."""
        if not (self.archive / "raw").exists():
            return
        for path in self.archive.rglob("*.parquet"):
            assert pq.read_table(path).num_rows >= 0, path
        archive = Archive(self.archive)
        listed = set(archive.campaigns()["campaign_id"])
        assert listed >= self.seen.keys(), "a committed campaign is lost"
        calls = archive.scan("calls").groupby("campaign_id")["call_length"].agg(["size", "max"])
        sizes = calls["max"].map(lambda number: calls_of(int(number)))
        assert (calls["size"] == sizes).all(), "a table has two states of a campaign, or half of one"
        for one in sorted(listed):
            found = version_in(archive.frames([one]))
            assert self.seen.get(one, 0) <= found <= self.versions[one]
            self.seen[one] = found

    def assert_as_if_undisturbed(self, folder: Path) -> None:
        """Check that the archive is the one that a single sync of the account as it is now makes."""
        undisturbed = Archive(folder)
        sync(undisturbed, FolderAccount(self.account), *CAMPAIGNS)  # type: ignore[arg-type] # a client too
        found = Archive(self.archive)
        assert found.verify().empty
        assert _without_times(self.archive) == _without_times(folder)
        for one in CAMPAIGNS:
            left, right = found.frames([one]), undisturbed.frames([one])
            for name in TABLES:
                rows, expected = getattr(left, name), getattr(right, name)
                if name == "campaigns":
                    rows, expected = rows.drop(columns="fetched_at"), expected.drop(columns="fetched_at")
                assert rows.equals(expected)


def _without_times(folder: Path) -> list[str]:
    names = []
    for name in files_in(folder):
        raw = RawName.parse(Path(name).name)
        names.append(name if raw is None else f"{Path(name).parent}/{raw.digest}")
    return sorted(name for name in names if not name.startswith(".incoming"))
