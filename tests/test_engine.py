from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from call_frames import random_calls
from hypothesis import given

import caldframe as cf
from caldframe.engine import (
    as_booleans,
    as_integers,
    as_numbers,
    as_text,
    as_times,
    check_names,
    check_whole,
    check_zone,
    count_rows,
    group_columns,
    group_rows,
    has_words,
    is_one_of,
    repeat_rows,
)
from caldframe.errors import ConfigurationError, UnknownColumnError

if TYPE_CHECKING:
    from typing import Any

NOON = datetime(2026, 3, 2, 12)  # noqa: DTZ001 - what has no zone is to be refused

SORTED_COLUMNS = {
    "text": pd.Series(["b", None, "a", "b"], dtype="str"),
    "object": pd.Series(["b", None, "a", "b"], dtype=object),
    "category": pd.Series(pd.Categorical(["y", None, "x", "y"], categories=["unused", "x", "y"])),
    "Int64": pd.Series([2, None, 1, 2], dtype="Int64"),
    "float": pd.Series([2.5, np.nan, -1, 2.5]),
    "boolean": pd.Series([True, None, False, True], dtype="boolean"),
    "time": pd.Series(pd.to_datetime(["2026-03-02", "NaT", "2026-03-01", "2026-03-02"], utc=True)),
    "arrow": pd.Series(["b", None, "a", "b"], dtype="string[pyarrow]"),
}


@pytest.mark.parametrize("values", SORTED_COLUMNS.values(), ids=SORTED_COLUMNS)
def test_groups_are_sorted_with_null_last_and_keep_their_dtype(values: pd.Series[Any]) -> None:
    groups = group_rows(pd.DataFrame({"key": values}), ["key"])
    assert groups.numbers.tolist() == [1, 2, 0, 1]
    assert groups.keys["key"].dtype == values.dtype
    assert groups.keys["key"].isna().tolist() == [False, False, True]


def test_categories_keep_their_order() -> None:
    days = pd.Categorical(["Tue", "Mon", None, "Tue"], categories=["Mon", "Wed", "Tue"], ordered=True)
    groups = group_rows(pd.DataFrame({"day": days}), ["day"])
    assert groups.keys["day"].astype(object).fillna("null").tolist() == ["Mon", "Tue", "null"]


def test_every_kind_of_null_is_one_group() -> None:
    values = pd.Series([None, np.nan, pd.NA, pd.NaT, "a"], dtype=object)
    assert group_rows(pd.DataFrame({"key": values}), ["key"]).numbers.tolist() == [1, 1, 1, 1, 0]


def test_no_columns_make_one_group_even_of_no_rows() -> None:
    for rows in (0, 3):
        groups = group_rows(pd.DataFrame({"a": range(rows)}), [])
        assert len(groups.keys) == 1
        assert groups.numbers.tolist() == [0] * rows


def test_an_index_that_has_the_name_of_a_column_does_not_matter() -> None:
    table = pd.DataFrame({"key": ["b", "a"]}, index=pd.Index(["x", "x"], name="key"))
    assert group_rows(table, ["key"]).numbers.tolist() == [1, 0]
    assert count_rows(table, ["key"]).keys["key"].tolist() == ["b", "a"]


@given(random_calls())
def test_counts_are_those_of_duckdb(calls: pd.DataFrame) -> None:
    columns = ["agent_id", "variant", "completed", "result", "call_length"]
    counts = count_rows(calls, columns)
    found = {
        tuple(None if pd.isna(value) else value for value in key): int(rows)
        for key, rows in zip(counts.keys.itertuples(index=False), counts.rows, strict=True)
    }
    with duckdb.connect() as database:
        database.register("calls", calls)
        names = ", ".join(columns)
        expected = database.sql(f"SELECT {names}, count(*) FROM calls GROUP BY ALL").fetchall()  # noqa: S608
    assert found == {tuple(key): rows for *key, rows in expected}
    assert len(counts.keys) == len(expected)


def test_a_sum_of_integers_is_an_integer() -> None:
    groups = group_rows(pd.DataFrame({"key": ["b", "a", "b"]}), ["key"])
    assert groups.sums(np.array([2**60, 1, 2**60 + 1])).tolist() == [1, 2**61 + 1]


def test_by_is_a_name_or_a_list_of_them() -> None:
    assert group_columns(None, []) == group_columns([], []) == []
    assert group_columns("a", ["n"]) == group_columns(["a"], []) == ["a"]
    assert group_columns(("b", "a"), []) == ["b", "a"]


@pytest.mark.parametrize("by", [3, [3], [["a"]], {"a"}, pd.Series(["a"]), len])
def test_anything_else_is_not(by: object) -> None:
    with pytest.raises(ConfigurationError, match="neither a column name nor a list"):
        group_columns(by, [])


