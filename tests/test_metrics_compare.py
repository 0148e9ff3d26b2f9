from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from call_frames import make_calls, random_calls, real_calls
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, fisher_exact, mannwhitneyu
from statsmodels.stats.multitest import multipletests  # type: ignore[import-untyped]
from statsmodels.stats.proportion import (  # type: ignore[import-untyped]
    confint_proportions_2indep,
    proportion_confint,
)

from caldframe.errors import ConfigurationError, UnknownColumnError
from caldframe.metrics.compare import compare_lengths, compare_outcomes
from caldframe.metrics.lengths import length_summary
from caldframe.metrics.outcomes import outcome_rates

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

COUNTS = ("n", "total", "baseline_n", "baseline_total")
OUTCOME_DTYPES = {
    name: "int64" if name in COUNTS else "float64"
    for name in (
        *("n", "total", "rate", "rate_low", "rate_high", "baseline_n", "baseline_total", "baseline_rate"),
        *("difference", "low", "high", "ratio", "ratio_low", "ratio_high", "p_value", "p_adjusted"),
    )
} | {"test": "str"}
LENGTH_DTYPES = {
    name: "int64" if name in COUNTS else "float64"
    for name in (
        *("n", "median", "baseline_n", "baseline_median", "difference", "low", "high"),
        *("u", "longer", "p_value", "p_adjusted"),
    )
}
COMPARISON = ["difference", "low", "high", "ratio", "ratio_low", "ratio_high", "p_value", "p_adjusted"]
METRICS: list[Any] = [compare_outcomes, compare_lengths]

groupings = st.sampled_from([["agent_id"], ["variant"], ["agent_id", "variant"]])


def make_groups(**groups: tuple[int, int]) -> pd.DataFrame:
    """Give completed calls of some agents: how many picked up, of how many."""
    agents = [name for name, (_, total) in groups.items() for _ in range(total)]
    results = ["pickedUp" if k < n else "unanswered" for n, total in groups.values() for k in range(total)]
    return make_calls(agent_id=agents, result=results, completed=[True] * len(agents))


def make_lengths(**groups: Sequence[float]) -> pd.DataFrame:
    agents = [name for name, lengths in groups.items() for _ in lengths]
    lengths = [length for lengths in groups.values() for length in lengths]
    return make_calls(agent_id=agents, result=["pickedUp"] * len(agents), call_length=lengths)


def split(calls: pd.DataFrame, row: dict[Any, Any], by: list[str], baseline: Any) -> list[pd.DataFrame]:
    """Give the calls of a row's group and those that they are compared with, by nothing but Python."""
    keys = [tuple(None if pd.isna(value) else value for value in key) for key in calls[by].to_numpy()]
    group = tuple(None if pd.isna(row[name]) else row[name] for name in by)
    other = [key != group if baseline is None else key == baseline for key in keys]
    return [calls[[key == group for key in keys]], calls[other]]


def random_baseline(calls: pd.DataFrame, by: list[str], chance: Any) -> Any:
    """Choose the rest, or a group that is there."""
    if calls.empty or chance.random() < 0.4:
        return None, None
    row = calls[by].iloc[chance.randrange(len(calls))]
    key = tuple(None if pd.isna(value) else value for value in row)
    given = tuple(pd.NA if value is None else value for value in key)
    return key, given if len(by) > 1 else given[0]


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1),
    ],
)
@pytest.mark.parametrize("baseline", [None, "b"])
def test_intervals_are_the_published_ones(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float, baseline: str | None
) -> None:
    """Newcombe 1998b, table II."""
    row = compare_outcomes(make_groups(a=one, b=other), "agent_id", baseline=baseline).iloc[0]
    assert row["agent_id"] == "a"
    assert (row["n"], row["total"], row["baseline_n"], row["baseline_total"]) == (*one, *other)
    assert (round(row["low"], 4), round(row["high"], 4)) == (low, high)


