from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from random_tables import frames_of, random_frames, with_calls

from caldframe.errors import ConfigurationError, UnknownColumnError
from caldframe.fetch import load_campaign
from caldframe.frames import FAILURE_COLUMNS, CampaignFrames
from caldframe.metrics.quality import FINDINGS, quality
from caldframe.schema import DIRECTIONS, PROBLEM_KINDS, RESULTS, ROLES, STATUSES

DTYPES = {
    "finding": "str",
    "severity": "str",
    "count": "int64",
    "unit": "str",
    "campaigns": "int64",
    "example_call_ids": "object",
    "meaning": "str",
    "advice": "str",
}
PAGE = (Path(__file__).parents[1] / "docs" / "quality.md").read_text(encoding="utf-8")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "campaign_id": "c1",
    "call_id": "k1",
    "direction": "outbound",
    "from_number": "+14155550100",
    "to_number": "+14155550101",
    "prospect_number": "+14155550101",
    "completed": True,
    "result": "unanswered",
    "created_at": NOON,
    "completed_at": NOON.replace(second=30),
    "call_length": 0.0,
}


def call(call_id: str | None = "k1", **different: Any) -> dict[str, Any]:
    return GOOD | {"call_id": call_id} | different


def found(frames: CampaignFrames, **arguments: Any) -> dict[str, tuple[int, tuple[str, ...]]]:
    table = quality(frames, **arguments)
    rows = table[["finding", "count", "example_call_ids"]].itertuples(index=False)
    return {name: (count, ids) for name, count, ids in rows}


def test_nothing_is_found_in_a_good_campaign() -> None:
    good = frames_of(
        campaigns=[{"campaign_id": "c1", "status": "active", "total_calls": 2, "picked_up_calls": 1}],
        calls=[call(), call("k2", result="pickedUp", call_length=12.0, turns=1)],
        transcripts=[{"campaign_id": "c1", "call_id": "k2", "role": "user", "content": "Yes?"}],
    )
    table = quality(good, now=NOON.replace(hour=13))
    assert table.empty
    assert table.dtypes.astype(str).to_dict() == DTYPES
    assert table.attrs == {"now": "2026-03-02T13:00:00+00:00", "examples": 5, "region": None}


@pytest.mark.parametrize(
    ("different", "name"),
    [
        ({"result": None}, "completed_without_result"),
        ({"result": "pending"}, "completed_but_pending"),
        ({"completed_at": None}, "completed_without_completed_at"),
        ({"call_length": None}, "completed_without_length"),
        ({"created_at": None}, "without_created_at"),
        ({"completed_at": NOON.replace(hour=11)}, "ends_before_it_begins"),
        ({"call_length": 31.0}, "longer_than_call"),
        ({"call_length": 30.999}, "negative_ring_time"),
        ({"turns": 1}, "words_without_answer"),
        ({"result": "failed", "turns": 3}, "words_without_answer"),
        ({"result": "pickedUp"}, "picked_up_without_words"),
        ({"from_number": "12"}, "bad_number"),
        ({"to_number": "unknown"}, "bad_number"),
        ({"to_number": ""}, "bad_number"),
        ({"to_number": "(415) 555-0101"}, "bad_number"),
        ({"prospect_number": None}, "without_prospect_number"),
        ({"created_at": datetime(2019, 12, 31, 23, 59, tzinfo=UTC)}, "before_2020"),
        ({"completed_at": datetime(2026, 3, 2, 14, tzinfo=UTC)}, "in_the_future"),
        ({"result": "busy"}, "unknown_value"),
        ({"direction": "sideways"}, "unknown_value"),
        ({"call_length": -1.0}, "negative"),
    ],
)
def test_each_oddity_of_a_call_has_its_finding(different: dict[str, Any], name: str) -> None:
    frames = frames_of(calls=[call("k0"), call("k1", **different), call("k2")])
    assert found(frames, now=NOON.replace(hour=13)) == {name: (1, ("k1",))}


