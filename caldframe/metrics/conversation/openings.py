"""What became of calls, by the assistant's first line."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from caldframe.engine import Frame, as_text, check_whole, count_rows, map_campaigns
from caldframe.errors import ConfigurationError
from caldframe.metrics.conversation.lines import JUDGED_CALL, lines_of, picked_up_calls
from caldframe.metrics.conversation.turns import KEYS
from caldframe.outcome import find_outcome
from caldframe.similar_lines import check_similarity, group_lines
from caldframe.stats import check_confidence, rate_with_interval
from caldframe.turns import TURN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caldframe.metrics.conversation.lines import Lines
    from caldframe.outcome import Outcome

__all__ = ["openings"]

_ENGAGED: Final = "engaged"


def openings(  # noqa: PLR0913 - what is counted, and how lines are told apart
    transcripts: Frame,
    calls: Frame,
    outcome: str = "engaged",
    *,
    engaged_turns: int = 3,
    similarity: float = 0.9,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Tell for each variant of the assistant's first line what became of the calls that began with it.

    What is counted are completed, picked-up calls in which the assistant said something. **It is an
    observation, not an experiment**: unless chance decided which call began how, the calls differ in more
    than their first line.

    Parameters
    ----------
    transcripts : Frame
        One row a turn; the columns `campaign_id`, `call_id`, `turn`, `role` and `content` are read.
    calls : Frame
        One row a call; the columns `campaign_id`, `call_id`, `completed`, `result` and that of the outcome
        are read.
    outcome : str, default "engaged"
        What the calls are to come to: ``engaged``, the user said something in `engaged_turns` turns or more,
        as in `funnel`; or a column of true and false that you added to the calls, such as "appointment".
    engaged_turns : int, default 3
        How many turns of the user make a call engaged.
    similarity : float, default 0.9
        How similar lines are that count as one, from 0.7 to 1: with 0.9, one word of ten may be another.
        Names and numbers do not matter; see `caldframe.similar_lines.group_lines`. To compare wordings that
        differ in a word, give 1.
    confidence : float, default 0.95
        The confidence level of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row an opening, the one that most calls began with first, then by the alphabet. Columns:

        - `line` (str): of the similar lines, the most frequent one
        - `variants` (int64): how many different lines it stands for
        - `n` (int64): calls that began with it and have the outcome
        - `total` (int64): calls that began with it
        - `rate` (float64): n / total
        - `low`, `high` (float64): the Wilson score interval of the rate

        The attributes ``attrs["outcome"]``, ``attrs["engaged_turns"]``, ``attrs["similarity"]`` and
        ``attrs["confidence"]`` of the table say how it was made, ``attrs["without_opening"]`` how many
        picked-up calls have no line of the assistant, and ``attrs["design"]`` is "observational".

    Raises
    ------
    UnknownColumnError
        If a table lacks a column.
    ConfigurationError
        If an argument is wrong, the outcome is a result, which says nothing about picked-up calls, or a
        column holds values of another kind.

    See Also
    --------
    hang_up_lines : Later lines too, by whether calls ended after them.
    compare_outcomes : Groups of calls beside one another, with p-values.

    Notes
    -----
    **When it misleads.** Each agent has its own opening, its own hours and its own list, and all of these
    are compared at once. Compare openings of one agent and one campaign, or have chance decide who hears
    which. A person who says hello first has one more turn than one who waits, so openings that answer a hello
    are engaged sooner. The intervals are of one opening each, and of many openings some stand out by chance.

    Examples
    --------
    >>> calls = pd.DataFrame({"campaign_id": "c1", "call_id": ["k1", "k2"], "sale": [True, False]})
    >>> calls = calls.assign(completed=True, result="pickedUp")
    >>> transcripts = pd.DataFrame(
    ...     {
    ...         "campaign_id": "c1",
    ...         "call_id": ["k1", "k2"],
    ...         "turn": 0,
    ...         "role": "assistant",
    ...         "content": ["Hi Anna, this is Sam.", "Hi Bob, this is Sam."],
    ...     }
    ... )
    >>> openings(transcripts, calls, outcome="sale")[["line", "variants", "n", "total", "rate"]]
                        line  variants  n  total  rate
    0  Hi Anna, this is Sam.         2  1      2   0.5
    """
    check_confidence(confidence)
    check_similarity(similarity)
    least = check_whole("engaged_turns", engaged_turns)
    sought = _find_own_outcome(calls, outcome)
    parts = map_campaigns(
        partial(_count_openings, sought=sought, engaged_turns=least),
        (transcripts, TURN),
        (calls, JUDGED_CALL if sought is None else [*JUDGED_CALL, sought.column]),
    )
    counts = pd.concat([counted for counted, _ in parts], ignore_index=True)
    groups = group_lines(counts["line"], similarity, counts["calls"].to_numpy())

    total, n = (
        calls_of.groupby(groups.numbers).sum()
        for calls_of in (counts["calls"], counts["calls"].where(counts["occurred"], 0))
    )
    table = pd.DataFrame({"line": groups.lines, "variants": groups.variants, "n": n, "total": total})
    rates = rate_with_interval(table["n"], table["total"], confidence)
    table["rate"], table["low"], table["high"] = rates
    table.attrs = {
        "outcome": outcome,
        "design": "observational",
        "without_opening": sum(picked_up for _, picked_up in parts) - int(counts["calls"].sum()),
        "engaged_turns": least,
        "similarity": float(similarity),
        "confidence": float(confidence),
    }
    return table


def _find_own_outcome(calls: Frame, outcome: str) -> Outcome | None:
    """Give what the calls are to come to, or None where it is to be engaged."""
    if outcome == _ENGAGED:
        return None
    sought = find_outcome(calls, outcome)
    if sought.column == "result":
        raise ConfigurationError(
            f"outcome={outcome!r} is a result, and openings are of picked-up calls, so that it is true of "
            f'all of them or of none. Give "{_ENGAGED}", or a column of true and false that you added.'
        )
    return sought


def _count_openings(
    transcripts: pd.DataFrame, calls: pd.DataFrame, *, sought: Outcome | None, engaged_turns: int
) -> tuple[pd.DataFrame, int]:
    """Count the first lines of some campaigns by whether their calls have the outcome; and the calls."""
    picked_up = picked_up_calls(calls)
    lines = lines_of(transcripts, picked_up)
    first = lines.place == 0
    if sought is None:
        occurred = lines.users[first] >= engaged_turns
    else:
        occurred = _have(lines, picked_up, sought)[lines.call[first]]
    so = lines.content[first].to_frame("line").assign(occurred=occurred)
    counts = count_rows(so, ["line", "occurred"])
    return counts.keys.assign(calls=counts.rows), len(picked_up)


def _have(lines: Lines, picked_up: pd.DataFrame, sought: Outcome) -> NDArray[np.bool_]:
    """Tell for each call that has turns whether it has the outcome."""
    keys = pd.DataFrame({name: as_text(picked_up[name]) for name in KEYS})
    have = keys[sought.occurred(picked_up)].drop_duplicates()
    found = lines.calls.merge(have, how="left", on=KEYS, indicator="where")["where"]
    return found.eq("both").to_numpy(dtype=np.bool_)
