from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from call_frames import make_calls, random_calls, real_calls
from hypothesis import given
from hypothesis import strategies as st

from caldframe.errors import ConfigurationError, UnknownColumnError
from caldframe.metrics.cost import campaign_cost

if TYPE_CHECKING:
    from pathlib import Path

DTYPES = {
    "n": "int64",
    "unknown": "int64",
    "billed": "int64",
    "minutes": "object",
    "billed_minutes": "object",
    "cost": "object",
    "picked_up": "int64",
    "conversations": "int64",
    "cost_per_picked_up": "object",
    "cost_per_conversation": "object",
}


def calls_of(*seconds: float | None, result: str = "pickedUp") -> pd.DataFrame:
    return make_calls(
        completed=[True] * len(seconds), result=[result] * len(seconds), call_length=list(seconds)
    )


def the_only(table: pd.DataFrame) -> dict[str, Any]:
    (row,) = table.to_dict("records")
    return {str(name): value for name, value in row.items()}


def rounded(value: Fraction) -> Decimal:
    """Give a fraction as its 28 significant digits, half to even, by integers alone."""
    if not value:
        return Decimal(0)
    places = 27 - Decimal(value.numerator).adjusted() + Decimal(value.denominator).adjusted()
    if value * 10**places < 10**27:
        places += 1
    scaled = value * Fraction(10) ** places
    return Decimal(f"{round(scaled)}E{-places}")


@pytest.mark.parametrize(
    ("seconds", "increment", "minimum", "billed"),
    [
        (1, 60, 0, 60),
        (60, 60, 0, 60),
        (60.001, 60, 0, 120),
        (0, 60, 30, 0),
        (5, 6, 30, 30),
        (31, 6, 30, 36),
        (10, 60, 90, 120),
        (18.6, 0.1, 0, Decimal("18.6")),
        (18.6, "0.1", 0, Decimal("18.6")),
        (0.3, 0.1, 0, Decimal("0.3")),
        (4.1, 1, 0, 5),
        (7, 3.5, 0, 7),
    ],
)
def test_each_call_is_rounded_up(seconds: float, increment: Any, minimum: Any, billed: Any) -> None:
    row = the_only(campaign_cost(calls_of(seconds), 60, increment=increment, minimum=minimum))
    assert row["cost"] == Decimal(billed)


def test_decimals_add_up_exactly() -> None:
    row = the_only(campaign_cost(calls_of(*[1.0] * 30), 0.1))
    assert row["cost"] == Decimal("3.0")
    assert row["billed_minutes"] == 30
    assert row["minutes"] == Decimal("0.5")
    assert the_only(campaign_cost(calls_of(1.0), "0.10", increment=1))["cost"] == rounded(Fraction(1, 600))
    tenths = calls_of(*[0.1] * 600)
    assert the_only(campaign_cost(tenths, 1, increment=0.1))["cost"] == 1


@pytest.mark.parametrize("price", [Decimal("0.12"), "0.12", 0.12, np.float64(0.12)])
def test_a_price_is_the_number_that_is_written(price: Any) -> None:
    table = campaign_cost(calls_of(61), price)
    assert table["cost"].tolist() == [Decimal("0.24")]
    assert table.attrs == {"per_minute": "0.12", "increment": "60", "minimum": "0", "engaged": 60.0}


def test_what_is_counted() -> None:
    calls = make_calls(
        completed=[True, True, True, True, True, True, False, None],
        result=[
            "pickedUp",
            "pickedUp",
            "pickedUp",
            "voicemail",
            "unanswered",
            "failed",
            "pending",
            "pickedUp",
        ],
        call_length=[60, 61, None, 90, 0, -3, 500, 500],
    )
    row = the_only(campaign_cost(calls, "0.30"))
    assert row == {
        "n": 4,
        "unknown": 2,
        "billed": 3,
        "minutes": rounded(Fraction(211, 60)),
        "billed_minutes": 5,
        "cost": Decimal("1.50"),
        "picked_up": 3,
        "conversations": 1,
        "cost_per_picked_up": Decimal("0.50"),
        "cost_per_conversation": Decimal("1.50"),
    }
    assert the_only(campaign_cost(calls, 1, engaged=59.5))["conversations"] == 2


def test_infinite_lengths_are_unknown_and_huge_ones_are_not() -> None:
    row = the_only(campaign_cost(calls_of(math.inf, 1e300, 5e-324), 60, increment=1))
    assert (row["n"], row["unknown"], row["billed"]) == (2, 1, 2)
    assert row["cost"] == Decimal("1e300")
    with_rest = campaign_cost(calls_of(1e17, 1e17, 0.25), 60, increment="0.05")
    assert the_only(with_rest)["cost"] == Decimal("200000000000000000.25")


