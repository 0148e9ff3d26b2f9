"""Answers of a server: whatever comes in over the wire, there is a campaign or an error of ours."""

from __future__ import annotations

import gzip
import io
import json
import threading
import zlib
from typing import TYPE_CHECKING, Any, Final

from urllib3.connection import HTTPConnection

from caldframe.client import Client
from caldframe.client.transport import Connection, Transport
from caldframe.errors import CaldError
from caldframe.fetch import fetch_campaign
from fuzzing.choices import Choices, by_chance, changed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caldframe.frames import CampaignFrames

KEY: Final = "caldLive0123456789abcdef0123456789abcdef"
_ANSWERS: Final = 3
_MOST_BYTES: Final = 2**16

_BODY: Final = json.dumps(
    {
        "campaignId": "c1",
        "status": "finished",
        "calls": [
            {"callId": "k1", "result": "pickedUp", "transcripts": [{"role": "user", "content": "hello"}]}
        ],
    }
).encode()
_BODIES: Final = (
    _BODY,
    b"",
    b'{"error": "no such campaign"}',
    b"<!DOCTYPE html><title>Sign in</title>",
    b'{"message": "the key ' + KEY.encode() + b' has expired"}',
    b" " * (2 * _MOST_BYTES),
)
_STATUSES: Final = (
    200,
    204,
    206,
    100,
    101,
    301,
    302,
    304,
    400,
    401,
    404,
    408,
    418,
    425,
    429,
    500,
    503,
    511,
    599,
    999,
)
_HEADERS: Final = (
    *("Content-Encoding", "Transfer-Encoding", "Content-Length", "Content-Type", "Retry-After", "Location"),
    *("Connection", "Set-Cookie", "Trailer", "Upgrade", "WWW-Authenticate", "Content-Range", "X-Odd"),
)
_VALUES: Final = (
    *(
        b"gzip",
        b"deflate",
        b"br",
        b"chunked",
        b"identity",
        b"gzip, gzip",
        b"close",
        b"keep-alive",
        b"0",
        b"-1",
    ),
    *(
        b"99999999999999999999",
        b"1e9",
        b"Fri, 31 Dec 9999 23:59:59 GMT",
        b"http://[::1",
        b"//x",
        b"",
        b"a=b; Path=/",
    ),
    *(b"text/html", b"application/json; charset=utf-16", b"\xff\xfe", KEY.encode(), b"\t folded\r\n more"),
)


def seeds() -> Iterator[bytes]:
    """Give answers by chance."""
    yield from by_chance(300, length=200)


def check(data: bytes) -> None:
    """Fetch from a server that answers with what the bytes say."""
    choices = Choices(data)
    server = _Server([_answer(choices) for _ in range(_ANSWERS)])
    with Client(KEY, "http://127.0.0.1:9/client/api/v1", retries=2, max_response_bytes=_MOST_BYTES) as client:
        client._stopped = _NoWait()  # noqa: SLF001 - so that attempts follow each other at once
        setattr(client._session._transport, "connections", {HTTPConnection: server.connection})  # noqa: SLF001, B010
        outcome = _fetch(client)
    if isinstance(outcome, CaldError):
        message = str(outcome)
        assert KEY not in message, message
        assert message.isprintable(), message
        assert 1 <= getattr(outcome, "attempts", 1) <= _ANSWERS
    else:
        assert len(outcome.campaigns) == 1


def _fetch(client: Client) -> CampaignFrames | CaldError:
    try:
        return fetch_campaign("c1", client=client)
    except CaldError as error:
        return error


def _answer(choices: Choices) -> bytes:
    """Compose an answer, mostly one that could be; or take the bytes themselves."""
    if choices.number(8) == 7:  # noqa: PLR2004 - the last of eight
        return choices.some()
    status = choices.pick(_STATUSES)
    headers = {choices.pick(_HEADERS): choices.pick(_VALUES) for _ in range(choices.number(4))}
    body = choices.pick(_BODIES)
    match choices.number(6):
        case 0:
            headers.setdefault("Content-Length", str(len(body)).encode())
        case 1:
            body = changed(gzip.compress(body, mtime=0), choices)
            headers |= {"Content-Encoding": b"gzip", "Content-Length": str(len(body)).encode()}
        case 2:
            body = changed(zlib.compress(body), choices)
            headers |= {"Content-Encoding": b"deflate"}
        case 3:
            body = changed(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body), choices)
            headers |= {"Transfer-Encoding": b"chunked"}
        case 4:
            headers["Content-Length"] = str(choices.number(2**16)).encode()
        case _:
            body = changed(body, choices)
    lines = b"".join(b"%b: %b\r\n" % (name.encode(), value) for name, value in headers.items())
    return changed(b"HTTP/1.1 %d Whatever\r\n%b\r\n" % (status, lines), choices) + body


class _NoWait(threading.Event):
    """What a client waits with between attempts."""

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - the base's name
        return False


class _Server:
    """Gives each connection the next answer, and no more; the last one is for all that follow."""

    def __init__(self, answers: list[bytes]) -> None:
        self._answers = answers

    def connection(self, transport: Transport, *args: Any, **kwargs: Any) -> Connection:
        """Make a connection that was never made."""
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return _Unconnected(answer, transport, *args, **kwargs)


class _Unconnected(Connection):
    def __init__(self, answer: bytes, transport: Transport, *args: Any, **kwargs: Any) -> None:
        super().__init__(transport, *args, **kwargs)
        self._answer = answer

    @property
    def is_connected(self) -> bool:
        """No: a pool would ask the operating system about it."""
        return False

    def _new_conn(self) -> Any:
        return _Socket(self._answer)


class _Socket:
    """As much of a socket as an answer is read from."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def makefile(self, mode: str) -> io.BufferedReader:
        assert mode == "rb"
        return io.BufferedReader(_Incoming(self._answer))

    def sendall(self, data: bytes) -> None:
        """Take a request."""

    def settimeout(self, seconds: float | None) -> None:
        """Wait for nothing."""

    def shutdown(self, how: int) -> None:
        """Be shut down."""

    def close(self) -> None:
        """Be closed."""


class _Incoming(io.RawIOBase):
    """What came in, in pieces as the network makes them."""

    def __init__(self, answer: bytes) -> None:
        self._answer = io.BytesIO(answer)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._answer.readinto(memoryview(buffer)[:1000])
