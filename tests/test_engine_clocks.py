"""The clocks of every zone, counted by an engine, show what Python's own database of zones says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from caldframe.engine import DAY, HOUR, NO_TIME, Clock, Steps, common_step, count_by_clock, count_by_step

if TYPE_CHECKING:
    from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = sorted(available_timezones() - {"localtime", "Factory"})
MICROSECOND = timedelta(microseconds=1)

zones = st.sampled_from(ZONES)
moments = st.one_of(
    st.datetimes(datetime(1850, 1, 1), datetime(2037, 12, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
)


def local(moment: datetime, zone: str) -> int:
    """Give what a clock shows, in microseconds, by the standard library."""
    return (moment.astimezone(ZoneInfo(zone)).replace(tzinfo=UTC) - EPOCH) // MICROSECOND


def calls_at(times: list[datetime | None]) -> pa.Table:
    return pa.table({"created_at": pa.array(times, pa.timestamp("us", tz="UTC"))})


@given(
    zone=zones, times=st.lists(st.one_of(st.none(), moments), max_size=6), unit=st.sampled_from([HOUR, DAY])
)
@settings(max_examples=150)
def test_a_clock_shows_what_the_standard_library_says(
    zone: str, times: list[datetime | None], unit: int
) -> None:
    expected = sorted(NO_TIME if time is None else local(time, zone) // unit for time in times)
    table = calls_at(times)
    held: list[Any] = [table.to_pandas(), table, pl.DataFrame(table).lazy()]
    for calls in held:
        counts = count_by_clock(calls, [], "created_at", Clock(zone, unit), "shown")
        assert sorted(np.repeat(counts.keys["shown"], counts.rows)) == expected


@given(zone=zones, time=moments, days=st.integers(1, 4000))
@settings(max_examples=150)
def test_no_clock_jumps_within_a_common_step(zone: str, time: datetime, days: int) -> None:
    begin = max((time - EPOCH) // MICROSECOND, 0)
    step = common_step([zone, "Asia/Kathmandu"], (begin, begin + days * DAY), HOUR)
    assert HOUR % step == 0
    for start in range(begin - begin % step, begin + days * DAY, max(step, days * DAY // 50 // step * step)):
        first, last = EPOCH + start * MICROSECOND, EPOCH + (start + step - 1) * MICROSECOND
        assert local(last, zone) - local(first, zone) == step - 1


@given(st.lists(st.one_of(st.none(), moments), max_size=6))
def test_times_are_cut_to_steps_alike(times: list[datetime | None]) -> None:
    found = []
    table = calls_at(times)
    for calls in (table.to_pandas(), table, pl.DataFrame(table)):
        counts = count_by_step(calls, [], "created_at", Steps(7 * HOUR, 3), "began")
        found.append(dict(zip(counts.keys["began"].tolist(), counts.rows.tolist(), strict=True)))
    assert found[0] == found[1] == found[2]
    for began in found[0]:
        assert began == NO_TIME or began < 0 or (began - 3) % (7 * HOUR) == 0


def test_a_newfoundland_minute_is_a_common_step_where_clocks_were_changed_at_one_minute_past() -> None:
    spring = (
        pd.Timestamp("2007-03-01", tz="UTC").value // 1000,
        pd.Timestamp("2007-04-01", tz="UTC").value // 1000,
    )
    assert common_step(["America/St_Johns"], spring, HOUR) == HOUR // 60
    assert common_step(["America/New_York", "Europe/London"], spring, HOUR) == HOUR
    assert common_step(["America/St_Johns"], None, HOUR) == HOUR
