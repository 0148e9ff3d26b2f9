"""Count how often intervals hold the truth: ``python -m benchmarks.calibration``, ``make calibration``.

Campaigns are made up from a truth that is known, many thousand times, and each time the interval is computed
by the function that the metrics call.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from benchmarks.report import write_between_markers
from caldframe.stats import (
    bootstrap_medians,
    difference_interval,
    kaplan_meier,
    median_ranks,
    percentile_interval,
    ratio_interval,
    wilson_interval,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

CONFIDENCE: Final = 0.95
WANTED: Final = (0.93, 0.97)
_RESAMPLES: Final = 9_999  # as many as compare_lengths
_CELLS_AT_ONCE: Final = 5_000_000


class Ends(NamedTuple):
    """Intervals, one a repetition, NaN where the method gives none, and the truth that they should hold."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    truth: float


@dataclass(frozen=True)
class Case:
    """A truth to make campaigns from, and how to make intervals from them."""

    what: str
    simulate: Callable[[np.random.Generator, int], Ends]


@dataclass(frozen=True)
class Family:
    """Cases of one kind of interval, with how often each is repeated in a full run."""

    title: str
    cases: Sequence[Case]
    repetitions: int


@dataclass(frozen=True)
class Coverage:
    """How a case came out: shares of the repetitions that have an interval, and of those that have none."""

    what: str
    held: float
    truth_below: float
    truth_above: float
    none: float

    @property
    def verdict(self) -> str:
        """Whether the interval holds the truth as often as wanted."""
        if self.held < WANTED[0]:
            return "**too seldom**"
        return "more often" if self.held > WANTED[1] else "yes"


def measure(case: Case, repetitions: int, seed: int) -> Coverage:
    """Simulate a case and count.

    Parameters
    ----------
    case : Case
        What to simulate.
    repetitions : int
        How many campaigns to make up.
    seed : int
        Where chance starts; the same for every case.

    Returns
    -------
    Coverage
        How often its interval held the truth.
    """
    low, high, truth = case.simulate(np.random.default_rng(seed), repetitions)
    there = ~np.isnan(low)
    # Ends that are the truth but for rounding hold it.
    slack = 1e-9 * max(abs(truth), 1)
    below, above = truth < low[there] - slack, truth > high[there] + slack
    return Coverage(
        case.what,
        held=1 - float(below.mean() + above.mean()),
        truth_below=float(below.mean()),
        truth_above=float(above.mean()),
        none=1 - float(there.mean()),
    )


# --- rates --------------------------------------------------------------------------------------------


def _rate(generator: np.random.Generator, repetitions: int, *, rate: float, calls: int) -> Ends:
    hits = generator.binomial(calls, rate, repetitions)
    return Ends(*wilson_interval(hits, calls, CONFIDENCE), rate)


def _clustered_rate(
    generator: np.random.Generator, repetitions: int, *, rate: float, prospects: int, attempts: int
) -> Ends:
    """Call each prospect several times, whose own rate is spread around the mean as beta(1, ...) is."""
    own = generator.beta(1, (1 - rate) / rate, (repetitions, prospects))
    hits = generator.binomial(attempts, own).sum(axis=1)
    return Ends(*wilson_interval(hits, prospects * attempts, CONFIDENCE), rate)


def _two_rates(
    generator: np.random.Generator,
    repetitions: int,
    *,
    rates: tuple[float, float],
    calls: tuple[int, int],
    ratio: bool,
) -> Ends:
    one, other = (generator.binomial(n, rate, repetitions) for n, rate in zip(calls, rates, strict=True))
    if ratio:
        return Ends(*ratio_interval(one, calls[0], other, calls[1], CONFIDENCE), rates[0] / rates[1])
    return Ends(*difference_interval(one, calls[0], other, calls[1], CONFIDENCE), rates[0] - rates[1])


