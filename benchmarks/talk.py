"""Measure what counting words costs: ``python -m benchmarks.talk``, or ``make talk``.

`talk_metrics` goes through a million turns, beside the words per call and role that Polars and DuckDB count
at white space: fewer numbers, by a rule that knows no script without spaces.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

import caldframe as cf
from benchmarks.measuring import in_fresh_process, process_peak
from benchmarks.report import circumstances, markdown_table, shown_size, shown_time, write_between_markers
from caldframe.sandbox import synthetic_campaign

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LIMIT: Final = 3.0
_TURNS: Final = 1_000_000
_CALLS_MADE_UP: Final = 2_000
_KEYS: Final = ["campaign_id", "call_id", "role"]


@dataclass(frozen=True)
class Way:
    """A way of counting the words of each call and role.

    Parameters
    ----------
    name : str
        What the table calls it.
    package : str
        What has to be installed.
    read : callable
        Takes the path of a Parquet file of turns, and gives them as this way has them.
    count : callable
        Takes these, and gives the counts.
    """

    name: str
    package: str
    read: Callable[[Path], Any]
    count: Callable[[Any], Any]

    @property
    def is_installed(self) -> bool:
        """Tell whether it can be measured here."""
        return find_spec(self.package) is not None


@dataclass(frozen=True)
class Cost:
    """The seconds that a way took, run by run, and the bytes at most above those of its libraries."""

    way: Way
    seconds: list[float]
    memory: int


def write_turns(path: Path, turns: int, base: Path | None) -> int:
    """Write many turns: those of a campaign, again and again, each time of other calls.

    Each copy has its number as one more word, so that no two copies have a text in common.

    Parameters
    ----------
    path : pathlib.Path
        The Parquet file to write.
    turns : int
        How many turns at least.
    base : pathlib.Path or None
        A saved response; by default a campaign is made up.

    Returns
    -------
    int
        How many turns there are.
    """
    said = cf.load_campaign(base or synthetic_campaign(seed=1, calls=_CALLS_MADE_UP)).transcripts
    copies = -(-turns // len(said))
    many = said.loc[np.tile(said.index, copies), [*_KEYS, "turn", "content"]].reset_index(drop=True)
    copy = pd.Series(np.repeat(np.arange(copies), len(said)).astype(str), dtype="str")
    many["call_id"] = many["call_id"] + "-" + copy
    many["content"] = many["content"] + " " + copy
    many.to_parquet(path)
    return len(many)


def _polars_turns(path: Path) -> Any:
    import polars as pl  # noqa: PLC0415 - each way has a process of its own, with its library alone

    return pl.read_parquet(path)


def _polars_pattern(turns: Any) -> Any:
    import polars as pl  # noqa: PLC0415

    words = pl.col("content").str.count_matches(r"\S+").sum()
    return turns.lazy().group_by(_KEYS).agg(words, pl.len()).collect()


def _polars_split(turns: Any) -> Any:
    import polars as pl  # noqa: PLC0415

    words = pl.col("content").str.split(" ").list.len().sum()
    return turns.lazy().group_by(_KEYS).agg(words, pl.len()).collect()


def _duckdb_turns(path: Path) -> Any:
    import duckdb  # noqa: PLC0415

    database = duckdb.connect()
    database.execute("CREATE TABLE turns AS SELECT * FROM read_parquet(?)", [str(path)])
    return database


def _duckdb_pattern(database: Any) -> Any:
    return _duckdb(database, r"len(regexp_extract_all(content, '\S+'))")


def _duckdb_split(database: Any) -> Any:
    return _duckdb(database, "len(string_split(content, ' '))")


def _duckdb(database: Any, words: str) -> Any:
    keys = ", ".join(_KEYS)
    counts = f"SELECT {keys}, sum({words})::BIGINT AS content, count(*) AS len FROM turns GROUP BY ALL"  # noqa: S608
    return database.sql(counts).to_arrow_table()


OURS: Final = Way("caldframe.talk_metrics", "caldframe", pd.read_parquet, cf.talk_metrics)
WAYS: Final = (
    OURS,
    Way("Polars, `count_matches`", "polars", _polars_turns, _polars_pattern),
    Way("Polars, `split` at each space", "polars", _polars_turns, _polars_split),
    Way("DuckDB, `regexp_extract_all`", "duckdb", _duckdb_turns, _duckdb_pattern),
    Way("DuckDB, `string_split` at each space", "duckdb", _duckdb_turns, _duckdb_split),
)


def measure(path: Path, ways: Sequence[Way], rounds: int) -> list[Cost]:
    """Time the ways in turn, round after round, each run in a fresh process that has counted once before."""
    seconds: dict[str, list[float]] = {way.name: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            print(way.name, file=sys.stderr, flush=True)
            seconds[way.name].append(in_fresh_process(_seconds, WAYS.index(way), path))
    return [Cost(way, seconds[way.name], in_fresh_process(_memory, WAYS.index(way), path)) for way in ways]


def ratio(costs: Sequence[Cost]) -> float:
    """Give how many times as long `talk_metrics` takes as the fastest other way."""
    medians = {cost.way.name: median(cost.seconds) for cost in costs}
    return medians.pop(OURS.name) / min(medians.values())


def render(costs: Sequence[Cost], turns: int) -> str:
    """Give the table of the documentation."""
    ours = next(median(cost.seconds) for cost in costs if cost.way is OURS)
    rows = [
        (
            cost.way.name,
            shown_time(median(cost.seconds)),
            f"{median(cost.seconds) / ours:.2f}×",
            str(len(cost.seconds)),
            shown_size(cost.memory),
        )
        for cost in costs
    ]
    table = markdown_table(("way", "median", "÷ caldframe", "runs", "peak memory, turns included"), rows)
    met = "met" if ratio(costs) <= LIMIT else "**not met**"
    goal = f"Wanted is at most {LIMIT:g} times the fastest other: {ratio(costs):.2f} times, {met}."
    return f"{circumstances()} {turns:,} turns.\n\n{table}\n\n{goal}\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print or write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.talk", description="Measure counting words.")
    parser.add_argument("--turns", type=int, default=_TURNS, help="how many turns to count")
    parser.add_argument("--rounds", type=int, default=5, help="how often to run each way")
    parser.add_argument("--base", type=Path, help="a saved response whose turns to multiply")
    parser.add_argument("--write", type=Path, help="the page to put the table in, between its markers")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "turns.parquet"
        turns = in_fresh_process(write_turns, path, options.turns, options.base)
        costs = measure(path, [way for way in WAYS if way.is_installed], options.rounds)
    text = render(costs, turns)
    if options.write:
        write_between_markers(options.write, text)
    else:
        print(text)


def _seconds(place: int, path: Path) -> float:
    way = WAYS[place]
    turns = way.read(path)
    way.count(turns)
    gc.collect()
    start = perf_counter()
    way.count(turns)
    return perf_counter() - start


def _memory(place: int, path: Path) -> int:
    way = WAYS[place]
    import_module(way.package)
    before = process_peak()
    way.count(way.read(path))
    return process_peak() - before


if __name__ == "__main__":
    main()
