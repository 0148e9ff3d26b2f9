"""What belongs in the wheel and in the sdist, as a rule, and what is in them."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["belongs_in_sdist", "belongs_in_wheel", "contents_of"]

_KERNEL: Final = f"caldframe/decode/_kernel.{'dll' if sys.platform == 'win32' else 'so'}"
_KERNEL_SOURCE: Final = "caldframe/decode/kernel.c"
_PACKAGE_SUFFIXES: Final = frozenset({".py", ".css", ".html", ".pem", ".toml"})
_PACKAGE_MARK: Final = "caldframe/py.typed"
_ABOUT: Final = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
_FORGE: Final = ".ci/"
"""What the forge runs: of no use where there is no forge."""


def belongs_in_wheel(tracked: Iterable[str], name: str) -> set[str]:
    """Say what has to be in a wheel: what runs, the compiled kernel, and what is said about them.

    Parameters
    ----------
    tracked : iterable of str
        The files of the source, as git tracks them.
    name : str
        What the wheel calls itself, ``caldframe-0.1.0`` for example.

    Returns
    -------
    set of str
        Paths in the wheel.

    Raises
    ------
    ValueError
        If the package has a file of which the rule does not say whether it belongs.
    """
    package = {file for file in tracked if file.startswith("caldframe/")} - {_KERNEL_SOURCE}
    for file in sorted(package - {_PACKAGE_MARK}):
        if PurePosixPath(file).suffix not in _PACKAGE_SUFFIXES:
            raise ValueError(
                f"Does {file} belong in the wheel? Say so in pyproject.toml and releasing/contents.py."
            )
    return package | {_KERNEL} | {f"{name}.dist-info/{file}" for file in _ABOUT}


def belongs_in_sdist(tracked: Iterable[str], name: str) -> set[str]:
    """Say what has to be in an sdist: the source, the tests and pages with it, and its metadata.

    Parameters
    ----------
    tracked : iterable of str
        The files of the source, as git tracks them.
    name : str
        What the sdist calls itself, ``caldframe-0.1.0`` for example.

    Returns
    -------
    set of str
        Paths in the sdist.
    """
    source = {file for file in tracked if not file.startswith(_FORGE)}
    return {f"{name}/{file}" for file in source | {"PKG-INFO"}}


def contents_of(archive: Path) -> dict[str, bytes]:
    """Give the files in a wheel or an sdist.

    Parameters
    ----------
    archive : pathlib.Path
        The wheel or the sdist.

    Returns
    -------
    dict of str to bytes
        What each file holds, by its path.

    Raises
    ------
    ValueError
        If a file is in it twice.
    """
    files = list(_wheel_files(archive) if archive.suffix == ".whl" else _sdist_files(archive))
    twice = [name for name, count in Counter(name for name, _ in files).items() if count > 1]
    if twice:
        raise ValueError(f"{archive.name} has files of the same name: {', '.join(twice)}")
    return dict(files)


def _wheel_files(archive: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as wheel:
        for member in wheel.infolist():
            yield member.filename, wheel.read(member)


def _sdist_files(archive: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive) as sdist:
        for member in sdist.getmembers():
            file = sdist.extractfile(member)
            if file is not None:
                yield member.name, file.read()
