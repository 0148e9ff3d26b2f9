from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from threading import Event, Thread

import pytest

from caldframe.archive.turns import in_turn

FORKED_MEANWHILE = """
import os
from threading import Event, Thread

from caldframe.archive.turns import in_turn

began, done = Event(), Event()


def work():
    with in_turn(1000):
        began.set()
        done.wait()


thread = Thread(target=work)
thread.start()
began.wait()
child = os.fork()
if child == 0:
    with in_turn(1000):
        os._exit(0)
status = os.waitpid(child, 0)[1]
done.set()
thread.join()
raise SystemExit(os.waitstatus_to_exitcode(status))
"""


def test_small_work_is_done_one_after_the_other() -> None:
    began, ended = Event(), []

    def work() -> None:
        began.set()
        with in_turn(1000):
            ended.append("second")

    with in_turn(1000):
        other = Thread(target=work)
        other.start()
        began.wait()
        other.join(0.05)
        ended.append("first")
    other.join()
    assert ended == ["first", "second"]


def test_large_work_waits_for_nobody() -> None:
    with in_turn(1000), in_turn(10_000_000), in_turn(10_000_000):
        pass


def test_work_that_fails_ends_its_turn() -> None:
    for _ in range(2):
        with suppress(ValueError), in_turn(1000):
            raise ValueError


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_does_not_wait_for_a_thread_that_it_lacks() -> None:
    # By itself, for Python warns of threads that are lost in a fork.
    command = [sys.executable, "-W", "ignore", "-c", FORKED_MEANWHILE]
    subprocess.run(command, check=True, timeout=60)  # noqa: S603 - this interpreter, fixed code
