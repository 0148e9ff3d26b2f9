from __future__ import annotations

import io
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from caldframe.export import BrokenSealError, seal_parquet, unseal_parquet

TABLE = pa.table({"text": ["a", None, "sha256:" + "0" * 64], "number": [1, 2, 3]})
SEALED = seal_parquet(TABLE, "calls", {"caldframe.raw": "x"}, {"compression": "none"})


def problem_of(content: bytes) -> str:
    with pytest.raises(BrokenSealError) as caught:
        unseal_parquet(content)
    return caught.value.problem


def test_what_was_sealed_comes_back_with_what_was_said_of_it() -> None:
    table, about = unseal_parquet(SEALED)
    assert table.equals(TABLE)
    assert about["caldframe.table"] == "calls"
    assert about["caldframe.raw"] == "x"
    assert set(about) == {"caldframe.table", "caldframe.raw", "caldframe.version", "caldframe.sha256"}


def test_a_sealed_file_is_parquet_like_any_other() -> None:
    assert pq.read_table(io.BytesIO(SEALED)).equals(TABLE)


def test_the_same_table_gives_the_same_bytes() -> None:
    assert seal_parquet(TABLE, "calls", {"caldframe.raw": "x"}, {"compression": "none"}) == SEALED
    assert seal_parquet(TABLE, "calls", {"caldframe.raw": "y"}, {"compression": "none"}) != SEALED


def test_a_change_to_any_byte_shows() -> None:
    chance = random.Random(1)
    for position in range(len(SEALED)):
        changed = bytearray(SEALED)
        changed[position] ^= 1 << chance.randrange(8)
        assert problem_of(bytes(changed)) in {"checksum", "torn", "foreign"}


def test_a_file_cut_short_anywhere_is_torn() -> None:
    for length in range(len(SEALED)):
        assert problem_of(SEALED[:length]) == "torn"


def test_bytes_added_show() -> None:
    assert problem_of(SEALED + b"x") == "torn"
    assert problem_of(SEALED + SEALED) == "checksum"


def test_a_file_of_another_program_is_foreign() -> None:
    sink = io.BytesIO()
    pq.write_table(TABLE, sink)
    assert problem_of(sink.getvalue()) == "foreign"
