from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

import caldframe as cf
from benchmarks import plain
from benchmarks.many_calls import make_frames
from benchmarks.metrics import LIMIT, Case, Cost, cases_of, contacts_of, measure, render

if TYPE_CHECKING:
    from caldframe.frames import CampaignFrames

CALLS = 3000
PUBLIC = re.compile(r"\w+")


@pytest.fixture(scope="module")
def frames() -> CampaignFrames:
    return make_frames(CALLS)


def test_the_made_up_calls_are_frames_of_the_schema_without_a_finding(frames: CampaignFrames) -> None:
    empty = cf.load_campaign(b'{"campaignId": "c", "calls": []}')
    for name in ("campaigns", "calls", "transcripts", "problems"):
        assert getattr(frames, name).dtypes.equals(getattr(empty, name).dtypes)
    findings = cf.quality(frames, now="2026-12-01T00:00Z")
    assert set(findings["severity"]) <= {"note"}
    assert len(frames.calls) == CALLS


def test_the_same_seed_draws_the_same_calls(frames: CampaignFrames) -> None:
    assert make_frames(CALLS).calls.equals(frames.calls)
    assert not make_frames(CALLS, seed=2).calls.equals(frames.calls)


def test_every_case_runs_and_names_a_public_metric(frames: CampaignFrames) -> None:
    costs = measure(frames, cases_of(contacts_of(CALLS)), rounds=1, seconds=60)
    for cost in costs:
        name = PUBLIC.match(cost.case.name)
        assert name is not None
        assert name[0] in cf.__all__
        assert len(cost.ours) == len(cost.plain) == 1
    assert render(costs, CALLS).count("\n| ") == len(costs) + 2


def test_the_plain_code_counts_the_same(frames: CampaignFrames) -> None:
    rates = cf.outcome_rates(frames.calls)
    assert plain.outcome_rates(frames).to_dict() == dict(
        rates.loc[rates["n"] > 0, ["result", "n"]].itertuples(index=False)
    )
    assert plain.funnel(frames) == cf.funnel(frames.calls, frames.transcripts)["n"].tolist()
    assert plain.attempts(frames).max() == cf.attempts(frames.calls)["attempt"].max()
    curve = cf.reach_curve(frames.calls)
    assert plain.reach_curve(frames).to_numpy().tolist() == curve[["at_risk", "reached"]].to_numpy().tolist()
    np.testing.assert_allclose(
        plain.length_summary(frames)[0]["mean"], cf.length_summary(frames.calls, "agent_id")["mean"]
    )
    hours = cf.pickup_by_hour(frames.calls, tz="America/New_York").query("n > 0")
    assert plain.pickup_by_hour(frames)["sum"].tolist() == hours["picked_up"].tolist()


def test_a_case_sits_out_when_its_time_is_over_but_runs_once(frames: CampaignFrames) -> None:
    case = Case("nothing", lambda _: None, lambda _: None)
    assert [len(cost.ours) for cost in measure(frames, [case], rounds=5, seconds=60)] == [5]
    assert [len(cost.ours) for cost in measure(frames, [case], rounds=5, seconds=0)] == [1]


def test_the_ratio_is_of_medians_and_a_limit_that_is_missed_is_named() -> None:
    case = Case("outcome_rates", lambda _: None, lambda _: None)
    fast, slow = Cost(case, [1, 3, 90], [1, 1, 1]), Cost(case, [4], [1])
    assert fast.ratio == LIMIT
    assert [line.endswith("| yes |") for line in render([fast, slow], 10).splitlines()[-2:]] == [True, False]
    assert "**no**" in render([slow], 10)
