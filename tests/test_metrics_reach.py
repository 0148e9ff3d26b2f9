"""How people are reached: every history followed again in plain Python, every curve fitted by lifelines."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb
import numpy as np
import pandas as pd
import pytest
from call_frames import make_calls
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from statsmodels.stats.proportion import proportion_confint  # type: ignore[import-untyped]

import caldframe as cf
from caldframe.errors import ConfigurationError, UnknownColumnError
from caldframe.metrics.reach import attempts, reach_by_gap, reach_curve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
ATTEMPTS = {"attempt": "Int64", "reached_before": "boolean", "since_previous": "timedelta64[us]"}
HAZARD = {"hazard": "float64", "hazard_low": "float64", "hazard_high": "float64"}
CURVE = {
    "attempt": "int64",
    "at_risk": "int64",
    "reached": "int64",
    "censored": "int64",
    **HAZARD,
    "reach": "float64",
    "low": "float64",
    "high": "float64",
    "observed": "float64",
}
BY_GAP = {
    "attempt": "int64",
    "left": "float64",
    "right": "float64",
    "at_risk": "int64",
    "reached": "int64",
    **HAZARD,
}
CURVES: list[Callable[..., pd.DataFrame]] = [reach_curve, reach_by_gap]


class Attempt(NamedTuple):
    row: int
    first_row: int
    number: int
    gap: timedelta | None
    reached_before: bool
    reached: bool


def placed(*placements: tuple[str | None, float | None, str], **columns: Any) -> pd.DataFrame:
    """Give completed outbound calls: the number called, the hours since the start, the result."""
    rows: dict[str, Any] = {
        "campaign_id": ["c1"] * len(placements),
        "prospect_number": [number for number, _, _ in placements],
        "direction": ["outbound"] * len(placements),
        "completed": [True] * len(placements),
        "result": [result for _, _, result in placements],
        "created_at": [
            None if hours is None else START + timedelta(hours=hours) for _, hours, _ in placements
        ],
    }
    return make_calls(**(rows | columns))


@st.composite
def histories(draw: st.DrawFn) -> pd.DataFrame:
    """Draw up to 40 calls to and from a few prospects, some of whom nothing certain is known."""
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["c1", "c2", None]),
                st.sampled_from(["+1", "+2", "+3", "+4", "+5", "+6", "", None]),
                st.sampled_from(["outbound"] * 8 + ["inbound", None]),
                st.sampled_from([True] * 8 + [False, None]),
                st.sampled_from(["pickedUp", "voicemail", "unanswered", "unanswered", "busy", None]),
                st.one_of(*[st.integers(0, 200)] * 9, st.none()),
                st.sampled_from(["agent-1", "agent-2", "Zoë", None]),
                st.sampled_from([True, False, None]),
            ),
            max_size=40,
        )
    )
    campaigns, numbers, directions, completed, results, hours, agents, sales = (
        zip(*rows, strict=True) if rows else [()] * 8
    )
    calls = placed(
        *zip(numbers, hours, results, strict=True),
        campaign_id=campaigns,
        direction=directions,
        completed=completed,
        agent_id=agents,
    )
    return calls.assign(sale=pd.array(sales, dtype="boolean"))


def plain(calls: pd.DataFrame, outcome: str = "pickedUp") -> list[list[dict[str, Any]]]:
    """Give each prospect's completed calls, in the order of time, as dictionaries."""
    records = calls.astype("object").where(calls.notna(), None).to_dict("records")
    prospects = defaultdict(list)
    for row, record in enumerate(records):
        if record["completed"] is True and record["prospect_number"] not in (None, ""):
            happened = record["sale"] is True if outcome == "sale" else record["result"] == outcome
            known = {str(name): value for name, value in record.items()}
            key = (record["campaign_id"], record["prospect_number"])
            prospects[key].append(known | {"row": row, "happened": happened})
    timed = [own for own in prospects.values() if all(call["created_at"] is not None for call in own)]
    return [sorted(own, key=lambda call: (call["created_at"], call["row"])) for own in timed]


