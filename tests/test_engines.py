"""Every metric gives the same table wherever the calls are: engines that run in this process."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from engine_cases import (
    ALL,
    CAMPAIGN_BY_CAMPAIGN,
    METRICS,
    NEED_ROWS,
    Held,
    assert_same,
    on_engine,
    on_pandas,
    random_tables,
    with_own_columns,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import caldframe as cf
from benchmarks.many_calls_in_files import make_files
from caldframe.engine import campaigns, counting, holding
from caldframe.errors import ConfigurationError, UnknownColumnError
from caldframe.schema import TEXT, Tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

ENGINES: Final[Mapping[str, Callable[[pa.Table], Any]]] = {
    "pyarrow": lambda table: table,
    "polars": pl.from_arrow,
    "lazy polars": lambda table: pl.DataFrame(table).lazy(),
    "duckdb": duckdb.from_arrow,
}


@pytest.fixture(params=list(ENGINES.values()), ids=list(ENGINES))
def put(request: pytest.FixtureRequest) -> Callable[[pa.Table], Any]:
    """Put an Arrow table into an engine."""
    engine: Callable[[pa.Table], Any] = request.param
    return engine


@pytest.fixture(scope="session")
def real_tables(real_campaign: Path) -> Tables:
    return with_own_columns(cf.load_campaign(real_campaign).to_arrow())


@pytest.mark.parametrize("metric", ALL.values(), ids=ALL)
def test_the_real_campaign_has_the_same_numbers(
    put: Callable[[pa.Table], Any], metric: Callable[[Any], pd.DataFrame], real_tables: Tables
) -> None:
    assert_same(metric(on_engine(real_tables, put)), metric(on_pandas(real_tables)))


@pytest.mark.parametrize("engine", ["pyarrow", "lazy polars", "duckdb"])
@given(tables=random_tables())
@settings(max_examples=10)
def test_so_has_any_campaign(engine: str, tables: Tables) -> None:
    held, frames = on_engine(tables, ENGINES[engine]), on_pandas(tables)
    for metric in METRICS.values():
        assert_same(metric(held), metric(frames))


IN_PARTS = {name: metric for name, metric in METRICS.items() if re.match("funnel|reach|contact|drop", name)}


@given(tables=random_tables(), rows=st.sampled_from([2, 1_000]))
@settings(max_examples=5)
def test_so_has_any_campaign_in_files_of_which_duckdb_knows_the_order(
    tmp_path_factory: pytest.TempPathFactory, tables: Tables, rows: int
) -> None:
    def written(table: pa.Table) -> duckdb.DuckDBPyRelation:
        folder = tmp_path_factory.mktemp("files")
        half = table.num_rows // 2
        for number, part in enumerate((table[:half], table[half:])):
            pq.write_table(part, folder / f"{number}.parquet", row_group_size=2)
        return duckdb.read_parquet(str(folder / "*.parquet"))

    held, frames = on_engine(tables, written), on_pandas(tables)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(campaigns, "_ROWS_THERE", rows)
        patch.setattr(campaigns, "_ROWS_JOINED", rows)
        for metric in IN_PARTS.values():
            assert_same(metric(held), metric(frames))


@pytest.mark.parametrize("engine", ["lazy polars", "duckdb"])
@given(tables=random_tables(), rows=st.integers(1, 5))
@settings(max_examples=5)
def test_campaigns_that_are_looked_at_some_at_a_time_give_the_same(
    engine: str, tables: Tables, rows: int
) -> None:
    held, frames = on_engine(tables, ENGINES[engine]), on_pandas(tables)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(campaigns, "_ROWS", rows)
        patch.setattr(campaigns, "_ROWS_THERE", 4 * rows)
        patch.setattr(campaigns, "_ROWS_JOINED", rows)
        patch.setattr(counting, "_ROWS_AT_ONCE", 4 * rows)
        for metric in {**CAMPAIGN_BY_CAMPAIGN, **IN_PARTS}.values():
            assert_same(metric(held), metric(frames))


@pytest.mark.parametrize("metric", NEED_ROWS.values(), ids=NEED_ROWS)
@pytest.mark.parametrize("engine", ["pyarrow", "polars"])
def test_rows_that_are_here_are_handed_to_pandas(
    engine: str, metric: Callable[[Any], pd.DataFrame], real_tables: Tables
) -> None:
    frames = on_pandas(real_tables)
    held = Held(frames.campaigns, frames.calls, frames.transcripts, frames.problems)
    assert_same(metric(on_engine(real_tables, ENGINES[engine])), metric(held))


@pytest.mark.parametrize(("name", "metric"), NEED_ROWS.items(), ids=NEED_ROWS)
@pytest.mark.parametrize(
    ("engine", "what", "how"),
    [
        ("lazy polars", "a Polars LazyFrame", r"\.collect\(\)"),
        ("duckdb", "a DuckDB relation", r"\.to_arrow_table\(\)"),
    ],
)
def test_rows_that_are_not_here_are_asked_for(
    engine: str, what: str, how: str, name: str, metric: Callable[[Any], pd.DataFrame], real_tables: Tables
) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{name} needs the rows .* this is {what}\. .*{how}: "):
        metric(on_engine(real_tables, ENGINES[engine]))


def test_an_unknown_column_is_named_beside_those_there_are(put: Callable[[pa.Table], Any]) -> None:
    calls = put(pa.table({"agent_id": ["a"], "result": ["ivr"], "completed": [True]}))
    with pytest.raises(UnknownColumnError) as raised:
        cf.outcome_rates(calls, "agnet_id")
    assert str(raised.value) == (
        "The table has no column 'agnet_id'. Did you mean 'agent_id'? "
        "Its columns: agent_id, result, completed."
    )


def test_values_of_another_kind_are_refused(put: Callable[[pa.Table], Any]) -> None:
    calls = put(pa.table({"result": ["pickedUp"], "call_length": ["long"]}))
    with pytest.raises(ConfigurationError, match="'call_length' should hold numbers or null"):
        cf.length_summary(calls)


def test_two_columns_of_one_name_are_refused() -> None:
    calls = pa.table([["ivr"], ["ivr"], [True]], names=["result", "result", "completed"])
    with pytest.raises(ConfigurationError, match="2 columns named 'result'"):
        cf.outcome_rates(calls)


@pytest.mark.parametrize("table", [None, {"result": ["ivr"]}, pd.Series([1]), pl.Series([1]), "calls"])
def test_anything_else_is_no_table(table: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"not a (NoneType|dict|Series|str); or a table of PyArrow"):
        cf.outcome_rates(table)


TEXTS: Final[Mapping[str, Callable[[pa.ChunkedArray[Any]], pa.ChunkedArray[Any]]]] = {
    "short": lambda texts: texts.cast(pa.string()),
    "views": lambda texts: texts.cast(pa.string_view()),
    "categories": lambda texts: texts.cast(pa.string()).dictionary_encode(),
}
"""Ways in which Arrow tables that others made hold text."""


def with_texts(table: pa.Table, kind: str) -> pa.Table:
    """Give the text of a table another type, but for what is grouped by, whose categories have an order."""
    for place, name in enumerate(table.column_names):
        if table.column(name).type == TEXT and name not in {"agent_id", "from_number"}:
            table = table.set_column(place, name, TEXTS[kind](table.column(name)))
    return table


BY_TEXT = [
    "contact_kpis",
    "funnel",
    "length_summary",
    "pickup_by_hour of prospects",
    "reach_curve",
    "openings",
]


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("name", BY_TEXT)
def test_arrow_may_hold_text_in_any_way(name: str, kind: str, real_tables: Tables) -> None:
    held = on_engine(real_tables, partial(with_texts, kind=kind))
    assert_same(ALL[name](held), ALL[name](on_pandas(real_tables)))


@pytest.mark.parametrize("kind", TEXTS)
def test_turns_may_hold_it_in_another_way_than_calls(kind: str, real_tables: Tables) -> None:
    turns = with_texts(real_tables.transcripts, kind)
    frames = on_pandas(real_tables)
    assert_same(cf.funnel(real_tables.calls, turns), cf.funnel(frames.calls, frames.transcripts))


def test_a_prospect_is_one_in_a_group_that_is_written_in_two_ways(put: Callable[[pa.Table], Any]) -> None:
    calls = pa.table(
        {
            "score": pa.array([0.0, -0.0, None, math.nan, 1.5]),
            "direction": ["outbound"] * 5,
            "completed": [True] * 5,
            "result": ["pickedUp"] * 5,
            "call_length": [30.0] * 5,
            "prospect_number": ["+1"] * 5,
        }
    )
    kpis = cf.contact_kpis(put(calls), "score")
    called = kpis[kpis["kpi"] == "contact_rate_of_called"]
    assert called["score"].fillna(9).tolist() == [0, 1.5, 9]
    assert called["denominator"].tolist() == [1, 1, 1]
    assert kpis.loc[kpis["kpi"] == "calls_per_called_prospect", "rate"].tolist() == [2, 1, 2]


def test_a_zero_with_a_sign_is_a_zero_to_the_last_digit(put: Callable[[pa.Table], Any]) -> None:
    # With this many of each, the sum of squares depends on whether they are counted together.
    lengths = [-0.0] * 7 + [0.0] * 5 + [length / 10 for length in range(3, 300, 14)]
    calls = pa.table({"call_length": lengths})
    assert_same(
        cf.length_summary(put(calls), results=None), cf.length_summary(calls.to_pandas(), results=None)
    )
    ecdf = cf.length_ecdf(put(calls), results=None)
    assert ecdf["seconds"].is_unique
    assert math.copysign(1, ecdf["seconds"].iloc[0]) == 1


NOTHING_SAID = {
    "groups": ["agent_id", "sale"],
    "ends": ["completed", "result"],
    "times": ["created_at", "completed_at", "call_length"],
    "prospects": ["direction", "prospect_number"],
    "turns": ["content", "role"],
}
COUNTS_NOTHING = ["funnel", "contact_kpis", "reach_by_gap", "ring_time", "pickup_by_hour of prospects"]


def some_calls() -> Tables:
    calls = [
        {
            "callId": f"k{row}",
            "direction": "outbound",
            "to": f"+1212555010{row % 3}",
            "completed": True,
            "result": ("pickedUp", "voicemail")[row % 2],
            "createdAt": f"2026-03-0{row % 5 + 1}T15:00:00Z",
            "completedAt": f"2026-03-0{row % 5 + 1}T15:05:00Z",
            "callLength": 30.5 * row,
            "transcripts": [{"role": "user", "content": "Yes?"}],
        }
        for row in range(9)
    ]
    campaign = {"campaignId": "c", "agentId": "a", "calls": calls}
    return with_own_columns(cf.load_campaign(json.dumps(campaign).encode()).to_arrow())


def without_values(tables: Tables, columns: list[str], kind: pa.DataType | None = None) -> Tables:
    """Give tables with null in some columns, of a kind, or of the one that they had."""
    emptied = {}
    for name, table in tables.as_dict().items():
        emptied[name] = table
        for place, field in enumerate(table.schema):
            if field.name in columns and name in {"calls", "transcripts"}:
                nulls = pa.nulls(table.num_rows, kind or field.type)
                emptied[name] = emptied[name].set_column(place, field.name, nulls)
    return Tables(**emptied)


@pytest.mark.parametrize("engine", ["pyarrow", "lazy polars", "duckdb"])
@pytest.mark.parametrize("columns", NOTHING_SAID.values(), ids=NOTHING_SAID)
def test_a_column_without_a_type_counts_as_one_of_nulls(columns: list[str], engine: str) -> None:
    frames = on_pandas(without_values(some_calls(), columns))
    held = on_engine(without_values(some_calls(), columns, pa.null()), ENGINES[engine])
    for name in COUNTS_NOTHING:
        assert_same(ALL[name](held), ALL[name](frames))


@pytest.mark.parametrize("columns", [NOTHING_SAID[name] for name in ("ends", "times", "prospects")])
def test_so_does_what_duckdb_takes_for_whole_numbers(columns: list[str]) -> None:
    frames = on_pandas(without_values(some_calls(), columns))
    held = on_engine(without_values(some_calls(), columns, pa.int32()), duckdb.from_arrow)
    for name in ("contact_kpis", "ring_time", "pickup_by_hour of prospects"):
        # Groups of such a column stay whole numbers, as those of any column of whole numbers do.
        assert_frame_equal(ALL[name](held), ALL[name](frames), check_dtype=False)


def test_whole_numbers_are_no_text_where_there_is_one() -> None:
    calls = pa.table({"call_length": [2.5], "result": pa.array([1], pa.int32())})
    with pytest.raises(ConfigurationError, match="'result' should hold text or null, but is Int32"):
        cf.length_summary(duckdb.from_arrow(calls))


def test_a_table_of_rows_in_which_nobody_said_something_can_be_grouped_by_it(
    put: Callable[[pa.Table], Any],
) -> None:
    rows = [{"result": "pickedUp", "completed": True, 'of "mine"': None, "^agent.*$": None}]
    calls = put(pa.Table.from_pylist(rows * 3))
    rates = cf.outcome_rates(calls, 'of "mine"')
    assert rates['of "mine"'].isna().all()
    assert rates.loc[rates["result"] == "pickedUp", "n"].tolist() == [3]


@pytest.mark.parametrize("name", ["Number", "GAP", "Occurred", "Attempt", "Reached"])
def test_columns_of_ones_own_may_have_names_that_are_used_inside(
    put: Callable[[pa.Table], Any], name: str, real_tables: Tables
) -> None:
    calls = real_tables.calls.append_column(name, real_tables.calls["variant"])
    for metric in (cf.reach_curve, cf.reach_by_gap):
        assert_same(
            metric(put(calls), name), metric(on_pandas(replace(real_tables, calls=calls)).calls, name)
        )


@pytest.mark.parametrize(
    ("engine", "name"),
    [
        ("duckdb", "custom.plan"),
        ("duckdb", "`a`"),
        ("duckdb", "*"),
        ("polars", "*"),
        ("lazy polars", "^a.*$"),
    ],
)
def test_names_that_an_engine_takes_for_something_else_are_refused(engine: str, name: str) -> None:
    calls = ENGINES[engine](pa.table({name: ["a"], "result": ["ivr"], "completed": [True]}))
    with pytest.raises(ConfigurationError, match=rf"^The name {re.escape(repr(name))} .*Rename the column"):
        cf.outcome_rates(calls, name)
    assert cf.outcome_rates(calls)["n"].sum() == 1


def test_tables_of_two_engines_are_refused(put: Callable[[pa.Table], Any], real_tables: Tables) -> None:
    held = on_engine(real_tables, put)
    with pytest.raises(ConfigurationError, match=r"The tables are a .* and a pandas DataFrame\. Give both"):
        cf.funnel(held.calls, on_pandas(real_tables).transcripts)


def times(tables: Tables, count: int) -> Tables:
    """Give every call so many times, each time with other prospects."""
    place = tables.calls.schema.get_field_index("prospect_number")
    numbers = tables.calls.column("prospect_number")
    copies = [
        tables.calls.set_column(
            place,
            "prospect_number",
            pc.binary_join_element_wise(numbers, pa.scalar(f"{copy}", TEXT), pa.scalar("", TEXT)),
        )
        for copy in range(count)
    ]
    return replace(tables, calls=pa.concat_tables(copies))


# Each distinct number comes here to have its zones looked up; and PyArrow and Polars hold their rows here, so
# that attempts and turns are put in order by pandas.
COUNTED = [name for name in METRICS if not re.search("prospects|reach|drop|quiet", name)]


@pytest.mark.parametrize("name", COUNTED)
def test_no_more_comes_here_where_there_are_more_calls(
    put: Callable[[pa.Table], Any], name: str, real_tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    came: list[int] = []

    def noted(table: pa.Table) -> pd.DataFrame:
        came.append(table.num_rows)
        return bring(table)

    bring = holding._to_pandas
    monkeypatch.setattr(holding, "_to_pandas", noted)
    few, many = on_engine(times(real_tables, 1), put), on_engine(times(real_tables, 4), put)
    METRICS[name](few)
    from_few, came[:] = list(came), []
    METRICS[name](many)
    assert came == from_few


@pytest.mark.parametrize("engine", ["lazy polars", "duckdb"])
@pytest.mark.parametrize("name", [name for name in METRICS if "reach" in name])
def test_attempts_are_numbered_where_the_calls_are(
    engine: str, name: str, real_tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    test_no_more_comes_here_where_there_are_more_calls(ENGINES[engine], name, real_tables, monkeypatch)


class Came:
    """What came here from engines: the names of the columns, and the number of rows, each time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tables: list[tuple[tuple[str, ...], int]] = []
        self._bring = holding._to_pandas
        monkeypatch.setattr(holding, "_to_pandas", self._note)

    def _note(self, table: pa.Table) -> pd.DataFrame:
        self.tables.append((tuple(table.column_names), table.num_rows))
        return self._bring(table)


