from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from call_frames import make_calls
from charts import bars, check_drawing, color_of, few_calls, labels, legend_of, sample_frames, ticks, whiskers
from matplotlib.colors import to_hex

from caldframe import plots
from caldframe.metrics.outcomes import contact_kpis, funnel, outcome_rates
from caldframe.schema import RESULTS

if TYPE_CHECKING:
    import pandas as pd


@pytest.fixture
def calls() -> pd.DataFrame:
    return few_calls()


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
    stacked = bars(plots.outcome_rates(ungrouped, stacked=True))
    occurring = [color for color, n in zip(expected, ungrouped["n"], strict=True) if n]
    assert [to_hex(bar.get_facecolor()) for bar in stacked] == occurring


def test_few_calls_are_drawn_hollow(calls: pd.DataFrame) -> None:
    rates = bars(plots.outcome_rates(outcome_rates(calls, "agent_id")))
    assert [bar.get_fill() for bar in rates] == [True, False, False] * 8
    stacks = bars(plots.outcome_rates(outcome_rates(calls, "agent_id"), stacked=True))
    assert [bar.get_fill() for bar in stacks] == [True] * 3 + [False] * 4


def test_a_stack_has_the_rates_of_a_group_one_after_the_other(calls: pd.DataFrame) -> None:
    table = outcome_rates(calls, "agent_id")
    ax = plots.outcome_rates(table, stacked=True)
    assert ticks(ax) == ["a\nn = 40", "b\nn = 20", "no agent_id\nn = 3"]
    assert legend_of(ax) == ["pickedUp", "busy", "ivr", "unanswered", "failed"], "row by row"
    drawn = iter(bars(ax))
    for line, agent in enumerate(["a", "b", None]):
        rows = table[table["agent_id"].isna() if agent is None else table["agent_id"] == agent]
        ends = rows["rate"].cumsum()
        for rate, end in zip(rows["rate"][rows["n"] > 0], ends[rows["n"] > 0], strict=True):
            bar = next(drawn)
            assert bar.get_x() + bar.get_width() / 2 == pytest.approx(end - rate / 2)
            assert bar.get_width() == pytest.approx(rate, abs=0.005)
            assert bar.get_y() + bar.get_height() / 2 == pytest.approx(line)
    assert next(drawn, None) is None
    assert ax.get_xlabel() == "share of each group's completed calls"
    assert not ax.lines
    check_drawing(ax)


def test_a_part_says_its_rate_where_there_is_room(calls: pd.DataFrame) -> None:
    ax = plots.outcome_rates(outcome_rates(calls), stacked=True)
    assert labels(ax) == ["46%", "8%", "19%", "24%"]  # 2 of 63 have none


def test_a_stack_of_a_group_without_calls_is_empty() -> None:
    calls = make_calls(agent_id=["a", "b"], result=["ivr", "pending"], completed=[True, False])
    ax = plots.outcome_rates(outcome_rates(calls, "agent_id"), stacked=True)
    assert ticks(ax) == ["a\nn = 1", "b\nn = 0"]
    assert sum(bar.get_width() for bar in bars(ax)) == pytest.approx(1, abs=0.01)


def test_the_funnel_has_the_shares_of_all_calls_placed() -> None:
    frames = sample_frames()
    table = funnel(frames.calls, frames.transcripts)
    ax = plots.funnel(table)
    assert ticks(ax) == ["placed", "completed", "answered", "picked up", "spoke", "engaged"]
    assert [bar.get_width() for bar in bars(ax)] == table["of_placed"].tolist()
    ends = table[["of_placed_low", "of_placed_high"]].to_numpy().tolist()
    assert whiskers(ax, upright=False) == ends[1:], "that all calls placed were placed is no estimate"
    assert labels(ax)[2:4] == [
        "61.7%  74 of 120, 61.7% of completed",
        "35.0%  42 of 120, 56.8% of answered",
    ]
    assert ax.get_xlabel() == (
        "share of 120 calls placed (with 95% intervals)\nengaged: the user spoke in 3 turns or more"
    )


def test_the_funnel_of_groups_stands_together_under_each_stage() -> None:
    frames = sample_frames()
    table = funnel(frames.calls, frames.transcripts, "direction")
    ax = plots.funnel(table)
    assert ticks(ax) == ["inbound", "outbound"] * 6
    headings = [text.get_text().strip() for text in ax.texts if text.get_fontweight() == "bold"]
    assert headings == ["placed", "completed", "answered", "picked up", "spoke", "engaged"]
    expected = table.sort_values("direction", kind="stable").groupby("stage", sort=False)["of_placed"]
    assert [bar.get_width() for bar in bars(ax)] == [rate for _, rates in expected for rate in rates]
    inbound = table["direction"].eq("inbound")
    assert [bar.get_fill() for bar in bars(ax)[::2]] == [False] * inbound.sum(), "four calls"


def test_without_transcripts_the_funnel_is_shorter(calls: pd.DataFrame) -> None:
    ax = plots.funnel(funnel(calls))
    assert ticks(ax) == ["placed", "completed", "answered", "picked up"]
    assert "engaged" not in ax.get_xlabel()


def test_the_ratios_that_are_shares_are_drawn() -> None:
    calls = sample_frames().calls
    table = contact_kpis(calls)
    ax = plots.contact_kpis(table)
    shares = table[table["low"].notna() & table["kpi"].ne("median_length")]
    assert ticks(ax) == [kpi.replace("_", " ") for kpi in shares["kpi"]]
    assert [bar.get_width() for bar in bars(ax)] == shares["rate"].tolist()
    assert whiskers(ax, upright=False) == shares[["low", "high"]].to_numpy().tolist()
    assert labels(ax)[0] == "32.8%  38 of 116"
    with_list = plots.contact_kpis(contact_kpis(calls, list_size=80))
    assert set(ticks(with_list)) - set(ticks(ax)) == {"contact rate", "penetration rate"}


def test_ratios_keep_their_order_where_the_first_group_lacks_some() -> None:
    calls = sample_frames().calls
    lone = calls.index == calls.index[calls["result"].eq("unanswered")][0]
    table = contact_kpis(calls.assign(group=["a" if first else "b" for first in lone]), "group")
    assert (table["denominator"].eq(0) & table["kpi"].eq("short_call_rate")).any(), (
        "nobody answered in group a"
    )
    ratios = {text.get_text().strip(): text.get_position()[1] for text in plots.contact_kpis(table).texts}
    names = ["disconnected rate", "short call rate", "engagement rate", "contact rate of called"]
    assert sorted(names, key=lambda name: ratios[name]) == names


def test_one_call_is_counted_in_the_singular() -> None:
    calls = few_calls().head(1)
    assert plots.outcome_rates(outcome_rates(calls)).get_xlabel().startswith("share of 1 completed call\n")
    assert plots.funnel(funnel(calls)).get_xlabel().startswith("share of 1 call placed ")
