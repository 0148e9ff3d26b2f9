"""What was said: how much each side talks, how far conversations get, which words set groups apart."""

from __future__ import annotations

from caldframe.metrics.conversation.drop_off import drop_off
from caldframe.metrics.conversation.talk import talk_metrics

__all__ = ["drop_off", "talk_metrics"]
