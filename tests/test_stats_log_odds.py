"""Weighted log-odds, against the published formulas written out term by term."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caldframe.stats import weighted_log_odds

counts = st.integers(0, 300)


def published(
    y_i: list[int], y_j: list[int], background: list[int], a_0: float, w: int
) -> tuple[float, float]:
    """Equations 16, 20 and 23 of Monroe, Colaresi and Quinn (2008), for the term w."""
    a_w = a_0 * background[w] / sum(background)
    n_i, n_j = sum(y_i), sum(y_j)
    delta_i = math.log((y_i[w] + a_w) / (n_i + a_0 - y_i[w] - a_w))
    delta_j = math.log((y_j[w] + a_w) / (n_j + a_0 - y_j[w] - a_w))
    return delta_i - delta_j, math.sqrt(1 / (y_i[w] + a_w) + 1 / (y_j[w] + a_w))


@given(st.lists(st.tuples(counts, counts, st.integers(1, 300)), min_size=2, max_size=8), st.floats(0.1, 1e4))
def test_numbers_are_those_of_the_formulas(terms: list[tuple[int, int, int]], prior: float) -> None:
    side, other, background = (list(column) for column in zip(*terms, strict=True))
    found = weighted_log_odds(side, other, background, prior)
    if not sum(side) or not sum(other):
        assert np.isnan(found.difference).all()
        assert np.isnan(found.error).all()
        return
    for place in range(len(terms)):
        difference, error = published(side, other, background, prior, place)
        assert found.difference[place] == pytest.approx(difference, abs=1e-9)
        assert found.error[place] == pytest.approx(error)


def test_a_larger_prior_draws_rare_terms_to_zero_and_leaves_common_ones() -> None:
    side, other = [3, 400, 597], [0, 200, 800]
    background = np.add(side, other)
    weak, strong = (weighted_log_odds(side, other, background, prior) for prior in (10, 500))
    assert weak.difference[0] > 3 * strong.difference[0] > 0
    assert weak.difference[1] < 1.6 * strong.difference[1]
    ranked = np.argsort(-strong.difference / strong.error)
    assert ranked.tolist() == [1, 0, 2]


def test_one_term_and_none_have_no_odds() -> None:
    assert np.isnan(weighted_log_odds([3], [4], [7], 500).difference).all()
    assert len(weighted_log_odds([], [], [], 500).difference) == 0
