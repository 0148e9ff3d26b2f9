from __future__ import annotations

import logging
import sys
import tempfile
from typing import TYPE_CHECKING

import pytest

from benchmarks import soak as soaking
from benchmarks.soak import Soaked, World, main, render, soak
from benchmarks.vitals import VITALS, trend, vitals_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux says in /proc what a process holds"
)


@pytest.fixture(scope="module")
def soaked(tmp_path_factory: pytest.TempPathFactory) -> Soaked:
    return soak(0.5, 200.0, tmp_path_factory.mktemp("soak"), World(campaigns=6, calls=20))


def test_a_short_soak_loses_nothing_and_leaves_nothing_open(soaked: Soaked) -> None:
    assert soaked.differences == []
    assert [one.name for one in soaked.trends] == list(VITALS)
    # Memory is for the long run: in a second it may still find its level.
    assert [one for one in soaked.trends if one.name != "memory" and not one.holds] == []
    assert logging.getLogger("caldframe").level == logging.NOTSET
    assert tempfile.gettempdir() == tempfile.tempdir


def test_a_soak_meets_faults_and_goes_on(soaked: Soaked) -> None:
    tally, asked = soaked.tally, soaked.asked
    assert asked.requests > asked.faults > 0
    assert tally["retries"] > 0
    assert tally["reports"] > 0
    assert tally["campaigns"] == tally["fetched"] + tally["synced"] + tally["watched"] + tally["failures"]
    assert "what the sandbox had" in render(soaked, 200.0)


def test_what_grows_is_found() -> None:
    seconds = [60.0 * number for number in range(60)]
    flat = [2.0] * 30 + [3.0] + [2.0] * 29
    for name in ("threads", "descriptors", "sockets", "files"):
        assert trend(name, seconds, flat).holds
        assert not trend(name, seconds, [number // 30 for number in range(60)]).holds
    leaking = [1e8 + 1e6 * number for number in range(60)]
    found = trend("memory", seconds, leaking)
    assert not found.holds
    assert found.an_hour == pytest.approx(60e6)
    assert found.grown == pytest.approx(38e6, rel=0.03)
    warming_up = [1e7 * min(number, 10) for number in range(60)]
    assert trend("memory", seconds, warming_up).holds


def test_this_process_is_seen(tmp_path: Path) -> None:
    before = vitals_of("self", tmp_path)
    with (tmp_path / "file").open("w"):
        during = vitals_of("self", tmp_path)
    assert before.memory > 10_000_000
    assert before.threads >= 1
    assert during.descriptors == before.descriptors + 1
    assert (before.files, during.files) == (0, 1)


@pytest.mark.parametrize("differences", [[], ["the archive's calls are not the API's"]])
def test_the_program_says_how_it_went(
    soaked: Soaked,
    differences: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    trends = [trend(name, range(12), [1e8] * 12) for name in VITALS]
    done = Soaked(soaked.seconds, soaked.world, soaked.tally, soaked.asked, trends, differences)
    monkeypatch.setattr(soaking, "soak", lambda *_: done)
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- measured: begin -->\n<!-- measured: end -->\n", encoding="utf-8")
    assert main(["--write", str(page)]) == len(differences)
    assert capsys.readouterr().out in page.read_text(encoding="utf-8")
