"""Conversations: a script acted out, about as long as the call is to last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from caldframe.sandbox.script import load_common, words_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from caldframe.sandbox.dice import Dice
    from caldframe.sandbox.script import Agent, Exchange, Script, Turn

_ROOM_FOR_AGREEING: Final = 110  # words; nobody says yes to something that was never explained
_ENDINGS: Final = (("declined", 0.46), ("busy", 0.3), ("opted_out", 0.17), ("wrong_number", 0.07))
_LONG_ENDINGS: Final = (("goodbyes", 0.6), ("declined", 0.22), ("busy", 0.14), ("opted_out", 0.04))
_AGREES: Final = 0.42
_CUT_OFF: Final = 0.08
_HELLO_FIRST: Final = 0.55
_ASIDE: Final = 0.45
_STORY: Final = 0.2
_ROOM_FOR_STORIES: Final = 420  # words; few people have time for them
_FITS: Final = 12  # words short of what was wanted, near enough


@dataclass(frozen=True)
class Talk:
    """Who talks to whom about what.

    Parameters
    ----------
    script : Script
        What it is about.
    agent : Agent
        Who calls.
    slots : mapping of str to str
        The contact, the agent and the script's variables by name.
    dice : Dice
        Chance.
    """

    script: Script
    agent: Agent
    slots: Mapping[str, str]
    dice: Dice

    def say(self, exchange: Exchange) -> list[Turn]:
        """Act out one exchange."""
        return [line.say(self.slots, self.dice) for line in exchange]

    def say_one_of(self, choices: tuple[Exchange, ...]) -> list[Turn]:
        """Act out one of several exchanges."""
        return self.say(self.dice.pick(choices))


def open_call(talk: Talk) -> list[Turn]:
    """Give the first lines of a call that the agent placed: perhaps a hello, and the agent's opening."""
    hello = talk.say_one_of(load_common().hellos) if talk.dice.chance(_HELLO_FIRST) else []
    return hello + talk.say_one_of(talk.agent.openings)


def converse(talk: Talk, words: float, *, inbound: bool = False) -> list[Turn]:
    """Act out a call that was picked up and not hung up at once.

    Parameters
    ----------
    talk : Talk
        Who talks about what.
    words : float
        How many words it is to have; met within one exchange, as far as the script goes.
    inbound : bool, default False
        Whether the person called back.

    Returns
    -------
    list of Turn
        The turns, in order.
    """
    common = load_common()
    opening = common.inbound if inbound else common.answers
    turns = ([] if inbound else open_call(talk)) + talk.say_one_of(opening)
    ending = [] if talk.dice.chance(_CUT_OFF) else _end(talk, words)
    missing = words - words_in(turns) - words_in(ending)
    for exchange in _middle(talk, words):
        if missing <= _FITS:
            break
        said = talk.say(exchange)
        missing -= words_in(said)
        turns += said
    return turns + ending


def greet(talk: Talk) -> list[Turn]:
    """Give a voicemail's greeting, as it is heard at every call to its number."""
    return talk.say_one_of(load_common().greetings)


def leave_message(talk: Talk) -> list[Turn]:
    """Give what the agent leaves on a voicemail."""
    return talk.say_one_of(talk.script.messages)


def offer_menu(talk: Talk) -> list[Turn]:
    """Give the menu of a line that machines answer, as it is heard at every call to its number."""
    return talk.say_one_of(load_common().menus)


def reply_to_menu(talk: Talk) -> list[Turn]:
    """Give what the agent tries to tell a menu, and what comes of it."""
    return talk.say_one_of(load_common().menu_replies)


def _end(talk: Talk, words: float) -> list[Turn]:
    long = words >= _ROOM_FOR_AGREEING
    if long and talk.dice.chance(_AGREES):
        return talk.say_one_of(talk.script.agreed)
    kind = talk.dice.weigh(_LONG_ENDINGS if long else _ENDINGS)
    return talk.say_one_of(getattr(load_common(), kind))


def _middle(talk: Talk, words: float) -> Iterator[Exchange]:
    """Go through the script's steps, with asides in between, until there is nothing left to say."""
    common = load_common()
    asides = talk.dice.shuffle(talk.script.asides + common.asides)
    stories = talk.dice.shuffle(common.stories)
    for step in talk.script.steps:
        yield step
        if asides and talk.dice.chance(_ASIDE):
            yield asides.pop()
        if words >= _ROOM_FOR_STORIES and stories and talk.dice.chance(_STORY):
            yield stories.pop()
    yield from talk.dice.shuffle(asides + stories)
