from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from statsmodels.stats.proportion import proportion_confint  # type: ignore[import-untyped]

from caldframe.errors import ConfigurationError
from caldframe.stats import (
    bin_edges,
    check_confidence,
    grouped_quantile,
    median_ranks,
    order_statistic,
    place_in_bins,
    rate_with_interval,
    share_of,
    wilson_interval,
)

ONE = np.array([1])


@pytest.mark.parametrize("confidence", [0, 1, -0.1, 95, float("nan"), "0.95", None, True, [0.95]])
def test_a_confidence_that_is_none_is_refused(confidence: object) -> None:
    with pytest.raises(ConfigurationError, match=r"0\.95 for 95%"):
        check_confidence(confidence)


@pytest.mark.parametrize("confidence", [0.95, np.float32(0.5), np.float64(0.99), Fraction(1, 2), 5e-324])
def test_a_confidence_is_any_number_between_0_and_1(confidence: float) -> None:
    assert check_confidence(confidence) == float(confidence)


def test_rates_come_with_their_intervals_and_nothing_is_divided_by_nothing() -> None:
    hits, totals = pd.Series([81, 0, 0], index=[2, 1, 0]), np.array([263, 20, 0])
    rate, low, high = rate_with_interval(hits, totals, 0.9)
    assert rate[:2].tolist() == [81 / 263, 0.0]
    assert all(math.isnan(each[2]) for each in (rate, low, high))
    np.testing.assert_array_equal((low, high), wilson_interval(hits, totals, 0.9))
    assert share_of([1.5, 3], [2, 0]).tolist()[0] == 0.75
    assert math.isnan(share_of([3], [0])[0])


@pytest.mark.parametrize(
    ("successes", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_intervals(successes: int, total: int, low: float, high: float) -> None:
    """Newcombe 1998a, table I."""
    ends = wilson_interval([successes], [total])
    assert [round(float(end[0]), 4) for end in ends] == [low, high]


@given(
    st.integers(1, 10**9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.floats(0.01, 0.9999),
)
def test_wilson_agrees_with_statsmodels(counts: tuple[int, int], confidence: float) -> None:
    low, high = wilson_interval(*counts, confidence)
    expected = proportion_confint(*counts, alpha=1 - confidence, method="wilson")
    assert [float(low), float(high)] == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert 0 <= low <= counts[0] / counts[1] <= high <= 1


@pytest.mark.parametrize("total", [1, 2, 3, 7, 20, 49, 1000, 8515, 10**9])
def test_wilson_ends_exactly_at_0_and_1(total: int) -> None:
    for confidence in (0.5, 0.9, 0.95, 0.999):
        assert wilson_interval([0], [total], confidence)[0].tolist() == [0.0]
        assert wilson_interval([total], [total], confidence)[1].tolist() == [1.0]


def test_wilson_of_nothing_is_not_a_number() -> None:
    low, high = wilson_interval([0, 1], [0, 2])
    assert np.isnan(low).tolist() == np.isnan(high).tolist() == [True, False]


def test_median_ranks_agree_with_exact_arithmetic() -> None:
    for confidence in (Fraction(1, 2), Fraction(3, 4), Fraction(9, 10), Fraction(95, 100), Fraction(99, 100)):
        for n in range(80):
            rank, below = 0, 0
            while True:
                below += math.comb(n, rank)  # of 2**n, that B is at most `rank`
                if Fraction(below, 2**n) > (1 - confidence) / 2:
                    break
                rank += 1
            lower, upper = median_ranks(n, float(confidence))
            expected = [rank, n + 1 - rank if rank else 0]
            assert [int(lower), int(upper)] == expected, (confidence, n)


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.999])
def test_median_ranks_are_the_narrowest_that_cover(confidence: float) -> None:
    n = np.array([6, 100, 101, 2966, 45211, 10**7])
    lower, upper = median_ranks(n, confidence)
    # A rank of 0 is outside with probability 0.
    outside, one_further = (np.asarray(2 * binom.cdf(rank, n, 0.5)) for rank in (lower - 1, lower))
    assert (outside <= 1 - confidence).all()
    assert (one_further > 1 - confidence).all()
    assert (lower + upper == n + 1)[lower > 0].all()


def test_the_interval_of_a_median_holds_it_often_enough() -> None:
    samples = np.sort(np.random.default_rng(3).exponential(size=(20_000, 25)), axis=1)
    lower, upper = median_ranks(25)
    hits = (samples[:, int(lower) - 1] <= math.log(2)) & (math.log(2) <= samples[:, int(upper) - 1])
    assert 0.95 <= hits.mean() < 0.97


@given(st.lists(st.lists(st.integers(-50, 50), min_size=1), min_size=1, max_size=5), st.floats(0, 1))
def test_quantiles_are_those_of_numpy(groups: list[list[int]], probability: float) -> None:
    tables = [np.unique(np.array(group) / 7, return_counts=True) for group in groups]
    quantiles = grouped_quantile(
        np.concatenate([values for values, _ in tables]),
        np.concatenate([counts for _, counts in tables]),
        np.array([len(group) for group in groups]),
        probability,
    )
    assert quantiles.tolist() == [np.quantile(np.array(group) / 7, probability) for group in groups]


def test_order_statistics_count_from_one() -> None:
    values, counts = np.array([1.0, 5.0, 7.0]), np.array([2, 1, 3])
    assert order_statistic(values, counts, range(1, 7)).tolist() == [1, 1, 5, 7, 7, 7]


def test_freedman_and_diaconis_choose_the_width_of_numpy_before_it_is_rounded() -> None:
    values = np.random.default_rng(5).lognormal(5, 1, size=900)
    raw = 2 * np.subtract(*np.quantile(values, [0.75, 0.25])) / 900 ** (1 / 3)
    edges = bin_edges("fd", values, np.ones(900, dtype=np.int64))
    assert set(np.diff(edges)) == {round(raw)}
    assert edges[0] % round(raw) == 0
    counted, bins = len(np.histogram_bin_edges(values, "fd")), len(edges)
    assert abs(counted - bins) <= 0.05 * counted


def test_whole_seconds_get_bins_of_whole_seconds() -> None:
    values = np.repeat(np.arange(3.0, 39), 60)
    edges = bin_edges("fd", values, np.ones(len(values), dtype=np.int64))
    assert set(np.diff(edges)) == {3}
    assert bin_edges("fd", np.array([1.0, 2, 3]), np.array([10**6] * 3)).tolist() == [1, 2, 3, 4]


def test_fractions_of_a_second_keep_the_width_of_the_rule() -> None:
    values = np.linspace(0.1, 0.9, 64)
    edges = bin_edges("fd", values, np.ones(64, dtype=np.int64))
    assert np.diff(edges) == pytest.approx(2 * 0.4 / 4)


@pytest.mark.parametrize(
    ("values", "counts", "widths"),
    [
        ([5.0], [1], {1}),  # one call
        ([5.0], [100], {1}),  # all equal
        ([0.25], [7], {1}),
        ([0.0, 60.0, 300.0], [62, 1, 1], {43}),  # equal quartiles: Sturges, 300 / (6 + 1)
        ([10.0, 20.0, 30.0, 40.0, 1e7], [100, 100, 100, 100, 1], {10_010}),  # an outlier: 1e7 / 999
    ],
)
def test_degenerate_lengths_still_get_bins(
    values: list[float], counts: list[int], widths: set[float]
) -> None:
    edges = bin_edges("fd", np.array(values), np.array(counts))
    assert set(np.diff(edges)) == widths
    assert edges[0] <= values[0] < values[-1] + 1e-9 < edges[-1]
    assert len(edges) <= 1001


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_any_lengths_at_all_get_bins(values: list[float]) -> None:
    array = np.array(values)
    edges = bin_edges("fd", array, np.ones(len(array), dtype=np.int64))
    assert (edges[:-1] < edges[1:]).all()
    places, widened = place_in_bins(array, edges)
    assert widened.tolist() == edges.tolist()
    assert (edges[places] <= array).all()
    assert (array < edges[places + 1]).all()


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1), st.sampled_from(["100s", "0.1s", "7s", pd.Timedelta("1min")])
)
def test_bins_of_a_width_are_multiples_that_hold_every_value(
    values: list[float], width: str | pd.Timedelta
) -> None:
    array = np.array(values)
    seconds = pd.Timedelta(width).total_seconds()
    if np.ptp(array) / seconds > 90_000:
        with pytest.raises(ConfigurationError, match="more than 100,000"):
            bin_edges(width, np.array([-5e6, 5e6 * seconds]), np.array([1, 1]))
        return
    edges = bin_edges(width, array, np.ones(len(array), dtype=np.int64))
    assert edges / seconds == pytest.approx(np.round(edges / seconds))
    assert edges[0] <= array.min()
    assert edges[1] > array.min()
    assert edges[-2] <= array.max() < edges[-1]


