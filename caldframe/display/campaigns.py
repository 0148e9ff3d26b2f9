"""Campaigns at a glance in a notebook: a card for one, a short table for many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from caldframe.display.colors import OTHER_COLOR, RESULT_COLORS
from caldframe.display.escaping import DASH
from caldframe.display.markup import Markup, joined, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CampaignCard", "CampaignLine", "Rate", "card_html"]

_FEW: Final = 30  # calls; the bar of fewer is hollow, as in the charts

# As for conversations: text takes its colour from around it, lines and veils let light and dark through.
_PAGE: Final = "max-width:44em;line-height:1.4"
_LINE: Final = "border-bottom:1px solid rgba(128, 128, 128, 0.35)"
_TABLE: Final = "border:none;border-collapse:collapse;margin:8px 0;width:100%"
_CELL: Final = "border:none;background-color:transparent;padding:2px 10px 2px 0;vertical-align:top;"
_TEXT: Final = _CELL + "text-align:left;overflow-wrap:break-word;white-space:normal"
_NUMBER: Final = _CELL + "text-align:right;white-space:nowrap"
_RATE: Final = _CELL + "text-align:left;white-space:nowrap"
_BAR: Final = _CELL + "width:22%"
_HEAD: Final = f";font-weight:bold;white-space:normal;{_LINE}"
_FAINT: Final = "opacity:0.75"
_TRACK: Final = (
    "margin-top:0.4em;width:100%;min-width:32px;height:0.7em;background-color:rgba(128, 128, 128, 0.17)"
)


@dataclass(frozen=True)
class Rate:
    """How many of some calls ended in one way.

    Parameters
    ----------
    result : str or None
        How they ended.
    n, total : int
        How many of how many.
    low, high : float
        The interval of n / total; NaN where the total is 0.
    """

    result: str | None
    n: int
    total: int
    low: float
    high: float


@dataclass(frozen=True)
class CampaignLine:
    """One campaign among many.

    Parameters
    ----------
    name : str
        What it is called.
    status : str or None
        How far it is.
    calls : int
        How many calls it has.
    picked_up : Rate
        How many of its completed calls were picked up.
    """

    name: str
    status: str | None
    calls: int
    picked_up: Rate


@dataclass(frozen=True)
class CampaignCard:
    """What is shown of campaigns at a glance.

    Parameters
    ----------
    title : str
        What they are.
    facts : sequence of str
        Their counts, one line each.
    rates : sequence of Rate
        How the completed calls ended; empty where `lines` say it.
    lines : sequence of CampaignLine
        The first of many campaigns; empty for one.
    more : int
        How many campaigns there are beyond `lines`.
    problems : sequence of (str, int)
        How many problems of each kind there are, the most frequent first.
    confidence : float
        The confidence level of the intervals.
    """

    title: str
    facts: Sequence[str]
    rates: Sequence[Rate]
    lines: Sequence[CampaignLine]
    more: int
    problems: Sequence[tuple[str, int]]
    confidence: float


def card_html(card: CampaignCard) -> str:
    """Lay campaigns out as HTML for a notebook.

    Parameters
    ----------
    card : CampaignCard
        What is shown.

    Returns
    -------
    str
        One element with inline styles, legible on light and dark, and without them too. A rate has a bar
        that is full at 100%, hollow if it is of fewer than 30 calls. All text is escaped.

    Examples
    --------
    >>> rate = Rate("pickedUp", 81, 263, 0.2553, 0.3662)
    >>> card = CampaignCard("<b>", ["263 calls"], [rate], [], 0, [], 0.95)
    >>> html = card_html(card)
    >>> "&lt;b&gt;" in html, "30.8% [25.5–36.6]" in html
    (True, True)
    """  # noqa: RUF002 - an interval is written with an en dash
    facts = [tag("div", fact, style=_FAINT) for fact in card.facts]
    parts = [tag("div", tag("b", tag("bdi", card.title))), *facts]
    if card.lines:
        parts.append(_campaigns(card))
    if card.rates:
        parts.append(_rates(card))
    if card.problems:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in card.problems)
        parts.append(tag("div", tag("b", "Problems"), f" {kinds}; see .problems"))
    return str(tag("div", *parts, style=_PAGE))


def _rates(card: CampaignCard) -> Markup:
    rows = [
        tag(
            "tr",
            tag("td", tag("bdi", _name(rate.result)), style=_TEXT),
            tag("td", f"{rate.n:,}", style=_NUMBER),
            *_rate_cells(rate),
        )
        for rate in card.rates
    ]
    return _table(("completed calls", _TEXT), ("n", _NUMBER), *_rate_heads(card, "rate"), rows=rows)


def _campaigns(card: CampaignCard) -> Markup:
    rows = [
        tag(
            "tr",
            tag(
                "td",
                tag("div", tag("bdi", line.name)),
                tag("div", tag("bdi", _name(line.status)), style=_FAINT),
                style=_TEXT,
            ),
            tag("td", f"{line.calls:,}", style=_NUMBER),
            *_rate_cells(line.picked_up),
        )
        for line in card.lines
    ]
    table = _table(("campaign", _TEXT), ("calls", _NUMBER), *_rate_heads(card, "picked up"), rows=rows)
    if not card.more:
        return table
    return joined(table, tag("div", f"and {card.more:,} more; see .campaigns", style=_FAINT))


def _table(*heads: tuple[str, str], rows: Sequence[Markup]) -> Markup:
    head = tag("tr", *(tag("th", text, style=style + _HEAD, scope="col") for text, style in heads))
    return tag("table", tag("thead", head), tag("tbody", *rows), style=_TABLE)


def _rate_heads(card: CampaignCard, what: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (f"{what} [{100 * card.confidence:g}% interval]", _RATE), ("", _BAR)


def _rate_cells(rate: Rate) -> tuple[Markup, Markup]:
    if not rate.total:
        return tag("td", DASH, style=_RATE), tag("td", style=_BAR)
    share = rate.n / rate.total
    words = f"{share:.1%} [{100 * rate.low:.1f}{DASH}{100 * rate.high:.1f}]"
    color = RESULT_COLORS.get(rate.result or "", OTHER_COLOR)
    fill = f"background-color:{color}" if rate.total >= _FEW else f"border:1px solid {color}"
    bar = tag("div", style=f"box-sizing:border-box;height:100%;width:{100 * share:.1f}%;{fill}")
    return (
        tag("td", words, style=_RATE),
        tag("td", tag("div", bar if rate.n else "", style=_TRACK), style=_BAR),
    )


def _name(text: str | None) -> str:
    return DASH if text is None else text
