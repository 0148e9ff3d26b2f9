"""The vendor's own description: what the sandbox sends obeys it, and whatever obeys it is decoded whole."""

from __future__ import annotations

import functools
import json
import tempfile
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse
from openapi_schema_validator import OAS30Validator

from caldframe.cli import main
from caldframe.fetch import fetch_campaign
from caldframe.frames import read_csv, read_parquet
from caldframe.metrics.lengths import length_distribution, length_summary
from caldframe.metrics.outcomes import outcome_rates, reconcile
from caldframe.sandbox.campaigns import SyntheticCampaign

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caldframe.frames import CampaignFrames

Json = dict[str, Any]

BASE = "https://my.cald.ai/client/api/v1"
KEY = "caldLive" + "0" * 32


@functools.cache
def description_in(path: Path) -> Json:
    parsed: Json = yaml.safe_load(path.read_text(encoding="utf-8"))
    return parsed


@functools.cache
def api_described_in(path: Path) -> OpenAPI:
    return OpenAPI.from_file_path(str(path))


def validate_details(path: Path, campaign_id: str, body: bytes) -> None:
    request = MockRequest(
        "https://my.cald.ai",
        "get",
        f"/client/api/v1/campaigns/{campaign_id}/details",
        headers={"Authorization": KEY},
    )
    api_described_in(path).validate_response(request, MockResponse(body, content_type="application/json"))


# --- what the sandbox sends ---------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(10))
@pytest.mark.parametrize("elapsed", [0.0, 900.0])
def test_the_sandboxes_campaigns_are_as_described(
    vendor_description: Path, number: int, elapsed: float
) -> None:
    campaign = SyntheticCampaign(11, number, 120)
    body = campaign.details(elapsed).data
    validate_details(vendor_description, campaign.campaign_id, body)
    described = description_in(vendor_description)["components"]["schemas"]
    call = OAS30Validator(described["Call"] | {"additionalProperties": False})
    for each in json.loads(body)["calls"]:
        call.validate(each)
        alone = campaign.call(each["callId"], elapsed)
        assert alone is not None
        assert json.loads(alone.data) == each


@pytest.mark.parametrize(
    ("field", "wrong"), [("name", 5), ("calls", {}), ("stats", {"totalCalls": "5"}), ("status", None)]
)
def test_what_is_not_as_described_is_noticed(vendor_description: Path, field: str, wrong: object) -> None:
    campaign = json.loads(SyntheticCampaign(11, 0, 5).details(0).data) | {field: wrong}
    with pytest.raises(OpenAPIError):
        validate_details(vendor_description, "c1", json.dumps(campaign).encode())


@pytest.mark.parametrize("number", range(5))
def test_agents_and_contacts_have_what_they_are_known_by(number: int) -> None:
    campaign = SyntheticCampaign(11, number, 60)
    assert all({"agentId", "name"} <= agent.keys() for agent in campaign.agents)
    assert all({"phoneNumber", "prospectName"} <= contact.keys() for contact in campaign.contacts)
    assert any("email" in contact for contact in campaign.contacts)
    assert any(len(contact) > 3 for contact in campaign.contacts)


# --- what anybody may send ----------------------------------------------------------------------------


def valid(schema: Json, schemas: Json) -> st.SearchStrategy[Any]:
    """Make values that obey a schema: every member may be missing, every text is any text."""
    if "$ref" in schema:
        return valid(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "allOf" in schema:
        parts = st.tuples(*(valid(part, schemas) for part in schema["allOf"]))
        return parts.map(lambda objects: functools.reduce(dict.__or__, objects))
    if schema["type"] == "object":
        members = {name: valid(member, schemas) for name, member in schema["properties"].items()}
        return st.fixed_dictionaries({}, optional=members)
    if schema["type"] == "array":
        return st.lists(valid(schema["items"], schemas), max_size=6)
    return _LEAVES[schema["type"]]


_LEAVES: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text(st.characters(exclude_categories=["Cs"])),
    "number": st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
}


def described_response(path: Path) -> st.SearchStrategy[Json]:
    parsed = description_in(path)
    answer = parsed["paths"]["/campaigns/{campaignId}/details"]["get"]["responses"]["200"]
    return valid(answer["content"]["application/json"]["schema"], parsed["components"]["schemas"])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body: bytes = self.server.body  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


@contextmanager
def serving(body: bytes) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.body = body  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from texts_in(member)
    elif isinstance(value, list):
        for element in value:
            yield from texts_in(element)


def texts_kept(frames: CampaignFrames) -> set[str]:
    """Give every text of the tables; a time that was read is a time, so its text is not among them."""
    kept: set[str] = set()
    for table in (frames.campaigns, frames.calls, frames.transcripts):
        for column in table.columns[table.dtypes == "str"]:
            kept.update(table[column].dropna())
    for value in frames.problems["value"].dropna():
        kept.update(texts_in(json.loads(value)))
    return kept


def check_whole_job(response: Json, url: str, folder: Path) -> None:
    frames = fetch_campaign("c1", base_url=url, api_key=KEY)
    calls = response.get("calls", [])
    assert len(frames.calls) == len(calls)
    assert len(frames.transcripts) == sum(len(call.get("transcripts", [])) for call in calls)
    assert set(texts_in(response)) <= texts_kept(frames)

    rates = outcome_rates(frames.calls, of="all")
    assert rates["n"].sum() + (~frames.calls["result"].isin(rates["result"])).sum() == len(calls)
    assert len(reconcile(frames)) == 9
    assert length_summary(frames.calls)["n"].tolist() == [
        sum(call.get("result") == "pickedUp" and "callLength" in call for call in calls)
    ]
    length_distribution(frames.calls)

    frames.to_parquet(folder)
    saved = read_parquet(folder)
    frames.to_csv(folder)
    from_csv = read_csv(folder)
    for name in ("campaigns", "calls", "transcripts", "problems"):
        assert getattr(saved, name).equals(getattr(frames, name))
        assert getattr(from_csv, name).equals(getattr(frames, name))


def check_program(url: str, folder: Path) -> None:
    environment = {"CALD_BASE_URL": url, "CALD_API_KEY": KEY}
    for arguments in (
        ["fetch", "c1", "--out", str(folder / "calls"), "--format", "parquet,csv"],
        ["outcomes", str(folder / "calls")],
        ["lengths", "c1", "--json"],
    ):
        done = CliRunner().invoke(main, arguments, env=environment)
        assert done.exit_code == 0, done.stderr


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_obeys_the_description_goes_the_whole_way(
    vendor_description: Path, data: st.DataObject
) -> None:
    response = data.draw(described_response(vendor_description))
    body = json.dumps(response, ensure_ascii=data.draw(st.booleans())).encode()
    validate_details(vendor_description, "c1", body)
    with serving(body) as url, tempfile.TemporaryDirectory() as folder:
        check_whole_job(response, url, Path(folder))
        if data.draw(st.integers(0, 9)) == 0:
            check_program(url, Path(folder))
