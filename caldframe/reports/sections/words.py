"""What is said in calls: how much each side says, and the words that set groups of calls apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.display import DASH
from caldframe.engine import as_booleans, as_numbers
from caldframe.metrics.conversation import distinctive_terms, talk_summary
from caldframe.plots import distinctive_terms as draw_distinctive_terms
from caldframe.reports.material import short_name
from caldframe.reports.parts import Chart, Finding, Section, Table
from caldframe.reports.words import interval, percent, with_interval
from caldframe.schema import RESULTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caldframe.reports.material import Material

__all__ = ["words"]

_MEASURES: Final = {
    "turns": "turns",
    "words": "words",
    "user_words": "words of the person",
    "assistant_words": "words of the assistant",
    "word_share": "the assistant's share of the words",
    "questions_user": "questions of the person",
    "questions_assistant": "questions of the assistant",
    "words_per_minute": "words a minute, of both",
}
_LEAST_COUNT: Final = 10
_MOST_TERMS: Final = 8
_NOTES: Final = (
    "The data has no times within a call, so who talks for how long, and who interrupts whom, is not known.",
    (
        "Of thousands of words, dozens stand out by chance, and one that a talkative person repeats looks "
        "surer than it is: read where they are said."
    ),
)


def words(material: Material) -> Section | None:
    """Tell how much each side says, and which words set calls apart; nothing where nothing was said."""
    summary = talk_summary(material.frames.transcripts, material.calls, confidence=material.confidence)
    measures = {row["measure"]: row for row in summary.to_dict("records")}
    share = measures["word_share"]
    if not share["n"]:
        return None
    said = with_interval(share["p50"], share["median_low"], share["median_high"])
    tables = [
        Table(
            f"What is said in {share['n']:,} picked-up calls: the call in the middle with its "
            f"{material.level} interval, and the tenths at both ends",
            ["measure", "median", "interval", "a tenth has less than", "a tenth has more than"],
            [_measure(label, measures[name]) for name, label in _MEASURES.items()],
        )
    ]
    what, terms = _terms(material)
    if len(terms):
        tables.append(_table_of_terms(what, terms))
    return Section(
        "words",
        "What is said",
        [Finding(f"In the call in the middle, the assistant says {said} of the words.")],
        [_chart(what, terms)] if len(terms) else [],
        tables,
        _NOTES,
        [talk_summary, *([distinctive_terms] if len(terms) else [])],
    )


def _measure(label: str, row: Mapping[Any, Any]) -> list[str]:
    if "share" in label:
        return [
            label,
            percent(row["p50"]),
            interval(row["median_low"], row["median_high"]),
            percent(row["p10"]),
            percent(row["p90"]),
        ]
    low, high = _count(row["median_low"]), _count(row["median_high"])
    ends = DASH if DASH in {low, high} else f"{low}{DASH}{high}"
    return [label, _count(row["p50"]), ends, _count(row["p10"]), _count(row["p90"])]


def _count(value: float) -> str:
    return DASH if np.isnan(value) else f"{value:,.0f}"


def _terms(material: Material) -> tuple[str, pd.DataFrame]:
    """Find the words of the people called that surely set groups of calls apart, and say what groups."""
    what, groups = _groups(material)
    table = distinctive_terms(
        material.frames.transcripts,
        groups[groups.notna()],
        material.calls[groups.notna()],
        role="user",
        min_count=_LEAST_COUNT,
        confidence=material.confidence,
    )
    hidden = {word for name in material.names for word in name.casefold().split()}
    named = table["term"].isin(hidden) | table["term"].str.contains(r"\d")
    surely = table["low"].gt(0) | table["high"].lt(0)
    return what, table[surely & ~named]


def _chart(what: str, terms: pd.DataFrame) -> Chart:
    first = terms[terms["z"] > 0].groupby("group", sort=False).head(1)
    words_of = [f"{row['group']}: {short_name(row['term'])}" for row in first.to_dict("records")]
    shown = terms[terms["z"] > 0].groupby("group", sort=False).head(_MOST_TERMS)
    return Chart(
        lambda axes: draw_distinctive_terms(terms, terms=_MOST_TERMS, ax=axes),
        7,
        1.3 + 0.27 * (len(shown) + len(first)),
        f"{len(shown):,} words that set {what} apart. The surest, {'; '.join(words_of)}.",
    )


def _table_of_terms(what: str, terms: pd.DataFrame) -> Table:
    shown = terms[terms["z"] > 0].groupby("group", sort=False).head(_MOST_TERMS)
    return Table(
        f"Words of the people called that set {what} apart, the surest first: how often they are said, and "
        "how often in a thousand words, there and elsewhere",
        ["calls", "word", "times", "there", "elsewhere"],
        [
            [
                str(row["group"]),
                short_name(row["term"]),
                f"{row['n']:,}",
                f"{1000 * row['rate']:.1f}",
                f"{1000 * row['other_rate']:.1f}",
            ]
            for row in shown.to_dict("records")
        ],
        texts=2,
    )


def _groups(material: Material) -> tuple[str, pd.Series[Any]]:
    """Tell picked-up calls apart: by an outcome of one's own, by whose they are, or by their length."""
    calls = material.calls
    picked_up = material.picked_up
    if material.outcome not in RESULTS and material.outcome in calls.columns:
        has = as_booleans(calls[material.outcome])
        labels = np.where(has, f"with {short_name(material.outcome)}", "without")
        what = f"calls with and without {short_name(material.outcome)}"
    elif material.by is not None:
        labels, what = calls[material.by].to_numpy(dtype=object), f"each {material.by}"
    else:
        lengths = as_numbers(calls["call_length"])
        known = lengths[picked_up & np.isfinite(lengths)]
        middle = np.median(known) if len(known) else np.nan
        labels = np.where(lengths > middle, "longer", "shorter")
        what = "the longer and the shorter half of the calls"
    text = pd.Series(labels, index=calls.index, dtype="str")
    return what, text.where(picked_up)
