from __future__ import annotations

import gzip
import logging
import pickle
import random
import re
import socket
import threading
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire import (
    BASE_PATH,
    CERTIFICATE,
    Line,
    Reply,
    Wire,
    answer,
    chunked,
    drip,
    json_answer,
    then_close,
    then_hang,
    then_reset,
    tunnel,
    unused_port,
)

from caldframe.client import DEFAULT_BASE_URL, Client, Response, path_segment
from caldframe.client.answers import error_for_status
from caldframe.client.waits import parse_retry_after, wait_before_retry
from caldframe.errors import (
    AuthenticationError,
    BadResponseError,
    CaldError,
    CampaignNotFoundError,
    ConfigurationError,
    ConnectionFailedError,
    FetchError,
    RateLimitError,
    RedirectError,
    RequestRefusedError,
    ResponseTooLargeError,
    ServerError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "caldLive" + "0f" * 16
BODY = b'{"campaignId": "c1", "calls": []}'
GOOD = answer(200, BODY)
NOW = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Full jitter waits for anything from nothing upwards; here it is always nothing."""
    monkeypatch.setattr(random, "random", lambda: 0.0)


def client_of(wire: Wire, **settings: Any) -> Client:
    return Client(KEY, wire.url, **settings)


def failure(wire: Wire, **settings: Any) -> FetchError:
    with client_of(wire, **settings) as client, pytest.raises(FetchError) as caught:
        client.campaign("c1")
    return caught.value


# --- the key -------------------------------------------------------------------------------------------


def test_the_key_is_sent_bare_and_the_answer_comes_back_as_bytes() -> None:
    with Wire(GOOD) as wire, client_of(wire) as client:
        before = datetime.now(UTC)
        response = client.campaign("c1")
    assert response.body == BODY
    assert (response.status, response.attempts) == (200, 1)
    assert before <= response.received_at <= datetime.now(UTC)
    assert response.received_at.tzinfo is UTC
    assert repr(response).startswith("Response(received_at=")
    assert "campaignId" not in repr(response)
    (request,) = wire.requests
    assert request.method == "GET"
    assert request.target == f"{BASE_PATH}/campaigns/c1/details"
    assert request.values("Authorization") == [KEY]
    assert request.values("Cookie") == []


@pytest.mark.parametrize(
    ("ask", "target"),
    [
        (lambda client: client.campaign("c1"), "/campaigns/c1/details"),
        (lambda client: client.call("k1"), "/calls/k1"),
        (lambda client: client.agents(), "/agents"),
        (lambda client: client.contacts("l1"), "/lists/l1/contacts"),
    ],
)
def test_each_endpoint_has_its_path(ask: Any, target: str) -> None:
    with Wire(GOOD) as wire, client_of(wire) as client:
        assert ask(client).body == BODY
    assert wire.targets == [target]


def test_key_and_address_come_from_the_environment_unless_given(monkeypatch: pytest.MonkeyPatch) -> None:
    with Wire(GOOD) as wire, Wire(GOOD) as other:
        monkeypatch.setenv("CALD_API_KEY", "from-environment")
        monkeypatch.setenv("CALD_BASE_URL", wire.url + "/")
        with Client() as client:
            client.agents()
        with Client("given", other.url) as client:
            client.agents()
    assert [request.values("Authorization") for request in wire.requests] == [["from-environment"]]
    assert [request.values("Authorization") for request in other.requests] == [["given"]]
    assert wire.targets == ["/agents"]


def test_the_address_is_the_vendors_by_default() -> None:
    assert Client(KEY).base_url == DEFAULT_BASE_URL == "https://my.cald.ai/client/api/v1"


def test_a_netrc_entry_does_not_replace_the_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with Wire(GOOD) as wire, client_of(wire) as client:
        client.agents()
    assert wire.requests[0].values("Authorization") == [KEY]


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_what_is_meant_for_this_machine_goes_through_no_proxy(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with Wire(GOOD) as proxy, Wire(GOOD) as wire:
        monkeypatch.setenv(name, f"http://somebody:secret@127.0.0.1:{proxy.port}")
        with client_of(wire) as client:
            client.agents()
    assert len(wire.requests) == 1
    assert proxy.requests == []


def test_a_proxy_sees_a_tunnel_and_not_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with Wire(GOOD, secure=True) as wire, Wire(tunnel(wire.port)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://somebody:secret@127.0.0.1:{proxy.port}")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
        with Client(KEY, "https://api.example/client/api/v1") as client:
            assert client.agents().body == BODY
    (connect,) = proxy.requests
    assert (connect.method, connect.target) == ("CONNECT", "api.example:443")
    assert KEY.encode() not in connect.raw
    assert len(connect.values("Proxy-Authorization")) == 1
    assert wire.requests[0].values("Authorization") == [KEY]
    assert wire.requests[0].values("Proxy-Authorization") == []


def test_a_proxy_with_a_password_does_not_replace_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with Wire(GOOD) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://somebody:secret@127.0.0.1:{proxy.port}")
        with Client(KEY, "http://api.example/v1", allow_plain_http=True) as client:
            client.agents()
    (request,) = proxy.requests
    assert request.target == "http://api.example/v1/agents"
    assert request.values("Authorization") == [KEY]


@pytest.mark.parametrize("proxy", ["http://[", "socks9://127.0.0.1:1", "http://:80"])
def test_an_unusable_proxy_setting_is_named(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with (
        Client(KEY, "https://api.example/v1") as client,
        pytest.raises(ConfigurationError, match="HTTPS_PROXY"),
    ):
        client.agents()


def test_without_a_key_the_error_says_how_to_give_one() -> None:
    with pytest.raises(
        AuthenticationError, match=r"Set the environment variable CALD_API_KEY, or pass api_key="
    ):
        Client()


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("", "empty"),
        (" sesame", "blank"),
        ("sesame\n", "line break"),
        ("\u00a0sesame", "blank"),
        ("ses\r\nX-Evil: 1\r\n\r\name", "no header can hold"),
        ("ses\0ame", "no header can hold"),
        ("ses\tame", "no header can hold"),
        ("ses\x7fame", "no header can hold"),
        ("ses\x9fame", "no header can hold"),
        ("sesame\u20ac", "no header can hold"),
        ("sesame\ud800", "no header can hold"),
        (b"sesame", "bytes, not text"),
    ],
)
@pytest.mark.parametrize("from_environment", [False, True])
def test_a_key_that_no_header_can_hold_is_refused_and_not_shown(
    key: Any, why: str, from_environment: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if from_environment:
        if not isinstance(key, str) or "\0" in key or "\ud800" in key:
            return  # no environment can hold these either
        monkeypatch.setenv("CALD_API_KEY", key)
    with Wire(GOOD) as wire, pytest.raises(AuthenticationError, match=why) as caught:
        Client(None if from_environment else key, wire.url)
    assert wire.connections == 0
    for part in ("ses", "ame", "Evil"):
        assert part not in str(caught.value)


def test_a_latin_1_key_is_sent_as_it_is() -> None:
    with Wire(GOOD) as wire, Client("clé secrète", wire.url) as client:
        client.agents()
    assert wire.requests[0].values("Authorization") == ["clé secrète"]


def test_a_client_is_pickled_without_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with Wire(GOOD) as wire, client_of(wire, retries=1, timeout=5, max_workers=3) as client:
        client.agents()
        pickled = pickle.dumps(client)
        assert KEY.encode() not in pickled
        with pytest.raises(AuthenticationError, match="CALD_API_KEY"):
            pickle.loads(pickled)  # noqa: S301 - our own
        monkeypatch.setenv("CALD_API_KEY", "of-the-worker")
        with pickle.loads(pickled) as copy:  # noqa: S301 - our own
            copy.agents()
        assert copy.__getstate__() == client.__getstate__()
    assert [request.values("Authorization") for request in wire.requests] == [[KEY], ["of-the-worker"]]


# --- where it goes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_url", "base_url"),
    [
        ("https://api.example/v1", "https://api.example/v1"),
        ("https://api.example/v1///", "https://api.example/v1"),
        ("https://api.example", "https://api.example"),
        ("HTTPS://API.EXAMPLE:8443/V1", "https://api.example:8443/V1"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://LOCALHOST:1", "http://localhost:1"),
        ("http://127.8.9.1:1/x", "http://127.8.9.1:1/x"),
        ("http://[::1]:1", "http://[::1]:1"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_an_address_is_brought_into_normal_form(given_url: str, base_url: str) -> None:
    assert Client(KEY, given_url).base_url == base_url


@pytest.mark.parametrize(
    ("base_url", "why"),
    [
        ("ftp://api.example", "not the address of a web server"),
        ("file:///etc/passwd", "not the address of a web server"),
        ("api.example/v1", "not the address of a web server"),
        ("//api.example/v1", "not the address of a web server"),
        ("https://", "not the address of a web server"),
        ("https:///v1", "not the address of a web server"),
        ("https://api.example:port", "not the address of a web server"),
        ("https://api.example:99999", "not the address of a web server"),
        ("https://[::1", "not the address of a web server"),
        ("https://.example", "not the address of a web server"),
        ("https://somebody:sesame@api.example/v1", "user name or a password"),
        ("https://sesame@api.example/v1", "user name or a password"),
        ("https://api.example/v1?key=sesame", "query or a fragment"),
        ("https://api.example/v1?", "query or a fragment"),
        ("https://api.example/v1#sesame", "query or a fragment"),
        ("https://api.example/v 1", "not a URL"),
        ("https://api.example/v1\n", "not a URL"),
        ("https://api.example\\@evil.example", "not a URL"),
        (b"https://api.example", "not a URL"),
        ("http://api.example/v1", "unencrypted"),
        ("http://localhost.api.example", "unencrypted"),
        ("http://127.0.0.1.api.example", "unencrypted"),
        ("http://0.0.0.0", "unencrypted"),
        ("http://192.168.0.1", "unencrypted"),
        ("http://[fe80::1]", "unencrypted"),
    ],
)
def test_an_address_that_cannot_be_right_is_refused(base_url: Any, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why) as caught:
        Client(KEY, base_url)
    assert "sesame" not in str(caught.value)


def test_plain_http_to_another_machine_has_to_be_allowed() -> None:
    client = Client(KEY, "http://api.example/v1", allow_plain_http=True)
    assert client.base_url == "http://api.example/v1"


@pytest.mark.parametrize(
    "identifier",
    [
        "66f0c0ffee0000000000000a",
        "a/../b",
        "../agents",
        "/",
        "a?b=c",
        "a#b",
        "a b",
        "%2e%2e",
        "%2F",
        "...",
        "a;b",
        "a@b:c",
        "a\\b",
        "a\0b",
        "a\nb",
        "a\r\nX-Evil: 1",
        "é",
        "電話",
        "🤖",
        "\u202egnp",
    ],
)
def test_an_id_is_one_segment_of_the_path(identifier: str) -> None:
    with Wire(GOOD) as wire, client_of(wire) as client:
        client.campaign(identifier)
    (request,) = wire.requests
    segment = request.target.removeprefix(f"{BASE_PATH}/campaigns/").removesuffix("/details")
    assert re.fullmatch(r"[A-Za-z0-9_.~%-]+", segment)
    assert unquote(segment) == identifier
    assert request.values("X-Evil") == []


@settings(max_examples=200)
@given(st.text(min_size=1).filter(lambda text: text not in {".", ".."}))
def test_any_text_is_one_segment_or_refused(identifier: str) -> None:
    try:
        segment = path_segment(identifier)
    except ConfigurationError:
        assert any("\ud800" <= character <= "\udfff" for character in identifier)
    else:
        assert re.fullmatch(r"[A-Za-z0-9_.~%-]+", segment)
        assert unquote(segment) == identifier


@pytest.mark.parametrize("identifier", ["", ".", "..", "\ud800", None, 7, b"c1", ["c1"]])
@pytest.mark.parametrize("method", ["campaign", "call", "contacts"])
def test_what_cannot_be_an_id_is_refused_before_anything_is_sent(identifier: Any, method: str) -> None:
    with Wire(GOOD) as wire, client_of(wire) as client, pytest.raises(ConfigurationError, match="dashboard"):
        getattr(client, method)(identifier)
    assert wire.connections == 0


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 305, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with Wire(GOOD) as elsewhere:
        location = f"http://somebody:sesame@127.0.0.1:{elsewhere.port}/x?key=sesame#sesame"
        with Wire(answer(status, Location=location)) as wire:
            error = failure(wire)
    assert isinstance(error, RedirectError)
    assert f"http://127.0.0.1:{elsewhere.port} " in str(error)
    assert "sesame" not in str(error)
    assert (error.status, error.attempts, error.retryable, error.campaign_id) == (status, 1, False, "c1")
    assert elsewhere.connections == 0
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ({}, "nowhere"),
        ({"Location": ""}, "nowhere"),
        ({"Location": "https://evil.example:8443/x"}, "https://evil.example:8443 "),
        ({"Location": "//evil.example/x"}, "http://evil.example "),
        ({"Location": "http://[::1]:99/"}, "http://[::1]:99 "),
        ({"Location": "http://[::1"}, "an address that makes no sense"),
        ({"Location": "http://evil.example:port/"}, "an address that makes no sense"),
        ({"Location": "mailto:somebody@evil.example"}, "nowhere"),
        ({"Location": "http://e\x1bvil.example/"}, r"http://e\x1bvil.example "),
        ({"Location": "http://\xe9.example/"}, "http://é.example "),
    ],
)
def test_a_redirect_names_the_server_and_no_more(headers: dict[str, Any], named: str) -> None:
    with Wire(answer(302, **headers)) as wire:
        error = failure(wire)
    assert isinstance(error, RedirectError)
    assert f"points to {named}" in str(error)


def test_a_redirect_within_the_server_names_it() -> None:
    with Wire(answer(302, Location="/login")) as wire:
        assert f"points to http://127.0.0.1:{wire.port} " in str(failure(wire))


def test_cookies_are_neither_kept_nor_sent() -> None:
    with Wire(
        answer(503, Set_Cookie="session=1; Path=/"), answer(200, Set_Cookie="a=b; Path=/"), GOOD
    ) as wire:
        with client_of(wire) as client:
            client.agents()
            client.agents()
        assert [request.values("Cookie") for request in wire.requests] == [[], [], []]


# --- what is tried again -------------------------------------------------------------------------------

GZIPPED = gzip.compress(BODY * 50)
PASSING = {
    "hangs up at once": then_close(),
    "slams the door": then_reset(),
    "speaks something else": then_close(b"SSH-2.0-OpenSSH_9.9\r\n"),
    "breaks off in the headers": then_close(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "breaks off in the body": then_close(b"HTTP/1.1 200 OK\r\nContent-Length: 33\r\n\r\n{"),
    "resets in the body": then_reset(b"HTTP/1.1 200 OK\r\nContent-Length: 33\r\n\r\n{"),
    "sends nothing of the body": then_close(b"HTTP/1.1 200 OK\r\nContent-Length: 33\r\n\r\n"),
    "breaks off in a chunk": then_close(chunked(b"{", end=b"20\r\nabc")),
    "breaks off between chunks": then_close(chunked(b"{", end=b"")),
    "breaks off in a chunk's size": then_close(chunked(b"{", end=b"1")),
    "has a chunk size that is none": then_close(chunked(b"{", end=b"zz\r\n")),
    "has two lengths": then_close(b"HTTP/1.1 200 OK\r\nContent-Length: 3, 4\r\n\r\n{}  "),
    "compressed body breaks off": answer(200, GZIPPED[:-20], Content_Encoding="gzip"),
    "compressed body lacks its checksum": answer(200, GZIPPED[:-8], Content_Encoding="gzip"),
    "compressed body lacks its last byte": answer(200, GZIPPED[:-1], Content_Encoding="gzip"),
    "compressed body has a wrong checksum": answer(200, GZIPPED[:-8] + bytes(8), Content_Encoding="gzip"),
    "compressed body is not": answer(200, BODY, Content_Encoding="gzip"),
    "compressed body goes on with something else": answer(200, GZIPPED + BODY, Content_Encoding="gzip"),
    "second member breaks off": answer(200, GZIPPED + GZIPPED[:-4], Content_Encoding="gzip"),
    "says nothing": then_hang(),
    "says nothing after the headers": then_hang(b"HTTP/1.1 200 OK\r\nContent-Length: 33\r\n\r\n"),
    **{f"says {status}": answer(status) for status in (408, 425, 429, 500, 502, 503, 504)},
}


@pytest.mark.parametrize("reply", PASSING.values(), ids=PASSING.keys())
def test_a_failure_that_may_pass_is_tried_again(reply: Reply) -> None:
    with Wire(reply, reply, GOOD) as wire, client_of(wire, timeout=(5, 0.3)) as client:
        response = client.campaign("c1")
    assert (response.body, response.attempts) == (BODY, 3)
    assert len(wire.requests) == 3


@pytest.mark.parametrize("reply", PASSING.values(), ids=PASSING.keys())
def test_a_failure_that_does_not_pass_says_what_was_tried(reply: Reply) -> None:
    with Wire(reply) as wire:
        error = failure(wire, timeout=(5, 0.2), retries=2)
    assert len(wire.requests) == 3
    assert isinstance(error, ConnectionFailedError | ServerError | RateLimitError)
    assert (error.attempts, error.retryable, error.campaign_id) == (3, True, "c1")
    assert len(error.tried) == 3
    assert str(error).startswith(f"{error.message} (3 attempts")
    assert all(what in str(error) for what in error.tried)
    assert_keyless(error)


def test_a_truncated_body_never_counts_as_whole() -> None:
    for length in range(1, len(GZIPPED)):
        with Wire(answer(200, GZIPPED[:length], Content_Encoding="gzip")) as wire:
            assert isinstance(failure(wire, retries=0), ConnectionFailedError)


def test_no_body_at_all_is_whole_though_it_was_to_be_compressed() -> None:
    with Wire(answer(200, Content_Encoding="gzip")) as wire, client_of(wire) as client:
        assert client.agents().body == b""


@pytest.mark.parametrize(
    ("status", "kind", "attempts"),
    [
        (400, RequestRefusedError, 1),
        (401, AuthenticationError, 1),
        (402, RequestRefusedError, 1),
        (403, AuthenticationError, 1),
        (404, CampaignNotFoundError, 1),
        (405, RequestRefusedError, 1),
        (408, ServerError, 3),
        (409, RequestRefusedError, 1),
        (410, CampaignNotFoundError, 1),
        (418, RequestRefusedError, 1),
        (422, RequestRefusedError, 1),
        (425, ServerError, 3),
        (429, RateLimitError, 3),
        (451, RequestRefusedError, 1),
        (500, ServerError, 3),
        (501, ServerError, 1),
        (502, ServerError, 3),
        (503, ServerError, 3),
        (504, ServerError, 3),
        (505, ServerError, 1),
        (599, ServerError, 1),
        (600, RequestRefusedError, 1),
        (999, RequestRefusedError, 1),
    ],
)
def test_each_status_is_one_error(status: int, kind: type[FetchError], attempts: int) -> None:
    with Wire(answer(status)) as wire:
        error = failure(wire, retries=2)
    assert type(error) is kind
    assert f"HTTP {status}" in str(error)
    assert (error.status, error.attempts, error.campaign_id) == (status, attempts, "c1")
    assert error.retryable is (attempts > 1)
    assert error.tried == (f"HTTP {status}",) * attempts
    assert len(wire.requests) == attempts


def test_every_status_makes_an_error_that_survives_a_pickle() -> None:
    for status in [*range(100, 200), *range(300, 1000)]:
        error = error_for_status(status, "campaign", retry_after=5.0)
        copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
        assert type(copy) is type(error)
        assert (str(copy), vars(copy)) == (str(error), vars(error))


@pytest.mark.parametrize("status", [200, 201, 202, 203, 204, 206, 226])
def test_a_success_gives_its_body(status: int) -> None:
    body = b"" if status == 204 else BODY
    with Wire(answer(status, body)) as wire, client_of(wire) as client:
        response = client.agents()
    assert (response.body, response.status) == (body, status)


def test_each_attempt_has_its_line_in_the_error() -> None:
    replies = [answer(503), then_close(), answer(404, b"gone")]
    with Wire(*replies) as wire:
        error = failure(wire)
    assert isinstance(error, CampaignNotFoundError)
    assert error.tried[0] == "HTTP 503"
    assert error.tried[1].startswith("RemoteDisconnected")
    assert error.tried[2] == "HTTP 404"
    assert error.attempts == 3


@pytest.mark.parametrize(
    ("tried", "told"),
    [
        (["HTTP 503"] * 5, "(5 attempts)"),
        (["HTTP 503", "stopped", "HTTP 503"], "(3 attempts: 2 times HTTP 503; stopped)"),
        (["HTTP 503", "HTTP 404"], "(2 attempts: HTTP 503; HTTP 404)"),
    ],
)
def test_attempts_that_met_the_same_are_told_of_once(tried: list[str], told: str) -> None:
    assert str(FetchError("No.", attempts=len(tried), tried=tuple(tried))) == f"No. {told}"


@pytest.mark.parametrize("identifier", ["c1 ", "c1\r", "\tc1"])
def test_an_unknown_id_with_blanks_around_it_is_told_of(identifier: str) -> None:
    with Wire(answer(404)) as wire:
        with client_of(wire) as client, pytest.raises(CampaignNotFoundError) as caught:
            client.campaign(identifier)
        assert str(caught.value).endswith("It begins or ends with a blank or a line break; give it without.")
        assert "blank" not in str(failure(wire))


def test_nobody_listens() -> None:
    with (
        Client(KEY, f"http://127.0.0.1:{unused_port()}", retries=2) as client,
        pytest.raises(ConnectionFailedError, match="refused") as caught,
    ):
        client.agents()
    assert (caught.value.attempts, caught.value.status, caught.value.campaign_id) == (3, None, None)
    assert_keyless(caught.value)


def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with (
        Client(KEY, "https://api.example", retries=1) as client,
        pytest.raises(ConnectionFailedError, match=r"api\.example .*not known") as caught,
    ):
        client.agents()
    assert caught.value.attempts == 2


def test_no_retries_means_one_attempt() -> None:
    with Wire(answer(503)) as wire:
        error = failure(wire, retries=0)
    assert error.attempts == len(wire.requests) == 1
    assert "attempts" not in str(error)


def test_what_is_tried_again_is_logged_without_the_key(caplog: pytest.LogCaptureFixture) -> None:
    echo = then_close(b"no HTTP but " + KEY.encode() + b"\r\n")
    caplog.set_level(logging.DEBUG)
    with Wire(answer(503, KEY.encode()), echo, GOOD) as wire, client_of(wire) as client:
        client.campaign("c1")
    lines = [record.getMessage() for record in caplog.records if record.name == "caldframe"]
    assert lines == [
        "campaign 'c1', attempt 1: HTTP 503; again in 0.0 s",
        r"campaign 'c1', attempt 2: BadStatusLine: no HTTP but [key]\r\n; again in 0.0 s",
    ]
    assert KEY not in caplog.text


# --- how long it waits ---------------------------------------------------------------------------------


@given(st.integers(1, 10**6), st.one_of(st.none(), st.floats(0, 1e9)), st.floats(0, 1))
def test_a_wait_is_within_its_bounds(attempt: int, retry_after: float | None, chance: float) -> None:
    wait = wait_before_retry(attempt, retry_after, chance)
    asked = min(retry_after or 0.0, 120.0)
    assert asked <= wait <= max(asked, min(30.0, 0.5 * 2.0 ** min(attempt - 1, 20)))
    assert wait <= wait_before_retry(attempt + 1, retry_after, chance)


def test_the_jitter_is_full() -> None:
    assert [wait_before_retry(3, None, chance) for chance in (0.0, 0.25, 1.0)] == [0.0, 0.5, 2.0]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        (" 120 ", 120.0),
        ("1.5", 1.5),
        ("-1", None),
        ("+5", None),
        ("1e9", None),
        ("inf", None),
        ("nan", None),
        ("soon", None),
        ("²", None),
        ("٣", None),
        ("9" * 400, None),
        ("Mon, 04 May 2026 12:00:30 GMT", 30.0),
        ("Mon, 04 May 2026 14:00:30 +0200", 30.0),
        ("Monday, 04-May-26 12:01:00 GMT", 60.0),
        ("Mon May  4 12:01:00 2026", 60.0),
        ("Mon, 04 May 2026 11:00:00 GMT", 0.0),
        ("Mon, 99 May 2026 11:00:00 GMT", None),
        ("Mon, 04 May 99999 11:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, NOW) == seconds


@given(st.integers(-(10**6), 10**6), st.integers(-12, 14))
def test_a_retry_after_date_counts_from_now(seconds: int, zone: int) -> None:
    then = (NOW + timedelta(seconds=seconds)).astimezone(timezone(timedelta(hours=zone)))
    assert parse_retry_after(format_datetime(then), NOW) == max(0, seconds)


@given(st.text())
def test_any_retry_after_is_read_or_ignored(value: str) -> None:
    seconds = parse_retry_after(value, NOW)
    assert seconds is None or seconds >= 0


def test_the_server_is_waited_for_as_long_as_it_asks(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "caldframe")
    replies = [answer(429, Retry_After="0.2"), answer(503, Retry_After="0.1"), GOOD]
    with Wire(*replies) as wire, client_of(wire) as client:
        assert client.agents().attempts == 3
    waits = [record.getMessage().rpartition("again in ")[2] for record in caplog.records]
    assert waits == ["0.2 s", "0.1 s"]


@pytest.mark.parametrize(
    ("status", "value", "wait", "asked"),
    [
        (429, "70", "70.0 s later", 70.0),
        (429, "7000", "120.0 s later", 7000.0),
        (503, "70", "70.0 s later", 70.0),
        (429, "Fri, 31 Dec 2999 23:59:59 GMT", "120.0 s later", 1e10),
    ],
)
def test_a_wait_that_does_not_fit_the_budget_fails_at_once(
    status: int, value: str, wait: str, asked: float
) -> None:
    with Wire(answer(status, Retry_After=value)) as wire:
        error = failure(wire, time_budget=60)
    assert len(wire.requests) == error.attempts == 1
    assert f"{wait}, does not fit into the 60 s of time_budget" in str(error)
    assert error.retryable
    assert isinstance(error, RateLimitError | ServerError)
    assert error.retry_after is not None
    assert error.retry_after >= asked


SLOW = {
    "says nothing": then_hang(),
    "drips its status": drip(b"", b"HTTP/1.1 200 OK" + b" " * 1000, 0.01),
    "drips its headers": drip(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x" * 10_000, 0.01),
    "drips its body": drip(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n", b"x" * 10_000, 0.01),
    "drips a body of no length": drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 10_000, 0.01),
    "drips its chunks": drip(chunked(end=b""), b"1\r\nx\r\n" * 2000, 0.01),
    "drips the size of a chunk": drip(chunked(end=b""), b"0" * 10_000, 0.01),
    "drips an error": drip(b"HTTP/1.1 503 Busy\r\nContent-Length: 10000\r\n\r\n", b"x" * 10_000, 0.01),
}


@pytest.mark.parametrize("reply", SLOW.values(), ids=SLOW.keys())
def test_the_time_budget_ends_what_does_not_end(reply: Reply) -> None:
    with Wire(reply) as wire:
        error = failure(wire, time_budget=0.4)
        wire.wait_until_all_hung_up()
    assert "does not fit into the 0.4 s of time_budget" in str(error)
    assert (len(wire.requests), error.attempts, error.retryable) == (1, 1, True)


def test_an_error_is_not_waited_for_to_explain_itself() -> None:
    slow = drip(b"HTTP/1.1 401 No\r\nContent-Length: 10000\r\n\r\n", b"x" * 10_000, 0.05)
    with Wire(slow) as wire:
        error = failure(wire, time_budget=25)
    assert isinstance(error, AuthenticationError)


@pytest.mark.parametrize(
    "settings",
    [
        {"timeout": None},
        {"timeout": 0},
        {"timeout": -1.0},
        {"timeout": (1.0, float("inf"))},
        {"timeout": (float("nan"), 1.0)},
        {"timeout": "10"},
        {"retries": -1},
        {"retries": 1.5},
        {"max_workers": 0},
        {"time_budget": 0},
        {"time_budget": None},
        {"max_response_bytes": 0},
    ],
    ids=str,
)
def test_limits_that_are_none_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="number"):
        Client(KEY, **settings)


# --- the body ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        answer(200, gzip.compress(BODY), Content_Encoding="gzip"),
        answer(200, gzip.compress(BODY), Content_Encoding="x-gzip"),
        answer(200, gzip.compress(BODY), Content_Encoding=" GZip "),
        answer(200, gzip.compress(BODY[:7]) + gzip.compress(BODY[7:]), Content_Encoding="gzip"),
        answer(200, zlib.compress(BODY), Content_Encoding="deflate"),
        answer(200, BODY, Content_Encoding="identity"),
        chunked(*(bytes([byte]) for byte in BODY)),
        chunked(*(bytes([byte]) for byte in gzip.compress(BODY)), Content_Encoding="gzip"),
        chunked(BODY, end=b"0\r\nX-Trailer: 1\r\n\r\n"),
        then_close(b"HTTP/1.1 200 OK\r\n\r\n" + BODY),
        then_close(b"HTTP/1.0 200 OK\r\n\r\n" + BODY),
        drip(b"HTTP/1.1 200 OK\r\nContent-Length: 33\r\n\r\n", BODY, 0.001),
    ],
)
def test_a_body_arrives_whole_however_it_is_sent(reply: Reply) -> None:
    with Wire(reply) as wire, client_of(wire) as client:
        response = client.agents()
    assert (response.body, response.attempts) == (BODY, 1)


@settings(max_examples=25)
@given(st.binary(max_size=300_000), st.integers(0, 9), st.integers(1, 100_000))
def test_what_was_compressed_is_decompressed(body: bytes, level: int, size: int) -> None:
    packed = gzip.compress(body * 3, level)
    pieces = [packed[start : start + size] for start in range(0, len(packed), size)][:2000]
    packed = b"".join(pieces)
    whole = len(packed) == len(gzip.compress(body * 3, level))
    with Wire(chunked(*pieces, Content_Encoding="gzip")) as wire, client_of(wire, retries=0) as client:
        if whole:
            assert client.agents().body == body * 3
        else:
            with pytest.raises(ConnectionFailedError):
                client.agents()


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "gzip, br", "compress", "\x1b[31m"])
def test_a_compression_that_was_not_asked_for_is_refused(encoding: str) -> None:
    with Wire(answer(200, gzip.compress(BODY), Content_Encoding=encoding)) as wire:
        error = failure(wire)
    assert isinstance(error, BadResponseError)
    assert "not asked for" in str(error)
    assert "\x1b" not in str(error)
    assert (error.status, error.attempts) == (200, 1)


def test_only_gzip_is_asked_for() -> None:
    with Wire(GOOD) as wire, client_of(wire) as client:
        client.agents()
    assert wire.requests[0].values("Accept-Encoding") == ["gzip"]


def test_a_body_may_have_as_many_bytes_as_allowed_and_not_one_more() -> None:
    with Wire(GOOD) as wire:
        with client_of(wire, max_response_bytes=len(BODY)) as client:
            assert client.agents().body == BODY
        error = failure(wire, max_response_bytes=len(BODY) - 1)
    assert isinstance(error, ResponseTooLargeError)
    assert "more than 32 bytes" in str(error)
    assert "max_response_bytes" in str(error)
    assert (error.status, error.attempts, error.retryable, error.campaign_id) == (200, 1, False, "c1")


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """A quarter of a gigabyte of nothing, in a quarter of a megabyte."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    nothing = bytes(2**20)
    return b"".join(packer.compress(nothing) for _ in range(2**8)) + packer.flush()


@pytest.mark.parametrize("in_chunks", [False, True])
def test_a_gzip_bomb_ends_early(bomb: bytes, in_chunks: bool) -> None:
    whole, pieces = answer(200, bomb, Content_Encoding="gzip"), chunked(bomb, Content_Encoding="gzip")
    reply = pieces if in_chunks else whole
    with Wire(reply) as wire, client_of(wire, max_response_bytes=2**20) as client:
        tracemalloc.start()
        try:
            with pytest.raises(ResponseTooLargeError):
                client.agents()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert len(wire.requests) == 1
    assert peak < 8 * 2**20


@pytest.mark.parametrize("status", [302, 404])
def test_a_gzip_bomb_in_an_error_is_not_unpacked(bomb: bytes, status: int) -> None:
    with Wire(answer(status, bomb, Content_Encoding="gzip", Location="/")) as wire:
        tracemalloc.start()
        try:
            error = failure(wire)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert error.status == status
    assert peak < 8 * 2**20


def test_a_body_is_held_in_memory_once() -> None:
    size = 64 * 2**20
    piece = b" " * 2**16

    def reply(line: Line) -> None:
        line.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size // len(piece)):
            line.send(piece)

    with Wire(reply) as wire, client_of(wire) as client:
        tracemalloc.start()
        try:
            body = client.agents().body
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert len(body) == size
    assert peak < 1.3 * size


# --- what errors say -----------------------------------------------------------------------------------


def everything_in(error: BaseException | None) -> Iterator[str]:
    """Give all that an error carries with it, as text."""
    if error is not None:
        yield str(error)
        yield repr(error)
        yield repr(vars(error))
        yield repr(error.args)
        for other in (error.__cause__, error.__context__):
            assert not hasattr(other, "request")
            yield from everything_in(other)


def assert_keyless(error: CaldError) -> None:
    assert KEY.lower() not in "".join(everything_in(error)).lower()
    assert KEY.lower().encode() not in pickle.dumps(error).lower()


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (json_answer({"message": "No such campaign"}, 404), "HTTP 404: No such campaign"),
        (json_answer({"error": "No such campaign"}, 404), "HTTP 404: No such campaign"),
        (json_answer({"detail": "No such campaign"}, 404), "HTTP 404: No such campaign"),
        (json_answer({"detail": "No such campaign."}, 404), "HTTP 404: No such campaign). Check"),
        (json_answer({"error": {"code": 5}}, 404), 'HTTP 404: {"error": {"code": 5}}'),
        (json_answer({"message": "a\x1b[2Jb\u202ec\n"}, 404), r"HTTP 404: a\x1b[2Jb\u202ec\n)"),
        (json_answer({"message": f"bad key {KEY}"}, 404), "HTTP 404: bad key [key])"),
        (json_answer({"message": f"bad key {KEY.upper()}"}, 404), "HTTP 404: bad key [key])"),
        (json_answer({"message": "x" * 190 + KEY}, 404), "x[key])"),
        (answer(404, b"x" * 5000), f"HTTP 404: {'x' * 200}…)"),
        (answer(404, b"not \xff UTF-8"), "HTTP 404: not \ufffd UTF-8)"),
        (answer(404, b"[" * 5000), f"HTTP 404: {'[' * 200}…)"),
        (answer(404, b"<!DOCTYPE html><p>Not found"), "(HTTP 404)"),
        (answer(404, b"  \n"), "(HTTP 404)"),
        (answer(404), "(HTTP 404)"),
        (answer(404, gzip.compress(b"packed", mtime=0), Content_Encoding="gzip"), "HTTP 404: packed)"),
        (answer(404, b"packed?", Content_Encoding="gzip"), "(HTTP 404)"),
        (answer(404, b"packed?", Content_Encoding="br"), "(HTTP 404)"),
        (then_close(b"HTTP/1.1 404 No\r\nContent-Length: 99\r\n\r\nbroken"), "(HTTP 404)"),
        (then_hang(b"HTTP/1.1 404 No\r\nContent-Length: 99\r\n\r\n"), "(HTTP 404)"),
    ],
)
def test_an_error_passes_on_what_the_api_says(reply: Reply, said: str) -> None:
    with Wire(reply) as wire:
        error = failure(wire)
    assert isinstance(error, CampaignNotFoundError)
    assert said in str(error)
    assert_keyless(error)


