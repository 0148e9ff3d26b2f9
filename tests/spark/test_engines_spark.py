"""Every metric gives the same table where the calls are on Spark, whatever the time zone of its session."""

from __future__ import annotations

import json
import os
import re
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from archives import Account, sync, version
from engine_cases import (
    ALL,
    NEED_ROWS,
    Held,
    assert_same,
    on_pandas,
    with_own_columns,
)
from pyspark.sql import SparkSession

import caldframe as cf
from caldframe.archive import Archive
from caldframe.engine import number_rows, places_of
from caldframe.errors import ConfigurationError
from caldframe.sandbox import synthetic_campaign
from caldframe.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from caldframe.frames import CampaignFrames


GUIDE: Final = Path(__file__).parents[2] / "docs" / "how-to" / "spark.md"
BLOCK: Final = re.compile(r"(?:^(?: {4}.*)?\n)+", re.MULTILINE)


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    """Give the session of a whole run: a process has one of Spark's own or one of Spark Connect, never both.

    CALDFRAME_SPARK=connect makes it the latter; any other value is the master, such as
    ``local-cluster[2,1,1024]``.
    """
    os.environ["PYSPARK_PYTHON"] = sys.executable
    where = os.environ.get("CALDFRAME_SPARK", "local[2]")
    if where == "connect":
        builder = SparkSession.builder.remote("local[2]")
    else:
        builder = SparkSession.builder.master(where).config("spark.ui.enabled", "false")
        builder = builder.config("spark.ui.showConsoleProgress", "false")
    # In a zone that is far from UTC, so that a local time which slips in is seen.
    session = (
        builder.config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.session.timeZone", "America/Los_Angeles")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.fixture(scope="module")
def both(
    spark: SparkSession, real_campaign: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Held, CampaignFrames]:
    """The real campaign in Parquet files that Spark reads, and in pandas."""
    tables = with_own_columns(cf.load_campaign(real_campaign).to_arrow())
    folder = tmp_path_factory.mktemp("tables")
    held: dict[str, Any] = {}
    for name, table in tables.as_dict().items():
        pq.write_table(table, folder / f"{name}.parquet")
        held[name] = spark.read.parquet(str(folder / f"{name}.parquet"))
    return Held(**held), on_pandas(tables)


@pytest.mark.parametrize("metric", ALL.values(), ids=ALL)
def test_the_real_campaign_has_the_same_numbers(
    both: tuple[Held, CampaignFrames], metric: Callable[[Any], pd.DataFrame]
) -> None:
    held, frames = both
    assert_same(metric(held), metric(frames))


@pytest.mark.parametrize(("name", "metric"), NEED_ROWS.items(), ids=NEED_ROWS)
def test_rows_that_are_not_here_are_asked_for(
    both: tuple[Held, CampaignFrames], name: str, metric: Callable[[Any], pd.DataFrame]
) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{name} needs .* a Spark DataFrame\. .*\.toArrow\(\): "):
        metric(both[0])


def test_rows_brought_here_as_arrow_are_enough(both: tuple[Held, CampaignFrames]) -> None:
    held, frames = both
    joined = cf.join_contacts(held.calls.toArrow(), held.contacts)
    assert_same(joined.counts, cf.join_contacts(frames.calls, held.contacts).counts)


def test_spark_counts_and_sends_no_rows(
    both: tuple[Held, CampaignFrames], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    held, frames = both
    asked: list[Any] = []
    collect = type(held.calls).toArrow

    def noted(self: Any) -> pa.Table:
        asked.append(self)
        return collect(self)

    monkeypatch.setattr(type(held.calls), "toArrow", noted)
    cf.outcome_rates(held.calls, "agent_id")
    (counts,) = asked
    counts.explain()
    plan = capsys.readouterr().out
    assert "HashAggregate(keys=[agent_id" in plan
    assert "ReadSchema: struct<agent_id:string,completed:boolean,result:string>" in plan
    assert counts.count() < len(frames.calls) / 100


def test_rows_have_a_place_in_the_whole_table(spark: SparkSession) -> None:
    numbers = number_rows(spark.range(0, 10, 1, 3), "row").toArrow().column("row").to_numpy()
    assert numbers.max() > 2**33
    assert places_of(spark.range(0, 10, 1, 3), numbers).tolist() == list(range(10))


@pytest.mark.usefixtures("spark")
def test_spark_reads_an_archive(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    ids = ["a", "B%/é", "x" * 300]
    sync(archive, Account({campaign: version(campaign, number) for number, campaign in enumerate(ids)}))
    for table in TABLES:
        assert archive.scan(table, engine="spark").columns == list(archive.scan(table).columns)
    found = cf.outcome_rates(archive.scan("calls", engine="spark"), "campaign_id")
    assert_same(found, cf.outcome_rates(archive.scan("calls"), "campaign_id"))
    assert found["campaign_id"].nunique() == len(ids)


@pytest.mark.usefixtures("spark")
def test_an_empty_archive_is_empty_there_too(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    sync(archive, Account({}))
    assert cf.outcome_rates(archive.scan("calls", engine="spark"))["total"].sum() == 0


# docs/how-to/spark.md: its blocks are set in, for the pages are tested without Spark.


def blocks_of_the_guide() -> list[str]:
    text = GUIDE.read_text(encoding="utf-8")
    return [textwrap.dedent(block).strip() for block in BLOCK.findall(text) if block.strip()]


def test_every_block_does_what_the_guide_says(spark: SparkSession, tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    bodies = [synthetic_campaign(seed=seed, calls=60) for seed in (1, 2)]
    sync(archive, Account({json.loads(body)["campaignId"]: body for body in bodies}))
    names: dict[str, Any] = {}
    for block in blocks_of_the_guide():
        if "sc://" in block:  # there is no such cluster; the other tests run on Connect as well
            continue
        here = block.replace("s3://bucket/calls", str(tmp_path / "archive"))
        here = here.replace("s3a://bucket", str(tmp_path))
        exec(compile(here, str(GUIDE), "exec"), names)  # noqa: S102 - our own page
    assert names["spark"] is spark

    frames = archive.frames()
    calls = frames.calls.assign(long=frames.calls["call_length"] > 120)
    expected: dict[str, pd.DataFrame] = {
        "rates": cf.outcome_rates(calls, "agent_id"),
        "hours": cf.pickup_by_hour(calls, tz="America/New_York", by="hour", outcome="long"),
        "curve": cf.reach_curve(calls[calls["direction"] == "outbound"], max_attempts=5),
        "funnel": cf.funnel(calls, frames.transcripts, "agent_id"),
        "talk": cf.talk_summary(frames.transcripts, calls, "agent_id"),
        "lengths": cf.length_summary(calls, "agent_id"),
        "summary": cf.outcome_rates(calls, ["agent_id", "direction"]),
        "again": cf.outcome_rates(calls, "agent_id"),
    }
    for name, table in expected.items():
        assert_same(names[name], table)


def test_the_guide_has_code_for_each_of_its_steps() -> None:
    blocks = blocks_of_the_guide()
    assert len(blocks) == 7
    assert sum("sc://" in block for block in blocks) == 1
    assert not any("pytest" in block for block in blocks)
