from __future__ import annotations

import sys
from typing import Any

import dask.dataframe as dd
import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from caldframe.engine import DATASET_ENGINES, count_rows, open_dataset, stack_tables
from caldframe.errors import ConfigurationError, MissingExtraError

UPPER = pa.table({"result": ["ivr", "busy"], "turns": [1, 2]})
LOWER = pa.table({"result": ["ivr"], "mine": [True]})


def as_dask(table: pa.Table) -> Any:
    return dd.from_pandas(table.to_pandas(), npartitions=1)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("engine", "kind"),
    [("pyarrow", ds.Dataset), ("polars", pl.LazyFrame), ("duckdb", duckdb.DuckDBPyRelation)],
)
def test_a_data_set_is_opened_lazily(engine: str, kind: type) -> None:
    assert engine in DATASET_ENGINES
    opened = open_dataset(ds.dataset(UPPER), engine)
    assert isinstance(opened, kind)
    assert dict(zip(*rows_of(opened, "result"), strict=True)) == {"ivr": 1, "busy": 1}


def test_no_other_engine_opens_one() -> None:
    with pytest.raises(
        ConfigurationError, match=r"'dask' reads no data set\. Give one of: pyarrow, polars, duckdb"
    ):
        open_dataset(ds.dataset(UPPER), "dask")


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_an_engine_that_is_not_installed_is_said(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, engine, None)
    with pytest.raises(MissingExtraError, match=rf"{engine} is not installed.*caldframe\[{engine}\]"):
        open_dataset(ds.dataset(UPPER), engine)


@pytest.mark.parametrize(
    "put",
    [
        *(pa.Table.to_pandas, ds.dataset, lambda table: table),
        *(pl.from_arrow, lambda table: pl.DataFrame(table).lazy(), duckdb.from_arrow),
    ],
    ids=["pandas", "data set", "pyarrow", "polars", "lazy polars", "duckdb"],
)
def test_tables_are_put_one_below_the_other(put: Any) -> None:
    one = put(UPPER)
    assert stack_tables([one]) is one
    stacked = stack_tables([one, put(LOWER)])
    assert dict(zip(*rows_of(stacked, "result"), strict=True)) == {"ivr": 2, "busy": 1}
    assert dict(zip(*rows_of(stacked, "mine"), strict=True)) == {None: 2, True: 1}


def test_tables_of_dask_need_the_same_columns() -> None:
    stacked = stack_tables([as_dask(UPPER), as_dask(UPPER.slice(1))])
    assert dict(zip(*rows_of(stacked, "result"), strict=True)) == {"ivr": 1, "busy": 2}
    with pytest.raises(ConfigurationError, match="not all the same columns, and Dask needs that"):
        stack_tables([as_dask(UPPER), as_dask(LOWER)])


def rows_of(table: Any, column: str) -> tuple[list[Any], list[int]]:
    counts = count_rows(table, [column])
    values = counts.keys[column].astype(object)
    return [None if pd.isna(value) else value for value in values], counts.rows.tolist()
