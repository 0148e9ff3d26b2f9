"""What `make installs` installs, and how it sees that a lower bound was tried. It itself needs a network."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from releasing.installs import INSTALLATIONS, SMOKE, above_their_bounds, requirements_of

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = set(PROJECT["optional-dependencies"]) - {"all"}
SMALL = {
    "name": "small",
    "dependencies": ["click>=8.1", "rich>=13"],
    "optional-dependencies": {"a": ["one>=1"], "b": ["small[a]", "two>=2"], "all": ["small[a,b]"]},
}


def names(*extras: str) -> list[str]:
    return [each.name for each in requirements_of(SMALL, extras)]


def test_every_extra_is_tried_alone_and_at_its_lowest() -> None:
    alone = {tuple(each.extras) for each in INSTALLATIONS if not each.lowest}
    assert alone == {(), *((extra,) for extra in EXTRAS)}
    lowest = [each for each in INSTALLATIONS if each.lowest]
    assert {extra for each in lowest for extra in each.extras} == EXTRAS
    assert () in {tuple(each.extras) for each in lowest}


def test_every_program_is_there_and_is_run() -> None:
    run = {program for each in INSTALLATIONS for program, *_ in each.programs}
    assert run == {path.stem for path in SMOKE.glob("*.py")} - {"__init__"}


def test_all_means_all() -> None:
    (everything,) = PROJECT["optional-dependencies"]["all"]
    assert Requirement(everything).extras == EXTRAS


def test_an_extra_may_name_others() -> None:
    assert names() == ["click", "rich"]
    assert names("a") == ["click", "rich", "one"]
    assert names("b") == ["click", "rich", "two", "one"]
    assert names("all") == ["click", "rich", "one", "two"]


def test_every_direct_dependency_has_its_reason() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page.split("| library | what for |")[1].split("\n\n")[0]
    told = {name for row in table.splitlines()[2:] for name in re.findall(r"[\w-]+", row.split("|")[1])}
    assert {each.name for each in requirements_of(PROJECT, EXTRAS)} - told == set()


@pytest.mark.parametrize(
    ("requirement", "version", "told"),
    [
        ("click>=8.1", "8.1.0", None),
        ("click>=8.1,<9", "8.1", None),
        ("urllib3>=2", "2.0.2", "urllib3>=2 is never below 2.0.2; say >=2.0.2."),
        ("rich", "15.0.0", "rich has no lower bound; 15.0.0 was installed."),
    ],
)
def test_a_bound_that_was_not_tried_is_told(requirement: str, version: str, told: str | None) -> None:
    asked = Requirement(requirement)
    assert above_their_bounds([asked], {asked.name: version}) == ([] if told is None else [told])
