"""A pull parser over JSON text that remembers where each value stands.

The standard library's scanner does the parsing; this adds what it cannot give: the verbatim text of
a value, names given twice, and nesting of any depth. It is as lenient as the standard library at its
most lenient (``NaN``, ``Infinity``, control characters inside strings), because text like that is
still text that somebody sent; `is_strict_json` tells it apart.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPACES: Final = frozenset(" \t\n\r")
_WHITESPACE: Final = re.compile(r"[ \t\n\r]*")
_PLAIN_NAME: Final = re.compile(r'("[^"\\\x00-\x1f]*")[ \t\n\r]*:[ \t\n\r]*')
# Most members of most objects: nothing in them means anything else than it is written.
_PLAIN_MEMBER: Final = re.compile(
    r"""
    ("([^"\\\x00-\x1f]*)") [ \t\n\r]* : [ \t\n\r]*
    ("([^"\\\x00-\x1f]*)" | null | true | false | -?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?)
    [ \t\n\r]* ([,}]) [ \t\n\r]*
    """,
    re.VERBOSE,
)
_STRICT_STRING: Final = re.compile(r'"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*"')
_MAYBE_NOT_STRICT: Final = re.compile(r"[\x00-\x1fNI]")
_CLOSERS: Final = {"{": "}", "[": "]"}

# Numbers stay text: what they are worth, and whether they fit, is for the column to say.
_scan = json.JSONDecoder(
    parse_int=str,
    parse_float=str,
    parse_constant=str,
    strict=False,
).scan_once  # type: ignore[attr-defined]


class NotJSONError(ValueError):
    """The text is not JSON.

    Parameters
    ----------
    expected : str
        What should have been there.
    position : int
        Where, in characters from the beginning.
    """

    def __init__(self, expected: str, position: int) -> None:
        super().__init__(f"{expected} at character {position:,}")
        self.position = position


class Value(NamedTuple):
    """A JSON value: its verbatim text and, for a string, what it says."""

    text: str
    string: str | None

    @property
    def kind(self) -> str:
        """The value's first character, which tells its type: ``{ [ " t f n`` or part of a number."""
        return self.text[0]

    @property
    def is_null(self) -> bool:
        """Whether the value is ``null``."""
        return self.text == "null"

    @property
    def is_number(self) -> bool:
        """Whether the value is a number, ``NaN`` and the infinities included."""
        return self.text[0] not in '{["tfn'


NULL: Final = Value("null", None)


class Object(NamedTuple):
    """The members of a JSON object.

    Parameters
    ----------
    members : dict of str to Value
        By name; of a name given twice, the last.
    name_texts : dict of str to str
        Each name as it stands in the text, quotes included.
    shadowed : list of tuple of str and Value
        The earlier values of names given twice, in order.
    """

    members: dict[str, Value]
    name_texts: dict[str, str]
    shadowed: list[tuple[str, Value]]


