from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from charts import check_drawing, labels, marks, sample_frames, ticks, x_of, y_of
from matplotlib.dates import date2num

from caldframe import plots
from caldframe.metrics.outcomes import caller_numbers
from caldframe.metrics.timing import progress

ZONE = "America/New_York"


def days_of(times: pd.Series[pd.Timestamp]) -> list[float]:
    """Give moments as matplotlib counts them, from Python's own datetimes."""
    number: Any = date2num  # which has no types
    return [float(number(time.to_pydatetime())) for time in times]


@pytest.fixture(scope="module")
def unfinished() -> pd.DataFrame:
    """The sample as it was on 24 October, with 21 calls to come."""
    calls = sample_frames().calls
    return calls.assign(
        completed=calls["completed"] & (calls["completed_at"] < pd.Timestamp("2025-10-24", tz="UTC"))
    )


def test_the_line_goes_through_the_calls_completed_by_the_end_of_each_period(
    unfinished: pd.DataFrame,
) -> None:
    table = progress(unfinished, freq="D", tz=ZONE)
    ax = plots.progress(table)
    line = ax.lines[0]
    assert y_of(line) == [0, *table["cumulative"]]
    assert x_of(line)[:-1] == pytest.approx(days_of(table["start"]))
    assert y_of(ax.lines[1]) == [120, 120]
    assert ax.get_ylabel() == "calls completed so far"
    check_drawing(ax)


def test_the_expected_end_and_its_range_are_those_of_the_last_row(unfinished: pd.DataFrame) -> None:
    table = progress(unfinished, freq="D", tz=ZONE)
    last = table.iloc[-1]
    ax = plots.progress(table)
    expected, low, high = days_of(last[["expected_end", "low", "high"]])
    assert marks(ax, "D")[0] == pytest.approx((expected, 120))
    (interval,) = (line for line in ax.lines if line.get_marker() == "|")
    assert x_of(interval) == pytest.approx([low, high])
    (fan,) = ax.patches
    told = x_of(ax.lines[0])[-1]
    corners = np.asarray(fan.get_path().vertices)[:3]
    assert corners.ravel().tolist() == pytest.approx([told, 99, low, 120, high, 120])
    assert ax.get_xlim()[1] >= high
    assert ax.get_xlabel().splitlines() == [
        f"time ({ZONE})",
        "99 of 120 calls completed; the rest expected by 27 Oct 2025 01:30",
        "(95% range: 24 Oct 2025 20:22 to 1 Nov 2025 12:57)",
    ]


def test_the_way_to_the_end_begins_when_it_was_told(unfinished: pd.DataFrame) -> None:
    """The last moment that the calls know of, not the end of a day that is not over."""
    ax = plots.progress(progress(unfinished, freq="D", tz=ZONE))
    known = pd.concat([unfinished["created_at"], unfinished["completed_at"][unfinished["completed"]]]).max()
    day_after = pd.Timestamp("2025-10-24", tz=ZONE)
    told = x_of(ax.lines[0])[-1]
    assert told == pytest.approx(days_of(pd.Series([min(known, day_after)]))[0], abs=1e-6)


def test_a_campaign_that_is_through_has_no_end_to_expect() -> None:
    table = progress(sample_frames().calls, freq="D")
    ax = plots.progress(table)
    assert not ax.patches
    assert ax.get_xlabel().splitlines() == ["time (UTC)", "120 of 120 calls completed"]
    day_after = table["start"].iloc[-1] + pd.Timedelta(days=1)
    assert x_of(ax.lines[0])[-1] == pytest.approx(days_of(pd.Series([day_after]))[0])


def test_an_end_far_ahead_is_said_and_does_not_squeeze_the_chart(unfinished: pd.DataFrame) -> None:
    table = progress(unfinished, freq="D", tz=ZONE)
    table["expected_end"] += pd.Timedelta(days=4000)
    table["high"] += pd.Timedelta(days=4000)
    table["pace"] = np.nan
    ax = plots.progress(table)
    begin, end = x_of(ax.lines[0])[0], x_of(ax.lines[0])[-1]
    assert ax.get_xlim()[1] < end + 2.2 * (end - begin)
    assert "expected by 9 Oct 2036" in ax.get_xlabel()


def test_without_a_pace_there_is_no_end_in_sight(unfinished: pd.DataFrame) -> None:
    table = progress(unfinished, freq="D", tz=ZONE)
    never = table["start"].where(table["n"] < 0)
    ax = plots.progress(table.assign(expected_end=never, low=never, high=never))
    assert ax.get_xlabel().endswith("99 of 120 calls completed; at this pace no end is in sight")
    assert not ax.patches


