from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from benchmarks.talk import OURS, WAYS, Cost, measure, ratio, render, write_turns

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.talk import Way

OTHERS = [way for way in WAYS if way is not OURS]


@pytest.fixture(scope="module")
def turns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("talk") / "turns.parquet"
    assert write_turns(path, 60_000, None) >= 60_000
    return path


def counts_of(way: Way, path: Path) -> dict[tuple[str, str], tuple[int, int]]:
    """Give the words and the turns of each call and role."""
    found = way.count(way.read(path))
    if way is OURS:
        return {
            (row["call_id"], role): (row[f"{role}_words"], row[f"{role}_turns"])
            for row in found.to_dict("records")
            for role in ("user", "assistant")
            if row[f"{role}_turns"]
        }
    rows: list[dict[str, Any]] = pa.table(found).to_pylist()
    return {(row["call_id"], row["role"]): (row["content"], row["len"]) for row in rows}


@pytest.mark.parametrize("way", OTHERS, ids=lambda way: way.name)
def test_every_way_counts_the_same_turns_and_nearly_the_same_words(way: Way, turns: Path) -> None:
    if not way.is_installed:
        pytest.skip(f"{way.package} is not installed")
    ours, theirs = counts_of(OURS, turns), counts_of(way, turns)
    assert {key: spoken for key, (_, spoken) in ours.items()} == {
        key: spoken for key, (_, spoken) in theirs.items()
    }
    words = sum(count for count, _ in ours.values())
    assert sum(count for count, _ in theirs.values()) == pytest.approx(words, rel=0.05)


def test_a_table_says_whether_the_goal_is_met(turns: Path) -> None:
    installed = [OURS, *(way for way in OTHERS if way.is_installed)]
    costs = measure(turns, installed, rounds=1)
    assert render(costs, 1000).count("\n| ") == len(installed) + 2
    assert [len(cost.seconds) for cost in costs] == [1] * len(installed)


def test_the_goal_is_beside_the_fastest_other() -> None:
    slow = [Cost(OURS, [8.0, 9.0, 1.0], 10), Cost(OTHERS[0], [4.0], 10), Cost(OTHERS[1], [2.0], 10)]
    assert ratio(slow) == 4.0
    assert "4.00 times, **not met**" in render(slow, 10)
    assert "2.00 times, met" in render([slow[0], slow[1]], 10)
