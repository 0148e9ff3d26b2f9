"""Workbooks: what they hold by two other programs, that nothing in them runs, that nothing is lost."""

from __future__ import annotations

import csv
import gc
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
import xlsxwriter
from hypothesis import example, given, settings
from hypothesis import strategies as st
from random_tables import AWKWARD_TEXTS, frames_of, random_frames, texts, with_calls

from caldframe.errors import ExportError, MissingExtraError, OutputExistsError
from caldframe.export import excel_files
from caldframe.export.excel_cells import LONGEST_TEXT, cells_of, count_parts, split_text
from caldframe.fetch import load_campaign
from caldframe.frames import CampaignFrames
from caldframe.schema import CALLS, TABLES, TRANSCRIPTS, empty_tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOON = datetime(2026, 3, 2, 12, 0, 0, 123000, tzinfo=UTC)
SHEETS = ["about", *TABLES]
CONTROL: Final = re.compile("_x([0-9A-F]{4})_")  # ECMA-376, part 1, 22.9.2.19
HOSTILE = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1:A9)",
    "{=1+1}",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://example.com","free")',
    "https://example.com/",
    "mailto:ann@example.com",
    "internal:calls!A1",
    "external:other.xlsx",
    "file:///etc/passwd",
    "\t=1+1",
    "'=1+1",
    "<r><t>x</t></r>",
    "<r></t></is></c><c r='A9'><f>1+1</f></c></r>",
    "<r>\n</r>\n",
    "<r>",
    "1",
    "1e5",
    "TRUE",
    "2026-03-02",
    "#REF!",
    "_x0041_",
    "_x0000_x0000_",
    "&amp;",
    "]]>",
)


@pytest.fixture
def frames() -> CampaignFrames:
    return frames_of(
        campaigns=[{"campaign_id": "c1", "name": "Zoë's =1+1", "total_calls": 2, "fetched_at": NOON}],
        calls=[
            {
                "campaign_id": "c1",
                "call_id": "k1",
                "to_number": "+15550101",
                "completed": True,
                "result": "pickedUp",
                "created_at": NOON,
                "call_length": 12.5,
                "turns": 2,
            },
            {"call_id": "k2", "completed": False},
        ],
        transcripts=[
            {"call_id": "k1", "turn": 0, "role": "assistant", "content": 'Hello, "Ann".\nHow are you?'},
            {"call_id": "k1", "turn": 1, "role": "user", "content": ""},
        ],
        problems=[{"call_index": 1, "field": "calls[1].result", "problem": "missing"}],
    )


def said(*contents: str) -> CampaignFrames:
    return frames_of(transcripts=[{"turn": turn, "content": text} for turn, text in enumerate(contents)])


def rows_of(path: Path) -> dict[str, list[list[Any]]]:
    """Let openpyxl read the cells of each sheet."""
    workbook = openpyxl.load_workbook(path)
    return {sheet.title: [[cell.value for cell in row] for row in sheet.rows] for sheet in workbook}


def records_of(path: Path, sheet: str) -> list[dict[str, Any]]:
    header, *rows = rows_of(path)[sheet]
    return [dict(zip(header, row, strict=True)) for row in rows]


def unescaped(text: str) -> str:
    return CONTROL.sub(lambda escape: chr(int(escape[1], 16)), text)


