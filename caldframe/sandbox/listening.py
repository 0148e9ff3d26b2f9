"""The sandbox's ear: HTTP on this machine alone, a thread a connection, and an end to all of them."""

from __future__ import annotations

import logging
import os
import socket
import socketserver
import ssl
import struct
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Condition, Event
from typing import TYPE_CHECKING, Any, ClassVar, Final

from caldframe.sandbox.body import Body, as_json
from caldframe.sandbox.misconduct import Answer, misbehave

if TYPE_CHECKING:
    from collections.abc import Callable

    from caldframe.sandbox.faults import Misfortune

__all__ = ["Server", "refusal"]

_HOST: Final = "127.0.0.1"
_WORTH_COMPRESSING: Final = 1024
_SECONDS_TO_STOP: Final = 5.0
_BAD_CERTIFICATE: Final = Path(__file__).with_name("bad-certificate.pem")
_RESET_ON_CLOSE: Final = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)

_log = logging.getLogger(__name__)


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """A thread a connection, and a list of the open ones, so that none outlives the server.

    Parameters
    ----------
    port : int
        The port to listen on; 0 takes a free one.
    respond : callable
        What to answer to a path and a key: a status and a body.
    misfortune : Misfortune
        What goes wrong.
    now : callable
        The clock that the times of faults are measured by, in seconds.
    """

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128
    timeout = 0.05

    def __init__(
        self,
        port: int,
        respond: Callable[[str, str | None], tuple[HTTPStatus, Body]],
        misfortune: Misfortune,
        now: Callable[[], float],
    ) -> None:
        self.respond = respond
        self.misfortune = misfortune
        self.stopping = Event()
        self._now = now
        self._open: set[socket.socket] = set()
        self._to_reset: set[socket.socket] = set()
        self._changed = Condition()
        self._refusing_until: float | None = None
        self._context = _bad_context() if misfortune.faults.bad_certificate else None
        super().__init__((_HOST, port), _Handler)
        self._port: int = self.server_address[1]

    @property
    def origin(self) -> str:
        """The beginning of its URLs."""
        return f"{'http' if self._context is None else 'https'}://{_HOST}:{self._port}"

    def serve_until_stopped(self) -> None:
        """Take connections until `stop` is called."""
        while not self.stopping.is_set():
            if self._is_refusing():
                self.stopping.wait(self.timeout)
            else:
                self.handle_request()

    def stop(self) -> None:
        """Let `serve_until_stopped` end, and whoever waits for it."""
        self.stopping.set()
        with self._changed:
            self._changed.notify_all()

    def refuse_connections(self, seconds: float) -> None:
        """Refuse new connections for some seconds; when this returns, they are refused."""
        with self._changed:
            self._refusing_until = self._now() + seconds
            self._changed.wait_for(lambda: self.socket.fileno() == -1 or self.stopping.is_set())

    def _is_refusing(self) -> bool:
        """Close the door, keep it closed or open it again, as it is wanted; only this thread may touch it."""
        with self._changed:
            if self._refusing_until is None:
                return False
            if self._now() < self._refusing_until:
                self.socket.close()
                self._changed.notify_all()
                return True
            try:
                self.socket = socket.create_server((_HOST, self._port), backlog=self.request_queue_size)
            except OSError as error:
                _log.warning("Port %d cannot be listened on again yet: %s", self._port, error)
                return True
            self._refusing_until = None
            return False

    def get_request(self) -> tuple[socket.socket, Any]:
        """Take a connection, and remember it."""
        connection, address = super().get_request()
        if self._context is not None:
            # The handshake comes with the first read, in the thread of the connection.
            connection = self._context.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        with self._changed:
            self._open.add(connection)
        return connection, address

    def reset_at_the_end(self, connection: socket.socket) -> None:
        """Let a connection end with a reset."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._to_reset.add(connection)

    def shutdown_request(self, request: Any) -> None:
        """End a connection, politely unless it was to be reset."""
        if request in self._to_reset:
            self._to_reset.discard(request)
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def close_request(self, request: Any) -> None:
        """Close a connection, and forget it."""
        super().close_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def close_connections(self) -> None:
        """End the connections that clients keep open, and wait for their threads."""
        with self._changed:
            for connection in self._open:
                _hang_up(connection)
            self._changed.wait_for(lambda: not self._open, timeout=_SECONDS_TO_STOP)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base's names
        """Log what went wrong; a client that went away is nothing."""
        _log.debug("A connection ended early.", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    """One connection: as many requests as the client sends over it."""

    protocol_version = "HTTP/1.1"
    timeout = 300
    wbufsize = -1  # one packet for the head and the body of a small response
    disable_nagle_algorithm = True
    server: Server

    _ALLOWED: ClassVar[str] = "GET"

    def do_GET(self) -> None:
        status, body = self.server.respond(self.path, self.headers["Authorization"])
        # Whoever has no key learns nothing, not even that something goes wrong.
        known = status is not HTTPStatus.UNAUTHORIZED
        fault = self.server.misfortune.next_for(self.path) if known else None
        if fault is None:
            self._send(status, body)
        else:
            self.log_message('"%s" %s', self.requestline, fault)
            encoding = "gzip" if self._is_compressed(body) else None
            answer = Answer(body.data, body.compressed if encoding else body.data, encoding)
            misbehave(fault, self, answer, self.server.misfortune.faults)

    @property
    def base_url(self) -> str:
        """Where the API begins, on this server."""
        return self.server.origin + "/".join(self.path.split("/")[:4])

    def send(self, data: bytes) -> None:
        """Send bytes at once."""
        self.wfile.write(data)
        self.wfile.flush()

    def pause(self, seconds: float) -> None:
        """Wait; raise if the server stops meanwhile."""
        if self.server.stopping.wait(seconds):
            raise ConnectionAbortedError("the sandbox was stopped")

    def hang_up(self, *, reset: bool = False) -> None:
        """End the connection after this answer."""
        self.close_connection = True
        if reset:
            self.server.reset_at_the_end(self.connection)

    def refuse_others(self, seconds: float) -> None:
        """Refuse new connections for some seconds."""
        self.server.refuse_connections(seconds)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse in JSON what the base class refuses in HTML: other methods, and what is not HTTP."""
        del explain
        status = HTTPStatus(code)
        if status is HTTPStatus.NOT_IMPLEMENTED:
            status, message = HTTPStatus.METHOD_NOT_ALLOWED, "This API can only be read: use GET."
        # A body that nobody reads would be taken for the next request.
        self.close_connection = True
        self._send(*refusal(status, message or status.phrase))

    def _send(self, status: HTTPStatus, body: Body) -> None:
        compressed = self._is_compressed(body)
        data = body.compressed if compressed else body.data
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Vary", "Accept-Encoding")
        if compressed:
            self.send_header("Content-Encoding", "gzip")
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", self._ALLOWED)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
        self.wfile.flush()

    def _is_compressed(self, body: Body) -> bool:
        return len(body.data) >= _WORTH_COMPRESSING and self._reads_gzip()

    def _reads_gzip(self) -> bool:
        headers = getattr(self, "headers", None)  # absent where the request could not be read
        accepted = "" if headers is None else headers.get("Accept-Encoding", "")
        for choice in accepted.lower().split(","):
            name, _, quality = choice.partition(";")
            if name.strip() == "gzip":
                return quality.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
        return False

    def version_string(self) -> str:
        return "caldframe-sandbox"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Log a request; the key is in a header and not among the arguments."""
        _log.info(format, *args)


def refusal(status: HTTPStatus, message: str) -> tuple[HTTPStatus, Body]:
    """Give an error as the API does: its status, and an object that says what it is."""
    return status, Body(as_json({"error": message}))


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(2)
    except OSError:
        _log.debug("The client was faster.")


def _bad_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_BAD_CERTIFICATE)
    return context
