"""Tables by chance: text of all planes, nulls everywhere, numbers and times to their limits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st

from caldframe.frames import CampaignFrames
from caldframe.schema import TABLES, TEXT, TIMESTAMP, Column, Tables, arrow_schema

AWKWARD_TEXTS: Final = (
    "",
    " ",
    '"',
    '""',
    "'",
    "''",
    ",",
    ";",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "a\r\nb\n",
    "\x00",
    "\x00=1+1",
    "a\x00b",
    "\ufeff",
    "\ufeffa",
    "\ufffd",
    "null",
    "NULL",
    "NaN",
    "NA",
    "nan",
    "true",
    "0",
    "-1",
    "+15550100",
    "'+15550100",
    "''+15550100",
    "=1+1",
    "'=1+1",
    "@SUM(A1)",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20a",
    " =1+1",
    "\u200b=1+1",
    '","=1+1',
    'a"\n=1+1',
    'a",=1+1\r\n',
    "\\",
    "\\N",
    '\\"',
    "👩🏽‍🚀",
    "e\u0301",
    "\u202ertl",
    "2026-03-02 14:05:00Z",
    "long " * 5000,
)
"""What CSV files and spreadsheets stumble over."""

_FIRST_MICROSECOND: Final = int(datetime(1, 1, 1, tzinfo=UTC).timestamp()) * 10**6
_LAST_MICROSECOND: Final = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()) * 10**6 + 999_999

texts = st.one_of(
    st.text(max_size=20),
    st.sampled_from(AWKWARD_TEXTS),
    st.builds("".join, st.lists(st.sampled_from("'=+-@\t\r\n\x00 \",;ab＝＠"), max_size=6)),
)

_VALUES: Final[dict[pa.DataType, st.SearchStrategy[Any]]] = {
    TEXT: texts,
    pa.bool_(): st.booleans(),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.int32(): st.integers(-(2**31), 2**31 - 1),
    pa.float64(): st.floats(allow_nan=False),
    TIMESTAMP: st.integers(_FIRST_MICROSECOND, _LAST_MICROSECOND),
}


@st.composite
def _random_table(draw: st.DrawFn, columns: tuple[Column, ...]) -> pa.Table:
    rows = draw(st.integers(0, 5))
    arrays = []
    for column in columns:
        values = _VALUES[column.type]
        cells = st.one_of(st.none(), values) if column.nullable else values
        arrays.append(pa.array(draw(st.lists(cells, min_size=rows, max_size=rows)), column.type))
    return pa.Table.from_arrays(arrays, schema=arrow_schema(columns))


@st.composite
def random_frames(draw: st.DrawFn) -> CampaignFrames:
    """Draw the four tables, up to 5 rows each."""
    tables = {name: draw(_random_table(columns)) for name, columns in TABLES.items()}
    return CampaignFrames.from_arrow(Tables(**tables))


def frames_of(**tables: list[dict[str, Any]]) -> CampaignFrames:
    """Give frames with the rows given; what a row does not name is null, or else 0 or empty."""
    parts = {}
    for name, columns in TABLES.items():
        needed = {column.name: "" if column.type == TEXT else 0 for column in columns if not column.nullable}
        rows = [needed | row for row in tables.get(name, [])]
        parts[name] = pa.Table.from_pylist(rows, schema=arrow_schema(columns))
    return CampaignFrames.from_arrow(Tables(**parts))


def with_calls(frames: CampaignFrames, calls: pd.DataFrame) -> CampaignFrames:
    """Give the same frames with another table of calls."""
    return CampaignFrames(frames.campaigns, calls, frames.transcripts, frames.problems, frames.failures)


def assert_same_frames(read: CampaignFrames, written: CampaignFrames) -> None:
    """Compare values, dtypes, order and nulls, exactly; not -0.0 with 0.0, which are equal."""
    for name in TABLES:
        one: pd.DataFrame = getattr(read, name)
        other: pd.DataFrame = getattr(written, name)
        pd.testing.assert_frame_equal(one, other, check_exact=True, obj=name)
        assert [repr(dtype) for dtype in one.dtypes] == [repr(dtype) for dtype in other.dtypes]
        for column in one:
            # assert_frame_equal takes every kind of missing value for the same one.
            assert one[column].isna().tolist() == other[column].isna().tolist()
