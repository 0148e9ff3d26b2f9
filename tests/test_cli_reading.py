"""`caldframe conversation`: one call to read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from archives import Account, sync
from click.testing import CliRunner, Result

from caldframe.archive import Archive
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
    which = "2 calls with the id 'k2'. Say which one is meant with --occurrence, from 0 to 1."
    assert which in asked.stderr
    assert which in run(response, "k2", "--occurrence", "2").stderr
    assert "Two." in run(response, "k2", "--occurrence", "1", "--campaign", "c1").stdout


def test_an_unknown_call_is_an_error_of_one_line(response: Path) -> None:
    done = run(response, "k9")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "Error: There is no call 'k9'. The column call_id of the calls has all ids.\n"
    assert "'c1' is the id of a campaign. Give that of one of its calls." in run(response, "c1").stderr


@pytest.fixture
def location(tmp_path: Path) -> Path:
    """An archive of two campaigns that have calls of the same ids."""
    bodies = {
        campaign: json.dumps({"campaignId": campaign, "name": f"Name of {campaign}", "calls": calls}).encode()
        for campaign, calls in {"c1": CALLS, "c2": [*CALLS[:1], {"callId": "only-here"}]}.items()
    }
    sync(Archive(tmp_path / "archive"), Account(bodies))
    return tmp_path / "archive"


@pytest.mark.parametrize("engine", ["pyarrow", "polars", "duckdb", "dask"])
def test_every_engine_finds_the_same_call(engine: str, location: Path) -> None:
    for arguments in (
        ["k1", "--campaign", "c2", "--tz", "Asia/Tokyo"],
        ["k2", "--occurrence", "1", "--json"],
        ["only-here"],
        ["k1"],
        ["k2"],
        ["k2", "--occurrence", "2"],
        ["k2", "--campaign", "c2"],
        ["only-her"],
        ["c1"],
    ):
        expected = run(location, *arguments, "--engine", "pandas")
        found = run(location, *arguments, "--engine", engine)
        assert (found.exit_code, found.stdout, found.stderr) == (
            expected.exit_code,
            expected.stdout,
            expected.stderr,
        )
    assert "Several campaigns have a call 'k1': c1, c2. Say which one is meant with --campaign." in (
        run(location, "k1", "--engine", engine).stderr
    )
    assert "Did you mean 'only-here'?" in run(location, "only-her", "--engine", engine).stderr


def test_of_an_archive_nothing_but_the_call_is_read(location: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Archive) -> None:
        raise AssertionError("all of the archive was read")

    monkeypatch.setattr(Archive, "frames", refuse)
    assert "Two." in run(location, "k2", "--occurrence", "1").stdout


def test_both_arguments_are_needed(response: Path) -> None:
    done = run(response)
    assert done.exit_code == 2
    assert "Missing argument" in done.stderr