@given(
    random_calls(),
    groupings,
    st.sampled_from(["pickedUp", "voicemail", "sale"]),
    st.sampled_from([0.5, 0.9, 0.95]),
    st.randoms(use_true_random=False),
)
def test_outcomes_are_those_of_plain_counting_and_statsmodels(
    calls: pd.DataFrame, by: list[str], outcome: str, confidence: float, chance: Any
) -> None:
    calls = calls.assign(sale=pd.array([chance.choice([None, True, False]) for _ in calls.index], "boolean"))
    key, baseline = random_baseline(calls, by, chance)
    table = compare_outcomes(calls, by, outcome=outcome, baseline=baseline, confidence=confidence)
    assert table.columns.tolist() == [*by, *OUTCOME_DTYPES]
    assert table.dtypes[len(by) :].astype(str).to_dict() == OUTCOME_DTYPES
    assert [table[name].dtype for name in by] == [calls[name].dtype for name in by]
    assert len(table) == len(calls.drop_duplicates(by))
    assert not table.duplicated(by).any()
    for row in table.to_dict("records"):
        numbers = []
        for side in split(calls, row, by, key):
            over = side[side["completed"].fillna(value=False)]
            hits = over["sale"].fillna(value=False) if outcome == "sale" else over["result"] == outcome
            numbers += [int(hits.sum()), len(over)]
        x, n, y, m = numbers
        assert [row[name] for name in ("n", "total", "baseline_n", "baseline_total")] == numbers
        assert row["rate"] == pytest.approx(x / n if n else np.nan, nan_ok=True)
        assert row["baseline_rate"] == pytest.approx(y / m if m else np.nan, nan_ok=True)
        if n:
            expected = proportion_confint(x, n, alpha=1 - confidence, method="wilson")
            assert [row["rate_low"], row["rate_high"]] == pytest.approx(expected, abs=1e-9)
        own = tuple(None if pd.isna(row[name]) else row[name] for name in by)
        if not n or not m or own == key:
            assert all(np.isnan(row[name]) for name in COMPARISON)
            assert pd.isna(row["test"])
            continue
        assert row["difference"] == pytest.approx(x / n - y / m)
        expected = confint_proportions_2indep(x, n, y, m, method="newcomb", alpha=1 - confidence)
        assert [row["low"], row["high"]] == pytest.approx(expected, abs=1e-9)
        ratio = x * m / (n * y) if y else np.inf if x else np.nan
        assert row["ratio"] == pytest.approx(ratio, nan_ok=True)
        assert row["ratio_low"] <= (ratio if x or y else 1) <= row["ratio_high"]
        two = [[x, n - x], [y, m - y]]
        if row["test"] == "fisher":
            assert row["p_value"] == pytest.approx(fisher_exact(np.array(two)).pvalue, rel=1e-9)
        else:
            assert row["test"] == "chi-square"
            test = chi2_contingency(two, correction=False)
            assert test.expected_freq.min() >= 5
            assert row["p_value"] == pytest.approx(test.pvalue, rel=1e-9)
    made = table[table["p_value"].notna()]
    if len(made) and not (baseline is None and len(made) == 2):
        expected = multipletests(made["p_value"], method="holm")[1]
        assert made["p_adjusted"].to_numpy() == pytest.approx(expected, abs=1e-12)


@settings(max_examples=50)
@given(
    random_calls(),
    groupings,
    st.sampled_from([None, ("pickedUp",), ("pickedUp", "ivr", "failed")]),
    st.randoms(use_true_random=False),
)
def test_lengths_are_those_of_numpy_and_scipy(
    calls: pd.DataFrame, by: list[str], results: Any, chance: Any
) -> None:
    key, baseline = random_baseline(calls, by, chance)
    table = compare_lengths(calls, by, baseline=baseline, results=results)
    assert table.columns.tolist() == [*by, *LENGTH_DTYPES]
    assert table.dtypes[len(by) :].astype(str).to_dict() == LENGTH_DTYPES
    assert len(table) == len(calls.drop_duplicates(by))
    for row in table.to_dict("records"):
        sides = []
        for side in split(calls, row, by, key):
            wanted = side if results is None else side[side["result"].isin(results)]
            sides.append(wanted["call_length"].dropna().to_numpy())
        one, other = sides
        assert (row["n"], row["baseline_n"]) == (len(one), len(other))
        medians = [np.median(side) if len(side) else np.nan for side in sides]
        assert [row["median"], row["baseline_median"]] == pytest.approx(medians, nan_ok=True)
        own = tuple(None if pd.isna(row[name]) else row[name] for name in by)
        compared = [row[name] for name in ("difference", "u", "longer", "p_value", "p_adjusted")]
        if not len(one) or not len(other) or own == key:
            assert np.isnan([*compared, row["low"], row["high"]]).all()
            continue
        assert row["difference"] == pytest.approx(medians[0] - medians[1])
        test = mannwhitneyu(one, other, method="asymptotic") if len({*one, *other}) > 1 else None
        assert row["u"] == (test.statistic if test else len(one) * len(other) / 2)
        assert row["longer"] == pytest.approx(row["u"] / len(one) / len(other))
        assert row["p_value"] == pytest.approx(test.pvalue if test else 1, rel=1e-9)
        if min(len(one), len(other)) < 6:
            assert np.isnan([row["low"], row["high"]]).all()
        else:
            assert one.min() - other.max() <= row["low"] <= row["high"] <= one.max() - other.min()


