"""The sandbox: the API's paths, its key and its errors, campaigns made up and saved."""

from __future__ import annotations

import hmac
import time
from http import HTTPStatus
from threading import Thread
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import unquote, urlsplit

from caldframe.errors import ConfigurationError
from caldframe.sandbox.campaigns import SyntheticCampaign, check_calls
from caldframe.sandbox.dice import fingerprint
from caldframe.sandbox.faults import Faults, Misfortune
from caldframe.sandbox.library import Holding, Library
from caldframe.sandbox.listening import Server, refusal
from caldframe.sandbox.saved import SavedCampaign

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from caldframe.sandbox.body import Body

__all__ = ["Sandbox"]

_BASE_PATH: Final = "/client/api/v1"
_LAST_PORT: Final = 65535


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
    faults : str, default ""
        What goes wrong, and how often: ``"reset-in-body=0.1,status-503=0.2,retry-after=date"``. The same
        requests fail for the same seed. ``caldframe sandbox --help`` lists the faults.
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
        If a number is out of range, a saved response cannot be served, there is no such fault, or the port
        is taken.

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
        faults: str = "",
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
        self._misfortune = Misfortune(Faults.parse(faults), seed)
        self._server: Server | None = None
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
        return f"{self._server.origin}{_BASE_PATH}"

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

        Examples
        --------
        >>> sandbox = Sandbox(calls=25).start()
        >>> sandbox.url.startswith("http://127.0.0.1:")
        True
        >>> sandbox.stop()
        """
        if self._server is None:
            try:
                server = Server(
                    self._port,
                    _Api(self._library, self.api_key, self._now).answer,
                    self._misfortune,
                    self._now,
                )
            except OSError as error:
                raise ConfigurationError(
                    f"The sandbox cannot listen on port {self._port} ({error.strerror or error}). "
                    "Give another one, or 0 for a free one."
                ) from error
            self._thread = Thread(target=server.serve_until_stopped, name="sandbox", daemon=True)
            self._thread.start()
            # Last, since another thread may stop what it sees running.
            self._server = server
        return self

    def stop(self) -> None:
        """Stop serving and close every connection; nothing happens if it does not run."""
        if self._server is None or self._thread is None:
            return
        self._server.stop()
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
            return refusal(HTTPStatus.UNAUTHORIZED, "No API key: send it bare in the header Authorization.")
        if not hmac.compare_digest(authorization.encode("utf-8", "replace"), self._api_key):
            return refusal(HTTPStatus.UNAUTHORIZED, "This is not the sandbox's API key.")
        path = urlsplit(target).path
        below = path.removeprefix(_BASE_PATH + "/")
        if below != path:
            body = self._library.find(
                [unquote(part) for part in below.split("/")], self._now() - self._started
            )
            if body is not None:
                return HTTPStatus.OK, body
        return refusal(HTTPStatus.NOT_FOUND, "There is nothing of that name.")
