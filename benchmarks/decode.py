"""Measure decoding: ``python -m benchmarks.decode``, or ``make bench``.

Every way of `benchmarks.peers` decodes the same responses, in turn, each run in a fresh process. This
process stays small, so that those are.
"""

from __future__ import annotations

import argparse
import gzip
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from benchmarks.documents import CLEAN, ODDITIES, VARIANTS, multiply, spoil
from benchmarks.measuring import Job, in_fresh_process, peak_memory, time_jobs
from benchmarks.peers import OURS, WAYS
from benchmarks.report import render, write_between_markers
from benchmarks.response import Response
from benchmarks.results import Measured, Report, Size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.documents import Variant
    from benchmarks.peers import Way

SIZES: Final = (10, 1_000, 100_000, 1_000_000)
_BASE_CALLS: Final = 5_000
_MOST_UNUSUAL: Final = 100_000
_MEMORY_FROM: Final = 10_000  # below, a process's own peak varies by more than the response's size


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print or write the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.decode", description="Measure decoding.")
    parser.add_argument("--base", type=Path, help="a saved response to multiply, instead of a made-up one")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="how many calls to decode")
    parser.add_argument("--rounds", type=int, default=9, help="how often to run each at most")
    parser.add_argument("--seconds", type=float, default=12.0, help="how long to run each, about")
    parser.add_argument("--write", type=Path, help="the page to put the tables in, between its markers")
    options = parser.parse_args(arguments)
    with TemporaryDirectory(prefix="caldframe-benchmark-") as folder:
        base = Path(folder) / "base.json"
        in_fresh_process(_save_base, options.base, base)
        ways = [way for way in WAYS if way.is_installed]
        text = render(measure(base, options.sizes, ways, options.rounds, options.seconds))
    if options.write:
        write_between_markers(options.write, text)
    else:
        print(text)


def measure(base: Path, sizes: Sequence[int], ways: Sequence[Way], rounds: int, seconds: float) -> Report:
    """Measure ways of decoding on responses of some sizes, and ours on unusual ones.

    Parameters
    ----------
    base : pathlib.Path
        The campaign to multiply; the responses are written beside it.
    sizes : sequence of int
        How many calls the responses have.
    ways : sequence of Way
        What to measure, ours among them.
    rounds : int
        How often to run each job at most.
    seconds : float
        How long to run each job, about; see `time_jobs`.

    Returns
    -------
    Report
        All that was measured.
    """
    unusual_calls = min(max(sizes), _MOST_UNUSUAL)
    return Report(
        sizes=[_measure_size(base, calls, ways, rounds, seconds) for calls in sorted(sizes)],
        variants=_measure_variants(base, unusual_calls, rounds, seconds),
        failures={way.name: _failures(base, way) for way in ways if way.gives != "nothing"},
    )


def _measure_size(base: Path, calls: int, ways: Sequence[Way], rounds: int, seconds: float) -> Size:
    path = _make(base, calls, CLEAN)
    jobs = [Job(way, path) for way in ways if way.most_calls is None or calls <= way.most_calls]
    _say(f"{calls:,} calls: times")
    times = time_jobs(jobs, rounds, seconds)
    measured = {}
    for job, spent in zip(jobs, times, strict=True):
        peak = None
        if calls >= _MEMORY_FROM:
            _say(f"{calls:,} calls: memory of {job.way.name}")
            peak = in_fresh_process(peak_memory, job)
        measured[job.way.name] = Measured(spent, peak)
    size = Size(calls, path.stat().st_size, measured)
    path.unlink()
    return size


def _measure_variants(base: Path, calls: int, rounds: int, seconds: float) -> dict[str, Size]:
    _say(f"{calls:,} calls: unusual ones")
    paths = [_make(base, calls, variant) for variant in VARIANTS]
    times = time_jobs([Job(OURS, path) for path in paths], rounds, seconds)
    sizes = {
        variant.name: Size(calls, path.stat().st_size, {OURS.name: Measured(spent, None)})
        for variant, path, spent in zip(VARIANTS, paths, times, strict=True)
    }
    for path in paths:
        path.unlink()
    return sizes


def _failures(base: Path, way: Way) -> list[str]:
    """Name the oddities of which one makes a way fail on the whole response."""
    _say(f"one odd call: {way.name}")
    return in_fresh_process(_find_failures, base, way)


def _find_failures(base: Path, way: Way) -> list[str]:
    failures = []
    path = base.with_name("odd.json")
    for oddity in ODDITIES:
        path.write_bytes(spoil(base.read_bytes(), oddity))
        try:
            way.load()(Response(path))
        except Exception:  # noqa: BLE001 # that it fails is the finding, each library in its own way
            failures.append(oddity)
    path.unlink()
    return failures


def _make(base: Path, calls: int, variant: Variant) -> Path:
    path = base.with_name(f"{variant.name.replace('%', '').replace(' ', '-')}-{calls}.json")
    in_fresh_process(_write, base, path, calls, variant)
    return path


def _write(base: Path, path: Path, calls: int, variant: Variant) -> None:
    with path.open("wb") as file:
        file.writelines(multiply(base.read_bytes(), calls, variant))


def _save_base(source: Path | None, path: Path) -> None:
    """Save the campaign to multiply, unpacked."""
    if source is None:
        from caldframe.sandbox import synthetic_campaign  # noqa: PLC0415 # the parent process stays small

        path.write_bytes(synthetic_campaign(seed=1, calls=_BASE_CALLS))
    elif source.suffix == ".gz":
        path.write_bytes(gzip.decompress(source.read_bytes()))
    else:
        path.write_bytes(source.read_bytes())


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
