"""How much each side says, summed up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from call_frames import make_calls
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from turn_frames import make_call, make_turns, random_turns

from caldframe.errors import ConfigurationError, UnknownColumnError
from caldframe.fetch import load_campaign
from caldframe.metrics.conversation import talk_metrics, talk_summary

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

MEASURES = [
    *("turns", "switches", "words", "user_words", "assistant_words", "word_share"),
    *("questions_user", "questions_assistant", "longest_turn_words", "longest_monologue_words"),
    *("words_per_minute", "switches_per_minute"),
]
NUMBERS = ["mean", "std", "p10", "p50", "p90", "median_low", "median_high"]
DTYPES = {"measure": "str", "n": "int64", **dict.fromkeys(NUMBERS, "float64")}


def median_interval(values: np.ndarray[Any, Any], confidence: float) -> tuple[float, float]:
    """The order statistics between which the median lies, by trying all ranks."""
    n = len(values)
    ranks = [rank for rank in range(1, n // 2 + 2) if binom.cdf(rank - 1, n, 0.5) <= (1 - confidence) / 2]
    if not ranks:
        return float("nan"), float("nan")
    ordered = np.sort(values)
    return float(ordered[ranks[-1] - 1]), float(ordered[n - ranks[-1]])


@given(
    random_turns(),
    st.lists(
        st.tuples(
            st.sampled_from(["c1", "c2", None]),
            st.sampled_from(["k1", "k2", "k3", "k9", None]),
            st.sampled_from([True, True, False, None]),
            st.sampled_from(["pickedUp", "pickedUp", "ivr", None]),
            st.sampled_from([30.0, 7.5, 0.0, None]),
            st.sampled_from(["a", "b", None]),
        ),
        max_size=16,
    ),
    st.sampled_from([None, "agent_id"]),
    st.sampled_from([0.5, 0.9]),
)
def test_numbers_are_those_of_numpy_and_scipy(
    transcripts: pd.DataFrame, rows: list[tuple[Any, ...]], by: str | None, confidence: float
) -> None:
    names = ("campaign_id", "call_id", "completed", "result", "call_length", "agent_id")
    calls = make_calls(**dict(zip(names, zip(*rows, strict=True) if rows else [()] * 6, strict=True)))
    table = talk_summary(transcripts, calls, by, confidence=confidence)
    columns = [by] if by else []
    assert table.columns.tolist() == [*columns, *DTYPES]
    assert table.dtypes[len(columns) :].astype(str).to_dict() == DTYPES
    talk = talk_metrics(transcripts, calls)
    counted = np.array([bool(row[2]) and row[3] == "pickedUp" for row in rows], dtype=bool)
    groups = sorted({row[5] for row in rows}, key=lambda name: (name is None, name or "")) if by else [None]
    assert len(table) == len(groups) * len(MEASURES)
    for number, group in enumerate(groups):
        own = counted & np.array([not by or row[5] == group for row in rows], dtype=bool)
        part = table.iloc[number * len(MEASURES) : (number + 1) * len(MEASURES)]
        assert part["measure"].tolist() == MEASURES
        rows_of_part: list[Any] = part.to_dict("records")
        for row in rows_of_part:
            values = talk.loc[own, row["measure"]].dropna().to_numpy(dtype=float)
            assert row["n"] == len(values)
            if len(values) == 0:
                assert all(np.isnan(row[name]) for name in NUMBERS)
                continue
            low, high = median_interval(values, confidence)
            expected = {
                "mean": np.mean(values),
                "std": np.std(values, ddof=1) if len(values) > 1 else np.nan,
                **{f"p{percent}": np.percentile(values, percent) for percent in (10, 50, 90)},
                "median_low": low,
                "median_high": high,
            }
            assert {name: row[name] for name in NUMBERS} == pytest.approx(expected, nan_ok=True)


def test_the_mean_share_is_the_mean_of_the_shares() -> None:
    transcripts = make_turns(
        *make_call("k1", ("assistant", "one two three four five six seven eight nine"), ("user", "ten")),
        *make_call("k2", ("user", "no")),
        *make_call("k3", ("user", "...")),
    )
    calls = make_calls(
        campaign_id=["c1"] * 3, call_id=["k1", "k2", "k3"], completed=[True] * 3, result=["pickedUp"] * 3
    )
    table = talk_summary(transcripts, calls).set_index("measure")
    n, mean = table["n"].to_dict(), table["mean"].to_dict()
    assert (n["word_share"], mean["word_share"]) == (2, 0.45)
    assert (n["words"], n["words_per_minute"]) == (3, 0)


def test_wrong_arguments_and_missing_columns_are_named() -> None:
    with pytest.raises(ConfigurationError, match=r"0\.95 for 95%"):
        talk_summary(make_turns(), make_calls(), confidence=95)
    with pytest.raises(ConfigurationError, match="has a column of that name"):
        talk_summary(make_turns(), make_calls(), "measure")
    with pytest.raises(UnknownColumnError, match="'completed'"):
        talk_summary(make_turns(), make_calls().drop(columns="completed"))


def test_the_real_campaign_is_summed_up_whole(real_campaign: Path) -> None:
    frames = load_campaign(real_campaign)
    table = talk_summary(frames.transcripts, frames.calls).set_index("measure")
    assert table.loc["turns", "n"] == 2966
    assert table["mean"].to_dict()["word_share"] == pytest.approx(0.55, abs=0.05)
