"""The command line, run in this process and as a program of its own, against a real sandbox."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import openpyxl
import pytest
from click.testing import CliRunner, Result

from caldframe.cli import main
from caldframe.errors import CaldError, MissingExtraError
from caldframe.fetch import load_campaign
from caldframe.frames import read_csv, read_parquet
from caldframe.metrics.lengths import length_summary
from caldframe.metrics.outcomes import outcome_rates
from caldframe.metrics.quality import quality
from caldframe.metrics.reach import reach_by_gap, reach_curve
from caldframe.sandbox import Sandbox
from caldframe.schema import RESULTS, TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMANDS = (
    *("fetch", "sync", "watch", "outcomes", "lengths", "reach", "hours", "compare", "quality"),
    *("report", "conversation"),
    *("talk", "terms", "search", "opt-outs"),
    *("sandbox", "demo"),
)
HOSTILE = "Spring\x1b[31m\x1b]0;owned\x07\u202e"
ODD: dict[str, Any] = {
    "campaignId": "odd",
    "name": HOSTILE,
    "agentId": HOSTILE,
    "status": "paused",
    "calls": [
        {"callId": "k1", "completed": True, "result": "pickedUp", "callLength": 12.5},
        {"callId": "k2", "completed": True, "result": "hungUp", "callLength": "long"},
        {"callId": "k3", "completed": False, "result": "pending"},
    ],
}


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with Sandbox(seed=1, campaigns=2, calls=60) as sandbox:
        yield sandbox


@pytest.fixture
def odd_response(tmp_path: Path) -> Path:
    file = tmp_path / "odd.json"
    file.write_text(json.dumps(ODD), encoding="utf-8")
    return file


@pytest.fixture
def folder(server: Sandbox, tmp_path: Path) -> Path:
    done = run(
        "fetch", *server.campaign_ids, "--out", tmp_path / "calls", "--format", "parquet,csv", at=server
    )
    assert done.exit_code == 0, done.stderr
    return tmp_path / "calls"


def environment(server: Sandbox | None) -> dict[str, str | None]:
    if server is None:
        return {}
    return {"CALD_BASE_URL": server.url, "CALD_API_KEY": server.api_key}


def run(*arguments: object, at: Sandbox | None = None, **env: str) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments], env={**environment(at), **env})


def command_line(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "caldframe", *(str(each) for each in arguments)]


def program_environment(server: Sandbox | None = None, /, **env: str) -> dict[str, str]:
    given = {name: value for name, value in environment(server).items() if value is not None}
    return {**os.environ, **given, **env}


# --- help ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
def test_help_teaches_and_fits_80_columns(command: tuple[str, ...]) -> None:
    shown = run(*command, "--help")
    assert shown.exit_code == 0
    assert max(map(len, shown.stdout.splitlines())) <= 80
    assert f"  caldframe {' '.join(command)}" in shown.stdout.split("Options:")[1]
    assert run(*command, "-h").stdout == shown.stdout


def test_help_lists_every_command_in_the_order_of_use() -> None:
    assert tuple(main.commands) == COMMANDS
    shown = run("--help").stdout
    assert sorted(COMMANDS, key=lambda name: shown.index(f"\n  {name} ")) == list(COMMANDS)


def test_help_cuts_no_summary_short() -> None:
    summaries = run("--help", COLUMNS="80").stdout.split("Commands:\n")[1].split("\n\n")[0]
    assert len(re.findall(r"^  \S", summaries, re.MULTILINE)) == len(COMMANDS)
    assert "..." not in summaries


def test_no_command_takes_the_key_as_an_option() -> None:
    options = [
        option for command in main.commands.values() for each in command.params for option in each.opts
    ]
    assert [option for option in options if "key" in option] == ["--pseudonym-key-file"]  # a file's name


def test_help_does_not_wait_for_heavy_libraries() -> None:
    code = (
        "import sys, caldframe.cli;"
        "heavy = {'matplotlib', 'scipy', 'numpy', 'pandas', 'pyarrow', 'requests'} & set(sys.modules);"
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - this interpreter, fixed code


def test_version() -> None:
    shown = run("--version")
    assert shown.exit_code == 0
    assert shown.stdout.startswith("caldframe, version ")


# --- fetch --------------------------------------------------------------------------------------------


def test_fetch_writes_files_and_sums_them_up(server: Sandbox, tmp_path: Path) -> None:
    out = tmp_path / "calls"
    done = run("fetch", *server.campaign_ids, "--out", out, "--format", "parquet,csv", at=server)
    assert done.exit_code == 0, done.stderr
    assert sorted(file.name for file in out.iterdir()) == sorted(
        f"{table}.{suffix}" for table in TABLES for suffix in ("parquet", "csv")
    )
    frames = read_parquet(out)
    assert frames.campaigns["campaign_id"].tolist() == server.campaign_ids
    assert len(read_csv(out).calls) == len(frames.calls)
    header, _, *rows = done.stdout.splitlines()
    assert header.split() == ["campaign_id", "name", "status", "calls", "turns", "problems"]
    assert [row.split()[0] for row in rows[: len(server.campaign_ids)]] == server.campaign_ids
    assert f"2 campaigns, {len(frames.calls):,} calls, {len(frames.transcripts):,} turns, 0 problems" in rows
    assert max(map(len, rows[: len(server.campaign_ids)])) <= 80
    assert server.api_key not in done.output


def test_fetch_writes_a_workbook(server: Sandbox, tmp_path: Path) -> None:
    arguments = ("fetch", server.campaign_ids[0], "--out", tmp_path, "--format", "excel,csv")
    done = run(*arguments, at=server)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == [
        "  tables.xlsx",
        "  campaigns.csv  calls.csv  transcripts.csv  problems.csv",
    ]
    workbook = openpyxl.load_workbook(tmp_path / "tables.xlsx", read_only=True)
    assert workbook.sheetnames == ["about", *TABLES]
    assert len(list(workbook["calls"].rows)) == 1 + len(read_csv(tmp_path).calls)
    workbook.close()
    for table in TABLES:
        (tmp_path / f"{table}.csv").unlink()
    refused = run(*arguments, at=server)
    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"Error: {tmp_path / 'tables.xlsx'} is there already. Add --overwrite")
    assert [file.name for file in tmp_path.iterdir()] == ["tables.xlsx"]
    assert run(*arguments, "--overwrite", at=server).exit_code == 0


def test_fetch_says_before_fetching_that_a_workbook_needs_an_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    done = run("fetch", "c1", "--out", tmp_path / "calls", "--format", "excel")  # no key, no server
    assert done.exit_code == 1
    assert done.stderr == (
        'Error: xlsxwriter is not installed. Install it with: pip install "caldframe[excel]"\n'
    )
    assert not (tmp_path / "calls").exists()


def test_fetch_as_json_has_the_same_numbers(server: Sandbox, tmp_path: Path) -> None:
    done = run("fetch", *server.campaign_ids, "--out", tmp_path, "--json", at=server)
    summary = json.loads(done.stdout)
    frames = read_parquet(tmp_path)
    assert list(summary) == ["campaigns", "calls", "turns", "problems", "files", "failures"]
    assert summary["calls"] == len(frames.calls) == sum(each["calls"] for each in summary["campaigns"])
    assert summary["turns"] == len(frames.transcripts) == sum(each["turns"] for each in summary["campaigns"])
    assert summary["problems"] == 0
    assert summary["files"] == [str(tmp_path / f"{table}.parquet") for table in TABLES]
    assert summary["failures"] == []


def test_fetch_replaces_nothing_unless_asked(server: Sandbox, tmp_path: Path) -> None:
    kept = tmp_path / "problems.csv"
    kept.write_text("mine", encoding="utf-8")
    arguments = ("fetch", server.campaign_ids[0], "--out", tmp_path, "--format", "parquet,csv")
    refused = run(*arguments, at=server)
    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert refused.stderr == (
        f"Error: {kept} is there already. Add --overwrite to replace it, or choose another folder.\n"
    )
    assert list(tmp_path.iterdir()) == [kept]
    assert run(*arguments, "--overwrite", at=server).exit_code == 0
    assert kept.read_text(encoding="utf-8") != "mine"


def test_fetch_writes_nothing_where_one_campaign_is_unknown(server: Sandbox, tmp_path: Path) -> None:
    done = run("fetch", server.campaign_ids[0], "nowhere", "--out", tmp_path / "calls", at=server)
    assert done.exit_code == 1
    assert done.stdout == ""
    assert done.stderr.startswith("Error: nowhere: ")
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "calls").exists()


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_fetch_keeps_going_but_does_not_hide_it(
    server: Sandbox, tmp_path: Path, as_json: tuple[str, ...]
) -> None:
    known = server.campaign_ids[0]
    done = run("fetch", known, "nowhere", "--out", tmp_path, "--keep-going", *as_json, at=server)
    assert done.exit_code == 1
    assert "Not fetched: nowhere: " in done.stderr
    assert "Error: 1 of 2 campaigns could not be fetched." in done.stderr
    assert read_parquet(tmp_path).campaigns["campaign_id"].tolist() == [known]
    if as_json:
        (failure,) = json.loads(done.stdout)["failures"]
        assert (failure["campaign_id"], failure["status"]) == ("nowhere", 404)


def test_fetch_writes_no_empty_files_where_nothing_came(server: Sandbox, tmp_path: Path) -> None:
    done = run("fetch", "nowhere", "--out", tmp_path / "calls", "--keep-going", at=server)
    assert done.exit_code == 1
    assert done.stdout == ""
    assert not (tmp_path / "calls").exists()


def test_fetch_counts_problems_on_standard_error(odd_response: Path, tmp_path: Path) -> None:
    with Sandbox(campaigns=0, serve=[odd_response]) as server:
        done = run("fetch", "odd", "--out", tmp_path / "calls", at=server)
        strict = run("fetch", "odd", "--out", tmp_path / "strict", "--strict", at=server)
    assert done.exit_code == 0
    assert "Note: 3 problems in the data (2 unknown_value, 1 wrong_type)" in done.stderr
    assert not set(done.output) & set("\x1b\x07\u202e")
    assert r"Spring\x1b[31m" in done.stdout.replace("\n", "")
    assert strict.exit_code == 1
    assert strict.stderr.startswith("Error: ")
    assert not (tmp_path / "strict").exists()


@pytest.mark.parametrize(
    ("arguments", "lesson"),
    [
        (["fetch", "--out", "x"], "Missing argument 'ID...'"),
        (["fetch", "c1"], "Missing option '--out'"),
        (["fetch", "c1", "--out", "x", "--format", "xlsx"], "'xlsx' is no format. Give parquet, csv"),
        (["fetch", "c1", "--out", __file__], "is a file"),
        (["outcomes"], "Missing argument 'SOURCE...'"),
        (["outcomes", "x/y"], "there is no file or folder 'x/y'"),
        (["outcomes", "response.json.gz"], "there is no file or folder 'response.json.gz'"),
        (["outcomes", "c1", "--confidence", "95"], "is not in the range 0<x<1"),
        (["outcomes", "c1", "--of", "some"], "is not one of 'completed', 'all'"),
        (["lengths", str(Path(__file__).parent)], "has neither calls.parquet nor calls.csv"),
        (["sandbox", "--port", "70000"], "is not in the range"),
        (["sandbox", "--serve", "nowhere.json"], "does not exist"),
        (["nonsense"], "No such command 'nonsense'"),
    ],
)
def test_wrong_usage_is_explained_with_exit_code_2(arguments: list[str], lesson: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert lesson in " ".join(done.stderr.split())
    assert "Try 'caldframe" in done.stderr


def test_a_missing_or_wrong_key_is_said_and_never_shown(server: Sandbox, tmp_path: Path) -> None:
    missing = run("fetch", "c1", "--out", tmp_path, CALD_BASE_URL=server.url)
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert "CALD_API_KEY" in missing.stderr
    wrong = "caldLive" + "0" * 32
    refused = run("fetch", "c1", "--out", tmp_path, CALD_BASE_URL=server.url, CALD_API_KEY=wrong)
    assert refused.exit_code == 1
    assert wrong not in refused.output
    told = run("--debug", "fetch", "c1", "--out", tmp_path, CALD_BASE_URL=server.url, CALD_API_KEY=wrong)
    assert "Traceback" in told.stderr
    assert wrong not in told.output


def test_base_url_is_an_option(server: Sandbox, tmp_path: Path) -> None:
    done = run(
        *("fetch", server.campaign_ids[0], "--out", tmp_path, "--base-url", server.url),
        CALD_API_KEY=server.api_key,
    )
    assert done.exit_code == 0, done.stderr


# --- outcomes and lengths -----------------------------------------------------------------------------


def test_outcomes_are_those_of_the_metric(folder: Path) -> None:
    expected = outcome_rates(read_parquet(folder).calls, by="campaign_id", of="all", confidence=0.9)
    done = run("outcomes", folder, "--by", "campaign_id", "--of", "all", "--confidence", "0.9", "--json")
    rows = json.loads(done.stdout)
    assert [(row["campaign_id"], row["result"], row["n"], row["total"]) for row in rows] == list(
        expected[["campaign_id", "result", "n", "total"]].itertuples(index=False, name=None)
    )
    assert [row["low"] for row in rows] == pytest.approx(expected["low"].tolist())
    assert done.stderr == ""


def test_every_kind_of_source_gives_the_same_outcomes(server: Sandbox, folder: Path, tmp_path: Path) -> None:
    parquet = run("outcomes", folder)
    assert [line.split()[0] for line in parquet.stdout.splitlines()[4:]] == list(RESULTS)
    assert run("outcomes", *server.campaign_ids, at=server).stdout == parquet.stdout
    for file in folder.glob("*.parquet"):
        file.unlink()
    assert run("outcomes", folder).stdout == parquet.stdout


def test_a_saved_response_plain_or_gzip_is_a_source(odd_response: Path, tmp_path: Path) -> None:
    packed = tmp_path / "odd.json.gz"
    packed.write_bytes(gzip.compress(odd_response.read_bytes()))
    done = run("outcomes", odd_response, "--json")
    assert run("outcomes", packed, "--json").stdout == done.stdout
    assert [row["result"] for row in json.loads(done.stdout)] == [*RESULTS, "hungUp"]
    assert "Note: 3 problems" in done.stderr


def test_sources_are_counted_together(odd_response: Path, folder: Path) -> None:
    apart = [json.loads(run("outcomes", each, "--json").stdout) for each in (odd_response, folder)]
    together = json.loads(run("outcomes", odd_response, folder, "--json").stdout)
    assert together[0]["total"] == apart[0][0]["total"] + apart[1][0]["total"]


def test_a_campaign_in_two_sources_is_refused(server: Sandbox, folder: Path) -> None:
    done = run("outcomes", folder, server.campaign_ids[1], at=server)
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"Campaign {server.campaign_ids[1]} is in {folder} and in" in done.stderr
    assert "counted twice" in done.stderr


def test_a_source_given_twice_is_counted_once(folder: Path) -> None:
    assert run("outcomes", folder, folder).stdout == run("outcomes", folder).stdout


def test_an_unknown_column_is_named(folder: Path) -> None:
    done = run("outcomes", folder, "--by", "agent")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "'agent'" in done.stderr
    assert "agent_id" in done.stderr


def test_lengths_are_those_of_the_metric(folder: Path) -> None:
    expected = length_summary(read_parquet(folder).calls, by="agent_id", results=("pickedUp", "voicemail"))
    done = run(
        "lengths", folder, "--by", "agent_id", "--result", "pickedUp", "--result", "voicemail", "--json"
    )
    rows = json.loads(done.stdout)
    assert [list(row) for row in rows] == [expected.columns.tolist()] * len(expected)
    assert [row["p50"] for row in rows] == pytest.approx(expected["p50"].tolist())
    table = run("lengths", folder, "--by", "agent_id", "--result", "pickedUp", "--result", "voicemail")
    assert max(map(len, table.stdout.splitlines())) <= 80


def test_lengths_of_all_calls_show_every_number(folder: Path) -> None:
    expected = length_summary(read_parquet(folder).calls).iloc[0]
    shown = run("lengths", folder).stdout
    rows = dict(line.split() for line in shown.splitlines() if len(line.split()) == 2)
    assert rows["p99"] == f"{expected['p99']:,.1f}"
    assert rows["median_low"] == f"{expected['median_low']:,.1f}"


def test_lengths_accept_only_results_that_exist(folder: Path, odd_response: Path) -> None:
    done = run("lengths", folder, "--result", "pickedup")
    assert done.exit_code == 2
    assert "no call has the result 'pickedup'. Choose from pending, pickedUp" in " ".join(done.stderr.split())
    assert run("lengths", odd_response, "--result", "hungUp").exit_code == 0


def test_nothing_to_measure_is_null_in_json_and_a_dash_in_a_table(tmp_path: Path) -> None:
    file = tmp_path / "empty.json"
    file.write_text('{"campaignId": "c1", "calls": []}', encoding="utf-8")
    (row,) = json.loads(run("lengths", file, "--json").stdout)
    assert (row["n"], row["p50"], row["median_low"]) == (0, None, None)
    assert json.loads(run("outcomes", file, "--json").stdout)[0]["rate"] is None
    assert "–" in run("lengths", file).stdout


# --- reach --------------------------------------------------------------------------------------------


def test_reach_is_that_of_the_metrics(folder: Path) -> None:
    calls = read_parquet(folder).calls
    rows = json.loads(run("reach", folder, "--by", "list_id", "--outcome", "voicemail", "--json").stdout)
    curve = reach_curve(calls, "list_id", outcome="voicemail", max_attempts=10)
    assert [list(row) for row in rows] == [curve.columns.tolist()] * len(curve)
    assert [row["reach"] for row in rows] == pytest.approx(curve["reach"].tolist())
    rows = json.loads(run("reach", folder, "--by-gap", "--max-attempts", "3", "--json").stdout)
    gaps = reach_by_gap(calls, max_attempts=3)
    assert [row["at_risk"] for row in rows] == gaps["at_risk"].tolist()
    assert [row["right"] for row in rows[:6]] == [4, 12, 36, 60, 168, None]


def test_reach_fits_80_columns_and_leaves_out_gaps_that_nobody_waited(folder: Path) -> None:
    shown = run("reach", folder, "--confidence", "0.9").stdout
    assert "with 90% intervals" in shown
    assert "reach [low–high]" in shown
    gaps = run("reach", folder, "--by-gap").stdout
    assert "60 hours to 7 days" in gaps
    assert "12 to 36 hours" in gaps
    waited = reach_by_gap(read_parquet(folder).calls, max_attempts=10)["at_risk"]
    assert gaps.count("%") == (waited > 0).sum() + 1
    assert max(map(len, (shown + gaps).splitlines())) <= 80


def test_reach_of_nothing_is_a_dash_and_what_is_left_out_is_said(tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text(
        '{"campaignId": "c1", "calls": [{"callId": "k1", "completed": true, "direction": "outbound"}]}',
        encoding="utf-8",
    )
    for option in ([], ["--by-gap"]):
        done = run("reach", file, *option)
        assert "–" in done.stdout
        assert "1 completed outbound call left out" in done.stderr
    assert run("reach", file, "--by-gap", "--max-attempts", "1").exit_code == 2


# --- quality ------------------------------------------------------------------------------------------


def test_quality_is_that_of_the_metric(odd_response: Path, folder: Path) -> None:
    rows = json.loads(run("quality", odd_response, "--json").stdout)
    expected = quality(load_campaign(odd_response), now=datetime.now(UTC), examples=2)
    assert [row["finding"] for row in rows] == expected["finding"].tolist()
    assert [tuple(row["example_call_ids"]) for row in rows] == expected["example_call_ids"].tolist()
    done = run("quality", odd_response, folder, "--examples", "0", "--json")
    together = {row["finding"]: row for row in json.loads(done.stdout)}
    assert together["unknown_value"]["count"] == 2
    assert all(row["example_call_ids"] == [] for row in together.values())
    assert done.stderr == ""


def test_quality_says_in_80_plain_columns_what_was_found(odd_response: Path, tmp_path: Path) -> None:
    hostile = tmp_path / "hostile.json"
    calls = [call | {"callId": HOSTILE + "x" * 90} for call in ODD["calls"]]
    hostile.write_text(json.dumps(ODD | {"campaignId": "hostile", "calls": calls}), encoding="utf-8")
    done = run("quality", odd_response, hostile)
    assert done.stdout.startswith("What was found in 6 calls: 1 error, ")
    assert "\nerror: duplicate_call_id, 2 calls\n    an earlier call" in done.stdout
    assert "\nwarning: unknown_value, 4 values of 2 campaigns\n" in done.stdout
    assert "For example: k1, k2\n" in done.stdout
    assert "\x1b" not in done.stdout
    assert r"Spring\x1b[31m" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_quality_finds_nothing_in_nothing(tmp_path: Path) -> None:
    file = tmp_path / "empty.json"
    file.write_text('{"campaignId": "c1", "calls": []}', encoding="utf-8")
    assert run("quality", file).stdout == "Nothing was found to be wrong with 0 calls.\n"
    assert json.loads(run("quality", file, "--json").stdout) == []


def test_quality_knows_the_time_and_the_region(tmp_path: Path) -> None:
    file = tmp_path / "late.json"
    call = {"callId": "k1", "direction": "outbound", "from": "+14155550100", "to": "415 555 0101"}
    later = {"createdAt": "9000-01-01T00:00:00Z"}
    file.write_text(json.dumps({"campaignId": "c1", "calls": [call | later]}), encoding="utf-8")
    found = [row["finding"] for row in json.loads(run("quality", file, "--json").stdout)]
    assert found == ["bad_number", "in_the_future"]
    found = [row["finding"] for row in json.loads(run("quality", file, "--region", "US", "--json").stdout)]
    assert found == ["in_the_future"]
    done = run("quality", file, "--region", "Mars")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "region='Mars' is no country" in done.stderr


# --- what goes wrong ----------------------------------------------------------------------------------


def failing(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise error

    monkeypatch.setattr("caldframe.cli.sources.read_calls", fail)


def test_what_nobody_foresaw_is_short_and_points_to_debug(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(KeyError("left\x1b[2J"), monkeypatch)
    done = run("outcomes", "c1")
    assert (done.exit_code, done.stdout) == (1, "")
    first, second = done.stderr.splitlines()
    assert first == r"Error: KeyError: 'left\x1b[2J'"
    assert "--debug" in second


@pytest.mark.parametrize("arguments", [("--debug", "outcomes", "c1"), ("outcomes", "c1", "--debug")])
@pytest.mark.parametrize("error", [ZeroDivisionError("why"), CaldError("why")])
def test_debug_before_or_after_the_command_shows_the_traceback(
    arguments: tuple[str, ...], error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(error, monkeypatch)
    done = run(*arguments)
    assert done.exit_code == 1
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert "in fail\n" in done.stderr
    assert done.stderr.endswith(f"{type(error).__name__}: why\n")


def test_an_error_cannot_drive_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(CaldError(f"The server said {HOSTILE}\nError: all is well"), monkeypatch)
    done = run("outcomes", "c1")
    assert done.stderr.splitlines() == [
        "Error: The server said " + r"Spring\x1b[31m\x1b]0;owned\x07\u202e",
        "  Error: all is well",
    ]


def test_ctrl_c_is_one_line_and_exit_code_130(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(KeyboardInterrupt(), monkeypatch)
    done = run("--debug", "outcomes", "c1")
    assert (done.exit_code, done.stdout, done.stderr.strip()) == (130, "", "Stopped.")


def test_a_reader_that_has_enough_is_no_error(folder: Path) -> None:
    with subprocess.Popen(  # noqa: S603 - this interpreter, fixed arguments
        command_line("outcomes", folder, "--by", "call_id", "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=program_environment(),
    ) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.close()
        assert program.stderr.read() == b""
        assert program.wait() == 1


def test_an_output_without_unicode_gets_ascii(folder: Path) -> None:
    done = subprocess.run(  # noqa: S603 - this interpreter, fixed arguments
        command_line("outcomes", folder),
        capture_output=True,
        check=True,
        env=program_environment(PYTHONIOENCODING="ascii"),
    )
    assert b"-----" in done.stdout
    assert b"\\u" not in done.stdout


def test_a_pipe_gets_80_plain_columns_and_no_messages(folder: Path) -> None:
    done = subprocess.run(  # noqa: S603 - this interpreter, fixed arguments
        command_line("outcomes", folder, "--by", "campaign_id"),
        capture_output=True,
        check=True,
        text=True,
        env=program_environment(FORCE_COLOR="1"),
    )
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def on_a_terminal(*arguments: object, **env: str) -> str:
    pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals")
    controller, terminal = pty.openpty()
    with subprocess.Popen(  # noqa: S603 - this interpreter, fixed arguments
        command_line(*arguments), stdout=terminal, stderr=terminal, env=program_environment(**env)
    ) as program:
        os.close(terminal)
        shown = b""
        with suppress(OSError), open(controller, "rb", buffering=0) as reader:  # noqa: PTH123 - no path
            while piece := reader.read(4096):  # the end of a terminal is an error on Linux
                shown += piece
    assert program.returncode == 0
    return shown.decode()


def test_a_terminal_gets_colors_unless_they_are_not_wanted(folder: Path) -> None:
    assert "\x1b[1mresult" in on_a_terminal("outcomes", folder, TERM="xterm", NO_COLOR="")
    assert "\x1b" not in on_a_terminal("outcomes", folder, TERM="xterm", NO_COLOR="1")
    assert "\x1b" not in on_a_terminal("outcomes", folder, TERM="dumb", NO_COLOR="")


# --- sandbox and demo ---------------------------------------------------------------------------------


def test_the_sandbox_prints_what_a_shell_needs_and_stops_on_ctrl_c(
    odd_response: Path, tmp_path: Path
) -> None:
    with subprocess.Popen(  # noqa: S603 - this interpreter, fixed arguments
        command_line("sandbox", "--serve", odd_response),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=program_environment(),
    ) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        lines = [program.stdout.readline().rstrip("\n")]
        while "caldframe fetch" not in lines[-1]:
            lines.append(program.stdout.readline().rstrip("\n"))
            assert program.poll() is None
        exported = dict(
            line.removeprefix("export ").split("=") for line in lines if line.startswith("export ")
        )
        done = run("fetch", "odd", "--out", tmp_path / "calls", at=None, **exported)
        program.send_signal(signal.SIGINT)
        assert program.wait() == 0
        assert program.stdout.read() == ""
        messages = program.stderr.read()
    assert done.exit_code == 0, done.stderr
    assert list(exported) == ["CALD_BASE_URL", "CALD_API_KEY"]
    assert [line for line in lines if line.startswith("#   ")] == [
        "#   odd",
        "#   caldframe fetch odd --out calls/ --format parquet,csv",
    ]
    assert all(line.startswith(("#", "export ")) or not line for line in lines)
    assert "Traceback" not in messages


def test_a_port_that_is_taken_is_said(server: Sandbox) -> None:
    port = urlsplit(server.url).port
    done = run("sandbox", "--port", port)
    assert (done.exit_code, done.stdout) == (1, "")
    assert str(port) in done.stderr
    assert "--debug" not in done.stderr


def test_the_demo_goes_the_whole_way_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("demo", CALD_BASE_URL="http://127.0.0.1:9", CALD_API_KEY="not this one")
    assert done.exit_code == 0, done.stderr
    out = tmp_path / "caldframe-demo"
    frames = read_parquet(out)
    assert len(frames.campaigns) == 3
    assert len(read_csv(out).calls) == len(frames.calls)
    for chart in ("outcome_rates.png", "length_distribution.png"):
        assert (out / chart).read_bytes().startswith(b"\x89PNG\r\n")
    assert max(map(len, done.stdout.splitlines())) <= 80
    for name in frames.campaigns["name"]:
        assert done.stdout.count(name) == 2
    named = set(" ".join(done.stdout.split("Written to ")[1].splitlines()[1:]).split())
    assert named == {file.name for file in out.iterdir()}
    again = run("demo")
    assert (again.exit_code, again.stdout) == (0, done.stdout)
    assert run("demo", "--seed", "2").stdout != done.stdout


def test_the_demo_leaves_other_peoples_folders_alone(folder: Path) -> None:
    before = {file: file.read_bytes() for file in folder.iterdir()}
    done = run("demo", "--out", folder)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "has files in it that the demo did not make" in done.stderr
    assert {file: file.read_bytes() for file in folder.iterdir()} == before


def test_the_demo_without_matplotlib_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(*arguments: object) -> None:
        raise MissingExtraError("matplotlib", "plots")

    monkeypatch.setattr("caldframe.plots.outcome_rates", absent)
    done = run("demo", "--out", tmp_path / "tour")
    assert done.exit_code == 0
    assert "Note: no charts. matplotlib is not installed." in done.stderr
    assert not list((tmp_path / "tour").glob("*.png"))
    assert (tmp_path / "tour" / "calls.parquet").exists()
