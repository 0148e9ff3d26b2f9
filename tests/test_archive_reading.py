from __future__ import annotations

import shutil
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from archives import Account, assert_holds, body, call, raw_files, sync, version, version_in

import caldframe as cf
from caldframe.archive import Archive
from caldframe.archive.storage import open_storage
from caldframe.errors import ArchiveError, ConfigurationError
from caldframe.schema import TABLES

if TYPE_CHECKING:
    from pathlib import Path

MOMENT = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def archive(folder: Path) -> Archive:
    return Archive(folder)


@pytest.fixture
def filled(archive: Archive) -> Archive:
    for number, one in enumerate(["a", "b", "c"]):
        sync(archive, Account({one: version(one, number)}, now=MOMENT + timedelta(days=number)))
    return archive


def test_frames_are_those_of_the_responses(filled: Archive) -> None:
    for number, one in enumerate(["a", "b", "c"]):
        assert_holds(filled, one, version(one, number))
    everything = filled.frames()
    assert everything.campaigns["campaign_id"].tolist() == ["a", "b", "c"]
    assert everything.calls["campaign_id"].tolist() == ["a", *"bb", *"ccc"]
    assert filled.frames(["c", "a"]).campaigns["campaign_id"].tolist() == ["c", "a"]


def test_only_tables_that_it_makes_smaller_are_compressed(archive: Archive, folder: Path) -> None:
    sync(archive, Account({"a": body("a", *(call(f"k{number}") for number in range(100)))}))
    codecs = {}
    for name in TABLES:
        group = pq.read_metadata(folder / name / "campaign_id=a" / f"{name}.parquet").row_group(0)
        codecs[name] = {group.column(column).compression for column in range(group.num_columns)}
    assert codecs == {
        "campaigns": {"UNCOMPRESSED"},
        "calls": {"ZSTD"},
        "transcripts": {"ZSTD"},
        "problems": {"UNCOMPRESSED"},
    }
    assert_holds(archive, "a", body("a", *(call(f"k{number}") for number in range(100))))


def test_frames_since_are_what_has_changed(filled: Archive) -> None:
    assert len(filled.frames(since=MOMENT).campaigns) == 3
    assert filled.frames(since=MOMENT + timedelta(days=1)).campaigns["campaign_id"].tolist() == ["b", "c"]
    nothing = filled.frames(since=MOMENT + timedelta(days=3))
    assert [len(getattr(nothing, name)) for name in TABLES] == [0, 0, 0, 0]
    with pytest.raises(ConfigurationError, match="time zone"):
        filled.frames(since=datetime(2026, 3, 2))  # noqa: DTZ001 - what is refused


def test_a_campaign_that_is_not_there_is_named(filled: Archive) -> None:
    with pytest.raises(ConfigurationError, match="'x' is not in"):
        filled.frames(["a", "x"])


def test_an_archive_that_is_not_there_is_said(archive: Archive) -> None:
    for ask in (
        archive.frames,
        archive.campaigns,
        archive.verify,
        archive.rebuild,
        archive.unsettled,
        lambda: archive.scan("calls"),
    ):
        with pytest.raises(ArchiveError, match="no archive"):
            ask()


@pytest.mark.parametrize("scheme", ["", "memory://"])
def test_a_place_with_nothing_but_other_files_is_no_archive(scheme: str, tmp_path: Path) -> None:
    location = f"{scheme}{tmp_path}"
    open_storage(location).write("photos/beach.jpg", b"")
    archive = Archive(location)
    for ask in (archive.frames, archive.verify, archive.sync, lambda: archive.scan("calls")):
        with pytest.raises(ArchiveError, match="There is no archive at"):
            ask()
    sync(archive, Account({"a": body("a", call("k"))}))
    assert len(archive.frames().calls) == 1


