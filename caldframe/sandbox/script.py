"""Scripts: what agents and the people they call can say, read from the files in ``scripts/``.

A line is a template. ``[one|another]`` is a choice, ``{name}`` a slot: `first` and `last` of the contact,
`agent`, `company`, and the variables of the script itself.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from caldframe.sandbox.dice import Dice

__all__ = ["SCRIPTS", "Agent", "Common", "Exchange", "Line", "Script", "Turn", "load_common", "load_script"]

SCRIPTS: Final = (
    "solar_survey",
    "appointment_reminder",
    "term_deposit",
    "event_invitation",
    "customer_feedback",
)
"""Every script, by the name of its file."""

Turn = tuple[str, str]
"""A role, `assistant` or `user`, and what was said."""

_ROLES: Final = {"A": "assistant", "U": "user"}
_CHOICE: Final = re.compile(r"\[([^\]]*)\]")


@dataclass(frozen=True)
class Line:
    """One line of a script.

    Parameters
    ----------
    role : str
        Who says it.
    parts : tuple of tuple of str
        What it is made of, in order; of each part one text is chosen.
    """

    role: str
    parts: tuple[tuple[str, ...], ...]

    def say(self, slots: Mapping[str, str], dice: Dice) -> Turn:
        """Choose among the texts and fill the slots."""
        chosen = [part[0] if len(part) == 1 else dice.pick(part) for part in self.parts]
        text = "".join(chosen).format_map(slots)
        return self.role, text[0].upper() + text[1:]


Exchange = tuple[Line, ...]
"""Lines that belong together."""


@dataclass(frozen=True)
class Agent:
    """An AI agent: it begins a script in its own words, and loses more or fewer people by it.

    Parameters
    ----------
    name : str
        What it calls itself.
    hang_ups : float
        The share of picked-up calls that end at its opening.
    length_factor : float
        How long its conversations are, against the script's median.
    openings : tuple of Exchange
        Its first lines.
    """

    name: str
    hang_ups: float
    length_factor: float
    openings: tuple[Exchange, ...]


@dataclass(frozen=True)
class Script:
    """One kind of campaign.

    Parameters
    ----------
    name : str
        What the campaign is called.
    company : str
        Who has the calls made.
    median_seconds : float
        The median length of its conversations.
    most_attempts : int
        How often a number is called at most.
    recording : bool
        Whether calls are recorded.
    variables : mapping of str to tuple of str
        What each contact of its list has a value of; also slots.
    agents : tuple of Agent
        Who can talk.
    steps : tuple of Exchange
        What the agent goes through, in order.
    asides : tuple of Exchange
        Questions and objections of the person called, at any point.
    agreed : tuple of Exchange
        Endings that the company hoped for.
    messages : tuple of Exchange
        What is left on a voicemail.
    """

    name: str
    company: str
    median_seconds: float
    most_attempts: int
    recording: bool
    variables: Mapping[str, tuple[str, ...]]
    agents: tuple[Agent, ...]
    steps: tuple[Exchange, ...]
    asides: tuple[Exchange, ...]
    agreed: tuple[Exchange, ...]
    messages: tuple[Exchange, ...]


@dataclass(frozen=True)
class Common:
    """What any call can contain, whatever it is about; each a choice of exchanges."""

    hellos: tuple[Exchange, ...]
    answers: tuple[Exchange, ...]
    inbound: tuple[Exchange, ...]
    asides: tuple[Exchange, ...]
    stories: tuple[Exchange, ...]
    declined: tuple[Exchange, ...]
    busy: tuple[Exchange, ...]
    opted_out: tuple[Exchange, ...]
    wrong_number: tuple[Exchange, ...]
    goodbyes: tuple[Exchange, ...]
    greetings: tuple[Exchange, ...]
    menus: tuple[Exchange, ...]
    menu_replies: tuple[Exchange, ...]


@cache
def load_script(name: str) -> Script:
    """Read a script; `name` is one of `SCRIPTS`."""
    source = _read(name)
    return Script(
        name=source["name"],
        company=source["company"],
        median_seconds=source["median_seconds"],
        most_attempts=source["most_attempts"],
        recording=source["recording"],
        variables={variable: tuple(values) for variable, values in source["variables"].items()},
        agents=tuple(
            Agent(each["name"], each["hang_ups"], each["length_factor"], _exchanges(each["openings"]))
            for each in source["agents"]
        ),
        **{part: _exchanges(text) for part, text in source["conversation"].items()},
    )


@cache
def load_common() -> Common:
    """Read what any call can contain."""
    return Common(**{part: _exchanges(text) for part, text in _read("shared").items()})


def words_in(turns: Sequence[Turn]) -> int:
    """Count words, as blanks divide them."""
    return sum(len(text.split()) for _, text in turns)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "scripts" / f"{name}.toml").read_text(encoding="utf-8"))


def _exchanges(text: str) -> tuple[Exchange, ...]:
    return tuple(tuple(map(_line, block.splitlines())) for block in text.strip().split("\n\n"))


def _line(text: str) -> Line:
    speaker, _, said = text.partition(": ")
    # Splitting by a pattern with a group alternates plain text and the choices found.
    pieces = _CHOICE.split(said)
    parts = [tuple(piece.split("|")) if index % 2 else (piece,) for index, piece in enumerate(pieces)]
    return Line(_ROLES[speaker], tuple(part for part in parts if part != ("",)))
