"""Frames whose every text is out to do harm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from random_tables import frames_of

if TYPE_CHECKING:
    from caldframe.frames import CampaignFrames

HOSTILE_TEXTS: Final = (
    "<script>window.owned = true</script>{{7*7}}{% raw %}",
    '"><img src=x onerror="window.owned = true">',
    "</style><style>body{display:none}</style>",
    "</title></svg><svg onload='window.owned = true'><script>window.owned = true</script></svg>",
    "javascript:window.owned=true",
    "${7*7} #{7*7} <%= 7*7 %> {{ config }} {{ ''.__class__ }}",
    "<a href='https://example.com' onclick='window.owned=true'>x</a>",
    "<!-- --><![CDATA[ ]]>&lt;b&gt;&amp;",
    "a\u202eb\u2066c\u200bd\x00\x07",
    "$\\frac{1}{2}$ _x_ **x** `x`",
)


def hostile_frames() -> CampaignFrames:
    """Give a campaign with hostile names, agents, results, statuses and words, enough for every section."""
    start = datetime(2026, 3, 2, 15, tzinfo=UTC)
    calls = [
        {
            "campaign_id": HOSTILE_TEXTS[2],
            "agent_id": HOSTILE_TEXTS[1 + number % 3],
            "list_id": HOSTILE_TEXTS[6],
            "call_id": f"{HOSTILE_TEXTS[4]} {number}",
            "direction": "outbound",
            "from_number": "+12025550100",
            "to_number": f"+1202555{number % 40:04}",
            "prospect_number": f"+1202555{number % 40:04}",
            "completed": number % 20 > 0,
            "result": ("pickedUp", "voicemail", HOSTILE_TEXTS[3], "unanswered")[number % 4],
            "created_at": start + timedelta(hours=number),
            "completed_at": start + timedelta(hours=number, minutes=2) if number % 20 else None,
            "call_length": float(number),
            "turns": 2,
            "recording_url": HOSTILE_TEXTS[4],
        }
        for number in range(120)
    ]
    transcripts = [
        {
            "campaign_id": call["campaign_id"],
            "call_id": call["call_id"],
            "turn": turn,
            "role": role,
            "content": HOSTILE_TEXTS[(number + turn) % len(HOSTILE_TEXTS)],
        }
        for number, call in enumerate(calls)
        for turn, role in enumerate(("assistant", "user"))
    ]
    campaigns = [
        {
            "campaign_id": HOSTILE_TEXTS[2],
            "name": HOSTILE_TEXTS[0],
            "agent_id": HOSTILE_TEXTS[1],
            "status": HOSTILE_TEXTS[7],
            "total_calls": 121,
        }
    ]
    problems = [{"field": HOSTILE_TEXTS[5], "problem": HOSTILE_TEXTS[8], "value": HOSTILE_TEXTS[0]}]
    return frames_of(campaigns=campaigns, calls=calls, transcripts=transcripts, problems=problems)
