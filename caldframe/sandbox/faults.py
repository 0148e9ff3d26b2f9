"""What the sandbox does wrong on request: which faults there are, how often each comes, and when."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Final

from caldframe.errors import ConfigurationError
from caldframe.sandbox.dice import Dice

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FAULTS", "SETTINGS", "Faults", "Misfortune"]

BAD_CERTIFICATE: Final = "bad-certificate"
"""The one fault that all connections have or none."""

FAULTS: Final[dict[str, str]] = {
    "refused": "hang up, and refuse all connections for a while",
    "reset": "reset the connection instead of answering",
    "reset-in-body": "reset it in the middle of the body",
    "hang-up": "hang up instead of answering",
    "close-after": "answer well, promise to keep the connection, and close it",
    "delay": "wait before answering",
    "delay-in-body": "wait in the middle of the body",
    "drip": "send the body byte by byte, slowly",
    "length-too-long": "promise more bytes than there are, then hang up",
    "length-too-short": "promise fewer bytes than there are",
    "chunks-cut": "send the body in chunks and hang up before the last",
    "wrong-type": "call the JSON text/html",
    "html": "send a web page with status 200",
    "empty": "send no body with status 200",
    "error-object": "send an error in JSON with status 200",
    "gzip": "compress the body, asked or not",
    "deflate": "compress it with deflate",
    "br": "compress it with Brotli",
    "zstd": "compress it with Zstandard",
    "gzip-broken": "compress it, with one byte changed",
    "gzip-cut": "compress it, and leave out the end",
    "gzip-bomb": "compress 5 GiB of blanks into 5 MB",
    "redirect": "redirect to another path of this host",
    "redirect-elsewhere": "redirect to another host",
    "redirect-loop": "redirect to the same path",
    "status-NNN": "answer with a status from 300 to 599: status-429, status-503",
    BAD_CERTIFICATE: "speak TLS, with a certificate that nobody should trust",
}
"""The faults there are, and what the sandbox then does."""

SETTINGS: Final[dict[str, str]] = {
    "retry-after": "what the statuses ask to wait: seconds (10 s), date (10 s from now), absurd (for ever)",
    "pause": "seconds that refused, delay and delay-in-body take, and each byte of drip; 2 unless given",
    "times": "how often a path fails at most, before it is answered",
}
"""What can be said about the faults, and what it means."""

_RETRY_AFTER: Final = ("seconds", "date", "absurd")

_STATUS: Final = re.compile(r"status-[345][0-9]{2}")
_LONGEST_PAUSE: Final = 86_400.0
_ROUNDING: Final = 1e-9


@dataclass(frozen=True)
class Faults:
    """What a sandbox does wrong.

    Parameters
    ----------
    chances : mapping of str to float
        How probable each fault is for a request; together at most 1.
    retry_after : {"seconds", "date", "absurd"}, optional
        What answers with an error status ask for in ``Retry-After``; by default nothing.
    pause : float, default 2.0
        How many seconds the slow faults take.
    times : int, optional
        How many requests for one path fail at most; by default there is no limit.
    bad_certificate : bool, default False
        Whether it speaks TLS, with a certificate that nobody should trust.
    """

    chances: Mapping[str, float] = field(default_factory=dict)
    retry_after: str | None = None
    pause: float = 2.0
    times: int | None = None
    bad_certificate: bool = False

    @classmethod
    def parse(cls, specification: str) -> Faults:
        """Read faults as they are written on a command line.

        Parameters
        ----------
        specification : str
            Names with probabilities and settings with values, separated by commas. A name alone is for every
            request.

        Returns
        -------
        Faults
            The faults.

        Raises
        ------
        ConfigurationError
            If there is no such fault, or a number is out of range.

        Examples
        --------
        >>> Faults.parse("reset-in-body=0.1, status-503=0.2, retry-after=date")
        Faults(chances={'reset-in-body': 0.1, 'status-503': 0.2}, retry_after='date', pause=2.0, times=None, \
bad_certificate=False)
        """
        chances: dict[str, float] = {}
        settings: dict[str, str] = {}
        for part in filter(None, (part.strip() for part in specification.split(","))):
            name, equals, value = (piece.strip() for piece in part.partition("="))
            if name in chances or name in settings:
                raise ConfigurationError(f"The faults name {name!r} twice. Give it once.")
            if name in SETTINGS or name == BAD_CERTIFICATE:
                settings[name] = value
            elif name != "status-NNN" and (name in FAULTS or _STATUS.fullmatch(name)):
                chances[name] = _number(name, value, most=1.0) if equals else 1.0
            else:
                raise ConfigurationError(f"There is no fault {name!r}. There are {', '.join(FAULTS)}.")
        if sum(chances.values()) > 1 + _ROUNDING:
            raise ConfigurationError("The probabilities of the faults add up to more than 1. Lower them.")
        return cls(
            chances,
            _retry_after(settings.get("retry-after")),
            _number("pause", settings.get("pause", "2"), most=_LONGEST_PAUSE),
            _times(settings.get("times")),
            bad_certificate=_flag(settings.get(BAD_CERTIFICATE)),
        )


class Misfortune:
    """Which fault comes when: the same for the same seed, whatever else is asked for at the same time.

    Parameters
    ----------
    faults : Faults
        What may go wrong.
    seed : int
        Another seed, other requests that fail.
    """

    def __init__(self, faults: Faults, seed: int) -> None:
        self.faults = faults
        self._seed = seed
        self._asked: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._lock = Lock()

    def next_for(self, path: str) -> str | None:
        """Give the fault that the next request for a path meets, None if it meets none."""
        with self._lock:
            if not self.faults.chances or self._failed[path] == self.faults.times:
                return None
            self._asked[path] += 1
            # A stream for each request, so that the order in which threads ask changes nothing.
            point = Dice("fault", self._seed, path, self._asked[path]).between(0.0, 1.0)
            for name, chance in self.faults.chances.items():
                point -= chance
                if point < 0:
                    self._failed[path] += 1
                    return name
        return None


def _number(name: str, value: str, *, most: float) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not 0 <= number <= most:
        raise ConfigurationError(f"The faults say {name}={value}. Give a number from 0 to {most:g}.")
    return number


def _retry_after(value: str | None) -> str | None:
    if value is not None and value not in _RETRY_AFTER:
        raise ConfigurationError(f"The faults say retry-after={value}. Give {', '.join(_RETRY_AFTER)}.")
    return value


def _times(value: str | None) -> int | None:
    if value is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", value):
        raise ConfigurationError(f"The faults say times={value}. Give a whole number.")
    return int(value)


def _flag(value: str | None) -> bool:
    if value:
        raise ConfigurationError(f"{BAD_CERTIFICATE} is for all connections. Leave out ={value}.")
    return value is not None
