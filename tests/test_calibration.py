"""The intervals hold the truth about as often as they promise: a part of the benchmark, and its page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.calibration import (
    FAMILIES,
    WANTED,
    Case,
    Coverage,
    Ends,
    Family,
    Talks,
    main,
    measure,
    render,
)
from benchmarks.report import BEGIN, END
from caldframe.metrics.compare import compare_lengths, compare_outcomes
from caldframe.metrics.lengths import length_summary
from caldframe.metrics.outcomes import outcome_rates
from caldframe.metrics.reach import reach_curve
from caldframe.stats import wilson_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
CASES = {case.what: case for family in FAMILIES[:-1] for case in family.cases}
CAMPAIGNS = 1_500


def holds(low: Any, high: Any, truth: float) -> float:
    ends = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    return float(((ends[0] <= truth) & (truth <= ends[1])).mean())


@pytest.mark.parametrize(
    "what",
    [
        "35% of 100 calls",
        "5% of 1,000 calls",
        "35% of 100 calls, 35% of 100",
        "5% of 1,000 calls, 2% of 1,000",
        "90% of 40 calls, 60% of 40",
        "300 calls, not rounded",
        "100 prospects, by attempt 3",
        "1,000 prospects, by attempt 5",
    ],
)
def test_intervals_hold_the_truth_as_often_as_wanted(what: str) -> None:
    found = measure(CASES[what], 10_000, seed=1)
    assert WANTED[0] < found.held < WANTED[1]
    assert found.verdict == "yes"
    assert max(found.truth_below, found.truth_above) < 0.04


def test_the_bootstrap_holds_the_truth_as_often_as_it_says() -> None:
    found = measure(CASES["30 calls and 30, not rounded"], 250, seed=1)
    assert found.held > WANTED[0]


def test_wilson_falls_short_where_the_page_says_so() -> None:
    found = measure(CASES["1% of 100 calls"], 10_000, seed=1)
    assert found.verdict == "**too seldom**"
    assert found.truth_above == 0


def test_calls_that_depend_on_one_another_break_the_promise() -> None:
    one, two, five = (measure(case, 2_000, seed=1) for case in FAMILIES[-1].cases)
    assert WANTED[0] < one.held < WANTED[1]
    assert one.held > two.held > five.held
    assert five.verdict == "**too seldom**"


def too_narrow(generator: np.random.Generator, repetitions: int) -> Ends:
    return Ends(*wilson_interval(generator.binomial(100, 0.35, repetitions), 100, 0.8), 0.35)


def never(generator: np.random.Generator, repetitions: int) -> Ends:
    low, high = (np.where(np.arange(repetitions) < repetitions // 4, end, np.nan) for end in (0.3, 0.5))
    return Ends(low, high, 0.4)


def test_an_interval_that_is_too_narrow_is_found_out() -> None:
    found = measure(Case("80%", too_narrow), 10_000, seed=1)
    assert found.held == pytest.approx(0.8, abs=0.03)
    assert found.verdict == "**too seldom**"


def test_repetitions_without_an_interval_are_counted_apart() -> None:
    assert measure(Case("seldom", never), 1_000, seed=1) == Coverage("seldom", 1, 0, 0, 0.75)


def make_campaigns(calls: int, draw: Any) -> pd.DataFrame:
    """Give campaigns of as many calls each, one below the other."""
    generator = np.random.default_rng(5)
    size = CAMPAIGNS * calls
    return pd.DataFrame(
        {
            "campaign_id": np.repeat(np.arange(CAMPAIGNS), calls),
            "completed": True,
            **draw(generator, size),
        }
    )


def picked_up(generator: np.random.Generator, size: int) -> dict[str, NDArray[Any]]:
    return {"result": np.where(generator.random(size) < 0.35, "pickedUp", "unanswered")}


def test_the_rates_of_whole_campaigns_are_calibrated() -> None:
    table = outcome_rates(make_campaigns(60, picked_up), "campaign_id").query("result == 'pickedUp'")
    assert len(table) == CAMPAIGNS
    assert WANTED[0] < holds(table["low"], table["high"], 0.35) < WANTED[1]


def test_the_comparisons_of_whole_campaigns_are_calibrated() -> None:
    calls = make_campaigns(60, picked_up)
    table = compare_outcomes(calls, "campaign_id", baseline=0)
    truth = 0.35 - float(table["rate"][0])
    # The baseline is one and the same, so its own error is in every difference: only its width is new.
    wide = (table["high"] - table["low"])[1:]
    alone = (table["rate_high"] - table["rate_low"])[1:]
    assert (wide > 1.3 * alone).all()
    assert holds(table["low"][1:], table["high"][1:], truth) > WANTED[1]
    rest = compare_outcomes(calls, "campaign_id")
    assert WANTED[0] < holds(rest["low"], rest["high"], 0) < WANTED[1]
    assert 0.02 < (rest["p_value"] < 0.05).mean() < 0.07
    assert (rest["p_adjusted"] > 0.05).all()


def test_the_medians_of_whole_campaigns_are_calibrated() -> None:
    def lengths(generator: np.random.Generator, size: int) -> dict[str, Any]:
        return {"result": "pickedUp", "call_length": Talks(88, whole=False).draw(generator, (size,))}

    calls = make_campaigns(80, lengths)
    table = length_summary(calls, "campaign_id")
    assert 0.95 < holds(table["median_low"], table["median_high"], 88) < 0.98
    few = compare_lengths(calls[calls["campaign_id"] < 100], "campaign_id")
    assert holds(few["low"], few["high"], 0) > WANTED[0]
    assert 0.01 < (few["p_value"] < 0.05).mean() < 0.1


def test_the_reach_of_whole_campaigns_is_calibrated() -> None:
    """Prospects are attempted three times, a third of them once, until they pick up."""

    calls = make_campaigns(120, picked_up)
    order = np.arange(len(calls))
    prospect, attempt = order // 3, order % 3
    calls["prospect_number"] = "+1202555" + pd.Series(prospect % 40 + 1000).astype("str")
    calls["direction"] = "outbound"
    calls["created_at"] = pd.Timestamp("2026-03-02", tz="UTC") + pd.to_timedelta(attempt, unit="D")
    kept = (prospect % 3 != 0) | (attempt == 0)
    curve = reach_curve(calls[kept], "campaign_id")
    for row in (1, 2, 3):
        at = curve[curve["attempt"] == row]
        assert len(at) == CAMPAIGNS
        assert WANTED[0] < holds(at["low"], at["high"], 1 - 0.65**row) < WANTED[1]


def test_the_true_medians_are_those_of_many_draws() -> None:
    for talks in (Talks(88), Talks(88, whole=False), Talks(88, hang_ups=1 / 3), Talks(88, hang_ups=0.6)):
        drawn = np.median(talks.draw(np.random.default_rng(1), (400_001,)))
        assert talks.true_median() == pytest.approx(drawn, abs=1.01 if talks.whole else 0.7)


def test_the_table_says_all_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    narrow = Family("Narrow", (Case("80%", too_narrow), Case("seldom", never)), 10_000)
    text = render([narrow], share=0.1, seed=1)
    assert (
        "### Narrow\n\n1,000 repetitions, so that 95% is known to ±1.4%. Within 93% to 97%: 0 of 2.\n" in text
    )
    assert "| seldom | 100.0% | 0.0% | 0.0% | 75.0% | more often |" in text
    assert "| **too seldom** |" in text
    assert capsys.readouterr().err == "Narrow\n"


def test_a_run_writes_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.calibration.FAMILIES", FAMILIES[:1])
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nstale\n{END}\nafter\n", encoding="utf-8")
    main(["--share", "0.001", "--write", str(page)])
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{BEGIN}\n### Rates")
    assert text.endswith(f"{END}\nafter\n")
    assert "stale" not in text


def test_the_page_has_every_case() -> None:
    page = (ROOT / "docs" / "calibration.md").read_text(encoding="utf-8")
    for family in FAMILIES:
        assert f"### {family.title}\n\n{family.repetitions:,} repetitions" in page
        for case in family.cases:
            assert f"| {case.what} |" in page
