from __future__ import annotations

import random
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
from wire import Reply, Wire, answer, chunked, drip, then_close, then_hang, unused_port

from caldframe.client import Downloader
from caldframe.client.addresses import checked_url, is_public
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
    from collections.abc import Callable

CONTENT = bytes(range(256)) * 40
AUDIO = {"Content_Type": "audio/mpeg"}


class Memory:
    """A file that is not whole yet."""

    def __init__(self, content: bytes = b"", validator: str | None = None) -> None:
        self.content = content
        self.validator = validator

    @property
    def size(self) -> int:
        return len(self.content)

    def restart(self, validator: str | None) -> None:
        self.content, self.validator = b"", validator

    def append(self, piece: bytes) -> None:
        self.content += piece


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "random", lambda: 0.0)


def whole(content: bytes = CONTENT, **headers: Any) -> bytes:
    return answer(200, content, **(AUDIO | headers))


def rest(first: int, content: bytes = CONTENT, total: int | None = None) -> bytes:
    last = len(content) - 1
    where = f"bytes {first}-{last}/{len(content) if total is None else total}"
    return answer(206, content[first:], Content_Range=where, **AUDIO)


def broken_off(length: int, **headers: Any) -> Reply:
    head, _, body = whole(**headers).partition(b"\r\n\r\n")
    return then_close(head + b"\r\n\r\n" + body[:length])


def download(*replies: Reply, part: Memory | None = None, **limits: Any) -> tuple[Memory, Wire]:
    part = part or Memory()
    with Wire(*replies) as wire, Downloader(allow_private=True, **limits) as downloader:
        downloader.download(f"{wire.url}/a.mp3", part)
    return part, wire


def failure_of(*replies: Reply, part: Memory | None = None, **limits: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        download(*replies, part=part, **limits)
    return caught.value


def test_a_file_is_fetched_without_the_key_or_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALD_API_KEY", "caldLive" + "0f" * 16)
    part, wire = download(whole(Set_Cookie="a=b"))
    assert part.content == CONTENT
    (request,) = wire.requests
    assert {name.lower() for name, _ in request.headers} == {
        *("host", "user-agent", "accept", "accept-encoding", "connection")
    }
    assert b"caldLive" not in request.raw
    assert request.values("Accept-Encoding") == ["identity"]


@pytest.mark.parametrize("validator", ["ETag", "Last_Modified"])
def test_one_that_breaks_off_is_gone_on_with(validator: str) -> None:
    value = '"v1"' if validator == "ETag" else "Mon, 02 Mar 2026 14:05:00 GMT"
    part, wire = download(broken_off(1000, **{validator: value}), rest(1000))
    assert part.content == CONTENT
    assert wire.requests[0].values("Range") == []
    assert wire.requests[1].values("Range") == ["bytes=1000-"]
    assert wire.requests[1].values("If-Range") == [value]


def test_it_is_gone_on_with_as_long_as_something_comes() -> None:
    tag = {"ETag": '"v1"'}
    pieces: list[Reply] = [broken_off(100, **tag)]
    for first in range(100, 2000, 100):
        head, _, body = rest(first).partition(b"\r\n\r\n")
        pieces.append(then_close(head + b"\r\n\r\n" + body[:100]))
    part, wire = download(*pieces, rest(2000), retries=1)
    assert part.content == CONTENT
    assert len(wire.requests) == 21
    assert isinstance(failure_of(then_close(), retries=2), ConnectionFailedError)


def test_without_anything_to_tell_the_version_by_it_begins_anew() -> None:
    for headers in ({}, {"ETag": 'W/"weak"'}):
        part, wire = download(broken_off(1000, **headers), whole(CONTENT[::-1]))
        assert part.content == CONTENT[::-1]
        assert wire.requests[1].values("Range") == []


def test_what_an_earlier_run_left_is_gone_on_with() -> None:
    part, wire = download(rest(5000), part=Memory(CONTENT[:5000], '"v1"'))
    assert part.content == CONTENT
    assert wire.requests[0].values("Range") == ["bytes=5000-"]


def test_another_version_takes_the_place_of_what_was_there() -> None:
    part, _ = download(whole(CONTENT[::-1], ETag='"v2"'), part=Memory(CONTENT[:5000], '"v1"'))
    assert (part.content, part.validator) == (CONTENT[::-1], '"v2"')


def test_one_that_was_whole_already() -> None:
    part, _ = download(answer(416, Content_Range=f"bytes */{len(CONTENT)}"), part=Memory(CONTENT, '"v1"'))
    assert part.content == CONTENT


@pytest.mark.parametrize(
    "reply",
    [
        rest(0),
        answer(206, CONTENT[5000:], **AUDIO),
        answer(416, Content_Range="bytes */7"),
        rest(5000, total=7),
    ],
)
def test_a_part_that_does_not_go_on_from_there_is_not_taken(reply: bytes) -> None:
    part, wire = download(reply, whole(), part=Memory(CONTENT[:5000], '"v1"'))
    assert part.content == CONTENT
    assert len(wire.requests) == 2


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_tried_again(status: int) -> None:
    part, wire = download(answer(status), whole())
    assert part.content == CONTENT
    assert len(wire.requests) == 2
    assert isinstance(failure_of(answer(status), retries=1), ServerError)


@pytest.mark.parametrize("status", [204, 301, 400, 401, 403, 404, 416])
def test_what_will_not_pass_is_said_at_once(status: int) -> None:
    error = failure_of(answer(status))
    assert isinstance(error, RequestRefusedError)
    assert f"HTTP {status}" in str(error)
    assert "key" not in str(error)


@pytest.mark.parametrize(
    "reply",
    [
        whole(Content_Type="text/html; charset=utf-8"),
        whole(Content_Encoding="gzip"),
        whole(b""),
    ],
)
def test_what_is_no_file_is_not_taken(reply: bytes) -> None:
    assert isinstance(failure_of(reply), BadResponseError)


def test_one_that_is_too_large_is_left_before_or_as_soon_as_that_is_known() -> None:
    assert isinstance(failure_of(whole(), max_bytes=len(CONTENT) - 1), ResponseTooLargeError)
    endless = chunked(*[CONTENT] * 20, end=b"")
    part = Memory()
    assert isinstance(failure_of(then_hang(endless), part=part, max_bytes=50_000), ResponseTooLargeError)
    assert part.size <= 50_000
    assert download(whole(), max_bytes=len(CONTENT))[0].content == CONTENT


def test_a_server_that_drips_cannot_take_for_ever() -> None:
    head, _, body = whole().partition(b"\r\n\r\n")
    slow = drip(head + b"\r\n\r\n", body, 0.05)
    assert isinstance(failure_of(slow, time_budget=0.5, retries=0), ConnectionFailedError)


def test_a_download_can_be_stopped_from_another_thread() -> None:
    with Wire(then_hang(whole()[:200])) as wire, Downloader(allow_private=True) as downloader:

        def stop() -> None:
            wire.wait_for_requests(1)
            downloader.abort()

        stopper = threading.Thread(target=stop)
        stopper.start()
        with pytest.raises(ConnectionFailedError) as caught:
            downloader.download(f"{wire.url}/a", Memory())
        stopper.join()
    assert not caught.value.retryable


# --- addresses -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.mp3",
        "file:///etc/passwd",
        "ftp://host/a",
        "data:audio/mpeg,x",
        "https://",
        "https://user:password@host/a",
        "https://host:port/a",
        "https://[::1/a",
        "http://recordings.example/a",
        "http://10.0.0.1/a",
        "https://host/a b",
    ],
)
def test_addresses_that_are_not_asked_at_all(url: str) -> None:
    with Downloader(allow_private=True) as downloader, pytest.raises(ConfigurationError, match="address"):
        downloader.download(url, Memory())


