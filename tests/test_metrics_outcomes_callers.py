"""The numbers that call."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from call_frames import make_calls
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests  # type: ignore[import-untyped]
from statsmodels.stats.proportion import proportion_confint  # type: ignore[import-untyped]

from caldframe.errors import ConfigurationError, UnknownColumnError
from caldframe.fetch import load_campaign
from caldframe.metrics.outcomes import caller_numbers
from caldframe.stats import find_change

if TYPE_CHECKING:
    from pathlib import Path

DTYPES = {
    "from_number": "str",
    "day": "datetime64[us]",
    "n": "int64",
    "picked_up": "int64",
    **dict.fromkeys(("answer_rate", "answer_low", "answer_high"), "float64"),
    "measured": "int64",
    "short": "int64",
    **dict.fromkeys(("short_rate", "short_low", "short_high"), "float64"),
    "change_day": "datetime64[us]",
    **dict.fromkeys(("rate_before", "rate_after", "p_value", "p_adjusted"), "float64"),
}


@st.composite
def calls_over_time(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["+15550100", "+15550101", "", None]),
                st.sampled_from(["outbound"] * 5 + ["inbound", None]),
                st.sampled_from([True] * 5 + [False, None]),
                st.sampled_from(["pickedUp", "pickedUp", "voicemail", "ivr", None]),
                st.none() | st.integers(0, 24 * 12),
                st.sampled_from([None, 3.0, 10.0, 50.0]),
            ),
            max_size=40,
        )
    )
    names = ("from_number", "direction", "completed", "result", "created_at", "call_length")
    drawn = zip(*rows, strict=True) if rows else [()] * len(names)
    columns: dict[str, Any] = dict(zip(names, drawn, strict=True))
    start = pd.Timestamp("2026-03-03T00:30Z")  # daylight saving begins on March 8 in New York
    columns["created_at"] = [
        None if hour is None else (start + pd.Timedelta(hours=hour)).to_pydatetime()
        for hour in columns["created_at"]
    ]
    return make_calls(**columns)


@given(calls_over_time(), st.integers(1, 9), st.sampled_from(["UTC", "America/New_York"]))
def test_windows_are_those_of_duckdb_and_changes_those_of_the_days(
    calls: pd.DataFrame, width: int, zone: str
) -> None:
    table = caller_numbers(calls, window=f"{width}D", tz=zone, confidence=0.9)
    assert table.dtypes.astype(str).to_dict() == DTYPES
    with duckdb.connect() as database:
        database.register("calls", calls)
        database.execute(f"SET TimeZone = '{zone}'")
        days = database.execute(
            """
            CREATE TABLE days AS SELECT from_number, created_at::DATE AS day, count(*) AS n,
                count(*) FILTER (result = 'pickedUp') AS picked_up,
                count(call_length) FILTER (result = 'pickedUp') AS measured,
                count(*) FILTER (result = 'pickedUp' AND call_length < 10) AS short
            FROM calls WHERE direction = 'outbound' AND completed AND created_at IS NOT NULL GROUP BY ALL
            """
        )
        windows = days.execute(
            """
            SELECT last.from_number, last.day, sum(own.n), sum(own.picked_up), sum(own.measured),
                sum(own.short)
            FROM days AS last JOIN days AS own ON last.from_number IS NOT DISTINCT FROM own.from_number
                AND own.day BETWEEN last.day - ? AND last.day
            GROUP BY ALL ORDER BY last.from_number NULLS LAST, last.day
            """,
            [width - 1],
        ).fetchall()
        by_day = days.execute("SELECT * FROM days ORDER BY from_number NULLS LAST, day").fetchdf()
    there = table[table["n"] > 0]
    found = there[["from_number", "day", "n", "picked_up", "measured", "short"]]
    assert [
        (None if pd.isna(number) else number, day.date(), *counts)
        for number, day, *counts in found.itertuples(index=False)
    ] == windows
    for rate, hits, total in (("answer", "picked_up", "n"), ("short", "short", "measured")):
        some = table[table[total] > 0]
        low, high = proportion_confint(some[hits], some[total], alpha=0.1, method="wilson")
        assert some[f"{rate}_rate"].to_numpy() == pytest.approx((some[hits] / some[total]).to_numpy())
        assert some[f"{rate}_low"].to_numpy() == pytest.approx(np.asarray(low), abs=1e-12)
        assert some[f"{rate}_high"].to_numpy() == pytest.approx(np.asarray(high), abs=1e-12)
        ends = [f"{rate}_rate", f"{rate}_low", f"{rate}_high"]
        assert table[table[total] == 0][ends].isna().all(axis=None)

    silent = table[table["n"] == 0]
    assert silent["day"].isna().all()
    placed = calls[calls["direction"].eq("outbound")]["from_number"]
    assert set(table["from_number"].fillna("null")) == set(placed.fillna("null"))
    assert not set(silent["from_number"].fillna("null")) & set(there["from_number"].fillna("null"))

    numbers = table.drop_duplicates("from_number").reset_index(drop=True)
    for row in numbers.to_dict("records"):
        null = pd.isna(row["from_number"])
        own = by_day[by_day["from_number"].isna() if null else by_day["from_number"].eq(row["from_number"])]
        change = find_change(own["picked_up"], own["n"])
        assert row["p_value"] == pytest.approx(change.p_value, nan_ok=True)
        if change.position < 0:
            assert pd.isna(row["change_day"])
            assert np.isnan([row["rate_before"], row["rate_after"]]).all()
            continue
        assert row["change_day"] == own["day"].iloc[change.position]
        before, after = own.iloc[: change.position], own.iloc[change.position :]
        expected = [part["picked_up"].sum() / part["n"].sum() for part in (before, after)]
        assert [row["rate_before"], row["rate_after"]] == pytest.approx(expected)
    tested = numbers[numbers["p_value"].notna()]
    if len(tested):
        adjusted = multipletests(tested["p_value"], method="holm")[1]
        assert tested["p_adjusted"].to_numpy() == pytest.approx(adjusted)


def labelled_calls() -> pd.DataFrame:
    """Two numbers call for 30 days; from the 18th on, nearly nobody answers the second."""
    random = np.random.default_rng(11)
    days = np.repeat(np.arange(30), 40)
    numbers = np.tile(["+15550100", "+15550101"], len(days) // 2)
    chance = np.where((numbers == "+15550101") & (days >= 18), 0.08, 0.35)
    start = pd.Timestamp("2026-01-01T12:00Z")
    return make_calls(
        from_number=numbers.tolist(),
        direction=["outbound"] * len(days),
        completed=[True] * len(days),
        result=np.where(random.random(len(days)) < chance, "pickedUp", "voicemail").tolist(),
        created_at=[(start + pd.Timedelta(days=day)).to_pydatetime() for day in days.tolist()],
        call_length=[30.0] * len(days),
    )


def test_a_label_shows_on_its_number_from_its_day_on() -> None:
    table = caller_numbers(labelled_calls())
    kept, labelled = (group.iloc[-1] for _, group in table.groupby("from_number"))
    assert kept["p_adjusted"] > 0.05
    assert labelled["change_day"] == pd.Timestamp("2026-01-19")
    assert labelled["p_adjusted"] < 1e-6
    assert labelled["rate_before"] > 0.25
    assert labelled["rate_after"] < 0.15
    assert labelled["n"] == 7 * 20
    assert table.attrs == {"window": "7D", "short": 10, "tz": "UTC", "confidence": 0.95, "left_out": 0}


def test_other_dtypes_and_any_index_count_the_same_and_nothing_is_changed() -> None:
    expected = caller_numbers(labelled_calls(), window=timedelta(days=3))
    calls = labelled_calls().astype({"completed": "object", "result": "category", "call_length": "object"})
    calls.index = pd.Index(np.zeros(len(calls)))
    before = calls.copy()
    pd.testing.assert_frame_equal(caller_numbers(calls, window="72h"), expected)
    pd.testing.assert_frame_equal(calls, before)


def test_no_calls_give_the_same_columns() -> None:
    table = caller_numbers(make_calls())
    assert table.empty
    assert table.dtypes.astype(str).to_dict() == DTYPES


def test_a_number_without_a_call_that_counts_has_a_row() -> None:
    calls = make_calls(from_number=["+15550100"] * 2, direction=["outbound"] * 2, completed=[False, True])
    table = caller_numbers(calls)
    assert table[["n", "measured"]].to_numpy().tolist() == [[0, 0]]
    assert table.dtypes.astype(str).to_dict() == DTYPES
    assert table.drop(columns=["from_number", "n", "picked_up", "measured", "short"]).isna().all(axis=None)
    assert table.attrs["left_out"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        *(({"window": window}, "whole days") for window in ("12h", "36h", "soon", "NaT", 7, None, "-2D")),
        ({"short": "10s"}, "number of seconds"),
        ({"tz": "Mars"}, "no time zone"),
        ({"confidence": 1}, r"0\.95 for 95%"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        caller_numbers(make_calls(), **arguments)


def test_missing_columns_are_named() -> None:
    with pytest.raises(UnknownColumnError, match="'created_at'"):
        caller_numbers(make_calls().drop(columns="created_at"))


def test_the_real_campaign_has_the_days_of_its_calls(real_campaign: Path) -> None:
    calls = load_campaign(real_campaign).calls
    table = caller_numbers(calls, window="1D")
    made = calls[calls["direction"].eq("outbound") & calls["completed"]]
    assert table["n"].sum() == len(made)
    assert table["picked_up"].sum() == made["result"].eq("pickedUp").sum()
    assert set(table["from_number"]) == set(made["from_number"])
