"""A local stand-in for the API: believable campaigns over real HTTP, no account needed."""

from __future__ import annotations

from caldframe.sandbox.campaigns import MOST_CALLS, synthetic_campaign
from caldframe.sandbox.server import Sandbox

__all__ = ["MOST_CALLS", "Sandbox", "synthetic_campaign"]
