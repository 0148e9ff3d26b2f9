from __future__ import annotations

import pandas as pd
import pytest
from call_frames import make_calls
from charts import bars, check_drawing, color_of, labels, legend_of, marks, sample_frames, ticks, whiskers
from matplotlib.colors import to_hex

from caldframe import plots
from caldframe.errors import ConfigurationError
from caldframe.metrics.timing import pickup_by_hour, quiet_hours


def calls_at(times: list[str], results: list[str], **columns: list[str]) -> pd.DataFrame:
    return make_calls(
        created_at=pd.to_datetime(times, utc=True).tolist(),
        result=results,
        completed=[True] * len(times),
        direction=["outbound"] * len(times),
        **columns,
    )


@pytest.fixture(scope="module")
def week() -> pd.DataFrame:
    """Forty calls on Monday at 9, thirty on Wednesday at 11, three on Tuesday at 10; all of UTC."""
    return calls_at(
        ["2026-03-02T09:05Z"] * 40 + ["2026-03-04T11:05Z"] * 30 + ["2026-03-03T10:30Z"] * 3,
        ["pickedUp"] * 10 + ["ivr"] * 30 + ["pickedUp"] * 15 + ["ivr"] * 15 + ["pickedUp"] * 3,
    )


def test_each_cell_is_where_its_hour_and_weekday_are(week: pd.DataFrame) -> None:
    ax = plots.pickup_by_hour(pickup_by_hour(week))
    assert ticks(ax) == ["Monday", "Tuesday", "Wednesday"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["9", "10", "11"]
    middles = [(bar.get_x() + bar.get_width() / 2, bar.get_y() + bar.get_height() / 2) for bar in bars(ax)]
    assert [tuple(map(round, middle)) for middle in middles] == [(0, 0), (1, 1), (2, 2)]
    assert labels(ax) == ["25%", "40", "100%", "3", "50%", "30"]
    assert ax.yaxis_inverted()
    assert ax.get_xlabel().startswith("hour of the day (UTC), n = 73 calls\n")
    assert ax.get_title() == "Calls that ended pickedUp, by weekday and hour"
    check_drawing(ax)


def test_a_cell_of_few_calls_is_hollow_and_does_not_set_the_scale(week: pd.DataFrame) -> None:
    monday, tuesday, wednesday = bars(plots.pickup_by_hour(pickup_by_hour(week)))
    assert [bar.get_fill() for bar in (monday, tuesday, wednesday)] == [True, False, True]
    assert color_of(wednesday) == color_of(tuesday), "100% of 3 is not darker than the best that is sure"
    assert sum(to_hex(monday.get_facecolor()) != color for color in [color_of(wednesday)]) == 1
    assert tuesday.get_width() < monday.get_width()


def test_the_darker_the_more_often(week: pd.DataFrame) -> None:
    ax = plots.pickup_by_hour(pickup_by_hour(week))
    monday, _, wednesday = (int(color_of(bar)[1:3], 16) for bar in bars(ax))
    assert wednesday < monday


def test_the_rate_drawn_towards_the_others_can_be_shown() -> None:
    calls = sample_frames().calls
    table = pickup_by_hour(calls)
    ax = plots.pickup_by_hour(table, show="shrunk")
    assert set(labels(ax)[::2]) == {f"{table['shrunk'].iloc[0]:.0%}"}
    assert len({color_of(bar) for bar in bars(ax)}) == 1, "the hours lie no further apart than by chance"
    assert "drawn towards the others" in ax.get_xlabel()
    with pytest.raises(ConfigurationError, match="show='n' is none of 'rate', 'shrunk'"):
        plots.pickup_by_hour(table, show="n")  # type: ignore[arg-type]


def test_rows_are_sorted_whatever_the_order_of_the_table(week: pd.DataFrame) -> None:
    turned = week.assign(agent_id=["b"] * 40 + ["a"] * 33)
    ax = plots.pickup_by_hour(pickup_by_hour(turned, by=["hour", "weekday"]))
    assert ticks(ax) == ["Monday", "Tuesday", "Wednesday"]
    ax = plots.pickup_by_hour(pickup_by_hour(turned, by=["agent_id", "weekday", "hour"]))
    assert ticks(ax) == ["a · Tuesday", "a · Wednesday", "b · Monday"]
    ax = plots.pickup_by_hour(pickup_by_hour(turned, by=["weekday", "agent_id"]))
    assert ticks(ax) == ["a", "b"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["Monday", "Tuesday", "Wednesday"]


def test_hours_alone_are_points_with_intervals(week: pd.DataFrame) -> None:
    table = pickup_by_hour(week, by="hour")
    ax = plots.pickup_by_hour(table)
    assert marks(ax) == list(zip([0.0, 1.0, 2.0], table["rate"], strict=True))
    assert marks(ax, hollow=True) == [(1.0, 1.0)]
    assert whiskers(ax) == table[["low", "high"]].to_numpy().tolist()
    assert [y for _, y in marks(ax, "_") if y in set(table["shrunk"])] == table["shrunk"].tolist()
    assert [label.get_text() for label in ax.get_xticklabels()] == ["9\n40", "10\n3", "11\n30"]
    assert legend_of(ax) == ["rate", "drawn towards the others"]


def test_an_hour_without_calls_is_a_gap(week: pd.DataFrame) -> None:
    table = pickup_by_hour(week.head(70), by="hour")
    ax = plots.pickup_by_hour(table)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["9\n40", "10\n0", "11\n30"]
    assert [at for at, _ in marks(ax)] == [0, 2]


def test_calls_of_unknown_local_time_are_counted_below(week: pd.DataFrame) -> None:
    numbers = ["+12125550123"] * 40 + ["call me"] * 33
    table = pickup_by_hour(week.assign(prospect_number=numbers), tz="prospect")
    ax = plots.pickup_by_hour(table)
    assert len(bars(ax)) == 1
    assert "where the prospect's number is from, n = 40 calls" in ax.get_xlabel()
    assert ax.get_xlabel().endswith("\n33 calls whose local time is not known are left out")
    nobody = pickup_by_hour(week.assign(prospect_number="call me"), tz="prospect")
    assert labels(plots.pickup_by_hour(nobody)) == ["no calls to show"]


def test_without_hours_and_weekdays_there_is_nothing_to_lay_out(week: pd.DataFrame) -> None:
    for by in ("agent_id", None):
        with pytest.raises(ConfigurationError, match="neither hours nor weekdays"):
            plots.pickup_by_hour(pickup_by_hour(week, by=by))


def test_every_quiet_call_is_a_mark_at_its_day_and_hour() -> None:
    calls = calls_at(
        ["2026-03-02T12:30Z", "2026-03-03T02:15Z", "2026-03-02T15:30Z", "2026-03-02T18:00Z"],
        ["ivr"] * 4,
        campaign_id=["c"] * 4,
        call_id=list("klmn"),
        prospect_number=["+12125550123", "+12125550123", "+12085550123", "+12125550123"],
    )
    table = quiet_hours(calls)
    assert table["uncertain"].tolist() == [False, False, True]
    ax = plots.quiet_hours(table)
    assert [hour for hour, _ in marks(ax, hollow=False)] == [7.5, 21.25]
    days = {day for _, day in marks(ax)}
    assert len(days) == 1, "both in New York on the second of March"
    assert [hour for hour, _ in marks(ax, hollow=True)] == [7.5, 8.5]
    assert legend_of(ax) == ["outside for certain (2)", "outside in some zones of the number (1)"]
    assert ax.get_title() == "Calls outside 8:00 to 21:00, where the number is from"
    assert ax.get_xlabel().endswith("\n3 calls outside, of 4 looked at, of which 0 could not be judged")
    (allowed,) = bars(ax)
    assert (allowed.get_x(), allowed.get_x() + allowed.get_width()) == (8, 21)
    assert ax.yaxis_inverted()
    check_drawing(ax)


def test_no_quiet_call_is_good_news_of_so_many_calls(week: pd.DataFrame) -> None:
    ax = plots.quiet_hours(quiet_hours(week, start=0.5, end=24))
    assert labels(ax) == ["no call outside, of 73 looked at, of which 73 could not be judged"]
    assert ax.get_title() == "Calls outside 0:30 to 24:00, where the number is from"


def test_a_rate_of_all_calls_leaves_room_for_the_legend(week: pd.DataFrame) -> None:
    ax = plots.pickup_by_hour(pickup_by_hour(week, by="hour"))
    assert ax.get_ylim()[1] == pytest.approx(1.08)
    assert ax.get_yticks()[-1] == 1
    assert (
        plots.pickup_by_hour(pickup_by_hour(week.tail(1), by="hour"))
        .get_xlabel()
        .split("\n")[0]
        .endswith("n = 1 call")
    )


def test_one_call_outside_is_one_call(week: pd.DataFrame) -> None:
    early = week.head(1).assign(prospect_number="+14155550123", campaign_id="c1", call_id="k1")
    ax = plots.quiet_hours(quiet_hours(early))
    assert ax.get_xlabel().endswith("\n1 call outside, of 1 looked at, of which 0 could not be judged")
