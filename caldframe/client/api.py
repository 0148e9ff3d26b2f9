"""`Client`: requests to the API, tried again where that may help, within their limits."""

from __future__ import annotations

import logging
import os
import random
import threading
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, Self
from urllib.parse import urlsplit

import requests

from caldframe.client.answers import (
    BROKEN,
    encoding_of,
    error_for_broken_connection,
    error_for_status,
    host_of,
    message_in,
    printable,
    read_beginning,
    read_body,
)
from caldframe.client.checks import (
    checked_base_url,
    checked_count,
    checked_key,
    checked_seconds,
    path_segment,
)
from caldframe.client.hiding import KeyHider
from caldframe.client.transport import Exchange, Session
from caldframe.client.waits import parse_retry_after, wait_before_retry
from caldframe.errors import (
    BadResponseError,
    CampaignNotFoundError,
    ConfigurationError,
    ConnectionFailedError,
    FetchError,
    ResponseTooLargeError,
)

DEFAULT_BASE_URL: Final = "https://my.cald.ai/client/api/v1"

_DETAIL_BYTES: Final = 4096
_DETAIL_SECONDS: Final = 2.0

_log = logging.getLogger("caldframe")


@dataclass(frozen=True)
class Response:
    """One answer of the API.

    Parameters
    ----------
    body : bytes
        The body, decompressed.
    received_at : datetime.datetime
        When the last of it was received, in UTC.
    status : int
        The HTTP status, 200 to 299.
    attempts : int
        How many requests it took.
    """

    body: bytes = field(repr=False)
    received_at: datetime
    status: int
    attempts: int


