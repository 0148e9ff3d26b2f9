from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec

import pytest

from benchmarks.startup import STARTS, Measured, Start, measure, render

NOTHING = Start("nothing", ("-c", ""), "nothing too", ("-c", ""), 1.5)


def test_each_is_started_as_often_as_asked_for() -> None:
    (found,) = measure([NOTHING], rounds=2)
    assert len(found.ours) == len(found.theirs) == 2
    assert min(found.ours + found.theirs) > 0


@pytest.mark.parametrize("start", STARTS, ids=lambda start: f"{start.name} and {start.against}")
def test_what_is_started_runs(start: Start) -> None:
    if "typer" in start.against and not find_spec("typer"):
        pytest.skip("typer: installed by `make startup` alone")
    (found,) = measure([start], rounds=1)
    assert len(found.ours) == len(found.theirs) == 1


def test_the_ratio_is_of_medians_and_a_limit_that_is_missed_is_named() -> None:
    fast, slow = Measured(NOTHING, [1, 1.5, 90], [1, 1, 1]), Measured(NOTHING, [1.6], [1])
    assert fast.ratio == NOTHING.limit
    assert [line.endswith("| yes |") for line in render([fast, slow]).splitlines()[-2:]] == [True, False]
    assert render([slow]).endswith("| **no** |\n")


def test_where_no_limit_is_said_none_is_judged() -> None:
    told = Measured(replace(NOTHING, limit=None), [9], [1])
    assert render([told]).endswith("| 9.00× |  |  |\n")
