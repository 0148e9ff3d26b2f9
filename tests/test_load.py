"""Much at once: what a sync holds depends on what is under way, and nothing of it stays."""

from __future__ import annotations

import gc
import sys
import threading
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from benchmarks.load import fetch_one, main, sync_many
from benchmarks.serving import Account, serving
from caldframe.archive import Archive
from caldframe.client import Client
from caldframe.fetch import fetch_campaigns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TIMES = 12  # as for decoding
SLACK = 32_000_000
ROW = (
    4_000  # bytes that a campaign of a sync may leave: what it was before, and its row; a response has 30,000
)
GARBAGE = 1_000_000  # what Python may not have collected yet

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says in /proc what a process holds")


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with serving(seed=4, campaigns=240, calls=25) as running:
        yield running


@linux
def test_a_sync_of_many_with_64_workers_leaves_nothing_open(tmp_path: Path) -> None:
    outcome = sync_many(150, 64, tmp_path)
    assert outcome.problems == []
    assert outcome.done == 150
    assert outcome.after.threads <= outcome.before.threads
    assert outcome.after.descriptors <= outcome.before.descriptors
    assert outcome.after.sockets <= outcome.before.sockets


@linux
def test_a_large_campaign_comes_whole_and_takes_a_few_times_its_size(tmp_path: Path) -> None:
    outcome = fetch_one(5_000, tmp_path)
    assert outcome.problems == []
    assert outcome.done == 5_000
    assert outcome.peak - outcome.before.memory <= TIMES * outcome.size + SLACK
    assert outcome.after.threads <= outcome.before.threads
    assert outcome.after.descriptors <= outcome.before.descriptors


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def held_and_peak(account: Account, campaigns: int, folder: Path) -> tuple[int, int]:
    """Sync so many, and say what Python holds then, and held at the most."""
    tracemalloc.clear_traces()
    with Client(account.api_key, account.url, max_workers=2) as client:
        table = Archive(folder).sync(account.campaign_ids[:campaigns], client=client, progress=False)
        assert table["action"].eq("added").all()
    _, peak = tracemalloc.get_traced_memory()
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    return held, peak


@pytest.mark.usefixtures("traced")
def test_what_a_sync_holds_does_not_depend_on_how_many_there_are(account: Account, tmp_path: Path) -> None:
    held_and_peak(account, 20, tmp_path / "warm-up")
    held, peak = held_and_peak(account, 40, tmp_path / "few")
    held_of_more, peak_of_more = held_and_peak(account, 240, tmp_path / "more")
    assert held_of_more - held <= 200 * ROW
    assert peak_of_more - peak <= 200 * ROW + GARBAGE


def test_no_thread_is_left_behind(account: Account, tmp_path: Path) -> None:
    ids = account.campaign_ids[:80]
    with Client(account.api_key, account.url, max_workers=16) as client:
        fetch_campaigns(ids[:1], client=client, progress=False)
        before = set(threading.enumerate())
        fetch_campaigns(ids, client=client, progress=False)
        archive = Archive(tmp_path)
        archive.sync(ids, client=client, progress=False)
        archive.frames()
        archive.rebuild()
        archive.verify()
    assert set(threading.enumerate()) <= before


@linux
def test_the_program_says_what_it_saw(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- load: begin -->\nold\n<!-- load: end -->\nafter\n", encoding="utf-8")
    assert main(["--calls", "300", "--campaigns", "20", "--workers", "8", "--write", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert "| one campaign of 300 calls | all 300 |" in text
    assert "| a sync of 20 campaigns, 8 workers | all 20 |" in text
    assert "old" not in text
    assert capsys.readouterr().out in text
