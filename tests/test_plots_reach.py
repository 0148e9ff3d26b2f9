from __future__ import annotations

import pandas as pd
import pytest
from charts import check_drawing, labels, legend_of, marks, sample_frames, whiskers, x_of, y_of

from caldframe import plots
from caldframe.errors import ConfigurationError
from caldframe.metrics.reach import reach_by_gap, reach_curve


@pytest.fixture(scope="module")
def calls() -> pd.DataFrame:
    """120 calls to 50 prospects; two thirds of the prospects are in one group."""
    calls = sample_frames().calls
    return calls.assign(group=calls["prospect_number"].str[-1].astype(int) % 3 == 0)


def test_the_curve_goes_through_the_reach_of_each_attempt(calls: pd.DataFrame) -> None:
    table = reach_curve(calls)
    ax = plots.reach_curve(table)
    points = list(zip(table["attempt"], table["reach"], strict=True))
    assert marks(ax) == points
    assert whiskers(ax) == table[["low", "high"]].to_numpy().tolist()
    line, observed = (line for line in ax.lines if line.get_marker() == "None")
    assert y_of(line) == table["reach"].tolist()
    assert y_of(observed) == table["observed"].tolist()
    ticks = [label.get_text() for label in ax.get_xticklabels()]
    assert ticks == [f"{attempt}\n{n}" for attempt, n in zip(table["attempt"], table["at_risk"], strict=True)]
    assert "(reached: pickedUp; with 95% intervals)" in ax.get_xlabel()
    assert ax.get_ylabel() == "share of the prospects"


def test_few_at_risk_are_hollow(calls: pd.DataFrame) -> None:
    table = reach_curve(calls)
    assert table["at_risk"].tolist() == [50, 29, 16, 12, 9]
    ax = plots.reach_curve(table)
    assert [attempt for attempt, _ in marks(ax, hollow=False)] == [1]
    assert [attempt for attempt, _ in marks(ax, hollow=True)] == [2, 3, 4, 5]


def test_the_hazard_is_what_each_attempt_achieves(calls: pd.DataFrame) -> None:
    table = reach_curve(calls)
    ax = plots.reach_curve(table, show="hazard")
    assert [share for _, share in marks(ax)] == table["hazard"].tolist()
    assert whiskers(ax) == table[["hazard_low", "hazard_high"]].to_numpy().tolist()
    assert ax.get_title() == "What each attempt achieves"
    with pytest.raises(ConfigurationError, match="show='risk' is none of 'reach', 'hazard'"):
        plots.reach_curve(table, show="risk")  # type: ignore[arg-type]


def test_groups_are_lines_beside_one_another(calls: pd.DataFrame) -> None:
    table = reach_curve(calls, "group")
    ax = plots.reach_curve(table)
    first = table[~table["group"]]
    assert [share for _, share in marks(ax, "o")] == first["reach"].tolist()
    assert [share for _, share in marks(ax, "s")] == table[table["group"]]["reach"].tolist()
    assert legend_of(ax) == [
        f"{name} ({n} prospects)"
        for name, n in zip(("False", "True"), table.groupby("group")["at_risk"].max(), strict=True)
    ]
    assert {round(at - round(at), 3) for at, _ in marks(ax, "o")} == {-0.035}
    assert ax.get_xlabel().startswith("attempt\n")


def test_an_interval_that_is_not_known_is_not_drawn() -> None:
    calls = sample_frames().calls
    everybody = reach_curve(calls[calls["result"].eq("pickedUp") & calls["direction"].eq("outbound")])
    assert everybody["low"].isna().all()
    ax = plots.reach_curve(everybody)
    assert whiskers(ax) == []
    assert marks(ax)


def test_many_attempts_are_numbered_now_and_then(calls: pd.DataFrame) -> None:
    table = pd.concat([reach_curve(calls).head(1)] * 43, ignore_index=True)
    table["attempt"] = range(1, 44)
    ax = plots.reach_curve(table)
    assert len(ax.get_xticks()) == 11
    check_drawing(ax)


def test_of_many_attempts_the_first_are_drawn_by_gap_and_the_rest_is_said_to_be_left_out(
    calls: pd.DataFrame,
) -> None:
    table = pd.concat([reach_by_gap(calls, gaps=["2D"], max_attempts=2)] * 42, ignore_index=True)
    table["attempt"] = [attempt for attempt in range(2, 44) for _ in range(2)]
    ax = plots.reach_by_gap(table)
    assert [label.split(" (")[0] for label in legend_of(ax)] == [f"attempt {one}" for one in range(2, 10)]
    assert ax.get_xlabel().endswith("what came after attempt 9 is left out")
    assert "left out" not in plots.reach_by_gap(table[table["attempt"].le(9)]).get_xlabel()
    check_drawing(ax)


def test_gaps_are_steps_of_one_line_for_each_attempt(calls: pd.DataFrame) -> None:
    table = reach_by_gap(calls, gaps=["12h", "2D"], max_attempts=3)
    ax = plots.reach_by_gap(table)
    assert [label.get_text() for label in ax.get_xticklabels()] == [
        "under 12 h",
        "12 h to 2 d",
        "2 d or more",
    ]
    second = table[table["attempt"].eq(2)]
    assert [share for _, share in marks(ax, "o")] == second["hazard"].tolist()
    assert [share for _, share in marks(ax, "s")] == table[table["attempt"].eq(3)]["hazard"].tolist()
    assert whiskers(ax)[:3] == second[["hazard_low", "hazard_high"]].to_numpy().tolist()
    assert legend_of(ax) == ["attempt 2 (n = 29)", "attempt 3 (n = 16)"]
    grouped = plots.reach_by_gap(reach_by_gap(calls, "group", gaps=["2D"], max_attempts=2))
    assert [text.split(" (")[0] for text in legend_of(grouped)] == ["attempt False · 2", "attempt True · 2"]


def test_a_gap_that_nobody_had_is_left_open(calls: pd.DataFrame) -> None:
    table = reach_by_gap(calls, gaps=["1min", "2D"], max_attempts=2)
    assert table["at_risk"].tolist()[0] == 0
    ax = plots.reach_by_gap(table)
    assert len(ax.get_xticks()) == 3
    assert [at for at, _ in marks(ax)] == [1, 2]


def test_without_attempts_it_says_so(calls: pd.DataFrame) -> None:
    pending = calls.assign(completed=False)
    assert labels(plots.reach_curve(reach_curve(pending))) == ["no attempts to show"]
    assert labels(plots.reach_by_gap(reach_by_gap(pending))) == ["no attempts to show"]
    ax = plots.reach_curve(reach_curve(calls.assign(completed=calls["completed"] & calls["group"]), "group"))
    assert legend_of(ax)[0] == "False (0 prospects)"
    assert x_of(ax.lines[-1])
