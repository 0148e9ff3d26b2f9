"""Whether what was said fits how a call is said to have ended."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.engine import (
    as_booleans,
    as_numbers,
    as_text,
    check_whole,
    group_columns,
    group_rows,
    has_words,
    in_order,
    is_one_of,
    map_campaigns,
    repeat_rows,
)
from caldframe.phrases import find_phrases, load_patterns
from caldframe.stats import check_confidence, rate_with_interval
from caldframe.turns import CALL, TURN, place_turns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from caldframe.engine import Frame

__all__ = ["audit_labels", "audited_answer_rate"]

_RATE_COLUMNS: Final = ("labels", "n", "total", "rate", "low", "high")
_MACHINES: Final = {"voicemail": "voicemail", "menu": "ivr"}  # what speaks, and the result that it means
_JUDGED_CALL: Final = (*CALL, "completed", "result")
_NOBODY: Final = "nobody_spoke"
_MACHINE: Final = "machine_spoke"
_CONVERSATION: Final = "conversation"
_OTHER_MACHINE: Final = "other_machine_spoke"
_LABELS: Final = {name: f"answered, labels {name}" for name in ("given", "fewest", "most")}
_TOTAL: Final = "completed outbound calls"


@dataclass(frozen=True, eq=False)
class _Heard:
    """What was heard in each call, as rows of the transcripts; -1 where it was not.

    Parameters
    ----------
    user : numpy.ndarray of int64
        The first turn of the user that says something.
    reply : numpy.ndarray of int64
        The turn with which an exchange is one.
    machines : dict of str to numpy.ndarray of int64
        The first turn of the user that sounds like a machine of this kind.
    phrases : dict of str to pandas.Series of str
        What sounds so, by row of the transcripts.
    """

    user: NDArray[np.int64]
    reply: NDArray[np.int64]
    machines: dict[str, NDArray[np.int64]]
    phrases: dict[str, pd.Series[Any]]


def audit_labels(calls: Frame, transcripts: Frame, *, exchange_turns: int = 2) -> pd.DataFrame:
    """List the completed calls whose words contradict their result.

    The vendor decides by the sound of it whether a person, a voicemail or a menu answered, and sometimes
    decides wrongly. What was said shows some of these calls; it cannot show all.

    Parameters
    ----------
    calls : Frame
        One row a call; the columns `campaign_id`, `call_id`, `completed` and `result` are read.
    transcripts : Frame
        One row a turn, of these calls and perhaps others; the columns `campaign_id`, `call_id`, `turn`,
        `role` and `content` are read.
    exchange_turns : int, default 2
        So many replies of the user make an exchange. A reply is a turn that comes right after one of the
        assistant and does not sound like a machine.

    Returns
    -------
    pandas.DataFrame
        One row a call that is suspicious, in the order of `calls`. Columns:

        - `campaign_id`, `call_id`, `result` (str): the call, and how it is said to have ended
        - `kind` (str): ``machine_spoke``, picked up, but the user's side speaks of the tone to come or of
          keys to press; ``nobody_spoke``, picked up, but the user's side says nothing; ``conversation``, not
          picked up, but there is an exchange; ``other_machine_spoke``, said to be a voicemail but speaks as
          a menu alone, or the other way round
        - `suspected` (str): the result that it may be in truth: pickedUp, voicemail or ivr; null where
          nobody spoke
        - `turn` (Int64): the turn that shows it; null where nobody spoke
        - `evidence` (str): the phrase by which a machine is known, in small letters and without accents; of
          a conversation, the turn that completes the exchange; null where nobody spoke

    Raises
    ------
    UnknownColumnError
        If a table lacks a column.
    ConfigurationError
        If `exchange_turns` is no whole number of 1 or more, or a column holds values of another kind.

    See Also
    --------
    audited_answer_rate : What it would mean for the human answer rate.
    quality : What else may be wrong with the data.

    Notes
    -----
    What voicemails and menus say is known in English, Spanish, French and German, by patterns that are data:
    ``caldframe.phrases.load_patterns("machines")``.

    **When it misleads.** People quote machines, and some machines hold conversations. A call in which a
    machine spoke first and a person took over is listed too: it contradicts itself. Where nobody spoke, a
    person may have hung up at once. So the list is one to listen to, not one of errors.

    Examples
    --------
    >>> calls = pd.DataFrame({"campaign_id": "c1", "call_id": ["k1", "k2"]})
    >>> calls = calls.assign(completed=True, result="pickedUp")
    >>> transcripts = pd.DataFrame({"campaign_id": "c1", "call_id": ["k1"], "turn": 0, "role": "user"})
    >>> transcripts = transcripts.assign(content="Speak after the beep.")
    >>> audit_labels(calls, transcripts)[["call_id", "result", "kind", "suspected", "evidence"]]
      call_id    result           kind  suspected        evidence
    0      k1  pickedUp  machine_spoke  voicemail  after the beep
    1      k2  pickedUp   nobody_spoke        NaN             NaN
    """
    least = check_whole("exchange_turns", exchange_turns)
    parts = map_campaigns(
        partial(_suspects, exchange_turns=least), (calls, _JUDGED_CALL), (transcripts, TURN)
    )
    return in_order(parts).reset_index(drop=True)


def _suspects(calls: pd.DataFrame, transcripts: pd.DataFrame, exchange_turns: int) -> pd.DataFrame:
    """Give the suspected calls of some campaigns as `audit_labels` does, with the index of the calls."""
    heard = _heard(calls, transcripts, exchange_turns)
    kinds, rows = _kinds(calls, heard)
    found = np.flatnonzero(kinds != "")
    rows = rows[found]
    shown = rows >= 0

    turns = as_numbers(transcripts["turn"])
    content = as_text(transcripts["content"]).to_numpy(dtype=object)
    spoken = pd.concat(heard.phrases.values())
    spoken = spoken[~spoken.index.duplicated()]
    is_conversation = kinds[found] == _CONVERSATION
    suspected = np.select(
        [is_conversation, np.isin(rows, heard.phrases["voicemail"].index), shown],
        ["pickedUp", "voicemail", "ivr"],
        "",
    )
    evidence = spoken.reindex(rows).to_numpy(dtype=object)
    evidence[is_conversation] = content[rows[is_conversation]]
    table = pd.DataFrame({name: as_text(calls[name]).iloc[found].array for name in (*CALL, "result")})
    table["kind"] = pd.Series(kinds[found], dtype="str")
    table["suspected"] = pd.Series(suspected, dtype="str").mask(suspected == "")
    numbers = np.where(shown, np.append(turns, np.nan)[rows], np.nan)
    table["turn"] = pd.Series(numbers, dtype="Float64").astype("Int64")
    table["evidence"] = pd.Series(evidence, dtype="str")
    return table.set_axis(calls.index[found])


def audited_answer_rate(
    calls: Frame,
    transcripts: Frame,
    by: str | Sequence[str] | None = None,
    *,
    exchange_turns: int = 2,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Give the human answer rate as labelled, and the least and the most that it could be if mended.

    Parameters
    ----------
    calls : Frame
        One row a call; the columns `campaign_id`, `call_id`, `direction`, `completed` and `result` are read.
    transcripts : Frame
        One row a turn, of these calls and perhaps others; see `audit_labels`.
    by : str or list of str, optional
        Column or columns of the calls to group by. By default all calls are one group.
    exchange_turns : int, default 2
        So many replies of the user make an exchange; see `audit_labels`.
    confidence : float, default 0.95
        The confidence level of the intervals.

    Returns
    -------
    pandas.DataFrame
        Three rows a group. Groups are sorted, null last. Columns:

        - the columns of `by`
        - `labels` (str): ``given``, the results as they are; ``fewest``, as if no person had answered where
          a machine spoke or nobody did; ``most``, as if a person had answered wherever there is an exchange
        - `n` (int64): completed outbound calls that a person answered
        - `total` (int64): completed outbound calls
        - `rate` (float64): n / total
        - `low`, `high` (float64): the Wilson score interval of the rate

        Where the total is 0, `rate`, `low` and `high` are NaN. The attributes ``attrs["exchange_turns"]``
        and ``attrs["confidence"]`` of the table say how it was made.

    Raises
    ------
    UnknownColumnError
        If a table lacks a column.
    ConfigurationError
        If an argument is wrong, or a column holds values of another kind.

    See Also
    --------
    audit_labels : The calls that make the difference.
    contact_kpis : The human answer rate beside the other ratios of the field.

    Notes
    -----
    The least and the most are bounds for what the transcripts show. Wrong labels that nobody can hear, such
    as a greeting that was not transcribed, are in neither. An interval is of chance, the distance between the
    bounds is of doubt: more calls make the one smaller and not the other.

    Examples
    --------
    >>> calls = pd.DataFrame({"campaign_id": "c1", "call_id": ["k1", "k2"], "direction": "outbound"})
    >>> calls = calls.assign(completed=True, result="pickedUp")
    >>> transcripts = pd.DataFrame({"campaign_id": "c1", "call_id": ["k1"], "turn": 0, "role": "user"})
    >>> transcripts = transcripts.assign(content="Hello?")
    >>> audited_answer_rate(calls, transcripts)[["labels", "n", "total", "rate"]]
       labels  n  total  rate
    0   given  2      2   1.0
    1  fewest  1      2   0.5
    2    most  2      2   1.0
    """
    check_confidence(confidence)
    columns = group_columns(by, taken=_RATE_COLUMNS)
    least = check_whole("exchange_turns", exchange_turns)
    count = partial(_count_answered, columns=columns, exchange_turns=least)
    read = [*columns, *_JUDGED_CALL, "direction"]
    counts = pd.concat(map_campaigns(count, (calls, read), (transcripts, TURN)), ignore_index=True)
    groups = group_rows(counts, columns)
    n = np.stack([groups.sums(counts[name].to_numpy()) for name in _LABELS.values()], axis=1)
    total = np.repeat(groups.sums(counts[_TOTAL].to_numpy()), len(_LABELS))

    table = repeat_rows(groups.keys, len(_LABELS))
    table["labels"] = pd.Series(np.tile(list(_LABELS), len(n)), index=table.index, dtype="str")
    table["n"] = n.ravel()
    table["total"] = total
    table["rate"], table["low"], table["high"] = rate_with_interval(n.ravel(), total, confidence)
    table.attrs = {"exchange_turns": least, "confidence": float(confidence)}
    return table


