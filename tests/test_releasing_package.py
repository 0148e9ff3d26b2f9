"""The wheel and the sdist: the same bytes wherever they are built, and in them what belongs."""

from __future__ import annotations

import io
import tarfile
import tomllib
import zipfile
from email.parser import BytesParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from releasing.contents import belongs_in_sdist, belongs_in_wheel, contents_of
from releasing.package import Built, PackageError, package, refuse_contents, refuse_difference, tracked_files

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NAME = f"caldframe-{PROJECT['version']}"
SOURCE = ("caldframe/__init__.py", "caldframe/py.typed", "caldframe/decode/kernel.c", "README.md", ".ci/run")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    if not (ROOT / ".git").exists():
        pytest.skip("what belongs is what git tracks, and this is no clone")
    # It builds each of them twice and raises if they differ or hold something else than they should.
    return package(tracked_files(ROOT), tmp_path_factory.mktemp("dist"))


def wheel(path: Path, files: Mapping[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return path


def sdist(path: Path, files: Mapping[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return path


def a_right_pair(folder: Path) -> Built:
    return Built(
        wheel(folder / f"{NAME}-py3-none-any.whl", dict.fromkeys(belongs_in_wheel(SOURCE, NAME), "")),
        sdist(folder / f"{NAME}.tar.gz", dict.fromkeys(belongs_in_sdist(SOURCE, NAME), "")),
    )


def test_both_come_out_the_same_twice_and_hold_what_belongs(built: Built) -> None:
    assert built.sdist.name == f"{NAME}.tar.gz"
    assert built.wheel.name.startswith(f"{NAME}-py3-none-")
    assert not built.wheel.name.endswith("-any.whl"), "the kernel is compiled for one kind of machine"


def test_the_wheel_says_what_the_project_says(built: Built) -> None:
    said = BytesParser().parsebytes(contents_of(built.wheel)[f"{NAME}.dist-info/METADATA"])
    assert (said["Name"], said["Version"]) == (PROJECT["name"], PROJECT["version"])
    assert said["License-Expression"] == PROJECT["license"]
    assert said["Requires-Python"] == PROJECT["requires-python"]
    needed = [line for line in said.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert sorted(needed) == sorted(PROJECT["dependencies"])
    assert set(said.get_all("Provides-Extra", [])) == set(PROJECT["optional-dependencies"])


def test_what_is_compiled_stays_out_of_the_sdist_and_its_source_out_of_the_wheel(built: Built) -> None:
    in_wheel, in_sdist = contents_of(built.wheel), contents_of(built.sdist)
    assert "caldframe/decode/kernel.c" not in in_wheel
    assert f"{NAME}/caldframe/decode/kernel.c" in in_sdist
    assert not [name for name in in_sdist if name.endswith((".so", ".dll", ".pyc"))]


def test_what_belongs_is_a_rule() -> None:
    assert belongs_in_wheel(SOURCE, NAME) - belongs_in_wheel([], NAME) == {
        "caldframe/__init__.py",
        "caldframe/py.typed",
    }
    assert belongs_in_sdist(SOURCE, NAME) == {
        *(f"{NAME}/{file}" for file in SOURCE if file != ".ci/run"),
        f"{NAME}/PKG-INFO",
    }
    with pytest.raises(ValueError, match=r"Does caldframe/calls\.csv belong in the wheel\?"):
        belongs_in_wheel([*SOURCE, "caldframe/calls.csv"], NAME)


def test_what_lacks_and_what_does_not_belong_is_named(tmp_path: Path) -> None:
    refuse_contents(a_right_pair(tmp_path), SOURCE)
    with pytest.raises(PackageError, match=r"any\.whl lacks: caldframe/new\.py\.$"):
        refuse_contents(a_right_pair(tmp_path), [*SOURCE, "caldframe/new.py"])
    with pytest.raises(PackageError, match=r"gz has what does not belong: caldframe-.*/README\.md\.$"):
        refuse_contents(a_right_pair(tmp_path), [file for file in SOURCE if file != "README.md"])


def test_a_difference_is_named(tmp_path: Path) -> None:
    one = wheel(tmp_path / "one.whl", {"a.py": "1", "b.py": "2"})
    (tmp_path / "again").mkdir()
    refuse_difference(one, wheel(tmp_path / "again" / "one.whl", {"a.py": "1", "b.py": "2"}), "again")
    with pytest.raises(PackageError, match=r"^one\.whl is not the same again: b\.py, c\.py\.$"):
        refuse_difference(one, wheel(tmp_path / "again" / "one.whl", {"a.py": "1", "c.py": "2"}), "again")
    with pytest.raises(PackageError, match=r"^one\.whl is not the same again: names, times or modes"):
        refuse_difference(one, wheel(tmp_path / "again" / "one.whl", {"b.py": "2", "a.py": "1"}), "again")
    with pytest.raises(PackageError, match=r"^one\.whl is called other\.whl again\.$"):
        refuse_difference(one, wheel(tmp_path / "other.whl", {}), "again")


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")  # of zipfile, when it is written
def test_a_file_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "one.whl", "w") as archive:
        archive.writestr("a.py", "1")
        archive.writestr("a.py", "2")
    with pytest.raises(ValueError, match=r"^one\.whl has files of the same name: a\.py$"):
        contents_of(tmp_path / "one.whl")


def test_the_source_is_what_git_tracks(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="is no clone"):
        tracked_files(tmp_path)
