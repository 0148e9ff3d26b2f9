"""Hostile ids, names and texts, and files made by somebody else: nothing of it runs, all of it is kept."""

from __future__ import annotations

import builtins
import csv
import gzip
import json
import os
import pickle
import re
import shutil
import threading
import zipfile
import zlib
from contextlib import suppress
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from archives import Account
from click.testing import CliRunner
from hostile import EXPLODING, IDS, TEXTS, body

import caldframe as cf
from caldframe.archive.names import digest_of
from caldframe.cli import main
from caldframe.errors import ArchiveError, BadResponseError, ConfigurationError, ExportError
from caldframe.fetch import load_campaign
from caldframe.sandbox import Sandbox
from caldframe.schema import TABLES, empty_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from caldframe.frames import CampaignFrames

PACKAGE = Path(cf.__file__).parent
SAID = [line for text in TEXTS for line in (text, f"well, {text}")]


@pytest.fixture(scope="module")
def frames() -> CampaignFrames:
    return load_campaign(body())


@pytest.fixture(autouse=True)
def nothing_ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Work in an empty folder: what the texts try to do is to make a file there."""
    monkeypatch.chdir(tmp_path)
    yield
    assert not list(tmp_path.rglob("owned*"))


def contents(frames: CampaignFrames) -> list[str]:
    return frames.transcripts["content"].tolist()


# --- decode -------------------------------------------------------------------------------------------


def test_every_text_is_kept_as_it_is(frames: CampaignFrames) -> None:
    assert contents(frames) == SAID
    assert frames.calls["call_id"].tolist() == [f"{text}#{place}" for place, text in enumerate(TEXTS)]
    for column in ("result", "to_number", "from_number", "recording_url"):
        assert frames.calls[column].tolist() == list(TEXTS), column
    for text, extra in zip(TEXTS, frames.calls["extra"], strict=True):
        assert json.loads(extra) == {text: text}
    assert frames.campaigns["name"].item() == TEXTS[0]


BOMBS = {
    "deep lists": b"[" * 1_000_000,
    "deep objects": b'{"a":' * 300_000,
    "a deep list in a call": b'{"calls": [{"callId": "k", "x": ' + b"[" * 500_000 + b"]" * 500_000 + b"}]}",
    "a wide list": b'{"calls": [{"callId": "k", "x": [' + b"0," * 1_000_000 + b"0]}]}",
    "a wide object": b'{"calls": [{' + b",".join(b'"%d":0' % n for n in range(100_000)) + b"}]}",
    "the same name again and again": b'{"calls": [{' + b",".join([b'"callId":"k"'] * 100_000) + b"}]}",
    "many digits": b'{"calls": [{"callId": "k", "callLength": ' + b"9" * 1_000_000 + b"}]}",
    "a large exponent": b'{"calls": [{"callId": "k", "callLength": 1e999999999}]}',
    "many digits in a count": b'{"stats": {"totalCalls": ' + b"9" * 1_000_000 + b'}, "calls": []}',
    "many zeros": b'{"calls": [{"callId": "k", "callLength": 0.' + b"0" * 1_000_000 + b"1}]}",
    "long text": b'{"calls": [{"callId": "' + b"k" * 10_000_000 + b'"}]}',
    "escapes": b'{"calls": [{"callId": "' + b"\\u0000" * 500_000 + b'"}]}',
    "half an escape": b'{"calls": [{"callId": "\\ud800\\u' * 1000,
    "empty calls": b'{"calls": [' + b"{}," * 100_000 + b"{}]}",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_of_json_is_kept_or_refused_and_nothing_else(bomb: bytes) -> None:
    try:
        loaded = load_campaign(bomb)
    except BadResponseError:
        assert bomb.startswith((b"[", b'{"a"')) or b"ud800" in bomb
        return
    assert len(loaded.calls) == max(1, bomb.count(b"{},") + 1) or bomb.startswith(b'{"stats"')


# --- files of our own making ---------------------------------------------------------------------------


def test_no_cell_of_a_csv_file_is_a_formula_to_another_program(
    frames: CampaignFrames, tmp_path: Path
) -> None:
    frames.to_csv(tmp_path)
    csv.field_size_limit(2**31 - 1)
    for path in tmp_path.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file, strict=True):
                for cell in row:
                    shown = re.sub(
                        r"^[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060\ufeff]+", "", cell
                    )
                    assert not re.match(r"[=+@\uff1d\uff0b\uff0d\uff20]|-(?![0-9.]+$)", shown), (
                        path.name,
                        cell,
                    )
    read = cf.read_csv(tmp_path)
    assert contents(read) == SAID
    assert read.calls["call_id"].equals(frames.calls["call_id"])


def test_no_cell_of_a_workbook_is_more_than_text(frames: CampaignFrames, tmp_path: Path) -> None:
    path = frames.to_excel(tmp_path / "tables.xlsx")
    with zipfile.ZipFile(path) as parts:
        assert not [name for name in parts.namelist() if "vba" in name or "external" in name.lower()]
        for name in parts.namelist():
            xml = parts.read(name).decode("utf-8")
            assert not re.search(r"<f[ >]|<hyperlink|TargetMode=\"External\"|<ddeLink|<oleLink", xml), name
            assert "<script" not in xml
    sheet = openpyxl.load_workbook(path)["transcripts"]
    header = [cell.value for cell in sheet[1]]
    cells = [row[header.index("content")] for row in sheet.iter_rows(min_row=2)]
    assert len(cells) == len(SAID)
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
    # A few characters no workbook can hold; those are escaped, the others are as they were said.
    plain = [text for text in SAID if text.isprintable()]
    assert set(plain) <= {cell.value for cell in cells}


def test_parquet_gives_every_text_back_and_other_programs_read_the_same(
    frames: CampaignFrames, tmp_path: Path
) -> None:
    frames.to_parquet(tmp_path)
    read = cf.read_parquet(tmp_path)
    for name in TABLES:
        assert getattr(read, name).equals(getattr(frames, name)), name
    found = duckdb.read_parquet(str(tmp_path / "transcripts.parquet")).fetchall()
    assert [row[4] for row in found] == SAID


@pytest.mark.parametrize("write", ["to_parquet", "to_csv"])
def test_a_folder_is_the_one_that_was_named_whatever_the_campaign_is_called(
    write: str, tmp_path: Path
) -> None:
    for place, campaign_id in enumerate(IDS):
        folder = tmp_path / f"out{place}"
        getattr(load_campaign(body(campaign_id, TEXTS[:4])), write)(folder)
    assert {path.name for path in tmp_path.iterdir()} == {f"out{place}" for place in range(len(IDS))}


# --- the archive --------------------------------------------------------------------------------------


def test_an_archive_keeps_hostile_ids_apart_inside_of_it_and_whole(tmp_path: Path) -> None:
    usable = [one for one in IDS if one != ".."]
    archive = cf.Archive(tmp_path / "deep" / "archive")
    done = archive.sync(usable, client=Account({one: body(one, TEXTS[:4]) for one in usable}))
    assert done["action"].tolist() == ["added"] * len(usable)
    assert {path.name for path in tmp_path.iterdir()} == {"deep"}
    assert {path.name for path in (tmp_path / "deep").iterdir()} == {"archive"}
    names = [part for path in tmp_path.rglob("*") for part in path.relative_to(tmp_path).parts]
    # Small letters, so that a disk that does not tell case apart keeps them apart too.
    assert all(re.fullmatch(r"[a-z0-9_.=~%A-FTZ-]{1,255}", name) for name in names)
    assert set(archive.campaigns()["campaign_id"]) == set(usable)
    assert set(archive.frames().campaigns["campaign_id"]) == set(usable)
    assert archive.verify().empty
    for engine in ("pandas", "duckdb"):
        table = archive.scan("campaigns", engine=engine)
        found: pd.DataFrame = table if engine == "pandas" else table.df()
        assert set(found["campaign_id"]) == set(usable), engine


@pytest.mark.parametrize("campaign_id", ["..", ".", ""])
def test_what_a_url_would_swallow_is_refused_before_anything_is_sent(
    campaign_id: str, tmp_path: Path
) -> None:
    client = Account({})
    with pytest.raises(ConfigurationError, match="cannot be an id"):
        cf.Archive(tmp_path / "archive").sync([campaign_id], client=client)
    assert not client.asked


def test_links_that_somebody_put_into_an_archive_do_not_lead_a_sync_out_of_it(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("mine")
    archive = cf.Archive(tmp_path / "archive")
    client = Account({"c1": body("c1", TEXTS[:4])})
    archive.sync(["c1"], client=client)
    file = next((tmp_path / "archive" / "calls").rglob("*.parquet"))
    file.unlink()
    file.symlink_to(outside)
    assert contents(archive.frames()) == contents(load_campaign(client.bodies["c1"]))
    archive.sync(["c1"], client=client, refresh=True)
    archive.verify(repair=True)
    assert outside.read_text() == "mine"


# --- what is shown ------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """The elements and attributes of a page, as a browser would see them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.links.update(value or "" for name, value in attrs if name in {"href", "src"})

    def handle_data(self, data: str) -> None:
        self.text += data