def test_a_column_in_place_of_its_name_does_not_fill_the_screen() -> None:
    with pytest.raises(ConfigurationError, match=r"^by=<Series> is neither"):
        group_columns(pd.Series(range(9000), name="agent_id"), [])
    with pytest.raises(ConfigurationError, match=r"^keep=<DataFrame> is no list"):
        check_names("keep", pd.DataFrame({3: range(9000)}))


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        (ZoneInfo("Europe/Paris"), "Europe/Paris"),
        (UTC, "UTC"),
        (timezone(timedelta(hours=2)), "Europe/Berlin"),
    ],
)
def test_a_zone_in_place_of_its_name_is_told_the_name(zone: tzinfo, name: str) -> None:
    with pytest.raises(ConfigurationError, match=f'its name is needed. Give "{name}"'):
        check_zone(zone)


def test_a_column_is_not_named_twice_nor_one_of_the_result() -> None:
    with pytest.raises(ConfigurationError, match="'a' twice"):
        group_columns(["a", "b", "a"], [])
    with pytest.raises(ConfigurationError, match="by='n': the result has a column of that name"):
        group_columns("n", ["n", "rate"])


@pytest.mark.parametrize("value", [0, 3, np.int64(2), np.uint8(7)])
def test_whole_numbers(value: Any) -> None:
    assert check_whole("turns", value, least=0) == int(value)


@pytest.mark.parametrize("value", [1, 0, -1, 2.0, True, "3", None, np.int64(1), np.float64(3)])
def test_no_whole_numbers_of_two_or_more(value: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"turns=.* is not a whole number of 2 or more"):
        check_whole("turns", value, least=2)


@pytest.mark.parametrize("value", [["b", "a"], ("b", "a"), pd.Index(["b", "a"]), (name for name in "ba")])
def test_lists_of_names(value: Any) -> None:
    assert check_names("keep", value) == ["b", "a"]


@pytest.mark.parametrize("value", ["plan", None, 3, ["plan", 3], [None]])
def test_no_lists_of_names(value: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"keep=.* is no list of column names"):
        check_names("keep", value)


def test_an_unknown_column_is_named_beside_those_there_are() -> None:
    table = pd.DataFrame({"agent_id": ["a"], "result": ["ivr"], 7: [0]})
    with pytest.raises(UnknownColumnError) as raised:
        count_rows(table, ["agnet_id"])
    assert str(raised.value) == (
        "The table has no column 'agnet_id'. Did you mean 'agent_id'? Its columns: agent_id, result."
    )
    with pytest.raises(UnknownColumnError, match=r"no column '7'\. Its columns"):
        group_rows(table, ["7"])


@pytest.mark.parametrize(
    ("name", "columns", "why"),
    [
        (
            "turn",
            ["call_id", "direction", "result", "turns"],
            "It has the columns of calls, and 'turn' is one of tran",
        ),
        (
            "result",
            ["call_id", "turn", "role", "content"],
            "It has the columns of transcripts, and 'result' is one of c",
        ),
        ("turn", ["call_id", "turns"], "Did you mean 'turns'"),
        (
            "call_length",
            ["callLength", "result"],
            "It has 'callLength', as the API names it: rename it, or load",
        ),
        (
            "total_calls",
            ["campaign_id", "stats.totalCalls"],
            "It has 'stats.totalCalls', as the API names it",
        ),
        ("turns", ["call_id", "transcripts"], "column 'turns'. Its columns"),
    ],
)
def test_a_lacking_column_may_be_one_of_another_table_or_have_another_name(
    name: str, columns: list[str], why: str
) -> None:
    with pytest.raises(UnknownColumnError, match=why):
        count_rows(pd.DataFrame(columns=columns), [name])


def test_all_tables_of_a_campaign_in_place_of_one() -> None:
    frames = cf.load_campaign(b'{"campaignId": "c1", "calls": []}')
    with pytest.raises(ConfigurationError, match=r"^This is a CampaignFrames, which holds 4 tables\. Give"):
        count_rows(frames, ["result"])


def test_times_without_a_zone_are_refused_with_how_to_give_them_one() -> None:
    placed = pd.Series(pd.to_datetime(["2026-03-02 10:00"]), name="created_at")
    with pytest.raises(ConfigurationError, match=r"calls\['created_at'\]\.dt\.tz_localize\(\"UTC\"\)"):
        as_times(placed)


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([None, NOON], dtype=object),
        pd.Series([NOON.replace(tzinfo=UTC), pd.Timestamp(NOON)], dtype=object),
        pd.Series([NOON.date(), None], dtype=object),
        pd.Series([np.datetime64(NOON)], dtype=object),
        pd.Series([NOON, None], dtype="category"),
        pd.Series([None, NOON], dtype=pd.ArrowDtype(pa.timestamp("us"))),
        pd.Series([NOON.date()], dtype=pd.ArrowDtype(pa.date32())),
    ],
    ids=lambda values: str(values.dtype),
)
def test_so_are_those_in_columns_of_any_dtype(values: pd.Series[Any]) -> None:
    with pytest.raises(
        ConfigurationError, match=r"without a time zone.*: pd\.to_datetime\(calls\['at'\], utc"
    ):
        as_times(values.rename("at"))
    known = values.dropna()
    assert as_times(pd.to_datetime(known, utc=True)).dt.date.unique().tolist() == [NOON.date()]


