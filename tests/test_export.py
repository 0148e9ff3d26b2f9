"""Files: what they hold by other readers, that they come back exactly, that they are whole or not there."""

from __future__ import annotations

import csv
import errno
import gzip
import json
import math
import os
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from random_tables import AWKWARD_TEXTS, assert_same_frames, frames_of, random_frames, texts, with_calls

import caldframe
from caldframe import export
from caldframe.errors import ExportError, OutputExistsError
from caldframe.export import csv_files, files, open_parquet
from caldframe.fetch import load_campaign
from caldframe.frames import CampaignFrames, read_csv, read_parquet
from caldframe.schema import CALLS, TABLES, TEXT, TIMESTAMP, Tables, arrow_schema, empty_tables

if TYPE_CHECKING:
    from collections.abc import Callable

PARQUET_NAMES = [f"{name}.parquet" for name in TABLES]
CSV_NAMES = [f"{name}.csv" for name in TABLES]
NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def frames() -> CampaignFrames:
    """Give one campaign of three calls: one talked, one not reached, one with nothing but nulls."""
    return frames_of(
        campaigns=[{"campaign_id": "c1", "name": "Zoë's =1+1", "total_calls": 3, "fetched_at": NOON}],
        calls=[
            {
                "campaign_id": "c1",
                "call_id": "k1",
                "from_number": "+15550100",
                "to_number": "+15550101",
                "completed": True,
                "result": "pickedUp",
                "created_at": NOON,
                "call_length": 12.5,
                "turns": 2,
            },
            {"campaign_id": "c1", "call_id": "k2", "completed": False, "result": "unanswered"},
            {},
        ],
        transcripts=[
            {"call_id": "k1", "turn": 0, "role": "assistant", "content": 'Hello, "Ann".\nHow are you?'},
            {"call_id": "k1", "turn": 1, "role": "user", "content": ""},
        ],
        problems=[{"call_index": 2, "field": "calls[2].callId", "problem": "missing"}],
    )


@pytest.fixture(scope="session")
def real_frames(real_campaign: Path) -> CampaignFrames:
    return load_campaign(real_campaign)


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def write_all_but(directory: Path, frames: CampaignFrames, name: str, kind: str = "parquet") -> Path:
    """Write the frames and take one file away; give its path."""
    getattr(frames, f"to_{kind}")(directory, overwrite=True)
    path = directory / f"{name}.{kind}"
    path.unlink()
    return path


def cells_by_the_standard_library(path: Path) -> list[dict[str, str]]:
    csv.field_size_limit(2**31 - 1)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def by_duckdb(columns: str, path: Path, ending: str = "") -> list[Any]:
    """Let DuckDB read a file."""
    found = duckdb.sql(f"select {columns} from '{path}' {ending}")  # noqa: S608 - tests' own text
    assert found is not None
    return found.fetchall()


def types_by_duckdb(path: Path) -> dict[str, str]:
    found = duckdb.sql(f"describe select * from '{path}'")  # noqa: S608 - tests' own text
    assert found is not None
    return {row[0]: row[1] for row in found.fetchall()}


# Round trips


@given(random_frames())
@settings(max_examples=50)
def test_parquet_gives_back_exactly_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, frames: CampaignFrames
) -> None:
    directory = tmp_path_factory.mktemp("parquet")
    assert frames.to_parquet(directory) == [directory / name for name in PARQUET_NAMES]
    assert_same_frames(read_parquet(directory), frames)


@given(random_frames())
@settings(max_examples=50)
def test_csv_gives_back_the_same_values(
    tmp_path_factory: pytest.TempPathFactory, frames: CampaignFrames
) -> None:
    directory = tmp_path_factory.mktemp("csv")
    assert frames.to_csv(directory) == [directory / name for name in CSV_NAMES]
    assert_same_frames(read_csv(directory), frames)
    frames.to_csv(directory / "raw", spreadsheet_safe=False)
    assert_same_frames(read_csv(directory / "raw", spreadsheet_safe=False), frames)


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_empty_tables_keep_columns_and_dtypes(tmp_path: Path, kind: str) -> None:
    frames = CampaignFrames.from_arrow(empty_tables())
    getattr(frames, f"to_{kind}")(tmp_path)
    read = getattr(caldframe, f"read_{kind}")(tmp_path)
    assert_same_frames(read, frames)
    assert list(read.calls.columns) == [column.name for column in CALLS]


def test_the_folder_is_made_and_may_be_text(tmp_path: Path, frames: CampaignFrames) -> None:
    directory = tmp_path / "a" / "month=2026-03 ünï"
    frames.to_parquet(str(directory))
    frames.to_csv(str(directory))
    assert names_in(directory) == sorted(PARQUET_NAMES + CSV_NAMES)
    assert_same_frames(read_parquet(str(directory)), frames)
    assert_same_frames(read_csv(str(directory)), frames)


