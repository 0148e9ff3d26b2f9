from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from caldframe.stats import find_change


def largest_ratio(successes: tuple[int, ...], totals: tuple[int, ...]) -> tuple[float, int]:
    """Give SciPy's largest likelihood ratio of all splits, and the first step after it."""
    found: list[tuple[float, int]] = []
    for split in range(1, len(totals)):
        parts = [(sum(n[:split]), sum(n[split:])) for n in (successes, totals)]
        if 0 < parts[1][0] < sum(totals):
            table = [parts[0], np.subtract(parts[1], parts[0])]
            statistic = chi2_contingency(table, correction=False, lambda_="log-likelihood").statistic
            found.append((round(float(statistic), 9), -split))
    ratio, split = max(found)
    return ratio, -split


def share_as_large(successes: tuple[int, ...], totals: tuple[int, ...]) -> float:
    """Try all arrangements of the successes."""
    observed, _ = largest_ratio(successes, totals)
    all_of_them = as_large = 0
    for others in product(*(range(total + 1) for total in totals)):
        if sum(others) == sum(successes):
            ways = int(np.prod([comb(total, n) for n, total in zip(others, totals, strict=True)]))
            all_of_them += ways
            as_large += ways * (largest_ratio(others, totals)[0] >= observed)
    return as_large / all_of_them


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_the_p_value_is_the_share_of_arrangements(data: st.DataObject) -> None:
    totals = data.draw(st.lists(st.integers(0, 5), min_size=2, max_size=4).filter(lambda n: sum(n) > max(n)))
    successes = tuple(data.draw(st.integers(0, total)) for total in totals)
    change = find_change(successes, totals)
    if sum(successes) in (0, sum(totals)):
        assert change.position == -1
        assert np.isnan(change.p_value)
    else:
        assert change.position == largest_ratio(successes, tuple(totals))[1]
        assert change.p_value == pytest.approx(share_as_large(successes, tuple(totals)), abs=1e-9)


def test_large_counts_agree_with_drawn_arrangements() -> None:
    totals = (150, 10, 0, 400, 90, 250)
    successes = (60, 3, 0, 120, 20, 65)
    random = np.random.default_rng(5)
    draws = random.multivariate_hypergeometric(totals, sum(successes), size=1000)
    observed, position = largest_ratio(successes, totals)
    share = np.mean([largest_ratio(tuple(draw), totals)[0] >= observed for draw in draws.tolist()])
    change = find_change(successes, totals)
    assert change.position == position
    assert change.p_value == pytest.approx(share, abs=4 * np.sqrt(0.25 / 1000))


def test_with_one_split_it_is_an_exact_test_of_two_shares() -> None:
    """The probability, all sums given, of all tables with as large a likelihood ratio."""
    assert find_change([8, 2], [10, 10]).p_value == pytest.approx(share_as_large((8, 2), (10, 10)), abs=1e-12)


def test_the_p_value_keeps_its_promise_without_a_change() -> None:
    random = np.random.default_rng(3)
    totals = random.integers(0, 30, 20)
    p_values = [find_change(random.binomial(totals, 0.3), totals).p_value for _ in range(600)]
    for level in (0.05, 0.2, 0.5):
        assert np.mean(np.array(p_values) <= level) <= level + 3 * np.sqrt(level * (1 - level) / 600)


def test_a_clear_change_is_found_where_it_is_and_its_p_value_is_small() -> None:
    totals = np.full(60, 1000)
    change = find_change(np.where(np.arange(60) < 23, 300, 50), totals)
    assert change.position == 23
    assert 0 < change.p_value < 1e-15


def test_one_chance_throughout_is_no_change() -> None:
    assert find_change([1, 2, 1], [3, 6, 3]).p_value == 1


@pytest.mark.parametrize(
    ("successes", "totals"),
    [([], []), ([2], [5]), ([0, 0], [5, 5]), ([5, 5], [5, 5]), ([0, 2, 0], [0, 5, 0]), ([0], [0])],
)
def test_where_nothing_can_have_changed_there_is_nothing(successes: list[int], totals: list[int]) -> None:
    change = find_change(successes, totals)
    assert change.position == -1
    assert np.isnan(change.p_value)
