"""What was measured, as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Measured:
    """What a job took: the seconds of each run, and bytes of memory at most (None if not measured)."""

    times: list[float]
    peak: int | None

    @property
    def seconds(self) -> float:
        """The median of the runs."""
        return median(self.times)


@dataclass(frozen=True)
class Size:
    """Measurements of a response of `calls` calls and `size` bytes, by the name of the way."""

    calls: int
    size: int
    measured: Mapping[str, Measured]


@dataclass(frozen=True)
class Report:
    """All that was measured: by size, on unusual responses by their name, and failures by way."""

    sizes: Sequence[Size]
    variants: Mapping[str, Size]
    failures: Mapping[str, Sequence[str]]
