"""The made-up campaigns: the same everywhere, and believable."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from scipy import stats as scipy_stats

from caldframe.errors import ConfigurationError
from caldframe.fetch import load_campaign
from caldframe.metrics.outcomes import reconcile
from caldframe.sandbox import MOST_CALLS, contacts, synthetic_campaign
from caldframe.sandbox.campaigns import SyntheticCampaign
from caldframe.sandbox.clock import CLOSES, OPENS

SEED = 7
CAMPAIGNS = range(10)
CALLS = 600
SAMPLE = Path(__file__).parents[1] / "data" / "sample-campaign.json"

Json = dict[str, Any]


ZONES = dict(contacts._AMERICAN + contacts._CANADIAN)


def zone_of(number: str) -> str:
    return "Europe/London" if number.startswith("+44") else ZONES[number[2:5]]


def served(campaign: SyntheticCampaign, elapsed: float = 0.0) -> Json:
    response: Json = json.loads(campaign.details(elapsed).data)
    return response


@pytest.fixture(scope="module")
def world() -> list[Json]:
    """Ten campaigns: every script, every agent, every status."""
    return [served(SyntheticCampaign(SEED, number, CALLS)) for number in CAMPAIGNS]


@pytest.fixture(scope="module")
def large() -> Json:
    """A campaign that is large enough for statistics."""
    response: Json = json.loads(synthetic_campaign(SEED, 20_000))
    return response


def calls_of(world: list[Json]) -> list[Json]:
    return [call for campaign in world for call in campaign["calls"]]


def prospect(call: Json) -> str:
    return str(call["to"] if call["direction"] == "outbound" else call["from"])


def spoken(call: Json) -> list[str]:
    return [turn["content"] for turn in call["transcripts"]]


def words(call: Json) -> int:
    return sum(len(text.split()) for text in spoken(call))


def placed(call: Json) -> datetime:
    return datetime.fromisoformat(call["createdAt"])


# --- the same everywhere ------------------------------------------------------------------------------


def test_the_sample_is_what_the_sandbox_makes() -> None:
    assert SAMPLE.read_bytes() == synthetic_campaign(seed=1, calls=120)
    assert SAMPLE.stat().st_size <= 200_000


def test_every_platform_makes_the_same() -> None:
    made = [SyntheticCampaign(3, number, 50).details(0).data for number in CAMPAIGNS]
    digest = hashlib.sha256(b"".join(made)).hexdigest()
    assert digest == "efba4028f8aa3f4aab2b8e67fffc47d1beee3c931eb431366eba8f6e6059f7d0"


@pytest.mark.parametrize("hash_seed", ["0", "1", "4321"])
def test_every_process_makes_the_same(hash_seed: str) -> None:
    program = (
        "import hashlib; from caldframe.sandbox import synthetic_campaign as make; "
        "print(hashlib.sha256(make(5, 80)).hexdigest())"
    )
    done = subprocess.run(  # noqa: S603 - this interpreter, a fixed program
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout.strip() == hashlib.sha256(synthetic_campaign(5, 80)).hexdigest()


def test_another_seed_is_another_world() -> None:
    one, other = (json.loads(synthetic_campaign(seed, 50)) for seed in (1, 2))
    assert one["campaignId"] != other["campaignId"]
    assert not {call["callId"] for call in one["calls"]} & {call["callId"] for call in other["calls"]}


def test_ids_are_unique(world: list[Json]) -> None:
    ids = [call["callId"] for call in calls_of(world)] + [campaign["campaignId"] for campaign in world]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("calls", [-1, MOST_CALLS + 1])
def test_numbers_of_calls_that_cannot_be_made_up(calls: int) -> None:
    with pytest.raises(ConfigurationError, match="0 to 20,000 calls"):
        synthetic_campaign(1, calls)


def test_a_campaign_without_calls() -> None:
    frames = load_campaign(synthetic_campaign(1, 0))
    assert (len(frames.calls), len(frames.problems)) == (0, 0)


# --- what the API promises ----------------------------------------------------------------------------


def test_there_is_every_status_and_every_result(world: list[Json]) -> None:
    assert {campaign["status"] for campaign in world} == {
        "pending",
        "active",
        "not_funded",
        "finished",
        "cancelled",
    }
    results = Counter(call["result"] for call in calls_of(world))
    assert set(results) == {
        "pending",
        "pickedUp",
        "ivr",
        "voicemail",
        "unanswered",
        "disconnected",
        "failed",
    }


def test_nothing_is_odd_and_the_counts_agree(world: list[Json]) -> None:
    for campaign in world:
        frames = load_campaign(json.dumps(campaign).encode(), strict=True)
        assert (reconcile(frames)["difference"] == 0).all()


def test_calls_that_are_not_completed_have_no_end(world: list[Json]) -> None:
    late = {"completedAt", "callLength", "recordingUrl"}
    for call in calls_of(world):
        assert call["completed"] == (call["result"] != "pending")
        if call["completed"]:
            assert {"completedAt", "callLength"} <= call.keys()
        else:
            assert not late & call.keys()
            assert call["transcripts"] == []


def test_recordings_are_there_where_the_agent_records(world: list[Json]) -> None:
    for campaign in world:
        recorded = {"recordingUrl" in call for call in campaign["calls"] if call["result"] == "pickedUp"}
        assert len(recorded) <= 1
    assert len({"recordingUrl" in call for call in calls_of(world)}) == 2


def test_calls_end_after_they_began_and_lasted(world: list[Json]) -> None:
    for call in calls_of(world):
        if call["completed"]:
            ended = datetime.fromisoformat(call["completedAt"])
            assert (ended - placed(call)).total_seconds() >= call["callLength"] >= 0


def test_only_conversations_and_machines_have_turns(world: list[Json]) -> None:
    for call in calls_of(world):
        if call["result"] in {"unanswered", "failed", "disconnected", "pending"}:
            assert call["transcripts"] == []
        for turn in call["transcripts"]:
            assert turn["role"] in {"assistant", "user"}
            assert turn["content"].strip() == turn["content"] != ""


# --- believable ---------------------------------------------------------------------------------------


def test_numbers_are_reserved_for_fiction(world: list[Json]) -> None:
    north_american = re.compile(r"\+1[2-9]\d{2}55501\d{2}")
    british = re.compile(r"\+44(?:1\d{2}496|207946)0\d{3}")
    for call in calls_of(world):
        for number in (call["from"], call["to"]):
            assert north_american.fullmatch(number) or british.fullmatch(number), number


def test_calls_are_placed_in_business_hours_where_the_prospect_is(world: list[Json]) -> None:
    for campaign in world:
        for call in campaign["calls"]:
            local = placed(call).astimezone(ZoneInfo(zone_of(prospect(call))))
            assert local.weekday() < 5
            assert OPENS <= local.hour < CLOSES, local


@pytest.mark.parametrize(
    ("number", "zone"),
    [
        ("+12125550100", "America/New_York"),
        ("+13125550100", "America/Chicago"),
        ("+13035550100", "America/Denver"),
        ("+16025550100", "America/Phoenix"),
        ("+13105550100", "America/Los_Angeles"),
        ("+18085550100", "Pacific/Honolulu"),
        ("+17095550100", "America/St_Johns"),
        ("+442079460100", "Europe/London"),
    ],
)
def test_area_codes_are_where_they_are(number: str, zone: str) -> None:
    assert zone_of(number) == zone


def test_daylight_saving_ends_on_the_way(world: list[Json]) -> None:
    zone = ZoneInfo("America/New_York")
    offsets = {placed(call).astimezone(zone).utcoffset() for call in calls_of(world)}
    assert len(offsets) == 2


def test_whoever_was_reached_is_left_alone(world: list[Json]) -> None:
    follow_ups = 0
    for campaign in world:
        reached: set[str] = set()
        attempts: Counter[str] = Counter()
        for call in sorted(campaign["calls"], key=placed):
            number = prospect(call)
            assert number not in reached
            attempts[number] += 1
            if call["result"] == "pickedUp":
                reached.add(number)
        follow_ups += sum(count > 1 for count in attempts.values())
    assert follow_ups > 100


def test_some_call_back(world: list[Json]) -> None:
    inbound = [call for call in calls_of(world) if call["direction"] == "inbound"]
    assert len(inbound) > 20
    callers = {call["to"] for call in inbound}
    assert callers <= {call["from"] for call in calls_of(world) if call["direction"] == "outbound"}


def test_more_pick_up_late_in_the_day_and_at_the_first_attempt(large: Json) -> None:
    by_hour: dict[bool, list[bool]] = defaultdict(list)
    by_attempt: dict[bool, list[bool]] = defaultdict(list)
    attempts: Counter[str] = Counter()
    for call in sorted(large["calls"], key=placed):
        number = prospect(call)
        attempts[number] += 1
        if call["direction"] == "outbound":
            picked_up = call["result"] == "pickedUp"
            by_hour[placed(call).astimezone(ZoneInfo(zone_of(number))).hour >= 16].append(picked_up)
            by_attempt[attempts[number] == 1].append(picked_up)
    for groups in (by_hour, by_attempt):
        table = [[sum(groups[key]), len(groups[key]) - sum(groups[key])] for key in (True, False)]
        assert np.mean(groups[True]) > np.mean(groups[False]) + 0.03
        assert scipy_stats.chi2_contingency(table).pvalue < 1e-6


def test_the_logarithm_of_a_conversations_length_is_normal(large: Json) -> None:
    lengths = [
        call["callLength"]
        for call in large["calls"]
        if call["result"] == "pickedUp" and words(call) > 60 and call["callLength"] < 590
    ]
    logarithms = np.log(lengths)
    assert len(lengths) > 3000
    assert math.log(70) < np.mean(logarithms) < math.log(160)
    assert 0.4 < np.std(logarithms) < 0.9
    assert abs(float(scipy_stats.skew(logarithms))) < 0.5
    assert float(scipy_stats.skew(lengths)) > 1


def test_words_fit_the_length(large: Json) -> None:
    paces = [
        words(call) / call["callLength"]
        for call in large["calls"]
        if call["result"] == "pickedUp" and words(call)
    ]
    assert min(paces) > 2.2
    assert max(paces) < 3.1


@pytest.mark.parametrize(
    "phrase",
    [
        "after the (tone|beep)",
        "take me off|do not call list|stop calling",
        "[Gg]oodbye|Bye",
        "press",
        "mailbox is full",
    ],
)
def test_conversations_have_what_real_ones_have(world: list[Json], phrase: str) -> None:
    texts = [text for call in calls_of(world) for text in spoken(call)]
    assert sum(bool(re.search(phrase, text)) for text in texts) > 5


def test_templates_are_filled_in(world: list[Json]) -> None:
    for call in calls_of(world):
        for text in spoken(call):
            assert not set("{}[]|") & set(text), text


def test_nobody_says_the_same_long_thing_twice_in_a_call(world: list[Json]) -> None:
    for call in calls_of(world):
        said = [text for text in spoken(call) if len(text.split()) > 12]
        assert len(said) == len(set(said)), call["callId"]


# --- as time passes -----------------------------------------------------------------------------------


def test_an_active_campaign_moves_forward_until_it_is_finished() -> None:
    campaign = SyntheticCampaign(SEED, 2, 100)
    before = served(campaign)
    assert before["status"] == "active"
    assert len(before["calls"]) == 60
    for elapsed in (10, 40, 400, 795, 10_000):
        after = served(campaign, elapsed)
        ids = [call["callId"] for call in after["calls"]]
        assert ids[: len(before["calls"])] == [call["callId"] for call in before["calls"]]
        ended = {call["callId"]: call for call in before["calls"] if call["completed"]}
        assert all(ended.get(call["callId"], call) == call for call in after["calls"])
        frames = load_campaign(json.dumps(after).encode(), strict=True)
        assert (reconcile(frames)["difference"] == 0).all()
        before = after
    assert before["status"] == "finished"
    assert len(before["calls"]) == 100
    assert all(call["completed"] for call in before["calls"])


@pytest.mark.parametrize("number", [0, 3, 4, 5])
def test_the_others_stand_still(number: int) -> None:
    campaign = SyntheticCampaign(SEED, number, 100)
    assert campaign.details(0).data == campaign.details(100_000).data
