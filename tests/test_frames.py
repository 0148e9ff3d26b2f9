"""The frames: pandas from Arrow and back, with columns of one's own, whatever was done to them in between."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_tables import AWKWARD_TEXTS, assert_same_frames, frames_of, random_frames, texts, with_calls

from caldframe.errors import ConfigurationError, UnknownColumnError
from caldframe.frames import FAILURE_COLUMNS, CampaignFrames, read_csv, read_parquet, to_pandas
from caldframe.schema import CALLS, TABLES, Tables, arrow_schema, empty_tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DTYPES = {
    "campaigns": ["str"] * 5 + ["Int64"] * 9 + ["datetime64[us, UTC]", "str"],
    "calls": [
        *["str"] * 8,
        "boolean",
        "str",
        *["datetime64[us, UTC]"] * 2,
        "float64",
        "int32",
        *["str"] * 2,
    ],
    "transcripts": ["str", "str", "int32", "str", "str", "str"],
    "problems": ["str", "str", "Int64", "str", "str", "str"],
}
NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def frames() -> CampaignFrames:
    """Give a campaign of three calls."""
    call = {"campaign_id": "c1", "completed": True, "created_at": NOON, "call_length": 2.5}
    return frames_of(
        campaigns=[{"campaign_id": "c1", "total_calls": 3}],
        calls=[{**call, "call_id": f"k{n}", "result": "ivr", "turns": 1} for n in range(3)],
        transcripts=[{"call_id": f"k{n}", "role": "user", "content": "Yes?"} for n in range(3)],
    )


# What pandas holds


@pytest.mark.parametrize("rows", [0, 1])
def test_dtypes_are_the_same_with_rows_or_without_and_all_null(rows: int) -> None:
    blank: list[dict[str, Any]] = [{}] * rows
    frames = frames_of(**dict.fromkeys(TABLES, blank))
    for name, dtypes in DTYPES.items():
        table = getattr(frames, name)
        assert table.dtypes.astype(str).tolist() == dtypes
        assert list(table.columns) == [column.name for column in TABLES[name]]
        assert list(table.index) == list(range(rows))


@given(random_frames())
@settings(max_examples=40)
def test_arrow_gives_back_the_same_frames(frames: CampaignFrames) -> None:
    tables = frames.to_arrow()
    for name, table in tables.as_dict().items():
        assert table.schema.equals(arrow_schema(TABLES[name]))
    assert_same_frames(CampaignFrames.from_arrow(tables), frames)


def test_arrow_of_other_types_is_taken_where_nothing_is_lost(frames: CampaignFrames) -> None:
    tables = frames.to_arrow().as_dict()
    wide = {
        name: table.cast(
            pa.schema(
                [(f.name, pa.string() if f.type == pa.large_string() else f.type) for f in table.schema]
            )
        )
        for name, table in tables.items()
    }
    assert_same_frames(CampaignFrames.from_arrow(Tables(**wide)), frames)
    with pytest.raises(UnknownColumnError, match="The calls table lacks the column 'extra'"):
        CampaignFrames.from_arrow(Tables(**(tables | {"calls": tables["calls"].drop_columns(["extra"])})))


def test_the_summary_counts_rows(frames: CampaignFrames) -> None:
    assert repr(frames) == "CampaignFrames: 1 campaign, 3 calls, 3 turns, 0 problems"
    failures = pd.DataFrame({"campaign_id": ["c2"]})
    assert repr(dataclasses.replace(frames, failures=failures)).endswith(
        "1 campaign not fetched (see .failures)"
    )
    assert frames.failures.dtypes.to_dict() == FAILURE_COLUMNS
    assert list(frames.failures.columns) == list(FAILURE_COLUMNS)


@pytest.mark.parametrize("same", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])  # noqa: S301
def test_frames_can_be_copied_and_pickled(
    frames: CampaignFrames, same: Callable[[Any], CampaignFrames]
) -> None:
    other = same(frames)
    assert_same_frames(other, frames)
    pd.testing.assert_frame_equal(other.failures, frames.failures)
    assert repr(other) == repr(frames)


def test_two_frames_do_not_share_their_failures() -> None:
    one, other = frames_of(), frames_of()
    one.failures.loc[0, "campaign_id"] = "c1"
    assert other.failures.empty


# Columns of your own


def series(values: Any, dtype: Any = None) -> pd.Series[Any]:
    column: pd.Series[Any] = pd.Series(values, dtype=dtype)
    return column


def categories(values: Any, *, ordered: bool = False, of: Any = None) -> pd.Series[Any]:
    column: pd.Series[Any] = pd.Series(pd.Categorical(values, categories=of, ordered=ordered))
    return column


DAYS = pd.to_datetime(["2026-03-01 10:00:00", "NaT", "2026-07-01 00:00:00"])
WAITS = pd.to_timedelta([1, None, 3], unit="s")
OWN_COLUMNS = {
    "str": series(["a", None, ""], "str"),
    "string": series(["a", None, ""], "string"),
    "string[python]": series(["a", None, ""], "string[python]"),
    "bool": series([True, False, True]),
    "boolean": series([True, None, False], "boolean"),
    **{f"int{size}": series([1, -2, 3], f"int{size}") for size in (8, 16, 32, 64)},
    **{f"uint{size}": series([1, 2, 2**size - 1], f"uint{size}") for size in (8, 16, 32, 64)},
    "Int8": series([1, None, -128], "Int8"),
    "Int64": series([2**63 - 1, None, -(2**63)], "Int64"),
    "UInt64": series([2**64 - 1, None, 0], "UInt64"),
    **{f"float{size}": series([0.5, np.nan, np.inf], f"float{size}") for size in (16, 32, 64)},
    "Float32": series([0.5, None, 3], "Float32"),
    "Float64": series([0.1, None, 3], "Float64"),
    **{f"datetime64[{unit}]": series(DAYS).dt.as_unit(unit) for unit in ("s", "ms", "us", "ns")},
    **{
        f"datetime64[{unit}, zone]": series(DAYS).dt.as_unit(unit).dt.tz_localize("America/New_York")
        for unit in ("s", "ms", "us", "ns")
    },
    "fixed offset": series(pd.to_datetime(["2026-03-01T10:00:00+05:30", "2026-03-02T10:00:00+05:30", "NaT"])),
    **{f"timedelta64[{unit}]": series(WAITS).dt.as_unit(unit) for unit in ("s", "ms", "us", "ns")},
    "period": series(pd.PeriodIndex(["2026-03", "NaT", "2026-04"], freq="M")),
    "interval": series(pd.IntervalIndex.from_breaks([0, 1, 2, 3])),
    "sparse": series(pd.arrays.SparseArray([0, 0, 1])),
    "sparse with gaps": series(pd.arrays.SparseArray([0.5, np.nan, 1])),
    "categories": categories(["b", None, "a"], of=["unused", "b", "a"]),
    "categories, ordered": categories(["b", None, "a"], of=["z", "b", "a"], ordered=True),
    "categories, object": categories(["b", None, "a"], of=pd.Index(["b", "a"], dtype=object)),
    "categories, integers": categories([2, None, 2**62 + 1], of=[3, 2, 2**62 + 1], ordered=True),
    "categories, Int64": categories(pd.array([2, None, 1], dtype="Int64")),
    "categories, fractions": categories([0.5, None, 0.1]),
    "categories, booleans": categories([True, None, False]),
    "categories, times": categories(DAYS.tz_localize("UTC").as_unit("s")),
    "categories, dates": categories([date(2026, 3, 1), None, date(2026, 3, 1)]),
    "categories, none": categories([None, None, None]),
    "categories, cut": series(pd.cut(np.array([0.1, 0.1 + 0.2, np.nan]), [0, 0.1, 0.1 + 0.2])),
    "categories, cut to integers": series(pd.cut(np.array([5.0, 70.0, np.nan]), [0, 60, 120])),
    "categories, periods": categories(pd.PeriodIndex(["2026-03", "NaT", "2026-04"], freq="M")),
    "arrow integers": series([1, None, 3], "int64[pyarrow]"),
    "arrow text": series(["a", None, ""], pd.ArrowDtype(pa.string())),
    "arrow dictionary": series(["a", None, "b"], pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string()))),
    "arrow decimals": series([Decimal("1.10"), None, None], pd.ArrowDtype(pa.decimal128(5, 2))),
    "arrow times": series([NOON, None, None], pd.ArrowDtype(pa.timestamp("ms", "Europe/Paris"))),
    "object, text": series(["a", None, "b"], object),
    "object, integers": series([1, None, 2**62 + 1], object),
    "object, booleans": series([True, None, False], object),
    "object, nothing": series([None, None, None], object),
    "object, bytes": series([b"\xff", None, b""], object),
    "object, dates": series([date(2026, 3, 1), None, date(1, 1, 1)], object),
    "object, times of day": series([time(1, 2, 3, 4), None, time(2)], object),
    "object, decimals": series([Decimal("1.10"), None, Decimal(2)], object),
    "object, lists": series([[1], None, []], object),
    "object, dicts": series([{"a": 1}, None, {"a": None}], object),
    "object, UUIDs": series([UUID(int=1), None, UUID(int=2)], object),
}


@pytest.mark.parametrize("own", OWN_COLUMNS.values(), ids=OWN_COLUMNS)
def test_a_column_of_your_own_comes_back_as_it_was(
    tmp_path: Path, frames: CampaignFrames, own: pd.Series[Any]
) -> None:
    written = with_calls(frames, frames.calls.assign(own=own))
    assert_same_frames(CampaignFrames.from_arrow(written.to_arrow()), written)
    written.to_parquet(tmp_path / "all")
    assert_same_frames(read_parquet(tmp_path / "all"), written)
    none = with_calls(frames, written.calls[:0])
    none.to_parquet(tmp_path / "none")
    assert_same_frames(read_parquet(tmp_path / "none"), none)


def test_columns_of_your_own_keep_their_order_behind_the_schema(
    tmp_path: Path, frames: CampaignFrames
) -> None:
    calls = frames.calls.assign(**{"z": 1, "": 2, "a b": 3, "Ünï\n": 4, "index": 5, "__index_level_0__": 6})
    with_calls(frames, calls[calls.columns[::-1]]).to_parquet(tmp_path)
    read = read_parquet(tmp_path).calls
    names = [column.name for column in CALLS]
    assert list(read.columns) == [*names, *reversed(calls.columns[len(names) :])]
    pd.testing.assert_frame_equal(read[calls.columns], calls)


@given(st.lists(st.one_of(st.none(), texts), min_size=3, max_size=3), st.booleans())
@settings(max_examples=50)
def test_text_and_categories_by_chance_come_back(
    tmp_path_factory: pytest.TempPathFactory,
    values: list[str | None],
    ordered: bool,
) -> None:
    frames = frames_of(calls=[{}, {}, {}])
    known = sorted({value for value in values if value is not None} | {"other"}, reverse=True)
    written = with_calls(
        frames,
        frames.calls.assign(
            text=series(values, "str"),
            old=series(values, object),
            group=categories(values, of=known, ordered=ordered),
        ),
    )
    directory = tmp_path_factory.mktemp("own")
    written.to_parquet(directory)
    assert_same_frames(read_parquet(directory), written)
    written.to_csv(directory)
    assert read_csv(directory).calls[list(frames.calls.columns)].equals(frames.calls)


def test_very_many_categories_come_back(tmp_path: Path) -> None:
    texts = [f"{number:x} {text}" for number in range(3000) for text in AWKWARD_TEXTS[:-1]]
    frames = frames_of(calls=[{}] * len(texts))
    written = with_calls(frames, frames.calls.assign(own=categories(texts)))
    written.to_parquet(tmp_path)
    assert_same_frames(read_parquet(tmp_path), written)


def change_values(table: pa.Table) -> pa.Table:
    return table.set_column(
        len(CALLS), table.schema.field("own"), pa.array(["new"] * 3, table.field("own").type)
    )


def change_type(table: pa.Table) -> pa.Table:
    field = table.schema.field("own").with_type(pa.list_(pa.int32()))
    return table.set_column(len(CALLS), field, pa.array([[1], [2], [3]], field.type))


def forget_what_pandas_had(table: pa.Table) -> pa.Table:
    return table.replace_schema_metadata().cast(
        pa.schema([field.remove_metadata() for field in table.schema])
    )


def claim_another_dtype(dtype: bytes) -> Callable[[pa.Table], pa.Table]:
    def claim(table: pa.Table) -> pa.Table:
        field = table.schema.field("own")
        metadata: dict[bytes | str, bytes | str] = {
            b"caldframe.dtype": dtype,
            b"caldframe.categories": b"\xff nonsense",
        }
        return table.set_column(len(CALLS), field.with_metadata(metadata), table.column("own"))

    return claim


LETTERS, NUMBERS = categories(["b", None, "a"]), series([1, 2, 300])


@pytest.mark.parametrize(
    ("own", "change"),
    [
        (LETTERS, change_values),
        *((own, change_type) for own in (LETTERS, NUMBERS)),
        *((own, forget_what_pandas_had) for own in (LETTERS, NUMBERS)),
        *(
            (own, claim_another_dtype(dtype))
            for own in (LETTERS, NUMBERS)
            for dtype in (b"category", b"geometry", b"int8", b"datetime64[us, Nowhere/Land]", b"\xff")
        ),
    ],
)
def test_a_column_that_another_tool_changed_is_taken_as_it_is(
    tmp_path: Path,
    frames: CampaignFrames,
    own: pd.Series[Any],
    change: Callable[[pa.Table], pa.Table],
) -> None:
    _, path, *_ = with_calls(frames, frames.calls.assign(own=own)).to_parquet(tmp_path)
    changed = change(pq.ParquetFile(path).read())
    pq.write_table(changed, path)
    read = read_parquet(tmp_path).calls["own"]
    given = [value.tolist() if isinstance(value, np.ndarray) else value for value in read]
    present = [value for value, missing in zip(given, read.isna(), strict=True) if not missing]
    assert present == changed.column("own").drop_null().to_pylist()
    assert read.isna().sum() == changed.column("own").null_count


# What was done to the schema's columns


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda calls: calls.astype(object), id="object"),
        pytest.param(lambda calls: calls.convert_dtypes(), id="nullable"),
        pytest.param(lambda calls: calls.convert_dtypes(dtype_backend="pyarrow"), id="pyarrow"),
        pytest.param(
            lambda calls: calls.astype({"call_id": "category", "result": "category"}), id="category"
        ),
        pytest.param(lambda calls: calls.astype({"turns": "Int64"}), id="Int64"),
        pytest.param(lambda calls: calls.astype({"turns": "float64"}), id="float64"),
        pytest.param(lambda calls: calls.astype({"completed": "bool"}), id="bool"),
        pytest.param(lambda calls: calls.astype({"created_at": "datetime64[ns, Asia/Tokyo]"}), id="zone"),
        pytest.param(lambda calls: calls.astype({"call_id": "string[python]"}), id="string"),
        pytest.param(lambda calls: calls.set_index(["call_id", "result"], drop=False), id="multi-index"),
        pytest.param(lambda calls: calls.set_index(pd.Index(["x"] * len(calls), name="turns")), id="index"),
        pytest.param(lambda calls: calls[calls.columns[::-1]], id="order"),
        pytest.param(lambda calls: calls.assign(x=1).drop(columns="x"), id="dropped"),
    ],
)
def test_a_change_without_loss_does_no_harm(
    tmp_path: Path, frames: CampaignFrames, change: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    changed = with_calls(frames, change(frames.calls))
    changed.to_parquet(tmp_path)
    changed.to_csv(tmp_path)
    assert_same_frames(read_parquet(tmp_path), frames)
    assert_same_frames(read_csv(tmp_path), frames)


def test_rows_may_be_chosen_sorted_and_repeated(tmp_path: Path, frames: CampaignFrames) -> None:
    calls = frames.calls.assign(own=pd.array([1, 2, None], dtype="Int64"))
    chosen = pd.concat([calls[calls["call_id"] == "k2"], calls.iloc[[1, 0]], calls[1:1]])
    with_calls(frames, chosen).to_parquet(tmp_path)
    read = read_parquet(tmp_path).calls
    pd.testing.assert_frame_equal(read, chosen.reset_index(drop=True))
    assert read["call_id"].tolist() == ["k2", "k1", "k0"]


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT, float("nan")])
def test_every_kind_of_nothing_is_null(frames: CampaignFrames, missing: Any) -> None:
    calls = frames.calls.astype(object)
    for name in calls.columns.drop("turns"):
        calls[name] = pd.Series([missing] * 3, dtype=object)
    table = with_calls(frames, calls).to_arrow().calls
    assert {table.column(name).null_count for name in calls.columns.drop("turns")} == {3}
    assert table.schema.equals(arrow_schema(CALLS))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"call_id": 5}, "has numbers in the column 'call_id', where text should be"),
        ({"completed": 1}, "has numbers in the column 'completed', where true and false should be"),
        ({"call_length": "12.5"}, "has text in the column 'call_length', where numbers should be"),
        ({"call_length": True}, "has true and false in the column 'call_length', where numbers should be"),
        ({"turns": 1.5}, "has a value in the column 'turns' that the type int32 cannot hold"),
        ({"turns": 2**40}, "has a value in the column 'turns' that the type int32 cannot hold"),
        ({"turns": None}, "has null in the column 'turns'"),
        ({"created_at": NOON.replace(tzinfo=None)}, "has times without a zone in the column 'created_at'"),
        (
            {"created_at": "2026-03-02"},
            "has text in the column 'created_at', where times with a zone should be",
        ),
        (
            {"created_at": pd.Timestamp(1, tz="UTC")},
            "has a value in the column 'created_at' that the type timestamp",
        ),
        ({"result": [["a"]] * 3}, "has list<item: string> in the column 'result', where text should be"),
    ],
)
def test_a_change_with_loss_is_refused(
    tmp_path: Path, frames: CampaignFrames, change: dict[str, Any], message: str
) -> None:
    changed = with_calls(frames, frames.calls.assign(**change))
    for write in (changed.to_parquet, changed.to_csv):
        with pytest.raises(ConfigurationError, match="columns of your own") as raised:
            write(tmp_path / "out")
        assert str(raised.value).startswith(f"The calls table {message}")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", TABLES)
def test_a_missing_column_is_named(frames: CampaignFrames, name: str) -> None:
    without = getattr(frames, name).drop(columns=TABLES[name][1].name)
    message = rf"The {name} table lacks the column '{TABLES[name][1].name}'\. Keep every column"
    with pytest.raises(UnknownColumnError, match=message):
        dataclasses.replace(frames, **{name: without}).to_arrow()


@pytest.mark.parametrize("twice", ["result", "own"])
def test_two_columns_of_one_name_are_refused(frames: CampaignFrames, twice: str) -> None:
    calls = frames.calls.assign(own=1)
    doubled = pd.concat([calls, calls[[twice]]], axis="columns")
    with pytest.raises(ConfigurationError, match=rf"The calls table has 2 columns with the name '{twice}'"):
        with_calls(frames, doubled).to_arrow()


@pytest.mark.parametrize("label", [0, None, ("a", "b"), NOON])
def test_a_name_that_is_not_text_is_refused(frames: CampaignFrames, label: Any) -> None:
    calls = frames.calls.assign(own=1).rename(columns={"own": label})
    with pytest.raises(
        ConfigurationError, match=r"The calls table has a column with the name .*Name columns"
    ):
        with_calls(frames, calls).to_arrow()


@pytest.mark.parametrize(
    "values",
    [
        [1, "a", None],
        [1j, 2j, 3j],
        [object(), None, None],
        ["\ud800", "a", "b"],
        [2**70, 1, 2],
        [[1], "a", 2],
        [{1, 2}, "a", None],
    ],
    ids=["mixed", "complex", "object", "surrogate", "huge", "lists and text", "sets"],
)
def test_a_column_that_arrow_cannot_hold_is_named(frames: CampaignFrames, values: list[Any]) -> None:
    dtype = complex if values[0] == 1j else object
    calls = frames.calls.assign(own=pd.Series(values, dtype=dtype))
    with pytest.raises(
        ConfigurationError, match=r"The calls table has values in the column 'own' that Arrow"
    ):
        with_calls(frames, calls).to_arrow()


def test_text_that_utf8_cannot_hold_is_named_in_the_schema_too(frames: CampaignFrames) -> None:
    calls = frames.calls.astype({"call_id": object})
    calls.loc[0, "call_id"] = "\udfff"
    with pytest.raises(ConfigurationError, match=r"The calls table has values in the column 'call_id'"):
        with_calls(frames, calls).to_arrow()


def test_attributes_of_a_frame_do_no_harm(tmp_path: Path, frames: CampaignFrames) -> None:
    frames.calls.attrs["made by"] = object()
    frames.to_parquet(tmp_path)
    assert_same_frames(read_parquet(tmp_path), frames)


def test_empty_tables_take_columns_of_your_own(tmp_path: Path) -> None:
    frames = CampaignFrames.from_arrow(empty_tables())
    written = with_calls(frames, frames.calls.assign(own=pd.Series(dtype="category")))
    written.to_parquet(tmp_path)
    assert_same_frames(read_parquet(tmp_path), written)


def test_to_pandas_keeps_other_columns_behind_those_asked_for() -> None:
    table = pa.table({"z": [1, None], **{column.name: [None, None] for column in TABLES["problems"]}})
    frame = to_pandas(table, TABLES["problems"][:2])
    assert list(frame.columns) == ["campaign_id", "call_id", "z", "call_index", "field", "problem", "value"]
    assert frame["z"].dtype == pd.Int64Dtype()
