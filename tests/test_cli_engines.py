"""`--engine`: every command that counts says the same, whatever holds the calls."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Final

import duckdb
import pytest
from archives import Account, sync
from click.testing import CliRunner, Result

from caldframe.archive import Archive, scanning
from caldframe.cli import main
from caldframe.cli.options import ENGINES
from caldframe.fetch import load_campaign
from caldframe.sandbox import synthetic_campaign

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS: Final = [
    "outcomes",
    "outcomes --by agent_id --by completed --of all --json",
    "lengths --by agent_id --json",
    "lengths --result pickedUp --result hungUp",
    "reach --by list_id --json",
    "reach --by-gap",
    "hours --json",
    "hours --tz prospect --by agent_id --by hour",
    "compare --by agent_id",
    "compare --by turns --baseline 0 --outcome voicemail --json",
    "compare --by agent_id --lengths",
    "talk --by agent_id --json",
    "terms --by result --role user --json",
    "terms --by role --pairs",
    "search --context 0 --json yes",
    "opt-outs --json",
    "opt-outs --numbers",
    "quality --json",
    "quality --region GB --examples 3",
]
IN_PROCESS: Final = ["pyarrow", "polars", "duckdb", "dask"]
ODD: Final = {
    "campaignId": "odd",
    "status": "finished",
    "calls": [
        {"callId": "k1", "completed": True, "result": "hungUp", "callLength": 12.5},
        {"callId": "k2", "completed": True, "result": "pickedUp", "callLength": "long"},
        {"callId": "k3", "completed": True, "result": "hungUp", "callLength": 3},
    ],
}


def run(command: str, *sources: object, engine: str | None = None) -> Result:
    name, *options = command.split()
    chosen = [] if engine is None else ["--engine", engine]
    given = [name, *chosen, *map(str, sources), *options]
    return CliRunner().invoke(main, given, env={"COLUMNS": "80"})


def said(done: Result) -> tuple[int, str, str]:
    return done.exit_code, done.stdout, done.stderr


def refuse(*_: object, **__: object) -> None:
    raise AssertionError("all of the archive was read")


@pytest.fixture(scope="module")
def location(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of three campaigns, one of which has problems and a result that nobody knows."""
    folder = tmp_path_factory.mktemp("archive")
    made_up = [synthetic_campaign(seed=seed, calls=80) for seed in (1, 2)]
    bodies = {json.loads(body)["campaignId"]: body for body in (*made_up, json.dumps(ODD).encode())}
    sync(Archive(folder), Account(bodies))
    return folder


