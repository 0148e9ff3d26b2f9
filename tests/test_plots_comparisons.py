from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from call_frames import make_calls
from charts import check_drawing, labels, marks, ticks, whiskers
from hypothesis import given, settings
from hypothesis import strategies as st

from caldframe import plots
from caldframe.metrics.compare import compare_lengths, compare_outcomes

if TYPE_CHECKING:
    import pandas as pd


@pytest.fixture(scope="module")
def calls() -> pd.DataFrame:
    """Newcombe's 56/70 and 48/80, and three calls of nobody."""
    return make_calls(
        agent_id=["a"] * 70 + ["b"] * 80 + [None] * 3,
        result=["pickedUp"] * 56 + ["ivr"] * 14 + ["pickedUp"] * 48 + ["ivr"] * 32 + ["pickedUp"] * 3,
        completed=[True] * 153,
        call_length=[float(position % 70 + 5) for position in range(153)],
    )


def test_each_difference_stands_between_the_ends_of_its_interval(calls: pd.DataFrame) -> None:
    table = compare_outcomes(calls, "agent_id", baseline="b")
    ax = plots.compare_outcomes(table)
    compared = table[table["difference"].notna()]
    assert [at for at, _ in marks(ax, "s")] == pytest.approx((100 * compared["difference"]).tolist())
    ends = (100 * compared[["low", "high"]]).to_numpy().tolist()
    assert whiskers(ax, upright=False) == [pytest.approx(pair) for pair in ends]
    assert ticks(ax) == ["a\n56 of 70, 80.0%", "b\n48 of 80, 60.0%", "no agent_id\n3 of 3, 100.0%"]
    assert labels(ax)[1:4] == ["+20.0 [+5.2 to +33.4]", "baseline", "+40.0 [−17.0 to +51.0]"]
    assert labels(ax)[0] == "points [95%]"
    assert ax.get_title() == "Calls that ended pickedUp, by agent_id, compared with b"
    check_drawing(ax)


def test_few_calls_on_either_side_are_hollow(calls: pd.DataFrame) -> None:
    ax = plots.compare_outcomes(compare_outcomes(calls, "agent_id", baseline="b"))
    assert [place for _, place in marks(ax, "s", hollow=True)] == [2]
    assert [place for _, place in marks(ax, "s", hollow=False)] == [0]


def test_p_values_are_the_adjusted_ones(calls: pd.DataFrame) -> None:
    table = compare_outcomes(calls, "agent_id", baseline="b")
    shown = labels(plots.compare_outcomes(table))[4:]
    adjusted = table["p_adjusted"]
    assert shown == ["p", f"{adjusted.iloc[0]:.3f}", "", f"{adjusted.iloc[2]:.3f}"]


def test_a_group_without_calls_says_that_there_is_nothing_to_compare(calls: pd.DataFrame) -> None:
    table = compare_outcomes(calls.assign(completed=calls["agent_id"].notna()), "agent_id")
    ax = plots.compare_outcomes(table)
    assert ticks(ax)[2] == "no agent_id\n0 of 0"
    assert labels(ax)[3] == "nothing to compare"


def test_one_group_alone_has_nothing_beside_it(calls: pd.DataFrame) -> None:
    ax = plots.compare_outcomes(compare_outcomes(calls.head(70), "agent_id"))
    assert labels(ax)[1] == "nothing to compare"
    assert marks(ax, "s") == []
    check_drawing(ax)


def test_the_title_names_the_outcome_as_far_as_it_is_known(calls: pd.DataFrame) -> None:
    table = compare_outcomes(calls.assign(sale=True), "agent_id", outcome="sale")
    title = "Calls with the outcome sale, by agent_id, compared with the rest"
    assert plots.compare_outcomes(table).get_title() == title
    table.attrs.clear()
    title = "Calls with the outcome, by agent_id, compared with the rest"
    assert plots.compare_outcomes(table).get_title() == title


def test_the_order_is_that_of_the_table(calls: pd.DataFrame) -> None:
    table = compare_outcomes(calls, "agent_id").sort_values("difference")
    assert ticks(plots.compare_outcomes(table))[0].startswith("b\n")


def test_lengths_are_compared_in_seconds(calls: pd.DataFrame) -> None:
    table = compare_lengths(calls, "agent_id")
    ax = plots.compare_lengths(table)
    assert [at for at, _ in marks(ax, "s")] == pytest.approx(sorted(table["difference"]))
    known = table[table["low"].notna()]
    assert whiskers(ax, upright=False) == known[["low", "high"]].to_numpy().tolist()
    assert labels(ax)[3].endswith(" [too few]")
    assert ticks(ax)[0].startswith(f"a\nn = 56, median {table['median'].iloc[0]:.1f} s")
    assert ax.get_title() == "How long calls lasted, by agent_id, compared with the rest"


@settings(max_examples=8)
@given(
    st.lists(st.tuples(st.sampled_from("abcde"), st.booleans()), min_size=1, max_size=60),
    st.sampled_from([None, "a"]),
)
def test_whatever_the_counts_the_chart_can_be_read(
    rows: list[tuple[str, bool]], baseline: str | None
) -> None:
    groups, hits = zip(*[*rows, ("a", True)], strict=True)
    calls = make_calls(
        agent_id=list(groups),
        result=["pickedUp" if hit else "failed" for hit in hits],
        completed=[True] * len(hits),
    )
    table = compare_outcomes(calls, "agent_id", baseline=baseline)
    ax = plots.compare_outcomes(table)
    drawn = [at for at, _ in marks(ax, "s")]
    assert drawn == pytest.approx(sorted((100 * table["difference"].dropna()).tolist()))
    check_drawing(ax)
    ax.get_figure(root=True).clear()  # type: ignore[union-attr]