def test_a_call_that_is_not_known_to_be_over_is_not_counted() -> None:
    calls = make_calls(
        agent_id=["a", "a", "a", "b", "b"],
        result=["pickedUp", "pending", "pickedUp", "ivr", "pickedUp"],
        completed=[True, False, None, True, True],
    )
    table = compare_outcomes(calls, "agent_id")
    assert table[["n", "total", "baseline_n", "baseline_total"]].to_numpy().tolist() == [
        [1, 1, 1, 2],
        [1, 2, 1, 1],
    ]


def test_the_rates_are_those_of_outcome_rates() -> None:
    calls = make_groups(a=(3, 10), b=(0, 4), c=(5, 5))
    expected = outcome_rates(calls, "agent_id", confidence=0.9).query("result == 'pickedUp'")
    found = compare_outcomes(calls, "agent_id", confidence=0.9)
    for name, own in {
        "n": "n",
        "total": "total",
        "rate": "rate",
        "low": "rate_low",
        "high": "rate_high",
    }.items():
        assert found[own].tolist() == expected[name].tolist()


def test_two_groups_beside_the_rest_are_one_comparison() -> None:
    table = compare_outcomes(make_groups(a=(10, 40), b=(25, 40)), "agent_id")
    assert table["p_adjusted"].tolist() == table["p_value"].tolist()
    assert table["difference"].tolist() == [-0.375, 0.375]
    assert table["p_value"][0] == table["p_value"][1]
    lengths = compare_lengths(make_lengths(a=[1, 2, 5], b=[4, 8, 9]), "agent_id")
    assert lengths["p_adjusted"].tolist() == lengths["p_value"].tolist()
    assert lengths["longer"].sum() == 1


def test_two_groups_have_the_same_interval_seen_from_either_side() -> None:
    table = compare_lengths(make_lengths(a=list(range(0, 90, 3)), b=list(range(30))), "agent_id")
    assert table["low"][0] == pytest.approx(-table["high"][1])
    assert table["high"][0] == pytest.approx(-table["low"][1])


def test_three_groups_are_adjusted_for_three_comparisons_or_two() -> None:
    calls = make_groups(a=(10, 40), b=(25, 40), c=(20, 40))
    rest = compare_outcomes(calls, "agent_id")
    assert rest["p_adjusted"].min() == pytest.approx(3 * rest["p_value"].min())
    fixed = compare_outcomes(calls, "agent_id", baseline="c")
    assert fixed["p_adjusted"].min() == pytest.approx(2 * fixed["p_value"].min())


@pytest.mark.parametrize(
    ("values", "baseline", "row"),
    [
        ([3, 1, None], 3, 1),
        ([3, 1, None], np.int64(1), 0),
        ([3, 1, None], pd.NA, 2),
        (["x", None, "y"], "x", 0),
        (["x", None, "y"], float("nan"), 2),
        (pd.Categorical(["x", None, "y"], categories=["y", "x", "z"]), "x", 1),
        (pd.to_datetime(["2026-03-02", "2026-03-01", "NaT"]), pd.Timestamp("2026-03-02"), 1),
        ([True, False, None], True, 1),
    ],
)
@pytest.mark.parametrize("metric", METRICS)
def test_a_baseline_is_found_by_its_value(metric: Any, values: Any, baseline: Any, row: int) -> None:
    calls = make_calls(result=["pickedUp"] * 3, completed=[True] * 3, call_length=[1, 2, 3])
    table = metric(calls.assign(part=values), "part", baseline=baseline)
    assert table["difference"].isna().tolist() == [place == row for place in range(3)]
    assert table["n"].tolist() == [1, 1, 1]
    if metric is compare_lengths:
        assert table["median"].iloc[row] == table["baseline_median"].iloc[0]


@pytest.mark.parametrize("metric", METRICS)
def test_a_baseline_of_two_columns_is_a_tuple(metric: Any) -> None:
    calls = make_groups(a=(1, 2), b=(1, 2)).assign(
        variant=pd.array([0, 1, 1, None], "Int64"), call_length=1.0
    )
    table = metric(calls, ["agent_id", "variant"], baseline=("b", pd.NA))
    assert table["difference"].isna().tolist()[-1]
    assert table.attrs["baseline"] == ("b", None)
    assert metric(calls, ["agent_id"], baseline=("b",))["difference"].isna().tolist() == [False, True]
    for wrong in ("b", ("b",), ("b", 0), ("b", [1])):
        with pytest.raises(ConfigurationError, match="baseline="):
            metric(calls, ["agent_id", "variant"], baseline=wrong)


