from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from benchmarks.decode import measure
from benchmarks.documents import CLEAN, ODD_EVERY, ODDITIES, VARIANTS, multiply, spoil
from benchmarks.goals import find_goals
from benchmarks.measuring import Job, time_jobs
from benchmarks.peers import BOUND, OURS, OURS_ARROW, USUAL, WAYS
from benchmarks.report import BEGIN, END, render, write_between_markers
from benchmarks.response import Response
from benchmarks.results import Measured, Report, Size
from caldframe.decode import decode_campaign
from caldframe.sandbox import synthetic_campaign

if TYPE_CHECKING:
    from benchmarks.documents import Variant
    from benchmarks.peers import Way

ALWAYS_INSTALLED = (
    "caldframe_pandas",
    "caldframe_arrow",
    "json_normalize",
    "msgspec_pandas",
    "polars_document",
)
POLARS = next(way for way in WAYS if way.module == "polars_document")
ROOT = Path(__file__).parents[1]
READING = [way for way in WAYS if way.gives != "nothing"]


@pytest.fixture(scope="module")
def base() -> bytes:
    return synthetic_campaign(seed=1, calls=30)


def made(base: bytes, calls: int, variant: Variant = CLEAN) -> bytes:
    return b"".join(multiply(base, calls, variant))


def column(table: object, name: str) -> list[object]:
    arrow = pa.table(table)
    found = [own for own in arrow.column_names if own.lower().replace("_", "") == name]
    return sorted(arrow.column(found[0]).to_pylist())


@pytest.mark.parametrize("calls", [1, 7, 30, 100])
def test_a_multiplied_campaign_is_clean_and_has_as_many_calls_as_wanted(base: bytes, calls: int) -> None:
    tables = decode_campaign(made(base, calls))
    assert tables.calls.num_rows == calls
    assert tables.problems.num_rows == 0
    assert tables.campaigns["name"].to_pylist() == [json.loads(base)["name"]]


def test_a_multiplied_campaign_repeats_everything_but_the_ids(base: bytes) -> None:
    originals = json.loads(base)["calls"]
    copies = json.loads(made(base, 60))["calls"]
    assert len({call["callId"] for call in copies}) == 60
    for copy, original in zip(copies, originals * 2, strict=True):
        assert copy | {"callId": original["callId"]} == original


def test_fewer_calls_come_from_everywhere_in_the_campaign(base: bytes) -> None:
    originals = json.loads(base)["calls"]
    copies = json.loads(made(base, 3))["calls"]
    assert [call["createdAt"] for call in copies] == [originals[at]["createdAt"] for at in (0, 10, 20)]


def test_every_variant_is_unusual_in_its_own_way(base: bytes) -> None:
    for variant in VARIANTS:
        body = made(base, 60, variant)
        tables = decode_campaign(body)
        assert tables.calls.num_rows == 60
        extra = [json.loads(text) for text in tables.calls["extra"].drop_null().to_pylist()]
        assert extra == ([] if variant.added is None else [{"added": variant.added}] * 60)
        assert (body.count(b"\n") > 60) == variant.pretty


def test_one_call_in_a_hundred_is_odd_each_kind_in_turn(base: bytes) -> None:
    count = ODD_EVERY * len(ODDITIES)
    odd = next(variant for variant in VARIANTS if variant.odd)
    tables = decode_campaign(made(base, count, odd))
    assert tables.problems["call_index"].to_pylist() == [99, 199, 299, 399, 599]
    assert tables.problems["problem"].to_pylist() == [
        "wrong_type",
        "lone_surrogate",
        "duplicate_key",
        "out_of_range",
        "not_an_object",
    ]
    assert tables.calls["extra"].drop_null().to_pylist() == ['{"note":"asked for a call back"}']


@pytest.mark.parametrize("oddity", ODDITIES)
def test_a_spoiled_response_has_one_odd_call(base: bytes, oddity: str) -> None:
    tables = decode_campaign(spoil(base, oddity))
    odd = tables.problems.filter(pc.equal(tables.problems["call_index"], 2)).num_rows
    assert odd + len(tables.calls["extra"].drop_null()) == 1


def test_the_usual_ways_are_installed() -> None:
    assert {way.module for way in WAYS if way.is_installed} >= set(ALWAYS_INSTALLED)


