"""One call to read, found among many; campaigns at a glance."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from random_tables import frames_of, random_frames, with_calls

from caldframe.errors import ConfigurationError, UnknownColumnError
from caldframe.fetch import load_campaign
from caldframe.frames import CampaignFrames, Conversation
from caldframe.frames.owners import calls_of_turns
from caldframe.metrics.outcomes import outcome_rates
from caldframe.schema import RESULTS

ODD = {"callId": "odd", "result": "hungUp", "completed": True}
PICKED_UP = {"result": "pickedUp", "completed": True}


def response(campaign: str, *calls: dict[str, Any], **fields: Any) -> CampaignFrames:
    return load_campaign(json.dumps({"campaignId": campaign, **fields, "calls": calls}).encode())


def call(call_id: str, *said: str, **fields: Any) -> dict[str, Any]:
    turns = [
        {"role": "user" if number % 2 else "assistant", "content": text} for number, text in enumerate(said)
    ]
    return {"callId": call_id, "transcripts": turns, **fields}


def together(*parts: CampaignFrames) -> CampaignFrames:
    tables = ("campaigns", "calls", "transcripts", "problems", "failures")
    return CampaignFrames(
        *(pd.concat([getattr(part, name) for part in parts], ignore_index=True) for name in tables)
    )


@pytest.fixture
def frames() -> CampaignFrames:
    return response(
        "c1",
        call("k1", "Hello?", "Hi.", "Bye."),
        call(
            "k2",
            "Good morning.",
            **{"from": "+12025550101", "to": "+12025550102", "direction": "outbound", "completed": True},
            result="pickedUp",
            createdAt="2026-03-02T14:05:07.500Z",
            callLength=83.4,
        ),
        name="Spring",
        agentId="a1",
    )


# --- one call -----------------------------------------------------------------------------------------


def test_a_conversation_knows_its_call(frames: CampaignFrames) -> None:
    found = frames.conversation("k2", tz="America/New_York")
    assert isinstance(found, Conversation)
    assert (found.call_id, found.campaign_id, found.campaign_name, found.agent_id) == (
        "k2",
        "c1",
        "Spring",
        "a1",
    )
    assert (found.from_number, found.to_number, found.direction) == (
        "+12025550101",
        "+12025550102",
        "outbound",
    )
    assert (found.completed, found.result, found.call_length) == (True, "pickedUp", 83.4)
    assert found.created_at == pd.Timestamp("2026-03-02 09:05:07.5", tz="America/New_York")
    assert found.turns["content"].tolist() == ["Good morning."]
    assert found.turns.columns.tolist() == frames.transcripts.columns.tolist()
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.result = "ivr"  # type: ignore[misc]


def test_it_is_a_chat_in_the_terminal(frames: CampaignFrames, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert repr(frames.conversation("k2", tz="America/New_York")).split("\n") == [
        "Call       k2",
        "Result     pickedUp",
        "Length     83.4 s (1:23 min)",
        "Time       2026-03-02 09:05:07-05:00",
        "           America/New_York",
        "Numbers    +12025550101 → +12025550102",
        "Direction  outbound",
        "Agent      a1",
        "Campaign   Spring (c1)",
        "──────────────────────────────────────",
        "assistant  Good morning.",
    ]
    assert "2026-03-02 14:05:07 UTC" in repr(frames.conversation("k2"))


def test_it_is_a_chat_in_a_notebook(frames: CampaignFrames) -> None:
    page = frames.conversation("k1")._repr_html_()
    for shown in ("Hello?", "Hi.", "Bye.", "Spring (c1)", "not known"):
        assert shown in page
    assert page.count("<li") == 3


def test_what_is_not_known_is_none_and_not_shown() -> None:
    frames = frames_of(calls=[{"call_id": "k1"}])
    found = frames.conversation("k1")
    assert [getattr(found, field.name) for field in dataclasses.fields(found)][1:-1] == [
        *[None] * 6,
        False,
        *[None] * 3,
    ]
    assert repr(found) == "Call    k1\nResult  not known\n─────────────────\nNo transcript."


def test_turns_stand_in_their_order_whatever_that_of_the_table(frames: CampaignFrames) -> None:
    shuffled = dataclasses.replace(frames, transcripts=frames.transcripts.sample(frac=1, random_state=1))
    assert shuffled.conversation("k1").turns["content"].tolist() == ["Hello?", "Hi.", "Bye."]


def test_an_unknown_id_has_neighbours(frames: CampaignFrames) -> None:
    ids = response("c1", call("call-1"), call("conversation-2"))
    with pytest.raises(ConfigurationError, match=r"no call 'call-7' in .calls. Did you mean 'call-1'\?"):
        ids.conversation("call-7")
    with pytest.raises(ConfigurationError, match=r"no call 'other' in .calls. Its column"):
        ids.conversation("other")
    with pytest.raises(ConfigurationError, match="'c1' is the id of a campaign"):
        frames.conversation("c1")
    with pytest.raises(ConfigurationError, match="there are no calls"):
        with_calls(frames, frames.calls.head(0)).conversation("k1")


def test_a_neighbour_is_found_among_many() -> None:
    ids = [hashlib.sha256(bytes([n // 256, n % 256])).hexdigest()[:24] for n in range(30_000)]
    frames = frames_of(calls=[{"call_id": call_id} for call_id in ids])
    with pytest.raises(ConfigurationError, match=f"Did you mean '{ids[12_345]}'"):
        frames.conversation(ids[12_345][:10] + "x" + ids[12_345][11:])


def test_an_id_of_several_campaigns_asks_for_one(frames: CampaignFrames) -> None:
    both = together(frames, response("c2", call("k1", "Moin.")))
    with pytest.raises(ConfigurationError, match="Several campaigns have a call 'k1': c1, c2"):
        both.conversation("k1")
    assert both.conversation("k1", campaign_id="c2").turns["content"].tolist() == ["Moin."]
    assert both.conversation("k2").campaign_id == "c1"
    with pytest.raises(ConfigurationError, match=r"Campaign 'c2' has no call 'k2'. It is a call of c1"):
        both.conversation("k2", campaign_id="c2")


def test_an_id_twice_in_a_campaign_asks_which() -> None:
    frames = response("c1", call("k1", "One.", "Two."), call("k0"), call("k1"), call("k1", "Three."))
    with pytest.raises(ConfigurationError, match=r"3 calls with the id 'k1', in rows 0, 2, 3 of .calls"):
        frames.conversation("k1")
    said = [frames.conversation("k1", occurrence=number).turns["content"].tolist() for number in range(3)]
    assert said == [["One.", "Two."], [], ["Three."]]
    for occurrence in (3, -1):
        with pytest.raises(ConfigurationError, match=f"occurrence={occurrence}: the campaign has 3"):
            frames.conversation("k1", occurrence=occurrence)


def test_a_table_or_a_zone_that_does_not_fit_is_refused(frames: CampaignFrames) -> None:
    with pytest.raises(UnknownColumnError, match="'result'"):
        with_calls(frames, frames.calls.drop(columns="result")).conversation("k1")
    with pytest.raises(ConfigurationError, match="is no time zone"):
        frames.conversation("k1", tz="Mars")


def test_turns_of_calls_with_the_same_ids_are_told_apart() -> None:
    calls = pd.DataFrame({"campaign_id": ["c", "c", "d", None, None], "call_id": ["a", "a", "a", None, None]})
    calls["turns"] = [2, 1, 1, 1, 2]
    turns = pd.DataFrame(
        {
            "campaign_id": ["c", "c", "c", "d", None, None, None, "z"],
            "call_id": ["a", "a", "a", "a", None, None, None, "a"],
            "turn": [0, 1, 0, 0, 0, 0, 1, 0],
        }
    )
    assert calls_of_turns(calls, turns).tolist() == [0, 0, 1, 2, 3, 4, 4, -1]
    assert calls_of_turns(calls, turns.head(0)).tolist() == []
    assert calls_of_turns(calls.head(0), turns).tolist() == [-1] * 8


@pytest.mark.parametrize("moment", ["9999-12-31T23:30", "0001-01-01T01:00", "292277-01-01T00:00"])
def test_times_at_the_ends_of_the_calendar_stay_in_utc(moment: str) -> None:
    frames = response("c", {"callId": "k"})
    frames.calls["created_at"] = pd.Series(np.array([moment], "datetime64[us]")).dt.tz_localize("UTC")
    for zone in ("Asia/Tokyo", "America/New_York"):
        assert f"{moment.replace('T', ' ')}:00 UTC" in repr(frames.conversation("k", tz=zone))


@settings(max_examples=50)
@given(random_frames())
def test_any_call_can_be_read(frames: CampaignFrames) -> None:
    homes = frames.calls[["campaign_id", "call_id"]]
    for place, (campaign, call_id) in enumerate(homes.itertuples(index=False, name=None)):
        if pd.isna(call_id) or pd.isna(campaign):
            continue
        again = int((homes.iloc[:place] == [campaign, call_id]).all(axis="columns").sum())
        found = frames.conversation(call_id, campaign_id=campaign, occurrence=again, tz="Asia/Tokyo")
        assert found.campaign_id == campaign
        assert repr(found)
        assert found._repr_html_().startswith("<div")


# --- campaigns at a glance ----------------------------------------------------------------------------


def numbers_of(page: str) -> list[tuple[str, str]]:
    """Give name and count of each row of rates."""
    cells = [row.split("</td>")[:2] for row in page.split("<tbody>")[1].split("<tr>")[1:]]
    return [(name.split("<bdi>")[1].split("<")[0], count.rpartition(">")[2]) for name, count in cells]


def test_one_campaign_is_a_card_with_the_rates_of_the_metric() -> None:
    calls = [{"callId": f"k{n}", "result": RESULTS[n % 5], "completed": n % 7 > 0} for n in range(60)]
    frames = response("c1", *calls, ODD, name="Spring", status="active")
    page = frames._repr_html_()
    assert page is not None
    rates = outcome_rates(frames.calls)
    assert numbers_of(page) == [(row["result"], f"{row['n']:,}") for row in rates.to_dict("records")]
    for row in rates.to_dict("records"):
        assert f"{row['rate']:.1%} [{100 * row['low']:.1f}–{100 * row['high']:.1f}]" in page
    for shown in (
        "Spring",
        "campaign c1, status active",
        "61 calls, 52 of them completed",
        "1 problem",
        "1 unknown_value",
    ):
        assert shown in page


def test_many_campaigns_are_a_table_of_the_first() -> None:
    parts = [
        response(f"c{n}", *[{"callId": f"k{i}", **PICKED_UP} for i in range(n)], name=f"<b>{n}", status=None)
        for n in range(8)
    ]
    page = together(*parts)._repr_html_()
    assert page is not None
    assert "8 campaigns" in page
    assert "and 3 more; see .campaigns" in page
    assert [name for name, _ in numbers_of(page)] == [f"&lt;b&gt;{n}" for n in range(5)]
    assert page.count("–</bdi>") == 5  # no status
    assert "100.0% [51.0–100.0]" in page  # of the campaign of four calls


def test_calls_without_a_campaign_and_no_calls_have_a_card_too(frames: CampaignFrames) -> None:
    alone = dataclasses.replace(frames, campaigns=frames.campaigns.head(0))
    assert "Calls without their campaign" in (alone._repr_html_() or "")
    assert "0 calls, 0 of them completed" in (frames_of()._repr_html_() or "")


def test_a_few_calls_have_hollow_bars() -> None:
    few = response("c", *[{"callId": f"k{n}", "result": "ivr", "completed": True} for n in range(29)])
    many = response("c", *[{"callId": f"k{n}", "result": "ivr", "completed": True} for n in range(30)])
    assert "border:1px solid #0072b2" in (few._repr_html_() or "")
    assert "width:100.0%;background-color:#0072b2" in (many._repr_html_() or "")


def test_failures_are_counted() -> None:
    frames = frames_of()
    frames.failures.loc[0, "campaign_id"] = "c9"
    assert "1 campaign not fetched; see .failures" in (frames._repr_html_() or "")


def test_tables_that_do_not_fit_leave_it_to_the_plain_text(frames: CampaignFrames) -> None:
    assert with_calls(frames, frames.calls.drop(columns="result"))._repr_html_() is None
    assert with_calls(frames, frames.calls.assign(completed="yes"))._repr_html_() is None


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "\u202egnp\x1b[31m\x00"]
)
def test_nothing_in_a_campaign_becomes_markup(text: str) -> None:
    calls = [{"callId": "k", "completed": True, "result": text}]
    for frames in (
        response(text, *calls, name=text, status=text, agentId=text),
        together(*[response(f"{text}{n}", *calls, name=text, status=text) for n in range(2)]),
    ):
        page = frames._repr_html_() or ""
        assert page
        assert not {"<script", "<img", "onerror=alert(1)>"} & set(page.replace("&gt;", ">").split())
        assert "<script" not in page
        assert "<img" not in page
        assert not set(page) & set("\u202e\x1b\x00")


@settings(max_examples=50)
@given(random_frames())
def test_any_frames_have_a_card(frames: CampaignFrames) -> None:
    page = frames._repr_html_()
    assert page is not None
    assert page.startswith("<div")


def test_other_dtypes_count_the_same(frames: CampaignFrames) -> None:
    other = with_calls(
        frames, frames.calls.astype({"result": "object", "completed": "object", "campaign_id": "category"})
    )
    assert other._repr_html_() == frames._repr_html_()