def xml_of(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        return "\n".join(
            archive.read(name).decode() for name in archive.namelist() if name.endswith((".xml", ".rels"))
        )


@pytest.fixture(scope="session")
def calc() -> str:
    """LibreOffice, which CI has."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip("LibreOffice is not installed; Debian's package is libreoffice-calc-nogui")
    return program


def convert(calc: str, path: Path, form: str) -> None:
    """Let LibreOffice open a file and save it beside itself in another format."""
    profile = path.parent / "profile"
    arguments = [f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", form]
    subprocess.run(  # noqa: S603 - the program found above, fixed arguments
        [calc, *arguments, "--outdir", path.parent, path], check=True, capture_output=True, timeout=300
    )


def cells_in_calc(calc: str, path: Path) -> dict[str, list[list[str]]]:
    """Let LibreOffice save each sheet as CSV."""
    convert(calc, path, "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1")
    found = {}
    for file in path.parent.glob(f"{path.stem}-*.csv"):
        with file.open(encoding="utf-8", newline="") as lines:
            found[file.stem.removeprefix(f"{path.stem}-")] = list(csv.reader(lines))
    return found


# What is in the sheets


def assert_same_cell(found: Any, value: Any) -> None:
    if value is None or value == "":
        assert found is None
    elif isinstance(value, str):
        expected = value.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
        assert isinstance(found, str)
        assert unescaped(found) == unescaped(expected)
    elif isinstance(value, datetime):
        if isinstance(found, datetime):
            assert abs(found - value.replace(tzinfo=None)) <= timedelta(milliseconds=1)
        else:
            assert value.year <= 1900 or value.year == 9999
            assert found == f"{value:%Y-%m-%d %H:%M:%S.%f}Z".zfill(27)
    elif isinstance(value, bool):
        assert found is value
    elif isinstance(found, str):  # what Excel has no number for
        assert found == str(value)
        assert abs(value) == float("inf") or abs(value) >= 10**15
    else:
        assert found == pytest.approx(value, rel=1e-15, abs=0)


@given(random_frames())
@settings(max_examples=25)
def test_each_sheet_has_the_rows_of_its_table(
    tmp_path_factory: pytest.TempPathFactory, frames: CampaignFrames
) -> None:
    file = tmp_path_factory.mktemp("excel") / "tables.xlsx"
    assert frames.to_excel(file) == file
    sheets = rows_of(file)
    assert list(sheets) == SHEETS
    for name, table in frames.to_arrow().as_dict().items():
        header, *rows = sheets[name]
        assert header == table.column_names
        assert len(rows) == table.num_rows
        for found, values in zip(rows, table.to_pylist(), strict=True):
            for cell, value in zip(found, values.values(), strict=True):
                assert_same_cell(cell, value)


@given(texts)
@example("_x0041_x0042_")
@example("<r>a</r>")
@settings(max_examples=40)
def test_text_stays_what_it_is(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.mktemp("excel") / "tables.xlsx"
    said(text).to_excel(file)
    assert_same_cell(records_of(file, "transcripts")[0]["content"], text)


def test_numbers_and_times_are_numbers_and_times(tmp_path: Path, frames: CampaignFrames) -> None:
    first, second = records_of(frames.to_excel(tmp_path / "tables.xlsx"), "calls")
    assert first["created_at"] == NOON.replace(tzinfo=None)
    assert first["call_length"] == 12.5
    assert first["turns"] == 2
    assert first["completed"] is True
    assert second["completed"] is False
    assert first["to_number"] == "+15550101"
    assert second["created_at"] is None


def test_each_time_says_that_it_is_in_utc(tmp_path: Path, frames: CampaignFrames) -> None:
    sheet = openpyxl.load_workbook(frames.to_excel(tmp_path / "tables.xlsx"))["calls"]
    place = [column.name for column in CALLS].index("created_at") + 1
    cell = sheet.cell(2, place)
    assert cell.is_date
    assert cell.number_format == 'yyyy-mm-dd hh:mm:ss.000 "UTC"'
    assert "Times are in UTC." in rows_of(tmp_path / "tables.xlsx")["about"][1][0]


def test_the_first_sheet_says_what_each_column_holds(tmp_path: Path, frames: CampaignFrames) -> None:
    frames = with_calls(frames, frames.calls.assign(sale=True))
    rows = rows_of(frames.to_excel(tmp_path / "tables.xlsx"))["about"]
    assert "1 campaigns, 2 calls, 2 transcripts, 1 problems" in rows[0][0]
    found = [(row[0], row[1]) for row in rows if row[2] and row[0] != "sheet"]
    expected = [(name, column.name) for name, columns in TABLES.items() for column in columns]
    expected.insert(expected.index(("transcripts", "campaign_id")), ("calls", "sale"))
    assert found == expected
    assert ["calls", "sale", "a column of your own"] in rows


def test_sheets_are_easy_to_read(tmp_path: Path, frames: CampaignFrames) -> None:
    sheet = openpyxl.load_workbook(frames.to_excel(tmp_path / "tables.xlsx"))["transcripts"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:F3"
    assert sheet["A1"].font.bold
    widths = [sheet.column_dimensions[letter].width for letter in "ABCDEF"]
    assert all(8 <= width <= 61 for width in widths)
    assert widths[4] > widths[2]


def test_empty_tables_are_headers(tmp_path: Path) -> None:
    file = CampaignFrames.from_arrow(empty_tables()).to_excel(tmp_path / "tables.xlsx")
    for name, columns in TABLES.items():
        assert rows_of(file)[name] == [[column.name for column in columns]]


def test_columns_of_your_own_in_every_type_that_a_cell_can_hold(
    tmp_path: Path, frames: CampaignFrames
) -> None:
    own: dict[str, list[Any]] = {
        "day": [date(2026, 3, 2), None],
        "old": [date(1899, 12, 31), date(1900, 3, 1)],
        "clock": [time(9, 30), None],
        "wall": [pd.Timestamp("2026-03-02 08:00"), pd.NaT],
        "abroad": [pd.Timestamp("2026-03-02 08:00", tz="America/New_York"), pd.NaT],
        "waited": [pd.Timedelta(seconds=90), pd.NaT],
        "price": [Decimal("0.10"), Decimal("12345678901234567.89")],
        "many": [10**15 - 1, 10**15],
        "endless": [float("inf"), float("nan")],
    }
    calls = frames.calls.assign(**own, group=pd.Categorical(["b", None]), nothing=None)
    file = with_calls(frames, calls).to_excel(tmp_path / "tables.xlsx")
    first, second = records_of(file, "calls")
    names = [*own, "group", "nothing"]
    assert [first[name] for name in names] == [
        datetime(2026, 3, 2),  # noqa: DTZ001 - Excel has no zones
        "1899-12-31",
        "09:30:00",
        datetime(2026, 3, 2, 8),  # noqa: DTZ001
        datetime(2026, 3, 2, 13),  # noqa: DTZ001
        90,
        0.1,
        10**15 - 1,
        "inf",
        "b",
        None,
    ]
    assert second["old"] == datetime(1900, 3, 1)  # noqa: DTZ001
    assert second["price"] == "12345678901234567.89"
    assert second["many"] == "1000000000000000"
    assert second["endless"] is None
    assert second["group"] is None


@pytest.mark.parametrize("year", [1, 1899, 1900, 1901, 2026, 9999])
def test_days_are_counted_as_the_format_counts_them(year: int) -> None:
    values = [datetime(year, 3, 1, tzinfo=UTC), datetime(year, 12, 31, 23, 59, 59, 999_500, tzinfo=UTC)]
    cells = cells_of(pa.chunked_array([pa.array(values, pa.timestamp("us", tz="UTC"))]))
    for cell, value in zip(cells, values, strict=True):
        if isinstance(cell, str):
            assert year < 1900 or value.replace(tzinfo=None) > datetime(9999, 12, 31, 23, 59, 59, 998_000)  # noqa: DTZ001
            assert datetime.fromisoformat(cell) == value
        else:
            assert openpyxl.utils.datetime.from_excel(cell).replace(tzinfo=UTC) == pytest.approx(
                value, abs=timedelta(milliseconds=1)
            )


# Nothing runs, nothing leads elsewhere


def test_hostile_text_is_text_by_another_reader(tmp_path: Path) -> None:
    file = said(*HOSTILE).to_excel(tmp_path / "tables.xlsx")
    sheet = openpyxl.load_workbook(file)["transcripts"]
    cells = [row[4] for row in sheet.iter_rows(min_row=2)]
    assert [cell.value for cell in cells] == list(HOSTILE)
    # openpyxl calls text with an equals sign a formula when it is read from <f>, and only then.
    assert all(cell.data_type in {"s", "inlineStr"} for cell in cells)
    assert all(cell.hyperlink is None for cell in cells)


@given(st.lists(texts, max_size=4))
@example(list(HOSTILE))
@example(list(AWKWARD_TEXTS))
@settings(max_examples=25)
def test_no_cell_has_a_formula_or_a_link(
    tmp_path_factory: pytest.TempPathFactory, contents: list[str]
) -> None:
    file = tmp_path_factory.mktemp("excel") / "tables.xlsx"
    frames = said(*contents)
    named = {f"{text} {place}": "=1+1" for place, text in enumerate(contents)}
    with_calls(frames, frames.calls.assign(**named)).to_excel(file)
    xml = xml_of(file)
    assert "<f>" not in xml
    assert "<f " not in xml
    assert "<hyperlink" not in xml
    assert 'TargetMode="External"' not in xml


def test_text_stays_text_when_the_cell_is_edited(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(said("=1+1").to_excel(tmp_path / "tables.xlsx"))["transcripts"]
    cell = sheet.cell(2, 5)
    assert cell.number_format == "@"
    assert cell.quotePrefix


def test_libreoffice_opens_it_and_has_what_was_written(
    tmp_path: Path, frames: CampaignFrames, calc: str
) -> None:
    contents = [text for text in (*HOSTILE, *AWKWARD_TEXTS, "a" * 40_000) if "\x00" not in text]
    everything = CampaignFrames(frames.campaigns, frames.calls, said(*contents).transcripts, frames.problems)
    cells = cells_in_calc(calc, everything.to_excel(tmp_path / "tables.xlsx"))
    assert set(cells) == set(SHEETS)
    header, first, second = cells["calls"]
    call = dict(zip(header, first, strict=True))
    assert call["created_at"] == "2026-03-02 12:00:00"
    assert call["call_length"] == "12.5"
    assert call["completed"] == "TRUE"
    assert call["to_number"] == "+15550101"
    assert dict(zip(header, second, strict=True))["created_at"] == ""
    place = cells["transcripts"][0].index("content")
    found = [row[place] + row[place + 1] for row in cells["transcripts"][1:]]
    assert [_lines_alike(text) for text in found] == [_lines_alike(text) for text in contents]


def test_libreoffice_shows_times_in_utc(tmp_path: Path, frames: CampaignFrames, calc: str) -> None:
    file = frames.to_excel(tmp_path / "tables.xlsx")
    convert(calc, file, "html")
    assert "2026-03-02 12:00:00.123 UTC" in file.with_suffix(".html").read_text(encoding="utf-8")


def _lines_alike(text: str) -> str:
    """Leave aside which line break it is: LibreOffice has one kind within cells."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def test_the_real_campaign_in_another_reader(real_campaign: Path, tmp_path: Path) -> None:
    frames = load_campaign(real_campaign)
    file = frames.to_excel(tmp_path / "spring.xlsx")
    read = pd.read_excel(file, sheet_name="calls")
    assert len(read) == len(frames.calls)
    assert read["call_length"].sum() == pytest.approx(frames.calls["call_length"].sum(), rel=1e-12)
    assert read["result"].tolist() == frames.calls["result"].tolist()
    placed = frames.calls["created_at"].dt.tz_localize(None)
    assert (read["created_at"] - placed).abs().max() <= pd.Timedelta(milliseconds=1)


# Nothing is lost


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("a" * LONGEST_TEXT, [LONGEST_TEXT]),
        ("a" * (LONGEST_TEXT + 1), [LONGEST_TEXT, 1]),
        ("😀" * LONGEST_TEXT, [16_383, 16_383, 1]),
        ("a" + "😀" * 16_383, [16_384]),
        ("", [0]),
    ],
)
def test_long_text_is_cut_between_characters(text: str, sizes: list[int]) -> None:
    parts = split_text(text)
    assert [len(part) for part in parts] == sizes
    assert "".join(parts) == text
    assert all(len(part.encode("utf-16-le")) <= 2 * LONGEST_TEXT for part in parts)
    assert count_parts(pa.chunked_array([[None, "short", text]])) == len(sizes)


