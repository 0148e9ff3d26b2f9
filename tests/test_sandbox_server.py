"""The sandbox over HTTP: the API's paths, key and errors, saved responses, a clean end."""

from __future__ import annotations

import gzip
import http.client
import json
import logging
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from caldframe.client import Client
from caldframe.errors import AuthenticationError, CampaignNotFoundError, ConfigurationError
from caldframe.fetch import (
    fetch_agents,
    fetch_call,
    fetch_calls,
    fetch_campaign,
    fetch_campaigns,
    fetch_contacts,
    fetch_transcripts,
    load_campaign,
)
from caldframe.sandbox import Sandbox, synthetic_campaign

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self) -> Any:
        return json.loads(self.body)


def connect(sandbox: Sandbox) -> http.client.HTTPConnection:
    address = urlsplit(sandbox.url)
    assert address.hostname is not None
    return http.client.HTTPConnection(address.hostname, address.port, timeout=10)


def ask(sandbox: Sandbox, path: str, method: str = "GET", **headers: str) -> Answer:
    headers.setdefault("Authorization", sandbox.api_key)
    sent = {name.replace("_", "-"): value for name, value in headers.items() if value}
    with closing(connect(sandbox)) as connection:
        connection.request(method, urlsplit(sandbox.url).path + path, headers=sent)
        return Answer(connection.getresponse())


