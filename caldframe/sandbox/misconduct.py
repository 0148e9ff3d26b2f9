"""How each fault looks on the wire."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache, partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Protocol

from caldframe.sandbox.body import as_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from caldframe.sandbox.faults import Faults

__all__ = ["Answer", "Line", "misbehave"]

_WEB_PAGE: Final = b"<!DOCTYPE html><html><title>Sign in</title><p>Please sign in to this network.</p></html>"
_SECONDS: Final = 10
_ABSURD: Final = "Fri, 31 Dec 9999 23:59:59 GMT"
_BOMB_MEMBER: Final = 2**24
_BOMB_MEMBERS: Final = 320


class Line(Protocol):
    """One connection, as far as a fault needs it."""

    path: str

    @property
    def base_url(self) -> str:
        """Where the sandbox is."""

    def send(self, data: bytes) -> None:
        """Send bytes at once."""

    def pause(self, seconds: float) -> None:
        """Wait, or end the connection if the sandbox stops meanwhile."""

    def hang_up(self, *, reset: bool = False) -> None:
        """End the connection after this answer: properly, or so that the client sees a reset."""

    def refuse_others(self, seconds: float) -> None:
        """Refuse new connections for some seconds, from before this returns."""


@dataclass(frozen=True)
class Answer:
    """An answer, before anything goes wrong with it.

    Parameters
    ----------
    data : bytes
        Its body, plain.
    sent : bytes
        The same as it would be sent, compressed or not.
    encoding : str or None
        How it is compressed.
    """

    data: bytes
    sent: bytes
    encoding: str | None


def misbehave(fault: str, line: Line, answer: Answer, faults: Faults) -> None:
    """Answer in the way that a fault does.

    Parameters
    ----------
    fault : str
        The fault, one of `caldframe.sandbox.faults.FAULTS`.
    line : Line
        Where to.
    answer : Answer
        What would be answered without the fault.
    faults : Faults
        The settings of faults.
    """
    if fault.startswith("status-"):
        _status(int(fault.removeprefix("status-")), line, faults)
    else:
        _CONDUCT[fault](line, answer, faults)


def _head(length: int | None, *more: tuple[str, str | None], status: int = 200) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unheard Of"
    fields = {"Content-Type": "application/json", **dict(more)}
    if length is not None:
        fields["Content-Length"] = str(length)
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return "\r\n".join([f"HTTP/1.1 {status} {phrase}", *lines, "", ""]).encode("latin-1")


def _whole(answer: Answer, length: int | None = None) -> bytes:
    """Give the head of the answer as it should be, or with another length."""
    return _head(len(answer.sent) if length is None else length, ("Content-Encoding", answer.encoding))


def _halves(data: bytes) -> tuple[bytes, bytes]:
    middle = len(data) // 2
    return data[:middle], data[middle:]


# --- the connection ---


def _refused(line: Line, _answer: Answer, faults: Faults) -> None:
    line.refuse_others(faults.pause)
    line.hang_up()


def _reset(line: Line, _answer: Answer, _faults: Faults) -> None:
    line.hang_up(reset=True)


def _reset_in_body(line: Line, answer: Answer, _faults: Faults) -> None:
    line.send(_whole(answer) + _halves(answer.sent)[0])
    line.hang_up(reset=True)


def _hang_up(line: Line, _answer: Answer, _faults: Faults) -> None:
    line.hang_up()


def _close_after(line: Line, answer: Answer, _faults: Faults) -> None:
    line.send(_whole(answer) + answer.sent)
    line.hang_up()


# --- time ---


def _delay(line: Line, answer: Answer, faults: Faults) -> None:
    line.pause(faults.pause)
    line.send(_whole(answer) + answer.sent)


def _delay_in_body(line: Line, answer: Answer, faults: Faults) -> None:
    first, second = _halves(answer.sent)
    line.send(_whole(answer) + first)
    line.pause(faults.pause)
    line.send(second)


def _drip(line: Line, answer: Answer, faults: Faults) -> None:
    line.send(_whole(answer))
    for position in range(len(answer.sent)):
        line.pause(faults.pause)
        line.send(answer.sent[position : position + 1])


# --- the length ---


def _length_too_long(line: Line, answer: Answer, _faults: Faults) -> None:
    line.send(_whole(answer, len(answer.sent) + 100) + answer.sent)
    line.hang_up()


def _length_too_short(line: Line, answer: Answer, _faults: Faults) -> None:
    line.send(_whole(answer, len(answer.sent) // 2) + answer.sent)


def _chunks_cut(line: Line, answer: Answer, _faults: Faults) -> None:
    line.send(_head(None, ("Transfer-Encoding", "chunked"), ("Content-Encoding", answer.encoding)))
    for half in _halves(answer.sent):
        line.send(b"%x\r\n%b\r\n" % (len(half), half))
    line.hang_up()


# --- what is in it ---


def _plain(line: Line, data: bytes, kind: str = "application/json") -> None:
    line.send(_head(len(data), ("Content-Type", kind)) + data)


def _wrong_type(line: Line, answer: Answer, _faults: Faults) -> None:
    _plain(line, answer.data, "text/html; charset=utf-8")


def _html(line: Line, _answer: Answer, _faults: Faults) -> None:
    _plain(line, _WEB_PAGE, "text/html; charset=utf-8")


def _empty(line: Line, _answer: Answer, _faults: Faults) -> None:
    _plain(line, b"")


def _error_object(line: Line, _answer: Answer, _faults: Faults) -> None:
    _plain(line, as_json({"error": "Something went wrong on our side."}))


# --- compression ---


def _compressed(
    encoding: str, compress: Callable[[bytes], bytes], line: Line, answer: Answer, _faults: Faults
) -> None:
    data = compress(answer.data)
    line.send(_head(len(data), ("Content-Encoding", encoding)) + data)


def _by_arrow(codec: str, data: bytes) -> bytes:
    import pyarrow as pa  # noqa: PLC0415 - the sandbox needs it for these two faults alone

    compressed: bytes = pa.compress(data, codec=codec, asbytes=True)
    return compressed


def _broken(data: bytes) -> bytes:
    # In the check sum, where every decoder that looks finds it.
    whole = bytearray(gzip.compress(data, mtime=0))
    whole[-8] ^= 0xFF
    return bytes(whole)


def _cut(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)[:-12]


@cache
def _blanks() -> bytes:
    return gzip.compress(b" " * _BOMB_MEMBER, 9, mtime=0)


def _gzip_bomb(line: Line, _answer: Answer, _faults: Faults) -> None:
    member = _blanks()
    line.send(_head(len(member) * _BOMB_MEMBERS, ("Content-Encoding", "gzip")))
    for _ in range(_BOMB_MEMBERS):
        line.send(member)


# --- statuses ---


def _status(status: int, line: Line, faults: Faults) -> None:
    message = as_json({"error": "This is a fault that the sandbox was asked for."})
    head = _head(len(message), ("Retry-After", _retry_after(faults.retry_after)), status=status)
    # Which has no body, whatever it says about its length.
    line.send(head + (b"" if status == HTTPStatus.NOT_MODIFIED else message))


def _retry_after(form: str | None) -> str | None:
    match form:
        case "seconds":
            return str(_SECONDS)
        case "date":
            return format_datetime(datetime.now(UTC) + timedelta(seconds=_SECONDS), usegmt=True)
        case "absurd":
            return _ABSURD
        case _:
            return None


def _redirect(to: Callable[[Line], str], line: Line, _answer: Answer, _faults: Faults) -> None:
    line.send(_head(0, ("Location", to(line)), status=HTTPStatus.FOUND))


_CONDUCT: Final[dict[str, Callable[..., Any]]] = {
    "refused": _refused,
    "reset": _reset,
    "reset-in-body": _reset_in_body,
    "hang-up": _hang_up,
    "close-after": _close_after,
    "delay": _delay,
    "delay-in-body": _delay_in_body,
    "drip": _drip,
    "length-too-long": _length_too_long,
    "length-too-short": _length_too_short,
    "chunks-cut": _chunks_cut,
    "wrong-type": _wrong_type,
    "html": _html,
    "empty": _empty,
    "error-object": _error_object,
    "gzip": partial(_compressed, "gzip", partial(gzip.compress, mtime=0)),
    "deflate": partial(_compressed, "deflate", zlib.compress),
    "br": partial(_compressed, "br", partial(_by_arrow, "brotli")),
    "zstd": partial(_compressed, "zstd", partial(_by_arrow, "zstd")),
    "gzip-broken": partial(_compressed, "gzip", _broken),
    "gzip-cut": partial(_compressed, "gzip", _cut),
    "gzip-bomb": _gzip_bomb,
    "redirect": partial(_redirect, lambda line: f"{line.base_url}/agents"),
    "redirect-elsewhere": partial(_redirect, lambda line: line.base_url.replace("127.0.0.1", "localhost")),
    "redirect-loop": partial(_redirect, lambda line: line.path),
}
