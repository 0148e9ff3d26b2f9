"""The site has every public name, command and library, and its checks find what is wrong."""

from __future__ import annotations

import re
import runpy
import tomllib
from pathlib import Path
from typing import Any

import pytest

import caldframe
from caldframe import plots

ROOT = Path(__file__).parents[1]


def script(name: str) -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "docs" / name))


def test_every_public_name_is_in_the_reference_once() -> None:
    pages = script("building/reference.py")["reference_pages"]()
    described = [
        name for page in pages for name in re.findall(r"^::: caldframe\.(.+)$", page.text, re.MULTILINE)
    ]
    names = {*caldframe.__all__} - {"__version__", "plots"} | {f"plots.{name}" for name in plots.__all__}
    assert sorted(described) == sorted(names)
    assert len({page.path for page in pages}) == len(pages)


def test_the_commands_say_what_their_page_says() -> None:
    kept = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert kept == script("make_commands.py")["commands_page"](), "run: python docs/make_commands.py"


def test_every_library_that_is_needed_is_accounted_for() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    needed = {*project["dependencies"]}.union(*project["optional-dependencies"].values())
    names = {re.split(r"[>=\[]", requirement)[0] for requirement in needed} - {"caldframe"}
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page.partition("## What others have made")[2]
    told = {
        name for line in re.findall(r"^\| ([^|(]+)", table, re.MULTILINE) for name in re.split(r"[, ]+", line)
    }
    assert names - told == set()


@pytest.mark.parametrize(
    ("source", "text", "turned"),
    [
        ("docs/a.md", "[x](b.md#c)", "[x](b.md#c)"),
        ("docs/a.md", "[x](https://cald.ai)", "[x](https://cald.ai)"),
        ("docs/a.md", "[x](#here)", "[x](#here)"),
        ("docs/a.md", "![x](images/b.png)", "![x](images/b.png)"),
        ("docs/a.md", "[x](../data/data-dictionary.md#calls)", "[x](data-dictionary.md#calls)"),
        ("docs/how-to/a.md", "[x](../../README.md)", "[x](../index.md)"),
        ("docs/how-to/a.md", "[x](../b.md)", "[x](../b.md)"),
        ("docs/a.md", "[the first](../notebooks/01.ipynb)", "the first (`notebooks/01.ipynb`)"),
        ("docs/a.md", "[data/README.md](../data/README.md)", "`data/README.md`"),
        ("CHANGELOG.md", "[x](docs/how-to/a.md)", "[x](how-to/a.md)"),
        ("docs/a.md", "```text\n[x](../b.py)\n```\n", "```text\n[x](../b.py)\n```\n"),
    ],
)
def test_links_lead_to_the_site_s_own_pages(source: str, text: str, turned: str) -> None:
    assert script("building/links.py")["site_links"](text, source) == turned


def test_a_sound_site_has_no_faults(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<h1 id="top"></h1><a href="b.html#end">b</a><a href="#top"></a>')
    (tmp_path / "b.html").write_text('<p id="end"><a href="https://cald.ai">out</a> <img src="c.png"></p>')
    (tmp_path / "404.html").write_text('<a href="/a.html">home</a>')
    (tmp_path / "c.png").touch()
    assert script("building/check_site.py")["find_faults"](tmp_path) == []


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ('<a href="gone.html">x</a>', "a.html: gone.html leads to no file"),
        ('<a href="#gone">x</a>', "a.html: #gone leads to no place on its page"),
        ('<a href="/gone.html">x</a>', "a.html: /gone.html leads to no file"),
        ('<img src="gone.png">', "a.html: gone.png leads to no file"),
        ('<script src="https://cdn.example/x.js"></script>', "a.html: loads https://cdn.example/x.js"),
        ('<link rel="stylesheet" href="//fonts.example/x">', "a.html: loads //fonts.example/x"),
    ],
)
def test_each_fault_of_a_site_is_named(tmp_path: Path, page: str, fault: str) -> None:
    (tmp_path / "a.html").write_text(page)
    assert script("building/check_site.py")["find_faults"](tmp_path) == [fault]


def test_a_style_that_asks_another_host_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("@font-face { src: url(https://fonts.example/a.woff2) }")
    assert script("building/check_site.py")["find_faults"](tmp_path) == ["a.css: loads from another host"]
