"""`caldframe report`: sources in, one page out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from caldframe.cli import main
from caldframe.fetch import load_campaign
from caldframe.reports import report

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = "data/sample-campaign.json"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


def test_it_writes_the_page_of_the_function(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    done = run("report", SAMPLE, "--out", file, "--title", "Spring", "--tz", "UTC", "--confidence", "0.9")
    assert done.exit_code == 0, done.output
    assert done.stdout == f"Written to {file}: 1 campaign, 120 calls, {file.stat().st_size / 1000:,.0f} kB\n"
    frames = load_campaign(SAMPLE)
    expected = report(
        frames, tmp_path / "same.html", title="Spring", tz="UTC", confidence=0.9, now="2099-01-01T00:00Z"
    )
    assert file.read_text(encoding="utf-8") == expected.read_text(encoding="utf-8")


def test_several_sources_are_one_report(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"campaignId": "c2", "name": "Other", "calls": []}), encoding="utf-8")
    done = run("report", SAMPLE, other, "--out", tmp_path / "report.html")
    assert done.stdout.startswith(f"Written to {tmp_path / 'report.html'}: 2 campaigns, 120 calls")
    assert "<h1><bdi>2 campaigns</bdi></h1>" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_file_that_is_there_stays_unless_asked(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text("mine", encoding="utf-8")
    done = run("report", SAMPLE, "--out", file)
    assert done.exit_code == 1
    assert done.stderr == (
        f"Error: {file} is there already. Add --overwrite to replace it, or choose another name.\n"
    )
    assert file.read_text(encoding="utf-8") == "mine"
    assert run("report", SAMPLE, "--out", file, "--overwrite").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "lesson"),
    [
        ([SAMPLE], "Missing option '--out'"),
        ([SAMPLE, "--out", "r.html", "--confidence", "1"], "is not in the range 0<x<1"),
        (["nowhere.json", "--out", "r.html"], "there is no file or folder 'nowhere.json'"),
    ],
)
def test_wrong_usage_is_explained(arguments: list[str], lesson: str) -> None:
    done = run("report", *arguments)
    assert done.exit_code == 2
    assert lesson in " ".join(done.stderr.split())


def test_an_unknown_outcome_is_named(tmp_path: Path) -> None:
    done = run("report", SAMPLE, "--out", tmp_path / "report.html", "--outcome", "sold")
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: --outcome='sold' is neither a result nor a column of the calls.")