def followed(calls: pd.DataFrame, outcome: str = "pickedUp") -> Iterator[list[Attempt]]:
    """Follow each prospect from call to call."""
    for own in plain(calls, outcome):
        found: list[Attempt] = []
        reached = False
        last: datetime | None = None
        for call in own:
            if call["direction"] == "outbound":
                gap: timedelta | None = None if last is None else call["created_at"] - last
                first_row = found[0].first_row if found else call["row"]
                number = len(found) + 1
                found.append(Attempt(call["row"], first_row, number, gap, reached, call["happened"]))
                last = call["created_at"]
            reached = reached or call["happened"]
        yield found


def lifetimes(
    calls: pd.DataFrame, columns: Sequence[str], outcome: str
) -> dict[tuple[Any, ...], list[tuple[int, bool]]]:
    """Give, for each group, after how many attempts its prospects were reached, or lost sight of."""
    keys = keys_of(calls, columns)
    groups: dict[tuple[Any, ...], list[tuple[int, bool]]] = {group: [] for group in keys}
    if not columns:
        groups[()] = []
    for found in followed(calls, outcome):
        fresh = [attempt for attempt in found if not attempt.reached_before]
        if fresh:
            groups[keys[fresh[0].first_row]].append((len(fresh), fresh[-1].reached))
    return groups