def test_an_empty_place_is_an_archive_of_nothing(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").touch()  # not put there by a person
    assert Archive(tmp_path).campaigns().empty
    assert Archive(tmp_path).frames().calls.empty


def test_tables_without_responses_can_be_scanned(filled: Archive, folder: Path) -> None:
    shutil.rmtree(folder / "raw")
    assert filled.scan("calls")["campaign_id"].tolist() == ["a", *"bb", *"ccc"]


def test_the_list_of_campaigns_needs_no_file_read(filled: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caldframe.archive.storage.local.LocalStorage.read", None)
    table = filled.campaigns()
    assert table["campaign_id"].tolist() == ["a", "b", "c"]
    assert table["calls"].tolist() == [1, 2, 3]
    assert table["status"].tolist() == ["active"] * 3
    assert table["fetched_at"].tolist() == [MOMENT + timedelta(days=number) for number in range(3)]
    assert table["bytes"].gt(0).all()


def test_an_empty_archive_has_the_same_columns(archive: Archive) -> None:
    archive.sync([], client=Account({}))
    assert archive.campaigns().dtypes.astype(str).to_dict() == {
        "campaign_id": "str",
        "status": "str",
        "calls": "int64",
        "pending": "int64",
        "fetched_at": "datetime64[us, UTC]",
        "responses": "int64",
        "bytes": "int64",
    }
    for name, columns in TABLES.items():
        names = [column.name for column in columns]
        assert list(archive.scan(name).columns) == names
        assert archive.scan(name, engine="duckdb").columns == names
        assert archive.scan(name, engine="polars").collect().columns == names


# --- while others write --------------------------------------------------------------------------------


def test_whatever_is_half_written_is_not_mixed(filled: Archive, folder: Path) -> None:
    old = {name: (folder / name / "campaign_id=a" / f"{name}.parquet").read_bytes() for name in TABLES}
    sync(filled, Account({"a": version("a", 9)}))
    for number, name in enumerate(TABLES):
        (folder / name / "campaign_id=a" / f"{name}.parquet").write_bytes(old[name])
        assert version_in(filled.frames(["a"])) == 9, number


def test_tables_newer_than_the_response_known_are_right(filled: Archive, folder: Path) -> None:
    sync(filled, Account({"a": version("a", 9)}), history="all")
    raw_files(folder)[1].unlink()
    assert version_in(filled.frames(["a"])) == 9


def test_a_table_that_is_missing_or_torn_is_made_up_for(filled: Archive, folder: Path) -> None:
    (folder / "calls" / "campaign_id=a" / "calls.parquet").unlink()
    (folder / "problems" / "campaign_id=b" / "problems.parquet").write_bytes(b"PAR1")
    assert version_in(filled.frames(["a"])) == 0
    assert version_in(filled.frames(["b"])) == 1


def test_a_damaged_response_without_tables_is_said(filled: Archive, folder: Path) -> None:
    (folder / "calls" / "campaign_id=a" / "calls.parquet").unlink()
    raw_files(folder)[0].write_bytes(b"?")
    with pytest.raises(ArchiveError, match=r"is damaged.*verify\(repair=True\)"):
        filled.frames()


def test_a_reader_sees_old_or_new_and_never_goes_back(archive: Archive) -> None:
    account = Account({"a": version("a", 0)})
    sync(archive, account)
    over = threading.Event()

    def write() -> None:
        for number in range(1, 9):
            account.bodies["a"] = version("a", number)
            sync(archive, account)
        over.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = [0]
    try:
        while not over.is_set():
            seen.append(version_in(archive.frames(["a"])))
            calls = archive.scan("calls")["call_length"]
            assert len(calls) == calls.max() + 1
    finally:
        writer.join()
    assert seen == sorted(seen)
    assert version_in(archive.frames(["a"])) == 8


# --- other tools ---------------------------------------------------------------------------------------


def test_every_engine_gives_the_same_rows(filled: Archive) -> None:
    expected = filled.frames().calls
    names = expected.columns.tolist()
    assert filled.scan("calls").equals(expected)
    dataset = filled.scan("calls", engine="pyarrow")
    assert isinstance(dataset, ds.Dataset)
    lazy = filled.scan("calls", engine="polars")
    assert isinstance(lazy, pl.LazyFrame)
    relation = filled.scan("calls", engine="duckdb")
    assert isinstance(relation, duckdb.DuckDBPyRelation)
    rows = [tuple(row.values()) for row in dataset.to_table().to_pylist()]
    assert lazy.collect().columns == relation.columns == dataset.schema.names == names
    assert lazy.collect().rows() == rows
    counted = "campaign_id, count(*), sum(call_length)"
    assert sorted(relation.aggregate(counted).fetchall()) == [("a", 1, 0.0), ("b", 2, 2.0), ("c", 3, 6.0)]


def test_dask_reads_a_file_a_partition_and_the_columns_asked_for(filled: Archive) -> None:
    calls = filled.scan("calls", engine="dask")
    assert calls.npartitions == 3
    lengths = calls.compute(scheduler="sync")["call_length"]
    assert lengths.tolist() == filled.frames().calls["call_length"].tolist()
    assert calls[["call_length"]].compute(scheduler="sync").shape == (6, 1)
    for engine in ("pyarrow", "polars", "duckdb", "dask"):
        found = cf.outcome_rates(filled.scan("calls", engine=engine), "campaign_id")
        pd.testing.assert_frame_equal(found, cf.outcome_rates(filled.frames().calls, "campaign_id"))


def test_campaigns_that_a_scan_may_show_as_they_were_are_named(filled: Archive, folder: Path) -> None:
    assert filled.unsettled() == []
    (folder / "problems" / "campaign_id=c" / "problems.parquet").unlink()
    (folder / "raw" / "campaign_id=a" / "20260302T140500.000000Z-0123abcd.writing").touch()
    assert filled.unsettled() == ["a", "c"]
    filled.verify(repair=True)
    assert filled.unsettled() == []


def test_only_the_files_of_the_campaigns_asked_for_are_opened(filled: Archive, folder: Path) -> None:
    for other in "bc":
        (folder / "calls" / f"campaign_id={other}" / "calls.parquet").write_bytes(b"not to be opened")
    wanted = ds.field("campaign_id") == "a"
    assert filled.scan("calls", engine="pyarrow").to_table(filter=wanted).num_rows == 1
    assert len(filled.scan("calls", engine="polars").filter(pl.col("campaign_id") == "a").collect()) == 1


def test_an_unknown_table_or_engine_is_named(filled: Archive) -> None:
    with pytest.raises(ConfigurationError, match="no table 'contacts'"):
        filled.scan("contacts")
    with pytest.raises(ConfigurationError, match="engine='excel'"):
        filled.scan("calls", engine="excel")


@pytest.mark.parametrize("table", TABLES)
def test_other_tools_read_the_folder_by_themselves(filled: Archive, folder: Path, table: str) -> None:
    expected = getattr(filled.frames(), table)
    names = {column.name for column in TABLES[table]}
    glob = str(folder / table / "**" / "*.parquet")
    counts = expected.groupby("campaign_id").size().to_dict()

    def counted(frame: Any) -> dict[str, int]:
        return dict(pd.Series(list(frame["campaign_id"])).value_counts().items())  # type: ignore[arg-type]

    pandas = pd.read_parquet(folder / table)
    assert set(pandas.columns) == names
    assert counted(pandas) == counts
    polars = pl.read_parquet(folder / table)
    assert set(polars.columns) == names
    assert counted(polars) == counts
    found = duckdb.sql(f"FROM '{glob}'")
    assert found is not None
    assert set(found.columns) == names
    assert counted(found.df()) == counts
    hive = ds.dataset(folder / table, partitioning="hive").to_table()
    assert counted(hive.to_pandas()) == counts


def test_each_file_says_where_it_comes_from(filled: Archive, folder: Path) -> None:
    (raw,) = (folder / "raw" / "campaign_id=b").iterdir()
    for name in TABLES:
        about = pq.read_metadata(folder / name / "campaign_id=b" / f"{name}.parquet").metadata
        assert about[b"caldframe.raw"] == raw.name.encode()
        assert about[b"caldframe.campaign_id"] == b"b"
        assert about[b"caldframe.table"] == name.encode()


def test_rebuilding_gives_the_same_files(filled: Archive, folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*.parquet")}
    for path in before:
        path.unlink()
    assert filled.rebuild() == 3
    assert {path: path.read_bytes() for path in folder.rglob("*.parquet")} == before
    assert filled.rebuild(["b"]) == 1


def test_tables_of_an_older_version_are_read_as_this_version_decodes(
    filled: Archive, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A column that this version has and the files lack comes from the response."""
    path = folder / "calls" / "campaign_id=a" / "calls.parquet"
    with monkeypatch.context() as patched:
        patched.setattr("caldframe.archive.commit.encode_table", _without_turns)
        filled.rebuild(["a"])
    assert "turns" not in pq.read_schema(path).names
    assert filled.frames(["a"]).calls["turns"].tolist() == [1]
    stale = filled.verify(repair=True)
    assert stale["path"].tolist() == ["calls/campaign_id=a/calls.parquet"]
    assert stale["problem"].tolist() == ["stale"]
    assert stale["repaired"].tolist() == [True]
    assert "turns" in pq.read_schema(path).names


def _without_turns(table: Any, name: str, *others: Any) -> bytes:
    from caldframe.archive.tables import encode_table  # noqa: PLC0415 - the one that is replaced

    return encode_table(table.drop_columns(["turns"]) if name == "calls" else table, name, *others)


def test_a_campaign_without_calls(archive: Archive) -> None:
    sync(archive, Account({"a": body("a"), "b": body("b", call("k"))}))
    assert len(archive.frames(["a"]).calls) == 0
    assert archive.scan("calls")["campaign_id"].tolist() == ["b"]