# --- lengths ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Talks:
    """How long calls last: a lognormal law of a median in seconds, and short calls among them."""

    median: float
    whole: bool = True
    hang_ups: float = 0.0

    def draw(self, generator: np.random.Generator, size: tuple[int, ...]) -> NDArray[np.float64]:
        """Draw lengths, in whole seconds or not rounded."""
        lengths = self.median * np.exp(generator.standard_normal(size))
        if self.hang_ups:
            short = generator.random(size) < self.hang_ups
            lengths = np.where(short, generator.exponential(4, size), lengths)
        return np.rint(lengths) if self.whole else lengths

    def true_median(self) -> float:
        """Give the median of the law, by bisection where there is no formula."""
        if not self.hang_ups:
            return float(np.rint(self.median)) if self.whole else self.median
        from scipy.special import ndtr  # noqa: PLC0415 - for this law alone

        low, high = 0.0, self.median
        for _ in range(100):
            middle = (low + high) / 2
            below = self.hang_ups * -np.expm1(-middle / 4)
            below += (1 - self.hang_ups) * ndtr(np.log(middle / self.median))
            low, high = (middle, high) if below < 0.5 else (low, middle)  # noqa: PLR2004 - half
        return float(np.rint(low)) if self.whole else low


def _median(generator: np.random.Generator, repetitions: int, *, talks: Talks, calls: int) -> Ends:
    (lower,), (upper,) = median_ranks([calls], CONFIDENCE)
    ends: list[NDArray[np.float64]] = []
    for size in _blocks(repetitions, calls):
        lengths = np.sort(talks.draw(generator, (size, calls)), axis=1)
        ends.append(lengths[:, [lower - 1, upper - 1]])
    low, high = np.concatenate(ends).T
    return Ends(low, high, talks.true_median())


def _difference_of_medians(
    generator: np.random.Generator, repetitions: int, *, talks: tuple[Talks, Talks], calls: tuple[int, int]
) -> Ends:
    ends = np.empty((repetitions, 2))
    for row in ends:
        one, other = (
            bootstrap_medians(*_counted(law.draw(generator, (n,))), generator, _RESAMPLES)
            for law, n in zip(talks, calls, strict=True)
        )
        row[:] = percentile_interval(one - other, CONFIDENCE)
    return Ends(ends[:, 0], ends[:, 1], talks[0].true_median() - talks[1].true_median())


