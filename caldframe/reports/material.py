"""What the sections of a report count on: the frames, who is compared with whom, and the settings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from caldframe.display import escape_text, short_text
from caldframe.engine import as_booleans, as_text, as_times, check_columns, check_zone, is_one_of
from caldframe.outcome import find_outcome
from caldframe.privacy import redact
from caldframe.stats import check_confidence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    from caldframe.frames import CampaignFrames

__all__ = ["CAMPAIGN", "Material", "gather", "short_name"]

CAMPAIGN: Final = "campaign"
AGENT: Final = "agent"

_MOST_GROUPS: Final = 8  # more lines in one chart could not be told apart
_LONGEST_NAME: Final = 60
_LETTERS_OF_ID: Final = 6
_OTHERS: Final = "all others"


@dataclass(frozen=True)
class Material:
    """What a report is made of.

    Parameters
    ----------
    frames : CampaignFrames
        One campaign or many.
    campaigns : sequence of str
        What to call them.
    calls : pandas.DataFrame
        Their calls, with the columns `campaign` and `agent`: what to call the campaign and the agent.
    outcome : str
        What counts as success: a result, or a column of true and false.
    tz : str
        The time zone whose hours are meant, ``"prospect"`` for that of each number.
    confidence : float
        The confidence level of all intervals.
    now : datetime.datetime or str or None
        The time that no call can be later than.
    pseudonymise : bool
        Whether telephone numbers are not to be seen.
    redact : bool
        Whether personal data in what was said is not to be seen.
    names : sequence of str
        Names that are not to be seen in what was said.
    """

    frames: CampaignFrames
    campaigns: Sequence[str]
    calls: pd.DataFrame
    outcome: str
    tz: str
    confidence: float
    now: datetime | str | None
    pseudonymise: bool
    redact: bool
    names: Sequence[str]

    @property
    def zone(self) -> str:
        """The time zone of days and moments, which must be one for all calls."""
        return "UTC" if self.tz == "prospect" else self.tz

    @property
    def as_of(self) -> pd.Timestamp | None:
        """The time of which the report is, where it is known: when fetched, unless another is given."""
        fetched = as_times(self.frames.campaigns["fetched_at"]).max()
        # `quality` says what is wrong with a time that is none.
        time = fetched if self.now is None else pd.to_datetime(self.now, utc=True, errors="coerce")
        return None if pd.isna(time) else time

    @property
    def by(self) -> str | None:
        """The column whose values are compared: campaigns where there are several, else agents."""
        if self.several:
            return CAMPAIGN
        return AGENT if len(self.calls[AGENT].unique()) > 1 else None

    @property
    def several(self) -> bool:
        """Whether there are calls of more than one campaign."""
        return len(self.calls[CAMPAIGN].unique()) > 1

    @property
    def level(self) -> str:
        """The confidence level in words."""
        return f"{100 * self.confidence:g}%"

    @property
    def outcome_words(self) -> str:
        """What is said of a call with the outcome."""
        return "picked up" if self.outcome == "pickedUp" else f"ended with {escape_text(self.outcome)}"

    @property
    def picked_up(self) -> NDArray[np.bool_]:
        """Which of the calls are over and were picked up."""
        return as_booleans(self.calls["completed"]) & is_one_of(self.calls["result"], "pickedUp")

    @property
    def completed(self) -> int:
        """How many calls are over."""
        return int(as_booleans(self.calls["completed"]).sum())


def gather(
    frames: CampaignFrames, agents: pd.DataFrame | None, names: Sequence[str], **settings: Any
) -> Material:
    """Put together what the sections count on.

    Parameters
    ----------
    frames : CampaignFrames
        One campaign or many.
    agents : pandas.DataFrame or None
        What agents are called, by `agent_id`.
    names : sequence of str
        Names that are not to be seen in what was said.
    **settings
        The other fields of `Material`.

    Returns
    -------
    Material
        With at most eight campaigns and eight agents: of more, those with the fewest calls are one group.

    Raises
    ------
    UnknownColumnError
        If a table lacks a column.
    ConfigurationError
        If an argument is wrong.
    """
    check_confidence(settings["confidence"])
    if settings["tz"] != "prospect":
        check_zone(settings["tz"])
    find_outcome(frames.calls, settings["outcome"])
    named = frames.campaigns
    if settings["redact"]:
        named = redact(named[["campaign_id", "name"]], names=names, columns=["name"])
    campaign_names = _names_of(named, "campaign_id")
    agent_names = {} if agents is None else _names_of(agents, "agent_id")
    labels = {
        CAMPAIGN: _labels(frames.calls["campaign_id"], campaign_names, "no campaign"),
        AGENT: _labels(frames.calls["agent_id"], agent_names, "no agent"),
    }
    calls = frames.calls.assign(**labels)
    return Material(frames, list(campaign_names.values()), calls, names=names, **settings)


def _names_of(table: pd.DataFrame, column: str) -> dict[str, str]:
    """Give the name of each campaign or agent, with the end of its id where another has the same one."""
    check_columns(table, [column, "name"])
    ids, names = (as_text(table[name]).fillna("").tolist() for name in (column, "name"))
    named = {id_: short_name(name or id_) for id_, name in zip(ids, names, strict=True)}
    times = Counter(named.values())
    return {
        id_: f"{name} (…{escape_text(id_[-_LETTERS_OF_ID:])})" if times[name] > 1 else name
        for id_, name in named.items()
    }


def _labels(ids: pd.Series[str], names: dict[str, str], nothing: str) -> pd.Series[str]:
    text = as_text(ids).fillna("")
    labels = {id_: names.get(id_) or short_name(id_) or nothing for id_ in text.unique()}
    return _grouped(as_text(text.map(labels)))


def _grouped(labels: pd.Series[str]) -> pd.Series[str]:
    """Keep the groups with the most calls, and make one of the others."""
    sizes = labels.value_counts()
    if len(sizes) <= _MOST_GROUPS:
        return labels
    return labels.where(labels.isin(sizes.index[: _MOST_GROUPS - 1]), _OTHERS)


def short_name(name: str, longest: int = _LONGEST_NAME) -> str:
    """Give a name from the data as it can stand in a line."""
    return short_text(name, longest)
