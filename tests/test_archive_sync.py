from __future__ import annotations

import json
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import dask.distributed
import pyarrow as pa
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
)
from dask.distributed import LocalCluster

import caldframe as cf
from caldframe.archive import Archive
from caldframe.archive.names import ID_FILE, RawName, folder_of
from caldframe.errors import ArchiveError, BadResponseError, ConfigurationError, DataProblemsWarning
from caldframe.sandbox import Sandbox

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = [
    *("campaign_id", "status", "action", "calls", "new_calls", "changed_calls"),
    *("bytes", "seconds", "error"),
]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


def test_what_is_new_is_added_and_what_is_over_is_skipped(archive: Archive) -> None:
    account = Account({"a": body("a", call("k1")), "b": body("b", call("k2"), status="active")})
    first = sync(archive, account)
    assert list(first.columns) == COLUMNS
    assert actions(first) == ["added", "added"]
    assert first["new_calls"].tolist() == first["calls"].tolist() == [1, 1]
    assert first["bytes"].tolist() == [len(one) for one in account.bodies.values()]
    again = sync(archive, account)
    assert actions(again) == ["skipped", "unchanged"]
    assert again["status"].tolist() == ["finished", "active"]
    assert again["calls"].tolist() == [1, 1]
    assert account.asked == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("source", "over"),
    [
        ({"status": "finished"}, True),
        ({"status": "cancelled"}, True),
        ({"status": "active"}, False),
        ({"status": "not_funded"}, False),
        ({"status": "something-new"}, False),
        ({"status": None}, False),
        ({"status": "finished", "stats": {"pendingCalls": 1}}, False),
        ({"status": "finished", "calls": [call("k", "pending")]}, False),
        ({"status": "finished", "calls": [call("k", completed=False)]}, False),
        ({"status": "finished", "calls": [call("k", completed=None)]}, True),
    ],
)
def test_only_what_is_over_and_has_nothing_pending_is_skipped(
    archive: Archive, source: dict[str, Any], over: bool
) -> None:
    account = Account({"a": json.dumps({"campaignId": "a", "calls": [], **source}).encode()})
    sync(archive, account)
    again = sync(archive, account)
    assert actions(again) == ["skipped" if over else "unchanged"]
    assert again["status"].astype("object").where(again["status"].notna(), None).tolist() == [
        source["status"]
    ]


def test_refresh_fetches_what_is_over(archive: Archive) -> None:
    account = Account({"a": body("a", call("k1"))})
    sync(archive, account)
    assert actions(sync(archive, account, refresh=True)) == ["unchanged"]
    account.bodies["a"] = body("a", call("k1", "voicemail"))
    assert actions(sync(archive, account)) == ["skipped"]
    assert actions(sync(archive, account, refresh=True)) == ["updated"]
    assert_holds(archive, "a", account.bodies["a"])


def test_new_and_changed_calls_are_counted(archive: Archive) -> None:
    before = [call("same"), call("result", "pending"), call("words"), call("twice"), call("twice")]
    after = [
        call("new"),
        call("words", words="Goodbye."),
        call("result", "voicemail"),
        call("same"),
        call("twice"),
        call("twice", callLength=1),
        call("twice"),
    ]
    account = Account({"a": body("a", *before)})
    sync(archive, account)
    account.bodies["a"] = body("a", *after)
    row = sync(archive, account).iloc[0]
    assert (row["action"], row["calls"], row["new_calls"], row["changed_calls"]) == ("updated", 7, 2, 3)


def test_the_latest_response_alone_is_kept_or_every_one(archive: Archive, tmp_path: Path) -> None:
    account = Account({})
    for number in range(3):
        account.bodies["a"] = version("a", number)
        sync(archive, account, "a")
    assert len(raw_files(tmp_path)) == 0
    assert len(raw_files(tmp_path / "archive")) == 1
    for number in range(3, 6):
        account.bodies["a"] = version("a", number)
        sync(archive, account, "a", history="all")
    assert len(raw_files(tmp_path / "archive")) == 4
    assert_holds(archive, "a", version("a", 5))
    account.bodies["a"] = version("a", 6)
    sync(archive, account, "a")
    assert len(raw_files(tmp_path / "archive")) == 1