def test_long_text_goes_on_in_further_columns(tmp_path: Path) -> None:
    long, longer = "é" * 40_000, "😀" * 40_000
    file = said("short", long, longer).to_excel(tmp_path / "tables.xlsx")
    header, *rows = rows_of(file)["transcripts"]
    names = [column.name for column in TRANSCRIPTS]
    place = names.index("content")
    names[place : place + 1] = ["content", "content (2)", "content (3)"]
    assert header == names
    found = ["".join(part or "" for part in row[place : place + 3]) for row in rows]
    assert found == ["short", long, longer]


def test_many_rows_go_on_in_further_sheets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel_files, "_MOST_ROWS", 4)
    monkeypatch.setattr(excel_files, "_ROWS_AT_ONCE", 2)
    contents = [f"line {turn}" for turn in range(7)]
    sheets = rows_of(said(*contents).to_excel(tmp_path / "tables.xlsx"))
    assert list(sheets) == [*SHEETS[:4], "transcripts 2", "transcripts 3", "problems"]
    parts = [sheets[name] for name in ("transcripts", "transcripts 2", "transcripts 3")]
    assert [len(rows) for rows in parts] == [4, 4, 2]
    assert all(rows[0] == [column.name for column in TRANSCRIPTS] for rows in parts)
    assert [row[4] for rows in parts for row in rows[1:]] == contents


