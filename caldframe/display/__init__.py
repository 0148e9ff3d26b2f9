"""Tables, conversations and campaigns as terminal text and as HTML, everything in them escaped."""

from __future__ import annotations

from caldframe.display.campaigns import CampaignCard, CampaignLine, Rate, card_html
from caldframe.display.chat import Chat, chat_text
from caldframe.display.chat_html import chat_html
from caldframe.display.colors import OTHER_COLOR, RESULT_COLORS
from caldframe.display.escaping import DASH, escape_text, escaped_lines, fit_encoding
from caldframe.display.live import LiveText
from caldframe.display.tables import table_text
from caldframe.display.wording import counted, short_text

__all__ = [
    "DASH",
    "OTHER_COLOR",
    "RESULT_COLORS",
    "CampaignCard",
    "CampaignLine",
    "Chat",
    "LiveText",
    "Rate",
    "card_html",
    "chat_html",
    "chat_text",
    "counted",
    "escape_text",
    "escaped_lines",
    "fit_encoding",
    "short_text",
    "table_text",
]
