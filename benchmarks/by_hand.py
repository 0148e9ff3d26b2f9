"""What each metric counts, as one writes it by hand in DuckDB's SQL and with Polars.

Each query gives the counts alone: no intervals, nothing that is checked, and null where it should not be is
nobody's concern.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import duckdb
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_QUERIES: Final = {
    "outcome_rates, by campaign": (
        "SELECT campaign_id, result, count(*) FROM read_parquet($calls) WHERE completed GROUP BY ALL"
    ),
    "pickup_by_hour, by campaign": """
        SELECT campaign_id, hour(created_at AT TIME ZONE 'America/New_York'), count(*),
            count(*) FILTER (result = 'pickedUp')
        FROM read_parquet($calls) WHERE completed AND direction = 'outbound' GROUP BY ALL
    """,
    "length_summary, by agent": """
        SELECT agent_id, count(*), avg(call_length), stddev(call_length), min(call_length), max(call_length),
            quantile_cont(call_length, [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99])
        FROM read_parquet($calls) WHERE result = 'pickedUp' GROUP BY ALL
    """,
    "contact_kpis, by agent": """
        SELECT agent_id, count(*), count(*) FILTER (result = 'pickedUp'),
            count(*) FILTER (result IN ('pickedUp', 'voicemail', 'ivr')),
            count(*) FILTER (result = 'pickedUp' AND call_length < 10),
            count(*) FILTER (result = 'pickedUp' AND call_length > 60),
            count(DISTINCT prospect_number), count(DISTINCT prospect_number) FILTER (result = 'pickedUp'),
            sum(call_length) FILTER (result = 'pickedUp'), median(call_length) FILTER (result = 'pickedUp')
        FROM read_parquet($calls) WHERE completed AND direction = 'outbound' GROUP BY ALL
    """,
    "reach_curve": """
        WITH made AS (
            SELECT result = 'pickedUp' AS reached, row_number() OVER prospect AS attempt,
                coalesce(bool_or(result = 'pickedUp')
                    OVER (prospect ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), false) AS before
            FROM read_parquet($calls) WHERE completed AND direction = 'outbound'
            WINDOW prospect AS (PARTITION BY campaign_id, prospect_number ORDER BY created_at)
        )
        SELECT attempt, count(*), count(*) FILTER (reached) FROM made WHERE NOT before GROUP BY ALL
    """,
    "funnel": """
        WITH speaking AS (
            SELECT campaign_id, call_id, count(*) AS said FROM read_parquet($transcripts)
            WHERE role = 'user' AND trim(content) <> '' GROUP BY ALL
        )
        SELECT count(*), count(*) FILTER (completed),
            count(*) FILTER (completed AND result IN ('pickedUp', 'voicemail', 'ivr')),
            count(*) FILTER (completed AND result = 'pickedUp'),
            count(*) FILTER (completed AND result = 'pickedUp' AND said >= 1),
            count(*) FILTER (completed AND result = 'pickedUp' AND said >= 3)
        FROM read_parquet($calls) LEFT JOIN speaking USING (campaign_id, call_id)
    """,
}


def _of_duckdb(query: str) -> Callable[[Path], Any]:
    def ask(folder: Path) -> Any:
        paths = {name: str(folder / f"{name}.parquet") for name in ("calls", "transcripts")}
        return duckdb.execute(
            query, {name: path for name, path in paths.items() if f"${name}" in query}
        ).fetchall()

    return ask


_OVER: Final = pl.col("completed") & (pl.col("direction") == "outbound")
_UP: Final = pl.col("result") == "pickedUp"
_LENGTH: Final = pl.col("call_length")


def _calls(folder: Path) -> pl.LazyFrame:
    return pl.scan_parquet(folder / "calls.parquet")


def _outcomes(folder: Path) -> pl.LazyFrame:
    return _calls(folder).filter("completed").group_by("campaign_id", "result").len()


def _hours(folder: Path) -> pl.LazyFrame:
    hour = pl.col("created_at").dt.convert_time_zone("America/New_York").dt.hour()
    return _calls(folder).filter(_OVER).group_by("campaign_id", hour).agg(pl.len(), _UP.sum().alias("up"))


def _lengths(folder: Path) -> pl.LazyFrame:
    quantiles = [_LENGTH.quantile(q, "linear").alias(f"{q}") for q in (0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)]
    sums = [_LENGTH.mean().alias("mean"), _LENGTH.std().alias("std"), _LENGTH.min().alias("min")]
    return _calls(folder).filter(_UP).group_by("agent_id").agg(pl.len(), *sums, *quantiles)


def _kpis(folder: Path) -> pl.LazyFrame:
    prospect, talk = pl.col("prospect_number"), _LENGTH.filter(_UP)
    return (
        _calls(folder)
        .filter(_OVER)
        .group_by("agent_id")
        .agg(
            pl.len(),
            _UP.sum().alias("up"),
            pl.col("result").is_in(["pickedUp", "voicemail", "ivr"]).sum().alias("answered"),
            (talk < 10).sum().alias("short"),  # noqa: PLR2004
            (talk > 60).sum().alias("engaged"),  # noqa: PLR2004
            prospect.n_unique().alias("called"),
            prospect.filter(_UP).n_unique().alias("reached"),
            talk.sum().alias("total"),
            talk.median().alias("median"),
        )
    )


def _reach(folder: Path) -> pl.LazyFrame:
    prospect = ["campaign_id", "prospect_number"]
    made = _calls(folder).filter(_OVER).select(*prospect, "created_at", _UP.alias("up"))
    attempt = pl.int_range(1, pl.len() + 1).over(prospect, order_by="created_at").alias("attempt")
    before = (pl.col("up").cum_sum().over(prospect, order_by="created_at") - pl.col("up")).alias("before")
    fresh = made.with_columns(attempt, before).filter(pl.col("before") == 0)
    return fresh.group_by("attempt").agg(pl.len(), pl.col("up").sum())


def _funnel(folder: Path) -> pl.LazyFrame:
    turns = pl.scan_parquet(folder / "transcripts.parquet")
    words = (pl.col("role") == "user") & (pl.col("content").str.strip_chars() != "")
    said = turns.filter(words).group_by("campaign_id", "call_id").agg(pl.len().alias("said"))
    joined = _calls(folder).join(said, on=["campaign_id", "call_id"], how="left")
    answered = pl.col("result").is_in(["pickedUp", "voicemail", "ivr"])
    up = pl.col("completed") & _UP
    return joined.select(
        pl.len(),
        pl.col("completed").sum(),
        (pl.col("completed") & answered).sum().alias("answered"),
        up.sum().alias("up"),
        (up & (pl.col("said") >= 1)).sum().alias("spoke"),
        (up & (pl.col("said") >= 3)).sum().alias("engaged"),  # noqa: PLR2004
    )


def _of_polars(query: Callable[[Path], pl.LazyFrame]) -> Callable[[Path], Any]:
    return lambda folder: query(folder).collect(engine="streaming")


DUCKDB: Final[Mapping[str, Callable[[Path], Any]]] = {
    metric: _of_duckdb(query) for metric, query in _QUERIES.items()
}
POLARS: Final[Mapping[str, Callable[[Path], Any]]] = {
    metric: _of_polars(query)
    for metric, query in zip(_QUERIES, (_outcomes, _hours, _lengths, _kpis, _reach, _funnel), strict=True)
}