@given(st.lists(st.integers(-500, 500), min_size=1), st.integers(1, 50))
def test_a_number_of_bins_is_that_of_numpy(values: list[int], number: int) -> None:
    array = np.array(values, dtype=np.float64)
    edges = bin_edges(number, array, np.ones(len(array), dtype=np.int64))
    assert edges.tolist() == np.histogram_bin_edges(array, number).tolist()
    places, _ = place_in_bins(array, edges)
    assert np.bincount(places, minlength=number).tolist() == np.histogram(array, number)[0].tolist()


def test_values_outside_the_edges_get_bins_without_end() -> None:
    edges = np.array([0.0, 10, 20])
    places, widened = place_in_bins(np.array([-1.0, 0, 10, 20, 20.5]), edges)
    assert widened.tolist() == [-np.inf, 0, 10, 20, np.inf]
    assert places.tolist() == [0, 1, 2, 2, 3]
    assert place_in_bins(np.array([0.0, 20]), edges)[1].tolist() == [0, 10, 20]


def test_edges_may_have_no_end() -> None:
    edges = bin_edges([0, 30, math.inf], np.array([1e9]), ONE)
    assert place_in_bins(np.array([30, 1e9]), edges)[0].tolist() == [1, 1]


NO_BINS = [0, -3, True, 2.5, np.float64(30), None, "", "x", "0s", "-5s", "NaT", "1ns", 10**9, pd.NaT]
NO_EDGES = [[], [1], [2, 1], [1, 1], [0, np.nan], [[0, 1], [2, 3]], object(), {"a": 1}, ["a", "b"]]


@pytest.mark.parametrize("bins", [*NO_BINS, *NO_EDGES])
def test_bins_that_are_none_are_refused(bins: object) -> None:
    with pytest.raises(ConfigurationError, match="bin"):
        bin_edges(bins, np.array([1.0, 300.0]), np.array([1, 1]))


def test_more_bins_than_there_are_numbers_between_the_lengths_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="too many"):
        bin_edges(10, np.array([2.0**53, 2.0**53 + 2]), np.array([1, 1]))


@pytest.mark.parametrize("bins", ["fd", "30s", 10])
def test_without_lengths_there_are_no_edges(bins: object) -> None:
    edges = bin_edges(bins, np.empty(0), np.empty(0, dtype=np.int64))
    assert not len(edges)
    assert np.isnan(place_in_bins(np.empty(0), edges)[1]).tolist() == [True, True]
