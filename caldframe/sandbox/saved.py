"""Saved responses, served as they are."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caldframe.errors import ConfigurationError
from caldframe.sandbox.body import Body, as_json
from caldframe.unpacking import OverblownError, is_gzip, unpack_gzip

if TYPE_CHECKING:
    import os

__all__ = ["SavedCampaign"]


class SavedCampaign:
    """A saved response of the details endpoint, byte for byte; calls, agent and contacts are read from it.

    Parameters
    ----------
    path : str or path
        The file, plain or gzip.

    Raises
    ------
    ConfigurationError
        If the file cannot be read, or is not a campaign.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        data = _read(path)
        source = _parse(data, path)
        self.campaign_id: str = source["campaignId"]
        self.list_id: str | None = _text(source.get("listId"))
        self._body = Body(data)
        calls = source.get("calls") or []
        self._calls = {
            call["callId"]: call for call in reversed(calls) if isinstance(_member(call, "callId"), str)
        }
        agent = _text(source.get("agentId"))
        self.agents: list[dict[str, object]] = [] if agent is None else [{"agentId": agent}]
        # A dictionary keeps each number once, in order.
        numbers = dict.fromkeys(_prospect(call) for call in calls)
        self.contacts = [{"phoneNumber": number} for number in numbers if number is not None]

    def details(self, elapsed: float) -> Body:  # noqa: ARG002 - a saved response stands still
        """Give the response as it was saved, at whatever moment."""
        return self._body

    def call(self, call_id: str, elapsed: float) -> Body | None:  # noqa: ARG002 - as above
        """Give the first call of that id, None where there is none."""
        call = self._calls.get(call_id)
        return None if call is None else Body(as_json(call))


def _read(path: str | os.PathLike[str]) -> bytes:
    try:
        data = Path(path).read_bytes()
        return unpack_gzip(data) if is_gzip(data) else data
    except (OSError, EOFError, OverblownError, zlib.error) as error:
        raise _not_a_campaign(path, f"it cannot be read ({error})") from error


def _parse(data: bytes, path: str | os.PathLike[str]) -> dict[str, Any]:
    try:
        # What is odd about a response is for the client to find; here it only has to be understood.
        source = json.loads(data.decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError) as error:
        raise _not_a_campaign(path, "it is not JSON") from error
    campaign_id = _member(source, "campaignId")
    if not isinstance(campaign_id, str) or not campaign_id:
        raise _not_a_campaign(path, "it has no campaignId")
    if not isinstance(source.get("calls") or [], list):
        raise _not_a_campaign(path, "its calls are not a list")
    parsed: dict[str, Any] = source
    return parsed


def _not_a_campaign(path: str | os.PathLike[str], reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"Cannot serve {Path(path)}: {reason}. "
        "Give a saved response of /campaigns/{campaignId}/details, plain or gzip."
    )


def _member(source: Any, name: str) -> Any:
    return source.get(name) if isinstance(source, dict) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _prospect(call: Any) -> str | None:
    return _text(_member(call, "from" if _member(call, "direction") == "inbound" else "to"))