PRIVATE = [
    *("127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),  # noqa: S104 - refused
    *("100.64.0.1", "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:10.0.0.1", "::ffff:7f00:1"),
    *("64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2001:db8::1", "nonsense"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_in_all_their_dresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


def names(*answers: str) -> Callable[..., Any]:
    """Give a resolver that says one thing after the other; the last one for ever."""
    left = list(answers)

    def resolve(host: str, port: int, *_: object, **__: object) -> Any:
        address = left.pop(0) if len(left) > 1 else left[0]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    return resolve


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "127.1"])
def test_this_machine_under_any_name_is_refused_unless_allowed(host: str) -> None:
    with Wire(whole()) as wire:
        for scheme in ("https", "http"):
            with Downloader() as downloader, pytest.raises(ConfigurationError, match="address"):
                downloader.download(f"{scheme}://{host}:{wire.port}/a", Memory())
        assert wire.connections == 0


def test_a_name_for_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", names("169.254.169.254"))
    with Downloader() as downloader, pytest.raises(ConfigurationError, match=r"169\.254\.169\.254"):
        downloader.download("https://metadata.example/latest", Memory())
    with pytest.raises(ConfigurationError, match="allow_private=True"):
        checked_url("https://metadata.example/latest", private_allowed=False)


def test_a_name_that_changes_its_mind_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with Wire(whole(), secure=True) as wire:
        monkeypatch.setattr(socket, "getaddrinfo", names("8.8.8.8", "127.0.0.1"))
        with Downloader() as downloader, pytest.raises(ConfigurationError, match=r"127\.0\.0\.1"):
            downloader.download(f"https://rebinding.example:{wire.port}/a", Memory())
        assert not wire.requests


def test_redirects_are_followed_each_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    routes = {
        "/a.mp3": [answer(302, Location="b.mp3")],
        "/b.mp3": [answer(307, Location="/client/api/v1/c.mp3")],
        "/c.mp3": [whole()],
    }
    with Wire(routes=routes) as wire, Downloader(allow_private=True) as downloader:
        part = Memory()
        downloader.download(f"{wire.url}/a.mp3", part)
    assert part.content == CONTENT
    for elsewhere in ("http://recordings.example/a", "file:///etc/passwd", "https://u:p@host/"):
        with (
            Wire(answer(302, Location=elsewhere)) as wire,
            Downloader(allow_private=True) as downloader,
            pytest.raises(ConfigurationError),
        ):
            downloader.download(f"{wire.url}/a.mp3", Memory())
    assert isinstance(failure_of(answer(302, Location="a.mp3")), RedirectError)


def test_a_redirect_into_a_private_network_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with Wire(answer(302, Location="https://inside.example/a"), secure=True) as wire:
        monkeypatch.setattr(
            "caldframe.client.addresses.is_public", lambda address: not address.startswith("10.")
        )
        answers = {"public.example": "127.0.0.1", "inside.example": "10.0.0.1"}
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda host, port, *_, **__: names(answers[host])(host, port)
        )
        with Downloader() as downloader:
            downloader._session.verify = False
            with (
                pytest.warns(match="Unverified HTTPS request"),
                pytest.raises(ConfigurationError, match=r"inside\.example is 10\.0\.0\.1"),
            ):
                downloader.download(f"https://public.example:{wire.port}/a", Memory())


def test_no_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{unused_port()}")
    assert download(whole())[0].content == CONTENT


def test_limits_that_cannot_be_right() -> None:
    for wrong in ({"max_bytes": 0}, {"max_workers": 0}, {"retries": -1}, {"timeout": (0, 1)}):
        with pytest.raises(ConfigurationError):
            Downloader(**wrong)
