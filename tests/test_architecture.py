"""The floors: imports point down only, and who alone may import what."""

from __future__ import annotations

import ast
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "caldframe"

FLOORS = {
    "errors": 0,
    "schema": 0,
    "unpacking": 0,
    "decode": 1,
    "client": 1,
    "export": 1,
    "stats": 1,
    "display": 1,
    "engine": 1,
    "folding": 1,
    "phone": 1,
    "words": 1,
    "frames": 2,
    "outcome": 2,
    "call_lengths": 2,
    "reconciliation": 2,
    "phrases": 2,
    "similar_lines": 2,
    "turns": 2,
    "fetch": 3,
    "metrics": 3,
    "privacy": 3,
    "archive": 4,
    "plots": 4,
    "sandbox": 4,
    "reports": 5,
    "cli": 6,
    "__init__": 6,
    "__main__": 7,
}

ONLY_IN = {
    "requests": "client",
    "urllib3": "client",
    "matplotlib": "plots",
    "phonenumbers": "phone",
    "click": "cli",
    "fsspec": "archive",
    "rich": "display",
    "scipy": "stats",
    "xlsxwriter": "export",
    "rapidfuzz": "similar_lines",
    "stdnum": "privacy",
    "jinja2": "reports",
    "markupsafe": "reports",
    "narwhals": "engine",
}

FETCHING = {"numpy", "pandas", "pyarrow", "requests", "urllib3", "rich"}
MOST_LINES = 400

MODULES = sorted(path for path in PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def rooms_imported(path: Path) -> set[str]:
    rooms = {name.split(".")[1] for name in imported(path) if name.startswith("caldframe.")}
    return {room for room in rooms if room in FLOORS}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_has_a_place_and_imports_point_down(path: Path) -> None:
    room = room_of(path)
    assert room in FLOORS, f"give {room} a floor"
    if room == "__init__" and path.parent == PACKAGE:
        return  # the front door names every room, lazily
    for other in rooms_imported(path) - {room}:
        assert FLOORS[other] < FLOORS[room], f"{room} may not import {other}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_each_outside_library_has_one_door(path: Path) -> None:
    for library, room in ONLY_IN.items():
        if room_of(path) != room:
            roots = {name.split(".")[0] for name in imported(path)}
            assert library not in roots, f"only {room} imports {library}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_imports_the_package_root(path: Path) -> None:
    if path != PACKAGE / "__init__.py":
        assert "caldframe" not in {name for name in imported(path) if "." not in name}


def test_no_module_is_longer_than_one_cares_to_read() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert not {path: length for path, length in lengths.items() if length > MOST_LINES}


def test_metrics_chapters_do_not_import_each_other() -> None:
    for path in (PACKAGE / "metrics").glob("*.py"):
        others = {name for name in imported(path) if name.startswith("caldframe.metrics.")}
        assert not others, f"{path.name} imports {others}"


def test_the_drawings_show_the_imports_of_today() -> None:
    root = PACKAGE.parent
    drawings = runpy.run_path(str(root / "docs" / "make_architecture.py"))["DRAWINGS"]
    for name, drawn in drawings.items():
        kept = (root / "docs" / "images" / name).read_text(encoding="utf-8")
        assert kept == drawn(), "run: python docs/make_architecture.py"


def test_every_room_is_told_of() -> None:
    page = (PACKAGE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    for room, floor in FLOORS.items():
        assert room == "__init__" or f"\n| {floor} | `{room}` |" in page, (
            f"tell of {room} in docs/architecture.md"
        )


@pytest.mark.parametrize(
    ("program", "needs"),
    [
        ("import caldframe", set()),
        ("from caldframe.cli import main; main(['--help'], standalone_mode=False)", {"click", "rich"}),
        ("from caldframe import fetch_campaign", FETCHING),
        ("from caldframe import load_campaign", FETCHING),
    ],
)
def test_starting_waits_for_nothing_that_is_not_needed_yet(program: str, needs: set[str]) -> None:
    libraries = {*ONLY_IN, *("numpy", "pandas", "pyarrow", "tqdm", "duckdb", "polars", "dask", "pyspark")}
    seen = f"{libraries - needs} & set(sys.modules)"
    code = f"import sys; {program}; sys.exit(', '.join({seen}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.stderr.strip() == ""


def test_fetching_and_counting_need_no_charts() -> None:
    code = (
        "import sys, caldframe as cf;"
        'frames = cf.load_campaign(b\'{"campaignId": "c", "calls": []}\');'
        "cf.outcome_rates(frames.calls);"
        "sys.exit('matplotlib' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603
