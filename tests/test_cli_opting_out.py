"""`caldframe opt-outs`, in this process, on calls made by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from caldframe.cli import main
from caldframe.cli.output import records
from caldframe.fetch import load_campaign
from caldframe.metrics.conversation import opt_out_numbers

if TYPE_CHECKING:
    from pathlib import Path


def call(number: int, prospect: str, *said: str) -> dict[str, Any]:
    return {
        "callId": f"k{number}",
        "completed": True,
        "result": "pickedUp",
        "direction": "outbound",
        "from": "+12025550101",
        "to": prospect,
        "createdAt": f"2026-03-0{number}T14:05:00Z",
        "transcripts": [{"role": "user", "content": words} for words in said],
    }


def written(tmp_path: Path, *calls: dict[str, Any]) -> Path:
    file = tmp_path / "campaign.json"
    file.write_text(json.dumps({"campaignId": "c", "calls": calls}), encoding="utf-8")
    return file


@pytest.fixture
def response(tmp_path: Path) -> Path:
    return written(
        tmp_path,
        call(1, "+1 (202) 555-0123", "Yes?", "Stop calling me."),
        call(2, "+1 (202) 555-0123", "Who is this?"),
        call(3, "+34 911 23 45 67", "No me llame más.", "No me llame más."),
        call(4, "soon\x1b[31m", "Take me off your list, \x1b[31mplease."),
    )


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["opt-outs", *(str(each) for each in arguments)])


def test_json_is_what_the_metric_gives(response: Path) -> None:
    frames = load_campaign(response)
    found = json.loads(run(response, "--json").stdout)
    assert found == records(opt_out_numbers(frames.calls, frames.transcripts))
    assert [row["call_id"] for row in found] == ["k4", "k3", "k1"]
    assert [row["called_since"] for row in found] == [0, 0, 1]


def test_numbers_alone_are_in_their_normal_form(response: Path) -> None:
    done = run(response, "--numbers")
    assert done.stdout == "+34911234567\n+12025550123\n"
    assert "1 number left out" in done.stderr


def test_the_table_fits_80_columns_and_drives_no_terminal(response: Path) -> None:
    shown = run(response).stdout
    assert shown.startswith("3 numbers to put on the do-not-call list")
    assert max(map(len, shown.splitlines())) <= 80
    assert "\x1b" not in shown
    assert "2026-03-03 14:05" in shown
    assert "take me off your list" in shown


def test_an_empty_list_says_what_was_looked_at(tmp_path: Path) -> None:
    response = written(tmp_path, call(1, "+12025550123", "Yes."))
    assert run(response).stdout == "Nobody was found to have asked, in 1 call.\n"
    assert run(response, "--numbers").stdout == ""
    assert json.loads(run(response, "--json").stdout) == []


def test_two_forms_of_output_are_refused(response: Path) -> None:
    done = run(response, "--numbers", "--json")
    assert done.exit_code == 2
    assert "not both" in done.stderr
