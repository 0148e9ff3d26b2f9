from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import caldframe as cf
from benchmarks import by_hand, engine_runs, engines
from benchmarks.engine_runs import BY_HAND, METRICS, SMALL_DUCKDB, SPARK, Cost, run
from benchmarks.engines import MANY, engines_for, goals_of, main, render
from benchmarks.many_calls_in_files import make_files
from benchmarks.report import BEGIN, END

if TYPE_CHECKING:
    from pathlib import Path

CALLS = 2000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("calls")
    make_files(folder, CALLS)
    return folder


@pytest.fixture(scope="module")
def tables(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    return pd.read_parquet(folder / "calls.parquet"), pd.read_parquet(folder / "transcripts.parquet")


def test_the_files_have_as_many_calls_as_wanted(tables: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    calls, turns = tables
    assert (len(calls), len(turns)) == (CALLS, 2 * CALLS)
    assert calls["prospect_number"].nunique() == pytest.approx(CALLS / 3.3, rel=0.1)


def test_every_metric_has_queries_by_hand() -> None:
    assert set(METRICS) == set(by_hand.DUCKDB) == set(by_hand.POLARS) == set(engine_runs._READ)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("engine", [*BY_HAND, "DuckDB", SMALL_DUCKDB, "Polars", "PyArrow", "pandas"])
def test_every_engine_runs_every_metric(engine: str, metric: str, folder: Path) -> None:
    cost = run(engine, metric, folder, rounds=1, seconds=600)
    assert len(cost.seconds) == 1
    assert cost.peak is not None
    assert cost.peak > 10_000_000


def test_the_queries_by_hand_count_what_the_metrics_count(
    folder: Path, tables: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    def by_duckdb(metric: str) -> list[Any]:
        return sorted(by_hand.DUCKDB[metric](folder))

    def by_polars(metric: str) -> list[Any]:
        return sorted(by_hand.POLARS[metric](folder).rows())

    calls, turns = tables
    curve = cf.reach_curve(calls)[["attempt", "at_risk", "reached"]]
    expected = [tuple(row) for row in curve.to_numpy().tolist() if row[1]]
    assert by_duckdb("reach_curve")[: len(expected)] == expected
    assert by_polars("reach_curve")[: len(expected)] == expected

    stages = tuple(cf.funnel(calls, turns)["n"].tolist())
    assert by_duckdb("funnel") == by_polars("funnel") == [stages]

    kpis = cf.contact_kpis(calls, "agent_id").set_index(["agent_id", "kpi"])["numerator"]
    for ask in (by_duckdb, by_polars):
        for agent, _, up, answered, short, engaged, _, reached, *_ in ask("contact_kpis, by agent"):
            assert kpis[agent, "human_answer_rate"] == up
            assert kpis[agent, "answer_seizure_ratio"] == answered
            assert kpis[agent, "short_call_rate"] == short
            assert kpis[agent, "engagement_rate"] == engaged
            assert kpis[agent, "contact_rate_of_called"] == reached


def test_what_is_slow_is_run_once_and_that_counts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    took = iter([9.0, 2.0, 3.0, 12.0])
    monkeypatch.setattr(engine_runs, "_time", lambda _: next(took))
    assert run("pandas", "reach_curve", folder, rounds=3, seconds=10).seconds == [2.0]
    assert run("pandas", "reach_curve", folder, rounds=3, seconds=1).seconds == [3.0]
    assert run("pandas", "reach_curve", folder, rounds=0, seconds=1).seconds == [12.0]


def test_goals_are_those_of_time_and_of_many_calls_those_of_memory() -> None:
    costs = {
        "funnel": {
            "DuckDB by hand": Cost([2.0], 1),
            "DuckDB": Cost([1.0, 3.2, 9.0], 2_500_000_000),
            SMALL_DUCKDB: Cost([4.0], 1_400_000_000),
            SPARK: Cost([7.0], None),
        }
    }
    few = [(goal.what, goal.measured, goal.is_met) for goal in goals_of(costs, MANY - 1)]
    assert few == [("`funnel` on DuckDB: time, to the query by hand", 1.6, False)]
    many = [(goal.what, goal.measured, goal.is_met) for goal in goals_of(costs, MANY)]
    assert many == [
        *few,
        ("`funnel` on DuckDB: the most memory", 2.5, False),
        (f"`funnel` on {SMALL_DUCKDB}: the most memory", 1.4, True),
    ]
    text = render(costs, MANY)
    assert "| `funnel` | 2.00 s | 3.20 s (1.6×) | 4.00 s | 7.00 s |" in text
    assert "| `funnel` | 0.00 GB | 2.50 GB | 1.40 GB |  |" in text
    assert "| goal |" in text
    assert "| goal |" not in render({"funnel": {SPARK: Cost([7.0], None)}}, 1000)


def test_spark_is_measured_where_it_is_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_SPARK_PYTHON", tmp_path / "python")
    assert SPARK not in engines_for(1000)
    (tmp_path / "python").touch()
    assert engines_for(1000)[-1] == SPARK
    assert SPARK not in engines_for(MANY)


def test_the_tables_are_written_between_the_markers_of_a_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    options = ["--calls", "500", "--rounds", "1", "--engines", "DuckDB by hand,DuckDB", "--only", "outcome"]
    main([*options, "--folder", str(tmp_path / "files"), "--write", str(page)])
    text = page.read_text(encoding="utf-8")
    assert "500 calls and 1,000 turns" in text
    assert text.count("\n| `outcome_rates, by campaign` ") == 3
    assert "old" not in text
