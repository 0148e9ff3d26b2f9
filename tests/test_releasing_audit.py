"""The audit without a network: which pins an advisory is about."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from releasing.audit import affects, audited, main, pins_of, records_in

ROOT = Path(__file__).parents[1]


def advisory(*events: dict[str, str], name: str = "Some_Package", **more: Any) -> dict[str, Any]:
    ranges = [{"type": "GIT", "events": [{"introduced": "0"}]}, {"type": "ECOSYSTEM", "events": list(events)}]
    affected = {"package": {"ecosystem": "PyPI", "name": name}, "ranges": ranges}
    record = {
        "id": "PYSEC-1",
        "aliases": ["CVE-1"],
        "modified": "2026-01-02T03:04:05Z",
        "affected": [affected],
    }
    return record | more


def is_affected(record: dict[str, Any], version: str) -> bool:
    return affects(record["affected"][0], "some-package", version)


@pytest.mark.parametrize(
    ("events", "affected", "not_affected"),
    [
        ([{"introduced": "0"}, {"fixed": "2.0"}], ["0.1", "1.10", "2.0rc1"], ["2.0", "2.0.post1", "10"]),
        ([{"introduced": "1.5"}, {"fixed": "2"}], ["1.5", "1.9"], ["1.4", "1.5rc1", "2.0"]),
        ([{"introduced": "1"}, {"last_affected": "1.9"}], ["1", "1.9"], ["0.9", "1.9.1"]),
        ([{"introduced": "0"}], ["0.1", "99"], []),
        (
            [{"fixed": "3.1"}, {"introduced": "3"}, {"fixed": "2"}, {"introduced": "1"}],
            ["1", "3.0"],
            ["2.5", "3.1"],
        ),
        ([{"introduced": "0"}, {"fixed": "not a version"}, {"fixed": "2"}], ["1"], ["2"]),
    ],
)
def test_a_range_begins_and_ends(
    events: list[dict[str, str]], affected: list[str], not_affected: list[str]
) -> None:
    record = advisory(*events)
    assert [version for version in affected if not is_affected(record, version)] == []
    assert [version for version in not_affected if is_affected(record, version)] == []


def test_a_listed_version_is_affected_and_other_packages_and_ecosystems_are_not() -> None:
    affected = advisory()["affected"][0] | {"versions": ["1.0"]}
    assert affects(affected, "some-package", "1.0")
    assert not affects(affected, "some-package", "1.1")
    assert not affects(affected, "another", "1.0")
    assert not affects(
        affected | {"package": {"ecosystem": "npm", "name": "some-package"}}, "some-package", "1.0"
    )


def test_pins_are_read_as_pip_reads_them(tmp_path: Path) -> None:
    file = tmp_path / "constraints.txt"
    file.write_text("Some.Package==1.2 ; python_version < '3.12' \\\n    --hash=sha256:00\nb==3\nb==4 \\\n")
    assert pins_of([file]) == {"some-package": {"1.2"}, "b": {"3", "4"}}


def test_what_is_found_is_named_and_what_was_withdrawn_is_not() -> None:
    about = advisory({"introduced": "0"})
    found = audited({"some-package": {"1.2"}, "b": {"3"}}, [about, about, advisory(name="c")])
    assert (found.found, found.advisories) == (["some-package 1.2: PYSEC-1 (CVE-1)"], 3)
    assert found.newest == "2026-01-02T03:04:05Z"
    assert audited({"some-package": {"1.2"}}, [about | {"withdrawn": "2026-01-03T00:00:00Z"}]).found == []


def test_a_database_is_a_folder_of_either_format_or_a_zip_file(tmp_path: Path) -> None:
    folder = tmp_path / "database"
    (folder / "vulns" / "some-package").mkdir(parents=True)
    (folder / ".github").mkdir()
    (folder / ".github" / "workflow.yaml").write_text("affected: []")
    (folder / "triage.yaml").write_text("[1, 2]")
    (folder / "vulns" / "some-package" / "PYSEC-1.yaml").write_text(yaml.safe_dump(advisory()))
    (folder / "GHSA-1.json").write_text(json.dumps(advisory(id="GHSA-1")))
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("PYSEC-1.json", json.dumps(advisory()))
    assert [record["id"] for record in records_in(folder)] == ["GHSA-1", "PYSEC-1"]
    assert list(records_in(tmp_path / "all.zip")) == [advisory()]


def test_all_that_is_pinned_is_audited(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one.json").write_text(json.dumps(advisory({"introduced": "0"})))
    main(["--database", str(tmp_path)])
    assert "held against 1 advisories" in capsys.readouterr().out
    for pinned in ("numpy", "typer", "mkdocs", "atheris", "pyspark", "convokit", "uv"):  # a file of each kind
        (tmp_path / "two.json").write_text(json.dumps(advisory({"introduced": "0"}, name=pinned)))
        with pytest.raises(SystemExit, match=rf"^{pinned} \S+: PYSEC-1 \(CVE-1\)"):
            main(["--database", str(tmp_path)])


def test_a_folder_without_advisories_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="has no advisories"):
        main(["--database", str(tmp_path)])