@pytest.fixture(scope="module")
def tables(location: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    Archive(location).frames().to_parquet(folder)
    return folder


def test_the_engines_are_those_that_scan_an_archive() -> None:
    assert tuple(scanning._ENGINES) == ENGINES


@pytest.mark.parametrize("engine", IN_PROCESS)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_engine_says_the_same_of_an_archive(command: str, engine: str, location: Path) -> None:
    expected = run(command, location, engine="pandas")
    assert expected.exit_code == 0, expected.output
    noted = "Note: 3 problems in the data (2 unknown_value, 1 wrong_type)" in expected.stderr
    assert noted is not command.startswith("quality")  # for these are its findings
    assert said(run(command, location, engine=engine)) == said(expected)


@pytest.mark.parametrize("engine", ["pyarrow", "polars", "duckdb"])
@pytest.mark.parametrize("command", COMMANDS)
def test_and_of_a_folder_of_parquet_files(
    command: str, engine: str, tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = run(command, tables)
    monkeypatch.setattr("caldframe.cli.sources.read_parquet", refuse)
    assert said(run(command, tables, engine=engine)) == said(expected)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_real_campaign_has_the_same_numbers(command: str, real_campaign: Path, tmp_path: Path) -> None:
    load_campaign(real_campaign).to_parquet(tmp_path)
    known = command.replace(" --result hungUp", "")
    expected = run(known, real_campaign)
    assert expected.exit_code == 0, expected.output
    for engine in ("duckdb", "polars"):
        assert said(run(known, tmp_path, engine=engine)) == said(expected)


@pytest.mark.parametrize("engine", IN_PROCESS)
def test_several_sources_are_counted_together(engine: str, location: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    body = synthetic_campaign(seed=3, calls=40)
    sync(Archive(other), Account({json.loads(body)["campaignId"]: body}))
    expected = run("outcomes --by campaign_id --json", location, other, engine="pandas")
    assert len({row["campaign_id"] for row in json.loads(expected.stdout)}) == 4
    assert said(run("outcomes --by campaign_id --json", location, other, engine=engine)) == said(expected)
    again = run("outcomes", location, f"{location}/", engine=engine)
    assert again.exit_code == 1
    assert "would be counted twice" in again.stderr
    assert said(run("outcomes", location, location, engine=engine)) == said(run("outcomes", location))


def test_an_archive_and_a_folder_are_counted_together(location: Path, tmp_path: Path) -> None:
    frames = load_campaign(synthetic_campaign(seed=3, calls=40))
    frames.calls["mine"] = 7
    frames.to_parquet(tmp_path)
    expected = run("outcomes --json", location, tmp_path)
    assert said(run("outcomes --json", location, tmp_path, engine="duckdb")) == said(expected)
    assert said(run("outcomes --json", location, tmp_path, engine="pyarrow")) == said(expected)
    one = run("outcomes --by mine --json", location, tmp_path, engine="polars")
    assert {row["mine"] for row in json.loads(one.stdout)} == {None, 7}


# --- which engine it is -------------------------------------------------------------------------------


def test_an_archive_is_counted_by_duckdb(location: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []
    from_arrow = duckdb.from_arrow

    def noted(dataset: Any) -> Any:
        opened.append(dataset)
        return from_arrow(dataset)

    monkeypatch.setattr(duckdb, "from_arrow", noted)
    monkeypatch.setattr(Archive, "frames", refuse)
    done = run("outcomes", location)
    assert done.exit_code == 0, done.output
    assert opened


def test_anything_else_by_pandas(location: Path, tables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb, "from_arrow", refuse)
    assert run("outcomes", tables).exit_code == 0
    (tables / "one.json").write_text(json.dumps(ODD | {"campaignId": "another"}))
    assert run("outcomes", location, tables / "one.json").exit_code == 0


def test_without_duckdb_an_archive_is_counted_by_pandas(
    location: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = run("outcomes", location)
    monkeypatch.setitem(sys.modules, "duckdb", None)
    assert said(run("outcomes", location)) == said(expected)
    done = run("outcomes", location, engine="duckdb")
    assert said(done) == (
        1,
        "",
        'Error: duckdb is not installed. Install it with: pip install "caldframe[duckdb]"\n',
    )


def test_what_an_engine_cannot_read_is_said(tables: Path, tmp_path: Path) -> None:
    response = tmp_path / "response.json"
    response.write_text(json.dumps(ODD))
    load_campaign(response).to_csv(tmp_path / "csv")
    for source, engine, what in [
        (response, "duckdb", "is a saved response, which duckdb does not read here"),
        (tmp_path / "csv", "polars", "is a folder of CSV files, which polars does not read here"),
        (tables, "dask", "is a folder of Parquet files, which dask does not read here"),
        ("66f0c0ffee0000000000000a", "duckdb", "is a campaign to fetch, which duckdb does not read here"),
    ]:
        done = run("outcomes", source, engine=engine)
        assert (done.exit_code, done.stdout) == (2, "")
        assert f"Invalid value for --engine: '{source}' {what}. Leave --engine out; or" in done.stderr
    assert "'excel' is not one of 'pandas'" in run("outcomes", tables, engine="excel").stderr


def test_a_folder_without_all_its_tables_is_refused(tables: Path, tmp_path: Path) -> None:
    for name in ("calls", "problems"):
        (tmp_path / f"{name}.parquet").write_bytes((tables / f"{name}.parquet").read_bytes())
    (tmp_path / "problems.parquet").write_bytes(b"PAR1")
    for engine in ("pandas", "duckdb"):
        done = run("outcomes", tmp_path, engine=engine)
        assert done.exit_code == 1
        assert done.stderr.startswith("Error: ")
        assert ".parquet" in done.stderr


# --- what is not whole --------------------------------------------------------------------------------


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    archive = Archive(tmp_path / "archive")
    sync(archive, Account({"odd": json.dumps(ODD).encode()}))
    return archive


def test_a_campaign_whose_sync_was_stopped_is_told(archive: Archive, tmp_path: Path) -> None:
    table = tmp_path / "archive" / "calls" / "campaign_id=odd" / "calls.parquet"
    content = table.read_bytes()
    table.unlink()
    done = run("outcomes --json", tmp_path / "archive")
    assert done.exit_code == 0, done.output
    assert "the newest response of 1 campaign in" in done.stderr
    assert "--engine pandas counts it" in done.stderr
    whole = run("outcomes --json", tmp_path / "archive", engine="pandas")
    assert json.loads(whole.stdout)[0]["total"] == 3
    assert "newest" not in whole.stderr
    table.write_bytes(content)
    assert "newest" not in run("outcomes", tmp_path / "archive").stderr


@pytest.mark.parametrize("engine", IN_PROCESS)
def test_a_damaged_table_is_an_error_that_says_what_reads_around_it(
    engine: str, archive: Archive, tmp_path: Path
) -> None:
    table = tmp_path / "archive" / "calls" / "campaign_id=odd" / "calls.parquet"
    table.write_bytes(table.read_bytes()[:500])
    done = run("outcomes", tmp_path / "archive", engine=engine)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "--engine pandas reads the campaign's response in its place" in done.stderr
    assert run("outcomes", tmp_path / "archive", engine="pandas").exit_code == 0
