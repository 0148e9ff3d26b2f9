"""The ratios of the field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from call_frames import make_calls
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from statsmodels.stats.proportion import proportion_confint  # type: ignore[import-untyped]

from caldframe.errors import ConfigurationError, UnknownColumnError
from caldframe.fetch import load_campaign
from caldframe.metrics.outcomes import contact_kpis
from caldframe.schema import RESULTS

if TYPE_CHECKING:
    from pathlib import Path

DTYPES = {"kpi": "str", "numerator": "float64", "denominator": "int64"} | dict.fromkeys(
    ("rate", "low", "high"), "float64"
)

# Each ratio as SQL: the numerator, the denominator. `made` are the calls that count.
TALK = "result = 'pickedUp' AND isfinite(call_length)"
TALKED = f"count(*) FILTER ({TALK})"
ANSWERS = "result IN ('pickedUp', 'voicemail', 'ivr')"
WHO = "nullif(prospect_number, '')"
CALLED = f"count(DISTINCT {WHO})"
REACHED = f"count(DISTINCT {WHO}) FILTER (result = 'pickedUp')"
KPIS = {
    "human_answer_rate": ("count(*) FILTER (result = 'pickedUp')", "count(*)"),
    "connection_rate": ("count(*) FILTER (result IN ('pickedUp', 'ivr'))", "count(*)"),
    "human_share_of_answered": (
        "count(*) FILTER (result = 'pickedUp')",
        "count(*) FILTER (result IN ('pickedUp', 'ivr'))",
    ),
    "answer_seizure_ratio": (f"count(*) FILTER ({ANSWERS})", "count(*)"),
    "network_effectiveness_ratio": (f"count(*) FILTER ({ANSWERS} OR result = 'unanswered')", "count(*)"),
    "disconnected_rate": ("count(*) FILTER (result = 'disconnected')", "count(*)"),
    "short_call_rate": (f"count(*) FILTER ({TALK} AND call_length < 10)", TALKED),
    "engagement_rate": (f"count(*) FILTER ({TALK} AND call_length > 60)", TALKED),
    "contact_rate": (REACHED, "50"),
    "penetration_rate": (CALLED, "50"),
    "saturation": ("count(*)", "50"),
    "contact_rate_of_called": (REACHED, CALLED),
    "calls_per_called_prospect": ("count(*)", CALLED),
    "calls_per_reached_prospect": ("count(*)", REACHED),
    "mean_length": (f"coalesce(sum(call_length) FILTER ({TALK}), 0)", TALKED),
    "median_length": (f"median(call_length) FILTER ({TALK})", TALKED),
    "talk_minutes": (f"coalesce(sum(call_length) FILTER ({TALK}), 0)", "60"),
}
SHARES = [name for name in KPIS if name.endswith(("_rate", "_ratio", "_called", "_answered"))]


@st.composite
def calls_made(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["outbound", "outbound", "outbound", "inbound", None]),
                st.sampled_from([True, True, True, False, None]),
                st.sampled_from([*RESULTS, "pickedUp", "pickedUp", "busy", None]),
                st.sampled_from([None, 0.0, 5.5, 9.0, 10.0, 60.0, 61.0, 300.0]),
                st.sampled_from(["+15550100", "+15550101", "+15550102", "", None]),
                st.sampled_from(["a", "b", None]),
            ),
            max_size=40,
        )
    )
    names = ("direction", "completed", "result", "call_length", "prospect_number", "agent_id")
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return make_calls(**dict(zip(names, columns, strict=True)))


def median_interval(lengths: list[float], confidence: float) -> tuple[float, float]:
    """Walk up the ranks while the tail is small enough."""
    n, rank = len(lengths), 0
    while binom.cdf(rank, n, 0.5) <= (1 - confidence) / 2 + 1e-15:
        rank += 1
    return (sorted(lengths)[rank - 1], sorted(lengths)[n - rank]) if rank else (np.nan, np.nan)


@given(calls_made(), st.sampled_from([[], ["agent_id"], ["agent_id", "completed"]]))
def test_ratios_are_those_of_duckdb_and_statsmodels(calls: pd.DataFrame, by: list[str]) -> None:
    table = contact_kpis(calls, by, list_size=50, answered=["pickedUp", "ivr"], confidence=0.9)
    assert table.columns.tolist() == [*by, *DTYPES]
    assert table.dtypes[len(by) :].astype(str).to_dict() == DTYPES
    made = "completed AND direction = 'outbound'"
    groups = ", ".join(f"calls.{name}" for name in by) or "1"
    with duckdb.connect() as database:
        database.register("calls", calls)
        columns = ", ".join(f"{top}, {bottom}" for top, bottom in KPIS.values())
        order = ", ".join(f"{name} NULLS LAST" for name in groups.split(", "))
        database.sql(f"CREATE VIEW made AS SELECT * FROM calls WHERE {made}")  # noqa: S608
        keys = ", ".join(by) or "1"
        counted = {
            tuple(row[: len(by) or 1]): row[len(by) or 1 :]
            for row in database.sql(f"SELECT {keys}, {columns} FROM made GROUP BY {keys}").fetchall()  # noqa: S608
        }
        wanted = database.sql(
            f"SELECT DISTINCT {groups} FROM calls ORDER BY {order}"  # noqa: S608
        ).fetchall()
        nothing = database.sql(f"SELECT {columns} FROM made WHERE FALSE").fetchall()[0]  # noqa: S608
    expected = [counted.get(key, nothing) for key in wanted]
    if not by and not expected:
        expected = [nothing]
    assert table["kpi"].tolist() == list(KPIS) * len(expected)

    tops = np.array([row[0::2] for row in expected], dtype=np.float64).reshape(-1)
    bottoms = np.array([row[1::2] for row in expected], dtype=np.int64).reshape(-1)
    assert table["denominator"].tolist() == bottoms.tolist()
    median = table["kpi"].eq("median_length").to_numpy()
    assert table["rate"][median].to_numpy() == pytest.approx(tops[median], nan_ok=True)
    assert table["numerator"][median].isna().all()
    assert table["numerator"][~median].to_numpy() == pytest.approx(tops[~median])
    with np.errstate(divide="ignore", invalid="ignore"):
        quotients = np.where(bottoms > 0, tops / bottoms, np.nan)
    assert table["rate"][~median].to_numpy() == pytest.approx(quotients[~median], nan_ok=True)

    shares = table["kpi"].isin(SHARES).to_numpy()
    some = table[shares & (bottoms > 0)]
    low, high = proportion_confint(some["numerator"], some["denominator"], alpha=0.1, method="wilson")
    assert some["low"].to_numpy() == pytest.approx(np.asarray(low), abs=1e-12)
    assert some["high"].to_numpy() == pytest.approx(np.asarray(high), abs=1e-12)
    assert table[~shares & ~median][["low", "high"]].isna().all(axis=None)
    assert table[bottoms == 0][["rate", "low", "high"]].isna().all(axis=None)


@given(calls_made(), st.sampled_from([0.5, 0.95]))
def test_the_interval_of_the_median_is_that_of_order_statistics(
    calls: pd.DataFrame, confidence: float
) -> None:
    table = contact_kpis(calls, "agent_id", confidence=confidence).query("kpi == 'median_length'")
    talks = calls[calls["direction"].eq("outbound") & calls["completed"].fillna(value=False)]
    talks = talks[talks["result"].eq("pickedUp") & talks["call_length"].notna()]
    for row in table.to_dict("records"):
        agent = row["agent_id"]
        own = talks[talks["agent_id"].isna() if pd.isna(agent) else talks["agent_id"].eq(agent)]
        expected = median_interval(own["call_length"].tolist(), confidence)
        assert (row["low"], row["high"]) == pytest.approx(expected, nan_ok=True)


def kpi(table: pd.DataFrame, name: str, *columns: str) -> list[Any]:
    return table.loc[table["kpi"] == name, list(columns)].to_numpy().tolist()


def some_calls() -> pd.DataFrame:
    return make_calls(
        direction=["outbound"] * 5,
        completed=[True] * 4 + [False],
        result=["pickedUp", "voicemail", "disconnected", "unanswered", "pending"],
        call_length=[9.0, 20.0, 0.0, 0.0, None],
        prospect_number=["+15550100", "+15550101", "+15550101", "+15550102", "+15550103"],
        list_id=["x", "x", "x", "y", "y"],
    )


def test_what_is_connected_is_for_the_user_to_say_and_what_is_answered_is_not() -> None:
    people = contact_kpis(some_calls(), answered="pickedUp")
    assert kpi(people, "connection_rate", "rate") == [[0.25]]
    assert kpi(people, "answer_seizure_ratio", "rate") == [[0.5]]
    assert kpi(people, "network_effectiveness_ratio", "rate") == [[0.75]]
    machines = contact_kpis(some_calls(), answered=["voicemail", "ivr", "disconnected"])
    assert kpi(machines, "connection_rate", "rate") == [[0.5]]
    assert kpi(machines, "human_share_of_answered", "numerator", "denominator") == [[0, 2]]
    new = some_calls().assign(result=["busy", "voicemail", "pickedUp", "failed", "pending"])
    assert kpi(contact_kpis(new, answered="busy"), "connection_rate", "rate") == [[0.25]]
    assert people.attrs == {"answered": ("pickedUp",), "short": 10, "engaged": 60, "confidence": 0.95}


def test_without_a_list_its_ratios_are_not_known_and_the_others_are() -> None:
    table = contact_kpis(some_calls())
    assert kpi(table, "contact_rate", "numerator", "denominator") == [[1, 0]]
    assert kpi(table, "penetration_rate", "numerator", "denominator") == [[3, 0]]
    assert kpi(table, "saturation", "numerator", "denominator") == [[4, 0]]
    lists = table["kpi"].isin(["contact_rate", "penetration_rate", "saturation"])
    assert table[lists][["rate", "low", "high"]].isna().all(axis=None)
    assert kpi(table, "contact_rate_of_called", "numerator", "denominator") == [[1, 3]]


def test_each_list_has_its_size() -> None:
    table = contact_kpis(some_calls(), "list_id", list_size={"x": 8})
    assert kpi(table, "penetration_rate", "numerator", "denominator") == [[2, 8], [1, 0]]
    same = contact_kpis(some_calls(), "list_id", list_size=4)
    assert kpi(same, "saturation", "rate") == [[0.75], [0.25]]


def test_no_calls_give_the_same_columns() -> None:
    whole, grouped = contact_kpis(make_calls()), contact_kpis(make_calls(), "agent_id")
    assert whole["kpi"].tolist() == list(KPIS)
    assert kpi(whole, "talk_minutes", "rate") == [[0]]
    assert whole[whole["denominator"] == 0]["rate"].isna().all()
    assert whole.dtypes.astype(str).to_dict() == DTYPES
    assert grouped.empty
    assert grouped.dtypes.astype(str).to_dict() == {"agent_id": "str"} | DTYPES


def test_other_dtypes_and_any_index_count_the_same_and_nothing_is_changed() -> None:
    expected = contact_kpis(some_calls(), "list_id")
    calls = some_calls().astype(
        {"completed": "object", "result": "category", "call_length": "object", "direction": "category"}
    )
    calls.index = pd.Index([3] * 5)
    before = calls.copy()
    pd.testing.assert_frame_equal(contact_kpis(calls, "list_id"), expected)
    pd.testing.assert_frame_equal(calls, before)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"list_size": 2}, "3 prospects were called"),
        ({"list_size": 0}, "whole number of 1"),
        ({"list_size": 2.0}, "whole number of 1"),
        ({"list_size": {"x": 5}}, "by= must name the one column"),
        ({"answered": "pickedup"}, "Did you mean 'pickedUp'"),
        ({"answered": []}, "neither a result"),
        ({"short": "10s"}, "number of seconds"),
        ({"engaged": -1}, "number of seconds"),
        ({"confidence": 0}, r"0\.95 for 95%"),
        ({"by": "kpi"}, "has a column of that name"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        contact_kpis(some_calls(), **arguments)


def test_missing_columns_are_named() -> None:
    with pytest.raises(UnknownColumnError, match="'prospect_number'"):
        contact_kpis(some_calls().drop(columns="prospect_number"))


def test_the_real_campaign_has_the_ratios_of_its_results(real_campaign: Path) -> None:
    calls = load_campaign(real_campaign).calls
    outbound = calls[calls["direction"].eq("outbound") & calls["completed"]]
    table = contact_kpis(calls).set_index("kpi")
    assert table.loc["human_answer_rate", "numerator"] == outbound["result"].eq("pickedUp").sum()
    reached = outbound[outbound["result"].eq("pickedUp")]
    assert table.loc["contact_rate_of_called", "numerator"] == reached["prospect_number"].nunique()
    assert table.loc["contact_rate_of_called", "denominator"] == outbound["prospect_number"].nunique()
    assert table.loc["talk_minutes", "rate"] == pytest.approx(reached["call_length"].sum() / 60)
    assert table.loc["median_length", "rate"] == reached["call_length"].median()
