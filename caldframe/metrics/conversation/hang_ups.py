"""After which of the assistant's lines calls end early."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from caldframe.engine import Frame, check_whole, count_rows, map_campaigns
from caldframe.metrics.conversation.lines import JUDGED_CALL, lines_of, picked_up_calls
from caldframe.phrases import find_phrases, load_patterns
from caldframe.similar_lines import check_similarity, group_lines
from caldframe.stats import check_confidence, difference_interval, rate_with_interval
from caldframe.turns import TURN, count_user_turns

__all__ = ["hang_up_lines"]


def hang_up_lines(
    transcripts: Frame,
    calls: Frame,
    *,
    engaged_turns: int = 3,
    similarity: float = 0.9,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Tell after which lines of the assistant calls end early, beside other lines at the same point.

    A completed, picked-up call ended early if the user said something in fewer than `engaged_turns` turns: it
    never became what `funnel` calls engaged. That is a limit in turns, not in seconds, because it is turns
    that a transcript has; a slow greeting does not make a call long. The line that such a call ended after
    is the last that the assistant said in it, whether the user then hung up without a word or said no.

    Early calls end after early lines, so that a first line looks worse than a tenth one for no fault of its
    own. Each line is therefore held against other lines at the same place: first lines against first lines,
    second against second, as often as the line itself was said there.

    Parameters
    ----------
    transcripts : Frame
        One row a turn; the columns `campaign_id`, `call_id`, `turn`, `role` and `content` are read.
    calls : Frame
        One row a call; the columns `campaign_id`, `call_id`, `completed` and `result` are read.
    engaged_turns : int, default 3
        A call with fewer turns of the user ended early.
    similarity : float, default 0.9
        How similar lines are that count as one, from 0.7 to 1: with 0.9, one word of ten may be another.
        Names and numbers do not matter; see `caldframe.similar_lines.group_lines`.
    confidence : float, default 0.95
        The confidence level of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row a line after which a call ended early, the one with most such calls first, then the one that
        was said less often, then by the alphabet. Columns:

        - `line` (str): of the similar lines, the most frequent one
        - `variants` (int64): how many different lines it stands for
        - `turn` (int64): the place at which it was said most often, 0 being the assistant's first line
        - `goodbye` (bool): whether it takes leave, in English, Spanish, French or German
        - `calls` (int64): calls that ended early after it
        - `hang_ups` (int64): calls that ended early in all, also those in which the assistant said nothing
        - `share_of_hang_ups` (float64): calls / hang_ups, with `share_low` and `share_high`
        - `said` (int64): how often it was said in calls that could still end early: before the user's turn
          number `engaged_turns`
        - `hazard` (float64): calls / said, with `hazard_low` and `hazard_high`
        - `elsewhere_said` (int64): how often other lines were said at the places where this one was
        - `elsewhere` (float64): their hazard, the mean over these places, each weighted by how often this
          line was said there; with `elsewhere_low` and `elsewhere_high`
        - `difference` (float64): hazard - elsewhere, 0.02 being two points in a hundred, with `low` and
          `high`

        Where nothing else was said at the same places there is no comparison: NaN. The attributes
        ``attrs["engaged_turns"]``, ``attrs["similarity"]`` and ``attrs["confidence"]`` of the table say how
        it was made.

    Raises
    ------
    UnknownColumnError
        If a table lacks a column.
    ConfigurationError
        If an argument is wrong, or a column holds values of another kind.

    See Also
    --------
    drop_off : How many calls end after each turn, whatever was said.
    openings : First lines by what became of the calls.

    Notes
    -----
    The intervals are Wilson's; that of `elsewhere` takes 1 / Σ (w² / n) for the number of lines, w being the
    weight of a place and n how many other lines were said there, which is n where there is one place. The
    difference has Newcombe's hybrid score interval (1998b, method 10) of the two.

    **When it misleads.** A goodbye ends calls because it is one: see `goodbye`, and leave such lines out to
    look for those that lose people. What is said to people who have just refused comes before the end
    without being its cause: look at what the user said before it. Lines that are said to some and not to
    others are said to different people. Many lines are compared, of which some stand out by chance, with
    intervals that are of one line each. A transcript that breaks off counts as a call that ended there.

    References
    ----------
    Newcombe, R. G. (1998b). Interval estimation for the difference between independent proportions:
    comparison of eleven methods. Statistics in Medicine 17, 873-890.

    Examples
    --------
    >>> calls = pd.DataFrame({"campaign_id": "c1", "call_id": ["k1", "k2", "k3"]})
    >>> calls = calls.assign(completed=True, result="pickedUp")
    >>> said = ["Hi Ann, is this your home?", "Hi Bob, is this your home?", "Hello."]
    >>> transcripts = calls[["campaign_id", "call_id"]].assign(turn=0, role="assistant", content=said)
    >>> table = hang_up_lines(transcripts, calls)
    >>> table[["line", "variants", "calls", "said", "hazard", "elsewhere_said"]]
                             line  variants  calls  said  hazard  elsewhere_said
    0  Hi Ann, is this your home?         2      2     2     1.0               1
    1                      Hello.         1      1     1     1.0               2
    """
    check_confidence(confidence)
    check_similarity(similarity)
    least = check_whole("engaged_turns", engaged_turns)
    parts = map_campaigns(
        partial(_count_lines, engaged_turns=least), (transcripts, TURN), (calls, JUDGED_CALL)
    )
    counts = pd.concat([counted for counted, _ in parts], ignore_index=True)
    hang_ups = sum(ended for _, ended in parts)

    groups = group_lines(counts["line"], similarity, counts["said"].to_numpy())
    cells = counts.assign(group=groups.numbers, ended=counts["said"].where(counts["ended"], 0))
    cells = cells.groupby(["group", "place"])[["said", "ended"]].sum().reset_index()
    of_groups = cells.groupby("group")[["said", "ended"]].sum()
    often = cells.sort_values(["group", "said", "place"], ascending=[True, False, True]).drop_duplicates(
        "group"
    )
    others = _elsewhere(cells, len(groups.lines))

    table = pd.DataFrame({"line": groups.lines, "variants": groups.variants})
    table["turn"] = often["place"].to_numpy(dtype=np.int64)
    table["goodbye"] = np.isin(
        np.arange(len(table)), find_phrases(table["line"], load_patterns("goodbyes"))["row"].to_numpy()
    )
    table["calls"] = of_groups["ended"].to_numpy(dtype=np.int64)
    table["hang_ups"] = np.int64(hang_ups)
    _add_rate(table, "share_of_hang_ups", table["calls"], table["hang_ups"], confidence)
    table["said"] = of_groups["said"].to_numpy(dtype=np.int64)
    _add_rate(table, "hazard", table["calls"], table["said"], confidence)
    table["elsewhere_said"] = others["said"].to_numpy(dtype=np.int64)
    _add_rate(table, "elsewhere", others["hits"], others["size"], confidence)
    table["difference"] = table["hazard"] - table["elsewhere"]
    table["low"], table["high"] = difference_interval(
        table["calls"], table["said"], others["hits"], others["size"], confidence
    )
    shown = table[table["calls"] > 0].sort_values(["calls", "said", "line"], ascending=[False, True, True])
    shown = shown.reset_index(drop=True)
    shown.attrs = {"engaged_turns": least, "similarity": float(similarity), "confidence": float(confidence)}
    return shown


