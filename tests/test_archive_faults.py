"""The archive under faults: killed, crossed, on a full disk, in a folder that cannot be written."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from archives import Account, actions, assert_holds, body, call, files_in, marks, sync, version, version_in
from killing import CAMPAIGNS, FolderAccount, World, processes, sync_folder

from caldframe.archive import Archive, commit
from caldframe.archive.states import state_of
from caldframe.archive.storage import LocalStorage
from caldframe.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KILLS = int(os.environ.get("CALDFRAME_KILLS", "25"))


# --- killed --------------------------------------------------------------------------------------------


def test_killed_at_random_moments_and_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, seed=1)
    while world.killed < KILLS:
        world.kill_one_sync()
        world.check()
        world.move_on(0.8)
    sync_folder(world.archive, world.account, CAMPAIGNS, "latest")
    world.check()
    assert world.seen == world.versions
    # The marks of killed syncs go when they are an hour old.
    monkeypatch.setattr(commit, "ABANDONED", timedelta(0))
    sync_folder(world.archive, world.account, CAMPAIGNS, "latest")
    world.assert_as_if_undisturbed(tmp_path / "undisturbed")


class Died(BaseException):
    """The process is no more."""


class Mortal(LocalStorage):
    """A folder whose process dies at its so-and-so-many-th change, before it or right after it."""

    def __init__(self, root: Path, life: float, *, after: bool = False) -> None:
        super().__init__(root)
        self.life = life
        self.after = after

    def _live(self) -> bool:
        self.life -= 1
        if self.life < 0 and not self.after:
            raise Died
        return self.life >= 0

    def write(self, path: str, content: bytes, *, lasting: bool = True) -> None:
        alive = self._live()
        super().write(path, content, lasting=lasting)
        if not alive:
            raise Died

    def delete(self, path: str) -> None:
        alive = self._live()
        super().delete(path)
        if not alive:
            raise Died


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("history", ["latest", "all"])
def test_killed_at_every_single_step(tmp_path: Path, history: Any, after: bool) -> None:
    for life in range(20):
        folder = tmp_path / str(life)
        archive = Archive(folder)
        sync(archive, Account({"a": version("a", 1)}), history=history)
        before = files_in(folder)
        account = Account({"a": version("a", 2, last=True)})
        archive._storage = Mortal(folder, life, after=after)
        try:
            sync(archive, account, history=history)
        except Died:
            died = True
        else:
            died = False
        archive = Archive(folder)
        assert version_in(archive.frames(["a"])) == (2 if len(raws(folder) - raws_of(before)) else 1)
        table = sync(archive, account, history=history)
        assert actions(table) == ["skipped"] or account.asked["a"] == 2
        assert_holds(archive, "a", version("a", 2, last=True))
        assert archive.verify().empty
        assert len(raws(folder)) == (1 if history == "latest" else 2)
        if not died:
            assert not marks(folder)
            return
    pytest.fail("it has more steps than that")


def raws(folder: Path) -> set[str]:
    return raws_of(files_in(folder))


def raws_of(files: dict[str, bytes]) -> set[str]:
    return {name for name in files if name.endswith(".json.zst")}


def test_what_was_left_half_written_long_ago_is_swept_away(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    sync(archive, Account({"a": body("a")}))
    old, new = tmp_path / ".incoming" / "old.tmp", tmp_path / ".incoming" / "new.tmp"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    sync(archive, Account({"a": body("a")}))
    assert (old.exists(), new.exists()) == (False, True)


# --- crossed -------------------------------------------------------------------------------------------


def test_two_processes_and_a_reader(tmp_path: Path) -> None:
    world = World(tmp_path, seed=2)
    pair = [
        processes().Process(target=sync_folder, args=(world.archive, world.account, CAMPAIGNS, history, 4))
        for history in ("latest", "all")
    ]
    for process in pair:
        process.start()
    while any(process.is_alive() for process in pair):
        world.move_on(0.5)
        world.check()
    assert [process.exitcode for process in pair] == [0, 0]
    sync_folder(world.archive, world.account, CAMPAIGNS, "latest")
    world.check()
    assert world.seen == world.versions
    assert not marks(world.archive)


def test_one_that_slept_does_not_bring_back_the_past(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It had decoded an older response and looked; then another wrote a newer one; now it writes."""
    sync(Archive(tmp_path), Account({"a": version("a", 0)}))
    slept = False
    write = LocalStorage.write

    def sleepy(self: LocalStorage, path: str, content: bytes, **more: Any) -> None:
        nonlocal slept
        if path.startswith("calls") and not slept:
            slept = True
            sync(Archive(tmp_path), Account({"a": version("a", 2)}))
            assert version_in(Archive(tmp_path).frames(["a"])) == 2
        write(self, path, content, **more)

    monkeypatch.setattr(LocalStorage, "write", sleepy)
    sync(Archive(tmp_path), Account({"a": version("a", 1)}))
    assert slept
    assert version_in(Archive(tmp_path).frames(["a"])) == 2
    assert Archive(tmp_path).verify().empty


