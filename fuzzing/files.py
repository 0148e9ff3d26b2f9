"""Files that somebody else made, or damaged: they are read as four tables of the schema, or refused."""

from __future__ import annotations

import atexit
import io
import json
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from caldframe.errors import ExportError
from caldframe.fetch import load_campaign
from caldframe.frames import read_csv, read_parquet
from caldframe.schema import TABLES
from fuzzing.choices import Choices, by_chance, changed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from caldframe.frames import CampaignFrames

_TRAILER: Final = 8  # the length of the footer, and PAR1
_ROWS: Final = 3
_RESPONSE: Final = json.dumps(
    {
        "campaignId": "c1",
        "name": "=1+1",
        "stats": {"totalCalls": 3},
        "odd": [1],
        "calls": [
            {
                "callId": f"k{number}",
                "createdAt": "2026-03-02T14:05:00.000Z",
                "completed": True,
                "callLength": 1.5,
                "transcripts": [{"role": "user", "content": '"hello",\nsaid I'}],
            }
            for number in range(_ROWS)
        ],
    }
).encode()

_ARRAYS: Final[Sequence[pa.Array[Any]]] = (
    pa.array(["a", None, ""]),
    pa.array(["a", None, ""], pa.large_string()),
    pa.array(["a", None, "a"]).dictionary_encode(),
    pa.array([b"a", None, b"\xff"]),
    pa.array([1, None, 2**53 + 1]),
    pa.array([2**64 - 1, None, 0], pa.uint64()),
    pa.array([1.5, None, float("nan")]),
    pa.array([float("inf"), -0.0, 1e300]),
    pa.array([True, None, False]),
    pa.array([None, None, None], pa.null()),
    pa.array([None, 2**62, -(2**62)], pa.timestamp("ns")),
    pa.array([None, 2**62, -(2**62)], pa.timestamp("us", "UTC")),
    pa.array([None, 2**50, -(2**50)], pa.timestamp("s", "America/New_York")),
    pa.array([None, 2**62, 1], pa.timestamp("us", "dateutil//etc/passwd")),
    pa.array([None, 2**62, 1], pa.timestamp("us", "+25:61")),
    pa.array([None, 1, -1], pa.date32()),
    pa.array([None, 1, -1], pa.duration("us")),
    pa.array([None, 1, 2], pa.decimal128(38, 2)),
    pa.array([None, [], [["x"]]]),
    pa.array([None, {}, {"a": {"b": 1}}]),
    pa.array([], pa.string()),
)
_METADATA: Final = (
    b"caldframe.dtype",
    b"caldframe.categories",
    b"caldframe.table",
    b"pandas",
    b"PARQUET:field_id",
)
_SAID: Final = (
    *(b"category", b"ordered category", b"arrow", b"string[python]", b"str", b"object", b"Int64", b"float64"),
    *(
        b"datetime64[ns, dateutil//etc/passwd]",
        b"datetime64[ns, UTC]",
        b"period[M]",
        b"interval[int64]",
        b"int8",
    ),
    *(b"Sparse[int]", b"timedelta64[ns]", b"V8", b"complex128", b"[" * 100, b"", b"\xff", b"AAAA", b"{}"),
)
_CELLS: Final = (
    *(
        "",
        '""',
        '"a"',
        "a",
        '"',
        "1",
        "1.5",
        "-1",
        "1e999",
        "nan",
        "true",
        "TRUE",
        "2026-03-02 14:05:00.000000Z",
    ),
    *("9999-99-99", '"\'=1+1"', '"[1]"', '"\n"', '"é"', "\x00", "99999999999999999999"),
)
_OWN: Final = ("mine", "campaign_id", "extra", "", "\x00", "'=1+1", "x" * 300)


def seeds() -> Iterator[bytes]:
    """Give a good file of each way and table, and others by chance."""
    for way in range(len(_WAYS)):
        for table in range(len(TABLES)):
            yield bytes([way, table])
        for data in by_chance(60, length=150):
            yield bytes([way]) + data


