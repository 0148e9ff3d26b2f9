"""`caldframe compare`, in this process, on a campaign with two agents and a variant of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from caldframe.cli import main
from caldframe.cli.output import records
from caldframe.fetch import load_campaign
from caldframe.metrics.compare import compare_lengths, compare_outcomes

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


def call(number: int, *, caller: str, result: str, length: float) -> dict[str, Any]:
    return {
        "callId": f"k{number}",
        "completed": result != "pending",
        "result": result,
        "callLength": length,
        "from": caller,
        "direction": "outbound",
    }


@pytest.fixture
def response(tmp_path: Path) -> Path:
    calls = [
        call(number, caller=caller, result=result, length=10 + number % 17)
        for number, (caller, result) in enumerate(
            [("+12025550101", "pickedUp")] * 30
            + [("+12025550101", "ivr")] * 10
            + [("+12025550102", "pickedUp")] * 10
            + [("+12025550102", "ivr")] * 30
            + [("+12025550103", "pickedUp")] * 2
            + [("+12025550103", "pending")] * 9
        )
    ]
    file = tmp_path / "campaign.json"
    file.write_text(json.dumps({"campaignId": "c", "agentId": "a", "calls": calls}), encoding="utf-8")
    return file


@pytest.fixture
def calls(response: Path) -> pd.DataFrame:
    return load_campaign(response).calls


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["compare", *(str(each) for each in arguments)])


def test_outcomes_are_those_of_the_metric(response: Path, calls: pd.DataFrame) -> None:
    found = json.loads(run(response, "--by", "from_number", "--json").stdout)
    assert found == records(compare_outcomes(calls, "from_number"))
    assert [row["total"] for row in found] == [40, 40, 2]
    given = run(response, "--by", "from_number", "--baseline", "+12025550102", "--outcome", "ivr", "--json")
    assert json.loads(given.stdout) == records(
        compare_outcomes(calls, "from_number", baseline="+12025550102", outcome="ivr")
    )


def test_lengths_are_those_of_the_metric(response: Path, calls: pd.DataFrame) -> None:
    found = run(response, "--by", "from_number", "--lengths", "--confidence", "0.9", "--json")
    assert json.loads(found.stdout) == records(compare_lengths(calls, "from_number", confidence=0.9))


def test_a_baseline_of_any_dtype_is_typed_as_it_is_shown(response: Path) -> None:
    found = run(response, "--by", "completed", "--baseline", "True", "--json")
    assert [row["p_value"] for row in json.loads(found.stdout)] == [None, None]
    both = ("--by", "from_number", "--by", "completed", "--baseline", "+12025550101", "--baseline", "True")
    rows = json.loads(run(response, *both, "--json").stdout)
    assert rows[0]["difference"] is None
    assert rows[1]["baseline_total"] == 40


def test_the_tables_fit_80_columns_and_say_what_they_are(response: Path) -> None:
    shown = run(response, "--by", "from_number").stdout
    assert max(map(len, shown.splitlines())) <= 80
    assert "pickedUp of completed calls, beside the rest" in shown
    assert "points [low to high]" in shown
    assert "<0.0001" in shown
    lengths = run(response, "--by", "from_number", "--lengths", "--baseline", "+12025550101").stdout
    assert max(map(len, lengths.splitlines())) <= 80
    assert "beside +12025550101: medians" in lengths
    assert "seconds [low–high]" in lengths


@pytest.mark.parametrize(
    ("arguments", "code", "lesson"),
    [
        ((), 2, "Missing option '--by'"),
        (
            ("--by", "from_number", "--baseline", "a", "--baseline", "b"),
            2,
            "one value for each --by: 1, not 2",
        ),
        (("--by", "from_numbr"), 1, "Did you mean 'from_number'"),
        (("--by", "from_number", "--baseline", "nobody"), 1, "is no group of these calls"),
        (("--by", "from_number", "--outcome", "pickedup"), 1, "Did you mean 'pickedUp'"),
        (("--by", "from_number", "--lengths", "--outcome", "busy"), 1, "which no call has"),
    ],
)
def test_wrong_usage_is_explained(response: Path, arguments: tuple[str, ...], code: int, lesson: str) -> None:
    done = run(response, *arguments)
    assert done.exit_code == code
    assert lesson in done.stderr