def test_one_that_slept_and_was_killed_is_made_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As above, and it dies after it has written an older table over a newer one."""
    sync(Archive(tmp_path), Account({"a": version("a", 0)}))
    slept = False
    write = LocalStorage.write

    def sleepy(self: LocalStorage, path: str, content: bytes, **more: Any) -> None:
        nonlocal slept
        if path.startswith("calls") and not slept:
            slept = True
            sync(Archive(tmp_path), Account({"a": version("a", 2, last=True)}))
            write(self, path, content, **more)
            raise Died
        write(self, path, content, **more)

    with monkeypatch.context() as patched:
        patched.setattr(LocalStorage, "write", sleepy)
        with pytest.raises(Died):
            sync(Archive(tmp_path), Account({"a": version("a", 1)}))
    assert version_in(Archive(tmp_path).frames(["a"])) == 2
    assert Archive(tmp_path).verify()["problem"].tolist() == ["stale"]
    account = Account({"a": version("a", 2, last=True)})
    assert actions(sync(Archive(tmp_path), account)) == ["skipped"]
    assert not account.asked
    assert Archive(tmp_path).verify().empty


def test_a_response_deleted_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader has listed a response; before it reads it, a sync replaces it by a newer one."""
    archive = Archive(tmp_path)
    sync(archive, Account({"a": version("a", 1)}))
    (tmp_path / "calls" / "campaign_id=a" / "calls.parquet").unlink()
    read = LocalStorage.read
    replaced = False

    def late(self: LocalStorage, path: str) -> bytes:
        nonlocal replaced
        if path.startswith("raw") and not replaced:
            replaced = True
            sync(Archive(tmp_path), Account({"a": version("a", 2)}))
            (tmp_path / "calls" / "campaign_id=a" / "calls.parquet").unlink()
        return read(self, path)

    monkeypatch.setattr(LocalStorage, "read", late)
    assert version_in(archive.frames(["a"])) == 2


# --- disks ---------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own with little room, where this process may have one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(  # noqa: S603
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)],  # noqa: S607
        check=False,
        capture_output=True,
    )
    if mounted.returncode != 0:
        pytest.skip("only root may mount a small disk; it is tried where the tests run as root")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)  # noqa: S603, S607


def remount(disk: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(disk)], check=True)  # noqa: S603, S607


def test_a_full_disk_loses_nothing_and_is_made_good_when_there_is_room(small_disk: Path) -> None:
    account = Account({f"c{number}": body(f"c{number}", call("k")) for number in range(30)})
    archive = Archive(small_disk / "archive")
    table = sync(archive, account)
    assert set(actions(table)) == {"added", "failed"}
    assert "No space left" in table["error"].dropna().iloc[0]
    assert "Free some space" in table["error"].dropna().iloc[0]
    there = archive.campaigns()["campaign_id"].tolist()
    assert set(there) >= set(table.loc[table["action"] == "added", "campaign_id"])
    for one in there:
        assert_holds(archive, one, account.bodies[one])
    assert set(archive.verify()["problem"]) <= {"missing"}
    remount(small_disk, "size=16m")
    assert "failed" not in actions(sync(archive, account))
    assert archive.verify().empty
    for one, wanted in account.bodies.items():
        assert_holds(archive, one, wanted)


def test_a_full_disk_keeps_the_old_state(small_disk: Path) -> None:
    account = Account({"a": body("a", call("k"), status="active")})
    archive = Archive(small_disk / "archive")
    sync(archive, account)
    room = os.statvfs(small_disk)
    free = room.f_bavail * room.f_frsize
    (small_disk / "filler").write_bytes(bytes(free))
    before = archive.frames()
    account.bodies["a"] = body("a", call("k"), *(call(f"k{number}") for number in range(500)))
    assert actions(sync(archive, account)) == ["failed"]
    assert archive.frames().calls.equals(before.calls)
    (small_disk / "filler").unlink()
    assert actions(sync(archive, account)) == ["updated"]
    assert archive.verify().empty


def test_a_read_only_archive_can_be_read_and_nothing_is_fetched_for_it(small_disk: Path) -> None:
    account = Account({"a": body("a", call("k"), status="active")})
    archive = Archive(small_disk / "archive")
    sync(archive, account)
    remount(small_disk, "ro")
    with pytest.raises(ArchiveError, match=r"Read-only.*Choose a folder that you may read and write"):
        sync(archive, account)
    assert account.asked["a"] == 1
    assert_holds(archive, "a", account.bodies["a"])
    assert archive.verify(repair=True).empty
    with pytest.raises(ArchiveError, match="Read-only"):
        archive.rebuild()


def test_a_disk_that_cannot_flush_has_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    archive = Archive(tmp_path)
    monkeypatch.setattr(os, "fsync", full)
    assert actions(sync(archive, Account({"a": body("a")}))) == ["failed"]
    assert archive.campaigns().empty
    assert not list((tmp_path / ".incoming").iterdir())


def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere; as root, a disk mounted read-only is tried above")
    tmp_path.chmod(0o500)
    account = Account({"a": body("a")})
    with pytest.raises(ArchiveError, match="Choose a folder that you may read and write"):
        sync(Archive(tmp_path / "archive"), account)
    assert not account.asked


def test_the_account_of_the_kills_is_a_client_like_any_other(tmp_path: Path) -> None:
    world = World(tmp_path, seed=3)
    assert FolderAccount(world.account).campaign("c0").body == version("c0", 1)
    sync_folder(world.archive, world.account, ["c0"], "latest")
    assert state_of(LocalStorage(world.archive), "c0").newest is not None