def test_a_table_is_opened_without_being_read(tmp_path: Path, frames: CampaignFrames) -> None:
    directory = tmp_path / "month=2026-03 ünï"
    frames.calls["mine"] = pd.Categorical(["a"] * len(frames.calls))
    frames.to_parquet(directory)
    opened = open_parquet(directory, "calls")
    assert isinstance(opened, ds.Dataset)
    assert opened.schema.names == [*(column.name for column in CALLS), "mine"]
    assert opened.to_table(columns=["call_length"]).equals(frames.to_arrow().calls.select(["call_length"]))


def test_a_table_that_another_tool_wrote_is_opened_in_the_types_of_the_schema(
    tmp_path: Path, frames: CampaignFrames
) -> None:
    frames.to_parquet(tmp_path)
    calls = pq.read_table(tmp_path / "calls.parquet")
    place = calls.schema.get_field_index("result")
    other = calls.set_column(place, "result", calls.column("result").dictionary_encode())
    pq.write_table(other, tmp_path / "calls.parquet")
    opened = open_parquet(tmp_path, "calls")
    assert opened.schema.field("result").type == TEXT
    assert opened.to_table().equals(calls)


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_one_file_in_place_of_its_folder_is_refused_with_the_folder(
    ending: str, tmp_path: Path, frames: CampaignFrames
) -> None:
    write, read = (frames.to_parquet, read_parquet) if ending == "parquet" else (frames.to_csv, read_csv)
    write(tmp_path)
    with pytest.raises(
        ExportError,
        match=rf"calls\.{ending} is no folder\. Give the one with all tables: .*{tmp_path.name}\.",
    ):
        read(tmp_path / f"calls.{ending}")


def test_a_file_that_is_no_table_of_calls_is_not_opened(tmp_path: Path, frames: CampaignFrames) -> None:
    with pytest.raises(ExportError, match=r"calls\.parquet is not there"):
        open_parquet(tmp_path, "calls")
    (tmp_path / "calls.parquet").write_bytes(b"PAR1")
    with pytest.raises(ExportError, match=r"calls\.parquet cannot be read"):
        open_parquet(tmp_path, "calls")
    frames.calls.drop(columns="result").to_parquet(tmp_path / "calls.parquet")
    with pytest.raises(ExportError, match="lacks the column 'result'"):
        open_parquet(tmp_path, "calls")


def test_floats_and_times_survive_csv_to_the_last_bit(tmp_path: Path) -> None:
    lengths = [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0, 1e22, 123456789.12345679, math.inf, 1e-7]
    times = [NOON + timedelta(microseconds=step) for step in range(len(lengths))]
    written = frames_of(
        calls=[{"call_length": x, "created_at": t} for x, t in zip(lengths, times, strict=True)]
    )
    written.to_csv(tmp_path)
    calls = read_csv(tmp_path).calls
    assert [x.hex() for x in calls["call_length"]] == [x.hex() for x in lengths]
    assert calls["created_at"].tolist() == times
    cells = cells_by_the_standard_library(tmp_path / "calls.csv")
    assert [float(row["call_length"]).hex() for row in cells] == [x.hex() for x in lengths]
    assert [datetime.fromisoformat(row["created_at"]) for row in cells] == times


def test_the_longest_text_needs_no_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_files, "_BLOCK_BYTES", 2**12)
    written = frames_of(transcripts=[{"content": "short"}, {"content": "word, " * 10_000}, {"content": ""}])
    written.to_csv(tmp_path)
    assert_same_frames(read_csv(tmp_path), written)


def test_the_real_campaign_survives(tmp_path: Path, real_frames: CampaignFrames) -> None:
    real_frames.to_parquet(tmp_path)
    real_frames.to_csv(tmp_path)
    assert_same_frames(read_parquet(tmp_path), real_frames)
    assert_same_frames(read_csv(tmp_path), real_frames)


# What other readers see


