"""What was said: how much, how far conversations get, which words and lines matter, who opts out."""

from __future__ import annotations

from caldframe.metrics.conversation.drop_off import drop_off
from caldframe.metrics.conversation.hang_ups import hang_up_lines
from caldframe.metrics.conversation.openings import openings
from caldframe.metrics.conversation.opt_outs import opt_out_numbers, opt_out_patterns, opt_outs
from caldframe.metrics.conversation.search import search_transcripts
from caldframe.metrics.conversation.talk import talk_metrics
from caldframe.metrics.conversation.talk_summary import talk_summary
from caldframe.metrics.conversation.terms import distinctive_terms

__all__ = [
    "distinctive_terms",
    "drop_off",
    "hang_up_lines",
    "openings",
    "opt_out_numbers",
    "opt_out_patterns",
    "opt_outs",
    "search_transcripts",
    "talk_metrics",
    "talk_summary",
]