@pytest.mark.parametrize("engine", ["lazy polars", "duckdb"])
@pytest.mark.parametrize("name", [name for name in METRICS if "drop" in name])
def test_turns_are_put_in_order_where_they_are(
    engine: str, name: str, real_tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    came = Came(monkeypatch)
    found = METRICS[name](on_engine(real_tables, ENGINES[engine]))
    assert sum(rows for _, rows in came.tables) <= 3 * len(found)
    assert not any("content" in columns for columns, _ in came.tables)


@pytest.mark.parametrize("engine", ["lazy polars", "duckdb"])
def test_of_all_calls_those_in_quiet_hours_come_here(
    engine: str, real_tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    came = Came(monkeypatch)
    found = cf.quiet_hours(on_engine(real_tables, ENGINES[engine]).calls, start=10, end=18)
    assert 0 < len(found) < real_tables.calls.num_rows / 2
    assert [rows for columns, rows in came.tables if "call_id" in columns] == [len(found)]


@pytest.mark.parametrize("engine", ["lazy polars", "duckdb"])
@given(
    turns=st.lists(
        st.tuples(
            st.sampled_from(["k1", "k2", None]),
            st.sampled_from([None, 0.0, 1.0, 1.0, -1.0, 7.0, float("nan"), 1e9]),
            st.sampled_from(["user", "assistant", "robot", None]),
            st.sampled_from(["Yes.", "No.", " ", None]),
        ),
        max_size=12,
    ),
    odd=st.sampled_from([None, None, 0.5, 1e12, float("inf")]),
)
@settings(max_examples=40)
def test_turns_may_be_numbered_in_odd_ways(
    engine: str, turns: list[tuple[Any, ...]], odd: float | None
) -> None:
    rows = [*turns, *([("k1", odd, "user", "Hm.")] if odd else [])]
    table = pa.table(
        {
            "campaign_id": pa.array(["c1"] * len(rows), TEXT),
            "call_id": pa.array([row[0] for row in rows], TEXT),
            "turn": pa.array([row[1] for row in rows], pa.float64()),
            "role": pa.array([row[2] for row in rows], TEXT),
            "content": pa.array([row[3] for row in rows], TEXT),
        }
    )
    assert_same(cf.drop_off(ENGINES[engine](table)), cf.drop_off(table.to_pandas()))


def test_calls_that_fit_into_no_memory_are_counted(tmp_path: Path) -> None:
    make_files(tmp_path, 400_000)
    with duckdb.connect(config={"memory_limit": "60MB", "threads": 1, "temp_directory": ""}) as database:
        calls = database.read_parquet(str(tmp_path / "calls.parquet"))
        with pytest.raises(duckdb.OutOfMemoryException):
            calls.create("everything")
        assert cf.outcome_rates(calls, "campaign_id")["n"].sum() == cf.campaign_cost(calls, 1)["n"].sum()
        assert cf.length_summary(calls, "agent_id")["n"].gt(0).all()
        assert cf.pickup_by_hour(calls, tz="America/New_York")["n"].gt(0).all()
        assert cf.caller_numbers(calls)["n"].gt(0).all()
        assert cf.reach_curve(calls)["at_risk"].gt(0).all()
        assert cf.contact_kpis(calls, "agent_id")["agent_id"].nunique() == 5
        assert cf.quiet_hours(calls, start=0, end=23.9).attrs["checked"] > 0


def test_a_join_that_fits_into_no_memory_is_made_campaign_by_campaign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_files(tmp_path, 400_000)
    with duckdb.connect(config={"memory_limit": "40MB", "threads": 1, "temp_directory": ""}) as database:
        calls, turns = (
            database.read_parquet(str(tmp_path / f"{name}.parquet")) for name in ("calls", "transcripts")
        )
        with pytest.raises(duckdb.OutOfMemoryException):
            cf.funnel(calls, turns)
        monkeypatch.setattr(campaigns, "_ROWS_JOINED", 50_000)
        assert cf.funnel(calls, turns)["n"].gt(0).any()
        assert cf.drop_off(turns, calls)["at_risk"].gt(0).all()
