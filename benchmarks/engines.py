"""Measure the metrics on engines: ``python -m benchmarks.engines``, or ``make engines``.

Ten million calls and twenty million turns lie in Parquet files. Each metric counts them on each engine, and
beside it stands the query that one writes by hand for the same counts, in DuckDB's SQL and with Polars.
"""

from __future__ import annotations

import argparse
import gc
import resource
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import caldframe as cf
from benchmarks import by_hand
from benchmarks.many_calls_in_files import make_files
from benchmarks.measuring import in_fresh_process
from benchmarks.report import circumstances, markdown_table, shown_time, write_between_markers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LIMIT: Final = 1.5
_CALLS: Final = 10_000_000
_ZONE: Final = "America/New_York"

METRICS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "outcome_rates, by campaign": lambda calls, _: cf.outcome_rates(calls, "campaign_id"),
    "pickup_by_hour, by campaign": lambda calls, _: cf.pickup_by_hour(
        calls, tz=_ZONE, by=["campaign_id", "hour"]
    ),
    "length_summary, by agent": lambda calls, _: cf.length_summary(calls, "agent_id"),
    "contact_kpis, by agent": lambda calls, _: cf.contact_kpis(calls, "agent_id"),
    "reach_curve": lambda calls, _: cf.reach_curve(calls),
    "funnel": cf.funnel,
}
BY_HAND: Final = {"DuckDB by hand": by_hand.DUCKDB, "Polars by hand": by_hand.POLARS}
_OF: Final = {"DuckDB": "DuckDB by hand", "Polars": "Polars by hand"}


@dataclass(frozen=True)
class Cost:
    """The seconds of each run after the first, and the most memory that the process ever had, in bytes."""

    seconds: list[float]
    peak: int


def open_tables(engine: str, folder: Path) -> tuple[Any, Any]:
    """Give the calls and the turns as an engine has them."""
    paths = [str(folder / f"{name}.parquet") for name in ("calls", "transcripts")]
    if engine == "DuckDB":
        import duckdb  # noqa: PLC0415 - each process has one engine

        return duckdb.read_parquet(paths[0]), duckdb.read_parquet(paths[1])
    if engine == "Polars":
        import polars as pl  # noqa: PLC0415

        return pl.scan_parquet(paths[0]), pl.scan_parquet(paths[1])
    if engine == "Dask":
        import dask.dataframe as dd  # noqa: PLC0415

        calls, turns = (dd.read_parquet(path, split_row_groups=5) for path in paths)
        return calls, turns
    from pyspark.sql import SparkSession  # noqa: PLC0415

    session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    session = session.config("spark.driver.memory", "4g").config("spark.ui.showConsoleProgress", "false")
    spark = session.getOrCreate()
    return spark.read.parquet(paths[0]), spark.read.parquet(paths[1])


def read_tables(engine: str, folder: Path, metric: str) -> tuple[Any, Any]:
    """Read what a metric needs into memory: the calls, and the turns where it asks for them."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - each process has one engine

    tables = [pq.read_table(folder / "calls.parquet", columns=_READ[metric])]
    if metric == "funnel":
        columns = ["campaign_id", "call_id", "role", "content"]
        tables.append(pq.read_table(folder / "transcripts.parquet", columns=columns))
    if engine == "pandas":
        tables = [table.to_pandas() for table in tables]
    return tables[0], tables[1] if metric == "funnel" else None


_READ: Final = {
    "outcome_rates, by campaign": ["campaign_id", "completed", "result"],
    "pickup_by_hour, by campaign": ["campaign_id", "completed", "direction", "result", "created_at"],
    "length_summary, by agent": ["agent_id", "result", "call_length"],
    "contact_kpis, by agent": [
        *("agent_id", "direction", "completed", "result", "call_length", "prospect_number")
    ],
    "reach_curve": ["campaign_id", "prospect_number", "direction", "completed", "created_at", "result"],
    "funnel": ["campaign_id", "call_id", "completed", "result"],
}
_IN_MEMORY: Final = ("PyArrow", "pandas")


def run(engine: str, metric: str, folder: Path, rounds: int) -> Cost:
    """Run a metric on an engine, in a process of its own; or the query by hand."""
    query = BY_HAND[engine][metric] if engine in BY_HAND else None

    def once() -> Any:
        if query is not None:
            return query(folder)
        if engine in _IN_MEMORY:
            return METRICS[metric](*read_tables(engine, folder, metric))
        return METRICS[metric](*open_tables(engine, folder))

    seconds = []
    for _ in range(rounds + 1):
        gc.collect()
        start = perf_counter()
        once()
        seconds.append(perf_counter() - start)
    return Cost(seconds[1:], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def on_cluster(engine: str, metric: str, folder: Path, rounds: int) -> Cost:
    """Run a metric, on two workers if the engine is Dask."""
    if engine != "Dask":
        return run(engine, metric, folder, rounds)
    from dask.distributed import Client, LocalCluster  # noqa: PLC0415

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as workers, Client(workers):  # type: ignore[no-untyped-call]
        return run(engine, metric, folder, rounds)


def render(costs: Mapping[str, Mapping[str, Cost]], calls: int) -> str:
    """Give the tables of the documentation: time beside the query by hand, and memory."""
    engines = list(dict.fromkeys(engine for by_engine in costs.values() for engine in by_engine))
    times, peaks = [], []
    for metric, by_engine in costs.items():
        time, peak = [metric], [metric]
        for engine in engines:
            cost = by_engine.get(engine)
            hand = by_engine.get(_OF.get(engine, ""))
            shown = "" if cost is None else shown_time(median(cost.seconds))
            if cost is not None and hand is not None:
                shown += f" ({median(cost.seconds) / median(hand.seconds):.1f}×)"
            time.append(shown)
            peak.append("" if cost is None else f"{cost.peak / 1e9:.1f} GB")
        times.append(time)
        peaks.append(peak)
    names = ["metric", *engines]
    return (
        f"{circumstances()} {calls:,} calls and {2 * calls:,} turns, read from Parquet each time; in "
        f"brackets how many times as long as by hand.\n\n{markdown_table(names, times)}\n\n"
        f"The most memory that the process had, libraries and all; the workers of Dask have their own beside "
        f"it.\n\n{markdown_table(names, peaks)}\n"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print or write the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engines", description="Measure the engines.")
    parser.add_argument("--calls", type=int, default=_CALLS, help="how many calls to count")
    parser.add_argument("--rounds", type=int, default=3, help="how often to run each, after once before")
    parser.add_argument(
        "--engines", default="DuckDB by hand,DuckDB,Polars by hand,Polars,PyArrow,pandas,Dask"
    )
    parser.add_argument("--only", default="", help="metrics whose name has this in it")
    parser.add_argument("--folder", type=Path, default=Path(".engines"), help="where the files are kept")
    parser.add_argument("--write", type=Path, help="the page to put the tables in, between its markers")
    options = parser.parse_args(arguments)
    folder = options.folder / str(options.calls)
    make_files(folder, options.calls)
    costs: dict[str, dict[str, Cost]] = {}
    for metric in METRICS:
        if options.only in metric:
            for engine in options.engines.split(","):
                cost = in_fresh_process(on_cluster, engine, metric, folder, options.rounds)
                costs.setdefault(metric, {})[engine] = cost
                print(f"{metric}: {engine} {cost.seconds} {cost.peak / 1e9:.2f} GB", flush=True)
    text = render(costs, options.calls)
    if options.write:
        write_between_markers(options.write, text)
    else:
        print(text)


if __name__ == "__main__":
    main()
