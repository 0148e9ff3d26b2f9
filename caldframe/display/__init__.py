"""Tables, conversations and campaigns as terminal text and as HTML, everything in them escaped."""

from __future__ import annotations

from caldframe.display.campaigns import CampaignCard, CampaignLine, Rate, card_html
from caldframe.display.chat import Chat, chat_text
from caldframe.display.chat_html import chat_html
from caldframe.display.colors import OTHER_COLOR, RESULT_COLORS
from caldframe.display.escaping import escape_text, escaped_lines, fit_encoding
from caldframe.display.live import LiveText
from caldframe.display.tables import table_text

__all__ = [
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
    "escape_text",
    "escaped_lines",
    "fit_encoding",
    "table_text",
]
