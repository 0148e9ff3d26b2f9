"""The beta prior against SciPy's beta-binomial distribution, maximised by another method."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import minimize

from caldframe.stats import BetaPrior, fit_beta_prior, shrunk_rates

groups = st.lists(
    st.integers(0, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=12
)


def log_likelihood(prior: BetaPrior, hits: Any, n: Any) -> float:
    mean, strength = prior
    if np.isinf(strength):
        return float(stats.binom.logpmf(hits, n, mean).sum())
    return float(stats.betabinom.logpmf(hits, n, mean * strength, (1 - mean) * strength).sum())


def best_found(hits: Any, n: Any) -> float:
    """Give the greatest likelihood that a search without slopes finds, within the same limits."""

    def surprise(point: Any) -> float:
        return -log_likelihood(BetaPrior(1 / (1 + np.exp(-point[0])), np.exp(point[1])), hits, n)

    pooled = (hits.sum() + 0.5) / (n.sum() + 1)
    starts = [[np.log(pooled / (1 - pooled)), strength] for strength in (-3, 1, 4, 8)]
    limits = [(-25, 25), (np.log(1e-2), np.log(1e6))]
    found = [-minimize(surprise, start, method="Nelder-Mead", bounds=limits).fun for start in starts]
    return max(found)


@given(groups)
@settings(max_examples=25)
def test_no_prior_is_more_likely(counts: list[tuple[int, int]]) -> None:
    hits, n = np.array(counts).T
    prior = fit_beta_prior(hits, n)
    if n.sum() == 0:
        assert np.isnan(prior).all()
    else:
        assert log_likelihood(prior, hits, n) >= best_found(hits, n) - 1e-5


@pytest.mark.parametrize("strength", [0.5, 5.0, 100.0])
def test_the_spread_that_was_put_in_comes_out(strength: float) -> None:
    chance = np.random.default_rng(20)
    n = chance.integers(0, 400, 4000)
    hits = chance.binomial(n, chance.beta(0.3 * strength, 0.7 * strength, len(n)))
    prior = fit_beta_prior(hits, n)
    assert prior.mean == pytest.approx(0.3, abs=0.02)
    assert prior.strength == pytest.approx(strength, rel=0.1)


@pytest.mark.parametrize(
    ("hits", "n", "mean"),
    [
        ([3], [10], 0.3),  # one group differs from nobody
        ([1, 0, 0, 0], [1, 1, 1, 1], 0.25),  # one trial each: nothing can be told apart
        ([0, 0], [5, 7], 0.0),
        ([5, 7], [5, 7], 1.0),
        ([30, 30, 30], [100, 100, 100], 0.3),  # more alike than chance
        ([30, 0, 30], [100, 0, 100], 0.3),  # a group of none tells nothing
        ([3 * 10**8, 3 * 10**8], [10**9, 10**9], 0.3),
    ],
)
def test_groups_that_do_not_differ_have_one_rate(hits: list[int], n: list[int], mean: float) -> None:
    prior = fit_beta_prior(hits, n)
    assert prior.mean == pytest.approx(mean, abs=1e-12)
    assert np.isinf(prior.strength)
    expected = [prior.mean if total else np.nan for total in n]
    np.testing.assert_array_equal(shrunk_rates(hits, n, prior), expected)


@pytest.mark.parametrize("counts", [[], [0, 0]])
def test_nothing_to_fit(counts: list[int]) -> None:
    prior = fit_beta_prior(counts, counts)
    assert np.isnan(prior).all()
    assert np.isnan(shrunk_rates(counts, counts, prior)).all()


def test_groups_of_all_or_nothing_are_hardly_drawn_together() -> None:
    hits, n = np.array([0, 50, 0, 80, 0, 90]), np.array([60, 50, 70, 80, 100, 90])
    prior = fit_beta_prior(hits, n)
    assert prior.strength < 0.05
    np.testing.assert_allclose(shrunk_rates(hits, n, prior), hits / n, atol=1e-3)


def test_the_posterior_mean_is_that_of_the_beta_distribution() -> None:
    prior = BetaPrior(0.2, 15.0)
    expected = [stats.beta(3 + hits, 12 + n - hits).mean() for hits, n in [(3, 3), (0, 40), (200, 1000)]]
    np.testing.assert_allclose(shrunk_rates([3, 0, 200], [3, 40, 1000], prior), expected, rtol=1e-12)


def test_shrunk_rates_are_nearer_to_the_truth_than_rates() -> None:
    chance = np.random.default_rng(4)
    n = chance.integers(1, 30, 100)
    truth = chance.beta(20, 40, len(n))
    hits = chance.binomial(n, truth)
    shrunk = shrunk_rates(hits, n, fit_beta_prior(hits, n))
    assert np.mean((shrunk - truth) ** 2) < 0.6 * np.mean((hits / n - truth) ** 2)