LEAKY = {
    "status line": then_close(b"HTTP/1.1 " + KEY.encode() + b"\r\n\r\n"),
    "no HTTP": then_close(KEY.encode() + b"\r\n\r\n"),
    "length": answer(200, Content_Length=f"1, {KEY}"),
    "error": answer(500, KEY.encode()),
    "redirect": answer(302, Location=f"https://{KEY}.example/{KEY}"),
    "compression": answer(200, BODY, Content_Encoding=KEY),
    "retry": answer(429, Retry_After=KEY),
    "cookie": answer(403, Set_Cookie=KEY),
}


@pytest.mark.parametrize("reply", LEAKY.values(), ids=LEAKY.keys())
def test_a_server_that_says_the_key_back_does_not_get_it_into_errors(
    reply: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), Wire(reply) as wire, client_of(wire, retries=1) as client:
        try:
            client.campaign("c1")
        except FetchError as error:
            assert_keyless(error)
        assert KEY not in repr(client)
    assert KEY not in "".join(record.getMessage() for record in caplog.records if record.name == "caldframe")


def test_an_error_raised_while_handling_another_holds_no_request() -> None:
    with Wire(then_close()) as wire, client_of(wire, retries=0) as client:
        try:
            {"the caller's": 1}["something else"]
        except KeyError:
            with pytest.raises(ConnectionFailedError) as caught:
                client.agents()
    assert isinstance(caught.value.__context__, KeyError)
    assert_keyless(caught.value)