@pytest.mark.parametrize(
    "different",
    [
        {"call_length": 30.0},
        {"completed": False, "result": "pending", "completed_at": None, "call_length": None},
        {"completed": None, "result": None, "completed_at": None, "call_length": None},
        {"created_at": datetime(2020, 1, 1, tzinfo=UTC)},
        {"completed_at": datetime(2026, 3, 2, 13, tzinfo=UTC)},
        {"from_number": None, "to_number": None},
        {"result": "voicemail", "turns": 1},
        {"result": "disconnected", "turns": 2},
        {"direction": None},
    ],
)
def test_what_is_as_it_should_be_is_no_finding(different: dict[str, Any]) -> None:
    assert found(frames_of(calls=[call("k1", **different)]), now=NOON.replace(hour=13)) == {}


def test_a_length_that_is_only_rounded_is_a_note_and_the_three_have_no_call_in_common() -> None:
    calls = [
        call(str(length), call_length=length, completed_at=NOON.replace(second=30))
        for length in (29.9, 30.0, 30.1, 30.9, 31.0, 500.0)
    ] + [call("back", call_length=90.0, completed_at=NOON.replace(hour=11))]
    names = found(frames_of(calls=calls))
    assert names == {
        "ends_before_it_begins": (1, ("back",)),
        "longer_than_call": (2, ("31.0", "500.0")),
        "negative_ring_time": (2, ("30.1", "30.9")),
    }
    times = pd.DataFrame(calls)
    ring = (times["completed_at"] - times["created_at"]).dt.total_seconds() - times["call_length"]
    assert sum(count for count, _ in names.values()) == (ring < 0).sum()


def test_a_call_without_a_word_may_have_turns() -> None:
    blanks = [{"campaign_id": "c1", "call_id": "k1", "content": content} for content in ("", " \n", None)]
    frames = frames_of(
        calls=[
            call("k1", result="pickedUp", turns=3),
            call("k2", result="pickedUp", turns=2),
            call("k1", campaign_id="c2", result="pickedUp", turns=1),
        ],
        transcripts=[
            *blanks,
            {"campaign_id": "c1", "call_id": "k2", "content": " "},
            {"campaign_id": "c1", "call_id": "k2", "content": "hm"},
            {"campaign_id": "c2", "call_id": "k1", "content": "."},
        ],
    )
    assert found(frames) == {"picked_up_without_words": (1, ("k1",))}


def test_turns_belong_to_a_call_of_their_campaign() -> None:
    frames = frames_of(
        calls=[call("k1", result="voicemail", turns=1), call(None, result="voicemail", turns=1)],
        transcripts=[
            {"campaign_id": "c1", "call_id": "k1", "content": "a"},
            {"campaign_id": "c2", "call_id": "k1", "content": "b"},
            {"campaign_id": "c2", "call_id": "k1", "content": "c"},
            {"campaign_id": "c1", "call_id": "k9", "content": "d"},
            {"campaign_id": "c1", "call_id": None, "content": "e"},
        ],
    )
    assert found(frames) == {"turns_without_call": (3, ("k1", "k9"))}


def test_calls_that_come_twice() -> None:
    frames = frames_of(
        calls=[
            call("a"),
            call("b"),
            call("a"),
            call("a"),
            call("a", campaign_id="c2"),
            call(None),
            call(None),
        ]
    )
    assert found(frames) == {"duplicate_call_id": (2, ("a",))}


def test_campaigns_are_checked_too() -> None:
    frames = frames_of(
        campaigns=[
            {"campaign_id": "c1", "status": "paused", "total_calls": 5, "ivr_calls": -1},
            {"campaign_id": "c2", "status": "active", "total_calls": 0},
            {"campaign_id": "c2", "status": "active", "total_calls": 0},
        ],
        calls=[call()],
    )
    failures = pd.DataFrame({name: pd.Series(["c9"]).astype(object) for name in FAILURE_COLUMNS})
    with_failure = CampaignFrames(
        frames.campaigns, frames.calls, frames.transcripts, frames.problems, failures
    )
    assert found(with_failure) == {
        "campaign_not_fetched": (1, ()),
        "duplicate_campaign": (1, ()),
        "stats_do_not_reconcile": (2, ()),
        "negative": (1, ()),
        "unknown_value": (1, ()),
    }
    by_campaign = quality(with_failure, by="campaign_id")
    assert by_campaign[["campaign_id", "finding", "count"]].to_numpy().tolist() == [
        ["c1", "stats_do_not_reconcile", 2],
        ["c1", "negative", 1],
        ["c1", "unknown_value", 1],
        ["c2", "duplicate_campaign", 1],
        ["c9", "campaign_not_fetched", 1],
    ]


