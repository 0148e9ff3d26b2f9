"""What decoding aims at, beside what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from benchmarks.documents import CLEAN, VARIANTS
from benchmarks.peers import BOUND, OURS, OURS_ARROW, USUAL, WAYS

if TYPE_CHECKING:
    from benchmarks.results import Report, Size

_SMALL: Final = 10
_MEDIUM: Final = 100_000
_LARGE: Final = 1_000_000


@dataclass(frozen=True)
class Goal:
    """A goal: a limit, from below if `is_least`, and what was measured, both in `unit`."""

    what: str
    limit: float
    measured: float
    unit: str
    is_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether what was measured keeps to the limit."""
        return self.measured >= self.limit if self.is_least else self.measured <= self.limit


def find_goals(report: Report) -> list[Goal]:
    """Give the goals of which the report has the measurements.

    Parameters
    ----------
    report : Report
        What was measured.

    Returns
    -------
    list of Goal
        Speed, memory, small responses, unusual ones.
    """
    sizes = {size.calls: size for size in report.sizes}
    goals = _of_speed(sizes[_MEDIUM]) if _MEDIUM in sizes else []
    for calls in sorted(sizes.keys() & {_MEDIUM, _LARGE}):
        peak = sizes[calls].measured[OURS.name].peak or 0
        goals.append(
            Goal(f"peak memory for {calls:,} calls, to the response", 3, peak / sizes[calls].size, "×")
        )
        goals.append(Goal(f"peak memory for {calls:,} calls", 4, peak / 1e9, " GB"))
    if _SMALL in sizes:
        goals.append(Goal(f"{_SMALL} calls", 3, 1000 * _seconds(sizes[_SMALL]), " ms"))
    clean = _seconds(report.variants[CLEAN.name])
    for variant in VARIANTS:
        if variant.odd or variant.added is not None:
            ratio = _seconds(report.variants[variant.name]) / clean
            goals.append(Goal(f"{variant.name}, to the clean time", 2 if variant.odd else 1.5, ratio, "×"))
    return goals


def _of_speed(size: Size) -> list[Goal]:
    ours = _seconds(size)
    theirs = {
        way: size.measured[way.name].seconds
        for way in WAYS
        if way not in {OURS, OURS_ARROW} and way.name in size.measured
    }
    bound = theirs.pop(BOUND, None)
    fastest = min(theirs, key=lambda way: theirs[way])
    goals = [
        Goal(f"faster than {USUAL.name}", 12, theirs[USUAL] / ours, "×", is_least=True),
        Goal(f"faster than the fastest other, {fastest.name}", 2, theirs[fastest] / ours, "×", is_least=True),
    ]
    return goals if bound is None else [*goals, Goal(f"time, to {BOUND.name}", 4, ours / bound, "×")]


def _seconds(size: Size) -> float:
    return size.measured[OURS.name].seconds
