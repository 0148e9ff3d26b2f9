"""Hold every version that is pinned against known vulnerabilities: ``make audit``.

By default pip-audit asks for each, over the network. Where that is not to be had, ``--database`` names a copy
of a database of advisories in the format of OSV, and nothing leaves the machine: a clone of the Python
Packaging Authority's advisory database, or OSV's own file of all that it knows about PyPI.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = ["Audit", "affects", "audited", "pins_of", "records_in"]

ROOT: Final = Path(__file__).parents[1]

_PIN: Final = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
_ECOSYSTEM: Final = "PyPI"


@dataclass(frozen=True)
class Audit:
    """What a database knows about some pins.

    Parameters
    ----------
    found : list of str
        A sentence for each pin that an advisory is about.
    advisories : int
        How many advisories there were to look at.
    newest : str
        When the last of them was changed, as ISO-8601 text; empty if there is none.
    """

    found: list[str]
    advisories: int
    newest: str


def pins_of(files: Iterable[Path]) -> dict[str, set[str]]:
    """Give the versions of each package that files of constraints pin.

    Parameters
    ----------
    files : iterable of pathlib.Path
        Files as pip reads them, one ``name==version`` a line.

    Returns
    -------
    dict of str to set of str
        Versions by the package's normal name.
    """
    pins: dict[str, set[str]] = {}
    for file in files:
        for name, version in _PIN.findall(file.read_text(encoding="utf-8")):
            pins.setdefault(canonicalize_name(name), set()).add(version)
    return pins


def records_in(database: Path) -> Iterator[Mapping[str, Any]]:
    """Read the advisories of a database.

    Parameters
    ----------
    database : pathlib.Path
        A folder with a file of JSON or YAML for each advisory, however deep, or a zip file of them.

    Yields
    ------
    mapping
        An advisory in the format of OSV.
    """
    if database.is_dir():
        for path in sorted(database.rglob("*")):
            if path.suffix in {".json", ".yaml"} and not path.relative_to(database).parts[0].startswith("."):
                yield from _advisory(path.name, path.read_text(encoding="utf-8"))
    else:
        with zipfile.ZipFile(database) as archive:
            for name in sorted(archive.namelist()):
                yield from _advisory(name, archive.read(name).decode("utf-8"))


def affects(affected: Mapping[str, Any], name: str, version: str) -> bool:
    """Say whether a package at a version is one of those that an advisory is about.

    Parameters
    ----------
    affected : mapping
        An entry of the advisory's ``affected``.
    name : str
        The package's normal name.
    version : str
        The version.

    Returns
    -------
    bool
        True if it is listed, or lies in a range of versions. Ranges of commits say nothing about releases.
    """
    package = affected.get("package", {})
    if package.get("ecosystem") != _ECOSYSTEM or canonicalize_name(str(package.get("name"))) != name:
        return False
    if version in affected.get("versions", ()):
        return True
    ranges = [each for each in affected.get("ranges", ()) if each.get("type") == "ECOSYSTEM"]
    return any(_is_within(each.get("events", ()), Version(version)) for each in ranges)


def audited(pins: Mapping[str, set[str]], records: Iterable[Mapping[str, Any]]) -> Audit:
    """Hold pins against advisories.

    Parameters
    ----------
    pins : mapping of str to set of str
        As `pins_of` gives them.
    records : iterable of mapping
        As `records_in` gives them.

    Returns
    -------
    Audit
        What is known. An advisory that was withdrawn is none.
    """
    found, count, newest = [], 0, ""
    for record in records:
        count += 1
        newest = max(newest, str(record.get("modified", "")))
        if record.get("withdrawn"):
            continue
        for affected in record.get("affected", ()):
            name = canonicalize_name(str(affected.get("package", {}).get("name")))
            for version in sorted(pins.get(name, ())):
                if affects(affected, name, version):
                    also = ", ".join(record.get("aliases", ()))
                    found.append(f"{name} {version}: {record['id']}{f' ({also})' if also else ''}")
    return Audit(sorted(set(found)), count, newest)


def _advisory(name: str, text: str) -> Iterator[Mapping[str, Any]]:
    record = yaml.load(text, yaml.CSafeLoader) if name.endswith(".yaml") else json.loads(text)
    if isinstance(record, dict) and "affected" in record:
        yield record


def _is_within(events: Iterable[Mapping[str, str]], version: Version) -> bool:
    """Go through what happened to a range, in the order of versions: it begins, is mended, begins again."""
    changes: list[tuple[Version, int, bool]] = []
    for event in events:
        for what, where in event.items():
            try:
                at = Version("0.dev0" if where == "0" else where)
            except InvalidVersion:
                continue
            # What is introduced or fixed holds from that version on; what is last affected, behind it.
            changes.append((at, int(what == "last_affected"), what == "introduced"))
    within = False
    for at, behind, begins in sorted(changes):
        if at < version or (at == version and not behind):
            within = begins
    return within


def _ask_pip_audit(files: Sequence[Path]) -> bool:
    """Let pip-audit ask for each file's pins; what it cannot ask for is a failure too, not silence."""
    fine = True
    for file in files:
        print(f"{file.relative_to(ROOT)}:", flush=True)
        done = subprocess.run(  # noqa: S603 - this interpreter, fixed arguments
            [
                *(sys.executable, "-m", "pip_audit", "--strict", "--progress-spinner", "off"),
                *("--require-hashes", "--disable-pip", "--requirement", str(file)),
            ],
            check=False,
        )
        fine = fine and done.returncode == 0
    return fine


def main(arguments: Sequence[str] | None = None) -> None:
    """Audit all files of constraints, and say what was found, and against what."""
    parser = argparse.ArgumentParser(
        prog="python -m releasing.audit", description="Hold what is pinned against known vulnerabilities."
    )
    parser.add_argument("--database", type=Path, help="a copy of a database of advisories; asks nobody")
    options = parser.parse_args(arguments)
    files = sorted([ROOT / "constraints.txt", *ROOT.glob("[!.]*/**/*constraints.txt")])
    if options.database is None:
        if not _ask_pip_audit(files):
            raise SystemExit(
                "Something was found, or could not be asked for. Without a network that answers, give a copy "
                "of a database: make audit WITH='--database FOLDER-OR-ZIP'. CONTRIBUTING.md says which."
            )
        return
    pins = pins_of(files)
    audit = audited(pins, records_in(options.database))
    if audit.advisories == 0:
        raise SystemExit(f"{options.database} has no advisories in the format of OSV.")
    count = sum(len(versions) for versions in pins.values())
    print(f"{count} pinned versions of {len(pins)} packages, held against {audit.advisories:,} advisories,")
    print(f"the last of which was changed on {audit.newest[:10]}. What was found later is not among them.")
    if audit.found:
        raise SystemExit("\n".join(audit.found))
    print("None of them is about a version that is pinned.")


if __name__ == "__main__":
    main()