class Reader:
    """Reads JSON text from the front to the back.

    Parameters
    ----------
    text : str
        The JSON text.

    Attributes
    ----------
    position : int
        Where the next value begins, in characters.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = _after_whitespace(text, 0)

    def peek(self) -> str:
        """Give the first character of the next value, or an empty text at the end."""
        return self.text[self.position : self.position + 1]

    def value(self) -> Value:
        """Read the next value whole.

        Raises
        ------
        NotJSONError
            If there is none.
        """
        start = self.position
        parsed, self.position = _scan_deep(self.text, start)
        return Value(self.text[start : self.position], parsed)

    def members(self) -> Iterator[tuple[str, str]]:
        """Step through the next value, an object: each member's name, and the name as it stands there.

        Whoever iterates reads the member's value (or steps through it) before going on.

        Raises
        ------
        NotJSONError
            If the object is not JSON.
        """
        more = self._opens("{", "}")
        while more:
            yield self._name()
            more = self._goes_on("}")

    def object(self) -> Object:
        """Read the next value, an object, member by member.

        Raises
        ------
        NotJSONError
            If it is not a JSON object.
        """
        found = Object({}, {}, [])
        more = self._opens("{", "}")
        while more:
            plain = _PLAIN_MEMBER.match(self.text, self.position)
            if plain:
                name_text, name, text, string, then = plain.groups()
                add_member(found, name, name_text, Value(text, string))
                self.position = plain.end()
                more = then == ","
            else:
                name, name_text = self._name()
                add_member(found, name, name_text, self.value())
                more = self._goes_on("}")
        return found

    def elements(self) -> Iterator[int]:
        """Step through the next value, a list: each element's position in it.

        Whoever iterates reads the element (or steps through it) before going on.

        Raises
        ------
        NotJSONError
            If the list is not JSON.
        """
        if self._opens("[", "]"):
            index = 0
            more = True
            while more:
                yield index
                index += 1
                more = self._goes_on("]")

    def end(self) -> None:
        """Make sure that nothing follows.

        Raises
        ------
        NotJSONError
            If something does.
        """
        self.position = _after_whitespace(self.text, self.position)
        if self.position < len(self.text):
            raise NotJSONError("the end was expected", self.position)

    def _opens(self, opener: str, closer: str) -> bool:
        """Step over the beginning of a list or object; False, and over its end too, if it is empty."""
        if self.peek() != opener:
            raise NotJSONError(f"{opener!r} was expected", self.position)
        self.position = _after_whitespace(self.text, self.position + 1)
        if self.peek() != closer:
            return True
        self.position += 1
        return False

    def _goes_on(self, closer: str) -> bool:
        """Step over the comma before the next value, or, then False, over the closer."""
        position = _after_whitespace(self.text, self.position)
        character = self.text[position : position + 1]
        if character == ",":
            self.position = _after_whitespace(self.text, position + 1)
            return True
        if character != closer:
            raise NotJSONError(f"',' or {closer!r} was expected", position)
        self.position = position + 1
        return False

    def _name(self) -> tuple[str, str]:
        """Step over the name of a member and its colon; give it, and how it is written."""
        plain = _PLAIN_NAME.match(self.text, self.position)
        if plain:
            self.position = plain.end()
            return plain[1][1:-1], plain[1]
        start = self.position
        value_at = _before_value(self.text, start, "}")
        name, end = _scan_deep(self.text, start)
        self.position = value_at
        return name or "", self.text[start:end]


def read_object(text: str) -> Object:
    """Read the members of an object.

    Raises
    ------
    NotJSONError
        If the text is not a JSON object.
    """
    return Reader(text).object()


def add_member(found: Object, name: str, name_text: str, value: Value) -> None:
    """Put a member into `found`; a value that it had under that name is shadowed."""
    if name in found.members:
        found.shadowed.append((name, found.members[name]))
    found.members[name] = value
    found.name_texts[name] = name_text


def read_list(text: str) -> list[Value]:
    """Read the elements of a list.

    Raises
    ------
    NotJSONError
        If the text is not a JSON list.
    """
    reader = Reader(text)
    return [reader.value() for _ in reader.elements()]


def is_strict_json(text: str) -> bool:
    """Tell whether text that `Reader` accepted is JSON by the standard too.

    Examples
    --------
    >>> is_strict_json('{"a": [1, "NaN"]}'), is_strict_json('{"a": NaN}')
    (True, False)
    """
    if not _MAYBE_NOT_STRICT.search(text):
        return True
    rest = _STRICT_STRING.sub("", text)
    return not ('"' in rest or "N" in rest or "I" in rest)


def _scan_deep(text: str, start: int) -> tuple[str | None, int]:
    """Scan one value; give what it says, if it is a string, and where it ends."""
    try:
        parsed, end = _scan(text, start)
    except RecursionError:
        return None, _skip_nested(text, start)
    except StopIteration as error:
        raise NotJSONError("a value was expected", error.value) from None
    except json.JSONDecodeError as error:
        raise NotJSONError(error.msg.removesuffix(" at"), error.pos) from None
    return (parsed if text[start] == '"' else None), end


def _skip_nested(text: str, start: int) -> int:
    """Find the end of a list or object nested too deeply for the scanner, which is recursive."""
    closers: list[str] = []
    position = start
    while True:
        opener = text[position : position + 1]
        if opener in ("{", "["):
            closers.append(_CLOSERS[opener])
            position = _after_whitespace(text, position + 1)
            if text[position : position + 1] != closers[-1]:
                position = _before_value(text, position, closers[-1])
                continue
        else:
            _, position = _scan_deep(text, position)
        position = _close(text, position, closers)
        if not closers:
            return position
        position = _before_value(text, _after_whitespace(text, position + 1), closers[-1])


def _close(text: str, position: int, closers: list[str]) -> int:
    """Close what a value's end closes; stop at the comma before the next value, or behind the last closer."""
    while closers:
        position = _after_whitespace(text, position)
        character = text[position : position + 1]
        if character == ",":
            return position
        if character != closers[-1]:
            raise NotJSONError(f"',' or {closers[-1]!r} was expected", position)
        closers.pop()
        position += 1
    return position


def _before_value(text: str, position: int, closer: str) -> int:
    """Step over a member's name, inside an object."""
    if closer == "]":
        return position
    if text[position : position + 1] != '"':
        raise NotJSONError("a name in quotes was expected", position)
    _, position = _scan_deep(text, position)
    position = _after_whitespace(text, position)
    if text[position : position + 1] != ":":
        raise NotJSONError("':' was expected", position)
    return _after_whitespace(text, position + 1)


def _after_whitespace(text: str, position: int) -> int:
    if text[position : position + 1] not in _SPACES:
        return position
    match = _WHITESPACE.match(text, position)
    return match.end() if match else position
