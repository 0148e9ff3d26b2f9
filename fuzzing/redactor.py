"""Texts: redacting never fails, twice is the same as once, and a plain number or address never stays."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Final

from caldframe.privacy.redactor import KINDS, Redactor
from fuzzing.choices import Choices, by_chance

if TYPE_CHECKING:
    from collections.abc import Iterator

_REGIONS: Final = ("US", "GB", "DE", None)
_PLANTED: Final = (
    ("415-555-0123", "Call me at {}."),
    ("+1 (415) 555-0123", "My phone number is {}."),
    ("ann.smith@example.com", "My e-mail address is {}."),
)
_PIECES: Final = (
    *(
        "four ",
        "one five ",
        "double ",
        "oh ",
        "forty-",
        "hundred ",
        "415",
        "555-0123",
        "+44 20 7946 0018",
        "٣",
    ),
    *("4242 4242 4242 4242", "GB82 WEST 1234 5698 7654 32", "078-05-1120", "2026-11-24 10:30", "$12,000.50"),
    *("ann@example.com", " at ", " dot ", "com", "@", "[phone number]", "[name]", "Ann ", "order ", "card "),
    *(
        " ",
        ".",
        ",",
        "-",
        "(",
        ")",
        "\n",
        "\x00",
        "\u200b",
        "é",
        "電",
        "\U0001f600",
        "e\u0301",
        '{"a": "',
        '"}',
    ),
)
_PLACEHOLDER: Final = re.compile(rf"\[(?:{'|'.join(map(re.escape, KINDS))})\]")


def seeds() -> Iterator[bytes]:
    """Give texts of pieces that mean something to the redactor, with each region and each thing planted."""
    for number, data in enumerate(by_chance(300, length=40)):
        pieces = bytes(byte % len(_PIECES) + 1 for byte in data)
        yield bytes([number % len(_REGIONS), number % len(_PLANTED)]) + pieces


def check(data: bytes) -> None:
    """Make a text of bytes, with something planted in it, and redact it."""
    choices = Choices(data)
    redactor = _redactor(choices.pick(_REGIONS))
    personal, sentence = choices.pick(_PLANTED)
    text = _text(choices)
    _check_promises(redactor, text)
    hidden, _ = redactor.redact(f"{text}\n\n{sentence.format(personal)}\n\n{text}")
    assert personal not in hidden or personal in text, hidden


def _check_promises(redactor: Redactor, text: str) -> None:
    once, counts = redactor.redact(text)
    assert redactor.redact(once) == (once, {})
    assert bool(counts) == (once != text)
    assert set(counts) <= set(KINDS)
    # What is between the placeholders was said, in that order.
    position = 0
    for kept in _PLACEHOLDER.split(once):
        position = text.find(kept, position)
        assert position >= 0, (text, once)
        position += len(kept)
    as_json, _ = redactor.redact_json(text)
    if _is_json(text):
        json.loads(as_json)


def _text(choices: Choices) -> str:
    """Put pieces together, and in between what the bytes are in UTF-8."""
    parts = []
    while choices:
        place = choices.number(256)
        if 0 < place <= len(_PIECES):
            parts.append(_PIECES[place - 1])
        else:
            parts.append(choices.some().decode("utf-8", "replace"))
    return "".join(parts)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


@cache
def _redactor(region: str | None) -> Redactor:
    return Redactor(region=region, names=("Ann",), patterns=None)