def test_the_interval_of_a_difference_of_medians_needs_six_calls_on_each_side() -> None:
    five, six = list(range(5)), list(range(6))
    assert compare_lengths(make_lengths(a=five, b=six), "agent_id")[["low", "high"]].isna().all(axis=None)
    assert compare_lengths(make_lengths(a=six, b=six), "agent_id")[["low", "high"]].notna().all(axis=None)


def test_the_same_seed_gives_the_same_interval_and_another_one_nearly() -> None:
    generator = np.random.default_rng(1)
    calls = make_lengths(**{name: list(generator.exponential(100, 60)) for name in "abc"})
    one = compare_lengths(calls, "agent_id", seed=1)
    shuffled = calls.sample(frac=1, random_state=2)
    pd.testing.assert_frame_equal(compare_lengths(shuffled, "agent_id", seed=1), one, check_exact=True)
    other = compare_lengths(calls, "agent_id", seed=2)
    assert (other["low"] != one["low"]).all()
    assert other["low"].to_numpy() == pytest.approx(one["low"].to_numpy(), abs=3)
    assert other["p_value"].tolist() == one["p_value"].tolist()


def test_a_row_does_not_depend_on_which_other_groups_there_are() -> None:
    calls = make_lengths(a=list(range(20)), b=list(range(5, 30)), c=list(range(40)))
    whole = compare_lengths(calls, "agent_id", baseline="a")
    part = compare_lengths(calls[calls["agent_id"] != "b"], "agent_id", baseline="a")
    columns = ["n", "median", "difference", "low", "high", "u", "longer", "p_value"]
    assert whole[columns].iloc[2].tolist() == part[columns].iloc[1].tolist()