def test_more_columns_than_a_sheet_are_refused(
    tmp_path: Path, frames: CampaignFrames, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excel_files, "_MOST_COLUMNS", len(CALLS))
    frames.to_excel(tmp_path / "tables.xlsx")
    wide = with_calls(frames, frames.calls.assign(sale=True))
    with pytest.raises(ExportError, match=r"The calls table needs 17 columns, more than the 16 of a sheet"):
        wide.to_excel(tmp_path / "wide.xlsx")


def test_a_name_that_no_cell_can_hold_is_refused(tmp_path: Path, frames: CampaignFrames) -> None:
    named = with_calls(frames, frames.calls.assign(**{"n" * 32_768: 1}))
    with pytest.raises(ExportError, match=r"calls table has a name of 32,768 characters.*shorter name"):
        named.to_excel(tmp_path / "tables.xlsx")


def test_lists_are_refused(tmp_path: Path, frames: CampaignFrames) -> None:
    listed = with_calls(frames, frames.calls.assign(tags=pd.Series([["a"], ["b"]])))
    with pytest.raises(ExportError, match=r"'tags' of the calls table holds list.*a workbook cannot"):
        listed.to_excel(tmp_path / "tables.xlsx")
    assert list(tmp_path.iterdir()) == []


# Files


@pytest.mark.parametrize("name", ["tables", "tables.xls", "tables.csv", ""])
def test_another_ending_is_refused(tmp_path: Path, frames: CampaignFrames, name: str) -> None:
    with pytest.raises(ExportError, match=r"is no name of a workbook\. Give a file that ends in \.xlsx"):
        frames.to_excel(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_is_made_and_capitals_will_do(tmp_path: Path, frames: CampaignFrames) -> None:
    assert frames.to_excel(str(tmp_path / "new" / "TABLES.XLSX")).exists()


def test_a_file_is_replaced_only_when_asked(tmp_path: Path, frames: CampaignFrames) -> None:
    file = tmp_path / "tables.xlsx"
    file.write_text("mine")
    with pytest.raises(OutputExistsError, match="Pass overwrite=True to replace it"):
        frames.to_excel(file)
    assert file.read_text() == "mine"
    frames.to_excel(file, overwrite=True)
    assert list(rows_of(file)) == SHEETS
    assert list(tmp_path.iterdir()) == [file]


@pytest.fixture
def small_files() -> Iterator[None]:
    """Let no file be larger than a few kilobytes, as on a disk that is full."""
    resource = pytest.importorskip("resource", reason="Windows has no limit on the size of files")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.filterwarnings("ignore:Exception ignored in. <_io.FileIO")  # XlsxWriter leaves its files open
@pytest.mark.usefixtures("small_files")
def test_a_full_disk_is_an_error_in_words(tmp_path: Path, frames: CampaignFrames) -> None:
    with pytest.raises(ExportError, match=r"tables\.xlsx cannot be written: .*Free some space"):
        frames.to_excel(tmp_path / "tables.xlsx")
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_leaves_nothing_behind(
    tmp_path: Path, frames: CampaignFrames, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setattr(xlsxwriter.worksheet.Worksheet, "write_boolean", interrupt)
    with pytest.raises(KeyboardInterrupt):
        frames.to_excel(tmp_path / "out" / "tables.xlsx")
    assert list((tmp_path / "out").iterdir()) == []
    assert list(temporary.iterdir()) == []


def test_without_the_extra_the_error_names_it(
    tmp_path: Path, frames: CampaignFrames, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(MissingExtraError, match=r'pip install "caldframe\[excel\]"'):
        frames.to_excel(tmp_path / "tables.xlsx")
