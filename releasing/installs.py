"""Install the wheel into fresh environments, and try it in each: ``make installs``.

Without an extra and with all of them at the lowest versions that `pyproject.toml` permits, without one at the
newest, and then every extra alone. What is tried is in ``releasing/smoke``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from packaging.requirements import Requirement
from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["INSTALLATIONS", "Installation", "InstallationError", "above_their_bounds", "requirements_of"]

ROOT: Final = Path(__file__).parents[1]
SMOKE: Final = ROOT / "releasing" / "smoke"

_SAMPLE: Final = ROOT / "data" / "sample-campaign.json"
_OLDEST_PYTHON: Final = "3.11"
_AT_ONCE: Final = 2
_NOT_HANDED_ON: Final = ("PYTHON", "CALD_", "MPLBACKEND")


class InstallationError(Exception):
    """Something cannot be installed, or does not work where it is."""


@dataclass(frozen=True)
class Installation:
    """A fresh environment, and what is tried in it.

    Parameters
    ----------
    name : str
        What it is called.
    extras : sequence of str
        The extras that are installed.
    programs : sequence of sequence of str
        Programs of `SMOKE`, each with further arguments.
    lowest : bool
        Whether each direct dependency is installed at its lower bound, on the oldest Python, or the newest.
    on_request : bool
        Whether it is left out unless it is asked for by name.
    """

    name: str
    extras: Sequence[str]
    programs: Sequence[Sequence[str]]
    lowest: bool = False
    on_request: bool = False


_PROGRAMS: Final[Mapping[str, Sequence[str]]] = {
    "plots": ("plots",),
    "report": ("report",),
    "excel": ("excel",),
    "notebook": ("notebook",),
    "s3": ("bucket", "s3"),
    "gcs": ("bucket", "gcs"),
    "azure": ("bucket", "azure"),
    "duckdb": ("duckdb",),
    "polars": ("polars",),
    "dask": ("dask",),
    "spark": ("spark",),
}
_LARGE: Final = "spark"
"""An extra of half a gigabyte, which needs Java too."""
_LIGHT: Final = [extra for extra in _PROGRAMS if extra != _LARGE]

INSTALLATIONS: Final = (
    Installation("lowest", (), [("core",)], lowest=True),
    Installation("lowest-extras", _LIGHT, [_PROGRAMS[extra] for extra in _LIGHT], lowest=True),
    Installation("lowest-spark", (_LARGE,), [_PROGRAMS[_LARGE]], lowest=True, on_request=True),
    Installation("newest", (), [("core",)]),
    *(
        Installation(extra, (extra,), [program], on_request=extra == _LARGE)
        for extra, program in _PROGRAMS.items()
    ),
)


def requirements_of(project: Mapping[str, Any], extras: Iterable[str]) -> list[Requirement]:
    """Give the direct dependencies of a project, without extras or with some.

    Parameters
    ----------
    project : mapping
        The table ``project`` of a ``pyproject.toml``.
    extras : iterable of str
        The extras; one may name others of the project.

    Returns
    -------
    list of packaging.requirements.Requirement
        Each once, in order.
    """
    found = {line: Requirement(line) for line in project["dependencies"]}
    left = list(extras)
    while left:
        for line in project["optional-dependencies"][left.pop(0)]:
            requirement = Requirement(line)
            if requirement.name == project["name"]:
                left.extend(sorted(requirement.extras))
            else:
                found[line] = requirement
    return list(found.values())


def above_their_bounds(requirements: Iterable[Requirement], installed: Mapping[str, str]) -> list[str]:
    """Name what was installed newer than its lower bound, so that the bound was not tried.

    Parameters
    ----------
    requirements : iterable of packaging.requirements.Requirement
        The direct dependencies.
    installed : mapping of str to str
        The version of each package that is installed.

    Returns
    -------
    list of str
        A sentence for each.
    """
    told = []
    for requirement in requirements:
        bounds = [each.version for each in requirement.specifier if each.operator == ">="]
        version = installed[requirement.name]
        if not bounds:
            told.append(f"{requirement.name} has no lower bound; {version} was installed.")
        elif Version(version) != Version(bounds[0]):
            told.append(f"{requirement} is never below {version}; say >={version}.")
    return told


def install_and_try(installation: Installation, wheel: Path) -> str:
    """Make an environment, install the wheel into it, and run the programs.

    Parameters
    ----------
    installation : Installation
        What to install, and what to try.
    wheel : pathlib.Path
        The wheel.

    Returns
    -------
    str
        The versions of the direct dependencies.

    Raises
    ------
    InstallationError
        If it cannot be installed, a lower bound cannot be reached, or a program fails.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = requirements_of(project, installation.extras)
    with TemporaryDirectory(ignore_cleanup_errors=True) as place:
        python = Path(place, "env", "Scripts" if os.name == "nt" else "bin", "python")
        wanted = _OLDEST_PYTHON if installation.lowest else sys.executable
        _uv("venv", "--python", wanted, str(Path(place, "env")))
        install = partial(_uv, "pip", "install", "--python", str(python))
        if installation.lowest:
            chosen = [f"--extra={extra}" for extra in installation.extras]
            install("--resolution", "lowest-direct", "-r", str(ROOT / "pyproject.toml"), *chosen)
            install("--no-deps", str(wheel))
        else:
            install(f"{wheel}[{','.join(installation.extras)}]")
        _uv("pip", "check", "--python", str(python))
        listed = json.loads(_uv("pip", "list", "--python", str(python), "--format", "json"))
        installed = {package["name"]: package["version"] for package in listed}
        faults = above_their_bounds(requirements, installed) if installation.lowest else []
        if faults:
            raise InstallationError("\n".join(faults))
        for number, (program, *arguments) in enumerate(installation.programs):
            folder = Path(place, f"work-{number}")
            folder.mkdir()
            _run([str(python), "-I", str(SMOKE / f"{program}.py"), str(_SAMPLE), *arguments], folder)
    return ", ".join(f"{one.name} {installed[one.name]}" for one in requirements)


