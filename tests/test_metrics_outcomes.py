from __future__ import annotations

import gzip
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pandas as pd
import pytest
from call_frames import make_calls, random_calls, real_calls
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint  # type: ignore[import-untyped]

from caldframe.errors import ConfigurationError, UnknownColumnError
from caldframe.frames import CampaignFrames, to_pandas
from caldframe.metrics.outcomes import outcome_rates, reconcile
from caldframe.schema import CAMPAIGNS, RESULTS, arrow_schema, empty_tables

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

DTYPES = {"result": "str", "n": "int64", "total": "int64", "rate": "float64", "low": "float64"} | {
    "high": "float64"
}
STATS = {"failed": "failed", "pending": "pending", "picked_up": "pickedUp", "ivr": "ivr"} | {
    "voicemail": "voicemail",
    "unanswered": "unanswered",
    "disconnected": "disconnected",
}


def cells(table: pd.DataFrame, key: str, row: str, *columns: str) -> list[Any]:
    """Give some cells of the one row that has a value in a column."""
    return table.loc[table[key] == row, list(columns)].to_numpy().tolist()[0]


def test_all_seven_results_come_in_the_order_of_the_api() -> None:
    table = outcome_rates(make_calls(result=["failed", "ivr"], completed=[True, True]))
    assert table["result"].tolist() == list(RESULTS)
    assert table["n"].tolist() == [0, 0, 1, 0, 0, 0, 1]


def test_new_results_follow_sorted_and_null_last_where_they_are_counted() -> None:
    calls = make_calls(result=["zombie", "busy", None, "ivr"], completed=[True] * 4)
    assert outcome_rates(calls)["result"].tolist()[7:9] == ["busy", "zombie"]
    assert outcome_rates(calls)["result"].isna().tolist() == [False] * 9 + [True]
    assert outcome_rates(calls)["n"].tolist() == [0, 0, 1, 0, 0, 0, 0, 1, 1, 1]
    pending = make_calls(result=["busy", None, "ivr"], completed=[False, None, True])
    assert outcome_rates(pending)["result"].tolist() == list(RESULTS)
    assert len(outcome_rates(pending, of="all")) == 9


def test_a_call_that_is_not_known_to_be_over_is_not_counted() -> None:
    results = ["pickedUp", "pending", "pickedUp", "pending"]
    calls = make_calls(result=results, completed=[True, False, None, True])
    over = outcome_rates(calls)
    assert cells(over, "result", "pickedUp", "n", "total") == [1, 2]
    assert cells(over, "result", "pending", "n", "total") == [1, 2]
    assert cells(outcome_rates(calls, of="all"), "result", "pickedUp", "n", "total", "rate") == [2, 4, 0.5]