RUNS = {"script", "iframe", "object", "embed", "img", "image", "form", "base", "foreignobject"}


def assert_harmless(page: str) -> Tags:
    tags = Tags(page)
    assert not tags.tags & RUNS
    assert not [name for name in tags.attributes if name.startswith("on")]
    assert not [
        link for link in tags.links if re.match(r"\s*(javascript|data:text|http:|//)", link, re.IGNORECASE)
    ]
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)
    return tags


def test_in_a_notebook_nothing_is_an_element(frames: CampaignFrames) -> None:
    assert_harmless(frames._repr_html_() or "")
    for call_id in frames.calls["call_id"]:
        page = frames.conversation(call_id)._repr_html_()
        tags = assert_harmless(page)
        assert "a" not in tags.tags
        assert "svg" not in tags.tags


def test_in_a_notebook_and_a_terminal_all_that_can_be_shown_is(frames: CampaignFrames) -> None:
    for place, text in enumerate(TEXTS):
        conversation = frames.conversation(f"{text}#{place}")
        if text.isprintable():
            assert text in Tags(conversation._repr_html_()).text
        shown = str(conversation)
        assert all(character.isprintable() or character == "\n" for character in shown.replace("\u200c", ""))


@pytest.mark.filterwarnings("ignore:Glyph")  # a chart lacks letters of some scripts
def test_in_a_report_nothing_is_an_element(frames: CampaignFrames, tmp_path: Path) -> None:
    file = cf.report(frames, tmp_path / "report.html", title=TEXTS[1])
    tags = assert_harmless(file.read_text(encoding="utf-8"))
    assert TEXTS[1] in tags.text


