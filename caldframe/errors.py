"""The exceptions, one root, each saying what the reader can do about it.

::

    CaldError
    ├── ConfigurationError           the arguments or the environment are wrong; nothing was sent
    │   ├── MissingExtraError        an optional dependency is not installed
    │   └── UnknownColumnError       a table lacks a column that was asked for
    ├── FetchError                   the API was asked and there is no usable answer
    │   ├── AuthenticationError      401, 403, or no key to send
    │   ├── CampaignNotFoundError    404, 410
    │   ├── RateLimitError           429; ``retry_after`` seconds
    │   ├── ServerError              408, 425, 5xx; ``retry_after`` seconds
    │   ├── RedirectError            3xx; never followed, so that the key stays with its host
    │   ├── RequestRefusedError      any other status
    │   ├── ConnectionFailedError    no connection, a timeout, a body that broke off
    │   ├── BadResponseError         an answer that is not a campaign in JSON
    │   └── ResponseTooLargeError    more bytes than allowed, counted after decompression
    ├── DataProblemsError            ``strict=True`` and something in the data does not fit
    ├── ExportError                  files that cannot be written or read back
    │   └── OutputExistsError        files that are there already and were not to be replaced
    └── ArchiveError                 an archive that cannot be written, or is damaged
"""

from __future__ import annotations

from collections import Counter

__all__ = [
    "ArchiveError",
    "AuthenticationError",
    "BadResponseError",
    "CaldError",
    "CampaignNotFoundError",
    "ConfigurationError",
    "ConnectionFailedError",
    "DataProblemsError",
    "DataProblemsWarning",
    "ExportError",
    "FetchError",
    "MissingExtraError",
    "OutputExistsError",
    "RateLimitError",
    "RedirectError",
    "RequestRefusedError",
    "ResponseTooLargeError",
    "ServerError",
    "UnknownColumnError",
]


class CaldError(Exception):
    """The root of every error that caldframe raises on purpose."""


class ConfigurationError(CaldError):
    """An argument or an environment variable is wrong; nothing was sent or written."""


class MissingExtraError(ConfigurationError):
    """An optional dependency is not installed.

    Parameters
    ----------
    package : str
        The package that could not be imported.
    extra : str
        The extra of caldframe that brings it.
    """

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f'{package} is not installed. Install it with: pip install "caldframe[{extra}]"')
        self.package = package
        self.extra = extra

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str]]:
        return type(self), (self.package, self.extra)


class UnknownColumnError(ConfigurationError):
    """A table lacks a column that was asked for."""


class FetchError(CaldError):
    """The API was asked and there is no usable answer.

    Parameters
    ----------
    message : str
        What happened and what to do about it.
    campaign_id : str or None
        The campaign (or call, or list) that was asked for, where known.
    status : int or None
        The HTTP status of the last answer, None where there was none.
    attempts : int
        How many requests were made.
    tried : sequence of str
        One line for each attempt that failed, in order.

    Attributes
    ----------
    retryable : bool
        Whether the same request may succeed later.
    """

    retryable = False

    def __init__(
        self,
        message: str,
        *,
        campaign_id: str | None = None,
        status: int | None = None,
        attempts: int = 0,
        tried: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.campaign_id = campaign_id
        self.status = status
        self.attempts = attempts
        self.tried = tried

    def __str__(self) -> str:
        if self.attempts <= 1 or not self.tried:
            return self.message
        counts = Counter(self.tried)
        if len(counts) == 1:  # the one that the message is about
            return f"{self.message} ({self.attempts} attempts)"
        met = "; ".join(what if count == 1 else f"{count} times {what}" for what, count in counts.items())
        return f"{self.message} ({self.attempts} attempts: {met})"

    def __reduce__(self) -> tuple[object, ...]:
        # The default pickles `args` alone and so would forget the keyword arguments.
        return _rebuild, (type(self), self.args, dict(self.__dict__))


def _rebuild(kind: type[CaldError], args: tuple[object, ...], state: dict[str, object]) -> CaldError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class AuthenticationError(FetchError):
    """The key is missing or was refused (401, 403)."""


class CampaignNotFoundError(FetchError):
    """The API knows no such campaign, call or list (404, 410)."""


class RateLimitError(FetchError):
    """Too many requests (429), and still too many after the last attempt.

    Attributes
    ----------
    retry_after : float or None
        Seconds that the server asked to wait, where it said so.
    """

    retryable = True
    retry_after: float | None = None


class ServerError(FetchError):
    """The server failed or was not ready (408, 425, 5xx).

    Attributes
    ----------
    retry_after : float or None
        Seconds that the server asked to wait, where it said so.
    """

    retryable = True
    retry_after: float | None = None


class RedirectError(FetchError):
    """The server pointed elsewhere (3xx); not followed, so that the key stays with its host."""


class RequestRefusedError(FetchError):
    """The server refused the request with another status, 400 for example."""


class ConnectionFailedError(FetchError):
    """There was no connection, it timed out, or the body broke off."""

    retryable = True


class BadResponseError(FetchError):
    """The answer is not what the API promises: a web page, nothing, not JSON, JSON of another shape."""


class ResponseTooLargeError(FetchError):
    """The answer has more bytes than allowed, counted after decompression."""


class DataProblemsError(CaldError):
    """Something in the data does not fit and ``strict=True`` was asked for.

    Parameters
    ----------
    message : str
        The first problem, where it is, and how many there are.
    count : int
        How many problems there are.
    """

    def __init__(self, message: str, *, count: int) -> None:
        super().__init__(message)
        self.count = count

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.args, dict(self.__dict__))


class DataProblemsWarning(UserWarning):
    """Something in the data does not fit, and the table returned has no room to say what."""


class ExportError(CaldError):
    """Files that cannot be written, or that cannot be read back."""


class OutputExistsError(ExportError):
    """Files that are there already and were not to be replaced."""


class ArchiveError(CaldError):
    """An archive that is not there, cannot be written, or has a damaged file."""
