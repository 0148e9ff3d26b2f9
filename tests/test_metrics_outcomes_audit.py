"""Whether words fit results, beside a direct transcription of what is suspicious."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from call_frames import make_calls
from hypothesis import given
from hypothesis import strategies as st

import caldframe as cf
from caldframe.errors import ConfigurationError, UnknownColumnError
from caldframe.metrics.outcomes import audit_labels, audited_answer_rate
from caldframe.schema import RESULTS

if TYPE_CHECKING:
    from pathlib import Path

DTYPES = {
    "campaign_id": "str",
    "call_id": "str",
    "result": "str",
    "kind": "str",
    "suspected": "str",
    "turn": "Int64",
    "evidence": "str",
}
TONE, KEYS, BOTH = "Speak after the TONE.", "For sales, press one.", "After the beep, press 2."
PHRASES = {TONE: "after the tone", KEYS: "press one", BOTH: "after the beep"}

conversations = st.lists(
    st.tuples(
        st.sampled_from([True, True, True, False, None]),
        st.sampled_from([*RESULTS, "pickedUp", "busy", None]),
        st.sampled_from(["outbound", "outbound", "inbound", None]),
        st.lists(
            st.tuples(
                st.sampled_from(["user", "user", "assistant", None]),
                st.sampled_from(["Hello?", "Yes.", TONE, KEYS, BOTH, " ", None]),
            ),
            max_size=6,
        ),
    ),
    max_size=10,
)


def frames_of(rows: list[tuple[Any, ...]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    ids = [f"k{number}" for number in range(len(rows))]
    calls = make_calls(
        campaign_id=["c1"] * len(rows),
        call_id=ids,
        completed=[row[0] for row in rows],
        result=[row[1] for row in rows],
        direction=[row[2] for row in rows],
        agent_id=["a" if number % 3 else "b" for number in range(len(rows))],
    )
    said = [
        ("c1", call_id, turn, role, content)
        for call_id, row in zip(ids, rows, strict=True)
        for turn, (role, content) in enumerate(row[3])
    ]
    columns = zip(*said, strict=True) if said else [()] * 5
    names = ("campaign_id", "call_id", "turn", "role", "content")
    table = pd.DataFrame({name: list(each) for name, each in zip(names, columns, strict=True)})
    return calls, table.astype(dict.fromkeys(names, "str") | {"turn": "int32"})


def suspicion(  # noqa: PLR0911 - one a check
    row: tuple[Any, ...], exchange_turns: int
) -> tuple[str, str | None, int | None] | None:
    """Give kind, suspected result and turn of a call, one check after the other."""
    completed, result, _, said = row
    if not completed:
        return None
    heard = [
        (turn, role, content) for turn, (role, content) in enumerate(said) if content and content.strip()
    ]
    users = [(turn, content) for turn, role, content in heard if role == "user"]
    voicemail = next((turn for turn, content in users if content in (TONE, BOTH)), None)
    menu = next((turn for turn, content in users if content in (KEYS, BOTH)), None)
    replies = [
        turn
        for (_, before, _), (turn, role, content) in pairwise(heard)
        if before == "assistant" and role == "user" and content not in (TONE, KEYS, BOTH)
    ]
    if result == "pickedUp":
        if not users:
            return "nobody_spoke", None, None
        if voicemail is not None:
            return "machine_spoke", "voicemail", voicemail
        return None if menu is None else ("machine_spoke", "ivr", menu)
    if len(replies) >= exchange_turns:
        return "conversation", "pickedUp", replies[exchange_turns - 1]
    if result == "voicemail" and voicemail is None and menu is not None:
        return "other_machine_spoke", "ivr", menu
    if result == "ivr" and menu is None and voicemail is not None:
        return "other_machine_spoke", "voicemail", voicemail
    return None


@given(conversations, st.integers(1, 3), st.randoms())
def test_suspicions_are_those_of_the_definition(
    rows: list[tuple[Any, ...]], exchange_turns: int, random: Any
) -> None:
    calls, transcripts = frames_of(rows)
    order = list(range(len(transcripts)))
    random.shuffle(order)
    table = audit_labels(calls, transcripts.iloc[order], exchange_turns=exchange_turns)
    expected = {
        f"k{number}": found
        for number, row in enumerate(rows)
        if (found := suspicion(row, exchange_turns)) is not None
    }
    assert table.dtypes.astype(str).to_dict() == DTYPES
    assert table["call_id"].tolist() == list(expected)
    for each in table.astype("object").where(table.notna(), None).to_dict("records"):
        kind, suspected, turn = expected[each["call_id"]]
        row = rows[int(each["call_id"][1:])]
        assert (each["kind"], each["suspected"], each["turn"], each["result"]) == (
            kind,
            suspected,
            turn,
            row[1],
        )
        if turn is None:
            assert each["evidence"] is None
        elif kind == "conversation":
            assert each["evidence"] == row[3][turn][1]
        else:
            assert each["evidence"] == PHRASES[row[3][turn][1]]

    rates = audited_answer_rate(calls, transcripts, "agent_id", exchange_turns=exchange_turns)
    for agent, group in rates.groupby("agent_id"):
        mine = [
            (row, suspicion(row, exchange_turns))
            for number, row in enumerate(rows)
            if ("a" if number % 3 else "b") == agent
        ]
        outbound = [(row, found) for row, found in mine if row[0] and row[2] == "outbound"]
        given_ = [found for row, found in outbound if row[1] == "pickedUp"]
        conversations_found = [found for _, found in outbound if found and found[0] == "conversation"]
        assert group["labels"].tolist() == ["given", "fewest", "most"]
        assert group["n"].tolist() == [
            len(given_),
            len([found for found in given_ if found is None]),
            len(given_) + len(conversations_found),
        ]
        assert group["total"].tolist() == [len(outbound)] * 3


def test_rates_are_those_of_the_other_metrics() -> None:
    calls, transcripts = frames_of(
        [
            (True, "pickedUp", "outbound", [("user", "Hello?")]),
            (True, "pickedUp", "outbound", [("user", TONE)]),
            (True, "pickedUp", "outbound", []),
            (
                True,
                "voicemail",
                "outbound",
                [("assistant", "Hi."), ("user", "Yes?"), ("assistant", "I"), ("user", "Oh.")],
            ),
            (True, "unanswered", "outbound", []),
            (False, "pending", "outbound", []),
            (True, "pickedUp", "inbound", []),
        ]
    )
    table = audited_answer_rate(calls, transcripts)
    assert table["n"].tolist() == [3, 1, 4]
    assert table["total"].tolist() == [5, 5, 5]
    kpis = cf.contact_kpis(calls.assign(call_length=1.0, prospect_number="+1"))
    expected = kpis.loc[kpis["kpi"].eq("human_answer_rate"), ["rate", "low", "high"]]
    assert table[["rate", "low", "high"]].head(1).to_numpy().tolist() == expected.to_numpy().tolist()
    assert table.attrs == {"exchange_turns": 2, "confidence": 0.95}


def test_no_calls_give_the_same_columns() -> None:
    calls, transcripts = frames_of([])
    found = audit_labels(calls, transcripts)
    assert found.empty
    assert found.dtypes.astype(str).to_dict() == DTYPES
    rates = audited_answer_rate(calls, transcripts)
    assert rates["n"].tolist() == rates["total"].tolist() == [0, 0, 0]
    assert rates["rate"].isna().all()
    assert audited_answer_rate(calls, transcripts, "agent_id").empty


def test_calls_that_share_their_ids_are_judged_alike_and_nothing_is_changed() -> None:
    calls, transcripts = frames_of([(True, "pickedUp", "outbound", [("user", TONE)])])
    calls = pd.concat([calls, calls, calls.assign(call_id=None)])
    calls.index = pd.Index([3, 3, 3], name="call_id")
    transcripts.index = pd.Index([8], name="turn")
    before = transcripts.copy()
    assert audit_labels(calls, transcripts)["kind"].tolist() == [
        "machine_spoke",
        "machine_spoke",
        "nobody_spoke",
    ]
    pd.testing.assert_frame_equal(transcripts, before)


@pytest.mark.parametrize("turns", [0, 1.5, True, None])
def test_wrong_arguments_are_refused(turns: Any) -> None:
    calls, transcripts = frames_of([])
    with pytest.raises(ConfigurationError, match="exchange_turns="):
        audit_labels(calls, transcripts, exchange_turns=turns)
    with pytest.raises(ConfigurationError, match="has a column of that name"):
        audited_answer_rate(calls.assign(labels="x"), transcripts, "labels")
    with pytest.raises(UnknownColumnError, match="'direction'"):
        audited_answer_rate(calls.drop(columns="direction"), transcripts)


def test_what_the_sandbox_says_is_what_it_says_it_is() -> None:
    with cf.Sandbox(seed=5) as sandbox:
        frames = cf.fetch_campaigns(sandbox.campaign_ids, base_url=sandbox.url, api_key=sandbox.api_key)
    found = audit_labels(frames.calls, frames.transcripts)
    # Its labels are right; nobody speaks where people hang up at the opening.
    assert set(found["kind"]) == {"nobody_spoke"}


def test_the_real_campaign(real_campaign: Path) -> None:
    frames = cf.load_campaign(real_campaign)
    found = audit_labels(frames.calls, frames.transcripts)
    assert set(found["kind"]) == {"nobody_spoke", "other_machine_spoke"}
    silent = frames.calls["result"].eq("pickedUp") & frames.calls["turns"].eq(0)
    assert found["kind"].eq("nobody_spoke").sum() == silent.sum() == 95
    table = audited_answer_rate(frames.calls, frames.transcripts)
    assert table["n"].tolist() == [2966, 2871, 2966]


@pytest.mark.parametrize("held", [pa.Table.from_pandas, pl.from_pandas], ids=["arrow", "polars"])
def test_rows_of_other_engines_in_this_process_are_as_good(held: Any) -> None:
    calls, transcripts = frames_of([(True, "pickedUp", "outbound", [("user", TONE)])])
    found = audit_labels(held(calls), held(transcripts))
    pd.testing.assert_frame_equal(found, audit_labels(calls, transcripts))
    rates = audited_answer_rate(held(calls), held(transcripts), "agent_id")
    pd.testing.assert_frame_equal(rates, audited_answer_rate(calls, transcripts, "agent_id"))
    with pytest.raises(ConfigurationError, match="are a Polars LazyFrame and a pandas DataFrame"):
        audit_labels(pl.from_pandas(calls).lazy(), transcripts)