class Client:
    """The way to the API: a key, limits, one pool of connections. Safe to use in many threads.

    A client can be pickled, to be sent to the workers of a cluster for example. Its key stays behind: a
    client that is unpickled takes the key from ``CALD_API_KEY`` where it is unpickled.

    Parameters
    ----------
    api_key : str, optional
        The key; by default the environment's ``CALD_API_KEY``.
    base_url : str, optional
        Where the API is; by default the environment's ``CALD_BASE_URL``, or else the vendor's address.
    timeout : float or (float, float), default (10.0, 60.0)
        Seconds to wait for a connection, and for the next bytes of an answer.
    retries : int, default 4
        How often a request is made again after what may pass: no connection, a timeout, a body that broke
        off, and the statuses 408, 425, 429, 500, 502, 503 and 504.
    max_workers : int, default 8
        How many campaigns `caldframe.fetch_campaigns` asks for at a time; so many connections stay open.
    time_budget : float, default 600.0
        Seconds for one request, all its attempts and the waits between them included.
    max_response_bytes : int, default 4 GiB
        The most that a body may hold, counted after decompression.
    allow_plain_http : bool, default False
        Whether the key may be sent to another machine unencrypted. To this machine it always may.

    Attributes
    ----------
    base_url : str
        Where the API is.
    max_workers : int
        As given.

    Raises
    ------
    AuthenticationError
        If there is no key, or one that no header can hold.
    ConfigurationError
        If another argument, or ``CALD_BASE_URL``, cannot be right.

    Examples
    --------
    >>> with Client(api_key="caldLive0123", base_url="http://127.0.0.1:8000/client/api/v1/") as client:
    ...     client
    Client(base_url='http://127.0.0.1:8000/client/api/v1')
    """

    def __init__(  # noqa: PLR0913 - one a limit
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        timeout: float | tuple[float, float] = (10.0, 60.0),
        retries: int = 4,
        max_workers: int = 8,
        time_budget: float = 600.0,
        max_response_bytes: int = 4 * 2**30,
        allow_plain_http: bool = False,
    ) -> None:
        connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
        self._connect_timeout = checked_seconds("The timeout of a connection", connect)
        self._read_timeout = checked_seconds("The timeout of an answer", read)
        self._retries = checked_count("retries", retries, least=0)
        self.max_workers = checked_count("max_workers", max_workers, least=1)
        self._time_budget = checked_seconds("time_budget", time_budget)
        self._max_response_bytes = checked_count("max_response_bytes", max_response_bytes, least=1)
        self._allow_plain_http = allow_plain_http
        self.base_url = checked_base_url(
            base_url or os.environ.get("CALD_BASE_URL") or DEFAULT_BASE_URL, plain_allowed=allow_plain_http
        )
        key = checked_key(os.environ.get("CALD_API_KEY") if api_key is None else api_key)
        self._hide_key = KeyHider(key)
        self._session = Session(key, connections=max_workers)
        self._stopped = threading.Event()
        self._closed = False

    def __repr__(self) -> str:
        return f"Client(base_url={self.base_url!r})"

    def __getstate__(self) -> dict[str, Any]:
        return {
            "base_url": self.base_url,
            "timeout": (self._connect_timeout, self._read_timeout),
            "retries": self._retries,
            "max_workers": self.max_workers,
            "time_budget": self._time_budget,
            "max_response_bytes": self._max_response_bytes,
            "allow_plain_http": self._allow_plain_http,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; a closed client makes no more requests."""
        self._closed = True
        self._session.close()

    def abort(self) -> None:
        """End all requests under way at once, from any thread.

        Waits between attempts end, connections are cut, and each of the requests raises
        `ConnectionFailedError`. Requests made later are not affected.
        """
        stopped, self._stopped = self._stopped, threading.Event()
        stopped.set()
        self._session.cut()

    def hide_key(self, text: str) -> str:
        """Take the key out of a text that is about to be shown.

        Examples
        --------
        >>> Client("caldLive0123").hide_key("the key caldLive0123 has expired")
        'the key [key] has expired'
        """
        return self._hide_key(text)

    def campaign(self, campaign_id: str) -> Response:
        """Ask for a campaign and its calls, ``GET /campaigns/{campaignId}/details``.

        Parameters
        ----------
        campaign_id : str
            The campaign.

        Returns
        -------
        Response
            The answer; its body is not looked at.

        Raises
        ------
        ConfigurationError
            If it cannot be an id, or the client is closed. Nothing is sent.
        FetchError
            If there is no usable answer; see `caldframe.errors` for its kinds.

        Examples
        --------
        >>> from caldframe import Sandbox
        >>> with Sandbox(calls=25) as sandbox, Client(sandbox.api_key, sandbox.url) as client:
        ...     response = client.campaign(sandbox.campaign_ids[0])
        ...     agents = client.agents()
        >>> response.status, response.body[:14], agents.body[:10]
        (200, b'{"campaignId":', b'{"agents":')
        """
        return self._get(f"campaigns/{path_segment(campaign_id)}/details", "campaign", campaign_id)

    def call(self, call_id: str) -> Response:
        """Ask for one call, ``GET /calls/{callId}``; as `campaign` otherwise."""
        return self._get(f"calls/{path_segment(call_id)}", "call", call_id)

    def agents(self) -> Response:
        """Ask for the account's agents, ``GET /agents``; as `campaign` otherwise."""
        return self._get("agents", "agents", None)

    def contacts(self, list_id: str) -> Response:
        """Ask for the contacts of a list, ``GET /lists/{listId}/contacts``; as `campaign` otherwise."""
        return self._get(f"lists/{path_segment(list_id)}/contacts", "list", list_id)

    def _get(self, path: str, noun: str, asked: str | None) -> Response:
        if self._closed:
            raise ConfigurationError("This client is closed. Make a new one.")
        exchange = Exchange(self._time_budget, self._read_timeout, self._stopped)
        tried: tuple[str, ...] = ()
        while True:
            outcome = self._attempt(f"{self.base_url}/{path}", noun, exchange)
            attempt = len(tried) + 1
            if isinstance(outcome, Response):
                return replace(outcome, attempts=attempt)
            if isinstance(outcome, ConfigurationError):
                raise outcome
            tried += outcome.tried
            if not outcome.retryable or attempt > self._retries:
                break
            wait = wait_before_retry(attempt, getattr(outcome, "retry_after", None), random.random())  # noqa: S311
            if wait >= exchange.remaining:
                outcome.message += (
                    f" Another attempt, {wait:.1f} s later, does not fit into the {self._time_budget:g} s of "
                    "time_budget."
                )
                break
            _log.debug("%s %r, attempt %d: %s; again in %.1f s", noun, asked, attempt, outcome.tried[0], wait)
            if exchange.stopped.wait(wait):
                outcome = _stopped()
                break
        if isinstance(outcome, CampaignNotFoundError) and asked is not None and asked != asked.strip():
            outcome.message += " It begins or ends with a blank or a line break; give it without."
        outcome.message = self.hide_key(outcome.message)
        outcome.args = (outcome.message,)
        outcome.campaign_id, outcome.attempts, outcome.tried = asked, len(tried), tried
        raise outcome

    def _attempt(self, url: str, noun: str, exchange: Exchange) -> Response | FetchError | ConfigurationError:
        """Make one request; what goes wrong is given back.

        Raised from here it would carry the error of a library, which holds the request, which holds the key.
        """
        outcome: Response | FetchError | ConfigurationError
        try:
            with closing(self._session.ask(url, exchange, self._connect_timeout)) as answer:
                status = answer.status_code
                if status // 100 == 2:  # noqa: PLR2004 - 2xx
                    body = read_body(answer.raw, encoding_of(answer), self._max_response_bytes)
                    outcome = Response(body, datetime.now(UTC), status, attempts=1)
                else:
                    outcome = self._refusal(answer, noun, exchange)
        except (ResponseTooLargeError, BadResponseError) as error:
            error.status = status
            # Its frames hold the part of the body that was read, and the request.
            outcome = error.with_traceback(None)
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema):
            outcome = ConfigurationError("A proxy setting of the environment is unusable. Check HTTPS_PROXY.")
        except BROKEN as error:
            outcome = error_for_broken_connection(error, urlsplit(url).netloc, self._shown)
        except OSError as error:
            outcome = ConfigurationError(f"{self._shown(str(error))}. Check REQUESTS_CA_BUNDLE.")
        # Whatever came of it: a body of unknown length looks whole when its connection is cut.
        return _stopped() if exchange.stopped.is_set() else outcome

    def _refusal(self, answer: requests.Response, noun: str, exchange: Exchange) -> FetchError:
        beginning = b""
        with suppress(BadResponseError, *BROKEN), exchange.hurried(_DETAIL_SECONDS):
            beginning = read_beginning(answer.raw, encoding_of(answer), _DETAIL_BYTES)
        return error_for_status(
            answer.status_code,
            noun,
            detail=self._shown(message_in(beginning)),
            target=host_of(answer.url, answer.headers.get("Location")),
            retry_after=parse_retry_after(answer.headers.get("Retry-After"), datetime.now(UTC)),
        )

    def _shown(self, text: str) -> str:
        return printable(self.hide_key(text))


def _stopped() -> ConnectionFailedError:
    error = ConnectionFailedError("The request was stopped by Client.abort().", tried=("stopped",))
    error.retryable = False
    return error
