"""Response bytes to Arrow tables; pure, no input or output."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    import pyarrow as pa

    from caldframe.schema import Tables


def decode_campaign(
    body: bytes,
    *,
    campaign_id: str | None = None,
    fetched_at: datetime | None = None,
    strict: bool = False,
) -> Tables:
    raise RuntimeError


def decode_call(body: bytes, *, strict: bool = False) -> Tables:
    raise RuntimeError


def decode_agents(body: bytes) -> pa.Table:
    raise RuntimeError


def decode_contacts(body: bytes) -> pa.Table:
    raise RuntimeError