def _uv(*arguments: str) -> str:
    program = shutil.which("uv", path=str(Path(sys.executable).parent)) or "uv"
    return _run([program, "--quiet", *arguments], ROOT)


def _run(command: Sequence[str], folder: Path) -> str:
    kept = {name: os.environ[name] for name in os.environ if not name.startswith(_NOT_HANDED_ON)}
    done = subprocess.run(  # noqa: S603 - uv, or a program of this folder
        command,
        cwd=folder,
        env={**kept, "PYTHONUTF8": "1"},
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if done.returncode != 0:
        raise InstallationError(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}".rstrip())
    return done.stdout


def _wheel() -> Path:
    wheels = sorted((ROOT / "dist").glob("*.whl"), key=lambda path: path.stat().st_mtime)
    if not wheels:
        raise SystemExit("There is no wheel in dist/. Build it with: make package")
    return wheels[-1]


def _tell(installation: Installation, wheel: Path) -> bool:
    began = perf_counter()
    try:
        told = install_and_try(installation, wheel)
    except InstallationError as error:
        print(f"FAILED {installation.name}\n{error}", flush=True)
        return False
    print(f"works  {installation.name}, {perf_counter() - began:.0f} s: {told}", flush=True)
    return True


def main(arguments: Sequence[str] | None = None) -> None:
    """Install and try, and say what was installed."""
    parser = argparse.ArgumentParser(
        prog="python -m releasing.installs", description="Install the wheel into fresh environments."
    )
    names = [installation.name for installation in INSTALLATIONS]
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=f"of {', '.join(names)}")
    parser.add_argument("--wheel", type=Path, help="by default the newest in dist/")
    options = parser.parse_args(arguments)
    chosen = [
        each for each in INSTALLATIONS if (each.name in options.only if options.only else not each.on_request)
    ]
    wheel = (options.wheel or _wheel()).resolve()
    print(f"{wheel.name}, in {len(chosen)} fresh environments:", flush=True)
    with ThreadPoolExecutor(_AT_ONCE) as workers:
        worked = list(workers.map(partial(_tell, wheel=wheel), chosen))
    if not all(worked):
        raise SystemExit("Not every installation works.")


if __name__ == "__main__":
    main()