@pytest.mark.parametrize("dtype", ["object", "category", pd.ArrowDtype(pa.timestamp("us", "UTC"))])
def test_times_with_a_zone_are_read_from_any_dtype(dtype: Any) -> None:
    moment = NOON.replace(tzinfo=UTC)
    read = as_times(pd.Series([moment, None], dtype=dtype))
    assert str(read.dtype) == "datetime64[us, UTC]"
    assert read.tolist() == [moment, pd.NaT]
    assert as_times(pd.Series([None], dtype="object")).isna().all()


def test_two_columns_of_one_name_are_refused() -> None:
    table = pd.DataFrame([[1, 2]], columns=["a", "a"])
    with pytest.raises(ConfigurationError, match="2 columns named 'a'"):
        count_rows(table, ["a"])


@pytest.mark.parametrize("table", [None, [{"a": 1}], pd.Series([1], name="a")])
def test_only_a_frame_can_be_counted(table: Any) -> None:
    with pytest.raises(ConfigurationError, match="DataFrame is needed"):
        count_rows(table, ["a"])


@pytest.mark.parametrize("values", [[["a"], ["b"]], [{}, {}], [pd.Timestamp(0), 3]])
def test_values_that_cannot_be_sorted_are_refused(values: list[object]) -> None:
    with pytest.raises(ConfigurationError, match="'key' has values that cannot be compared"):
        group_rows(pd.DataFrame({"key": pd.Series(values, dtype=object)}), ["key"])


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([True, None, False], dtype="boolean"),
        pd.Series([True, None, False], dtype=object),
        pd.Series([1, None, 0], dtype="Int64"),
        pd.Series([1.0, np.nan, 0.0]),
        pd.Series([True, None, False], dtype="bool[pyarrow]"),
    ],
)
def test_booleans_are_read_from_any_dtype(values: pd.Series[Any]) -> None:
    assert as_booleans(values).tolist() == [True, False, False]


@pytest.mark.parametrize("dtype", ["float64", "Float64", "object", "float32", "double[pyarrow]", "Int64"])
def test_numbers_are_read_from_any_dtype(dtype: Any) -> None:
    numbers = as_numbers(pd.Series([1, None, 260], dtype=dtype))
    assert numbers[[0, 2]].tolist() == [1, 260]
    assert np.isnan(numbers[1])


@pytest.mark.parametrize("dtype", ["str", "object", "category", "string[pyarrow]"])
def test_text_is_read_from_any_dtype(dtype: Any) -> None:
    text = as_text(pd.Series(["ivr", None], dtype=dtype))
    assert text.dtype == pd.StringDtype(na_value=np.nan)
    assert text[0] == "ivr"
    assert pd.isna(text[1])


@pytest.mark.parametrize("dtype", ["str", "object", "category", "string[pyarrow]"])
def test_text_is_compared_whatever_its_dtype(dtype: Any) -> None:
    results = pd.Series(["ivr", None, "failed", "pickedUp"], dtype=dtype)
    assert is_one_of(results, "ivr").tolist() == [True, False, False, False]
    assert is_one_of(results, "ivr", "failed").tolist() == [True, False, True, False]


def test_white_space_of_any_kind_says_nothing() -> None:
    content = pd.Series(["Hi", "", " ", "\t\n", "\u00a0", None, "…"], dtype="str")
    assert has_words(content).tolist() == [True, False, False, False, False, False, True]


def test_rows_are_repeated_where_they_are() -> None:
    keys = pd.DataFrame({"agent_id": ["a", "b", "c"]}, index=[7, 3, 5])
    assert repeat_rows(keys, 2)["agent_id"].tolist() == ["a", "a", "b", "b", "c", "c"]
    assert repeat_rows(keys, [1, 0, 2])["agent_id"].to_dict() == {0: "a", 1: "c", 2: "c"}
    assert len(repeat_rows(pd.DataFrame(index=range(1)), 3)) == 3


@pytest.mark.parametrize(
    ("read", "values"),
    [
        (as_booleans, ["yes", "no"]),
        (as_booleans, [0.5]),
        (as_numbers, ["long"]),
        (as_numbers, [pd.Timedelta("1s")]),
        (as_integers, [1.5]),
        (as_integers, [float("inf")]),
        (as_times, pd.Series([1_772_445_600, None], dtype=object)),
        (as_times, pd.Series([1_772_445_600], dtype="category")),
    ],
)
def test_values_of_another_kind_are_refused(read: Any, values: Any) -> None:
    with pytest.raises(ConfigurationError, match="'key' should hold"):
        read(pd.Series(values, name="key"))
