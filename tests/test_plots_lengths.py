from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from call_frames import make_calls
from charts import check_drawing, color_of, few_calls, legend_of, outline, steps, ticks, x_of, y_of

from caldframe import plots
from caldframe.metrics.lengths import length_distribution, length_ecdf

if TYPE_CHECKING:
    import pandas as pd


@pytest.fixture
def calls() -> pd.DataFrame:
    return few_calls()


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


def test_a_histogram_has_the_colour_of_its_result(calls: pd.DataFrame) -> None:
    lengths = length_distribution(calls, "result", results=None)
    colors = [color_of(step) for step in steps(plots.length_distribution(lengths))]
    order = ["unanswered", "pickedUp", "ivr", "failed"]  # sorted, from the bottom
    assert colors == [*(plots.RESULT_COLORS[result] for result in order), "#cc79a7"]
    for results, color in [("ivr", plots.RESULT_COLORS["ivr"]), (["ivr", "failed"], "#44749d")]:
        table = length_distribution(calls, results=results)
        assert color_of(steps(plots.length_distribution(table))[0]) == color


def test_a_histogram_of_few_calls_is_hollow(calls: pd.DataFrame) -> None:
    table = length_distribution(calls, "agent_id", results=None)
    assert [step.get_fill() for step in steps(plots.length_distribution(table))] == [False, False, True]
    assert steps(plots.length_distribution(length_distribution(calls, results=None)))[0].get_fill()


def test_lengths_outside_the_bins_are_nothing_to_show() -> None:
    outside = make_calls(result=["pickedUp"], call_length=[99.0])
    ax = plots.length_distribution(length_distribution(outside, bins=[0, 10]))
    assert [text.get_text() for text in ax.texts] == ["no calls to show"]


def test_a_curve_goes_through_the_shares_of_the_table(calls: pd.DataFrame) -> None:
    table = length_ecdf(calls)
    ax = plots.length_ecdf(table)
    curve = ax.lines[1]
    assert curve.get_drawstyle() == "steps-post"
    assert x_of(curve) == [0, *table["seconds"], table["seconds"].max()]
    assert y_of(curve) == [0, *table["ecdf"], 1]
    assert y_of(ax.lines[0]) == [0.5, 0.5], "the median is read off there"
    band = ax.collections[0].get_paths()[0].vertices
    assert {round(y, 9) for y in np.asarray(band)[:, 1]} <= {
        round(y, 9) for y in [0, *table["low"], *table["high"]]
    }
    assert ax.get_xlabel() == "call length in seconds\nn = 29 calls (pickedUp), with 95% bands"
    assert legend_of(ax) == []


def test_each_group_has_a_curve_and_few_calls_a_thin_one(calls: pd.DataFrame) -> None:
    table = length_ecdf(calls, "agent_id", results=None)
    ax = plots.length_ecdf(table)
    assert legend_of(ax) == ["a (n = 40)", "b (n = 20)", "no agent_id (n = 3)"]
    curves = ax.lines[1:]
    assert [curve.get_linewidth() for curve in curves] == [1.8, 0.9, 0.9]
    assert len({curve.get_color() for curve in curves}) == 3
    assert len({str(curve.get_linestyle()) for curve in curves}) > 1
    assert all(x_of(curve)[-1] == 620 for curve in curves), "whoever is over stays over"
    assert "n = 63 calls" in ax.get_xlabel()


def test_curves_by_result_have_the_colours_of_results(calls: pd.DataFrame) -> None:
    ax = plots.length_ecdf(length_ecdf(calls, "result", results=["pickedUp", "ivr"]))
    colors = {
        text.split(" ")[0]: line.get_color() for text, line in zip(legend_of(ax), ax.lines[1:], strict=True)
    }
    assert colors["pickedUp"] == plots.RESULT_COLORS["pickedUp"]
    assert colors["ivr"] == plots.RESULT_COLORS["ivr"]


def test_a_group_without_lengths_has_no_curve(calls: pd.DataFrame) -> None:
    ax = plots.length_ecdf(length_ecdf(calls, "agent_id", results="ivr"))
    assert legend_of(ax) == ["a (n = 5)", "b (n = 0)", "no agent_id (n = 0)"]
    assert [len(x_of(curve)) for curve in ax.lines[1:]] == [7, 0, 0]


def test_the_step_of_the_longest_call_is_inside(calls: pd.DataFrame) -> None:
    one = calls[calls["result"].eq("pickedUp") & calls["call_length"].gt(0)].head(1)
    ax = plots.length_ecdf(length_ecdf(one))
    assert ax.get_xlim()[1] > one["call_length"].iloc[0]
    assert ax.get_xlabel() == "call length in seconds\nn = 1 call (pickedUp), with 95% bands"
