from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from charts import (
    CHARTS,
    bars,
    check_apart,
    check_drawing,
    draw,
    few_calls,
    labels,
    legend_of,
    sample_frames,
    sample_table,
    ticks,
)
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex, to_rgba
from matplotlib.figure import Figure

import caldframe as cf
from caldframe import plots
from caldframe.errors import ConfigurationError, MissingExtraError
from caldframe.metrics.lengths import length_distribution, length_summary
from caldframe.metrics.outcomes import outcome_rates

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from caldframe.frames import CampaignFrames

HOSTILE = [
    "$5 offer$ and $x^2$",
    "$\\frac{1$",
    "_hidden",
    "two\nlines",
    "<b>bold</b>&amp;",
    "long " * 40,
    "مرحبا שלום",
    "\u202egnp.exe",
    "{braces} %s \\n",
    "",
]
METRICS = sorted(set(plots.__all__) - {"RESULT_COLORS"})


@pytest.fixture(scope="module")
def frames() -> CampaignFrames:
    return sample_frames()


@pytest.fixture
def calls() -> pd.DataFrame:
    return few_calls()


def grouped(frames: CampaignFrames, names: list[Any]) -> CampaignFrames:
    """Give the campaign with its calls dealt out to groups of these names."""
    places = np.arange(len(frames.calls)) % len(names)
    groups = pd.Series(names, dtype="str").take(places).set_axis(frames.calls.index)
    return replace(frames, calls=frames.calls.assign(group=groups))


def test_every_chart_has_the_name_of_its_metric_and_is_tested_here() -> None:
    assert {partial(chart.draw).func.__name__ for chart in CHARTS.values()} == set(METRICS)
    for name in METRICS:
        assert callable(getattr(cf, name))
        assert f"`caldframe.{name}`" in getattr(plots, name).__doc__


@pytest.mark.parametrize("name", CHARTS)
def test_a_figure_is_made_that_can_be_read_and_nothing_else_is_touched(name: str) -> None:
    settings, table = mpl.rcParams.copy(), sample_table(name)
    before, attributes = table.copy(), dict(table.attrs)
    ax = CHARTS[name].draw(table)
    check_drawing(ax)
    assert plt.gcf() is ax.figure, "which a notebook shows"
    assert ax.figure.get_size_inches()[0] == 7.5
    assert ax.get_title()
    assert ax.get_xlabel()
    assert mpl.rcParams == settings
    pd.testing.assert_frame_equal(table, before)
    assert table.attrs == attributes


@pytest.mark.parametrize("name", CHARTS)
def test_a_campaign_without_calls_gives_axes_that_say_so(name: str, frames: CampaignFrames) -> None:
    chart = CHARTS[name]
    nothing = chart.table(frames.calls.assign(group="a").head(0), frames.transcripts)
    ax = chart.draw(nothing)
    assert len(labels(ax)) == 1
    assert labels(ax)[0].startswith("no ")
    assert not ax.patches
    assert not ax.lines
    assert ax.get_title()
    check_drawing(ax)


@pytest.mark.parametrize("name", [name for name in CHARTS if name.endswith("grouped")])
def test_groups_may_have_any_name(name: str, frames: CampaignFrames) -> None:
    """None of them breaks the chart, leaves the paper, or hides another."""
    most = plots.length_ecdf if name.startswith(("length_ecdf", "reach", "drop_off", "distinctive")) else None
    hostile = HOSTILE[:8] if most else HOSTILE
    check_drawing(draw(name, grouped(frames, hostile)))


@pytest.mark.parametrize("name", [name for name in CHARTS if name.endswith("grouped")])
def test_null_is_a_group(name: str, frames: CampaignFrames) -> None:
    ax = draw(name, grouped(frames, ["a", None]))
    assert "no group" in "".join([*ticks(ax), *legend_of(ax), *labels(ax)])


@pytest.mark.parametrize("name", CHARTS)
def test_one_call_is_enough(name: str, frames: CampaignFrames) -> None:
    picked_up = frames.calls[frames.calls["result"].eq("pickedUp") & frames.calls["direction"].eq("outbound")]
    check_drawing(draw(name, replace(frames, calls=picked_up.head(1))))


@pytest.mark.parametrize("name", CHARTS)
def test_axes_that_are_given_are_drawn_into_and_nothing_else_is_touched(name: str) -> None:
    figure = Figure(figsize=(16, 6))
    left, right = figure.subplots(1, 2)
    settings = mpl.rcParams.copy()
    place = right.get_position().bounds
    assert CHARTS[name].draw(sample_table(name), ax=right) is right
    assert right.has_data()
    assert not left.has_data()
    assert not left.texts
    assert right.get_position().bounds == place
    assert figure.axes == [left, right]
    assert not plt.get_fignums()
    assert mpl.rcParams == settings


