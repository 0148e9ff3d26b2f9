"""What was measured, as the Markdown of the documentation."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final

from benchmarks.documents import CLEAN
from benchmarks.goals import find_goals
from benchmarks.peers import BOUND, OURS, WAYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from benchmarks.goals import Goal
    from benchmarks.results import Report, Size

BEGIN: Final = "<!-- measured: begin -->"
END: Final = "<!-- measured: end -->"

_PACKAGES: Final = (
    "pandas",
    "pyarrow",
    "orjson",
    "msgspec",
    "polars",
    "duckdb",
    "arro3-io",
    "dlt",
    "pysimdjson",
)


def render(report: Report) -> str:
    """Give the tables of the documentation.

    Parameters
    ----------
    report : Report
        What was measured.

    Returns
    -------
    str
        Markdown.
    """
    parts = [circumstances(), goals_table(find_goals(report)), *(_by_way(size) for size in report.sizes)]
    parts += [_growth(report.sizes), _unusual(report.variants), _failing(report.failures)]
    return "\n\n".join(parts) + "\n"


def write_between_markers(page: Path, text: str, mark: str = "measured") -> None:
    """Put the tables in a page, in place of what stands between its markers.

    Parameters
    ----------
    page : pathlib.Path
        A page of Markdown with the lines `BEGIN` and `END`.
    text : str
        What goes between them.
    mark : str, default "measured"
        What stands in those lines instead, on a page with several tables.
    """
    begin, end = (line.replace("measured", mark) for line in (BEGIN, END))
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    _, marker, after = rest.partition(end)
    if not marker:
        raise SystemExit(f"{page} lacks the lines {begin} and {end}.")
    page.write_text(f"{before}{begin}\n{text}{end}{after}", encoding="utf-8")


def circumstances() -> str:
    """Say on what was measured, and with which versions."""
    versions = []
    for name in _PACKAGES:
        with suppress(PackageNotFoundError):
            versions.append(f"{name} {version(name)}")
    return (
        f"Measured on {os.cpu_count()} cores ({platform.system()}, {platform.machine()}) "
        f"with Python {platform.python_version()}, {', '.join(versions)}."
    )


def goals_table(goals: Sequence[Goal]) -> str:
    """Give goals beside what was measured, as Markdown."""
    rows = []
    for goal in goals:
        wanted = f"{'at least' if goal.is_least else 'at most'} {goal.limit:g}{goal.unit}"
        measured = f"{_plain(goal.measured)}{goal.unit}"
        rows.append((goal.what, wanted, measured, "yes" if goal.is_met else "**no**"))
    return markdown_table(("goal", "wanted", "measured", "met"), rows)


def _by_way(size: Size) -> str:
    ours = size.measured[OURS.name].seconds
    bound = size.measured.get(BOUND.name)
    rows = []
    for way in WAYS:
        measured = size.measured.get(way.name)
        if measured is None:
            continue
        peak = "" if measured.peak is None else _ratio(measured.peak / size.size)
        to_bound = "" if bound is None else _ratio(measured.seconds / bound.seconds)
        times = (shown_time(measured.seconds), shown_time(min(measured.times)), str(len(measured.times)))
        rows.append((way.name, way.gives, *times, _ratio(measured.seconds / ours), to_bound, peak))
    absent = [way.name for way in WAYS if way.most_calls is not None and size.calls > way.most_calls]
    left_out = f"\n\nLeft out at this size, for they take minutes: {'; '.join(absent)}." if absent else ""
    names = ("way", "gives", "median", "fastest", "runs", "÷ caldframe", "÷ bound", "peak memory ÷ response")
    title = f"### {size.calls:,} calls, {shown_size(size.size)}"
    return f"{title}\n\n{markdown_table(names, rows)}{left_out}"


def _growth(sizes: Sequence[Size]) -> str:
    rows = []
    for size in sizes:
        ours = size.measured[OURS.name]
        peak = "" if ours.peak is None else shown_size(ours.peak)
        per_call = f"{1e6 * ours.seconds / size.calls:.1f} µs"
        rows.append((f"{size.calls:,}", shown_size(size.size), shown_time(ours.seconds), per_call, peak))
    return "### Growth\n\n" + markdown_table(
        ("calls", "response", "caldframe", "per call", "peak memory"), rows
    )


def _unusual(variants: Mapping[str, Size]) -> str:
    clean = variants[CLEAN.name].measured[OURS.name].seconds
    rows = []
    for name, size in variants.items():
        ours = size.measured[OURS.name]
        rows.append((name, shown_size(size.size), shown_time(ours.seconds), _ratio(ours.seconds / clean)))
    calls = variants[CLEAN.name].calls
    names = ("response", "size", "caldframe", "÷ clean")
    return f"### Unusual responses of {calls:,} calls\n\n{markdown_table(names, rows)}"


def _failing(failures: Mapping[str, Sequence[str]]) -> str:
    rows = [
        (way.name, ", ".join(failures[way.name]) or "nothing", way.leaves_out or "nothing")
        for way in WAYS
        if way.name in failures
    ]
    names = ("way", "gives no table at all if one call has", "does not keep")
    return f"### What each leaves out\n\n{markdown_table(names, rows)}"


def markdown_table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a table as Markdown."""
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _ratio(value: float) -> str:
    return f"{_plain(value)}×"


def _plain(value: float) -> str:
    """Write a number with two digits or more."""
    return f"{value:#.2g}" if value < 10 else f"{value:,.0f}"  # noqa: PLR2004 # two digits


def shown_time(seconds: float) -> str:
    """Write a time with two digits or more."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{_plain(1000 * seconds)} ms"


def shown_size(count: int) -> str:
    """Write a size with two digits or more."""
    return f"{_plain(count / 1e6)} MB" if count >= 1e6 else f"{_plain(count / 1e3)} kB"  # noqa: PLR2004
