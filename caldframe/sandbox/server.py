"""The sandbox's server: HTTP on this machine alone, the API's paths, its key and its errors."""

from __future__ import annotations

import hmac
import logging
import socketserver
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from threading import Condition, Thread
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self
from urllib.parse import unquote, urlsplit

from caldframe.errors import ConfigurationError
from caldframe.sandbox.body import Body, as_json
from caldframe.sandbox.campaigns import SyntheticCampaign, check_calls
from caldframe.sandbox.dice import fingerprint
from caldframe.sandbox.library import Holding, Library
from caldframe.sandbox.saved import SavedCampaign

if TYPE_CHECKING:
    import os
    import socket
    from collections.abc import Callable, Sequence
    from types import TracebackType

__all__ = ["Sandbox"]

_HOST: Final = "127.0.0.1"
_BASE_PATH: Final = "/client/api/v1"
_LAST_PORT: Final = 65535
_WORTH_COMPRESSING: Final = 1024
_SECONDS_TO_STOP: Final = 5.0

_log = logging.getLogger(__name__)


class Sandbox:
    """A local stand-in for the API: real HTTP, made-up campaigns, saved responses.

    It listens on 127.0.0.1 alone. It answers the details of a campaign, one call, the agents and the contacts
    of a list as the vendor's API does: with a key, in JSON, compressed when the client can read that; with
    status 401 without the key, 404 for what is not there and 405 for anything but GET.

    The campaigns are made up: solar surveys, appointments, invitations, with follow-ups, voicemail,
    objections and opt-outs. They are the same ones, word by word, for the same seed, and one in six
    moves forward while the sandbox runs. Nobody was called.

    Parameters
    ----------
    seed : int, default 1
        Another seed, other campaigns, and another key.
    campaigns : int, default 3
        How many campaigns to make up.
    calls : int, default 400
        How many calls each of them has when it is finished, at most 20,000.
    serve : sequence of str or path, default ()
        Saved responses of the details endpoint, plain or gzip, that are served byte for byte as well.
    port : int, default 0
        The port to listen on; 0 takes a free one.
    now : callable, default time.monotonic
        The clock that active campaigns move by, in seconds.

    Attributes
    ----------
    url : str
        The base URL while it runs, for `base_url` of a client or the environment variable ``CALD_BASE_URL``.
    api_key : str
        The key, for `api_key` or ``CALD_API_KEY``. It opens nothing but this sandbox.
    campaign_ids : list of str
        The campaigns: the saved ones, then the made-up ones.

    Raises
    ------
    ConfigurationError
        If a number is out of range, a saved response cannot be served, or the port is taken.

    Examples
    --------
    >>> import caldframe as cf
    >>> with cf.Sandbox(seed=1, calls=25) as sandbox:
    ...     frames = cf.fetch_campaign(
    ...         sandbox.campaign_ids[0], base_url=sandbox.url, api_key=sandbox.api_key
    ...     )
    >>> len(frames.calls)
    25

    In a notebook, where one block cannot span cells, `start` it and `stop` it:

    >>> sandbox = cf.Sandbox(seed=1, calls=25).start()
    >>> sandbox.stop()
    """

    def __init__(  # noqa: PLR0913 - each is something to set, and has a default
        self,
        seed: int = 1,
        campaigns: int = 3,
        calls: int = 400,
        serve: Sequence[str | os.PathLike[str]] = (),
        port: int = 0,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        if campaigns < 0:
            raise ConfigurationError(f"The sandbox cannot make up {campaigns} campaigns. Give 0 or more.")
        check_calls(calls)
        if not 0 <= port <= _LAST_PORT:
            raise ConfigurationError(
                f"There is no port {port}. Give one up to {_LAST_PORT}, 0 for a free one."
            )
        saved: list[Holding] = [SavedCampaign(path) for path in serve]
        made_up = [SyntheticCampaign(seed, number, calls) for number in range(campaigns)]
        self._library = Library([*saved, *made_up])
        self.api_key = "caldLive" + fingerprint("key", seed, digits=32)
        self._port = port
        self._now = now
        self._server: _Server | None = None
        self._thread: Thread | None = None

    def __repr__(self) -> str:
        where = "stopped" if self._server is None else self.url
        return f"<Sandbox {where}, {len(self.campaign_ids)} campaigns>"

    @property
    def campaign_ids(self) -> list[str]:
        """The ids of the campaigns it holds: the saved ones, then the made-up ones."""
        return self._library.campaign_ids

    @property
    def url(self) -> str:
        """The base URL while it runs."""
        if self._server is None:
            raise ConfigurationError(
                "The sandbox is not running. Use it in a with block, or call its start() first."
            )
        return f"http://{_HOST}:{self._server.server_address[1]}{_BASE_PATH}"

    def start(self) -> Self:
        """Start serving, in a thread of its own; nothing happens if it runs already.

        Returns
        -------
        Sandbox
            Itself.

        Raises
        ------
        ConfigurationError
            If the port is taken.
        """
        if self._server is None:
            try:
                self._server = _Server(self._port, _Api(self._library, self.api_key, self._now))
            except OSError as error:
                raise ConfigurationError(
                    f"The sandbox cannot listen on port {self._port} ({error.strerror or error}). "
                    "Give another one, or 0 for a free one."
                ) from error
            self._thread = Thread(
                target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="sandbox", daemon=True
            )
            self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and close every connection; nothing happens if it does not run."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.close_connections()
        self._server.server_close()
        self._server = self._thread = None

    def serve_forever(self) -> None:
        """Wait until the sandbox is stopped, or until Ctrl-C."""
        self.start()
        while (thread := self._thread) is not None and thread.is_alive():
            # In steps, because on Windows an endless wait would not hear Ctrl-C.
            thread.join(timeout=0.5)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


class _Api:
    """What to answer to a request: a status and a body."""

    def __init__(self, library: Library, api_key: str, now: Callable[[], float]) -> None:
        self._library = library
        self._api_key = api_key.encode()
        self._now = now
        self._started = now()

    def answer(self, target: str, authorization: str | None) -> tuple[HTTPStatus, Body]:
        if authorization is None:
            return _refusal(HTTPStatus.UNAUTHORIZED, "No API key: send it bare in the header Authorization.")
        if not hmac.compare_digest(authorization.encode("utf-8", "replace"), self._api_key):
            return _refusal(HTTPStatus.UNAUTHORIZED, "This is not the sandbox's API key.")
        path = urlsplit(target).path
        below = path.removeprefix(_BASE_PATH + "/")
        if below != path:
            body = self._library.find(
                [unquote(part) for part in below.split("/")], self._now() - self._started
            )
            if body is not None:
                return HTTPStatus.OK, body
        return _refusal(HTTPStatus.NOT_FOUND, "There is nothing of that name.")


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """A thread a connection, and a list of the open ones, so that none outlives the server."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, api: _Api) -> None:
        self.api = api
        self._open: set[socket.socket] = set()
        self._changed = Condition()
        super().__init__((_HOST, port), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        with self._changed:
            self._open.add(connection)
        return connection, address

    def close_request(self, request: Any) -> None:
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
    server: _Server

    _ALLOWED: ClassVar[str] = "GET"

    def do_GET(self) -> None:
        status, body = self.server.api.answer(self.path, self.headers["Authorization"])
        self._send(status, body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse in JSON what the base class refuses in HTML: other methods, and what is not HTTP."""
        del explain
        status = HTTPStatus(code)
        if status is HTTPStatus.NOT_IMPLEMENTED:
            status, message = HTTPStatus.METHOD_NOT_ALLOWED, "This API can only be read: use GET."
        # A body that nobody reads would be taken for the next request.
        self.close_connection = True
        self._send(*_refusal(status, message or status.phrase))

    def _send(self, status: HTTPStatus, body: Body) -> None:
        compressed = len(body.data) >= _WORTH_COMPRESSING and self._reads_gzip()
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


def _refusal(status: HTTPStatus, message: str) -> tuple[HTTPStatus, Body]:
    return status, Body(as_json({"error": message}))


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(2)
    except OSError:
        _log.debug("The client was faster.")
