from __future__ import annotations

import hashlib
import os
import random
import time
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from archives import Account, body, call, sync
from wire import Reply, Wire, answer, then_close, then_hang

from caldframe.archive import Archive
from caldframe.client import Downloader
from caldframe.errors import ArchiveError, ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

SOUND = bytes(range(256)) * 20
COLUMNS = ["campaign_id", "call_id", "action", "path", "bytes", "seconds", "error"]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "random", lambda: 0.0)


def sound(content: bytes = SOUND, **headers: str) -> bytes:
    return answer(200, content, Content_Type="audio/mpeg", **headers)


def archive_of(location: Path | str, wire: Wire, *calls: tuple[str, str | None]) -> Archive:
    """Give an archive of a campaign whose calls have these ids and recordings, by path."""
    archive = Archive(location)
    listed = [
        call(
            one, recordingUrl=None if path is None else f"{wire.url}/{path}" if path[:1] != "!" else path[1:]
        )
        for one, path in calls
    ]
    sync(archive, Account({"a": body("a", *listed)}))
    return archive


def actions(table: pd.DataFrame) -> dict[str, str]:
    return dict(zip(table["call_id"], table["action"], strict=True))


def test_recordings_are_fetched_once(tmp_path: Path) -> None:
    with Wire(sound()) as wire:
        archive = archive_of(tmp_path, wire, ("k1", "one.mp3"), ("k2", None), ("k3", "three.WAV?sig=1"))
        table = archive.fetch_recordings(allow_private=True)
        again = archive.fetch_recordings(["a"], allow_private=True)
        assert len(wire.requests) == 2
    assert list(table.columns) == COLUMNS
    assert actions(table) == {"k1": "fetched", "k3": "fetched"}
    assert actions(again) == {"k1": "present", "k3": "present"}
    assert table["bytes"].tolist() == again["bytes"].tolist() == [len(SOUND)] * 2
    for path, ending in zip(table["path"], [".mp3", ".wav"], strict=True):
        assert path.startswith("recordings/campaign_id=a/k")
        assert path.endswith(ending)
        assert (tmp_path / path).read_bytes() == SOUND
    assert not list((tmp_path / ".incoming").iterdir())
    assert archive.verify().empty


def test_a_signature_that_changes_does_not_make_another_recording(tmp_path: Path) -> None:
    with Wire(sound()) as wire:
        archive_of(tmp_path, wire, ("k1", "one.mp3?sig=1")).fetch_recordings(allow_private=True)
        account = Account({"a": body("a", call("k1", recordingUrl=f"{wire.url}/one.mp3?sig=2"))})
        sync(Archive(tmp_path), account, refresh=True)
        assert actions(Archive(tmp_path).fetch_recordings(allow_private=True)) == {"k1": "present"}


def test_one_that_fails_stops_nothing_and_says_why(tmp_path: Path) -> None:
    routes = {"/good.mp3": [sound()], "/gone.mp3": [answer(404)], "/long.mp3": [sound(SOUND * 2)]}
    with Wire(routes=routes) as wire:
        archive = archive_of(
            tmp_path,
            wire,
            ("gone", "gone.mp3"),
            ("long", "long.mp3"),
            ("file", "!file:///etc/passwd"),
            ("plain", "!http://recordings.example/a.mp3"),
            ("good", "good.mp3"),
            ("good", "good.mp3"),
        )
        table = archive.fetch_recordings(allow_private=True, max_bytes=len(SOUND), max_workers=2)
    assert table["action"].tolist() == [*["failed"] * 4, "fetched"]
    assert table["bytes"].isna().tolist() == [*[True] * 4, False]
    errors = table["error"].tolist()
    assert "HTTP 404" in errors[0]
    assert f"more than {len(SOUND):,} bytes" in errors[1]
    assert "not that of a web server" in errors[2]
    assert "not encrypted" in errors[3]
    assert pd.isna(errors[4])


def test_addresses_of_this_machine_are_refused_unless_allowed(tmp_path: Path) -> None:
    with Wire(sound()) as wire:
        table = archive_of(tmp_path, wire, ("k1", "one.mp3")).fetch_recordings()
        assert wire.connections == 0
    assert table["action"].tolist() == ["failed"]
    assert "allow_private=True" in table["error"].item()


