"""Many jobs at the same time: threads that do them, and end when they are told to."""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

_LONGEST_GOODBYE: Final = 2.0

Job = TypeVar("Job", bound="Hashable")
Result = TypeVar("Result")


def work_in_threads(
    jobs: Sequence[Job],
    work: Callable[[Job], Result],
    *,
    threads: int,
    stop: Callable[[], object],
    done: Callable[[Result], object],
) -> dict[Job, Result]:
    """Do jobs in threads, and raise what the first one raises that fails.

    Parameters
    ----------
    jobs : sequence
        The jobs, no two of them equal.
    work : callable
        What does one.
    threads : int
        How many are done at a time, at most.
    stop : callable
        What ends all that the jobs have under way, so that their threads end; called if one fails, or you
        interrupt.
    done : callable
        Called with each result as it comes, in the thread that waits.

    Returns
    -------
    dict
        The result of each job.
    """
    waiting: SimpleQueue[Job] = SimpleQueue()
    arrived: SimpleQueue[tuple[Job, Result | _Failed]] = SimpleQueue()
    over = threading.Event()
    for job in jobs:
        waiting.put(job)

    def go_on() -> None:
        while not over.is_set():
            try:
                job = waiting.get_nowait()
            except Empty:
                return
            outcome = _outcome(work, job)
            if isinstance(outcome, _Failed):
                over.set()
            arrived.put((job, outcome))

    # Not an executor: at exit Python waits for its threads, and one that is connecting cannot be ended.
    workers = [
        threading.Thread(target=go_on, name="caldframe-fetch", daemon=True)
        for _ in range(min(threads, len(jobs)))
    ]
    results: dict[Job, Result] = {}
    try:
        for worker in workers:
            worker.start()
        while len(results) < len(jobs):
            job, result = _next(arrived)
            results[job] = result
            done(result)
    except BaseException:
        over.set()
        _end(workers, stop)
        raise
    for worker in workers:
        worker.join()
    return results


class _Failed:
    """A job that raised, and what."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


def _outcome(work: Callable[[Job], Result], job: Job) -> Result | _Failed:
    try:
        return work(job)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the thread that waits has to know
        return _Failed(error)


def _next(arrived: SimpleQueue[tuple[Job, Result | _Failed]]) -> tuple[Job, Result]:
    """Wait for the next outcome, and raise it if it is an error."""
    while True:
        try:
            # In short turns, since Windows delivers Ctrl-C only between waits.
            job, outcome = arrived.get(timeout=0.2)
        except Empty:
            continue
        if isinstance(outcome, _Failed):
            raise outcome.error
        return job, outcome


def _end(workers: list[threading.Thread], stop: Callable[[], object]) -> None:
    """End the threads now; one that just begins a request is caught the next time round."""
    deadline = time.monotonic() + _LONGEST_GOODBYE
    while any(worker.is_alive() for worker in workers) and time.monotonic() < deadline:
        stop()
        time.sleep(0.01)