@settings(max_examples=150)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.binary(max_size=50).map(lambda rest: b"HTTP/1.1 200 OK\r\n" + rest),
        st.tuples(st.integers(0, len(GOOD)), st.binary(max_size=10)).map(
            lambda change: GOOD[: change[0]] + change[1] + GOOD[change[0] + len(change[1]) :]
        ),
        st.text(alphabet=st.characters(codec="latin-1"), max_size=40).map(
            lambda value: answer(302, Location=value, Content_Encoding=value, Retry_After=value)
        ),
    )
)
def test_whatever_the_server_says_there_is_a_response_or_one_of_our_errors(data: bytes) -> None:
    with Wire(then_close(data)) as wire, client_of(wire, retries=0) as client:
        try:
            assert isinstance(client.campaign("c1"), Response)
        except CaldError as error:
            assert_keyless(error)


# --- encrypted connections -----------------------------------------------------------------------------


def test_a_certificate_that_is_not_trusted_is_not_tried_again() -> None:
    with Wire(GOOD, secure=True) as wire:
        error = failure(wire)
    assert isinstance(error, ConnectionFailedError)
    assert "not trusted" in str(error)
    assert "REQUESTS_CA_BUNDLE" in str(error)
    assert (error.attempts, error.retryable, error.status) == (1, False, None)
    assert wire.requests == []
    assert wire.connections == 1
    assert_keyless(error)


