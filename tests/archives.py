"""What the tests of the archive share: an account whose campaigns change when they are told to."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pandas.testing import assert_frame_equal

from caldframe.client import Client, Response
from caldframe.errors import CampaignNotFoundError
from caldframe.fetch import load_campaign
from caldframe.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from caldframe.archive import Archive
    from caldframe.frames import CampaignFrames

KEY = "caldLive" + "0f" * 16


def call(call_id: str, result: str = "pickedUp", words: str = "Hello?", **more: Any) -> dict[str, Any]:
    return {
        "callId": call_id,
        "direction": "outbound",
        "from": "+12125550100",
        "to": "+12125550101",
        "completed": result != "pending",
        "result": result,
        "createdAt": "2026-05-04T12:00:00Z",
        "callLength": 42.5,
        "transcripts": [{"role": "assistant", "content": words}],
        **more,
    }


def body(campaign_id: str | None, *calls: dict[str, Any], status: str = "finished", **more: Any) -> bytes:
    source = {"campaignId": campaign_id, "name": "A campaign", "status": status, "calls": list(calls), **more}
    return json.dumps(source).encode()


def version(campaign_id: str, number: int, *, last: bool = False) -> bytes:
    """Give the state number so-and-so of a campaign: every table of it says which it is."""
    words = f"version {number}"
    calls = [call(f"k{one}", words=words, callLength=number) for one in range(calls_of(number))]
    return body(
        campaign_id,
        *calls,
        status="finished" if last else "active",
        name=f"version {number}",
        stats={"totalCalls": str(number)},  # a problem
    )


def calls_of(number: int) -> int:
    """Give how many calls version so-and-so has: never fewer than an earlier one."""
    return min(number, 20) + 1


def version_in(frames: CampaignFrames) -> int:
    """Give which version of a campaign its four tables are, and fail if they are not all of one."""
    number = int(frames.campaigns["name"].item().removeprefix("version "))
    assert frames.calls["call_length"].tolist() == [number] * calls_of(number)
    assert frames.transcripts["content"].tolist() == [f"version {number}"] * calls_of(number)
    assert frames.problems["value"].tolist() == [f'"{number}"']
    return number


class Account(Client):
    """A client that has answers itself; what it is asked for is counted."""

    def __init__(self, bodies: Mapping[str, bytes | Exception], *, now: datetime | None = None) -> None:
        super().__init__(KEY, "http://127.0.0.1:9")
        self.bodies: dict[str, Any] = dict(bodies)
        self.now = now
        self.asked: Counter[str] = Counter()

    def campaign(self, campaign_id: str) -> Response:
        self.asked[campaign_id] += 1
        answer = self.bodies.get(campaign_id, CampaignNotFoundError("The API knows no such campaign."))
        if isinstance(answer, Exception):
            raise answer
        return Response(answer, self.now or datetime.now(UTC), 200, attempts=1)


def sync(archive: Archive, account: Account, *ids: str, **more: Any) -> pd.DataFrame:
    return archive.sync(list(ids) or list(account.bodies), client=account, **more)


def actions(table: pd.DataFrame) -> list[str]:
    return table["action"].tolist()


def assert_holds(archive: Archive, campaign_id: str, wanted: bytes) -> None:
    """Check that the archive gives what decoding the response gives."""
    found = archive.frames([campaign_id])
    fetched_at = found.campaigns["fetched_at"].item()
    expected = load_campaign(wanted, fetched_at=fetched_at.to_pydatetime())
    for name in TABLES:
        assert_frame_equal(getattr(found, name), getattr(expected, name), obj=name)


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def raw_files(folder: Path) -> list[Path]:
    return sorted((folder / "raw").glob("*/*.json.zst"))


def marks(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "raw").glob("*/*") if path.suffix in {".writing", ".refetch"})
