"""What the server said: the body within its limits, a status as an error, a failure in a few words."""

from __future__ import annotations

import io
import json
import ssl
import zlib
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from caldframe.errors import (
    AuthenticationError,
    BadResponseError,
    CampaignNotFoundError,
    ConnectionFailedError,
    FetchError,
    RateLimitError,
    RedirectError,
    RequestRefusedError,
    ResponseTooLargeError,
    ServerError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RETRIED_STATUSES: Final = frozenset({408, 425, 429, 500, 502, 503, 504})

BROKEN: Final = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    zlib.error,
    EOFError,
    ConnectionError,
    TimeoutError,
)
"""What the libraries raise where there was no connection, or no whole answer."""

_PIECE: Final = 2**16
_GZIP_OR_ZLIB: Final = zlib.MAX_WBITS + 32


def read_body(raw: Any, encoding: str, limit: int) -> bytes:
    """Read a body to its end, decompressed, holding it in memory once.

    Raises
    ------
    ResponseTooLargeError
        As soon as there is more than `limit`.
    BadResponseError
        If it is compressed in a way that was not asked for.
    """
    body = io.BytesIO()
    for piece in _pieces(raw, encoding):
        if body.tell() + len(piece) > limit:
            raise ResponseTooLargeError(
                f"The answer has more than {limit:,} bytes. If that is right, pass a Client with a higher "
                "max_response_bytes.",
                tried=(f"more than {limit:,} bytes",),
            )
        body.write(piece)
    return body.getvalue()  # the buffer itself: a BytesIO shares it instead of copying


def read_beginning(raw: Any, encoding: str, length: int) -> bytes:
    """Read the first bytes of a body, decompressed."""
    beginning = b""
    for piece in _pieces(raw, encoding):
        beginning += piece
        if len(beginning) >= length:
            break
    return beginning[:length]


def _pieces(raw: Any, encoding: str) -> Iterator[bytes]:
    """Give a body's bytes in small pieces, however much a compressed one would like to become."""
    # Not urllib3's own decompression: it takes a gzip body that breaks off for a whole one.
    if encoding in {"", "identity"}:
        while piece := raw.read(_PIECE, decode_content=False):
            yield piece
        return
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise BadResponseError(
            f"The answer is compressed with {printable(encoding)!r}, which was not asked for. "
            "Check base_url and what stands between you and the API.",
            tried=("unknown compression",),
        )
    inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
    begun = False
    while data := raw.read(_PIECE, decode_content=False):
        while data:
            if inflate.eof:  # a gzip body may have several members
                inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
            begun = True
            piece = inflate.decompress(data, _PIECE)
            while piece:
                yield piece
                piece = inflate.decompress(inflate.unconsumed_tail, _PIECE)
            data = inflate.unused_data
    if begun and not inflate.eof:
        raise EOFError("the compressed body breaks off")


def message_in(beginning: bytes) -> str:
    """Find what an error's body says to people; nothing in a web page."""
    text = beginning.decode("utf-8", "replace").strip()
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        for name in ("message", "error", "detail"):
            said = value.get(name)
            if isinstance(said, str):
                return said
    return "" if text.startswith("<") else text


def encoding_of(answer: requests.Response) -> str:
    """Name the compression of an answer's body."""
    return str(answer.headers.get("Content-Encoding", "")).strip().lower()


def printable(text: str, length: int = 200) -> str:
    """Cut a text short and escape what would move a cursor or hide something."""
    shown = "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
    return shown if len(shown) <= length else f"{shown[:length]}…"


def host_of(url: str, location: str | None) -> str:
    """Name the server that a redirect points to, without path, query or credentials."""
    try:
        parts = urlsplit(urljoin(url, location or ""))
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an address that makes no sense"
    if not location or not host:
        return "nowhere"
    return printable(f"{parts.scheme}://{host}{port}")


def error_for_status(
    status: int,
    noun: str,
    *,
    detail: str = "",
    target: str = "",
    retry_after: float | None = None,
) -> FetchError:
    """Turn a status that is no success into an error that says what to do.

    Parameters
    ----------
    status : int
        The HTTP status.
    noun : str
        What was asked for: a campaign, a call, …
    detail : str, optional
        What the server said about it, printable.
    target : str, optional
        The server that a redirect points to.
    retry_after : float, optional
        Seconds that the server asked to wait.

    Returns
    -------
    FetchError
        The error, not raised; its `retryable` says whether the client makes such a request again.

    Examples
    --------
    >>> error_for_status(404, "call", detail="No such call.")
    CampaignNotFoundError('The API knows no such call (HTTP 404: No such call). Check the id.')
    """
    said = f"HTTP {status}: {detail.removesuffix('.')}" if detail else f"HTTP {status}"
    error: FetchError
    match status:
        case 401 | 403:
            error = AuthenticationError(f"The API refused the key ({said}). Check CALD_API_KEY or api_key=.")
        case 404 | 410:
            error = CampaignNotFoundError(f"The API knows no such {noun} ({said}). Check the id.")
        case 429:
            error = RateLimitError(
                f"The API asks for fewer requests ({said}). Wait, or pass a Client with fewer max_workers."
            )
        case _ if status // 100 == 3:  # noqa: PLR2004 - 3xx
            error = RedirectError(
                f"The server points to {target} ({said}). Redirects are not followed, so that the key stays "
                "with its host. If the API has moved there, set base_url."
            )
        case _ if status // 100 == 5 or status in RETRIED_STATUSES:  # noqa: PLR2004 - 5xx
            error = ServerError(f"The server failed or was not ready ({said}). Try again later.")
        case _:
            error = RequestRefusedError(
                f"The server refused the request ({said}). Check the id and base_url."
            )
    if isinstance(error, RateLimitError | ServerError):
        error.retry_after = retry_after
    error.status = status
    error.retryable = status in RETRIED_STATUSES
    error.tried = (f"HTTP {status}",)
    return error


def error_for_broken_connection(
    error: BaseException, host: str, shown: Callable[[str], str]
) -> ConnectionFailedError:
    """Turn what a library raised into an error that says what to do; `shown` makes its words presentable."""
    cause = _root_cause(error)
    name, text = type(cause).__name__, str(cause)
    stage = "no connection, " if isinstance(error, requests.ConnectTimeout) else ""
    reason = shown(stage + (text if text.startswith(name) else f"{name}: {text}"))
    if isinstance(cause, ssl.SSLCertVerificationError):
        failed = ConnectionFailedError(
            f"The certificate of {host} is not trusted, so the key was not sent ({reason}). If your network "
            "inspects encrypted traffic, set REQUESTS_CA_BUNDLE to the file of its certificate authority.",
            tried=(reason,),
        )
        failed.retryable = False
        return failed
    return ConnectionFailedError(
        f"There was no whole answer from {host} ({reason}). Check the network and base_url, or try "
        "again later.",
        tried=(reason,),
    )


def _root_cause(error: BaseException) -> BaseException:
    """Find the error that requests and urllib3 have wrapped."""
    parts = (getattr(error, "reason", None), *reversed(error.args), error.__cause__)
    inner = next((part for part in parts if isinstance(part, BaseException)), None)
    return error if inner is None else _root_cause(inner)