def check(data: bytes) -> None:
    """Put a file of the bytes' making among three good ones, and read the folder."""
    choices = Choices(data)
    way = choices.pick(_WAYS)
    name = choices.pick(tuple(TABLES))
    kind, content = way(name, choices)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(_good(kind), folder, dirs_exist_ok=True)
        (Path(folder) / f"{name}.{kind}").write_bytes(content)
        read = _read(folder, kind)
    if isinstance(read, ExportError):
        assert str(read).startswith(folder), read
        return
    for table, columns in TABLES.items():
        names = [column.name for column in columns]
        assert getattr(read, table).columns[: len(names)].tolist() == names
    repr(read)


def _read(folder: str, kind: str) -> CampaignFrames | ExportError:
    try:
        return read_parquet(folder) if kind == "parquet" else read_csv(folder)
    except ExportError as error:
        return error


@cache
def _good(kind: str) -> Path:
    """Give a folder with four files as they should be; it is there as long as this process."""
    folder = Path(tempfile.mkdtemp(prefix="caldframe-fuzzing-"))
    frames = load_campaign(_RESPONSE)
    if kind == "csv":
        frames.to_csv(folder)
    else:
        # As `to_parquet` does, which would ask which version of caldframe is installed here: none.
        for name, table in frames.to_arrow().as_dict().items():
            pq.write_table(table, folder / f"{name}.parquet", compression="zstd", write_page_checksum=True)
    atexit.register(shutil.rmtree, folder)
    return folder


def _damaged_anywhere(name: str, choices: Choices) -> tuple[str, bytes]:
    return "parquet", changed((_good("parquet") / f"{name}.parquet").read_bytes(), choices)


def _damaged_footer(name: str, choices: Choices) -> tuple[str, bytes]:
    """Change what the file says of itself, and have its length say so."""
    whole = (_good("parquet") / f"{name}.parquet").read_bytes()
    start = len(whole) - _TRAILER - int.from_bytes(whole[-_TRAILER:-4], "little")
    footer = changed(whole[start:-_TRAILER], choices)
    return "parquet", whole[:start] + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def _damaged_pages(name: str, choices: Choices) -> tuple[str, bytes]:
    """Change the values in a file that is neither packed nor has checksums."""
    table = pq.read_table(_good("parquet") / f"{name}.parquet")
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="none", use_dictionary=bool(choices.number(2)))
    whole = sink.getvalue()
    start = len(whole) - _TRAILER - int.from_bytes(whole[-_TRAILER:-4], "little")
    pages = bytearray(whole[:start])
    for _ in range(choices.number(8)):
        pages[choices.number(start)] = choices.number(256)
    return "parquet", bytes(pages) + whole[start:]


def _made_by_others(name: str, choices: Choices) -> tuple[str, bytes]:
    """Write columns of other types, in another order, with metadata of whatever kind."""
    good = pq.read_table(_good("parquet") / f"{name}.parquet").slice(0, 1)
    fields, arrays = [], []
    for column in (*good.column_names, *(choices.pick(_OWN) for _ in range(choices.number(4)))):
        way = choices.number(16)
        if way == 1:
            continue
        known = column in good.column_names and way != 0
        array = good[column].combine_chunks() if known and way > 3 else choices.pick(_ARRAYS)  # noqa: PLR2004
        metadata = {choices.pick(_METADATA): choices.pick(_SAID) for _ in range(choices.number(3))}
        fields.append(pa.field(column, array.type, metadata=metadata))
        arrays.append(array)
    length = min(map(len, arrays), default=0)
    metadata = {choices.pick(_METADATA): choices.some() for _ in range(choices.number(2))}
    table = pa.Table.from_arrays([array[:length] for array in arrays], schema=pa.schema(fields, metadata))
    sink = io.BytesIO()
    pq.write_table(table, sink, store_schema=bool(choices.number(2)))
    return "parquet", sink.getvalue()


def _comma_separated(name: str, choices: Choices) -> tuple[str, bytes]:
    """Change a CSV file's text, or put other cells into it."""
    text = (_good("csv") / f"{name}.csv").read_bytes()
    header, _, rows = text.partition(b"\n")
    if choices.number(2):
        return "csv", changed(text, choices)
    width = header.count(b",") + 1
    for _ in range(choices.number(4)):
        cells = [choices.pick(_CELLS) for _ in range(width + choices.number(8) // 7)]
        rows += ",".join(cells).encode() + b"\n"
    return "csv", header + b"\n" + rows


_WAYS: Final = (_damaged_anywhere, _damaged_footer, _damaged_pages, _made_by_others, _comma_separated)
