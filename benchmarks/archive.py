"""Measure the archive: ``python -m benchmarks.archive``, or ``make archive``.

Its size beside other ways to keep the same responses; how long a sync takes beside the time that nobody can
do without, that of the network; and what it costs to find out that nothing is to be done.
"""

from __future__ import annotations

import argparse
import gzip
import io
import multiprocessing
import os
import secrets
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.report import circumstances, markdown_table, shown_time, write_between_markers
from caldframe.archive import Archive
from caldframe.archive.names import RawName, digest_of, folder_of, table_path
from caldframe.archive.raw import pack
from caldframe.archive.tables import OPTIONS, options_for
from caldframe.client import Client
from caldframe.decode import decode_campaign
from caldframe.export import write_csv
from caldframe.fetch import fetch_campaigns
from caldframe.sandbox import Sandbox, synthetic_campaign
from caldframe.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from multiprocessing.connection import Connection

LATENCY: Final = 0.05
LEAST_SHARE: Final = 0.8
_MOST_SECONDS: Final = 10.0
_WORKERS: Final = 8
_IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of our own in it
_RUNS: Final = 3
_BYTES_A_FILE: Final = 3000

_RAW_LEVELS: Final = (1, 3, 6, 9, 12, 15)
_SETTINGS: Final[Mapping[str, Mapping[str, Any]]] = {
    "as it is": {},
    "level 1": {"compression_level": 1},
    "level 3": {"compression_level": 3},
    "level 9": {"compression_level": 9},
    "level 12": {"compression_level": 12},
    "Snappy": {"compression": "snappy", "compression_level": None},
    "with dictionaries": {"use_dictionary": True},
    "statistics of every column": {"write_statistics": True},
    "with Arrow's schema": {"store_schema": True},
    "with a page index": {"write_page_index": True},
    "row groups of 1,000": {"row_group_size": 1000},
    "calls sorted by number": {"sort_by": "prospect_number"},
}


@dataclass(frozen=True)
class Sizes:
    """What a response takes, in bytes, by the way in which it is kept."""

    name: str
    by_way: dict[str, int]


@dataclass(frozen=True)
class Pace:
    """How long something took, and how long it would take if only the network took time."""

    what: str
    campaigns: int
    seconds: list[float]
    ideal: float | None

    @property
    def share(self) -> float | None:
        """The ideal's part of the median."""
        return None if self.ideal is None else self.ideal / median(self.seconds)


def sizes_of(name: str, body: bytes) -> Sizes:
    """Keep a response in every way."""
    with tempfile.TemporaryDirectory() as folder:
        files = write_csv(decode_campaign(body), Path(folder))
        csv = b"".join(path.read_bytes() for path in files)
    parquet = len_of_tables(body, {})
    return Sizes(
        name,
        {
            "JSON": len(body),
            "JSON, gzip": len(gzip.compress(body, 6)),
            "CSV": len(csv),
            "CSV, gzip": len(gzip.compress(csv, 6)),
            "raw, in the archive": len(pack(body)),
            "tables, in the archive": parquet,
            "the archive": len(pack(body)) + parquet,
        },
    )


def len_of_tables(body: bytes, changes: Mapping[str, Any]) -> int:
    """Write the tables of a response with other settings, and count the bytes."""
    others = {**OPTIONS, **changes}
    sort_by = others.pop("sort_by", None)
    count = 0
    for name, table in decode_campaign(body).as_dict().items():
        rows = table.sort_by(sort_by) if sort_by is not None and name == "calls" else table
        rows = rows.drop_columns(["campaign_id"])
        sink = io.BytesIO()
        pq.write_table(rows, sink, **(others if changes else options_for(rows)))
        count += len(sink.getvalue())
    return count


def seconds_of(work: Callable[[], object], runs: int = _RUNS) -> list[float]:
    """Time something, some times."""
    times = []
    for _ in range(runs):
        started = perf_counter()
        work()
        times.append(perf_counter() - started)
    return times


