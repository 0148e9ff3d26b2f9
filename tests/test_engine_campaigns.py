from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from archives import Account, sync, version
from hypothesis import given, settings
from hypothesis import strategies as st

import caldframe as cf
from caldframe.archive import Archive
from caldframe.engine import campaigns, holding, in_order, map_campaigns, split_campaigns
from caldframe.errors import ConfigurationError, UnknownColumnError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

LAZY: Final[Mapping[str, Callable[[pa.Table], Any]]] = {
    "duckdb": duckdb.from_arrow,
    "polars": lambda table: pl.DataFrame(table).lazy(),
}


def table_of(ids: list[str | None]) -> pa.Table:
    return pa.table({"campaign_id": pa.array(ids, pa.string()), "n": pa.array(range(len(ids)), pa.int64())})


def rows_of(table: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = nw.from_native(table).collect("pyarrow").rows(named=True)
    return rows


@pytest.fixture
def some_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no more than a few rows come at a time."""
    monkeypatch.setattr(campaigns, "_ROWS", 3)


@pytest.mark.parametrize("engine", LAZY)
@given(
    st.lists(st.sampled_from(["a", "b", "c", None]), max_size=12),
    st.lists(st.sampled_from(["b", "d", None, ""]), max_size=6),
    st.integers(1, 8),
)
@settings(max_examples=15)
def test_every_row_comes_once_with_all_of_its_campaign(
    engine: str, ids: list[str | None], others: list[str | None], rows: int
) -> None:
    put = LAZY[engine]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(campaigns, "_ROWS", rows)
        parts = map_campaigns(
            lambda one, other: (one, other),
            (put(table_of(ids)), ["n"]),
            (put(table_of(others)), ["campaign_id", "n"]),
        )
    for given_ids, found in zip((ids, others), zip(*parts, strict=True), strict=True):
        together = in_order(found)
        # The index is the number of the row, whatever the campaigns that stand around it.
        assert together.index.tolist() == together["n"].tolist() == list(range(len(given_ids)))
        assert together["campaign_id"].astype(object).where(
            together["campaign_id"].notna(), None
        ).tolist() == (given_ids)
    where: dict[Any, set[int]] = {}
    for number, part in enumerate(parts):
        for table in part:
            for campaign in table["campaign_id"].fillna("null"):
                where.setdefault(campaign, set()).add(number)
    assert all(len(numbers) == 1 for numbers in where.values())


@pytest.mark.parametrize("engine", LAZY)
@given(
    st.lists(st.sampled_from(["a", "b", "c", "é", None]), max_size=12),
    st.lists(st.sampled_from(["b", "d", "\U0001f600", None, ""]), max_size=6),
    st.integers(1, 8),
)
@settings(max_examples=15)
def test_a_large_table_is_split_so_that_every_row_of_each_is_in_one_part(
    engine: str, ids: list[str | None], others: list[str | None], rows: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(campaigns, "_ROWS_JOINED", rows)
        parts = split_campaigns(LAZY[engine](table_of(ids)), LAZY[engine](table_of(others)))
        found = [[rows_of(table) for table in part] for part in parts]
    for given_ids, tables in zip((ids, others), zip(*found, strict=True), strict=True):
        together = sorted((row for table in tables for row in table), key=lambda row: row["n"])
        assert together == table_of(given_ids).to_pylist()
        of_parts = [{row["campaign_id"] for row in table} for table in tables]
        assert sum(map(len, of_parts)) == len(set(given_ids))
    if rows == 1:
        assert len(parts) == max(1, len(set(ids) - {None}))


@pytest.mark.usefixtures("some_rows")
@pytest.mark.parametrize("engine", LAZY)
def test_campaigns_come_so_many_at_a_time_that_their_rows_are_few(engine: str) -> None:
    table = LAZY[engine](table_of(["a", "b", "c", "c", "c", "c", "c", "d", None]))
    assert map_campaigns(len, (table, ["n"])) == [7, 2]


def test_rows_that_are_here_come_all_at_once() -> None:
    table = table_of(["a", "b"]).append_column("m", pa.array([1, 2]))
    found: list[list[str]] = map_campaigns(list, (table, ["n", "campaign_id", "n"]))
    assert found == map_campaigns(list, (pl.DataFrame(table), ["n", "campaign_id"])) == [["n", "campaign_id"]]
    frame = table.to_pandas()
    assert map_campaigns(lambda rows: rows is frame, (frame, ["n"])) == [True]


@pytest.mark.parametrize("engine", LAZY)
def test_a_table_without_rows_comes_without_rows(engine: str) -> None:
    (found,) = map_campaigns(lambda rows: rows, (LAZY[engine](table_of([])), ["n"]))
    assert found.dtypes.to_dict() == {"campaign_id": pd.StringDtype(na_value=np.nan), "n": pd.Int64Dtype()}
    assert found.empty


def test_what_cannot_be_told_apart_is_refused() -> None:
    table = duckdb.from_arrow(table_of(["a"]))
    with pytest.raises(UnknownColumnError, match="no column 'm'"):
        map_campaigns(len, (table, ["m"]))
    with pytest.raises(UnknownColumnError, match="no column 'campaign_id'"):
        map_campaigns(len, (table.select("n"), ["n"]))
    with pytest.raises(ConfigurationError, match="a DuckDB relation and a pandas DataFrame"):
        map_campaigns(len, (table, ["n"]), (table_of(["a"]).to_pandas(), ["n"]))
    with pytest.raises(ConfigurationError, match="'campaign_id' should hold text or null"):
        map_campaigns(len, (table.select("n AS campaign_id"), ["campaign_id"]))


@pytest.mark.usefixtures("some_rows")
@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_of_an_archive_a_file_is_opened_when_its_campaign_comes(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Archive(tmp_path / "archive")
    ids = [f"campaign-{number}" for number in range(6)]
    sync(archive, Account({campaign: version(campaign, number) for number, campaign in enumerate(ids)}))
    turns, calls = (archive.scan(table, engine=engine) for table in ("transcripts", "calls"))
    came: list[int] = []

    def noted(table: pa.Table) -> pd.DataFrame:
        came.append(table.num_rows)
        return bring(table)

    bring = holding._to_pandas
    monkeypatch.setattr(holding, "_to_pandas", noted)
    found = cf.talk_metrics(turns, calls)
    monkeypatch.undo()
    frames = archive.frames()
    pd.testing.assert_frame_equal(found, cf.talk_metrics(frames.transcripts, frames.calls), check_exact=True)
    of_campaigns = frames.transcripts.groupby("campaign_id").size().max()
    assert len(came) > len(ids)
    assert max(came) <= max(of_campaigns + campaigns._ROWS, len(ids))


def test_groups_that_are_no_column_need_the_turns_here() -> None:
    turns = table_of(["a"]).append_column("content", pa.array(["Hi."]))
    assert cf.distinctive_terms(turns, np.array(["x"]))["term"].tolist() == ["hi"]
    with pytest.raises(ConfigurationError, match="a value for each of the transcripts, whose rows are not"):
        cf.distinctive_terms(duckdb.from_arrow(turns), np.array(["x"]))


def test_an_outcome_that_few_campaigns_know_is_one_for_all() -> None:
    calls = pd.DataFrame(
        {
            "campaign_id": ["a", "b"],
            "prospect_number": "+12125550123",
            "direction": "outbound",
            "completed": True,
            "created_at": pd.Timestamp("2026-03-02 14:05Z"),
            "result": ["busy", "ivr"],
        }
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(campaigns, "_ROWS", 1)
        found = cf.attempts(pl.from_pandas(calls).lazy(), outcome="busy")
    pd.testing.assert_frame_equal(found, cf.attempts(calls, outcome="busy"))
