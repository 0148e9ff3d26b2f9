"""The schema is DATA.md's, and everything made from it agrees with it."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from caldframe.decode import decode_campaign
from caldframe.schema import (
    AGENTS,
    CALLS,
    CAMPAIGNS,
    CONTACTS,
    DIRECTIONS,
    PROBLEM_KINDS,
    RESULTS,
    ROLES,
    STATUSES,
    TABLES,
    TEXT,
    TIMESTAMP,
    TRANSCRIPTS,
    Tables,
    arrow_schema,
    concat_tables,
    empty_tables,
)

if TYPE_CHECKING:
    from caldframe.schema import Column

PROJECT = Path(__file__).parents[1]

TYPES = {
    "campaigns": ["string"] * 5 + ["int64"] * 9 + ["timestamp[us, tz=UTC]", "string"],
    "calls": [
        *["string"] * 8,
        "bool",
        "string",
        *["timestamp[us, tz=UTC]"] * 2,
        "double",
        "int32",
        *["string"] * 2,
    ],
    "transcripts": ["string", "string", "int32", "string", "string", "string"],
    "problems": ["string", "string", "int64", "string", "string", "string"],
}

NAMES = {
    "campaigns": "campaign_id name list_id agent_id status total_calls completed_calls failed_calls "
    "pending_calls picked_up_calls ivr_calls voicemail_calls unanswered_calls disconnected_calls "
    "fetched_at extra",
    "calls": "campaign_id agent_id list_id call_id direction from_number to_number prospect_number "
    "completed result created_at completed_at call_length turns recording_url extra",
    "transcripts": "campaign_id call_id turn role content extra",
    "problems": "campaign_id call_id call_index field problem value",
}


def test_the_four_tables_are_those_of_the_design() -> None:
    assert list(TABLES) == list(NAMES)
    for name, columns in TABLES.items():
        schema = arrow_schema(columns)
        assert schema.names == NAMES[name].split()
        assert ["string" if each == TEXT else str(each) for each in schema.types] == TYPES[name]
    assert pa.large_string() == TEXT
    assert pa.timestamp("us", tz="UTC") == TIMESTAMP


@pytest.mark.parametrize("columns", [*TABLES.values(), AGENTS, CONTACTS])
def test_every_column_has_a_name_of_its_own_and_a_meaning(columns: tuple[Column, ...]) -> None:
    assert len({column.name for column in columns}) == len(columns)
    for column in columns:
        assert re.fullmatch("[a-z_]+", column.name)
        assert column.meaning
        assert column.type in {TEXT, pa.bool_(), pa.int32(), pa.int64(), pa.float64(), TIMESTAMP}
        assert "|" not in column.meaning, "it is a cell of a Markdown table"


def test_columns_that_are_made_here_are_never_null_and_those_of_the_api_may_be() -> None:
    never_null = {
        (name, column.name) for name, columns in TABLES.items() for column in columns if not column.nullable
    }
    assert never_null == {
        ("calls", "turns"),
        ("transcripts", "turn"),
        ("problems", "field"),
        ("problems", "problem"),
    }


def properties(description: str, name: str) -> str:
    """Cut one schema out of the vendor's description."""
    found = re.search(rf"^    {name}:\n(.*?)(?=^    \w|^  \w)", description, re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


def test_every_field_of_the_vendor_is_the_source_of_a_column(vendor_description: Path) -> None:
    description = vendor_description.read_text(encoding="utf-8")
    campaign, call = properties(description, "Campaign"), properties(description, "Call")
    top = set(re.findall(r"^        (\w+):$", campaign, re.MULTILINE)) - {"stats"}
    stats = {f"stats.{name}" for name in re.findall(r"^            (\w+):$", campaign, re.MULTILINE)}
    assert {column.source for column in CAMPAIGNS} - {None} == top | stats
    fields = set(re.findall(r"^        (\w+):$", call, re.MULTILINE))
    assert {column.source for column in CALLS} - {None} == fields
    turn = set(re.findall(r"^              (\w+):$", call, re.MULTILINE))
    assert {column.source for column in TRANSCRIPTS} - {None} == turn


def test_listed_values_are_the_vendor_s(vendor_description: Path) -> None:
    description = " ".join(vendor_description.read_text(encoding="utf-8").split())
    for values in (RESULTS, STATUSES, DIRECTIONS):
        listed = ", ".join(f"`{value}`" for value in values)
        assert listed in description or listed.replace(", ", " or ") in description
    assert all(f"(`{role}`)" in description for role in ROLES)


def test_tables_are_put_one_below_the_other_in_order() -> None:
    responses = [
        {"campaignId": name, "calls": [{"callId": f"{name}{number}"} for number in range(2)]} for name in "ba"
    ]
    parts = [decode_campaign(json.dumps(response).encode()) for response in responses]
    both = concat_tables(parts)
    assert both.campaigns["campaign_id"].to_pylist() == ["b", "a"]
    assert both.calls["call_id"].to_pylist() == ["b0", "b1", "a0", "a1"]


def test_nothing_put_together_is_four_empty_tables() -> None:
    for tables in (concat_tables([]), concat_tables([empty_tables(), empty_tables()]), empty_tables()):
        assert isinstance(tables, Tables)
        for name, table in tables.as_dict().items():
            assert table.num_rows == 0
            assert table.schema.equals(arrow_schema(TABLES[name]))


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(PROJECT / "docs" / "make_data_dictionary.py"))


def test_the_data_dictionary_is_what_the_schema_makes_today(script: dict[str, Any]) -> None:
    made = script["data_dictionary"]()
    assert script["DATA_DICTIONARY"] == PROJECT / "data" / "data-dictionary.md"
    kept = script["DATA_DICTIONARY"].read_text(encoding="utf-8")
    assert kept == made, "run: python docs/make_data_dictionary.py"


def test_the_data_dictionary_has_every_column_value_and_problem(script: dict[str, Any]) -> None:
    sections = dict(
        re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", script["data_dictionary"](), re.DOTALL | re.MULTILINE)
    )
    for name, columns in TABLES.items():
        first_cells = re.findall(r"^\| `(\w+)`", sections[f"`{name}`"], re.MULTILINE)
        assert first_cells == [column.name for column in columns]
    listed = sections["Listed values"]
    assert all(f"`{value}`" in listed for value in (*RESULTS, *STATUSES, *DIRECTIONS, *ROLES))
    assert re.findall(r"^\| `(\w+)`", sections["Kinds of problems"], re.MULTILINE) == list(PROBLEM_KINDS)
    for table in sections.values():
        widths = {line.count(" | ") for line in table.splitlines() if line.startswith("|")}
        assert len(widths) == 1