def test_one_that_broke_off_is_gone_on_with_by_the_next_run(tmp_path: Path) -> None:
    head, _, content = sound(ETag='"v1"').partition(b"\r\n\r\n")
    rest = answer(206, SOUND[2000:], Content_Range=f"bytes 2000-{len(SOUND) - 1}/{len(SOUND)}")
    broken: Reply = then_close(head + b"\r\n\r\n" + content[:2000])
    with Wire(broken, rest) as wire:
        archive = archive_of(tmp_path, wire, ("k1", "one.mp3"))
        with Downloader(allow_private=True, retries=0) as downloader:
            assert archive.fetch_recordings(downloader=downloader)["action"].tolist() == ["failed"]
        assert len(list((tmp_path / ".incoming").iterdir())) == 2
        table = archive.fetch_recordings(allow_private=True)
        assert wire.requests[1].values("Range") == ["bytes=2000-"]
    assert table["action"].tolist() == ["fetched"]
    assert (tmp_path / table["path"].item()).read_bytes() == SOUND
    assert not list((tmp_path / ".incoming").iterdir())


def test_what_another_process_is_fetching_is_not_touched(tmp_path: Path) -> None:
    with Wire(sound()) as wire:
        archive = archive_of(tmp_path, wire, ("k1", "one.mp3"))
        archive._storage.prepare()
        table = archive.fetch_recordings(allow_private=True)
        name = hashlib.sha256(table["path"].item().encode()).hexdigest()[:32]
        (tmp_path / table["path"].item()).unlink()
        theirs, abandoned = (tmp_path / ".incoming" / f"{name}-{one}.part" for one in ("theirs", "x"))
        theirs.write_bytes(b"half")
        assert archive.fetch_recordings(allow_private=True)["action"].tolist() == ["fetched"]
        assert theirs.read_bytes() == b"half"
        abandoned.write_bytes(b"half")
        os.utime(abandoned, (time.time() - 3600, time.time() - 3600))
        (tmp_path / table["path"].item()).unlink()
        assert archive.fetch_recordings(allow_private=True)["action"].tolist() == ["fetched"]
        assert not abandoned.exists()


def test_names_from_outside_stay_in_their_folder(tmp_path: Path) -> None:
    ids = ["../../up", "a/b", "x" * 300, "nul", "k\n", "K", "k"]
    with Wire(sound()) as wire:
        folder = tmp_path / "archive"
        archive = archive_of(folder, wire, *[(one, "..%2F..%2Fup.sh") for one in ids])
        table = archive.fetch_recordings(allow_private=True)
    assert table["action"].tolist() == ["fetched"] * len(ids)
    files = [path for path in tmp_path.rglob("*") if path.is_file() and "recordings" in path.parts]
    assert {path.parent for path in files} == {folder / "recordings" / "campaign_id=a"}
    assert len({path.name.casefold() for path in files}) == len(ids)
    assert {path.suffix for path in files} == {".audio"}
    assert all(len(path.name) < 200 for path in files)


def test_an_object_store_takes_recordings_too(tmp_path: Path) -> None:
    with Wire(sound()) as wire:
        archive = archive_of(f"memory://{tmp_path.name}", wire, ("k1", "one.mp3"))
        table = archive.fetch_recordings(allow_private=True)
    assert table["action"].tolist() == ["fetched"]
    assert archive._storage.read(table["path"].item()) == SOUND


def test_what_cannot_be_right(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no archive"):
        Archive(tmp_path / "none").fetch_recordings()
    sync(Archive(tmp_path), Account({"a": body("a")}))
    with pytest.raises(ConfigurationError, match="max_bytes"):
        Archive(tmp_path).fetch_recordings(max_bytes=0)
    with pytest.raises(ConfigurationError, match="'b' is not in"):
        Archive(tmp_path).fetch_recordings(["b"])
    assert list(Archive(tmp_path).fetch_recordings().columns) == COLUMNS


def test_stopping_ends_what_is_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with Wire(routes={"/one.mp3": [sound()], "/two.mp3": [then_hang(sound()[:300])]}) as wire:
        archive = archive_of(tmp_path, wire, ("k1", "one.mp3"), ("k2", "two.mp3"))
        monkeypatch.setattr("caldframe.archive.recordings.progress_bar", _bar_of(interrupt))
        with pytest.raises(KeyboardInterrupt):
            archive.fetch_recordings(allow_private=True)
        wire.wait_until_all_hung_up()


def _bar_of(advance: Any) -> Any:
    from contextlib import contextmanager  # noqa: PLC0415 - for this one

    @contextmanager
    def bar(*_: Any, **__: Any) -> Any:
        yield advance

    return bar
