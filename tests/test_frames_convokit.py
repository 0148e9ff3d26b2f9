"""The convention of ConvoKit, and ConvoKit itself reading it."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from random_tables import frames_of, random_frames, with_calls

from caldframe.errors import UnknownColumnError
from caldframe.fetch import load_campaign

if TYPE_CHECKING:
    from caldframe.frames import CampaignFrames

ROOT = Path(__file__).parents[1]
CONVOKIT = ROOT / ".convokit"
SAMPLE = ROOT / "data" / "sample-campaign.json"

FIELDS = ["id", "timestamp", "text", "speaker", "reply_to", "conversation_id"]


@pytest.fixture
def frames() -> CampaignFrames:
    call = {"campaign_id": "c1", "agent_id": "a1", "prospect_number": "+1415"}
    return frames_of(
        campaigns=[{"campaign_id": "c1", "name": "Spring"}],
        calls=[
            {
                **call,
                "call_id": "k1",
                "turns": 2,
                "result": "pickedUp",
                "call_length": 12.5,
                "completed": True,
            },
            {**call, "call_id": "k2", "turns": 0},
            {"call_id": "k3", "turns": 2, "created_at": pd.Timestamp("2026-03-02T14:05Z")},
        ],
        transcripts=[
            {"campaign_id": "c1", "call_id": "k1", "turn": 0, "role": "assistant", "content": "Hello?"},
            {"campaign_id": "c1", "call_id": "k1", "turn": 1, "role": "user", "content": "Hi!"},
            {"call_id": "k3", "turn": 0, "role": "user"},
            {"call_id": "k3", "turn": 1, "content": "\u202e"},
            {"campaign_id": "c9", "call_id": "k1", "turn": 0, "content": "of no call"},
        ],
    )


# --- the convention -----------------------------------------------------------------------------------


def test_utterances_follow_the_convention(frames: CampaignFrames) -> None:
    table = frames.to_convokit().utterances
    assert table.columns.tolist() == [*FIELDS, "meta.turn", "meta.role", "meta.extra"]
    assert table[FIELDS].to_numpy().tolist() == [
        ["c1/k1/00000", None, "Hello?", "assistant:a1", None, "c1/k1/00000"],
        ["c1/k1/00001", None, "Hi!", "user:+1415", "c1/k1/00000", "c1/k1/00000"],
        ["/k3/00000", None, "", "user:/k3", None, "/k3/00000"],
        ["/k3/00001", None, "\u202e", "nobody:/k3", "/k3/00000", "/k3/00000"],
    ]


def test_speakers_are_known_by_role_and_number(frames: CampaignFrames) -> None:
    table = frames.to_convokit().speakers
    assert table.to_dict("list") == {
        "id": ["assistant:a1", "user:+1415", "user:/k3", "nobody:/k3"],
        "meta.role": ["assistant", "user", "user", None],
        "meta.agent_id": ["a1", None, None, None],
        "meta.prospect_number": [None, "+1415", None, None],
    }


def test_conversations_carry_the_call(frames: CampaignFrames) -> None:
    table = frames.to_convokit().conversations
    calls = [name for name in frames.calls.columns if name != "turns"]
    assert table.columns.tolist() == ["id", *(f"meta.{name}" for name in calls), "meta.campaign_name"]
    first, second = table.to_dict("records")
    assert (first["id"], first["meta.result"], first["meta.call_length"]) == ("c1/k1/00000", "pickedUp", 12.5)
    assert (first["meta.completed"], first["meta.campaign_name"]) == (True, "Spring")
    assert (second["id"], second["meta.campaign_id"], second["meta.campaign_name"]) == (
        "/k3/00000",
        None,
        None,
    )
    assert second["meta.created_at"] == "2026-03-02T14:05:00+00:00"


def test_columns_of_your_own_come_along_under_names_that_convokit_reads(frames: CampaignFrames) -> None:
    calls = frames.calls.assign(sale=True, id="x", days=pd.Timedelta("1D"))
    calls["score.v1"] = pd.array([1, None, 2], "Int64")
    own = with_calls(frames, calls)
    table = own.to_convokit().conversations
    assert table["meta.sale"].tolist() == [True, True]
    assert table["meta.score_v1"].tolist() == [1, 2]
    assert table["meta.id_"].tolist() == ["x", "x"]
    assert table["meta.days"].tolist() == [86_400.0, 86_400.0]


def test_ids_tell_calls_with_the_same_ids_apart() -> None:
    calls = [
        {"campaign_id": "a/b", "call_id": "c", "turns": 1},
        {"campaign_id": "a", "call_id": "b/c", "turns": 1},
    ]
    calls += [{"campaign_id": "a", "call_id": "c", "turns": 1}] * 2
    said = [{name: call[name] for name in ("campaign_id", "call_id")} for call in calls]
    tables = frames_of(calls=calls, transcripts=said).to_convokit()
    assert tables.conversations["id"].tolist() == [
        "a%2Fb/c/00000",
        "a/b%2Fc/00000",
        "a/c/00000",
        "a/c#1/00000",
    ]


def test_ids_sort_in_the_order_of_speaking() -> None:
    turns = [{"call_id": "k", "turn": turn, "content": str(turn)} for turn in range(10_000)]
    table = frames_of(calls=[{"call_id": "k", "turns": 10_000}], transcripts=turns).to_convokit().utterances
    assert table["id"].is_monotonic_increasing
    assert table["text"].tolist() == [str(turn) for turn in range(10_000)]


def test_nothing_said_gives_tables_without_rows(frames: CampaignFrames) -> None:
    empty = dataclasses.replace(frames, transcripts=frames.transcripts.head(0)).to_convokit()
    full = frames.to_convokit()
    for table, other in zip(empty, full, strict=True):
        assert table.empty
        assert table.columns.tolist() == other.columns.tolist()
        assert set(table.dtypes) == {np.dtype("object")}


def test_a_missing_column_is_named(frames: CampaignFrames) -> None:
    with pytest.raises(UnknownColumnError, match="'prospect_number'"):
        with_calls(frames, frames.calls.drop(columns="prospect_number")).to_convokit()


@settings(max_examples=50)
@given(random_frames())
def test_any_frames_follow_the_convention(frames: CampaignFrames) -> None:
    utterances, speakers, conversations = frames.to_convokit()
    for table in (utterances, speakers, conversations):
        assert table["id"].is_unique
        json.dumps(table.to_dict("records"))
    assert set(utterances["speaker"]) == set(speakers["id"])
    assert set(utterances["conversation_id"]) == set(conversations["id"])
    assert set(conversations["id"]) <= set(utterances["id"])
    assert all(isinstance(text, str) for text in utterances["text"])


# --- ConvoKit itself ----------------------------------------------------------------------------------


def run_with_convokit(*arguments: object, home: Path) -> subprocess.CompletedProcess[str]:
    """Run this Python where it finds ConvoKit, which writes into its user's folder."""
    path = os.pathsep.join([str(ROOT), str(CONVOKIT)])
    return subprocess.run(  # noqa: S603 - this interpreter, our own programs
        [sys.executable, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": path, "HOME": str(home), "MPLBACKEND": "agg"},
        check=True,
        capture_output=True,
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    if not CONVOKIT.is_dir():
        pytest.skip("ConvoKit is not set up; make test does it")
    folder = tmp_path_factory.mktemp("convokit")
    run_with_convokit(ROOT / "tests" / "read_by_convokit.py", SAMPLE, folder, home=folder)
    loaded: dict[str, Any] = json.loads((folder / "seen.json").read_text(encoding="utf-8"))
    return loaded


def test_convokit_reads_every_turn(seen: dict[str, Any]) -> None:
    frames = load_campaign(SAMPLE)
    tables = frames.to_convokit()
    read = seen["read"]
    assert len(read["utterances"]) == len(frames.transcripts)
    for row in tables.utterances.to_dict("records"):
        meta = {name: row[f"meta.{name}"] for name in ("turn", "role", "extra")}
        assert read["utterances"][row["id"]] == [row["speaker"], row["text"], row["reply_to"], None, meta]


def test_convokit_finds_conversations_that_hang_together(seen: dict[str, Any]) -> None:
    frames = load_campaign(SAMPLE)
    read = seen["read"]
    spoken = frames.calls[frames.calls["turns"] > 0]
    assert len(read["conversations"]) == len(read["whole"]) == len(spoken)
    assert [meta["call_id"] for _, meta in read["conversations"].values()] == spoken["call_id"].tolist()
    assert [meta["result"] for _, meta in read["conversations"].values()] == spoken["result"].tolist()
    assert [[len(path) for path in paths] for paths in read["paths"]] == [
        [turns] for turns in spoken["turns"]
    ]
    assert {meta["role"] for meta in read["speakers"].values()} == {"assistant", "user"}


def test_convokit_writes_and_reads_the_corpus_again(seen: dict[str, Any]) -> None:
    assert seen["read again"] == seen["read"]


def test_a_transformer_of_convokit_applies(seen: dict[str, Any]) -> None:
    terms = seen["terms"]
    assert terms["solar"] > 2  # the agent's word
    assert terms["yes"] < -2  # the prospects'


def test_the_example_of_the_documentation_runs(seen: dict[str, Any], tmp_path: Path) -> None:
    page = (ROOT / "docs" / "reading-calls.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^    from convokit import .*\n(?:    .*\n|\n)*", page, re.MULTILINE)
    frames = f"import caldframe as cf\nframes = cf.load_campaign({str(SAMPLE)!r})\n"
    done = run_with_convokit("-c", frames + textwrap.dedent(example), home=tmp_path)
    assert set(seen["terms"]) >= {line.split()[0] for line in done.stdout.splitlines()[-6:-1]}
