"""Faults as they are asked for: their names and numbers, the same ones for the same seed, an end to all."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from caldframe.cli import main
from caldframe.client import Client
from caldframe.errors import CaldError, ConfigurationError, ConnectionFailedError
from caldframe.sandbox import Sandbox
from caldframe.sandbox.faults import FAULTS, SETTINGS, Faults, Misfortune

PATIENCE = 30.0


def test_a_name_alone_is_for_every_request() -> None:
    assert Faults.parse("reset") == Faults({"reset": 1.0})


def test_nothing_is_no_fault() -> None:
    assert Faults.parse("") == Faults.parse(" , ") == Faults()


def test_all_that_can_be_said() -> None:
    written = " reset = 0.25,status-503=.5 ,retry-after=date,pause=0.5,times=3,bad-certificate"
    assert Faults.parse(written) == Faults(
        {"reset": 0.25, "status-503": 0.5}, retry_after="date", pause=0.5, times=3, bad_certificate=True
    )


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("resets", "There is no fault 'resets'. There are refused, reset, "),
        ("status-NNN", "There is no fault 'status-NNN'"),
        ("status-200", "There is no fault 'status-200'"),
        ("status-60", "There is no fault 'status-60'"),
        ("status-503x", "There is no fault 'status-503x'"),
        ("reset=2", "reset=2. Give a number from 0 to 1"),
        ("reset=-0.1", "Give a number from 0 to 1"),
        ("reset=nan", "Give a number from 0 to 1"),
        ("reset=", "Give a number from 0 to 1"),
        ("reset=often", "Give a number from 0 to 1"),
        ("reset=0.6,hang-up=0.6", "add up to more than 1"),
        ("reset=0.1,reset=0.1", "name 'reset' twice"),
        ("pause=1,pause=2", "name 'pause' twice"),
        ("retry-after=soon", "Give seconds, date, absurd"),
        ("retry-after", "Give seconds, date, absurd"),
        ("pause=inf", "Give a number from 0 to 86400"),
        ("pause", "Give a number from 0 to 86400"),
        ("times=-1", "Give a whole number"),
        ("times=\u00b2", "Give a whole number"),
        ("bad-certificate=0.5", "is for all connections"),
    ],
)
def test_what_cannot_be_asked_for(written: str, why: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Sandbox(faults=written)
    assert why in str(caught.value)


@given(st.text() | st.text(alphabet="reset=,.0123-satu"))
def test_any_text_is_faults_or_refused(written: str) -> None:
    try:
        faults = Faults.parse(written)
    except ConfigurationError:
        return
    assert sum(faults.chances.values()) <= 1.0001


def drawn(seed: int, paths: int = 50, times: int = 40) -> dict[str, list[str | None]]:
    misfortune = Misfortune(Faults.parse("reset=0.2,status-503=0.1"), seed)
    return {path: [misfortune.next_for(path) for _ in range(times)] for path in map(str, range(paths))}


def test_faults_come_as_often_as_asked_for_and_the_same_for_the_same_seed() -> None:
    faults = [fault for sequence in drawn(1).values() for fault in sequence]
    assert set(faults) == {"reset", "status-503", None}
    # Within four standard errors of 2,000 draws.
    assert abs(faults.count("reset") / 2000 - 0.2) < 0.036
    assert abs(faults.count("status-503") / 2000 - 0.1) < 0.027
    assert drawn(1) == drawn(1) != drawn(2)


def test_the_order_in_which_threads_ask_changes_nothing() -> None:
    misfortune = Misfortune(Faults.parse("reset=0.2,status-503=0.1"), 1)
    with ThreadPoolExecutor(8) as threads:
        asked = threads.map(
            lambda path: [misfortune.next_for(path) for _ in range(40)], map(str, reversed(range(50)))
        )
        assert list(asked) == list(reversed(drawn(1).values()))


def test_a_path_fails_no_more_often_than_was_said() -> None:
    misfortune = Misfortune(Faults.parse("reset,times=2"), 1)
    assert [misfortune.next_for("a") for _ in range(4)] == ["reset", "reset", None, None]
    assert misfortune.next_for("b") == "reset"
    assert Misfortune(Faults.parse("reset,times=0"), 1).next_for("a") is None


def test_refused_connections_are_taken_again_when_the_pause_is_over() -> None:
    seconds = [0.0]
    with (
        Sandbox(campaigns=1, calls=3, faults="refused,times=1,pause=5", now=lambda: seconds[0]) as sandbox,
        Client(sandbox.api_key, sandbox.url, retries=0) as client,
    ):
        with pytest.raises(ConnectionFailedError, match="without response"):
            client.agents()
        for seconds[0] in (0.0, 4.9):
            with pytest.raises(ConnectionFailedError, match="refused"):
                client.agents()
        seconds[0] = 5.0
        address = urlsplit(sandbox.url)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with socket.socket() as connection:
                if connection.connect_ex((address.hostname, address.port)) == 0:
                    break
        assert client.agents().attempts == 1


@pytest.mark.parametrize("faults", ["delay,pause=1000", "drip,pause=1000", "refused,pause=1000"])
def test_the_sandbox_stops_at_once_whatever_it_was_told_to_wait_for(faults: str) -> None:
    outcomes: list[Any] = []

    def ask(client: Client) -> None:
        try:
            outcomes.append(client.agents())
        except CaldError as error:
            outcomes.append(error)

    before = threading.active_count()
    running = Sandbox(campaigns=1, calls=3, faults=faults).start()
    server = running._server
    assert server is not None
    with Client(running.api_key, running.url, retries=0) as client:
        asking = threading.Thread(target=ask, args=(client,))
        asking.start()
        while not server.misfortune._failed:
            time.sleep(0.001)
        running.stop()
        asking.join(PATIENCE)
    assert [type(outcome) for outcome in outcomes] == [ConnectionFailedError]
    assert threading.active_count() == before


def test_nobody_without_the_key_meets_a_fault() -> None:
    with Sandbox(campaigns=1, calls=3, faults="reset") as sandbox:
        assert requests.get(f"{sandbox.url}/agents", timeout=PATIENCE).status_code == 401


def test_a_redirect_elsewhere_leads_to_the_sandbox_by_another_name() -> None:
    with Sandbox(campaigns=1, calls=3, faults="redirect-elsewhere") as sandbox:
        answer = requests.get(
            f"{sandbox.url}/agents",
            headers={"Authorization": sandbox.api_key},
            allow_redirects=False,
            timeout=PATIENCE,
        )
        assert answer.headers["Location"] == sandbox.url.replace("127.0.0.1", "localhost")


def test_the_help_lists_every_fault_and_setting() -> None:
    shown = CliRunner().invoke(main, ["sandbox", "--help"]).output
    for name in (*FAULTS, *SETTINGS):
        assert f"  {name} " in shown


def test_the_command_says_what_is_wrong_with_a_list_of_faults() -> None:
    done = CliRunner().invoke(main, ["sandbox", "--faults", "rest=0.1"])
    assert done.exit_code == 1
    assert "There is no fault 'rest'" in done.output
