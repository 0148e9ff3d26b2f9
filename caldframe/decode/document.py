"""The body of a response as text, and why it is refused when it is not what the API promises."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, NoReturn

from caldframe.decode.reader import NotJSONError, Object, Reader, Value
from caldframe.errors import BadResponseError

if TYPE_CHECKING:
    from collections.abc import Container

_SHOWN: Final = 200
_MESSAGE_FIELDS: Final = ("error", "errors", "message", "detail")


def read_text(body: bytes) -> str:
    """Decode a body as UTF-8, or as UTF-16 or UTF-32 where it is that, as Windows tools save it.

    Bytes that are not UTF-8 stay recognisable as lone surrogates, for the decoder to note where they are.

    Raises
    ------
    NotJSONError
        If the body is UTF-16 or UTF-32 and broken.
    """
    encoding = json.detect_encoding(body)
    try:
        return body.decode(encoding, "surrogateescape" if encoding.startswith("utf-8") else "surrogatepass")
    except UnicodeDecodeError as error:
        raise NotJSONError(f"text in {encoding} was expected", error.start) from None


def read_whole_object(body: bytes) -> Value:
    """Read a body that is one JSON object.

    Raises
    ------
    BadResponseError
        If it is anything else.
    """
    try:
        reader = Reader(read_text(body))
        value = reader.value()
        reader.end()
    except NotJSONError as error:
        refuse(body, error)
    if value.kind != "{":
        refuse(body, NotJSONError("an object was expected", 0))
    return value


def refuse_message(
    body: bytes, source: Object, known: Container[str], expected: str, campaign_id: str | None = None
) -> None:
    """Refuse an object that has a message and not one field of what was asked for.

    Raises
    ------
    BadResponseError
        If it is like that.
    """
    if any(name in source.members for name in _MESSAGE_FIELDS) and not any(
        name in known for name in source.members
    ):
        raise BadResponseError(
            f"The API answered with a message instead of a {expected}: {beginning(body)} "
            "Check the id and the account.",
            campaign_id=campaign_id,
        )


def refuse(body: bytes, error: NotJSONError, campaign_id: str | None = None) -> NoReturn:
    """Say what a body is instead of a JSON object.

    Raises
    ------
    BadResponseError
        Always.
    """
    raise BadResponseError(f"{_what_it_is(body, error)} {_advice(body)}", campaign_id=campaign_id) from None


def _what_it_is(body: bytes, error: NotJSONError) -> str:
    start = body[:_SHOWN].lstrip()
    if not body.strip():
        return "The answer is empty."
    if start.startswith(b"<"):
        return f"The answer is a web page (or XML), not JSON: {beginning(body)}"
    if b"\0" in body[:_SHOWN] and json.detect_encoding(body).startswith("utf-8"):
        return "The answer is binary data, not JSON."
    if _breaks_off(body, error):
        return f"The answer breaks off after {len(body):,} bytes: {error}. It begins {beginning(body)}"
    if start[:1] in b'["-0123456789' or start.startswith((b"true", b"false", b"null")):
        return f"The answer is not a JSON object: {beginning(body)}"
    return f"The answer is not JSON: {error}. It begins {beginning(body)}"


def _breaks_off(body: bytes, error: NotJSONError) -> bool:
    text = body.decode("utf-8", "replace").rstrip()
    return error.position >= len(text) or "Unterminated" in str(error)


def _advice(body: bytes) -> str:
    if not body.strip() or body.lstrip().startswith(b"<"):
        return "Check that the base URL is the API's, and that no proxy or login page is in between."
    return "Fetch it again; if it stays like that, the file or the server is broken."


def beginning(body: bytes) -> str:
    """Quote the first 200 characters of a body, control characters escaped."""
    text = body[: 4 * _SHOWN].decode("utf-8", "replace")
    return repr(text[:_SHOWN]) + ("..." if len(text) > _SHOWN else "")
