from __future__ import annotations

from contextlib import suppress
from threading import Event, Thread

from caldframe.archive.turns import in_turn


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
