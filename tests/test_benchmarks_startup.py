from __future__ import annotations

from benchmarks.startup import STARTS, Measured, Start, measure, render

NOTHING = Start("nothing", ("-c", ""), "nothing too", ("-c", ""), 1.5)


def test_each_is_started_as_often_as_asked_for() -> None:
    (found,) = measure([NOTHING], rounds=2)
    assert len(found.ours) == len(found.theirs) == 2
    assert min(found.ours + found.theirs) > 0


def test_what_is_started_runs() -> None:
    assert [len(found.ours) for found in measure(STARTS, rounds=1)] == [1] * len(STARTS)


def test_the_ratio_is_of_medians_and_a_limit_that_is_missed_is_named() -> None:
    fast, slow = Measured(NOTHING, [1, 1.5, 90], [1, 1, 1]), Measured(NOTHING, [1.6], [1])
    assert fast.ratio == NOTHING.limit
    assert [line.endswith("| yes |") for line in render([fast, slow]).splitlines()[-2:]] == [True, False]
    assert render([slow]).endswith("| **no** |\n")
