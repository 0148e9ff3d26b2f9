from __future__ import annotations

import gzip
import io
import json
import os
import random
import signal
import subprocess
import sys
import threading
import warnings
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal
from wire import PATIENCE, Reply, Wire, answer, json_answer, then_close, then_hang, unused_port

import caldframe as cf
from caldframe.client import Client
from caldframe.errors import (
    AuthenticationError,
    BadResponseError,
    CaldError,
    CampaignNotFoundError,
    ConfigurationError,
    ConnectionFailedError,
    DataProblemsError,
    DataProblemsWarning,
    ServerError,
)
from caldframe.frames import FAILURE_COLUMNS, CampaignFrames
from caldframe.schema import AGENTS, CALLS, CONTACTS, TABLES

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "caldLive" + "0f" * 16


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Full jitter waits for anything from nothing upwards; here it is always nothing."""
    monkeypatch.setattr(random, "random", lambda: 0.0)


@pytest.fixture(autouse=True)
def _nothing_left_running() -> Any:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def call(number: int, **more: Any) -> dict[str, Any]:
    words = [{"role": "assistant", "content": "Hello?"}, {"role": "user", "content": f"Number {number}"}]
    return {
        "callId": f"k{number}",
        "direction": "outbound",
        "from": "+12125550100",
        "to": "+12125550101",
        "completed": True,
        "result": "pickedUp",
        "createdAt": "2026-05-04T12:00:00Z",
        "completedAt": "2026-05-04T12:01:00Z",
        "callLength": 42.5,
        "transcripts": words,
        **more,
    }


def campaign(campaign_id: str, calls: int = 2, **more: Any) -> dict[str, Any]:
    return {
        "campaignId": campaign_id,
        "name": f"Campaign {campaign_id}",
        "status": "finished",
        "stats": {"totalCalls": calls},
        "calls": [call(number) for number in range(calls)],
        **more,
    }


def served(*ids: str, **others: Reply) -> dict[str, list[Reply]]:
    """Give routes to campaigns that are as they should be, and to others that are not."""
    replies = {one: json_answer(campaign(one)) for one in ids} | others
    return {f"/campaigns/{one}/details": [reply] for one, reply in replies.items()}


def assert_same(left: CampaignFrames, right: CampaignFrames) -> None:
    for name in [*TABLES, "failures"]:
        assert_frame_equal(getattr(left, name), getattr(right, name), obj=name)


def counts(frames: CampaignFrames) -> tuple[int, ...]:
    return tuple(len(getattr(frames, name)) for name in TABLES)


# --- one campaign --------------------------------------------------------------------------------------


def test_a_campaign_becomes_four_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    before = datetime.now(UTC)
    with Wire(json_answer(campaign("c1"))) as wire:
        monkeypatch.setenv("CALD_API_KEY", KEY)
        monkeypatch.setenv("CALD_BASE_URL", wire.url)
        frames = cf.fetch_campaign("c1")
        wire.wait_until_all_hung_up()
    assert counts(frames) == (1, 2, 4, 0)
    assert frames.failures.empty
    assert frames.calls["call_id"].tolist() == ["k0", "k1"]
    assert before <= frames.campaigns["fetched_at"][0] <= datetime.now(UTC)


def test_a_saved_response_gives_the_same_frames_as_a_fetched_one() -> None:
    body = json.dumps(campaign("c1", calls=50, surprise={"a": [1.50]})).encode()
    with Wire(answer(200, gzip.compress(body), Content_Encoding="gzip")) as wire:
        fetched = cf.fetch_campaign("c1", api_key=KEY, base_url=wire.url)
    loaded = cf.load_campaign(body, fetched_at=fetched.campaigns["fetched_at"][0])
    assert_same(fetched, loaded)


def test_the_real_campaign_over_http(real_campaign: Path) -> None:
    packed = real_campaign.read_bytes()
    with Wire(answer(200, packed, Content_Encoding="gzip")) as wire:
        fetched = cf.fetch_campaign("66f0c0ffee0000000000000a", api_key=KEY, base_url=wire.url)
    assert counts(fetched) == (1, 8564, 51806, 0)
    loaded = cf.load_campaign(real_campaign, fetched_at=fetched.campaigns["fetched_at"][0])
    assert_same(fetched, loaded)


def test_a_client_of_ones_own_is_used_and_left_open() -> None:
    with Wire(json_answer(campaign("c1"))) as wire, Client(KEY, wire.url) as client:
        cf.fetch_campaign("c1", client=client)
        cf.fetch_campaigns(["c1"], client=client)
        cf.fetch_campaign("c1", client=client)
        assert len(wire.requests) == 3
        assert wire.connections == 1


@pytest.mark.parametrize("more", [{"api_key": KEY}, {"base_url": "https://api.example"}])
@pytest.mark.parametrize(
    "fetch",
    [
        lambda **more: cf.fetch_campaign("c1", **more),
        lambda **more: cf.fetch_campaigns(["c1"], **more),
        lambda **more: cf.fetch_calls("c1", **more),
        lambda **more: cf.fetch_transcripts("c1", **more),
        lambda **more: cf.fetch_call("k1", **more),
        cf.fetch_agents,
        lambda **more: cf.fetch_contacts("l1", **more),
    ],
)
def test_a_client_and_a_key_contradict_each_other(fetch: Callable[..., Any], more: dict[str, str]) -> None:
    with (
        Wire(answer()) as wire,
        Client(KEY, wire.url) as client,
        pytest.raises(ConfigurationError, match="client="),
    ):
        fetch(client=client, **more)
    assert wire.connections == 0


def test_strict_raises_at_the_first_problem() -> None:
    with Wire(json_answer(campaign("c1", calls=0, status="dancing"))) as wire:
        assert len(cf.fetch_campaign("c1", api_key=KEY, base_url=wire.url).problems) == 1
        with pytest.raises(DataProblemsError, match="dancing"):
            cf.fetch_campaign("c1", api_key=KEY, base_url=wire.url, strict=True)


BAD_BODIES = {
    "empty": b"",
    "a web page": b"<!DOCTYPE html><title>Sign in</title>",
    "not JSON": b"campaign: c1",
    "another shape": b'["c1"]',
    "a message": b'{"message": "try later"}',
    "broken off": b'{"campaignId": "c1", "calls": [',
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_a_body_that_is_no_campaign_says_which_request_it_answered(body: bytes) -> None:
    replies = [answer(503), answer(503), answer(203, body)]
    with Wire(*replies) as wire, pytest.raises(BadResponseError) as caught:
        cf.fetch_campaign("c1", api_key=KEY, base_url=wire.url)
    error = caught.value
    assert (error.campaign_id, error.status, error.attempts, error.retryable) == ("c1", 203, 3, False)
    assert str(error) == error.message == error.args[0]


@pytest.mark.parametrize(
    "fetch",
    [
        lambda url: cf.fetch_campaign("c1", api_key=KEY, base_url=url),
        lambda url: cf.fetch_campaigns(["c1"], api_key=KEY, base_url=url),
        lambda url: cf.fetch_calls("c1", api_key=KEY, base_url=url),
        lambda url: cf.fetch_transcripts("c1", api_key=KEY, base_url=url),
        lambda url: cf.fetch_call("c1", api_key=KEY, base_url=url),
        lambda url: cf.fetch_agents(api_key=KEY, base_url=url),
        lambda url: cf.fetch_contacts("c1", api_key=KEY, base_url=url),
    ],
)
def test_a_body_that_says_the_key_does_not_get_it_into_the_error(fetch: Callable[[str], Any]) -> None:
    page = answer(200, f"<html>Authorization: {KEY}".encode())
    with Wire(page) as wire, pytest.raises(BadResponseError, match=r"Authorization: \[key\]") as caught:
        fetch(wire.url)
    assert KEY not in str(caught.value) + repr(caught.value) + repr(vars(caught.value))
    assert (caught.value.status, caught.value.attempts) == (200, 1)


# --- straight to one table -----------------------------------------------------------------------------


def test_calls_and_transcripts_are_the_tables_of_the_campaign() -> None:
    with Wire(json_answer(campaign("c1"))) as wire, Client(KEY, wire.url) as client:
        frames = cf.fetch_campaign("c1", client=client)
        assert_frame_equal(cf.fetch_calls("c1", client=client), frames.calls)
        assert_frame_equal(cf.fetch_transcripts("c1", client=client), frames.transcripts)


@pytest.mark.parametrize("fetch", [cf.fetch_calls, cf.fetch_transcripts])
@pytest.mark.parametrize(("problems", "said"), [(1, "^1 value of"), (1200, "^1,200 values of")])
def test_problems_that_have_no_room_are_warned_of(
    fetch: Callable[..., Any], problems: int, said: str
) -> None:
    odd = campaign("c1", calls=0) | {"calls": [call(number, result="sang") for number in range(problems)]}
    with Wire(json_answer(odd)) as wire:
        with pytest.warns(DataProblemsWarning, match=rf"{said} .*fetch_campaign\('c1'\)\.problems") as seen:
            fetch("c1", api_key=KEY, base_url=wire.url)
        assert Path(seen[0].filename) == Path(__file__)
        with pytest.raises(DataProblemsError):
            fetch("c1", api_key=KEY, base_url=wire.url, strict=True)


def test_one_call() -> None:
    with Wire(routes={"/calls/k7": [json_answer(call(7))]}) as wire:
        frames = cf.fetch_call("k7", api_key=KEY, base_url=wire.url)
    assert counts(frames) == (0, 1, 2, 0)
    assert frames.calls["call_id"].tolist() == ["k7"]
    assert frames.transcripts["content"].tolist() == ["Hello?", "Number 7"]


def test_one_call_strictly() -> None:
    with Wire(json_answer(call(7, result="sang"))) as wire:
        assert counts(cf.fetch_call("k7", api_key=KEY, base_url=wire.url)) == (0, 1, 2, 1)
        with pytest.raises(DataProblemsError):
            cf.fetch_call("k7", api_key=KEY, base_url=wire.url, strict=True)


def test_agents() -> None:
    agents = {"agents": [{"agentId": "a1", "name": "Ada"}, {"agentId": "a2", "name": None, "voice": "alto"}]}
    with Wire(routes={"/agents": [json_answer(agents)]}) as wire:
        frame = cf.fetch_agents(api_key=KEY, base_url=wire.url)
    assert list(frame.columns) == [column.name for column in AGENTS]
    assert frame["agent_id"].tolist() == ["a1", "a2"]
    assert frame["extra"].tolist()[1] == '{"voice":"alto"}'


def test_contacts() -> None:
    contacts = {"contacts": [{"phoneNumber": "+12125550101", "prospectName": "Bo", "plan": "gold"}]}
    with Wire(routes={"/lists/l%2F1/contacts": [json_answer(contacts)]}) as wire:
        frame = cf.fetch_contacts("l/1", api_key=KEY, base_url=wire.url)
    assert list(frame.columns) == [column.name for column in CONTACTS]
    assert frame["phone_number"].tolist() == ["+12125550101"]
    assert frame["extra"].tolist() == ['{"plan":"gold"}']


@pytest.mark.parametrize(
    ("fetch", "noun"),
    [
        (lambda **to: cf.fetch_call("x", **to), "call"),
        (lambda **to: cf.fetch_contacts("x", **to), "list"),
        (lambda **to: cf.fetch_campaign("x", **to), "campaign"),
    ],
)
def test_what_is_not_there_is_named(fetch: Callable[..., Any], noun: str) -> None:
    with Wire(answer(404)) as wire, pytest.raises(CampaignNotFoundError, match=f"such {noun} ") as caught:
        fetch(api_key=KEY, base_url=wire.url)
    assert caught.value.campaign_id == "x"


# --- many campaigns ------------------------------------------------------------------------------------


def test_rows_come_in_the_order_asked_for() -> None:
    first = threading.Event()

    def late(line: Any) -> None:
        assert first.wait(PATIENCE)
        line.send(json_answer(campaign("c0")))

    def early(line: Any) -> None:
        line.send(json_answer(campaign("c3")))
        first.set()

    ids = ["c0", "c1", "c2", "c3"]
    with Wire(routes=served("c1", "c2", c0=late, c3=early)) as wire:
        frames = cf.fetch_campaigns(ids, api_key=KEY, base_url=wire.url)
        wire.wait_until_all_hung_up()
    assert frames.campaigns["campaign_id"].tolist() == ids
    assert frames.calls["campaign_id"].tolist() == [one for one in ids for _ in range(2)]
    assert frames.transcripts["campaign_id"].tolist() == [one for one in ids for _ in range(4)]
    assert frames.failures.empty


def test_many_campaigns_are_the_single_ones_one_below_the_other() -> None:
    ids = [f"c{number}" for number in range(30)]
    with Wire(routes=served(*ids)) as wire, Client(KEY, wire.url, max_workers=4) as client:
        frames = cf.fetch_campaigns(ids, client=client)
        assert wire.connections <= 4
        single = [cf.load_campaign(json.dumps(campaign(one)).encode()) for one in ids]
    for name in ("calls", "transcripts", "problems"):
        expected = pd.concat([getattr(one, name) for one in single], ignore_index=True)
        assert_frame_equal(getattr(frames, name), expected)
    assert frames.campaigns["campaign_id"].tolist() == ids
    assert sorted(wire.targets) == sorted(f"/campaigns/{one}/details" for one in ids)


def test_as_many_at_a_time_as_there_are_workers() -> None:
    together = threading.Barrier(3)

    def meet(line: Any) -> None:
        together.wait(PATIENCE)  # breaks unless three requests are under way
        line.send(json_answer(campaign("c")))

    ids = [f"c{number}" for number in range(6)]
    with Wire(meet) as wire, Client(KEY, wire.url, max_workers=3) as client:
        frames = cf.fetch_campaigns(ids, client=client)
        assert wire.connections == 3
    assert len(frames.campaigns) == 6


def test_a_campaign_named_twice_is_fetched_once() -> None:
    with Wire(routes=served("a", "b")) as wire:
        frames = cf.fetch_campaigns((one for one in "abaab"), api_key=KEY, base_url=wire.url)
    assert frames.campaigns["campaign_id"].tolist() == ["a", "b"]
    assert sorted(wire.targets) == ["/campaigns/a/details", "/campaigns/b/details"]


def test_a_column_of_ids_will_do() -> None:
    with Wire(routes=served("a", "b")) as wire:
        frames = cf.fetch_campaigns(pd.Series(["b", "a"]), api_key=KEY, base_url=wire.url)
    assert frames.campaigns["campaign_id"].tolist() == ["b", "a"]


def test_no_ids_give_empty_tables_with_all_their_columns(capsys: pytest.CaptureFixture[str]) -> None:
    with Wire(answer()) as wire:
        frames = cf.fetch_campaigns([], api_key=KEY, base_url=wire.url, progress=True)
    assert wire.connections == 0
    assert counts(frames) == (0, 0, 0, 0)
    assert list(frames.calls.columns) == [column.name for column in CALLS]
    assert_same(frames, cf.fetch_campaigns([], api_key=KEY, on_error="collect"))
    assert capsys.readouterr().err == ""  # no bar of nothing


@pytest.mark.parametrize("ids", ["66f0c0ffee0000000000000a", b"66f0c0ff", 7, None])
def test_one_id_instead_of_a_list_is_refused(ids: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"fetch_campaigns\(\[.*\]\).*fetch_campaign\."):
        cf.fetch_campaigns(ids, api_key=KEY)


@pytest.mark.parametrize("wrong", ["", ".", "..", None, 7, ["a"]])
@pytest.mark.parametrize("on_error", ["raise", "collect"])
def test_what_cannot_be_an_id_is_refused_before_anything_is_sent(wrong: Any, on_error: Any) -> None:
    with Wire(answer()) as wire, pytest.raises(ConfigurationError, match="id"):
        cf.fetch_campaigns(["a", wrong], api_key=KEY, base_url=wire.url, on_error=on_error)
    assert wire.connections == 0


def test_another_way_to_treat_errors_is_refused() -> None:
    with pytest.raises(ConfigurationError, match='"raise" or "collect"'):
        cf.fetch_campaigns(["a"], api_key=KEY, on_error="ignore")  # type: ignore[arg-type]


# --- when some of them fail ----------------------------------------------------------------------------

FAILING: dict[str, Reply] = {
    "missing": json_answer({"message": "Campaign not found"}, 404),
    "refused": answer(401),
    "moved": answer(302, Location="https://elsewhere.example/"),
    "busy": answer(503),
    "broken": then_close(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
    "page": answer(200, b"<html>"),
    "odd": json_answer(campaign("odd", calls=0, status="dancing")),
    "large": answer(200, b" " * 20_000),
}


def test_failures_are_collected_beside_what_was_found() -> None:
    ids = ["a", *FAILING, "b"]
    with (
        Wire(routes=served("a", "b", **FAILING)) as wire,
        Client(KEY, wire.url, retries=1, max_response_bytes=10_000) as client,
    ):
        frames = cf.fetch_campaigns(ids, client=client, strict=True, on_error="collect")
    assert frames.campaigns["campaign_id"].tolist() == ["a", "b"]
    assert counts(frames) == (2, 4, 8, 0)
    failures = frames.failures
    assert {name: failures[name].dtype for name in failures.columns} == FAILURE_COLUMNS
    assert list(failures.columns) == list(FAILURE_COLUMNS)
    columns = ["campaign_id", "error", "status", "attempts", "retryable"]
    rows = failures[columns].astype(object).where(failures[columns].notna(), None)
    assert rows.to_numpy().tolist() == [
        ["missing", "CampaignNotFoundError", 404, 1, False],
        ["refused", "AuthenticationError", 401, 1, False],
        ["moved", "RedirectError", 302, 1, False],
        ["busy", "ServerError", 503, 2, True],
        ["broken", "ConnectionFailedError", None, 2, True],
        ["page", "BadResponseError", 200, 1, False],
        ["odd", "DataProblemsError", None, None, False],
        ["large", "ResponseTooLargeError", 200, 1, False],
    ]
    assert "HTTP 404: Campaign not found" in failures["message"][0]
    assert KEY not in failures.to_csv()
    assert repr(frames).endswith("8 campaigns not fetched (see .failures)")


def test_all_may_fail() -> None:
    with Wire(answer(404)) as wire:
        frames = cf.fetch_campaigns(["a", "b"], api_key=KEY, base_url=wire.url, on_error="collect")
    assert counts(frames) == (0, 0, 0, 0)
    assert frames.failures["campaign_id"].tolist() == ["a", "b"]


def test_a_failure_that_is_ours_is_raised_and_never_collected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://[")
    with pytest.raises(ConfigurationError, match="HTTPS_PROXY"):
        cf.fetch_campaigns(["a", "b"], api_key=KEY, base_url="https://api.example", on_error="collect")


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (answer(404), CampaignNotFoundError),
        (answer(401), AuthenticationError),
        (answer(503), ServerError),
        (answer(200, b"<html>"), BadResponseError),
        (json_answer(campaign("bad", calls=0, status="dancing")), DataProblemsError),
    ],
)
def test_the_first_failure_ends_the_others(reply: Reply, kind: type[CaldError]) -> None:
    arrived = threading.Event()

    def after_the_others(line: Any) -> None:
        assert arrived.wait(PATIENCE)
        if callable(reply):
            reply(line)
        else:
            line.send(reply)

    others = {"hangs": then_hang(), "waits": answer(503, Retry_After="100"), "bad": after_the_others}
    ids = [*others, *(f"later{number}" for number in range(50))]
    with (
        Wire(then_hang(), routes=served(**others)) as wire,
        Client(KEY, wire.url, max_workers=3, retries=1) as client,
    ):

        def watch() -> None:
            wire.wait_for_requests(3)
            arrived.set()

        threading.Thread(target=watch).start()
        with pytest.raises(kind):
            cf.fetch_campaigns(ids, client=client, strict=True)
        assert not any(target.startswith("/campaigns/later") for target in wire.targets)


def test_the_client_can_be_used_after_a_failure() -> None:
    routes = served("a", missing=answer(404), hangs=then_hang())
    with Wire(routes=routes) as wire, Client(KEY, wire.url) as client:
        with pytest.raises(CampaignNotFoundError):
            cf.fetch_campaigns(["missing", "hangs"], client=client)
        assert counts(cf.fetch_campaigns(["a"], client=client)) == (1, 2, 4, 0)


# --- the bar -------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("progress", "stream", "shown"),
    [
        (None, io.StringIO, False),
        (None, Terminal, True),
        (False, Terminal, False),
        (True, io.StringIO, True),
        (None, lambda: None, False),
    ],
)
def test_a_bar_is_shown_where_somebody_can_see_it(
    progress: bool | None, stream: Callable[[], Any], shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stderr = stream()
    monkeypatch.setattr(sys, "stderr", stderr)
    with Wire(routes=served("a", "b", "c")) as wire:
        cf.fetch_campaigns(list("abc"), api_key=KEY, base_url=wire.url, progress=progress)
    written = "" if stderr is None else stderr.getvalue()
    assert ("3/3" in written) is shown
    assert bool(written) is shown


def test_a_bar_is_shown_in_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    # A real kernel, since that is what is recognised.
    nbformat = pytest.importorskip("nbformat", reason="notebooks are an extra")
    client_module = pytest.importorskip("nbclient", reason="notebooks are an extra")
    with Wire(routes=served("a", "b")) as wire:
        code = (
            "import warnings; warnings.simplefilter('ignore')\n"
            f"import caldframe as cf; cf.fetch_campaigns(['a', 'b'], api_key={KEY!r}, base_url={wire.url!r})"
        )
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            client_module.NotebookClient(notebook, kernel_name="python3").execute()
    assert "Campaigns" in json.dumps(notebook.cells[0].outputs)


# --- Ctrl-C --------------------------------------------------------------------------------------------

INTERRUPTED = """
import threading
import caldframe as cf
ids = [f"c{number}" for number in range(40)]
print("ready", flush=True)
try:
    cf.fetch_campaigns(ids, progress=True)
