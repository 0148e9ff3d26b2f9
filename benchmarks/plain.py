"""The plainest pandas code for what each metric counts, as one writes it in a notebook.

Each function takes the frames and gives counts, in the order of the metric's rows. It trusts the data where
the metrics do not: columns are there and have the right dtypes, and nothing is null that should not be.
"""

# ruff: noqa: PLR2004 - as one writes it in a notebook
from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import phonenumbers
from phonenumbers import timezone
from scipy.stats import mannwhitneyu

_ANSWERED = ["pickedUp", "voicemail", "ivr"]


def outcome_rates(frames: Any) -> Any:
    over = frames.calls[frames.calls["completed"]]
    return over["result"].value_counts()


def outcome_rates_by_two(frames: Any) -> Any:
    over = frames.calls[frames.calls["completed"]]
    return over.groupby(["campaign_id", "agent_id"])["result"].value_counts()


def reconcile(frames: Any) -> Any:
    calls = frames.calls
    by_campaign = calls.groupby("campaign_id")
    return [by_campaign.size(), by_campaign["completed"].sum(), by_campaign["result"].value_counts()]


def funnel(frames: Any) -> Any:
    calls, turns = frames.calls, frames.transcripts
    said = turns[turns["role"] == "user"].groupby(["campaign_id", "call_id"]).size().rename("said")
    joined = calls.merge(said.reset_index(), how="left", on=["campaign_id", "call_id"])
    picked_up = joined["completed"] & (joined["result"] == "pickedUp")
    return [
        len(joined),
        joined["completed"].sum(),
        (joined["completed"] & joined["result"].isin(_ANSWERED)).sum(),
        picked_up.sum(),
        (picked_up & (joined["said"] >= 1)).sum(),
        (picked_up & (joined["said"] >= 3)).sum(),
    ]


def contact_kpis(frames: Any) -> Any:
    calls = frames.calls
    made = calls[calls["completed"] & (calls["direction"] == "outbound")]
    talks = made[made["result"] == "pickedUp"]
    by_agent = made.groupby("agent_id")
    talks_by_agent = talks.groupby("agent_id")
    lengths = talks_by_agent["call_length"]
    return [
        by_agent.size(),
        made.groupby(["agent_id", "result"]).size(),
        talks[talks["call_length"] < 10].groupby("agent_id").size(),
        talks[talks["call_length"] > 60].groupby("agent_id").size(),
        by_agent["prospect_number"].nunique(),
        talks_by_agent["prospect_number"].nunique(),
        lengths.sum(),
        lengths.median(),
    ]


def caller_numbers(frames: Any) -> Any:
    calls = frames.calls
    made = calls[calls["completed"] & (calls["direction"] == "outbound")]
    picked_up = made["result"] == "pickedUp"
    marks = pd.DataFrame(
        {
            "from_number": made["from_number"],
            "day": made["created_at"].dt.floor("D"),
            "n": 1,
            "picked_up": picked_up,
            "measured": picked_up & made["call_length"].notna(),
            "short": picked_up & (made["call_length"] < 10),
        }
    )
    days = marks.groupby(["from_number", "day"]).sum().reset_index("from_number")
    return days.groupby("from_number").rolling("7D").sum()


def length_summary(frames: Any) -> Any:
    calls = frames.calls
    lengths = calls[calls["result"] == "pickedUp"].groupby("agent_id")["call_length"]
    sums = lengths.agg(["count", "mean", "std", "min", "max", "sum"])
    return [sums, lengths.quantile([0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99])]


def length_distribution(frames: Any) -> Any:
    lengths = frames.calls.loc[frames.calls["result"] == "pickedUp", "call_length"].dropna()
    return np.histogram(lengths, np.arange(0, lengths.max() + 30, 30))[0]


def length_ecdf(frames: Any) -> Any:
    lengths = frames.calls.loc[frames.calls["result"] == "pickedUp", "call_length"]
    return lengths.value_counts().sort_index().cumsum()


def ring_time(frames: Any) -> Any:
    over = frames.calls[frames.calls["completed"]]
    rang = (over["completed_at"] - over["created_at"]).dt.total_seconds() - over["call_length"]
    by_result = rang[rang >= 0].groupby(over["result"])
    sums = by_result.agg(["count", "mean", "std", "min", "max", "sum"])
    return [sums, by_result.quantile([0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99])]


def attempts(frames: Any) -> Any:
    return _attempts(frames)["attempt"]


