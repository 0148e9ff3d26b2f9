from __future__ import annotations

import ipaddress
import os
import socket
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Callable

# Spark has an environment of its own (`make spark`), for it is larger than all else together; and what runs
# in ConvoKit's Python is no test.
collect_ignore = ["read_by_convokit.py", *([] if find_spec("pyspark") else ["spark"])]

# A shared two-core machine is slow at odd moments; speed is measured in benchmarks/, never here.
settings.register_profile("caldframe", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("caldframe")

REAL_CAMPAIGN = Path(__file__).parents[2] / "shared" / "real" / "campaign-spring.json.gz"
VENDOR_DESCRIPTION = Path(__file__).parents[2] / "shared" / "cald-api" / "openapi.yaml"


def _guarded(connect: Callable[..., Any]) -> Callable[..., Any]:
    def guarded_connect(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = address[0]
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                raise RuntimeError(f"a test tried to reach {host}; tests stay on this machine")
        return connect(self, address)

    return guarded_connect


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", _guarded(socket.socket.connect))
    monkeypatch.setattr(socket.socket, "connect_ex", _guarded(socket.socket.connect_ex))


@pytest.fixture(autouse=True)
def _no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("CALD_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def real_campaign() -> Path:
    """A whole response of 8,564 calls; it lies beside the project, not in it."""
    if not REAL_CAMPAIGN.exists():
        pytest.skip("the real campaign is not part of a clone")
    return REAL_CAMPAIGN


@pytest.fixture(scope="session")
def vendor_description() -> Path:
    """The vendor's OpenAPI description; it lies beside the project, not in it."""
    if not VENDOR_DESCRIPTION.exists():
        pytest.skip("the vendor's description is not part of a clone")
    return VENDOR_DESCRIPTION
