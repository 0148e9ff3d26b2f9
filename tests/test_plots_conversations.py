from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from charts import check_drawing, labels, legend_of, marks, sample_frames, ticks, whiskers, x_of, y_of

from caldframe import plots
from caldframe.errors import ConfigurationError
from caldframe.metrics.conversation import distinctive_terms, drop_off, talk_metrics

if TYPE_CHECKING:
    from caldframe.frames import CampaignFrames


@pytest.fixture(scope="module")
def frames() -> CampaignFrames:
    return sample_frames()


def said(*turns: tuple[str, str, str]) -> pd.DataFrame:
    """Give transcripts of turns that are each a call, a role and what was said."""
    table = pd.DataFrame(turns, columns=["call_id", "role", "content"]).assign(campaign_id="c")
    return table.assign(turn=table.groupby("call_id").cumcount())


def test_every_call_in_which_something_was_said_is_a_mark(frames: CampaignFrames) -> None:
    table = talk_metrics(frames.transcripts, frames.calls)
    ax = plots.talk_metrics(table)
    spoken = table[table["words"] > 0]
    expected = zip(spoken["words"].astype(float), spoken["word_share"], strict=True)
    assert marks(ax) == sorted(expected)
    assert ax.get_xscale() == "log"
    assert y_of(ax.lines[0]) == [0.5, 0.5]
    silent = len(table) - len(spoken)
    assert ax.get_xlabel().endswith(f"n = {len(spoken)} calls; {silent} calls without a word are left out")
    check_drawing(ax)


def test_the_axis_of_words_has_round_numbers() -> None:
    turns = [("k1", "user", "yes " * 30), ("k2", "assistant", "well " * 90)]
    ax = plots.talk_metrics(talk_metrics(said(*turns)))
    assert [label.get_text() for label in ax.get_xticklabels()] == ["50"]
    assert marks(ax) == [(30, 0), (90, 1)]
    one = plots.talk_metrics(talk_metrics(said(turns[0])))
    assert marks(one) == [(30, 0)]
    check_drawing(one)


def test_without_a_word_it_says_so() -> None:
    table = talk_metrics(said(("k1", "user", "...")))
    assert labels(plots.talk_metrics(table)) == ["no words to show"]


def test_the_share_that_gets_to_each_turn(frames: CampaignFrames) -> None:
    table = drop_off(frames.transcripts, frames.calls, max_turns=20)
    ax = plots.drop_off(table)
    assert marks(ax) == list(zip(table["turn"].astype(float), table["share"], strict=True))
    assert whiskers(ax) == table[["low", "high"]].to_numpy().tolist()
    assert ax.get_xlabel() == "turn\nn = 42 calls (with 95% intervals)"
    assert ax.get_title() == "How many turns calls last"
    few = table.loc[table["at_risk"] < 30, "turn"].tolist()
    assert [turn for turn, _ in marks(ax, hollow=True)] == few


def test_many_turns_are_a_line_in_a_band(frames: CampaignFrames) -> None:
    table = drop_off(frames.transcripts, frames.calls)
    assert table["turn"].max() > 25
    ax = plots.drop_off(table)
    assert y_of(ax.lines[0]) == table["share"].tolist()
    assert x_of(ax.lines[0]) == table["turn"].tolist()
    (band,) = ax.collections[0].get_paths()
    assert set(np.asarray(band.vertices)[:, 1]) == {*table["low"], *table["high"]}
    assert whiskers(ax) == []


def test_the_hazard_says_at_which_turn_calls_end(frames: CampaignFrames) -> None:
    table = drop_off(frames.transcripts, frames.calls)
    ax = plots.drop_off(table, show="hazard")
    at_risk = table[table["at_risk"] > 0]
    assert [share for _, share in marks(ax)] == at_risk["hazard"].tolist()
    assert whiskers(ax) == at_risk[["hazard_low", "hazard_high"]].to_numpy().tolist()
    assert ax.get_title() == "Where calls end"
    with pytest.raises(ConfigurationError, match="show='risk' is none of 'share', 'hazard'"):
        plots.drop_off(table, show="risk")  # type: ignore[arg-type]


def test_groups_of_calls_have_lines_of_their_own(frames: CampaignFrames) -> None:
    table = drop_off(frames.transcripts, frames.calls, "direction")
    ax = plots.drop_off(table)
    assert legend_of(ax) == ["inbound (4 calls)", "outbound (38 calls)"]
    assert y_of(ax.lines[1]) == table.loc[table["direction"] == "outbound", "share"].tolist()
    assert "n = 42 calls" in ax.get_xlabel()


