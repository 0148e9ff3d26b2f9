"""What tests of charts look at: the artists that were drawn, and what is written on the paper."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from call_frames import make_calls
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle, StepPatch

import caldframe as cf
from caldframe import plots

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from matplotlib.text import Text

    from caldframe.frames import CampaignFrames

SAMPLE = Path(__file__).parents[1] / "data" / "sample-campaign.json"


def sample_frames() -> CampaignFrames:
    """Give the campaign that comes with the project: 120 calls, made up by the sandbox."""
    return cf.load_campaign(SAMPLE)


def few_calls() -> pd.DataFrame:
    """Sixty calls of two agents, and three of none."""
    results = ["pickedUp"] * 20 + ["ivr"] * 5 + ["failed"] * 15 + ["pickedUp"] * 8 + ["unanswered"] * 12
    return make_calls(
        agent_id=["a"] * 40 + ["b"] * 20 + [None] * 3,
        result=[*results, "busy", "busy", "pickedUp"],
        completed=[True] * 63,
        call_length=[float(10 * position) for position in range(63)],
    )


def bars(ax: Axes) -> list[Rectangle]:
    return [patch for patch in ax.patches if isinstance(patch, Rectangle)]


def steps(ax: Axes) -> list[StepPatch]:
    return [patch for patch in ax.patches if isinstance(patch, StepPatch)]


def outline(step: StepPatch) -> tuple[list[float], list[float], Any]:
    """Give the heights of a histogram, its edges and the line that it stands on."""
    heights, edges, base = step.get_data()
    return heights.tolist(), edges.tolist(), base


def labels(ax: Axes) -> list[str]:
    return [text.get_text().strip() for text in ax.texts]


def ticks(ax: Axes) -> list[str]:
    return [label.get_text() for label in ax.get_yticklabels()]


def legend_of(ax: Axes) -> list[str]:
    legend = ax.get_legend()
    return [text.get_text() for text in legend.get_texts()] if legend else []


def color_of(patch: Any) -> str:
    return to_hex(patch.get_edgecolor())


def x_of(line: Any) -> list[float]:
    return [float(x) for x in line.get_xdata()]


def y_of(line: Any) -> list[float]:
    return [float(y) for y in line.get_ydata()]


def whiskers(ax: Axes, *, upright: bool = True) -> list[list[float]]:
    """Give the ends of the intervals that are drawn, in the order in which they were."""
    marker = "_" if upright else "|"
    ends = [y_of(line) if upright else x_of(line) for line in ax.lines if line.get_marker() == marker]
    return [pair for pair in ends if len(pair) == 2]


def marks(ax: Axes, marker: str = "o", *, hollow: bool | None = None) -> list[tuple[float, float]]:
    """Give the places of marks of a kind: all, the hollow or the full ones, from left to right."""
    paper = to_hex(ax.get_facecolor())
    places: list[tuple[float, float]] = []
    for line in ax.lines:
        is_hollow = str(line.get_markerfacecolor()) == "none" or (to_hex(line.get_markerfacecolor()) == paper)
        if line.get_marker() == marker and hollow in (None, is_hollow):
            places += zip(x_of(line), y_of(line), strict=True)
    return sorted(places)


def check_drawing(ax: Axes) -> None:
    """Check that what is written is on the paper, and what stands among the data within the frame."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()
    paper = figure.bbox.padded(1)
    bottom, top = sorted(ax.get_ylim())
    left, right = sorted(ax.get_xlim())
    beside = [text for text in ax.get_yticklabels() if bottom <= text.get_position()[1] <= top]
    below = [text for text in ax.get_xticklabels() if left <= text.get_position()[0] <= right]
    for text in [*ax.texts, *beside, *below, ax.title, ax.xaxis.label, ax.yaxis.label]:
        if text.get_text():
            box = text.get_window_extent()
            assert paper.x0 <= box.x0, text
            assert box.x1 <= paper.x1, text
            assert paper.y0 <= box.y0, text
            assert box.y1 <= paper.y1, text
    for text in ax.texts:
        assert text.get_window_extent().x1 <= ax.bbox.x1 + 1, text
    check_apart(beside)
    check_apart(below)
    check_apart(ax.texts)
    legend = ax.get_legend()
    if legend is not None:
        box = legend.get_window_extent()
        assert ax.bbox.x0 - 1 <= box.x0
        assert box.x1 <= ax.bbox.x1 + 1


def check_apart(texts: Any) -> None:
    """Check that no two texts of a kind lie on one another, by more than the space about letters."""
    written: list[Text] = [text for text in texts if text.get_text().strip()]
    boxes = [text.get_window_extent().padded(-1.5) for text in written]
    for place, box in enumerate(boxes):
        for other, text in zip(boxes[:place], written[:place], strict=True):
            assert not box.overlaps(other), (written[place].get_text(), text.get_text())


class Chart(NamedTuple):
    """A chart: what draws it, and the table that it draws, made of a campaign's calls and turns."""

    draw: Callable[..., Axes]
    table: Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame]


ZONE = "America/New_York"

