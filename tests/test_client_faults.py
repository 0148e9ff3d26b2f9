"""What the client makes of each fault of the sandbox: tried again or not, after what waits, which error."""

from __future__ import annotations

import random
import re
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from caldframe.archive import Archive
from caldframe.client import Client, transport
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
from caldframe.fetch import fetch_campaign, fetch_campaigns
from caldframe.sandbox import Sandbox
from caldframe.sandbox.faults import FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caldframe.frames import CampaignFrames

PAGE = Path(__file__).parents[1] / "docs" / "faults.md"
BACK_OFF = (0.5, 1.0)  # what is waited before the two further attempts if chance is at its highest
MANY_SECONDS = 1000


class Clock:
    """The client's time: it runs on by itself, and a wait takes none of it that is real."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def monotonic(self) -> float:
        return time.monotonic() + sum(self.waits)


class Waiting(threading.Event):
    """What a client waits with between attempts."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self._clock.waits.append(timeout)
        return self.is_set()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(transport, "time", clock)
    monkeypatch.setattr(random, "random", lambda: 1.0)
    return clock


def client_of(sandbox: Sandbox, clock: Clock, **settings: Any) -> Client:
    client = Client(sandbox.api_key, sandbox.url, **settings)
    client._stopped = Waiting(clock)
    return client


class Case(NamedTuple):
    """One fault, and what comes of it if every request meets it; three attempts are allowed."""

    faults: str
    error: type[FetchError] | None
    said: str = ""
    retryable: bool = False
    waits: tuple[float, ...] | None = None
    calls: int = 3

    @property
    def patience(self) -> float:
        """Seconds to wait for bytes: few if none come, so many otherwise that a slow machine is no fault."""
        return 0.3 if f"pause={MANY_SECONDS}" in self.faults else 60.0


def passing(faults: str, said: str, **more: Any) -> Case:
    """Expect three attempts, with back-off between them."""
    return Case(faults, more.pop("error", ConnectionFailedError), said, retryable=True, **more)


def final(faults: str, error: type[FetchError], said: str, **more: Any) -> Case:
    """Expect one attempt, for another could not help."""
    return Case(faults, error, said, **more)


