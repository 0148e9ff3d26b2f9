"""The archive in an object store: a real S3 server, in a process of its own on this machine."""

from __future__ import annotations

import pickle
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import duckdb
import fsspec  # type: ignore[import-untyped] # it has no types of its own
import polars as pl
import pytest
from archives import Account, actions, assert_holds, body, call, sync, version, version_in

from caldframe.archive import Archive
from caldframe.archive.storage import open_storage
from caldframe.errors import ArchiveError, ConfigurationError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE = 60.0


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(  # noqa: S603 - a fixed program
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            _wait_for(port, server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        assert server.poll() is None, "the server did not start"
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("the server did not answer")


@pytest.fixture
def options(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    return {"key": "testing", "secret": "testing", "client_kwargs": {"endpoint_url": endpoint}}


@pytest.fixture
def bucket(options: dict[str, Any]) -> str:
    name = f"b{uuid4().hex}"
    fsspec.filesystem("s3", **options).mkdir(name)
    return name


@pytest.fixture
def archive(bucket: str, options: dict[str, Any]) -> Archive:
    return Archive(f"s3://{bucket}/deep/archive/", storage_options=options)


def files(archive: Archive) -> dict[str, bytes]:
    storage = archive._storage
    tops = ("raw", "campaigns", "calls", "transcripts", "problems", "damaged")
    return {entry.path: storage.read(entry.path) for top in tops for entry in storage.files(top)}


def test_the_whole_job(archive: Archive) -> None:
    account = Account({one: body(one, call("k1")) for one in ["a", "B/../c", "x" * 300]})
    account.bodies["open"] = body("open", call("k1"), status="active")
    assert actions(sync(archive, account)) == ["added"] * 4
    for one, wanted in account.bodies.items():
        assert_holds(archive, one, wanted)
    assert archive.verify().empty
    account.bodies["open"] = body("open", call("k1"), call("k2"))
    assert actions(sync(archive, account)) == [*["skipped"] * 3, "updated"]
    assert_holds(archive, "open", account.bodies["open"])
    table = archive.campaigns()
    assert sorted(table["campaign_id"]) == sorted(account.bodies)
    assert table["responses"].tolist() == [1] * 4
    assert table["bytes"].gt(0).all()
    assert not [name for name in files(archive) if name.endswith(".writing")]
    assert actions(archive.sync(client=account)) == ["skipped"] * 4


def test_another_process_sees_what_this_one_wrote(
    archive: Archive, bucket: str, options: dict[str, Any]
) -> None:
    other = Archive(f"s3://{bucket}/deep/archive", storage_options=options)
    with pytest.raises(ArchiveError, match="no archive"):
        other.frames()
    for number in range(3):
        sync(archive, Account({"a": version("a", number)}))
        assert version_in(other.frames(["a"])) == number


def test_a_reader_sees_old_or_new(archive: Archive, bucket: str, options: dict[str, Any]) -> None:
    account = Account({"a": version("a", 0)})
    sync(archive, account)
    over = threading.Event()

    def write() -> None:
        try:
            for number in range(1, 6):
                account.bodies["a"] = version("a", number)
                sync(archive, account)
        finally:
            over.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = [0]
    while not over.is_set():
        seen.append(version_in(Archive(f"s3://{bucket}/deep/archive", storage_options=options).frames()))
    writer.join()
    assert seen == sorted(seen)
    assert version_in(archive.frames()) == 5


def test_harm_is_found_and_mended(archive: Archive) -> None:
    account = Account({one: version(one, 2, last=True) for one in "ab"})
    sync(archive, account)
    storage = archive._storage
    whole = files(archive)
    for name in ("calls", "problems"):
        path = f"{name}/campaign_id=a/{name}.parquet"
        storage.write(path, whole[path][:-20])
    storage.delete("transcripts/campaign_id=a/transcripts.parquet")
    storage.delete("transcripts/campaign_id=a/transcripts.parquet")  # it is gone already
    storage.write("calls/campaign_id=a/notes.txt", b"mine")
    assert version_in(archive.frames(["a"])) == 2
    found = archive.verify(repair=True)
    assert found["problem"].tolist() == ["torn", "foreign", "torn", "missing"]
    assert {path for path, content in files(archive).items() if whole.get(path) != content} == {
        "calls/campaign_id=a/notes.txt"
    }


@pytest.mark.parametrize("engine", ["pandas", "pyarrow", "polars", "duckdb", "dask"])
def test_every_engine_reads_it(archive: Archive, engine: str) -> None:
    sync(archive, Account({one: version(one, number) for number, one in enumerate("abc")}))
    table = archive.scan("calls", engine=engine)
    match engine:
        case "pyarrow":
            rows = table.to_table().num_rows
        case "polars":
            assert isinstance(table, pl.LazyFrame)
            rows = len(table.collect())
        case "duckdb":
            assert isinstance(table, duckdb.DuckDBPyRelation)
            rows = len(table.fetchall())
        case _:
            rows = len(table)
    assert rows == 1 + 2 + 3


def test_many_campaigns_are_listed_in_one_go(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account({f"c{number}": body(f"c{number}") for number in range(25)})
    sync(archive, account)
    listed: list[str] = []
    storage = archive._storage
    files_below = storage.files

    def counted(folder: str) -> Any:
        listed.append(folder)
        return files_below(folder)

    monkeypatch.setattr(storage, "files", counted)
    assert actions(sync(archive, account)) == ["skipped"] * 25
    assert listed == ["raw"]
    assert actions(sync(archive, account, "c3", "c4")) == ["skipped"] * 2
    assert listed == ["raw", "raw/campaign_id=c3", "raw/campaign_id=c4"]


def test_it_can_be_sent_to_other_processes(bucket: str, options: dict[str, Any]) -> None:
    storage = open_storage(f"s3://{bucket}/x", options)
    sent = pickle.loads(pickle.dumps(storage))  # noqa: S301 - our own
    sent.write("raw/y", b"z")
    assert storage.read("raw/y") == b"z"
    assert sent.address("raw/y") == f"s3://{bucket}/x/raw/y"


def test_a_bucket_that_is_not_there_is_said(options: dict[str, Any]) -> None:
    archive = Archive("s3://no-such-bucket/x", storage_options=options)
    table = sync(archive, Account({"a": body("a")}))
    assert actions(table) == ["failed"]
    assert "no-such-bucket" in table["error"].item()
    with pytest.raises(ArchiveError):
        archive.frames()


def test_a_server_that_is_not_there_is_said(options: dict[str, Any]) -> None:
    options["client_kwargs"]["endpoint_url"] = "http://127.0.0.1:9"
    options["config_kwargs"] = {"retries": {"max_attempts": 0}, "connect_timeout": 1}
    archive = Archive("s3://bucket/x", storage_options=options)
    with pytest.raises(ArchiveError, match="Check the URL, the credentials and the network"):
        archive.frames()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*_: object, **__: object) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec, "url_to_fs", absent)
    with pytest.raises(MissingExtraError, match=r"s3fs is not installed.*caldframe\[s3\]"):
        Archive("s3://bucket/x")
    with pytest.raises(ConfigurationError, match="needs a package that is not here"):
        Archive("sftp://host/x")


@pytest.mark.parametrize("location", ["nowhere://x", "http-x+y.z://a/b"])
def test_a_url_of_an_unknown_kind_is_refused(location: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        Archive(location)


@pytest.mark.parametrize("location", ["s3:/bucket/calls", "s3://", "s3:", "gs://", "S3:/bucket"])
def test_a_bucket_with_a_slash_too_few_does_not_become_a_folder(location: str) -> None:
    with pytest.raises(ConfigurationError, match=r"is no whole URL\. Give it as s3://bucket/folder"):
        Archive(location)


def test_a_folder_may_have_the_name_of_a_store() -> None:
    assert repr(Archive("s3")) == "Archive('s3')"


def test_options_are_for_urls(tmp_path: Any) -> None:
    with pytest.raises(ConfigurationError, match="storage_options are for URLs"):
        Archive(tmp_path, storage_options={"key": "x"})
    assert repr(Archive(f"file://{tmp_path}")) == f"Archive('{tmp_path}')"
