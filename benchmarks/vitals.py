"""What a process holds of the machine, as Linux tells it, and whether that grows."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

import pyarrow as pa
from pyarrow import parquet
from pyarrow.dataset import dataset
from scipy.stats import theilslopes

if TYPE_CHECKING:
    from collections.abc import Sequence

_PROCESSES: Final = Path("/proc")
_HOUR: Final = 3600.0
_READINGS: Final = 200

WARM_UP: Final = 1 / 6
"""The share of a run in which libraries may still set things up."""

MEMORY_GROWTH: Final = 0.1
"""How much memory may be more at the end of a run than after its warm-up, as a share of it."""


@dataclass(frozen=True)
class Vitals:
    """What a process holds at a moment.

    Parameters
    ----------
    memory : int
        Bytes of memory, resident.
    threads : int
        Threads.
    descriptors : int
        Open file descriptors, sockets among them.
    sockets : int
        Open sockets.
    files : int
        Files in its folder for temporary ones.
    """

    memory: int
    threads: int
    descriptors: int
    sockets: int
    files: int


VITALS: Final = tuple(field.name for field in fields(Vitals))
"""Their names, in order."""


@dataclass(frozen=True)
class Trend:
    """How one of the vitals went on.

    Parameters
    ----------
    name : str
        Which one.
    start, middle, end : float
        The first after the warm-up, the median of all since, the last.
    an_hour : float
        The slope, by Theil and Sen: the median of the slopes between all pairs, which a few high readings do
        not move.
    grown : float
        By how much the median of the last quarter is above that of the first.
    allowed : float
        By how much it may be.
    """

    name: str
    start: float
    middle: float
    end: float
    an_hour: float
    grown: float
    allowed: float

    @property
    def holds(self) -> bool:
        """Whether it has not grown."""
        return self.grown <= self.allowed


def start_all_threads() -> None:
    """Have Arrow start its threads, which come when they are first needed and stay.

    Those that compute are as many as there are cores. Those that read are eight, and on an idle machine the
    last of them may not be needed for an hour.
    """
    columns = 4 * pa.cpu_count()  # more at a time than there are threads
    pa.table({str(number): [number] * 1000 for number in range(columns)}).to_pandas(use_threads=True)
    wanted = vitals_of().threads + pa.io_thread_count()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(4 * pa.io_thread_count()):
            parquet.write_table(pa.table({"number": [number]}), f"{folder}/{number}.parquet")
        for _ in range(_READINGS):
            if vitals_of().threads >= wanted:
                break
            dataset(folder).to_table()


def vitals_of(process: int | str = "self", temporary: Path | None = None) -> Vitals:
    """Look at a process.

    Parameters
    ----------
    process : int or "self"
        Its number.
    temporary : pathlib.Path, optional
        Its folder for temporary files.

    Returns
    -------
    Vitals
        What it holds now.
    """
    place = _PROCESSES / str(process)
    if not place.is_dir():
        raise SystemExit("This needs Linux, which says in /proc what a process holds.")
    status = dict(line.split(":", 1) for line in (place / "status").read_text(encoding="ascii").splitlines())
    opened = _opened(place / "fd")
    return Vitals(
        memory=int(status["VmRSS"].split()[0]) * 1024,
        threads=int(status["Threads"]),
        descriptors=len(opened),
        sockets=sum(target.startswith("socket:") for target in opened),
        files=0 if temporary is None else sum(path.is_file() for path in temporary.rglob("*")),
    )


def trend(name: str, seconds: Sequence[float], values: Sequence[float], warm_up: float = WARM_UP) -> Trend:
    """Say how one of the vitals went on, the warm-up left out.

    Parameters
    ----------
    name : str
        Which one. Memory may grow by a tenth; nothing else at all.
    seconds : sequence of float
        When it was read.
    values : sequence of float
        What it was, ten times at least.
    warm_up : float, default 1/6
        The share of the run in which it may do what it wants.

    Returns
    -------
    Trend
        How it went on.
    """
    first = round(len(values) * warm_up)
    counted = [float(value) for value in values[first:]]
    quarter = len(counted) // 4
    before, after = median(counted[:quarter]), median(counted[-quarter:])
    return Trend(
        name,
        start=counted[0],
        middle=median(counted),
        end=counted[-1],
        an_hour=float(theilslopes(counted, seconds[first:]).slope) * _HOUR,
        grown=after - before,
        allowed=MEMORY_GROWTH * before if name == "memory" else 0.0,
    )


def _opened(folder: Path) -> list[str]:
    targets = []
    for descriptor in folder.iterdir():
        try:
            targets.append(str(descriptor.readlink()))
        except FileNotFoundError:  # the one that the folder is being read with
            continue
    return targets