CASES = [
    # the connection
    passing("refused", "refused"),
    passing("reset", "reset"),
    passing("reset-in-body", "reset"),
    passing("hang-up", "closed connection without response"),
    Case("close-after", None),
    # time
    passing(f"delay,pause={MANY_SECONDS}", "timed out"),
    passing(f"delay-in-body,pause={MANY_SECONDS}", "timed out"),
    passing(f"drip,pause={MANY_SECONDS}", "timed out"),
    Case("delay,pause=0.01", None),
    Case("delay-in-body,pause=0.01", None),
    Case("drip,pause=0.0001", None),
    # the length; a campaign without calls is small enough to be sent without compression
    passing("length-too-long", "100 more expected"),
    passing("length-too-long", "100 more expected", calls=0),
    passing("length-too-short", "breaks off"),
    final("length-too-short", BadResponseError, "The answer breaks off after 172 bytes", calls=0),
    passing("chunks-cut", "IncompleteRead"),
    passing("chunks-cut", "IncompleteRead", calls=0),
    # what is in it
    Case("wrong-type", None),
    final("html", BadResponseError, "The answer is a web page (or XML), not JSON: '<!DOCTYPE"),
    final("empty", BadResponseError, "The answer is empty. Check that the base URL is the API's"),
    final("error-object", BadResponseError, "The API answered with a message instead of a campaign"),
    # compression
    Case("gzip", None, calls=0),
    Case("deflate", None),
    final("br", BadResponseError, "compressed with 'br', which was not asked for"),
    final("zstd", BadResponseError, "compressed with 'zstd', which was not asked for"),
    passing("gzip-broken", "incorrect data check"),
    passing("gzip-cut", "the compressed body breaks off"),
    final("gzip-bomb", ResponseTooLargeError, "more than 1,048,576 bytes"),
    # redirects, which are never followed
    final("redirect", RedirectError, "points to http://127.0.0.1:"),
    final("redirect-elsewhere", RedirectError, "points to http://localhost:"),
    final("redirect-loop", RedirectError, "points to http://127.0.0.1:"),
    final("status-304", RedirectError, "points to nowhere (HTTP 304)"),
    # statuses
    final("status-400", RequestRefusedError, "The server refused the request (HTTP 400: "),
    final("status-403", AuthenticationError, "The API refused the key (HTTP 403: "),
    final("status-404", CampaignNotFoundError, "The API knows no such campaign (HTTP 404: "),
    passing("status-408", "HTTP 408", error=ServerError),
    passing("status-425", "HTTP 425", error=ServerError),
    passing("status-429", "The API asks for fewer requests", error=RateLimitError),
    *(
        passing(f"status-{status}", f"The server failed or was not ready (HTTP {status}: ", error=ServerError)
        for status in (500, 502, 503, 504)
    ),
    *(
        final(f"status-{status}", ServerError, f"The server failed or was not ready (HTTP {status}: ")
        for status in (501, *range(505, 600))
    ),
    # what the server asks to wait is waited, if it is more than the back-off and sensible
    passing("status-429,retry-after=seconds", "HTTP 429", error=RateLimitError, waits=(10, 10)),
    passing("status-429,retry-after=absurd", "HTTP 429", error=RateLimitError, waits=(120, 120)),
    passing("status-503,retry-after=seconds", "HTTP 503", error=ServerError, waits=(10, 10)),
    # TLS
    final("bad-certificate", ConnectionFailedError, "is not trusted, so the key was not sent"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.faults}-{case.calls}")
def test_each_fault(case: Case, clock: Clock) -> None:
    with (
        Sandbox(campaigns=1, calls=case.calls, faults=case.faults, now=lambda: 0.0) as sandbox,
        client_of(sandbox, clock, retries=2, timeout=case.patience, max_response_bytes=2**20) as client,
    ):
        (campaign_id,) = sandbox.campaign_ids
        if case.error is None:
            assert len(fetch_campaign(campaign_id, client=client).calls) == case.calls
            assert client.campaign(campaign_id).attempts == 1
            assert clock.waits == []
            return
        with pytest.raises(case.error) as caught:
            fetch_campaign(campaign_id, client=client)
    error = caught.value
    assert type(error) is case.error
    assert case.said in str(error)
    assert sandbox.api_key not in str(error)
    assert (error.campaign_id, error.retryable) == (campaign_id, case.retryable)
    assert error.attempts == (3 if case.retryable else 1)
    expected = BACK_OFF if case.waits is None else case.waits
    assert clock.waits == (list(expected) if case.retryable else [])


def test_every_fault_has_its_case() -> None:
    tested = {case.faults.split(",")[0] for case in CASES}
    assert set(FAULTS) - {"status-NNN"} <= tested


def outcome_of(case: Case) -> str:
    return "answered" if case.error is None else f"`{case.error.__name__}`"


def test_the_page_says_of_each_fault_what_comes_of_it() -> None:
    rows = re.findall(
        r"^\| `([a-zN-]+)` \| (.+?) \| (.+?) \| (.+?) \|$", PAGE.read_text("utf-8"), re.MULTILINE
    )
    assert [(name, said) for name, said, _, _ in rows] == list(FAULTS.items())
    for name, _, attempts, outcome in rows:
        if name == "status-NNN":
            continue  # the page has a table of its own for them
        # Those of full size, and slow ones that are slower than the client's patience.
        case = next(case for case in CASES if case.faults.split(",")[0] == name)
        assert (attempts, outcome) == ("again" if case.retryable else "once", outcome_of(case)), name


def test_a_date_to_wait_for_is_waited_for(clock: Clock) -> None:
    faults = "status-429,retry-after=date"
    with (
        Sandbox(campaigns=1, faults=faults) as sandbox,
        client_of(sandbox, clock, retries=1) as client,
        pytest.raises(RateLimitError) as caught,
    ):
        client.campaign(sandbox.campaign_ids[0])
    (wait,) = clock.waits
    assert 1 < wait <= 10  # a date has no fractions of a second
    assert caught.value.retry_after is not None


def test_the_time_budget_ends_what_would_be_waited_for_too_long(clock: Clock) -> None:
    with (
        Sandbox(campaigns=1, faults="status-503,retry-after=absurd") as sandbox,
        client_of(sandbox, clock, retries=100, time_budget=300) as client,
        pytest.raises(ServerError, match=r"120\.0 s later, does not fit into the 300 s of time_budget"),
    ):
        client.campaign(sandbox.campaign_ids[0])
    assert clock.waits == [120, 120]


@pytest.mark.parametrize("case", [case for case in CASES if case.retryable], ids=lambda case: case.faults)
def test_a_fault_that_passes_is_over_after_it(case: Case, clock: Clock) -> None:
    if case.faults == "refused":
        return  # it ends with time, not with another attempt; tests/test_sandbox_faults.py has it
    with (
        Sandbox(campaigns=1, calls=case.calls, faults=f"{case.faults},times=2") as sandbox,
        client_of(sandbox, clock, retries=2, timeout=case.patience) as client,
    ):
        (campaign_id,) = sandbox.campaign_ids
        assert client.campaign(campaign_id).attempts == 3
        assert len(fetch_campaign(campaign_id, client=client).calls) == case.calls


THIRTY_PERCENT = (
    "reset=0.03,reset-in-body=0.04,hang-up=0.03,length-too-long=0.03,chunks-cut=0.03,gzip-broken=0.03,"
    "gzip-cut=0.03,status-429=0.02,status-500=0.02,status-502=0.02,status-503=0.01,status-504=0.01,"
    "close-after=0.1,retry-after=seconds"
)
"""Three requests in ten fail, and one more is answered and finds its connection closed afterwards."""


@pytest.fixture(scope="module")
def faultless() -> CampaignFrames:
    with Sandbox(campaigns=500, calls=3, now=lambda: 0.0) as sandbox:
        return fetch_campaigns(sandbox.campaign_ids, base_url=sandbox.url, api_key=sandbox.api_key)


@pytest.fixture
def failing() -> Iterator[Sandbox]:
    with Sandbox(campaigns=500, calls=3, faults=THIRTY_PERCENT, now=lambda: 0.0) as sandbox:
        yield sandbox


def assert_the_same(frames: CampaignFrames, expected: CampaignFrames) -> None:
    """Compare the four tables of campaigns, whenever they were fetched and in whatever order they lie."""
    for name in ("campaigns", "calls", "transcripts", "problems"):
        columns = [column for column in getattr(expected, name).columns if column != "fetched_at"]
        key = [column for column in ("campaign_id", "call_id", "turn") if column in columns]
        ours, theirs = (
            getattr(tables, name)[columns].sort_values(key, ignore_index=True)
            for tables in (frames, expected)
        )
        assert ours.equals(theirs), name


def test_with_three_requests_in_ten_failing_500_campaigns_are_fetched_exactly(
    failing: Sandbox, faultless: CampaignFrames, clock: Clock
) -> None:
    with client_of(failing, clock, retries=9, time_budget=1e6) as client:
        frames = fetch_campaigns(failing.campaign_ids, client=client)
    assert frames.campaigns["campaign_id"].tolist() == failing.campaign_ids
    assert len(clock.waits) > 100
    assert_the_same(frames, faultless)


def test_with_three_requests_in_ten_failing_500_campaigns_are_synced_exactly(
    failing: Sandbox, faultless: CampaignFrames, clock: Clock, tmp_path: Path
) -> None:
    archive = Archive(tmp_path / "archive")
    with client_of(failing, clock, time_budget=1e6) as client:
        done = archive.sync(failing.campaign_ids, client=client)
        failed = done.loc[done["action"] == "failed", "campaign_id"]
        # Five attempts fail together once in 400 times; what failed is asked for by the next sync.
        assert len(failed) < 10
        again = archive.sync(failing.campaign_ids, client=client)
    assert set(again.loc[again["action"] == "added", "campaign_id"]) == set(failed)
    assert_the_same(archive.frames(), faultless)
    assert archive.verify().empty
