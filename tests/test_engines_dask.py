"""Every metric gives the same table where the calls are on a Dask cluster: two worker processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dask.dataframe as dd
import pandas as pd
import pyarrow.parquet as pq
import pytest
from dask.distributed import Client, LocalCluster
from engine_cases import (
    ALL,
    NEED_ROWS,
    Held,
    assert_same,
    on_pandas,
    with_own_columns,
)

import caldframe as cf
from caldframe.errors import ConfigurationError
from caldframe.frames import to_pandas
from caldframe.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from caldframe.schema import Tables

PARTS = 3


@pytest.fixture(scope="module")
def cluster() -> Iterator[Client]:
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as workers,  # type: ignore[no-untyped-call]
        Client(workers) as client,  # type: ignore[no-untyped-call]
    ):
        yield client


def read_part(path: Path) -> pd.DataFrame:
    return to_pandas(pq.read_table(path), TABLES[path.parent.name])


def on_dask(tables: Tables, folder: Path) -> Held:
    """Put each table into files, which the workers read."""
    held = {}
    for name, table in tables.as_dict().items():
        (folder / name).mkdir()
        paths = [folder / name / f"{part}.parquet" for part in range(PARTS)]
        length = table.num_rows // PARTS + 1
        for part, path in enumerate(paths):
            pq.write_table(table.slice(part * length, length), path)
        meta = read_part(paths[0]).iloc[:0]
        held[name] = dd.from_map(read_part, paths, meta=meta)  # type: ignore[no-untyped-call]
    return Held(**held)


@pytest.mark.usefixtures("cluster")
def test_the_real_campaign_has_the_same_numbers(real_campaign: Path, tmp_path: Path) -> None:
    tables = with_own_columns(cf.load_campaign(real_campaign).to_arrow())
    held, frames = on_dask(tables, tmp_path), on_pandas(tables)
    for metric in ALL.values():
        assert_same(metric(held), metric(frames))
    for name, metric in NEED_ROWS.items():
        with pytest.raises(
            ConfigurationError, match=rf"^{name} needs .* a Dask DataFrame\. .*\.compute\(\): "
        ):
            metric(held)


@pytest.mark.usefixtures("cluster")
def test_calls_of_one_moment_come_in_the_order_of_their_rows(tmp_path: Path) -> None:
    moment = pd.Timestamp("2026-03-02 14:05Z")
    calls = pd.DataFrame(
        {
            "campaign_id": "c1",
            "prospect_number": "+12125550123",
            "direction": "outbound",
            "completed": True,
            "created_at": moment,
            "result": ["ivr", "pickedUp", "ivr", "pickedUp"],
        }
    )
    partitions = dd.from_pandas(calls, npartitions=4)  # type: ignore[no-untyped-call]
    assert_same(cf.reach_curve(partitions), cf.reach_curve(calls))
    assert cf.reach_curve(calls)["attempt"].tolist() == [1, 2]


@pytest.mark.usefixtures("cluster")
def test_values_of_another_kind_are_refused() -> None:
    calls: Any = dd.from_pandas(  # type: ignore[no-untyped-call]
        pd.DataFrame(
            {"completed": True, "direction": "outbound", "result": ["ivr"], "call_length": ["long"]}
        ),
        npartitions=1,
    )
    with pytest.raises(ConfigurationError, match="'call_length' should hold numbers or null"):
        cf.length_summary(calls, results=None)
