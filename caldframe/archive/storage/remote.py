"""An object store, or whatever else fsspec reaches by a URL: each file is put in one go."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import fsspec  # type: ignore[import-untyped] # it has no types of its own

from caldframe.archive.storage.place import Entry
from caldframe.errors import ArchiveError, ConfigurationError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_EXTRAS: Final = {
    "s3": ("s3fs", "s3"),
    "s3a": ("s3fs", "s3"),
    "gs": ("gcsfs", "gcs"),
    "gcs": ("gcsfs", "gcs"),
    "az": ("adlfs", "azure"),
    "abfs": ("adlfs", "azure"),
    "abfss": ("adlfs", "azure"),
    "adl": ("adlfs", "azure"),
}

# A listing of everything gives a thousand names an answer; a listing of one folder takes an answer each.
_FOLDERS_LISTED_ONE_BY_ONE: Final = 20


class RemoteStorage:
    """What fsspec reaches by a URL.

    Parameters
    ----------
    url : str
        Where the archive is, ``s3://bucket/folder`` for example.
    options : dict
        What the file system is told.
    """

    def __init__(self, url: str, options: dict[str, Any]) -> None:
        self.name = url
        self._url = url
        self._options = options
        _ = self._opened

    def __getstate__(self) -> dict[str, Any]:
        return {"name": self.name, "_url": self._url, "_options": self._options}

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        """The file system, and the archive's path in it."""
        protocol = self._url.partition("://")[0]
        try:
            # A listing from memory would not show what other machines have written.
            opened = fsspec.url_to_fs(self._url, use_listings_cache=False, **self._options)
        except ImportError as error:
            if protocol in _EXTRAS:
                raise MissingExtraError(*_EXTRAS[protocol]) from error
            raise ConfigurationError(f"{self._url} needs a package that is not here: {error}") from error
        except (ValueError, TypeError) as error:
            raise ConfigurationError(
                f"{self._url} cannot be opened: {error}. Check the URL and storage_options."
            ) from error
        file_system, path = opened
        return file_system, str(path).rstrip("/")

    @property
    def file_system(self) -> Any:
        """The file system of fsspec."""
        return self._opened[0]

    def path(self, path: str) -> str:
        """Give a file's path in the file system."""
        return f"{self._opened[1]}/{path}"

    def names(self) -> set[str] | None:
        """Give the names of the files and folders at the top; None if nothing is there."""
        with self._in_words("", "be reached"):
            self.file_system.invalidate_cache()
            try:
                found = self.file_system.ls(self._opened[1], detail=False)
            except FileNotFoundError:
                return None
            start = len(self._opened[1]) + 1
            return {path[start:].strip("/") for path in found} - {""}  # a store's mark of an empty folder

    def prepare(self) -> None:
        """Do nothing: an object store has no folders, and says itself if nothing can be put there."""

    def files(self, folder: str) -> list[Entry]:
        """Give all files below a folder, however deep; none if it is not there."""
        with self._in_words(folder, "be listed"):
            self.file_system.invalidate_cache()
            try:
                found = self.file_system.find(self.path(folder), detail=True)
            except FileNotFoundError:
                return []
            start = len(self._opened[1]) + 1
            return [Entry(path[start:], int(about.get("size") or 0)) for path, about in found.items()]

    def files_of_each(self, folders: Iterable[str]) -> list[Entry]:
        """Give all files below several folders that have one parent."""
        wanted = list(dict.fromkeys(folders))
        if len(wanted) <= _FOLDERS_LISTED_ONE_BY_ONE:
            return [entry for folder in wanted for entry in self.files(folder)]
        parent = wanted[0].rpartition("/")[0]
        chosen = set(wanted)
        return [entry for entry in self.files(parent) if entry.path.rpartition("/")[0] in chosen]

    def read(self, path: str) -> bytes:
        """Give a file's content; raise FileNotFoundError if it is not there."""
        with self._in_words(path, "be read", may_lack=True):
            return bytes(self.file_system.cat_file(self.path(path)))

    def write(self, path: str, content: bytes, *, lasting: bool = True) -> None:
        """Put a file there whole, in place of one of that name; an object store knows nothing but lasting."""
        del lasting
        with self._in_words(path, "be written"):
            self.file_system.pipe_file(self.path(path), content)

    def take(self, path: str, file: Path) -> None:
        """Put a file of this machine there whole."""
        with self._in_words(path, "be written"):
            self.file_system.put_file(str(file), self.path(path))

    def parts_folder(self) -> None:
        """Give none: an object store has nothing unfinished."""

    def delete(self, path: str) -> None:
        """Take a file away; nothing happens if it is not there."""
        with self._in_words(path, "be deleted"):
            try:
                self.file_system.rm_file(self.path(path))
            except FileNotFoundError:
                return

    def address(self, path: str) -> str:
        """Give the URL of a file."""
        return f"{self._url}/{path}"

    @contextmanager
    def _in_words(self, path: str, what: str, *, may_lack: bool = False) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # every file system has errors of its own
            if may_lack and isinstance(error, FileNotFoundError):
                raise
            raise ArchiveError(
                f"{self.address(path)} cannot {what}: {error}. "
                "Check the URL, the credentials and the network."
            ) from error