COMMANDS = [
    ["outcomes", "in.json"],
    ["outcomes", "in.json", "--by", "agent_id", "--json"],
    ["lengths", "in.json"],
    ["reach", "in.json"],
    ["quality", "in.json"],
    ["conversation", "in.json"],
    ["talk", "in.json"],
    ["terms", "in.json"],
    ["search", "well", "in.json"],
    ["report", "in.json", "--out", "report.html"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_nothing_drives_the_terminal(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "in.json").write_bytes(body())
    for arguments in (command, [*command, "--debug"]):
        done = CliRunner().invoke(main, arguments)
        assert done.output
        for character in done.output:
            assert character == "\n" or character.isprintable() or character in "\u200c\u200d", repr(
                done.output
            )
        assert not isinstance(done.exception, UnicodeError)


@pytest.mark.parametrize("campaign_id", [one for one in IDS if one not in {"--help", ".."}])
def test_a_hostile_id_on_the_command_line_is_asked_for_and_not_obeyed(
    campaign_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox(campaigns=0) as sandbox:
        monkeypatch.setenv("CALD_BASE_URL", sandbox.url)
        monkeypatch.setenv("CALD_API_KEY", sandbox.api_key)
        done = CliRunner().invoke(main, ["fetch", "--out", "out", "--", campaign_id])
    assert done.exit_code == 1
    assert "knows no such campaign" in done.output
    assert all(character == "\n" or character.isprintable() for character in done.output)
    assert not (tmp_path / "out").exists()


# --- patterns -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", EXPLODING)
def test_a_pattern_that_explodes_elsewhere_is_looked_for_in_time(pattern: str) -> None:
    words = "a" * 5_000 + "!" + "x" * 5_000
    calls = [{"callId": "k1", "transcripts": [{"role": "user", "content": words}] * 20}]
    transcripts = load_campaign(json.dumps({"campaignId": "c1", "calls": calls}).encode()).transcripts
    done: list[int] = []
    # In a thread that is left behind if it does not end: no other clock would wake up.
    search = threading.Thread(
        target=lambda: done.append(len(cf.search_transcripts(transcripts, pattern, regex=True))), daemon=True
    )
    search.start()
    search.join(60)
    assert done


@pytest.mark.parametrize("text", TEXTS)
def test_every_text_can_be_searched_for_as_it_is(text: str, frames: CampaignFrames) -> None:
    found = cf.search_transcripts(frames.transcripts, text, context=0, ignore_case=False)
    hits = [said for said in SAID if text in said]
    assert len(found) >= len(set(hits)) > 0
    assert all(text in said for said in found["content"])


# --- files made by somebody else ----------------------------------------------------------------------


class Payload:
    """What would make a file if it was unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch owned",)


PICKLED = pickle.dumps(Payload())


def write_folder(folder: Path, **changed: pa.Table) -> Path:
    folder.mkdir(exist_ok=True)
    for name, table in {**empty_tables().as_dict(), **changed}.items():
        pq.write_table(table, folder / f"{name}.parquet", store_schema=True)
    return folder


def calls_with(column: pa.Array, field: pa.Field[Any], **metadata: bytes) -> pa.Table:
    """Give a row of calls, with a column of somebody's own."""
    calls = empty_tables().calls
    row: dict[str, list[Any]] = {name: [None] for name in calls.column_names}
    row |= {"campaign_id": ["c"], "call_id": ["k"], "call_index": [0], "turns": [0]}
    known = {name: value for name, value in row.items() if name in calls.column_names}
    table = pa.Table.from_pydict(known, schema=calls.schema)
    return table.append_column(field, column).replace_schema_metadata(
        {name.encode(): value for name, value in metadata.items()}
    )


EXTENSIONS = ["arrow.py_extension_type", "pandas.period", "pandas.interval", "ray.object", "caldframe.own"]


@pytest.mark.parametrize("name", EXTENSIONS)
def test_an_extension_type_with_pickled_metadata_is_not_unpickled(name: str, tmp_path: Path) -> None:
    field = pa.field(
        "own",
        pa.int64(),
        metadata={"ARROW:extension:name": name, "ARROW:extension:metadata": PICKLED},
    )
    folder = write_folder(tmp_path / "in", calls=calls_with(pa.array([1]), field))
    try:
        read = cf.read_parquet(folder)
    except ExportError:
        return  # Arrow refuses what such a type's metadata should be
    assert read.calls["own"].tolist() == [1]


DTYPES = [
    b"object",
    b"category",
    PICKLED,
    b"O8",
    b"V100000000000",
    b"U1000000000",
    b"(100000,100000)i8",
    b"i8,i8",
    b"datetime64[ns, ../../../../etc/passwd]",
    b"datetime64[ns, dateutil//etc/passwd]",
    b"datetime64[ns, dateutil//dev/zero]",
    b"period[" + b"9" * 5000 + b"D]",
    b"interval[interval[interval[int64]]]",
    b"Sparse[Sparse[object]]",
    b"__import__('os').system('touch owned')",
    b"\xff\xfe",
]


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: repr(dtype[:30]))
def test_a_dtype_of_somebody_elses_choice_is_taken_or_left(dtype: bytes, tmp_path: Path) -> None:
    field = pa.field("own", pa.int64(), metadata={"caldframe.dtype": dtype})
    folder = write_folder(tmp_path / "in", calls=calls_with(pa.array([1]), field))
    read = cf.read_parquet(folder)
    assert len(read.calls) == 1
    assert "own" in read.calls


def test_a_dtype_cannot_have_a_file_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    by_default = builtins.open

    def noting(file: Any, *arguments: Any, **more: Any) -> Any:
        opened.append(file)
        return by_default(file, *arguments, **more)

    mine = tmp_path / "mine"
    mine.write_bytes(b"TZif")
    dtype = f"datetime64[ns, dateutil/{mine}]".encode()
    field = pa.field("own", pa.int64(), metadata={"caldframe.dtype": dtype})
    folder = write_folder(tmp_path / "in", calls=calls_with(pa.array([1]), field))
    monkeypatch.setattr(builtins, "open", noting)
    assert cf.read_parquet(folder).calls["own"].tolist() == [1]
    assert str(mine) not in map(str, opened)


@pytest.mark.parametrize("packed", [PICKLED, b"", b"AAAA", b"/////wAA", gzip.compress(PICKLED, mtime=0)])
def test_categories_of_somebody_elses_choice_are_not_unpickled(packed: bytes, tmp_path: Path) -> None:
    field = pa.field(
        "own", pa.string(), metadata={"caldframe.dtype": b"category", "caldframe.categories": packed}
    )
    folder = write_folder(tmp_path / "in", calls=calls_with(pa.array(["x"]), field))
    assert cf.read_parquet(folder).calls["own"].tolist() == ["x"]


def test_metadata_for_pandas_is_not_taken_up(tmp_path: Path) -> None:
    about = {
        "index_columns": ["call_id"],
        "column_indexes": [],
        "columns": [
            {
                "name": "own",
                "field_name": "own",
                "pandas_type": "object",
                "numpy_type": "object",
                "metadata": None,
            }
        ],
        "attributes": {"owned": PICKLED.hex()},
        "pandas_version": "3.0.0",
    }
    field = pa.field("own", pa.binary())
    calls = calls_with(pa.array([PICKLED]), field, pandas=json.dumps(about).encode())
    read = cf.read_parquet(write_folder(tmp_path / "in", calls=calls))
    assert read.calls["own"].tolist() == [PICKLED]
    assert read.calls.index.tolist() == [0]
    assert read.calls.attrs == {}


def test_a_file_that_claims_millions_of_rows_in_a_few_bytes_is_refused(tmp_path: Path) -> None:
    table = calls_with(pa.array([1]), pa.field("own", pa.int64()))
    folder = write_folder(tmp_path / "in", calls=table)
    rows = 2**23
    many = pa.Table.from_arrays([pa.repeat(column[0], rows) for column in table.columns], schema=table.schema)
    pq.write_table(many, folder / "calls.parquet", compression="zstd", row_group_size=rows)
    assert (folder / "calls.parquet").stat().st_size < 2**20
    with pytest.raises(ExportError, match="claims to have 8,388,608 rows in"):
        cf.read_parquet(folder)


def test_a_parquet_file_with_any_byte_changed_is_read_or_refused(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    load_campaign(body("c1", TEXTS[:4])).to_parquet(folder)
    path = folder / "campaigns.parquet"
    whole = path.read_bytes()
    for place in range(0, len(whole), 97):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        with suppress(ExportError):
            cf.read_parquet(folder)


def packed_blanks(size: int, wbits: int = 31) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    blanks = b" " * 2**20
    return b"".join(packer.compress(blanks) for _ in range(size // 2**20)) + packer.flush()


def test_a_saved_response_that_is_a_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "response.json.gz"
    path.write_bytes(packed_blanks(2**28 + 2**20))
    with pytest.raises(BadResponseError, match="more than 268,435,456 bytes"):
        load_campaign(path)


def test_a_raw_response_that_is_a_bomb_is_refused(tmp_path: Path) -> None:
    archive = cf.Archive(tmp_path / "archive")
    archive.sync(["c1"], client=Account({"c1": body("c1", TEXTS[:4])}))
    raw = next((tmp_path / "archive" / "raw").rglob("*.json.zst"))
    bomb = b" " * 2**28 + b" " * 2**20
    renamed = raw.name.rpartition("-")[0] + f"-{digest_of(bomb)}.json.zst"
    raw.unlink()
    raw.with_name(renamed).write_bytes(pa.compress(bomb, codec="zstd", asbytes=True))
    for name in TABLES:
        shutil.rmtree(tmp_path / "archive" / name)
    with pytest.raises(ArchiveError, match="more than 268,435,456 bytes"):
        archive.frames()


def test_an_archive_of_somebody_else_runs_nothing(tmp_path: Path) -> None:
    archive = cf.Archive(tmp_path / "archive")
    archive.sync(["c1"], client=Account({"c1": body("c1", TEXTS[:4])}))
    for path in sorted((tmp_path / "archive").rglob("*")):
        if path.is_file():
            path.write_bytes(PICKLED)
    with pytest.raises(ArchiveError):
        archive.frames()
    assert not archive.verify().empty


FORBIDDEN = re.compile(
    r"\bpickle\b(?!d)|\bmarshal\b|\bshelve\b|\beval\(|\bexec\(|os\.system|shell=True|allow_pickle|yaml\.load"
)


def test_nothing_in_the_package_unpickles_or_evaluates() -> None:
    found = {}
    for path in PACKAGE.rglob("*.py"):
        code = re.sub(r'""".*?"""|#[^\n]*', "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        if FORBIDDEN.search(code):
            found[path.name] = FORBIDDEN.search(code)
    assert found == {}


@pytest.mark.parametrize(
    "values",
    [
        pa.array([1], pa.timestamp("us", "nowhere/at-all")),
        pa.array([1], pa.timestamp("us", "+25:61")),
        pa.array([{"at": 1}], pa.struct([pa.field("at", pa.timestamp("us", "nowhere/at-all"))])),
        pa.array([2**31 - 1], pa.date32()),
        pa.array([[2**62]], pa.list_(pa.date64())),
    ],
    ids=lambda values: str(values.type),
)
def test_a_column_that_pandas_cannot_hold_is_named(values: pa.Array[Any], tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "in", calls=calls_with(values, pa.field("own", values.type)))
    with pytest.raises(ExportError, match=r"pandas cannot hold the column 'own' of the type .*leave it out"):
        cf.read_parquet(folder)
