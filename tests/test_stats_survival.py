from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter

from caldframe.errors import ConfigurationError
from caldframe.stats import kaplan_meier

durations = st.lists(st.tuples(st.integers(1, 6), st.booleans()), min_size=1, max_size=60)


def life_table(subjects: list[tuple[int, bool]]) -> tuple[list[int], list[int]]:
    last = max(duration for duration, _ in subjects)
    steps = range(1, last + 1)
    at_risk = [sum(duration >= step for duration, _ in subjects) for step in steps]
    events = [sum(duration == step and event for duration, event in subjects) for step in steps]
    return at_risk, events


@given(durations, st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_curve_and_interval_are_those_of_lifelines(
    subjects: list[tuple[int, bool]], confidence: float
) -> None:
    survival, low, high = kaplan_meier(*life_table(subjects), confidence=confidence)
    lifetimes, events = zip(*subjects, strict=True)
    fitted = KaplanMeierFitter(alpha=1 - confidence).fit(lifetimes, events)
    steps = range(1, len(survival) + 1)
    expected = fitted.survival_function_at_times(steps).to_numpy()
    assert survival == pytest.approx(expected, abs=1e-12)
    # Where survival is 1 or 0 lifelines gives an interval without width, which would claim certainty.
    inside = (survival > 0) & (survival < 1)
    assert np.isnan(low[~inside]).all()
    assert np.isnan(high[~inside]).all()
    ends = fitted.confidence_interval_.reindex(steps, method="ffill").to_numpy()
    assert low[inside] == pytest.approx(ends[inside, 0], abs=1e-10)
    assert high[inside] == pytest.approx(ends[inside, 1], abs=1e-10)
    assert (low[inside] < survival[inside]).all()
    assert (survival[inside] < high[inside]).all()


def test_the_curve_of_a_textbook() -> None:
    """Weeks of remission under 6-MP (Freireich and others 1963), the intervals as those of R's survfit."""
    at_risk, events = [21, 17, 15, 12, 11, 7, 6], [3, 1, 1, 1, 1, 1, 1]
    survival, low, high = kaplan_meier(at_risk, events)
    assert survival.round(3).tolist() == [0.857, 0.807, 0.753, 0.69, 0.627, 0.538, 0.448]
    assert low.round(3).tolist() == [0.62, 0.563, 0.503, 0.432, 0.368, 0.268, 0.188]
    assert high.round(3).tolist() == [0.952, 0.923, 0.889, 0.849, 0.805, 0.747, 0.68]


@given(durations, durations)
def test_curves_side_by_side_are_the_curves_alone(
    first: list[tuple[int, bool]], second: list[tuple[int, bool]]
) -> None:
    tables = [life_table(first), life_table(second)]
    at_risk, events = ([*tables[0][place], *tables[1][place]] for place in (0, 1))
    curves = [0] * len(tables[0][0]) + [1] * len(tables[1][0])
    together = kaplan_meier(at_risk, events, curves)
    alone = [kaplan_meier(*table) for table in tables]
    for place, column in enumerate(together):
        np.testing.assert_array_equal(column, np.concatenate([alone[0][place], alone[1][place]]))


@given(durations)
def test_without_censoring_survival_is_the_share_that_is_left(subjects: list[tuple[int, bool]]) -> None:
    at_risk, events = life_table([(duration, True) for duration, _ in subjects])
    survival, _, _ = kaplan_meier(at_risk, events)
    assert survival == pytest.approx(1 - np.cumsum(events) / len(subjects), abs=1e-12)


@given(st.integers(2, 10**9), st.integers(1, 10**9), st.floats(0.01, 0.9999))
def test_ends_stay_within_0_and_1_however_many_there_are(n: int, d: int, confidence: float) -> None:
    assume(d < n)
    survival, low, high = kaplan_meier([n, n - d], [d, 0], confidence=confidence)
    assert (low >= 0).all()
    assert (high <= 1).all()
    assert (low <= survival).all()
    assert (survival <= high).all()


def test_a_step_with_nobody_at_risk_ends_the_curve() -> None:
    survival, low, high = kaplan_meier([4, 0, 3], [1, 0, 1])
    assert survival[0] == 0.75
    assert np.isnan(survival[1:]).all()
    assert np.isnan([*low[1:], *high[1:]]).all()


def test_no_steps_give_no_curve() -> None:
    assert [len(column) for column in kaplan_meier([], [])] == [0, 0, 0]


def test_a_wrong_confidence_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="confidence=95"):
        kaplan_meier([4], [1], confidence=95)
