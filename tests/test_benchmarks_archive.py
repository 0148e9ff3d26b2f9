from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.archive import LATENCY, disk_alone, idle, len_of_tables, main, paces, sizes_of
from benchmarks.report import BEGIN, END
from caldframe.sandbox import synthetic_campaign

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_ways_to_keep_a_response_are_counted() -> None:
    body = synthetic_campaign(seed=1, calls=50)
    sizes = sizes_of("fifty", body).by_way
    assert sizes["JSON"] == len(body)
    assert sizes["JSON, gzip"] < sizes["JSON"]
    assert sizes["the archive"] == sizes["raw, in the archive"] + sizes["tables, in the archive"]
    assert sizes["tables, in the archive"] == len_of_tables(body, {})
    assert len_of_tables(body, {"compression": "none", "compression_level": None}) > len_of_tables(body, {})


def test_a_sync_is_timed_beside_the_network(tmp_path: Path) -> None:
    sync, fetch, *others = paces(16, 2, {"here": tmp_path / "archive"})
    assert sync.ideal == fetch.ideal == LATENCY * 16 / 8
    assert sync.share is not None
    assert 0 < sync.share < 1
    assert [pace.share for pace in others] == [None, None]


def test_the_disk_is_timed_alone(tmp_path: Path) -> None:
    assert disk_alone(3, 2, tmp_path).share is None
    assert len(list(tmp_path.glob("*/*/*/file"))) == 2 * 3 * 5


def test_a_sync_with_nothing_to_do_is_timed(tmp_path: Path) -> None:
    assert idle(20, 2, tmp_path).campaigns == 20


def test_the_tables_go_between_the_markers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, response = tmp_path / "page.md", tmp_path / "response.json"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    response.write_bytes(synthetic_campaign(seed=2, calls=30))
    few = ["--campaigns", "8", "--idle", "8", "--runs", "1", "--calls", "20"]
    main([*few, "--response", str(response), "--write", str(page)])
    text = page.read_text(encoding="utf-8")
    assert capsys.readouterr().out in text
    assert "old" not in text
    assert "| a real response |" in text
    assert text.startswith("before")
    assert text.endswith("after\n")