def test_a_range_that_is_not_known_yet_is_left_away(unfinished: pd.DataFrame) -> None:
    table = progress(unfinished, freq="D", tz=ZONE).head(1)
    assert table["low"].isna().all()
    ax = plots.progress(table)
    assert not ax.patches
    assert "range" not in ax.get_xlabel()
    assert len(marks(ax, "D")) == 1


def test_summer_time_ends_without_a_knot() -> None:
    times = pd.date_range("2025-11-02 04:00", periods=8, freq="30min", tz="UTC")
    calls = pd.DataFrame({"completed": True, "created_at": times, "completed_at": times})
    ax = plots.progress(progress(calls, tz=ZONE))
    assert (np.diff(x_of(ax.lines[0])) > 0).all()


@pytest.fixture(scope="module")
def numbers() -> pd.DataFrame:
    """Two calling numbers for twenty days; one is labelled as spam on the eleventh."""
    days = pd.date_range("2026-03-02", periods=20, tz="UTC").repeat(10)
    good = (["pickedUp"] * 4 + ["voicemail"] * 6) * 20
    bad = (["pickedUp"] * 4 + ["voicemail"] * 6) * 10 + (["pickedUp"] * 1 + ["voicemail"] * 9) * 10
    return pd.DataFrame(
        {
            "from_number": ["+15550100"] * 200 + ["+15550101"] * 200,
            "direction": "outbound",
            "completed": True,
            "created_at": [*days, *days],
            "result": good + bad,
            "call_length": 30.0,
        }
    )


def test_each_number_has_a_row_with_its_rates(numbers: pd.DataFrame) -> None:
    table = caller_numbers(numbers, window="5D")
    ax = plots.caller_numbers(table)
    assert [tick.split("\n")[0] for tick in ticks(ax)] == ["+15550101", "+15550100"]
    scale = 0.85 / table["answer_high"].max()
    for row, number in enumerate(["+15550101", "+15550100"]):
        rates = table[table["from_number"] == number]["answer_rate"]
        (line,) = (line for line in ax.lines if len(x_of(line)) == 20 and row <= min(y_of(line)) <= row + 1)
        assert ((np.asarray(y_of(line)) - row) / scale).tolist() == pytest.approx(rates.tolist())
    assert "the calls of the 5 days up to each day, with 95% intervals" in ax.get_xlabel()
    check_drawing(ax)


def test_days_of_few_calls_are_hollow(numbers: pd.DataFrame) -> None:
    ax = plots.caller_numbers(caller_numbers(numbers, window="5D"))
    assert len(marks(ax, hollow=True)) == 4, "of each number, the first two days of ten and twenty calls"
    assert len(marks(ax, hollow=False)) == 36


def test_the_day_of_a_change_is_marked_where_there_was_one(numbers: pd.DataFrame) -> None:
    table = caller_numbers(numbers)
    ax = plots.caller_numbers(table)
    paths = [np.asarray(path.vertices) for bundle in ax.collections for path in bundle.get_paths()]
    (change,) = (path for path in paths if len(path) == 2)
    assert change[0, 0] == days_of(pd.Series([pd.Timestamp("2026-03-12")]))[0]
    assert 0 <= change[0, 1] < change[1, 1] < 1, "in the row at the bottom"
    assert ticks(ax)[0] == "+15550101\n40% → 10% from 12 Mar\np <0.001"
    assert ticks(ax)[1].startswith("+15550100\n40% → ")


def test_a_number_without_calls_that_count_has_an_empty_row(numbers: pd.DataFrame) -> None:
    silent = numbers.assign(completed=numbers["from_number"] == "+15550101")
    ax = plots.caller_numbers(caller_numbers(silent))
    assert ticks(ax)[1] == "+15550100\nno calls"
    nobody = caller_numbers(numbers.assign(completed=False))
    assert labels(plots.caller_numbers(nobody)) == ["no calls to show"]


def test_no_row_reaches_above_all_calls(numbers: pd.DataFrame) -> None:
    one = caller_numbers(numbers[numbers["result"].eq("pickedUp")].head(1))
    ax = plots.caller_numbers(one)
    assert ax.get_ylabel() == "answer rate\n(rows: 0% to 100%)"
    assert marks(ax, hollow=True) == [(days_of(one["day"])[0], 1.0)]
    assert np.ptp(ax.get_xlim()) == 2, "one day, and a day on either side"