@contextmanager
def slow_account(campaigns: int, calls: int) -> Iterator[tuple[str, str, list[str]]]:
    """Serve campaigns from another process, each answer so and so late; give the URL, the key and the ids."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, campaigns, calls), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send(None)
        process.join()


def _serve(line: Connection, campaigns: int, calls: int) -> None:
    # The answers are made before, so that the time they take is not taken for the network's.
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{number}.json" for number in range(campaigns)]
        for number, file in enumerate(files):
            file.write_bytes(synthetic_campaign(seed=number + 1, calls=calls))
        sandbox = Sandbox(campaigns=0, serve=files)
        find = sandbox._library.find  # noqa: SLF001 - the one place that all answers pass

        def late(path: Sequence[str], elapsed: float) -> Any:
            time.sleep(LATENCY)
            return find(path, elapsed)

        setattr(sandbox._library, "find", late)  # noqa: SLF001, B010 - as above
        with sandbox:
            line.send((sandbox.url, sandbox.api_key, sandbox.campaign_ids))
            line.recv()


def paces(campaigns: int, runs: int, folders: Mapping[str, Path]) -> list[Pace]:
    """Time syncs of new campaigns against a slow server, and the same fetch without an archive, in turn."""
    archives: list[Archive] = []
    ideal = LATENCY * campaigns / _WORKERS
    with (
        slow_account(campaigns, calls=10) as (url, key, ids),
        Client(key, url, max_workers=_WORKERS) as client,
    ):

        def sync(folder: Path) -> None:
            # A new folder for each, and nothing deleted in between: some disks take long to make files right
            # after others have been deleted, and the time would be taken for the sync's.
            archives.append(Archive(folder / str(len(archives))))
            table = archives[-1].sync(ids, client=client, progress=False)
            if table["action"].tolist() != ["added"] * campaigns:
                raise SystemExit(f"The sync failed: {table['error'].dropna().unique()}")

        jobs: dict[str, Callable[[], object]] = {
            f"`sync` of new campaigns, {where}": partial(sync, folder) for where, folder in folders.items()
        }
        jobs["`fetch_campaigns` of the same, without an archive"] = partial(
            fetch_campaigns, ids, client=client, progress=False
        )
        fetch_campaigns(ids[:_WORKERS], client=client, progress=False)  # both sides are warm now
        times = {what: [*seconds_of(job, 1)] for what, job in jobs.items()}
        for _ in range(runs - 1):
            for what, job in jobs.items():
                times[what] += seconds_of(job, 1)
    archive = archives[0]
    return [
        *(Pace(what, campaigns, seconds, ideal) for what, seconds in times.items()),
        Pace("`frames` of all of them", campaigns, seconds_of(archive.frames, runs), None),
        Pace("`verify`", campaigns, seconds_of(archive.verify, runs), None),
    ]


def disk_alone(campaigns: int, runs: int, folder: Path) -> Pace:
    """Time what the disk takes for as many files as a sync writes, flushed as often, and nothing else."""

    def write_all() -> None:
        root = folder / secrets.token_hex(4)
        root.mkdir(parents=True)
        with ThreadPoolExecutor(3 * _WORKERS) as threads:
            list(threads.map(partial(_write_plainly, root), range(campaigns)))

    return Pace(
        "as many files, written and flushed by plain Python, on this disk",
        campaigns,
        seconds_of(write_all, runs),
        None,
    )


def _write_plainly(root: Path, number: int) -> None:
    """Write five files, each beside its place, and flush what a sync flushes: these and two folders."""
    for top in ("raw", *TABLES):
        place = root / top / str(number)
        place.mkdir(parents=True)
        beside = root / f"{top}-{number}"
        with beside.open("xb") as file:
            file.write(bytes(_BYTES_A_FILE))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(place / "file")
    if os.name != "nt":
        for flushed in (root / "raw" / str(number), root / "raw"):
            descriptor = os.open(flushed, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)


def idle(campaigns: int, runs: int, folder: Path) -> Pace:
    """Time a sync that finds nothing to do: every campaign is finished."""
    body = synthetic_campaign(seed=1, calls=10)
    packed = pack(body)
    tables = dict.fromkeys(TABLES, b"PAR1")
    ids = [f"{number:024x}" for number in range(campaigns)]
    moment = datetime.now(UTC)
    for campaign_id in ids:
        name = RawName(moment, digest_of(body), "finished", 10, 0)
        where = {f"raw/{folder_of(campaign_id)}/{name}": packed}
        where |= {table_path(table, folder_of(campaign_id)): content for table, content in tables.items()}
        for path, content in where.items():
            (folder / path).parent.mkdir(parents=True)
            (folder / path).write_bytes(content)
    with Client("caldLive", "http://127.0.0.1:9") as client:

        def sync() -> None:
            table = Archive(folder).sync(ids, client=client, progress=False)
            if table["action"].tolist() != ["skipped"] * campaigns:
                raise SystemExit("Something was to be done.")

        return Pace("`sync` where nothing is to be done", campaigns, seconds_of(sync, runs), None)


def render(sizes: Sequence[Sizes], body: bytes, measured: Sequence[Pace], load: float) -> str:
    """Give the tables of the documentation."""
    others = f"{circumstances()} Other work on the machine when it began: a load of {load:.1f}."
    parts = [others, _goals(measured), _sizes(sizes), _paces(measured), _settings(body)]
    return "\n\n".join(parts) + "\n"


def _goals(measured: Sequence[Pace]) -> str:
    rows = []
    for pace in measured:
        if pace.what.startswith("`sync` of new"):
            share = pace.share or 0.0
            where = pace.what.partition(", ")[2]
            what = f"sync of {pace.campaigns:,} new campaigns, {where}: the network's part of the time"
            rows.append((what, f"at least {LEAST_SHARE:.0%}", f"{share:.0%}", _met(share >= LEAST_SHARE)))
        elif "nothing" in pace.what:
            seconds = median(pace.seconds)
            what = f"sync of {pace.campaigns:,} finished campaigns"
            wanted = f"at most {_MOST_SECONDS:g} s"
            rows.append((what, wanted, shown_time(seconds), _met(seconds <= _MOST_SECONDS)))
    return markdown_table(("goal", "wanted", "measured", "met"), rows)


def _met(met: bool) -> str:
    return "yes" if met else "**no**"


def _sizes(sizes: Sequence[Sizes]) -> str:
    names = list(sizes[0].by_way)
    rows = []
    for one in sizes:
        whole = one.by_way["JSON"]
        shares = [f"{one.by_way[name] / whole:.1%}" for name in names[1:]]
        rows.append((one.name, f"{whole:,}", *shares))
    title = "### Bytes, as a part of the JSON"
    return f"{title}\n\n{markdown_table(('response', 'JSON, bytes', *names[1:]), rows)}"


def _paces(measured: Sequence[Pace]) -> str:
    rows = [
        (
            pace.what,
            f"{pace.campaigns:,}",
            shown_time(median(pace.seconds)),
            f"{1000 * median(pace.seconds) / pace.campaigns:.2f} ms",
            "" if pace.ideal is None else shown_time(pace.ideal),
            "" if pace.share is None else f"{pace.share:.0%}",
        )
        for pace in measured
    ]
    names = ("what", "campaigns", "median", "per campaign", "the network alone", "its part")
    said = f"Campaigns of 10 calls, {_WORKERS} at a time, each answer {1000 * LATENCY:g} ms late."
    return f"### Time\n\n{said}\n\n{markdown_table(names, rows)}"


def _settings(body: bytes) -> str:
    usual = len_of_tables(body, {})
    rows = []
    for name, changes in _SETTINGS.items():
        seconds = seconds_of(lambda changes=changes: len_of_tables(body, changes))  # type: ignore[misc]
        count = len_of_tables(body, changes)
        rows.append(("tables", name, f"{count:,}", f"{count / usual:.2f}", shown_time(median(seconds))))
    usual = len(pack(body))
    for level in _RAW_LEVELS:
        codec = pa.Codec("zstd", compression_level=level)
        packed = codec.compress(body, asbytes=True)
        seconds = seconds_of(lambda codec=codec: codec.compress(body))  # type: ignore[misc]
        ratio = f"{len(packed) / usual:.2f}"
        rows.append(("raw", f"level {level}", f"{len(packed):,}", ratio, shown_time(median(seconds))))
    names = ("file", "setting", "bytes", "÷ as it is", "time")
    said = "Of the last response above; decoding is part of the tables' time."
    return f"### Settings\n\n{said}\n\n{markdown_table(names, rows)}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables, and with ``--write`` put them into a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--campaigns", type=int, default=1000, help="how many are synced")
    parser.add_argument("--idle", type=int, default=10_000, help="how many there is nothing to do for")
    parser.add_argument(
        "--calls", type=int, nargs="*", default=[10, 400, 8000], help="sizes of campaigns to keep"
    )
    parser.add_argument("--runs", type=int, default=_RUNS)
    parser.add_argument(
        "--response", type=Path, help="a saved response, plain or gzip, to measure beside ours"
    )
    parser.add_argument("--write", type=Path, help="the page to put the tables into")
    options = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    bodies = {f"{calls:,} calls, made up": synthetic_campaign(seed=1, calls=calls) for calls in options.calls}
    if options.response is not None:
        content = options.response.read_bytes()
        bodies["a real response"] = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    sizes = [sizes_of(name, body) for name, body in bodies.items()]
    with tempfile.TemporaryDirectory() as folder:
        places = {"on this disk": Path(folder) / "synced"}
        if _IN_MEMORY.is_dir():
            places["in memory"] = _IN_MEMORY / Path(folder).name
        try:
            measured = paces(options.campaigns, options.runs, places)
        finally:
            if "in memory" in places:
                shutil.rmtree(places["in memory"], ignore_errors=True)
        measured.append(disk_alone(options.campaigns, options.runs, Path(folder) / "plain"))
        measured.append(idle(options.idle, options.runs, Path(folder) / "idle"))
    text = render(sizes, list(bodies.values())[-1], measured, load)
    sys.stdout.write(text)
    if options.write is not None:
        write_between_markers(options.write, text)


if __name__ == "__main__":
    main()
