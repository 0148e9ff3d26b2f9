"""A campaign's plan: its contacts and all calls that it will have made when it is finished."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from caldframe.sandbox import clock
from caldframe.sandbox.body import as_json
from caldframe.sandbox.contacts import Contact, NumberPool, make_contact
from caldframe.sandbox.conversations import (
    Talk,
    converse,
    greet,
    leave_message,
    offer_menu,
    open_call,
    reply_to_menu,
)
from caldframe.sandbox.dice import Dice, fingerprint
from caldframe.sandbox.script import words_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from caldframe.sandbox.script import Agent, Script, Turn

# Shares and rates. The shares of results are near those of large outbound campaigns.
_DEAD_NUMBERS: Final = 0.035
_BUSINESS_LINES: Final = 0.07
_HAS_VOICEMAIL: Final = 0.72
_BASE_RATE: Final = 0.33
_BY_HOUR: Final = (0.7, 0.95, 1.1, 0.8, 0.85, 0.9, 1.0, 1.25, 1.4, 1.3)  # from 9 to 18 o'clock
_BY_WEEKDAY: Final = (0.9, 1.0, 1.1, 1.05, 0.95)
_BY_ATTEMPT: Final = (1.0, 0.88, 0.78, 0.7, 0.64)
_DEAD: Final = (("disconnected", 0.8), ("failed", 0.2))
_BUSINESS: Final = (("ivr", 0.75), ("unanswered", 0.2), ("failed", 0.05))
_MACHINE: Final = (("voicemail", 0.64), ("unanswered", 0.31), ("disconnected", 0.015), ("failed", 0.035))
_NO_MACHINE: Final = (("unanswered", 0.94), ("disconnected", 0.02), ("failed", 0.04))
_CALLS_BACK: Final = {"voicemail": 0.06, "unanswered": 0.03}
_NEVER_REPORTED: Final = 0.006

_SILENT: Final = 0.03
_SPREAD: Final = 0.7  # standard deviation of the logarithm of a conversation's length
_LONGEST: Final = 600
_WORDS_A_SECOND: Final = (2.35, 2.95)
_MACHINE_WORDS_A_SECOND: Final = 2.6
_LEAVES_MESSAGE: Final = 0.35
_TRIES_MENU: Final = 0.3
_RINGS: Final = {  # seconds from the call's creation until it is answered or given up
    "pickedUp": (3, 22),
    "voicemail": (18, 30),
    "ivr": (1, 7),
    "unanswered": (20, 42),
    "disconnected": (0.5, 4),
    "failed": (0.2, 3),
}
_INBOUND_RINGS: Final = (1, 4)
_RECORDED: Final = ("pickedUp", "voicemail", "ivr")


@dataclass(frozen=True)
class Brief:
    """What a plan is made of.

    Parameters
    ----------
    seed, number : int
        Which world, and which campaign of it.
    campaign_id : str
        The campaign.
    script : Script
        What it is about.
    agent : Agent
        Who talks.
    start : datetime.date
        Its first day, a Monday.
    calls : int
        How many calls it has.
    call_prefix : str
        What its call ids begin with.
    """

    seed: int
    number: int
    campaign_id: str
    script: Script
    agent: Agent
    start: date
    calls: int
    call_prefix: str


class PlannedCall(NamedTuple):
    """One call of a plan.

    Parameters
    ----------
    call_id : str
        The call.
    created, completed : int
        When it is placed and when it is over, milliseconds since 1970.
    result : str
        How it ends.
    reported : bool
        Whether that is known before the whole campaign is finished.
    pending_json, completed_json : bytes
        The call while it is under way, and when it is over.
    """

    call_id: str
    created: int
    completed: int
    result: str
    reported: bool
    pending_json: bytes
    completed_json: bytes


@dataclass(frozen=True)
class Plan:
    """A campaign's contacts, and its calls in the order in which they are placed."""

    contacts: tuple[Contact, ...]
    calls: tuple[PlannedCall, ...]


class _Outcome(NamedTuple):
    created: datetime
    inbound: bool
    result: str
    turns: list[Turn]
    length: float


def make_plan(brief: Brief) -> Plan:
    """Make up a campaign: the same one for the same brief.

    Parameters
    ----------
    brief : Brief
        What it is made of.

    Returns
    -------
    Plan
        As many calls as asked for, and everybody who is called.
    """
    dice = Dice("plan", brief.seed, brief.number)
    pool = NumberPool(dice)
    callers = (pool.draw()[0], pool.draw()[0])
    contacts: list[Contact] = []
    calls: list[PlannedCall] = []
    while len(calls) < brief.calls:
        contact = make_contact(pool, brief.script, dice)
        contacts.append(contact)
        prospect = _Prospect(brief, contact, dice.pick(callers), dice)
        for outcome in _follow_up(prospect):
            if len(calls) < brief.calls:
                calls.append(_planned(prospect, outcome, len(calls)))
    return Plan(tuple(contacts), tuple(sorted(calls, key=lambda call: (call.created, call.call_id))))