def test_without_now_a_call_is_held_against_when_it_was_fetched() -> None:
    frames = frames_of(
        campaigns=[{"campaign_id": "c1", "fetched_at": NOON}, {"campaign_id": "c2"}],
        calls=[call("k1", completed_at=NOON), call("k2"), call("k3", campaign_id="c2")],
    )
    assert found(frames) == {"in_the_future": (1, ("k2",))}
    assert found(frames, now="2026-03-02T13:00:29+01:00") == {"in_the_future": (2, ("k2", "k3"))}


def test_numbers_without_country_code_need_a_region() -> None:
    frames = frames_of(calls=[call("k1", to_number="(415) 555-0101")])
    assert found(frames) == {"bad_number": (1, ("k1",))}
    assert found(frames, region="US") == {}


def test_problems_come_by_kind_and_nothing_is_counted_twice() -> None:
    body = {
        "campaignId": "c1",
        "calls": [
            {"callId": "k1", "result": "busy", "direction": "up", "callLength": "long", "createdAt": "noon"},
            {"callId": "k1", "callLength": -2, "createdAt": "2026-03-02T12:00:00"},
            "no call",
        ],
    }
    frames = load_campaign(json.dumps(body).encode())
    kinds = frames.problems["problem"].value_counts()
    names = found(frames)
    assert names["unknown_value"] == (kinds["unknown_value"], ("k1",))
    assert names["negative"] == (1, ("k1",))
    assert names["duplicate_call_id"] == (1, ("k1",))
    for kind in ("wrong_type", "bad_timestamp", "naive_timestamp", "not_an_object"):
        assert names[kind][0] == kinds[kind]
    assert kinds.index.isin(names).all()
    # Of frames that lost their calls, the problems are still told.
    emptied = with_calls(frames, frames.calls.iloc[:0])
    assert set(kinds.index) <= set(found(emptied))


def test_a_kind_of_problem_that_is_new_is_told_last() -> None:
    problems = [{"problem": "zzz", "call_id": "k1"}, {"problem": "aaa"}, {"problem": "rounded"}]
    table = quality(frames_of(problems=problems))
    assert table["finding"].tolist() == ["aaa", "zzz", "rounded"]
    assert table["severity"].tolist() == ["warning", "warning", "note"]


def test_examples_are_the_first_distinct_ones() -> None:
    calls = [call(f"k{number}", created_at=None) for number in (3, 1, 2, 9)]
    names = found(frames_of(calls=calls), examples=2)
    assert names == {"without_created_at": (4, ("k3", "k1"))}
    assert found(frames_of(calls=calls), examples=0) == {"without_created_at": (4, ())}


def test_campaigns_apart_sorted_and_null_last() -> None:
    calls = [
        call("k1", campaign_id=None, created_at=None),
        call("k2", campaign_id="b", created_at=None),
        call("k3", campaign_id="a", created_at=None, result=None),
        call("k4", campaign_id="b", created_at=None),
    ]
    table = quality(frames_of(calls=calls), by="campaign_id", examples=1)
    assert table.dtypes.astype(str).to_dict() == {"campaign_id": "str"} | DTYPES
    columns = ["campaign_id", "finding", "count", "campaigns", "example_call_ids"]
    assert table[columns].astype(object).where(table[columns].notna(), None).to_numpy().tolist() == [
        ["a", "completed_without_result", 1, 1, ("k3",)],
        ["a", "without_created_at", 1, 1, ("k3",)],
        ["b", "without_created_at", 2, 1, ("k2",)],
        [None, "without_created_at", 1, 1, ("k1",)],
    ]
    assert quality(frames_of(calls=calls))["campaigns"].tolist() == [1, 3]