def test_the_real_campaign_in_other_readers(
    tmp_path: Path, real_campaign: Path, real_frames: CampaignFrames
) -> None:
    real_frames.to_parquet(tmp_path)
    real_frames.to_csv(tmp_path)
    response = json.loads(gzip.decompress(real_campaign.read_bytes()))
    results = Counter(call["result"] for call in response["calls"])
    seconds = math.fsum(call.get("callLength") or 0 for call in response["calls"])
    text = sum(len(turn["content"]) for call in response["calls"] for turn in call["transcripts"])
    for kind, scan in (("parquet", pl.scan_parquet), ("csv", pl.scan_csv)):
        calls, turns = tmp_path / f"calls.{kind}", tmp_path / f"transcripts.{kind}"
        counted = by_duckdb("result, count(*), sum(call_length)", calls, "group by result")
        assert {result: count for result, count, _ in counted} == results
        assert math.fsum(length or 0 for *_, length in counted) == pytest.approx(seconds, rel=1e-12)
        assert by_duckdb("count(*)", turns) == [(51_806,)]
        assert scan(calls).select(pl.len()).collect().item() == 8_564
        lengths = (
            scan(turns).select(pl.len(), pl.col("content").str.len_chars().sum().alias("text")).collect()
        )
        assert lengths["len"].item() == 51_806
        added = pl.col("content").str.contains(r"^'[=+\-@\t\r\n]").sum()
        assert lengths["text"].item() - scan(turns).select(added).collect().item() == text


def test_parquet_has_the_types_of_the_schema_in_other_readers(tmp_path: Path, frames: CampaignFrames) -> None:
    frames.to_parquet(tmp_path)
    types = types_by_duckdb(tmp_path / "calls.parquet")
    assert types["call_id"] == "VARCHAR"
    assert types["completed"] == "BOOLEAN"
    assert types["created_at"] == "TIMESTAMP WITH TIME ZONE"
    assert types["call_length"] == "DOUBLE"
    assert types["turns"] == "INTEGER"
    schema = pl.read_parquet_schema(tmp_path / "calls.parquet")
    assert schema["created_at"] == pl.Datetime("us", "UTC")
    assert schema["turns"] == pl.Int32
    assert schema["completed"] == pl.Boolean
    first = pl.read_parquet(tmp_path / "calls.parquet").row(0, named=True)
    assert first["created_at"] == NOON
    assert first["from_number"] == "+15550100"
    assert pl.read_parquet(tmp_path / "campaigns.parquet")["total_calls"].to_list() == [3]
    assert pd.read_parquet(tmp_path / "calls.parquet")["call_id"].tolist()[:2] == ["k1", "k2"]


def test_parquet_says_what_it_is(tmp_path: Path, frames: CampaignFrames) -> None:
    for path, name in zip(frames.to_parquet(tmp_path), TABLES, strict=True):
        metadata = pq.read_metadata(path)
        described = metadata.metadata or {}
        assert described[b"caldframe.table"] == name.encode()
        assert described[b"caldframe.version"] == caldframe.__version__.encode()
        assert {metadata.row_group(0).column(i).compression for i in range(metadata.num_columns)} == {"ZSTD"}
        assert pq.read_schema(path).equals(arrow_schema(TABLES[name]), check_metadata=False)


def test_csv_holds_the_values_by_three_other_readers(tmp_path: Path, frames: CampaignFrames) -> None:
    frames.to_csv(tmp_path)
    path = tmp_path / "calls.csv"
    assert path.read_bytes().startswith(b'"campaign_id","agent_id","list_id","call_id",')
    first, second, third = cells_by_the_standard_library(path)
    assert first == {
        "campaign_id": "c1",
        "agent_id": "",
        "list_id": "",
        "call_id": "k1",
        "direction": "",
        "from_number": "'+15550100",
        "to_number": "'+15550101",
        "prospect_number": "",
        "completed": "true",
        "result": "pickedUp",
        "created_at": "2026-03-02 12:00:00.123456Z",
        "completed_at": "",
        "call_length": "12.5",
        "turns": "2",
        "recording_url": "",
        "extra": "",
    }
    assert second["completed"] == "false"
    assert {name: cell for name, cell in third.items() if cell} == {"turns": "0"}
    types = types_by_duckdb(path)
    assert [types[name] for name in ("completed", "created_at", "call_length", "turns")] == [
        "BOOLEAN",
        "TIMESTAMP WITH TIME ZONE",
        "DOUBLE",
        "BIGINT",
    ]
    microseconds = int(NOON.timestamp()) * 10**6 + NOON.microsecond
    seen = by_duckdb("completed, epoch_us(created_at), call_length, turns", path)
    assert seen[:2] == [(True, microseconds, 12.5, 2), (False, None, None, 0)]
    by_polars = pl.read_csv(path, try_parse_dates=True)
    assert by_polars["completed"].to_list() == [True, False, None]
    assert by_polars["call_length"].to_list() == [12.5, None, None]
    assert by_polars["created_at"].to_list()[0] == NOON


