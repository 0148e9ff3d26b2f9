"""Requests that schemathesis makes of the vendor's description: the sandbox answers as it is described."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caldframe.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

schemathesis = pytest.importorskip("schemathesis")

PATH = "/campaigns/{campaignId}/details"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=6, campaigns=6, calls=30) as running:
        yield running


@pytest.fixture(scope="module")
def details(vendor_description: Path) -> Any:
    """What the description says of the one request there is."""
    return schemathesis.openapi.from_path(vendor_description)[PATH]["GET"]


def ask(case: Any, sandbox: Sandbox, **more: Any) -> int:
    """Make a request, and others: without the key, by another method; raise if any answer is wrong."""
    answer = case.call_and_validate(
        base_url=sandbox.url, headers={"Authorization": sandbox.api_key}, timeout=30, **more
    )
    return int(answer.status_code)


def test_campaigns_that_are_there(details: Any, sandbox: Sandbox) -> None:
    for campaign_id in sandbox.campaign_ids:
        assert ask(details.Case(path_parameters={"campaignId": campaign_id}), sandbox) == 200


@settings(max_examples=25)
@given(data=st.data())
def test_campaigns_that_may_be_there(details: Any, sandbox: Sandbox, data: st.DataObject) -> None:
    case = data.draw(details.as_strategy())
    wanted = 200 if case.path_parameters["campaignId"] in sandbox.campaign_ids else 404
    assert ask(case, sandbox) == wanted


@pytest.mark.parametrize("faults", ["status-500", "status-418", "wrong-type", "html"])
def test_what_is_not_described_is_found(details: Any, faults: str) -> None:
    with Sandbox(campaigns=1, calls=3, faults=faults) as misbehaving:
        case = details.Case(path_parameters={"campaignId": misbehaving.campaign_ids[0]})
        with pytest.raises(BaseExceptionGroup):
            ask(case, misbehaving)
