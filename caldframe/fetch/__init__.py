"""`fetch_…` and `load_…`: client, then decode, one campaign or many.

A saved response gives the same frames as a fetched one.
"""

from __future__ import annotations

from caldframe.fetch.many import fetch_campaigns
from caldframe.fetch.one import (
    fetch_agents,
    fetch_call,
    fetch_calls,
    fetch_campaign,
    fetch_contacts,
    fetch_transcripts,
)
from caldframe.fetch.saved import load_campaign

__all__ = [
    "fetch_agents",
    "fetch_call",
    "fetch_calls",
    "fetch_campaign",
    "fetch_campaigns",
    "fetch_contacts",
    "fetch_transcripts",
    "load_campaign",
]