CHARTS = {
    "outcome_rates": Chart(plots.outcome_rates, lambda calls, _: cf.outcome_rates(calls)),
    "outcome_rates_grouped": Chart(plots.outcome_rates, lambda calls, _: cf.outcome_rates(calls, "group")),
    "outcome_rates_stacked": Chart(
        partial(plots.outcome_rates, stacked=True), lambda calls, _: cf.outcome_rates(calls, "group")
    ),
    "funnel": Chart(plots.funnel, cf.funnel),
    "funnel_grouped": Chart(plots.funnel, lambda calls, turns: cf.funnel(calls, turns, "group")),
    "contact_kpis": Chart(plots.contact_kpis, lambda calls, _: cf.contact_kpis(calls)),
    "contact_kpis_grouped": Chart(plots.contact_kpis, lambda calls, _: cf.contact_kpis(calls, "group")),
    "length_distribution": Chart(plots.length_distribution, lambda calls, _: cf.length_distribution(calls)),
    "length_distribution_grouped": Chart(
        plots.length_distribution, lambda calls, _: cf.length_distribution(calls, "group", bins="20s")
    ),
    "length_distribution_log": Chart(
        plots.length_distribution,
        lambda calls, _: cf.length_distribution(calls, bins=np.geomspace(2, 1000, 15)),
    ),
    "length_ecdf": Chart(plots.length_ecdf, lambda calls, _: cf.length_ecdf(calls)),
    "length_ecdf_grouped": Chart(plots.length_ecdf, lambda calls, _: cf.length_ecdf(calls, "group")),
    "reach_curve": Chart(plots.reach_curve, lambda calls, _: cf.reach_curve(calls)),
    "reach_curve_grouped": Chart(plots.reach_curve, lambda calls, _: cf.reach_curve(calls, "group")),
    "reach_curve_hazard": Chart(
        partial(plots.reach_curve, show="hazard"), lambda calls, _: cf.reach_curve(calls)
    ),
    "reach_by_gap": Chart(plots.reach_by_gap, lambda calls, _: cf.reach_by_gap(calls, max_attempts=3)),
    "pickup_by_hour": Chart(plots.pickup_by_hour, lambda calls, _: cf.pickup_by_hour(calls, tz=ZONE)),
    "pickup_by_hour_shrunk": Chart(
        partial(plots.pickup_by_hour, show="shrunk"), lambda calls, _: cf.pickup_by_hour(calls, tz="prospect")
    ),
    "pickup_by_hour_grouped": Chart(
        plots.pickup_by_hour, lambda calls, _: cf.pickup_by_hour(calls, tz=ZONE, by=["group", "hour"])
    ),
    "pickup_by_hour_alone": Chart(
        plots.pickup_by_hour, lambda calls, _: cf.pickup_by_hour(calls, tz=ZONE, by="hour")
    ),
    "quiet_hours": Chart(plots.quiet_hours, lambda calls, _: cf.quiet_hours(calls, start=10, end=17)),
    "progress": Chart(plots.progress, lambda calls, _: cf.progress(_as_it_was(calls), tz=ZONE)),
    "caller_numbers": Chart(plots.caller_numbers, lambda calls, _: cf.caller_numbers(calls, tz=ZONE)),
    "talk_metrics": Chart(plots.talk_metrics, lambda calls, turns: cf.talk_metrics(turns, calls)),
    "drop_off": Chart(plots.drop_off, lambda calls, turns: cf.drop_off(turns, calls)),
    "drop_off_grouped": Chart(plots.drop_off, lambda calls, turns: cf.drop_off(turns, calls, "group")),
    "drop_off_hazard": Chart(
        partial(plots.drop_off, show="hazard"),
        lambda calls, turns: cf.drop_off(turns, calls, max_turns=20),
    ),
    "distinctive_terms": Chart(
        plots.distinctive_terms,
        lambda calls, turns: cf.distinctive_terms(turns, "direction", calls, role="user"),
    ),
    "distinctive_terms_grouped": Chart(
        partial(plots.distinctive_terms, terms=5),
        lambda calls, turns: cf.distinctive_terms(turns, "group", calls),
    ),
    "compare_outcomes": Chart(plots.compare_outcomes, lambda calls, _: cf.compare_outcomes(calls, "group")),
    "compare_lengths": Chart(plots.compare_lengths, lambda calls, _: cf.compare_lengths(calls, "group")),
}
"""Every kind of chart that there is, by name: that of the metric, then how it is drawn."""


def draw(name: str, frames: CampaignFrames, **arguments: Any) -> Axes:
    """Draw a chart of a campaign, whose calls have a column to group by."""
    chart = CHARTS[name]
    calls = frames.calls
    if "group" not in calls:
        calls = calls.assign(group=calls["created_at"].dt.day_name())
    return chart.draw(chart.table(calls, frames.transcripts), **arguments)


@cache
def sample_table(name: str) -> pd.DataFrame:
    """Give the table of a chart of the sample, in three groups where it is grouped; leave it as it is."""
    frames = sample_frames()
    calls = frames.calls.assign(group=["large"] * 70 + ["middle"] * 40 + ["small"] * 10)
    return CHARTS[name].table(calls, frames.transcripts)


def _as_it_was(calls: pd.DataFrame) -> pd.DataFrame:
    """Give the calls as if those completed last were still to come."""
    return calls.assign(
        completed=calls["completed"] & (calls["completed_at"] < pd.Timestamp("2025-10-24", tz="UTC"))
    )
