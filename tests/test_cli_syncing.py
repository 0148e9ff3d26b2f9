from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from archives import Account, body, call, sync
from click.testing import CliRunner, Result

from caldframe.archive import Archive
from caldframe.cli import main
from caldframe.cli.output import records
from caldframe.metrics.outcomes import outcome_rates
from caldframe.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def run(*arguments: object, **more: Any) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments], **more)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox(seed=1, campaigns=3, calls=20) as sandbox:
        monkeypatch.setenv("CALD_BASE_URL", sandbox.url)
        monkeypatch.setenv("CALD_API_KEY", sandbox.api_key)
        yield sandbox


def test_what_is_new_is_shown_and_the_rest_is_counted(server: Sandbox, tmp_path: Path) -> None:
    first = run("sync", tmp_path / "archive", *server.campaign_ids)
    assert first.exit_code == 0, first.output
    for one in server.campaign_ids:
        assert one in first.stdout
    assert "3 campaigns: 3 added\n" in first.stdout
    again = run("sync", tmp_path / "archive", *server.campaign_ids)
    assert again.exit_code == 0
    assert again.stdout == "3 campaigns: 1 unchanged, 2 skipped\n"
    assert run("sync", tmp_path / "archive").stdout == again.stdout


def test_ids_come_from_a_file_or_the_standard_input(server: Sandbox, tmp_path: Path) -> None:
    one, two, three = server.campaign_ids
    (tmp_path / "ids.txt").write_text(f"# spring\n{one}\n\n  {two} \n", encoding="utf-8")
    assert "2 added" in run("sync", tmp_path / "archive", "--ids", tmp_path / "ids.txt").stdout
    done = run("sync", tmp_path / "archive", one, "--ids", "-", input=f"{three}\r\n")
    assert "2 campaigns: 1 added" in done.stdout
    assert run("sync", tmp_path / "archive", "--ids", "-", input="").stdout == "No campaign.\n"


def test_a_place_without_an_archive_is_no_success_where_no_campaign_is_named(
    server: Sandbox, tmp_path: Path
) -> None:
    done = run("sync", tmp_path / "archvie")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "archvie, and no campaign is named to begin one with. Check the place" in done.stderr
    assert not list(tmp_path.iterdir())


def test_one_that_fails_is_named_and_the_exit_code_says_so(server: Sandbox, tmp_path: Path) -> None:
    done = run("sync", tmp_path / "archive", server.campaign_ids[0], "missing")
    assert done.exit_code == 1
    assert "2 campaigns: 1 added, 1 failed" in done.stdout
    assert "Not synced: missing: The API knows no such campaign" in done.stderr
    assert "Error: 1 of 2 campaigns could not be synced." in done.stderr


def test_campaigns_that_fail_alike_are_named_together(server: Sandbox, tmp_path: Path) -> None:
    done = run("sync", tmp_path / "archive", server.campaign_ids[0], "lost", "missing")
    assert "Not synced: lost, missing: The API knows no such campaign" in done.stderr
    assert "Error: 2 of 3 campaigns could not be synced." in done.stderr


def test_a_refused_key_is_told_of_once(
    server: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALD_API_KEY", "caldLive" + "0" * 32)
    for command in (("sync", tmp_path / "archive"), ("fetch", "--keep-going", "--out", tmp_path / "calls")):
        refused, error = run(*command, *server.campaign_ids).stderr.splitlines()
        assert ": all 3 campaigns: The API refused the key" in refused
        assert error.startswith("Error: 3 of 3 campaigns could not be")


@pytest.mark.parametrize("blank", [" ", "\r", "\r\n", "\t"])
def test_ids_lose_the_blanks_of_the_file_they_are_from(blank: str, server: Sandbox, tmp_path: Path) -> None:
    one = server.campaign_ids[0] + blank
    for command in (
        ("sync", tmp_path / "archive", one),
        ("fetch", one, "--out", tmp_path / "calls"),
        ("outcomes", one),
    ):
        assert run(*command).exit_code == 0
    assert (tmp_path / "archive" / "raw" / f"campaign_id={server.campaign_ids[0]}").is_dir()


def test_a_file_of_ids_may_be_of_windows(server: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "ids.txt"
    file.write_bytes(f"{server.campaign_ids[0]}\r\n".encode("utf-8-sig"))
    assert "1 added" in run("sync", tmp_path / "archive", "--ids", file).stdout
    file.write_bytes(f"{server.campaign_ids[0]}\r\n".encode("utf-16"))
    done = run("sync", tmp_path / "archive", "--ids", file)
    assert done.exit_code == 2
    assert "Invalid value for --ids: it is no text in UTF-8. Save it as that." in done.stderr


def test_json_has_every_campaign(server: Sandbox, tmp_path: Path) -> None:
    rows = json.loads(run("sync", tmp_path / "archive", *server.campaign_ids, "--json").stdout)
    assert [row["campaign_id"] for row in rows] == server.campaign_ids
    assert {row["action"] for row in rows} == {"added"}
    assert list(rows[0]) == [
        *("campaign_id", "status", "action", "calls", "new_calls", "changed_calls"),
        *("bytes", "seconds", "error"),
    ]


def test_calls_that_vanished_are_said(
    server: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign_id = server.campaign_ids[0]
    known = Account({campaign_id: body(campaign_id, call("gone"), status="active")})
    sync(Archive(tmp_path), known)
    done = run("sync", tmp_path, campaign_id, "--history", "all", "--refresh")
    assert done.exit_code == 0
    assert f"Note: The new response of {campaign_id} lacks 1 of the calls" in done.stderr


def test_the_counting_commands_take_an_archive(server: Sandbox, tmp_path: Path) -> None:
    run("sync", tmp_path / "archive", *server.campaign_ids)
    done = run("outcomes", tmp_path / "archive", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == records(outcome_rates(Archive(tmp_path / "archive").frames().calls))
    assert run("quality", tmp_path / "archive").exit_code == 0


def test_an_archive_at_a_url_is_a_source(tmp_path: Path) -> None:
    location = f"memory://{tmp_path.name}"
    sync(Archive(location), Account({"a": body("a", call("k"))}))
    done = run("outcomes", location, "--json")
    assert done.exit_code == 0, done.output
    assert {row["result"]: row["n"] for row in json.loads(done.stdout)}["pickedUp"] == 1


def test_an_archive_of_nothing_is_no_source(server: Sandbox, tmp_path: Path) -> None:
    run("sync", tmp_path / "archive", "missing")
    done = run("outcomes", tmp_path / "archive")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "has no campaign in it. Bring some in with `caldframe sync`." in done.stderr


def test_what_is_no_archive_is_said(tmp_path: Path) -> None:
    assert run("outcomes", tmp_path).exit_code == 2
    assert "is no archive" in run("outcomes", tmp_path).stderr
    missing = run("outcomes", "nowhere://x/y")
    assert missing.exit_code == 1
    assert "nowhere://x/y cannot be opened" in missing.stderr