except KeyboardInterrupt:
    print("interrupted", [thread.name for thread in threading.enumerate()], flush=True)
    raise
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send SIGINT to one process")
def test_ctrl_c_ends_the_program_at_once() -> None:
    # Without an end of its own any of these goes on for a minute: the test would run into its patience.
    replies = [then_hang(), then_hang(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")]
    with Wire(*replies, answer(503, Retry_After="100")) as wire:
        with subprocess.Popen(  # noqa: S603 - our own
            [sys.executable, "-W", "error", "-c", INTERRUPTED],
            env=os.environ | {"CALD_API_KEY": KEY, "CALD_BASE_URL": wire.url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as program:
            wire.wait_for_requests(8)
            program.send_signal(signal.SIGINT)
            output, errors = program.communicate(timeout=PATIENCE)
        wire.wait_until_all_hung_up()
    assert output.splitlines() == ["ready", "interrupted ['MainThread']"]
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert "Warning" not in errors
    assert KEY not in errors
    assert program.returncode == -signal.SIGINT
    assert len(wire.requests) == 8


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send SIGINT to one thread")
@pytest.mark.parametrize(
    "reply", [then_hang(), answer(503, Retry_After="100"), then_hang(b"HTTP/1.0 200 OK\r\n\r\n{")]
)
def test_ctrl_c_leaves_no_thread_and_no_connection(reply: Reply) -> None:
    main = threading.main_thread().ident
    assert main is not None

    with Wire(reply) as wire, Client(KEY, wire.url, max_workers=5) as client:

        def interrupt() -> None:
            wire.wait_for_requests(5)
            signal.pthread_kill(main, signal.SIGINT)

        thread = threading.Thread(target=interrupt)
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            cf.fetch_campaigns([f"c{number}" for number in range(20)], client=client)
        assert not [one for one in threading.enumerate() if one.name.startswith("caldframe")]
        thread.join()
        client.close()
        wire.wait_until_all_hung_up()
        assert len(wire.requests) == 5


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send SIGINT to one thread")
def test_ctrl_c_ends_a_single_fetch() -> None:
    main = threading.main_thread().ident
    assert main is not None
    with Wire(then_hang()) as wire:

        def interrupt() -> None:
            wire.wait_for_requests(1)
            signal.pthread_kill(main, signal.SIGINT)

        thread = threading.Thread(target=interrupt)
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            cf.fetch_campaign("c1", api_key=KEY, base_url=wire.url)
        thread.join()
        wire.wait_until_all_hung_up()


# --- saved responses -----------------------------------------------------------------------------------

SAVED = json.dumps(campaign("c1", name="Frühling 🌷")).encode()


def saved_sources(folder: Path) -> dict[str, Any]:
    plain, packed = folder / "response.json", folder / "response.json.gz"
    plain.write_bytes(SAVED)
    packed.write_bytes(gzip.compress(SAVED))
    return {
        "path": plain,
        "name": str(plain),
        "gzip": packed,
        "gzip by name": str(packed),
        "bytes": SAVED,
        "bytearray": bytearray(SAVED),
        "memoryview": memoryview(SAVED),
        "gzip bytes": gzip.compress(SAVED),
        "members": gzip.compress(SAVED[:50]) + gzip.compress(SAVED[50:]),
        "buffer": io.BytesIO(SAVED),
        "gzip buffer": io.BytesIO(gzip.compress(SAVED)),
        "text": io.StringIO(SAVED.decode()),
    }


def test_a_saved_response_may_be_in_many_things(tmp_path: Path) -> None:
    expected = cf.load_campaign(SAVED)
    assert expected.campaigns["name"].tolist() == ["Frühling 🌷"]
    assert expected.campaigns["fetched_at"].isna().all()
    sources = saved_sources(tmp_path)
    for source in sources.values():
        assert_same(cf.load_campaign(source), expected)
    with (
        sources["path"].open("rb") as plain,
        sources["gzip"].open("rb") as packed,
        sources["path"].open(encoding="utf-8") as text,
        gzip.open(sources["gzip"]) as unpacked,
    ):
        for file in (plain, packed, text, unpacked):
            assert_same(cf.load_campaign(file), expected)
            assert not file.closed


def test_a_path_may_be_any_object_that_is_one(tmp_path: Path) -> None:
    class Somewhere:
        def __fspath__(self) -> str:
            return str(tmp_path / "response.json")

    (tmp_path / "response.json").write_bytes(SAVED)
    assert_same(cf.load_campaign(Somewhere()), cf.load_campaign(SAVED))


def test_when_it_was_fetched_can_be_said() -> None:
    when = datetime(2026, 5, 4, 14, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    frames = cf.load_campaign(SAVED, fetched_at=when)
    assert frames.campaigns["fetched_at"][0] == when
    for wrong in (when.replace(tzinfo=None), "2026-05-04"):
        with pytest.raises(ConfigurationError, match="time zone"):
            cf.load_campaign(SAVED, fetched_at=wrong)  # type: ignore[arg-type]


def test_a_saved_response_can_be_read_strictly() -> None:
    odd = json.dumps(campaign("c1", calls=0, status="dancing")).encode()
    assert len(cf.load_campaign(odd).problems) == 1
    with pytest.raises(DataProblemsError):
        cf.load_campaign(odd, strict=True)


def closed_file() -> io.BytesIO:
    file = io.BytesIO(SAVED)
    file.close()
    return file


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: folder / "none.json", r"none\.json cannot be read: No such file"),
        (lambda folder: folder, "is a folder.*read_parquet"),
        (lambda _: "", "is a folder|cannot be read"),
        (lambda _: "a\0b", "cannot be read"),
        (lambda _: SAVED.decode(), "looks like JSON itself"),
        (lambda _: "{}", "looks like JSON itself"),
        (lambda _: closed_file(), "closed file"),
        (lambda _: 7, "Give a path, bytes or an open file"),
        (lambda _: None, "Give a path, bytes or an open file"),
        (lambda _: {"campaignId": "c1"}, "Give a path, bytes or an open file"),
        (lambda _: {"campaignId": "c1"}, "This is a dict: JSON that was parsed already"),
        (lambda _: "https://my.cald.ai/x", "is an address, not a file. Fetch it: fetch_campaign"),
    ],
)
def test_a_source_that_cannot_be_read_says_what_to_do(
    make: Callable[[Path], Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=said) as caught:
        cf.load_campaign(make(tmp_path))
    assert len(str(caught.value)) < 600
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_a_file_that_holds_no_campaign_is_named(body: bytes, tmp_path: Path) -> None:
    for name, content in {"bad.json": body, "bad.json.gz": gzip.compress(body)}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadResponseError, match=rf"{name}: ") as caught:
            cf.load_campaign(tmp_path / name)
        assert (caught.value.status, caught.value.attempts) == (None, 0)


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda frames, folder: frames.to_parquet(folder)[0], "a Parquet file"),
        (lambda frames, folder: frames.to_excel(folder / "tables.xlsx"), "an Excel workbook"),
        (lambda _, folder: packed_by_zstd(folder / "raw.json.zst"), "compressed with Zstandard"),
    ],
)
def test_a_file_of_another_kind_is_called_what_it_is(
    make: Callable[[cf.CampaignFrames, Path], Path], what: str, tmp_path: Path
) -> None:
    with pytest.raises(BadResponseError, match=f"is no saved response, but .*{what}") as caught:
        cf.load_campaign(make(cf.load_campaign(SAVED), tmp_path))
    assert str(caught.value).isprintable()


