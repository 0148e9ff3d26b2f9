"""Measure the metrics on engines: ``python -m benchmarks.engines``, or ``make engines``.

Ten million calls and twenty million turns lie in Parquet files. Each metric counts them on each engine, and
beside it stands the query that one writes by hand for the same counts, in DuckDB's SQL and with Polars.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from benchmarks.engine_runs import ENGINES, METRICS, SMALL_DUCKDB, SPARK, Cost, run
from benchmarks.goals import Goal
from benchmarks.measuring import in_fresh_process
from benchmarks.report import circumstances, goals_table, markdown_table, shown_time, write_between_markers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LIMIT: Final = 1.5
MEMORY_LIMIT: Final = 2.0  # GB, of a process that counts `MANY` calls or more
MANY: Final = 50_000_000

_CALLS: Final = 10_000_000
_OF: Final = {"DuckDB": "DuckDB by hand", "Polars": "Polars by hand"}
_SPARK_PYTHON: Final = Path(".venv-spark/bin/python")  # made by `make spark`
_OF_MEMORY: Final = (
    "The most memory that the process had, libraries and all. The workers of Dask and the virtual machine of "
    "Spark have their own beside it."
)

Costs = dict[str, dict[str, Cost]]
"""What runs cost, by metric and engine."""


def engines_for(calls: int) -> list[str]:
    """Give the engines that so many calls are counted on, unless others are asked for."""
    if calls >= MANY:
        return ["DuckDB by hand", "DuckDB", SMALL_DUCKDB, "Polars by hand", "Polars"]
    there = ["DuckDB by hand", "DuckDB", "Polars by hand", "Polars", "PyArrow", "pandas", "Dask"]
    return [*there, SPARK] if _SPARK_PYTHON.exists() else there


def measure(
    metrics: Iterable[str], engines: Sequence[str], folder: Path, rounds: int, seconds: float
) -> Costs:
    """Measure metrics on engines, each in a process of its own, and say on the way what is done."""
    costs: Costs = {}
    for metric in metrics:
        for engine in engines:
            ask = _in_another_python if engine == SPARK else _in_this_python
            cost = ask(engine, metric, folder, rounds, seconds)
            costs.setdefault(metric, {})[engine] = cost
            print(
                f"{metric}: {engine} {[round(one, 3) for one in cost.seconds]} {_gigabytes(cost)}", flush=True
            )
    return costs


def _in_this_python(engine: str, metric: str, folder: Path, rounds: int, seconds: float) -> Cost:
    return in_fresh_process(run, engine, metric, folder, rounds, seconds)


def _in_another_python(engine: str, metric: str, folder: Path, rounds: int, seconds: float) -> Cost:
    given = [engine, metric, str(folder), str(rounds), str(seconds)]
    command = [str(_SPARK_PYTHON), "-m", "benchmarks.engine_runs", *given]
    done = subprocess.run(command, capture_output=True, check=True, text=True)  # noqa: S603 - our own program
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def goals_of(costs: Costs, calls: int) -> list[Goal]:
    """Give what is wanted beside what was measured: time, to the query by hand; memory, of many calls."""
    goals = []
    for metric, by_engine in costs.items():
        for engine, cost in by_engine.items():
            hand = by_engine.get(_OF.get(engine, ""))
            if hand is not None:
                ratio = median(cost.seconds) / median(hand.seconds)
                goals.append(Goal(f"`{metric}` on {engine}: time, to the query by hand", LIMIT, ratio, "×"))
            if calls >= MANY and engine in {*_OF, SMALL_DUCKDB} and cost.peak is not None:
                what = f"`{metric}` on {engine}: the most memory"
                goals.append(Goal(what, MEMORY_LIMIT, cost.peak / 1e9, " GB"))
    return goals


def render(costs: Costs, calls: int) -> str:
    """Give the tables of the documentation: goals, time beside the query by hand, and memory."""
    engines = list(dict.fromkeys(engine for by_engine in costs.values() for engine in by_engine))
    times = [
        [f"`{metric}`", *(_time_shown(by_engine, one) for one in engines)]
        for metric, by_engine in costs.items()
    ]
    peaks = [
        [f"`{metric}`", *(_gigabytes(by_engine.get(one)) for one in engines)]
        for metric, by_engine in costs.items()
    ]
    names, goals = ["metric", *engines], goals_of(costs, calls)
    parts = [
        f"{circumstances()} {calls:,} calls and {2 * calls:,} turns, read from Parquet each time.",
        *([goals_table(goals)] if goals else []),
        "Medians, in brackets how many times as long as by hand:",
        markdown_table(names, times),
        _OF_MEMORY,
        markdown_table(names, peaks),
    ]
    return "\n\n".join(parts) + "\n"


def _time_shown(by_engine: Mapping[str, Cost], engine: str) -> str:
    cost, hand = by_engine.get(engine), by_engine.get(_OF.get(engine, ""))
    if cost is None:
        return ""
    ratio = "" if hand is None else f" ({median(cost.seconds) / median(hand.seconds):.1f}×)"
    return shown_time(median(cost.seconds)) + ratio


def _gigabytes(cost: Cost | None) -> str:
    return "" if cost is None or cost.peak is None else f"{cost.peak / 1e9:.2f} GB"


def _make_files(folder: Path, calls: int) -> None:
    from benchmarks.many_calls_in_files import make_files  # noqa: PLC0415 - in a process of its own

    make_files(folder, calls)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print or write the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engines", description="Measure the engines.")
    parser.add_argument("--calls", type=int, default=_CALLS, help="how many calls to count")
    parser.add_argument(
        "--rounds", type=int, default=3, help="how often to run each at most, after once before"
    )
    parser.add_argument("--seconds", type=float, default=10, help="how long to go on with one, about")
    parser.add_argument("--engines", help=f"which, with commas between them: {', '.join(ENGINES)}")
    parser.add_argument("--only", default="", help="metrics whose name has this in it")
    parser.add_argument("--folder", type=Path, default=Path(".engines"), help="where the files are kept")
    parser.add_argument("--write", type=Path, help="the page to put the tables in, between its markers")
    options = parser.parse_args(arguments)
    engines = options.engines.split(",") if options.engines else engines_for(options.calls)
    folder = options.folder / str(options.calls)
    # In a process of its own, for those that are measured are born with this one's peak memory as theirs.
    in_fresh_process(_make_files, folder, options.calls)
    metrics = [metric for metric in METRICS if options.only in metric]
    text = render(measure(metrics, engines, folder, options.rounds, options.seconds), options.calls)
    if options.write:
        write_between_markers(options.write, text)
    else:
        print(text)


if __name__ == "__main__":
    main()