@given(
    random_calls(),
    st.sampled_from([None, "agent_id", ["agent_id", "variant"]]),
    st.decimals(0, 5, places=3),
    st.sampled_from(["60", "6", "1", "0.1", "0.7", "30"]),
    st.sampled_from(["0", "30", "0.05"]),
)
def test_cost_is_that_of_fractions(
    calls: pd.DataFrame, by: Any, price: Decimal, increment: str, minimum: str
) -> None:
    columns: list[str] = [by] if isinstance(by, str) else by or []
    table = campaign_cost(calls, price, increment=increment, minimum=minimum, by=by)
    assert table.columns.tolist() == [*columns, *DTYPES]
    assert table.dtypes[len(columns) :].astype(str).to_dict() == DTYPES
    assert [table[name].dtype for name in columns] == [calls[name].dtype for name in columns]

    expected: dict[tuple[Any, ...], list[Any]] = {} if columns else {(): [0] * 6}
    for call in calls.to_dict("records"):
        key = tuple(None if pd.isna(call[name]) else call[name] for name in columns)
        sums = expected.setdefault(key, [0] * 6)
        if call["completed"] is not True:
            continue
        seconds = call["call_length"]
        known = seconds >= 0
        picked_up = call["result"] == "pickedUp"
        billed = Fraction(0)
        if known and seconds > 0:
            step = Fraction(increment)
            billed = math.ceil(max(Fraction(repr(seconds)), Fraction(minimum)) / step) * step
        amounts = [known, not known, known and seconds > 0, billed, picked_up]
        amounts.append(picked_up and known and seconds > 60)
        expected[key] = [total + amount for total, amount in zip(sums, amounts, strict=True)]
    found = {
        tuple(None if pd.isna(value) else value for value in row[: len(columns)]): row[len(columns) :]
        for row in table.drop(columns="minutes").itertuples(index=False)
    }
    assert found.keys() == expected.keys()
    for key, (n, unknown, billed, seconds, picked_up, conversations) in expected.items():
        cost = rounded(seconds * Fraction(price) / 60)
        assert found[key] == (
            *(n, unknown, billed, rounded(Fraction(seconds) / 60), cost, picked_up, conversations),
            rounded(Fraction(cost) / picked_up) if picked_up else None,
            rounded(Fraction(cost) / conversations) if conversations else None,
        )


def test_no_calls_give_the_same_columns() -> None:
    whole, grouped = campaign_cost(make_calls(), 1), campaign_cost(make_calls(), 1, by="agent_id")
    assert whole.dtypes.astype(str).to_dict() == DTYPES
    assert grouped.dtypes.astype(str).to_dict() == {"agent_id": "str"} | DTYPES
    assert grouped.empty
    assert the_only(whole) == dict.fromkeys(DTYPES, 0) | {
        "cost_per_picked_up": None,
        "cost_per_conversation": None,
    }


def test_other_dtypes_and_any_index_cost_the_same() -> None:
    calls = calls_of(10, 70.5, None, 300)
    calls["agent_id"] = ["b", "a", None, "b"]
    expected = campaign_cost(calls, "0.1", by="agent_id")
    other = calls.astype({"result": "category", "call_length": "Float64", "completed": object})
    other.index = pd.Index([3, 3, "x", None])
    before = other.copy(deep=True)
    pd.testing.assert_frame_equal(campaign_cost(other, "0.1", by="agent_id"), expected)
    pd.testing.assert_frame_equal(other, before)
    arrow = calls.astype({"call_length": "double[pyarrow]", "result": "string[pyarrow]"})
    pd.testing.assert_frame_equal(campaign_cost(arrow, "0.1", by="agent_id"), expected)
    assert expected["agent_id"].isna().tolist() == [False, False, True]


def test_the_real_campaign_costs_what_duckdb_says(real_campaign: Path) -> None:
    calls = real_calls(real_campaign)
    row = the_only(campaign_cost(calls, "0.12", increment=6, minimum=30))
    with duckdb.connect() as database:
        database.register("calls", calls)
        ((seconds, picked_up),) = database.sql(
            "SELECT sum(CASE WHEN call_length > 0 THEN ceil(greatest(call_length, 30) / 6) * 6 ELSE 0 END), "
            "count(*) FILTER (result = 'pickedUp') FROM calls WHERE completed"
        ).fetchall()
    assert row["cost"] == rounded(Fraction(int(seconds)) * Fraction("0.12") / 60)
    assert row["picked_up"] == picked_up == 2966


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"per_minute": -1}, "per_minute=-1 is not a number of 0 or more"),
        ({"per_minute": "a lot"}, "per_minute='a lot'"),
        ({"per_minute": "NaN"}, "per_minute='NaN'"),
        ({"per_minute": math.inf}, "per_minute=inf"),
        ({"per_minute": True}, "per_minute=True"),
        ({"per_minute": None}, "per_minute=None"),
        ({"per_minute": "1e99"}, "per_minute='1e99'"),
        ({"increment": 0}, "increment=0: calls are rounded up"),
        ({"increment": [60]}, r"increment=\[60\]"),
        ({"minimum": -0.5}, "minimum=-0.5"),
        ({"engaged": "long"}, "engaged='long'"),
        ({"by": "cost"}, "the result has a column of that name"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        campaign_cost(calls_of(1), **{"per_minute": 1} | arguments)


def test_missing_columns_are_named() -> None:
    with pytest.raises(UnknownColumnError, match="no column 'call_length'"):
        campaign_cost(calls_of(1).drop(columns="call_length"), 1)
    with pytest.raises(UnknownColumnError, match="no column 'agent'"):
        campaign_cost(calls_of(1), 1, by="agent")