def test_null_and_empty_text_stay_apart(tmp_path: Path) -> None:
    written = frames_of(transcripts=[{"content": ""}, {"content": None}, {"content": '""'}])
    written.to_csv(tmp_path)
    read = read_csv(tmp_path).transcripts["content"]
    assert read.isna().tolist() == [False, True, False]
    assert read.tolist()[::2] == ["", '""']
    assert (tmp_path / "transcripts.csv").read_text(encoding="utf-8").splitlines()[1:] == [
        ',,0,,"",',
        ",,0,,,",
        ',,0,,"""""",',
    ]
    by_polars = pl.read_csv(tmp_path / "transcripts.csv")
    assert by_polars["content"].to_list() == ["", None, '""']


@given(texts)
@example('x","=1+1","')
@example('x"\r\n"=1+1')
@settings(max_examples=200)
def test_no_text_spills_into_another_cell(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    directory = tmp_path_factory.mktemp("spill")
    row = {"campaign_id": "before", "content": text, "extra": "after"}
    frames_of(transcripts=[row, row]).to_csv(directory, spreadsheet_safe=False)
    cells = cells_by_the_standard_library(directory / "transcripts.csv")
    expected = {"campaign_id": "before", "call_id": "", "turn": "0", "role": "", "extra": "after"}
    assert cells == [expected | {"content": text}] * 2


# Formulas


def neutralised(texts: list[str], directory: Path) -> list[str]:
    """Write texts and give the cells, read by the standard library."""
    frames_of(transcripts=[{"content": text} for text in texts]).to_csv(directory, overwrite=True)
    return [row["content"] for row in cells_by_the_standard_library(directory / "transcripts.csv")]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+15550100", "'+15550100"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("\nx", "'\nx"),
        ("\uff1d1", "'\uff1d1"),
        ("\uff0b1", "'\uff0b1"),
        ("\uff0d1", "'\uff0d1"),
        ("\uff201", "'\uff201"),
        ("\x00=1", "'\x00=1"),
        (" =1", "' =1"),
        ("\xa0\u200b\ufeff=1", "'\xa0\u200b\ufeff=1"),
        ("'=1", "''=1"),
        ("'''\t", "''''\t"),
        ("", ""),
        ("'", "'"),
        ("'twas", "'twas"),
        ("a=1", "a=1"),
        (" a", " a"),
        ("1-1", "1-1"),
        ("\x00", "\x00"),
        ("a\n=1", "a\n=1"),
        ("#REF!", "#REF!"),
    ],
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(tmp_path: Path, text: str, cell: str) -> None:
    assert neutralised([text], tmp_path) == [cell]
    assert read_csv(tmp_path).transcripts["content"].tolist() == [text]


