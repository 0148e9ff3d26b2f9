"""Measure what the metrics cost: ``python -m benchmarks.metrics``, or ``make metrics``.

Each metric counts the same million calls as the plainest pandas code for the same counts, in turn.
"""

from __future__ import annotations

import argparse
import gc
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

import caldframe as cf
from benchmarks import plain
from benchmarks.many_calls import make_frames, phone_numbers
from benchmarks.report import circumstances, markdown_table, shown_time, write_between_markers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LIMIT: Final = 3.0
_CALLS: Final = 1_000_000


@dataclass(frozen=True)
class Case:
    """A metric, and the plainest code for the same counts; both take the frames."""

    name: str
    ours: Callable[[Any], Any]
    plain: Callable[[Any], Any]


@dataclass(frozen=True)
class Cost:
    """The seconds that a metric and the plain code took, run by run."""

    case: Case
    ours: list[float]
    plain: list[float]

    @property
    def ratio(self) -> float:
        """How many times as long the metric takes, by the medians."""
        return median(self.ours) / median(self.plain)


def contacts_of(calls: int) -> pd.DataFrame:
    """Give a list of contacts, most of whom are called."""
    numbers = phone_numbers(max(calls // 3, 1))
    return pd.DataFrame({"phone_number": numbers, "roof": "flat"}, dtype="str")


def cases_of(contacts: pd.DataFrame) -> list[Case]:
    """Give all metrics, in the order of the documentation."""
    return [
        Case("outcome_rates", lambda f: cf.outcome_rates(f.calls), plain.outcome_rates),
        Case(
            "outcome_rates, by two columns",
            lambda f: cf.outcome_rates(f.calls, ["campaign_id", "agent_id"]),
            plain.outcome_rates_by_two,
        ),
        Case("reconcile", cf.reconcile, plain.reconcile),
        Case("funnel", lambda f: cf.funnel(f.calls, f.transcripts), plain.funnel),
        Case("contact_kpis, by agent", lambda f: cf.contact_kpis(f.calls, "agent_id"), plain.contact_kpis),
        Case("caller_numbers", lambda f: cf.caller_numbers(f.calls), plain.caller_numbers),
        Case(
            "length_summary, by agent", lambda f: cf.length_summary(f.calls, "agent_id"), plain.length_summary
        ),
        Case(
            "length_distribution",
            lambda f: cf.length_distribution(f.calls, bins="30s"),
            plain.length_distribution,
        ),
        Case("length_ecdf", lambda f: cf.length_ecdf(f.calls), plain.length_ecdf),
        Case("ring_time, by result", lambda f: cf.ring_time(f.calls, "result"), plain.ring_time),
        Case("attempts", lambda f: cf.attempts(f.calls), plain.attempts),
        Case("reach_curve", lambda f: cf.reach_curve(f.calls), plain.reach_curve),
        Case("reach_by_gap", lambda f: cf.reach_by_gap(f.calls), plain.reach_by_gap),
        Case(
            "pickup_by_hour, in one zone",
            lambda f: cf.pickup_by_hour(f.calls, tz="America/New_York"),
            plain.pickup_by_hour,
        ),
        Case(
            "pickup_by_hour, of prospects",
            lambda f: cf.pickup_by_hour(f.calls, tz="prospect"),
            plain.pickup_by_hour_of_prospects,
        ),
        Case("quiet_hours", lambda f: cf.quiet_hours(f.calls), plain.quiet_hours),
        Case("progress", lambda f: cf.progress(f.calls), plain.progress),
        Case(
            "describe_numbers",
            lambda f: cf.describe_numbers(f.calls["prospect_number"]),
            plain.describe_numbers,
        ),
        Case(
            "compare_outcomes, by agent",
            lambda f: cf.compare_outcomes(f.calls, "agent_id"),
            plain.compare_outcomes,
        ),
        Case(
            "compare_lengths, by agent",
            lambda f: cf.compare_lengths(f.calls, "agent_id"),
            plain.compare_lengths,
        ),
        Case(
            "join_contacts",
            lambda f: cf.join_contacts(f.calls, contacts),
            lambda f: plain.join_contacts(f, contacts),
        ),
        Case(
            "campaign_cost, by agent",
            lambda f: cf.campaign_cost(f.calls, "0.12", by="agent_id"),
            plain.campaign_cost,
        ),
    ]


def measure(frames: Any, cases: Sequence[Case], rounds: int, seconds: float) -> list[Cost]:
    """Run each metric and its plain code in turn, the one first and then the other.

    Parameters
    ----------
    frames : CampaignFrames
        What to count.
    cases : sequence of Case
        What to run.
    rounds : int
        How often to run each at most.
    seconds : float
        A case that has taken this long in all is run no more, but once at least.

    Returns
    -------
    list of Cost
        One a case.
    """
    costs = []
    for case in cases:
        print(case.name, file=sys.stderr, flush=True)
        cost = Cost(case, [], [])
        for number in range(rounds):
            if number and sum(cost.ours) + sum(cost.plain) > seconds:
                break
            pair = [(case.ours, cost.ours), (case.plain, cost.plain)]
            for function, spent in pair if number % 2 else reversed(pair):
                spent.append(_seconds(function, frames))
        costs.append(cost)
    return costs


def render(costs: Sequence[Cost], calls: int) -> str:
    """Give the table of the documentation."""
    rows = [
        (
            cost.case.name,
            shown_time(median(cost.ours)),
            shown_time(median(cost.plain)),
            f"{cost.ratio:.2f}×",
            str(len(cost.ours)),
            "yes" if cost.ratio <= LIMIT else "**no**",
        )
        for cost in costs
    ]
    names = ("metric", "caldframe", "plain pandas", "ratio", "runs", f"at most {LIMIT:g}×")
    return f"{circumstances()} {calls:,} calls.\n\n{markdown_table(names, rows)}\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print or write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.metrics", description="Measure the metrics.")
    parser.add_argument("--calls", type=int, default=_CALLS, help="how many calls to count")
    parser.add_argument("--rounds", type=int, default=7, help="how often to run each at most")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long to run each, about")
    parser.add_argument("--only", help="metrics whose name has this in it")
    parser.add_argument("--write", type=Path, help="the page to put the table in, between its markers")
    options = parser.parse_args(arguments)
    cases = [case for case in cases_of(contacts_of(options.calls)) if (options.only or "") in case.name]
    costs = measure(make_frames(options.calls), cases, options.rounds, options.seconds)
    text = render(costs, options.calls)
    if options.write:
        write_between_markers(options.write, text)
    else:
        print(text)


def _seconds(function: Callable[[Any], Any], frames: Any) -> float:
    gc.collect()
    start = perf_counter()
    result = function(frames)
    spent = perf_counter() - start
    del result
    return spent


if __name__ == "__main__":
    main()
