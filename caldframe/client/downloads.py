"""`Downloader`: files from addresses that others name. It has no key, and goes on where it was cut off."""

from __future__ import annotations

import os
import random
import re
import threading
from contextlib import closing
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, Self
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.connection import HTTPConnection, HTTPSConnection

from caldframe.client.addresses import checked_url, refuse_private
from caldframe.client.answers import (
    BROKEN,
    RETRIED_STATUSES,
    encoding_of,
    error_for_broken_connection,
    printable,
)
from caldframe.client.checks import checked_count, checked_seconds
from caldframe.client.transport import Connection, Exchange, SecureConnection, Transport
from caldframe.client.waits import parse_retry_after, wait_before_retry
from caldframe.errors import (
    BadResponseError,
    ConfigurationError,
    ConnectionFailedError,
    FetchError,
    RedirectError,
    RequestRefusedError,
    ResponseTooLargeError,
    ServerError,
)

if TYPE_CHECKING:
    import socket

_PIECE: Final = 2**16
_MOST_REDIRECTS: Final = 5
_HOSTS: Final = 16
_WHOLE: Final = 200
_PART: Final = 206
_NOT_SATISFIABLE: Final = 416
_RANGE: Final = re.compile(r"bytes (?:(?P<first>\d+)-\d+|\*)/(?P<total>\d+|\*)")


class Partial(Protocol):
    """What there is of a file already, and where more of it goes."""

    @property
    def size(self) -> int:
        """How many bytes are there."""

    @property
    def validator(self) -> str | None:
        """What the server said to tell this version of the file by: an ETag, or a date."""

    def restart(self, validator: str | None) -> None:
        """Drop what is there and begin anew, with a version that is told by `validator`."""

    def append(self, piece: bytes) -> None:
        """Add what comes next."""


class Downloader:
    """Fetches files from addresses that somebody else has named; safe to use in many threads.

    Only ``https://`` is asked (and ``http://`` to this machine, if private addresses are allowed); redirects
    are followed, each checked like the first address. What the name of a host stands for is checked before
    connecting, and again for the connection itself, so that a name that changes its mind gains nothing. No
    key, cookie, or entry of a ``.netrc`` is sent, and no proxy is used.

    Parameters
    ----------
    timeout : (float, float), default (10.0, 60.0)
        Seconds to wait for a connection, and for the next bytes.
    retries : int, default 4
        How often a request is made again after what may pass, if nothing at all came.
    max_workers : int, default 8
        How many files are fetched at a time.
    time_budget : float, default 1800.0
        Seconds for one file.
    max_bytes : int, default 500 MB
        The most that a file may hold.
    allow_private : bool, default False
        Whether addresses of this machine and of private networks are asked.
    """

    def __init__(  # noqa: PLR0913 - one a limit
        self,
        *,
        timeout: tuple[float, float] = (10.0, 60.0),
        retries: int = 4,
        max_workers: int = 8,
        time_budget: float = 1800.0,
        max_bytes: int = 500_000_000,
        allow_private: bool = False,
    ) -> None:
        self._connect_timeout = checked_seconds("The timeout of a connection", timeout[0])
        self._read_timeout = checked_seconds("The timeout of an answer", timeout[1])
        self._retries = checked_count("retries", retries, least=0)
        self.max_workers = checked_count("max_workers", max_workers, least=1)
        self._time_budget = checked_seconds("time_budget", time_budget)
        self._max_bytes = checked_count("max_bytes", max_bytes, least=1)
        self._allow_private = allow_private
        self._session = _Session(max_workers, private_allowed=allow_private)
        self._stopped = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def abort(self) -> None:
        """End all that is under way at once, from any thread; what has come stays where it is."""
        stopped, self._stopped = self._stopped, threading.Event()
        stopped.set()
        self._session.transport.cut()

    def download(self, url: str, partial: Partial) -> None:
        """Fetch a file, or what is lacking of it.

        Parameters
        ----------
        url : str
            Its address.
        partial : Partial
            Where it goes. If something is there, only the rest is asked for, provided that the server still
            has the same version.

        Raises
        ------
        ConfigurationError
            If the address, or one that it leads to, is not asked. Nothing is sent there.
        FetchError
            If the file cannot be had.
        """
        exchange = Exchange(self._time_budget, self._read_timeout, self._stopped)
        attempt = 0
        while True:
            size = partial.size
            outcome = self._attempt(url, partial, exchange)
            if outcome is None:
                return
            # What brought some bytes is worth going on with.
            attempt = 1 if partial.size > size else attempt + 1
            if not isinstance(outcome, FetchError) or not outcome.retryable or attempt > self._retries:
                raise outcome
            wait = wait_before_retry(attempt, getattr(outcome, "retry_after", None), random.random())  # noqa: S311
            if wait >= exchange.remaining or exchange.stopped.wait(wait):
                raise outcome

    def _attempt(
        self, url: str, partial: Partial, exchange: Exchange
    ) -> FetchError | ConfigurationError | None:
        """Make one request, and those that it is led on to; what goes wrong is given back."""
        outcome: FetchError | ConfigurationError | None
        try:
            for _ in range(_MOST_REDIRECTS + 1):
                checked_url(url, private_allowed=self._allow_private)
                with closing(
                    self._session.ask(url, exchange, self._connect_timeout, _wanted(partial))
                ) as answer:
                    location = answer.headers.get("Location")
                    if answer.status_code // 100 != 3 or location is None:  # noqa: PLR2004 - 3xx
                        self._receive(answer, partial)
                        return _stopped() if exchange.stopped.is_set() else None
                    url = urljoin(url, location)
            outcome = RedirectError(
                "The address leads from one server to the next without end. Try again later."
            )
        except (FetchError, ConfigurationError) as error:
            outcome = error.with_traceback(None)
        except BROKEN as error:
            outcome = error_for_broken_connection(error, urlsplit(url).netloc, printable)
        except OSError as error:
            outcome = ConfigurationError(f"{printable(str(error))}. Check REQUESTS_CA_BUNDLE.")
        return _stopped() if exchange.stopped.is_set() else outcome

    def _receive(self, answer: requests.Response, partial: Partial) -> None:
        """Take what the server sends; raise if it is not the file, or not whole."""
        status = answer.status_code
        match = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if status == _NOT_SATISFIABLE and match is not None and match["total"] == str(partial.size):
            return  # it was whole already
        if status not in {_WHOLE, _PART}:
            raise _refusal(answer, partial)
        _refuse_what_is_no_file(answer)
        if status == _WHOLE:
            partial.restart(_validator(answer))
        elif match is None or match["first"] != str(partial.size):
            raise _out_of_step(partial)
        announced = answer.headers.get("Content-Length", "")
        if announced.isdecimal() and partial.size + int(announced) > self._max_bytes:
            raise self._too_large()
        while piece := answer.raw.read(_PIECE, decode_content=False):
            if partial.size + len(piece) > self._max_bytes:
                raise self._too_large()
            partial.append(piece)
        if match is not None and match["total"].isdecimal() and partial.size != int(match["total"]):
            raise _out_of_step(partial)
        if partial.size == 0:
            raise BadResponseError("The file is empty. Try again later; perhaps it is not ready.")

    def _too_large(self) -> ResponseTooLargeError:
        return ResponseTooLargeError(
            f"The file has more than {self._max_bytes:,} bytes. If that is right, allow more with max_bytes."
        )


