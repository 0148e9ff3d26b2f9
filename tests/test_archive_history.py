from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from archives import Account, body, call, raw_files, sync
from hypothesis import given, settings
from hypothesis import strategies as st

from caldframe.archive import Archive
from caldframe.archive.differences import differences
from caldframe.decode import decode_campaign
from caldframe.errors import ArchiveError, ConfigurationError, DataProblemsWarning

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

MOMENT = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
TALK = [{"role": "assistant", "content": "Hi."}, {"role": "user", "content": "Bye."}]
STATES = [
    body("a", call("k1", "pending"), call("k2", "pickedUp"), status="active"),
    body("a", call("k1", "voicemail"), call("k2", "pickedUp"), call("k3", "pending"), status="active"),
    body(
        "a",
        call("k1", "busy", callLength=42.5),
        call("k2", "pickedUp", transcripts=TALK, sentiment=0.9),
        call("k3", "unanswered"),
        owner="Ann",
    ),
    body("a", call("k1", "busy"), call("k3", "unanswered"), owner="Ben"),
]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    archive = Archive(tmp_path)
    for number, state in enumerate(STATES[:3]):
        account = Account({"a": state}, now=MOMENT + timedelta(hours=number))
        sync(archive, account, history="all", refresh=True)
    with pytest.warns(DataProblemsWarning):
        sync(archive, Account({"a": STATES[3]}, now=MOMENT + timedelta(hours=3)), history="all", refresh=True)
    return archive


def plain(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    present = table.astype("object").where(table.notna(), None)
    return list(present.itertuples(index=False, name=None))


def test_the_history_is_a_row_a_response(archive: Archive) -> None:
    history = archive.history("a")
    assert history["fetched_at"].tolist() == [MOMENT + timedelta(hours=number) for number in range(4)]
    assert history["status"].tolist() == ["active", "active", "finished", "finished"]
    assert history["calls"].tolist() == [2, 3, 3, 2]
    assert history["completed"].tolist() == [1, 2, 3, 2]
    assert history["pending"].tolist() == [1, 1, 0, 0]
    assert history["voicemail"].tolist() == [0, 1, 0, 0]
    assert history["new_calls"].tolist() == [2, 1, 0, 0]
    assert history["changed_calls"].tolist() == [0, 1, 3, 0]
    assert history["vanished_calls"].tolist() == [0, 0, 0, 1]


def test_every_change_is_told_call_by_call(archive: Archive) -> None:
    changes = archive.changes("a")
    assert plain(changes.drop(columns="fetched_at")) == [
        ("k3", "appeared", None, None, None, False),
        ("k1", "changed", "completed", "false", "true", False),
        ("k1", "changed", "result", "pending", "voicemail", False),
        (None, "changed", "status", "active", "finished", False),
        (None, "changed", "extra.owner", None, '"Ann"', False),
        (None, "new_field", "calls.sentiment", None, None, False),
        (None, "new_field", "campaigns.owner", None, None, False),
        (None, "new_value", "calls.result", None, "busy", False),
        ("k1", "changed", "result", "voicemail", "busy", True),
        ("k2", "changed", "turns", "1", "2", True),
        ("k2", "changed", "extra.sentiment", None, "0.9", True),
        ("k2", "changed", "transcript", "assistant: Hello?", "assistant: Hi.\nuser: Bye.", True),
        ("k3", "changed", "completed", "false", "true", False),
        ("k3", "changed", "result", "pending", "unanswered", False),
        (None, "changed", "extra.owner", '"Ann"', '"Ben"', False),
        ("k2", "vanished", None, None, None, False),
    ]
    assert changes["fetched_at"].iloc[0] == MOMENT + timedelta(hours=1)
    assert changes["fetched_at"].is_monotonic_increasing
    assert changes["late"].dtype == bool


def test_times_are_told_as_text(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    sync(archive, Account({"a": body("a", call("k", completedAt=None))}), history="all")
    later = body("a", call("k", completedAt="2026-05-04T12:01:00.5Z"))
    sync(archive, Account({"a": later}), history="all", refresh=True)
    assert plain(archive.changes("a"))[0][3:6] == ("completed_at", None, "2026-05-04T12:01:00.500000+00:00")


def test_with_one_response_nothing_has_changed(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    sync(archive, Account({"a": STATES[0]}))
    assert archive.changes("a").empty
    assert list(archive.changes("a").columns) == [
        *("fetched_at", "call_id", "change", "field", "before", "after", "late")
    ]
    assert len(archive.history("a")) == 1
    with pytest.raises(ConfigurationError, match="'b' is not in"):
        archive.history("b")


def test_a_response_that_is_damaged_is_said_until_it_is_set_aside(archive: Archive, tmp_path: Path) -> None:
    raw_files(tmp_path)[1].write_bytes(b"?")
    with pytest.raises(ArchiveError, match="is damaged"):
        archive.history("a")
    archive.verify(repair=True)
    assert archive.history("a")["calls"].tolist() == [2, 3, 2]


# --- differences, against the plainest way to find them ------------------------------------------------

CALLS = st.lists(
    st.builds(
        lambda one, result, length, words: call(
            one, result, callLength=length, transcripts=[{"role": "user", "content": word} for word in words]
        ),
        st.sampled_from(["k1", "k2", "k3", None]),
        st.sampled_from(["pending", "pickedUp"]),
        st.sampled_from([None, 1, 1.5]),
        st.lists(st.sampled_from(["a", "b", None]), max_size=2),
    ),
    max_size=6,
)


def numbered(calls: list[dict[str, Any]]) -> dict[tuple[str | None, int], dict[str, Any]]:
    found: dict[tuple[str | None, int], dict[str, Any]] = {}
    for one in calls:
        ids = [key for key, _ in found if key == one["callId"]]
        found[one["callId"], len(ids)] = one
    return found


@settings(max_examples=40)
@given(CALLS, CALLS)
def test_differences_are_those_that_a_plain_comparison_finds(
    before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    found = differences(decode_campaign(body("a", *before)), decode_campaign(body("a", *after)))
    earlier, later = numbered(before), numbered(after)
    assert len(found.appeared) == len(later.keys() - earlier.keys())
    assert len(found.vanished) == len(earlier.keys() - later.keys())
    assert found.changed_calls == sum(earlier[key] != later[key] for key in earlier.keys() & later.keys())
