"""A web server on this machine that answers as it is told, byte for byte, good manners or bad."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

PATIENCE = 30.0
"""Seconds after which a test that waits for something gives up; nothing is measured by it."""

BASE_PATH = "/client/api/v1"


@dataclass(frozen=True)
class Request:
    """A request as it came in."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    raw: bytes

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


class Line:
    """One connection, seen from the server."""

    def __init__(self, connection: socket.socket, closing: threading.Event) -> None:
        self.connection = connection
        self._closing = closing

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def hold(self) -> None:
        """Wait until the other side hangs up, or the test is over."""
        self.connection.settimeout(PATIENCE)
        with suppress(OSError):
            while not self._closing.is_set() and self.connection.recv(4096):
                pass
        raise HangUpError

    def drip(self, data: bytes, pause: float) -> None:
        for position in range(len(data)):
            self.send(data[position : position + 1])
            if self._closing.wait(pause):
                raise HangUpError


class HangUpError(Exception):
    """The server ends this connection."""


Reply = bytes | Callable[[Line], None]


def answer(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    """Compose a whole answer; a header's name is written with underscores."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def json_answer(value: Any, status: int = 200, **headers: str) -> bytes:
    return answer(status, json.dumps(value).encode(), Content_Type="application/json", **headers)


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n", **headers: str) -> bytes:
    """Compose an answer in chunks; without its `end` it breaks off."""
    lines = ["HTTP/1.1 200 OK", "Transfer-Encoding: chunked"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    return head + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + end


def then_close(data: bytes = b"") -> Reply:
    """Send this and hang up."""

    def reply(line: Line) -> None:
        line.send(data)
        raise HangUpError

    return reply


def then_reset(data: bytes = b"") -> Reply:
    """Send this and slam the door: the other side sees a reset."""

    def reply(line: Line) -> None:
        line.send(data)
        line.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise HangUpError

    return reply


def then_hang(data: bytes = b"") -> Reply:
    """Send this and nothing more, until the other side hangs up."""

    def reply(line: Line) -> None:
        line.send(data)
        line.hold()

    return reply


def drip(head: bytes, rest: bytes, pause: float) -> Reply:
    """Send the head at once and the rest byte by byte."""

    def reply(line: Line) -> None:
        line.send(head)
        line.drip(rest, pause)

    return reply


class Wire:
    """The server. Each request takes the next reply of its route; the last one is given for ever.

    Parameters
    ----------
    *replies
        What is answered to a request without a route of its own: bytes, or a function of the `Line`.
    routes
        Replies by path, without the API's own base path.
    secure
        Whether to speak TLS, with a certificate that nobody trusts who was not told to.
    """

    def __init__(
        self, *replies: Reply, routes: Mapping[str, Sequence[Reply]] | None = None, secure: bool = False
    ) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self._replies = {BASE_PATH + path: deque(given) for path, given in (routes or {}).items()}
        self._other = deque(replies)
        self._secure = secure
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if self._secure else 'http'}://127.0.0.1:{self.port}{BASE_PATH}"
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        with suppress(OSError):
            # Closing alone does not wake the thread that accepts.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._changed:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "the test's own server did not end"

    @property
    def targets(self) -> list[str]:
        return [request.target.removeprefix(BASE_PATH) for request in self.requests]

    def wait_for_requests(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.requests) >= count, PATIENCE), self.targets

    def wait_until_all_hung_up(self) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: not self._open, PATIENCE), "a connection is still open"

    def _start(self, target: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, name="wire", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._changed:
                self.connections += 1
                self._open.add(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        plain = connection
        with ExitStack() as stack:
            stack.callback(self._forget, plain)
            with suppress(HangUpError, OSError):
                if self._secure:
                    connection = server_context().wrap_socket(plain, server_side=True)
                    with self._changed:
                        self._open.remove(plain)
                        self._open.add(connection)
                stack.callback(self._forget, connection)
                while request := _read_request(connection):
                    with self._changed:
                        self.requests.append(request)
                        reply = self._next_reply(request.target)
                        self._changed.notify_all()
                    if callable(reply):
                        reply(Line(connection, self._closing))
                    else:
                        connection.sendall(reply)

    def _next_reply(self, target: str) -> Reply:
        replies = self._replies.get(target, self._other)
        return replies.popleft() if len(replies) > 1 else replies[0]

    def _forget(self, connection: socket.socket) -> None:
        connection.close()
        with self._changed:
            self._open.discard(connection)
            self._changed.notify_all()


def _read_request(connection: socket.socket) -> Request | None:
    raw = b""
    while b"\r\n\r\n" not in raw:
        more = connection.recv(65536)
        if not more:
            return None
        raw += more
    first, *rest = raw.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
    method, target, _ = first.split(" ")
    headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in rest))
    return Request(method, target, headers, raw)


CERTIFICATE = Path(__file__).parent / "wire.pem"
"""A certificate for localhost and api.example, and its key: made for these tests, of no use elsewhere."""


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def tunnel(port: int) -> Reply:
    """Be a proxy: connect to that port of this machine and pass on what either side says."""

    def pass_on(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def reply(line: Line) -> None:
        with socket.create_connection(("127.0.0.1", port)) as other:
            line.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=pass_on, args=(other, line.connection), name="wire")
            back.start()
            pass_on(line.connection, other)
            back.join()
        raise HangUpError

    return reply


def unused_port() -> int:
    """Give a port where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
