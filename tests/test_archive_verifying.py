from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from archives import (
    Account,
    actions,
    assert_holds,
    body,
    call,
    files_in,
    marks,
    raw_files,
    sync,
    version,
    version_in,
)

from caldframe.archive import Archive
from caldframe.archive.names import ID_FILE, MarkName, folder_of
from caldframe.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COLUMNS = ["campaign_id", "path", "problem", "remedy", "repaired"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def account() -> Account:
    return Account({one: version(one, number, last=True) for number, one in enumerate(["a", "b", "c"])})


@pytest.fixture
def archive(folder: Path, account: Account) -> Archive:
    archive = Archive(folder)
    sync(archive, account)
    return archive


def told(findings: pd.DataFrame) -> list[tuple[str, str, str]]:
    return list(zip(findings["path"], findings["problem"], findings["remedy"], strict=True))


def truncate(path: Path, chance: random.Random) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: chance.randrange(len(content))])


def flip(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def delete(path: Path, chance: random.Random) -> None:
    del chance
    path.unlink()


def test_where_all_is_well_nothing_is_found(archive: Archive) -> None:
    found = archive.verify()
    assert found.empty
    assert list(found.columns) == COLUMNS


@pytest.mark.parametrize("harm", [truncate, flip, delete])
def test_harm_to_any_table_is_found_and_mended(
    archive: Archive, account: Account, folder: Path, harm: Callable[[Path, random.Random], None]
) -> None:
    chance = random.Random(1)
    whole = files_in(folder)
    for path in sorted(folder.rglob("*.parquet")):
        harm(path, chance)
        found = archive.verify(repair=True)
        assert found["path"].tolist() == [str(path.relative_to(folder))]
        assert found["problem"].item() in {"torn", "checksum", "foreign", "missing"}
        assert (found["remedy"].item(), found["repaired"].item()) == ("rebuild", True)
        assert files_in(folder) == whole
    assert actions(sync(archive, account)) == ["skipped"] * 3


@pytest.mark.parametrize("harm", [truncate, flip, delete])
def test_harm_to_any_response_is_found_and_fetched_anew(
    archive: Archive, account: Account, folder: Path, harm: Callable[[Path, random.Random], None]
) -> None:
    chance = random.Random(1)
    paths = raw_files(folder)
    for path in paths:
        harm(path, chance)
    for _ in range(2):  # repairing says so until it has been fetched
        found = archive.verify(repair=True)
        assert found["path"].tolist() == [str(path.relative_to(folder)) for path in paths]
        assert set(found["problem"]) <= {"torn", "checksum", "missing"}
        assert set(found["remedy"]) == {"fetch"}
        assert found["repaired"].all()
    assert "skipped" not in actions(sync(archive, account))
    assert archive.verify().empty
    assert actions(sync(archive, account)) == ["skipped"] * 3
    for one, wanted in account.bodies.items():
        assert_holds(archive, one, wanted)


def test_every_flipped_bit_of_every_file_is_found(archive: Archive, folder: Path) -> None:
    chance = random.Random(2)
    for path in sorted((folder).rglob("campaign_id=b/*")):
        whole = path.read_bytes()
        for _ in range(25):
            flip(path, chance)
            assert len(archive.verify()) == 1, path
        path.write_bytes(whole)
    assert archive.verify().empty


def test_a_response_that_must_be_fetched_is_fetched_though_the_campaign_is_over(
    archive: Archive, account: Account, folder: Path
) -> None:
    raw_files(folder)[1].write_bytes(b"?")
    assert told(archive.verify())[0][1:] == ("torn", "fetch")
    assert actions(sync(archive, account)) == ["skipped"] * 3
    archive.verify(repair=True)
    archive.verify(repair=True)
    assert len(marks(folder)) == 1
    assert version_in(archive.frames(["b"])) == 1  # the tables are still there
    table = sync(archive, account)
    assert actions(table) == ["skipped", "updated", "skipped"]
    assert table["changed_calls"].tolist() == [0, 0, 0]
    assert archive.verify().empty
    assert not marks(folder)
    assert len(raw_files(folder)) == 3


def test_a_response_and_tables_that_are_gone_are_fetched_anew(
    archive: Archive, account: Account, folder: Path
) -> None:
    raw_files(folder)[1].write_bytes(b"?")
    (folder / "calls" / "campaign_id=b" / "calls.parquet").unlink()
    found = archive.verify(repair=True)
    assert found["remedy"].tolist() == ["fetch", "fetch"]
    table = sync(archive, account)
    assert actions(table) == ["skipped", "updated", "skipped"]
    assert pd.isna(table["new_calls"][1])
    assert archive.verify().empty
    assert version_in(archive.frames(["b"])) == 1


def test_a_response_that_is_missing_is_known_from_the_tables(
    archive: Archive, account: Account, folder: Path
) -> None:
    (missing,) = (folder / "raw" / "campaign_id=b").iterdir()
    missing.unlink()
    found = archive.verify(repair=True)
    assert told(found) == [(f"raw/campaign_id=b/{missing.name}", "missing", "fetch")]
    assert actions(sync(archive, account)) == ["skipped", "added", "skipped"]
    assert archive.verify().empty


def test_an_earlier_response_that_is_damaged_is_set_aside(archive: Archive, folder: Path) -> None:
    account = Account({"a": version("a", 5)})
    for number in range(5, 8):
        account.bodies["a"] = version("a", number)
        sync(archive, account, history="all", refresh=True)
    damaged, missing = raw_files(folder)[1:3]
    damaged.write_bytes(b"what is left of it")
    missing.unlink()
    name = f"raw/campaign_id=a/{damaged.name}"
    found = archive.verify(repair=True)
    assert told(found) == [
        (name, "torn", "set aside"),
        (f"raw/campaign_id=a/{missing.name}", "missing", "rebuild"),
    ]
    assert (folder / "damaged" / name).read_bytes() == b"what is left of it"
    assert archive.verify().empty
    assert version_in(archive.frames(["a"])) == 7


def test_a_table_of_an_older_response_is_stale(archive: Archive, folder: Path) -> None:
    path = folder / "calls" / "campaign_id=a" / "calls.parquet"
    before = path.read_bytes()
    sync(archive, Account({"a": version("a", 9)}), refresh=True)
    after = path.read_bytes()
    path.write_bytes(before)
    assert told(archive.verify()) == [("calls/campaign_id=a/calls.parquet", "stale", "rebuild")]
    archive.verify(repair=True)
    assert path.read_bytes() == after


def test_a_table_in_the_place_of_another_is_stale(archive: Archive, folder: Path) -> None:
    files = [folder / name / "campaign_id=a" / f"{name}.parquet" for name in ("calls", "problems")]
    files[0].write_bytes(files[1].read_bytes())
    assert told(archive.verify(repair=True)) == [("calls/campaign_id=a/calls.parquet", "stale", "rebuild")]
    assert archive.verify().empty


def test_a_table_that_another_program_wrote_is_replaced(archive: Archive, folder: Path) -> None:
    path = folder / "calls" / "campaign_id=a" / "calls.parquet"
    pq.write_table(pa.table({"x": [1]}), path)
    assert told(archive.verify(repair=True)) == [("calls/campaign_id=a/calls.parquet", "foreign", "rebuild")]
    assert version_in(archive.frames(["a"])) == 0


def test_files_of_others_are_named_and_left_alone(archive: Archive, folder: Path) -> None:
    others = [
        "calls/_SUCCESS",
        "calls/campaign_id=a/notes.txt",
        "calls/campaign_id=A/calls.parquet",
        "raw/campaign_id=a/copy of response.json",
        "raw/deep/er/file",
    ]
    for name in others:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("mine")
    found = archive.verify(repair=True)
    assert found["path"].tolist() == sorted(others)
    assert set(found["problem"]) == {"foreign"}
    assert not found["repaired"].any()
    assert all((folder / name).read_text() == "mine" for name in others)
    assert len(archive.frames().campaigns) == 3
    assert len(archive.scan("campaigns")) == 3


def test_the_mark_of_a_sync_that_was_stopped_long_ago_goes(archive: Archive, folder: Path) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=2)
    old = f"{long_ago:%Y%m%dT%H%M%S.%fZ}-00000000.writing"
    for name in (old, MarkName.new("writing").name):
        (folder / "raw" / "campaign_id=a" / name).touch()
    assert told(archive.verify(repair=True)) == [(f"raw/campaign_id=a/{old}", "unfinished", "delete")]
    assert [path.name for path in marks(folder)] != [old]
    assert len(marks(folder)) == 1


@pytest.mark.parametrize("also", [False, True])
def test_the_full_name_of_a_long_id_is_found_again(tmp_path: Path, also: bool) -> None:
    long = "x" * 300
    account = Account({long: body(long, call("k"))})
    archive = Archive(tmp_path)
    sync(archive, account)
    (tmp_path / "raw" / folder_of(long) / ID_FILE).unlink()
    if also:
        (tmp_path / "campaigns" / folder_of(long) / "campaigns.parquet").unlink()
    found = archive.verify(repair=True)
    assert told(found) == [(f"raw/{folder_of(long)}/{ID_FILE}", "missing", "none" if also else "rebuild")]
    if also:
        account.bodies[long] = body(long, call("k"), call("new"))
        sync(archive, account, refresh=True)
    assert archive.verify().empty
    assert archive.frames().campaigns["campaign_id"].tolist() == [long]


def test_nothing_but_reading_without_repair(archive: Archive, folder: Path) -> None:
    for name in TABLES:
        (folder / name / "campaign_id=a" / f"{name}.parquet").write_bytes(b"?")
    before = files_in(folder)
    found = archive.verify()
    assert len(found) == 4
    assert not found["repaired"].any()
    assert files_in(folder) == before