@pytest.mark.parametrize("name", ["outcome_rates", "funnel", "contact_kpis", "compare_outcomes"])
def test_numbers_beside_bars_and_points_fit_into_small_axes(name: str) -> None:
    ax = Figure(figsize=(4, 4)).subplots()
    check_apart(CHARTS[name].draw(sample_table(name), ax=ax).texts)
    for text in ax.texts:
        assert text.get_window_extent().x1 <= ax.bbox.x1 + 1, text


@pytest.mark.parametrize("name", CHARTS)
def test_a_table_without_its_attributes_is_drawn_as_well(name: str) -> None:
    """As it comes back from a CSV file, say."""
    table = sample_table(name).copy()
    table.attrs.clear()
    ax = CHARTS[name].draw(table)
    assert ax.has_data()
    assert "None" not in ax.get_xlabel() + ax.get_title()


@pytest.mark.parametrize("name", CHARTS)
def test_a_dark_style_is_followed(name: str) -> None:
    with plt.style.context("dark_background"):
        ax = CHARTS[name].draw(sample_table(name))
        assert {to_hex(text.get_color()) for text in ax.texts} <= {"#ffffff", "#000000"}
        assert all(to_hex(text.get_color()) == "#ffffff" for text in ax.texts if not bars(ax))
        assert not any(to_hex(line.get_color()) == "#000000" for line in ax.lines)


@pytest.mark.parametrize("metric", METRICS)
def test_a_table_of_something_else_is_refused(metric: str, frames: CampaignFrames) -> None:
    message = rf"not a table of {metric}\. Call caldframe\.{metric}\([\w, ]+\)"
    others = [
        sample_table(name) for name, chart in CHARTS.items() if partial(chart.draw).func.__name__ != metric
    ]
    wrong: Any
    for wrong in (frames.calls, *others, length_summary(frames.calls), pd.DataFrame(), None, []):
        with pytest.raises(ConfigurationError, match=message):
            getattr(plots, metric)(wrong)


def test_columns_before_those_of_a_table_without_groups_are_refused() -> None:
    table = sample_table("progress").copy()
    table.insert(0, "campaign", "c1")
    message = r"This table of progress has columns before its own: campaign\. Give it as caldframe\.progress"
    with pytest.raises(ConfigurationError, match=message):
        plots.progress(table)


def test_letters_that_the_font_lacks_are_boxes_and_a_warning(frames: CampaignFrames) -> None:
    with pytest.warns(UserWarning, match="missing from font"):
        check_drawing(draw("outcome_rates_grouped", grouped(frames, ["新宿 \N{SEEDLING}", "b"])))


def test_names_from_the_data_are_shown_as_they_are() -> None:
    names = ["$5 offer$ and $x^2$", "", "tab\there", "a name that is much too long to stand beside a bar"]
    calls = few_calls().head(4).assign(agent_id=names)
    for ax in (
        plots.outcome_rates(outcome_rates(calls, "agent_id")),
        plots.length_distribution(length_distribution(calls, "agent_id")),
    ):
        check_drawing(ax)
        shown = {tick.split("\n")[0] for tick in ticks(ax)}
        assert shown == {"$5 offer$ and $x^2$", "(empty)", r"tab\there", "a name that is much too long …"}


def test_a_column_may_have_any_name(frames: CampaignFrames) -> None:
    name = "$the$ column \n" + "long " * 40
    calls = frames.calls.assign(**{name: "a"})
    ax = plots.compare_outcomes(cf.compare_outcomes(calls, [name, "direction"]))
    assert "\n" not in ax.get_title()
    check_drawing(ax)


def test_several_columns_make_one_name(calls: pd.DataFrame) -> None:
    table = outcome_rates(calls.assign(vip=True), ["agent_id", "vip"])
    ax = plots.outcome_rates(table)
    assert ticks(ax)[:3] == ["a · True", "b · True", "no agent_id · True"]
    assert ax.get_title() == "How calls ended, by agent_id and vip"


def test_more_groups_than_a_chart_can_show_are_refused(frames: CampaignFrames) -> None:
    numbers = [str(number) for number in range(21)]
    for name in [name for name in CHARTS if name.endswith("grouped")]:
        with pytest.raises(ConfigurationError, match="21 groups, more than a chart can show"):
            draw(name, grouped(frames, numbers))
    draw("outcome_rates_grouped", grouped(frames, numbers[:20]))
    draw("length_ecdf_grouped", grouped(frames, numbers[:8]))


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
        assert (luminance(color) + 0.05) / 0.05 >= 3
        assert 1.05 / (luminance(color) + 0.05) >= 1.5


def luminance(color: str) -> float:
    """Give the relative luminance of a colour, by the formula of WCAG 2."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgba(color)[:3]]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


@pytest.mark.parametrize("name", CHARTS)
def test_the_real_campaign_is_legible(name: str, real_frames: CampaignFrames) -> None:
    check_drawing(draw(name, real_frames))


@pytest.fixture(scope="module")
def real_frames(real_campaign: Path) -> CampaignFrames:
    return cf.load_campaign(real_campaign)