def keys_of(table: pd.DataFrame, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    values = table[list(columns)].astype("object")
    return [tuple(row) for row in values.where(values.notna(), None).to_numpy().tolist()]


def column_list(by: Any) -> list[str]:
    return [by] if isinstance(by, str) else by or []


groupings = st.sampled_from([None, "agent_id", "campaign_id", ["agent_id", "direction"]])
outcomes = st.sampled_from(["pickedUp", "voicemail", "sale"])


# --- attempts -----------------------------------------------------------------------------------------------


@given(histories(), outcomes)
def test_every_call_has_the_number_it_has_when_followed_one_by_one(calls: pd.DataFrame, outcome: str) -> None:
    table = attempts(calls, outcome=outcome)
    assert table.dtypes.astype(str).to_dict() == ATTEMPTS
    found = {attempt.row: attempt for own in followed(calls, outcome) for attempt in own}
    for row, (number, reached_before, gap) in enumerate(table.itertuples(index=False)):
        if row in found:
            assert (number, reached_before) == (found[row].number, found[row].reached_before)
            assert (None if pd.isna(gap) else gap) == found[row].gap
        else:
            assert pd.isna(number)
            assert pd.isna(reached_before)
            assert pd.isna(gap)
    over = calls["completed"].fillna(False).astype(bool) & calls["direction"].eq("outbound").astype(bool)
    assert table.attrs == {"outcome": outcome, "left_out": over.sum() - len(found)}


def test_a_prospect_is_a_number_in_a_campaign() -> None:
    calls = placed(*[("+1", hour, "ivr") for hour in range(4)], campaign_id=["c1", None, "c1", None])
    assert attempts(calls)["attempt"].tolist() == [1, 1, 2, 2]


def test_what_is_pending_or_comes_in_is_no_attempt() -> None:
    calls = placed(
        *[("+1", hour, "ivr") for hour in range(5)],
        completed=[True, False, None, True, True],
        direction=["outbound", "outbound", "outbound", "inbound", "outbound"],
    )
    table = attempts(calls)
    assert table["attempt"].fillna(0).tolist() == [1, 0, 0, 0, 2]
    assert table["since_previous"].iloc[4] == timedelta(hours=4)


def test_who_calls_in_is_reached_from_then_on() -> None:
    calls = placed(
        ("+1", 0, "voicemail"),
        ("+1", 1, "pickedUp"),
        ("+1", 2, "pickedUp"),
        direction=["outbound", "inbound", "outbound"],
    )
    assert attempts(calls)["reached_before"].fillna(False).tolist() == [False, False, True]
    curve = reach_curve(calls)
    assert curve[["at_risk", "reached", "censored"]].to_numpy().tolist() == [[1, 0, 1]]


def test_calls_of_one_moment_come_in_the_order_of_their_rows() -> None:
    calls = placed(("+1", 3, "ivr"), ("+1", 0, "pickedUp"), ("+1", 0, "ivr"), ("+2", 0, "ivr"))
    table = attempts(calls)
    assert table["attempt"].tolist() == [3, 1, 2, 1]
    assert table["reached_before"].tolist() == [True, False, True, False]
    assert table["since_previous"].iloc[2] == timedelta(0)


def test_where_a_time_is_missing_the_order_of_the_prospects_calls_is_unknown() -> None:
    calls = placed(("+1", 0, "ivr"), ("+1", None, "pickedUp"), ("+2", 0, "ivr"), (None, 0, "ivr"))
    table = attempts(calls)
    assert table["attempt"].fillna(0).tolist() == [0, 0, 1, 0]
    assert table.attrs["left_out"] == 3
    assert reach_curve(calls).attrs["left_out"] == 3
    pending = calls.assign(completed=pd.array([True, False, True, True], dtype="boolean"))
    assert attempts(pending)["attempt"].fillna(0).tolist() == [1, 0, 1, 0]


def test_attempts_stand_beside_their_calls_whatever_the_index() -> None:
    calls = placed(("+1", 5, "ivr"), ("+1", 0, "ivr"), ("+2", 0, "ivr")).set_index(pd.Index([7, 7, 1]))
    beside = pd.concat([calls, attempts(calls)], axis="columns")
    assert beside["attempt"].tolist() == [2, 1, 1]
    assert beside.index.tolist() == [7, 7, 1]


@pytest.mark.parametrize("outcome", ["pickedUp", "sale"])
def test_no_calls_give_the_same_columns(outcome: str) -> None:
    nothing = make_calls().assign(sale=pd.array([], dtype="boolean"))
    table = attempts(nothing, outcome=outcome)
    assert table.dtypes.astype(str).to_dict() == ATTEMPTS
    assert table.empty
    for metric, dtypes in ((reach_curve, CURVE), (reach_by_gap, BY_GAP)):
        grouped = metric(nothing, "agent_id", outcome=outcome)
        assert grouped.dtypes.astype(str).to_dict() == {"agent_id": "str"} | dtypes
        assert grouped.empty
        whole = metric(nothing, outcome=outcome)
        assert whole.dtypes.astype(str).to_dict() == dtypes
        assert whole["attempt"].unique().tolist() == [2 if metric is reach_by_gap else 1]
        assert whole["at_risk"].eq(0).all()
        assert whole[[*HAZARD]].isna().all(axis=None)


# --- the curve ----------------------------------------------------------------------------------------------


@settings(max_examples=50)  # lifelines takes its time
@given(histories(), groupings, outcomes, st.sampled_from([0.5, 0.95, 0.999]))
def test_curves_are_those_of_lifelines(calls: pd.DataFrame, by: Any, outcome: str, confidence: float) -> None:
    columns = column_list(by)
    table = reach_curve(calls, by, outcome=outcome, confidence=confidence)
    assert table.columns.tolist() == [*columns, *CURVE]
    assert table.dtypes[len(columns) :].astype(str).to_dict() == CURVE
    assert [table[name].dtype for name in columns] == [calls[name].dtype for name in columns]
    groups = lifetimes(calls, columns, outcome)
    keys = keys_of(table, columns)
    assert list(dict.fromkeys(keys)) == sorted(groups, key=lambda key: [(x is None, x or "") for x in key])
    for group, prospects in groups.items():
        curve = table[[key == group for key in keys]]
        assert curve["attempt"].tolist() == [*range(1, 1 + max((last for last, _ in prospects), default=1))]
        if prospects:
            assert_fits(curve, prospects, confidence)
        else:
            assert curve[["at_risk", "reached", "censored"]].to_numpy().tolist() == [[0, 0, 0]]
            assert curve[[name for name, dtype in CURVE.items() if dtype == "float64"]].isna().all(axis=None)


def assert_fits(curve: pd.DataFrame, prospects: list[tuple[int, bool]], confidence: float) -> None:
    """Compare with what lifelines makes of how long each prospect was tried, and whether it was reached."""
    durations, reached = zip(*prospects, strict=True)
    fitted = KaplanMeierFitter(alpha=1 - confidence).fit(durations, reached)
    events = fitted.event_table.reindex(curve["attempt"], fill_value=0)
    assert curve["reached"].tolist() == events["observed"].tolist()
    assert curve["censored"].tolist() == events["censored"].tolist()
    assert curve["at_risk"].tolist() == [sum(last >= step for last in durations) for step in curve["attempt"]]
    survival = fitted.survival_function_at_times(curve["attempt"]).to_numpy()
    assert 1 - curve["reach"].to_numpy() == pytest.approx(survival, abs=1e-12)
    ends = 1 - fitted.confidence_interval_.reindex(curve["attempt"], method="ffill").to_numpy()
    inside = ((curve["reach"] > 0) & (curve["reach"] < 1)).to_numpy()
    assert curve["low"].to_numpy()[inside] == pytest.approx(ends[inside, 1], abs=1e-9)
    assert curve["high"].to_numpy()[inside] == pytest.approx(ends[inside, 0], abs=1e-9)
    assert curve.loc[~inside, ["low", "high"]].isna().all(axis=None)
    assert_rates(curve, confidence)
    observed = [
        sum(hit for last, hit in prospects if last <= step) / len(prospects) for step in curve["attempt"]
    ]
    assert curve["observed"].tolist() == pytest.approx(observed, abs=1e-12)
    assert (curve["observed"] <= curve["reach"] + 1e-12).all()


def assert_rates(table: pd.DataFrame, confidence: float) -> None:
    some = table[table["at_risk"] > 0]
    low, high = proportion_confint(some["reached"], some["at_risk"], alpha=1 - confidence, method="wilson")
    assert (some["hazard"] == some["reached"] / some["at_risk"]).all()
    assert some["hazard_low"].to_numpy() == pytest.approx(np.asarray(low), abs=1e-12)
    assert some["hazard_high"].to_numpy() == pytest.approx(np.asarray(high), abs=1e-12)
    assert table.loc[table["at_risk"] == 0, [*HAZARD]].isna().all(axis=None)


def test_a_prospect_stays_in_the_group_of_its_first_attempt() -> None:
    calls = placed(*(("+1", 0, "ivr"), ("+1", 1, "pickedUp"), ("+2", 0, "ivr")), agent_id=["a", "b", "b"])
    table = reach_curve(calls, "agent_id")
    assert table[["agent_id", "attempt", "at_risk", "reached"]].to_numpy().tolist() == [
        ["a", 1, 1, 0],
        ["a", 2, 1, 1],
        ["b", 1, 1, 0],
    ]


def test_calls_after_a_prospect_was_reached_do_not_count() -> None:
    calls = placed(("+1", 0, "ivr"), ("+1", 1, "pickedUp"), ("+1", 2, "ivr"), ("+1", 3, "pickedUp"))
    assert reach_curve(calls)[["attempt", "at_risk", "reached", "censored"]].to_numpy().tolist() == [
        [1, 1, 0, 0],
        [2, 1, 1, 0],
    ]


@settings(max_examples=50)
@given(histories(), groupings, st.integers(1, 4))
def test_a_limit_leaves_rows_out_and_changes_none(calls: pd.DataFrame, by: Any, limit: int) -> None:
    whole, cut = reach_curve(calls, by), reach_curve(calls, by, max_attempts=limit)
    pd.testing.assert_frame_equal(
        cut, whole[whole["attempt"] <= limit].reset_index(drop=True), check_exact=True
    )
    whole, cut = reach_by_gap(calls, by), reach_by_gap(calls, by, max_attempts=limit + 1)
    pd.testing.assert_frame_equal(
        cut, whole[whole["attempt"] <= limit + 1].reset_index(drop=True), check_exact=True
    )
    assert cut.attrs["max_attempts"] == limit + 1


# --- by the time since the previous attempt -----------------------------------------------------------------


@given(histories(), groupings, outcomes, st.lists(st.integers(1, 150), unique=True, max_size=4).map(sorted))
def test_gaps_are_counted_as_when_followed_one_by_one(
    calls: pd.DataFrame, by: Any, outcome: str, hours: list[int]
) -> None:
    columns = column_list(by)
    gaps = [timedelta(hours=hour) for hour in hours]
    table = reach_by_gap(calls, by, gaps=gaps, outcome=outcome)
    assert table.columns.tolist() == [*columns, *BY_GAP]
    assert table.dtypes[len(columns) :].astype(str).to_dict() == BY_GAP
    at_risk: Counter[tuple[Any, ...]] = Counter()
    reached: Counter[tuple[Any, ...]] = Counter()
    keys = keys_of(calls, columns)
    for found in followed(calls, outcome):
        for attempt in found:
            if attempt.gap is not None and not attempt.reached_before:
                left = max([0, *(hour for hour in hours if timedelta(hours=hour) <= attempt.gap)])
                cell = (*keys[attempt.first_row], attempt.number, left)
                at_risk[cell] += 1
                reached[cell] += attempt.reached
    cells = keys_of(table, [*columns, "attempt", "left"])
    assert {cell: n for cell, n in zip(cells, table["at_risk"], strict=True) if n} == at_risk
    assert {cell: n for cell, n in zip(cells, table["reached"], strict=True) if n} == +reached
    assert len(cells) == len(set(cells))
    assert_rates(table, 0.95)

    curve = reach_curve(calls, by, outcome=outcome)
    later = curve.loc[curve["attempt"] > 1, ["at_risk", "reached"]].sum()
    assert table[["at_risk", "reached"]].sum().tolist() == later.tolist()


def test_each_gap_ends_where_the_next_begins() -> None:
    calls = placed(*[(f"+{hour}", when, "ivr") for hour in (0, 11, 12, 36, 500) for when in (0, hour)])
    table = reach_by_gap(calls)
    assert table["left"].tolist() == [0, 4, 12, 36, 60, 168]
    assert table["right"].tolist() == [4, 12, 36, 60, 168, np.inf]
    assert table["at_risk"].tolist() == [1, 1, 1, 1, 0, 1]
    assert reach_by_gap(calls, gaps=())["at_risk"].tolist() == [5]


# --- the real campaign --------------------------------------------------------------------------------------


def test_the_real_campaign_is_reached_as_lifelines_says(real_campaign: Path) -> None:
    response = json.loads(gzip.decompress(real_campaign.read_bytes()))
    own = defaultdict(list)
    for call in response["calls"]:
        if call["completed"] and call["direction"] == "outbound":
            own[call["to"]].append((datetime.fromisoformat(call["createdAt"]), call["result"]))
    prospects = []
    for placements in own.values():
        results = [result for _, result in sorted(placements, key=lambda placement: placement[0])]
        reached = "pickedUp" in results
        prospects.append((results.index("pickedUp") + 1 if reached else len(results), reached))
    calls = cf.load_campaign(real_campaign).calls
    curve = reach_curve(calls)
    assert curve["at_risk"].iloc[0] == len(own)
    assert_fits(curve, prospects, 0.95)
    assert_fits(reach_curve(calls, confidence=0.8), prospects, 0.8)
    assert curve.attrs["left_out"] == 0


def test_the_real_attempts_are_those_of_duckdb(real_campaign: Path) -> None:
    calls = cf.load_campaign(real_campaign).calls
    table = attempts(calls)
    over = calls.loc[
        calls["completed"].fillna(False).astype(bool), ["call_id", "prospect_number", "created_at", "result"]
    ]
    with duckdb.connect() as database:
        database.register("over", over)
        expected = database.sql(
            """
            SELECT call_id, row_number() OVER prospect, epoch_us(created_at)
                - lag(epoch_us(created_at)) OVER prospect, coalesce(bool_or(result = 'pickedUp') OVER (
                prospect ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), false)
            FROM over WINDOW prospect AS (PARTITION BY prospect_number ORDER BY created_at)
            """
        ).fetchall()
    found = table[table["attempt"].notna()].assign(call_id=calls["call_id"])
    rows = zip(
        found["call_id"],
        found["attempt"],
        [None if pd.isna(gap) else gap // timedelta(microseconds=1) for gap in found["since_previous"]],
        found["reached_before"],
        strict=True,
    )
    assert sorted(rows) == sorted(expected)


# --- what is refused, and what is let be --------------------------------------------------------------------


def test_columns_of_other_dtypes_count_the_same() -> None:
    calls = placed(
        *(("+1", 0, "ivr"), ("+1", 30, "pickedUp"), ("+2", 5, "ivr"), (None, 5, "ivr")),
        agent_id=["a", "a", None, "a"],
    )
    texts = ["campaign_id", "prospect_number", "direction", "result", "agent_id"]
    for dtype in ("object", "category", "string[pyarrow]"):
        for completed in ("object", "Int64", "float64", "bool[pyarrow]"):
            other = calls.astype(dict.fromkeys(texts, dtype) | {"completed": completed})
            other["created_at"] = other["created_at"].dt.tz_convert("Asia/Kolkata").dt.as_unit("ns")
            pd.testing.assert_frame_equal(attempts(other), attempts(calls))
            for metric in CURVES:
                pd.testing.assert_frame_equal(metric(other), metric(calls))
                grouped = metric(other, "agent_id").astype({"agent_id": calls["agent_id"].dtype})
                pd.testing.assert_frame_equal(grouped, metric(calls, "agent_id"))


def test_the_calls_are_left_alone() -> None:
    calls = placed(("+1", 5, "ivr"), ("+1", 0, "ivr")).set_index(pd.Index([7, 7], name="attempt"))
    before = calls.copy(deep=True)
    attempts(calls)
    for metric in CURVES:
        metric(calls, "agent_id")
    pd.testing.assert_frame_equal(calls, before, check_exact=True)


@pytest.mark.parametrize("metric", CURVES)
def test_wrong_arguments_are_refused(metric: Callable[..., pd.DataFrame]) -> None:
    calls = placed(("+1", 0, "ivr"))
    for limit in (0, -1, 2.5, "5", True):
        with pytest.raises(ConfigurationError, match="max_attempts="):
            metric(calls, max_attempts=limit)
    with pytest.raises(ConfigurationError, match="confidence=95"):
        metric(calls, confidence=95)
    with pytest.raises(ConfigurationError, match="by='at_risk'"):
        metric(calls.assign(at_risk=1), "at_risk")
    with pytest.raises(ConfigurationError, match="Did you mean 'pickedUp'"):
        metric(calls, outcome="pickdUp")
    with pytest.raises(UnknownColumnError, match="'prospect_number'"):
        metric(calls.drop(columns="prospect_number"))
    with pytest.raises(UnknownColumnError, match="'agent'"):
        metric(calls, "agent")
    with pytest.raises(ConfigurationError, match="times without a time zone"):
        metric(calls.assign(created_at=calls["created_at"].dt.tz_localize(None)))
    with pytest.raises(ConfigurationError, match="DataFrame is needed"):
        metric(None)
    with pytest.raises(UnknownColumnError, match="'result'"):
        metric(calls.drop(columns="result"))


@pytest.mark.parametrize(
    "gaps", ["1D", ["2D", "1D"], ["1D", "1D"], ["0h"], ["-1D"], ["soon"], [24], None, ["NaT"]]
)
def test_gaps_that_do_not_ascend_are_refused(gaps: Any) -> None:
    with pytest.raises(ConfigurationError, match="gaps="):
        reach_by_gap(placed(("+1", 0, "ivr")), gaps=gaps)


def test_the_second_attempt_is_the_first_with_a_gap() -> None:
    with pytest.raises(ConfigurationError, match="max_attempts=1 is not a whole number of 2 or more"):
        reach_by_gap(placed(("+1", 0, "ivr")), max_attempts=1)
