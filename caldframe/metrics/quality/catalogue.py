"""Every finding that `quality` knows: how bad it is, what it means, what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from caldframe.schema import PROBLEM_KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FINDINGS", "SEVERITIES", "Finding", "finding_of"]

SEVERITIES: Final = ("error", "warning", "note")
"""How bad a finding is, the worst first."""

_KEPT: Final = "Nothing, unless you read that text; the problems table has it as it was sent."
_ASK: Final = "Look at the rows in the problems table; ask the vendor if there are many."


@dataclass(frozen=True)
class Finding:
    """Something that can be wrong with the data.

    Parameters
    ----------
    name : str
        Its name in the column `finding`.
    severity : {"error", "warning", "note"}
        error: some number is wrong, or lacks calls that it should have. warning: some calls are left out of
        some numbers, or what they say is in doubt. note: something is odd, and no number suffers.
    unit : str
        What is counted: "calls", "campaigns", "stats", "turns" or "values".
    meaning : str
        What is so, and what it does to the numbers.
    advice : str
        What to do about it.
    """

    name: str
    severity: Literal["error", "warning", "note"]
    unit: str
    meaning: str
    advice: str


_CHECKS: Final = (
    Finding(
        "campaign_not_fetched",
        "error",
        "campaigns",
        "the campaign was asked for and could not be fetched; no number has its calls",
        "Read frames.failures, then fetch it again.",
    ),
    Finding(
        "duplicate_campaign",
        "error",
        "campaigns",
        "the campaign has an earlier row in campaigns; its calls may be counted twice",
        "Put each campaign into the frames once.",
    ),
    Finding(
        "duplicate_call_id",
        "error",
        "calls",
        "an earlier call of the campaign has the same call_id; it is counted twice, and the turns of the two "
        "cannot be told apart",
        'If the rows are the same call, calls.drop_duplicates(["campaign_id", "call_id"]).',
    ),
    Finding(
        "turns_without_call",
        "error",
        "turns",
        "the turn belongs to no row of calls; numbers per call do not have it",
        "Filter calls and transcripts by the same campaigns and calls.",
    ),
    Finding(
        "stats_do_not_reconcile",
        "warning",
        "stats",
        "the campaign's own count is another one than that of its calls",
        "See reconcile(frames). For a campaign that is still running, fetch it again first.",
    ),
    Finding(
        "completed_without_result",
        "warning",
        "calls",
        "completed, but result is null; it is in every denominator and in no result's count",
        "Fetch the campaign again; leave the calls out if it stays so.",
    ),
    Finding(
        "completed_but_pending",
        "warning",
        "calls",
        "completed, but result is pending; it is in every denominator and counts as no success",
        "Fetch the campaign again; leave the calls out if it stays so.",
    ),
    Finding(
        "completed_without_completed_at",
        "warning",
        "calls",
        "completed, but completed_at is null; ring times and progress do not have it",
        "Mind the count beside these numbers.",
    ),
    Finding(
        "completed_without_length",
        "warning",
        "calls",
        "completed, but call_length is null; lengths and costs do not have it",
        "Mind the count beside these numbers; the cost is too low.",
    ),
    Finding(
        "without_created_at",
        "warning",
        "calls",
        "created_at is null; numbers by hour, day or attempt do not have it",
        "Mind the count beside these numbers.",
    ),
    Finding(
        "ends_before_it_begins",
        "warning",
        "calls",
        "completed_at is before created_at; a clock was wrong, and the ring time is negative",
        "Trust neither time of these calls.",
    ),
    Finding(
        "longer_than_call",
        "warning",
        "calls",
        "call_length is longer than the call, from created_at to completed_at, by a second or more; the ring "
        "time is negative",
        "Compare with the recording; a length that is too long costs money.",
    ),
    Finding(
        "negative_ring_time",
        "note",
        "calls",
        "call_length is longer than the call, but by less than a second; so it is when lengths are rounded",
        "Nothing. The ring time of these calls is about 0.",
    ),
    Finding(
        "words_without_answer",
        "warning",
        "calls",
        "result is unanswered or failed, but there is a transcript; somebody or something did answer, and "
        "answer rates are too low",
        "Read some of the transcripts.",
    ),
    Finding(
        "picked_up_without_words",
        "warning",
        "calls",
        "result is pickedUp, but nobody said a word; perhaps a person who hung up at once, perhaps none",
        "Listen to some recordings; the pickup rate without these calls is its lower bound.",
    ),
    Finding(
        "bad_number",
        "warning",
        "calls",
        "from_number or to_number is no telephone number; such calls have no region or local time, and do "
        "not match a contact",
        "Correct the list of contacts. If numbers are without country code, say of which region they are.",
    ),
    Finding(
        "without_prospect_number",
        "warning",
        "calls",
        "prospect_number is null; the call cannot be one of a prospect's attempts",
        "See whether direction, from_number and to_number are there.",
    ),
    Finding(
        "before_2020",
        "warning",
        "calls",
        "created_at or completed_at is before 2020, so a clock or a unit was wrong; periods are too long",
        "Leave the calls out of numbers over time.",
    ),
    Finding(
        "in_the_future",
        "warning",
        "calls",
        "created_at or completed_at is later than now=, or than when the campaign was fetched",
        "See that now= is right; else leave the calls out of numbers over time.",
    ),
)

_SEVERITIES_OF_PROBLEMS: Final[Mapping[str, Literal["error", "warning", "note"]]] = {
    "not_an_object": "error",
    "other_campaign": "error",
    "duplicate_call_id": "error",
    "rounded": "note",
    "naive_timestamp": "warning",
    "lone_surrogate": "note",
    "invalid_utf8": "note",
    "control_character": "note",
    "not_json": "note",
}

_ADVICE_FOR_PROBLEMS: Final = {
    "other_campaign": "See that the id you asked for is the campaign you want.",
    "naive_timestamp": "See that the times are of UTC; if not, shift them before you count by hour.",
    "unknown_value": "See whether it is a result to group with another, or new; it is counted as it is.",
    "negative": "Leave the values out of sums and means.",
    "rounded": "Nothing; no number needs more digits.",
    **dict.fromkeys(("lone_surrogate", "invalid_utf8", "control_character", "not_json"), _KEPT),
}


def _of_problem(kind: str) -> Finding:
    return Finding(
        kind,
        _SEVERITIES_OF_PROBLEMS.get(kind, "warning"),
        "values",
        PROBLEM_KINDS.get(kind, "a problem of another kind, as the problems table says"),
        _ADVICE_FOR_PROBLEMS.get(kind, _ASK),
    )


_NAMES: Final = [finding.name for finding in _CHECKS]

FINDINGS: Final[Mapping[str, Finding]] = {
    finding.name: finding
    for severity in SEVERITIES
    for finding in (*_CHECKS, *(_of_problem(kind) for kind in PROBLEM_KINDS if kind not in _NAMES))
    if finding.severity == severity
}
"""Every documented finding by its name, the worst first: checks of the tables, then kinds of problems."""


def finding_of(name: str) -> Finding:
    """Give what is known of a finding; a kind of problem may be new."""
    return FINDINGS.get(name) or _of_problem(name)