def test_a_certificate_for_another_host_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
    with Wire(GOOD, secure=True) as wire, Wire(tunnel(wire.port)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        with (
            Client(KEY, "https://other.example") as client,
            pytest.raises(ConnectionFailedError, match=r"other\.example is not trusted") as caught,
        ):
            client.agents()
    assert (caught.value.attempts, caught.value.retryable) == (1, False)
    assert wire.requests == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_certificate_that_is_trusted(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
    with Wire(GOOD, secure=True) as wire, Client(KEY, f"https://{host}:{wire.port}") as client:
        assert client.agents().body == BODY
        assert client.agents().body == BODY
    assert wire.connections == 1


def test_a_bundle_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    with (
        Wire(GOOD, secure=True) as wire,
        client_of(wire) as client,
        pytest.raises(ConfigurationError, match=r"none\.pem.*REQUESTS_CA_BUNDLE"),
    ):
        client.agents()


def test_a_server_that_does_not_speak_tls() -> None:
    with (
        Wire(GOOD) as wire,
        Client(KEY, f"https://127.0.0.1:{wire.port}", retries=1, timeout=0.3) as client,
        pytest.raises(ConnectionFailedError),
    ):
        client.agents()
    assert wire.requests == []


# --- connections ---------------------------------------------------------------------------------------


def test_connections_are_kept_and_closed() -> None:
    with Wire(GOOD) as wire:
        with client_of(wire) as client:
            for _ in range(5):
                client.agents()
            assert wire.connections == 1
        wire.wait_until_all_hung_up()


def test_an_error_that_was_read_does_not_cost_its_connection() -> None:
    with Wire(answer(503, b"busy"), GOOD) as wire, client_of(wire) as client:
        client.agents()
    assert wire.connections == 1


def test_many_threads_share_one_pool() -> None:
    with Wire(GOOD) as wire, client_of(wire, max_workers=4) as client:
        with ThreadPoolExecutor(4) as workers:
            responses = list(workers.map(client.campaign, [f"c{number}" for number in range(80)]))
        assert {response.body for response in responses} == {BODY}
        assert wire.connections <= 4
    assert sorted(wire.targets) == sorted(f"/campaigns/c{number}/details" for number in range(80))


def test_a_closed_client_makes_no_requests() -> None:
    with Wire(GOOD) as wire:
        client = client_of(wire)
        client.close()
        client.close()
        with pytest.raises(ConfigurationError, match="closed"):
            client.agents()
    assert wire.connections == 0


BLOCKED = {
    "waits for an answer": then_hang(),
    "waits in the headers": then_hang(b"HTTP/1.1 200 OK\r\nX-"),
    "waits for a body": then_hang(b"HTTP/1.1 200 OK\r\nContent-Length: 33\r\n\r\n{"),
    "waits for a body of no length": then_hang(b"HTTP/1.0 200 OK\r\n\r\n{"),
    "waits for a chunk": then_hang(chunked(b"{", end=b"")),
    "waits to try again": answer(503, Retry_After="100"),
}


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "encrypted"])
@pytest.mark.parametrize("reply", BLOCKED.values(), ids=BLOCKED.keys())
def test_abort_ends_what_is_under_way_and_nothing_else(
    reply: Reply, secure: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
    outcomes: list[object] = []

    def ask(client: Client) -> None:
        try:
            outcomes.append(client.campaign("c1"))
        except CaldError as error:
            outcomes.append(error)

    with Wire(reply, reply, reply, GOOD, secure=secure) as wire, client_of(wire) as client:
        threads = [threading.Thread(target=ask, args=(client,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        wire.wait_for_requests(3)
        client.abort()
        for thread in threads:
            thread.join()
        assert [type(outcome) for outcome in outcomes] == [ConnectionFailedError] * 3
        for outcome in outcomes:
            assert isinstance(outcome, ConnectionFailedError)
            assert "stopped by Client.abort()" in str(outcome)
            assert not outcome.retryable
        assert client.agents().body == BODY


def test_abort_without_anything_under_way() -> None:
    with Wire(GOOD) as wire, client_of(wire) as client:
        client.abort()
        client.agents()
        client.abort()
        assert client.agents().attempts == 1
