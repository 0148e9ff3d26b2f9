"""What documentation says of the columns of a table is what the table has: names, order, dtypes."""

from __future__ import annotations

import inspect
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import caldframe as cf

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

SAMPLE = Path(__file__).parents[1] / "data" / "sample-campaign.json"

TABLES: dict[str, Callable[[cf.CampaignFrames], pd.DataFrame]] = {
    "attempts": lambda frames: cf.attempts(frames.calls),
    "audit_labels": lambda frames: cf.audit_labels(frames.calls, frames.transcripts),
    "audited_answer_rate": lambda frames: cf.audited_answer_rate(frames.calls, frames.transcripts),
    "caller_numbers": lambda frames: cf.caller_numbers(frames.calls),
    "campaign_cost": lambda frames: cf.campaign_cost(frames.calls, "0.12"),
    "compare_lengths": lambda frames: cf.compare_lengths(frames.calls, "direction"),
    "compare_outcomes": lambda frames: cf.compare_outcomes(frames.calls, "direction"),
    "contact_kpis": lambda frames: cf.contact_kpis(frames.calls),
    "describe_numbers": lambda frames: cf.describe_numbers(frames.calls["prospect_number"]),
    "distinctive_terms": lambda frames: cf.distinctive_terms(frames.transcripts, "role"),
    "drop_off": lambda frames: cf.drop_off(frames.transcripts, frames.calls),
    "funnel": lambda frames: cf.funnel(frames.calls, frames.transcripts),
    "hang_up_lines": lambda frames: cf.hang_up_lines(frames.transcripts, frames.calls),
    "length_distribution": lambda frames: cf.length_distribution(frames.calls),
    "length_ecdf": lambda frames: cf.length_ecdf(frames.calls),
    "length_summary": lambda frames: cf.length_summary(frames.calls),
    "openings": lambda frames: cf.openings(frames.transcripts, frames.calls),
    "opt_out_numbers": lambda frames: cf.opt_out_numbers(frames.calls, frames.transcripts),
    "opt_out_patterns": lambda _: cf.opt_out_patterns(),
    "opt_outs": lambda frames: cf.opt_outs(frames.transcripts),
    "outcome_rates": lambda frames: cf.outcome_rates(frames.calls),
    "pickup_by_hour": lambda frames: cf.pickup_by_hour(frames.calls),
    "progress": lambda frames: cf.progress(frames.calls),
    "quality": cf.quality,
    "quiet_hours": lambda frames: cf.quiet_hours(frames.calls),
    "reach_by_gap": lambda frames: cf.reach_by_gap(frames.calls),
    "reach_curve": lambda frames: cf.reach_curve(frames.calls),
    "reconcile": cf.reconcile,
    "ring_time": lambda frames: cf.ring_time(frames.calls),
    "search_transcripts": lambda frames: cf.search_transcripts(frames.transcripts, "call"),
    "talk_metrics": lambda frames: cf.talk_metrics(frames.transcripts, frames.calls),
    "talk_summary": lambda frames: cf.talk_summary(frames.transcripts, frames.calls),
}
OTHERS = {  # public functions whose tables are those of the schema, or that are given
    *("fetch_calls", "fetch_transcripts", "fetch_agents", "fetch_contacts"),
    *("join_contacts", "pseudonymise_contacts", "redact"),
}
WRITTEN = {"Decimal": "object", "tuple of str": "object"}
"""What is said of values that pandas has no dtype for."""


@cache
def sample() -> cf.CampaignFrames:
    return cf.load_campaign(SAMPLE)


def bullets(name: str) -> list[str]:
    """Give what a function says of its columns, one or some at a time."""
    document = inspect.getdoc(getattr(cf, name)) or ""
    returns = re.split(r"^\w[\w ]+\n-+\n", document, flags=re.MULTILINE)[
        [*re.findall(r"^(\w[\w ]+)\n-+\n", document, re.MULTILINE)].index("Returns") + 1
    ]
    return re.findall(r"^    - (.+?)(?=^    - |^\s*$|\Z)", returns, re.MULTILINE | re.DOTALL)


def grouped(name: str) -> set[str]:
    """Give the columns of a table of the sample that are those of `by`."""
    return {"direction"} if name.startswith("compare_") else set()


@pytest.mark.parametrize("name", TABLES)
def test_columns_are_those_that_are_said(name: str) -> None:
    columns = [str(column) for column in TABLES[name](sample()).columns if column not in grouped(name)]
    said = [re.findall(r"`(\w+)`", bullet) for bullet in bullets(name)]
    assert set(columns) <= {column for names in said for column in names}, "a column is not told of"
    first = list(dict.fromkeys(names[0] for names in said if names and names[0] in columns))
    assert first == sorted(first, key=columns.index), "columns are told of in another order"


@pytest.mark.parametrize("name", TABLES)
def test_dtypes_are_those_that_are_said(name: str) -> None:
    table = TABLES[name](sample())
    for bullet in bullets(name):
        for column, written in re.findall(r"`(\w+)` \(([\w\[\], ]+?)\)", bullet):
            if column in table.columns:
                dtype = WRITTEN.get(written, written).replace("[us, tz]", "[us, UTC]")
                assert dtype.partition(", no zone")[0].partition(", Monday")[0] == str(table[column].dtype)


def test_every_public_table_is_looked_at() -> None:
    tables = set()
    for name in cf.__all__:
        function: Any = getattr(cf, name)
        if inspect.isfunction(function) and inspect.signature(function).return_annotation == "pd.DataFrame":
            tables.add(name)
    assert tables - OTHERS == TABLES.keys()
