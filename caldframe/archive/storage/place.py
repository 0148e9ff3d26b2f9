"""What every place where an archive can be has to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Entry(NamedTuple):
    """A file: its path in the archive, with ``/`` between the parts, and its size in bytes."""

    path: str
    size: int


class Storage(Protocol):
    """A place for files, each of which appears whole; it can be pickled, to be sent to other machines."""

    name: str
    """What the user calls it."""

    def names(self) -> set[str] | None:
        """Give the names of the files and folders at the top; None if the place is not there."""

    def prepare(self) -> None:
        """Make the place if need be, and raise if nothing can be written there."""

    def files(self, folder: str) -> list[Entry]:
        """Give all files below a folder, however deep; none if it is not there."""

    def files_of_each(self, folders: Iterable[str]) -> list[Entry]:
        """Give all files below several folders that have one parent."""

    def read(self, path: str) -> bytes:
        """Give a file's content; raise FileNotFoundError if it is not there."""

    def write(self, path: str, content: bytes, *, lasting: bool = True) -> None:
        """Put a file there whole, in place of one of that name.

        If it is to be lasting, it and what else is new in its folder outlive a power cut; otherwise the power
        cut may bring back what was there before.
        """

    def take(self, path: str, file: Path) -> None:
        """Put a file of this machine there whole; it may be moved."""

    def parts_folder(self) -> Path | None:
        """Give a folder of this machine where unfinished downloads stay for the next run, if there is one."""

    def delete(self, path: str) -> None:
        """Take a file away; nothing happens if it is not there."""

    def path(self, path: str) -> str:
        """Give a file's path in the file system."""

    def address(self, path: str) -> str:
        """Give what other tools call a file."""
