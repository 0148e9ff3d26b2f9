"""When calls are made: local clocks on named dates, and everything counted again in plain Python."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd
import phonenumbers
import pytest
from call_frames import make_calls
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import timezone
from scipy import stats
from statsmodels.stats.proportion import proportion_confint  # type: ignore[import-untyped]

import caldframe as cf
from caldframe.schema import RESULTS
from caldframe.stats import fit_beta_prior, shrunk_rates

if TYPE_CHECKING:
    from pathlib import Path

TEXT = pd.StringDtype(na_value=np.nan)
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
COUNTS = ["n", "picked_up", "rate", "low", "high", "shrunk"]

NEW_YORK, ARIZONA = "+12125550123", "+16025550123"
NEWFOUNDLAND = "+17095550123"  # America/St_Johns, half an hour ahead of America/Halifax in Labrador
IDAHO = "+12085550123"  # America/Boise and America/Los_Angeles
TOLL_FREE = "+18005550123"
LONDON, INDIA, NEPAL = "+442079460123", "+919876543210", "+97714123456"
WORLD = "+80012345678"  # in no zone
NUMBERS = [NEW_YORK, ARIZONA, NEWFOUNDLAND, IDAHO, TOLL_FREE, LONDON, INDIA, NEPAL, WORLD, "soon", "", None]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def placed(*times: Any, to: Any = NEW_YORK, **columns: Any) -> pd.DataFrame:
    """Give completed outbound calls of these times in UTC."""
    numbers = to if isinstance(to, list) else [to] * len(times)
    rows = {
        "call_id": [f"k{row}" for row in range(len(times))],
        "prospect_number": numbers,
        "direction": ["outbound"] * len(times),
        "completed": [True] * len(times),
        "result": ["pickedUp"] * len(times),
        "created_at": [None if time is None else utc(time) for time in times],
    }
    return make_calls(**(rows | columns))


def windows(calls: pd.DataFrame, tz: str, **arguments: Any) -> list[tuple[Any, ...]]:
    table = cf.pickup_by_hour(calls, tz=tz, **arguments)
    columns = table.columns.drop(COUNTS).tolist()
    return [tuple(plain(value) for value in row) for row in table[[*columns, "n"]].to_numpy(dtype=object)]


def rows_of(table: pd.DataFrame) -> list[Any]:
    return list(table.itertuples())


def plain(value: Any) -> Any:
    return None if pd.isna(value) else value


# --- what the clock shows -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "number", "time", "weekday", "hour"),
    [
        # Summer time begins in the United States on 8 March 2026 at 2:00: the clock goes on to 3:00.
        ("America/New_York", NEW_YORK, "2026-03-08 06:59:59", "Sunday", 1),
        ("America/New_York", NEW_YORK, "2026-03-08 07:00", "Sunday", 3),
        ("America/New_York", NEW_YORK, "2026-03-07 14:30", "Saturday", 9),
        ("America/New_York", NEW_YORK, "2026-03-09 14:30", "Monday", 10),
        # It ends on 1 November 2026 at 2:00: the hour from 1:00 is there twice.
        ("America/New_York", NEW_YORK, "2026-11-01 05:30", "Sunday", 1),
        ("America/New_York", NEW_YORK, "2026-11-01 06:30", "Sunday", 1),
        ("America/New_York", NEW_YORK, "2026-11-01 07:00", "Sunday", 2),
        # Arizona has none.
        ("America/Phoenix", ARIZONA, "2026-03-07 15:30", "Saturday", 8),
        ("America/Phoenix", ARIZONA, "2026-03-09 15:30", "Monday", 8),
        # In Europe it begins on 29 March 2026 and ends on 25 October.
        ("Europe/London", LONDON, "2026-03-29 00:59", "Sunday", 0),
        ("Europe/London", LONDON, "2026-03-29 01:00", "Sunday", 2),
        ("Europe/London", LONDON, "2026-10-25 00:30", "Sunday", 1),
        ("Europe/London", LONDON, "2026-10-25 01:30", "Sunday", 1),
        # Zones of half hours and of quarters.
        ("Asia/Kolkata", INDIA, "2026-03-02 18:29:59", "Monday", 23),
        ("Asia/Kolkata", INDIA, "2026-03-02 18:30", "Tuesday", 0),
        ("Asia/Kathmandu", NEPAL, "2026-03-02 18:14", "Monday", 23),
        ("Asia/Kathmandu", NEPAL, "2026-03-02 18:15", "Tuesday", 0),
        ("America/St_Johns", NEWFOUNDLAND, "2026-03-02 03:29", "Sunday", 23),
        ("America/St_Johns", NEWFOUNDLAND, "2026-07-01 03:15", "Wednesday", 0),
        # New Year's Eve.
        ("America/New_York", NEW_YORK, "2026-01-01 04:59", "Wednesday", 23),
        # Before zones had whole hours.
        ("America/New_York", NEW_YORK, "1883-11-18 16:00", "Sunday", 11),
    ],
)
def test_the_hour_on_the_wall(zone: str, number: str, time: str, weekday: str, hour: int) -> None:
    calls = placed(time, to=number)
    assert windows(calls, zone) == [(weekday, hour, 1)]
    assert windows(calls, "prospect") == [(weekday, hour, 1)]


def test_a_zone_whose_summer_time_is_half_an_hour() -> None:
    # Lord Howe Island, 5 April 2026, 2:00: the clock goes back to 1:30.
    calls = placed("2026-04-04 14:59", "2026-04-04 15:00", "2026-04-04 15:30")
    assert windows(calls, "Australia/Lord_Howe") == [("Sunday", 1, 2), ("Sunday", 2, 1)]


def test_a_number_of_several_zones_has_a_time_as_far_as_they_agree() -> None:
    # 7:00 UTC is midnight in Boise and 23:00 the day before in Los Angeles.
    calls = placed("2026-03-02 16:30", "2026-03-02 07:30", to=IDAHO)
    assert windows(calls, "prospect") == [(None, None, 2)]
    assert windows(calls, "prospect", by="weekday") == [("Monday", 1), (None, 1)]
    assert windows(calls, "prospect", by="hour") == [(None, 2)]
    assert windows(calls, "prospect", by=None) == [(2,)]
    # In Newfoundland and Labrador the hour is the same for half of each hour.
    calls = placed("2026-07-01 15:15", "2026-07-01 15:45", to=NEWFOUNDLAND)
    assert windows(calls, "prospect") == [("Wednesday", 12, 1), (None, None, 1)]


def test_numbers_without_a_zone_and_calls_without_a_time_are_counted_apart() -> None:
    times = ["2026-03-02 16:30"] * 5 + [None]
    calls = placed(*times, to=[NEW_YORK, WORLD, "soon", "", None, NEW_YORK])
    assert windows(calls, "prospect") == [("Monday", 11, 1), (None, None, 5)]
    assert windows(calls, "America/New_York") == [("Monday", 11, 5), (None, None, 1)]


def test_a_zone_that_the_machine_does_not_know_is_named_not_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_india(key: str) -> ZoneInfo:
        if key == "Asia/Calcutta":
            raise ZoneInfoNotFoundError(key)
        return ZoneInfo(key)

    monkeypatch.setattr("caldframe.engine.arguments.ZoneInfo", without_india)
    calls = placed("2026-03-02 16:30", "2026-03-02 16:30", to=[NEW_YORK, INDIA])
    with pytest.raises(cf.ConfigurationError, match=r"tz='Asia/Calcutta'.*database lacks it"):
        cf.quiet_hours(calls)


# --- pickup_by_hour -----------------------------------------------------------------------------------------

moments = st.integers(0, 8 * 365 * 24 * 4).map(
    lambda quarter: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * quarter)
)


CHANCES: dict[str, st.SearchStrategy[Any]] = {
    "agent_id": st.sampled_from([None, "agent-1", "agent-2"]),
    "call_id": st.sampled_from([None, "k1"]),
    "prospect_number": st.sampled_from(NUMBERS),
    "direction": st.sampled_from(["outbound", "outbound", "outbound", "inbound", "", None]),
    "completed": st.sampled_from([True, True, True, False, None]),
    "result": st.sampled_from([*RESULTS, "pickedUp", "pickedUp", "busy", None]),
    "created_at": st.one_of(st.none(), moments),
    "completed_at": st.one_of(st.none(), moments),
}


@st.composite
def timed_calls(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(st.lists(st.fixed_dictionaries(CHANCES), max_size=25))
    return make_calls(**{name: [row[name] for row in rows] for name in CHANCES})


def zones_of(number: str | None) -> list[str]:
    try:
        parsed = phonenumbers.parse(number or "")
    except phonenumbers.NumberParseException:
        return []
    return [zone for zone in timezone.time_zones_for_number(parsed) if zone != "Etc/Unknown"]


def local_times(call: Any, tz: str) -> list[datetime]:
    if pd.isna(call.created_at):
        return []
    number = None if pd.isna(call.prospect_number) else call.prospect_number
    zones = zones_of(number) if tz == "prospect" else [tz]
    return [call.created_at.to_pydatetime().astimezone(ZoneInfo(zone)) for zone in zones]


@given(
    timed_calls(),
    st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "prospect"]),
    st.sampled_from([None, "hour", ["weekday"], ("weekday", "hour"), ["hour", "agent_id"], ["agent_id"]]),
    st.sampled_from(["pickedUp", "voicemail"]),
)
def test_the_same_as_counted_in_plain_python(calls: pd.DataFrame, tz: str, by: Any, outcome: str) -> None:
    columns = [by] if isinstance(by, str) else list(by or [])
    occurring, n, hits = set(), Counter[Any](), Counter[Any]()
    for call in rows_of(calls):
        times = local_times(call, tz)
        parts: dict[str, Any] = {
            "weekday": {WEEKDAYS[time.weekday()] for time in times},
            "hour": {time.hour for time in times},
        }
        both = {(time.weekday() * ("weekday" in columns), time.hour * ("hour" in columns)) for time in times}
        key = tuple(
            plain(call.agent_id) if name == "agent_id" else (min(parts[name]) if len(both) == 1 else None)
            for name in columns
        )
        occurring.add(key)
        counts = plain(call.completed) == True and call.direction == "outbound"  # noqa: E712 - it may be null
        n[key] += counts
        hits[key] += counts and call.result == outcome
    if not columns:
        occurring.add(())

    table = cf.pickup_by_hour(calls, tz=tz, by=by, outcome=outcome)
    assert table.columns.tolist() == [*columns, *COUNTS]
    keys = [tuple(plain(value) for value in row) for row in table[columns].itertuples(index=False)]
    assert keys == sorted(
        occurring,
        key=lambda key: (
            [(value is None, WEEKDAYS.index(value) if value in WEEKDAYS else value or 0) for value in key]
            if "agent_id" not in columns
            else [(value is None, str(value).rjust(9)) for value in key]
        ),
    )
    assert table["n"].tolist() == [n[key] for key in keys]
    assert table["picked_up"].tolist() == [hits[key] for key in keys]
    measured = table[table["n"] > 0]
    assert table.loc[table["n"] == 0, COUNTS[2:]].isna().to_numpy().all()
    low, high = proportion_confint(measured["picked_up"], measured["n"], method="wilson")
    np.testing.assert_allclose(measured["low"], low, atol=1e-9)
    np.testing.assert_allclose(measured["high"], high, atol=1e-9)
    times_known = table[[name for name in columns if name != "agent_id"]].notna().all(axis="columns")
    prior = fit_beta_prior(table.loc[times_known, "picked_up"], table.loc[times_known, "n"])
    np.testing.assert_array_equal(table["shrunk"], shrunk_rates(table["picked_up"], table["n"], prior))
    np.testing.assert_equal(
        table.attrs,
        {
            "tz": tz,
            "outcome": outcome,
            "confidence": 0.95,
            "prior_mean": prior.mean,
            "prior_strength": prior.strength,
        },
    )


def test_three_lucky_calls_are_not_the_best_hour() -> None:
    hits = {9: 90, 10: 105, 11: 85, 12: 120, 13: 95, 14: 100, 15: 110, 16: 80}
    times, results = ["2026-03-02 20:15"] * 3, ["pickedUp"] * 3
    for hour, n in hits.items():
        times += [f"2026-03-02 {hour:02}:15"] * 300
        results += ["pickedUp"] * n + ["unanswered"] * (300 - n)
    table = cf.pickup_by_hour(placed(*times, result=results), by="hour").set_index("hour")
    assert table["rate"].idxmax() == 20
    assert table["shrunk"].idxmax() == 12
    assert table["shrunk"].to_dict()[20] < 0.36


def test_an_outcome_of_ones_own() -> None:
    calls = placed("2026-03-02 10:00", "2026-03-02 10:30").assign(
        sale=pd.array([True, None], dtype="boolean")
    )
    assert cf.pickup_by_hour(calls, outcome="sale")["picked_up"].tolist() == [1]


def test_the_names_of_times_are_always_the_time_of_the_call() -> None:
    calls = placed("2026-03-02 10:00").assign(weekday="never", hour="late")
    assert windows(calls, "UTC") == [("Monday", 10, 1)]


@pytest.mark.parametrize("by", [None, "hour", ("weekday", "hour"), ["agent_id", "weekday", "hour"]])
def test_no_calls_give_the_same_columns(by: Any) -> None:
    some = cf.pickup_by_hour(placed("2026-03-02 10:00"), by=by)
    none = cf.pickup_by_hour(placed(), by=by)
    pd.testing.assert_series_equal(none.dtypes, some.dtypes)
    assert none["n"].tolist() == ([0] if by is None else [])


def with_dtypes(calls: pd.DataFrame, kind: str) -> pd.DataFrame:
    texts = ["prospect_number", "direction", "result", "campaign_id", "call_id"]
    if kind == "object":
        return calls.astype("object")
    if kind == "arrow":
        return calls.convert_dtypes(dtype_backend="pyarrow")
    if kind == "category":
        return calls.astype(dict.fromkeys(texts, "category"))
    return calls.astype({"created_at": "datetime64[ns, Europe/Berlin]"})


@pytest.mark.parametrize("kind", ["object", "arrow", "category", "nanoseconds of another zone"])
def test_dtypes_and_indexes_do_not_matter(kind: str) -> None:
    calls = placed(
        *("2026-03-02 10:00", None, "2026-03-08 07:30"),
        to=[NEW_YORK, IDAHO, INDIA],
        completed_at=[utc("2026-03-02 10:01"), None, utc("2026-03-08 07:40")],
    )
    other = with_dtypes(calls, kind).set_axis(pd.Index([4, 4, 4], name="hour"))
    before = other.copy()
    for tz in ("UTC", "prospect"):
        pd.testing.assert_frame_equal(cf.pickup_by_hour(other, tz=tz), cf.pickup_by_hour(calls, tz=tz))
    pd.testing.assert_frame_equal(cf.progress(other), cf.progress(calls))
    pd.testing.assert_frame_equal(
        cf.quiet_hours(other).reset_index(drop=True), cf.quiet_hours(calls).reset_index(drop=True)
    )
    assert cf.quiet_hours(other).index.tolist() == [4]
    pd.testing.assert_frame_equal(other, before)


@pytest.mark.parametrize("tz", ["Mars/Olympus", "", "../etc/passwd", "/etc/localtime", None, 5, "new york"])
def test_a_zone_that_is_none_is_refused(tz: Any) -> None:
    with pytest.raises(cf.ConfigurationError, match="is no time zone"):
        cf.pickup_by_hour(placed("2026-03-02 10:00"), tz=tz)
    with pytest.raises(cf.ConfigurationError, match="is no time zone"):
        cf.progress(placed("2026-03-02 10:00"), tz=tz)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"by": "agent"}, "no column 'agent'. Did you mean 'agent_id'"),
        ({"by": ["hour", "hour"]}, "'hour' twice"),
        ({"by": "n"}, "the result has a column of that name"),
        ({"by": 3}, "neither a column name nor a list"),
        ({"outcome": "pickedup"}, "Did you mean 'pickedUp'"),
        ({"confidence": 95}, "confidence=95"),
    ],
)
def test_arguments_that_make_no_sense(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(cf.ConfigurationError, match=message):
        cf.pickup_by_hour(placed("2026-03-02 10:00"), **arguments)


def test_a_column_that_is_missing_is_named() -> None:
    calls = placed("2026-03-02 10:00")
    for name in ("created_at", "direction", "completed", "result"):
        with pytest.raises(cf.UnknownColumnError, match=name):
            cf.pickup_by_hour(calls.drop(columns=name))
    cf.pickup_by_hour(calls.drop(columns="prospect_number"))
    with pytest.raises(cf.UnknownColumnError, match="prospect_number"):
        cf.pickup_by_hour(calls.drop(columns="prospect_number"), tz="prospect")


# --- quiet_hours --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "time", "found"),
    [
        (NEW_YORK, "2026-03-02 12:59:59.999999", False),  # 7:59:59.999999
        (NEW_YORK, "2026-03-02 13:00", None),  # 8:00 sharp
        (NEW_YORK, "2026-03-03 01:59:59", None),  # 20:59:59
        (NEW_YORK, "2026-03-03 02:00", False),  # 21:00 sharp
        # 12:30 UTC is 7:30 on the Saturday before summer time, 8:30 on the Sunday with it.
        (NEW_YORK, "2026-03-07 12:30", False),
        (NEW_YORK, "2026-03-08 12:30", None),
        # 12:30 UTC is 8:30 on 31 October, 7:30 on 1 November.
        (NEW_YORK, "2026-10-31 12:30", None),
        (NEW_YORK, "2026-11-01 12:30", False),
        (INDIA, "2026-03-02 02:29", False),  # 7:59
        (INDIA, "2026-03-02 02:30", None),
        (NEPAL, "2026-03-02 15:14", None),  # 20:59
        (NEPAL, "2026-03-02 15:15", False),
        # Idaho: Boise is an hour ahead of the north, which keeps the time of Los Angeles.
        (IDAHO, "2026-03-02 14:30", False),  # 7:30 and 6:30
        (IDAHO, "2026-03-02 15:30", True),  # 8:30 and 7:30
        (IDAHO, "2026-03-02 16:30", None),
        (IDAHO, "2026-03-03 03:30", None),  # 20:30 and 19:30
        (IDAHO, "2026-03-03 04:30", True),  # 21:30 and 20:30
        (IDAHO, "2026-03-03 05:30", False),
        (TOLL_FREE, "2026-03-02 14:30", True),
    ],
)
def test_too_early_and_too_late(number: str, time: str, found: bool | None) -> None:
    table = cf.quiet_hours(placed(time, to=number))
    assert table["uncertain"].tolist() == ([] if found is None else [found])
    assert table.attrs == {"start": 8.0, "end": 21.0, "checked": 1, "unknown": 0}


def test_the_local_times_are_shown() -> None:
    table = cf.quiet_hours(placed("2026-03-02 15:30", to=IDAHO))
    assert table["earliest"].tolist() == [pd.Timestamp("2026-03-02 07:30")]
    assert table["latest"].tolist() == [pd.Timestamp("2026-03-02 08:30")]


def test_what_cannot_be_judged_is_counted() -> None:
    times = ["2026-03-02 03:00"] * 6 + [None]
    calls = placed(*times, to=[NEW_YORK, WORLD, "soon", "", None, NEW_YORK, NEW_YORK])
    calls.loc[5, "completed"] = False
    table = cf.quiet_hours(calls)
    assert table["call_id"].tolist() == ["k0"]
    assert (table.attrs["checked"], table.attrs["unknown"]) == (6, 5)


@given(timed_calls(), st.integers(0, 47), st.integers(1, 48))
def test_quiet_hours_the_same_as_in_plain_python(calls: pd.DataFrame, start: int, length: int) -> None:
    begin, end = start / 2, min(start + length, 48) / 2
    expected, checked, unknown = [], 0, 0
    for call in rows_of(calls):
        if plain(call.completed) == True and call.direction == "outbound":  # noqa: E712 - it may be null
            times = local_times(call, "prospect")
            quiet = [not begin <= time.hour + time.minute / 60 < end for time in times]
            checked, unknown = checked + 1, unknown + (not times)
            if any(quiet):
                naive = [time.replace(tzinfo=None) for time in times]
                expected.append((call.Index, call.created_at, min(naive), max(naive), not all(quiet)))
    table = cf.quiet_hours(calls, start=begin, end=end)
    names = ["created_at", "earliest", "latest", "uncertain"]
    assert list(table[names].itertuples(name=None)) == expected
    assert table.attrs == {"start": begin, "end": end, "checked": checked, "unknown": unknown}
    assert table.dtypes.to_dict() == {
        **dict.fromkeys(["campaign_id", "call_id", "prospect_number"], TEXT),
        "created_at": pd.DatetimeTZDtype("us", "UTC"),
        "earliest": np.dtype("datetime64[us]"),
        "latest": np.dtype("datetime64[us]"),
        "uncertain": np.dtype(bool),
    }


@pytest.mark.parametrize(
    ("start", "end"),
    [(21, 8), (8, 8), (-1, 8), (8, 25), ("8", 21), (8, None), (True, 21), (float("nan"), 21)],
)
def test_hours_that_are_none_are_refused(start: Any, end: Any) -> None:
    with pytest.raises(cf.ConfigurationError, match=r"start=|end="):
        cf.quiet_hours(placed("2026-03-02 10:00"), start=start, end=end)


# --- progress -----------------------------------------------------------------------------------------------


def completed(*times: str, pending: int = 0) -> pd.DataFrame:
    """Give calls completed at these times in UTC, and some that are pending."""
    over = [utc(time) for time in times]
    return make_calls(
        completed=[True] * len(over) + [False] * pending,
        created_at=[*over, *[None] * pending],
        completed_at=[*over, *[None] * pending],
    )


FREQUENCIES = {"h": timedelta(hours=1), "6h": timedelta(hours=6), "15min": timedelta(minutes=15)}


@given(timed_calls(), st.sampled_from(["UTC", "Asia/Kolkata", "America/New_York"]))
@settings(max_examples=50)
def test_progress_the_same_as_in_plain_python(calls: pd.DataFrame, tz: str) -> None:
    table = cf.progress(calls, freq="D", tz=tz)
    over = calls[calls["completed"].eq(True)]
    days = Counter(time.astimezone(ZoneInfo(tz)).date() for time in over["completed_at"].dropna())
    expected, day = [], min(days, default=None)
    while day is not None and day <= max(days):
        expected.append(days[day])
        day += timedelta(days=1)
    assert table["n"].tolist() == expected
    assert table["cumulative"].tolist() == np.cumsum(expected).tolist()
    undated = int(over["completed_at"].isna().sum())
    assert (table["remaining"] + table["cumulative"]).tolist() == [len(calls) - undated] * len(table)
    assert table.attrs == {
        "freq": "D",
        "tz": tz,
        "recent": "7D",
        "confidence": 0.95,
        "undated": undated,
    }
    assert [start.date() for start in table["start"][:1]] == [min(days, default=None)][: len(table)]
    unending = (table["remaining"] == 0) | (table["pace"] == 0) | table["pace"].isna()
    assert table["expected_end"].isna().tolist() == unending.tolist()
    assert (table["low"].isna() | (table["low"] <= table["expected_end"])).all()
    assert (table["high"].isna() | (table["high"] >= table["expected_end"])).all()
    assert table.dtypes.to_dict() == {
        "start": pd.DatetimeTZDtype("us", tz),
        **dict.fromkeys(["n", "cumulative", "remaining"], np.dtype("int64")),
        "pace": np.dtype("float64"),
        **dict.fromkeys(["expected_end", "low", "high"], pd.DatetimeTZDtype("us", tz)),
    }


@pytest.mark.parametrize("freq", FREQUENCIES)
def test_periods_of_a_length_begin_at_midnight_on_the_wall(freq: str) -> None:
    table = cf.progress(completed("2026-03-02 03:05", "2026-03-02 20:00"), freq=freq, tz="Asia/Kolkata")
    length = FREQUENCIES[freq]
    assert set(table["start"].diff().dropna()) == {pd.Timedelta(length)}
    first = table["start"][0]
    assert (first - first.normalize()) % length == timedelta(0)
    assert first <= utc("2026-03-02 03:05") < first + length
    assert table["start"].iloc[-1] <= utc("2026-03-02 20:00") < table["start"].iloc[-1] + length
    assert table["n"].sum() == 2


def test_a_call_at_the_very_beginning_of_a_period_is_in_it() -> None:
    table = cf.progress(completed("2026-03-02 10:00", "2026-03-02 10:59:59.999999", "2026-03-02 11:00"))
    assert table["start"].tolist() == [utc("2026-03-02 10:00"), utc("2026-03-02 11:00")]
    assert table["n"].tolist() == [2, 1]


@pytest.mark.parametrize(
    ("freq", "tz", "times", "starts"),
    [
        # Days of 23 and 25 hours begin at midnight all the same.
        ("D", "America/New_York", ["2026-03-07 12:00", "2026-03-09 04:00"], ["03-07", "03-08", "03-09"]),
        ("D", "America/New_York", ["2026-10-31 12:00", "2026-11-02 05:00"], ["10-31", "11-01", "11-02"]),
        # On 8 March 2026 Havana's clock went from midnight on to 1:00: that day begins at 1:00.
        ("D", "America/Havana", ["2026-03-07 12:00", "2026-03-08 12:00"], ["03-07", "03-08 01:00"]),
        # On 1 November it goes from 1:00 back to midnight: the day begins with the first.
        ("D", "America/Havana", ["2026-11-01 04:00", "2026-11-01 05:30"], ["11-01"]),
        ("W-MON", "UTC", ["2026-03-04 12:00", "2026-03-10 12:00"], ["03-02", "03-09"]),
        ("MS", "UTC", ["2026-03-04 12:00", "2026-05-10 12:00"], ["03-01", "04-01", "05-01"]),
    ],
)
def test_periods_of_the_calendar(freq: str, tz: str, times: list[str], starts: list[str]) -> None:
    table = cf.progress(completed(*times), freq=freq, tz=tz)
    expected = [datetime.fromisoformat(f"2026-{start}") for start in starts]
    assert [start.replace(tzinfo=None) for start in table["start"]] == expected


def test_hours_go_on_through_the_changes_of_the_clock() -> None:
    for day in ("2026-03-08", "2026-11-01"):
        table = cf.progress(completed(f"{day} 00:30", f"{day} 12:30"), tz="America/New_York")
        assert set(table["start"].diff().dropna()) == {pd.Timedelta("1h")}
        assert len(table) == 13


def test_the_end_is_expected_at_the_recent_pace() -> None:
    # Two calls an hour on the hour and at half past, for 48 hours; 20 remain.
    times = [str(time) for time in pd.date_range("2026-03-02 00:00", periods=96, freq="30min")]
    table = cf.progress(completed(*times, pending=20), recent="1D")
    last = table.iloc[-1]
    now = utc(times[-1])
    # The 24 hours before now hold 23 whole periods and the half that is not over.
    assert last["pace"] == pytest.approx(48 / 23.5)
    second, waits = timedelta(seconds=1), stats.f(40, 96)
    for name, factor in (("expected_end", 1), ("low", waits.ppf(0.025)), ("high", waits.ppf(0.975))):
        expected = now + timedelta(hours=20 * 23.5 / 48) * factor
        assert last[name] == pytest.approx(expected, abs=second)
    # As it looked a day after the start, when 68 remained.
    before = table.iloc[23]
    assert before["remaining"] == 68
    assert before["pace"] == 2
    assert before["expected_end"] == utc("2026-03-03 00:00") + timedelta(hours=34)


def test_calls_in_bursts_make_the_range_wider() -> None:
    steady = [str(time) for time in pd.date_range("2026-03-02", periods=96, freq="30min")]
    bursts = [f"2026-03-0{day} 10:{minute:02}" for day in (2, 3) for minute in range(48)]
    widths = []
    for times in (steady, [*bursts, "2026-03-03 23:30"]):
        last = cf.progress(completed(*times, pending=20)).iloc[-1]
        widths.append((last["high"] - last["low"]) / (last["expected_end"] - utc(times[-1])))
    assert widths[1] > 3 * widths[0]


@given(timed_calls(), st.sampled_from(["7D", "365D", "3000D"]))
@settings(max_examples=50)
def test_pace_and_bursts_counted_again_period_by_period(calls: pd.DataFrame, recent: str) -> None:
    table = cf.progress(calls, freq="30D", recent=recent, confidence=0.9)
    edges = [*table["start"], *(table["start"].iloc[-1:] + timedelta(days=30))]
    over = calls[calls["completed"].eq(True)]["completed_at"].dropna()
    seen = [*calls["created_at"].dropna(), *over]
    spread = np.nan
    for row, period in enumerate(rows_of(table)):
        is_last = row == len(table) - 1
        until = min(edges[row + 1], max(seen)) if is_last else edges[row + 1]
        until = max(until, edges[row] + timedelta(microseconds=1))
        first = min(next((i for i in range(row + 1) if edges[i] >= until - pd.Timedelta(recent)), row), row)
        counts = table["n"][first : row + 1].to_numpy()
        elapsed = until - max(edges[first], min(seen))
        if elapsed == timedelta(0):
            assert np.isnan(period.pace)
            continue
        assert period.pace == pytest.approx(counts.sum() / (elapsed / timedelta(hours=1)))
        if not is_last:
            with np.errstate(invalid="ignore", divide="ignore"):
                spread = np.sum((counts - counts.mean()) ** 2 / counts.mean()) / (len(counts) - 1)
            spread = max(spread, 1) if len(counts) > 1 and counts.sum() else np.nan
        if period.remaining and counts.sum():
            wait = period.remaining * elapsed / counts.sum()
            assert period.expected_end == pytest.approx(until + wait, abs=timedelta(milliseconds=1))
            freedom = 2 * period.remaining / spread, 2 * counts.sum() / spread
            for end, part in ((period.low, 0.05), (period.high, 0.95)):
                factor = stats.f.ppf(part, *freedom)
                if np.isnan(factor) or wait / timedelta(days=365) * factor > 7000:
                    continue
                assert end == pytest.approx(until + wait * factor, abs=timedelta(seconds=1))


def test_a_finished_campaign_expects_nothing() -> None:
    table = cf.progress(completed("2026-03-02 10:00", "2026-03-02 11:00"))
    assert table["remaining"].tolist() == [1, 0]
    assert table.loc[1, ["expected_end", "low", "high"]].isna().all()


def test_an_end_beyond_the_calendar_is_null() -> None:
    table = cf.progress(completed("2020-03-02 10:00", "2026-03-02 10:00", pending=10_000), freq="30D")
    assert table["expected_end"].isna().iloc[-2]


def test_nothing_completed_gives_no_rows() -> None:
    some, none = cf.progress(completed("2026-03-02 10:00")), cf.progress(completed(pending=3))
    assert len(none) == 0
    pd.testing.assert_series_equal(none.dtypes, some.dtypes)
    pd.testing.assert_series_equal(cf.progress(completed()).dtypes, some.dtypes)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        *(({"freq": freq}, "is no pandas frequency") for freq in ("often", "", "-1h", "0h", None, 5)),
        *(({"recent": recent}, "is no duration") for recent in ("lately", "", "-1D", "0s", None, 5)),
        ({"freq": "us"}, "more than 200,000"),
        ({"confidence": 0}, "confidence=0"),
    ],
)
def test_progress_refuses_what_makes_no_sense(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(cf.ConfigurationError, match=message):
        cf.progress(completed("2026-03-02 10:00", "2026-03-02 10:30"), **arguments)


@pytest.mark.parametrize("freq", ["h", "min", "B"])
def test_impossible_times_are_named(freq: str) -> None:
    with pytest.raises(cf.ConfigurationError, match="impossible completed_at"):
        cf.progress(completed("0001-01-01 00:00", "9999-12-31 23:59:59"), freq=freq)


@pytest.mark.parametrize("freq", ["MS", "YS"])
@pytest.mark.parametrize("times", [("0002-01-01", "9990-12-31"), ("1600-05-01", "2300-05-01")])
def test_times_of_other_ages_are_counted(freq: str, times: tuple[str, str]) -> None:
    table = cf.progress(completed(*times, pending=1), freq=freq, tz="America/New_York")
    assert table["n"].iloc[[0, -1]].tolist() == [1, 1]
    assert table["n"].sum() == 2


# --- the real campaign --------------------------------------------------------------------------------------


def test_every_call_of_the_real_campaign(real_campaign: Path) -> None:
    calls = cf.load_campaign(real_campaign).calls
    over = calls[calls["completed"].eq(True)]
    n, hits, quiet = Counter[Any](), Counter[Any](), []
    for call in rows_of(over):
        times = local_times(call, "prospect")
        hours = {time.hour for time in times}
        key = next(iter(hours)) if len(hours) == 1 else None
        n[key] += 1
        hits[key] += call.result == "pickedUp"
        outside = [not 8 <= time.hour < 21 for time in times]
        if any(outside):
            quiet.append((call.Index, not all(outside)))
    table = cf.pickup_by_hour(calls, tz="prospect", by="hour")
    keys = [plain(hour) for hour in table["hour"]]
    assert dict(zip(keys, table["n"], strict=True)) == dict(n)
    assert dict(zip(keys, table["picked_up"], strict=True)) == dict(hits)
    assert list(cf.quiet_hours(calls)["uncertain"].items()) == quiet
    progress = cf.progress(calls, freq="D")
    days = over["completed_at"].dt.floor("D").value_counts()
    assert progress.set_index("start")["n"].loc[days.index].tolist() == days.tolist()
    assert progress["n"].sum() == days.sum()
