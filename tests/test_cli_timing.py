"""`caldframe hours`: the metric's numbers on a terminal and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from caldframe import load_campaign, pickup_by_hour
from caldframe.cli import main

SAMPLE = Path(__file__).parents[1] / "data" / "sample-campaign.json"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["hours", str(SAMPLE), *arguments], env={"COLUMNS": "80"})


@pytest.mark.parametrize(
    ("arguments", "metric"),
    [
        ([], {}),
        (["--tz", "prospect"], {"tz": "prospect"}),
        (["--tz", "Asia/Kolkata", "--by", "agent_id", "--by", "hour"], {"tz": "Asia/Kolkata"}),
        (["--outcome", "voicemail", "--confidence", "0.9"], {"outcome": "voicemail", "confidence": 0.9}),
    ],
)
def test_hours_are_those_of_the_metric(arguments: list[str], metric: dict[str, object]) -> None:
    by = ["agent_id", "hour"] if "agent_id" in arguments else ["weekday", "hour"]
    table = pickup_by_hour(load_campaign(SAMPLE).calls, by=by, **metric)  # type: ignore[arg-type]
    rows = json.loads(run(*arguments, "--json").stdout)
    assert [list(row) for row in rows] == [table.columns.tolist()] * len(table)
    for name in table.columns:
        values = table[name].astype("object")
        assert [row[name] for row in rows] == values.where(values.notna(), None).tolist()
    shown = run(*arguments)
    assert shown.exit_code == 0
    assert max(map(len, shown.stdout.splitlines())) <= 80


def test_a_weekday_is_written_once_and_an_hour_without_calls_has_a_dash() -> None:
    shown = run("--tz", "prospect").stdout
    assert shown.count("Monday") == 1
    assert " 14      0       –" in shown


def test_rates_that_chance_explains_are_called_so() -> None:
    note = "Note: these rates lie no further apart than chance puts them; no row is shown to be better.\n"
    assert run("--tz", "prospect", "--by", "hour").stderr == note
    assert run("--tz", "prospect").stderr == ""
    assert run("--by", "agent_id").stderr == ""  # one row has nothing to be apart from


def test_a_zone_that_is_none_is_named() -> None:
    done = run("--tz", "Mars/Olympus")
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: --tz='Mars/Olympus' is no time zone.")