class _Session(requests.Session):
    def __init__(self, connections: int, *, private_allowed: bool) -> None:
        super().__init__()
        self.trust_env = False  # no proxy, which would do the connecting, and no .netrc
        self.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
        self.headers.update({"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "caldframe"})
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self.transport = (Transport if private_allowed else _PublicTransport)(connections, _HOSTS)
        self.mount("https://", self.transport)
        self.mount("http://", self.transport)

    def ask(
        self, url: str, exchange: Exchange, connect_timeout: float, headers: dict[str, str]
    ) -> requests.Response:
        """Send one GET and give the answer with its body still to be read."""
        self.transport.current.exchange = exchange
        patience = exchange.patience()
        return self.get(
            url,
            headers=headers,
            timeout=(min(connect_timeout, patience), patience),
            stream=True,
            allow_redirects=False,
        )

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Give None: each redirect is checked before it is followed."""


class _PublicConnection(Connection):
    """A connection that is closed, before anything is sent, if it led to a private address."""

    def _new_conn(self) -> socket.socket:
        connected: socket.socket = super()._new_conn()
        try:
            refuse_private(str(connected.getpeername()[0]), self.host)
        except BaseException:
            connected.close()
            raise
        return connected


class _SecurePublicConnection(_PublicConnection, SecureConnection):
    pass


class _PublicTransport(Transport):
    connections: ClassVar[dict[Any, type[Connection]]] = {
        HTTPConnection: _PublicConnection,
        HTTPSConnection: _SecurePublicConnection,
    }


def _wanted(partial: Partial) -> dict[str, str]:
    """Ask for the rest of a file, if what is there can be told to be of the same version."""
    if partial.size == 0 or partial.validator is None:
        return {}
    return {"Range": f"bytes={partial.size}-", "If-Range": partial.validator}


def _validator(answer: requests.Response) -> str | None:
    etag = str(answer.headers.get("ETag", ""))
    # A weak one may stand for other bytes that mean the same.
    return etag if etag.startswith('"') else answer.headers.get("Last-Modified")


def _refuse_what_is_no_file(answer: requests.Response) -> None:
    kind = str(answer.headers.get("Content-Type", "")).partition(";")[0].strip().lower()
    if kind == "text/html":
        raise BadResponseError("The answer is a web page and not a file. Perhaps the address has expired.")
    if encoding_of(answer) not in {"", "identity"}:
        raise BadResponseError("The answer is compressed, which was not asked for. Try again later.")


def _refusal(answer: requests.Response, partial: Partial) -> FetchError:
    status = answer.status_code
    if status == _NOT_SATISFIABLE and partial.size:
        return _out_of_step(partial)
    error: FetchError
    if status in RETRIED_STATUSES:
        error = ServerError(f"The server failed or was not ready (HTTP {status}). Try again later.")
        error.retryable = True
        error.retry_after = parse_retry_after(answer.headers.get("Retry-After"), datetime.now(UTC))
    else:
        error = RequestRefusedError(
            f"The server does not give the file (HTTP {status}). Perhaps the address has expired."
        )
    error.status = status
    return error


def _out_of_step(partial: Partial) -> ConnectionFailedError:
    """Begin anew where the server's part does not go on from what is there."""
    partial.restart(None)
    return ConnectionFailedError("The server sent another part of the file than was asked for.")


def _stopped() -> ConnectionFailedError:
    error = ConnectionFailedError("The download was stopped.")
    error.retryable = False
    return error
