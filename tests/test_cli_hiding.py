"""`caldframe fetch --pseudonymise --redact`: hidden before it is written, and the key is seen nowhere."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from caldframe.cli import main
from caldframe.fetch import load_campaign
from caldframe.frames import read_csv, read_parquet
from caldframe.privacy import pseudonymise, redact_frames
from caldframe.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "0123456789abcdef-for-tests"
RESPONSE: dict[str, Any] = {
    "campaignId": "spring",
    "name": "Ann Lee and others",
    "calls": [
        {
            "callId": "k1",
            "direction": "outbound",
            "to": "+12125550123",
            "from": "+12125550100",
            "recordingUrl": "https://example.com/recording",
            "caller": "Ann Lee",
            "callLength": "+12125550123",
            "transcripts": [{"role": "user", "content": "It's two one two, triple five, oh one two three."}],
        }
    ],
}
SECRETS = ("5550123", "5550100", "Ann Lee", "example.com", "triple five")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    file = tmp_path_factory.mktemp("saved") / "spring.json"
    file.write_text(json.dumps(RESPONSE), encoding="utf-8")
    with Sandbox(campaigns=0, serve=[file]) as sandbox:
        yield sandbox


def run(server: Sandbox, *arguments: object, **env: str) -> Result:
    account = {"CALD_BASE_URL": server.url, "CALD_API_KEY": server.api_key, "CALDFRAME_PSEUDONYM_KEY": None}
    return CliRunner().invoke(main, [str(each) for each in arguments], env={**account, **env})


def key_file(folder: Path, content: str, mode: int = 0o600) -> Path:
    file = folder / "pseudonym.key"
    file.write_text(content, encoding="utf-8")
    file.chmod(mode)
    return file


def test_what_is_written_is_hidden(server: Sandbox, tmp_path: Path) -> None:
    out = tmp_path / "shared"
    arguments = ("fetch", "spring", "--out", out, "--format", "parquet,csv", "--pseudonymise", "--redact")
    done = run(server, *arguments, CALDFRAME_PSEUDONYM_KEY=KEY)
    assert done.exit_code == 0, done.output
    frames = read_parquet(out)
    expected = pseudonymise(redact_frames(load_campaign(json.dumps(RESPONSE).encode())), KEY, region="US")
    assert frames.calls["to_number"].tolist() == expected.calls["to_number"].tolist()
    assert frames.transcripts["content"].tolist() == ["It's [phone number]."]
    assert read_csv(out).calls["to_number"].equals(frames.calls["to_number"])
    written = b"".join(file.read_bytes() for file in out.glob("*.csv")).decode() + done.output
    written += "".join(
        table.to_csv() for table in (frames.campaigns, frames.calls, frames.transcripts, frames.problems)
    )
    for secret in (*SECRETS, KEY):
        assert secret not in written
    assert "Redacted: phone number (" in done.stderr
    assert "No redaction finds everything" in done.stderr


def test_each_alone(server: Sandbox, tmp_path: Path) -> None:
    assert run(server, "fetch", "spring", "--out", tmp_path / "redacted", "--redact").exit_code == 0
    redacted = read_parquet(tmp_path / "redacted")
    assert redacted.calls["to_number"].tolist() == ["+12125550123"]
    assert redacted.transcripts["content"].tolist() == ["It's [phone number]."]
    arguments = ("fetch", "spring", "--out", tmp_path / "hidden", "--pseudonymise", "--json")
    done = run(server, *arguments, CALDFRAME_PSEUDONYM_KEY=f" {KEY}\n")
    hidden = read_parquet(tmp_path / "hidden")
    assert hidden.calls["to_number"].tolist() == pseudonymise(redacted, KEY).calls["to_number"].tolist()
    assert hidden.transcripts["content"].tolist() == ["It's two one two, triple five, oh one two three."]
    assert "Ann" not in done.stdout
    assert json.loads(done.stdout)["campaigns"][0]["name"].startswith("name-")


def test_nothing_to_redact_is_said(server: Sandbox, tmp_path: Path) -> None:
    with Sandbox(seed=1, campaigns=1, calls=5) as sandbox:
        done = run(sandbox, "fetch", *sandbox.campaign_ids, "--out", tmp_path, "--redact")
    assert "Redacted: nothing was found." in done.stderr


def test_the_key_may_be_in_a_file(server: Sandbox, tmp_path: Path) -> None:
    file = key_file(tmp_path, f"{KEY}\n")
    arguments = ("fetch", "spring", "--out", tmp_path / "out", "--pseudonymise", "--pseudonym-key-file", file)
    done = run(server, *arguments, CALDFRAME_PSEUDONYM_KEY="another key of enough bytes")
    assert done.exit_code == 0
    assert "others" not in done.stderr
    frames = load_campaign(json.dumps(RESPONSE).encode())
    expected = pseudonymise(frames, KEY).calls["to_number"]
    assert read_parquet(tmp_path / "out").calls["to_number"].equals(expected)


@pytest.mark.skipif(os.name != "posix", reason="files have no such permissions there")
def test_a_key_that_others_can_read_is_said(server: Sandbox, tmp_path: Path) -> None:
    file = key_file(tmp_path, KEY, 0o640)
    done = run(
        server, "fetch", "spring", "--out", tmp_path / "out", "--pseudonymise", "--pseudonym-key-file", file
    )
    assert done.exit_code == 0
    assert f"chmod 600 {file}" in done.stderr
    assert KEY not in done.output


@pytest.mark.parametrize(
    ("arguments", "key", "exit_code", "message"),
    [
        (["--pseudonymise"], "", 1, "There is no key for pseudonyms"),
        (["--pseudonymise"], "sesame", 1, "has 6 bytes, and needs 16"),
        (["--pseudonymise", "--pseudonym-key-file", "nowhere.key"], KEY, 1, "nowhere.key cannot be read"),
        (["--pseudonym-key-file", "nowhere.key"], KEY, 2, "goes with --pseudonymise"),
        (["--redact", "--region", "Mars"], KEY, 1, "'Mars' is no country"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_fetched(
    tmp_path: Path, arguments: list[str], key: str, exit_code: int, message: str
) -> None:
    # There is no account here: a request would be another error.
    env = {"CALDFRAME_PSEUDONYM_KEY": key}
    done = CliRunner().invoke(main, ["fetch", "spring", "--out", str(tmp_path / "out"), *arguments], env=env)
    assert done.exit_code == exit_code
    assert message in done.stderr
    assert "sesame" not in done.output
    assert not (tmp_path / "out").exists()


def test_failures_are_told_all_the_same(server: Sandbox, tmp_path: Path) -> None:
    arguments = (
        "fetch",
        "spring",
        "nowhere",
        "--out",
        tmp_path,
        "--keep-going",
        "--pseudonymise",
        "--redact",
    )
    done = run(server, *arguments, CALDFRAME_PSEUDONYM_KEY=KEY)
    assert done.exit_code == 1
    assert "Not fetched: nowhere: " in done.stderr
    assert "nan" not in done.stderr
