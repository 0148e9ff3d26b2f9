"""The key is in nothing that is logged, raised, shown or written, however it is spelled."""

from __future__ import annotations

import base64
import copy
import gzip
import http.client
import io
import json
import logging
import pickle
import re
import ssl
import traceback
import zipfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from wire import CERTIFICATE, Wire, answer, json_answer, then_close, tunnel, unused_port

import caldframe as cf
from caldframe.cli import main
from caldframe.client import Client
from caldframe.errors import CaldError, ConnectionFailedError
from caldframe.fetch import fetch_campaign, fetch_campaigns
from caldframe.sandbox import Sandbox
from caldframe.sandbox.faults import FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wire import Reply

KEY = "caldLive9+é/Zq=7f3A-planted-0b6D"
"""Characters that every spelling writes in another way."""

BODY = b'{"campaignId": "c1", "calls": []}'
PACKAGE = Path(cf.__file__).parent


def spellings(key: str) -> Iterator[bytes]:
    """Give the key as it could stand somewhere; the middle of it is enough to give it away."""
    middle = key[9:-3]
    for text in (middle, middle[::-1], quote(middle), quote(middle, safe=""), quote_plus(middle)):
        for encoding in ("utf-8", "latin-1", "utf-16-le", "utf-16-be", "utf-32-le"):
            yield text.encode(encoding)
    yield json.dumps(middle)[1:-1].encode()
    yield ascii(middle)[1:-1].encode()
    yield from (middle.encode().hex().encode(), middle.encode("latin-1").hex().encode())
    for data in (key.encode(), key.encode("latin-1")):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            for shift in range(3):
                # However far from the beginning of what is encoded it stands; the ends depend on that.
                yield encode(bytes(shift) + data)[8:-8]
        yield base64.b32encode(data)[8:-8]


SPELLINGS = {spelling.lower() for spelling in spellings(KEY)}


def assert_keyless(*shown: object) -> None:
    for one in shown:
        data = one.lower() if isinstance(one, bytes) else str(one).lower().encode("utf-8", "surrogatepass")
        for spelling in SPELLINGS:
            assert spelling not in data, (spelling, str(one)[:500])


def everything_in(error: BaseException | None) -> Iterator[object]:
    """Give all that an error carries with it, and those before it."""
    if error is not None:
        yield from (str(error), repr(error), error.args, vars(error), pickle.dumps(error))
        yield "".join(traceback.format_exception(error))
        yield from everything_in(error.__cause__)
        yield from everything_in(error.__context__)


def contents_of(path: Path) -> Iterator[bytes]:
    """Give a file's bytes, and what they are when they are unpacked."""
    data = path.read_bytes()
    yield data
    yield str(path).encode()
    if path.suffix == ".parquet":
        table = pq.read_table(io.BytesIO(data))
        yield json.dumps(table.to_pylist(), default=str).encode()
        yield repr(table.schema.metadata).encode()
    elif path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as parts:
            yield from (parts.read(name) for name in parts.namelist())
    elif path.suffix == ".zst":
        yield pa.CompressedInputStream(pa.BufferReader(data), "zstd").read()
    elif path.suffix == ".gz":
        yield gzip.decompress(data)


class Lines(logging.Handler):
    """All that is logged, with tracebacks."""

    def __init__(self) -> None:
        super().__init__(level=1)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name} {self.format(record)} {record.args}")


