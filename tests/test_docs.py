"""Every code block of the pages is run, and what it is said to print is what it prints."""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from caldframe.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PAGES = [
    *(ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "data" / "README.md"),
    *sorted((ROOT / "docs").rglob("*.md")),
]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


class Block(NamedTuple):
    language: str
    text: str


def blocks_of(page: Path) -> list[Block]:
    return [Block(*match.groups()) for match in _BLOCK.finditer(page.read_text(encoding="utf-8"))]


def commands_of(block: Block) -> Iterator[tuple[str, str]]:
    """Give each command of a console block, and what is said to follow it."""
    assert block.text.startswith("$ "), "a console block begins with a command"
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An account whose campaigns are the sandbox's, in a folder of its own with the sample data in it."""
    copytree(ROOT / "data", tmp_path / "data")
    with Sandbox(seed=1) as sandbox:
        monkeypatch.setenv("CALD_BASE_URL", sandbox.url)
        monkeypatch.setenv("CALD_API_KEY", sandbox.api_key)
        monkeypatch.setenv("MPLBACKEND", "agg")
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.chdir(tmp_path)
        yield tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
@pytest.mark.usefixtures("account")
def test_every_block_does_what_the_page_says(page: Path) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    printed = ""
    for block in blocks_of(page):
        if block.language == "python":
            assert printed == "", "what a block prints is shown below it"
            shown = io.StringIO()
            with redirect_stdout(shown):
                exec(compile(block.text, str(page), "exec"), names)  # noqa: S102 - our own pages
            printed = shown.getvalue()
            if "matplotlib.pyplot" in sys.modules:  # as a notebook does after each cell
                sys.modules["matplotlib.pyplot"].close("all")
        elif block.language == "text":
            assert block.text == printed
            printed = ""
        elif block.language == "console":
            for command, output in commands_of(block):
                check_command(command, output)
        elif block.language == "cron":
            check_cron_line(block.text)
        else:
            pytest.fail(f"a block of a kind that no test runs: {block.language!r}")
    assert printed == "", "what a block prints is shown below it"


def check_command(command: str, output: str) -> None:
    words = shlex.split(command)
    if words[0] == "caldframe":
        done = subprocess.run(  # noqa: S603 - our own program, our own pages
            [sys.executable, "-m", "caldframe", *words[1:]],
            capture_output=True,
            encoding="utf-8",
            check=True,
            env=None,
        )
        if output:
            assert done.stdout == output
    elif words[0] == "export":
        assert re.fullmatch(r"export CALD_[A-Z_]+=\S+", command)
    elif words[0] == "make":
        assert output == ""
        assert re.search(rf"^{words[1]}:.* ## ", MAKEFILE, re.MULTILINE), f"no such target: {command}"
    else:
        check_is_made(command)


def check_cron_line(line: str) -> None:
    """Run a line of a crontab as cron does: by sh, in the home directory, with hardly any environment."""
    *times, command = line.strip().split(maxsplit=5)
    assert len(times) == 5
    assert all(re.fullmatch(r"\*|\d+", time) for time in times)
    assert "\n" not in command
    assert not re.search(r"(?<!\\)%", command), "cron makes a new line of it"
    home = Path.cwd()
    (home / ".cald-key").write_text(
        "".join(f"export {name}={os.environ[name]}\n" for name in ("CALD_API_KEY", "CALD_BASE_URL"))
    )
    program = home / "caldframe" / ".venv" / "bin" / "caldframe"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m caldframe "$@"\n')
    program.chmod(0o700)
    subprocess.run(["/bin/sh", "-c", command], env={"HOME": str(home)}, check=True)  # noqa: S603 - our own page


def check_is_made(command: str) -> None:
    """Check that a line for those who have no make says what the Makefile does."""
    recipes = MAKEFILE.replace("$(BIN)", ".venv/bin").replace("$(PYTHON)", "python3")
    recipes = recipes.replace(" --quiet --disable-pip-version-check", "")
    for step in command.split(" && "):
        assert f"@{step}\n" in recipes, f"the Makefile does something else than {step}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text(encoding="utf-8")):
        if not target.startswith("https://"):
            assert (page.parent / target).exists(), target


def test_every_page_has_a_place_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert {page for page in pages if f" {page}\n" not in navigation} == set(), "add it to nav in mkdocs.yml"


def test_the_readme_has_ten_lines_of_python_a_chart_and_the_two_commands() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    first = next(block.text for block in blocks_of(ROOT / "README.md") if block.language == "python")
    assert len([line for line in first.splitlines() if line.strip()]) <= 10
    assert page.index("docs/images/") < page.index("$ make demo\n$ make test\n") < page.index("```python")


def test_the_changelog_knows_this_version() -> None:
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## \[{re.escape(version[1])}\] - \d{{4}}-\d{{2}}-\d{{2}}$", changelog, re.MULTILINE)
    kinds = re.findall(r"^### (\w+)$", changelog, re.MULTILINE)
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
