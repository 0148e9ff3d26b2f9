"""`caldframe watch` and completion: a campaign that grows by a clock of the test's own."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from test_display_live import Terminal

from caldframe.cli import main
from caldframe.client import Client
from caldframe.errors import ServerError
from caldframe.fetch import load_campaign
from caldframe.metrics.outcomes import outcome_rates
from caldframe.metrics.timing import progress
from caldframe.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Clock:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "sleep", clock.sleep)
    return clock


@pytest.fixture
def server(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox(seed=1, campaigns=4, calls=60, now=clock) as sandbox:
        monkeypatch.setenv("CALD_BASE_URL", sandbox.url)
        monkeypatch.setenv("CALD_API_KEY", sandbox.api_key)
        yield sandbox


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """Errors that the next requests meet, before the sandbox answers."""
    errors: list[Exception] = []
    ask = Client.campaign

    def campaign(self: Client, campaign_id: str) -> Any:
        if errors:
            raise errors.pop(0)
        return ask(self, campaign_id)

    monkeypatch.setattr(Client, "campaign", campaign)
    return errors


def watch(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["watch", *arguments])


def test_an_active_campaign_is_followed_until_it_is_finished(server: Sandbox, clock: Clock) -> None:
    done = watch(server.campaign_ids[2], "--interval", "100")
    lines = done.stdout.splitlines()
    assert (done.exit_code, done.stderr) == (0, "")
    assert [line.split(": ")[1].split(";")[0] for line in lines] == ["active"] * 5 + ["finished"]
    completed = [int(line.split("; ")[1].split(" of ")[0]) for line in lines]
    assert completed == sorted(set(completed))
    assert completed[-1] == 60
    assert clock.slept == [100.0] * 5


def test_a_line_says_what_the_metrics_say(server: Sandbox, clock: Clock) -> None:
    line = watch(server.campaign_ids[2], "--interval", "600", "--tz", "America/New_York").stdout.splitlines()[
        0
    ]
    clock.now = 0.0
    with Client() as client:
        calls = load_campaign(client.campaign(server.campaign_ids[2]).body).calls
    now = progress(calls, tz="America/New_York").iloc[-1]
    rate = outcome_rates(calls).query("result == 'pickedUp'").iloc[0]
    assert f"; {rate['total']} of {len(calls)} calls completed; {now['pace']:,.1f} an hour" in line
    ends = [f"{now[name]:%Y-%m-%d %H:%M}" for name in ("expected_end", "low", "high")]
    assert (
        f"{now['remaining']} open call expected by {ends[0]} ({ends[1]} to {ends[2]}) America/New_York"
        in line
    )
    assert f"{rate['rate']:.1%} [{100 * rate['low']:.1f} to {100 * rate['high']:.1f}] picked up" in line


@pytest.mark.parametrize("number", [0, 3])
def test_a_campaign_that_is_over_is_looked_at_once(server: Sandbox, clock: Clock, number: int) -> None:
    done = watch(server.campaign_ids[number])
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == 1
    assert clock.slept == []


def test_a_terminal_is_drawn_over(server: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdout", terminal)
    main.main(["watch", server.campaign_ids[2], "--interval", "100"], standalone_mode=False)
    screen = terminal.screen()
    assert terminal.written().count("Appointments, 27 Oct") >= 6
    assert sum("Appointments, 27 Oct" in line for line in screen) == 1
    assert screen[1].endswith("UTC: finished")
    assert [line.split()[0] for line in screen[5:8]] == ["pending", "pickedUp", "ivr"]
    assert "███" in screen[6]
    assert "60 of 60 calls completed" in screen


def test_what_may_pass_is_said_and_tried_again(
    server: Sandbox, clock: Clock, failing: list[Exception]
) -> None:
    failing += [ServerError("The server failed (503)\x1b[31m.", status=503)] * 2
    done = watch(server.campaign_ids[0], "--interval", "60")
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == 1
    told = done.stderr.splitlines()
    assert len(told) == 2
    assert all(line.endswith(r"The server failed (503)\x1b[31m. Trying again in 60 s.") for line in told)
    assert clock.slept == [60.0, 60.0]


def test_trouble_stands_below_what_was_known(
    server: Sandbox, failing: list[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdout", terminal)

    def fail_then_stop(_: float) -> None:
        if failing:
            raise KeyboardInterrupt
        failing.extend([ServerError("The server failed (503).", status=503)] * 2)

    monkeypatch.setattr(time, "sleep", fail_then_stop)
    with pytest.raises(SystemExit) as stopped:
        main.main(["watch", server.campaign_ids[2]])
    assert stopped.value.code == 130
    screen = terminal.screen()
    assert "active" in screen[1]
    assert any("The server failed (503). Trying again in 30 s." in line for line in screen)


def test_what_cannot_pass_ends_it(server: Sandbox, clock: Clock) -> None:
    done = watch("nowhere")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: nowhere: ")
    assert clock.slept == []


def test_ctrl_c_ends_it_politely(server: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupt)
    done = watch(server.campaign_ids[2])
    assert done.exit_code == 130
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == "\nStopped.\n"


def test_a_campaign_of_which_little_is_known_is_followed_too(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "odd.json"
    file.write_text('{"campaignId": "odd\\u001b[31m", "calls": []}', encoding="utf-8")
    looks = iter([None, KeyboardInterrupt()])

    def interrupt_later(_: float) -> None:
        if (error := next(looks)) is not None:
            raise error

    monkeypatch.setattr(time, "sleep", interrupt_later)
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    with Sandbox(campaigns=0, serve=[file]) as sandbox:
        account = {"CALD_BASE_URL": sandbox.url, "CALD_API_KEY": sandbox.api_key}
        for name, value in account.items():
            monkeypatch.setenv(name, value)
        piped = watch(sandbox.campaign_ids[0])
        looks = iter([KeyboardInterrupt()])
        monkeypatch.setattr(terminal, "isatty", lambda: True)
        monkeypatch.setattr(sys, "stdout", terminal)
        with pytest.raises(SystemExit):
            main.main(["watch", sandbox.campaign_ids[0]])
    lines = piped.stdout.splitlines()
    assert [line.split(": ")[1] for line in lines] == ["not known; 0 of 0 calls completed"] * 2
    assert terminal.screen()[0] == r"not known (odd\x1b[31m)"


def test_wrong_arguments_are_refused_before_anything_is_asked(server: Sandbox, clock: Clock) -> None:
    impatient = watch(server.campaign_ids[0], "--interval", "1")
    assert impatient.exit_code == 2
    assert "is not in the range x>=5" in impatient.stderr
    nowhere = watch(server.campaign_ids[0], "--tz", "Mars")
    assert (nowhere.exit_code, nowhere.stdout) == (1, "")
    assert "is no time zone" in nowhere.stderr


# --- completion ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_help_says_how_to_switch_completion_on(shell: str) -> None:
    shown = CliRunner().invoke(main, ["--help"]).stdout
    (line,) = [line for line in shown.splitlines() if line.startswith(f"    {shell} ")]
    assert f"_CALDFRAME_COMPLETE={shell}_source caldframe" in line
    source = CliRunner().invoke(main, env={"_CALDFRAME_COMPLETE": f"{shell}_source"})
    assert (source.exit_code, source.stderr) == (0, "")
    assert f"_CALDFRAME_COMPLETE={shell}_complete" in source.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("caldframe wa", ["watch"]),
        ("caldframe watch --in", ["--interval"]),
        ("caldframe co", ["compare", "conversation"]),
    ],
)
def test_bash_completes_commands_and_options(words: str, expected: list[str], tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash on this machine")
    program = tmp_path / "caldframe"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m caldframe "$@"\n', encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    script = (
        'eval "$(_CALDFRAME_COMPLETE=bash_source caldframe)"\n'
        f"COMP_WORDS=({words}); COMP_CWORD={words.count(' ')}\n"
        '_caldframe_completion caldframe; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(  # noqa: S603 - our own script
        [bash, "-c", script],
        env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout.split() == expected