@settings(max_examples=40)
@given(random_frames())
def test_any_frames_are_checked_and_counts_add_up(frames: CampaignFrames) -> None:
    before = {name: table.copy(deep=True) for name, table in vars(frames).items()}
    whole, apart = quality(frames), quality(frames, by="campaign_id")
    for name, table in vars(frames).items():
        pd.testing.assert_frame_equal(table, before[name])
    assert whole.dtypes.astype(str).to_dict() == DTYPES
    assert apart.dtypes.astype(str).to_dict() == {"campaign_id": "str"} | DTYPES
    assert apart.groupby("finding")["count"].sum().to_dict() == dict(
        zip(whole["finding"], whole["count"], strict=True)
    )
    assert apart.groupby("finding").size().to_dict() == dict(
        zip(whole["finding"], whole["campaigns"], strict=True)
    )
    counts = dict(zip(whole["finding"], whole["count"], strict=True))
    assert set(frames.problems["problem"]) <= set(counts)

    expected = dict.fromkeys(("words_without_answer", "completed_without_length", "without_created_at"), 0)
    expected["unknown"] = sum(
        value is not None and value not in allowed
        for table, name, allowed in (
            (frames.campaigns, "status", STATUSES),
            (frames.calls, "direction", DIRECTIONS),
            (frames.calls, "result", RESULTS),
            (frames.transcripts, "role", ROLES),
        )
        for value in table[name].astype(object).where(table[name].notna(), None)
    )
    for row in frames.calls.to_dict("records"):
        silent = row["result"] in ("unanswered", "failed")
        expected["words_without_answer"] += silent and row["turns"] > 0
        expected["completed_without_length"] += row["completed"] is True and pd.isna(row["call_length"])
        expected["without_created_at"] += pd.isna(row["created_at"])
    unknown = expected.pop("unknown")
    assert {name: counts.get(name, 0) for name in expected} == expected
    assert counts.get("unknown_value", 0) >= unknown


def test_other_dtypes_and_any_index_are_checked_the_same() -> None:
    calls = [call("k1", result=None), call("k2", call_length=99.0), call("k2", turns=2)]
    frames = frames_of(calls=calls, campaigns=[{"campaign_id": "c1", "total_calls": 9}])
    dtypes: Any = {"result": "category", "call_id": object, "created_at": "timestamp[us, tz=UTC][pyarrow]"}
    other = frames.calls.astype(dtypes)
    other = other.astype({"completed": "bool[pyarrow]", "campaign_id": "category", "call_length": object})
    other.index = pd.Index(["x", "x", "y"])
    pd.testing.assert_frame_equal(quality(with_calls(frames, other)), quality(frames))


def test_the_real_campaign(real_campaign: Path) -> None:
    frames = load_campaign(real_campaign)
    silent = frames.calls.query("result == 'pickedUp' and turns == 0")
    assert len(silent)
    table = quality(frames, now="2027-01-01T00:00Z")
    assert table[["finding", "count"]].to_numpy().tolist() == [["picked_up_without_words", len(silent)]]
    assert table["example_call_ids"].tolist() == [tuple(silent["call_id"].head(5))]


def test_every_finding_is_documented() -> None:
    assert set(PROBLEM_KINDS) <= set(FINDINGS)
    for name, finding in FINDINGS.items():
        assert finding.name == name
        assert finding.meaning
        assert finding.advice.endswith(".")
        assert f"| `{name}` | {finding.severity} | {finding.meaning} |\n" in PAGE
    severities = [finding.severity for finding in FINDINGS.values()]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"by": "agent_id"}, 'told apart by "campaign_id" only'),
        ({"by": 3}, "neither a column name"),
        ({"now": "soon"}, "now='soon' is not a time with a zone"),
        ({"now": datetime(2026, 3, 2)}, "is not a time with a zone"),  # noqa: DTZ001 - which is the point
        ({"now": "NaT"}, "is not a time with a zone"),
        ({"now": 12}, "now=12"),
        ({"examples": -1}, "examples=-1"),
        ({"examples": True}, "examples=True"),
        ({"examples": 2.5}, "examples=2.5"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        quality(frames_of(), **arguments)


def test_frames_are_needed_with_their_columns() -> None:
    frames = frames_of(calls=[call()])
    with pytest.raises(ConfigurationError, match="needs the frames of a campaign"):
        quality(frames.calls)  # type: ignore[arg-type]
    with pytest.raises(UnknownColumnError, match="no column 'created_at'"):
        quality(with_calls(frames, frames.calls.drop(columns="created_at")))
    naive = frames.calls.assign(created_at=pd.to_datetime(["2026-03-02"]))
    with pytest.raises(ConfigurationError, match="'created_at' has times without a time zone"):
        quality(with_calls(frames, naive))