def exchange_over(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/")
    connection.getresponse()


def exchange(sandbox: Sandbox, sent: bytes) -> bytes:
    address = urlsplit(sandbox.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(sent)
        received = b""
        while piece := connection.recv(65536):
            received += piece
        return received


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=1, calls=60) as running:
        yield running


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A response with everything that could be changed on the way: order, spaces, escapes, an odd value."""
    path = tmp_path / "response.json"
    path.write_bytes(
        b'{ "calls": [ {"callId":"k 1/x","direction":"outbound","to":"+1","from":"+2","n":1.50,"n":2},\r\n'
        b'\t{"callId":"k2","direction":"inbound","from":"+3","x":"\\ud83d \xff"}, null ],\n'
        b' "agentId":"a9", "listId":"l 9", "campaignId":"saved/1" }\n'
    )
    return path


# --- who may ask --------------------------------------------------------------------------------------


def test_the_key_looks_like_one_and_belongs_to_the_seed(sandbox: Sandbox) -> None:
    assert len(sandbox.api_key) == len("caldLive") + 32
    int(sandbox.api_key.removeprefix("caldLive"), 16)
    assert Sandbox(seed=1).api_key == sandbox.api_key != Sandbox(seed=2).api_key


@pytest.mark.parametrize("authorization", ["", "caldLive0", "Bearer {key}", "{key}x", "\xe9"])
@pytest.mark.parametrize("path", ["/agents", "/nothing"])
def test_without_the_key_nothing_is_said(sandbox: Sandbox, authorization: str, path: str) -> None:
    answer = ask(sandbox, path, Authorization=authorization.format(key=sandbox.api_key))
    assert answer.status == 401
    assert list(answer.json()) == ["error"]
    assert sandbox.api_key not in answer.body.decode()


def test_the_key_is_in_no_repr_and_no_log(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    assert ask(sandbox, "/agents").status == 200
    assert caplog.messages
    assert sandbox.api_key not in caplog.text + repr(sandbox)


def test_it_listens_on_this_machine_alone(sandbox: Sandbox) -> None:
    assert sandbox._server is not None
    assert sandbox._server.server_address[0] == "127.0.0.1"


# --- what it answers ----------------------------------------------------------------------------------


def test_the_details_of_a_campaign(sandbox: Sandbox) -> None:
    answer = ask(sandbox, f"/campaigns/{sandbox.campaign_ids[0]}/details")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.body == synthetic_campaign(seed=1, calls=60)


@pytest.mark.parametrize(
    "path",
    ["", "/", "/campaigns", "/campaigns/x/details", "/calls/x", "/lists/x/contacts", "/agents/", "/Agents"],
)
def test_what_is_not_there(sandbox: Sandbox, path: str) -> None:
    answer = ask(sandbox, path)
    assert answer.status == 404
    assert list(answer.json()) == ["error"]


def test_a_path_that_only_begins_like_the_api(sandbox: Sandbox) -> None:
    with closing(connect(sandbox)) as connection:
        connection.request("GET", "/client/api/v2/agents", headers={"Authorization": sandbox.api_key})
        assert Answer(connection.getresponse()).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "BREW"])
def test_it_can_only_be_read(sandbox: Sandbox, method: str) -> None:
    answer = ask(sandbox, "/agents", method)
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET"
    assert (answer.body == b"") == (method == "HEAD")


@pytest.mark.parametrize("sent", [b"garbage\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"x" * 70_000])
def test_what_is_not_http_is_refused_in_json(sandbox: Sandbox, sent: bytes) -> None:
    head, _, body = exchange(sandbox, sent).partition(b"\r\n\r\n")
    assert "error" in json.loads(body or head)


def test_a_query_changes_nothing(sandbox: Sandbox) -> None:
    assert ask(sandbox, "/agents?page=2").body == ask(sandbox, "/agents").body


@pytest.mark.parametrize(
    ("accepted", "compressed"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0", False),
        ("", False),
        ("br", False),
    ],
)
def test_it_compresses_for_those_who_can_read_that(
    sandbox: Sandbox, accepted: str, *, compressed: bool
) -> None:
    path = f"/campaigns/{sandbox.campaign_ids[0]}/details"
    answer = ask(sandbox, path, Accept_Encoding=accepted or "identity")
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert (answer.headers["Content-Encoding"] == "gzip") == compressed
    body = gzip.decompress(answer.body) if compressed else answer.body
    assert body == synthetic_campaign(seed=1, calls=60)


def test_one_connection_takes_many_requests(sandbox: Sandbox) -> None:
    with closing(connect(sandbox)) as connection:
        connection.connect()
        own_port = connection.sock.getsockname()[1]
        for path in ("/agents", "/nothing", "/agents"):
            connection.request(
                "GET", urlsplit(sandbox.url).path + path, headers={"Authorization": sandbox.api_key}
            )
            Answer(connection.getresponse())
            assert connection.sock.getsockname()[1] == own_port


def test_all_endpoints_through_the_client(sandbox: Sandbox) -> None:
    campaign_id = sandbox.campaign_ids[0]
    with Client(api_key=sandbox.api_key, base_url=sandbox.url) as client:
        frames = fetch_campaign(campaign_id, client=client)
        assert len(frames.calls) == 60
        call_id = frames.calls["call_id"].iloc[3]
        one = fetch_call(call_id, client=client)
        assert one.calls["result"].tolist() == frames.calls["result"].iloc[3:4].tolist()
        agents = fetch_agents(client=client)
        assert set(frames.campaigns["agent_id"]) <= set(agents["agent_id"])
        contacts = fetch_contacts(frames.campaigns["list_id"].iloc[0], client=client)
        assert set(frames.calls["prospect_number"]) <= set(contacts["phone_number"])
        assert contacts["extra"].str.startswith("{").all()
        assert fetch_calls(campaign_id, client=client).equals(frames.calls)
        assert fetch_transcripts(campaign_id, client=client).equals(frames.transcripts)
        with pytest.raises(CampaignNotFoundError):
            fetch_campaign("nobody", client=client)
    with pytest.raises(AuthenticationError):
        fetch_campaign(campaign_id, base_url=sandbox.url, api_key="caldLive" + "0" * 32)


def test_many_clients_at_once_get_the_same() -> None:
    with Sandbox(seed=3, campaigns=1, calls=300) as fresh, ThreadPoolExecutor(8) as threads:
        path = f"/campaigns/{fresh.campaign_ids[0]}/details"
        bodies = {answer.body for answer in threads.map(lambda _: ask(fresh, path), range(24))}
    assert bodies == {synthetic_campaign(seed=3, calls=300)}


def test_an_active_campaign_moves_with_the_clock() -> None:
    seconds = [0.0]
    with Sandbox(seed=1, calls=100, now=lambda: seconds[0]) as moving:
        counts = []
        for seconds[0] in (0.0, 100.0, 5000.0):
            frames = fetch_campaigns(moving.campaign_ids, base_url=moving.url, api_key=moving.api_key)
            counts.append((len(frames.calls), frames.campaigns["status"].tolist()[2]))
    assert counts == [(260, "active"), (265, "active"), (300, "finished")]


# --- saved responses ----------------------------------------------------------------------------------


@pytest.mark.parametrize("compressed", [False, True])
def test_a_saved_response_is_served_byte_for_byte(saved: Path, *, compressed: bool) -> None:
    body = saved.read_bytes()
    if compressed:
        saved.write_bytes(gzip.compress(body))
    with Sandbox(campaigns=0, serve=[saved]) as serving:
        assert serving.campaign_ids == ["saved/1"]
        assert ask(serving, "/campaigns/saved%2F1/details").body == body
        assert ask(serving, "/calls/k%201%2Fx").json()["n"] == 2
        assert ask(serving, "/agents").json() == {"agents": [{"agentId": "a9"}]}
        numbers = [{"phoneNumber": "+1"}, {"phoneNumber": "+3"}]
        assert ask(serving, "/lists/l%209/contacts").json() == {"contacts": numbers}


def test_the_real_campaign_is_served_byte_for_byte(real_campaign: Path) -> None:
    with Sandbox(campaigns=1, serve=[real_campaign]) as serving:
        answer = ask(serving, f"/campaigns/{serving.campaign_ids[0]}/details")
        assert answer.body == gzip.decompress(real_campaign.read_bytes())
        frames = fetch_campaign(serving.campaign_ids[0], base_url=serving.url, api_key=serving.api_key)
    assert frames.calls.equals(load_campaign(real_campaign).calls)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is not JSON"),
        (b"{", "it is not JSON"),
        (b"[" * 200_000, "it is not JSON"),
        (b"[]", "it has no campaignId"),
        (b'{"campaignId": ""}', "it has no campaignId"),
        (b'{"campaignId": "c", "calls": 5}', "its calls are not a list"),
        (b"\x1f\x8bnot really", "it cannot be read"),
    ],
)
def test_files_that_cannot_be_served(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=f"file.json: {reason}"):
        Sandbox(serve=[path])


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="it cannot be read"):
        Sandbox(serve=[tmp_path / "nothing.json"])


def test_the_same_campaign_twice(saved: Path) -> None:
    with pytest.raises(ConfigurationError, match="Two campaigns have the id 'saved/1'"):
        Sandbox(serve=[saved, saved])


# --- begin and end ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong", [{"campaigns": -1}, {"calls": -1}, {"calls": 20_001}, {"port": -1}, {"port": 65_536}]
)
def test_numbers_out_of_range(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError):
        Sandbox(**wrong)  # type: ignore[arg-type]


def test_a_port_that_is_taken(sandbox: Sandbox) -> None:
    port = urlsplit(sandbox.url).port
    assert port is not None
    with pytest.raises(ConfigurationError, match=f"cannot listen on port {port}"):
        Sandbox(port=port).start()


def test_it_starts_and_stops_as_often_as_wanted() -> None:
    threads = threading.active_count()
    stopped = Sandbox(campaigns=1, calls=5)
    with pytest.raises(ConfigurationError, match="not running"):
        _ = stopped.url
    for _ in range(3):
        assert stopped.start().start() is stopped
        assert ask(stopped, "/agents").status == 200
        stopped.stop()
        stopped.stop()
        assert "stopped" in repr(stopped)
    assert threading.active_count() == threads


def test_it_stops_at_once_though_a_client_stays_connected() -> None:
    running = Sandbox(campaigns=1, calls=5).start()
    with closing(connect(running)) as connection:
        connection.request("GET", "/", headers={"Authorization": running.api_key})
        Answer(connection.getresponse())
        began = time.monotonic()
        running.stop()
        # Far below the time after which it would give up waiting.
        assert time.monotonic() - began < 4
        connection.auto_open = 0
        with pytest.raises((OSError, http.client.HTTPException)):
            exchange_over(connection)


def test_serving_forever_ends_when_somebody_stops_it() -> None:
    running = Sandbox(campaigns=0)
    waiting = threading.Thread(target=running.serve_forever)
    waiting.start()
    while running._server is None:
        time.sleep(0.01)
    running.stop()
    waiting.join(timeout=10)
    assert not waiting.is_alive()
