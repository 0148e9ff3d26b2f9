"""`caldframe conversation`: one call to read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from caldframe.cli import main
from caldframe.fetch import load_campaign

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "\x1b[31m\x1b]0;owned\x07 \u202egnp"
CALLS: list[dict[str, Any]] = [
    {
        "callId": "k1",
        "from": "+12025550101",
        "to": "+12025550102",
        "completed": True,
        "result": "pickedUp",
        "callLength": 12.5,
        "createdAt": "2026-03-02T14:05:00Z",
        "transcripts": [
            {"role": "assistant", "content": "春の案内です。" * 10},
            {"role": "user", "content": HOSTILE},
        ],
    },
    {"callId": "k2", "transcripts": [{"role": "user", "content": "One."}]},
    {"callId": "k2", "transcripts": [{"role": "user", "content": "Two."}]},
]


@pytest.fixture
def response(tmp_path: Path) -> Path:
    file = tmp_path / "response.json"
    file.write_text(json.dumps({"campaignId": "c1", "name": "Spring", "calls": CALLS}), encoding="utf-8")
    return file


def run(*arguments: object, **env: str) -> Result:
    return CliRunner().invoke(main, ["conversation", *map(str, arguments)], env=env)


def test_it_prints_what_python_shows(response: Path) -> None:
    done = run(response, "k1", "--tz", "Asia/Tokyo", COLUMNS="60")
    frames = load_campaign(response)
    assert done.exit_code == 0, done.stderr
    assert done.stdout == frames.conversation("k1", tz="Asia/Tokyo").as_text(width=60) + "\n"
    assert "2026-03-02 23:05:00+09:00 Asia/Tokyo" in done.stdout
    assert not set(done.output) & set("\x1b\x07\u202e")
    assert done.stderr == ""


def test_json_has_the_call_and_its_turns(response: Path) -> None:
    done = run(response, "k1", "--json")
    assert json.loads(done.stdout) == {
        "call_id": "k1",
        "campaign_id": "c1",
        "campaign_name": "Spring",
        "agent_id": None,
        "direction": None,
        "from_number": "+12025550101",
        "to_number": "+12025550102",
        "completed": True,
        "result": "pickedUp",
        "created_at": "2026-03-02T14:05:00+00:00",
        "call_length": 12.5,
        "turns": [
            {"turn": 0, "role": "assistant", "content": "春の案内です。" * 10},
            {"turn": 1, "role": "user", "content": HOSTILE},
        ],
    }
    assert done.stdout.isascii()


def test_one_of_several_can_be_named(response: Path) -> None:
    asked = run(response, "k2")
    assert (asked.exit_code, asked.stdout) == (1, "")
    assert "2 calls with the id 'k2'" in asked.stderr
    assert "Two." in run(response, "k2", "--occurrence", "1", "--campaign", "c1").stdout


def test_an_unknown_call_is_an_error_of_one_line(response: Path) -> None:
    done = run(response, "k9")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "Error: There is no call 'k9' in .calls. Its column call_id has them all.\n"


def test_both_arguments_are_needed(response: Path) -> None:
    done = run(response)
    assert done.exit_code == 2
    assert "Missing argument" in done.stderr
