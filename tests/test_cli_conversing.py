"""`caldframe talk`, `terms` and `search`: the metrics' numbers on a terminal and as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from caldframe import distinctive_terms, load_campaign, search_transcripts, talk_summary
from caldframe.cli import main

SAMPLE = Path(__file__).parents[1] / "data" / "sample-campaign.json"
HOSTILE = "Hi\x1b[31m\x1b]0;owned\x07\u202eeh"
ODD = {
    "campaignId": "odd",
    "calls": [
        {
            "callId": HOSTILE,
            "completed": True,
            "result": "pickedUp",
            "callLength": 9,
            "transcripts": [
                {"role": "assistant", "content": f"{HOSTILE} there"},
                {"role": HOSTILE, "content": "雪" * 90 + " there there"},
                {"role": "user", "content": None},
            ],
        }
    ],
}


def run(*arguments: str) -> Result:
    done = CliRunner().invoke(main, list(arguments), env={"COLUMNS": "80"})
    assert done.exit_code == 0, done.stderr
    return done


def rows_of(table: Any) -> list[dict[str, Any]]:
    rows = table.astype("object").where(table.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


@pytest.fixture
def odd(tmp_path: Path) -> str:
    file = tmp_path / "odd.json"
    file.write_text(json.dumps(ODD), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("by", [[], ["direction"], ["direction", "agent_id"]])
def test_talk_is_that_of_the_metric(by: list[str]) -> None:
    frames = load_campaign(SAMPLE)
    expected = talk_summary(frames.transcripts, frames.calls, by or None, confidence=0.9)
    options = [option for name in by for option in ("--by", name)]
    given = run("talk", str(SAMPLE), *options, "--confidence", "0.9", "--json").stdout
    assert json.loads(given) == rows_of(expected)


def test_talk_says_its_units_in_80_columns() -> None:
    shown = run("talk", str(SAMPLE), "--by", "direction").stdout
    assert max(map(cell_len, shown.splitlines())) <= 80
    assert shown.count("assistant's share, %") == 2
    shares = [line.split() for line in shown.splitlines() if "share" in line]
    assert [(words[-5], words[-4]) for words in shares[1:]] == [("36", "68.5")]


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        (["--by", "result", "--role", "user"], {"groups": "result", "role": "user"}),
        (["--by", "role", "--pairs", "--min-count", "9"], {"groups": "role", "ngrams": 2, "min_count": 9}),
        (
            ["--by", "direction", "--stop-word", "THE", "--stop-word", "a"],
            {"groups": "direction", "stop_words": ["the", "a"]},
        ),
    ],
)
def test_terms_are_those_of_the_metric(options: list[str], arguments: dict[str, Any]) -> None:
    frames = load_campaign(SAMPLE)
    calls = None if arguments["groups"] == "role" else frames.calls
    expected = distinctive_terms(frames.transcripts, calls=calls, **({"min_count": 5} | arguments))
    assert json.loads(run("terms", str(SAMPLE), *options, "--json").stdout) == rows_of(expected)
    shown = run("terms", str(SAMPLE), *options, "--top", "3").stdout
    assert max(map(cell_len, shown.splitlines())) <= 80
    for group, part in expected[expected["z"] > 0].groupby("group"):
        assert shown.count(str(group)) >= 1
        assert all(f" {term} " in shown for term in part["term"].head(3))


def test_terms_of_an_unknown_column_are_refused_with_the_calls_columns() -> None:
    done = CliRunner().invoke(main, ["terms", str(SAMPLE), "--by", "agent"])
    assert done.exit_code == 1
    assert "Did you mean 'agent_id'" in done.stderr


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        (["solar"], {"pattern": "solar"}),
        (
            ["Please", "--match-case", "--role", "user"],
            {"pattern": "Please", "ignore_case": False, "role": "user"},
        ),
        (["pan.l", "--regex", "--context", "0"], {"pattern": "pan.l", "regex": True, "context": 0}),
    ],
)
def test_search_is_that_of_the_metric(options: list[str], arguments: dict[str, Any]) -> None:
    expected = search_transcripts(load_campaign(SAMPLE).transcripts, **arguments)
    assert expected.attrs["turns"] > 0
    assert json.loads(run("search", str(SAMPLE), *options, "--json").stdout) == rows_of(expected)


def test_search_shows_passages_with_the_match_in_brackets() -> None:
    shown = run("search", str(SAMPLE), "TAKE me off", "--role", "user")
    assert '"TAKE me off" is in 1 turn of 1 call' in shown.stdout
    assert "user       Please [take me off] your calling list." in shown.stdout
    assert shown.stderr == ""


def test_search_says_how_much_it_does_not_show() -> None:
    passages = search_transcripts(load_campaign(SAMPLE).transcripts, "solar")["passage"].max()
    shown = run("search", str(SAMPLE), "solar", "--limit", "2")
    assert shown.stdout.count("from turn") == 2
    assert f"Note: {passages - 2:,} more passages not shown" in shown.stderr
    assert run("search", str(SAMPLE), "solar", "--limit", str(passages)).stderr == ""


def test_nothing_found_is_said() -> None:
    shown = run("search", str(SAMPLE), "xyzzy")
    assert (shown.stdout, shown.stderr) == ("", '"xyzzy" is in no turn.\n')
    assert (
        run("search", str(SAMPLE), "xyzzy", "--role", "user").stderr == '"xyzzy" is in no turn of the user.\n'
    )
    assert json.loads(run("search", str(SAMPLE), "xyzzy", "--json").stdout) == []


def test_no_terms_are_said() -> None:
    shown = run("terms", str(SAMPLE), "--by", "result", "--min-count", "1000000", "--role", "user")
    assert (shown.stdout, shown.stderr) == ("", "No word is said by the user 1,000,000 times or more.\n")
    alone = run("terms", str(SAMPLE), "--by", "agent_id", "--pairs")
    assert (alone.stdout, alone.stderr) == (
        "",
        "No pair of words said sets one agent_id apart from another.\n",
    )


def test_a_bad_pattern_is_one_line() -> None:
    done = CliRunner().invoke(main, ["search", str(SAMPLE), "(", "--regex"])
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: pattern='(' cannot be looked for: missing ): (")


def test_nothing_in_the_data_drives_the_terminal(odd: str) -> None:
    for arguments in (
        ["search", odd, "there"],
        ["search", odd, "\x1b", "--context", "0"],
        ["terms", odd, "--by", "role", "--min-count", "1"],
        ["talk", odd, "--by", "call_id"],
    ):
        shown = run(*arguments)
        for text in (shown.stdout, shown.stderr):
            assert not {"\x1b", "\x07", "\u202e"} & set(text)
        assert max(map(cell_len, shown.stdout.splitlines())) <= 80
    assert "[there] there" in run("search", odd, "there").stdout
