"""A sandbox in a process of its own, so that what it holds does not count as the client's."""

from __future__ import annotations

import logging
import multiprocessing
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from caldframe.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

_DAY: Final = 86_400.0


class Asked(NamedTuple):
    """How many requests there were, and how many of them met a fault."""

    requests: int
    faults: int


class Clock:
    """The sandbox's time: the real one, until it is put ahead by a day, when all campaigns are over."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def __call__(self) -> float:
        """Give the seconds that active campaigns move by."""
        return time.monotonic() + self._ahead

    def leap(self) -> None:
        """Put it ahead."""
        self._ahead = _DAY


@dataclass(frozen=True)
class Account:
    """A sandbox that runs elsewhere.

    Parameters
    ----------
    url, api_key : str
        The way to it.
    campaign_ids : list of str
        What it has.
    line : multiprocessing.connection.Connection
        The way to ask its process something.
    """

    url: str
    api_key: str
    campaign_ids: list[str]
    line: Connection

    def asked(self) -> Asked:
        """Say what it has been asked so far."""
        self.line.send("asked")
        requests, faults = self.line.recv()
        return Asked(requests, faults)

    def end_all_campaigns(self) -> None:
        """Put its clock ahead, so that nothing moves any more."""
        self.line.send("leap")
        self.line.recv()


@contextmanager
def serving(**settings: Any) -> Iterator[Account]:
    """Run a sandbox in another process.

    Parameters
    ----------
    **settings
        As for `caldframe.Sandbox`.

    Yields
    ------
    Account
        The way to it.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, settings), daemon=True)
    process.start()
    theirs.close()
    try:
        url, api_key, campaign_ids = ours.recv()
        yield Account(url, api_key, campaign_ids, ours)
    finally:
        ours.close()
        process.join()


class _Count(logging.Handler):
    """Counts the requests that the sandbox logs: a line each, shorter if a fault took the status' place."""

    def __init__(self) -> None:
        super().__init__()
        self.requests = self.faults = 0

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno == logging.INFO:
            self.requests += 1
            self.faults += len(record.args or ()) < 3  # noqa: PLR2004 - request, status, size


def _serve(line: Connection, settings: dict[str, Any]) -> None:
    count, clock = _Count(), Clock()
    log = logging.getLogger("caldframe.sandbox.listening")
    log.setLevel(logging.INFO)
    log.propagate = False
    log.addHandler(count)
    with Sandbox(**settings, now=clock) as sandbox:
        line.send((sandbox.url, sandbox.api_key, sandbox.campaign_ids))
        while True:
            try:
                asked = line.recv()
            except EOFError:  # whoever wanted it is done, or gone
                return
            if asked == "leap":
                clock.leap()
            line.send((count.requests, count.faults))
