from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import chi2_contingency, fisher_exact, mannwhitneyu
from statsmodels.stats.multitest import multipletests  # type: ignore[import-untyped]
from statsmodels.stats.proportion import confint_proportions_2indep  # type: ignore[import-untyped]

from caldframe.errors import ConfigurationError
from caldframe.stats import (
    adjust_p_values,
    bootstrap_medians,
    check_seed,
    compare_ranks,
    difference_interval,
    independence_test,
    percentile_interval,
    ratio_interval,
    wilson_interval,
)

PUBLISHED = [
    ((56, 70, 48, 80), (0.0524, 0.3339)),
    ((9, 10, 3, 10), (0.1705, 0.8090)),
    ((6, 7, 2, 7), (0.0582, 0.8062)),
    ((5, 56, 0, 29), (-0.0381, 0.1926)),
    ((0, 10, 0, 20), (-0.1611, 0.2775)),
    ((10, 10, 0, 20), (0.6791, 1)),
]

small = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
large = st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
pairs = st.one_of(st.tuples(small, small), st.tuples(small, large), st.tuples(large, large))
levels = st.sampled_from([0.5, 0.9, 0.95, 0.99])


@pytest.mark.parametrize(("counts", "expected"), PUBLISHED)
def test_differences_have_the_published_intervals(
    counts: tuple[int, ...], expected: tuple[float, float]
) -> None:
    """Newcombe 1998b, table II."""
    low, high = difference_interval(*counts)
    assert (round(float(low), 4), round(float(high), 4)) == expected


@given(pairs, levels)
def test_differences_agree_with_statsmodels(counts: Any, confidence: float) -> None:
    (x, n), (y, m) = counts
    low, high = difference_interval(x, n, y, m, confidence)
    expected = confint_proportions_2indep(x, n, y, m, method="newcomb", alpha=1 - confidence)
    assert [float(low), float(high)] == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert -1 <= low <= x / n - y / m <= high <= 1


@given(pairs, levels)
def test_ends_of_a_ratio_are_where_the_difference_ends_at_0(counts: Any, confidence: float) -> None:
    (x, n), (y, m) = counts
    low, high = (float(end) for end in ratio_interval(x, n, y, m, confidence))
    p, q = x / n, y / m
    (p_low,), (p_high,) = wilson_interval([x], [n], confidence)
    (q_low,), (q_high,) = wilson_interval([y], [m], confidence)

    def lower(ratio: float) -> float:
        return float(p - ratio * q - np.hypot(p - p_low, ratio * (q_high - q)))

    def upper(ratio: float) -> float:
        return float(p - ratio * q + np.hypot(p_high - p, ratio * (q - q_low)))

    if x == 0:
        assert low == 0
    else:
        assert low == pytest.approx(brentq(lower, 0, 1 / q_high * 2, xtol=1e-15, rtol=1e-14), rel=1e-6)
    if y == 0:
        assert high == np.inf
    else:
        assert high == pytest.approx(brentq(upper, 0, 4 / q_low, xtol=1e-15, rtol=1e-14), rel=1e-6)
        assert low <= p / q <= high


@given(pairs, levels)
def test_the_ratio_excludes_1_where_the_difference_excludes_0(counts: Any, confidence: float) -> None:
    (x, n), (y, m) = counts
    low, high = (float(end) for end in difference_interval(x, n, y, m, confidence))
    ratio_low, ratio_high = (float(end) for end in ratio_interval(x, n, y, m, confidence))
    if min(abs(low), abs(high)) > 1e-9:  # nearer, rounding decides
        assert (low > 0) == (ratio_low > 1)
        assert (high < 0) == (ratio_high < 1)


def test_nothing_beside_something_has_no_interval() -> None:
    for interval in (difference_interval, ratio_interval):
        assert np.isnan(interval([0, 1, 0], [0, 2, 0], [1, 0, 0], [2, 0, 0])).all()


@given(pairs)
def test_p_values_are_those_of_scipy(counts: Any) -> None:
    (x, n), (y, m) = counts
    (p_value,), (exact,) = independence_test([x], [n], [y], [m])
    table = np.array([[x, n - x], [y, m - y]])
    smallest = min(n, m) * min(x + y, n + m - x - y) / (n + m)
    assert exact == (smallest < 5)
    expected = fisher_exact(table).pvalue if exact else chi2_contingency(table, correction=False).pvalue
    assert p_value == pytest.approx(expected, rel=1e-9)


