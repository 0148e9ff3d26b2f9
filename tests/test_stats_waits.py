"""The expected wait against SciPy's F distribution and against waits that were drawn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from caldframe import ConfigurationError
from caldframe.stats import expected_wait

counts = st.integers(1, 100_000)


@given(counts, counts, st.floats(0.01, 1e6), st.floats(1, 50), st.sampled_from([0.5, 0.95, 0.99]))
def test_the_range_is_that_of_the_f_distribution(
    remaining: int, events: int, elapsed: float, dispersion: float, confidence: float
) -> None:
    expected, low, high = expected_wait([remaining], [events], [elapsed], dispersion, confidence)
    assert expected[0] == pytest.approx(remaining * elapsed / events, rel=1e-12)
    waits = stats.f(2 * remaining / dispersion, 2 * events / dispersion)
    assert low[0] == pytest.approx(expected[0] * waits.ppf((1 - confidence) / 2), rel=1e-9)
    assert high[0] == pytest.approx(expected[0] * waits.ppf((1 + confidence) / 2), rel=1e-9)


def test_the_range_covers_as_often_as_it_says() -> None:
    chance = np.random.default_rng(8)
    events, remaining = 40, 25
    elapsed = chance.gamma(events, size=20_000)
    wait = chance.gamma(remaining, size=20_000)
    _, low, high = expected_wait(remaining, events, elapsed)
    assert np.mean((low <= wait) & (wait <= high)) == pytest.approx(0.95, abs=0.005)


def test_nothing_remains_or_nothing_happened() -> None:
    for ends in expected_wait([0, 5], [5, 0], [1.0, 1.0]):
        assert np.isnan(ends).all()
    expected, low, high = expected_wait([5], [5], [1.0], [np.nan])
    assert expected.tolist() == [1.0]
    assert np.isnan([low, high]).all()


def test_confidence_is_checked() -> None:
    with pytest.raises(ConfigurationError, match="confidence=95"):
        expected_wait([5], [5], [1.0], confidence=95)