@pytest.mark.parametrize("way", READING, ids=lambda way: way.module)
def test_every_way_finds_the_same_calls_and_words(way: Way, base: bytes, tmp_path: Path) -> None:
    if not way.is_installed:
        pytest.skip(f"{', '.join(way.needs)}: installed by `make bench` alone")
    path = tmp_path / "response.json"
    path.write_bytes(made(base, 60))
    ours = OURS_ARROW.load()(Response(path))
    theirs = way.load()(Response(path))
    assert (len(theirs.calls), len(theirs.turns)) == (ours.calls.num_rows, ours.turns.num_rows)
    assert column(theirs.calls, "callid") == column(ours.calls, "callid")
    assert column(theirs.turns, "content") == column(ours.turns, "content")


def test_a_job_sits_out_when_its_time_is_over(base: bytes, tmp_path: Path) -> None:
    path = tmp_path / "response.json"
    path.write_bytes(base)
    assert [len(times) for times in time_jobs([Job(OURS, path), Job(OURS_ARROW, path)], 3, 60)] == [3, 3]
    assert [len(times) for times in time_jobs([Job(OURS, path)], 3, 0.0)] == [0]


def test_peak_memory_holds_the_response_at_least(base: bytes, tmp_path: Path) -> None:
    path = tmp_path / "response.json"
    path.write_bytes(made(base, 20_000))
    # From a small process, as `in_fresh_process` wants it; this one is large.
    code = """
import sys
from pathlib import Path
from benchmarks.measuring import Job, in_fresh_process, peak_memory
from benchmarks.peers import OURS_ARROW
print(in_fresh_process(peak_memory, Job(OURS_ARROW, Path(sys.argv[1]))))
"""
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)  # noqa: S603
    assert int(done.stdout) > path.stat().st_size


def test_the_tables_are_written_between_the_markers_of_a_page(base: bytes, tmp_path: Path) -> None:
    campaign = tmp_path / "base.json"
    campaign.write_bytes(base)
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    report = measure(campaign, [10, 20], [OURS, OURS_ARROW, USUAL], rounds=1, seconds=1)
    write_between_markers(page, render(report))
    text = page.read_text()
    assert text.startswith(f"before\n{BEGIN}\nMeasured on ")
    assert text.endswith(f"|\n{END}\nafter\n")
    assert "old" not in text
    assert "### 20 calls" in text
    for name in (OURS.name, OURS_ARROW.name, USUAL.name):
        assert text.count(f"\n| {name} |") == 3
    assert report.failures[OURS.name] == []
    assert "a `null` among the calls" in report.failures[USUAL.name]
    assert [path.name for path in tmp_path.glob("*.json")] == ["base.json"]


def test_a_page_without_markers_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\n")
    with pytest.raises(SystemExit, match=r"page\.md lacks the lines"):
        write_between_markers(page, "new")
    assert page.read_text() == f"before\n{BEGIN}\n"


def test_goals_compare_with_the_fastest_the_usual_and_the_bound() -> None:
    seconds = {OURS: 0.4, OURS_ARROW: 0.3, USUAL: 6.0, BOUND: 0.1, POLARS: 0.6}
    times = {way.name: Measured([value, value, 99.0], 200) for way, value in seconds.items()}
    small = Size(10, 1, {OURS.name: Measured([0.002], None)})
    unusual = {
        variant.name: Size(10, 1, {OURS.name: Measured([1.8 if variant.odd else 1.0], None)})
        for variant in VARIANTS
    }
    goals = find_goals(Report([small, Size(100_000, 100, times)], unusual, {}))
    found = {goal.what: (round(goal.measured, 9), goal.is_met) for goal in goals}
    assert found["faster than json + pandas.json_normalize"] == (15.0, True)
    assert found["faster than the fastest other, Polars, one document"] == (1.5, False)
    assert found["time, to simdjson, parsing only"] == (4.0, True)
    assert found["peak memory for 100,000 calls, to the response"] == (2.0, True)
    assert found["10 calls"] == (2.0, True)
    assert found["1% odd calls, six kinds, to the clean time"] == (1.8, True)
    assert found["an unknown text on every call, to the clean time"] == (1.0, True)