class _Prospect:
    """Somebody who is called until reached: what answers at that number, and how likely."""

    def __init__(self, brief: Brief, contact: Contact, caller: str, dice: Dice) -> None:
        slots = {
            "first": contact.first,
            "last": contact.last,
            "agent": brief.agent.name,
            "company": brief.script.company,
            **contact.variables,
        }
        self.talk = Talk(brief.script, brief.agent, slots, dice)
        self.brief = brief
        self.contact = contact
        self.caller = caller
        self.dice = dice
        kind = dice.between(0, 1)
        self.dead = kind < _DEAD_NUMBERS
        self.business = not self.dead and kind < _DEAD_NUMBERS + _BUSINESS_LINES
        self.otherwise: Sequence[tuple[str, float]] = _MACHINE if dice.chance(_HAS_VOICEMAIL) else _NO_MACHINE
        if self.dead or self.business:
            self.otherwise = _DEAD if self.dead else _BUSINESS
        self.machine = offer_menu(self.talk) if self.business else greet(self.talk)
        self.eagerness = 0.0 if self.dead else dice.between(0.45, 1.55)

    def answer(self, moment: datetime, attempt: int) -> str:
        """Give the result of one call."""
        rate = (
            _BASE_RATE
            * self.eagerness
            * _BY_HOUR[moment.hour - clock.OPENS]
            * _BY_WEEKDAY[moment.weekday()]
            * _BY_ATTEMPT[min(attempt, len(_BY_ATTEMPT)) - 1]
        )
        return "pickedUp" if self.dice.chance(rate) else self.dice.weigh(self.otherwise)


def _follow_up(prospect: _Prospect) -> Iterator[_Outcome]:
    """Call somebody until reached, until the number proves dead, or as often as the script says."""
    moment = clock.first_time(prospect.brief.start, prospect.contact.zone, prospect.dice)
    dead_ends = 0
    for attempt in range(1, prospect.talk.script.most_attempts + 1):
        result = prospect.answer(moment, attempt)
        yield _outcome(prospect, moment, result, inbound=False)
        dead_ends += result == "disconnected"
        if result == "pickedUp" or dead_ends == 2:  # noqa: PLR2004 - one may be bad luck
            return
        if prospect.dice.chance(_CALLS_BACK.get(result, 0)):
            back = clock.call_back_time(moment, prospect.dice)
            if back is not None:
                yield _outcome(prospect, back, "pickedUp", inbound=True)
                return
        moment = clock.next_time(moment, prospect.contact.zone, prospect.dice)


def _outcome(prospect: _Prospect, moment: datetime, result: str, *, inbound: bool) -> _Outcome:
    if result == "pickedUp":
        turns, length = _picked_up(prospect.talk, inbound=inbound)
    elif result in {"voicemail", "ivr"}:
        turns, length = _machine(prospect, result)
    elif result == "disconnected":
        turns, length = [], prospect.dice.between(2, 20)
    else:
        turns, length = [], 0.0
    return _Outcome(moment, inbound, result, turns, length)


def _picked_up(talk: Talk, *, inbound: bool) -> tuple[list[Turn], float]:
    dice, agent = talk.dice, talk.agent
    if dice.chance(_SILENT):
        return [], dice.between(1, 5)
    pace = dice.between(*_WORDS_A_SECOND)
    if not inbound and dice.chance(agent.hang_ups):
        turns = open_call(talk)
    else:
        # The logarithm of the length is normal: exp(mu + sigma z), with exp(mu) the median.
        median = talk.script.median_seconds * agent.length_factor
        length = min(median * math.exp(_SPREAD * dice.bell()), _LONGEST)
        turns = converse(talk, length * pace, inbound=inbound)
    return turns, words_in(turns) / pace


def _machine(prospect: _Prospect, result: str) -> tuple[list[Turn], float]:
    dice, talk = prospect.dice, prospect.talk
    turns = list(prospect.machine)
    if result == "voicemail" and dice.chance(_LEAVES_MESSAGE):
        turns += leave_message(talk)
    if result == "ivr" and dice.chance(_TRIES_MENU):
        turns += reply_to_menu(talk)
    return turns, words_in(turns) / _MACHINE_WORDS_A_SECOND + dice.between(1, 5)


def _planned(prospect: _Prospect, outcome: _Outcome, index: int) -> PlannedCall:
    brief, dice = prospect.brief, prospect.dice
    number, caller = prospect.contact.number, prospect.caller
    call_id = brief.call_prefix + fingerprint(
        "call", brief.seed, brief.number, index, digits=24 - len(brief.call_prefix)
    )
    ring = dice.between(*(_INBOUND_RINGS if outcome.inbound else _RINGS[outcome.result]))
    length = round(outcome.length, 1)
    created = clock.milliseconds(outcome.created) + dice.whole(0, 999)
    completed = created + int(ring * 1000) + round(length * 1000)
    fields: dict[str, Any] = {
        "callId": call_id,
        "direction": "inbound" if outcome.inbound else "outbound",
        "from": number if outcome.inbound else caller,
        "to": caller if outcome.inbound else number,
        "completed": False,
        "result": "pending",
        "createdAt": clock.iso(created),
        "transcripts": [],
    }
    pending = as_json(fields)
    fields |= {
        "completed": True,
        "result": outcome.result,
        "transcripts": [{"role": role, "content": content} for role, content in outcome.turns],
        "completedAt": clock.iso(completed),
        "callLength": length,
    }
    if brief.script.recording and outcome.result in _RECORDED:
        fields["recordingUrl"] = f"https://recordings.cald.example/{brief.campaign_id}/{call_id}.mp3"
    return PlannedCall(
        call_id,
        created,
        completed,
        outcome.result,
        not dice.chance(_NEVER_REPORTED),
        pending,
        as_json(fields),
    )
