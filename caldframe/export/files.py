"""Files that appear whole or not at all, and words for what stands in their way."""

from __future__ import annotations

import errno
import os
import secrets
import textwrap
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO, Final

import pyarrow as pa

from caldframe.errors import ExportError, OutputExistsError
from caldframe.export.fitting import MisfitError, fit_table
from caldframe.schema import TABLES, Tables
from caldframe.unpacking import OverblownError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

_FULL: Final = "Free some space, or choose a folder on another disk."
_NOT_ALLOWED: Final = "Close it in other programs, or choose a folder that you may write to."
_READ_ONLY: Final = "Choose a folder that you may write to."
_NO_FOLDER: Final = "There is a file where a folder should be; choose another folder."
_ADVICE: Final = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
    errno.EROFS: _READ_ONLY,
    errno.EBUSY: _NOT_ALLOWED,
    errno.EEXIST: _NO_FOLDER,
    errno.ENOTDIR: _NO_FOLDER,
}


def write_files(
    directory: Path, contents: Mapping[str, Callable[[BinaryIO], None]], *, overwrite: bool
) -> list[Path]:
    """Write files into a folder; each appears whole or not at all, and none if one cannot be written.

    All are written beside their places under temporary names, then put there one after the other.

    Parameters
    ----------
    directory : pathlib.Path
        The folder; made if it is not there.
    contents : mapping of str to callable
        By file name, what writes the content into an open binary file.
    overwrite : bool
        Whether files that are there already are replaced.

    Returns
    -------
    list of pathlib.Path
        The files, in the order given.

    Raises
    ------
    OutputExistsError
        If a file is there already and `overwrite` is False; nothing is written then.
    ExportError
        If a file cannot be written.
    """
    finals = [directory / name for name in contents]
    _look_first(finals, overwrite=overwrite)
    with _in_words(directory, "be made"):
        directory.mkdir(parents=True, exist_ok=True)
    mark = f".{secrets.token_hex(4)}.tmp"
    temporaries = [directory / f".{name}{mark}" for name in contents]
    placed: list[Path] = []
    try:
        for final, temporary, write in zip(finals, temporaries, contents.values(), strict=True):
            with _in_words(final, "be written"):
                _write_through(temporary, write)
        for final, temporary in zip(finals, temporaries, strict=True):
            with _in_words(final, "be written", placed):
                _place(temporary, final, overwrite=overwrite)
            placed.append(final)
    except BaseException:  # an interruption too must not leave half of the tables
        if not overwrite:
            _remove(placed)
        raise
    finally:
        _remove(temporaries)
    return finals


def read_tables(directory: Path, ending: str, read: Callable[[Path], pa.Table]) -> Tables:
    """Read the four tables from the files of a folder, in the types of the schema.

    Parameters
    ----------
    directory : pathlib.Path
        The folder.
    ending : str
        How the files' names end: ``parquet`` or ``csv``.
    read : callable
        What reads one file.

    Returns
    -------
    Tables
        The tables; columns that the schema does not name are kept.

    Raises
    ------
    ExportError
        If a file is missing, cannot be read, or does not fit the schema.
    """
    return Tables(**{name: read_table(directory / f"{name}.{ending}", read, name) for name in TABLES})


def read_table(path: Path, read: Callable[[Path], pa.Table], name: str) -> pa.Table:
    """Read one table from its file, in the types of the schema; `read_tables` says the rest."""
    again = f"Write the folder again with to_{path.suffix[1:]}, or read one that it wrote."
    try:
        return fit_table(read(path), TABLES[name])
    except FileNotFoundError as error:
        raise ExportError(f"{path} is not there. {again}") from error
    except NotADirectoryError as error:
        folder = path.parent
        raise ExportError(
            f"{path} cannot be read: {folder} is no folder. Give the one with all tables: {folder.parent}."
        ) from error
    except (MisfitError, OverblownError) as misfit:
        raise ExportError(f"{path} {misfit}. {again}") from misfit
    except (OSError, ValueError, pa.ArrowException) as error:  # ValueError: a name that is not UTF-8
        raise ExportError(f"{path} cannot be read: {_first_words(error)}. {again}") from error


def _first_words(error: Exception) -> str:
    """Shorten what Arrow says: it may quote a whole text."""
    return textwrap.shorten(str(error), 300, placeholder=" ...").rstrip(".")


def _look_first(finals: list[Path], *, overwrite: bool) -> None:
    for final in finals:
        with _in_words(final, "be written"):
            there, folder = os.path.lexists(final), final.is_dir()
        if there and not overwrite:
            raise _there_already(final)
        if folder:
            raise ExportError(f"{final} is a folder and cannot be replaced by a file. Choose another folder.")


def _there_already(final: Path) -> OutputExistsError:
    return OutputExistsError(
        f"{final} is there already. Pass overwrite=True to replace it, or choose another folder."
    )


def _write_through(temporary: Path, write: Callable[[BinaryIO], None]) -> None:
    with temporary.open("xb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())  # or a power cut after the renaming could leave an empty file


def _place(temporary: Path, final: Path, *, overwrite: bool) -> None:
    if overwrite:
        temporary.replace(final)
        return
    try:
        # Unlike a renaming, a link never replaces what another process has put there in the meantime.
        final.hardlink_to(temporary)
    except FileExistsError as error:
        raise _there_already(final) from error
    except OSError as error:  # a disk without hard links
        if os.path.lexists(final):
            raise _there_already(final) from error
        temporary.replace(final)


def _remove(paths: list[Path]) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink()


@contextmanager
def _in_words(path: Path, what: str, placed: Sequence[Path] = ()) -> Iterator[None]:
    try:
        yield
    except pa.ArrowException as error:
        raise ExportError(
            f"{path} cannot {what}: {error}. Turn columns of your own into text, numbers or times."
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a path with NUL in it
        reason = getattr(error, "strerror", None) or error
        advice = _ADVICE.get(getattr(error, "errno", None) or 0, "Choose another folder.")
        if placed:
            advice += f" Then write all four again: {placed[-1].name} is new, {path.name} is not."
        raise ExportError(f"{path} cannot {what}: {reason}. {advice}") from error