def test_groups_in_blocks_are_groups_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(1)
    calls = make_lengths(**{name: list(generator.integers(0, 40, 12)) for name in "abcdefg"})
    whole = compare_lengths(calls, "agent_id"), compare_lengths(calls, "agent_id", baseline="c")
    monkeypatch.setattr("caldframe.metrics.compare.lengths._CELLS_AT_ONCE", 100)
    parts = compare_lengths(calls, "agent_id"), compare_lengths(calls, "agent_id", baseline="c")
    for one, other in zip(whole, parts, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_lengths_beyond_counting_are_no_trouble() -> None:
    calls = make_lengths(a=[-3.0, 1e308, 1.5e308] * 3, b=[-1.7e308, 0.0, 1.0] * 3)
    table = compare_lengths(calls, "agent_id")
    assert table["n"].tolist() == [9, 9]
    assert table["longer"].notna().all()


@pytest.mark.parametrize("metric", METRICS)
def test_one_group_has_nothing_beside_it(metric: Any) -> None:
    table = metric(make_groups(a=(1, 2)).assign(call_length=3.0), "agent_id")
    assert table["n"].tolist() == [1]
    assert table[["difference", "low", "high", "p_value", "p_adjusted"]].isna().all(axis=None)
    assert metric(make_groups(a=(1, 2)), "agent_id", baseline="a")["difference"].isna().all()


@pytest.mark.parametrize(
    ("metric", "dtypes"), [(compare_outcomes, OUTCOME_DTYPES), (compare_lengths, LENGTH_DTYPES)]
)
def test_no_calls_give_the_same_columns_and_no_row(metric: Any, dtypes: dict[str, str]) -> None:
    for baseline in (None, "a"):
        table = metric(make_calls(), "agent_id", baseline=baseline)
        assert table.empty
        assert table.dtypes.astype(str).to_dict() == {"agent_id": "str"} | dtypes


def test_columns_of_other_dtypes_compare_the_same() -> None:
    calls = make_groups(a=(3, 9), b=(5, 9)).assign(call_length=[float(k % 7) for k in range(18)])
    expected = [metric(calls, "agent_id", baseline="b") for metric in METRICS]
    for completed, result, length in (
        ("object", "object", "Int64"),
        ("Int64", "category", "double[pyarrow]"),
    ):
        other = calls.astype({"completed": completed, "result": result, "call_length": length})
        other.index = pd.Index([7] * len(other))
        before = other.copy()
        for metric, table in zip(METRICS, expected, strict=True):
            pd.testing.assert_frame_equal(metric(other, "agent_id", baseline="b"), table)
        pd.testing.assert_frame_equal(other, before)


def test_the_tables_say_how_they_were_made() -> None:
    calls = make_groups(a=(1, 2), b=(1, 2))
    assert compare_outcomes(calls, "agent_id", outcome="ivr", baseline="a", confidence=0.9).attrs == {
        "outcome": "ivr",
        "baseline": ("a",),
        "confidence": 0.9,
    }
    assert compare_lengths(calls, "agent_id", results="ivr", seed=5).attrs == {
        "baseline": None,
        "results": ("ivr",),
        "confidence": 0.95,
        "seed": 5,
        "resamples": 9_999,
    }


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"by": []}, "nothing to compare"),
        ({"by": None}, "nothing to compare"),
        ({"by": "low"}, "has a column of that name"),
        (
            {"baseline": "aa"},
            r"baseline='aa' is no group of these calls\. Did you mean 'a'\? The groups: a, b\.",
        ),
        ({"baseline": ["a"]}, "no group"),
        ({"confidence": 95}, r"0\.95 for 95%"),
    ],
)
def test_wrong_arguments_are_refused(metric: Any, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        metric(make_groups(a=(1, 2), b=(1, 2)), **({"by": "agent_id"} | arguments))


def test_an_outcome_or_result_that_nobody_knows_is_refused() -> None:
    calls = make_groups(a=(1, 2), b=(1, 2))
    with pytest.raises(ConfigurationError, match="Did you mean 'pickedUp'"):
        compare_outcomes(calls, "agent_id", outcome="pickedup")
    with pytest.raises(ConfigurationError, match="which no call has"):
        compare_lengths(calls, "agent_id", results="busy")
    with pytest.raises(ConfigurationError, match="seed="):
        compare_lengths(calls, "agent_id", seed=-1)


@pytest.mark.parametrize("metric", METRICS)
def test_many_groups_are_not_all_named(metric: Any) -> None:
    calls = make_calls(
        agent_id=[f"agent-{k:02}" for k in range(50)], result=["ivr"] * 50, completed=[True] * 50
    )
    with pytest.raises(ConfigurationError, match=r"agent-19 and 30 more\.$"):
        metric(calls, "agent_id", baseline="zzz")


@pytest.mark.parametrize("metric", METRICS)
def test_missing_columns_are_named(metric: Any) -> None:
    with pytest.raises(UnknownColumnError, match=r"'agent'\. Did you mean 'agent_id'"):
        metric(make_calls(), "agent")


def test_the_weekdays_of_the_real_campaign(real_campaign: Path) -> None:
    calls = real_calls(real_campaign)
    table = compare_outcomes(calls, "weekday")
    assert table["n"].sum() == 2966
    assert (table["total"] + table["baseline_total"] == 8515).all()
    for row in table.to_dict("records"):
        two = [
            [row["n"], row["total"] - row["n"]],
            [row["baseline_n"], row["baseline_total"] - row["baseline_n"]],
        ]
        assert row["p_value"] == pytest.approx(chi2_contingency(two, correction=False).pvalue, rel=1e-9)
    lengths = compare_lengths(calls, "weekday")
    summary = length_summary(calls, "weekday")
    assert lengths["n"].tolist() == summary["n"].tolist()
    assert lengths["median"].tolist() == summary["p50"].tolist()
    picked_up = calls[(calls["result"] == "pickedUp") & calls["call_length"].notna()]
    for row in lengths.to_dict("records"):
        own = picked_up["weekday"] == row["weekday"]
        test = mannwhitneyu(
            picked_up["call_length"][own], picked_up["call_length"][~own], method="asymptotic"
        )
        assert (row["u"], row["p_value"]) == (test.statistic, pytest.approx(test.pvalue, rel=1e-9))
        assert row["low"] <= row["difference"] <= row["high"]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("baseline", [None, pd.Timestamp("2026-03-02"), pd.NaT])
def test_the_tables_can_be_kept_in_parquet(metric: Any, baseline: Any, tmp_path: Path) -> None:
    calls = make_groups(a=(1, 3)).assign(
        day=pd.to_datetime(["2026-03-02", "2026-03-03", "NaT"]), call_length=[1.0, 2.0, 3.0]
    )
    table = metric(calls, "day", baseline=baseline)
    table.to_parquet(tmp_path / "table.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "table.parquet"), table, check_dtype=False)
