"""Time and memory of jobs: a way of decoding, and a response to decode."""

from __future__ import annotations

import gc
import resource
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Final, NamedTuple, ParamSpec, TypeVar

from benchmarks.response import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.peers import Way


P = ParamSpec("P")
T = TypeVar("T")

_SHORT: Final = 0.1  # seconds; what takes less is repeated for as long


class Job(NamedTuple):
    """A way of decoding, and the saved response to decode."""

    way: Way
    path: Path


def in_fresh_process(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Call a function in a Python process of its own that nothing has been loaded into.

    A process is born with its parent's peak memory as its own; so whoever asks for memory must be small.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(function, *arguments, **named).result()


def time_jobs(jobs: Sequence[Job], rounds: int, seconds: float) -> list[list[float]]:
    """Run jobs in turn, round after round, so that what else the machine does slows all of them alike.

    Each run has a process of its own, so that no library's threads, caches or leftovers weigh on another.
    What takes less than a tenth of a second is repeated for that long, and the run is the median.

    Parameters
    ----------
    jobs : sequence of Job
        What to run.
    rounds : int
        How many rounds at most.
    seconds : float
        A job that has taken this long in all sits the later rounds out.

    Returns
    -------
    list of list of float
        For each job, the seconds of its runs.
    """
    times: list[list[float]] = [[] for _ in jobs]
    for _ in range(rounds):
        for job, spent in zip(jobs, times, strict=True):
            if sum(spent) < seconds:
                spent.append(in_fresh_process(_time, job))
    return times


def _time(job: Job) -> float:
    read, response = job.way.load(), Response(job.path)
    # Once before: what a library sets up at its first call, and memory that the system has to find for the
    # process, weigh on none.
    read(response)
    gc.collect()
    times: list[float] = []
    while sum(times) < _SHORT:
        start = perf_counter()
        tables = read(response)
        times.append(perf_counter() - start)
        del tables
    return median(times)


def peak_memory(job: Job) -> int:
    """Give the bytes that a job adds at most to those of the process with its libraries loaded.

    The response itself counts among them. To be called in a fresh process, once.
    """
    read = job.way.load()
    before = process_peak()
    read(Response(job.path))
    return process_peak() - before


def process_peak() -> int:
    """Give the bytes of memory that this process has had at most."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
