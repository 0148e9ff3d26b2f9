"""What the command line calls the things that errors name."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from wire import Wire, answer

import caldframe
from caldframe.cli import main
from caldframe.cli.wording import _PHRASES, for_command_line

if TYPE_CHECKING:
    from click.testing import Result

SAMPLE = Path(__file__).parents[1] / "data" / "sample-campaign.json"
KEY = "caldLive" + "0f" * 16


def run(*arguments: object, **env: str) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments], env=env)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("hours", SAMPLE, "--tz", "Mars"), "--tz='Mars' is no time zone."),
        (("hours", SAMPLE, "--by", "hour", "--by", "hour"), "--by names the column 'hour' twice."),
        (
            ("compare", SAMPLE, "--by", "agent_id", "--outcome", "sold"),
            "--outcome='sold' is neither a result",
        ),
        (("reach", SAMPLE, "--outcome", "sold"), "--outcome='sold' is neither a result"),
        (
            ("quality", SAMPLE, "--region", "UK"),
            "--region='UK' is no country. Give two capital letters of ISO 3166, such as",
        ),
        (
            ("compare", SAMPLE, "--by", "agent_id", "--lengths", "--outcome", "sold"),
            "--outcome names 'sold', which no call has.",
        ),
        (("search", SAMPLE, "you", "--role", "bot"), "--role='bot' speaks in no turn."),
    ],
)
def test_an_error_names_options_and_no_arguments(arguments: tuple[object, ...], message: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 1
    assert done.stderr.startswith(f"Error: {message}")
    assert "None" not in done.stderr


@pytest.mark.parametrize(
    ("env", "advice"),
    [
        ({}, "Set the environment variable CALD_API_KEY."),
        (
            {"CALD_API_KEY": KEY, "CALD_BASE_URL": "ftp://api.example"},
            "Give --base-url (or CALD_BASE_URL)",
        ),
        ({"CALD_API_KEY": KEY, "CALD_BASE_URL": "http://api.example"}, "unencrypted. Use https://."),
        (
            {"CALD_API_KEY": KEY, "CALD_BASE_URL": "https://me:pw@api.example"},
            "the key as CALD_API_KEY.",
        ),
    ],
)
def test_an_error_about_the_account_names_variables(env: dict[str, str], advice: str) -> None:
    done = run("outcomes", "c1", **env)
    assert done.exit_code == 1
    assert advice in done.stderr


@pytest.mark.parametrize("command", [("fetch", "c1", "--keep-going", "--out"), ("sync",)])
@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, "Check CALD_API_KEY."),
        (307, "set --base-url (or CALD_BASE_URL)."),
        (400, "the id and --base-url"),
    ],
)
def test_a_campaign_that_failed_is_told_of_in_the_same_words(
    command: tuple[str, ...], status: int, advice: str, tmp_path: Path
) -> None:
    ids = ("c1",) if command == ("sync",) else ()
    with Wire(answer(status)) as wire:
        done = run(*command, tmp_path, *ids, CALD_API_KEY=KEY, CALD_BASE_URL=wire.url)
    assert done.exit_code == 1
    assert advice in done.stderr


def test_every_phrase_that_is_put_otherwise_is_said_somewhere() -> None:
    rooms = Path(caldframe.__file__).parent
    trees = [
        ast.parse(file.read_text(encoding="utf-8"))
        for file in rooms.rglob("*.py")
        if file.parent.name != "cli"
    ]
    said = [
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert [phrase for phrase in _PHRASES if not any(phrase in text for text in said)] == []


def test_a_folder_that_cannot_be_read_is_to_be_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").touch()
    done = run("outcomes", tmp_path)
    assert done.stderr.endswith("Write the folder again with `caldframe fetch`, or read one that it wrote.\n")


@pytest.mark.parametrize("name", ["calls.parquet", "calls.csv"])
def test_one_table_of_a_folder_is_no_source(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    done = run("outcomes", tmp_path / name)
    assert done.exit_code == 2
    assert f"{name}' is one table of several. Give the folder that it is in." in done.stderr


def test_what_only_looks_like_an_argument_stays() -> None:
    message = "near_by=1, --by=2 and a file of=3"
    assert for_command_line(message, main.commands["terms"]) == message