@given(texts)
@example("\ud7fc=1")  # a character that nobody has assigned
def test_no_cell_begins_a_formula(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    (cell,) = neutralised([text], tmp_path_factory.mktemp("formula"))
    assert cell in {text, f"'{text}"}
    shown = "".join(sign for sign in cell if sign.isprintable()).lstrip()
    assert not shown.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    assert not cell.startswith(("\t", "\r", "\n"))


def test_two_texts_never_become_the_same_cell(tmp_path: Path) -> None:
    many = sorted({"'" * count + text for text in AWKWARD_TEXTS for count in range(4)})
    cells = neutralised(many, tmp_path)
    assert len(set(cells)) == len(many)
    assert read_csv(tmp_path).transcripts["content"].tolist() == many


def test_raw_cells_are_the_texts(tmp_path: Path, frames: CampaignFrames) -> None:
    frames.to_csv(tmp_path, spreadsheet_safe=False)
    assert cells_by_the_standard_library(tmp_path / "calls.csv")[0]["to_number"] == "+15550101"
    assert read_csv(tmp_path, spreadsheet_safe=False).calls["to_number"][0] == "+15550101"


def test_every_text_column_and_every_name_is_neutralised(tmp_path: Path, frames: CampaignFrames) -> None:
    row = {
        column.name: "=1+1" if column.type == TEXT else 0 if column.type == pa.int32() else None
        for column in CALLS
    }
    calls = frames_of(calls=[row]).calls
    calls["=mine"] = "@mine"
    calls["group"] = pd.Categorical(["-mine"])
    calls["old"] = pd.Series(["+mine"], dtype=object)
    calls["-1"] = -1
    with_calls(frames, calls).to_csv(tmp_path)
    (cells,) = cells_by_the_standard_library(tmp_path / "calls.csv")
    assert all(name[0] not in "=+-@" for name in cells)
    assert {name for name, cell in cells.items() if cell.startswith(("=", "+", "-", "@"))} == {"'-1"}
    read = read_csv(tmp_path).calls
    assert read["=mine"].tolist() == ["@mine"]
    assert read["group"].tolist() == ["-mine"]
    assert read["old"].tolist() == ["+mine"]
    assert read["-1"].tolist() == [-1]


# Columns of your own in CSV; in Parquet they are tested with the frames


def test_columns_of_your_own_are_text_that_suggests_their_type(
    tmp_path: Path, frames: CampaignFrames
) -> None:
    zone = "America/New_York"
    calls = frames.calls.assign(
        flag=pd.array([True, None, False], dtype="boolean"),
        number=pd.array([2**62 + 1, None, 3], dtype="Int64"),
        wait=pd.to_timedelta([1.5, None, -2], unit="s"),
        local=pd.Series(pd.to_datetime(["2026-01-01", "NaT", "2026-07-01"])).dt.tz_localize(zone),
        bucket=pd.cut(pd.Series([1.0, np.nan, 70.0]), [0, 60, 120]),
        view=pd.Series(["a", None, "="], dtype=pd.ArrowDtype(pa.string_view())),
        nothing=None,
    )
    with_calls(frames, calls).to_csv(tmp_path)
    read = read_csv(tmp_path).calls
    assert list(read.columns) == list(calls.columns)
    assert read["flag"].equals(calls["flag"])
    assert read["number"].equals(calls["number"])
    assert read["wait"].fillna(0).tolist() == [1.5, 0, -2]
    assert read["local"].dropna().tolist() == calls["local"].dropna().tolist()
    assert read["bucket"].tolist()[::2] == ["(0, 60]", "(60, 120]"]
    assert read["view"].tolist()[::2] == ["a", "="]
    assert read["nothing"].isna().all()


@pytest.mark.parametrize(
    "values",
    [[[1], None, [2, 3]], [b"=1+1", None, b""], [{"a": 1}, None, None]],
    ids=["lists", "bytes", "dicts"],
)
def test_what_no_cell_can_hold_is_refused_before_writing(
    tmp_path: Path, frames: CampaignFrames, values: list[Any]
) -> None:
    calls = frames.calls.assign(mine=pd.Series(values, dtype=object))
    with pytest.raises(ExportError, match=r"'mine' of the calls table.*or write Parquet"):
        with_calls(frames, calls).to_csv(tmp_path / "out")
    assert not (tmp_path / "out").exists()


# Whole or not at all


@pytest.mark.parametrize("name", PARQUET_NAMES)
def test_a_file_that_is_there_is_not_replaced(tmp_path: Path, frames: CampaignFrames, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(OutputExistsError, match=rf"{name} is there already.*overwrite=True"):
        frames.to_parquet(tmp_path)
    assert names_in(tmp_path) == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_a_dangling_link_is_not_replaced(tmp_path: Path, frames: CampaignFrames) -> None:
    (tmp_path / "calls.csv").symlink_to(tmp_path / "nowhere")
    with pytest.raises(OutputExistsError, match=r"calls\.csv is there already"):
        frames.to_csv(tmp_path)
    assert names_in(tmp_path) == ["calls.csv"]


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_files_are_replaced_when_asked(tmp_path: Path, frames: CampaignFrames, kind: str) -> None:
    write, read = getattr(frames, f"to_{kind}"), getattr(caldframe, f"read_{kind}")
    for name in TABLES:
        (tmp_path / f"{name}.{kind}").write_text("old")
    (tmp_path / "notes.txt").write_text("mine")
    write(tmp_path, overwrite=True)
    assert names_in(tmp_path) == sorted([*(f"{name}.{kind}" for name in TABLES), "notes.txt"])
    assert_same_frames(read(tmp_path), frames)


def test_both_kinds_fit_into_one_folder(tmp_path: Path, frames: CampaignFrames) -> None:
    frames.to_parquet(tmp_path)
    frames.to_csv(tmp_path)
    assert names_in(tmp_path) == sorted(PARQUET_NAMES + CSV_NAMES)


def test_files_have_the_rights_that_any_new_file_has(tmp_path: Path, frames: CampaignFrames) -> None:
    (tmp_path / "any").touch()
    rights = (tmp_path / "any").stat().st_mode
    assert {path.stat().st_mode for path in frames.to_parquet(tmp_path)} == {rights}


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("at", [1, 3, 4])
def test_a_failure_while_writing_leaves_things_as_they_were(
    tmp_path: Path,
    frames: CampaignFrames,
    monkeypatch: pytest.MonkeyPatch,
    failure: BaseException,
    at: int,
    *,
    overwrite: bool,
) -> None:
    if overwrite:
        frames.to_parquet(tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in names_in(tmp_path)}
    calls: list[int] = []

    def failing(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == at:
            raise failure

    monkeypatch.setattr(os, "fsync", failing)
    expected = ExportError if isinstance(failure, OSError) else KeyboardInterrupt
    with pytest.raises(expected) as raised:
        frames.to_parquet(tmp_path, overwrite=overwrite)
    assert {name: (tmp_path / name).read_bytes() for name in names_in(tmp_path)} == before
    if isinstance(failure, OSError):
        name = PARQUET_NAMES[at - 1]
        assert str(raised.value) == (
            f"{tmp_path / name} cannot be written: No space left on device. "
            "Free some space, or choose a folder on another disk."
        )


@pytest.mark.parametrize("failure", [OSError(errno.EIO, "Input/output error"), KeyboardInterrupt()])
def test_a_failure_while_placing_takes_new_files_away(
    tmp_path: Path, frames: CampaignFrames, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    place = files._place

    def failing(temporary: Path, final: Path, *, overwrite: bool) -> None:
        if final.name == "transcripts.csv":
            raise failure
        place(temporary, final, overwrite=overwrite)

    monkeypatch.setattr(files, "_place", failing)
    with pytest.raises(ExportError if isinstance(failure, OSError) else KeyboardInterrupt):
        frames.to_csv(tmp_path)
    assert names_in(tmp_path) == []


def test_a_failure_while_replacing_says_which_files_are_new(
    tmp_path: Path, frames: CampaignFrames, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames.to_csv(tmp_path)
    replace = Path.replace

    def failing(self: Path, target: Path) -> Path:
        if target.name == "transcripts.csv":
            raise PermissionError(errno.EACCES, "The file is open in another program")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    message = r"transcripts\.csv cannot be written: .*Close it.*write all four again: calls\.csv is new"
    with pytest.raises(ExportError, match=message):
        frames.to_csv(tmp_path, overwrite=True)
    assert names_in(tmp_path) == sorted(CSV_NAMES)


@pytest.mark.parametrize("hard_links", [True, False])
def test_a_file_that_another_process_puts_there_meanwhile_is_not_replaced(
    tmp_path: Path, frames: CampaignFrames, monkeypatch: pytest.MonkeyPatch, *, hard_links: bool
) -> None:
    def sync_while_another_writes(descriptor: int) -> None:
        (tmp_path / "transcripts.parquet").write_text("theirs")

    def no_hard_links(self: Path, target: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "fsync", sync_while_another_writes)
    if not hard_links:
        monkeypatch.setattr(Path, "hardlink_to", no_hard_links)
    with pytest.raises(OutputExistsError, match=r"transcripts\.parquet is there already"):
        frames.to_parquet(tmp_path)
    assert names_in(tmp_path) == ["transcripts.parquet"]
    assert (tmp_path / "transcripts.parquet").read_text() == "theirs"


def test_a_disk_without_hard_links_will_do(
    tmp_path: Path, frames: CampaignFrames, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_hard_links(self: Path, target: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", no_hard_links)
    frames.to_parquet(tmp_path)
    assert names_in(tmp_path) == sorted(PARQUET_NAMES)
    assert_same_frames(read_parquet(tmp_path), frames)


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_limit_on_the_size_of_files_is_an_error_in_words(tmp_path: Path, kind: str) -> None:
    resource = pytest.importorskip("resource", reason="Windows has no limit on the size of files")
    noise = np.random.default_rng(1).bytes(200_000).hex()
    frames = frames_of(transcripts=[{"content": noise}])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(ExportError, match=rf"transcripts\.{kind} cannot be written: .*Free some space"):
            getattr(frames, f"to_{kind}")(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert names_in(tmp_path) == []


def test_a_file_where_the_folder_should_be(tmp_path: Path, frames: CampaignFrames) -> None:
    (tmp_path / "out").write_text("mine")
    for directory in (tmp_path / "out", tmp_path / "out" / "deeper"):
        with pytest.raises(ExportError, match=r"out.* cannot be made: .*There is a file where a folder"):
            frames.to_parquet(directory)
        with pytest.raises(ExportError, match=r"campaigns\.csv cannot be read|is not there"):
            read_csv(directory)
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_a_folder_that_cannot_be_there(tmp_path: Path, frames: CampaignFrames, name: str) -> None:
    with pytest.raises(ExportError, match=r"cannot be (made|written): .*Choose another folder"):
        frames.to_parquet(tmp_path / name)
    with pytest.raises(ExportError, match=r"campaigns\.parquet (cannot be read|is not there)"):
        read_parquet(tmp_path / name)


def test_a_folder_where_a_file_should_be(tmp_path: Path, frames: CampaignFrames) -> None:
    (tmp_path / "calls.parquet").mkdir()
    with pytest.raises(ExportError, match=r"calls\.parquet is a folder and cannot be replaced"):
        frames.to_parquet(tmp_path, overwrite=True)
    assert names_in(tmp_path) == ["calls.parquet"]


def test_a_folder_that_may_not_be_written_to(
    tmp_path: Path, frames: CampaignFrames, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By a stand-in: the administrator, who runs tests in many a container, may write everywhere.
    def read_only(self: Path, mode: str = "r") -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", read_only)
    with pytest.raises(
        ExportError, match=r"campaigns\.csv cannot be written: Permission denied\. Close it.*may write"
    ):
        frames.to_csv(tmp_path)
    assert names_in(tmp_path) == []


# Reading what others wrote, and what is not right


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("name", TABLES)
def test_a_missing_file_is_named(tmp_path: Path, frames: CampaignFrames, name: str, kind: str) -> None:
    path = write_all_but(tmp_path, frames, name, kind)
    with pytest.raises(ExportError, match=rf"{re.escape(str(path))} is not there\. Write .*to_{kind}"):
        getattr(caldframe, f"read_{kind}")(tmp_path)


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize(
    "content", [b"", b"<html>no</html>", b"PAR1", b"\xff\xfe\x00\n\x00", b'"a\n', b"a,a\n1,2\n"]
)
def test_a_foreign_file_is_named(tmp_path: Path, frames: CampaignFrames, content: bytes, kind: str) -> None:
    write_all_but(tmp_path, frames, "transcripts", kind).write_bytes(content)
    with pytest.raises(ExportError, match=rf"transcripts\.{kind} .*Write the folder again with to_{kind}"):
        getattr(caldframe, f"read_{kind}")(tmp_path)


def test_a_folder_instead_of_a_file_is_named(tmp_path: Path, frames: CampaignFrames) -> None:
    for kind in ("parquet", "csv"):
        write_all_but(tmp_path, frames, "calls", kind).mkdir()
        with pytest.raises(ExportError, match=rf"calls\.{kind} cannot be read"):
            getattr(caldframe, f"read_{kind}")(tmp_path)


def test_a_broken_off_parquet_file_is_named(tmp_path: Path, frames: CampaignFrames) -> None:
    frames.to_parquet(tmp_path)
    whole = (tmp_path / "calls.parquet").read_bytes()
    for size in (1, 4, 12, len(whole) // 2, len(whole) - 1):
        (tmp_path / "calls.parquet").write_bytes(whole[:size])
        with pytest.raises(ExportError, match=r"calls\.parquet cannot be read"):
            read_parquet(tmp_path)


def test_a_damaged_parquet_file_is_named_or_does_no_harm(tmp_path: Path, frames: CampaignFrames) -> None:
    frames.to_parquet(tmp_path)
    path = tmp_path / "calls.parquet"
    whole = path.read_bytes()
    end_of_values = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    chance = np.random.default_rng(7)
    named = 0
    for position in chance.integers(0, len(whole), 300):
        damaged = bytearray(whole)
        damaged[position] ^= int(chance.integers(1, 256))
        path.write_bytes(damaged)
        try:
            read = read_parquet(tmp_path)
        except ExportError as error:
            named += "calls.parquet" in str(error)
        else:
            if position < end_of_values:
                assert_same_frames(read, frames)
    assert named > 100


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_file_that_lacks_a_column_is_named(tmp_path: Path, frames: CampaignFrames, kind: str) -> None:
    path = write_all_but(tmp_path, frames, "calls", kind)
    less = pl.from_arrow(frames.to_arrow().calls.drop_columns(["result"]))
    assert isinstance(less, pl.DataFrame)
    less.write_parquet(path) if kind == "parquet" else less.write_csv(path)
    with pytest.raises(ExportError, match=rf"calls\.{kind} lacks the column 'result'"):
        getattr(caldframe, f"read_{kind}")(tmp_path)


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("call_length", pa.array(["12.5"]), "has text in the column 'call_length', where numbers should be"),
        ("turns", pa.array([2**40]), "has a value in the column 'turns' that the type int32 cannot hold"),
        ("turns", pa.array([1.5]), "has a value in the column 'turns' that the type int32 cannot hold"),
        ("turns", pa.array([None], pa.int32()), "has null in the column 'turns'"),
        (
            "created_at",
            pa.array([NOON.replace(tzinfo=None)]),
            "has times without a zone in the column 'created_at'",
        ),
        (
            "created_at",
            pa.array([1], pa.timestamp("ns", "UTC")),
            "has a value in the column 'created_at' that",
        ),
        ("call_id", pa.array([5]), "has numbers in the column 'call_id', where text should be"),
        ("completed", pa.array([1]), "has numbers in the column 'completed', where true and false should be"),
        ("extra", pa.array([{"a": 1}]), "has struct<a: int64> in the column 'extra', where text should be"),
    ],
)
def test_a_parquet_file_of_another_type_is_named(
    tmp_path: Path, column: str, values: pa.Array[Any], message: str
) -> None:
    frames = frames_of(calls=[{}])
    path = write_all_but(tmp_path, frames, "calls")
    calls = frames.to_arrow().calls
    position = calls.column_names.index(column)
    pq.write_table(calls.set_column(position, column, values), path)
    with pytest.raises(ExportError, match=rf"calls\.parquet {re.escape(message)}.*Write the folder again"):
        read_parquet(tmp_path)


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("turns", "many"),
        ("turns", "1.5"),
        ("turns", str(2**40)),
        ("call_length", "long"),
        ("completed", "perhaps"),
        ("created_at", "yesterday"),
        ("created_at", "2026-03-02 14:05:00"),
        ("created_at", "2026-03-02 14:05:00.1234567Z"),
    ],
)
def test_a_csv_cell_of_another_type_is_named(
    tmp_path: Path, frames: CampaignFrames, column: str, cell: str
) -> None:
    frames.to_csv(tmp_path)
    rows = cells_by_the_standard_library(tmp_path / "calls.csv")
    rows[1][column] = cell
    with (tmp_path / "calls.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(
        ExportError, match=rf"calls\.csv cannot be read: .*{column}.*{cell}.*Write the folder again"
    ):
        read_csv(tmp_path)


def test_a_csv_row_of_another_length_is_named_shortly(tmp_path: Path, frames: CampaignFrames) -> None:
    frames.to_csv(tmp_path)
    with (tmp_path / "transcripts.csv").open("a", encoding="utf-8") as file:
        file.write('"c1","' + "word " * 10_000 + '"\n')
    with pytest.raises(ExportError, match=r"transcripts\.csv cannot be read: .*Expected 6 columns") as raised:
        read_csv(tmp_path)
    assert len(str(raised.value)) < 1000


def test_a_csv_file_that_a_spreadsheet_saved_is_read(tmp_path: Path, frames: CampaignFrames) -> None:
    frames.to_csv(tmp_path)
    for path in tmp_path.iterdir():
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows(
                [{"true": "TRUE", "false": "FALSE"}.get(cell, cell) for cell in row] for row in rows
            )
    assert_same_frames(
        CampaignFrames.from_arrow(export.read_csv(tmp_path)),
        CampaignFrames(
            frames.campaigns,
            frames.calls,
            # Its empty texts are null now: a spreadsheet knows no difference.
            frames.transcripts.assign(content=frames.transcripts["content"].replace("", np.nan)),
            frames.problems,
        ),
    )


def rewritten_by_polars(path: Path) -> None:
    table = pl.read_parquet(path)
    pl.DataFrame(table).with_columns(pl.col(pl.String).cast(pl.Categorical)).write_parquet(path)


def rewritten_by_duckdb(path: Path) -> None:
    table = pq.read_table(path, partitioning=None)
    duckdb.from_arrow(table).write_parquet(str(path))


def rewritten_with_other_types(path: Path) -> None:
    wider = {
        TEXT: pa.string(),
        pa.int32(): pa.int64(),
        TIMESTAMP: pa.timestamp("ns", "Asia/Tokyo"),
    }
    table = pq.read_table(path, partitioning=None)
    fields = [pa.field(field.name, wider.get(field.type, field.type)) for field in table.schema]
    pq.write_table(table.cast(pa.schema(fields)), path)


def rewritten_with_dictionaries_in_reverse_order(path: Path) -> None:
    table = pq.read_table(path, partitioning=None)
    for position, field in enumerate(table.schema):
        if field.type == TEXT:
            table = table.set_column(position, field.name, table.column(position).dictionary_encode())
    pq.write_table(table.select(table.column_names[::-1]), path)


@pytest.mark.parametrize(
    "rewrite",
    [
        rewritten_by_polars,
        rewritten_by_duckdb,
        rewritten_with_other_types,
        rewritten_with_dictionaries_in_reverse_order,
    ],
)
def test_parquet_that_other_tools_wrote_is_read(
    tmp_path: Path, frames: CampaignFrames, rewrite: Callable[[Path], None]
) -> None:
    for path in frames.to_parquet(tmp_path):
        rewrite(path)
    assert_same_frames(read_parquet(tmp_path), frames)


# Tables in pieces


def test_tables_in_many_chunks_are_written(tmp_path: Path, frames: CampaignFrames) -> None:
    tables = frames.to_arrow().as_dict()
    chunked = Tables(**{name: pa.concat_tables([table[:1], table[1:]]) for name, table in tables.items()})
    export.write_parquet(chunked, tmp_path)
    export.write_csv(chunked, tmp_path)
    assert_same_frames(read_parquet(tmp_path), frames)
    assert_same_frames(read_csv(tmp_path), frames)