def test_calls_that_vanish_are_said_and_their_response_stays(archive: Archive, tmp_path: Path) -> None:
    account = Account({"a": body("a", call("k1"), call("k2"), status="active")})
    sync(archive, account)
    account.bodies["a"] = body("a", call("k2"), status="active")
    with pytest.warns(DataProblemsWarning, match="new response of a lacks 1 of the calls"):
        row = sync(archive, account).iloc[0]
    assert (row["calls"], row["new_calls"], row["changed_calls"]) == (1, 0, 1)
    assert len(raw_files(tmp_path / "archive")) == 2
    # Not for ever: once they are back, nothing is lost with the first response.
    account.bodies["a"] = body("a", call("k1"), call("k2"), call("k3"))
    sync(archive, account)
    assert len(raw_files(tmp_path / "archive")) == 1
    assert archive.verify().empty


def test_a_raw_response_is_the_bytes_as_received(archive: Archive, tmp_path: Path) -> None:
    awkward = b'\xef\xbb\xbf {"campaignId":"a","calls":[] , "x": 1.50}\r\n'
    moment = datetime(2026, 3, 2, 14, 5, 0, 123456, tzinfo=UTC)
    sync(archive, Account({"a": awkward}, now=moment))
    (file,) = raw_files(tmp_path / "archive")
    with pa.input_stream(str(file), compression="zstd") as stream:
        assert stream.read() == awkward
    name = RawName.parse(file.name)
    assert name is not None
    assert name.fetched_at == moment
    assert archive.frames().campaigns["fetched_at"].item() == moment


def test_files_may_be_read_by_whom_others_may(archive: Archive, tmp_path: Path) -> None:
    sync(archive, Account({"a": body("a", call("k"))}))
    other = tmp_path / "other"
    other.write_bytes(b"")
    modes = {path.stat().st_mode for path in tmp_path.rglob("*") if path.is_file()}
    assert modes == {other.stat().st_mode}


def test_one_campaign_that_fails_stops_nothing(archive: Archive) -> None:
    account = Account(
        {
            "a": body("a"),
            "b": b"<html>",
            "c": BadResponseError("This is the error."),
            "d": body("another"),
            "e": body(None, call("k")),
        }
    )
    table = sync(archive, account, "a", "missing", "b", "c", "d", "e")
    assert actions(table) == ["added", *["failed"] * 4, "added"]
    assert "knows no such campaign" in table["error"][1]
    assert table["error"][3] == "This is the error."
    assert "'another'" in table["error"][4]
    assert table["calls"].isna().tolist() == [False, True, True, True, True, False]
    assert archive.campaigns()["campaign_id"].tolist() == ["a", "e"]
    assert archive.frames(["e"]).calls["campaign_id"].tolist() == ["e"]
    assert archive.verify().empty


def test_a_campaign_that_fails_stays_as_it_was(archive: Archive, tmp_path: Path) -> None:
    account = Account({"a": body("a", status="active")})
    sync(archive, account)
    before = files_in(tmp_path)
    account.bodies["a"] = b"{"
    assert actions(sync(archive, account)) == ["failed"]
    assert files_in(tmp_path) == before


def test_without_ids_all_that_is_there_is_meant(archive: Archive) -> None:
    account = Account({"b": body("b", status="active"), "a": body("a"), "c": body("c")})
    sync(archive, account, "b", "a")
    table = archive.sync(client=account)
    assert table["campaign_id"].tolist() == ["a", "b"]
    assert actions(table) == ["skipped", "unchanged"]
    assert archive.sync([], client=account).empty


def test_ids_named_twice_are_synced_once_in_the_order_given(archive: Archive) -> None:
    account = Account({one: body(one) for one in "abc"})
    table = sync(archive, account, "c", "a", "c")
    assert table["campaign_id"].tolist() == ["c", "a"]


@pytest.mark.parametrize(
    ("more", "lesson"),
    [({"history": "some"}, "history"), ({"base_url": "https://x.example"}, "client= has its own")],
)
def test_arguments_that_cannot_be_right(archive: Archive, more: dict[str, Any], lesson: str) -> None:
    with pytest.raises(ConfigurationError, match=lesson):
        archive.sync(["a"], client=Account({}), **more)
    with pytest.raises(ConfigurationError, match="list"):
        archive.sync("a", client=Account({}))


@pytest.mark.parametrize("location", ["", "a\0b", 7])
def test_locations_that_cannot_be_right(location: Any) -> None:
    with pytest.raises(ConfigurationError):
        Archive(location)


def test_a_file_in_place_of_the_folder_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    account = Account({"a": body("a")})
    with pytest.raises(ArchiveError, match="file where a folder should be"):
        sync(Archive(tmp_path / "file"), account)
    assert not account.asked


