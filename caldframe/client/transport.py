"""The wire: a session that keeps the key to its host, and connections that end when they are told to."""

from __future__ import annotations

import io
import socket
import threading
import time
from contextlib import contextmanager, suppress
from functools import partial
from http.client import HTTPResponse, IncompleteRead
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit
from weakref import WeakSet

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.connection import HTTPConnection, HTTPSConnection

from caldframe.client.checks import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator


class Exchange:
    """One request, from its first attempt to its answer: how long it may take, whether it is still wanted."""

    def __init__(self, time_budget: float, read_timeout: float, stopped: threading.Event) -> None:
        self.time_budget = time_budget
        self.read_timeout = read_timeout
        self.stopped = stopped
        self._end = time.monotonic() + time_budget

    @property
    def remaining(self) -> float:
        """Seconds left."""
        return self._end - time.monotonic()

    def patience(self) -> float:
        """Give the seconds that the next bytes may take, or raise if none should be waited for."""
        if self.stopped.is_set():
            raise ConnectionAbortedError("stopped by Client.abort()")
        remaining = self.remaining
        if remaining <= 0:
            raise TimeoutError(f"the time_budget of {self.time_budget:g} s is used up")
        return min(self.read_timeout, remaining)

    @contextmanager
    def hurried(self, seconds: float) -> Iterator[None]:
        """Take no more than `seconds` for what comes now."""
        end = self._end
        self._end = min(end, time.monotonic() + seconds)
        try:
            yield
        finally:
            self._end = end


class Session(requests.Session):
    """A session for one key and one host, safe to use in many threads.

    Every request has to name its `Exchange`, which bounds each read from the socket: headers, chunk sizes
    and body alike, however slowly they drip in.
    """

    def __init__(self, key: str, connections: int) -> None:
        super().__init__()
        self.auth = _BareKey(key)
        self.headers.update(
            {
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "User-Agent": "caldframe",
            }
        )
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self._settings: dict[str, Any] = {}
        self._transport = Transport(connections)
        self.mount("https://", self._transport)
        self.mount("http://", self._transport)

    def ask(self, url: str, exchange: Exchange, connect_timeout: float) -> requests.Response:
        """Send one GET and give the answer with its body still to be read."""
        self._transport.current.exchange = exchange
        patience = exchange.patience()
        return self.get(
            url, timeout=(min(connect_timeout, patience), patience), stream=True, allow_redirects=False
        )

    def cut(self) -> None:
        """Shut down all connections, so that threads that wait for them go on at once."""
        self._transport.cut()

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Give None: even when told not to follow, requests would read the body and resolve the target."""

    def merge_environment_settings(self, url: Any, *args: Any, **kwargs: Any) -> Any:
        """Take proxies and certificates from the environment, but no proxy for this machine itself."""
        host = urlsplit(url).netloc
        if host not in self._settings:
            # Once, for reading the whole environment takes as long as all else of a request.
            self._settings[host] = self._found_settings(url, *args, **kwargs)
        return self._settings[host]

    def _found_settings(self, url: Any, *args: Any, **kwargs: Any) -> Any:
        settings = super().merge_environment_settings(url, *args, **kwargs)
        if is_loopback(urlsplit(url).hostname or ""):
            settings["proxies"] = {}
        # Whatever a library or a user has set on the session: a certificate is looked at, or nothing is sent.
        settings["verify"] = settings["verify"] or True
        return settings


class _BareKey(AuthBase):
    """The key as the whole of the header. An auth object keeps requests from looking for a ``.netrc``."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._key
        return request


class Transport(HTTPAdapter):
    """Connections that know of the exchange that uses them, and can all be shut down at once."""

    connections: ClassVar[dict[Any, type[Connection]]]
    """What to connect with in place of the connections of urllib3."""

    def __init__(self, connections: int, hosts: int = 1) -> None:
        self.current = threading.local()
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._lock = threading.Lock()
        super().__init__(pool_connections=hosts, pool_maxsize=connections)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Give a pool that makes connections of ours."""
        # The one place that all pools pass, those through a proxy too.
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        if pool.ConnectionCls in self.connections:
            pool.ConnectionCls = partial(self.connections[pool.ConnectionCls], self)
        return pool

    def watch(self, connected: socket.socket) -> None:
        """Remember a socket, so that it can be cut."""
        with self._lock:
            self._sockets.add(connected)

    def cut(self) -> None:
        """Shut down all sockets that are remembered."""
        with self._lock:
            connected = list(self._sockets)
        for one in connected:
            with suppress(OSError):
                # Not the method of an encrypted socket, which would forget its state under the reader.
                socket.socket.shutdown(one, socket.SHUT_RDWR)


class Connection(HTTPConnection):
    """A connection whose every read is bounded by the exchange that uses it."""

    # The standard library's switch for all connections would print the header with the key.
    debuglevel = 0

    def __init__(self, transport: Transport, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._transport = transport

    def connect(self) -> None:
        """Connect, and let the socket be watched."""
        super().connect()
        self._transport.watch(self.sock)
        # Stopped while it connected, out of reach of `cut`.
        self._transport.current.exchange.patience()

    def response_class(self, sock: socket.socket, *args: Any, **kwargs: Any) -> HTTPResponse:  # type: ignore[override]
        """Give what reads the answer."""
        return _Answer(self._transport.current.exchange, sock, *args, **kwargs)


class SecureConnection(Connection, HTTPSConnection):
    """The same, encrypted."""


Transport.connections = {HTTPConnection: Connection, HTTPSConnection: SecureConnection}


class _Answer(HTTPResponse):
    def __init__(self, exchange: Exchange, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._stream = _Stream(self.fp.detach(), sock, exchange)
        self.fp = io.BufferedReader(self._stream)

    def begin(self) -> None:
        super().begin()
        if self._stream.ended:
            # The standard library takes headers that break off for all headers, before an empty body.
            raise IncompleteRead(b"")
        # urllib3 would log what it cannot read of the headers as it is, and a server may say the key back.
        self.msg.defects.clear()
        self.msg.set_payload("")


class _Stream(io.RawIOBase):
    """What comes in from a socket, as long as its exchange has patience."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, exchange: Exchange) -> None:
        self._raw = raw
        self._socket = sock
        self._exchange = exchange
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._socket.settimeout(self._exchange.patience())
        count = self._raw.readinto(buffer)
        self.ended = count == 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