def test_a_legend_has_room_above_curves_that_stay_up(frames: CampaignFrames) -> None:
    curves = [
        plots.drop_off(drop_off(frames.transcripts, frames.calls, "direction", max_turns=turns))
        for turns in (5, None)
    ]
    assert curves[0].get_ylim()[1] > 1.15 > curves[1].get_ylim()[1]
    assert max(curves[0].get_yticks()) <= 1


def test_calls_that_are_not_over_give_no_turns(frames: CampaignFrames) -> None:
    pending = frames.calls.assign(completed=False)
    assert labels(plots.drop_off(drop_off(frames.transcripts, pending))) == ["no calls to show"]


@pytest.fixture
def two_sides() -> pd.DataFrame:
    talk = [("k", "assistant", "please hold the line"), ("k", "user", "no thanks never")] * 12
    return said(*talk, ("k", "user", "no no"))


def test_the_terms_of_two_sides_stand_on_one_scale(two_sides: pd.DataFrame) -> None:
    table = distinctive_terms(two_sides, "role")
    ax = plots.distinctive_terms(table, terms=2)
    assistant, user = (table[table["group"] == role].set_index("term") for role in ("assistant", "user"))
    rows = pd.concat([assistant.head(2), assistant.loc[user.index[:2]]])
    assert ticks(ax) == rows.index.tolist()
    assert whiskers(ax, upright=False) == rows[["low", "high"]].to_numpy().tolist()
    drawn = sorted(marks(ax, "s"), key=lambda mark: mark[1])
    assert [at for at, _ in drawn] == rows["log_odds"].tolist()
    assert user.index[0] == "no"
    headings = [text for text in labels(ax) if text.startswith("more in")]
    assert headings == ["more in assistant", "more in user"]
    assert "log-odds of the term in assistant, beside user" in ax.get_xlabel()
    check_drawing(ax)


def test_the_counts_are_those_of_the_side_first(two_sides: pd.DataFrame) -> None:
    ax = plots.distinctive_terms(distinctive_terms(two_sides, "role"), terms=1)
    shown = labels(ax)
    assert shown[:6] == ["n", "12", "14", "other n", "0", "0"]


def test_few_uses_are_hollow(frames: CampaignFrames) -> None:
    table = distinctive_terms(frames.transcripts, "role")
    ax = plots.distinctive_terms(table, terms=40)
    uses = dict(zip(table["term"], table["n"] + table["other_n"], strict=True))
    lines = dict(zip(ax.get_yticks(), ticks(ax), strict=True))
    assert all(uses[lines[place]] < 30 for _, place in marks(ax, "s", hollow=True))
    assert all(uses[lines[place]] >= 30 for _, place in marks(ax, "s", hollow=False))
    assert marks(ax, "s", hollow=True)


def test_more_than_two_groups_have_their_own_terms(frames: CampaignFrames) -> None:
    groups = ["a"] * 60 + ["b"] * 40 + ["c"] * 20
    table = distinctive_terms(frames.transcripts, groups, frames.calls)
    ax = plots.distinctive_terms(table, terms=3)
    assert ticks(ax) == [
        term for _, rows in table.groupby("group") for term in rows[rows["z"] > 0]["term"].head(3)
    ]
    assert "log-odds of the term beside all others" in ax.get_xlabel()


def test_results_keep_their_colours(frames: CampaignFrames) -> None:
    ax = plots.distinctive_terms(distinctive_terms(frames.transcripts, "result", frames.calls), terms=1)
    colors = {line.get_color() for line in ax.lines if line.get_marker() == "s"}
    assert plots.RESULT_COLORS["pickedUp"] in colors


def test_one_group_has_nothing_that_sets_it_apart() -> None:
    table = distinctive_terms(said(("k", "user", "no")), "role")
    assert labels(plots.distinctive_terms(table)) == ["no terms to show"]


@pytest.mark.parametrize("terms", [0, -1, 1.5, True, "3"])
def test_the_number_of_terms_is_a_number(terms: int, two_sides: pd.DataFrame) -> None:
    with pytest.raises(ConfigurationError, match="not a whole number of 1 or more"):
        plots.distinctive_terms(distinctive_terms(two_sides, "role"), terms=terms)
