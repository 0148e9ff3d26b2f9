from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pandas as pd
import pytest
from call_frames import make_calls, random_calls, real_calls
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from statsmodels.distributions.empirical_distribution import (  # type: ignore[import-untyped]
    ECDF,
    _conf_set,
)

from caldframe.errors import ConfigurationError, UnknownColumnError
from caldframe.metrics.lengths import length_distribution, length_ecdf, length_summary, ring_time

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

QUANTILES = {"min": 0, "p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95} | {
    "p99": 0.99,
    "max": 1,
}
SUMMARY = ["n", "mean", "std", *QUANTILES, "total", "median_low", "median_high"]
DISTRIBUTION = ["left", "right", "n", "share", "cumulative", "density"]


def picked_up(*lengths: float | None) -> pd.DataFrame:
    return make_calls(result=["pickedUp"] * len(lengths), call_length=list(lengths))


def groups_of(calls: pd.DataFrame, by: list[str]) -> list[pd.DataFrame]:
    """Split calls into groups in the documented order, by nothing but Python."""
    keys = [
        tuple((pd.isna(value), "" if pd.isna(value) else value) for value in row)
        for row in calls[by].itertuples(index=False)
    ]
    return [calls[[key == group for key in keys]] for group in sorted(set(keys))] if by else [calls]


