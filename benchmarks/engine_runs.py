"""A metric on an engine, run in this process: what `benchmarks.engines` measures.

Nothing but caldframe is imported that an engine does not need, for Spark has an environment of its own.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import caldframe as cf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

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

BY_HAND: Final = ("DuckDB by hand", "Polars by hand")
SMALL_DUCKDB: Final = "DuckDB in 1 GB"
SPARK: Final = "Spark"
ENGINES: Final = (*BY_HAND, "DuckDB", SMALL_DUCKDB, "Polars", "PyArrow", "pandas", "Dask", SPARK)

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


@dataclass(frozen=True)
class Cost:
    """What runs took.

    Parameters
    ----------
    seconds : list of float
        The seconds of each run.
    peak : int or None
        The most memory that the process ever had, in bytes; None where the work is done in others.
    """

    seconds: list[float]
    peak: int | None


def run(engine: str, metric: str, folder: Path, rounds: int, seconds: float) -> Cost:
    """Run a metric on an engine, or the query by hand, in this process; it should be a new one.

    The first run is not counted, for libraries set themselves up in it, unless it takes as long as all of
    them may.

    Parameters
    ----------
    engine : str
        One of `ENGINES`.
    metric : str
        One of `METRICS`.
    folder : pathlib.Path
        Where `calls.parquet` and `transcripts.parquet` are.
    rounds : int
        How many runs count, at most.
    seconds : float
        After so many seconds no new run begins.

    Returns
    -------
    Cost
        What they took.
    """
    with _opened(engine, metric, folder) as ask:
        times = [_time(ask)]
        while len(times) <= rounds and sum(times) < seconds:
            times.append(_time(ask))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Cost(times[1:] or times, None if engine == SPARK else peak)


def _time(ask: Callable[[], Any]) -> float:
    gc.collect()
    start = perf_counter()
    ask()
    return perf_counter() - start


@contextmanager
def _opened(engine: str, metric: str, folder: Path) -> Iterator[Callable[[], Any]]:
    """Set an engine up, and give what asks it."""
    measured = METRICS[metric]
    if engine in BY_HAND:
        from benchmarks import by_hand  # noqa: PLC0415 - each process has one engine

        query = (by_hand.DUCKDB if engine.startswith("DuckDB") else by_hand.POLARS)[metric]
        yield lambda: query(folder)
    elif engine in _IN_MEMORY:
        yield lambda: measured(*_read(engine, folder, metric))
    elif engine == "Dask":
        from dask.distributed import Client, LocalCluster  # noqa: PLC0415

        two = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
        with LocalCluster(**two) as workers, Client(workers):  # type: ignore[no-untyped-call]
            yield lambda: measured(*_scanned(engine, folder))
    else:
        _scanned(engine, folder)  # starts what there is to start, which is Spark's session above all
        yield lambda: measured(*_scanned(engine, folder))


def _scanned(engine: str, folder: Path) -> tuple[Any, Any]:
    """Give the calls and the turns as an engine opens them."""
    calls, turns = (str(folder / f"{name}.parquet") for name in ("calls", "transcripts"))
    if engine in {"DuckDB", SMALL_DUCKDB}:
        import duckdb  # noqa: PLC0415

        if engine == SMALL_DUCKDB:
            duckdb.execute("SET memory_limit = '1GB'")
            duckdb.execute(f"SET temp_directory = '{folder / 'spilled'}'")
        return duckdb.read_parquet(calls), duckdb.read_parquet(turns)
    if engine == "Polars":
        import polars as pl  # noqa: PLC0415

        return pl.scan_parquet(calls), pl.scan_parquet(turns)
    if engine == "Dask":
        import dask.dataframe as dd  # noqa: PLC0415

        return dd.read_parquet(calls, split_row_groups=5), dd.read_parquet(turns, split_row_groups=5)
    from pyspark.sql import SparkSession  # noqa: PLC0415

    session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    session = session.config("spark.driver.memory", "4g").config("spark.ui.showConsoleProgress", "false")
    spark = session.getOrCreate()
    return spark.read.parquet(calls), spark.read.parquet(turns)


def _read(engine: str, folder: Path, metric: str) -> tuple[Any, Any]:
    """Read what a metric needs into memory: the calls, and the turns where it asks for them."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    tables = [pq.read_table(folder / "calls.parquet", columns=_READ[metric])]
    if metric == "funnel":
        columns = ["campaign_id", "call_id", "role", "content"]
        tables.append(pq.read_table(folder / "transcripts.parquet", columns=columns))
    if engine == "pandas":
        tables = [table.to_pandas() for table in tables]
    return tables[0], tables[1] if metric == "funnel" else None


if __name__ == "__main__":
    # For another Python than that of `benchmarks.engines`: the cost goes out as JSON.
    name, metric_name, where, times_at_most, seconds_at_most = sys.argv[1:]
    cost = run(name, metric_name, Path(where), int(times_at_most), float(seconds_at_most))
    print(json.dumps(vars(cost)))