def test_many_exact_tests_at_once_are_those_of_scipy() -> None:
    generator = np.random.default_rng(3)
    n = np.concatenate([generator.integers(0, 40, 300), [1_000_000, 3, 2_000]])
    x = np.concatenate([generator.integers(0, n[:300] + 1), [3, 3, 1_500]])
    p_values, exact = independence_test(x, n, 3, 700_000)
    assert exact.sum() > 200
    for k, (hits, total) in enumerate(zip(x, n, strict=True)):
        if exact[k]:
            assert p_values[k] == pytest.approx(
                fisher_exact(np.array([[hits, total - hits], [3, 699_997]])).pvalue, rel=1e-9
            )
    assert np.isnan(p_values[n == 0]).all()


def test_everybody_or_nobody_on_both_sides_is_no_difference() -> None:
    p_values, exact = independence_test(
        [0, 5, 900, 0], [9, 5, 900, 10**6], [0, 7, 800, 0], [4, 7, 800, 10**6]
    )
    assert p_values.tolist() == [1, 1, 1, 1]
    assert exact.all()


def test_huge_counts_do_not_overflow() -> None:
    p_values, _ = independence_test([10**9], [3 * 10**9], [10**9 + 10**5], [3 * 10**9])
    expected = chi2_contingency(np.array([[1e9, 2e9], [1e9 + 1e5, 2e9 - 1e5]]), correction=False).pvalue
    assert p_values[0] == pytest.approx(expected, rel=1e-6)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.integers(0, 3))
def test_adjusted_p_values_are_those_of_statsmodels(p_values: list[float], absent: int) -> None:
    adjusted = adjust_p_values([np.nan] * absent + p_values)
    assert np.isnan(adjusted[:absent]).all()
    assert adjusted[absent:] == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-12)


def test_nothing_to_adjust() -> None:
    assert adjust_p_values([]).tolist() == []
    assert np.isnan(adjust_p_values([np.nan])).all()


samples = st.lists(st.integers(0, 12), min_size=1, max_size=30)


@given(samples, samples)
def test_ranks_are_those_of_scipy(one: list[int], other: list[int]) -> None:
    counts = [np.bincount(values, minlength=13) for values in (one, other)]
    found = compare_ranks(counts[0], counts[1])
    assert found.u[0] == sum((a > b) + (a == b) / 2 for a in one for b in other)
    assert found.larger[0] == pytest.approx(found.u[0] / len(one) / len(other))
    if len({*one, *other}) == 1:
        assert found.p_values[0] == 1
    else:
        expected = mannwhitneyu(one, other, method="asymptotic")
        assert found.u[0] == expected.statistic
        assert found.p_values[0] == pytest.approx(expected.pvalue, rel=1e-9)


def test_many_groups_are_compared_at_once_with_one_or_each_with_its_own() -> None:
    own = np.array([[3, 1, 0], [0, 0, 0], [0, 2, 2]])
    one = compare_ranks(own, np.array([[1, 1, 1]]))
    each = compare_ranks(own, np.tile([1, 1, 1], (3, 1)))
    assert one.u.tolist()[::2] == each.u.tolist()[::2] == [3.0, 8.0]
    assert all(np.isnan(numbers).tolist() == [False, True, False] for numbers in one)
    assert np.isnan(compare_ranks(own, np.zeros((1, 3), dtype=np.int64)).p_values).all()


@pytest.mark.parametrize("sample", [[3], [1, 2, 9], [1, 2, 9, 9], [0, 5, 5, 7, 11, 30], [4] * 8 + [1, 6]])
def test_bootstrapped_medians_have_the_distribution_of_resampling(sample: list[int]) -> None:
    """Against resampling value by value, on the cumulative shares: both are known to about 0.002."""
    draws = 100_000
    values, counts = np.unique(np.asarray(sample, dtype=np.float64), return_counts=True)
    found = bootstrap_medians(values, counts, np.random.default_rng(7), draws)
    resampled = np.random.default_rng(8).choice(np.array(sample), (draws, len(sample)))
    expected = np.median(resampled, axis=1)
    assert set(np.unique(found)) == set(np.unique(expected))
    for value in np.unique(expected):
        assert (found <= value).mean() == pytest.approx((expected <= value).mean(), abs=0.01)


def test_values_that_do_not_occur_are_never_drawn() -> None:
    medians = bootstrap_medians(
        np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 3, 0, 2]), np.random.default_rng(1), 2_000
    )
    assert set(medians) == {2.0, 4.0}


def test_the_percentile_interval_is_of_quantiles() -> None:
    estimates = np.random.default_rng(1).permutation(10_001).astype(np.float64)
    assert percentile_interval(estimates, 0.9) == pytest.approx((500, 9_500))


@pytest.mark.parametrize("seed", [-1, 0.5, "1", None, [1]])
def test_a_seed_that_is_none_is_refused(seed: object) -> None:
    with pytest.raises(ConfigurationError, match="whole number from 0 on"):
        check_seed(seed)
