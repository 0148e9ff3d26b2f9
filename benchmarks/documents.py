"""Responses of any number of calls, made by multiplying a campaign; clean ones and odd ones."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ODD_EVERY: Final = 100

_ID_MARK: Final = "<id>"
_COUNT_DIGITS: Final = 8
_SMALL: Final = 5


@dataclass(frozen=True)
class Variant:
    """What is unusual about a document.

    Parameters
    ----------
    name : str
        What the table calls it.
    odd : bool, default False
        Whether every hundredth call is odd, in turn in each way of `ODDITIES`.
    added : object, optional
        The value of a field that the API does not document, on every call.
    pretty : bool, default False
        Whether it is printed with indents.
    """

    name: str
    odd: bool = False
    added: object = None
    pretty: bool = False


CLEAN: Final = Variant("clean")
VARIANTS: Final = (
    CLEAN,
    Variant("1% odd calls, six kinds", odd=True),
    Variant("an unknown text on every call", added="spring-2"),
    Variant("an unknown number on every call", added=0.75),
    Variant("an unknown object on every call", added={"score": 0.75, "tags": ["new", "late"]}),
    Variant("printed with indents", pretty=True),
)


def multiply(base: bytes, calls: int, variant: Variant = CLEAN) -> Iterator[bytes]:
    """Make a response as large as wanted of a campaign.

    Parameters
    ----------
    base : bytes
        A response with at least one call, every call an object with a `callId`.
    calls : int
        How many calls to make: those of the base again and again, each with an id of its own; if fewer
        than the base has, some from everywhere in it.
    variant : Variant, default clean
        What is unusual about it.

    Yields
    ------
    bytes
        The response, piece by piece.
    """
    response = json.loads(base)
    originals = response.pop("calls")
    templates = [_template(call, variant) for call in originals]
    oddities = list(ODDITIES.values())
    indent = 2 if variant.pretty else None
    yield _dump(response, indent)[:-1].rstrip() + b',"calls":['
    for index in range(calls):
        place = index % len(originals) if calls >= len(originals) else index * len(originals) // calls
        call_id = f"{index:0{_COUNT_DIGITS}x}{originals[place]['callId'][_COUNT_DIGITS:]}"
        if index:
            yield b",\n" if variant.pretty else b","
        if variant.odd and index % ODD_EVERY == ODD_EVERY - 1:
            oddity = oddities[index // ODD_EVERY % len(oddities)]
            yield oddity(originals[place] | {"callId": call_id})
        else:
            before, after = templates[place]
            yield before + call_id.encode() + after
    yield b"]}"


def _template(call: dict[str, Any], variant: Variant) -> tuple[bytes, bytes]:
    """Give what stands before and behind a call's id."""
    added = {} if variant.added is None else {"added": variant.added}
    text = _dump({"callId": _ID_MARK} | call | {"callId": _ID_MARK} | added, 2 if variant.pretty else None)
    before, _, after = text.partition(_ID_MARK.encode())
    return before, after


def _dump(value: object, indent: int | None = None) -> bytes:
    """Write JSON as servers in JavaScript do."""
    separators = (",", ":") if indent is None else None
    return json.dumps(value, ensure_ascii=False, indent=indent, separators=separators).encode()


def _text_for_number(call: dict[str, Any]) -> bytes:
    return _dump(call | {"callLength": "12"})


def _lone_surrogate(call: dict[str, Any]) -> bytes:
    turns = [*call.get("transcripts", ()), {"role": "user", "content": "\ud83d"}]
    return json.dumps(call | {"transcripts": turns}).encode()


def _field_twice(call: dict[str, Any]) -> bytes:
    return b'{"result":"failed",' + _dump(call)[1:]


def _not_a_number(call: dict[str, Any]) -> bytes:
    return _dump(call | {"callLength": float("nan")})


def _unknown_field(call: dict[str, Any]) -> bytes:
    return _dump(call | {"note": "asked for a call back"})


def _null(_call: dict[str, Any]) -> bytes:
    return b"null"


ODDITIES: Final[Mapping[str, Callable[[dict[str, Any]], bytes]]] = {
    "a text for a number": _text_for_number,
    "half a surrogate pair": _lone_surrogate,
    "a field twice": _field_twice,
    "`NaN`": _not_a_number,
    "an unknown field": _unknown_field,
    "a `null` among the calls": _null,
}
"""The ways in which a call can be odd: each writes a call as JSON that does not fit."""


def spoil(base: bytes, oddity: str) -> bytes:
    """Make a small response with one odd call in its middle.

    Parameters
    ----------
    base : bytes
        A response with at least one call.
    oddity : str
        A key of `ODDITIES`.

    Returns
    -------
    bytes
        The response.
    """
    response = json.loads(b"".join(multiply(base, _SMALL)))
    calls = [_dump(call) for call in response["calls"]]
    calls[_SMALL // 2] = ODDITIES[oddity](response["calls"][_SMALL // 2])
    return b'{"calls":[' + b",".join(calls) + b"]}"
