from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from call_frames import make_calls, real_calls
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex, to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle, StepPatch

from caldframe import plots
from caldframe.errors import ConfigurationError, MissingExtraError
from caldframe.metrics.lengths import length_distribution, length_summary
from caldframe.metrics.outcomes import outcome_rates
from caldframe.schema import RESULTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from matplotlib.axes import Axes


@pytest.fixture(autouse=True)
def _no_screen() -> Iterator[None]:
    with mpl.rc_context({"backend": "Agg"}):
        yield
        plt.close("all")


@pytest.fixture
def calls() -> pd.DataFrame:
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


def color_of(patch: Any) -> str:
    return to_hex(patch.get_edgecolor())


def check_drawing(ax: Axes) -> None:
    """Check that what is written is on the paper, and rates within the frame."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()
    paper = figure.bbox.padded(1)
    bottom, top = sorted(ax.get_ylim())
    written = [text for text in ax.get_yticklabels() if bottom <= text.get_position()[1] <= top]
    for text in [*ax.texts, *written, ax.title, ax.xaxis.label, ax.yaxis.label]:
        if text.get_text():
            box = text.get_window_extent()
            assert paper.x0 <= box.x0, text
            assert box.x1 <= paper.x1, text
            assert paper.y0 <= box.y0, text
            assert box.y1 <= paper.y1, text
    for text in ax.texts:
        assert text.get_window_extent().x1 <= ax.bbox.x1, text


def test_every_rate_is_a_bar_with_its_interval_and_its_count(calls: pd.DataFrame) -> None:
    table = outcome_rates(calls)
    ax = plots.outcome_rates(table)
    assert ticks(ax) == table["result"].tolist() == [*RESULTS, "busy"]
    assert [bar.get_width() for bar in bars(ax)] == table["rate"].tolist()
    whiskers = [np.asarray(line.get_xdata()).tolist() for line in ax.lines]
    assert whiskers == table[["low", "high"]].to_numpy().tolist()
    assert labels(ax)[1] == "46.0%  29 of 63"
    middles = [bar.get_y() + bar.get_height() / 2 for bar in bars(ax)]
    assert middles == pytest.approx(list(range(8)))
    assert [float(np.asarray(line.get_ydata())[0]) for line in ax.lines] == list(range(8))
    assert ax.yaxis_inverted()
    assert ax.get_title() == "How calls ended"
    assert ax.get_xlabel() == "share of 63 completed calls\n(with 95% intervals)"
    check_drawing(ax)


def test_what_is_drawn_is_what_stands_in_the_table(calls: pd.DataFrame) -> None:
    table = outcome_rates(calls).iloc[[1, 6]].assign(rate=[0.2, 0.9], low=[0.1, 0.8], high=[0.3, 1.0])
    ax = plots.outcome_rates(table)
    assert ticks(ax) == ["pickedUp", "failed"]
    assert [bar.get_width() for bar in bars(ax)] == [0.2, 0.9]
    assert labels(ax)[0] == "20.0%  29 of 63"


def test_groups_stand_together_under_their_result(calls: pd.DataFrame) -> None:
    table = outcome_rates(calls, "agent_id")
    ax = plots.outcome_rates(table)
    assert ticks(ax) == ["a", "b", "no agent_id"] * 8
    headings = [text.get_text().strip() for text in ax.texts if text.get_fontweight() == "bold"]
    assert headings == [*RESULTS, "busy"]
    expected = [table[table["result"] == result]["rate"].tolist() for result in headings]
    widths = [bar.get_width() for bar in bars(ax)]
    assert [widths[start : start + 3] for start in range(0, 24, 3)] == expected
    assert ax.get_title() == "How calls ended, by agent_id"
    assert ax.get_xlabel().startswith("share of each group's completed calls")
    check_drawing(ax)


def test_a_group_without_calls_has_no_bar_but_says_so() -> None:
    calls = make_calls(agent_id=["a", "b"], result=["ivr", "pending"], completed=[True, False])
    ax = plots.outcome_rates(outcome_rates(calls, "agent_id"))
    assert len(bars(ax)) == len(ax.lines) == 7
    assert labels(ax).count("0 of 0") == 7


def test_the_axis_names_the_denominator_and_the_confidence(calls: pd.DataFrame) -> None:
    words = plots.outcome_rates(outcome_rates(calls, of="all", confidence=0.9)).get_xlabel()
    assert words == "share of 63 calls\n(with 90% intervals)"
    table = outcome_rates(calls)
    table.attrs.clear()
    assert plots.outcome_rates(table).get_xlabel() == "share of 63 calls counted\n(with intervals)"


def test_a_result_has_one_colour_everywhere(calls: pd.DataFrame) -> None:
    assert tuple(plots.RESULT_COLORS) == RESULTS
    assert len(set(plots.RESULT_COLORS.values())) == len(RESULTS)
    expected = [*plots.RESULT_COLORS.values(), "#cc79a7"]
    ungrouped, grouped = outcome_rates(calls), outcome_rates(calls, "agent_id")
    assert [color_of(bar) for bar in bars(plots.outcome_rates(ungrouped))] == expected
    assert [color_of(bar) for bar in bars(plots.outcome_rates(grouped))[::3]] == expected
    lengths = length_distribution(calls, "result", results=None)
    colors = [color_of(step) for step in steps(plots.length_distribution(lengths))]
    order = ["unanswered", "pickedUp", "ivr", "failed"]  # sorted, from the bottom
    assert colors == [*(plots.RESULT_COLORS[result] for result in order), "#cc79a7"]
    for results, color in [("ivr", plots.RESULT_COLORS["ivr"]), (["ivr", "failed"], "#44749d")]:
        table = length_distribution(calls, results=results)
        assert color_of(steps(plots.length_distribution(table))[0]) == color


def test_few_calls_are_drawn_hollow(calls: pd.DataFrame) -> None:
    rates = bars(plots.outcome_rates(outcome_rates(calls, "agent_id")))
    assert [bar.get_fill() for bar in rates] == [True, False, False] * 8
    table = length_distribution(calls, "agent_id", results=None)
    assert [step.get_fill() for step in steps(plots.length_distribution(table))] == [False, False, True]
    assert steps(plots.length_distribution(length_distribution(calls, results=None)))[0].get_fill()


def test_a_histogram_has_the_counts_of_the_table(calls: pd.DataFrame) -> None:
    table = length_distribution(calls, bins="90s")
    ax = plots.length_distribution(table)
    (step,) = steps(ax)
    edges = [*table["left"], table["right"].iloc[-1]]
    assert outline(step) == (table["n"].tolist(), edges, 0)
    assert ax.get_xlim() == (0, 630)
    assert ax.get_title() == "How long calls lasted"
    assert ax.get_xlabel() == "call length in seconds\nn = 29 calls (pickedUp)"
    assert ax.get_ylabel() == "calls in each 90 s"
    check_drawing(ax)


def test_a_count_has_no_fractions_on_its_axis() -> None:
    calls = make_calls(result=["pickedUp"] * 3, call_length=[10.0, 12.0, 40.0])
    ax = plots.length_distribution(length_distribution(calls, bins="30s"))
    assert all(tick == int(tick) for tick in ax.get_yticks())


def test_a_bin_left_out_is_a_gap(calls: pd.DataFrame) -> None:
    table = length_distribution(calls, bins="90s", results=None)
    (step,) = steps(plots.length_distribution(table.drop(index=2)))
    assert outline(step)[0] == [9, 9, 0, 9, 9, 9, 9]


def test_histograms_of_groups_stand_on_lines_of_their_own(calls: pd.DataFrame) -> None:
    table = length_distribution(calls, "agent_id", bins="90s")
    ax = plots.length_distribution(table)
    assert ticks(ax) == ["no agent_id\nn = 1, top 100.0%", "b\nn = 8, top 62.5%", "a\nn = 20, top 45.0%"]
    for line, (step, agent) in enumerate(zip(steps(ax), [None, "b", "a"], strict=True)):
        rows = table[table["agent_id"].isna() if agent is None else table["agent_id"] == agent]
        heights = np.asarray(outline(step)[0]) - line
        assert heights / heights.max() == pytest.approx((rows["share"] / rows["share"].max()).tolist())
        assert heights.max() < 1
        assert outline(step)[2] == line
    assert ax.get_ylabel() == "share of the group's calls\nin each 90 s\n(each group on its own scale)"
    check_drawing(ax)


def test_a_group_without_lengths_is_an_empty_line(calls: pd.DataFrame) -> None:
    ax = plots.length_distribution(length_distribution(calls, "agent_id", results="ivr"))
    assert ticks(ax)[:2] == ["no agent_id\nn = 0", "b\nn = 0"]
    assert len(steps(ax)) == 1


def test_bins_of_unequal_width_are_drawn_as_densities(calls: pd.DataFrame) -> None:
    table = length_distribution(calls, bins=[0, 100, 400, 1000])
    ax = plots.length_distribution(table)
    assert outline(steps(ax)[0])[0] == table["density"].tolist()
    assert ax.get_ylabel() == "share of calls per second"
    assert ax.get_xscale() == "linear"
    grouped = plots.length_distribution(length_distribution(calls, "agent_id", bins=[0, 100, 400, 1000]))
    assert ticks(grouped)[-1] == "a\nn = 20, top 0.005/s"


def test_edges_that_grow_by_a_factor_get_a_logarithmic_axis(calls: pd.DataFrame) -> None:
    table = length_distribution(calls, bins=np.geomspace(5, 640, 8))
    ax = plots.length_distribution(table)
    assert ax.get_xscale() == "log"
    assert ax.get_ylabel() == "calls in each bin"
    assert outline(steps(ax)[0])[0] == table["n"].tolist()[1:]
    assert ax.get_xlabel() == "call length in seconds\nn = 28 calls (pickedUp), 1 more outside"
    check_drawing(ax)


def test_nothing_is_said_to_be_nothing() -> None:
    nothing = make_calls()
    pending = make_calls(agent_id=["a"], result=["pending"], completed=[False])
    outside = make_calls(result=["pickedUp"], call_length=[99.0])
    for ax in (
        plots.outcome_rates(outcome_rates(nothing)),
        plots.outcome_rates(outcome_rates(nothing, "agent_id")),
        plots.outcome_rates(outcome_rates(pending, "agent_id")),
        plots.length_distribution(length_distribution(nothing)),
        plots.length_distribution(length_distribution(nothing, "agent_id")),
        plots.length_distribution(length_distribution(pending, "agent_id")),
        plots.length_distribution(length_distribution(outside, bins=[0, 10])),
    ):
        assert labels(ax) == ["no calls to show"]
        assert not ax.patches
        assert ax.get_title().startswith("How ")


@pytest.mark.parametrize("drawn", ["outcome_rates", "length_distribution"])
def test_axes_that_are_given_are_drawn_into_and_nothing_else_is_touched(
    drawn: str, calls: pd.DataFrame
) -> None:
    table = outcome_rates(calls) if drawn == "outcome_rates" else length_distribution(calls)
    own = Figure().subplots(1, 2)
    settings = mpl.rcParams.copy()
    assert getattr(plots, drawn)(table, ax=own[1]) is own[1]
    assert own[1].patches
    assert not own[0].patches
    assert not plt.get_fignums()
    assert mpl.rcParams == settings


def test_without_axes_a_figure_is_made_that_a_notebook_shows(calls: pd.DataFrame) -> None:
    settings = mpl.rcParams.copy()
    ax = plots.outcome_rates(outcome_rates(calls))
    assert plt.gcf() is ax.figure
    assert mpl.rcParams == settings


def test_the_table_is_left_alone(calls: pd.DataFrame) -> None:
    rates, lengths = outcome_rates(calls, "agent_id"), length_distribution(calls, "agent_id")
    before = rates.copy(), lengths.copy()
    plots.outcome_rates(rates)
    plots.length_distribution(lengths)
    pd.testing.assert_frame_equal(rates, before[0])
    pd.testing.assert_frame_equal(lengths, before[1])


def test_names_from_the_data_are_shown_as_they_are() -> None:
    names = ["$5 offer$ and $x^2$", "", "tab\there", "a name that is much too long to stand beside a bar"]
    calls = make_calls(agent_id=names, result=["pickedUp"] * 4, completed=[True] * 4, call_length=[1.0] * 4)
    for ax in (
        plots.outcome_rates(outcome_rates(calls, "agent_id")),
        plots.length_distribution(length_distribution(calls, "agent_id")),
    ):
        check_drawing(ax)
        shown = {tick.split("\n")[0] for tick in ticks(ax)}
        assert shown == {"$5 offer$ and $x^2$", "(empty)", r"tab\there", "a name that is much too long …"}


def test_several_columns_make_one_name(calls: pd.DataFrame) -> None:
    table = outcome_rates(calls.assign(vip=True), ["agent_id", "vip"])
    ax = plots.outcome_rates(table)
    assert ticks(ax)[:3] == ["a · True", "b · True", "no agent_id · True"]
    assert ax.get_title() == "How calls ended, by agent_id and vip"


def test_a_table_of_something_else_is_refused(calls: pd.DataFrame) -> None:
    message = r"not a table of {0}\. Call caldframe\.{0}\(calls\)"
    wrong: Any
    for wrong in (calls, length_distribution(calls), None, []):
        with pytest.raises(ConfigurationError, match=message.format("outcome_rates")):
            plots.outcome_rates(wrong)
    for wrong in (calls, outcome_rates(calls), length_summary(calls)):
        with pytest.raises(ConfigurationError, match=message.format("length_distribution")):
            plots.length_distribution(wrong)


def test_more_groups_than_a_chart_can_show_are_refused() -> None:
    numbers = [str(number) for number in range(21)]
    calls = make_calls(to_number=numbers, result=["pickedUp"] * 21, completed=[True] * 21)
    with pytest.raises(ConfigurationError, match="21 groups, more than a chart can show"):
        plots.outcome_rates(outcome_rates(calls, "to_number"))
    plots.outcome_rates(outcome_rates(calls[:20], "to_number"))


def test_axes_are_one_axes(calls: pd.DataFrame) -> None:
    several: Any = Figure().subplots(2)
    with pytest.raises(ConfigurationError, match="one matplotlib Axes to draw into, not a ndarray"):
        plots.outcome_rates(outcome_rates(calls), ax=several)


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, calls: pd.DataFrame) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=r'pip install "caldframe\[plots\]"'):
        plots.outcome_rates(outcome_rates(calls))


def test_importing_the_room_does_not_import_matplotlib() -> None:
    code = "import sys, caldframe.plots; sys.exit('matplotlib' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603


def test_whiskers_are_seen_on_every_bar() -> None:
    """Contrast of at least 3 with the black of the whiskers, and some with the white of the paper."""
    for color in plots.RESULT_COLORS.values():
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgba(color)[:3]]
        luminance = float(np.dot([0.2126, 0.7152, 0.0722], linear))
        assert (luminance + 0.05) / 0.05 >= 3
        assert 1.05 / (luminance + 0.05) >= 1.5


def test_the_real_campaign_is_legible(real_campaign: Path) -> None:
    calls = real_calls(real_campaign)
    for by in (None, "weekday"):
        check_drawing(plots.outcome_rates(outcome_rates(calls, by)))
        check_drawing(plots.length_distribution(length_distribution(calls, by)))