def _count_lines(
    transcripts: pd.DataFrame, calls: pd.DataFrame, *, engaged_turns: int
) -> tuple[pd.DataFrame, int]:
    """Count the lines of some campaigns by place and by whether their call ended early after them.

    Beside them is how many calls ended early in all.
    """
    picked_up = picked_up_calls(calls)
    lines = lines_of(transcripts, picked_up)
    ended = lines.last & (lines.users < engaged_turns)
    said = pd.DataFrame({"line": lines.content, "place": lines.place, "ended": ended})
    counts = count_rows(said[lines.users_before < engaged_turns], ["line", "place", "ended"])
    hang_ups = int((count_user_turns(picked_up, transcripts) < engaged_turns).sum())
    return counts.keys.assign(said=counts.rows), hang_ups


def _elsewhere(cells: pd.DataFrame, groups: int) -> pd.DataFrame:
    """Give for each group what other lines come to at its places, as if they were of one place."""
    at_place = cells.groupby("place")[["said", "ended"]].transform("sum")
    other = at_place - cells[["said", "ended"]]
    there = other["said"] > 0
    cells, other = cells[there], other[there]
    weight = cells["said"] / cells.groupby("group")["said"].transform("sum")
    parts = pd.DataFrame(
        {
            "group": cells["group"],
            "said": other["said"],
            "hazard": weight * other["ended"] / other["said"],
            "variance": weight**2 / other["said"],
        }
    )
    sums = parts.groupby("group").sum().reindex(range(groups), fill_value=0)
    size = 1 / sums["variance"].where(sums["variance"] > 0)
    return pd.DataFrame({"said": sums["said"], "hits": sums["hazard"] * size, "size": size}).fillna(0)


def _add_rate(table: pd.DataFrame, name: str, hits: Any, totals: Any, confidence: float) -> None:
    prefix = name.partition("_")[0]
    rates = rate_with_interval(hits, totals, confidence)
    table[name], table[f"{prefix}_low"], table[f"{prefix}_high"] = rates