@pytest.mark.parametrize(
    ("n", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_the_published_ones(n: int, total: int, low: float, high: float) -> None:
    """Newcombe 1998a, table I."""
    calls = make_calls(result=["pickedUp"] * n + ["ivr"] * (total - n), completed=[True] * total)
    found = cells(outcome_rates(calls), "result", "pickedUp", "n", "total", "low", "high")
    assert [round(number, 4) for number in found] == [n, total, low, high]


@given(
    random_calls(),
    st.sampled_from([None, "agent_id", ["agent_id", "variant"], ["variant", "completed"]]),
    st.sampled_from(["completed", "all"]),
    st.sampled_from([0.5, 0.9, 0.95, 0.999]),
)
def test_rates_are_those_of_duckdb_and_statsmodels(
    calls: pd.DataFrame, by: Any, of: Any, confidence: float
) -> None:
    columns: list[str] = [by] if isinstance(by, str) else by or []
    table = outcome_rates(calls, by, of=of, confidence=confidence)
    assert table.columns.tolist() == [*columns, *DTYPES]
    assert table.dtypes[len(columns) :].astype(str).to_dict() == DTYPES
    assert [table[name].dtype for name in columns] == [calls[name].dtype for name in columns]
    assert not table.duplicated([*columns, "result"]).any()

    found = {
        tuple(None if pd.isna(value) else value for value in row[:-1]): row[-1]
        for row in table[[*columns, "result", "n"]].itertuples(index=False)
    }
    counted = "completed IS TRUE" if of == "completed" else "TRUE"
    with duckdb.connect() as database:
        database.register("calls", calls)
        names = ", ".join([*columns, "result"])
        expected = database.sql(
            f"SELECT {names}, count(*) FILTER ({counted}) FROM calls GROUP BY ALL"  # noqa: S608
        ).fetchall()
        keys = ", ".join([*columns, "1"])
        groups = len(database.sql(f"SELECT DISTINCT {keys} FROM calls").fetchall())  # noqa: S608
    assert {key: n for key, n in found.items() if n} == {tuple(key): n for *key, n in expected if n}
    assert len(table) == (groups if columns else 1) * table["result"].nunique(dropna=False)

    some = table[table["total"] > 0]
    ends = proportion_confint(some["n"], some["total"], alpha=1 - confidence, method="wilson")
    assert some["low"].to_numpy() == pytest.approx(np.asarray(ends[0]), abs=1e-12)
    assert some["high"].to_numpy() == pytest.approx(np.asarray(ends[1]), abs=1e-12)
    assert (some["rate"] == some["n"] / some["total"]).all()
    none = table[table["total"] == 0]
    assert none[["rate", "low", "high"]].isna().all(axis=None)
    sums = some.groupby(columns or some["total"].gt(0), dropna=False)["rate"].sum()
    assert sums.to_numpy() == pytest.approx(np.ones(len(sums)))


def test_a_group_without_completed_calls_is_there_with_nothing() -> None:
    calls = make_calls(
        agent_id=["b", None, "a"], result=["ivr", "ivr", "pending"], completed=[True, True, False]
    )
    table = outcome_rates(calls, "agent_id")
    assert table["agent_id"].fillna("null").tolist() == ["a"] * 7 + ["b"] * 7 + ["null"] * 7
    assert table["total"].tolist() == [0] * 7 + [1] * 14
    assert table.iloc[:7][["rate", "low", "high"]].isna().all(axis=None)


def test_no_calls_give_the_same_columns() -> None:
    nothing = make_calls()
    whole, grouped = outcome_rates(nothing), outcome_rates(nothing, "agent_id")
    assert whole.dtypes.astype(str).to_dict() == DTYPES
    assert whole["n"].tolist() == [0] * 7
    assert whole[["rate", "low", "high"]].isna().all(axis=None)
    assert grouped.dtypes.astype(str).to_dict() == {"agent_id": "str"} | DTYPES
    assert grouped.empty


def test_columns_of_other_dtypes_count_the_same() -> None:
    calls = make_calls(result=["ivr", "failed", None], completed=[True, None, True], agent_id=["a", "a", "b"])
    expected = outcome_rates(calls, "agent_id")
    for completed in ("object", "Int64", "float64"):
        for result in ("object", "category"):
            other = calls.astype({"completed": completed, "result": result})
            pd.testing.assert_frame_equal(outcome_rates(other, "agent_id"), expected)


def test_the_calls_are_left_alone() -> None:
    calls = make_calls(result=["ivr", "failed"], completed=[True, False]).set_index(pd.Index([7, 7]))
    before = calls.copy()
    outcome_rates(calls, "campaign_id")
    pd.testing.assert_frame_equal(calls, before)


def test_the_table_says_how_it_was_made() -> None:
    assert outcome_rates(make_calls(), of="all", confidence=0.9).attrs == {"of": "all", "confidence": 0.9}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"of": "finished"}, "neither"),
        ({"confidence": 95}, r"0\.95 for 95%"),
        ({"by": "result"}, "has a column of that name"),
        ({"by": ["rate"]}, "has a column of that name"),
        ({"by": 3}, "neither a column name"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        outcome_rates(make_calls(), **arguments)


def test_missing_columns_are_named() -> None:
    with pytest.raises(UnknownColumnError, match=r"'agent'\. Did you mean 'agent_id'"):
        outcome_rates(make_calls(), "agent")
    with pytest.raises(UnknownColumnError, match="'completed'"):
        outcome_rates(pd.DataFrame({"result": ["ivr"]}))
    assert outcome_rates(pd.DataFrame({"result": ["ivr"]}), of="all")["n"].sum() == 1


def test_frames_in_place_of_calls_are_refused() -> None:
    frames: Any = CampaignFrames.from_arrow(empty_tables())
    with pytest.raises(
        ConfigurationError, match=r"This is a CampaignFrames, which holds 4 tables.*: frames\.calls"
    ):
        outcome_rates(frames)


def test_the_real_campaign_ended_as_it_did(real_campaign: Path) -> None:
    calls = real_calls(real_campaign)
    table = outcome_rates(calls)
    assert set(table["total"]) == {8515}
    expected = {"pickedUp": 2966, "unanswered": 2733, "voicemail": 1893, "ivr": 337} | {
        "disconnected": 340,
        "failed": 246,
        "pending": 0,
    }
    assert table.set_index("result")["n"].to_dict() == expected
    assert outcome_rates(calls, "weekday").groupby("result")["n"].sum().to_dict() == expected
    assert cells(outcome_rates(calls, of="all"), "result", "pending", "n", "total") == [49, 8564]


def make_frames(campaigns: list[dict[str, Any]], calls: pd.DataFrame) -> Any:
    schema = arrow_schema(CAMPAIGNS)
    table = to_pandas(schema.empty_table().from_pylist(campaigns, schema=schema), CAMPAIGNS)
    return SimpleNamespace(campaigns=table, calls=calls)


def test_the_real_campaign_reconciles(real_campaign: Path) -> None:
    stats = json.loads(gzip.decompress(real_campaign.read_bytes()))["stats"]
    calls = real_calls(real_campaign)
    row = {"campaign_id": calls["campaign_id"][0], "total_calls": 8564, "completed_calls": 8515}
    reported = {f"{name}_calls": stats[f"{result}Calls"] for name, result in STATS.items()}
    table = reconcile(make_frames([row | reported], calls))
    assert table.columns.tolist() == ["campaign_id", "stat", "reported", "counted", "difference"]
    assert table["counted"].tolist() == [8564, 8515, 246, 49, 2966, 337, 1893, 2733, 340]
    assert table["reported"].tolist() == list(stats.values())
    assert table["difference"].tolist() == [0] * 9


def test_the_stats_are_those_of_the_table_of_campaigns() -> None:
    stats = [column.name for column in CAMPAIGNS if column.name.endswith("_calls")]
    assert reconcile(make_frames([{"campaign_id": "c"}], make_calls()))["stat"].tolist() == stats


def test_each_stat_counts_its_own_calls() -> None:
    calls = make_calls(
        campaign_id=["c"] * 5,
        result=["failed", "pickedUp", "pickedUp", "busy", None],
        completed=[True, True, None, False, True],
    )
    table = reconcile(make_frames([{"campaign_id": "c", "total_calls": 7, "failed_calls": 0}], calls))
    assert table["counted"].tolist() == [5, 3, 1, 0, 2, 0, 0, 0, 0]
    assert table["difference"].fillna(99).tolist() == [2, 99, -1, 99, 99, 99, 99, 99, 99]
    assert table.dtypes.astype(str).tolist() == ["str", "str", "Int64", "Int64", "Int64"]


def test_each_campaign_has_its_own_calls_in_the_order_of_the_campaigns() -> None:
    calls = make_calls(campaign_id=["b", "a", "b", "c"])
    campaigns = [{"campaign_id": "b", "total_calls": 2}, {"campaign_id": "a", "total_calls": 2}]
    table = reconcile(make_frames(campaigns, calls)).query("stat == 'total_calls'")
    assert table["campaign_id"].tolist() == ["b", "a", "c"]
    assert table["counted"].tolist() == [2, 1, 1]
    assert table["reported"].fillna(-1).tolist() == [2, 2, -1]


@pytest.mark.parametrize("shared", ["c", None])
def test_campaigns_of_one_id_are_counted_as_one(shared: str | None) -> None:
    calls = make_calls(campaign_id=[shared] * 5)
    campaigns = [
        {"campaign_id": shared, "name": "first", "total_calls": 2, "ivr_calls": 1},
        {"campaign_id": shared, "name": "second", "total_calls": 3},
    ]
    table = reconcile(make_frames(campaigns, calls))
    assert len(table) == 9
    assert table["campaign_id"].isna().all() == (shared is None)
    assert cells(table, "stat", "total_calls", "reported", "counted", "difference") == [5, 5, 0]
    assert table["reported"].isna().tolist() == [False] + [True] * 8


def test_no_campaigns_give_the_same_columns() -> None:
    table = reconcile(make_frames([], make_calls()))
    assert table.empty
    assert table.dtypes.astype(str).to_dict() == {
        "campaign_id": "str",
        "stat": "str",
        "reported": "Int64",
        "counted": "Int64",
        "difference": "Int64",
    }


def test_calls_in_place_of_frames_are_refused() -> None:
    calls: Any = make_calls()
    with pytest.raises(ConfigurationError, match="needs the frames of a campaign"):
        reconcile(calls)


def test_frames_without_a_stat_are_refused() -> None:
    frames = make_frames([{"campaign_id": "c"}], make_calls())
    frames.campaigns = frames.campaigns.drop(columns="ivr_calls")
    with pytest.raises(UnknownColumnError, match="'ivr_calls'"):
        reconcile(frames)
