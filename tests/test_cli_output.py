"""Where results go to, and what is said when they cannot."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from caldframe.cli.output import say


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


_FULL = Path("/dev/full")
_RESPONSE = Path(__file__).parents[1] / "data" / "sample-campaign.json"


def command_line(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "caldframe", "outcomes", str(_RESPONSE), *arguments]


@pytest.mark.parametrize("form", [[], ["--json"]])
@pytest.mark.skipif(not _FULL.exists(), reason="this system has no device that is always full")
def test_a_full_disk_is_an_error_that_says_so(form: list[str]) -> None:
    with _FULL.open("w") as full:
        done = subprocess.run(  # noqa: S603 - this interpreter
            command_line(*form), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: The standard output cannot be written: No space left on device.")
    assert "not foreseen" not in done.stderr


@pytest.mark.parametrize("form", [[], ["--json"]])
@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell closes the standard output")
def test_a_closed_standard_output_is_an_error_that_says_so(form: list[str]) -> None:
    closing = ["/bin/sh", "-c", 'exec "$@" >&-', "sh", *command_line(*form)]
    done = subprocess.run(closing, capture_output=True, text=True, check=False)  # noqa: S603 - fixed program
    assert done.returncode == 1
    assert done.stderr.startswith("Error: The standard output is closed.")


def test_a_long_message_is_folded_between_words_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    message = f"Error: {'a-word ' * 12}\n  {'said ' * 12}Error: nothing of ours"
    terminal, file = Terminal(), io.StringIO()
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setattr(sys, "stderr", terminal)
    say(message)
    lines = terminal.getvalue().splitlines()
    assert max(map(len, lines)) <= 30
    assert " ".join(terminal.getvalue().split()) == " ".join(message.split())
    assert [line for line in lines if not line.startswith("  ")] == lines[:1]
    terminal.truncate(0)
    say(message, folded=False)
    assert len(terminal.getvalue().splitlines()) == 2
    monkeypatch.setattr(sys, "stderr", file)
    say(message)
    assert len(file.getvalue().splitlines()) == 2
