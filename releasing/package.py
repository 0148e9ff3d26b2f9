"""Build the wheel and the sdist, and prove what they are: ``make package``.

They are built twice, from two copies of what git tracks, in folders, at times and in surroundings that have
nothing in common. Both times the same bytes have to come out, the wheel of the sdist has to be that of the
source, and what is in them has to be what belongs.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, NamedTuple

from releasing.contents import belongs_in_sdist, belongs_in_wheel, contents_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "Built",
    "PackageError",
    "build_wheel",
    "package",
    "refuse_contents",
    "refuse_difference",
    "tracked_files",
]

ROOT: Final = Path(__file__).parents[1]

# Where the second copy lies, how it is built, and what lies about in it must not matter.
_ELSEWHERE: Final = "somewhere else, with a longer name"
_SURROUNDINGS: Final = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "4711"}
_LONG_AGO: Final = 1_000_000_000
_JUNK: Final = (
    ".env",
    "calls/calls.parquet",
    "caldframe/notes.txt",
    "caldframe/calls.parquet",
    "caldframe/__pycache__/schema.cpython-311.pyc",
    "caldframe/decode/_kernel.so",
    "dist/caldframe-0.0.1.tar.gz",
    "tests/__pycache__/conftest.cpython-311.pyc",
)


class PackageError(Exception):
    """The wheel or the sdist is not what it has to be."""


class Built(NamedTuple):
    """A wheel and an sdist of the same source."""

    wheel: Path
    sdist: Path


def package(files: Sequence[str], to: Path) -> Built:
    """Build the wheel and the sdist in proof that nothing but the source decides what is in them.

    Parameters
    ----------
    files : sequence of str
        The files of the source, relative to its root.
    to : pathlib.Path
        The folder to put the two into; made if it is not there.

    Returns
    -------
    Built
        The two.

    Raises
    ------
    PackageError
        If they are not the same when built again, or not what belongs.
    """
    with TemporaryDirectory() as place:
        here, elsewhere = Path(place, "here"), Path(place, _ELSEWHERE)
        _copy(files, here / "source")
        _copy(files, elsewhere / "source")
        _litter(elsewhere / "source")
        built = _build(here / "source", here / "out", {})
        again = _build(elsewhere / "source", elsewhere / "out", _SURROUNDINGS)
        for one, other in zip(built, again, strict=True):
            refuse_difference(one, other, "when built again, elsewhere")
        refuse_difference(built.wheel, build_wheel(built.sdist, here / "of the sdist"), "built of the sdist")
        refuse_contents(built, files)
        to.mkdir(parents=True, exist_ok=True)
        return Built(*(Path(shutil.copy2(file, to)) for file in built))


def build_wheel(sdist: Path, to: Path) -> Path:
    """Build a wheel of an sdist, as an installer does that has no wheel.

    Parameters
    ----------
    sdist : pathlib.Path
        The sdist.
    to : pathlib.Path
        A folder to unpack and to build in.

    Returns
    -------
    pathlib.Path
        The wheel.
    """
    with tarfile.open(sdist) as archive:
        archive.extractall(to, filter="data")
    (source,) = to.iterdir()
    _hatch(source, to / "out", {}, "--target", "wheel")
    (wheel,) = (to / "out").iterdir()
    return wheel


def refuse_difference(one: Path, other: Path, when: str) -> None:
    """Raise `PackageError` if two archives are not the same, byte for byte, or are not called the same."""
    if one.name != other.name:
        raise PackageError(f"{one.name} is called {other.name} {when}.")
    if one.read_bytes() == other.read_bytes():
        return
    files, others = contents_of(one), contents_of(other)
    different = sorted(name for name in files.keys() | others.keys() if files.get(name) != others.get(name))
    where = ", ".join(different) or "names, times or modes, for every file holds the same"
    raise PackageError(f"{one.name} is not the same {when}: {where}.")


def refuse_contents(built: Built, files: Sequence[str]) -> None:
    """Raise `PackageError` if a wheel or an sdist does not hold what belongs of the files of the source."""
    name = built.sdist.name.removesuffix(".tar.gz")
    for archive, wanted in (
        (built.wheel, belongs_in_wheel(files, name)),
        (built.sdist, belongs_in_sdist(files, name)),
    ):
        found = contents_of(archive).keys()
        parts = (("lacks", wanted - found), ("has what does not belong", found - wanted))
        faults = [f"{what}: {', '.join(sorted(those))}" for what, those in parts if those]
        if faults:
            raise PackageError(f"{archive.name} {'; it '.join(faults)}.")


def tracked_files(root: Path) -> list[str]:
    """Give the files of the source as git tracks them, changed or not.

    Parameters
    ----------
    root : pathlib.Path
        The root of a clone.

    Returns
    -------
    list of str
        Paths relative to it.

    Raises
    ------
    PackageError
        If it is not a clone.
    """
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"],  # noqa: S607 - git, wherever it is
            cwd=root,
            check=True,
            capture_output=True,
            text=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise PackageError(f"{root} is no clone: git says which files are the source. {error}") from error
    return [file for file in listed.stdout.split("\0") if file and (root / file).exists()]


def _copy(files: Sequence[str], to: Path) -> None:
    for file in files:
        (to / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, to / file)


def _litter(source: Path) -> None:
    """Make a copy look like a folder in which somebody has worked for years."""
    for file in source.rglob("*"):
        file.chmod(file.stat().st_mode & 0o700)
        os.utime(file, (_LONG_AGO, _LONG_AGO))
    for junk in _JUNK:
        (source / junk).parent.mkdir(parents=True, exist_ok=True)
        (source / junk).write_text("What lies about.", encoding="utf-8")


def _build(source: Path, to: Path, surroundings: Mapping[str, str]) -> Built:
    _hatch(source, to, surroundings, "--target", "sdist", "--target", "wheel")
    (wheel,), (sdist,) = to.glob("*.whl"), to.glob("*.tar.gz")
    return Built(wheel, sdist)


def _hatch(source: Path, to: Path, surroundings: Mapping[str, str], *arguments: str) -> None:
    environment = {**os.environ, **surroundings}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(  # noqa: S603 - this interpreter, fixed arguments
        [sys.executable, "-m", "hatchling", "build", *arguments, "--directory", str(to)],
        cwd=source,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise PackageError(f"It cannot be built:\n{done.stdout}{done.stderr}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Build, prove, and say what came out."""
    parser = argparse.ArgumentParser(
        prog="python -m releasing.package", description="Build the wheel and the sdist, reproducibly."
    )
    parser.add_argument("--to", type=Path, default=ROOT / "dist", help="the folder to put them into")
    options = parser.parse_args(arguments)
    try:
        built = package(tracked_files(ROOT), options.to)
    except (PackageError, ValueError) as error:
        raise SystemExit(f"Not packaged. {error}") from error
    print("Built twice with the same bytes, looked into, and built again of the sdist:")
    for file in built:
        content = file.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        print(f"  {file}  {len(content):,} bytes, sha256 {digest}")


if __name__ == "__main__":
    main()