def packed_by_zstd(file: Path) -> Path:
    file.write_bytes(pa.compress(SAVED, codec="zstd", asbytes=True))
    return file


def test_a_gzipped_file_that_breaks_off_is_no_campaign() -> None:
    packed = gzip.compress(SAVED)
    for length in range(2, len(packed)):
        with pytest.raises(BadResponseError, match="breaks off"):
            cf.load_campaign(packed[:length])


def test_a_gzipped_file_that_is_damaged_is_no_campaign() -> None:
    packed = bytearray(gzip.compress(SAVED))
    for position in range(10, len(packed), 7):
        damaged = bytearray(packed)
        damaged[position] ^= 0xFF
        with pytest.raises(BadResponseError, match=r"damaged|breaks off"):
            cf.load_campaign(damaged)


# --- nothing is sent -----------------------------------------------------------------------------------


def test_without_a_key_nothing_is_fetched() -> None:
    for fetch in (cf.fetch_campaign, cf.fetch_calls, cf.fetch_transcripts, cf.fetch_call, cf.fetch_contacts):
        with pytest.raises(AuthenticationError, match="CALD_API_KEY"):
            fetch("c1")
    with pytest.raises(AuthenticationError, match="CALD_API_KEY"):
        cf.fetch_agents()
    with pytest.raises(AuthenticationError, match="CALD_API_KEY"):
        cf.fetch_campaigns(["c1"])


def test_nobody_listens() -> None:
    with Client(KEY, f"http://127.0.0.1:{unused_port()}", retries=1) as client:
        with pytest.raises(ConnectionFailedError):
            cf.fetch_campaigns(["a", "b", "c"], client=client)
        failures = cf.fetch_campaigns(["a", "b", "c"], client=client, on_error="collect").failures
    assert failures["attempts"].tolist() == [2, 2, 2]