@pytest.fixture(autouse=True)
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """Look through what everybody logs during a test, at the lowest level."""
    lines = Lines()
    loggers = [logging.getLogger(name) for name in (None, "urllib3", "requests", "caldframe")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(1)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("random.random", lambda: 0.0)
    loggers[0].addHandler(lines)
    yield lines
    loggers[0].removeHandler(lines)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
    assert_keyless(*lines.lines)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with planted() as running:
        yield running


def planted(faults: str = "") -> Sandbox:
    sandbox = Sandbox(campaigns=2, calls=40, faults=faults, now=lambda: 0.0)
    sandbox.api_key = KEY
    return sandbox


def test_what_is_searched_for_is_found() -> None:
    for hidden in (
        KEY,
        KEY.upper(),
        f"x{quote(KEY)}",
        quote_plus(KEY),
        json.dumps([KEY]),
        ascii(KEY),
        KEY.encode("utf-16"),
        base64.b64encode(b"user:" + KEY.encode()),
        base64.b64encode(KEY.encode("latin-1")),
        KEY.encode().hex(),
        pickle.dumps({"key": KEY}),
    ):
        with pytest.raises(AssertionError):
            assert_keyless(hidden)


# --- what caldframe makes -----------------------------------------------------------------------------


def test_nothing_that_is_written_or_shown_has_the_key(
    sandbox: Sandbox, tmp_path: Path, logged: Lines
) -> None:
    with Client(KEY, sandbox.url) as client:
        frames = fetch_campaigns(sandbox.campaign_ids, client=client)
        one = fetch_campaign(sandbox.campaign_ids[0], client=client)
        archive = cf.Archive(tmp_path / "archive")
        assert_keyless(archive.sync(sandbox.campaign_ids, client=client).to_csv(), archive)
    assert any(line.startswith("urllib3") for line in logged.lines)
    one.to_parquet(tmp_path / "tables")
    one.to_csv(tmp_path / "tables")
    one.to_excel(tmp_path / "tables.xlsx")
    cf.report(frames, tmp_path / "report.html")
    (tmp_path / "frames.pickle").write_bytes(pickle.dumps(frames))
    conversation = one.conversation(one.calls["call_id"].iloc[0])
    assert_keyless(repr(frames), frames._repr_html_(), repr(conversation), conversation._repr_html_())
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {".parquet", ".csv", ".xlsx", ".html", ".zst", ".pickle"} <= {path.suffix for path in files}
    for path in files:
        assert_keyless(*contents_of(path))


def test_nothing_that_the_command_line_prints_or_writes_has_the_key(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALD_API_KEY", KEY)
    monkeypatch.setenv("CALD_BASE_URL", sandbox.url)
    monkeypatch.chdir(tmp_path)
    campaign = sandbox.campaign_ids[0]
    for command in (
        ["fetch", campaign, "--out", "tables", "--format", "parquet,csv"],
        ["sync", "archive", *sandbox.campaign_ids],
        ["outcomes", campaign, "--json"],
        ["quality", campaign],
        ["report", "archive", "--out", "report.html"],
        ["watch", campaign],
        ["fetch", "nobody", "--out", "none", "--debug"],
        ["sandbox", "--faults", "none", "--debug"],
    ):
        done = CliRunner().invoke(main, command)
        assert done.output
        assert_keyless(done.output, done.exception)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert_keyless(*contents_of(path))


def test_a_client_shows_and_pickles_itself_without_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(KEY, "http://127.0.0.1:9")
    session = client._session
    assert_keyless(repr(client), str(client), f"{client}", vars(client), pickle.dumps(client))
    assert_keyless(repr(session), repr(session.auth), vars(session), session.headers)
    assert_keyless(*(repr(getattr(client, name)) for name in dir(client)))
    monkeypatch.setenv("CALD_API_KEY", "another")
    assert_keyless(vars(copy.copy(client)), vars(copy.deepcopy(client)))
    monkeypatch.delenv("CALD_API_KEY")
    with pytest.raises(CaldError) as caught:
        copy.copy(client)
    assert_keyless(*everything_in(caught.value))


# --- what goes wrong ----------------------------------------------------------------------------------

SOME_FAULTS = [name for name in FAULTS if name not in {"status-NNN", "delay", "delay-in-body", "drip"}]


@pytest.mark.parametrize("fault", [*SOME_FAULTS, "delay,pause=9", "status-401", "status-429", "status-500"])
def test_no_error_has_the_key(fault: str) -> None:
    with (
        planted(fault) as sandbox,
        Client(KEY, sandbox.url, retries=1, timeout=2, max_response_bytes=2**20) as client,
    ):
        try:
            fetch_campaign(sandbox.campaign_ids[0], client=client)
        except CaldError as error:
            assert_keyless(*everything_in(error))


SAID_BACK = {
    "as it is": KEY,
    "in capitals": KEY.upper(),
    "quoted": quote(KEY, safe=""),
    "with plus signs": quote_plus(KEY),
    "as JSON": json.dumps(KEY),
    "as Python": ascii(KEY),
    "in hexadecimal": KEY.encode().hex(),
    "in base64": base64.b64encode(KEY.encode()).decode(),
    "in base64, as it was sent": base64.b64encode(KEY.encode("latin-1")).decode(),
    "at the end of what is quoted": "x" * 175 + KEY,
    "at the very end of what is quoted": "x" * 184 + KEY,
}


@pytest.mark.parametrize("said", SAID_BACK.values(), ids=SAID_BACK.keys())
@pytest.mark.parametrize("status", [200, 302, 403, 404, 429, 500])
def test_a_server_that_says_the_key_back_does_not_get_it_into_anything(said: str, status: int) -> None:
    replies: list[Reply] = [
        json_answer(
            {"error": said}, status, Location=f"https://x.example/{quote(said)}", Retry_After=quote(said)
        ),
        answer(status, f"<p>{said}</p>".encode(), Set_Cookie=quote(said), Location=f"https://{quote(said)}/"),
        answer(status, said.encode("latin-1"), Content_Encoding=quote(said)),
        then_close(f"HTTP/1.1 {status} {said}\r\nX-Key {said}\r\n\r\n".encode("latin-1")),
        then_close(f"{said}\r\n\r\n".encode("latin-1")),
        answer(status, b"", Content_Length=f"1, {quote(said)}"),
        answer(status, b"", Transfer_Encoding=f"chunked, {quote(said)}"),
    ]
    for reply in replies:
        with Wire(reply) as wire, Client(KEY, wire.url, retries=0, timeout=5) as client:
            try:
                fetch_campaign("c1", client=client)
            except CaldError as error:
                assert_keyless(*everything_in(error))


@pytest.mark.parametrize("shown", range(12, len(KEY)))
def test_a_quotation_that_ends_within_the_key_does_not_show_its_beginning(shown: int) -> None:
    page = "<p>" + "x" * (197 - shown) + KEY
    with (
        Wire(answer(200, page.encode())) as wire,
        Client(KEY, wire.url) as client,
        pytest.raises(CaldError) as caught,
    ):
        fetch_campaign("c1", client=client)
    assert KEY[:12] not in str(caught.value)


def test_switching_on_the_standard_librarys_own_printing_does_not_print_the_key(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed), Client(KEY, sandbox.url) as client:
        client.agents()
    assert_keyless(printed.getvalue())


# --- what the environment says ------------------------------------------------------------------------


def test_a_netrc_for_the_very_host_neither_replaces_the_key_nor_is_sent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in (".netrc", "_netrc"):
        (tmp_path / name).write_text("machine 127.0.0.1 login somebody password sesame\n")
        (tmp_path / name).chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.delenv("NETRC", raising=False)
    with Wire(answer(302, Location="/elsewhere"), answer(200, BODY)) as wire:
        with Client(KEY, wire.url, retries=0) as client:
            with pytest.raises(CaldError):
                client.agents()
            client.agents()
        for request in wire.requests:
            assert request.values("Authorization") == [KEY]
            assert b"sesame" not in request.raw
            assert base64.b64encode(b"somebody:sesame") not in request.raw


@pytest.mark.parametrize(
    "reply", [answer(407, b"who are you?"), answer(502), then_close()], ids=["407", "502", "hangs up"]
)
def test_a_proxy_that_fails_gets_neither_the_key_nor_its_password_into_an_error(
    reply: Reply, monkeypatch: pytest.MonkeyPatch, logged: Lines
) -> None:
    with Wire(reply) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://somebody:sesame@127.0.0.1:{proxy.port}")
        with Client(KEY, "https://api.example/v1", retries=1) as client, pytest.raises(CaldError) as caught:
            client.agents()
        for request in proxy.requests:
            assert request.method == "CONNECT"
            assert_keyless(request.raw)
    assert_keyless(*everything_in(caught.value))
    shown = "".join(map(str, everything_in(caught.value))) + "".join(logged.lines)
    assert "sesame" not in shown
    assert base64.b64encode(b"somebody:sesame").decode() not in shown


def test_a_proxy_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://somebody:sesame@127.0.0.1:{unused_port()}")
    with Client(KEY, "https://api.example/v1", retries=0) as client, pytest.raises(CaldError) as caught:
        client.agents()
    assert_keyless(*everything_in(caught.value))
    assert "sesame" not in "".join(map(str, everything_in(caught.value)))


SWITCHES = [
    {},
    {"REQUESTS_CA_BUNDLE": ""},
    {"CURL_CA_BUNDLE": ""},
    {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": ""},
    {"PYTHONHTTPSVERIFY": "0"},
    {"CURL_INSECURE": "1", "NODE_TLS_REJECT_UNAUTHORIZED": "0", "GIT_SSL_NO_VERIFY": "1"},
    {"SSL_CERT_FILE": str(CERTIFICATE), "REQUESTS_CA_BUNDLE": ""},
]


@pytest.mark.parametrize("switches", SWITCHES, ids=str)
def test_no_setting_of_the_environment_lets_a_bad_certificate_pass(
    switches: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in switches.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(ssl, "_create_default_https_context", ssl._create_unverified_context)
    with (
        Wire(answer(200, BODY), secure=True) as wire,
        Client(KEY, wire.url, retries=0) as client,
        pytest.raises(ConnectionFailedError, match="not trusted"),
    ):
        client.agents()
    assert wire.requests == []


@pytest.mark.parametrize("verify", [False, None, "", 0])
def test_a_session_that_is_told_not_to_verify_verifies(verify: Any) -> None:
    with Wire(answer(200, BODY), secure=True) as wire, Client(KEY, wire.url, retries=0) as client:
        client._session.verify = verify
        with pytest.raises(ConnectionFailedError, match="not trusted"):
            client.agents()
    assert wire.requests == []


@pytest.mark.parametrize(
    "bundles",
    [
        {"REQUESTS_CA_BUNDLE": str(CERTIFICATE)},
        {"CURL_CA_BUNDLE": str(CERTIFICATE)},
        {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": str(CERTIFICATE)},
        {"REQUESTS_CA_BUNDLE": str(CERTIFICATE), "CURL_CA_BUNDLE": "/nowhere"},
    ],
    ids=str,
)
@pytest.mark.parametrize("through_proxy", [False, True])
def test_a_bundle_of_the_environment_is_used(
    bundles: dict[str, str], monkeypatch: pytest.MonkeyPatch, *, through_proxy: bool
) -> None:
    for name, value in bundles.items():
        monkeypatch.setenv(name, value)
    with Wire(answer(200, BODY), secure=True) as wire, Wire(tunnel(wire.port)) as proxy:
        url = wire.url
        if through_proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
            url = "https://api.example/client/api/v1"
        with Client(KEY, url) as client:
            assert client.agents().body == BODY
        assert len(proxy.requests) == int(through_proxy)


def test_nothing_in_the_package_switches_verification_off() -> None:
    off = re.compile(
        r"verify\s*=\s*False|CERT_NONE|_create_unverified|check_hostname\s*=\s*False|disable_warnings"
    )
    found = [path for path in PACKAGE.rglob("*.py") if off.search(path.read_text(encoding="utf-8"))]
    assert found == []