def _attempts(frames: Any) -> pd.DataFrame:
    calls = frames.calls
    made = calls[calls["completed"] & (calls["direction"] == "outbound")]
    made = made[["campaign_id", "prospect_number", "created_at", "result"]]
    made = made.sort_values(["campaign_id", "prospect_number", "created_at"])
    reached = made["result"] == "pickedUp"
    prospects = [made["campaign_id"], made["prospect_number"]]
    by_prospect = made.groupby(["campaign_id", "prospect_number"])
    return pd.DataFrame(
        {
            "attempt": by_prospect.cumcount() + 1,
            "reached": reached,
            "reached_before": reached.groupby(prospects).cumsum() - reached > 0,
            "gap": by_prospect["created_at"].diff(),
        }
    )


def reach_curve(frames: Any) -> Any:
    made = _attempts(frames)
    return made[~made["reached_before"]].groupby("attempt")["reached"].agg(["size", "sum"])


def reach_by_gap(frames: Any) -> Any:
    made = _attempts(frames)
    made = made[~made["reached_before"] & made["gap"].notna()]
    hours = np.digitize(made["gap"].dt.total_seconds() / 3600, [4, 12, 36, 60, 168])
    return made.groupby(["attempt", hours], observed=True)["reached"].agg(["size", "sum"])


def pickup_by_hour(frames: Any) -> Any:
    calls = frames.calls
    made = calls[calls["completed"] & (calls["direction"] == "outbound")]
    local = made["created_at"].dt.tz_convert("America/New_York")
    windows = [local.dt.day_of_week.rename("weekday"), local.dt.hour.rename("hour")]
    return (made["result"] == "pickedUp").groupby(windows).agg(["size", "sum"])


def pickup_by_hour_of_prospects(frames: Any) -> Any:
    calls = frames.calls
    made = calls[calls["completed"] & (calls["direction"] == "outbound")]
    picked_up = made["result"] == "pickedUp"
    local = _local_times(made)
    return picked_up.groupby([local.dt.day_of_week.rename("weekday"), local.dt.hour.rename("hour")]).agg(
        ["size", "sum"]
    )


def quiet_hours(frames: Any) -> Any:
    calls = frames.calls
    hour = _local_times(calls[calls["direction"] == "outbound"]).dt.hour
    return ((hour < 8) | (hour >= 21)).sum()


def _local_times(calls: pd.DataFrame) -> Any:
    distinct = calls["prospect_number"].unique()
    zones = {number: timezone.time_zones_for_number(phonenumbers.parse(number))[0] for number in distinct}
    by_zone = calls["created_at"].groupby(calls["prospect_number"].map(zones))
    local = pd.concat([times.dt.tz_convert(zone).dt.tz_localize(None) for zone, times in by_zone])
    return local.loc[calls.index]


def progress(frames: Any) -> Any:
    over = frames.calls[frames.calls["completed"]]
    return over["completed_at"].dt.floor("h").value_counts().sort_index().cumsum()


def describe_numbers(frames: Any) -> Any:
    numbers = frames.calls["prospect_number"]
    known = {}
    for number in numbers.unique():
        parsed = phonenumbers.parse(number)
        known[number] = (
            phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164),
            phonenumbers.region_code_for_number(parsed),
            phonenumbers.number_type(parsed),
            " ".join(timezone.time_zones_for_number(parsed)),
        )
    return pd.DataFrame(numbers.map(known).tolist())


def compare_outcomes(frames: Any) -> Any:
    over = frames.calls[frames.calls["completed"]]
    return (over["result"] == "pickedUp").groupby(over["agent_id"]).agg(["sum", "size"])


def compare_lengths(frames: Any) -> Any:
    talks = frames.calls[frames.calls["result"] == "pickedUp"]
    rows = []
    for agent in talks["agent_id"].unique():
        is_own = talks["agent_id"] == agent
        own, others = talks.loc[is_own, "call_length"], talks.loc[~is_own, "call_length"]
        rows.append((own.median(), others.median(), mannwhitneyu(own, others).statistic))
    return rows


def campaign_cost(frames: Any) -> Any:
    over = frames.calls[frames.calls["completed"]]
    by_agent = over["agent_id"]
    lengths = over["call_length"]
    picked_up = over["result"] == "pickedUp"
    return [
        np.ceil(lengths / 60).groupby(by_agent).sum() * 0.12,
        lengths.groupby(by_agent).sum() / 60,
        picked_up.groupby(by_agent).sum(),
        (picked_up & (lengths > 60)).groupby(by_agent).sum(),
    ]


def join_contacts(frames: Any, contacts: pd.DataFrame) -> Any:
    calls = frames.calls
    written = pd.unique(pd.concat([calls["prospect_number"], contacts["phone_number"]]))
    form = phonenumbers.PhoneNumberFormat.E164
    normal = {number: phonenumbers.format_number(phonenumbers.parse(number), form) for number in written}
    left = calls.assign(number=calls["prospect_number"].map(normal))
    right = contacts.assign(number=contacts["phone_number"].map(normal)).drop_duplicates("number")
    return left.merge(right, how="left", on="number")