def _counted(lengths: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    return np.unique(lengths, return_counts=True)


# --- reach --------------------------------------------------------------------------------------------


def _reach(
    generator: np.random.Generator,
    repetitions: int,
    *,
    hazards: Sequence[float],
    prospects: int,
    stopped: float,
) -> Ends:
    """Attempt prospects until they are reached, or until some are called no more for another reason."""
    at_risk = np.full(repetitions, prospects)
    steps = []
    for hazard in hazards:
        reached = generator.binomial(at_risk, hazard)
        steps.append((at_risk, reached))
        left = at_risk - reached
        at_risk = left - generator.binomial(left, stopped)
    risks, events = (np.stack(parts, axis=1).ravel() for parts in zip(*steps, strict=True))
    curves = np.repeat(np.arange(repetitions), len(hazards))
    _, low, high = (
        ends.reshape(repetitions, -1)[:, -1] for ends in kaplan_meier(risks, events, curves, CONFIDENCE)
    )
    return Ends(1 - high, 1 - low, float(1 - np.prod(1 - np.asarray(hazards))))


# --- what is measured ---------------------------------------------------------------------------------


def _rates() -> Iterable[Case]:
    for rate in (0.35, 0.05, 0.01):
        for calls in (20, 100, 1_000, 10_000):
            yield Case(f"{rate:.0%} of {calls:,} calls", partial(_rate, rate=rate, calls=calls))


def _clustered_rates() -> Iterable[Case]:
    for attempts in (1, 2, 5):
        simulate = partial(_clustered_rate, rate=0.35, prospects=200, attempts=attempts)
        yield Case(f"35% of 200 prospects, calls to each: {attempts}", simulate)


def _differences(*, ratio: bool) -> Iterable[Case]:
    for rates, calls in (
        ((0.35, 0.35), (20, 20)),
        ((0.35, 0.35), (100, 100)),
        ((0.40, 0.35), (1_000, 1_000)),
        ((0.35, 0.30), (50, 5_000)),
        ((0.05, 0.05), (100, 100)),
        ((0.05, 0.02), (1_000, 1_000)),
        ((0.01, 0.01), (100, 10_000)),
        ((0.90, 0.60), (40, 40)),
    ):
        what = f"{rates[0]:.0%} of {calls[0]:,} calls, {rates[1]:.0%} of {calls[1]:,}"
        yield Case(what, partial(_two_rates, rates=rates, calls=calls, ratio=ratio))


def _medians() -> Iterable[Case]:
    for name, talks in {
        "not rounded": Talks(88, whole=False),
        "whole seconds": Talks(88),
        "a third hang up at once": Talks(88, hang_ups=1 / 3),
    }.items():
        for calls in (10, 30, 300, 3_000):
            yield Case(f"{calls:,} calls, {name}", partial(_median, talks=talks, calls=calls))


def _differences_of_medians() -> Iterable[Case]:
    for calls in ((10, 10), (30, 30), (300, 300), (6, 2_000), (20, 2_000)):
        for name, talks in {
            "not rounded": (Talks(100, whole=False), Talks(80, whole=False)),
            "whole seconds": (Talks(100), Talks(80)),
        }.items():
            what = f"{calls[0]:,} calls and {calls[1]:,}, {name}"
            yield Case(what, partial(_difference_of_medians, talks=talks, calls=calls))


def _reaches() -> Iterable[Case]:
    hazards = (0.35, 0.28, 0.22, 0.17, 0.13)
    for prospects in (30, 100, 1_000, 10_000):
        for attempt in (1, 3, 5):
            simulate = partial(_reach, hazards=hazards[:attempt], prospects=prospects, stopped=0.3)
            yield Case(f"{prospects:,} prospects, by attempt {attempt}", simulate)
    for prospects in (100, 1_000):
        simulate = partial(_reach, hazards=(0.02, 0.02, 0.02), prospects=prospects, stopped=0.3)
        yield Case(f"{prospects:,} prospects, 2% an attempt, by attempt 3", simulate)


FAMILIES: Final = (
    Family("Rates: Wilson's interval", tuple(_rates()), 100_000),
    Family("Differences of rates: Newcombe's interval", tuple(_differences(ratio=False)), 100_000),
    Family("Ratios of rates: MOVER-R", tuple(_differences(ratio=True)), 100_000),
    Family("Medians: order statistics", tuple(_medians()), 20_000),
    Family("Differences of medians: bootstrap", tuple(_differences_of_medians()), 4_000),
    Family("Reach: Kaplan-Meier with Greenwood's interval", tuple(_reaches()), 50_000),
    Family("Rates where calls are not independent", tuple(_clustered_rates()), 20_000),
)


# --- the page -----------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print or write the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration", description="Count coverage.")
    parser.add_argument("--seed", type=int, default=1, help="where chance starts")
    parser.add_argument("--share", type=float, default=1, help="how much of the full number of repetitions")
    parser.add_argument("--write", type=Path, help="the page to put the tables in, between its markers")
    options = parser.parse_args(arguments)
    text = render(FAMILIES, share=options.share, seed=options.seed)
    if options.write:
        write_between_markers(options.write, text)
    else:
        print(text)


def render(families: Sequence[Family], *, share: float, seed: int) -> str:
    """Give the tables of the documentation, as Markdown."""
    parts: list[Any] = []
    for family in families:
        print(family.title, file=sys.stderr, flush=True)
        repetitions = max(1, round(share * family.repetitions))
        found = [measure(case, repetitions, seed) for case in family.cases]
        within = sum(each.verdict == "yes" for each in found)
        error = 2 * np.sqrt(CONFIDENCE * (1 - CONFIDENCE) / repetitions)
        known = f"{repetitions:,} repetitions, so that 95% is known to ±{error:.1%}."
        lines = [
            f"### {family.title}\n",
            f"{known} Within 93% to 97%: {within} of {len(found)}.\n",
            "| truth | holds it | truth is below | truth is above | no interval | 93% to 97% |",
            "| --- | --- | --- | --- | --- | --- |",
            *map(_line, found),
        ]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _line(found: Coverage) -> str:
    none = f"{found.none:.1%}" if found.none else ""
    shares = f"{found.held:.1%} | {found.truth_below:.1%} | {found.truth_above:.1%} | {none}"
    return f"| {found.what} | {shares} | {found.verdict} |"


def _blocks(repetitions: int, width: int) -> Iterable[int]:
    size = max(1, _CELLS_AT_ONCE // width)
    for start in range(0, repetitions, size):
        yield min(size, repetitions - start)


if __name__ == "__main__":
    main()
