from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from caldframe.errors import ConfigurationError
from caldframe.outcome import find_outcome


def test_a_result_is_found_before_a_column_of_its_name() -> None:
    calls = pd.DataFrame({"result": ["ivr", None, "failed"], "ivr": [False, True, True]})
    assert find_outcome(calls, "ivr").occurred(calls).tolist() == [True, False, False]


def test_a_column_counts_where_it_is_true() -> None:
    calls = pd.DataFrame({"result": "ivr", "sale": pd.array([True, False, None], dtype="boolean")})
    assert find_outcome(calls, "sale").occurred(calls).tolist() == [True, False, False]


def test_a_new_result_is_an_outcome() -> None:
    calls = pd.DataFrame({"result": ["busy", "ivr"]})
    assert find_outcome(calls, "busy").occurred(calls).tolist() == [True, False]


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        ("pickedup", r"Did you mean 'pickedUp'\?"),
        ("sales", r"Did you mean 'sale'\?"),
        ("result", "neither"),
        (3, "neither"),
        (None, "neither"),
    ],
)
def test_anything_else_is_refused(outcome: Any, message: str) -> None:
    calls = pd.DataFrame({"result": ["busy", "ivr"], "sale": [True, False]})
    with pytest.raises(ConfigurationError, match=message):
        find_outcome(calls, outcome)


def test_a_column_of_something_else_is_refused() -> None:
    calls = pd.DataFrame({"result": ["busy"], "agent": ["a"]})
    with pytest.raises(ConfigurationError, match="'agent'"):
        find_outcome(calls, "agent").occurred(calls)
