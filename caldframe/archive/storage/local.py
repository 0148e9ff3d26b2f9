"""A folder on this machine: files are written elsewhere in it, flushed to the disk, and renamed."""

from __future__ import annotations

import errno
import os
import secrets
import time
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from caldframe.archive.names import RAW
from caldframe.archive.storage.place import Entry
from caldframe.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

# Beside the tables and not among them: tools that read a whole folder take everything in it for Parquet.
INCOMING: Final = ".incoming"

_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_MODE: Final = 0o666  # less what the user's umask takes away, as for every other file
_LEFT_OVER_SECONDS: Final = 3600.0
_UNFINISHED_SECONDS: Final = 7 * 86400.0
_FULL: Final = "Free some space, then run it again."
_NOT_ALLOWED: Final = "Choose a folder that you may read and write."
_ADVICE: Final = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
    errno.EROFS: _NOT_ALLOWED,
    errno.ENOTDIR: "There is a file where a folder should be; choose another folder.",
    errno.EEXIST: "There is a file where a folder should be; choose another folder.",
}


class LocalStorage:
    """A folder on this machine.

    Parameters
    ----------
    root : pathlib.Path
        The folder; made when something is written.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.name = str(root)
        self._incoming = root / INCOMING

    def names(self) -> set[str] | None:
        """Give the names of what is in the folder; None if that is not there."""
        if not self.root.is_dir():
            return None
        with _in_words(self.root, "be listed"):
            return set(os.listdir(self.name))

    def prepare(self) -> None:
        """Make the folder, take away what killed processes left behind, and try to write."""
        with _in_words(self.root, "be written to"):
            for folder in (INCOMING, RAW):
                (self.root / folder).mkdir(parents=True, exist_ok=True)
            _flush_folder(self.name)
            for left in (self.root / INCOMING).iterdir():
                with suppress(OSError):  # another process may do the same
                    kept_for = _LEFT_OVER_SECONDS if left.suffix == ".tmp" else _UNFINISHED_SECONDS
                    if left.stat().st_mtime < time.time() - kept_for:
                        left.unlink()
            trial = self.root / INCOMING / f"{secrets.token_hex(8)}.tmp"
            trial.touch()
            trial.unlink()

    def files(self, folder: str) -> list[Entry]:
        """Give all files below a folder, however deep; none if it is not there."""
        path = self.root / folder
        with _in_words(path, "be listed"):
            return list(_walk(str(path), folder))

    def files_of_each(self, folders: Iterable[str]) -> list[Entry]:
        """Give all files below several folders."""
        return [entry for folder in folders for entry in self.files(folder)]

    def read(self, path: str) -> bytes:
        """Give a file's content; raise FileNotFoundError if it is not there."""
        file = self.root / path
        with _in_words(file, "be read", may_lack=True):
            return file.read_bytes()

    def write(self, path: str, content: bytes, *, lasting: bool = True) -> None:
        """Put a file there whole, in place of one of that name; its content always reaches the disk first."""
        final = self._at(path)
        with _in_words(final, "be written"):
            if content:
                self._write_beside(final, content)
            else:  # a mark, which is whole as soon as it is there
                _in_folder(final, partial(_write_new, final, content))
            if lasting:
                self._flush_folders(path)

    def _write_beside(self, final: str, content: bytes) -> None:
        temporary = self._at(f"{INCOMING}/{secrets.token_hex(8)}.tmp")
        try:
            _in_folder(temporary, partial(_write_new, temporary, content))
            _place(temporary, final)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise

    def take(self, path: str, file: Path) -> None:
        """Move a file of this disk there; its content always reaches the disk first."""
        final = self._at(path)
        with _in_words(final, "be written"):
            _flush_file(str(file))
            _place(str(file), final)
            self._flush_folders(path)

    def _at(self, path: str) -> str:
        # No Path: the many small files of an archive would take as long to name as to write.
        return f"{self.name}/{path}"

    def _flush_folders(self, path: str) -> None:
        """Bring the names of a file and of its folders to the disk: any of them may be new."""
        # All but the archive's own, which `prepare` has made.
        while folder := path.rpartition("/")[0]:
            _flush_folder(self._at(folder))
            path = folder

    def parts_folder(self) -> Path:
        """Give the folder where files are before they are put in their places."""
        with _in_words(self._incoming, "be made"):
            self._incoming.mkdir(parents=True, exist_ok=True)
        return self._incoming

    def delete(self, path: str) -> None:
        """Take a file away; nothing happens if it is not there."""
        file = self._at(path)
        with _in_words(file, "be deleted"), suppress(FileNotFoundError):
            os.unlink(file)

    def path(self, path: str) -> str:
        """Give a file's path in the file system."""
        return str(self.root / path)

    def address(self, path: str) -> str:
        """Give what other tools call a file."""
        return self.path(path)


def _walk(path: str, name: str) -> Iterator[Entry]:
    try:
        with os.scandir(path) as found:
            for one in found:
                if one.is_dir():
                    yield from _walk(one.path, f"{name}/{one.name}")
                else:
                    with suppress(FileNotFoundError):  # another process has deleted it meanwhile
                        yield Entry(f"{name}/{one.name}", one.stat().st_size)
    except FileNotFoundError:
        return


def _write_new(path: str, content: bytes) -> None:
    # Not a file of Python's, which asks the system for three things more; an archive has many small files.
    descriptor = os.open(path, _NEW, _MODE)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
        if content:  # an empty one has nothing that could be lost
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _place(file: str, final: str) -> None:
    _in_folder(final, partial(os.replace, file, final))


def _in_folder(path: str, put: Callable[[], object]) -> None:
    """Put a file into its folder; make that if it is not there."""
    try:
        put()
    except FileNotFoundError:
        _make_folder(path.rpartition("/")[0])
        put()


def _make_folder(path: str) -> None:
    try:
        os.mkdir(path)
    except FileExistsError:  # another process has made it meanwhile
        return
    except FileNotFoundError:
        os.makedirs(path, exist_ok=True)


def _flush_file(path: str) -> None:
    _flush(path, os.O_RDWR)


def _flush_folder(path: str) -> None:
    if os.name != "nt":  # Windows does so by itself, and knows no such request
        _flush(path, os.O_RDONLY)


def _flush(path: str, access: int) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, access)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _in_words(path: str | Path, what: str, *, may_lack: bool = False) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if may_lack and isinstance(error, FileNotFoundError):
            raise
        advice = _ADVICE.get(error.errno or 0, "Check the disk.")
        raise ArchiveError(f"{path} cannot {what}: {error.strerror or error}. {advice}") from error