def _count_answered(
    calls: pd.DataFrame, transcripts: pd.DataFrame, *, columns: list[str], exchange_turns: int
) -> pd.DataFrame:
    """Count the completed outbound calls of some campaigns, and those that a person answered, by group."""
    kinds, _ = _kinds(calls, _heard(calls, transcripts, exchange_turns))
    groups = group_rows(calls, columns)
    counted = as_booleans(calls["completed"]) & is_one_of(calls["direction"], "outbound")
    given = counted & is_one_of(calls["result"], "pickedUp")
    human = (
        given,
        given & ~np.isin(kinds, (_MACHINE, _NOBODY)),
        given | (counted & (kinds == _CONVERSATION)),
    )
    return groups.keys.assign(
        **{
            name: groups.sums(marked.astype(np.int64))
            for name, marked in zip([*_LABELS.values(), _TOTAL], [*human, counted], strict=True)
        }
    )


def _heard(calls: pd.DataFrame, transcripts: pd.DataFrame, exchange_turns: int) -> _Heard:
    """Listen to each call."""
    placed = place_turns(calls, transcripts)
    said = np.flatnonzero(has_words(transcripts["content"]) & (placed.of_turns >= 0))
    rows = said[np.lexsort((as_numbers(transcripts["turn"])[said], placed.of_turns[said]))]
    call = placed.of_turns[rows]
    role = transcripts["role"].iloc[rows]
    by_user, by_assistant = is_one_of(role, "user"), is_one_of(role, "assistant")

    content = as_text(transcripts["content"]).iloc[rows[by_user]]
    patterns = load_patterns("machines")
    phrases = {}
    for machine in _MACHINES:
        found = find_phrases(content, patterns[patterns["kind"].isin([machine, "exception"])])
        phrases[machine] = pd.Series(found["phrase"].array, index=rows[by_user][found["row"]])
    sounds_human = ~np.isin(rows, np.concatenate([each.index for each in phrases.values()]))
    after_assistant = np.append(False, by_assistant[:-1] & (call[1:] == call[:-1]))[: len(rows)]
    replies = np.flatnonzero(by_user & after_assistant & sounds_human)
    which = np.arange(len(replies)) - np.searchsorted(call[replies], call[replies])

    def first_of(chosen: NDArray[Any]) -> NDArray[np.int64]:
        first = np.full(placed.count, -1, dtype=np.int64)
        # The last to be written stays, so from the end.
        first[call[chosen][::-1]] = rows[chosen][::-1]
        return first[placed.of_calls]

    return _Heard(
        user=first_of(by_user),
        reply=first_of(replies[which == exchange_turns - 1]),
        machines={machine: first_of(np.isin(rows, each.index)) for machine, each in phrases.items()},
        phrases=phrases,
    )


def _kinds(calls: pd.DataFrame, heard: _Heard) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
    """Give the kind of suspicion of each call, empty where there is none, and the turn that shows it."""
    completed = as_booleans(calls["completed"])
    picked_up = is_one_of(calls["result"], "pickedUp")
    voicemail, menu = heard.machines["voicemail"], heard.machines["menu"]
    both = np.where(voicemail >= 0, voicemail, menu)
    checks = {
        _NOBODY: (picked_up & (heard.user < 0), heard.user),
        _MACHINE: (picked_up & (both >= 0), both),
        _CONVERSATION: (~picked_up & (heard.reply >= 0), heard.reply),
    }
    other_machine = (
        is_one_of(calls["result"], "voicemail") & (voicemail < 0) & (menu >= 0),
        is_one_of(calls["result"], "ivr") & (menu < 0) & (voicemail >= 0),
    )
    conditions = [*(check for check, _ in checks.values()), *other_machine]
    kinds = np.select(
        [completed & each for each in conditions], [*checks, _OTHER_MACHINE, _OTHER_MACHINE], ""
    )
    rows = np.select(
        [completed & each for each in conditions], [*(row for _, row in checks.values()), menu, voicemail], -1
    )
    return kinds, rows