AWKWARD_IDS = ["../../up", "a/b", "a\0b", "nul", "new\nline", "x" * 300, "ABC", "abc", "é", "%41=b"]


def test_ids_from_outside_cannot_leave_the_archive(archive: Archive, tmp_path: Path) -> None:
    account = Account({one: body(one, call(f"call of {one}")) for one in AWKWARD_IDS})
    assert actions(sync(archive, account)) == ["added"] * len(AWKWARD_IDS)
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]
    assert sorted(archive.campaigns()["campaign_id"]) == sorted(AWKWARD_IDS)
    for one in AWKWARD_IDS:
        assert_holds(archive, one, account.bodies[one])
    assert archive.verify().empty
    assert actions(archive.sync(client=account)) == ["skipped"] * len(AWKWARD_IDS)
    long = tmp_path / "archive" / "raw" / folder_of("x" * 300) / ID_FILE
    assert long.read_text() == "x" * 300


def test_a_clock_that_is_behind_does_not_bring_back_the_past(archive: Archive) -> None:
    ahead = datetime(2030, 1, 1, tzinfo=UTC)
    sync(archive, Account({"a": version("a", 1)}, now=ahead))
    sync(archive, Account({"a": version("a", 2)}, now=ahead - timedelta(days=900)))
    assert_holds(archive, "a", version("a", 2))
    assert archive.campaigns()["fetched_at"].item() == ahead + timedelta(microseconds=1)


def test_nothing_is_left_behind(archive: Archive, tmp_path: Path) -> None:
    account = Account({one: body(one, status="active") for one in "abcdefgh"})
    sync(archive, account)
    assert not marks(tmp_path / "archive")
    assert not list((tmp_path / "archive" / ".incoming").iterdir())


def test_the_bar_counts(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    account = Account({"a": body("a"), "b": b"?"})
    sync(archive, account, progress=True)
    shown = capsys.readouterr().err
    assert "2/2" in shown
    assert "campaign/s" in shown
    assert "1 added" in shown
    assert "1 failed" in shown


# --- where the work is done ----------------------------------------------------------------------------


def test_an_executor_of_threads(archive: Archive) -> None:
    account = Account({one: body(one, call("k")) for one in "abcde"} | {"f": b"?"})
    with ThreadPoolExecutor(3) as executor:
        table = sync(archive, account, executor=executor)
    assert actions(table) == ["added"] * 5 + ["failed"]
    assert table["campaign_id"].tolist() == list("abcdef")


def test_a_worker_that_dies_is_a_campaign_that_failed(archive: Archive) -> None:
    class Dying(ThreadPoolExecutor):
        def submit(self, *args: Any, **kwargs: Any) -> Future[Any]:
            future: Future[Any] = Future()
            future.set_exception(MemoryError("out of memory"))
            return future

    with Dying() as executor:
        table = sync(archive, Account({"a": body("a")}), executor=executor)
    assert actions(table) == ["failed"]
    assert table["error"].tolist() == ["MemoryError: out of memory"]


def test_an_executor_of_processes(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox(seed=1, campaigns=3, calls=20) as sandbox:
        monkeypatch.setenv("CALD_API_KEY", sandbox.api_key)
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
            table = archive.sync(sandbox.campaign_ids, base_url=sandbox.url, executor=executor)
        expected = cf.fetch_campaigns(sandbox.campaign_ids, base_url=sandbox.url)
    assert actions(table) == ["added"] * 3
    found = archive.frames(sandbox.campaign_ids)
    assert found.calls.equals(expected.calls)
    assert found.transcripts.equals(expected.transcripts)


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # Dask leaves a socket that it tried
def test_the_executor_of_a_dask_cluster(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox(seed=1, campaigns=4, calls=20) as sandbox:
        monkeypatch.setenv("CALD_API_KEY", sandbox.api_key)
        with (
            LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,  # type: ignore[no-untyped-call]
            dask.distributed.Client(cluster) as dask_client,  # type: ignore[no-untyped-call]
        ):
            executor = dask_client.get_executor()
            table = archive.sync([*sandbox.campaign_ids, "missing"], base_url=sandbox.url, executor=executor)
        expected = cf.fetch_campaigns(sandbox.campaign_ids, base_url=sandbox.url)
    assert actions(table) == [*["added"] * 4, "failed"]
    assert "knows no such campaign" in table["error"].iloc[-1]
    assert archive.frames(sandbox.campaign_ids).calls.equals(expected.calls)
    assert archive.verify().empty