@given(
    random_calls(),
    st.sampled_from([[], ["agent_id"], ["agent_id", "variant"]]),
    st.sampled_from([None, ("pickedUp",), ("busy", "ivr", "pickedUp", "failed")]),
    st.sampled_from([0.5, 0.9, 0.95]),
)
def test_summaries_are_those_of_numpy(
    calls: pd.DataFrame, by: list[str], results: Any, confidence: float
) -> None:
    results = results and [name for name in results if name != "busy" or (calls["result"] == "busy").any()]
    table = length_summary(calls, by, results=results, confidence=confidence)
    assert table.columns.tolist() == [*by, *SUMMARY]
    assert table.dtypes[len(by) :].astype(str).tolist() == ["int64"] + ["float64"] * (len(SUMMARY) - 1)
    groups = groups_of(calls, by)
    assert len(table) == len(groups)
    for row, group in zip(table.to_dict("records"), groups, strict=True):
        wanted = group if results is None else group[group["result"].isin(results)]
        lengths = np.sort(wanted["call_length"].dropna().to_numpy())
        n = len(lengths)
        assert row["n"] == n
        if not n:
            assert all(np.isnan(row[name]) for name in SUMMARY[1:])
            continue
        for name, probability in QUANTILES.items():
            assert row[name] == np.quantile(lengths, probability)
        assert row["mean"] == pytest.approx(lengths.mean(), abs=1e-9)
        assert row["total"] == pytest.approx(lengths.sum(), abs=1e-9)
        deviation = lengths.std(ddof=1) if n > 1 else np.nan
        assert row["std"] == pytest.approx(deviation, abs=1e-6, nan_ok=True)
        ranks = [r for r in range(1, n // 2 + 1) if binom.cdf(r - 1, n, 0.5) <= (1 - confidence) / 2 + 1e-15]
        ends = [lengths[ranks[-1] - 1], lengths[n - ranks[-1]]] if ranks else [np.nan, np.nan]
        assert [row["median_low"], row["median_high"]] == pytest.approx(ends, nan_ok=True)


@given(random_calls(), st.randoms(use_true_random=False))
def test_the_order_of_the_calls_does_not_matter(calls: pd.DataFrame, chance: Any) -> None:
    shuffled = calls.iloc[chance.sample(range(len(calls)), len(calls))]
    for metric in (length_summary, length_distribution):
        pd.testing.assert_frame_equal(
            metric(shuffled, "agent_id", results=None),
            metric(calls, "agent_id", results=None),
            check_exact=True,
        )


def test_the_interval_of_the_median_needs_six_calls() -> None:
    five, six = length_summary(picked_up(*range(5))), length_summary(picked_up(*range(6)))
    assert five[["median_low", "median_high"]].isna().all(axis=None)
    assert six[["median_low", "median_high"]].to_numpy().tolist() == [[0, 5]]


def test_only_known_lengths_of_the_results_asked_for_are_measured() -> None:
    calls = make_calls(result=["pickedUp", "pickedUp", "ivr", None], call_length=[10.0, None, 30.0, 50.0])
    assert length_summary(calls)["total"].tolist() == [10]
    assert length_summary(calls, results="ivr")["total"].tolist() == [30]
    assert length_summary(calls, results=["ivr", "pickedUp"])["total"].tolist() == [40]
    assert length_summary(calls, results=None)["n"].tolist() == [3]
    assert length_summary(calls.assign(call_length=[np.inf, 1, 2, 3]))["total"].tolist() == [1]


def test_results_need_no_column_when_all_count() -> None:
    calls = pd.DataFrame({"call_length": [1, 2]})
    assert length_summary(calls, results=None)["n"].tolist() == [2]
    with pytest.raises(UnknownColumnError, match="'result'"):
        length_summary(calls)


def test_a_group_with_nothing_to_measure_is_a_row_without_numbers() -> None:
    calls = make_calls(
        agent_id=["b", "a", None], result=["pickedUp", "ivr", "pickedUp"], call_length=[5, 5, 7]
    )
    table = length_summary(calls, "agent_id")
    assert table["agent_id"].fillna("null").tolist() == ["a", "b", "null"]
    assert table["n"].tolist() == [0, 1, 1]
    assert table.iloc[0, 2:].isna().all()
    assert table["std"].isna().all()


def test_no_calls_give_the_same_columns() -> None:
    nothing = make_calls()
    assert length_summary(nothing)["n"].tolist() == [0]
    assert length_summary(nothing, "agent_id").empty
    assert length_summary(nothing, "agent_id").dtypes.equals(length_summary(picked_up(1), "agent_id").dtypes)
    assert length_distribution(nothing, "agent_id").dtypes.equals(
        length_distribution(picked_up(1), "agent_id").dtypes
    )
    row = length_distribution(nothing)
    assert row["n"].tolist() == [0]
    assert row.drop(columns="n").isna().all(axis=None)


@pytest.mark.parametrize("dtype", ["object", "Float64", "Int64", "int32", "double[pyarrow]"])
def test_lengths_of_other_dtypes_measure_the_same(dtype: Any) -> None:
    calls = picked_up(5, 60, 61, 300)
    other = calls.astype({"call_length": dtype, "result": "category"})
    pd.testing.assert_frame_equal(length_summary(other), length_summary(calls))
    pd.testing.assert_frame_equal(length_distribution(other), length_distribution(calls))


def test_grouping_by_result_is_possible() -> None:
    calls = make_calls(result=["ivr", "pickedUp", "ivr"], call_length=[1, 2, 3])
    assert length_summary(calls, "result", results=None)["mean"].tolist() == [2, 2]
    assert length_summary(calls, "result")["n"].tolist() == [0, 1]


def test_negative_and_huge_lengths_are_taken_as_sent() -> None:
    table = length_summary(picked_up(-3, 1e308, 1.5e308))
    assert table.loc[0, "min"] == -3
    assert table.loc[0, "mean"] == np.inf
    assert length_distribution(picked_up(-3, 1e308, 1.5e308))["n"].sum() == 3


@pytest.mark.parametrize("metric", [length_summary, length_distribution])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"results": ()}, "neither a result nor a list"),
        ({"results": 3}, "neither a result nor a list"),
        ({"results": [3]}, "neither a result nor a list"),
        ({"results": "pickedup"}, r"'pickedup', which no call has\. Did you mean 'pickedUp'"),
        ({"results": ["ivr", "busy"]}, "'busy', which no call has"),
        ({"by": "n"}, "has a column of that name"),
    ],
)
def test_wrong_arguments_are_refused(metric: Any, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        metric(picked_up(1, 2), **arguments)


def test_a_length_that_is_no_number_is_refused() -> None:
    calls = picked_up(1).assign(call_length=pd.Timedelta("1s"))
    with pytest.raises(ConfigurationError, match="'call_length' should hold numbers"):
        length_summary(calls)
    with pytest.raises(ConfigurationError, match=r"0\.95 for 95%"):
        length_summary(picked_up(1), confidence=1)


def test_the_tables_say_how_they_were_made() -> None:
    assert length_summary(picked_up(1), confidence=0.9).attrs == {"results": ("pickedUp",), "confidence": 0.9}
    assert length_distribution(picked_up(1), results=None).attrs == {"results": None}


def test_the_real_calls_lasted_as_long_as_they_did(real_campaign: Path) -> None:
    calls = real_calls(real_campaign)
    lengths = calls.loc[calls["result"] == "pickedUp", "call_length"]
    row = length_summary(calls).iloc[0]
    with duckdb.connect() as database:
        database.register("calls", calls)
        expected = database.sql(
            "SELECT count(call_length), avg(call_length), stddev_samp(call_length), min(call_length),"
            " quantile_cont(call_length, [.1, .25, .5, .75, .9, .95, .99]), max(call_length),"
            " sum(call_length) FROM calls WHERE result = 'pickedUp'"
        ).fetchall()[0]
    assert row["n"] == expected[0] == 2966
    assert [row["mean"], row["std"]] == pytest.approx(expected[1:3])
    assert row["min":"p99"].tolist() == [expected[3], *expected[4]]
    assert [row["max"], row["total"]] == [expected[5], expected[6]] == [2870, 771458]
    assert [row["p25"], row["p50"], row["p75"]] == lengths.quantile([0.25, 0.5, 0.75]).tolist()
    assert [row["median_low"], row["median_high"]] == lengths.sort_values().iloc[[1429, 1536]].tolist()


@given(
    random_calls(),
    st.sampled_from([[], ["agent_id"], ["variant", "agent_id"]]),
    st.sampled_from(["fd", "30s", dt.timedelta(minutes=2), 1, 7, [0, 10, 100], np.geomspace(1, 4000, 9)]),
)
def test_distributions_are_those_of_numpy(calls: pd.DataFrame, by: list[str], bins: Any) -> None:
    table = length_distribution(calls, by, bins=bins, results=None)
    assert table.columns.tolist() == [*by, *DISTRIBUTION]
    assert table.dtypes[len(by) :].astype(str).tolist() == ["float64"] * 2 + ["int64"] + ["float64"] * 3
    groups = groups_of(calls, by)
    if not len(groups):
        assert table.empty
        return
    width = len(table) // len(groups)
    assert width * len(groups) == len(table)
    for position, group in enumerate(groups):
        rows = table.iloc[position * width : (position + 1) * width]
        lengths = group["call_length"].dropna()
        assert rows["left"].tolist() == table["left"].iloc[:width].tolist() or rows["left"].isna().all()
        if not len(lengths):
            assert rows["n"].sum() == 0
            assert rows[["share", "cumulative", "density"]].isna().all(axis=None)
            continue
        edges = [*rows["left"], rows["right"].iloc[-1]]
        inner = np.histogram(lengths, [edge for edge in edges if np.isfinite(edge)])[0]
        finite = np.isfinite(rows["left"]) & np.isfinite(rows["right"])
        assert rows["n"][finite].tolist() == inner.tolist()
        assert rows["n"].sum() == len(lengths)
        assert rows["share"].tolist() == [n / len(lengths) for n in rows["n"]]
        assert rows["cumulative"].tolist() == (np.cumsum(rows["n"]) / len(lengths)).tolist()
        assert rows["density"][~finite].isna().all()
        area = (rows["density"] * (rows["right"] - rows["left"]))[finite]
        assert area.tolist() == pytest.approx(rows["share"][finite].tolist())


def test_all_groups_share_their_bins() -> None:
    calls = make_calls(
        agent_id=["a", "b", "c"], result=["pickedUp"] * 2 + ["ivr"], call_length=[10, 95, 1000]
    )
    table = length_distribution(calls, "agent_id", bins="30s")
    assert table["left"].tolist() == [0, 30, 60, 90] * 3
    assert table["n"].tolist() == [1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]
    assert table["share"].isna().tolist() == [False] * 8 + [True] * 4


def test_calls_outside_the_edges_are_not_lost() -> None:
    table = length_distribution(picked_up(-1, 5, 10, 20, 25, 30), bins=[0, 10, 20])
    assert table["left"].tolist() == [-np.inf, 0, 10, 20]
    assert table["right"].tolist() == [0, 10, 20, np.inf]
    assert table["n"].tolist() == [1, 1, 2, 2]
    assert table["cumulative"].iloc[-1] == 1
    assert table["density"].isna().tolist() == [True, False, False, True]
    assert length_distribution(picked_up(5, 20), bins=[0, 10, 20])["n"].tolist() == [1, 1]


def test_given_edges_stand_even_without_calls() -> None:
    table = length_distribution(make_calls(), bins=[0, 10, 20])
    assert table["right"].tolist() == [10, 20]
    assert table["n"].tolist() == [0, 0]
    assert table["share"].isna().all()


def test_the_default_bins_of_the_real_campaign_are_half_minutes(real_campaign: Path) -> None:
    table = length_distribution(real_calls(real_campaign))
    assert table["left"].tolist() == list(range(0, 2880, 30))
    assert table["n"].sum() == 2966
    assert table["n"].iloc[:3].tolist() == [129, 169, 288]


# length_ecdf

ECDF_COLUMNS = ["seconds", "n", "total", "ecdf", "low", "high"]


@given(
    random_calls(),
    st.sampled_from([[], ["agent_id"], ["agent_id", "variant"]]),
    st.sampled_from([None, ("pickedUp",), ("pickedUp", "ivr")]),
    st.sampled_from([0.5, 0.95]),
)
def test_ecdfs_are_those_of_statsmodels(
    calls: pd.DataFrame, by: list[str], results: Any, confidence: float
) -> None:
    table = length_ecdf(calls, by, results=results, confidence=confidence)
    assert table.columns.tolist() == [*by, *ECDF_COLUMNS]
    assert table.dtypes[len(by) :].astype(str).tolist() == ["float64", "int64", "int64"] + ["float64"] * 3
    rows = iter(table.to_dict("records"))
    for group in groups_of(calls, by):
        wanted = group if results is None else group[group["result"].isin(results)]
        lengths = wanted["call_length"].dropna()
        lengths = lengths[np.isfinite(lengths)].to_numpy()
        if not len(lengths):
            row = next(rows)
            assert (row["n"], row["total"]) == (0, 0)
            assert np.isnan([row[name] for name in ("seconds", "ecdf", "low", "high")]).all()
            continue
        shares = ECDF(lengths)(lengths)
        low, high = _conf_set(shares, alpha=1 - confidence)
        for second in np.unique(lengths):
            row = next(rows)
            call = np.flatnonzero(lengths == second)[0]
            assert (row["seconds"], row["total"]) == (second, len(lengths))
            assert row["n"] == np.count_nonzero(lengths <= second)
            found = [row["ecdf"], row["low"], row["high"]]
            assert found == pytest.approx([shares[call], low[call], high[call]], abs=1e-12)
    assert next(rows, None) is None


def test_no_calls_give_the_same_columns_of_the_ecdf() -> None:
    whole, grouped = length_ecdf(make_calls()), length_ecdf(make_calls(), "agent_id")
    assert whole[["n", "total"]].to_numpy().tolist() == [[0, 0]]
    assert grouped.empty
    assert grouped.columns.tolist() == ["agent_id", *ECDF_COLUMNS]


def test_the_ecdf_of_the_real_campaign_ends_at_one(real_campaign: Path) -> None:
    calls = real_calls(real_campaign)
    table = length_ecdf(calls)
    assert table["n"].iloc[-1] == table["total"].iloc[-1] == 2966
    assert table["ecdf"].iloc[-1] == 1
    half = table[table["ecdf"] >= 0.5]["seconds"].iloc[0]
    picked_up = calls[calls["result"] == "pickedUp"]["call_length"]
    assert half == np.quantile(picked_up, 0.5, method="inverted_cdf")


# ring_time


def rung(*calls: tuple[Any, Any, Any, Any], agents: list[Any] | None = None) -> pd.DataFrame:
    completed, created, ended, lengths = zip(*calls, strict=True) if calls else ((), (), (), ())
    table = pd.DataFrame({"agent_id": pd.Series(agents or ["a"] * len(calls), dtype="str")})
    table["completed"] = pd.array(completed, dtype="boolean")
    for name, seconds in (("created_at", created), ("completed_at", ended)):
        moments = pd.to_datetime(pd.Series(seconds, dtype="float64"), unit="s", utc=True)
        table[name] = moments.astype("datetime64[us, UTC]")
    table["call_length"] = pd.Series(lengths, dtype="float64")
    return table


def test_the_ring_time_is_what_the_length_leaves() -> None:
    calls = rung((True, 0, 60, 48), (True, 0, 30, 0), (True, 0, 48.2, 48.2), (True, 10, 15, 6))
    assert ring_time(calls)[["n", "min", "p50", "max", "total", "negative"]].to_numpy().tolist() == [
        [3, 0, 12, 30, 42, 1]
    ]


def test_what_is_not_known_is_counted_and_what_is_not_over_is_not() -> None:
    over = [(True, None, 60, 48), (True, 0, None, 0), (True, 0, 9, None)]
    calls = rung(*over, (False, 0, 9, None), (None, None, 60, 48), (None, 0, 9, 5))
    table = ring_time(calls)
    assert table[["n", "unknown", "negative"]].to_numpy().tolist() == [[0, 3, 0]]
    assert table["mean"].isna().all()


seconds_or_none = st.none() | st.integers(0, 50)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([True, False, None]),
            seconds_or_none,
            seconds_or_none,
            seconds_or_none,
            st.sampled_from(["a", "b", None]),
        )
    )
)
def test_ring_times_are_those_of_duckdb(rows: list[tuple[Any, ...]]) -> None:
    calls = rung(*(row[:4] for row in rows), agents=[row[4] for row in rows] or None)
    table = ring_time(calls, "agent_id")
    with duckdb.connect() as database:
        database.register("calls", calls)
        expected = database.sql(
            """
            WITH rang AS (
                SELECT agent_id, epoch(completed_at - created_at) - call_length AS seconds
                FROM calls WHERE completed
            )
            SELECT agent_id, count(seconds) FILTER (seconds >= 0), count(*) FILTER (seconds IS NULL),
                count(seconds) FILTER (seconds < 0), avg(seconds) FILTER (seconds >= 0),
                quantile_cont(seconds, 0.9) FILTER (seconds >= 0)
            FROM rang GROUP BY agent_id
            """
        ).fetchall()
    found = {None if pd.isna(row["agent_id"]) else row["agent_id"]: row for row in table.to_dict("records")}
    assert set(found) == {None if pd.isna(agent) else agent for agent in calls["agent_id"]}
    for agent, n, unknown, negative, mean, p90 in expected:
        row = found.pop(agent)
        assert (row["n"], row["unknown"], row["negative"]) == (n, unknown, negative)
        if n:
            assert (row["mean"], row["p90"]) == (pytest.approx(mean), pytest.approx(p90))
    assert all((row["n"], row["unknown"], row["negative"]) == (0, 0, 0) for row in found.values())


def test_no_calls_give_the_same_columns_of_ring_times() -> None:
    nothing = rung()
    assert ring_time(nothing)[["n", "unknown", "negative"]].to_numpy().tolist() == [[0, 0, 0]]
    assert ring_time(nothing, "agent_id").empty
    assert (
        ring_time(nothing, "agent_id").dtypes.to_dict()
        == ring_time(rung((True, 0, 1, 1)), "agent_id").dtypes.to_dict()
    )


def test_ring_times_refuse_what_they_cannot_read() -> None:
    calls = rung((True, 0, 60, 48))
    with pytest.raises(UnknownColumnError, match="'completed_at'"):
        ring_time(calls.drop(columns="completed_at"))
    with pytest.raises(ConfigurationError, match="has a column of that name"):
        ring_time(calls.assign(unknown=1), "unknown")
    with pytest.raises(ConfigurationError, match="times with a time zone"):
        ring_time(calls.assign(created_at=5.0))
