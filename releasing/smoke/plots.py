"""The extra ``plots``: a chart is drawn into a file."""

from __future__ import annotations

import sys
from pathlib import Path

import caldframe as cf


def main() -> None:
    """Draw charts of each kind: bars, curves, a heat map."""
    calls = cf.load_campaign(sys.argv[1]).calls
    for axes in (
        cf.plots.outcome_rates(cf.outcome_rates(calls)),
        cf.plots.length_ecdf(cf.length_ecdf(calls)),
        cf.plots.reach_curve(cf.reach_curve(calls)),
        cf.plots.pickup_by_hour(cf.pickup_by_hour(calls)),
    ):
        axes.figure.savefig("chart.png")  # type: ignore[union-attr] # it has a figure of its own
        assert Path("chart.png").read_bytes().startswith(b"\x89PNG")


if __name__ == "__main__":
    main()
